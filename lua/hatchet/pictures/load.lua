-- What a tenant does as a picture: counts of runs, outcomes and failures over time, and what waits now.
--
--   load.bins(points, most)   → at most `most` points of equal length, made by adding up; { from, to, succeeded, failed }, in
--                               seconds
--   load.draw { title, line, about, runs, share, bins, queues, more, note, theme } → SVG
--   load.MOST                 queues that are drawn
--
-- runs: { completed, failed, cancelled, running, queued }; share: of those that ended, how many failed (0 to 1), or nil. bins:
-- what load.bins gives. queues: { name, queued, running, oldest }, oldest in seconds ago, nil for what is not known; `more` says
-- what is beyond those that are drawn, note what is not known of them.

local svg, style = require "hatchway.svg", require "hatchet.pictures.style"

local load = { MOST = 12 }

local WIDTH, PAD = 960, style.PAD
local LEFT, RIGHT = PAD + 42, WIDTH - PAD
local TILE, TILES = 60, 5
local OUTCOMES, FAILURES = 120, 64 -- heights of the two charts
local LINE = 24
local LABELS, COLUMN = 240, 76

-- --- bins ----------------------------------------------------------------------------------------------------------------------

local function length_of(points)
  return #points > 1 and points[2].time - points[1].time or 60
end

