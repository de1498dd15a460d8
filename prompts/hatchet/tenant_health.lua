-- The state of the whole tenant.

local t = require "hatchway.types"

prompt "tenant_health" {
  title = "Check the tenant",
  about = "How the tenant does: backlog, failures, workers.",
  input = { hours = t.integer { "How many hours to look back; 24 unless given.", min = 1, default = 24 } },
  run = function(args)
    return ([[
How does this Hatchet tenant do? Look at the last %d hours.

1. Call tenant_overview with since "%dh". Its attention lists what needs a look, the most urgent first, each with the
   call that shows more.
2. Follow those that matter: list_stuck_runs for what waits and why, top_failing_workflows and describe_run_failure
   for what fails, list_workers for who is gone.
3. Is it worse than in the window before? The overview has both.

Give a verdict first (well, strained, or ill), then the figures behind it, then what to look at next, the most urgent
first. Change nothing.
]]):format(args.hours, args.hours)
  end,
}
