-- What happened to the tasks of a run.
--
--   timeline.of(run_id) → the events of all tasks of a run, newest first, and whether there may be older ones
--
-- The engine keeps the events of a run of several tasks together, and leaves that list empty for a run of a single one: there the
-- task, which has the run's id, has them. An unknown run is an error.

local timeline = {}

local MOST = 1000 -- events of a single task

function timeline.of(run_id)
  local rows = hatchet.get("/api/v1/stable/workflow-runs/{id}/task-events", { id = run_id }).rows
  if #rows > 0 then return rows, false end
  local answer, failure = hatchway.try(hatchet.get, "/api/v1/stable/tasks/{id}/task-events", { id = run_id, limit = MOST })
  if not answer and failure.status ~= 404 then hatchway.fail(failure) end
  local own = answer and answer.rows or {}
  return own, #own == MOST
end

function timeline.by_task(events)
  local by_task = {}
  for _, event in ipairs(events) do
    by_task[event.taskId] = by_task[event.taskId] or {}
    table.insert(by_task[event.taskId], event)
  end
  return by_task
end

return timeline
