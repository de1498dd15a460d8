-- A failed run beside a good one: what is different, and where it begins.

local t, lists, refusal = require "hatchway.types", require "hatchet.lists", require "hatchet.refusal"
local details, timeline = require "hatchet.details", require "hatchet.timeline"
local causes, differences = require "hatchet.causes", require "hatchet.differences"
local workers = require "hatchet.workers"

toolset "runs"

local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local DAYS = 30       -- how far back, and forth, a good run is looked for
local CANDIDATES = 10 -- rows that are asked for
local MUCH = 2        -- times as long is a difference,
local LEAST = 1000    -- if it is this many milliseconds at least

-- --- the other run -------------------------------------------------------------------------------------------------------------

local function created(row)
  return hatchway.time.parse(row.metadata.createdAt)
end

-- Completed runs of the workflow of a window, newest first.
local function completed(workflow_id, from, to)
  return hatchet.get(RUNS, {
    since = hatchway.time.format(from),
    ["until"] = hatchway.time.format(to),
    only_tasks = false,
    statuses = { "COMPLETED" },
    workflow_ids = { workflow_id },
    limit = CANDIDATES,
  }).rows
end

-- The id of the last run that completed before this one was made, else of one made after it; and which it is.
local function last_good(run)
  local at, span = created(run.run), DAYS * 86400
  for _, row in ipairs(completed(run.run.workflowId, at - span, at)) do
    if created(row) < at then return row.workflowRunExternalId, "the last completed run before it" end
  end
  for _, row in ipairs(completed(run.run.workflowId, at, math.min(at + span, hatchway.time.now()))) do
    if created(row) > at then return row.workflowRunExternalId, "a completed run after it: none completed before" end
  end
  refusal.unknown(("No run of %s completed within %d days."):format(details.workflow_name(run) or "it", DAYS),
    "Give other_run_id: list_runs shows the runs of the workflow. describe_run_failure needs no other run.")
end

local function other_of(run, other_id)
  local chosen
  if not other_id then other_id, chosen = last_good(run) end
  local other, failure = hatchway.try(details.find, other_id)
  if failure then
    failure.hint = "other_run_id: " .. (failure.hint or failure.message)
    hatchway.fail(failure)
  end
  if other.run.metadata.id == run.run.metadata.id then
    refusal.invalid("workflow_run_id and other_run_id are the same run.", "Leave other_run_id out to take the last good run.")
  elseif details.workflow_name(other) ~= details.workflow_name(run) then
    refusal.invalid(
      ("The runs are of two workflows: %s and %s."):format(details.workflow_name(run), details.workflow_name(other)),
      "Only runs of one workflow have the same tasks. Leave other_run_id out to take the last good run.")
  end
  return other, chosen
end

-- --- one task of a run ---------------------------------------------------------------------------------------------------------

-- What its events (newest first) tell: the worker that had it last, and the milliseconds until it was first started.
local function events_tell(events)
  local worker, queued, started
  for _, event in ipairs(events) do
    if event.eventType == "STARTED" then worker, started = worker or event.workerId, event.timestamp end
    if event.eventType == "QUEUED" then queued = event.timestamp end
  end
  local parse = hatchway.time.parse
  return worker, queued and started and math.max(0, math.floor((parse(started) - parse(queued)) * 1000 + 0.5))
end

local TASK = { "taskExternalId", "status", "skipped", "attempts", "duration", "queued", "worker", "reason" }

local function summary(task, events, names)
  local worker, queued = events_tell(events)
  return json.object(TASK, {
    taskExternalId = task.taskExternalId,
    status = task.status,
    skipped = task.status == "COMPLETED" and not task.startedAt or nil,
    attempts = task.attempt,
    duration = task.duration,
    queued = queued,
    worker = worker and (names[worker] or worker),
    reason = causes.told(task, events),
  })
end

