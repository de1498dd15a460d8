-- The workflows of the tenant.

local t, resolve, choices = require "hatchway.types", require "hatchet.resolve", require "hatchet.choices"

resource "hatchet://workflows" {
  name = "workflows",
  title = "Workflows",
  about = "All workflows: id, name, description, whether paused.",
  mime = "application/json",
  run = function()
    return { rows = resolve.all() }
  end,
}

resource "hatchet://workflows/{workflow_id}" {
  name = "workflow",
  title = "Workflow",
  about = "One workflow: description, whether paused, its latest version.",
  mime = "application/json",
  input = { workflow_id = t.string { "Its id or its name.", min = 1, complete = choices.workflows } },
  run = function(args)
    return hatchet.forward("/api/v1/workflows/{id}", { id = (resolve.workflow(args.workflow_id)) })
  end,
}
