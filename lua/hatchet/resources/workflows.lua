-- The workflows of the tenant.

local t, resolve = require "hatchway.types", require "hatchet.resolve"

local PAGE = 100

resource "hatchet://workflows" {
  name = "workflows",
  title = "Workflows",
  about = "All workflows: id, name, description, whether paused.",
  mime = "application/json",
  run = function()
    local all = json.array {}
    repeat
      local rows = hatchet.get("/api/v1/tenants/{tenant}/workflows", { limit = PAGE, offset = #all }).rows
      table.move(rows, 1, #rows, #all + 1, all)
    until #rows < PAGE
    return { rows = all }
  end,
}

resource "hatchet://workflows/{workflow_id}" {
  name = "workflow",
  title = "Workflow",
  about = "One workflow: description, whether paused, its latest version.",
  mime = "application/json",
  input = { workflow_id = t.string { "Its id or its name.", min = 1 } },
  run = function(args)
    return hatchet.forward("/api/v1/workflows/{id}", { id = (resolve.workflow(args.workflow_id)) })
  end,
}
