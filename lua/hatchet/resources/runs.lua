-- Single runs by their id, for clients that attach a run to a conversation.

local t, details, choices = require "hatchway.types", require "hatchet.details", require "hatchet.choices"

local function run_id()
  return t.uuid { "The run.", complete = choices.runs }
end

resource "hatchet://runs/{workflow_run_id}" {
  name = "run",
  title = "Run",
  about = "One run in full: its tasks with input, output and errors, its shape and events.",
  mime = "application/json",
  input = { workflow_run_id = run_id() },
  run = function(args)
    return details.run(args.workflow_run_id)
  end,
  watch = {
    every = 10,
    run = function(args)
      local found = details.run(args.workflow_run_id)
      return found, details.ENDED[found.run.status]
    end,
  },
}

resource "hatchet://runs/{workflow_run_id}/status" {
  name = "run-status",
  title = "Run status",
  about = "The status of one run, nothing else: cheap to read again.",
  mime = "application/json",
  input = { workflow_run_id = run_id() },
  run = function(args)
    return json.object({ "workflowRunId", "status" }, {
      workflowRunId = args.workflow_run_id,
      status = details.status(args.workflow_run_id),
    })
  end,
  watch = {
    every = 3,
    run = function(args)
      local status = details.status(args.workflow_run_id)
      return status, details.ENDED[status]
    end,
  },
}
