-- Filters of events. A workflow that has any is started only by events whose scope is that of a filter and for which the filter's
-- expression is true, once for each such filter; one that has none is started by every event of its keys.
--
--   filters.some(workflow_id, scope) → the first hundred filters of a workflow, or of a scope of it, oldest first; and whether
--                                      there may be more: where a scope is a customer, there are thousands
--   filters.scopes(rows, more)       → their scopes as a text: "eu", "us" and others

local filters = {}

local MOST = 100
local NAMED = 8 -- scopes in a text

function filters.some(workflow_id, scope)
  local rows = hatchet.get("/api/v1/stable/tenants/{tenant}/filters", {
    workflowIds = { workflow_id }, scopes = { scope }, limit = MOST,
  }).rows
  return rows, #rows == MOST
end

function filters.scopes(rows, more)
  local seen, list = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row.scope] then list[#list + 1] = ("%q"):format(row.scope) end
    seen[row.scope] = true
  end
  table.sort(list)
  return table.concat(list, ", ", 1, math.min(#list, NAMED)) .. ((more or #list > NAMED) and " and others" or "")
end

return filters
