-- One run in full.
--
--   details.run(id)  → what the engine keeps of a run: run, tasks, taskEvents, shape, workflowConfig; unset times are left out and
--                      the inputs are what callers sent, not the engine's envelope
--   details.find(id) → the same; the id of one task of a run will do as well

local resolve, shapes = require "hatchet.resolve", require "hatchet.shapes"

local details = {}

function details.run(id)
  local answer = hatchet.get("/api/v1/stable/workflow-runs/{id}", { id = id })
  shapes.unwrap(shapes.known(answer.run))
  for _, task in ipairs(answer.tasks) do shapes.unwrap(shapes.known(task)) end
  return answer
end

function details.find(id)
  return resolve.run(details.run, id)
end

return details
