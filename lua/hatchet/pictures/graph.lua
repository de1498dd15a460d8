-- The graph of a run or of a workflow as a picture: tasks in layers from left to right, with lines from those that come first.
--
--   graph.draw { title, status, line, about, nodes, edges, handler, note, theme } → SVG
--
-- A node is { name, status, detail, title }: status is nil for a task of a workflow, detail the small line under the name, title
-- what a pointer shows. edges are { from, to } (indices of nodes). handler is the node that runs on a failure, apart from the
-- others.

local svg, style, layers = require "hatchway.svg", require "hatchet.pictures.style", require "hatchet.pictures.layers"

local graph = {}

local PAD = style.PAD
local LEAST = 720                       -- width of the picture
local BOX = { width = 176, height = 52 } -- of a node
local THIN = 14                         -- height of a line that passes a layer
local GAP_X, GAP_Y = 54, 18

-- --- places --------------------------------------------------------------------------------------------------------------------

local function height_of(place)
  return place.node and BOX.height or THIN
end

local function total(layer)
  local sum = (#layer - 1) * GAP_Y
  for _, place in ipairs(layer) do sum = sum + height_of(place) end
  return sum
end

-- Gives each place its x and y (its middle); returns the size of the whole.
local function arrange(list, top)
  local highest = 0
  for _, layer in ipairs(list) do highest = math.max(highest, total(layer)) end
  local width = #list * BOX.width + (#list - 1) * GAP_X
  local left = PAD + math.max(0, (LEAST - 2 * PAD - width) / 2)
  for index, layer in ipairs(list) do
    local y = top + (highest - total(layer)) / 2
    for _, place in ipairs(layer) do
      place.x, place.y = left + (index - 1) * (BOX.width + GAP_X), y + height_of(place) / 2
      y = y + height_of(place) + GAP_Y
    end
  end
  return width, highest
end

-- --- drawing -------------------------------------------------------------------------------------------------------------------

-- From the right side of the first place to the left side of the last, straight where it passes a layer.
local function line_of(line)
  local path = { ("M%.1f %.1f"):format(line[1].x + BOX.width, line[1].y) }
  for index = 2, #line do
    local a, b = line[index - 1], line[index]
    local from, to = a.x + BOX.width, b.x - (index == #line and 5 or 0)
    local bend = (to - from) / 2
    path[#path + 1] = ("C%.1f %.1f %.1f %.1f %.1f %.1f"):format(from + bend, a.y, to - bend, b.y, to, b.y)
    if index < #line then path[#path + 1] = ("H%.1f"):format(b.x + BOX.width) end
  end
  local last = line[#line]
  return svg.element("path", { class = "quiet-line", d = table.concat(path), ["stroke-width"] = 1.3 })
    .. svg.element("path", { class = "quiet", d = ("M%.1f %.1fl-7 -3.8v7.6Z"):format(last.x - 0.5, last.y) }) .. "\n"
end

local function box(node, x, y, extra)
  local inner = x + (node.status and 34 or 14)
  local edge = { class = "edge-line", x = x, y = y, width = BOX.width, height = BOX.height, rx = 6 }
  if extra then edge.class = "quiet-line " .. extra end
  local swatch = node.status and style.swatch(node.status) or "quiet"
  if node.status == "FAILED" then edge.class = "fail-line " .. (extra or "") end
  return svg.mark({ x = x, y = y, width = BOX.width, height = BOX.height }, node.title,
    svg.element("rect", { class = "paper", x = x, y = y, width = BOX.width, height = BOX.height, rx = 6 }),
    svg.element("rect", edge),
    svg.element("rect", { class = swatch, x = x, y = y + 8, width = 3, height = BOX.height - 16, rx = 1.5 }),
    node.status and style.icon(node.status, x + 14, y + 11) or "",
    svg.text(inner, y + 22, node.name, { class = "text strong", max = x + BOX.width - 10 - inner, size = 13 * style.BOLD }),
    svg.text(x + 14, y + 40, node.detail, { class = "small quiet", max = BOX.width - 24, size = 11 }))
end

-- What runs on a failure stands below, with its name for it.
local function handler(picture, y)
  return svg.text(PAD, y + 4, "on failure", { class = "small quiet" }) .. "\n" .. box(picture.handler, PAD, y + 14, "dashed")
end

function graph.draw(picture)
  local list, lines = layers.of(picture.nodes, picture.edges)
  local top = style.HEAD + 4
  local width, height = arrange(list, top)
  local body = {}
  for _, line in ipairs(lines) do body[#body + 1] = line_of(line) end
  for _, layer in ipairs(list) do
    for _, place in ipairs(layer) do
      if place.node then body[#body + 1] = box(place.node, place.x, place.y - BOX.height / 2) end
    end
  end
  local bottom = top + height
  if picture.handler then
    body[#body + 1] = handler(picture, bottom + 24)
    bottom = bottom + 24 + 14 + BOX.height
  end
  if picture.note then
    body[#body + 1] = svg.text(PAD, bottom + 24, picture.note, { class = "small quiet" })
    bottom = bottom + 24
  end
  return style.card {
    width = math.max(LEAST, width + 2 * PAD), height = bottom + 22, title = picture.title, status = picture.status,
    line = picture.line, about = picture.about, theme = picture.theme, body = body,
  }
end

return graph
