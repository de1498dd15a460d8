-- What of an overview a person should look at, in sentences, the most urgent first, each with the tool to call next.
--
--   attention.of(parts, unserved) → list of sentences; parts and unserved are those of hatchet.overview, and any may be missing

local time = hatchway.time

local attention = {}

local LONG = 300 -- seconds that a task may wait before it is worth a word
local NAMES = 5  -- that a sentence lists

local function percent(share)
  return ("%.0f%%"):format(share * 100)
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function verb(count, one, many)
  return count == 1 and one or many
end

-- "a, b and 3 more": the entries, or what they have under a key.
local function names(list, key)
  local shown = {}
  for index = 1, math.min(#list, NAMES) do shown[index] = key and list[index][key] or list[index] end
  local text = table.concat(shown, ", ")
  return #list > NAMES and ("%s and %d more"):format(text, #list - NAMES) or text
end

-- "6 tasks of x wait, the oldest for 5m"
local function wait_of(count, what, oldest)
  local text = ("%s %s %s"):format(plural(count, "task"), what, verb(count, "waits", "wait"))
  if not oldest then return text end
  return ("%s, the oldest for %s"):format(text, time.duration(math.max(1, math.floor(time.now() - time.parse(oldest)))))
end

-- --- the sentences, by what they are about -------------------------------------------------------------------------------------

-- Tasks that nobody can run: they wait until a worker comes, or until their schedule time-out ends them.
local function nobody(add, _, unserved)
  for _, entry in ipairs(unserved or {}) do
    if entry.waiting > 0 then
      local had = entry.workers and (" (%s had it)"):format(names(entry.workers)) or ""
      add(("%s, and no active worker has that action%s. Next: list_workers."):format(
        wait_of(entry.waiting, "of " .. entry.action, entry.oldest), had))
    end
  end
end

local COMPARED = {
  worse = "more than the %s of the window before",
  better = "less than the %s of the window before",
  same = "as in the window before (%s)",
}

local function failed(add, parts)
  local runs, top = parts.runs, parts.failing and parts.failing.rows[1]
  if runs and runs.now.failed > 0 then
    local compared = runs.trend and ", " .. COMPARED[runs.trend]:format(percent(runs.failedShareBefore)) or ""
    add(("%s of the runs that ended failed (%d)%s. Next: %s."):format(percent(runs.failedShare), runs.now.failed, compared,
      top and "top_failing_workflows" or "list_runs with statuses FAILED"))
  end
  if top then
    add(("%s failed most: %s, last at %s. Next: describe_run_failure with workflow_run_id %s."):format(top.workflowName,
      plural(top.failCount, "time"):gsub("^1 time$", "once"), top.lastFailureAt, top.lastRunId))
  end
end

local function exhausted(add, parts)
  for _, limit in ipairs(parts.exhaustedRateLimits or {}) do
    add(("The rate limit %s is used up (%d of %d per %s): tasks that need it wait. Next: list_rate_limits."):format(limit.key,
      limit.value, limit.limitValue, limit.window))
  end
end

local function held(add, parts)
  local list = parts.pausedWorkflows or {}
  if #list == 0 then return end
  add(("%s paused, %s: what is started waits. Next: resume_workflow, if that is not meant."):format(
    plural(#list, "workflow"), names(list, "workflowName")))
end

-- Tasks that wait long although somebody could run them.
local function long_waits(add, parts, unserved)
  local known = {}
  for _, entry in ipairs(unserved or {}) do known[entry.action] = true end
  for _, row in ipairs(parts.waiting or {}) do
    local action = next(row.actions or {})
    if not (action and known[action]) and row.oldest and time.now() - time.parse(row.oldest) >= LONG then
      add(("%s. Next: list_stuck_runs."):format(wait_of(row.queued, "of " .. row.task, row.oldest)))
    end
  end
  local full = parts.workers and parts.workers.full or {}
  if #full > 0 and #(parts.waiting or {}) > 0 then
    add(("%s without a free slot while tasks wait: %s. Next: list_workers."):format(plural(#full, "active worker"),
      names(full)))
  end
end

local function idle(add, parts, unserved)
  local list = {}
  for _, entry in ipairs(unserved or {}) do
    if entry.waiting == 0 then list[#list + 1] = entry end
  end
  if #list > 0 then
    add(("No active worker has %s: new runs of %s will wait. Next: list_workers."):format(
      names(list, "action"), verb(#list, "it", "them")))
  end
  local stopped = {}
  for _, row in ipairs(parts.workers and parts.workers.rows or {}) do
    if row.status == "PAUSED" then stopped[#stopped + 1] = row end
  end
  if #stopped > 0 then
    add(("%s paused, %s: no new task goes there. Next: resume_worker, if that is not meant."):format(
      plural(#stopped, "worker"), names(stopped, "name")))
  end
end

local function overdue(add, parts)
  for _, run in ipairs(parts.dueSoon or {}) do
    if time.parse(run.triggerAt) < time.now() - LONG then
      add(("A scheduled run of %s was due %s and has not started. Next: get_scheduled with scheduled_id %s."):format(
        run.workflowName, run.due, run.id))
    end
  end
end

local function disabled(add, parts)
  local list = {}
  for index, cron in ipairs(parts.disabledCrons or {}) do
    list[index] = ("%s of %s"):format(cron.name or cron.cron, cron.workflowName)
  end
  if #list > 0 then add(("%s disabled: %s. Next: list_crons."):format(plural(#list, "cron"), names(list))) end
end

local function logged(add, parts)
  local logs = parts.logs
  if logs and logs.error > 0 then
    add(("%s in the logs. Next: search_logs with levels ERROR."):format(plural(logs.error, "error")))
  end
end

local URGENCY = { nobody, failed, exhausted, held, long_waits, idle, overdue, disabled, logged }

function attention.of(parts, unserved)
  local sentences = json.array {}
  local function add(sentence) sentences[#sentences + 1] = sentence end
  for _, look in ipairs(URGENCY) do look(add, parts, unserved) end
  return sentences
end

return attention
