-- Following a run to its end.
--
--   following.patience(seconds, most) → the seconds that this call may wait: all of them as a task, where its client knows tasks
--                                       and need not wait; else `most`. A task begins here
--   following.run(id, seconds) → workflowRunId, workflowName, workflowId, status, ended, waited, duration, output, failure,
--                                waitsFor, note
--
-- Asks for the status until the run has ended or the seconds are over; the client hears how long it has waited. A run that has
-- not ended is no error: `waitsFor` says what holds each of its tasks, with the reasons of hatchet.waiting. Of a run that has
-- ended: `duration` in milliseconds, and `output` when it is small, or `failure` { task, taskExternalId, reason }. An unknown run
-- is an error; what goes wrong after the first look is not: the answer then says less.

local details, causes, waiting = require "hatchet.details", require "hatchet.causes", require "hatchet.waiting"
local lists = require "hatchet.lists"

local following = {}

local ENDED = details.ENDED
local SPARE = 60 -- seconds of a task beyond what it waits
local FIRST, LONGEST = 0.1, 2 -- seconds between two looks, growing
local TICK = 0.001 -- seconds: less is none
local SMALL = 4000 -- bytes of an output
local SHOWN = 3    -- tasks that are explained
local SETTLING = 0.2 -- seconds until a run whose status is known can be read

local KEYS = {
  "workflowRunId", "workflowName", "workflowId", "status", "ended", "waited", "duration", "output", "failure", "waitsFor", "note",
}

-- --- until the end -------------------------------------------------------------------------------------------------------------

local function status_of(id)
  return details.status(id, { retry = false })
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

-- --- what holds a run ----------------------------------------------------------------------------------------------------------

-- A row for each of its tasks that have not ended, as waiting.explain takes them, SHOWN of them at most; and how many there are.
-- A run between two tasks is one row.
local function open_rows(run)
  local open = {}
  for _, task in ipairs(run.tasks) do
    if not ENDED[task.status] then open[#open + 1] = { task } end
  end
  local rows = {}
  for index, tasks in ipairs(#open > 0 and open or { run.tasks }) do
    if index > SHOWN then break end
    rows[index] = json.object({ "status", "workflowId", "workflowVersionId", "children" }, {
      status = run.run.status,
      workflowId = run.run.workflowId,
      workflowVersionId = run.run.workflowVersionId,
      children = json.array(tasks),
    })
  end
  return rows, #open
end

-- What holds each of its tasks; and what the engine did not tell about that, or nil.
local function holds_of(run)
  local rows, count = open_rows(run)
  local reasons, gap = waiting.explain(rows)
  local texts = {}
  for index, why in ipairs(reasons) do
    texts[index] = ("%s (%s): %s"):format((why.task or run.run).displayName, why.reason, why.detail)
  end
  if count > SHOWN then texts[#texts + 1] = ("%d more tasks have not ended."):format(count - SHOWN) end
  return lists.sentences(table.unpack(texts)), gap
end

-- --- how it ended --------------------------------------------------------------------------------------------------------------

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
  local gap
  if run then answer.waitsFor, gap = holds_of(run) end
  answer.note = lists.sentences(
    ("It has not ended after %s. wait_for_run goes on waiting; cancel_run stops it."):format(
      hatchway.time.duration(answer.waited)),
    gap)
end

function following.patience(seconds, most)
  if seconds > 0 and hatchway.detach(seconds + SPARE) then return seconds end
  return math.min(seconds, most)
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
    answer.workflowName = details.workflow_name(run)
    answer.workflowId, answer.duration = run.run.workflowId, answer.ended and run.run.duration or nil
  end
  if answer.ended then finish(answer, run) else go_on(answer, run) end
  return answer
end

return following
