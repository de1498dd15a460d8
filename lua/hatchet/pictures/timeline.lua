-- The timeline of a run as a picture: a line for each task, pale while it waited, in the colour of its status while it ran.
--
--   timeline.draw { title, status, line, about, spans, theme, now } → SVG
--   timeline.MOST  lines that are drawn; spans.lines sums up what is beyond
--
-- `now` is given while the run goes on: a dashed line shows it.

local svg, style, spans = require "hatchway.svg", require "hatchet.pictures.style", require "hatchet.pictures.spans"

local timeline = { MOST = 40 }

local WIDTH, PAD = 960, style.PAD
local LABELS = 210           -- width of the names
local COLUMN = 74            -- of each of the two columns at the right
local LEFT, RIGHT = PAD + LABELS + 10, WIDTH - PAD - 2 * COLUMN - 10
local LINE, BAND = 26, 52    -- heights
local BUCKETS = 110          -- of the curve of many tasks
local INDENT, DEEPEST = 14, 6
local PARTS = 30             -- segments of one line

local function seconds(value)
  if value > 0 and value < 0.0005 then return "<1ms" end
  return hatchway.time.duration(math.floor(value * 1000 + 0.5) / 1000)
end

-- --- the axis ------------------------------------------------------------------------------------------------------------------

