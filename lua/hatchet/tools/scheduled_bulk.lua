-- Many scheduled runs at once.
--
-- The engine would take a filter and act on whatever it holds, without a preview and without an end. So a filter is resolved here
-- by listing; what is sent is ids, at most 500, and a plan ties them to the dry run that showed them.

local t, plan, resolve = require "hatchway.types", require "hatchet.plan", require "hatchet.resolve"
local schedules, uncertain = require "hatchet.schedules", require "hatchet.uncertain"
local lists, refusal, shapes = require "hatchet.lists", require "hatchet.refusal", require "hatchet.shapes"

toolset "schedules"

local time = hatchway.time

local SCHEDULED = "/api/v1/tenants/{tenant}/workflows/scheduled"
local CAP = 500       -- of one call
local SHOWN = 50      -- rows of an answer
local DEADLINE = 120  -- seconds: a long list is read to its end, page by page
local CPU = 10000     -- milliseconds, for the same reason
local FILTERS = { "workflow_id", "parent_workflow_run_id", "parent_step_run_id", "statuses", "additional_metadata" }

-- The arguments that every bulk tool has, and these.
local function input(more)
  return shapes.with({
    scheduled_ids = t.list { "these, or a filter", of = t.uuid {}, min = 1, max = CAP, optional = true },
    workflow_id = t.string { "filter: name or id", min = 1, optional = true },
    statuses = t.list { "filter: SCHEDULED is all", of = t.enum { values = schedules.STATUSES }, min = 1, optional = true },
    additional_metadata = t.map { "filter: all pairs; no colon in values", of = t.string {}, optional = true },
    dry_run = t.boolean { "false acts", default = true },
    plan = t.string { "of the dry run", optional = true },
  }, more)
end

local function output(more)
  local fields = {
    executed = t.boolean { required = true },
    matched_count = t.integer { required = true },
    plan = t.string {},
    note = t.string {},
  }
  return t.object { fields = shapes.with(fields, more) }
end

-- --- what is meant -------------------------------------------------------------------------------------------------------------

