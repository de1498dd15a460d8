-- Cancelling and replaying runs: one at once, or many after a preview.
--
-- The engine takes ids that nothing has, runs that have ended and filters that mean something else, and says that all is well. So
-- what can be known is read first, everything is sent by ids, and what became of each run is told from its states before and
-- after. What has been sent is never told as a failure because of what happens after it.

local t, plan, lists = require "hatchway.types", require "hatchet.plan", require "hatchet.lists"
local outcome, selection, details = require "hatchet.outcome", require "hatchet.selection", require "hatchet.details"

toolset "runs"

local PATH = "/api/v1/stable/tenants/{tenant}/tasks/"
local TASK = 300 -- seconds that a bulk action may take as a task
local SHOWN = 50 -- rows of an answer; ids are never cut

local PENDING = {
  cancel = "The cancel was sent, but it has not ended yet: a worker that does not answer, or code that does not stop. "
    .. "Look again with get_run_status.",
  replay = "The replay was sent, but does not show yet. Do not send it again before you have looked: get_run shows the attempts.",
}

-- What there is to say of one run by its outcome, and how many runs are counted, in this order.
local SAID = {
  cancelled = "Cancelled.",
  replayed = "Replayed: its tasks start anew. get_run_status follows it.",
  already_ended = "It had ended before: nothing was sent.",
  ended_first = "It ended before the cancel reached it.",
  not_replayed = "Not replayed, for it was waiting or running: the engine replays what has ended. cancel_run ends it first.",
}
local COUNTED = {
  { word = "cancelled", text = "%d cancelled" },
  { word = "replayed", text = "%d replayed" },
  { word = "already_ended", text = "%d ended before" },
  { word = "ended_first", text = "%d ended before the cancel reached them" },
  { word = "not_replayed", text = "%d not replayed, for they were waiting or running" },
  { word = "pending", text = "%d not settled yet" },
  { word = "not_found", text = "%d unknown" },
}

local function post(action, ids)
  hatchet.post(PATH .. action, nil, { externalIds = ids })
end

local function unread(failure)
  return failure and ("The states afterwards could not all be read: %s"):format(failure.message) or nil
end

-- --- one -----------------------------------------------------------------------------------------------------------------------

local function act_on_one(action, id)
  local before = outcome.READ[action](id)
  local executed = not (action == "cancel" and outcome.idle(action, before))
  if executed then post(action, { id }) end
  local found, failure = outcome.watch { action = action, ids = { id }, before = { [id] = before }, told = function() end }
  local became = found[id]
  if executed then details.tell_changed(before.workflowRunId or id) end
  return json.object({ "action", "executed", "run_id", "workflowRunId", "before", "after", "outcome", "note" }, {
    action = action,
    executed = executed,
    run_id = id,
    workflowRunId = before.workflowRunId,
    before = before.status,
    after = became.after.status,
    outcome = became.outcome,
    note = lists.sentences(SAID[became.outcome] or PENDING[action], unread(failure)),
  })
end

local function one()
  return t.object { fields = { outcome = t.string { required = true } } }
end

tool "cancel_run" {
  title = "Cancel Run",
  about = "Cancels one run or task at once and tells what became of it.",
  access = "destroy",
  idempotent = true,
  link = { run = "workflowRunId" },
  input = { run_id = t.uuid {} },
  output = one(),
  run = function(args) return act_on_one("cancel", args.run_id) end,
}

tool "replay_run" {
  title = "Replay Run",
  about = "Runs a run that has ended again, all its tasks, at once, and tells what became of it. Of a task: that task.",
  access = "write",
  link = { run = "workflowRunId" },
  input = { run_id = t.uuid {} },
  output = one(),
  run = function(args) return act_on_one("replay", args.run_id) end,
}

-- --- many ----------------------------------------------------------------------------------------------------------------------

local KEYS = {
  "action", "dry_run", "executed", "matched_count", "run_ids", "not_found", "by_status", "without_effect", "outcomes", "results",
  "rows", "plan", "window", "note",
}

local function some(list)
  return #list > 0 and list or nil
end

-- How many of each word, and the ids of each.
local function group(ids, word_of)
  local counts, ids_of = {}, {}
  for _, id in ipairs(ids) do
    local word = word_of(id)
    counts[word] = (counts[word] or 0) + 1
    ids_of[word] = ids_of[word] or {}
    table.insert(ids_of[word], id)
  end
  return counts, ids_of
end

