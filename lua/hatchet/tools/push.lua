-- Events into the tenant: new ones, and those of before once more. They go by gRPC, for the REST API takes none.
--
-- The engine takes an event whatever becomes of it, and says only its id. So what can be wrong is looked at before, and after it
-- the event is read back: which runs were started, or why none was.

local arguments = require "hatchet.arguments"
local t, event, payload = require "hatchway.types", require "hatchet.event", require "hatchet.payload"
local lists = require "hatchet.lists"
local refusal, uncertain = require "hatchet.refusal", require "hatchet.uncertain"

toolset "events"

local EVENTS = "/api/v1/stable/tenants/{tenant}/events"
local DATA = "/api/v1/tenants/{tenant}/events/{id}/data"

local LOOKS = { 0.1, 0.2, 0.4, 0.8 } -- seconds between looks for the runs of an event: 1.5 in all
local PAGE = 100
local DAYS = 1      -- the window in which what was just pushed is looked for
local EXPLAINED = 3 -- events whose silence is explained in one answer
local MOST = 500

-- --- before --------------------------------------------------------------------------------------------------------------------

local function check_word(name, text, hint)
  if not text then return end
  refusal.blank(text, name, hint)
  payload.check_text(text, name)
end

-- --- after ---------------------------------------------------------------------------------------------------------------------

local function explain_failure(failure, key)
  uncertain.fail(failure, ("%slist_events with keys [%q] and since \"5m\" shows whether the event arrived."):format(
    failure.hint and failure.hint .. " " or "", key))
end

