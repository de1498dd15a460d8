-- From what the engine sends to what a caller reads. All of these change the table that they are given and return it, unless said
-- otherwise.
--
--   shapes.known(object)              drops what means "unset": year-1 times and the duration that comes with them
--   shapes.unwrap(object)             object.input becomes what the caller sent, where the engine sent its envelope; the outputs
--                                     of parent tasks and a filter's payload, when there are any, become `parents` and
--                                     `filterPayload` beside it
--   shapes.headline(text) → text      an error without its traceback
--   shapes.brief(text) → text         an error in short: its message without the traceback, cut with a mark
--   shapes.run_row(row, want) → row   a row of a run or task list, and its children; unless want.full it is small already
--   shapes.row_mask(want) → the members of such a row, for hatchet.get: the small ones; want.payloads adds input and output,
--                                     want.fields (a list) adds those keys
--   shapes.small_row(row, want) → a new row of those members
--   shapes.next(answer, args) → { offset, limit } or nil: where a list goes on; nil when this was all of it
--   shapes.after(offset, limit) → those arguments of a list that is cut here, not by the engine
--   shapes.with(base, more)   → a new table with the pairs of both; those of more win
--   shapes.past_end(args) → a sentence for an empty page that does not begin at offset 0; nil for one that does
--   shapes.ROW_FIELDS                 the keys that want.fields may name; payloads have a switch of their own

local lists = require "hatchet.lists"

local shapes = {}

local UNSET_TIME = "0001-01-01T00:00:00Z"
local UNSET_DURATION = 9223372036854 -- milliseconds, of either sign: as far as the engine's clock goes
local BRIEF = 300       -- characters of an error in a row
local TOTAL_CAP = 20000 -- the engine counts no further

-- Keys of the small row.
local SMALL = {
  "taskExternalId", "workflowRunExternalId", "status", "workflowName", "workflowId", "displayName", "createdAt", "startedAt",
  "finishedAt", "errorMessage", "parentTaskExternalId", "numSpawnedChildren",
}

local TIMES = { "createdAt", "startedAt", "finishedAt", "taskInsertedAt" } -- that a small row may have

shapes.ROW_FIELDS = {
  "additionalMetadata", "attempt", "retryCount", "duration", "isEvicted", "children", "workflowVersionId", "actionId",
  "stepId", "taskId", "taskInsertedAt", "type",
}

local function drop_unset_duration(object)
  local duration = object.duration
  if duration and math.type(duration) and math.abs(duration) >= UNSET_DURATION then object.duration = nil end
end

function shapes.known(object)
  for key, value in pairs(object) do
    if value == UNSET_TIME then object[key] = nil end
  end
  drop_unset_duration(object)
  return object
end

-- The same for a small row.
local function known_row(row)
  for _, key in ipairs(TIMES) do
    if row[key] == UNSET_TIME then row[key] = nil end
  end
  drop_unset_duration(row)
end

-- Is this the engine's envelope round an input, and not an input that merely has a key of that name?
local function is_envelope(value)
  return json.type(value) == "object" and value.input ~= nil and value.triggered_by ~= nil and value.triggers ~= nil
    and value.parents ~= nil
end

function shapes.unwrap(object)
  local envelope = object.input
  if not is_envelope(envelope) then return object end
  object.input = envelope.input
  if json.type(envelope.parents) == "object" and next(envelope.parents) then object.parents = envelope.parents end
  local triggers = envelope.triggers
  local payload = json.type(triggers) == "object" and triggers.filter_payload or json.null
  if payload ~= json.null then object.filterPayload = payload end
  return object
end

-- The first `max` characters of a text.
local function truncate(text, max)
  local stop = #text > max and utf8.offset(text, max + 1)
  if not stop or stop > #text then return text end
  return text:sub(1, stop - 1)
end

function shapes.headline(text)
  local stop = text:find("\nTraceback (most recent call last)", 1, true)
  if not stop then return text end
  while text:sub(stop - 1, stop - 1) == "\n" do stop = stop - 1 end
  if text:sub(stop - 1, stop - 1) == "\\" then stop = stop - 1 end
  return text:sub(1, stop - 1)
end

function shapes.brief(text)
  if not text or text == "" then return nil end
  local short = truncate(shapes.headline(text), BRIEF)
  if short == text then return text end
  return ("%s … [%d of %d bytes; get_run has all]"):format(short, #short, #text)
end

local function keys_of(want)
  local keys = table.move(SMALL, 1, #SMALL, 1, {})
  for _, key in ipairs(want.fields or {}) do keys[#keys + 1] = key end
  if want.payloads then
    table.move({ "input", "output", "parents", "filterPayload" }, 1, 4, #keys + 1, keys)
  end
  return keys
end

function shapes.row_mask(want)
  local mask = keys_of(want)
  mask.children = lists.has(want.fields, "children") and mask or nil
  return mask
end

function shapes.small_row(row, want)
  return json.pick(row, keys_of(want))
end

-- Without payloads the engine sends {} for both, which says nothing about them.
local function payloads_of(row, want)
  if want.payloads then return shapes.unwrap(row) end
  row.input, row.output = nil, nil
  return row
end

function shapes.run_row(row, want)
  local known = want.full and shapes.known or known_row
  known(row)
  payloads_of(row, want)
  local children = row.children
  if children and json.type(children) == "array" then
    for index, child in ipairs(children) do children[index] = shapes.run_row(child, want) end
  end
  if not want.full then row.errorMessage = shapes.brief(row.errorMessage) end
  return row
end

function shapes.after(offset, limit)
  return json.object({ "offset", "limit" }, { offset = offset, limit = limit })
end

function shapes.with(base, more)
  local all = {}
  for _, part in ipairs { base, more } do
    for key, value in pairs(part) do all[key] = value end
  end
  return all
end

-- The engine counts pages, not rows, and its next_page points past the end: only a full page that is not the last one goes on.
function shapes.next(answer, args)
  local limit, offset = args.limit, args.offset or 0
  local count = #answer.rows
  if count < limit then return nil end
  local pages = answer.pagination and answer.pagination.num_pages or 0
  local total = pages * limit
  if pages > 0 and total < TOTAL_CAP and offset + count >= total then return nil end
  return shapes.after(offset + count, limit)
end

function shapes.past_end(args)
  return args.offset > 0 and ("There is nothing from offset %d on: the list ends before."):format(args.offset) or nil
end

return shapes
