-- Pictures in answers of tools.
--
--   pictures.call(s, tool, arguments) → { data, words, svg, blocks }: the structured result (it must match the declared output),
--                                       the text, the picture, which must be well-formed XML without anything that could act,
--                                       all blocks
--   pictures.check(svg)               raises what is wrong with a picture
--   pictures.body(svg)                what is drawn, without head and style
local outputs = require "tests.support.outputs"

local pictures = {}

local DIGITS = {}
for index, digit in ipairs { ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(1, 64) } do
  DIGITS[digit] = index - 1
end

local function decode(base64)
  assert(#base64 % 4 == 0 and not base64:find "[^%w+/=]", "no base64")
  local bytes = {}
  for group in base64:gmatch "...." do
    local bits, count = 0, 3
    for _, byte in ipairs { group:byte(1, 4) } do bits = bits << 6 | (DIGITS[byte] or 0) end
    if group:find "=" then count = group:find "==" and 1 or 2 end
    bytes[#bytes + 1] = string.char(bits >> 16, bits >> 8 & 255, bits & 255):sub(1, count)
  end
  return table.concat(bytes)
end

-- The elements and attributes that a picture may have.
local ELEMENTS = {
  svg = true, title = true, desc = true, style = true, g = true, rect = true, path = true, circle = true, text = true,
}

local function lint(svg)
  local name = os.tmpname()
  local file <close> = assert(io.open(name, "w"))
  file:write(svg)
  file:flush()
  local pipe = assert(io.popen("xmllint --noout --nonet " .. name .. " 2>&1"))
  local told = pipe:read "a"
  pipe:close()
  os.remove(name)
  assert(told == "", told)
end

function pictures.check(svg)
  lint(svg)
  for element in svg:gmatch "<([%w:]+)" do assert(ELEMENTS[element], "an element " .. element) end
  for attribute in svg:gmatch '([%w:-]+)="' do
    assert(not attribute:find "^on" and not attribute:find "href", "an attribute " .. attribute)
  end
  local outside = svg:gsub('xmlns="http://www.w3.org/2000/svg"', "", 1)
  for _, word in ipairs { "url(", "@import", "@font-face" } do assert(not outside:find(word, 1, true), word) end
  assert(#svg <= 200000, #svg .. " bytes")
end

function pictures.body(svg)
  return assert(svg:match "</style>\n(.*)</svg>\n$")
end

function pictures.call(s, tool, arguments)
  local result = s:call(tool, arguments or {})
  if result.isError then error(("%s was refused: %s"):format(tool, s:text(result)), 2) end
  local schema
  for _, entry in ipairs(s:request("tools/list").result.tools) do
    if entry.name == tool then schema = entry.outputSchema end
  end
  local problems = outputs.problems(schema, result.structuredContent)
  if #problems > 0 then error(table.concat(problems, "; "), 2) end
  local found = { data = result.structuredContent, blocks = result.content }
  for _, block in ipairs(result.content) do
    if block.type == "text" then found.words = block.text end
    if block.type == "image" then found.svg = decode(block.data) end
  end
  pictures.check(found.svg)
  return found
end

return pictures
