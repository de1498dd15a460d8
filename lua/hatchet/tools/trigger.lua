-- Starting a run.
--
-- What can be known before is checked before, for the engine checks nothing: it takes a name that no workflow has and answers
-- with the id of a run that never exists. What has been sent is never told as a failure unless it is known that nothing was
-- started: whoever reads of a failure starts the run once more.

local arguments = require "hatchet.arguments"
local t, resolve = require "hatchway.types", require "hatchet.resolve"
local payload, following, started = require "hatchet.payload", require "hatchet.following", require "hatchet.started"

toolset "runs"

local DEADLINE = 55 -- seconds of a call: clients often give it 60
local LAST = 50     -- seconds after which a call that is no task waits no more for the end of its run

-- --- after ---------------------------------------------------------------------------------------------------------------------

-- Was the workflow deleted, or registered anew, while its run was being started?
local function is_gone(id, name)
  local now, failure = hatchway.try(function() return (resolve.workflow(name)) end)
  if now then return now ~= id end
  return failure.code == "not_found"
end

local function not_readable(id, name, unknown)
  if unknown and is_gone(id, name) then
    hatchway.fail {
      code = "not_started",
      kind = "not_found",
      message = ("%s was deleted or registered anew at this very moment: no run was started."):format(name),
      hint = "list_workflows shows what there is now.",
    }
  end
  return started.unseen(name, "start it again")
end

-- What became of the run within as many seconds as were asked for and are left; nil when that cannot be told. A task that goes on
-- in another process finds its run by what is saved.
local function followed(run, seconds, began)
  local left = following.patience(seconds, LAST - (hatchway.time.now() - began))
  if left <= 0 then return nil end
  hatchway.try(hatchway.save, { run = run })
  return (hatchway.try(following.run, run, left))
end

local function answer(id, name, run, seconds, began)
  local status, note
  if not run then
    note = "The engine took the run, but its answer cannot be read. Do not start it again. " .. started.look(name)
  else
    local unknown
    status, unknown = started.status(run)
    note = not status and not_readable(id, name, unknown) or nil
  end
  local ended = status and followed(run, seconds, began)
  if ended then return ended end
  return json.object({ "workflowRunId", "status", "workflowName", "workflowId", "note" }, {
    workflowRunId = run,
    status = status,
    workflowName = name,
    workflowId = id,
    note = note,
  })
end

tool "trigger_workflow" {
  title = "Trigger Workflow",
  about = "Starts a run and returns its id and first status, or with wait what became of it. The input is checked against "
    .. "the workflow's schema first. After an error that says the run may have been started, look before you call again.",
  access = "write",
  untrusted = true,
  task = "optional",
  deadline = DEADLINE,
  cpu = 3000,
  link = { run = "workflowRunId" },
  input = {
    workflow_name = t.string { "name or id", min = 1 },
    input = t.object { "default {}", optional = true },
    additional_metadata = t.map { "to find the run by", of = t.string {}, optional = true },
    priority = arguments.priority(),
    wait = t.integer { "seconds to wait for its end; 45 unless as a task", default = 0, min = 0, max = 21600 },
  },
  output = t.object { fields = { workflowRunId = t.string {}, status = t.string {}, note = t.string {} } },
  run = function(args)
    local began, saved = hatchway.time.now(), hatchway.saved()
    if saved then return following.run(saved.run, following.patience(args.wait, args.wait)) end
    local id, name, input = payload.of_run(args)
    local echo, failure = hatchway.try(hatchet.post, "/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", nil, {
      workflowName = name,
      input = input,
      additionalMetadata = args.additional_metadata,
      priority = args.priority,
      return_only_id = true,
    })
    if failure then started.fail(failure, name) end
    return answer(id, name, echo and echo.run and echo.run.metadata.id, args.wait, began)
  end,
}
