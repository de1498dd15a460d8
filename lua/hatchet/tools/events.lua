-- Events: what came in, what it started, and why it started nothing.

local arguments = require "hatchet.arguments"
local lists = require "hatchet.lists"
local t, shapes, window = require "hatchway.types", require "hatchet.shapes", require "hatchet.window"
local event, metadata, resolve = require "hatchet.event", require "hatchet.metadata", require "hatchet.resolve"

toolset "events"

local EVENTS = "/api/v1/stable/tenants/{tenant}/events"
local NAMES = "/api/v1/stable/tenants/{tenant}/workflow-runs/display-names"
local HEAVY = { "payload", "triggeredRuns", "additionalMetadata" }

-- --- lists ---------------------------------------------------------------------------------------------------------------------

local function runs_in(rows)
  local ids = {}
  for _, row in ipairs(rows) do
    if json.type(row.triggeredRuns) ~= "array" then row.triggeredRuns = json.array {} end
    for _, run in ipairs(row.triggeredRuns) do ids[#ids + 1] = run.workflowRunId end
  end
  return ids
end

-- Names are a help: what cannot be named stays an id.
local function name_runs(rows)
  local ids, names = runs_in(rows), {}
  local answer = #ids > 0 and hatchway.try(hatchet.get, NAMES, { external_ids = ids })
  for _, run in ipairs(answer and answer.rows or {}) do names[run.metadata.id] = run.displayName end
  for _, row in ipairs(rows) do
    for _, run in ipairs(row.triggeredRuns) do run.displayName = names[run.workflowRunId] end
  end
end

local function lighten(rows)
  for _, row in ipairs(rows) do
    for _, key in ipairs(HEAVY) do row[key] = nil end
  end
end

local function nearest_key(keys)
  local there = hatchet.get(EVENTS .. "/keys").rows
  for _, key in ipairs(keys) do
    local near = hatchway.nearest(key, there)
    if near and near ~= key then return (" The nearest key of the last 24 hours is %s."):format(near) end
  end
  return " list_event_keys shows the keys of the last 24 hours."
end

-- Ids that were asked for and are not there: the window holds for them, too.
local function missing(args, rows)
  local found = {}
  for _, row in ipairs(rows) do found[row.metadata.id] = true end
  local list = lists.without(args.event_ids or {}, found)
  if #list == 0 then return nil end
  return ("Not in this window, or not fitting the other filters: %s. Give since, or ask get_event, which finds any."):format(
    table.concat(list, ", "))
end

-- What is to be said of the last page: what it lacks.
local function lacking(args, rows)
  if args.offset > 0 then
    return #rows == 0 and shapes.past_end(args) or nil
  end
  local ids = missing(args, rows)
  if ids or #rows > 0 or not args.keys or #args.keys == 0 then return ids end
  return "No event of the window has such a key and fits." .. nearest_key(args.keys)
end

tool "list_events" {
  title = "List Events",
  about = "Events that came in, newest first, with the number of runs of each by status. explain_event says why one started "
    .. "nothing. Filters add up; several values of one mean any of them.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    keys = t.list { "exact keys", of = t.string { min = 1 }, optional = true },
    since = t.time { "24h, 2026-05-20T08:00:00Z; default 24h before until", optional = true },
    ["until"] = t.time { "default now", optional = true },
    workflow_ids = t.list { "of the runs: ids or names", of = t.string { min = 1 }, optional = true },
    statuses = t.list {
      "of the runs",
      of = t.enum { values = arguments.STATUSES },
      optional = true,
    },
    event_ids = t.list { "within the window", of = t.uuid {}, optional = true },
    scopes = t.list { of = t.string { min = 1 }, optional = true },
    additional_metadata = t.map { "all pairs must match", of = t.string {}, optional = true },
    minimal_output = t.boolean {
      "false: rows with payload (integers beyond 2^53 rounded; get_event is exact), triggeredRuns, additionalMetadata",
      default = true,
    },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = {
      rows = t.list { required = true },
      pagination = t.object {},
      next = t.object { "arguments for more rows" },
      window = t.object { required = true },
      note = t.string {},
    },
  },
  run = function(args)
    local since, until_, used = window.of(args, { hours = 24 })
    local answer = hatchet.get(EVENTS, {
      offset = args.offset,
      limit = args.limit,
      keys = args.keys,
      since = since,
      ["until"] = until_,
      workflowIds = resolve.workflows(args.workflow_ids),
      workflowRunStatuses = args.statuses,
      eventIds = args.event_ids,
      additionalMetadata = metadata.pairs(args.additional_metadata),
      scopes = args.scopes,
    })
    if #answer.rows == 0 and args.offset == 0 then resolve.expect(args.workflow_ids) end
    if args.minimal_output then lighten(answer.rows) else name_runs(answer.rows) end
    local more = shapes.next(answer, args)
    return json.object({ "rows", "pagination", "next", "window", "note" }, {
      rows = answer.rows,
      pagination = answer.pagination,
      next = more,
      window = used,
      note = not more and lacking(args, answer.rows) or nil,
    })
  end,
}

tool "list_event_keys" {
  title = "List Event Keys",
  about = "Keys of the events of the last 24 hours.",
  access = "read",
  list = true,
  untrusted = true,
  input = {},
  output = t.object { fields = { rows = t.list { of = t.string {}, required = true }, window = t.object {} } },
  run = function()
    local _, _, used = window.of({}, { hours = 24 })
    local answer = hatchet.get(EVENTS .. "/keys")
    return json.object({ "rows", "window" }, { rows = answer.rows, window = used })
  end,
}

-- --- one event -----------------------------------------------------------------------------------------------------------------

tool "get_event" {
  title = "Get Event",
  about = "One event with its exact payload and the runs that it started.",
  access = "read",
  untrusted = true,
  input = { event_id = t.uuid {} },
  output = t.object { fields = { triggeredRuns = t.list {}, note = t.string {} } },
  run = function(args)
    local row, inexact = event.get(args.event_id)
    row.triggeredRuns = event.runs(row)
    row.note = inexact or #row.triggeredRuns == 0 and "It started nothing: explain_event says why." or nil
    return row
  end,
}

tool "explain_event" {
  title = "Explain Event",
  about = "Why an event started nothing, or what it started: the workflows that listen to its key, their filters tried on it, "
    .. "and a sentence for each. It goes by the workflows and filters of now.",
  access = "read",
  untrusted = true,
  deadline = 60,
  cpu = 5000,
  input = { event_id = t.uuid {} },
  output = t.object {
    fields = {
      event = t.object { required = true },
      triggeredRuns = t.list { required = true },
      workflows = t.list { required = true },
      reasons = t.list { of = t.string {}, required = true },
    },
  },
  run = function(args)
    local row = event.get(args.event_id)
    local told = event.explain(row)
    return json.object({ "event", "triggeredRuns", "workflows", "reasons" }, {
      event = json.object({ "id", "key", "scope", "seenAt", "triggeringWebhookName" }, {
        id = row.metadata.id,
        key = row.key,
        scope = row.scope,
        seenAt = row.seenAt,
        triggeringWebhookName = row.triggeringWebhookName ~= "" and row.triggeringWebhookName or nil,
      }),
      triggeredRuns = told.triggeredRuns,
      workflows = told.workflows,
      reasons = told.reasons,
    })
  end,
}
