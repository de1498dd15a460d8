-- One run in full.
--
--   details.run(id)  → what the engine keeps of a run: run, tasks, taskEvents, shape, workflowConfig; unset times are left out
--                      and the inputs are what callers sent, not the engine's envelope
--   details.find(id) → the same; the id of one task of a run will do as well
--   details.workflow_name(found) → the name of the workflow of such a run, or of a task in full; nil where the engine sends none
--   details.tell_changed(id) → clients that watch the resources of that run read them again
--   details.ENDED    the statuses in which a run or task has ended, as a set

local resolve, shapes = require "hatchet.resolve", require "hatchet.shapes"

local details = {
  ENDED = { COMPLETED = true, FAILED = true, CANCELLED = true },
}

function details.run(id)
  local answer = hatchet.get("/api/v1/stable/workflow-runs/{id}", { id = id })
  shapes.unwrap(shapes.known(answer.run))
  for _, task in ipairs(answer.tasks) do shapes.unwrap(shapes.known(task)) end
  return answer
end

function details.status(id, options)
  return hatchet.get("/api/v1/stable/workflow-runs/{id}/status", { id = id }, options)
end

function details.find(id)
  return resolve.run(details.run, id)
end

function details.tell_changed(id)
  hatchway.updated("hatchet://runs/" .. id)
  hatchway.updated(("hatchet://runs/%s/status"):format(id))
end

function details.workflow_name(found)
  return json.type(found.workflowConfig) == "object" and found.workflowConfig.Name or nil
end

return details
