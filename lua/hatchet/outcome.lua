-- What cancelling or replaying did to runs. The engine's own answer proves nothing: of a cancel it echoes the ids that were sent,
-- of a replay it names tasks that it did not replay. So the states before and after are compared.
--
-- A state is { workflowRunId, status, retries, replays, workflowName, displayName, createdAt }, as far as its source tells:
-- retries counts those of all its tasks, replays those that somebody asked for.
--
--   outcome.status(id)      → state with the status only; all that a cancel needs, in ten bytes
--   outcome.full(id)        → state with all of it
--   outcome.known(ids)      → { [id] = state with all of it }, without those that nothing has
--   outcome.of_row(row)     → the state that a row of the run list tells
--   outcome.FEW             so many runs are looked at one by one; more of them as a list, if there is one
--   outcome.READ            the one of the first two that tells what an action did, by action ("cancel", "replay")
--   outcome.idle(action, state)      → does the action pass over what is in this state?
--   outcome.watch(job)      → { [id] = { after = state, outcome = word } }, failure: looks until all is decided, for three
--                             seconds. It never raises; failure says why the last look did not see everything.
--                             The words: cancelled, already_ended, ended_first, replayed, not_replayed, pending.
--                             job: action, ids, before = { [id] = state }, list() → { [id] = state } or nil, told(decided), and
--                             patient: looks for two minutes
--
-- status and full take the id of a run, or of one task of a run. What nobody has fails with "not_found".

local details, lists = require "hatchet.details", require "hatchet.lists"

local ENDED = details.ENDED

local outcome = {}

local RUN = "/api/v1/stable/workflow-runs/{id}"
local TASK = "/api/v1/stable/tasks/{id}"
local FINAL = { cancelled = true, already_ended = true, ended_first = true, replayed = true }
local AT_ONCE = 4 -- reads
local LOOKS = { 0.1, 0.2, 0.4, 0.8, 1.5 } -- seconds between looks: 3 in all
local LOOKS_AT_MANY = { 0.5, 1, 1.5 }
local PATIENT_LOOKS = { 0.5, 1, 1.5, 2, 5, 10, 10, 10, 20, 20, 20, 20 } -- of what nobody waits for: two minutes

outcome.FEW = 20

-- --- reading -------------------------------------------------------------------------------------------------------------------

local function of_task(task)
  return {
    workflowRunId = task.workflowRunExternalId,
    status = task.status,
    retries = task.retryCount,
    workflowName = details.workflow_name(task),
    displayName = task.displayName,
    createdAt = task.metadata.createdAt,
  }
end

local function total_of(tasks)
  local total = 0
  for _, task in ipairs(tasks) do total = total + (task.retryCount or 0) end
  return total
end

-- metadata.createdAt stays; run.createdAt moves when the run is replayed.
local function of_run(id, answer)
  local replays = 0
  for _, event in ipairs(answer.taskEvents) do
    if event.eventType == "RETRIED_BY_USER" then replays = replays + 1 end
  end
  return {
    workflowRunId = id,
    status = answer.run.status,
    retries = total_of(answer.tasks),
    replays = replays,
    workflowName = details.workflow_name(answer),
    displayName = answer.run.displayName,
    createdAt = answer.run.metadata.createdAt,
  }
end

function outcome.of_row(row)
  return {
    workflowRunId = row.workflowRunExternalId,
    status = row.status,
    retries = json.type(row.children) == "array" and total_of(row.children) or row.retryCount,
    workflowName = row.workflowName,
    displayName = row.displayName,
    createdAt = row.metadata.createdAt,
  }
end

local function of_status(id, status)
  return { workflowRunId = id, status = status }
end

local function read(path, state, id, options)
  local answer, failure = hatchway.try(hatchet.get, path, { id = id }, options)
  if answer then return state(id, answer) end
  if failure.status ~= 404 then hatchway.fail(failure) end
  local task, none = hatchway.try(hatchet.get, TASK, { id = id }, options)
  if task then return of_task(task) end
  if none.status ~= 404 then hatchway.fail(none) end
  failure.hint = "Neither a run nor a task of this tenant has this id: list_runs shows the runs. Nothing was sent."
  hatchway.fail(failure)
