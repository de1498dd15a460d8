-- Why a task ended as it did, and which tasks of a run made it end so.
--
--   causes.events(task_id)      → the last events of a task, newest first
--   causes.message(text)        → an error without its traceback; nil for none
--   causes.attempts(events)     → the attempts that the events tell of, oldest first, each with its end
--   causes.reason(task, events) → one sentence, or nil for a task that has not failed. Time-outs and cancellations have no
--                                 error message: their reason stands in the events only. Without `events` they are asked for.
--   causes.told(task, events)   → the same, but nil where the engine keeps no reason
--   causes.tasks(run)           → failed, cancelled, handler: the tasks whose failure is the run's (in the order in which they
--                                 failed), those that were cancelled for it, and the handler that the workflow runs on a failure.
--                                 A run that was cancelled has its cancelled tasks for failures. `run` is what details.run gives.
--   causes.is_earlier(a, b)     → did task or run a end before b?

local shapes = require "hatchet.shapes"

local causes = {}

local EVENTS = 100 -- of one task
local ENDS = { FAILED = true, TIMED_OUT = true, SCHEDULING_TIMED_OUT = true, CANCELLED = true, FINISHED = true }

local SILENT = {
  CANCELLED = "Cancelled. The engine keeps no reason: a caller did it, or a rule such as a concurrency limit.",
  FAILED = "Failed without a message.",
  TIMED_OUT = "Timed out.",
  SCHEDULING_TIMED_OUT = "No worker took it within its schedule timeout.",
}

-- --- one task ------------------------------------------------------------------------------------------------------------------

function causes.events(task_id)
  return hatchet.get("/api/v1/stable/tasks/{id}/task-events", { id = task_id, limit = EVENTS }).rows
end

function causes.message(text)
  if not text or text == "" then return nil end
  return shapes.headline(text)
end

local function reason_in(event)
  return causes.message(event.errorMessage) or causes.message(event.message)
end

function causes.attempts(events)
  local attempts, list = {}, json.array {}
  for index = #events, 1, -1 do
    local event = events[index]
    local attempt = attempts[event.attempt]
    if not attempt then
      attempt = json.object({ "attempt", "startedAt", "endedAt", "end", "reason", "workerId" }, { attempt = event.attempt })
      attempts[event.attempt], list[#list + 1] = attempt, attempt
    end
    if event.eventType == "STARTED" then attempt.startedAt, attempt.workerId = event.timestamp, event.workerId end
    if ENDS[event.eventType] then
      attempt.endedAt, attempt["end"], attempt.reason = event.timestamp, event.eventType, reason_in(event)
    end
  end
  table.sort(list, function(a, b) return a.attempt < b.attempt end)
  return list
end

-- The event with which the task ended last; `events` as above.
local function last_end(task, events)
  for _, event in ipairs(events or causes.events(task.taskExternalId)) do
    if ENDS[event.eventType] then return event end
  end
end

function causes.told(task, events)
  if not SILENT[task.status] then return nil end
  local message = causes.message(task.errorMessage)
  if message then return message end
  local event = last_end(task, events)
  return event and reason_in(event)
end

function causes.reason(task, events)
  if not SILENT[task.status] then return nil end
  events = events or causes.events(task.taskExternalId)
  local event = last_end(task, events)
  return causes.told(task, events) or event and SILENT[event.eventType] or SILENT[task.status]
end

-- --- the tasks of a run --------------------------------------------------------------------------------------------------------

function causes.is_earlier(a, b)
  local first, second = a.finishedAt or a.metadata.createdAt, b.finishedAt or b.metadata.createdAt
  if first ~= second then return hatchway.time.parse(first) < hatchway.time.parse(second) end
  return a.taskExternalId < b.taskExternalId
end

local function with_status(tasks, status)
  local found = {}
  for _, task in ipairs(tasks) do
    if task.status == status then found[#found + 1] = task end
  end
  table.sort(found, causes.is_earlier)
  return found
end

function causes.tasks(run)
  local config = run.workflowConfig
  local handler_action = config and config.onFailureJob and config.onFailureJob.Action
  local handler, own = nil, {}
  for _, task in ipairs(run.tasks) do
    if handler_action and task.actionId == handler_action then handler = task else own[#own + 1] = task end
  end
  local failed, cancelled = with_status(own, "FAILED"), with_status(own, "CANCELLED")
  if #failed == 0 and (run.run.status == "CANCELLED" or run.run.status == "FAILED") then failed, cancelled = cancelled, {} end
  if #failed == 0 and handler and handler.status == "FAILED" then failed, handler = { handler }, nil end
  return failed, cancelled, handler
end

return causes
