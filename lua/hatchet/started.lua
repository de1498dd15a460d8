-- Runs that a request of the API has started.
--
--   started.fail(failure, name)    ends the call with the failure of a request that starts a run of that workflow
--   started.status(id)             the status of a new run as soon as it can be read; else nil, and whether the engine knows no
--                                  such run
--   started.unseen(name, again)    the note for a run that cannot be read: `again` names what must not be done again
--   started.look(name)             how to see whether a run was started
--   started.by(path, row, gone)    fires a cron or a scheduled run (its row) now, and waits until the run can be read:
--                                  { workflowRunId, status, workflowName, workflowId, note }; `gone` is the hint if it is there
--                                  no more
--
-- What has been sent is never told as a failure unless it is known that nothing was started: whoever reads of a failure fires
-- again.

local details, uncertain = require "hatchet.details", require "hatchet.uncertain"

local started = {}

local PATIENCE = 5 -- seconds until a run must be readable; it takes some milliseconds, more when the engine is busy

function started.look(name)
  return ("list_runs with workflow_ids [%q] and since \"5m\" shows whether it did."):format(name)
end

function started.fail(failure, name)
  uncertain.fail(failure, "The run may have been started all the same: do not start it again before you have looked. "
    .. started.look(name))
end

function started.status(id)
  local waited, pause = 0, 0.02
  while true do
    local status, failure = hatchway.try(details.status, id, { retry = false })
    if status then return status, false end
    if waited >= PATIENCE then return nil, failure.status == 404 end
    hatchway.sleep(pause)
    waited, pause = waited + pause, math.min(2 * pause, 1)
  end
end

function started.unseen(name, again)
  return ("The engine took the run, but cannot show it after %d s. Do not %s before get_run_status has said for a minute that "
    .. "there is no such run. %s"):format(PATIENCE, again, started.look(name))
end

local function note_of(run, status, name)
  if not run then return "The engine took it, but its answer cannot be read. Do not fire it again. " .. started.look(name) end
  return not status and started.unseen(name, "fire it again") or nil
end

function started.by(path, row, gone)
  local echo, failure = hatchway.try(hatchet.post, path, { id = row.metadata.id })
  if failure and failure.status == 404 then failure.hint = gone end
  if failure then started.fail(failure, row.workflowName) end
  local run = echo and echo.externalId
  local status = run and started.status(run)
  return json.object({ "workflowRunId", "status", "workflowName", "workflowId", "note" }, {
    workflowRunId = run,
    status = status,
    workflowName = row.workflowName,
    workflowId = row.workflowId,
    note = note_of(run, status, row.workflowName),
  })
end

return started
