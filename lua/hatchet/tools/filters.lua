-- Filters: which events of a key start a workflow. The engine checks nothing of them: what it takes is checked here before.

local arguments = require "hatchet.arguments"
local t, resolve, shapes = require "hatchway.types", require "hatchet.resolve", require "hatchet.shapes"
local cel, filters, payload = require "hatchet.cel", require "hatchet.filters", require "hatchet.payload"
local lists, refusal, uncertain = require "hatchet.lists", require "hatchet.refusal", require "hatchet.uncertain"

toolset "filters"

local FILTERS = "/api/v1/stable/tenants/{tenant}/filters"
local FILTER = FILTERS .. "/{id}"

local function read(id)
  return refusal.explained("No filter of this tenant has this id. list_filters shows them.", hatchet.get, FILTER, { id = id })
end

-- nil for a workflow that there is not: the engine keeps filters of those, too.
local function name_of(workflow_id)
  local found, name = hatchway.try(resolve.existing, workflow_id)
  return found and name
end

local function filter_output()
  return t.object { fields = { workflowName = t.string {}, note = t.string {} } }
end

-- --- looking -------------------------------------------------------------------------------------------------------------------

-- Ids that no workflow has: the engine keeps filters of those, too.
local function unknown_ids(ids, names)
  local unknown = lists.without(ids, names)
  if #unknown == 0 then return nil end
  return ("This tenant has no workflow %s; list_workflows shows them."):format(table.concat(unknown, ", "))
end

