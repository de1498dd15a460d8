-- Workflows: the definitions of which runs are made. Pausing holds the runs of one back.

local arguments = require "hatchet.arguments"
local t, resolve, shapes = require "hatchway.types", require "hatchet.resolve", require "hatchet.shapes"
local lists, refusal = require "hatchet.lists", require "hatchet.refusal"
local window, metrics, blueprint = require "hatchet.window", require "hatchet.metrics", require "hatchet.blueprint"

toolset "workflows"

local WORKFLOW = "/api/v1/workflows/{id}"
local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"

local function name_or_id()
  return t.string { "name or id", min = 1 }
end

-- Calls ask(path, params) about a workflow; an unknown id is explained.
local function about(ask, path, params)
  return refusal.explained(params.version
    and "Has the workflow such a version? Without version it is the latest; get_workflow shows its id."
    or "No workflow of this tenant has this id; one that is registered anew gets another. list_workflows shows them.",
    ask, path, params)
end

-- --- looking -------------------------------------------------------------------------------------------------------------------

local function nothing_named(part)
  local near = resolve.nearest(part)
  return ("No workflow has %q in its name%s."):format(part, near and ("; the nearest is " .. near) or "")
end

tool "list_workflows" {
  title = "List Workflows",
  about = "Workflow definitions, newest first: id, name, whether paused. Runs are in list_runs.",
  access = "read",
  list = true,
  input = {
    workflow_name = t.string { "part of the name, any case", min = 1, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object { fields = { rows = t.list { required = true }, pagination = t.object {}, next = t.object {} } },
  run = function(args)
    local part = args.workflow_name and resolve.full_name(args.workflow_name)
    local answer = hatchet.get("/api/v1/tenants/{tenant}/workflows", { name = part, limit = args.limit, offset = args.offset })
    local rows = part and lists.holding(answer.rows, "name", part, true) or answer.rows
    local more = shapes.next(answer, args)
    return json.object({ "rows", "pagination", "next", "note" }, {
      rows = rows,
      pagination = answer.pagination,
      next = more,
      note = #rows == 0 and not more and (shapes.past_end(args) or part and nothing_named(part)) or nil,
    })
  end,
}

tool "get_workflow" {
  title = "Get Workflow",
  about = "One workflow: description, whether paused, its latest version's id.",
  access = "read",
  link = { workflow = "metadata.id" },
  input = { workflow_id = name_or_id() },
  output = t.object { fields = { name = t.string { required = true } } },
  run = function(args)
    return about(hatchet.forward, WORKFLOW, { id = (resolve.workflow(args.workflow_id)) })
  end,
}

-- A version of a workflow as the engine keeps it: the latest, or the one of that id.
local function version_of(workflow_id, version_id)
  local id, name = resolve.workflow(workflow_id)
  local version = about(hatchet.get, WORKFLOW .. "/versions", { id = id, version = version_id })
  local owner = version.workflow and version.workflow.metadata.id or id
  if owner ~= id then
    refusal.unknown(("%s has no version %s."):format(name or id, version_id),
      ("That is a version of %s."):format(version.workflow.name))
  end
  version.workflowId = id -- the engine leaves it empty
  return version
end

tool "get_workflow_version" {
  title = "Get Workflow Version",
  about = "One version of a workflow: input schema, tasks with parents, retries and time-outs (workflowConfig.Tasks), triggers, "
    .. "concurrency.",
  access = "read",
  link = { workflow = "workflowId" },
  input = {
    workflow_id = name_or_id(),
    version = t.uuid { "default: the latest", optional = true },
  },
  output = t.object { fields = { inputJsonSchema = t.object {}, workflowConfig = t.object {}, triggers = t.object {} } },
  run = function(args)
    local version = version_of(args.workflow_id, args.version)
    if version.workflowConfig then version.workflowConfig.inputJsonSchema = nil end    -- the same once more, in base64
    return version
  end,
}

tool "describe_workflow" {
  title = "Describe Workflow",
  about = "What a workflow is, without a run: its tasks (parents, retries, time-outs, rate limits, concurrency; stages: what "
    .. "runs after what), what starts it (events, crons), its input fields. get_workflow_version has all of it.",
  access = "read",
  link = { workflow = "workflowId" },
  input = {
    workflow_id = name_or_id(),
    version = t.uuid { "default: the latest", optional = true },
  },
  output = t.object { fields = { name = t.string {}, tasks = t.list {}, triggers = t.object {}, input = t.list {} } },
  run = function(args)
    return blueprint.of(version_of(args.workflow_id, args.version))
  end,
}

-- --- counting ------------------------------------------------------------------------------------------------------------------
--
-- The engine's own metrics of a workflow fail on every engine since v0.74. The statuses of then are kept.

local STATUSES = { "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "QUEUED", "BACKOFF" }

-- Where the runs of a status of then are counted now.
local COUNTED_AS = {
  PENDING = "queued", QUEUED = "queued", RUNNING = "running", SUCCEEDED = "completed", FAILED = "failed", CANCELLED = "cancelled",
}

-- What the task stats tell of these tasks: { [name] = { queued, running } }, and the same by concurrency key.
local function now_of(stats, names)
  local tasks, keys = {}, {}
  for _, name in ipairs(names) do
    for state, stat in pairs(stats[name] or {}) do
      tasks[name] = tasks[name] or {}
      tasks[name][state] = stat.total
      for _, concurrency in ipairs(stat.concurrency or {}) do
        for key, count in pairs(concurrency.keys or {}) do
          keys[key] = keys[key] or {}
          keys[key][state] = (keys[key][state] or 0) + count
        end
      end
    end
  end
  return tasks, keys
end

-- How many tasks a concurrency key has in a status; nil for a status in which the engine keeps no keys.
local function key_count(counts, status)
  if not status then return (counts.queued or 0) + (counts.running or 0) end
  local state = COUNTED_AS[status]
  return (state == "queued" or state == "running") and (counts[state] or 0) or nil
end

local function keys_with(keys, status)
  if not key_count({}, status) then return nil end
  local number = 0
  for _, counts in pairs(keys) do
    if key_count(counts, status) > 0 then number = number + 1 end
  end
  return number
end

local function unknown_key(key, keys)
  local known = {}
  for other in pairs(keys) do known[#known + 1] = other end
  table.sort(known)
  local others = #known > 0 and "; there are " .. table.concat(known, ", ") or ""
  return ("No task with the key %q waits or runs%s."):format(key, others)
end

local function metrics_note(args, names, keys, failure)
  return lists.sentences(
    "counts: runs of the window, from task metrics.",
    args.status == "PENDING" and "PENDING is QUEUED today.",
    args.status == "BACKOFF" and "Runs in BACKOFF are among queued, not counted apart.",
    failure and "Without tasks and keys: " .. failure.message
      or ("tasks and keys: what waits and runs now, from task stats by task name (%s), in other workflows too.")
        :format(table.concat(names, ", ")),
    keys and args.group_key and not keys[args.group_key] and unknown_key(args.group_key, keys))
end

tool "get_workflow_metrics" {
  title = "Get Workflow Metrics",
  about = "Runs of one workflow by status in the last 24 h; its tasks and concurrency keys that wait or run now.",
  access = "read",
  untrusted = true,
  link = { workflow = "workflowId" },
  input = {
    workflow_id = name_or_id(),
    status = t.enum { "count those", values = STATUSES, optional = true },
    group_key = t.string { "a concurrency key", min = 1, optional = true },
  },
  output = t.object {
    fields = {
      counts = t.object { required = true },
      count = t.integer {},
      groupKeyRunsCount = t.integer {},
      groupKeyCount = t.integer {},
      tasks = t.object {},
      window = t.object {},
    },
  },
  run = function(args)
    local version = version_of(args.workflow_id)
    local from, to, used = window.of({}, { hours = 24 })
    local found = hatchway.all {
      counts = function() return metrics.runs(from, to, { version.workflowId }) end,
      stats = function() return { hatchway.try(hatchet.get, "/api/v1/tenants/{tenant}/task-stats") } end,
    }
    local names, stats = blueprint.tasks(version), found.stats[1]
    local tasks, keys
    if stats then tasks, keys = now_of(stats, names) end
    return json.object({
      "workflowId", "workflowName", "counts", "status", "count", "groupKeyRunsCount", "groupKeyCount", "groupKeys", "tasks",
      "window", "note",
    }, {
      workflowId = version.workflowId,
      workflowName = version.workflow and version.workflow.name,
      counts = found.counts,
      status = args.status,
      count = args.status and found.counts[COUNTED_AS[args.status]],
      groupKeyRunsCount = keys and args.group_key and key_count(keys[args.group_key] or {}, args.status) or nil,
      groupKeyCount = keys and keys_with(keys, args.status),
      groupKeys = keys and next(keys) and keys or nil,
      tasks = tasks,
      window = used,
      note = metrics_note(args, names, keys, found.stats[2]),
    })
  end,
}

-- --- pausing -------------------------------------------------------------------------------------------------------------------
--
-- A change is sent in one body for all engines: those before 0.74 read isPaused, those from 0.103 on read pause, and those
-- between fail at any body.

local LONG_UNITS = { d = 86400, w = 7 * 86400, y = 365 * 86400 }
local UNITS = { { "h", 3600 }, { "m", 60 }, { "s", 1 } }
local LONGEST = 100 * 365 * 86400 -- seconds; the engine cannot read what is longer than 292 years

-- The seconds of a ttl; nil when the engine cannot read it.
local function seconds_of(ttl)
  local number, unit = ttl:match "^([1-9]%d*)([dwy])$"
  if number then return tonumber(number) * LONG_UNITS[unit] end
  local rest, sum = ttl, 0
  for _, part in ipairs(UNITS) do
    number = rest:match("^(%d+)" .. part[1])
    if number then rest, sum = rest:sub(#number + 2), sum + tonumber(number) * part[2] end
  end
  return rest == "" and sum or nil
end

-- The engine takes what it cannot read for five minutes, and so drops held runs much too soon.
local function check_ttl(ttl)
  local seconds = seconds_of(ttl)
  if seconds and seconds > 0 and seconds <= LONGEST then return end
  refusal.invalid(("ttl cannot be %q."):format(ttl),
    "Write one of days, weeks or years (7d, 2w, 1y), or hours, minutes and seconds (24h, 1h30m, 90s); 100 years at most.")
end

-- A 500 to a body that a current engine understands comes from an engine that is too old, or from one that is down.
local function explain_refusal(failure)
  if failure.status ~= 500 then hatchway.fail(failure) end
  local known = hatchway.try(hatchet.get, "/api/v1/version")
  local version = known and known.version
  local minor = version and tonumber(version:match "^v?0%.(%d+)")
  if minor and minor < 103 then
    failure.code, failure.retryable = "engine_too_old", false
    failure.message = ("This engine (%s) fails at pausing and resuming workflows by its API."):format(version)
    failure.hint = "That works from v0.103.0 on: update the engine. Nothing was changed."
  else
    failure.hint = ("Engines before v0.103.0 always answer so; this one says that it is %s. get_workflow shows whether it is "
      .. "paused.")
      :format(version or "of unknown version")
  end
  hatchway.fail(failure)
end

-- Sends a change and returns the workflow as it is now.
local function change(id, body)
  local answer, failure = hatchway.try(hatchet.patch, WORKFLOW, { id = id }, body)
  if failure then explain_refusal(failure) end
  return answer or hatchway.try(hatchet.get, WORKFLOW, { id = id })
end

-- What is told of a change: the workflow after it (before it, where the engine did not say), and `more`.
local function result(before, after, more)
  local known = shapes.with(json.pick(before, { "metadata", "name" }), after or {})
  return json.pick(shapes.with(known, more), {
    "metadata", "name", "isPaused", "wasPaused", "pausedWorkflowCronRunQueueBehavior",
    "pausedWorkflowScheduledRunQueueBehavior", "ttl", "queuedRuns", "note",
  })
end

local function pause_note(workflow, args)
  if not (workflow and workflow.isPaused) then
    return "The engine took the change but does not say that the workflow is paused: look with get_workflow."
  end
  local crons = args.drop_crons and "are dropped meanwhile" or "wait like them"
  return ("The pause bites after about 5 s; runs that started before go on. Runs that are started now, by a schedule too, wait "
    .. "as QUEUED and are cancelled after %s. Cron ticks %s."):format(args.ttl, crons)
end

tool "pause_workflow" {
  title = "Pause Workflow",
  about = "Holds new runs as QUEUED; those not resumed within ttl are cancelled.",
  access = "write",
  idempotent = true,
  link = { workflow = "metadata.id" },
  input = {
    workflow_id = t.string { min = 1 },
    ttl = t.string { "24h, 1h30m, 7d", default = "24h" },
    drop_crons = t.boolean { optional = true },
  },
  output = t.object { fields = { isPaused = t.boolean {} } },
  run = function(args)
    check_ttl(args.ttl)
    local before = about(hatchet.get, WORKFLOW, { id = (resolve.workflow(args.workflow_id)) })
    local after = change(before.metadata.id, {
      isPaused = true,
      pause = {
        action = "pause",
        pausedWorkflowCronRunQueueBehavior = args.drop_crons and "DROP" or "QUEUE",
        pausedWorkflowScheduledRunQueueBehavior = "QUEUE",
        pausedWorkflowQueueTTL = args.ttl,
      },
    })
    return result(before, after, { wasPaused = before.isPaused, ttl = args.ttl, note = pause_note(after, args) })
  end,
}

local AGAIN_AFTER = 6     -- seconds: the engine keeps the flag for five
local HELD_DAYS = 30      -- how far back runs that were held are looked for
local COUNTED = 100

-- How many runs wait now, counted up to 100; nil when the engine does not say.
local function queued_runs(id)
  local time = hatchway.time
  local answer = hatchway.try(hatchet.get, RUNS, {
    since = time.format(time.now() - HELD_DAYS * 86400),
    ["until"] = time.format(time.now()),
    only_tasks = false,
    workflow_ids = { id },
    statuses = { "QUEUED" },
    limit = COUNTED,
  })
  return answer and #answer.rows
end

local function resume_note(count, failure)
  return lists.sentences(
    count == COUNTED and "That many or more wait.",
    count == 0 and "No run waits." or "Held runs start within about 40 s.",
    failure and ("The second unpause failed (%s): call this again if they stay QUEUED."):format(failure.message))
end

tool "resume_workflow" {
  title = "Resume Workflow",
  about = "Ends a pause. Takes 6 s: said twice, or held runs may stay QUEUED.",
  access = "write",
  idempotent = true,
  link = { workflow = "metadata.id" },
  input = { workflow_id = name_or_id() },
  output = t.object { fields = { queuedRuns = t.integer {} } },
  run = function(args)
    local before = about(hatchet.get, WORKFLOW, { id = (resolve.workflow(args.workflow_id)) })
    local id, body = before.metadata.id, { isPaused = false, pause = { action = "unpause" } }
    local first = change(id, body)
    hatchway.progress(1, 2, "resumed; saying so again in 6 s")
    hatchway.sleep(AGAIN_AFTER)
    local second, failure = hatchway.try(change, id, body)
    local count = queued_runs(id)
    return result(before, second or first,
      { wasPaused = before.isPaused, queuedRuns = count, note = resume_note(count, failure) })
  end,
}
