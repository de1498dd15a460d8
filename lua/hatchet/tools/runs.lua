-- Runs: lists of them, one in full, its status and its timeline.

local arguments = require "hatchet.arguments"
local t, shapes, window = require "hatchway.types", require "hatchet.shapes", require "hatchet.window"
local resolve, details, metadata = require "hatchet.resolve", require "hatchet.details", require "hatchet.metadata"
local lists, refusal = require "hatchet.lists", require "hatchet.refusal"

toolset "runs"

local RUN = "/api/v1/stable/workflow-runs/{id}"
local RUNS = "/api/v1/stable/tenants/{tenant}/workflow-runs"

local function run_id()
  return t.uuid "The run, or a task of it"
end

-- --- lists ---------------------------------------------------------------------------------------------------------------------

-- Rows are tasks or runs? The engine reads worker_id for tasks only and parent_task_external_id for runs only, and passes over
-- them otherwise without a word. So the filter decides; the second value says so when something else was asked for.
local function mode_of(args)
  if args.worker_id and args.parent_task_external_id then
    refusal.invalid("worker_id and parent_task_external_id cannot be combined: the first selects tasks, the second runs.",
      "Give one of them.")
  elseif args.worker_id then
    return true, not args.only_tasks and "worker_id selects tasks: each row is a task; workflowRunExternalId is its run." or nil
  elseif args.parent_task_external_id then
    return false, args.only_tasks and "parent_task_external_id selects runs: each row is a run; get_run shows its tasks." or nil
  end
  return args.only_tasks, nil
end

local EXPECTED = {
  {
    argument = "worker_id",
    path = "/api/v1/workers/{id}",
    noun = "worker",
    hint = "list_workers shows those of the last 24 h; one that starts anew gets another id.",
  },
  {
    argument = "parent_task_external_id",
    path = "/api/v1/stable/tasks/{id}",
    noun = "task",
    hint = "A run of several tasks has another id than its tasks: get_run shows them.",
  },
  {
    argument = "triggering_event_external_id",
    path = "/api/v1/stable/tenants/{tenant}/events/{id}",
    noun = "event",
    hint = "list_events shows them, of the last 24 hours unless since says otherwise.",
  },
}

-- Nothing was found: is that because an id is one of nothing? What cannot be asked passes.
local function expect_ids(args)
  resolve.expect(args.workflow_ids)
  for _, expected in ipairs(EXPECTED) do
    local id = args[expected.argument]
    local failure = id and select(2, hatchway.try(hatchet.get, expected.path, { id = id }))
    if failure and failure.status == 404 then
      failure.message = ("There is no %s with the id %s: %s."):format(expected.noun, id, expected.argument)
      failure.hint = expected.hint
      hatchway.fail(failure)
    end
  end
end

local function wanted_of(args)
  return { payloads = args.include_payloads, fields = args.fields, full = not args.minimal_output }
end