-- The events of these ids, as { [id] = row }; one that cannot be read is missing.
local function rows_of(ids)
  local found, questions = {}, {}
  local since = hatchway.time.format(hatchway.time.now() - DAYS * 86400)
  for first = 1, #ids, PAGE do
    questions[#questions + 1] = function()
      local part = table.move(ids, first, math.min(first + PAGE - 1, #ids), 1, {})
      return hatchet.get(EVENTS, { eventIds = part, since = since, limit = PAGE }).rows
    end
  end
  for _, rows in ipairs(hatchway.try(hatchway.all, questions) or {}) do
    for _, row in ipairs(rows) do found[row.metadata.id] = row end
  end
  return found
end

local function all_started(ids, rows)
  for _, id in ipairs(ids) do
    if not rows[id] or json.type(rows[id].triggeredRuns) ~= "array" then return false end
  end
  return true
end

-- The same, once all have started runs, or at the last look.
local function settled(ids)
  for _, pause in ipairs(LOOKS) do
    local rows = rows_of(ids)
    if all_started(ids, rows) then return rows end
    hatchway.sleep(pause)
  end
  return rows_of(ids)
end

-- What became of an event that was pushed: { triggeredRuns, reasons }. The push is done: nothing here fails.
local function outcome(row, explain, seen)
  if not row then
    return { note = "The event was taken, but cannot be read yet. Do not push it again: get_event shows it in a moment." }
  end
  local runs = hatchway.try(event.runs, row)
  local told = runs and #runs == 0 and explain and hatchway.try(event.explain, row, seen)
  return { triggeredRuns = runs, reasons = told and told.reasons or nil }
end

-- --- tools ---------------------------------------------------------------------------------------------------------------------

tool "push_event" {
  title = "Push Event",
  about = "Sends an event, which may start runs, and tells which, or why none. Integers stay exact.",
  access = "write",
  untrusted = true,
  cpu = 5000,
  input = {
    key = t.string { min = 1 },
    data = t.object { "payload, default {}", optional = true },
    additional_metadata = t.map { of = t.string {}, optional = true },
    priority = arguments.priority(),
    scope = t.string { "workflows with filters need one", min = 1, optional = true },
  },
  output = t.object { fields = { metadata = t.object {}, triggeredRuns = t.list {}, reasons = t.list {} } },
  run = function(args)
    check_word("key", args.key, "list_event_keys shows the keys of the last day.")
    check_word("scope", args.scope, "list_filters shows the scopes that start something; without one leave it out.")
    payload.check_text(args.data or {}, "data")
    payload.check_text(args.additional_metadata or {}, "additional_metadata")
    local pushed, failure = hatchway.try(hatchet.push, {
      key = args.key,
      payload = args.data,
      metadata = args.additional_metadata,
      priority = args.priority,
      scope = args.scope,
    })
    if failure then explain_failure(failure, args.key) end
    local row = pushed.id and settled { pushed.id }[pushed.id]
    local became = outcome(row, true)
    return json.object({
      "metadata", "key", "scope", "additionalMetadata", "workflowRunSummary", "triggeredRuns", "reasons", "note",
    }, {
      metadata = row and row.metadata or { id = pushed.id },
      key = args.key,
      scope = args.scope,
      additionalMetadata = args.additional_metadata,
      workflowRunSummary = row and row.workflowRunSummary,
      triggeredRuns = became.triggeredRuns,
      reasons = became.reasons,
      note = became.note,
    })
  end,
}

-- An event as it was sent: key, payload and metadata exact. Its priority is not kept by the engine.
local function original(id)
  local row = event.row(id)
  local text = hatchet.get(DATA, { id = id }).data
  if payload.is_hidden { text, row.additionalMetadata or {} } then
    hatchway.fail {
      code = "hidden",
      kind = "conflict",
      message = "its payload or metadata has fields that the operator hides (hide_fields), so it cannot be sent again whole.",
      hint = "Push a new event with push_event, or ask the operator.",
    }
  end
  return {
    key = row.key,
    payload = text,
    metadata = row.additionalMetadata,
    scope = row.scope ~= "" and row.scope or nil,
  }
end

-- All of them, before one is sent: a wrong id must not leave half of the work done.
local function originals(ids)
  local questions = {}
  for index, id in ipairs(ids) do
    questions[index] = function()
      local found, failure = hatchway.try(original, id)
      if found then return found end
      failure.message = ("Event %s: %s"):format(id, failure.message)
      failure.hint = "Nothing was sent. " .. (failure.hint or "")
      hatchway.fail(failure)
    end
  end
  return hatchway.all(questions)
end

-- Pushes in the order of the list until one fails: the ids of the new events, and the failure.
local function push_all(events)
  local pushed = {}
  for index, again in ipairs(events) do
    local answer, failure = hatchway.try(hatchet.push, again)
    if failure then return pushed, failure end
    pushed[index] = answer.id or false
    hatchway.progress(index, #events, ("sent %s"):format(again.key))
  end
  return pushed
end

-- A row for each event that was sent.
local function replayed(ids, events, pushed)
  local new = {}
  for _, id in ipairs(pushed) do new[#new + 1] = id or nil end
  local rows, list, explained, seen = settled(new), json.array {}, 0, {}
  for index, id in ipairs(pushed) do
    local row = id and rows[id]
    local silent = row and json.type(row.triggeredRuns) ~= "array"
    if silent then explained = explained + 1 end
    local became = outcome(row, silent and explained <= EXPLAINED, seen)
    list[index] = json.object({ "eventId", "newEventId", "key", "triggeredRuns", "reasons", "note" }, {
      eventId = ids[index],
      newEventId = id or nil,
      key = events[index].key,
      triggeredRuns = became.triggeredRuns,
      reasons = became.reasons,
      note = became.note,
    })
  end
  return list
end

local function stopped(ids, pushed, failure)
  local left = table.move(ids, #pushed + 1, #ids, 1, {})
  return ("Stopped at event %s: %s %s Not sent: %s."):format(left[1], failure.message, failure.hint or "", lists.some(left, 5))
end

tool "replay_events" {
  title = "Replay Events",
  about = "Sends past events again, with exact payload, metadata and scope, as new events; tells which runs started.",
  access = "write",
  untrusted = true,
  deadline = 120,
  cpu = 10000,
  input = { event_ids = t.list { of = t.uuid {}, min = 1, max = MOST } },
  output = t.object { fields = { rows = t.list { required = true } } },
  run = function(args)
    local ids = lists.distinct(args.event_ids)
    local events = originals(ids)
    local pushed, failure = push_all(events)
    if failure and #pushed == 0 then explain_failure(failure, events[1].key) end
    return json.object({ "rows", "note" }, {
      rows = replayed(ids, events, pushed),
      note = failure and stopped(ids, pushed, failure) or nil,
    })
  end,
}
