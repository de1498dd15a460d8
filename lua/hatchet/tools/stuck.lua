-- Runs that wait or run for too long, the oldest first, and why.

local arguments = require "hatchet.arguments"
local t, resolve, waiting = require "hatchway.types", require "hatchet.resolve", require "hatchet.waiting"
local lists, shapes = require "hatchet.lists", require "hatchet.shapes"

toolset "runs"

local time = hatchway.time

local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local DAYS = 90          -- how far back runs are looked for
local YEAR = 365 * 24 * 60
local SCAN_MAX = 1000
local PAGE = 100
local COUNTED = 20000    -- the engine counts no further

-- --- finding them --------------------------------------------------------------------------------------------------------------

local NEEDED = {
  "taskExternalId", "workflowRunExternalId", "workflowName", "workflowId", "workflowVersionId", "status", "displayName",
  "actionId", "metadata", "createdAt", "startedAt", "isEvicted", "numSpawnedChildren", "children",
}

-- A row without what is not needed here: errors and metadata of a thousand runs take much memory.
local function slim(row)
  local kept = json.pick(row, NEEDED)
  if json.type(kept.children) == "array" then
    for index, task in ipairs(kept.children) do kept.children[index] = slim(task) end
  end
  return kept
end

-- A page of runs, and how many pages there are.
local function page(query, offset, limit)
  local answer = hatchet.get(RUNS, shapes.with(query, { limit = limit, offset = offset }))
  for index, row in ipairs(answer.rows) do answer.rows[index] = slim(row) end
  return answer.rows, answer.pagination and answer.pagination.num_pages or 1
end

-- The oldest `scan` runs. The engine lists the newest first, so it is read from the last page on; runs that end meanwhile come
-- twice then, but none is passed over. Returns nil besides when these are all; else what was left unread: "newer", or "older"
-- where there are more than the engine counts.
local function oldest(query, scan)
  local size = math.min(scan, PAGE)
  local newest, pages = page(query, 0, size)
  local rows, index, cut, older = {}, math.max(pages, 1), false, false
  repeat
    index = index - 1
    local found = index == 0 and newest or page(query, index * size, size)
    if index == pages - 1 then older = index * size + #found >= COUNTED end
    for place = #found, 1, -1 do
      if #rows < scan then rows[#rows + 1] = found[place] else cut = true end
    end
  until #rows >= scan or index == 0
  if older then return rows, "older" end
  return rows, (cut or index > 0) and "newer" or nil
end

-- Since when a run waits or runs; one of several tasks has no time of its start.
local function since_of(row)
  return row.status == "RUNNING" and row.startedAt or row.createdAt
end

-- Of the rows those that count, oldest first, and how many durable waits were left out.
local function stuck_of(rows, before, with_durable)
  local found, seen, durable = {}, {}, 0
  for _, row in ipairs(rows) do
    local since = time.parse(since_of(row))
    if since <= before and not seen[row.taskExternalId] then
      seen[row.taskExternalId] = true
      local left_out = waiting.is_evicted(row) and not with_durable
      if left_out then durable = durable + 1 else found[#found + 1] = { row = row, since = since } end
    end
  end
  table.sort(found, function(a, b)
    if a.since ~= b.since then return a.since < b.since end
    return a.row.taskExternalId < b.row.taskExternalId
  end)
  return found, durable
end

-- --- telling about them --------------------------------------------------------------------------------------------------------

local KEYS = {
  "taskExternalId", "workflowRunExternalId", "workflowName", "workflowId", "status", "createdAt", "startedAt", "elapsedMinutes",
  "reason", "detail", "waitingTask",
}

local function told(entry, why, now)
  local row, task = entry.row, why.task
  row.elapsedMinutes = (now - entry.since) // 6 / 10
  row.reason, row.detail = why.reason, why.detail
  if task and task ~= row then row.waitingTask = json.pick(task, { "taskExternalId", "displayName", "status" }) end
  return json.pick(row, KEYS)
end

-- Those durable waits that the list does not show as such (they still have their slots) are left out here.
local function told_all(found, now, with_durable)
  local rows, durable, taken = json.array {}, 0, {}
  for index, entry in ipairs(found) do taken[index] = entry.row end
  local reasons, gap = waiting.explain(taken)
  for index, entry in ipairs(found) do
    if reasons[index].reason == "durable_wait" and not with_durable then
      durable = durable + 1
    else
      rows[#rows + 1] = told(entry, reasons[index], now)
    end
  end
  return rows, durable, gap
end

local UNREAD = {
  newer = "More than %d runs are QUEUED or RUNNING that long: the oldest %d were looked at. Narrow by workflow_ids or raise "
    .. "scan_limit.",
  older = "More runs are QUEUED or RUNNING than the engine counts: %d of the older ones were looked at, not the %d oldest. "
    .. "Narrow by workflow_ids.",
}

local function note_of(scan, unread, hidden, gap)
  return lists.sentences(
    unread and UNREAD[unread]:format(scan, scan),
    hidden > 0 and ("%d more are not shown: raise limit or narrow by workflow_ids."):format(hidden),
    gap)
end

tool "list_stuck_runs" {
  title = "List Stuck Runs",
  about = "Runs that are QUEUED or RUNNING for too long, oldest first, up to 90 days old, each with its reason: paused_workflow, "
    .. "backoff, rate_limit, no_worker, paused_worker, concurrency, no_slot, worker_gone, running. truncated: there are more.",
  access = "read",
  list = true,
  untrusted = true,
  cpu = 3000,
  input = {
    stuck_after_minutes = t.integer { default = 30, min = 0, max = YEAR },
    workflow_ids = arguments.workflow_ids(),
    include_durable_waits = t.boolean { "sleeps, events", default = false },
    limit = arguments.limit(),
    scan_limit = t.integer { "runs to read, at most 1000", default = 500, min = 1 },
  },
  output = t.object {
    fields = {
      rows = t.list { required = true },
      stuckAfterMinutes = t.integer {},
      stuck = t.integer { "in all" },
      durableWaits = t.integer { "left out" },
      scanned = t.integer {},
      truncated = t.boolean { required = true },
      window = t.object {},
    },
  },
  run = function(args)
    local now = time.now()
    local before = now - args.stuck_after_minutes * 60
    local window = json.object({ "since", "until" }, {
      since = time.format(before - DAYS * 86400),
      ["until"] = time.format(before),
    })
    local scan = math.min(args.scan_limit, SCAN_MAX)
    local read, unread = oldest({
      since = window.since,
      ["until"] = window["until"],
      only_tasks = false,
      statuses = { "RUNNING", "QUEUED" },
      workflow_ids = resolve.workflows(args.workflow_ids),
    }, scan)
    if #read == 0 then resolve.expect(args.workflow_ids) end
    local found, durable = stuck_of(read, before, args.include_durable_waits)
    local shown = table.move(found, 1, math.min(#found, args.limit), 1, {})
    local rows, more, gap = told_all(shown, now, args.include_durable_waits)
    return json.object({ "rows", "stuckAfterMinutes", "stuck", "durableWaits", "scanned", "truncated", "window", "note" }, {
      rows = rows,
      stuckAfterMinutes = args.stuck_after_minutes,
      stuck = #found - more,
      durableWaits = not args.include_durable_waits and durable + more or nil,
      scanned = #read,
      truncated = unread ~= nil or #found > #shown,
      window = window,
      note = note_of(scan, unread, #found - #shown, gap),
    })
  end,
}
