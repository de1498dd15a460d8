-- Runs that a request of the API has started.
--
--   started.is_uncertain(failure)  after this failure of a write nobody knows whether it was done
--   started.by(path, row, gone)    fires a cron or a scheduled run (its row) now, and waits until the run can be read:
--                                  { workflowRunId, status, workflowName, workflowId, note }; `gone` is the hint if it is there no more
--
-- What has been sent is never told as a failure unless it is known that nothing was started: whoever reads of a failure fires again.

local started = {}

local PATIENCE = 5 -- seconds until a run must be readable; it takes some milliseconds, more when the engine is busy
local UNCERTAIN = { server_error = true, timeout = true, truncated = true, protocol = true }

function started.is_uncertain(failure)
  return UNCERTAIN[failure.code] or false
end

local function look(name)
  return ("list_runs with workflow_ids [%q] and since \"5m\" shows whether it did."):format(name)
end

local function explain(failure, name, gone)
  if failure.status == 404 then
    failure.hint = gone
  elseif started.is_uncertain(failure) then
    failure.retryable = false
    failure.hint = "The run may have been started all the same: do not start it again before you have looked. " .. look(name)
  end
  hatchway.fail(failure)
end

-- The status of the new run as soon as it can be read, else nil.
local function first_status(id)
  local waited, pause = 0, 0.02
  while true do
    local status = hatchway.try(hatchet.get, "/api/v1/stable/workflow-runs/{id}/status", { id = id }, { retry = false })
    if status or waited >= PATIENCE then return status end
    hatchway.sleep(pause)
    waited, pause = waited + pause, math.min(2 * pause, 1)
  end
end

local function note_of(run, status, name)
  if not run then return "The engine took it, but its answer cannot be read. Do not fire it again. " .. look(name) end
  if status then return nil end
  return ("The engine took the run, but cannot show it after %d s. Do not fire it again before get_run_status has said for a minute "
    .. "that there is no such run. "):format(PATIENCE) .. look(name)
end

function started.by(path, row, gone)
  local echo, failure = hatchway.try(hatchet.post, path, { id = row.metadata.id })
  if failure then explain(failure, row.workflowName, gone) end
  local run = echo and echo.externalId
  local status = run and first_status(run)
  return json.object({ "workflowRunId", "status", "workflowName", "workflowId", "note" }, {
    workflowRunId = run,
    status = status,
    workflowName = row.workflowName,
    workflowId = row.workflowId,
    note = note_of(run, status, row.workflowName),
  })
end

return started
