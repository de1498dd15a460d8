-- What crons and scheduled runs have in common.
--
--   schedules.page(path, filter, args)  → rows, pagination, next and note of a list tool: `filter` is the query, args have
--                                         order_by_field, order_by_direction, limit and offset
--   schedules.each(path, filter, visit) calls visit(row) for all rows, page by page, until it returns true
--   schedules.tidy(row)                 → the row without what the engine has not set
--   refusal.invalid(message, hint)     ends the call: the arguments are wrong
--
-- and of scheduled runs alone:
--
--   schedules.filter(args)              → the query of the arguments that select
--   schedules.future(text, instead)     → a time for the engine; one of the past is refused, `instead` being what to call for
--                                       that
--   schedules.finds(statuses)           → can anything have one of these statuses? nil and an empty list are all of them
--   schedules.STATUSES, .PENDING_ONLY   the statuses of the API, and why only one of them is ever seen

local resolve, shapes, metadata = require "hatchet.resolve", require "hatchet.shapes", require "hatchet.metadata"
local refusal = require "hatchet.refusal"

local time = hatchway.time

local PAGE = 100

local schedules = {
  STATUSES = { "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "QUEUED", "SCHEDULED" },
  PENDING_ONLY = "Only SCHEDULED finds anything: the engine forgets a scheduled run that has fired. list_runs shows the runs.",
}

function schedules.tidy(row)
  if row.workflowRunName == "" then row.workflowRunName = nil end
  return shapes.known(row)
end

-- An empty page: its end was passed, or the workflow is not there at all, or nothing matches, which needs no word.
local function note_of(filter, args)
  if args.offset == 0 then resolve.expect { filter.workflowId } end
  return shapes.past_end(args)
end

function schedules.page(path, filter, args)
  local answer = hatchet.get(path, shapes.with(filter, {
    orderByField = args.order_by_field,
    orderByDirection = args.order_by_direction,
    limit = args.limit,
    offset = args.offset,
  }))
  for _, row in ipairs(answer.rows) do schedules.tidy(row) end
  return json.object({ "rows", "pagination", "next", "note" }, {
    rows = answer.rows,
    pagination = answer.pagination,
    next = shapes.next(answer, args),
    note = #answer.rows == 0 and note_of(filter, args) or nil,
  })
end

function schedules.each(path, filter, visit)
  local seen, offset = {}, 0
  repeat
    local page = hatchet.get(path, shapes.with(filter, { limit = PAGE, offset = offset })).rows
    for _, row in ipairs(page) do
      if not seen[row.metadata.id] then
        seen[row.metadata.id] = true
        if visit(schedules.tidy(row)) then return end
      end
    end
    offset = offset + PAGE
  until #page < PAGE
end

function schedules.future(text, instead)
  local at, now = time.parse(text), time.now()
  if at <= now then
    refusal.invalid(("trigger_at %s lies in the past: it is %s."):format(time.format(at), time.format(now)),
      ("The engine would fire at once; for that call %s. Relative times of the future begin with +: +1h."):format(instead))
  end
  return time.format(at)
end

-- The engine holds the run that made a scheduled run against the id of the scheduled run itself.
function schedules.filter(args)
  if args.parent_workflow_run_id then
    refusal.invalid("parent_workflow_run_id cannot be searched: the engine takes it for the id of the scheduled run itself.",
      "Select by workflow_id or additional_metadata; bulk_delete_scheduled takes parent_step_run_id, too.")
  end
  return {
    workflowId = args.workflow_id and resolve.workflow(args.workflow_id),
    parentStepRunId = args.parent_step_run_id,
    statuses = args.statuses,
    additionalMetadata = metadata.strict_pairs(args.additional_metadata),
  }
end

function schedules.finds(statuses)
  if not statuses or #statuses == 0 then return true end
  for _, status in ipairs(statuses) do
    if status == "SCHEDULED" then return true end
  end
  return false
end

return schedules
