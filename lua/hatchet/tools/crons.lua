-- Crons: what starts a workflow again and again. Some are written in the code of a workflow, others made by the API.
--
-- To an unknown id the engine answers 500, as if it had failed: such an answer is held against the list. It cannot change a cron,
-- but for whether it is enabled.

local arguments = require "hatchet.arguments"
local t, resolve, metadata, payload = require "hatchway.types", require "hatchet.resolve", require "hatchet.metadata",
  require "hatchet.payload"
local schedules, started, cron = require "hatchet.schedules", require "hatchet.started", require "hatchet.cron"
local refusal, uncertain = require "hatchet.refusal", require "hatchet.uncertain"

toolset "schedules"

local CRONS = "/api/v1/tenants/{tenant}/workflows/crons"
local CRON = CRONS .. "/{id}"
local SETTLING = 1 -- seconds; the engine drops an expression that it cannot read after some milliseconds

-- --- looking -------------------------------------------------------------------------------------------------------------------

local function listed(id)
  local found
  schedules.each(CRONS, {}, function(row)
    found = row.metadata.id == id and row or nil
    return found
  end)
  return found
end

-- The cron, or nil when it is known that there is none.
local function find(id)
  local row, failure = hatchway.try(hatchet.get, CRON, { id = id }, { retry = false })
  if row then return row end
  if failure.status ~= 500 then hatchway.fail(failure) end
  return listed(id)
end

local function cron_of(id)
  return find(id) or refusal.unknown(("There is no cron with the id %s."):format(id),
    "It was deleted, or it is the id of something else. list_crons shows the crons of this tenant.")
end

-- Both arguments name one workflow.
local function workflow_filter(args)
  local id = args.workflow_id and resolve.workflow(args.workflow_id)
  local other = args.workflow_name and resolve.workflow(args.workflow_name)
  if id and other and id ~= other then
    refusal.invalid(("workflow_id %s and workflow_name %s are two workflows: no cron has both."):format(args.workflow_id,
      args.workflow_name), "Give one of them.")
  end
  return id or other
end

tool "list_crons" {
  title = "List Crons",
  about = "Crons, newest first: expression, name, workflow, input, enabled. method DEFAULT is one written in code.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    workflow_id = t.string { "name or id", min = 1, optional = true },
    workflow_name = t.string { "exact", min = 1, optional = true },
    cron_name = t.string { "exact", min = 1, optional = true },
    additional_metadata = t.map { "all pairs must match; no colon in values", of = t.string {}, optional = true },
    order_by_field = t.enum { "name: of the workflow", values = { "name", "createdAt" }, optional = true },
    order_by_direction = t.enum { values = { "ASC", "DESC" }, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = { rows = t.list { required = true }, pagination = t.object {}, next = t.object {}, note = t.string {} },
  },
  run = function(args)
    return schedules.page(CRONS, {
      workflowId = workflow_filter(args),
      cronName = args.cron_name,
      additionalMetadata = metadata.strict_pairs(args.additional_metadata),
    }, args)
  end,
}

tool "get_cron" {
  title = "Get Cron",
  about = "One cron: expression, workflow, input, enabled.",
  access = "read",
  untrusted = true,
  link = { workflow = "workflowId" },
  input = { cron_id = t.uuid {} },
  output = t.object { fields = { cron = t.string { required = true }, enabled = t.boolean {}, workflowName = t.string {} } },
  run = function(args)
    return cron_of(args.cron_id)
  end,
}

-- --- making --------------------------------------------------------------------------------------------------------------------

