-- The guides of docs/guides as steps, in their order, so that a guide and its test cannot differ.
--
-- What the fenced blocks of a guide mean:
--
--     ```sh            commands of a shell in the checkout, all of which succeed; ```sh fails: the last one does not
--     ```text          what the block of commands before it prints; "…" stands for any text
--     ```lua           a file: its first line is a comment with its path. ```lua broken: one that the server refuses
--     ```json, ```toml how a client is configured
--     ```json ~/x.json a file that the reader has already, as it stands there
--     ```nginx, ```caddy how a proxy is configured (tests/support/proxy.lua)
--     ```yaml          how Prometheus is configured
--
-- Any other block is an error, so nothing that a guide shows goes untested.
local guides = {}

local known = { ["sh"] = "run", ["sh fails"] = "fail", ["text"] = "printed", ["lua"] = "file", ["lua broken"] = "broken",
  ["json"] = "client", ["toml"] = "client", ["nginx"] = "proxy", ["caddy"] = "proxy", ["yaml"] = "scrape" }

-- The blocks of a Markdown text: { kind, language, text, line, path (of a file that is there already) }.
function guides.steps(markdown, name)
  local steps, open, number = {}, nil, 0
  for line in markdown:gmatch("([^\n]*)\n") do
    number = number + 1
    local info = line:match("^```(.*)$")
    if open and info then
      open.text = table.concat(open.lines, "\n") .. "\n"
      steps[#steps + 1], open = open, nil
    elseif open then
      open.lines[#open.lines + 1] = line
    elseif info then
      local path = info:match("^json (~/%S+)$")
      local kind = path and "there" or known[info]
        or error(("%s:%d: a block of an unknown kind: %q"):format(name, number, info), 0)
      open = { kind = kind, language = info:match("^%a+"), lines = {}, line = number, path = path }
    end
  end
  return steps
end

-- The path of a file: "-- ~/x.lua" or "-- x.lua" in its first line.
function guides.path(step)
  return step.text:match("^%-%- (%S+%.lua)%s")
    or error(("line %d: a file without its path in the first line"):format(step.line), 0)
end

-- Is the text what the guide shows? "…" stands for any text, also of several lines.
function guides.fits(shown, text)
  local function trim(s) return (s:gsub("%s+$", "")) end
  local rest, at, first = trim(shown), 1, true
  text = trim(text)
  while true do
    local from, to = rest:find("…", 1, true)
    local piece = from and rest:sub(1, from - 1) or rest
    local start = text:find(piece, at, true)
    if not start or first and start ~= 1 then return false end
    if not from then return piece == "" or text:sub(-#piece) == piece and #text - #piece + 1 >= at end
    at, rest, first = start + #piece, rest:sub(to + 1), false
  end
end

return guides