-- What is read of the answer. Metadata that is looked at is read, shown or not.
local function mask_of(args)
  local want = wanted_of(args)
  if want.full then return nil end
  local rows = shapes.row_mask(want)
  if args.additional_metadata then rows[#rows + 1] = "additionalMetadata" end
  return { "pagination", rows = rows }
end

-- The rows as they are shown: those that have all the metadata.
local function rows_of(answer, args)
  local want, rows = wanted_of(args), json.array {}
  local metadata_shown = want.full or lists.has(args.fields, "additionalMetadata")
  for _, row in ipairs(answer.rows) do
    if metadata.fits(row, args.additional_metadata) then
      if not metadata_shown then row.additionalMetadata = nil end
      rows[#rows + 1] = shapes.run_row(row, want)
    end
  end
  return rows
end

tool "list_runs" {
  title = "List Runs",
  about = "Runs, or tasks, of a time window, newest first, with children of other runs. Rows are small: get_run has all of one "
    .. "run. Filters add up; several statuses or workflows mean any of them.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    since = t.time { "24h, 2026-05-20T08:00:00Z; default 24h before until", optional = true },
    ["until"] = t.time { "default now", optional = true },
    statuses = t.list { of = t.enum { values = arguments.STATUSES }, optional = true },
    workflow_ids = arguments.workflow_ids(),
    worker_id = t.uuid { "tasks that this worker took", optional = true },
    parent_task_external_id = t.uuid { "runs that this task started", optional = true },
    triggering_event_external_id = t.uuid { "runs that this event started", optional = true },
    additional_metadata = t.map {
      "All pairs must match. The engine's own: hatchet__event_key, hatchet__event_id, hatchet__cron_name, "
        .. "hatchet__cron_expression, hatchet__parent_workflow_run_id",
      of = t.string {},
      optional = true,
    },
    running_filter = t.enum {
      "of RUNNING: on a worker, or evicted (a durable wait)",
      values = { "ON_WORKER", "EVICTED" },
      optional = true,
    },
    only_tasks = t.boolean { "a row for each task, not each run", default = false },
    include_payloads = t.boolean { "add input and output", default = false },
    minimal_output = t.boolean { "false: rows as the engine sends them", default = true },
    fields = t.list { "more keys for the rows", of = t.enum { values = shapes.ROW_FIELDS }, optional = true },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object {
    fields = {
      rows = t.list { required = true },
      pagination = t.object {},
      next = t.object { "arguments for more rows" },
      window = t.object { required = true },
      note = t.string {},
    },
  },
  run = function(args)
    local since, until_, used = window.of(args, { hours = 24 })
    local tasks, note = mode_of(args)
    local wanted = metadata.pairs(args.additional_metadata)
    local answer = hatchet.get(RUNS, {
      since = since,
      ["until"] = until_,
      only_tasks = tasks,
      statuses = args.statuses,
      workflow_ids = resolve.workflows(args.workflow_ids),
      worker_id = args.worker_id,
      parent_task_external_id = args.parent_task_external_id,
      triggering_event_external_id = args.triggering_event_external_id,
      additional_metadata = wanted,
      additional_metadata_operator = #wanted > 1 and "AND" or nil,
      running_filter = args.running_filter,
      include_payloads = args.include_payloads or nil,
      limit = args.limit,
      offset = args.offset,
    }, { only = mask_of(args) })
    if #answer.rows == 0 and args.offset == 0 then expect_ids(args) end
    return json.object({ "rows", "pagination", "next", "window", "note" }, {
      rows = rows_of(answer, args),
      pagination = answer.pagination,
      next = shapes.next(answer, args),
      window = used,
      note = #answer.rows == 0 and shapes.past_end(args) or note,
    })
  end,
}

-- --- one run -------------------------------------------------------------------------------------------------------------------

tool "get_run" {
  title = "Get Run",
  about = "One run in full: tasks with input, output and errors, shape. May be large.",
  access = "read",
  untrusted = true,
  link = { run = "run.metadata.id" },
  input = { workflow_run_id = t.uuid {} },
  output = t.object { fields = { run = t.object { required = true }, tasks = t.list {} } },
  run = function(args)
    return details.find(args.workflow_run_id)
  end,
}

tool "get_run_status" {
  title = "Get Run Status",
  about = "Only the status of a run, for polling.",
  access = "read",
  input = { workflow_run_id = run_id() },
  output = t.object { fields = { workflowRunId = t.string {}, status = t.string { required = true } } },
  run = function(args)
    return resolve.run(function(id)
      local status = details.status(id)
      return json.object({ "workflowRunId", "status" }, { workflowRunId = id, status = status })
    end, args.workflow_run_id)
  end,
}

tool "get_run_timings" {
  title = "Get Run Timings",
  about = "When each task of a run was queued, started and finished, parents before children. depth takes in the runs that it "
    .. "started.",
  access = "read",
  list = true,
  input = {
    workflow_run_id = run_id(),
    depth = t.integer { "generations of children, default 0", min = 0, max = 10, optional = true },
  },
  output = t.object { fields = { rows = t.list { required = true }, pagination = t.object {} } },
  run = function(args)
    return resolve.run(function(id)
      return hatchet.forward(RUN .. "/task-timings", { id = id, depth = args.depth })
    end, args.workflow_run_id)
  end,
}
