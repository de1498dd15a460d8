-- Pictures as SVG: a small writer, widths of text, scales and round ticks. No scripts, no references to anything outside.
--
--   svg.escape(text)                      any text as XML text or attribute, on one line: what XML cannot hold, broken UTF-8 and
--                                         characters that turn the direction of the text round become U+FFFD
--   svg.element(name, attributes, ...)    an element; numbers are rounded to hundredths, children are XML already
--   svg.text(x, y, text, attributes)      a line of text; attributes.max cuts it to that many pixels, attributes.size is its
--                                         font's
--   svg.mark(box, title, ...)             a group with a title for the area { x, y, width, height }: what a pointer shows
--   svg.document { width, height, title, about, style, body }   the whole picture
--   svg.width(text, size)                 how wide a text will about be, in pixels, whatever the font
--   svg.fit(text, size, max)              the text, or its beginning and "…"
--   svg.scale(from, to, low, high)        a function from values to pixels
--   svg.ticks(high, count)                round numbers from 0 on, about `count`, the last one not below `high`
--   svg.steps(span, count)                a round number of seconds that divides a span into at most `count` parts

local svg = {}

-- --- text ----------------------------------------------------------------------------------------------------------------------

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }
local REPLACEMENT = "\u{FFFD}"
local TITLE, ABOUT = 300, 800 -- characters

-- Can XML hold it, and does it leave the direction of the text around it alone?
local function is_allowed(code)
  if code < 0x20 or code >= 0x7F and code <= 0x9F or code > 0x10FFFF then return false end
  if code >= 0xD800 and code <= 0xDFFF or code % 0x10000 >= 0xFFFE then return false end
  local turns = code >= 0x202A and code <= 0x202E or code >= 0x2066 and code <= 0x2069
  return not (turns or code == 0x200E or code == 0x200F or code == 0x061C)
end

-- The text as a list of characters that may be drawn.
local function characters(text)
  local list, at = {}, 1
  while at <= #text do
    local code = utf8.len(text, at, at) and utf8.codepoint(text, at)
    list[#list + 1] = code and is_allowed(code) and utf8.char(code) or REPLACEMENT
    at = code and at + #utf8.char(code) or at + 1
  end
  return list
end

-- On one line, clean.
local function plain(text)
  local line = text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if not line:find "[\0-\31\127-\255]" then return line end
  return table.concat(characters(line))
end

function svg.escape(text)
  return (plain(text):gsub("[&<>\"']", ENTITIES))
end

-- --- widths --------------------------------------------------------------------------------------------------------------------

-- Of the characters from blank to ~, in thousandths of the font size: those of DejaVu Sans, the widest font that is usual.
local ASCII = {
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636,
  636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603,
  787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278,
  278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
}

local function glyph(code)
  if code < 0x7F then return ASCII[code - 31] or 0 end
  if code >= 0x300 and code <= 0x36F or code == 0x200D then return 0 end -- joined to what stands before
  if code >= 0x1100 and code <= 0x115F or code >= 0x2E80 and code <= 0xD7A3 or code >= 0xF900 and code <= 0xFAFF
    or code >= 0xFF00 and code <= 0xFF60 or code >= 0x1F000 then return 1000 end
  return 700
end

local function width_of(list, size)
  local sum = 0
  for _, character in ipairs(list) do sum = sum + glyph(utf8.codepoint(character)) end
  return sum * size / 1000
end

function svg.width(text, size)
  return width_of(characters(plain(text)), size)
end

function svg.fit(text, size, max)
  local list = characters(plain(text))
  if width_of(list, size) <= max then return table.concat(list) end
  local room = max - svg.width("…", size)
  local count = 0
  while count < #list do
    room = room - width_of({ list[count + 1] }, size)
    if room < 0 then break end
    count = count + 1
  end
  return table.concat(list, "", 1, count):gsub(" $", "") .. "…"
end

-- --- elements ------------------------------------------------------------------------------------------------------------------

local function number(value)
  local text = ("%.2f"):format(value):gsub("0+$", ""):gsub("%.$", "")
  return text == "-0" and "0" or text
end

-- Titles are as long as the names that others give.
local function cut(text, most)
  local list = characters(text)
  return #list <= most and text or table.concat(list, "", 1, most) .. "…"
end

local function value_of(value)
  return math.type(value) and number(value) or svg.escape(value)
end

function svg.element(name, attributes, ...)
  local keys, parts = {}, { "<" .. name }
  for key in pairs(attributes) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do parts[#parts + 1] = (' %s="%s"'):format(key, value_of(attributes[key])) end
  local content = table.concat { ... }
  parts[#parts + 1] = content == "" and "/>" or ">" .. content .. ("</%s>"):format(name)
  return table.concat(parts)
end

function svg.text(x, y, text, attributes)
  local own = { x = x, y = y }
  for key, value in pairs(attributes or {}) do own[key] = value end
  own.max, own.size = nil, nil
  local size = attributes and attributes.size or 13
  if attributes and attributes.max then text = svg.fit(text, size, attributes.max) end
  return svg.element("text", own, svg.escape(text))
end

function svg.mark(box, title, ...)
  return svg.element("g", { class = "mark" }, svg.element("title", {}, svg.escape(cut(title, TITLE))),
    svg.element("rect", { class = "hit", x = box.x, y = box.y, width = box.width, height = box.height }), ...) .. "\n"
end

function svg.document(picture)
  local size = { number(picture.width), number(picture.height) }
  return table.concat {
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title about" ',
    ('width="%s" height="%s" viewBox="0 0 %s %s">\n'):format(size[1], size[2], size[1], size[2]),
    ('<title id="title">%s</title>\n<desc id="about">%s</desc>\n'):format(
      svg.escape(cut(picture.title, TITLE)), svg.escape(cut(picture.about, ABOUT))),
    ("<style>%s</style>\n"):format(picture.style),
    table.concat(picture.body),
    "</svg>\n",
  }
end

-- --- scales --------------------------------------------------------------------------------------------------------------------

function svg.scale(from, to, low, high)
  local factor = to > from and (high - low) / (to - from) or 0
  return function(value) return low + (value - from) * factor end
end

-- 1, 2 or 5 times a power of ten, not below the value.
local function round_up(value)
  local power = 10.0 ^ math.floor(math.log(value, 10))
  for _, factor in ipairs { 1, 2, 5, 10 } do
    if factor * power >= value * (1 - 1e-9) then return factor * power end
  end
end

function svg.ticks(high, count)
  local step = math.max(1, round_up(math.max(high, 1) / count))
  local list = {}
  for index = 0, math.ceil(math.max(high, 1) / step - 1e-9) do list[#list + 1] = index * step end
  return list
end

local STEPS = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400 }

function svg.steps(span, count)
  local least = span / count
  if least <= 0 then return 1 end
  if least < 1 then return round_up(least) end
  for _, step in ipairs(STEPS) do
    if step >= least then return step end
  end
  return 86400 * math.max(1, round_up(least / 86400))
end

return svg
