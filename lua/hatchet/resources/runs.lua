-- Single runs by their id, for clients that attach a run to a conversation.

local t, details = require "hatchway.types", require "hatchet.details"

resource "hatchet://runs/{workflow_run_id}" {
  name = "run",
  title = "Run",
  about = "One run in full: its tasks with input, output and errors, its shape and events.",
  mime = "application/json",
  input = { workflow_run_id = t.uuid "The run." },
  run = function(args)
    return details.run(args.workflow_run_id)
  end,
}

resource "hatchet://runs/{workflow_run_id}/status" {
  name = "run-status",
  title = "Run status",
  about = "The status of one run, nothing else: cheap to read again.",
  mime = "application/json",
  input = { workflow_run_id = t.uuid "The run." },
  run = function(args)
    return json.object({ "workflowRunId", "status" }, {
      workflowRunId = args.workflow_run_id,
      status = details.status(args.workflow_run_id),
    })
  end,
}
