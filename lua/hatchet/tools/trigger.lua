-- Starting a run.
--
-- What can be known before is checked before, for the engine checks nothing: it takes a name that no workflow has and answers with the
-- id of a run that never exists. What has been sent is never told as a failure unless it is known that nothing was started: whoever
-- reads of a failure starts the run once more.

local t, resolve, payload = require "hatchway.types", require "hatchet.resolve", require "hatchet.payload"

local PATIENCE = 5 -- seconds until a run must be readable; it takes some milliseconds, more when the engine is busy

-- --- before ---------------------------------------------------------------------------------------------------------------------

-- The id and the full name of the workflow, which may be given by either.
local function workflow_of(name_or_id)
  local id, name = resolve.workflow(name_or_id)
  return id, name or hatchet.get("/api/v1/workflows/{id}", { id = id }).name
end

-- --- after ----------------------------------------------------------------------------------------------------------------------

local function look(name)
  return ("list_runs with workflow_ids [%q] and since \"5m\" shows whether it did."):format(name)
end

-- Faults after which nobody knows whether the request arrived, or what became of it.
local UNCERTAIN = { server_error = true, timeout = true, truncated = true, protocol = true }

local function explain(failure, name)
  if not UNCERTAIN[failure.code] then hatchway.fail(failure) end
  failure.retryable = false
  failure.hint = "The run may have been started all the same: do not start it again before you have looked. " .. look(name)
  hatchway.fail(failure)
end

-- The status of the new run as soon as it can be read; else nil and whether the engine says that it knows no such run.
local function first_status(id)
  local waited, pause = 0, 0.02
  while true do
    local status, failure = hatchway.try(hatchet.get, "/api/v1/stable/workflow-runs/{id}/status", { id = id }, { retry = false })
    if status then return status, false end
    if waited >= PATIENCE then return nil, failure.status == 404 end
    hatchway.sleep(pause)
    waited, pause = waited + pause, math.min(2 * pause, 1)
  end
end

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
  return ("The engine took the run, but cannot show it after %d s. Do not start it again before get_run_status has said for a minute that "
    .. "there is no such run. "):format(PATIENCE) .. look(name)
end

local function answer(id, name, run)
  local status, note
  if not run then
    note = "The engine took the run, but its answer cannot be read. Do not start it again. " .. look(name)
  else
    local unknown
    status, unknown = first_status(run)
    note = not status and not_readable(id, name, unknown) or nil
  end
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
  about = "Starts a run and returns its id and first status; get_run_status follows it. The input is checked against the workflow's schema "
    .. "first. After an error that says the run may have been started, look before you call again.",
  access = "write",
  link = { run = "workflowRunId" },
  input = {
    workflow_name = t.string { "name or id", min = 1 },
    input = t.object { "default {}", optional = true },
    additional_metadata = t.map { "to find the run by", of = t.string {}, optional = true },
    priority = t.integer { "1 low to 3 high", min = 1, max = 3, optional = true },
  },
  output = t.object { fields = { workflowRunId = t.string {}, status = t.string {}, note = t.string {} } },
  run = function(args)
    local input = args.input or {}
    payload.check(input, "input")
    payload.check(args.additional_metadata or {}, "additional_metadata")
    local id, name = workflow_of(args.workflow_name)
    payload.check_input(id, name, input)
    local echo, failure = hatchway.try(hatchet.post, "/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", nil, {
      workflowName = name,
      input = input,
      additionalMetadata = args.additional_metadata,
      priority = args.priority,
      return_only_id = true,
    })
    if failure then explain(failure, name) end
    return answer(id, name, echo and echo.run and echo.run.metadata.id)
  end,
}
