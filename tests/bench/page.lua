-- Results as a page: docs/performance.md and two pictures.
local svg = require "lua.hatchway.svg"
local shell = require "tests.bench.shell"

local page = {}

local function figure(value, unit)
  local digits = value >= 100 and "%.0f" or value >= 10 and "%.1f" or "%.2f"
  local text = digits:format(value)
  if #text > 4 and not text:find "%." then text = text:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "") end
  return unit and text .. " " .. unit or text
end

-- A goal of a line, with its unit when no ratio is meant.
local function goal(line, name)
  local pair = line[name]
  if not pair then return "" end
  return ("%s %g%s"):format(pair[1] == "<=" and "≤" or "≥", pair[2], line.against and "" or " " .. line.unit)
end

local function reaches(value, pair)
  if pair[1] == "<=" then return value <= pair[2] end
  return value >= pair[2]
end

-- "aim reached", "reached", "missed"; "unclear" when the quartiles lie on both sides of what must be; nothing without a goal.
local function verdict(line)
  local value = line.ratio or line.ours
  local function all_reach(pair)
    return reaches(value, pair) and reaches(line.low, pair) and reaches(line.high, pair)
  end
  if line.aim and all_reach(line.aim) then return "aim reached" end
  if not line.must then return line.aim and "aim missed" or "" end
  if all_reach(line.must) then return "reached" end
  local is_split = reaches(line.low, line.must) ~= reaches(line.high, line.must)
  return is_split and "unclear" or "**missed**"
end

function page.sentence(line)
  if line.skipped then return ("%s, beside %s: skipped, %s"):format(line.what, line.against or "nothing", line.skipped) end
  local text = ("%s: %s"):format(line.what, figure(line.ours, line.unit))
  if line.ratio then
    text = ("%s, %s %s, ratio %s (%s to %s)"):format(text, line.against, figure(line.theirs, line.unit),
      figure(line.ratio), figure(line.low), figure(line.high))
  end
  for _, name in ipairs { "must", "aim" } do
    if line[name] then text = ("%s; %s %s"):format(text, name, goal(line, name)) end
  end
  return (line.must or line.aim) and text .. ": " .. verdict(line) or text
end

-- --- pictures ----------------------------------------------------------------------------------------------------------------

local function theme(text, dim, grid, good, bad, bar, other)
  return ("text{fill:%s}.dim{fill:%s}.goal{stroke:%s}.grid{stroke:%s}.good{fill:%s;stroke:%s}.bad{fill:%s;stroke:%s}"
    .. ".bar{fill:%s}.other{fill:%s}"):format(text, dim, dim, grid, good, good, bad, bad, bar, other)
end

local STYLE = ("text{font-family:sans-serif;font-size:12px}%s@media(prefers-color-scheme:dark){%s}"):format(
  theme("#1f2328", "#59636e", "#d1d9e0", "#1a7f37", "#cf222e", "#0969da", "#8c959f"),
  theme("#f0f6fc", "#9198a1", "#3d444d", "#3fb950", "#f85149", "#4493f8", "#656c76"))
local LEFT, WIDTH, ROW = 430, 900, 24

