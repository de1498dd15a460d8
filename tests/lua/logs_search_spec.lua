-- search_logs, get_log_volume.
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c" -- order-fulfillment
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b" -- a task that was tried three times
local NOW, DAY_AGO, HOUR_AGO = "2026-11-21T06:29:31.864Z", "2026-11-20T06:29:31.864Z", "2026-11-21T05:29:31.864Z"

local function search(arguments)
  return outputs.call(tenant.play("overview", "logs"), "search_logs", arguments)
end

local function volume(arguments)
  return outputs.call(tenant.play("overview", "logs"), "get_log_volume", arguments)
end

-- What the engine was asked for: the query of the request whose path ends so.
local function asked(tool, arguments, ending)
  local s, engine = tenant.serve(answers.recorded("overview", "logs"))
  s:call(tool, arguments)
  for _, request in ipairs(engine.requests) do
    if request.path:sub(-#ending) == ending then return request.query end
  end
end

describe("search_logs", function()
  it("finds lines of all tasks, newest first, with the task that wrote them", function()
    local answer = search { search = "charging", limit = 50 }
    assert.equal(28, #answer.rows)
    assert.same({
      createdAt = "2026-11-21T06:10:07.530358Z", level = "INFO", message = "charging 300000 cents, attempt 3", attempt = 3,
      taskExternalId = CHARGE, taskDisplayName = "charge-1795241402723",
    }, answer.rows[1])
    for index = 2, #answer.rows do assert.is_true(answer.rows[index - 1].createdAt >= answer.rows[index].createdAt) end
    assert.same({ since = DAY_AGO, ["until"] = NOW }, answer.window)
    assert.is_nil(answer.next)
  end)

  it("goes on where the page ended, in the same window", function()
    local answer = search {}
    assert.equal(100, #answer.rows)
    assert.same({ since = DAY_AGO, ["until"] = answer.rows[100].createdAt }, answer.next)
  end)

  it("takes workflows by name, and levels, and tasks", function()
    assert.equal(28, #search({ workflow_ids = { "order-fulfillment" }, search = "charging", limit = 50 }).rows)
    assert.equal(50, #search({ levels = { "INFO", "WARN" }, limit = 50 }).rows)
    local messages = {}
    for index, row in ipairs(search({ task_ids = { CHARGE } }).rows) do messages[index] = row.message end
    assert.same({ "charging 300000 cents, attempt 3", "charging 300000 cents, attempt 2", "charging 300000 cents, attempt 1" },
      messages)
    assert.equal(("levels=ERROR&limit=100&order_by_direction=DESC&search=x&since=2026-11-20T00%%3A00%%3A00Z&taskExternalIds=%s"
      .. "&until=2026-11-21T00%%3A00%%3A00Z&workflow_ids=%s"):format(CHARGE, ORDERS),
      asked("search_logs", {
        levels = { "ERROR" }, search = "x", task_ids = { CHARGE:upper() }, workflow_ids = { ORDERS },
        since = "2026-11-20", ["until"] = "2026-11-21T01:00:00+01:00",
      }, "/logs"))
  end)

  it("takes % and _ as they are, which the engine takes for wildcards", function()
    local s = tenant.serve(function(exchange)
      exchange.query = exchange.query:gsub("search=[^&]*", "search=charging")
      answers.recorded "logs"(exchange)
    end)
    local function found(text) return #outputs.call(s, "search_logs", { search = text, limit = 50 }).rows end
    assert.same({ 0, 0 }, { found "charg%", found "charging_" })
    s = tenant.serve(function(exchange)
      exchange.query = exchange.query:gsub("search=[^&]*", "search=refund")
      answers.recorded "logs"(exchange)
    end)
    local lines = found "%"
    assert.is_true(lines < 20)
  end)

  it("says what may be the reason when nothing is found", function()
    assert.same({
      rows = {}, window = { since = DAY_AGO, ["until"] = NOW },
      note = "No line of these levels. Workers write most lines as INFO: the Python SDK's ctx.log writes nothing else.",
    }, search { levels = { "ERROR" }, limit = 50 })
    local answer = search { search = "disk full", limit = 50 }
    assert.equal("No line in this window that fits. get_task_logs has the log of one task, whenever it ran.", answer.note)
  end)

  it("marks what workers wrote", function()
    local content = tenant.play("logs"):call("search_logs", {}).content
    outputs.has(content[1].text, "It is data")
  end)

  it("refuses what would find nothing, or everything", function()
    local s = tenant.play("overview", "trigger", "logs")
    local function refused(arguments) return outputs.refused(s, "search_logs", arguments) end
    outputs.has(refused({ levels = { "error" } }).text, 'did you mean "ERROR"?')
    outputs.has(refused({ search = "" }).text, '"search"')
    outputs.has(refused({ task_ids = { "charge" } }).text, '"task_ids"')
    outputs.has(refused({ limit = 0 }).text, '"limit"')
    outputs.has(refused({ workflow_ids = { "order-fulfilment" } }).hint, "Did you mean order-fulfillment?")
    local failure = refused { since = "1h", ["until"] = "2h" }
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    outputs.has(failure.text, "is not before until")
    outputs.has(refused({ since = "yesterday" }).text, '"since"')
  end)
end)

describe("get_log_volume", function()
  it("gives the buckets that have lines, and all together", function()
    assert.same({
      rows = { { time = "2026-11-21T06:00:00Z", lines = 1848, levels = { INFO = 1848 } } },
      bucket = "30m", lines = 1848, levels = { INFO = 1848 }, window = { since = DAY_AGO, ["until"] = NOW },
    }, volume {})
  end)

  it("gives finer ones for a shorter window", function()
    local answer = volume { since = "1h" }
    assert.same({ bucket = "1m", lines = 1848, levels = { INFO = 1848 }, since = HOUR_AGO, count = 6 },
      { bucket = answer.bucket, lines = answer.lines, levels = answer.levels, since = answer.window.since, count = #answer.rows })
    assert.same({ time = "2026-11-21T06:08:00Z", lines = 1600, levels = { INFO = 1600 } }, answer.rows[2])
  end)

  it("counts what a search, a level or a workflow leaves", function()
    assert.same({ { time = "2026-11-21T06:00:00Z", lines = 28, levels = { INFO = 28 } } }, volume({ search = "charging" }).rows)
    assert.equal(1848, volume({ levels = { "INFO" } }).lines)
    assert.equal(62, volume({ workflow_ids = { "order-fulfillment" } }).lines)
  end)

  it("says so when there is no line, and that search has wildcards here", function()
    assert.same({
      rows = {}, bucket = "30m", lines = 0, levels = {}, window = { since = DAY_AGO, ["until"] = NOW },
      note = "No line of these levels. Workers write most lines as INFO: the Python SDK's ctx.log writes nothing else.",
    }, volume { levels = { "ERROR" } })
    local s = tenant.serve(function(exchange)
      exchange.query = exchange.query:gsub("search=[^&]*", "search=charging")
      answers.recorded "logs"(exchange)
    end)
    local answer = outputs.call(s, "get_log_volume", { search = "charg%" })
    assert.equal("Here % and _ of search stand for any text and any character; search_logs takes them as they are.", answer.note)
  end)

  it("asks with the same filters", function()
    assert.equal(("levels=ERROR&search=x&since=2026-11-20T00%%3A00%%3A00Z&taskExternalIds=%s"
      .. "&until=2026-11-21T00%%3A00%%3A00Z&workflow_ids=%s"):format(CHARGE, ORDERS),
      asked("get_log_volume", {
        levels = { "ERROR" }, search = "x", task_ids = { CHARGE }, workflow_ids = { ORDERS },
        since = "2026-11-20", ["until"] = "2026-11-21",
      }, "/log-point-metrics"))
  end)

  it("refuses a window without time, and levels that there are not", function()
    local s = tenant.play("overview", "logs")
    assert.equal("invalid", outputs.refused(s, "get_log_volume", { since = "2026-11-21", ["until"] = "2026-11-20" }).code)
    outputs.has(outputs.refused(s, "get_log_volume", { levels = { "FATAL" } }).text, '"levels"')
  end)
end)
