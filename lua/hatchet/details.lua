-- One run in full.
--
--   details.run(id) → what the engine keeps of a run: run, tasks, taskEvents, shape, workflowConfig; unset times are left out and
--                     the inputs are what callers sent, not the engine's envelope
--   details.find(id) → the same; the id of one task of a run will do as well. When there is neither, the error says so.

local shapes = require "hatchet.shapes"

local details = {}

function details.run(id)
  local answer = hatchet.get("/api/v1/stable/workflow-runs/{id}", { id = id })
  shapes.unwrap(shapes.known(answer.run))
  for _, task in ipairs(answer.tasks) do shapes.unwrap(shapes.known(task)) end
  return answer
end

function details.find(id)
  local answer, missing = hatchway.try(details.run, id)
  if answer then return answer end
  local task = missing.status == 404 and hatchway.try(hatchet.get, "/api/v1/stable/tasks/{id}", { id = id })
  if task and task.workflowRunExternalId ~= id then return details.run(task.workflowRunExternalId) end
  if missing.status == 404 then
    missing.hint = "Neither a run nor a task of this tenant has this id. list_runs shows the runs; those past the retention are gone."
  end
  hatchway.fail(missing)
end

return details