-- The crons of a workflow with this name. The engine takes several, if their expressions differ.
local function namesakes(workflow, name)
  local found = {}
  schedules.each(CRONS, { workflowId = workflow }, function(row)
    if row.name == name then found[#found + 1] = row end
  end)
  return found
end

local function refuse_twin(others, workflow_name, expression)
  for _, row in ipairs(others) do
    if row.cron == expression then
      hatchway.fail {
        code = "conflict",
        kind = "conflict",
        message = ("%s has a cron named %q with the expression %q already: %s."):format(workflow_name, row.name, expression,
          row.metadata.id),
        hint = "A cron cannot be changed: for other input delete_cron it first, or give this one another name.",
      }
    end
  end
end

local function explain(failure, name)
  uncertain.fail(failure, ("It may have been made all the same: list_crons with cron_name %q shows whether it was."):format(name))
end

local function refuse_dropped(expression)
  refusal.invalid(("The engine cannot read the expression %q, and dropped the cron at once."):format(expression),
    "Nothing is left of it. Check the time zone and the fields: minute hour day-of-month month day-of-week, seconds first if "
      .. "six.")
end

-- The cron that was made, or nil when it is known that there is none.
local function look(echo, made)
  if echo then return find(echo.metadata.id) end
  for _, row in ipairs(namesakes(made.workflow, made.name)) do
    if row.cron == made.expression then return row end
  end
end

-- The cron as it is a moment after it was made, and what there is to say.
local function settled(echo, made)
  hatchway.sleep(SETTLING)
  local row, failure = hatchway.try(look, echo, made)
  if row then return row end
  if not failure then refuse_dropped(made.expression) end
  return echo or {}, ("It was made, but could not be read back: list_crons with cron_name %q shows whether the engine has kept "
    .. "it."):format(made.name)
end

local function also(others)
  if #others == 0 then return nil end
  local list = {}
  for index, row in ipairs(others) do list[index] = ("%s (%s)"):format(row.metadata.id, row.cron) end
  return ("The workflow has another cron of that name, which goes on: %s."):format(table.concat(list, ", "))
end

tool "create_cron" {
  title = "Create Cron",
  about = "Adds a cron to a workflow. Expression, workflow and input are checked first, and the cron is read back, for the "
    .. "engine drops one that it cannot read.",
  access = "write",
  link = { workflow = "workflowId" },
  input = {
    workflow_name = t.string { "name or id", min = 1 },
    cron_name = t.string { min = 1 },
    expression = t.string {
      "5 fields, 6 with seconds first, @daily or @every 1h; UTC unless CRON_TZ=Zone stands before",
      min = 1,
    },
    input = t.object { "default {}", optional = true },
    additional_metadata = t.map { "for its runs", of = t.string {}, optional = true },
    priority = arguments.priority(),
  },
  output = t.object { fields = { metadata = t.object {}, cron = t.string {}, enabled = t.boolean {}, note = t.string {} } },
  run = function(args)
    local expression = cron.check(args.expression)
    refusal.blank(args.cron_name, "cron_name", "Give it a text.")
    payload.check(args.cron_name, "cron_name")
    local id, name, input = payload.of_run(args)
    local others = namesakes(id, args.cron_name)
    refuse_twin(others, name, expression)
    local echo, failure = hatchway.try(hatchet.post, "/api/v1/tenants/{tenant}/workflows/{workflow}/crons", { workflow = name }, {
      cronName = args.cron_name,
      cronExpression = expression,
      input = input,
      additionalMetadata = args.additional_metadata or {},
      priority = args.priority,
    })
    if failure then explain(failure, args.cron_name) end
    local row, note = settled(echo, { workflow = id, name = args.cron_name, expression = expression })
    row.note = note or also(others)
    return row
  end,
}

-- --- changing ------------------------------------------------------------------------------------------------------------------

local function word(is_enabled)
  return is_enabled and "enabled" or "disabled"
end

local SWITCHED = {
  "action", "executed", "cron_id", "name", "cron", "workflowName", "workflowId", "before", "after", "note",
}

local function switch(id, enabled)
  local row = cron_of(id)
  local executed, after, note = row.enabled ~= enabled, row, nil
  if executed then
    hatchet.patch(CRON, { id = id }, { enabled = enabled })
    after = hatchway.try(find, id)
    if not after then
      note = "The engine took it, but the cron cannot be read back: get_cron shows it."
    elseif after.enabled ~= enabled then
      note = "The engine took it, but does not show it yet: look again with get_cron."
    end
  else
    note = ("It was %s before: nothing was sent."):format(word(enabled))
  end
  return json.object(SWITCHED, {
    action = enabled and "enable" or "disable",
    executed = executed,
    cron_id = id,
    name = row.name,
    cron = row.cron,
    workflowName = row.workflowName,
    workflowId = row.workflowId,
    before = word(row.enabled),
    after = after and word(after.enabled),
    note = note,
  })
end

local function switched()
  return t.object {
    fields = { executed = t.boolean { required = true }, before = t.string {}, after = t.string {}, note = t.string {} },
  }
end

tool "disable_cron" {
  title = "Disable Cron",
  about = "Stops a cron from starting runs, also one written in code, until enable_cron. Nothing is lost: gentler than "
    .. "delete_cron.",
  access = "write",
  idempotent = true,
  link = { workflow = "workflowId" },
  input = { cron_id = t.uuid {} },
  output = switched(),
  run = function(args)
    return switch(args.cron_id, false)
  end,
}

tool "enable_cron" {
  title = "Enable Cron",
  about = "Lets a disabled cron start runs again.",
  access = "write",
  idempotent = true,
  link = { workflow = "workflowId" },
  input = { cron_id = t.uuid {} },
  output = switched(),
  run = function(args)
    return switch(args.cron_id, true)
  end,
}

tool "trigger_cron" {
  title = "Trigger Cron",
  about = "Starts a run of a cron now, with the cron's input, also while it is disabled; its next ticks stay as they are. "
    .. "Returns the run's id and first status.",
  access = "write",
  link = { run = "workflowRunId" },
  input = { cron_id = t.uuid {} },
  output = t.object { fields = { workflowRunId = t.string {}, status = t.string {}, note = t.string {} } },
  run = function(args)
    local row = cron_of(args.cron_id)
    local answer = started.by(CRON, row)
    answer.cron_id, answer.name, answer.enabled = args.cron_id, row.name, row.enabled
    return answer
  end,
}

local WRITTEN = "It was written in the workflow's code and does not come back when a worker registers the same version again; "
  .. "only a new version brings it back. disable_cron would have kept it."

-- Is it known that it is there no more?
local function is_gone(id)
  local row, failure = hatchway.try(listed, id)
  return not row and not failure
end

tool "delete_cron" {
  title = "Delete Cron",
  about = "Removes a cron for good. One written in code does not come back with its worker: disable_cron is gentler.",
  access = "destroy",
  idempotent = true,
  untrusted = true,
  input = { cron_id = t.uuid {} },
  output = t.object { fields = { deleted = t.boolean { required = true } } },
  run = function(args)
    local row = cron_of(args.cron_id)
    local _, failure = hatchway.try(hatchet.delete, CRON, { id = args.cron_id })
    if failure and not (uncertain.is(failure) and is_gone(args.cron_id)) then hatchway.fail(failure) end
    return json.object({ "deleted", "cron_id", "was", "note" }, {
      deleted = true,
      cron_id = args.cron_id,
      was = row,
      note = row.method == "DEFAULT" and WRITTEN or nil,
    })
  end,
}
