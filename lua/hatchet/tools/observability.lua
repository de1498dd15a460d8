-- How the tenant does: queues, rate limits, counts of runs, traces, and the workflows that fail most.

local arguments = require "hatchet.arguments"
local details = require "hatchet.details"
local t, shapes, lists = require "hatchway.types", require "hatchet.shapes", require "hatchet.lists"
local metrics, failing = require "hatchet.metrics", require "hatchet.failing"
local resolve, window = require "hatchet.resolve", require "hatchet.window"

toolset "observability"

local function since()
  return t.time { "default 24h ago", optional = true }
end

local function until_()
  return t.time { "default now", optional = true }
end

local function workflow_ids()
  return arguments.workflow_ids()
end

-- --- queues --------------------------------------------------------------------------------------------------------------------

-- Queued tasks by name, those too that the queues do not count (held by a concurrency key or by a pause). The engine answers this
-- question rarely (429), so it is asked once and its failure costs only this part.
local function waiting()
  local stats, failure = hatchway.try(hatchet.get, "/api/v1/tenants/{tenant}/task-stats", nil, { retry = false })
  if not stats then return nil, failure.message end
  local queued = {}
  for name, stat in pairs(stats) do queued[name] = stat.queued end
  return queued
end

tool "get_queue_metrics" {
  title = "Get Queue Metrics",
  about = "Backlog: depth of each queue, and under tasks what waits by task name, with its oldest and concurrency keys.",
  access = "read",
  untrusted = true,
  output = t.object { fields = { queues = t.object { required = true }, tasks = t.object {} } },
  run = function()
    local answers = hatchway.all {
      queues = function() return hatchet.get("/api/v1/tenants/{tenant}/step-run-queue-metrics").queues end,
      tasks = function() return { waiting() } end,
    }
    local tasks, failure = table.unpack(answers.tasks, 1, 2)
    return json.object({ "queues", "tasks", "note" }, {
      queues = answers.queues or {},
      tasks = tasks,
      note = failure and "Without tasks: " .. failure,
    })
  end,
}

tool "get_task_stats" {
  title = "Get Task Stats",
  about = "What is queued and what runs now, by task name, with oldest, queues and concurrency keys.",
  access = "read",
  untrusted = true,
  output = t.object { fields = { stats = t.object { required = true }, note = t.string {} } },
  run = function()
    local stats = hatchet.get "/api/v1/tenants/{tenant}/task-stats"
    return json.object({ "stats", "note" }, {
      stats = stats,
      note = not next(stats) and "Nothing is queued or running." or nil,
    })
  end,
}

-- --- rate limits ---------------------------------------------------------------------------------------------------------------

