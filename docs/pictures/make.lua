-- Draws the pictures of the README, from recordings:
--
--     lua5.4 docs/pictures/make.lua
--
-- With build/hatchway, or the binary that $HATCHWAY names. As a chunk with the argument "list" it writes nothing and gives
-- name → SVG: tests/e2e/pictures_spec.lua compares.

local is_list = ... == "list"
local folder = not is_list and arg[0]:match("^(.*)/make%.lua$") or "docs/pictures"
local root = folder .. "/../.."
local binary = os.getenv "HATCHWAY" or root .. "/build/hatchway"

local RUN = '"workflow_run_id":"4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"'
local PICTURES = {
  { name = "run-timeline", tool = "draw_run_timeline", arguments = RUN },
  { name = "run-graph", tool = "draw_run_graph", arguments = RUN },
  { name = "tenant", tool = "draw_tenant", arguments = '"since":"1h"' },
}
local RECORDINGS = { "details", "overview" } -- the later one gives the clock its time

local function decode(base64)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local value = {}
  for index = 1, 64 do value[digits:sub(index, index)] = index - 1 end
  local bytes = {}
  for a, b, c, d in base64:gmatch "(.)(.)(.)(.)" do
    local bits = value[a] << 18 | value[b] << 12 | (value[c] or 0) << 6 | (value[d] or 0)
    bytes[#bytes + 1] = string.char(bits >> 16, bits >> 8 & 255, bits & 255):sub(1, d ~= "=" and 3 or c ~= "=" and 2 or 1)
  end
  return table.concat(bytes)
end

-- What the server answers to these messages, a line each.
local function ask(messages)
  local words = { binary, "serve hatchet --log-level error" }
  for _, name in ipairs(RECORDINGS) do words[#words + 1] = ("--replay %s/tests/cassettes/%s.har"):format(root, name) end
  local input = os.tmpname()
  local file <close> = assert(io.open(input, "w"))
  file:write(table.concat(messages, "\n"), "\n")
  file:flush()
  local pipe <close> = assert(io.popen(("%s < %s"):format(table.concat(words, " "), input)))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  os.remove(input)
  return lines
end

local function draw(picture, theme)
  local lines = ask {
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
      .. '"clientInfo":{"name":"make","version":"1"}}}',
    ('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"%s","arguments":{%s,"theme":"%s"}}}'):format(
      picture.tool, picture.arguments, theme),
  }
  return decode(assert(lines[2]:match '"data":"([^"]+)"', lines[2]))
end

local texts = {}
for _, picture in ipairs(PICTURES) do
  for _, theme in ipairs { "light", "dark" } do
    texts[("%s-%s.svg"):format(picture.name, theme)] = draw(picture, theme)
  end
end

if is_list then return texts end

for name, text in pairs(texts) do
  local file <close> = assert(io.open(("%s/%s"):format(folder, name), "w"))
  file:write(text)
end
