-- Workers: the processes that run tasks. A paused one takes no new tasks.

local t, shapes, refusal = require "hatchway.types", require "hatchet.shapes", require "hatchet.refusal"

toolset "workers"

local WORKER = "/api/v1/workers/{id}"
local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local ALL = 10000    -- as many as the engine gives at once
local DAYS = 30      -- how far back the tasks that a worker runs were made
local SHOWN = 100    -- of those tasks
local FEW = 200      -- workers that are listed whole
local BRIEF = { "metadata", "name", "status", "lastHeartbeatAt", "slotConfig" }

local NO_WORKER = "No worker of this tenant has this id; one that starts anew gets another. list_workers shows those of the last "
  .. "24 h."

-- --- looking -------------------------------------------------------------------------------------------------------------------

local function refuse_label(message)
  refusal.invalid(message, 'Write labels as {"zone":"eu-1"}; a worker must have all of them.')
end

-- Labels as the API takes them: "key:value", text at both ends, so that true and 24 find the labels "true" and "24".
local function label_pairs(labels)
  local list = {}
  for key, value in pairs(labels or {}) do
    if key == "" or key:find(":", 1, true) then refuse_label(("labels cannot be searched for the key %q."):format(key)) end
    if type(value) == "table" then refuse_label(("labels.%s is neither text, a number nor a boolean."):format(key)) end
    list[#list + 1] = ("%s:%s"):format(key, value)
  end
  table.sort(list)
  return list
end

tool "list_workers" {
  title = "List Workers",
  about = "Workers of the last day.",
  access = "read",
  list = true,
  input = {
    statuses = t.list { of = t.enum { values = { "ACTIVE", "INACTIVE", "PAUSED" } }, optional = true },
    labels = t.object { optional = true },
  },
  output = t.object { fields = { rows = t.list {} } },
  run = function(args)
    local answer = hatchet.get("/api/v1/tenants/{tenant}/worker", {
      statuses = args.statuses,
      labels = label_pairs(args.labels),
      limit = ALL,
    })
    if #answer.rows <= FEW then return answer end
    for index, row in ipairs(answer.rows) do answer.rows[index] = json.pick(row, BRIEF) end
    answer.note = ("%d workers: what each can run and where it runs is left out. get_worker has all of one; statuses and labels "
      .. "select some."):format(#answer.rows)
    return answer
  end,
}

-- How full a worker is, by kind of slot.
local function slots_of(worker)
  local slots = {}
  for kind, config in pairs(worker.slotConfig or {}) do
    slots[kind] = json.object({ "used", "free", "limit" }, {
      used = config.available and config.limit - config.available,
      free = config.available,
      limit = config.limit,
    })
  end
  return slots
end

-- The tasks that it runs now, newest first, and whether there are more. Evicted ones have left it.
local function running_on(id)
  local now = hatchway.time.now()
  local answer = hatchet.get(RUNS, {
    since = hatchway.time.format(now - DAYS * 86400),
    ["until"] = hatchway.time.format(now),
    only_tasks = true,
    worker_id = id,
    statuses = { "RUNNING" },
    limit = SHOWN,
  })
  local rows = json.array {}
  for _, task in ipairs(answer.rows) do
    if not task.isEvicted then
      rows[#rows + 1] = json.pick(shapes.known(task), {
        "taskExternalId", "workflowRunExternalId", "workflowName", "actionId", "startedAt", "attempt",
      })
    end
  end
  return rows, #answer.rows == SHOWN
end

local function worker_note(worker, more, failure)
  if failure then return "Without the tasks that it runs: " .. failure.message end
  if worker.status == "INACTIVE" then
    return ("Not heard since %s: what it ran may still be listed."):format(worker.lastHeartbeatAt or "its start")
  end
  return more and ("running shows the newest %d tasks; list_runs with only_tasks and worker_id shows all."):format(SHOWN) or nil
end

local KEYS = {
  "metadata", "name", "status", "type", "lastHeartbeatAt", "lastListenerEstablished", "slots", "running", "registeredWorkflows",
  "actions", "labels", "runtimeInfo", "slotConfig", "dispatcherId", "webhookUrl", "webhookId", "note",
}

tool "get_worker" {
  title = "Get Worker",
  about = "One worker: what it can run, how full it is, what it runs.",
  access = "read",
  link = { worker = "metadata.id" },
  input = { worker_id = t.uuid {} },
  output = t.object { fields = { status = t.string {}, slots = t.object {}, running = t.list {} } },
  run = function(args)
    local found = hatchway.all {
      worker = function() return refusal.explained(NO_WORKER, hatchet.get, WORKER, { id = args.worker_id }) end,
      tasks = function()
        local rows, more = hatchway.try(running_on, args.worker_id) -- more: the failure when there are no rows
        return { rows = rows, more = more }
      end,
    }
    local worker, tasks = found.worker, found.tasks
    worker.slots = slots_of(worker)
    worker.running = tasks.rows
    worker.note = worker_note(worker, tasks.rows and tasks.more, not tasks.rows and tasks.more or nil)
    return json.pick(worker, KEYS)
  end,
}

-- --- pausing -------------------------------------------------------------------------------------------------------------------

local NOTES = {
  pause = "It takes no new tasks; those that it runs go on.",
  resume = "It takes tasks again.",
}

local function change_note(action, before, after, target)
  if before == target then return ("It was %s before: nothing was sent."):format(target) end
  if after == target then return NOTES[action] end
  if after == "INACTIVE" then
    return ("The engine took the change, but has not heard this worker for a while, so it shows INACTIVE; it takes no tasks "
      .. "until it is heard, and then it is %s."):format(target)
  end
  return ("The engine took the change, but says that the worker is %s: look again with get_worker."):format(after or "unknown")
end

-- Pauses or resumes: reads before, sends only what changes something, reads after. What has been sent is never told as a failure.
local function change(action, id, target)
  local before = refusal.explained(NO_WORKER, hatchet.get, WORKER, { id = id })
  local after = before
  if before.status ~= target then
    local echo = refusal.explained(NO_WORKER, hatchet.patch, WORKER, { id = id }, { isPaused = target == "PAUSED" })
    after = hatchway.try(hatchet.get, WORKER, { id = id }) or echo or {}
  end
  return json.object({ "metadata", "name", "before", "status", "slots", "note" }, {
    metadata = before.metadata,
    name = before.name,
    before = before.status,
    status = after.status,
    slots = slots_of(after),
    note = change_note(action, before.status, after.status, target),
  })
end

tool "pause_worker" {
  title = "Pause Worker",
  about = "Gives a worker no new tasks; those it runs go on.",
  access = "write",
  idempotent = true,
  link = { worker = "metadata.id" },
  input = { worker_id = t.uuid {} },
  output = t.object { fields = { before = t.string {}, status = t.string {} } },
  run = function(args)
    return change("pause", args.worker_id, "PAUSED")
  end,
}

tool "resume_worker" {
  title = "Resume Worker",
  about = "Ends the pause of a worker.",
  access = "write",
  idempotent = true,
  link = { worker = "metadata.id" },
  input = { worker_id = t.uuid {} },
  output = t.object { fields = { before = t.string {}, status = t.string {} } },
  run = function(args)
    return change("resume", args.worker_id, "ACTIVE")
  end,
}