tool "list_filters" {
  title = "List Filters",
  about = "Event filters, oldest first: workflow, scope, CEL expression, payload. A workflow that has any starts only on events "
    .. "of such a scope.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    workflow_ids = arguments.workflow_ids(),
    scopes = t.list { of = t.string { min = 1 }, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = { rows = t.list { required = true }, pagination = t.object {}, next = t.object {}, note = t.string {} },
  },
  run = function(args)
    local ids = resolve.workflows(args.workflow_ids)
    local answer = hatchet.get(FILTERS, { workflowIds = ids, scopes = args.scopes, limit = args.limit, offset = args.offset })
    local names = (ids or #answer.rows > 0) and resolve.names() or {}
    for _, row in ipairs(answer.rows) do row.workflowName = names[row.workflowId] end
    return json.object({ "rows", "pagination", "next", "note" }, {
      rows = answer.rows,
      pagination = answer.pagination,
      next = shapes.next(answer, args),
      note = unknown_ids(ids or {}, names) or #answer.rows == 0 and shapes.past_end(args) or nil,
    })
  end,
}

tool "get_filter" {
  title = "Get Filter",
  about = "One event filter.",
  access = "read",
  untrusted = true,
  link = { workflow = "workflowId" },
  input = { filter_id = t.uuid {} },
  output = filter_output(),
  run = function(args)
    local row = read(args.filter_id)
    row.workflowName = name_of(row.workflowId)
    return row
  end,
}

tool "cel_debug" {
  title = "Cel Debug",
  about = "Tries a filter's CEL expression; stores nothing. It may name input (the event's payload), payload (the filter's) and "
    .. "additional_metadata, and must give true or false.",
  access = "read",
  input = {
    expression = t.string { min = 1 },
    input = t.object { "default {}", optional = true },
    additional_metadata = t.object { optional = true },
    filter_payload = t.object { optional = true },
  },
  output = t.object {
    fields = {
      result = t.object {
        fields = {
          status = t.enum { values = { "success", "failure" }, required = true },
          output = t.boolean {},
          error = t.string {},
        },
        required = true,
      },
      note = t.string {},
    },
  },
  run = function(args)
    local result = cel.try(args.expression, {
      input = args.input,
      payload = args.filter_payload,
      metadata = args.additional_metadata,
    })
    return json.object({ "result", "note" }, { result = result, note = cel.hint(result) })
  end,
}

-- --- changing ------------------------------------------------------------------------------------------------------------------

local function check_scope(scope)
  refusal.blank(scope, "scope", "A filter is for the events that are pushed with its scope: name it.")
  payload.check(scope, "scope")
end

local NO_WORKFLOW = "No workflow of this tenant has this id: the engine would keep a filter for nobody. list_workflows shows "
  .. "them."

-- Id, name and event keys of a workflow that is there. One request: the version knows all.
local function workflow_of(name_or_id)
  local id = resolve.workflow(name_or_id)
  local version = refusal.explained(NO_WORKFLOW, hatchet.get, "/api/v1/workflows/{id}/versions", { id = id })
  return id, version.workflow.name, version.triggers.events or {}
end

-- The filter as it can be read now, else as the write's answer told; nil when neither could be read.
local function read_back(echo, id)
  return id and hatchway.try(hatchet.get, FILTER, { id = id }) or echo
end

local function what_it_does(name, before, more, scope)
  if #before == 0 then
    return ("%s had no filter: every event of its keys started it. From now on only events of the scope %q do for which the "
      .. "expression is true; events without a scope no longer start it."):format(name, scope)
  end
  return ("%s had filters before, of the scopes %s: events without a matching scope do not start it, as before."):format(name,
    filters.scopes(before, more))
end

local function twin_of(rows, expression)
  for _, row in ipairs(rows) do
    if row.expression == expression then
      return ("Filter %s has the same scope and expression: such an event starts the workflow once for each."):format(
        row.metadata.id)
    end
  end
end

tool "create_filter" {
  title = "Create Filter",
  about = "Adds an event filter. Once a workflow has one, events without a matching scope no longer start it. The expression is "
    .. "tried first.",
  access = "write",
  link = { workflow = "workflowId" },
  input = {
    workflow_id = t.string { "id or name", min = 1 },
    expression = t.string { "CEL, such as input.total > 5", min = 1 },
    scope = t.string { "of the events that it is for", min = 1 },
    payload = t.object { "given to the runs, default {}", optional = true },
  },
  output = filter_output(),
  run = function(args)
    check_scope(args.scope)
    payload.check(args.payload or {}, "payload")
    local id, name, keys = workflow_of(args.workflow_id)
    cel.check(args.expression)
    local before, more = filters.some(id)
    local same_scope = filters.some(id, args.scope)
    local echo, failure = hatchway.try(hatchet.post, FILTERS, nil, {
      workflowId = id, expression = args.expression, scope = args.scope, payload = args.payload,
    })
    if failure then
      uncertain.fail(failure, ("The filter may have been made all the same: look before you call again, with list_filters and "
        .. "workflow_ids [%q]."):format(name))
    end
    local row = read_back(echo, echo and echo.metadata.id) or json.object({ "workflowId" }, { workflowId = id })
    row.workflowName = name
    row.note = lists.sentences(
      not echo and "The engine took the filter, but its answer cannot be read: list_filters shows it." or nil,
      what_it_does(name, before, more, args.scope),
      #keys == 0 and ("%s listens to no event key, so that the filter does nothing."):format(name) or nil,
      twin_of(same_scope, args.expression))
    return row
  end,
}

local CHANGES = { "expression", "scope", "payload" }

local function declared(row)
  return row.isDeclarative
    and "It is declared in the code of the workflow: the next registration brings it back as it stands there." or nil
end

tool "update_filter" {
  title = "Update Filter",
  about = "Changes an event filter; what is left out stays. The expression is tried first. before holds the old values.",
  access = "write",
  idempotent = true,
  untrusted = true,
  link = { workflow = "workflowId" },
  input = {
    filter_id = t.uuid {},
    expression = t.string { "CEL", min = 1, optional = true },
    scope = t.string { min = 1, optional = true },
    payload = t.object { "replaces the old one", optional = true },
  },
  output = t.object { fields = { workflowName = t.string {}, before = t.object {}, note = t.string {} } },
  run = function(args)
    local change = json.pick(args, CHANGES)
    if not next(change) then refusal.invalid("There is nothing to change.", "Give expression, scope or payload.") end
    if args.scope then check_scope(args.scope) end
    payload.check(args.payload or {}, "payload")
    local before = read(args.filter_id)
    if args.expression then cel.check(args.expression) end
    local echo, failure = hatchway.try(hatchet.patch, FILTER, { id = args.filter_id }, change)
    if failure then uncertain.fail(failure, "The filter may have been changed all the same: get_filter shows it.") end
    local row = read_back(echo, args.filter_id) or json.object({ "metadata" }, { metadata = before.metadata })
    row.workflowName = name_of(before.workflowId)
    row.before = json.pick(before, { "expression", "scope", "payload" })
    row.note = declared(before)
    return row
  end,
}

local function what_is_left(name, rows, more)
  if #rows == 0 then
    return ("That was the last filter of %s: every event of its keys starts it again, with a scope or without."):format(name)
  end
  return ("%s still has filters, of the scopes %s: events without a scope do not start it."):format(name,
    filters.scopes(rows, more))
end

tool "delete_filter" {
  title = "Delete Filter",
  about = "Removes an event filter and returns it.",
  access = "destroy",
  idempotent = true,
  untrusted = true,
  input = { filter_id = t.uuid {} },
  output = filter_output(),
  run = function(args)
    local row = read(args.filter_id)
    local _, failure = hatchway.try(hatchet.delete, FILTER, { id = args.filter_id })
    if failure and failure.status ~= 404 then -- gone is gone: it was there a moment before
      uncertain.fail(failure, "The filter may be gone all the same: get_filter tells.")
    end
    row.workflowName = name_of(row.workflowId)
    local left, more = hatchway.try(filters.some, row.workflowId)
    row.note = lists.sentences(left and what_is_left(row.workflowName or "the workflow", left, more == true) or nil,
      declared(row))
    return row
  end,
}