end

function outcome.status(id, options)
  return read(RUN .. "/status", of_status, id, options)
end

function outcome.full(id, options)
  return read(RUN, of_run, id, options)
end

outcome.READ = { cancel = outcome.status, replay = outcome.full }

-- The states of these ids as far as they can be read, and a failure, but for "not found". A run in full may have megabytes, so
-- few are read at once.
local function read_each(ids, read_one, options)
  local states, failure = {}, nil
  for first = 1, #ids, AT_ONCE do
    local reads = {}
    for index = first, math.min(first + AT_ONCE - 1, #ids) do
      reads[ids[index]] = function() return table.pack(hatchway.try(read_one, ids[index], options)) end
    end
    for id, result in pairs(hatchway.all(reads)) do
      states[id] = result[1]
      failure = result[2] and result[2].status ~= 404 and result[2] or failure
    end
    if failure then break end
  end
  return states, failure
end

function outcome.known(ids)
  local states, failure = read_each(ids, outcome.full)
  if failure then hatchway.fail(failure) end
  return states
end

-- --- deciding ------------------------------------------------------------------------------------------------------------------

function outcome.idle(action, state)
  local ended = ENDED[state.status] or false
  if action == "cancel" then return ended end
  return not ended
end

-- What has not ended may be retried by itself, so there only the events count; what waited and still waits has not run at all.
local function was_replayed(before, after)
  if (after.replays or 0) > (before.replays or after.replays or 0) then return true end
  if (after.retries or 0) <= (before.retries or 0) then return false end
  return ENDED[before.status] or before.status == "QUEUED" and after.status == "QUEUED"
end

local DECIDE = {
  cancel = function(before, after)
    if ENDED[before.status] then return "already_ended" end
    if after.status == "CANCELLED" then return "cancelled" end
    return ENDED[after.status] and "ended_first" or "pending"
  end,
  replay = function(before, after)
    if was_replayed(before, after) then return "replayed" end
    return ENDED[before.status] and "pending" or "not_replayed"
  end,
}

-- --- watching ------------------------------------------------------------------------------------------------------------------

local function look_at_each(action, ids)
  return read_each(ids, outcome.READ[action], { retry = false })
end

-- A list may lack some of them: those are looked at one by one.
local function look_at_list(job, ids)
  local states, failure = hatchway.try(job.list)
  if not states then return {}, failure end
  local rest = lists.without(ids, states)
  if #rest == 0 then return states end
  local others
  others, failure = look_at_each(job.action, rest)
  for id, state in pairs(others) do states[id] = state end
  return states, failure
end

local function look(job, ids)
  if job.list and #ids > outcome.FEW then return look_at_list(job, ids) end
  return look_at_each(job.action, ids)
end

-- The ids that are not decided yet; those that are get their outcome.
local function sort_out(job, ids, states, found)
  local open = {}
  for _, id in ipairs(ids) do
    local before = job.before[id]
    local after = states[id] or found[id] and found[id].after or before
    found[id] = { after = after, outcome = DECIDE[job.action](before, after) }
    if not FINAL[found[id].outcome] then open[#open + 1] = id end
  end
  return open
end

function outcome.watch(job)
  local found, failure = {}, nil
  local open = sort_out(job, job.ids, {}, found)
  local looks = job.patient and PATIENT_LOOKS or #open > outcome.FEW and LOOKS_AT_MANY or LOOKS
  for turn = 1, #looks + 1 do
    if #open == 0 then break end
    local states
    states, failure = look(job, open)
    open = sort_out(job, open, states, found)
    job.told(#job.ids - #open)
    if #open == 0 or turn > #looks or failure and failure.code == "timeout" then break end
    hatchway.sleep(looks[turn])
  end
  return found, failure
end

return outcome