function load.bins(points, most)
  local factor, length, bins = math.max(1, math.ceil(#points / most)), length_of(points), {}
  for index, point in ipairs(points) do
    local at = (index - 1) // factor + 1
    bins[at] = bins[at] or { from = point.time, succeeded = 0, failed = 0 }
    local bin = bins[at]
    bin.to, bin.succeeded, bin.failed = point.time + length, bin.succeeded + point.succeeded, bin.failed + point.failed
  end
  return bins
end

-- --- tiles ---------------------------------------------------------------------------------------------------------------------

local function tiles(runs, share, y)
  local parts, gap = {}, 12
  local width = (WIDTH - 2 * PAD - (TILES - 1) * gap) / TILES
  for index, status in ipairs(style.ORDER) do
    local name = status:lower()
    local x = PAD + (index - 1) * (width + gap)
    parts[#parts + 1] = svg.element("rect", { class = "edge-line", x = x, y = y, width = width, height = TILE, rx = 6 })
      .. style.icon(status, x + 12, y + 12) .. svg.text(x + 30, y + 22, name, { class = "small quiet" })
      .. svg.text(x + 12, y + 48, style.commas(runs[name]), { class = "big text" })
    if name == "failed" and share then
      local told = ("%.0f %% of ended"):format(share * 100)
      parts[#parts + 1] = svg.text(x + width - 12, y + 22, told, { class = "small quiet end" })
    end
    parts[#parts + 1] = "\n"
  end
  return table.concat(parts)
end

-- --- charts --------------------------------------------------------------------------------------------------------------------

local function label_of(time, step)
  if time % 86400 == 0 then return (os.date("!%d %b", time):gsub("^0", "")) end
  return os.date(step < 60 and "!%H:%M:%S" or "!%H:%M", time)
end

-- Lines for round times, and their labels under the chart.
local function time_axis(picture, top, bottom, labelled)
  local step, parts = svg.steps(picture.to - picture.from, 9), {}
  for time = math.ceil(picture.from / step) * step, picture.to, step do
    local x = picture.x(time)
    parts[#parts + 1] = svg.element("path", { class = "grid-line", d = ("M%.1f %gV%g"):format(x, top, bottom) })
    if labelled and x > LEFT + 14 and x < RIGHT - 14 then
      parts[#parts + 1] = svg.text(x, bottom + 16, label_of(math.floor(time), step), { class = "small quiet middle" })
    end
  end
  return table.concat(parts)
end

local function value_axis(ticks, y)
  local parts = {}
  for _, tick in ipairs(ticks) do
    parts[#parts + 1] = svg.element("path", { class = "grid-line", d = ("M%g %.1fH%g"):format(LEFT, y(tick), RIGHT) })
      .. svg.text(LEFT - 8, y(tick) + 4, style.short(tick), { class = "small quiet end" })
  end
  return table.concat(parts)
end

local function highest(bins, value)
  local most = 0
  for _, bin in ipairs(bins) do most = math.max(most, value(bin)) end
  return most
end

local function bar(class, x, width, low, high)
  if low - high < 0.05 then return "" end
  local top, height = math.min(high, low - 1), math.max(1, low - high)
  return svg.element("rect", { class = class, x = x, y = top, width = width, height = height })
end

-- chart: { name, height, count, value = function(bin), parts = { { class, key }, … }, told = function(bin) }
local function chart(picture, spec, y)
  local top, bottom = y + 14, y + 14 + spec.height
  local ticks = svg.ticks(highest(picture.bins, spec.value), spec.count)
  local scale = svg.scale(0, ticks[#ticks], bottom, top)
  local parts = {
    svg.text(PAD, y, spec.name, { class = "text strong" }), time_axis(picture, top, bottom, spec.labelled),
    value_axis(ticks, scale), "\n",
  }
  for _, bin in ipairs(picture.bins) do
    local x = picture.x(bin.from)
    local width, sum, bars = math.max(1, (picture.x(bin.to) - x) * 0.82), 0, {}
    for _, part in ipairs(spec.parts) do
      bars[#bars + 1] = bar(part[1], x, width, scale(sum), scale(sum + bin[part[2]]))
      sum = sum + bin[part[2]]
    end
    if sum > 0 then
      parts[#parts + 1] = svg.mark({ x = x, y = top, width = width, height = spec.height }, spec.told(bin), table.unpack(bars))
    end
  end
  return table.concat(parts), bottom
end

local function span_of(bin)
  return ("%s to %s UTC"):format(os.date("!%d %b %H:%M", math.floor(bin.from)), os.date("!%H:%M", math.floor(bin.to)))
end

local function outcomes()
  return {
    name = "Outcomes", height = OUTCOMES, count = 4, parts = { { "done", "succeeded" }, { "fail", "failed" } },
    value = function(bin) return bin.succeeded + bin.failed end,
    told = function(bin)
      return ("%s: %s succeeded, %s failed"):format(span_of(bin), style.commas(bin.succeeded), style.commas(bin.failed))
    end,
  }
end

local function failures()
  return {
    name = "Failures", height = FAILURES, count = 2, parts = { { "fail", "failed" } }, labelled = true,
    value = function(bin) return bin.failed end,
    told = function(bin)
      return ("%s: %s of %s failed"):format(span_of(bin), style.commas(bin.failed), style.commas(bin.failed + bin.succeeded))
    end,
  }
end

-- --- what waits ----------------------------------------------------------------------------------------------------------------

local function ago(seconds)
  return seconds and hatchway.time.duration(math.floor(seconds)) or "–"
end

local function queue(entry, most, y)
  local from, to = PAD + LABELS + 10, WIDTH - PAD - 3 * COLUMN
  local width = entry.queued / math.max(1, most) * (to - from)
  local box = { class = "wait", x = from, y = y + 5, width = math.max(2, width), height = 13, rx = 2 }
  local running = entry.running and style.commas(entry.running) or "–"
  return svg.mark({ x = 8, y = y, width = WIDTH - 16, height = LINE },
    ("%s: %s waiting, %s running"):format(entry.name, style.commas(entry.queued), running),
    svg.text(PAD, y + 16, entry.name, { class = "text", max = LABELS }),
    entry.queued > 0 and svg.element("rect", box) or "",
    svg.text(WIDTH - PAD - 2 * COLUMN, y + 16, style.commas(entry.queued), { class = "text strong end" }),
    svg.text(WIDTH - PAD - COLUMN, y + 16, running, { class = "quiet end" }),
    svg.text(WIDTH - PAD, y + 16, ago(entry.oldest), { class = "quiet end" }))
end

local function queues(picture, y)
  local parts = { svg.text(PAD, y, "Waiting now", { class = "text strong" }) }
  if #picture.queues == 0 then
    local nothing = picture.note and "Nothing waits." or "Nothing waits and nothing runs."
    return parts[1] .. svg.text(PAD, y + 22, nothing, { class = "quiet" }), y + 30
  end
  for index, name in ipairs { "oldest", "running", "waiting" } do
    parts[#parts + 1] = svg.text(WIDTH - PAD - (index - 1) * COLUMN, y, name, { class = "small quiet end" })
  end
  parts[#parts + 1], y = "\n", y + 8
  local most = 0
  for _, entry in ipairs(picture.queues) do most = math.max(most, entry.queued) end
  for index, entry in ipairs(picture.queues) do
    if index > load.MOST then break end
    parts[#parts + 1], y = queue(entry, most, y), y + LINE
  end
  local rest = picture.more and picture.note and ("%s. %s"):format(picture.more, picture.note) or picture.more or picture.note
  if rest then parts[#parts + 1], y = svg.text(PAD, y + 16, rest, { class = "small quiet" }), y + LINE end
  return table.concat(parts), y
end

-- --- the whole -----------------------------------------------------------------------------------------------------------------

function load.draw(picture)
  local first, last = picture.bins[1], picture.bins[#picture.bins]
  picture.from, picture.to = first.from, last.to
  picture.x = svg.scale(picture.from, picture.to, LEFT, RIGHT)
  local y = style.HEAD
  local body = { tiles(picture.runs, picture.share, y) }
  body[2], y = chart(picture, outcomes(), y + TILE + 30)
  body[3], y = chart(picture, failures(), y + 30)
  body[4], y = queues(picture, y + 48)
  return style.card {
    width = WIDTH, height = y + 18, title = picture.title, line = picture.line, about = picture.about, theme = picture.theme,
    body = body,
  }
end

return load
