-- Which runs a bulk action is about: ids, or a filter that is resolved to ids by listing.
--
--   selection.input(more) → the arguments run_ids, since, until, statuses, workflow_ids, additional_metadata, and those of more
--   selection.of(args)    → { ids, before = { [id] = state of hatchet.outcome }, missing = ids that nothing has, window,
--                             unbounded, list() → states by id, for a filter: what it selected, whatever status that has now }
--
-- The engine's own filters of cancel and replay are never used: there, and in the list of ids by filter, several metadata pairs
-- mean any of them. Ids and a filter together, neither of them, and more than 500 runs are refused; empty lists and objects are
-- no filter.
-- `unbounded` is true when the window of time is the whole filter.

local arguments = require "hatchet.arguments"
local t, window, metadata = require "hatchway.types", require "hatchet.window", require "hatchet.metadata"
local lists, shapes = require "hatchet.lists", require "hatchet.shapes"
local resolve, outcome, refusal = require "hatchet.resolve", require "hatchet.outcome", require "hatchet.refusal"

local selection = {}

local MAX = 500
local PAGE = 100
local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local FILTER = { "since", "until", "statuses", "workflow_ids", "additional_metadata" }
local NARROW = "Narrow it: a shorter window, one workflow, another metadata pair, or statuses (a cancel changes only what is "
  .. "QUEUED or RUNNING, a replay the others)."

function selection.input(more)
  return shapes.with({
    run_ids = t.list { "runs or tasks; or else a filter:", of = t.uuid {}, optional = true },
    since = t.time { "24h, 2026-05-20T08:00:00Z; default 24h before until", optional = true },
    ["until"] = t.time { "default now", optional = true },
    statuses = t.list { of = t.enum { values = arguments.STATUSES }, optional = true },
    workflow_ids = arguments.workflow_ids(),
    additional_metadata = t.map { "all pairs must match", of = t.string {}, optional = true },
  }, more)
end

local function given(value)
  return value ~= nil and (type(value) ~= "table" or next(value) ~= nil)
end

local function filters_of(args)
  local names = {}
  for _, name in ipairs(FILTER) do
    if given(args[name]) then names[#names + 1] = name end
  end
  return names
end

-- --- ids -----------------------------------------------------------------------------------------------------------------------

local function by_ids(list)
  local wanted = lists.distinct(list)
  if #wanted > MAX then
    refusal.invalid(("run_ids has %d runs: at most %d go at once."):format(#wanted, MAX), "Split the list.")
  end
  local states, found = outcome.known(wanted), { ids = {}, missing = {}, before = {} }
  for _, id in ipairs(wanted) do
    local list_of_it = states[id] and found.ids or found.missing
    list_of_it[#list_of_it + 1] = id
    found.before[id] = states[id]
  end
  if #found.ids == 0 then
    refusal.unknown(("Nothing in this tenant has %s: %s."):format(#wanted == 1 and "this id" or "one of these ids",
      lists.some(wanted, 5)),
      "list_runs shows the runs; those past the retention are gone. Nothing was sent.")
  end
  return found
end

-- --- filter --------------------------------------------------------------------------------------------------------------------

local function ask(query, limit, offset)
  return hatchet.get(RUNS, shapes.with(query, { limit = limit, offset = offset }))
end

-- Says how many there are as exactly as one more request can tell.
local function refuse_many(query)
  local answer = ask(query, PAGE, MAX)
  local count = tostring(MAX + #answer.rows)
  if #answer.rows == PAGE then count = ("More than %d"):format(math.max(MAX, (answer.pagination.num_pages - 1) * PAGE)) end
  refusal.invalid(("%s runs match: at most %d go at once."):format(count, MAX), NARROW)
end

-- ids in the order of the rows, and states by id.
local function states_of(rows, pairs_wanted)
  local ids, states = {}, {}
  for _, row in ipairs(rows) do
    local id = row.workflowRunExternalId
    if not states[id] and metadata.fits(row, pairs_wanted) then
      ids[#ids + 1] = id
      states[id] = outcome.of_row(row)
    end
  end
  return ids, states
end

local function by_filter(args, names)
  local since, until_, used = window.of(args, { hours = 24 })
  local wanted = metadata.pairs(args.additional_metadata)
  local query = {
    since = since,
    ["until"] = until_,
    only_tasks = false,
    statuses = args.statuses,
    workflow_ids = resolve.workflows(args.workflow_ids),
    additional_metadata = wanted,
    additional_metadata_operator = #wanted > 1 and "AND" or nil,
  }
  local answer = ask(query, MAX)
  if answer.pagination.num_pages > 1 then refuse_many(query) end
  local ids, before = states_of(answer.rows, args.additional_metadata)
  if #ids == 0 then resolve.expect(args.workflow_ids) end
  query["until"], query.statuses = nil, nil
  return {
    ids = ids,
    before = before,
    missing = {},
    window = used,
    unbounded = not (names.statuses or names.workflow_ids or names.additional_metadata),
    list = function()
      local _, states = states_of(ask(query, MAX).rows, args.additional_metadata)
      return states
    end,
  }
end

function selection.of(args)
  local names = filters_of(args)
  if given(args.run_ids) then
    if #names == 0 then return by_ids(args.run_ids) end
    refusal.invalid(("run_ids and a filter (%s) cannot be combined."):format(table.concat(names, ", ")),
      "Give one of them: a dry run with the filter shows the ids that it selects.")
  elseif #names == 0 then
    refusal.invalid("Nothing says which runs are meant.",
      ("Give run_ids, or a filter: %s. Empty lists and objects are no filter."):format(table.concat(FILTER, ", ")))
  end
  for _, name in ipairs(names) do names[name] = true end
  return by_filter(args, names)
end

return selection
