-- Following a run to its end.
--
--   following.run(id, seconds) → workflowRunId, workflowName, workflowId, status, ended, waited, duration, output, failure,
--                                waitsFor, note
--
-- Asks for the status until the run has ended or the seconds are over; the client hears how long it has waited. A run that has not
-- ended is no error: `waitsFor` says in a sentence what holds each of its tasks. Of a run that has ended: `duration` in
-- milliseconds, and `output` when it is small, or `failure` { task, taskExternalId, reason }. An unknown run is an error; what goes
-- wrong after the first look is not: the answer then says less.

local details, causes, durable = require "hatchet.details", require "hatchet.causes", require "hatchet.durable"

local following = {}

local ENDED = { COMPLETED = true, FAILED = true, CANCELLED = true }
local FIRST, LONGEST = 0.1, 2 -- seconds between two looks, growing
local TICK = 0.001 -- seconds: less is none
local SMALL = 4000 -- bytes of an output
local SHOWN = 3    -- tasks that are explained
local SETTLING = 0.2 -- seconds until a run whose status is known can be read

local KEYS = {
  "workflowRunId", "workflowName", "workflowId", "status", "ended", "waited", "duration", "output", "failure", "waitsFor", "note",
}

-- --- until the end --------------------------------------------------------------------------------------------------------------

local function status_of(id)
  return hatchet.get("/api/v1/stable/workflow-runs/{id}/status", { id = id }, { retry = false })
end

local function in_tenths(seconds)
  local rounded = math.floor(seconds * 10 + 0.5) / 10
  return math.tointeger(rounded) or rounded
end

-- The last status that could be read and the seconds that it took.
local function watch(id, seconds)
  local now, status = hatchway.time.now, status_of(id)
  local began, pause = now(), FIRST
  while not ENDED[status] do
    local left = seconds - (now() - began)
    if left < TICK then break end
    hatchway.sleep(math.min(pause, left))
    pause = math.min(pause * 1.5, LONGEST)
    hatchway.progress(in_tenths(now() - began), seconds, status)
    status = hatchway.try(status_of, id) or status
  end
  return status, now() - began
end

-- The run; the engine may know its status a moment before the rest.
local function read(id)
  local run = hatchway.try(details.run, id)
  if run then return run end
  hatchway.sleep(SETTLING)
  return (hatchway.try(details.run, id))
end

-- --- what holds a run -----------------------------------------------------------------------------------------------------------

-- Why a task is queued, as far as its events (newest first) tell.
local function queued_for(task)
  for _, event in ipairs(hatchway.try(causes.events, task.taskExternalId) or {}) do
    if event.eventType == "REQUEUED_NO_WORKER" then
      return ("no worker ran %s when it was queued: list_workers shows what they run"):format(task.actionId or "it")
    elseif event.eventType == "REQUEUED_RATE_LIMIT" then
      return "a rate limit holds it: list_rate_limits shows them"
    elseif event.eventType == "RETRYING" or event.eventType == "ASSIGNED" then
      return event.message ~= "" and event.message or "it waits to be run again"
    end
    local key = (event.message or ""):match "^concurrency keys evaluated as: (.+)$"
    if key then return ("it waits for its turn under the concurrency key %s"):format(key) end
  end
  return "its workflow may be paused, or no slot is free: get_queue_metrics shows the backlog"
end

local function hold_of(task)
  if task.status == "QUEUED" then return ("%s is queued: %s."):format(task.displayName, queued_for(task)) end
  local sentence = task.isDurable and durable.sentence(hatchway.try(durable.log, task.taskExternalId) or {})
  if sentence then
    return ("%s is a durable task%s. %s"):format(task.displayName, task.isEvicted and ", evicted while it waits" or "", sentence)
  end
  return ("%s runs%s."):format(task.displayName, task.startedAt and " since " .. task.startedAt or "")
end

local function holds_of(run)
  local open = {}
  for _, task in ipairs(run.tasks) do
    if not ENDED[task.status] then open[#open + 1] = task end
  end
  local questions = {}
  for index = 1, math.min(#open, SHOWN) do
    questions[index] = function() return hold_of(open[index]) end
  end
  local texts = hatchway.all(questions)
  if #open > SHOWN then texts[#texts + 1] = ("%d more tasks have not ended."):format(#open - SHOWN) end
  return #texts > 0 and table.concat(texts, " ") or nil
end

-- --- how it ended ---------------------------------------------------------------------------------------------------------------

local function failure_of(run)
  local failed = causes.tasks(run)
  local task = failed[1]
  if not task then return nil end
  return json.object({ "task", "taskExternalId", "reason" }, {
    task = task.displayName,
    taskExternalId = task.taskExternalId,
    reason = hatchway.try(causes.reason, task) or causes.reason(task, {}),
  })
end

-- The output, or why it is not shown.
local function output_of(run)
  local bytes = #json.encode(run.run.output)
  if bytes <= SMALL then return run.run.output, nil end
  return nil, ("The output has %d bytes: get_run shows it."):format(bytes)
end

-- `run` may be nil: it could not be read.
local function finish(answer, run)
  if not run then
    answer.note = "Its details cannot be read now: get_run shows them."
  elseif answer.status == "COMPLETED" then
    answer.output, answer.note = output_of(run)
  else
    answer.failure = failure_of(run)
    answer.note = "describe_run_failure shows its log and all attempts; compare_runs what is different from the last good run."
  end
end

local function go_on(answer, run)
  answer.waitsFor = run and holds_of(run)
  answer.note = ("It has not ended after %s. wait_for_run goes on waiting; cancel_run stops it."):format(
    hatchway.time.duration(answer.waited))
end

function following.run(id, seconds)
  local status, waited = watch(id, seconds)
  local answer = json.object(KEYS, {
    workflowRunId = id,
    status = status,
    ended = ENDED[status] or false,
    waited = in_tenths(waited),
  })
  local run = read(id)
  if run then
    answer.workflowName = run.workflowConfig and run.workflowConfig.Name
    answer.workflowId, answer.duration = run.run.workflowId, answer.ended and run.run.duration or nil
  end
  if answer.ended then finish(answer, run) else go_on(answer, run) end
  return answer
end

return following
