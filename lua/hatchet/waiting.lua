-- Why runs wait.
--
--   waiting.explain(rows) → list, gap
--     rows: runs that are QUEUED or RUNNING, as the engine lists them with only_tasks = false; at most 300. Any table will do
--     that has status, workflowId and workflowVersionId of the run, and its tasks as `children`.
--     list: for each row, in their order, { reason =, detail =, task = }. reason is one word of those below, detail a sentence or
--     two, task the task that waits (the row itself when the run has one task only; nil when the engine shows none).
--     gap:  nil, or a sentence that says what the engine did not tell, so that reasons may be missing.
--     It costs three requests, two for each workflow, one for each row and one more for each durable task that runs.
--   waiting.is_evicted(row) → true where the list itself says that all that is left of the run are durable waits
--
-- Reasons, in the order in which they are looked for. Of a task that is QUEUED:
--   paused_workflow  the workflow is paused
--   backoff          it failed, and its next attempt has a time
--   rate_limit       a rate limit of it is used up
--   no_worker        no live worker runs its action
--   paused_worker    the live workers that run its action are paused
--   concurrency      as many tasks with its concurrency key run as may
--   no_slot          the workers that run its action have no slot for it
-- of one that is RUNNING:
--   evicted          a durable wait that gave its slot back
--   durable_wait     a durable wait that still has its slot
--   worker_gone      the worker that took it is not heard any more
--   running          nothing holds it: its code runs
-- and unknown where the API shows nothing.
--
-- All is asked for at once, each workflow once. What cannot be read costs only the reasons that need it.

local durable = require "hatchet.durable"

local time = hatchway.time

local waiting = {}

local EVENTS = 50 -- of a task, the newest
local LIMITS = 100

-- --- the task that waits -------------------------------------------------------------------------------------------------------

local ACTIVE = { QUEUED = true, RUNNING = true }

local function goes_before(a, b)
  local first, second = a.isEvicted == true, b.isEvicted == true
  if first ~= second then return second end
  return time.parse(a.metadata.createdAt) < time.parse(b.metadata.createdAt)
end

-- The oldest task of a run that has not ended; a durable wait only when there is nothing else.
local function waiting_task(row)
  if json.type(row.children) ~= "array" or #row.children == 0 then return row end
  local first
  for _, task in ipairs(row.children) do
    if ACTIVE[task.status] and (not first or goes_before(task, first)) then first = task end
  end
  return first
end

function waiting.is_evicted(row)
  local task = waiting_task(row)
  return row.isEvicted == true or task ~= nil and task.isEvicted == true
end

-- --- evidence ------------------------------------------------------------------------------------------------------------------

local NAMES = { -- of the kinds of evidence, in the order in which a gap is told
  "workers", "task stats", "rate limits", "workflows", "workflow versions", "task events", "durable logs",
}

-- Asks all questions { kind, id, ask, … } at once, and puts what ask(…) gives into evidence[kind][id].
local function ask_all(evidence, questions)
  local calls = {}
  for index, question in ipairs(questions) do
    calls[index] = function()
      return { hatchway.try(table.unpack(question, 3, 6)) }
    end
  end
  for index, answer in ipairs(hatchway.all(calls)) do
    local kind, id = questions[index][1], questions[index][2]
    evidence[kind][id] = answer[1]
    local failure = answer[2]
    if failure and failure.status ~= 404 then evidence.failures[kind] = failure.message end -- 404: there is nothing to be told
  end
end

