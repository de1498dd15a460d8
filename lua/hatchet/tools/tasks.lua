-- Tasks: the parts of a run that workers execute. A run of a single task has one id for both.

local t, shapes = require "hatchway.types", require "hatchet.shapes"

local TASK = "/api/v1/stable/tasks/{id}"

-- GET about a task; an unknown id is explained.
local function ask(path, params)
  local answer, failure = hatchway.try(hatchet.get, path, params)
  if answer then return answer end
  if failure.status == 404 then
    failure.hint = "No task of this tenant has this id. A run of several tasks has another id than its tasks: get_run shows them."
  end
  hatchway.fail(failure)
end

-- --- one task -------------------------------------------------------------------------------------------------------------------

-- The engine answers 500 to an attempt that has not been made.
local function attempt_of(args)
  local task, failure = hatchway.try(ask, TASK, { id = args.task_run_id, attempt = args.attempt })
  if task then return task end
  if args.attempt and failure.status == 500 then
    local made = ask(TASK, { id = args.task_run_id }).attempt
    if args.attempt > made then
      hatchway.fail {
        code = "not_found",
        kind = "not_found",
        message = ("The task has no attempt %d."):format(args.attempt),
        hint = ("Its last attempt is %d."):format(made),
      }
    end
  end
  hatchway.fail(failure)
end

tool "get_task" {
  title = "Get Task",
  about = "One task: status, error, input, output, times. Numbers beyond 2^53 come rounded.",
  access = "read",
  untrusted = true,
  link = { run = "workflowRunExternalId" },
  input = {
    task_run_id = t.uuid {},
    attempt = t.integer { "default: last", min = 1, optional = true },
  },
  output = t.object { fields = { status = t.string { required = true } } },
  run = function(args)
    local task = shapes.known(attempt_of(args))
    task.createdAt = task.metadata.createdAt
    task.workflowName = task.workflowConfig and task.workflowConfig.Name
    return task
  end,
}

-- --- its log --------------------------------------------------------------------------------------------------------------------

-- The engine takes % and _ of a search for wildcards.
local function holding(rows, search)
  if not (search and search:find("[%%_]")) then return rows end
  local word, found = search:lower(), json.array {}
  for _, row in ipairs(rows) do
    if row.message:lower():find(word, 1, true) then found[#found + 1] = row end
  end
  return found
end

-- A line without what is the same in all of them.
local function line(row)
  return json.pick(row, { "createdAt", "level", "message", "attempt" })
end

local function lines(rows)
  local list = json.array {}
  for index, row in ipairs(rows) do list[index] = line(row) end
  return list
end

-- There are no offsets for logs: the next page begins at the last line. Both bounds leave out the very time that they name.
local function rest_of(rows, args)
  if #rows < args.limit then return nil end
  local bound = args.order_by_direction == "DESC" and "until" or "since"
  return { [bound] = rows[#rows].createdAt }
end

tool "get_task_logs" {
  title = "Get Task Logs",
  about = "Log lines of a task, all attempts, oldest first. Workers may lose lines of a burst. next: arguments for more.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    task_run_id = t.uuid {},
    limit = t.limit { default = 1000, cap = 1000 },
    since = t.time { "after", optional = true },
    ["until"] = t.time { "before", optional = true },
    order_by_direction = t.enum { "DESC: newest first", values = { "ASC", "DESC" }, optional = true },
    search = t.string { "part of the text, any case", min = 1, optional = true },
    levels = t.list { of = t.enum { values = { "DEBUG", "INFO", "WARN", "ERROR" } }, optional = true },
    attempt = t.integer { min = 1, optional = true },
  },
  output = t.object { fields = { rows = t.list { required = true }, next = t.object {} } },
  run = function(args)
    local rows = ask(TASK .. "/logs", {
      id = args.task_run_id,
      limit = args.limit,
      since = args.since,
      ["until"] = args["until"],
      order_by_direction = args.order_by_direction,
      search = args.search,
      levels = args.levels,
      attempt = args.attempt,
    }).rows
    return json.object({ "rows", "next" }, { rows = lines(holding(rows, args.search)), next = rest_of(rows, args) })
  end,
}

-- --- its events -----------------------------------------------------------------------------------------------------------------

local event = t.object {
  fields = {
    timestamp = t.string { required = true },
    eventType = t.string { required = true },
    message = t.string {},
    errorMessage = t.string {},
    attempt = t.integer {},
    workerId = t.string {},
  },
}

tool "list_task_events" {
  title = "List Task Events",
  about = "What happened to a task, newest first: queued, assigned, started, retried, timed out. Reasons of time-outs and cancels "
    .. "stand only here.",
  access = "read",
  list = true,
  untrusted = true,
  input = {
    task_run_id = t.uuid "The task",
    limit = t.limit { default = 50, cap = 100 },
    offset = t.integer { "rows to skip", default = 0, min = 0 },
  },
  output = t.object { fields = { rows = t.list { of = event, required = true }, next = t.object {} } },
  run = function(args)
    local answer = ask(TASK .. "/task-events", { id = args.task_run_id, limit = args.limit, offset = args.offset })
    return json.object({ "rows", "next" }, { rows = answer.rows, next = shapes.next(answer, args) })
  end,
}
