-- Durable tasks: what they wait for, and ways to move one on.
--
-- A durable task keeps a log, so that it can be taken off its worker while it waits (evicted) and go on later where it was. An
-- evicted task is RUNNING for the engine. All of it is read before anything is sent: the engine takes what makes no sense and
-- says that it did it.

local t, details, durable = require "hatchway.types", require "hatchet.details", require "hatchet.durable"
local refusal, uncertain = require "hatchet.refusal", require "hatchet.uncertain"

toolset "runs"

local TASK = "/api/v1/stable/tasks/{id}"
local ENDED = details.ENDED

local NO_TASK = "No task of this tenant has this id. A run of several tasks has another id than its tasks: get_run shows them; "
  .. "list_runs with running_filter EVICTED shows durable runs that wait."

local function task_of(id)
  return refusal.explained(NO_TASK, hatchet.get, TASK, { id = id })
end

local function must_be_durable(task)
  if task.isDurable then return end
  refusal.invalid(("%s is no durable task."):format(task.displayName),
    "Only durable tasks keep a log and can be restored or branched. replay_run runs any ended run again.")
end

-- --- the log -------------------------------------------------------------------------------------------------------------------

-- What the state of the task means, and what can be done about it.
local function note_of(task, rows)
  if not task.isDurable then return "This is no durable task: it keeps no log." end
  if ENDED[task.status] then return ("The task is %s: it waits for nothing any more."):format(task.status) end
  if #durable.waiting(rows) == 0 then
    return ("The task is %s and waits for nothing that its log knows of."):format(task.status)
  end
  if task.isEvicted then
    return "It is evicted: it holds no slot of a worker and goes on by itself when the wait is over. This is not stuck."
  end
  return "It is on a worker while it waits. This is not stuck."
end

