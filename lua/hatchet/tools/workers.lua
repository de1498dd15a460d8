-- Workers: the processes that run tasks.

local t = require "hatchway.types"

tool "list_workers" {
  title = "List Workers",
  about = "Workers seen in the last 24 h.",
  access = "read",
  list = true,
  input = {
    statuses = t.list { of = t.enum { values = { "ACTIVE", "INACTIVE", "PAUSED" } }, optional = true },
  },
  output = t.object { fields = { rows = t.list { required = true } } },
  run = function(args)
    return hatchet.forward("/api/v1/tenants/{tenant}/worker", { statuses = args.statuses })
  end,
}