-- The tasks of a run by action, and their actions in the order in which they ended.
local function tasks_of(run, events, names)
  local of, tasks, order = timeline.by_task(events), {}, {}
  local own = table.move(run.tasks, 1, #run.tasks, 1, {})
  table.sort(own, causes.is_earlier)
  for index, task in ipairs(own) do
    tasks[task.actionId], order[index] = summary(task, of[task.taskExternalId] or {}, names), task.actionId
  end
  return tasks, order
end

-- --- both ----------------------------------------------------------------------------------------------------------------------

local function is_much(a, b)
  if not a or not b then return false end
  local low, high = math.min(a, b), math.max(a, b)
  return high - low >= LEAST and high >= low * MUCH
end

-- What is different between a task of both runs; one of them may lack it. Times count only when they are far apart.
local function differing(a, b)
  local list = json.array {}
  if not a or not b then return json.array { "missing" } end
  for _, key in ipairs { "status", "skipped", "attempts" } do
    if a[key] ~= b[key] then list[#list + 1] = key end
  end
  if a.worker and b.worker and a.worker ~= b.worker then list[#list + 1] = "worker" end
  for _, key in ipairs { "duration", "queued" } do
    if is_much(a[key], b[key]) then list[#list + 1] = key end
  end
  return list
end

local function rows_of(mine, order, others, other_order)
  local rows, seen = json.array {}, {}
  for _, list in ipairs { order, other_order } do
    for _, action in ipairs(list) do
      if not seen[action] then
        seen[action] = true
        rows[#rows + 1] = json.object({ "task", "differs", "run", "other" }, {
          task = action:match ":(.+)$" or action,
          differs = differing(mine[action], others[action]),
          run = mine[action],
          other = others[action],
        })
      end
    end
  end
  return rows
end

local GRAVE = { status = true, skipped = true, missing = true }

-- The row that differs first, in how it ended rather than in how it got there.
local function first_of(rows)
  for _, row in ipairs(rows) do
    if GRAVE[row.differs[1]] then return row end
  end
  for _, row in ipairs(rows) do
    if #row.differs > 0 then return row end
  end
end

local function words(task)
  if not task then return "missing" end
  if task.skipped then return "skipped" end
  return ("%s at attempt %d"):format(task.status, task.attempts or 1)
end

local function note_of(row, chosen, left_out)
  return lists.sentences(
    row and ("%s differs first: %s, in the other run %s."):format(row.task, words(row.run), words(row.other))
      or "No task differs.",
    chosen and ("The other run is %s."):format(chosen),
    left_out > 0 and ("%d more differences of the input: get_run has both."):format(left_out))
end

local HEAD = { "workflowRunId", "displayName", "status", "createdAt", "duration", "workflowVersionId" }

local function head_of(run)
  local head = json.pick(run.run, HEAD)
  head.workflowRunId, head.createdAt = run.run.metadata.id, run.run.metadata.createdAt
  return json.object(HEAD, head)
end

-- Metadata without the mark of the trace, which is always another one.
local function metadata_of(run)
  local metadata = run.run.additionalMetadata
  if json.type(metadata) ~= "object" then return {} end
  metadata.traceparent = nil
  return metadata
end

local KEYS = {
  "workflowName", "run", "other", "sameVersion", "firstDifference", "input", "metadata", "tasks", "note",
}

local function compare(args)
  local run = details.find(args.workflow_run_id)
  local other, chosen = other_of(run, args.other_run_id)
  local found = hatchway.all {
    events = function() return (timeline.of(run.run.metadata.id)) end,
    others = function() return (timeline.of(other.run.metadata.id)) end,
  }
  local all = table.move(found.events, 1, #found.events, 1, {})
  local names = workers.names(table.move(found.others, 1, #found.others, #all + 1, all))
  local mine, order = tasks_of(run, found.events, names)
  local theirs, other_order = tasks_of(other, found.others, names)
  local rows = rows_of(mine, order, theirs, other_order)
  local first = first_of(rows)
  local input, total = differences.of(run.run.input, other.run.input)
  return json.object(KEYS, {
    workflowName = details.workflow_name(run),
    run = head_of(run),
    other = head_of(other),
    sameVersion = run.run.workflowVersionId == other.run.workflowVersionId,
    firstDifference = first and first.task,
    input = input,
    metadata = (differences.of(metadata_of(run), metadata_of(other))),
    tasks = rows,
    note = note_of(first, chosen, total - #input),
  })
end

tool "compare_runs" {
  title = "Compare Runs",
  about = "A failed run beside the last good one of its workflow, or beside other_run_id: differences of input and "
    .. "metadata, and task by task status, attempts, duration and time queued (ms), worker; firstDifference is the task "
    .. "where it begins.",
  access = "read",
  untrusted = true,
  link = { run = "run.workflowRunId" },
  cpu = 3000,
  input = {
    workflow_run_id = t.uuid "The failed run, or a task of it",
    other_run_id = t.uuid { "default: the last completed one before it", optional = true },
  },
  output = t.object {
    fields = {
      run = t.object { required = true },
      other = t.object { required = true },
      firstDifference = t.string {},
      input = t.list {},
      metadata = t.list {},
      tasks = t.list {},
      note = t.string {},
    },
  },
  run = compare,
}
