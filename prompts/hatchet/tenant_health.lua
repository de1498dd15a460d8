-- The state of the whole tenant.

local t = require "hatchway.types"

prompt "tenant_health" {
  title = "Check the tenant",
  about = "How the tenant does: backlog, failures, workers.",
  input = { hours = t.integer { "How many hours to look back; 24 unless given.", min = 1, default = 24 } },
  run = function(args)
    return ([[
How does this Hatchet tenant do? Look at the last %d hours.

- Backlog: get_queue_metrics. What waits, since when, behind which concurrency key?
- Outcome: get_task_metrics with since "%dh". Which share of the finished runs failed or was cancelled? If it is more than a few percent, top_failing_workflows with the same window names the workflows.
- Workers: list_workers. Which are gone or paused, and has each waiting action an active worker with free slots?

Give a verdict first (well, strained, or ill), then the figures behind it, then what to look at next, the most urgent first. Change nothing.
]]):format(args.hours, args.hours)
  end,
}
