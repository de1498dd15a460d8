-- Why a run failed: what an operator would gather by hand, in one answer.

local t, details = require "hatchway.types", require "hatchet.details"
local causes, timeline, workers = require "hatchet.causes", require "hatchet.timeline", require "hatchet.workers"

toolset "runs"

local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local TASK = "/api/v1/stable/tasks/{id}"
local OTHER_LOGS = 20 -- lines of each failure after the first
local MOST = 10      -- failures that are shown whole
local DEPTH = 3      -- generations of children

-- --- what one task tells -------------------------------------------------------------------------------------------------------

-- The last lines, oldest first. The engine must be asked for the newest first: else a limit gives the beginning.
local function log_tail(task_id, count)
  local rows = hatchet.get(TASK .. "/logs", { id = task_id, limit = count, order_by_direction = "DESC" }).rows
  local lines = json.array {}
  for index = #rows, 1, -1 do
    lines[#lines + 1] = json.pick(rows[index], { "createdAt", "level", "message", "attempt" })
  end
  return lines
end

local KEYS = {
  "taskExternalId", "displayName", "workflowRunExternalId", "workflowId", "workflowName", "parentTaskExternalId", "status",
  "reason", "attempt", "retryCount", "attempts", "startedAt", "finishedAt", "input", "parents", "filterPayload", "errorMessage",
}

-- Events without what the attempts and the error say already.
local function small_events(events)
  local list = json.array {}
  for index, event in ipairs(events) do
    if event.message == "" then event.message = nil end
    list[index] = json.pick(event, { "timestamp", "eventType", "message", "attempt", "workerId" })
  end
  return list
end

-- A failed task with its evidence: { task, logs, events }.
local function failure_of(task, name, log_lines)
  local found = hatchway.all {
    logs = function() return log_tail(task.taskExternalId, log_lines) end,
    events = function() return causes.events(task.taskExternalId) end,
  }
  task.workflowName = name
  task.reason = causes.reason(task, found.events)
  task.attempts = causes.attempts(found.events)
  if task.errorMessage == "" then task.errorMessage = nil end
  return json.object({ "task", "logs", "events" }, {
    task = json.pick(task, KEYS),
    logs = found.logs,
    events = small_events(found.events),
  })
end

-- --- the runs that it started --------------------------------------------------------------------------------------------------

-- The failed runs that a task started, oldest first.
local function failed_children(task)
  local time = hatchway.time
  local rows = hatchet.get(RUNS, {
    since = time.format(time.parse(task.metadata.createdAt) - 1),
    ["until"] = time.format(time.now()),
    only_tasks = false,
    statuses = { "FAILED" },
    parent_task_external_id = task.taskExternalId,
    limit = 100,
  }).rows
  table.sort(rows, causes.is_earlier)
  return rows
end

-- --- the answer ----------------------------------------------------------------------------------------------------------------

-- Adds the failures of runs that `tasks` started to `found`, generation by generation.
local function add_children(tasks, found, depth)
  local asked = {}
  for index, task in ipairs(tasks) do
    asked[index] = function() return failed_children(task) end
  end
  local reads = {}
  for _, children in ipairs(hatchway.all(asked)) do
    for _, child in ipairs(children) do
      found.count = found.count + 1
      if found.count <= MOST then reads[#reads + 1] = function() return details.run(child.workflowRunExternalId) end end
    end
  end
  local below = {}
  for _, run in ipairs(hatchway.all(reads)) do
    local failed = causes.tasks(run)
    for _, task in ipairs(failed) do
      found[#found + 1], below[#below + 1] = { task = task, name = details.workflow_name(run) }, task
    end
  end
  if #below > 0 and depth < DEPTH then add_children(below, found, depth + 1) end
end

-- Every failure after the first, as { task, name }: the other tasks of the run, then its children.
local function others_of(run, failed)
  local found = { count = #failed - 1 }
  for index = 2, #failed do found[#found + 1] = { task = failed[index], name = details.workflow_name(run) } end
  add_children(failed, found, 1)
  return found
end

-- The timeline is an extra: without it the answer still says why.
local function timings_of(run_id)
  local answer = hatchway.try(hatchet.get, "/api/v1/stable/workflow-runs/{id}/task-timings", { id = run_id })
  if not answer then return nil end
  local rows = json.array {}
  for index, row in ipairs(answer.rows) do
    rows[index] = json.pick(row, {
      "taskDisplayName", "taskExternalId", "status", "attempt", "queuedAt", "startedAt", "finishedAt",
    })
  end
  return rows
end

-- The events of the run by task. An extra as well: only reasons of tasks that are not shown whole come from them.
local function events_by_task(run_id)
  return timeline.by_task(hatchway.try(timeline.of, run_id) or {})
end

local function brief(task, by_task)
  local small = json.pick(task, { "taskExternalId", "displayName", "status" })
  small.reason = causes.told(task, by_task[task.taskExternalId] or {})
  return small
end

local function briefs(tasks, by_task)
  if #tasks == 0 then return nil end
  local list = json.array {}
  for index, task in ipairs(tasks) do list[index] = brief(task, by_task) end
  return list
end

-- All that is asked at once: { first, rest, timings, by_task }, and the evidence of the rest as far as it is shown.
local function evidence(run, failed, args)
  local found = hatchway.all {
    rest = function() return others_of(run, failed) end,
    first = function() return failure_of(failed[1], details.workflow_name(run), args.log_tail) end,
    timings = function() return timings_of(run.run.metadata.id) end,
    by_task = function() return #run.tasks > 1 and events_by_task(run.run.metadata.id) or {} end,
  }
  local questions = {}
  for index = 1, math.min(#found.rest, MOST) do
    local other = found.rest[index]
    questions[index] = function() return failure_of(other.task, other.name, OTHER_LOGS) end
  end
  return found, json.array(hatchway.all(questions))
end

local function name_workers(failures)
  local rows = {}
  for _, failure in ipairs(failures) do
    table.move(failure.events, 1, #failure.events, #rows + 1, rows)
    table.move(failure.task.attempts, 1, #failure.task.attempts, #rows + 1, rows)
  end
  workers.name(rows)
end

local function older_lines(failure, count)
  if #failure.logs < count then return nil end
  return ("The log has older lines: get_task_logs with task_run_id %s, order_by_direction DESC, until %s."):format(
    failure.task.taskExternalId, failure.logs[1].createdAt)
end

local ORDER = {
  "workflowRunId", "workflowRunStatus", "workflowName", "failingTask", "logs", "events", "alsoFailed", "notShown", "onFailure",
  "cancelledTasks", "timings", "note",
}

local function describe(args)
  local run = details.find(args.workflow_run_id)
  local failed, cancelled, handler = causes.tasks(run)
  local answer = json.object(ORDER, {
    workflowRunId = run.run.metadata.id,
    workflowRunStatus = run.run.status,
    workflowName = details.workflow_name(run),
    failingTask = json.null,
  })
  if #failed == 0 then
    answer.note = ("No task has failed: the run is %s."):format(run.run.status)
    return answer
  end
  local found, others = evidence(run, failed, args)
  name_workers { found.first, table.unpack(others) }
  answer.failingTask, answer.logs, answer.events = found.first.task, found.first.logs, found.first.events
  answer.timings = found.timings
  answer.note = older_lines(found.first, args.log_tail)
  if #others > 0 then answer.alsoFailed = others end
  local more = math.max(found.rest.count, #found.rest) - #others
  if more > 0 then answer.notShown = more end
  answer.onFailure = handler and brief(handler, found.by_task)
  answer.cancelledTasks = briefs(cancelled, found.by_task)
  return answer
end

tool "describe_run_failure" {
  title = "Describe Run Failure",
  about = "Why a run failed or was cancelled, in one call: the task that failed first with reason, attempts, input, the end of "
    .. "its log and its events; alsoFailed: further tasks and child runs; the on-failure handler apart.",
  access = "read",
  untrusted = true,
  link = { run = "workflowRunId" },
  input = {
    workflow_run_id = t.uuid "A run, or a task of it",
    log_tail = t.limit { "last log lines", default = 200, cap = 1000 },
  },
  output = t.object {
    fields = {
      workflowRunId = t.string {},
      workflowRunStatus = t.string { required = true },
      alsoFailed = t.list {},
      logs = t.list {},
      events = t.list {},
      timings = t.list {},
    },
  },
  run = describe,
}
