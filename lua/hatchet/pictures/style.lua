-- What all pictures have in common: colours for light and dark, the card, its head and its legend.
--
--   style.card { width, height, title, about, status, lines, theme, body } → the SVG text; `lines` stand under the title
--   style.THEMES                    the values of `theme`: auto follows the viewer
--   style.theme()                   the type of that argument
--   style.icon(status, x, y)        the sign of a status, 12 pixels wide, told by form as well as by colour
--   style.swatch(status)            the class of a filled area of that status
--   style.legend(entries, x, y)     entries: { class, text }
--   style.count(n, noun)            "1 task", "1,500 tasks"
--   style.commas(n)                 "1,500"
--   style.words(counts)             "3 completed, 1 failed" of { COMPLETED = 3, FAILED = 1 }
--   style.short(n)                  "1,500", "60k", "1.2M": for axes
--   style.PAD, style.HEAD           the margin, and where the body begins below the head
--   style.BOLD                      how much wider bold text is

local svg, t = require "hatchway.svg", require "hatchway.types"

local style = { PAD = 20, HEAD = 78, BOLD = 1.13, THEMES = { "auto", "light", "dark" } }

-- --- colours -------------------------------------------------------------------------------------------------------------------

local NAMES = { "paper", "edge", "grid", "text", "quiet", "wait", "done", "fail", "retry", "stop", "run" }
local COLOURS = {
  light = {
    paper = "#ffffff", edge = "#d0d7de", grid = "#eaeef2", text = "#1f2328", quiet = "#59636e", wait = "#cdd5de",
    done = "#2da44e", fail = "#d1242f", retry = "#f3a0a0", stop = "#818b98", run = "#0969da",
  },
  dark = {
    paper = "#0d1117", edge = "#3d444d", grid = "#21262d", text = "#f0f6fc", quiet = "#9198a1", wait = "#444c56",
    done = "#3fb950", fail = "#f85149", retry = "#8e3b3d", stop = "#768390", run = "#4493f8",
  },
}

local function tokens(colours)
  local list = {}
  for index, name in ipairs(NAMES) do list[index] = ("--%s:%s"):format(name, colours[name]) end
  return ("svg{%s}"):format(table.concat(list, ";"))
end

-- Each colour twice: viewers that know no custom properties stop at the first.
local function rules(colours)
  local list = {}
  for index, name in ipairs(NAMES) do
    list[index] = (".%s{fill:%s;fill:var(--%s)}.%s-line{fill:none;stroke:%s;stroke:var(--%s)}"):format(
      name, colours[name], name, name, colours[name], name)
  end
  return table.concat(list, "\n")
end

local FIXED = [[
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:13px}
.small{font-size:11px}.large{font-size:17px;font-weight:600}.big{font-size:22px;font-weight:600}.strong{font-weight:600}
.end{text-anchor:end}.middle{text-anchor:middle}.dashed{stroke-dasharray:4 3}.hit{fill:none}.mark{pointer-events:all}
.sign{fill:none;stroke:#fff;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}]]

local function sheet(theme)
  local first = COLOURS[theme == "dark" and "dark" or "light"]
  local dark = theme == "auto" and ("\n@media (prefers-color-scheme: dark){%s}"):format(tokens(COLOURS.dark)) or ""
  return ("\n%s%s\n%s\n%s\n"):format(tokens(first), dark, FIXED, rules(first))
end

function style.theme()
  return t.enum { "auto follows the viewer", values = style.THEMES, default = "auto" }
end

-- --- statuses ------------------------------------------------------------------------------------------------------------------

local SWATCHES = { COMPLETED = "done", FAILED = "fail", CANCELLED = "stop", RUNNING = "run", QUEUED = "wait" }
local SIGNS = {
  COMPLETED = "M3.4 6.3 5.3 8.2 8.7 4.4",
  FAILED = "M4 4 8 8M8 4 4 8",
  CANCELLED = "M3.6 6H8.4",
  RUNNING = "M5 3.8 8.2 6 5 8.2Z",
}
style.ORDER = { "COMPLETED", "FAILED", "CANCELLED", "RUNNING", "QUEUED" }

function style.swatch(status)
  return SWATCHES[status] or "stop"
end

function style.icon(status, x, y)
  local place = { transform = ("translate(%g %g)"):format(x, y) }
  if not SIGNS[status] then
    return svg.element("g", place,
      svg.element("circle", { class = "quiet-line", cx = 6, cy = 6, r = 4.8, ["stroke-width"] = 1.6 }))
  end
  return svg.element("g", place, svg.element("circle", { class = style.swatch(status), cx = 6, cy = 6, r = 6 }),
    svg.element("path", { class = "sign", d = SIGNS[status] }))
end

-- --- words ---------------------------------------------------------------------------------------------------------------------

function style.commas(n)
  local text = ("%d"):format(n)
  repeat
    local count
    text, count = text:gsub("^(-?%d+)(%d%d%d)", "%1,%2")
  until count == 0
  return text
end

function style.short(n)
  if n < 10000 then return style.commas(n) end
  local unit = n < 1000000 and { 1000, "k" } or { 1000000, "M" }
  return ("%.1f"):format(n / unit[1]):gsub("%.0$", "") .. unit[2]
end

function style.count(n, noun)
  return ("%s %s%s"):format(style.commas(n), noun, n == 1 and "" or "s")
end

function style.words(counts)
  local list = {}
  for _, status in ipairs(style.ORDER) do
    if (counts[status] or 0) > 0 then list[#list + 1] = style.commas(counts[status]) .. " " .. status:lower() end
  end
  return table.concat(list, ", ")
end

-- --- the card ------------------------------------------------------------------------------------------------------------------

function style.legend(entries, x, y)
  local parts = {}
  for _, entry in ipairs(entries) do
    parts[#parts + 1] = svg.element("rect", { class = entry[1], x = x, y = y - 9, width = 12, height = 10, rx = 2 })
    parts[#parts + 1] = svg.text(x + 18, y, entry[2], { class = "small quiet" })
    x = x + 18 + svg.width(entry[2], 11) + 18
  end
  return table.concat(parts) .. "\n"
end

local function head(card)
  local x, room = style.PAD, card.width - 2 * style.PAD
  local parts = {}
  if card.status then
    parts[1] = svg.element("g", { transform = ("translate(%g 21) scale(1.25)"):format(x) }, style.icon(card.status, 0, 0))
    x, room = x + 24, room - 24
  end
  parts[#parts + 1] = svg.text(x, 35, card.title, { class = "large text", max = room, size = 17 * style.BOLD })
  parts[#parts + 1] = svg.text(style.PAD, 57, card.line, { class = "quiet", max = card.width - 2 * style.PAD })
  return table.concat(parts) .. "\n"
end

function style.card(card)
  local body = {
    svg.element("rect", { class = "paper", x = 0.5, y = 0.5, width = card.width - 1, height = card.height - 1, rx = 8 }),
    svg.element("rect", { class = "edge-line", x = 0.5, y = 0.5, width = card.width - 1, height = card.height - 1, rx = 8 }),
    "\n", head(card),
  }
  table.move(card.body, 1, #card.body, #body + 1, body)
  return svg.document {
    width = card.width, height = card.height, title = card.title, about = card.about, style = sheet(card.theme), body = body,
  }
end

return style
