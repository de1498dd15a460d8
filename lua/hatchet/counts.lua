-- Runs by status in a window.
--
--   counts.of(since, until_, workflow_ids) → { cancelled, completed, failed, queued, running, runningDetail }
--   counts.total(found)                    → how many runs that are
--   counts.failed_share(found)             → failed ones among those that have ended, 0 to 1; nil when none has
--
-- Times are texts for the query, workflow_ids a list or nil. A run of several tasks counts once.

local counts = {}

local METRICS = "/api/v1/stable/tenants/{tenant}/task-metrics"

function counts.of(since, until_, workflow_ids)
  local found = {}
  for _, row in ipairs(hatchet.get(METRICS, { since = since, ["until"] = until_, workflow_ids = workflow_ids })) do
    found[row.status:lower()] = row.count
    found.runningDetail = found.runningDetail or row.runningDetailCount
  end
  return found
end

function counts.total(found)
  return found.cancelled + found.completed + found.failed + found.queued + found.running
end

function counts.failed_share(found)
  local ended = found.cancelled + found.completed + found.failed
  if ended == 0 then return nil end
  return found.failed / ended
end

return counts
