-- Telling clients that a list has changed. The host does that by itself when files change; these do it for no reason.

tool "test_trigger_tool_change" {
  title = "Tools Changed",
  about = "Tells all clients that listen to read the list of tools again.",
  access = "read",
  run = function()
    hatchway.changed "tools"
    return "told"
  end,
}

tool "test_trigger_prompt_change" {
  title = "Prompts Changed",
  about = "Tells all clients that listen to read the list of prompts again.",
  access = "read",
  run = function()
    hatchway.changed "prompts"
    return "told"
  end,
}

tool "test_trigger_resource_update" {
  title = "Resource Changed",
  about = "Tells all clients that have subscribed to test://watched-resource that it has changed.",
  access = "read",
  run = function()
    hatchway.updated "test://watched-resource"
    return "told"
  end,
}