local function gap_of(evidence)
  local parts = {}
  for _, kind in ipairs(NAMES) do
    local failure = evidence.failures[kind]
    if failure then parts[#parts + 1] = ("%s (%s)"):format(kind, failure:match "^[^\n]*") end
  end
  return #parts > 0 and "Reasons may be missing: the engine did not give " .. table.concat(parts, ", ") .. "." or nil
end

-- The version of the workflow that a run was made from, or nil.
local function version_of(row, evidence)
  return evidence["workflow versions"][row.workflowVersionId or row.workflowId]
end

-- The task as its workflow declares it, or nil.
local function declaration_of(row, task, evidence)
  local version = version_of(row, evidence)
  local config = version and version.workflowConfig
  if json.type(config) ~= "object" or json.type(config.Tasks) ~= "array" then return nil end
  local tasks = table.move(config.Tasks, 1, #config.Tasks, 1, {})
  if json.type(config.onFailureJob) == "object" then tasks[#tasks + 1] = config.onFailureJob end
  for _, declared in ipairs(tasks) do
    if declared.Action == task.actionId then return declared end
  end
  return #config.Tasks == 1 and config.Tasks[1] or nil
end

-- What is to be asked at first about these cases.
local function first_questions(cases)
  local get, seen = hatchet.get, {}
  local questions = {
    { "workers", 1, get, "/api/v1/tenants/{tenant}/worker" },
    { "task stats", 1, get, "/api/v1/tenants/{tenant}/task-stats", nil, { retry = false } }, -- soon answered with 429
    { "rate limits", 1, get, "/api/v1/tenants/{tenant}/rate-limits", {
      limit = LIMITS, orderByField = "value", orderByDirection = "asc", -- those that are used up first
    } },
  }
  local function ask_once(kind, id, path, params)
    if seen[kind .. id] then return end
    seen[kind .. id] = true
    questions[#questions + 1] = { kind, id, get, path, params }
  end
  for _, case in ipairs(cases) do
    local id, version, task = case.row.workflowId, case.row.workflowVersionId, case.task
    ask_once("workflows", id, "/api/v1/workflows/{id}", { id = id })
    ask_once("workflow versions", version or id, "/api/v1/workflows/{id}/versions", { id = id, version = version })
    if task then
      local params = { id = task.taskExternalId, limit = EVENTS }
      ask_once("task events", task.taskExternalId, "/api/v1/stable/tasks/{id}/task-events", params)
    end
  end
  return questions
end

-- The durable log is asked for where there can be one.
local function durable_questions(cases)
  local questions = {}
  for _, case in ipairs(cases) do
    local task = case.task
    local is_durable = task and (task.isEvicted or task.isDurable or case.declared and case.declared.isDurable)
    if is_durable and task.status == "RUNNING" then
      questions[#questions + 1] = { "durable logs", task.taskExternalId, durable.log, task.taskExternalId }
    end
  end
  return questions
end

-- The cases, { row, task, declared, events } for each row, and the evidence about them.
local function gather(rows)
  local evidence, cases = { failures = {} }, {}
  for _, kind in ipairs(NAMES) do evidence[kind] = {} end
  for index, row in ipairs(rows) do cases[index] = { row = row, task = waiting_task(row) } end
  ask_all(evidence, first_questions(cases))
  for _, case in ipairs(cases) do
    local events = case.task and evidence["task events"][case.task.taskExternalId]
    case.declared = case.task and declaration_of(case.row, case.task, evidence)
    case.events = events and events.rows or {}
  end
  ask_all(evidence, durable_questions(cases))
  return cases, evidence
end

-- --- what holds a queued task --------------------------------------------------------------------------------------------------

-- Events newest first. The wait ends where the task was last given to a worker or ended.
local WAIT_BEGINS = {
  ASSIGNED = true, SENT_TO_WORKER = true, STARTED = true, FINISHED = true, FAILED = true, TIMED_OUT = true, CANCELLED = true,
  RETRYING = true, RETRIED_BY_USER = true,
}

-- The newest event of this wait that is one of `types`.
local function met(case, types)
  for _, event in ipairs(case.events) do
    if types[event.eventType] then return event end
    if WAIT_BEGINS[event.eventType] then return nil end
  end
end

-- A run that has started goes on.
local function paused_workflow(case, evidence)
  local workflow = evidence.workflows[case.row.workflowId]
  if case.row.status ~= "QUEUED" or not (workflow and workflow.isPaused) then return nil end
  return "paused_workflow", ("%s is paused: its runs wait until resume_workflow, or until the pause's ttl cancels them.")
    :format(workflow.name)
end

local function backoff(case)
  local event = met(case, { RETRYING = true })
  local at = event and event.message:match "%((%d%d%d%d%-[^)]+)%)"
  if not at or (time.parse(at) or 0) <= time.now() then return nil end
  return "backoff", event.message
end

local function rate_limit(case, evidence)
  local event = met(case, { REQUEUED_RATE_LIMIT = true, RATE_LIMIT_ERROR = true })
  if event then
    local why = event.message ~= "" and ": " .. event.message or "."
    return "rate_limit", ("A rate limit held it back at %s%s"):format(event.timestamp, why)
  end
  local known = evidence["rate limits"][1]
  for _, wanted in ipairs(case.declared and case.declared.RateLimits or {}) do
    for _, limit in ipairs(known and known.rows or {}) do
      if limit.key == wanted.Key and limit.value < (math.type(wanted.Units) and wanted.Units or 1) then
        return "rate_limit", ("The rate limit %s is used up: %d of %d left, refilled every %s."):format(limit.key, limit.value,
          limit.limitValue, limit.window)
      end
    end
  end
end

-- The workers that run the action of a task, by status; nil when that is not known.
local function workers_of(case, evidence)
  local list, action = evidence.workers[1], case.declared and case.declared.Action or case.task.actionId
  if not list or not action or action == "" then return nil end
  local found = { action = action, ACTIVE = {}, PAUSED = {}, INACTIVE = {} }
  for _, worker in ipairs(list.rows) do
    for _, own in ipairs(worker.actions ~= json.null and worker.actions or {}) do
      if own:lower() == action:lower() and found[worker.status] then table.insert(found[worker.status], worker) end
    end
  end
  return found
end

local function no_worker(_, _, workers)
  if not workers or #workers.ACTIVE + #workers.PAUSED > 0 then return nil end
  local last
  for _, worker in ipairs(workers.INACTIVE) do
    if worker.lastHeartbeatAt and (not last or last.lastHeartbeatAt < worker.lastHeartbeatAt) then last = worker end
  end
  return "no_worker", ("No live worker runs %s; %s."):format(workers.action,
    last and ("%s did, and was last heard at %s"):format(last.name, last.lastHeartbeatAt) or "none was heard in the last 24 h")
end

local function paused_worker(_, _, workers)
  if not workers or #workers.ACTIVE > 0 or #workers.PAUSED == 0 then return nil end
  return "paused_worker", ("All live workers that run %s are paused, as %s is: resume_worker."):format(workers.action,
    workers.PAUSED[1].name)
end

-- How many tasks of this name and key there are in a state; nil when the engine did not say.
local function count_of(stats, name, state, key)
  local stat = stats and stats[name] and stats[name][state]
  local count = stats and 0
  for _, concurrency in ipairs(stat and stat.concurrency or {}) do
    count = math.max(count, concurrency.keys and concurrency.keys[key] or 0)
  end
  return count
end

-- The rules of concurrency that a task is under: its own, and those of its workflow.
local function rules_of(case, evidence)
  local version = version_of(case.row, evidence)
  local rules, name = {}, case.declared and case.declared.ReadableId
  for _, rule in ipairs(version and version.v1Concurrency or {}) do
    if rule.scope == "WORKFLOW" or not rule.stepReadableId or rule.stepReadableId == name then rules[#rules + 1] = rule end
  end
  return rules
end

local function concurrency(case, evidence)
  if met(case, { REQUEUED_NO_WORKER = true }) then return nil end -- it was let through to the workers
  local event = met(case, { QUEUED = true })
  local key = event and event.message:match "^concurrency keys evaluated as: (.+)$"
  local rules = rules_of(case, evidence)
  if not key or #rules == 0 then return nil end
  local stats, name, rule = evidence["task stats"][1], case.declared and case.declared.ReadableId, rules[1]
  local run, wait = count_of(stats, name, "running", key), count_of(stats, name, "queued", key)
  if #rules == 1 and run and run < rule.maxRuns and wait > 0 then return nil end
  local counts = run and (": %d run, %d wait"):format(run, wait) or ""
  return "concurrency", ("At most %d of %s = %s run at once (%s)%s."):format(rule.maxRuns, rule.expression, key,
    rule.limitStrategy, counts)
end

-- The slots that a worker has left of the kinds that the task needs: true, or a text that says what is taken.
local function has_slots(worker, needs)
  for kind, units in pairs(needs) do
    local slots = worker.slotConfig and worker.slotConfig[kind] or { limit = 0 }
    local free = slots.available or slots.limit
    if free < units then return false, ("%s has %d of %d %s slots free"):format(worker.name, free, slots.limit, kind) end
  end
  return true
end

local function no_slot(case, _, workers)
  local requeued = met(case, { REQUEUED_NO_WORKER = true })
  local full = {}
  for _, worker in ipairs(workers and workers.ACTIVE or {}) do
    local fits, taken = has_slots(worker, case.declared and case.declared.slotRequests or { default = 1 })
    if not fits then full[#full + 1] = taken end
  end
  if workers and #full > 0 and #full == #workers.ACTIVE then
    return "no_slot", ("No free slot for %s: %s."):format(workers.action, table.concat(full, ", ", 1, math.min(#full, 3)))
  end
  if not requeued then return nil end
  local labels = case.declared and case.declared.DesiredWorkerLabels
  return "no_slot", ("At %s no worker had a slot for it%s; it is tried again."):format(requeued.timestamp,
    json.type(labels) == "object" and " and the labels it wants" or "")
end

local HOLDS = { paused_workflow, backoff, rate_limit, no_worker, paused_worker, concurrency, no_slot }

local function of_queued(case, evidence)
  local workers = workers_of(case, evidence)
  for _, holds in ipairs(HOLDS) do
    local reason, detail = holds(case, evidence, workers)
    if reason then return reason, detail end
  end
  return "unknown", "QUEUED, but the API does not show what holds it."
end

-- --- what a running task does --------------------------------------------------------------------------------------------------

-- What a durable task waits for; nil when there is nothing.
local function durable_wait(case, evidence)
  return case.task and durable.sentence(evidence["durable logs"][case.task.taskExternalId] or {})
end

local function worker_of(case, evidence)
  for _, event in ipairs(case.events) do
    if event.workerId then
      for _, worker in ipairs(evidence.workers[1] and evidence.workers[1].rows or {}) do
        if worker.metadata.id == event.workerId then return worker, event.workerId end
      end
      return nil, event.workerId
    end
  end
end

local function of_running(case, evidence)
  local task = case.task
  if not task then
    return "unknown", "RUNNING, but none of its tasks is queued or runs: it may wait for a condition between them."
  end
  local wait = durable_wait(case, evidence)
  if task.isEvicted then return "evicted", wait or "A durable wait that gave its slot back." end
  if wait then return "durable_wait", wait end
  local worker, id = worker_of(case, evidence)
  if not id then return "unknown", "RUNNING, but its events name no worker." end
  if not worker and evidence.workers[1] then
    return "worker_gone", ("Taken by the worker %s, which was not heard in the last 24 h."):format(id)
  end
  if worker and worker.status == "INACTIVE" then
    return "worker_gone", ("Taken by %s, which was last heard at %s."):format(worker.name, worker.lastHeartbeatAt)
  end
  local children = (task.numSpawnedChildren or 0) > 0 and (" It has started %d runs."):format(task.numSpawnedChildren) or ""
  local limit = case.declared and (", with a time-out of %s"):format(case.declared.Timeout) or ""
  return "running", ("Its code runs on %s%s.%s"):format(worker and worker.name or id, limit, children)
end

-- --- all of it -----------------------------------------------------------------------------------------------------------------

function waiting.explain(rows)
  if #rows == 0 then return {}, nil end
  local cases, evidence = gather(rows)
  local list = {}
  for index, case in ipairs(cases) do
    local status = case.task and case.task.status or case.row.status
    local reason, detail = (status == "QUEUED" and of_queued or of_running)(case, evidence)
    list[index] = { reason = reason, detail = detail, task = case.task }
  end
  return list, gap_of(evidence)
end

return waiting
