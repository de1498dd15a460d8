-- Counts of runs.
--
--   metrics.runs(since, until_, workflow_ids) → { cancelled =, completed =, failed =, queued =, running =, runningDetail = }
--     of a window (texts, UTC), of all workflows or of those with these ids. A run of several tasks counts once; runningDetail
--     splits those that run into onWorker and evicted (durable waits)
--   metrics.total(found)         → how many runs that are
--   metrics.failed_share(found)  → failed ones among those that have ended, 0 to 1; nil when none has

local metrics = {}

local KEYS = { "cancelled", "completed", "failed", "queued", "running", "runningDetail" }

function metrics.runs(since, until_, workflow_ids)
  local found = {}
  for _, row in ipairs(hatchet.get("/api/v1/stable/tenants/{tenant}/task-metrics", {
    since = since,
    ["until"] = until_,
    workflow_ids = workflow_ids,
  })) do
    found[row.status:lower()] = row.count
    found.runningDetail = found.runningDetail or row.runningDetailCount
  end
  return json.object(KEYS, found)
end

function metrics.total(found)
  return found.cancelled + found.completed + found.failed + found.queued + found.running
end

function metrics.failed_share(found)
  local ended = found.cancelled + found.completed + found.failed
  if ended == 0 then return nil end
  return found.failed / ended
end

return metrics
