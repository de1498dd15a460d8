-- The state of a tenant in one call.

local t, overview = require "hatchway.types", require "hatchet.overview"
local window, attention = require "hatchet.window", require "hatchet.attention"

toolset "meta"

local SHOWN = 8

-- The first rows of a list; how many there were when that is more.
local function short(list)
  if not list then return nil end
  local rows = json.array(table.move(list, 1, math.min(#list, SHOWN), 1, {}))
  return json.object({ "rows", "total" }, { rows = rows, total = #list > #rows and #list or nil })
end

local function workers_of(workers, unserved)
  if not workers then return nil end
  local list = short(workers.rows)
  return json.object({ "byStatus", "rows", "total", "unservedActions" }, {
    byStatus = workers.by_status,
    rows = list.rows,
    total = list.total,
    unservedActions = #unserved > 0 and short(unserved) or nil,
  })
end

local function missing_of(missing)
  local names, sentences = {}, {}
  for name in pairs(missing) do names[#names + 1] = name end
  table.sort(names)
  for index, name in ipairs(names) do sentences[index] = ("%s: %s"):format(name, missing[name]) end
  return #sentences > 0 and json.array(sentences) or nil
end

local KEYS = {
  "attention", "window", "runs", "failing", "overTime", "waiting", "workers", "pausedWorkflows", "exhaustedRateLimits",
  "disabledCrons", "dueSoon", "logs", "missing", "note",
}

tool "tenant_overview" {
  title = "Tenant Overview",
  about = "The tenant at a glance, and under attention what to look at, most urgent first, each with the tool to call next: runs "
    .. "beside the window before, failures, what waits, workers, what is paused or used up, crons, schedules, logs.",
  access = "read",
  untrusted = true,
  cpu = 2000,
  input = {
    since = t.time { "default 24h ago", optional = true },
    ["until"] = t.time { "default now", optional = true },
  },
  output = t.object {
    fields = {
      attention = t.list { of = t.string {}, required = true },
      window = t.object { required = true },
      runs = t.object {},
      workers = t.object {},
      missing = t.list { "parts that could not be read", of = t.string {} },
    },
  },
  run = function(args)
    local since, until_, used = window.of(args, { hours = 24 })
    local parts, missing = overview.ask(since, until_)
    local unserved = overview.unserved(parts)
    local sentences = attention.of(parts, unserved)
    return json.object(KEYS, {
      attention = sentences,
      window = used,
      runs = parts.runs,
      failing = parts.failing,
      overTime = parts.overTime,
      waiting = short(parts.waiting),
      workers = workers_of(parts.workers, unserved),
      pausedWorkflows = short(parts.pausedWorkflows),
      exhaustedRateLimits = short(parts.exhaustedRateLimits),
      disabledCrons = short(parts.disabledCrons),
      dueSoon = short(parts.dueSoon),
      logs = parts.logs,
      missing = missing_of(missing),
      note = #sentences == 0 and not next(missing) and "Nothing needs attention." or nil,
    })
  end,
}