-- Where a goal is reached: how many times better than the goal each ratio is, with its quartiles, on a scale of powers.
function page.goals(lines)
  local shown = {}
  for _, line in ipairs(lines) do
    if line.must and not line.skipped then shown[#shown + 1] = line end
  end
  local low, high = math.log(0.1, 10), math.log(30, 10)
  local x = svg.scale(low, high, LEFT, WIDTH - 20)
  local function at(line, value)
    local better = line.must[1] == "<=" and line.must[2] / value or value / line.must[2]
    return x(math.max(low, math.min(high, math.log(better, 10))))
  end
  local bottom, body = 30 + #shown * ROW, {}
  for _, factor in ipairs { 0.1, 0.3, 1, 3, 10, 30 } do
    local where, is_goal = x(math.log(factor, 10)), factor == 1
    body[#body + 1] = svg.element("line", { class = is_goal and "goal" or "grid", x1 = where, x2 = where, y1 = 24, y2 = bottom })
    body[#body + 1] = svg.text(where, 16, is_goal and "goal" or ("%g ×"):format(factor),
      { class = "dim", ["text-anchor"] = "middle", size = 12 })
  end
  for i, line in ipairs(shown) do
    local y, value = 24 + i * ROW - ROW / 2, line.ratio or line.ours
    local class = reaches(value, line.must) and "good" or "bad"
    local name = line.what .. (line.against and " / " .. line.against or "")
    body[#body + 1] = svg.text(LEFT - 10, y + 4, name, { ["text-anchor"] = "end", size = 12, max = LEFT - 20 })
    body[#body + 1] = svg.element("line", { class = class, ["stroke-width"] = 3, x1 = at(line, line.low),
      x2 = at(line, line.high), y1 = y, y2 = y })
    body[#body + 1] = svg.element("circle", { class = class, cx = at(line, value), cy = y, r = 5 })
  end
  return svg.document { width = WIDTH, height = bottom + 12, title = "How far each figure is from its goal",
    about = "A point a figure, with quartiles; right of the line the goal is reached.", style = STYLE, body = body }
end

-- Bars of what Hatchway and its references took, on a scale of powers.
function page.bars(lines, title)
  local bars, seen = {}, {}
  for _, line in ipairs(lines) do
    if not line.skipped and line.against then
      if not seen.ours then bars[1] = { "Hatchway", line.ours, "bar", line.unit } end
      seen.ours = true
      bars[#bars + 1] = { line.against, line.theirs, "other", line.unit }
    end
  end
  table.sort(bars, function(a, b) return a[2] < b[2] end)
  local x = svg.scale(math.log(bars[1][2] / 2), math.log(bars[#bars][2]), 0, WIDTH - 320)
  local body = { svg.text(10, 20, title .. " (each step of length multiplies)", { class = "dim", size = 12 }) }
  for i, bar in ipairs(bars) do
    local y = 32 + (i - 1) * ROW
    local length = x(math.log(bar[2]))
    body[#body + 1] = svg.text(180, y + 14, bar[1], { ["text-anchor"] = "end", size = 12 })
    body[#body + 1] = svg.element("rect", { class = bar[3], x = 190, y = y, width = length, height = ROW - 6, rx = 2 })
    body[#body + 1] = svg.text(198 + length, y + 14, figure(bar[2], bar[4]), { size = 12 })
  end
  return svg.document { width = WIDTH, height = 44 + #bars * ROW, title = title, about = "Bars on a scale of powers.",
    style = STYLE, body = body }
end

-- --- text ----------------------------------------------------------------------------------------------------------------------

local HEAD = [[
# Performance

Made by `lua5.4 tests/bench/run.lua --write`: run it to have the figures of your machine. It builds and installs what stands
beside Hatchway into build/bench.

Every figure is taken beside its reference, in turn, in one run; the ratio is the median of the ratios of the pairs, and the
quartiles stand behind it ("unclear": they lie on both sides of the goal). Only ratios say something: the absolute figures are of
a machine that had other work. The server has one processor, the program that asks it and the upstream have another.

![How far each figure is from its goal](pictures/performance-goals.svg)

![Start to the first tools/list](pictures/performance-start.svg)

- **the floor** is a C program that finds the id with memmem and answers the same bytes without parsing
  ([floor.c](../tests/bench/floor.c));
- **libcurl** is a C program with its multi interface and epoll that throws the bodies away ([fetch.c](../tests/bench/fetch.c));
- **nginx** is `proxy_pass` with connections kept alive, on the processor that the server has otherwise;
- **hatchet-mcp** is 0.3.0 of the Python server with mcp < 2; **the TypeScript SDK** is 1.32.2 with
  [one tool](../tests/bench/server.mjs);
- the upstream is a C program that answers recorded bodies ([upstream.c](../tests/bench/upstream.c)).

| what | Hatchway | beside | ratio (quartiles) | must | aim | |
|---|---|---|---|---|---|---|
]]

local function table_row(line)
  if line.skipped then
    return ("| %s | | %s | skipped: %s | %s | %s | |\n"):format(line.what, line.against or "", line.skipped,
      goal(line, "must"), goal(line, "aim"))
  end
  local beside = line.against and line.theirs and ("%s: %s"):format(line.against, figure(line.theirs, line.unit)) or ""
  local ratio = line.ratio and ("%s (%s–%s)"):format(figure(line.ratio), figure(line.low), figure(line.high))
    or ("(%s–%s)"):format(figure(line.low), figure(line.high))
  return ("| %s%s | %s | %s | %s, %d pairs | %s | %s | %s |\n"):format(line.what, line.note and " (" .. line.note .. ")" or "",
    figure(line.ours, line.unit), beside, ratio, line.rounds, goal(line, "must"), goal(line, "aim"), verdict(line))
end

function page.write(names, results)
  local out, all, how = { HEAD }, {}, {}
  for _, name in ipairs(names) do
    for _, line in ipairs(results[name] and results[name].lines or {}) do
      out[#out + 1] = table_row(line)
      all[#all + 1] = line
    end
    if results[name] then
      how[#how + 1] = ("| %s | `lua5.4 tests/bench/run.lua %s` | %s | %s |\n"):format(results[name].lines[1].what, name,
        results[name].when, results[name].machine)
    end
  end
  out[#out + 1] = "\n## How to repeat each\n\n| what | command | measured | machine |\n|---|---|---|---|\n" .. table.concat(how)
  out[#out + 1] = "\n" .. shell.read "tests/bench/where.md"
  shell.write("docs/performance.md", table.concat(out))
  shell.write("docs/pictures/performance-goals.svg", page.goals(all))
  if results.start then
    shell.write("docs/pictures/performance-start.svg", page.bars(results.start.lines, "Start to the first tools/list"))
  end
end

return page