tool "get_durable_log" {
  title = "Get Durable Log",
  about = "What a durable task waits for (event, sleep and its end, child workflow): waitsFor, in a sentence; and its log, "
    .. "oldest first.",
  access = "read",
  list = true,
  untrusted = true,
  link = { run = "workflowRunId" },
  input = {
    task_id = t.uuid "A task, or a run of a single task",
    limit = t.limit { "last entries", default = 50, cap = 1000 },
  },
  output = t.object {
    fields = {
      status = t.string { required = true },
      waitsFor = t.string {},
      rows = t.list { required = true },
      total = t.integer {},
      note = t.string {},
    },
  },
  run = function(args)
    local task = task_of(args.task_id)
    local rows = durable.log(args.task_id)
    local keys = {
      "taskExternalId", "displayName", "workflowRunId", "workflowName", "status", "isEvicted", "waitsFor", "rows", "total",
      "note",
    }
    return json.object(keys, {
      taskExternalId = task.taskExternalId,
      displayName = task.displayName,
      workflowRunId = task.workflowRunExternalId,
      workflowName = details.workflow_name(task),
      status = task.status,
      isEvicted = task.isEvicted or false,
      waitsFor = not ENDED[task.status] and durable.sentence(rows) or nil,
      rows = json.array(table.move(rows, math.max(1, #rows - args.limit + 1), #rows, 1, {})),
      total = #rows,
      note = note_of(task, rows),
    })
  end,
}

-- --- restoring -----------------------------------------------------------------------------------------------------------------

local LOOKS = { 0.1, 0.2, 0.4, 0.8, 1.5 } -- seconds between looks after a restore: 3 in all

-- Is it still evicted? Also when it cannot be read: a write that was sent is no failure.
local function still_evicted(id)
  for _, pause in ipairs(LOOKS) do
    local task = hatchway.try(hatchet.get, TASK, { id = id })
    if task and not task.isEvicted then return false end
    hatchway.sleep(pause)
  end
  return true
end

local OUTCOMES = {
  restored = "It is on its way to a worker, and evicted again if it still has to wait: get_durable_log says for what.",
  not_evicted = "It was not evicted: there was nothing to restore.",
  pending = "The engine took it, but the task is still evicted. Look again with get_durable_log.",
}

tool "restore_task" {
  title = "Restore Task",
  about = "Puts an evicted durable task on a worker again.",
  access = "write",
  link = { run = "workflowRunId" },
  input = { task_id = t.uuid {} },
  output = t.object { fields = { outcome = t.string { required = true } } },
  run = function(args)
    local task = task_of(args.task_id)
    must_be_durable(task)
    if ENDED[task.status] then
      refusal.invalid(("%s is %s: it cannot be restored."):format(task.displayName, task.status), "replay_run runs it again.")
    end
    local answer = hatchet.post(TASK .. "/restore", { id = args.task_id })
    local outcome = not task.isEvicted and "not_evicted" or still_evicted(args.task_id) and "pending" or "restored"
    local keys = { "task_id", "workflowRunId", "displayName", "status", "requeued", "outcome", "note" }
    return json.object(keys, {
      task_id = args.task_id,
      workflowRunId = task.workflowRunExternalId,
      displayName = task.displayName,
      status = task.status,
      requeued = answer and answer.requeued,
      outcome = outcome,
      note = OUTCOMES[outcome],
    })
  end,
}

-- --- branching -----------------------------------------------------------------------------------------------------------------

-- The entry of the log from which it shall run again; the newest branch that has the node unless one was named.
local function node_of(rows, task, args)
  local found, nodes = nil, {}
  for _, entry in ipairs(rows) do
    local name = ("%d (branch %d)"):format(entry.nodeId, entry.branchId)
    if entry.nodeId == args.node_id and (not args.branch_id or args.branch_id == entry.branchId) then found = entry end
    nodes[#nodes + 1] = name
  end
  if found then return found end
  refusal.unknown(("%s has no node %d%s in its log."):format(task.displayName, args.node_id,
    args.branch_id and (" of branch %d"):format(args.branch_id) or ""),
    #nodes > 0 and ("There are %s. get_durable_log shows them."):format(table.concat(nodes, ", ", math.max(1, #nodes - 9)))
      or "Its log is empty: there is nothing to branch from.")
end

local LOOK = "It may have been branched all the same: get_durable_log shows the branches. Look before you call again."

local function send(body)
  local answer, failure = hatchway.try(hatchet.post, "/api/v1/stable/tenants/{tenant}/durable-tasks/branch", nil, body)
  if not failure then return answer end
  uncertain.fail(failure, LOOK)
end

tool "branch_durable_task" {
  title = "Branch Durable Task",
  about = "Runs a durable task again from a node of its log: what came before is kept, that node and what follows is done "
    .. "anew, in a new branch. get_durable_log shows the nodes.",
  access = "write",
  link = { run = "workflowRunId" },
  input = {
    task_id = t.uuid {},
    node_id = t.integer { "nodeId of the log", min = 1 },
    branch_id = t.integer { "branchId, where several have that node", min = 1, optional = true },
  },
  output = t.object { fields = { branchId = t.integer {}, note = t.string {} } },
  run = function(args)
    local task = task_of(args.task_id)
    must_be_durable(task)
    local node = node_of(durable.log(args.task_id), task, args)
    local body = { taskExternalId = args.task_id, nodeId = args.node_id, branchId = args.branch_id }
    local answer = send(body)
    local keys = { "task_id", "workflowRunId", "displayName", "nodeId", "branchId", "from", "before", "after", "note" }
    return json.object(keys, {
      task_id = args.task_id,
      workflowRunId = task.workflowRunExternalId,
      displayName = task.displayName,
      nodeId = args.node_id,
      branchId = answer and answer.branchId,
      from = node.text,
      before = task.status,
      after = (hatchway.try(details.status, task.workflowRunExternalId)),
      note = ("It runs again from node %d in a branch of its own. get_durable_log shows how it goes on."):format(args.node_id),
    })
  end,
}
