-- What an operator looks at in the morning, asked for at once.
--
--   overview.ask(since, until_) → parts, missing
--
--   overview.unserved(parts)    → actions that tasks wait for or that a worker once had, and that no active worker has; nil when
--                                 the workers are not known
--
-- since and until_ are texts for the query. parts has what could be read, by the names of PARTS below; missing says of each of
-- the others why (name → sentence). When nothing at all can be read that is an error.

local metrics, failing = require "hatchet.metrics", require "hatchet.failing"
local resolve = require "hatchet.resolve"
local time = hatchway.time

local overview = {}

local TENANT, STABLE = "/api/v1/tenants/{tenant}", "/api/v1/stable/tenants/{tenant}"
local PAGE = 100
local FAILURES = 500 -- read to find out what fails most
local SHOWN = 5      -- rows of a list
local BUCKETS = 12   -- of the window
local SOON = 24 * 3600
local FIRST = time.parse "0001-01-01" -- no window begins before

-- All rows of a list that the engine gives in pages. Older engines know no pages of workers: they give all each time.
local function all_rows(path)
  local rows, seen = {}, {}
  repeat
    local page, before = hatchet.get(path, { limit = PAGE, offset = #rows }).rows, #rows
    for _, row in ipairs(page) do
      if not seen[row.metadata.id] then seen[row.metadata.id], rows[#rows + 1] = true, row end
    end
  until #page < PAGE or #rows == before
  return rows
end

-- --- runs ----------------------------------------------------------------------------------------------------------------------

local function rounded(share)
  return share and math.floor(share * 1000 + 0.5) / 1000
end

local function trend_of(now, before)
  if not now or not before then return nil end
  if math.abs(now - before) < 0.01 then return "same" end
  return now > before and "worse" or "better"
end

-- The runs of the window and those of the window before it, which is as long. Better or worse is told by the share of failures.
local function runs(since, until_)
  local from, to = time.parse(since), time.parse(until_)
  local both = hatchway.all {
    now = function() return metrics.runs(since, until_) end,
    before = function() return metrics.runs(time.format(math.max(2 * from - to, FIRST)), since) end,
  }
  local share, share_before = metrics.failed_share(both.now), metrics.failed_share(both.before)
  return json.object({ "now", "before", "failedShare", "failedShareBefore", "trend" }, {
    now = both.now,
    before = both.before,
    failedShare = rounded(share),
    failedShareBefore = rounded(share_before),
    trend = trend_of(share, share_before),
  })
end

local function failures(since, until_)
  local entries = failing.of(since, until_, nil, FAILURES)
  return json.object({ "rows", "total" }, { rows = failing.rows(entries, SHOWN, since, until_), total = #entries })
end

-- Counts over time in at most BUCKETS pieces of the window; those in which no run ended are left out.
local function over_time(since, until_)
  local points = hatchet.get(STABLE .. "/task-point-metrics", { createdAfter = since, finishedBefore = until_ })
  local list, rows = points.results or {}, json.array {}
  local step = math.max(1, math.ceil(#list / BUCKETS))
  for start = 1, #list, step do
    local row = json.object({ "from", "failed", "succeeded" }, { from = list[start].time, failed = 0, succeeded = 0 })
    for index = start, math.min(start + step - 1, #list) do
      row.failed, row.succeeded = row.failed + list[index].FAILED, row.succeeded + list[index].SUCCEEDED
    end
    if row.failed + row.succeeded > 0 then rows[#rows + 1] = row end
  end
  local width = #list > 1 and time.parse(list[2].time) - time.parse(list[1].time) or nil
  return json.object({ "each", "rows" }, { each = width and time.duration(width * step), rows = rows })
end

-- --- what waits and who works --------------------------------------------------------------------------------------------------

-- Queued tasks by name, the longest waiting first. The engine answers this question rarely (429), so it is asked once.
local function waiting()
  local rows = {}
  for task, stat in pairs(hatchet.get(TENANT .. "/task-stats", nil, { retry = false })) do
    local queued = stat.queued
    if queued then
      rows[#rows + 1] = json.object({ "task", "queued", "oldest", "actions" }, {
        task = task, queued = queued.total, oldest = queued.oldest, actions = queued.queues,
      })
    end
  end
  table.sort(rows, function(a, b)
    if a.oldest and b.oldest and a.oldest ~= b.oldest then return time.parse(a.oldest) < time.parse(b.oldest) end
    return a.task < b.task
  end)
  return rows
end

local function worker_row(worker)
  local slots = {}
  for kind, slot in pairs(worker.slotConfig or {}) do slots[kind] = ("%d of %d free"):format(slot.available, slot.limit) end
  return json.object({ "name", "id", "status", "slots", "lastHeartbeatAt" }, {
    name = worker.name,
    id = worker.metadata.id,
    status = worker.status,
    slots = next(slots) and slots or nil,
    lastHeartbeatAt = worker.lastHeartbeatAt,
  })
end

local function is_full(worker)
  for _, slot in pairs(worker.slotConfig or {}) do
    if slot.available <= 0 then return true end
  end
  return false
end

-- Workers by status, those that do not work first; `served` is the set of actions that an active one has, `lost` maps those of
-- the others to their names, `full` names the active ones without a free slot of some kind.
local function workers()
  local by_status, rows, served, lost, full = {}, {}, {}, {}, {}
  for _, worker in ipairs(all_rows(TENANT .. "/worker")) do
    local status = worker.status or "UNKNOWN"
    by_status[status:lower()] = (by_status[status:lower()] or 0) + 1
    for _, action in ipairs(worker.actions or {}) do
      if status == "ACTIVE" then
        served[action] = true
      else
        lost[action] = lost[action] or {}
        table.insert(lost[action], worker.name)
      end
    end
    if status == "ACTIVE" and is_full(worker) then full[#full + 1] = worker.name end
    table.insert(rows, status == "ACTIVE" and #rows + 1 or 1, worker_row(worker))
  end
  return { by_status = by_status, rows = rows, served = served, lost = lost, full = full }
end

-- --- what is held back ---------------------------------------------------------------------------------------------------------

local function paused()
  local rows = {}
  for _, workflow in ipairs(resolve.all()) do
    if workflow.isPaused then
      rows[#rows + 1] = json.object({ "workflowName", "workflowId" }, {
        workflowName = workflow.name, workflowId = workflow.metadata.id,
      })
    end
  end
  return rows
end

local function rate_limits()
  local rows = {}
  local least_first = { limit = 50, orderByField = "value", orderByDirection = "asc" }
  for _, limit in ipairs(hatchet.get(TENANT .. "/rate-limits", least_first).rows) do
    if limit.value <= 0 then rows[#rows + 1] = json.pick(limit, { "key", "value", "limitValue", "window", "lastRefill" }) end
  end
  return rows
end

local function crons()
  local rows = {}
  for _, cron in ipairs(all_rows(TENANT .. "/workflows/crons")) do
    if not cron.enabled then
      rows[#rows + 1] = json.object({ "id", "name", "cron", "workflowName" }, {
        id = cron.metadata.id,
        name = cron.name ~= "" and cron.name or nil,
        cron = cron.cron,
        workflowName = cron.workflowName,
      })
    end
  end
  return rows
end

-- Scheduled runs of the next day, soonest first; those whose time is over come first of all.
local function schedules()
  local rows, now = {}, time.now()
  local in_time = { limit = PAGE, orderByField = "triggerAt", orderByDirection = "ASC" }
  for _, run in ipairs(hatchet.get(TENANT .. "/workflows/scheduled", in_time).rows) do
    local left = time.parse(run.triggerAt) - now
    if left <= SOON then
      rows[#rows + 1] = json.object({ "id", "workflowName", "triggerAt", "due" }, {
        id = run.metadata.id,
        workflowName = run.workflowName,
        triggerAt = run.triggerAt,
        due = time.relative(time.parse(run.triggerAt)),
      })
    end
  end
  return rows
end

local function logs(since, until_)
  local points = hatchet.get(STABLE .. "/log-point-metrics", { since = since, ["until"] = until_ })
  local sums = json.object({ "error", "warn", "info", "debug" }, { error = 0, warn = 0, info = 0, debug = 0 })
  for _, point in ipairs(points.results or {}) do
    for level in pairs(sums) do sums[level] = sums[level] + (point[level:upper()] or 0) end
  end
  return sums
end

-- --- all of it -----------------------------------------------------------------------------------------------------------------

local PARTS = {
  runs = runs, failing = failures, overTime = over_time, waiting = waiting, workers = workers, pausedWorkflows = paused,
  exhaustedRateLimits = rate_limits, disabledCrons = crons, dueSoon = schedules, logs = logs,
}

function overview.ask(since, until_)
  local questions = {}
  for name, part in pairs(PARTS) do
    questions[name] = function()
      local value, failure = hatchway.try(part, since, until_)
      return { value = value, failure = failure }
    end
  end
  local parts, missing = {}, {}
  local answers = hatchway.all(questions)
  for name, answer in pairs(answers) do
    parts[name] = answer.value
    missing[name] = answer.failure and answer.failure.message:match "^[^\n]*"
  end
  if not next(parts) then hatchway.fail(answers.runs.failure) end
  return parts, missing
end

-- Those that most tasks wait for first.
function overview.unserved(parts)
  if not parts.workers then return nil end
  local found, list = {}, {}
  local function note(action)
    if parts.workers.served[action] then return nil end
    if not found[action] then
      found[action] = json.object({ "action", "waiting", "oldest", "workers" }, { action = action, waiting = 0 })
      found[action].workers = parts.workers.lost[action] and json.array(parts.workers.lost[action])
      list[#list + 1] = found[action]
    end
    return found[action]
  end
  for _, row in ipairs(parts.waiting or {}) do
    for action, count in pairs(row.actions or {}) do
      local entry = note(action)
      if entry then entry.waiting, entry.oldest = count, row.oldest end
    end
  end
  for action in pairs(parts.workers.lost) do note(action) end
  table.sort(list, function(a, b)
    if a.waiting ~= b.waiting then return a.waiting > b.waiting end
    return a.action < b.action
  end)
  return list
end

return overview
