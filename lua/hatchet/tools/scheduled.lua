-- Scheduled runs: what starts a workflow once, at its time.
--
-- The engine forgets a scheduled run when it has fired, so all that can be seen or changed is pending. It drops the offset of a
-- time that it is sent, and fires at once what lies in the past: times go out in UTC, and those of the past are refused.

local arguments = require "hatchet.arguments"
local t, payload = require "hatchway.types", require "hatchet.payload"
local schedules, started, uncertain = require "hatchet.schedules", require "hatchet.started", require "hatchet.uncertain"

toolset "schedules"

local time = hatchway.time

local SCHEDULED = "/api/v1/tenants/{tenant}/workflows/scheduled"
local ONE = SCHEDULED .. "/{id}"
local GONE = "It has fired, was deleted, or is the id of something else: the engine keeps pending ones only. list_scheduled "
  .. "shows those; list_runs shows runs that were started."

-- --- looking -------------------------------------------------------------------------------------------------------------------

-- Calls send(path, params, body) about one scheduled run; that it is not there is explained.
local function about(send, id, body)
  local answer, failure = hatchway.try(send, ONE, { id = id }, body)
  if not failure then return answer and schedules.tidy(answer) end
  if failure.status == 404 then
    failure.message = ("There is no pending scheduled run with the id %s."):format(id)
    failure.hint = GONE
  elseif failure.status == 403 and send ~= hatchet.get then
    failure.hint = "The engine does not let the API change a scheduled run that was made in code, or the token is refused: "
      .. "get_scheduled shows its method."
  end
  hatchway.fail(failure)
end

tool "list_scheduled" {
  title = "List Scheduled",
  about = "Runs scheduled for one time, latest time first: pending ones only, for the engine forgets a schedule that has fired. "
    .. "Its run is in list_runs.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    workflow_id = t.string { "name or id", min = 1, optional = true },
    parent_workflow_run_id = t.uuid { "refused: the engine cannot search by it", optional = true },
    statuses = t.list { "only SCHEDULED finds anything", of = t.enum { values = schedules.STATUSES }, optional = true },
    additional_metadata = t.map { "all pairs must match; no colon in values", of = t.string {}, optional = true },
    order_by_field = t.enum { values = { "triggerAt", "createdAt" }, optional = true },
    order_by_direction = t.enum { values = { "ASC", "DESC" }, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = { rows = t.list { required = true }, pagination = t.object {}, next = t.object {}, note = t.string {} },
  },
  run = function(args)
    local answer = schedules.page(SCHEDULED, schedules.filter(args), args)
    if not schedules.finds(args.statuses) then answer.note = schedules.PENDING_ONLY end
    return answer
  end,
}

tool "get_scheduled" {
  title = "Get Scheduled",
  about = "One scheduled run that is still pending.",
  access = "read",
  untrusted = true,
  link = { workflow = "workflowId" },
  input = { scheduled_id = t.uuid {} },
  output = t.object { fields = { triggerAt = t.string { required = true }, workflowName = t.string {} } },
  run = function(args)
    return about(hatchet.get, args.scheduled_id)
  end,
}

-- --- one -----------------------------------------------------------------------------------------------------------------------

local function trigger_at()
  return t.time "+1h, 2027-05-01T09:00:00+09:00; UTC without an offset"
end

tool "create_scheduled" {
  title = "Create Scheduled",
  about = "Schedules one run for a time in the future. Workflow and input are checked first.",
  access = "write",
  link = { workflow = "workflowId" },
  input = {
    workflow_name = t.string { "name or id", min = 1 },
    trigger_at = trigger_at(),
    input = t.object { "default {}", optional = true },
    additional_metadata = t.map { "for the run", of = t.string {}, optional = true },
    priority = arguments.priority(),
  },
  output = t.object { fields = { metadata = t.object {}, triggerAt = t.string {}, note = t.string {} } },
  run = function(args)
    local at = schedules.future(args.trigger_at, "trigger_workflow")
    local _, name, input = payload.of_run(args)
    local path = "/api/v1/tenants/{tenant}/workflows/{workflow}/scheduled"
    local row, failure = hatchway.try(hatchet.post, path, { workflow = name }, {
      triggerAt = at,
      input = input,
      additionalMetadata = args.additional_metadata or {},
      priority = args.priority,
    })
    if failure then
      uncertain.fail(failure,
        ("It may have been scheduled all the same: list_scheduled with workflow_id %q shows whether it was."):format(name))
    end
    if row then return schedules.tidy(row) end
    return {
      note = ("It was scheduled, but the answer cannot be read: list_scheduled with workflow_id %q shows it."):format(name),
    }
  end,
}

tool "reschedule" {
  title = "Reschedule",
  about = "Moves a pending scheduled run to another time in the future.",
  access = "write",
  idempotent = true,
  untrusted = true,
  link = { workflow = "workflowId" },
  input = { scheduled_id = t.uuid {}, trigger_at = trigger_at() },
  output = t.object { fields = { triggerAt = t.string {}, before = t.string {}, note = t.string {} } },
  run = function(args)
    local at = schedules.future(args.trigger_at, "trigger_scheduled")
    local before = about(hatchet.get, args.scheduled_id)
    local row = about(hatchet.patch, args.scheduled_id, { triggerAt = at })
    local note = not row and "It was moved, but the answer cannot be read: get_scheduled shows it." or nil
    row = row or before
    row.triggerAt, row.before, row.note = note and at or row.triggerAt, before.triggerAt, note
    return row
  end,
}

tool "trigger_scheduled" {
  title = "Trigger Scheduled",
  about = "Starts a pending scheduled run now instead of at its time, and uses it up. Returns the run's id and first status.",
  access = "write",
  link = { run = "workflowRunId" },
  input = { scheduled_id = t.uuid {} },
  output = t.object { fields = { workflowRunId = t.string {}, status = t.string {}, note = t.string {} } },
  run = function(args)
    local row = about(hatchet.get, args.scheduled_id)
    local answer = started.by(ONE, row, GONE)
    answer.scheduled_id, answer.triggerAt = args.scheduled_id, row.triggerAt
    return answer
  end,
}

-- Is it known that it did not fire meanwhile?
local function was_not_due(row)
  return time.parse(row.triggerAt) > time.now()
end

tool "delete_scheduled" {
  title = "Delete Scheduled",
  about = "Removes a pending scheduled run: it does not fire.",
  access = "destroy",
  idempotent = true,
  untrusted = true,
  input = { scheduled_id = t.uuid {} },
  output = t.object { fields = { deleted = t.boolean { required = true } } },
  run = function(args)
    local row = about(hatchet.get, args.scheduled_id)
    local _, failure = hatchway.try(about, hatchet.delete, args.scheduled_id)
    if failure and not (failure.status == 404 and was_not_due(row)) then hatchway.fail(failure) end
    return json.object({ "deleted", "scheduled_id", "was" }, { deleted = true, scheduled_id = args.scheduled_id, was = row })
  end,
}
