-- Tasks: the parts of a run that workers execute. A run of a single task has one id for both.

local arguments = require "hatchet.arguments"
local t, shapes, loglines = require "hatchway.types", require "hatchet.shapes", require "hatchet.loglines"
local refusal = require "hatchet.refusal"
local resolve, details, timeline = require "hatchet.resolve", require "hatchet.details", require "hatchet.timeline"
local window, workers = require "hatchet.window", require "hatchet.workers"

toolset "runs"

local TASK = "/api/v1/stable/tasks/{id}"

local NO_TASK = "No task of this tenant has this id. A run of several tasks has another id than its tasks: get_run shows them."

-- GET about a task; an unknown id is explained.
local function ask(path, params)
  return refusal.explained(NO_TASK, hatchet.get, path, params)
end

-- --- one task ------------------------------------------------------------------------------------------------------------------

-- The engine answers 500 to an attempt that has not been made.
local function attempt_of(args)
  local task, failure = hatchway.try(ask, TASK, { id = args.task_run_id, attempt = args.attempt })
  if task then return task end
  if args.attempt and failure.status == 500 then
    local made = ask(TASK, { id = args.task_run_id }).attempt
    if args.attempt > made then
      refusal.unknown(("The task has no attempt %d."):format(args.attempt), ("Its last attempt is %d."):format(made))
    end
  end
  hatchway.fail(failure)
end

tool "get_task" {
  title = "Get Task",
  about = "One task: status, error, input, output, times. Numbers beyond 2^53 come rounded.",
  access = "read",
  untrusted = true,
  link = { run = "workflowRunExternalId" },
  input = {
    task_run_id = t.uuid {},
    attempt = t.integer { "default: last", min = 1, optional = true },
  },
  output = t.object { fields = { status = t.string { required = true } } },
  run = function(args)
    local task = shapes.known(attempt_of(args))
    task.createdAt = task.metadata.createdAt
    task.workflowName = details.workflow_name(task)
    return task
  end,
}

-- --- its log -------------------------------------------------------------------------------------------------------------------

tool "get_task_logs" {
  title = "Get Task Logs",
  about = "Log lines of a task, all attempts, oldest first. Workers may lose lines of a burst. next: arguments for more.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    task_run_id = t.uuid {},
    limit = t.limit { default = 1000, cap = 1000 },
    since = t.time { "after", optional = true },
    ["until"] = t.time { "before", optional = true },
    order_by_direction = t.enum { "DESC: newest first", values = { "ASC", "DESC" }, optional = true },
    search = t.string { "part of the text, any case", min = 1, optional = true },
    levels = t.list { of = t.enum { values = loglines.LEVELS }, optional = true },
    attempt = t.integer { min = 1, optional = true },
  },
  output = t.object { fields = { rows = t.list { required = true }, next = t.object {} } },
  run = function(args)
    local since, until_, used = window.of(args, {})
    local rows = ask(TASK .. "/logs", {
      id = args.task_run_id,
      limit = args.limit,
      since = since,
      ["until"] = until_,
      order_by_direction = args.order_by_direction,
      search = args.search,
      levels = args.levels,
      attempt = args.attempt,
    }).rows
    return json.object({ "rows", "next", "window" }, {
      rows = loglines.of(rows, { "createdAt", "level", "message", "attempt" }, args.search),
      next = loglines.next(rows, { limit = args.limit, order = args.order_by_direction }),
      window = next(used) and used or nil,
    })
  end,
}

-- --- events --------------------------------------------------------------------------------------------------------------------

local event = t.object {
  fields = {
    timestamp = t.string { required = true },
    eventType = t.string { required = true },
    message = t.string {},
    errorMessage = t.string {},
    attempt = t.integer {},
    workerId = t.string {},
  },
}

tool "list_task_events" {
  title = "List Task Events",
  about = "What happened to a task, newest first: queued, assigned, started, retried, timed out. Reasons of time-outs and "
    .. "cancels stand only here.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    task_run_id = t.uuid "The task",
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object { fields = { rows = t.list { of = event, required = true }, next = t.object {} } },
  run = function(args)
    local answer = ask(TASK .. "/task-events", { id = args.task_run_id, limit = args.limit, offset = args.offset })
    workers.name(answer.rows)
    return json.object({ "rows", "next", "note" }, {
      rows = answer.rows,
      next = shapes.next(answer, args),
      note = #answer.rows == 0 and shapes.past_end(args) or nil,
    })
  end,
}