local function rows_of(chosen, found)
  local rows = {}
  for index = 1, math.min(#chosen.ids, SHOWN) do
    local id = chosen.ids[index]
    local before, became = chosen.before[id], found and found[id]
    rows[index] = json.object({ "run_id", "workflowName", "displayName", "createdAt", "status", "before", "after", "outcome" }, {
      run_id = id,
      workflowName = before.workflowName,
      displayName = before.displayName,
      createdAt = before.createdAt,
      status = not found and before.status or nil,
      before = found and before.status,
      after = became and became.after.status,
      outcome = became and became.outcome,
    })
  end
  return rows
end

local function idle_ids(action, chosen)
  local ids = {}
  for _, id in ipairs(chosen.ids) do
    if outcome.idle(action, chosen.before[id]) then ids[#ids + 1] = id end
  end
  return ids
end

local function common(action, args, chosen)
  return {
    action = action,
    dry_run = args.dry_run,
    executed = false,
    matched_count = #chosen.ids,
    run_ids = json.array(chosen.ids),
    not_found = some(chosen.missing),
    window = chosen.window,
  }
end

local function cut(chosen)
  return #chosen.ids > SHOWN and ("rows shows the first %d."):format(SHOWN) or nil
end

local function unbounded(chosen)
  return chosen.unbounded and "Only time selects: this is every run of the window." or nil
end

local function unknown(chosen)
  return #chosen.missing > 0 and ("Nothing has the ids of not_found (%d)."):format(#chosen.missing) or nil
end

local IDLE = {
  cancel = "without_effect (%d) has ended: a cancel changes nothing there.",
  replay = "without_effect (%d) is waiting or running: as a rule the engine replays what has ended only.",
}

local function preview(action, args, chosen)
  local idle = idle_ids(action, chosen)
  local answer = common(action, args, chosen)
  answer.by_status = group(chosen.ids, function(id) return chosen.before[id].status end)
  answer.without_effect = some(idle)
  answer.rows = rows_of(chosen)
  answer.plan = plan.of(action, chosen.ids)
  answer.note = lists.sentences(
    "Nothing was done: call again with dry_run false and this plan to act.",
    unbounded(chosen),
    #idle > 0 and IDLE[action]:format(#idle),
    unknown(chosen),
    cut(chosen))
  return json.object(KEYS, answer)
end

local function none(action, args, chosen)
  local answer = common(action, args, chosen)
  answer.note = "No run matches, so nothing was done. list_runs with the same filter shows what there is."
  return json.object(KEYS, answer)
end

local function told(action, counts)
  local parts = {}
  for _, entry in ipairs(COUNTED) do
    local count = counts[entry.word]
    if count then parts[#parts + 1] = entry.text:format(count) end
  end
  return table.concat(parts, ", ") .. "." .. (counts.pending and (" Of what is not settled: %s"):format(PENDING[action]) or "")
end

-- A list does not tell how often somebody asked for a replay: of a few runs that can be read.
local function read_again(action, chosen)
  if action ~= "replay" or not chosen.list or #chosen.ids > outcome.FEW then return end
  for id, state in pairs(outcome.known(chosen.ids)) do chosen.before[id] = state end
end

local function watch(action, args, chosen, executed, is_task)
  local total = #chosen.ids
  local found, failure = outcome.watch {
    action = action,
    ids = chosen.ids,
    before = chosen.before,
    list = chosen.list,
    patient = is_task,
    told = function(decided) hatchway.progress(1 + decided / total, 2, ("%d of %d settled"):format(decided, total)) end,
  }
  local answer = common(action, args, chosen)
  for _, id in ipairs(executed and chosen.ids or {}) do details.tell_changed(chosen.before[id].workflowRunId or id) end
  answer.executed = executed
  answer.outcomes, answer.results = group(chosen.ids, function(id) return found[id].outcome end)
  answer.outcomes.not_found = #chosen.missing > 0 and #chosen.missing or nil
  answer.rows = rows_of(chosen, found)
  answer.note = lists.sentences(
    told(action, answer.outcomes),
    not executed and "Nothing was sent.",
    unbounded(chosen),
    unread(failure),
    cut(chosen))
  return json.object(KEYS, answer)
end

-- What was sent to whom, for the case that another process has to watch the rest.
local function sent_to(chosen, executed)
  return {
    ids = chosen.ids, before = chosen.before, missing = chosen.missing, window = chosen.window,
    unbounded = chosen.unbounded, executed = executed,
  }
end

-- From here on a client with tasks need not wait, and what was sent is watched for longer.
local function act(action, args, chosen)
  read_again(action, chosen)
  local executed = not (action == "cancel" and #idle_ids(action, chosen) == #chosen.ids)
  local is_task = hatchway.detach(TASK)
  if executed then
    hatchway.progress(1, 2, ("Sending %d runs"):format(#chosen.ids))
    post(action, chosen.ids)
  end
  hatchway.try(hatchway.save, sent_to(chosen, executed))
  return watch(action, args, chosen, executed, is_task)
end
local function bulk(action, args)
  local sent = hatchway.saved()
  if sent then return watch(action, args, sent, sent.executed, hatchway.detach(TASK)) end
  hatchway.progress(0, 2, "Looking for the runs")
  local chosen = selection.of(args)
  local created = {}
  for id, state in pairs(chosen.before) do created[id] = state.createdAt end
  if not args.dry_run then plan.check(args.plan, action, chosen.ids, { noun = "runs", created = created }) end
  if #chosen.ids == 0 then return none(action, args, chosen) end
  return (args.dry_run and preview or act)(action, args, chosen)
end

local function bulk_input()
  return selection.input {
    dry_run = t.boolean { "true: only show", default = true },
    plan = t.string { "of the dry run: refused if the runs are others by now", optional = true },
  }
end

local function bulk_output()
  return t.object {
    fields = {
      executed = t.boolean { required = true },
      matched_count = t.integer { required = true },
      run_ids = t.list { required = true },
      not_found = t.list {},
      by_status = t.object {},
      outcomes = t.object { "how many of each" },
      results = t.object { "ids of each outcome" },
      rows = t.list {},
      plan = t.string {},
      window = t.object {},
      note = t.string {},
    },
  }
end

tool "cancel_runs" {
  title = "Cancel Runs",
  about = "Cancels up to 500 runs, by ids or by a filter whose conditions must all hold. A dry run shows them first; acting "
    .. "tells what became of each.",
  access = "destroy",
  task = "optional",
  preview = "dry_run",
  deadline = 120,
  cpu = 10000,
  input = bulk_input(),
  output = bulk_output(),
  run = function(args) return bulk("cancel", args) end,
}

tool "replay_runs" {
  title = "Replay Runs",
  about = "Runs up to 500 ended runs again, all their tasks, by ids or by a filter whose conditions must all hold. A dry run "
    .. "shows them first; acting tells what became of each.",
  access = "destroy",
  task = "optional",
  preview = "dry_run",
  deadline = 120,
  cpu = 10000,
  input = bulk_input(),
  output = bulk_output(),
  run = function(args) return bulk("replay", args) end,
}
