-- What arguments of prompts and variables of addresses could be: completers (`complete` of a type). The host compares what
-- they give with what was typed.
--
--   choices.workflows(typed) → names; once something is typed their ids as well
--   choices.runs()           → ids of the runs of the last day, newest first

local resolve = require "hatchet.resolve"

local choices = {}

local DAY = 24 * 60 * 60
local RUNS = 100

function choices.workflows(typed)
  local names, ids = {}, {}
  for index, row in ipairs(resolve.all()) do names[index], ids[index] = row.name, row.metadata.id end
  return typed == "" and names or table.move(ids, 1, #ids, #names + 1, names)
end

function choices.runs()
  local since = hatchway.time.format(hatchway.time.now() - DAY)
  local ids = {}
  local found = hatchet.get("/api/v1/stable/tenants/{tenant}/workflow-runs", { since = since, only_tasks = false, limit = RUNS })
  for index, row in ipairs(found.rows) do ids[index] = row.workflowRunExternalId or row.metadata.id end
  return ids
end

return choices
