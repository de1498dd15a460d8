-- Waiting for the end of a run.

local t, resolve, following = require "hatchway.types", require "hatchet.resolve", require "hatchet.following"

toolset "runs"

local MOST = 280 -- seconds that a call may wait that is no task

tool "wait_for_run" {
  title = "Wait For Run",
  about = "Waits until a run has ended, for timeout_seconds at most (280 unless as a task): status, duration, and its output "
    .. "or why it failed. A run that has not ended is no error: waitsFor says what holds it. Clients often give a call 60 s.",
  access = "read",
  untrusted = true,
  link = { run = "workflowRunId" },
  task = "optional",
  deadline = 300,
  cpu = 5000,
  input = {
    workflow_run_id = t.uuid "The run, or a task of it",
    timeout_seconds = t.integer { default = 30, min = 1, max = 21600 },
  },
  output = t.object {
    fields = {
      workflowRunId = t.string {},
      status = t.string { required = true },
      ended = t.boolean { required = true },
      duration = t.integer { "ms" },
      failure = t.object {},
      waitsFor = t.string {},
      note = t.string {},
    },
  },
  run = function(args)
    return resolve.run(function(id)
      return following.run(id, following.patience(args.timeout_seconds, MOST))
    end, args.workflow_run_id)
  end,
}