local EVENT_KEYS = {
  "timestamp", "eventType", "message", "errorMessage", "output", "attempt", "taskExternalId", "taskDisplayName", "workerId",
}

-- An event of a run: which task, and without what is empty. Outputs can be large, and get_run has them.
local function run_event(row, with_output)
  row.taskExternalId = row.taskId
  if row.message == "" then row.message = nil end
  row.errorMessage = shapes.brief(row.errorMessage)
  if row.output == "" or not with_output then row.output = nil end
  return json.pick(row, EVENT_KEYS)
end

tool "list_run_events" {
  title = "List Run Events",
  about = "What happened to all tasks of a run, newest first. include_outputs adds what tasks returned as JSON text, whose "
    .. "integers are exact (runs of several tasks only).",
  access = "read",
  list = true,
  untrusted = true,
  link = { run = "workflowRunId" },
  input = {
    workflow_run_id = t.uuid "The run, or a task of it",
    include_outputs = t.boolean { default = false },
    limit = t.limit { default = 50, cap = 500 },
    offset = arguments.offset(),
  },
  output = t.object {
    fields = {
      workflowRunId = t.string {},
      rows = t.list { required = true },
      total = t.integer {},
      next = t.object {},
      note = t.string {},
    },
  },
  run = function(args)
    local run_id, events, more
    resolve.run(function(id)
      events, more = timeline.of(id)
      run_id = id
      return events
    end, args.workflow_run_id)
    local rows = json.array {}
    for index = args.offset + 1, math.min(args.offset + args.limit, #events) do
      rows[#rows + 1] = run_event(events[index], args.include_outputs)
    end
    workers.name(rows)
    local shown = args.offset + #rows
    return json.object({ "workflowRunId", "rows", "total", "next", "note" }, {
      workflowRunId = run_id,
      rows = rows,
      total = #events,
      next = shown < #events and shapes.after(shown, args.limit) or nil,
      note = #rows == 0 and shapes.past_end(args)
        or more and "Older events were left out: list_task_events has them." or nil,
    })
  end,
}

-- --- tasks of runs -------------------------------------------------------------------------------------------------------------

local ROW = { fields = { "attempt", "retryCount", "duration", "actionId" } }

-- A run as a row: small at once, for a hundred runs in full may have megabytes each.
local function row_of(run)
  local children = json.array {}
  for index, task in ipairs(run.tasks) do
    task.createdAt = task.metadata.createdAt
    task.workflowName = details.workflow_name(run)
    children[index] = shapes.run_row(shapes.small_row(task, ROW), ROW)
  end
  return json.object({ "dagId", "children" }, { dagId = run.run.metadata.id, children = children })
end

-- The row of a run, or false when there is none.
local function run_of(id)
  local run, failure = hatchway.try(details.find, id)
  if run then return row_of(run) end
  if failure.status ~= 404 then hatchway.fail(failure) end
  return false
end

-- The rows of these ids, each once and in that order, and the ids that are no run.
local function rows_of(ids)
  local questions, missing, rows, seen = {}, json.array {}, json.array {}, {}
  for index, id in ipairs(ids) do
    questions[index] = function() return run_of(id) end
  end
  for index, row in ipairs(hatchway.all(questions)) do
    if not row then
      missing[#missing + 1] = ids[index]
    elseif not seen[row.dagId] then
      seen[row.dagId] = true
      rows[#rows + 1] = row
    end
  end
  return rows, missing
end

tool "list_dag_tasks" {
  title = "List Dag Tasks",
  about = "The tasks of several runs, by run. missing: ids that are no run. get_task has all of one task.",
  access = "read",
  list = true,
  untrusted = true,
  input = { dag_ids = t.list { "run ids", of = t.uuid {}, min = 1, max = 100 } },
  output = t.object { fields = { rows = t.list { required = true }, missing = t.list {} } },
  cpu = 5000,
  run = function(args)
    local rows, missing = rows_of(args.dag_ids)
    if #rows == 0 then
      refusal.unknown(
        #missing == 1 and ("There is no run %s."):format(missing[1]) or "None of these ids is a run of this tenant.",
        "list_runs shows the runs: workflowRunExternalId is the id. Those past the retention are gone.")
    end
    return json.object({ "rows", "missing" }, { rows = rows, missing = #missing > 0 and missing or nil })
  end,
}