-- Exactly one way to select, and none that would select everything by mistake.
local function check_selection(args)
  local given = {}
  for _, name in ipairs(FILTERS) do
    if args[name] ~= nil then given[#given + 1] = name end
  end
  if args.scheduled_ids and #given > 0 then
    refusal.invalid(("scheduled_ids and %s cannot be combined."):format(table.concat(given, ", ")), "Give the ids, or a filter.")
  elseif not args.scheduled_ids and #given == 0 then
    refusal.invalid("Nothing is selected.",
      'Give scheduled_ids or a filter; statuses ["SCHEDULED"] selects all that are pending.')
  elseif args.additional_metadata and not next(args.additional_metadata) then
    refusal.invalid("additional_metadata is empty: it would select everything.", "Name a pair, or leave it out.")
  end
end

local function by_id(rows)
  local map = {}
  for _, row in ipairs(rows) do map[row.metadata.id] = row end
  return map
end

-- Those of the ids that are pending as rows, and the others as a list; each once.
local function pending(ids)
  ids = lists.distinct(ids)
  local wanted, rows = {}, {}
  for _, id in ipairs(ids) do wanted[id] = true end
  schedules.each(SCHEDULED, {}, function(row)
    if wanted[row.metadata.id] then rows[#rows + 1] = row end
    return #rows == #ids
  end)
  return rows, lists.without(ids, by_id(rows))
end

local function refuse_missing(ids)
  refusal.unknown(("None of scheduled_ids is pending: %s."):format(lists.some(ids, 10)),
    "They have fired, were deleted, or are ids of something else. list_scheduled shows what is pending.")
end

local function matching(args)
  local filter, rows = schedules.filter(args), {}
  schedules.each(SCHEDULED, filter, function(row)
    rows[#rows + 1] = row
    return #rows > CAP
  end)
  if #rows > CAP then
    refusal.invalid(("More than %d scheduled runs match."):format(CAP), "Narrow the filter, or give the ids of some of them.")
  elseif #rows == 0 then
    resolve.expect { filter.workflowId }
  end
  return rows, {}
end

local function is_sooner(a, b)
  if a.triggerAt ~= b.triggerAt then return time.parse(a.triggerAt) < time.parse(b.triggerAt) end
  return a.metadata.id < b.metadata.id
end

-- What the arguments select: rows, soonest first, their ids, and the ids given that are not pending (nil for none).
local function selected(args)
  check_selection(args)
  local rows, missing
  if args.scheduled_ids then rows, missing = pending(args.scheduled_ids) else rows, missing = matching(args) end
  if #rows == 0 and #missing > 0 then refuse_missing(missing) end
  table.sort(rows, is_sooner)
  local ids = json.array {}
  for index, row in ipairs(rows) do ids[index] = row.metadata.id end
  return { rows = rows, ids = ids, missing = #missing > 0 and json.array(missing) or nil }
end

-- --- answers -------------------------------------------------------------------------------------------------------------------

-- The first rows; times[id], if there are any, is when a run is to fire instead.
local function brief(rows, times)
  local list = json.array {}
  for index = 1, math.min(#rows, SHOWN) do
    local row = rows[index]
    list[index] = json.object({ "scheduled_id", "workflowName", "triggerAt", "newTriggerAt", "additionalMetadata" }, {
      scheduled_id = row.metadata.id,
      workflowName = row.workflowName,
      triggerAt = row.triggerAt,
      newTriggerAt = times and times[row.metadata.id],
      additionalMetadata = row.additionalMetadata,
    })
  end
  return list
end

local ORDER = {
  "action", "dry_run", "executed", "matched_count", "scheduled_ids", "deletedIds", "updatedIds", "errors", "rows", "not_found",
  "plan", "note",
}

local function answer(act, more)
  more.action, more.dry_run, more.matched_count = act.name, act.args.dry_run, #act.set.ids
  more.rows, more.not_found = brief(act.set.rows, act.times), act.set.missing
  if #act.set.rows > SHOWN then more.note = ("%s rows has the first %d of them."):format(more.note, SHOWN) end
  return json.object(ORDER, more)
end

local function nothing_note(args)
  return schedules.finds(args.statuses) and "Nothing that is pending matches." or schedules.PENDING_ONLY
end

local function preview(act)
  local found = #act.set.ids > 0
  return answer(act, {
    executed = false,
    scheduled_ids = act.set.ids,
    plan = found and plan.of(act.name, act.tied) or nil,
    note = found and "Nothing was done. To act call again with dry_run false and this plan." or nothing_note(act.args),
  })
end

-- The ids that the engine does not say it has done: its words, and what is true now.
local function faults(ids, done, errors)
  local is_done, words, list = {}, {}, json.array {}
  for _, id in ipairs(done) do is_done[id] = true end
  for _, fault in ipairs(errors) do words[fault.id] = fault.error end
  local left = lists.without(ids, is_done)
  local rows = #left > 0 and hatchway.try(pending, left)
  local there = by_id(rows or {})
  for index, id in ipairs(left) do
    list[index] = json.object({ "id", "error", "now", "triggerAt" }, {
      id = id,
      error = words[id],
      now = rows and (there[id] and "pending" or "gone") or nil,
      triggerAt = there[id] and there[id].triggerAt,
    })
  end
  return list
end

-- act.key names the list of what was done in the answers of the engine and of the tool.
local function report(act, echo)
  local done = json.array(echo and echo[act.key] or {})
  local errors = faults(act.set.ids, done, echo and echo.errors or {})
  local note = ("%d of %d %s."):format(#done, #act.set.ids, act.done)
  if not echo then
    note = "The engine took it, but its answer cannot be read: errors tells of each run whether it is pending now, and when it "
      .. "fires."
  elseif #errors > 0 then
    note = note .. " errors tells why not the others, and whether they are still pending; what is gone has fired or was deleted."
  end
  return answer(act, { executed = true, [act.key] = done, errors = errors, note = note })
end

local function explain(failure, act)
  uncertain.fail(failure, ("Some may have been %s all the same: a dry run shows what there is now."):format(act.done))
end

-- Shows or does it. act.tied is what the plan is made for.
local function perform(act)
  if act.args.dry_run then return preview(act) end
  local made = {}
  for index, row in ipairs(act.set.rows) do made[act.tied[index]] = row.metadata.createdAt end
  plan.check(act.args.plan, act.name, act.tied, { noun = "scheduled runs", created = made })
  if #act.set.ids == 0 then return preview(act) end
  local echo, failure = hatchway.try(hatchet.post, act.path, nil, act.body, { idempotent = true })
  if failure then explain(failure, act) end
  return report(act, echo)
end

-- --- the tools -----------------------------------------------------------------------------------------------------------------

tool "bulk_delete_scheduled" {
  title = "Bulk Delete Scheduled",
  about = "Removes pending scheduled runs, by ids or by filter, 500 at most. A dry run unless dry_run is false: it shows what "
    .. "would go, and gives a plan; with the plan a call acts only if nothing changed since.",
  access = "destroy",
  idempotent = true,
  untrusted = true,
  preview = "dry_run",
  deadline = DEADLINE,
  cpu = CPU,
  input = input {
    parent_workflow_run_id = t.uuid { "refused: the engine cannot search by it", optional = true },
    parent_step_run_id = t.uuid { "filter: the task that made them", optional = true },
  },
  output = output { scheduled_ids = t.list {}, deletedIds = t.list {}, errors = t.list {} },
  run = function(args)
    local set = selected(args)
    return perform {
      name = "delete_scheduled",
      args = args,
      set = set,
      tied = set.ids,
      path = SCHEDULED .. "/bulk-delete",
      body = { scheduledWorkflowRunIds = set.ids },
      key = "deletedIds",
      done = "deleted",
    }
  end,
}

local UNITS = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }
local FARTHEST = 100 * 365 * 86400 -- seconds of a shift

-- The seconds of a shift: +1h, -30m, +1d12h.
local function seconds_of(text)
  local sign, rest = text:match "^([+-])(%w+)$"
  local sum = 0
  while rest and rest ~= "" do
    local count, unit, after = rest:match "^(%d+)([smhdw])(.*)$"
    if not count or #count > 6 then return nil end
    sum, rest = sum + tonumber(count) * UNITS[unit], after
  end
  return sum > 0 and sum <= FARTHEST and (sign == "-" and -sum or sum) or nil
end

-- trigger_at or shift: the seconds of the shift, or nil and the time for all.
local function check_times(args)
  if (args.trigger_at == nil) == (args.shift == nil) then
    refusal.invalid(args.shift and "trigger_at and shift cannot be combined." or "There is neither trigger_at nor shift.",
      "Give trigger_at, one time for all, or shift, which moves each from where it is: +1h, -30m.")
  end
  local shift = args.shift and seconds_of(args.shift)
  if args.shift and not shift then
    refusal.invalid(("shift cannot be %q."):format(args.shift),
      "Write + for later, - for sooner, and s, m, h, d or w: +1h, -30m, +1d12h; 100 years at most.")
  end
  return shift, args.trigger_at and schedules.future(args.trigger_at, "trigger_scheduled for each")
end

-- When each of the rows is to fire: { [id] = time }.
local function times_of(rows, shift, at)
  local times, now = {}, time.now()
  for _, row in ipairs(rows) do
    local moved = shift and time.parse(row.triggerAt) + shift
    if moved and moved <= now then
      refusal.invalid(("%s of %s would move to %s, which is past."):format(row.metadata.id, row.workflowName, time.format(moved)),
        "Nothing was moved: the engine would fire it at once. Shift less, or leave it out; trigger_scheduled fires it now.")
    end
    times[row.metadata.id] = at or time.format(moved)
  end
  return times
end

tool "bulk_reschedule" {
  title = "Bulk Reschedule",
  about = "Moves pending scheduled runs, by ids or by filter, 500 at most, to one time or each by a shift. A dry run unless "
    .. "dry_run is false: it shows old and new times, and gives a plan; with the plan a call acts only if nothing changed since.",
  access = "destroy",
  untrusted = true,
  preview = "dry_run",
  deadline = DEADLINE,
  cpu = CPU,
  input = input {
    trigger_at = t.time { "one time for all", optional = true },
    shift = t.string { "+1h later, -30m sooner", optional = true },
  },
  output = output { updatedIds = t.list {}, errors = t.list {} },
  run = function(args)
    local shift, at = check_times(args)
    local set = selected(args)
    local times, updates, tied = times_of(set.rows, shift, at), json.array {}, {}
    for index, row in ipairs(set.rows) do
      local id = row.metadata.id
      updates[index] = { id = id, triggerAt = times[id] }
      tied[index] = id .. "@" .. row.triggerAt
    end
    return perform {
      name = "reschedule",
      args = args,
      set = set,
      times = times,
      tied = tied, -- with its time: a plan shifts once
      path = SCHEDULED .. "/bulk-update",
      body = { updates = updates },
      key = "updatedIds",
      done = "moved",
    }
  end,
}
