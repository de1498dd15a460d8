-- Logs of the whole tenant: what was written, and how much.

local arguments = require "hatchet.arguments"
local t, loglines = require "hatchway.types", require "hatchet.loglines"
local window, resolve, shapes = require "hatchet.window", require "hatchet.resolve", require "hatchet.shapes"

toolset "observability"

local LOGS = "/api/v1/stable/tenants/{tenant}/logs"
local METRICS = "/api/v1/stable/tenants/{tenant}/log-point-metrics"
local LEVELS = loglines.LEVELS

-- The arguments that both tools have, and the query that they make. The window is read by itself.
local function filters(more)
  return shapes.with({
    since = t.time { "default 24h before until", optional = true },
    ["until"] = t.time { "default now", optional = true },
    search = t.string { "part of the text, any case", min = 1, optional = true },
    levels = t.list { of = t.enum { values = LEVELS }, optional = true },
    workflow_ids = arguments.workflow_ids(),
    task_ids = t.list { of = t.uuid {}, optional = true },
  }, more or {})
end

local function query_of(args)
  local since, until_, used = window.of(args, { hours = 24 })
  return {
    since = since,
    ["until"] = until_,
    search = args.search,
    levels = args.levels,
    workflow_ids = resolve.workflows(args.workflow_ids),
    taskExternalIds = args.task_ids,
  }, used
end

-- What may be the reason when nothing is found.
local function none(what, args)
  resolve.expect(args.workflow_ids)
  if args.levels then
    return ("No %s of these levels. Workers write most lines as INFO: the Python SDK's ctx.log writes nothing else."):format(what)
  end
  return ("No %s in this window that fits. get_task_logs has the log of one task, whenever it ran."):format(what)
end

-- --- lines ---------------------------------------------------------------------------------------------------------------------

local KEYS = { "createdAt", "level", "message", "taskDisplayName", "taskExternalId", "attempt" }

tool "search_logs" {
  title = "Search Logs",
  about = "Log lines of all tasks, newest first, with the task that wrote them; get_run takes its id. next: arguments for "
    .. "older lines.",
  access = "read",
  list = true,
  untrusted = true,
  input = filters { limit = t.limit { default = 100, cap = 1000 } },
  output = t.object {
    fields = {
      rows = t.list { required = true },
      next = t.object {},
      window = t.object {},
      note = t.string {},
    },
  },
  run = function(args)
    local query, used = query_of(args)
    query.limit, query.order_by_direction = args.limit, "DESC"
    local rows = hatchet.get(LOGS, query).rows
    local lines = loglines.of(rows, KEYS, args.search)
    local more = loglines.next(rows, { limit = args.limit, order = "DESC" })
    if more then more.since = used.since end
    return json.object({ "rows", "next", "window", "note" }, {
      rows = lines,
      next = more,
      window = used,
      note = #lines == 0 and not more and none("line", args) or nil,
    })
  end,
}

-- --- volume --------------------------------------------------------------------------------------------------------------------

-- Lines by level, without the levels that have none; and their sum.
local function counted(bucket)
  local counts, sum = json.object(LEVELS, {}), 0
  for _, level in ipairs(LEVELS) do
    local count = bucket[level] or 0
    if count > 0 then counts[level] = count end
    sum = sum + count
  end
  return counts, sum
end

-- The buckets that have something, and the counts of all together.
local function gathered(buckets)
  local rows, totals, all = json.array {}, {}, 0
  for _, bucket in ipairs(buckets) do
    local counts, sum = counted(bucket)
    if sum > 0 then
      rows[#rows + 1] = json.object({ "time", "lines", "levels" }, { time = bucket.time, lines = sum, levels = counts })
    end
    for level, count in pairs(counts) do totals[level] = (totals[level] or 0) + count end
    all = all + sum
  end
  return rows, json.object(LEVELS, totals), all
end

-- How long a bucket is; the engine chooses it by the length of the window.
local function width_of(buckets)
  if #buckets < 2 then return nil end
  return hatchway.time.duration(hatchway.time.parse(buckets[2].time) - hatchway.time.parse(buckets[1].time))
end

tool "get_log_volume" {
  title = "Get Log Volume",
  about = "How many log lines were written, per level, over time: a spike of ERROR, or silence. rows: the buckets that "
    .. "have lines, oldest first; time is the begin of one, bucket its length.",
  access = "read",
  list = true,
  input = filters(),
  output = t.object {
    fields = {
      rows = t.list { required = true },
      bucket = t.string {},
      lines = t.integer {},
      levels = t.object {},
      window = t.object {},
      note = t.string {},
    },
  },
  run = function(args)
    local query, used = query_of(args)
    local buckets = hatchet.get(METRICS, query).results or {}
    local rows, levels, lines = gathered(buckets)
    local note = lines == 0 and none("line", args) or nil
    if not note and args.search and args.search:find "[%%_]" then
      note = "Here % and _ of search stand for any text and any character; search_logs takes them as they are."
    end
    return json.object({ "rows", "bucket", "lines", "levels", "window", "note" }, {
      rows = rows,
      bucket = width_of(buckets),
      lines = lines,
      levels = levels,
      window = used,
      note = note,
    })
  end,
}
