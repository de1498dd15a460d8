-- The workflows whose runs fail.
--
--   failing.of(since, until_, workflow_ids, scan) → entries, scanned
--       by workflow, those that fail most first; read from the newest `scan` failed runs, of which there were `scanned`
--   failing.rows(entries, limit, since, until_) → rows
--       the first `limit` of them as an answer shows them, with how many runs each workflow had (runCount; missing when the
--       engine does not say)

local metrics, shapes = require "hatchet.metrics", require "hatchet.shapes"

local failing = {}

local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"
local ROW = { "workflowName", "workflowId", "failCount", "runCount", "lastFailureAt", "lastRunId", "lastError" }

local function ended(run)
  return run.finishedAt or run.startedAt or run.createdAt
end

-- Failed runs, gathered by workflow: by its id, for two workflows may have had one name.
local function by_workflow(runs)
  local found, list = {}, {}
  for _, run in ipairs(runs) do
    shapes.known(run)
    local entry = found[run.workflowId]
    if not entry then
      entry = { workflowId = run.workflowId, workflowName = run.workflowName, failCount = 0 }
      found[run.workflowId], list[#list + 1] = entry, entry
    end
    entry.failCount = entry.failCount + 1
    if not entry.last or hatchway.time.parse(ended(run)) > hatchway.time.parse(ended(entry.last)) then entry.last = run end
  end
  return list
end

local function fails_more(a, b)
  if a.failCount ~= b.failCount then return a.failCount > b.failCount end
  if a.workflowName ~= b.workflowName then return a.workflowName < b.workflowName end
  return a.workflowId < b.workflowId
end

function failing.of(since, until_, workflow_ids, scan)
  local runs = hatchet.get(RUNS, {
    since = since,
    ["until"] = until_,
    only_tasks = false,
    statuses = { "FAILED" },
    workflow_ids = workflow_ids,
    limit = scan,
  }).rows
  local entries = by_workflow(runs)
  table.sort(entries, fails_more)
  return entries, #runs
end

local function total_of(workflow_id, since, until_)
  local found = hatchway.try(metrics.runs, since, until_, { workflow_id })
  return found and metrics.total(found)
end

function failing.rows(entries, limit, since, until_)
  local questions, rows = {}, json.array {}
  for index = 1, math.min(#entries, limit) do
    questions[index] = function() return total_of(entries[index].workflowId, since, until_) end
  end
  local totals = hatchway.all(questions)
  for index = 1, #questions do
    local entry = entries[index]
    rows[index] = json.object(ROW, {
      workflowName = entry.workflowName,
      workflowId = entry.workflowId,
      failCount = entry.failCount,
      runCount = totals[index],
      lastFailureAt = ended(entry.last),
      lastRunId = entry.last.workflowRunExternalId,
      lastError = shapes.brief(entry.last.errorMessage),
    })
  end
  return rows
end

return failing
