-- From what a caller knows of a workflow or a run to the id that the API wants.
--
--   resolve.workflow(name_or_id) → id, name    name is nil when an id was given: a UUID passes without a request
--   resolve.existing(name_or_id) → id, name of a workflow that is known to be there
--   resolve.workflows(list)      → list of ids (nil for nil or an empty list), asked for at once
--   resolve.expect(list)         refuses ids of such a list that no workflow has. For lists in which nothing was found: to the
--                                engine an unknown workflow is one without runs. Ids of deleted workflows still find what they
--                                left. What cannot be asked passes
--   resolve.all()                → the rows of all workflows
--   resolve.names()              → { [id] = name } of all workflows, for answers that have ids alone
--   resolve.full_name(name)      → the name with the namespace of this server before it, unless it is there already
--   resolve.nearest(name)        → the name of a workflow that is spelt most like it, or nil
--   resolve.run(ask, id)         → what ask(id) gives; where `id` is no run but a task of one, what ask(id of its run) gives
--
-- Names are exact and case-sensitive. The engine's own name filter is not (it finds parts in any case and takes % and _ for
-- wildcards), so what it finds is compared again. Nothing is kept between calls: a workflow that was deleted and registered anew
-- has another id.

local refusal = require "hatchet.refusal"

local resolve = {}

local PAGE = 100
local CANDIDATES = 5
local WORKFLOWS = "/api/v1/tenants/{tenant}/workflows"
local HEX = "%x%x%x%x"
local UUID = "^" .. table.concat({ HEX .. HEX, HEX, HEX, HEX, HEX .. HEX .. HEX }, "%-") .. "$"

-- --- workflows -----------------------------------------------------------------------------------------------------------------

function resolve.full_name(name)
  local prefix = hatchet.namespace
  if name:sub(1, #prefix) == prefix then return name end
  return prefix .. name
end

-- The workflow of that very name, or nil and the names that the engine found in its place.
local function named(name)
  local others, offset = {}, 0
  while true do
    local rows = hatchet.get(WORKFLOWS, { name = name, limit = PAGE, offset = offset }).rows
    for _, row in ipairs(rows) do
      if row.name == name then return row end
      others[#others + 1] = row.name
    end
    if #rows < PAGE then return nil, others end
    offset = offset + PAGE
  end
end

function resolve.nearest(name)
  local all = {}
  for _, row in ipairs(hatchet.get(WORKFLOWS, { limit = PAGE }).rows) do all[#all + 1] = row.name end
  return hatchway.nearest(name, all)
end

function resolve.all()
  local all = json.array {}
  repeat
    local rows = hatchet.get(WORKFLOWS, { limit = PAGE, offset = #all }).rows
    table.move(rows, 1, #rows, #all + 1, all)
  until #rows < PAGE
  return all
end

function resolve.names()
  local names = {}
  for _, row in ipairs(resolve.all()) do names[row.metadata.id] = row.name end
  return names
end

-- What could have been meant: the names that hold the word, else the one that is spelt most like it.
local function candidates(name, others)
  if #others > 0 then return table.move(others, 1, math.min(#others, CANDIDATES), 1, {}) end
  return { resolve.nearest(name) }
end

local function refuse(name, others)
  local found = candidates(name, others)
  refusal.unknown(("There is no workflow named %q."):format(name),
    (#found > 0 and ("Did you mean %s? "):format(table.concat(found, ", ")) or "")
      .. "Names are exact and case-sensitive; list_workflows shows those of this tenant.")
end

function resolve.workflow(name_or_id)
  if name_or_id:find(UUID) then return name_or_id:lower(), nil end
  local name = resolve.full_name(name_or_id)
  local row, others = named(name)
  if not row then refuse(name, others) end
  return row.metadata.id, row.name
end

local function refuse_id(failure, id)
  if failure.status == 404 then
    failure.message = ("There is no workflow with the id %s."):format(id)
    failure.hint = "list_workflows shows those of this tenant; one that is registered anew gets another id."
  end
  hatchway.fail(failure)
end

function resolve.existing(name_or_id)
  local id, name = resolve.workflow(name_or_id)
  if name then return id, name end
  local row, failure = hatchway.try(hatchet.get, "/api/v1/workflows/{id}", { id = id })
  if failure then refuse_id(failure, id) end
  return id, row.name
end

function resolve.expect(list)
  local questions = {}
  for _, id in ipairs(list or {}) do
    if id:find(UUID) then
      questions[#questions + 1] = function()
        local found, failure = hatchway.try(resolve.existing, id)
        if not found and failure.status == 404 then hatchway.fail(failure) end
      end
    end
  end
  hatchway.all(questions)
end

function resolve.workflows(list)
  if not list or #list == 0 then return nil end
  local questions = {}
  for index, name_or_id in ipairs(list) do
    questions[index] = function() return (resolve.workflow(name_or_id)) end
  end
  return hatchway.all(questions)
end

-- --- runs ----------------------------------------------------------------------------------------------------------------------

function resolve.run(ask, id)
  local answer, failure = hatchway.try(ask, id)
  if answer then return answer end
  if failure.status ~= 404 then hatchway.fail(failure) end
  local task = hatchway.try(hatchet.get, "/api/v1/stable/tasks/{id}", { id = id })
  if task and task.workflowRunExternalId ~= id then return ask(task.workflowRunExternalId) end
  failure.hint = "Neither a run nor a task of this tenant has this id. list_runs shows the runs; those past the retention are "
    .. "gone."
  hatchway.fail(failure)
end

return resolve