local function keys_used_up(rows)
  local keys = json.array {}
  for _, row in ipairs(rows) do
    if row.value <= 0 then keys[#keys + 1] = row.key end
  end
  return keys
end

local function nothing_limited(args)
  if args.offset > 0 then return shapes.past_end(args) end
  if args.search then
    return ("No rate limit has %q in its key (case matters); without search all are shown."):format(args.search)
  end
  return "The tenant has no rate limit: workers declare them."
end

tool "list_rate_limits" {
  title = "List Rate Limits",
  about = "Rate limits: what is left (value) of limitValue in this window. exhausted: keys with nothing left, whose tasks wait.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    search = t.string { "part of the key; case matters", min = 1, optional = true },
    order_by_field = t.enum { values = { "key", "value", "limitValue" }, optional = true },
    order_by_direction = t.enum { values = { "asc", "desc" }, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = {
      rows = t.list { required = true },
      exhausted = t.list {},
      pagination = t.object {},
      next = t.object {},
      note = t.string {},
    },
  },
  run = function(args)
    local answer = hatchet.get("/api/v1/tenants/{tenant}/rate-limits", {
      search = args.search,
      orderByField = args.order_by_field,
      orderByDirection = args.order_by_direction,
      limit = args.limit,
      offset = args.offset,
    })
    local rows, further = answer.rows, shapes.next(answer, args)
    if args.search then rows = lists.holding(rows, "key", args.search) end
    return json.object({ "rows", "exhausted", "pagination", "next", "note" }, {
      rows = rows,
      exhausted = keys_used_up(rows),
      pagination = answer.pagination,
      next = further,
      note = #rows == 0 and not further and nothing_limited(args) or nil,
    })
  end,
}

-- --- counts --------------------------------------------------------------------------------------------------------------------

tool "get_task_metrics" {
  title = "Get Task Metrics",
  about = "Runs by status in a window. Counts runs: one of several tasks counts once. Evicted: durable runs that wait.",
  access = "read",
  input = { since = since(), ["until"] = until_(), workflow_ids = workflow_ids() },
  output = t.object {
    fields = {
      cancelled = t.integer {},
      completed = t.integer {},
      failed = t.integer {},
      queued = t.integer {},
      running = t.integer {},
      runningDetail = t.object {},
      window = t.object {},
    },
  },
  run = function(args)
    local from, to, used = window.of(args, { hours = 24 })
    local answer = metrics.runs(from, to, resolve.workflows(args.workflow_ids))
    if metrics.total(answer) == 0 then resolve.expect(args.workflow_ids) end
    answer.window = used
    return json.object({ "cancelled", "completed", "failed", "queued", "running", "runningDetail", "window" }, answer)
  end,
}

-- --- traces --------------------------------------------------------------------------------------------------------------------

local BLOCK = 1000 -- spans that are read at once

-- The engine orders spans by time only, so that equal times come in another order each time: pages are cut from a whole block, in
-- an order of our own.
local function is_before(a, b)
  if a.createdAt ~= b.createdAt then
    return hatchway.time.parse(a.createdAt) < hatchway.time.parse(b.createdAt)
  end
  return a.spanId < b.spanId
end

-- The spans from `start` on, or nil when the run has no trace. Without tracing and past the end the engine sends {}.
local function block(run_id, start)
  local answer, failure = hatchway.try(hatchet.get, "/api/v1/stable/tenants/{tenant}/traces", {
    run_external_id = run_id,
    limit = BLOCK,
    offset = start,
  })
  if not answer and failure.status ~= 404 then hatchway.fail(failure) end
  if not answer then return nil end
  local spans = answer.rows or json.array {}
  table.sort(spans, is_before)
  return spans
end

-- Why there is not one span: the engine keeps none, or nothing of the run has started. An unknown run is an error.
local function no_spans(run_id, traced)
  if traced then return "This engine records no spans: observability is off." end
  local status = resolve.run(details.status, run_id)
  return ("No span yet: the run is %s, and spans come with the first task that starts."):format(status)
end

tool "get_trace" {
  title = "Get Trace",
  about = "OpenTelemetry spans of a run, oldest first: what it spent its time on. The engine's own spans are always there.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    workflow_run_id = t.uuid "The run",
    limit = arguments.limit(),
    offset = t.integer { "spans to skip", default = 0, min = 0 },
  },
  output = t.object { fields = { rows = t.list { required = true }, next = t.object {} } },
  run = function(args)
    local start = args.offset - args.offset % BLOCK
    local spans = block(args.workflow_run_id, start)
    local first = args.offset - start
    local rows = json.array(table.move(spans or {}, first + 1, math.min(first + args.limit, #(spans or {})), 1, {}))
    local goes_on = spans and (first + #rows < #spans or #spans == BLOCK)
    return json.object({ "rows", "total", "next", "note" }, {
      rows = rows,
      total = spans and #spans < BLOCK and start + #spans or nil,
      next = goes_on and shapes.after(args.offset + #rows, args.limit) or nil,
      note = (not spans or #spans == 0 and start == 0) and no_spans(args.workflow_run_id, spans ~= nil)
        or #rows == 0 and shapes.past_end(args) or nil,
    })
  end,
}

-- --- what fails most -----------------------------------------------------------------------------------------------------------

local SCAN_MAX = 1000

local ranking = t.object {
  fields = {
    workflowName = t.string {},
    workflowId = t.string { required = true },
    failCount = t.integer { required = true },
    runCount = t.integer { "all runs of the window" },
    lastFailureAt = t.string {},
    lastRunId = t.string {},
    lastError = t.string {},
  },
}

tool "top_failing_workflows" {
  title = "Top Failing Workflows",
  about = "Workflows by failed runs in a window, most first: of how many runs, the last failure and its error. truncated: only "
    .. "the newest scan_limit failures were counted; narrow the window.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    since = since(),
    ["until"] = until_(),
    workflow_ids = workflow_ids(),
    limit = t.limit { default = 10, cap = 50 },
    scan_limit = t.integer { "failures to read, at most 1000", default = 500, min = 1 },
  },
  output = t.object {
    fields = {
      rows = t.list { of = ranking, required = true },
      scanned = t.integer {},
      truncated = t.boolean {},
      window = t.object {},
    },
  },
  run = function(args)
    local from, to, used = window.of(args, { hours = 24 })
    local scan = math.min(args.scan_limit, SCAN_MAX)
    local entries, scanned = failing.of(from, to, resolve.workflows(args.workflow_ids), scan)
    if scanned == 0 then resolve.expect(args.workflow_ids) end
    return json.object({ "rows", "workflows", "scanned", "truncated", "window" }, {
      rows = failing.rows(entries, args.limit, from, to),
      workflows = #entries,
      scanned = scanned,
      truncated = scanned >= scan,
      window = used,
    })
  end,
}