local function axis(picture)
  local step = svg.steps(picture.to - picture.from, 7)
  local parts = {
    svg.text(WIDTH - PAD - COLUMN, picture.top - 8, "waited", { class = "small quiet end" }),
    svg.text(WIDTH - PAD, picture.top - 8, "ran", { class = "small quiet end" }),
  }
  for index = 0, math.floor((picture.to - picture.from) / step + 1e-9) do
    local x = picture.x(picture.from + index * step)
    parts[#parts + 1] = svg.element("path", { class = "grid-line", d = ("M%.1f %gV%g"):format(x, picture.top, picture.bottom) })
    if x < RIGHT - (picture.now and 50 or 12) then
      parts[#parts + 1] = svg.text(x, picture.top - 8, index == 0 and "0" or seconds(index * step),
        { class = "small quiet" .. (index > 0 and " middle" or "") })
    end
  end
  return table.concat(parts) .. "\n"
end

local function now_line(picture)
  local x = picture.x(picture.now)
  return svg.element("path", { class = "run-line dashed", d = ("M%.1f %gV%g"):format(x, picture.top, picture.bottom) })
    .. svg.text(x, picture.top - 8, "now", { class = "small run end" })
end

-- --- lines ---------------------------------------------------------------------------------------------------------------------

local function class_of(kind)
  return (kind == "wait" or kind == "retry") and kind or style.swatch(kind)
end

-- The segments of a task, the first of very many as one.
local function last_segments(segments)
  if #segments <= PARTS then return segments end
  local list = table.move(segments, #segments - PARTS + 2, #segments, 2, {})
  list[1] = { from = segments[1].from, to = list[2].from, kind = "retry" }
  return list
end

local function bars(picture, span, y)
  local parts = {}
  for _, segment in ipairs(last_segments(span.segments)) do
    local x = picture.x(segment.from)
    local width = math.max(2, picture.x(segment.to) - x - (segment.kind == "wait" and 0 or 0.6))
    local thin = segment.kind == "wait" and 4 or 0
    parts[#parts + 1] = svg.element("rect", {
      class = class_of(segment.kind), x = math.min(x, RIGHT - 2), y = y + 6 + thin, width = width, height = 14 - 2 * thin, rx = 2,
    })
  end
  if span.status == "CANCELLED" and not span.started then
    local x = picture.x(span.to) - 2
    parts[#parts + 1] = svg.element("rect", { class = "stop", x = x, y = y + 6, width = 3, height = 14, rx = 1 })
  end
  return table.concat(parts)
end

-- A name with its place in the tree; returns where the room for more text begins.
local function label(name, depth, status, y, suffix)
  local x = PAD + math.min(depth, DEEPEST) * INDENT
  local after = suffix and svg.width(suffix, 11) + 6 or 0
  local room = PAD + LABELS - x - 20 - after
  local parts = { status and style.icon(status, x, y + 7) or "" }
  if depth > 0 then
    parts[#parts + 1] = svg.element("path", { class = "edge-line", d = ("M%g %gv7.5h5"):format(x - 8, y + 5) })
  end
  parts[#parts + 1] = svg.text(x + 20, y + 17.5, name, { class = "text", max = room })
  if suffix then
    parts[#parts + 1] = svg.text(PAD + LABELS, y + 17.5, suffix, { class = "small quiet end" })
  end
  return table.concat(parts)
end

local function numbers(waited, ran, y)
  return svg.text(WIDTH - PAD - COLUMN, y, waited, { class = "small quiet end" })
    .. svg.text(WIDTH - PAD, y, ran, { class = "small text end" })
end

local function told(span)
  local text = ("%s: %s"):format(span.name, span.status:lower())
  if span.attempts > 1 then text = ("%s, %d attempts"):format(text, span.attempts) end
  return ("%s. Waited %s, ran %s."):format(text, seconds(span.waited), seconds(span.ran))
end

local function single(picture, span, y)
  return svg.mark({ x = 8, y = y, width = WIDTH - 16, height = LINE }, told(span),
    label(span.name, span.depth, span.status, y, span.attempts > 1 and ("×%d"):format(span.attempts) or nil),
    bars(picture, span, y),
    numbers(seconds(span.waited), span.ran > 0 and seconds(span.ran) or "–", y + 17.5))
end

-- --- many tasks in one line ----------------------------------------------------------------------------------------------------

-- How many of them run on average, and how many failed, in each part of the window.
local function busy(picture, list)
  local running, failed, width = {}, {}, math.max(picture.to - picture.from, 1e-6) / BUCKETS
  for index = 1, BUCKETS do running[index], failed[index] = 0, 0 end
  local function bucket(time) return math.max(1, math.min(BUCKETS, math.floor((time - picture.from) / width) + 1)) end
  for _, span in ipairs(list) do
    for index = bucket(span.started or span.to), span.started and bucket(span.to) or 0 do
      local from = picture.from + (index - 1) * width
      running[index] = running[index] + math.max(0, math.min(span.to, from + width) - math.max(span.started, from)) / width
    end
    if span.status == "FAILED" then failed[bucket(span.to)] = failed[bucket(span.to)] + 1 end
  end
  return running, failed
end

-- How many ran at the busiest moment.
local function most_at_once(list)
  local changes, count, most = {}, 0, 0
  for _, span in ipairs(list) do
    if span.started then
      changes[#changes + 1] = { span.started, 1 }
      changes[#changes + 1] = { span.to, -1 }
    end
  end
  table.sort(changes, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  for _, change in ipairs(changes) do
    count = count + change[2]
    most = math.max(most, count)
  end
  return most
end

local function curve(picture, list, y)
  local running, failed = busy(picture, list)
  local peak = math.max(1e-9, table.unpack(running))
  local base, parts = y + BAND - 8, {}
  local step = (RIGHT - LEFT) / BUCKETS
  local path = { ("M%.1f %g"):format(LEFT, base) }
  for index, count in ipairs(running) do
    path[#path + 1] = ("V%.1fH%.1f"):format(base - count / peak * (BAND - 16), LEFT + index * step)
  end
  path[#path + 1] = ("V%gZ"):format(base)
  parts[1] = svg.element("path", { class = picture.now and "run" or "done", d = table.concat(path), opacity = 0.75 })
  for index, count in ipairs(failed) do
    if count > 0 then
      local x = LEFT + (index - 1) * step
      parts[#parts + 1] = svg.element("rect", { class = "fail", x = x, y = base + 1, width = step, height = 3 })
    end
  end
  return table.concat(parts)
end

local function many(picture, line, y)
  local list = line.rest
  local name, counts = line.mixed and "other tasks" or list[1].name, style.words(spans.counts(list))
  local depth = line.mixed and 0 or list[1].depth
  local at_once = ("up to %s at once"):format(style.commas(most_at_once(list)))
  local x = PAD + math.min(depth, DEEPEST) * INDENT + 20
  return svg.mark({ x = 8, y = y, width = WIDTH - 16, height = BAND },
    ("%s more %s: %s; %s."):format(style.commas(#list), name, counts, at_once),
    label(name, depth, nil, y + 2, "+" .. style.commas(#list)),
    svg.text(x, y + 36, counts, { class = "small quiet", size = 11, max = PAD + LABELS - x }),
    curve(picture, list, y),
    numbers("~" .. seconds(spans.median(list, "waited")), "~" .. seconds(spans.median(list, "ran")), y + 19.5),
    svg.text(WIDTH - PAD, y + 36, at_once, { class = "small quiet end" }))
end

-- --- the whole -----------------------------------------------------------------------------------------------------------------

local function legend(list, lines, y)
  local entries, counts = { { "wait", "waiting" } }, spans.counts(list)
  for _, status in ipairs(style.ORDER) do
    if status ~= "QUEUED" and counts[status] then entries[#entries + 1] = { style.swatch(status), status:lower() } end
  end
  for _, span in ipairs(list) do
    if span.attempts > 1 then
      entries[#entries + 1] = { "retry", "attempt that was retried" }
      break
    end
  end
  for _, line in ipairs(lines) do
    if line.rest then return style.legend(entries, PAD, y)
      .. svg.text(WIDTH - PAD, y, "~ is the median of the tasks that stand together", { class = "small quiet end" }) end
  end
  return style.legend(entries, PAD, y)
end

function timeline.draw(picture)
  local list = picture.spans
  local lines = picture.lines
  picture.top = style.HEAD + 24
  picture.x = svg.scale(picture.from, picture.to, LEFT, RIGHT)
  picture.bottom = picture.top
  for _, line in ipairs(lines) do picture.bottom = picture.bottom + (line.rest and BAND or LINE) end
  local body, y = { axis(picture) }, picture.top
  for _, line in ipairs(lines) do
    body[#body + 1] = line.span and single(picture, line.span, y) or many(picture, line, y)
    y = y + (line.rest and BAND or LINE)
  end
  if picture.now then body[#body + 1] = now_line(picture) end
  body[#body + 1] = legend(list, lines, picture.bottom + 28)
  return style.card {
    width = WIDTH, height = picture.bottom + 46, title = picture.title, status = picture.status, line = picture.line,
    about = picture.about, theme = picture.theme, body = body,
  }
end

return timeline
