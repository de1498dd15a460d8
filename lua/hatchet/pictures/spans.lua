-- When the tasks of a run waited and ran, ready to be drawn or told.
--
--   spans.of(timings, attempts, now) → a span for each row of the engine's task timings, in their order: { name, id, depth,
--                                      status, attempts, from, started, to, waited, ran, segments }. Times and lengths are
--                                      seconds; from is when the task came to be, `to` its end or now. A segment is
--                                      { from, to, kind }: kind is "wait", "retry" (an attempt that failed and was followed by
--                                      another) or a status.
--                                      attempts: { [task id] = what causes.attempts gives }, as far as it is known
--   spans.window(list)               → from, to: of all of them
--   spans.lines(list, most)          → what is drawn: { span = } for single ones and { rest = list of spans } for those that
--                                      stand together in one line: many of one name, and at the end what is beyond `most` lines
--   spans.counts(list)               → { [status] = how many }
--   spans.median(list, field)        → of the values that are there; nil for none
--   spans.name(text)                 → a display name without the number that the engine hangs on

local details = require "hatchet.details"

local spans = {}

local MANY = 8    -- tasks of one name that are drawn together when there is too little room
local NOTABLE = 3 -- of these, how many are drawn by themselves

function spans.name(text)
  return text:match "^(.+)%-%d%d%d%d%d%d%d%d%d%d%d%d%d$" or text
end

local function parse(text)
  return text and hatchway.time.parse(text)
end

-- --- one task ------------------------------------------------------------------------------------------------------------------

local function add(segments, from, to, kind)
  if to > from then segments[#segments + 1] = { from = from, to = to, kind = kind } end
end

-- By its events: each attempt with the wait before it.
local function told_segments(span, attempts)
  local segments, at = {}, span.from
  for index, attempt in ipairs(attempts) do
    local started, ended = parse(attempt.startedAt), parse(attempt.endedAt)
    local last = index == #attempts
    if started then
      local to = not last and ended or span.to
      add(segments, at, started, "wait")
      add(segments, started, to, last and span.status or "retry")
      at = math.max(at, to)
    end
  end
  add(segments, at, span.to, "wait")
  return segments
end

-- By its row alone, which tells of the last attempt.
local function plain_segments(span, queued)
  local segments = {}
  local ready = span.attempts > 1 and queued or span.from
  add(segments, span.from, ready, "retry")
  add(segments, ready, span.started or span.to, "wait")
  if span.started then add(segments, span.started, span.to, span.status) end
  return segments
end

local function span_of(row, attempts, now)
  local created, queued, started = parse(row.taskInsertedAt), parse(row.queuedAt), parse(row.startedAt)
  local finished = parse(row.finishedAt)
  local from = math.min(created or queued or started or now, started or math.huge, queued or math.huge)
  local span = {
    name = spans.name(row.taskDisplayName), id = row.taskExternalId, depth = row.depth or 0, status = row.status,
    attempts = math.max(1, row.attempt or 1), from = from, started = started, finished = finished,
    to = math.max(finished or (details.ENDED[row.status] and (started or from)) or now, from),
  }
  span.segments = attempts and attempts[row.taskExternalId] and told_segments(span, attempts[row.taskExternalId])
    or plain_segments(span, queued)
  span.waited, span.ran = 0, 0
  for _, segment in ipairs(span.segments) do
    local field = segment.kind == "wait" and "waited" or "ran"
    span[field] = span[field] + segment.to - segment.from
  end
  return span
end

function spans.of(timings, attempts, now)
  local list = {}
  for index, row in ipairs(timings) do list[index] = span_of(row, attempts, now) end
  return list
end

-- --- many ----------------------------------------------------------------------------------------------------------------------

function spans.window(list)
  local from, to = math.huge, -math.huge
  for _, span in ipairs(list) do
    from, to = math.min(from, span.from), math.max(to, span.to)
  end
  return from, to
end

function spans.counts(list)
  local counts = {}
  for _, span in ipairs(list) do counts[span.status] = (counts[span.status] or 0) + 1 end
  return counts
end

function spans.median(list, field)
  local values = {}
  for _, span in ipairs(list) do values[#values + 1] = span[field] end
  table.sort(values)
  return values[(#values + 1) // 2]
end

-- --- lines ---------------------------------------------------------------------------------------------------------------------

local RANK = { FAILED = 1, RUNNING = 2, QUEUED = 3, CANCELLED = 4, COMPLETED = 5 }

-- What an operator looks at first: failures, what is not over, then the longest.
local function comes_first(a, b)
  local first, second = RANK[a.status] or 5, RANK[b.status] or 5
  if first ~= second then return first < second end
  if a.ran ~= b.ran then return a.ran > b.ran end
  return a.id < b.id
end

-- Tasks of one name and depth, in the order of their first.
local function groups_of(list)
  local groups, by_key = {}, {}
  for _, span in ipairs(list) do
    local key = span.depth .. " " .. span.name
    if not by_key[key] then
      by_key[key] = {}
      groups[#groups + 1] = by_key[key]
    end
    table.insert(by_key[key], span)
  end
  return groups
end

local function add_group(lines, group)
  local single = #group < MANY and #group or NOTABLE
  if single < #group then table.sort(group, comes_first) end
  for index = 1, single do lines[#lines + 1] = { span = group[index] } end
  if single < #group then lines[#lines + 1] = { rest = table.move(group, single + 1, #group, 1, {}) } end
end

-- All lines after the first `most`, in one.
local function cut(lines, most)
  local rest = {}
  for index = most, #lines do
    for _, span in ipairs(lines[index].rest or { lines[index].span }) do rest[#rest + 1] = span end
    lines[index] = nil
  end
  lines[most] = { rest = rest, mixed = true }
end

function spans.lines(list, most)
  local lines = {}
  if #list <= most then
    for index, span in ipairs(list) do lines[index] = { span = span } end
    return lines
  end
  for _, group in ipairs(groups_of(list)) do add_group(lines, group) end
  if #lines > most then cut(lines, most) end
  return lines
end

return spans
