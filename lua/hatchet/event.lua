-- One event: what it holds, what it started, and why it started no more.
--
--   event.get(id)      → the event, its payload exact (the engine rounds integers beyond 2^53 in what it shows elsewhere); a
--                        second value says so where the exact payload could not be read. An unknown id is explained
--   event.runs(row)    → the runs that it started, in the engine's order: workflowRunId, displayName, workflowName, workflowId,
--                        status, createdAt, finishedAt, filterId; ids alone of those that cannot be listed (any more)
--   event.explain(row) → { triggeredRuns, workflows, reasons } for an event (whole, as event.get gives it) or its id: the runs;
--                        the workflows that listen to its key, each with its filters tried on this event; and sentences: what
--                        each of them did and why, or that there are none. It goes by the workflows and filters of now
--
-- A workflow listens to the keys that its latest version names; in them * stands for anything, and so do % and _ (of one
-- character), for the engine compares with SQL's LIKE.

local resolve, filters, cel = require "hatchet.resolve", require "hatchet.filters", require "hatchet.cel"
local refusal, payload = require "hatchet.refusal", require "hatchet.payload"

local event = {}

local time = hatchway.time

local EVENT = "/api/v1/stable/tenants/{tenant}/events/{id}"
local DATA = "/api/v1/tenants/{tenant}/events/{id}/data"
local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local EXACT = 1 << 53
local MARGIN = 3600 -- seconds: senders may stamp an event by their own clock
local BATCH = 100   -- requests at once
local TRIED = 50    -- filters of one workflow
local NAMED = 8     -- keys in a sentence
local FRESH = 10    -- seconds in which the runs of an event may not be seen yet

-- --- what it holds -------------------------------------------------------------------------------------------------------------

-- Is there a number that may have been rounded?
local function is_rounded(value)
  local kind = json.type(value)
  if kind == "array" or kind == "object" then
    for _, member in pairs(value) do
      if is_rounded(member) then return true end
    end
    return false
  end
  return (kind == "integer" or kind == "number") and (not math.type(value) or value >= EXACT or value <= -EXACT)
end

local function exact_payload(id)
  return json.decode(hatchet.get(DATA, { id = id }).data)
end

local NO_EVENT = "No event of this tenant has this id; those past the retention are gone. list_events shows them, of the last 24 "
  .. "hours unless since says otherwise."

function event.row(id)
  return refusal.explained(NO_EVENT, hatchet.get, EVENT, { id = id })
end

function event.get(id)
  local row = event.row(id)
  if not is_rounded(row.payload) then return row end
  local exact = hatchway.try(exact_payload, id)
  if not exact then return row, "Numbers beyond 2^53 in the payload are rounded: the exact text could not be read." end
  row.payload = exact
  return row
end

-- --- what it started -----------------------------------------------------------------------------------------------------------

local function listed_runs(row)
  local known = {}
  local rows = hatchet.get(RUNS, {
    since = time.format(time.parse(row.seenAt) - MARGIN),
    ["until"] = time.format(time.now()),
    only_tasks = false,
    triggering_event_external_id = row.metadata.id,
    limit = 100,
  }).rows
  for _, run in ipairs(rows) do known[run.workflowRunExternalId] = run end
  return known
end

function event.runs(row)
  local runs = json.array {}
  if json.type(row.triggeredRuns) ~= "array" then return runs end
  local known = listed_runs(row)
  for index, started in ipairs(row.triggeredRuns) do
    local run = known[started.workflowRunId] or {}
    runs[index] = json.object({
      "workflowRunId", "displayName", "workflowName", "workflowId", "status", "createdAt", "finishedAt", "filterId",
    }, {
      workflowRunId = started.workflowRunId,
      displayName = run.displayName,
      workflowName = run.workflowName,
      workflowId = run.workflowId,
      status = run.status,
      createdAt = run.createdAt,
      finishedAt = run.finishedAt,
      filterId = started.filterId,
    })
  end
  return runs
end

-- --- who listens ---------------------------------------------------------------------------------------------------------------

local ANY = { ["*"] = ".*", ["%"] = ".*", ["_"] = utf8.charpattern }

local function listens(trigger, key)
  return key:find("^" .. trigger:gsub("[^%w\x80-\xff]", function(char) return ANY[char] or "%" .. char end) .. "$") ~= nil
end

-- What the latest version of a workflow tells; nil when it was deleted meanwhile.
local function listener(id)
  local version, failure = hatchway.try(hatchet.get, "/api/v1/workflows/{id}/versions", { id = id })
  if not version then
    if failure.status == 404 then return nil end
    hatchway.fail(failure)
  end
  local keys = {}
  for index, trigger in ipairs(version.triggers.events or {}) do keys[index] = trigger.event_key end
  local workflow = version.workflow
  return { id = id, name = workflow.name, paused = workflow.isPaused, since = version.metadata.createdAt, keys = keys }
