-- get_task, get_task_logs, list_task_events.
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"    -- failed at its third attempt
local WAITING = "5ed04c33-04a3-4a26-a331-076d16983d74"   -- queued
local CHATTY = "dc713889-fb85-4000-922d-da965a42d10a"    -- 1,500 lines, then failed
local TIMED_OUT = "797d11f7-41dd-4a2b-a162-e47fbfade857"
local NOBODY = "00000000-0000-4000-8000-000000000000"

-- Every task of the recordings.
local function all_tasks()
  local ids = {}
  for _, exchange in ipairs(recordings.load "details") do
    local id = exchange.query == "" and exchange.path:match "^/api/v1/stable/tasks/([^/]+)$"
    if id then ids[#ids + 1] = id end
  end
  return ids
end

describe("get_task", function()
  it("gives a task with its workflow's name, its creation and what the caller sent", function()
    local task = outputs.call(play "details", "get_task", { task_run_id = CHARGE })
    assert.equal("FAILED", task.status)
    assert.equal("charge-1795241402723", task.displayName)
    assert.equal("order-fulfillment", task.workflowName)
    assert.equal("4a806db2-7c70-4246-a5fe-36d1ecb2b6b8", task.workflowRunExternalId)
    assert.same({ 3, 2 }, { task.attempt, task.retryCount })
    assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, task.input)
    assert.equal("2026-11-21T06:10:02.674013Z", task.createdAt)
    assert.equal("2026-11-21T06:10:07.742305Z", task.finishedAt)
    assert.truthy(task.errorMessage:find("^RuntimeError: card declined: insufficient_funds"))
  end)

  it("gives an attempt of its own", function()
    local task = outputs.call(play "details", "get_task", { task_run_id = CHARGE, attempt = 1 })
    assert.same({ 1, 0 }, { task.attempt, task.retryCount })
    assert.equal("2026-11-21T06:10:02.924392Z", task.startedAt)
    assert.equal("2026-11-21T06:10:03.133806Z", task.finishedAt)
  end)

  it("leaves out the times of what has not happened", function()
    local task = outputs.call(play "details", "get_task", { task_run_id = WAITING })
    assert.equal("QUEUED", task.status)
    assert.equal("2026-11-21T06:08:37.449566Z", task.createdAt)
    assert.is_nil(task.startedAt)
    assert.is_nil(task.finishedAt)
  end)

  it("takes an id in capitals", function()
    assert.equal(CHARGE, outputs.call(play "details", "get_task", { task_run_id = CHARGE:upper() }).taskExternalId)
  end)

  it("marks what workers wrote, and links to the run", function()
    local content = play("details"):call("get_task", { task_run_id = CHARGE }).content
    assert.equal(3, #content)
    assert.truthy(content[1].text:find("It is data", 1, true))
    assert.equal("resource_link", content[3].type)
    local page = "/tenants/55555555-2222-4333-8444-555555555555/runs/4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"
    assert.equal(page, content[3].uri:sub(-#page))
  end)

  it("declares what every recorded task is", function()
    local s = play "details"
    local ids = all_tasks()
    assert.equal(170, #ids)
    for _, id in ipairs(ids) do assert.equal(id, outputs.call(s, "get_task", { task_run_id = id }).taskExternalId) end
  end)

  it("says what an unknown id may be", function()
    local failure = outputs.refused(play "errors", "get_task", { task_run_id = NOBODY })
    assert.same({ "not_found", "not_found", 404, false }, { failure.code, failure.kind, failure.status, failure.retryable })
    assert.truthy(failure.hint:find("get_run shows them", 1, true))
  end)

  it("refuses what is no id before it asks", function()
    local s, engine = serve(answers.recorded "details")
    local failure = outputs.refused(s, "get_task", { task_run_id = "charge" })
    assert.equal("validation_error", failure.kind)
    assert.truthy(failure.text:find('"task_run_id"', 1, true))
    assert.equal("validation_error", outputs.refused(s, "get_task", { task_run_id = CHARGE, attempt = 0 }).kind)
    assert.equal(0, #engine.requests)
  end)

  it("says how many attempts there are when the engine fails at a later one", function()
    local fails, knows = answers.refusal(500, "unknown id"), answers.recorded "details"
    local s = serve(function(exchange)
      local answer = exchange.query == "attempt=9" and fails or knows
      answer(exchange)
    end)
    local failure = outputs.refused(s, "get_task", { task_run_id = CHARGE, attempt = 9 })
    assert.equal("not_found", failure.code)
    assert.equal("Its last attempt is 3.", failure.hint)
  end)

  it("passes on a refused token", function()
    local s = serve(answers.refusal(403, "expired token"))
    local failure = outputs.refused(s, "get_task", { task_run_id = CHARGE })
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
  end)
end)

describe("get_task_logs", function()
  it("gives the oldest lines first, and where they go on", function()
    local answer = outputs.call(play "details", "get_task_logs", { task_run_id = CHATTY })
    assert.equal(1000, #answer.rows)
    assert.same({ attempt = 1, createdAt = "2026-11-21T06:08:31.233379Z", level = "INFO", message = "line 1 of 1500" }, answer.rows[1])
    assert.equal("line 1000 of 1500", answer.rows[1000].message)
    assert.same({ since = "2026-11-21T06:08:33.438934Z" }, answer.next)
  end)

  it("goes on where next says, up to the end", function()
    local answer = outputs.call(play "details", "get_task_logs", { task_run_id = CHATTY, since = "2026-11-21T06:08:33.438934Z" })
    assert.equal(500, #answer.rows)
    assert.equal("line 1001 of 1500", answer.rows[1].message)
    assert.equal("line 1500 of 1500", answer.rows[500].message)
    assert.is_nil(answer.next)
  end)

  it("gives the newest lines first, and the older ones after them", function()
    local s = play "details"
    local answer = outputs.call(s, "get_task_logs", { task_run_id = CHATTY, order_by_direction = "DESC", limit = 5 })
    assert.equal(5, #answer.rows)
    assert.equal("line 1500 of 1500", answer.rows[1].message)
    assert.equal("line 1496 of 1500", answer.rows[5].message)
    assert.same({ ["until"] = "2026-11-21T06:08:34.87744Z" }, answer.next)
    answer = outputs.call(s, "get_task_logs", {
      task_run_id = CHATTY, order_by_direction = "DESC", ["until"] = "2026-11-21T06:08:32.528718Z",
    })
    assert.equal("line 500 of 1500", answer.rows[1].message)
    assert.is_nil(answer.next)
  end)

  it("finds text, levels and attempts", function()
    local s = play "details"
    assert.equal(3, #outputs.call(s, "get_task_logs", { task_run_id = CHARGE, search = "charging" }).rows)
    assert.equal(0, #outputs.call(s, "get_task_logs", { task_run_id = CHARGE, search = "disk" }).rows)
    assert.equal(0, #outputs.call(s, "get_task_logs", { task_run_id = CHARGE, levels = { "ERROR" } }).rows)
    assert.equal(200, #outputs.call(s, "get_task_logs", { task_run_id = CHATTY, levels = { "INFO" }, limit = 200 }).rows)
    assert.same({ { attempt = 2, createdAt = "2026-11-21T06:10:04.641308Z", level = "INFO", message = "charging 300000 cents, attempt 2" } },
      outputs.call(s, "get_task_logs", { task_run_id = CHARGE, attempt = 2 }).rows)
  end)

  it("takes % and _ of a search as they are", function()
    local found = recordings.find({ "details" }, "GET", ("/api/v1/stable/tasks/%s/logs"):format(CHARGE), "search=charging")
    local s, engine = serve(function(exchange) answers.plain(200, found.body)(exchange) end)
    assert.equal(0, #outputs.call(s, "get_task_logs", { task_run_id = CHARGE, search = "charg%cents" }).rows)
    assert.truthy(engine.requests[1].query:find("search=charg%25cents", 1, true))
  end)

  it("sends times in UTC", function()
    local s, engine = serve(answers.recorded "details")
    s:call("get_task_logs", { task_run_id = CHATTY, since = "2026-11-21T08:08:33.438934+02:00", ["until"] = "2026-11-21" })
    local query = engine.requests[1].query:gsub("%%3A", ":")
    assert.truthy(query:find("since=2026-11-21T06:08:33.438934Z", 1, true))
    assert.truthy(query:find("until=2026-11-21T00:00:00", 1, true))
  end)

  it("says when it serves less than asked", function()
    local answer = outputs.call(play "details", "get_task_logs", { task_run_id = CHATTY, limit = 5000 })
    assert.same({ asked = 5000, served = 1000 }, answer.limit)
  end)

  it("gives no lines of a task that wrote none", function()
    assert.same({ rows = {} }, outputs.call(play "details", "get_task_logs", { task_run_id = WAITING }))
  end)

  it("names what it does not know", function()
    local s = play "details"
    assert.truthy(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, levels = { "WARNING" } }).text:find("WARN", 1, true))
    assert.truthy(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, level = "ERROR" }).text:find("levels", 1, true))
    assert.truthy(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, limit = 0 }).text:find("limit", 1, true))
    assert.equal(404, outputs.refused(play "errors", "get_task_logs", { task_run_id = NOBODY }).status)
  end)

  it("declares what every recorded log is", function()
    local s = play "details"
    for _, id in ipairs(all_tasks()) do outputs.call(s, "get_task_logs", { task_run_id = id }) end
  end)
end)

describe("list_task_events", function()
  it("gives the newest first, with the reason of a time-out", function()
    local answer = outputs.call(play "details", "list_task_events", { task_run_id = TIMED_OUT })
    local types = {}
    for index, row in ipairs(answer.rows) do types[index] = row.eventType end
    assert.same({ "TIMED_OUT", "QUEUED", "STARTED", "ASSIGNED", "SENT_TO_WORKER" }, types)
    assert.equal("Task exceeded timeout of 3s", answer.rows[1].message)
    assert.is_nil(answer.next)
  end)

  it("covers all attempts", function()
    local answer = outputs.call(play "details", "list_task_events", { task_run_id = CHARGE })
    assert.equal(17, #answer.rows)
    assert.same({ 3, 1 }, { answer.rows[1].attempt, answer.rows[17].attempt })
  end)

  it("says where a full page goes on", function()
    local s, engine = serve(answers.recorded "details")
    local answer = outputs.call(s, "list_task_events", { task_run_id = TIMED_OUT, limit = 5, offset = 10 })
    assert.same({ limit = 5, offset = 15 }, answer.next)
    assert.truthy(engine.requests[1].query:find("limit=5", 1, true))
    assert.truthy(engine.requests[1].query:find("offset=10", 1, true))
  end)

  it("cuts the limit at 100 and says so", function()
    local answer = outputs.call(play "details", "list_task_events", { task_run_id = CHARGE, limit = 500 })
    assert.same({ asked = 500, served = 100 }, answer.limit)
  end)

  it("refuses a negative offset and an unknown task", function()
    assert.truthy(outputs.refused(play "details", "list_task_events", { task_run_id = CHARGE, offset = -1 }).text:find("offset", 1, true))
    assert.equal(404, outputs.refused(play "errors", "list_task_events", { task_run_id = NOBODY }).status)
  end)

  it("declares what all recorded events are", function()
    local s = play "details"
    for _, id in ipairs(all_tasks()) do
      assert.is_true(#outputs.call(s, "list_task_events", { task_run_id = id }).rows > 0)
    end
  end)
end)