end

-- All workflows, by name.
local function workflows()
  local ids, all = {}, {}
  for id in pairs(resolve.names()) do ids[#ids + 1] = id end
  for first = 1, #ids, BATCH do
    local questions = {}
    for index = first, math.min(first + BATCH - 1, #ids) do
      questions[ids[index]] = function() return listener(ids[index]) end
    end
    for _, found in pairs(hatchway.all(questions)) do all[#all + 1] = found end
  end
  table.sort(all, function(a, b) return a.name < b.name end)
  return all
end

-- Those that listen to a key, and whose keys there are: { [key] = name }.
local function listeners(key, seen)
  seen.workflows = seen.workflows or workflows()
  local found, owners = {}, {}
  for _, workflow in ipairs(seen.workflows) do
    local fits = false
    for _, trigger in ipairs(workflow.keys) do
      owners[trigger] = owners[trigger] or workflow.name
      fits = fits or listens(trigger, key)
    end
    if fits then found[#found + 1] = workflow end
  end
  return found, owners
end

-- --- their filters -------------------------------------------------------------------------------------------------------------

-- A filter, and what its expression gives for the event: result, or error; neither where it could not be tried. On a payload that
-- lacks what is hidden it would give something else.
local function tried(filter, row)
  local hidden = payload.is_hidden { row.payload or {}, filter.payload or {}, row.additionalMetadata or {} }
  local told = not hidden and hatchway.try(cel.try, filter.expression, {
    input = row.payload, payload = filter.payload, metadata = row.additionalMetadata,
  }) or {}
  return json.object({ "filterId", "scope", "expression", "updatedAt", "result", "error", "hidden" }, {
    filterId = filter.metadata.id,
    scope = filter.scope,
    expression = filter.expression,
    updatedAt = filter.metadata.updatedAt,
    result = told.output,
    error = told.error,
    hidden = hidden or nil,
  })
end

-- The filters of a workflow that tell most of this event: those of its scope, then others. The second value: are there more?
local function tried_filters(id, row)
  local list, more = {}, false
  if row.scope then list, more = filters.some(id, row.scope) end
  local others, cut = filters.some(id)
  for _, filter in ipairs(others) do
    if filter.scope ~= row.scope then list[#list + 1] = filter end
  end
  local questions = {}
  for index = 1, math.min(#list, TRIED) do
    questions[index] = function() return tried(list[index], row) end
  end
  return json.array(hatchway.all(questions)), more or cut or #list > TRIED
end

-- --- why -----------------------------------------------------------------------------------------------------------------------

local function is_after(moment, row)
  return time.parse(moment) > time.parse(row.seenAt)
end

local function started(workflow, runs)
  local list, waits = {}, false
  for index, run in ipairs(runs) do
    list[index] = ("run %s (%s)"):format(run.workflowRunId, run.status or "not to be seen yet")
    waits = waits or run.status == "QUEUED"
  end
  return ("%s was started: %s.%s"):format(workflow.name, table.concat(list, ", "),
    waits and workflow.paused and " The workflow is paused: its runs wait until resume_workflow." or "")
end

-- Why an event may have started nothing although it should have.
local function excuse(workflow, row)
  if is_after(workflow.since, row) then
    return ("the workflow is registered as it is now since %s, after the event"):format(workflow.since)
  elseif time.now() - time.parse(row.seenAt) < FRESH then
    return "its run may not be seen yet; look again in some seconds"
  end
  return "another filter may have stood in the way then, or the tenant's limit of runs"
end

-- Which scope would have done?
local function advice(tries, more)
  local fitting, all = {}, not more
  for _, try in ipairs(tries) do
    if try.result then fitting[#fitting + 1] = try end
    if try.result == nil and not try.error then all = false end
  end
  if #fitting > 0 then return (" It would have been started with the scope %s."):format(filters.scopes(fitting)) end
  return all and " None of their expressions is true for this event either." or ""
end

local function by_filter(workflow, try, row)
  local filter = ("Filter %s of %s is of the scope %q"):format(try.filterId, workflow.name, try.scope)
  if try.error then return ("%s, but its expression %s fails on this event: %s."):format(filter, try.expression, try.error) end
  if try.result == false then return ("%s, but its expression %s is false for this event."):format(filter, try.expression) end
  if try.hidden then
    return ("%s, and its expression %s cannot be tried, for the operator hides fields of the event or the filter."):format(filter,
      try.expression)
  end
  if try.result == nil then return ("%s, but its expression %s could not be tried."):format(filter, try.expression) end
  local reason = is_after(try.updatedAt, row) and ("it was made or changed at %s, after the event"):format(try.updatedAt)
    or excuse(workflow, row)
  return ("%s and true for this event as it is now: %s."):format(filter, reason)
end

local function not_started(workflow, tries, more, row)
  if #tries == 0 then
    return { ("%s listens to this key and has no filter, so that the event should have started it: %s."):format(workflow.name,
      excuse(workflow, row)) }
  end
  local scopes = filters.scopes(tries, more)
  if not row.scope then
    return { ("%s has filters, of the scopes %s, and the event has no scope: such an event does not start it.%s"):format(
      workflow.name, scopes, advice(tries, more)) }
  end
  local sentences = {}
  for _, try in ipairs(tries) do
    if try.scope == row.scope then sentences[#sentences + 1] = by_filter(workflow, try, row) end
  end
  if #sentences > 0 then return sentences end
  return { ("%s has filters, of the scopes %s, but none of the event's scope %q.%s"):format(workflow.name, scopes, row.scope,
    advice(tries, more)) }
end

-- The key that was meant, or some of those that there are.
local function other_keys(key, owners)
  local keys = {}
  for trigger in pairs(owners) do keys[#keys + 1] = trigger end
  if #keys == 0 then return " nor to any other key" end
  table.sort(keys)
  local near = hatchway.nearest(key, keys)
  if near then return ("; the nearest key is %s, of %s"):format(near, owners[near]) end
  return ("; the keys that they listen to are %s%s"):format(table.concat(keys, ", ", 1, math.min(#keys, NAMED)),
    #keys > NAMED and " and others" or "")
end

local function nobody(key, owners)
  return ("No workflow listens to %s%s. A run that waits for this event may have gone on with it."):format(key,
    other_keys(key, owners))
end

-- Runs of a workflow; a run that cannot be listed tells by its filter whose it is.
local function runs_of(workflow, runs, tries)
  local mine, own = {}, {}
  for _, try in ipairs(tries) do own[try.filterId] = true end
  for _, run in ipairs(runs) do
    if run.workflowId == workflow.id or not run.workflowId and own[run.filterId] then mine[#mine + 1] = run end
  end
  return mine
end

local KEYS = { "workflowId", "workflowName", "eventKeys", "isPaused", "started", "filters", "moreFilters" }

-- One workflow that listens: what it did with the event, and the sentences that say so.
local function verdict(workflow, row, runs)
  local tries, more = tried_filters(workflow.id, row)
  local mine = runs_of(workflow, runs, tries)
  return {
    runs = mine,
    sentences = #mine > 0 and { started(workflow, mine) } or not_started(workflow, tries, more, row),
    workflow = json.object(KEYS, {
      workflowId = workflow.id,
      workflowName = workflow.name,
      eventKeys = json.array(workflow.keys),
      isPaused = workflow.paused,
      started = #mine,
      filters = tries,
      moreFilters = more or nil,
    }),
  }
end

-- What is to be said of a run that no workflow of now accounts for.
local function stray(run)
  if not run.workflowName then return ("Run %s was started; it cannot be seen yet, or no more."):format(run.workflowRunId) end
  return ("Run %s (%s) of %s was started; that workflow does not listen to the key any more."):format(run.workflowRunId,
    run.status, run.workflowName)
end

local function strays(runs, verdicts)
  local known, sentences = {}, {}
  for _, told in ipairs(verdicts) do
    for _, run in ipairs(told.runs) do known[run.workflowRunId] = true end
  end
  for _, run in ipairs(runs) do
    if not known[run.workflowRunId] then sentences[#sentences + 1] = stray(run) end
  end
  return sentences
end

function event.explain(row, seen)
  local runs = event.runs(row)
  local found, owners = listeners(row.key, seen or {})
  local questions = {}
  for index, workflow in ipairs(found) do
    questions[index] = function() return verdict(workflow, row, runs) end
  end
  local verdicts, list, reasons = hatchway.all(questions), json.array {}, json.array {}
  for index, told in ipairs(verdicts) do
    list[index] = told.workflow
    table.move(told.sentences, 1, #told.sentences, #reasons + 1, reasons)
  end
  if #found == 0 then reasons[1] = nobody(row.key, owners) end
  local others = strays(runs, verdicts)
  table.move(others, 1, #others, #reasons + 1, reasons)
  return json.object({ "triggeredRuns", "workflows", "reasons" }, { triggeredRuns = runs, workflows = list, reasons = reasons })
end

return event
