-- get_task, get_task_logs, list_task_events, list_run_events, list_dag_tasks.
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"    -- failed at its third attempt
local WAITING = "5ed04c33-04a3-4a26-a331-076d16983d74"   -- queued
local CHATTY = "dc713889-fb85-4000-922d-da965a42d10a"    -- 1,500 lines, then failed
local TIMED_OUT = "797d11f7-41dd-4a2b-a162-e47fbfade857"
local LARGE_OUTPUT = "d9526003-4512-4ee1-bfcd-6769de9b4400" -- 1.4 MB in full
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
    outputs.has(content[1].text, "It is data")
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
    outputs.has(failure.hint, "get_run shows them")
  end)

  it("refuses what is no id before it asks", function()
    local s, engine = serve(answers.recorded "details")
    local failure = outputs.refused(s, "get_task", { task_run_id = "charge" })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, '"task_run_id"')
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
    assert.same({ attempt = 1, createdAt = "2026-11-21T06:08:31.233379Z", level = "INFO", message = "line 1 of 1500" },
      answer.rows[1])
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
    assert.same({ { attempt = 2, createdAt = "2026-11-21T06:10:04.641308Z", level = "INFO",
      message = "charging 300000 cents, attempt 2" } },
      outputs.call(s, "get_task_logs", { task_run_id = CHARGE, attempt = 2 }).rows)
  end)

  it("takes % and _ of a search as they are", function()
    local found = recordings.find({ "details" }, "GET", ("/api/v1/stable/tasks/%s/logs"):format(CHARGE), "search=charging")
    local s, engine = serve(function(exchange) answers.plain(200, found.body)(exchange) end)
    assert.equal(0, #outputs.call(s, "get_task_logs", { task_run_id = CHARGE, search = "charg%cents" }).rows)
    outputs.has(engine.requests[1].query, "search=charg%25cents")
  end)

  it("sends times in UTC", function()
    local s, engine = serve(answers.recorded "details")
    s:call("get_task_logs", { task_run_id = CHATTY, since = "2026-11-21T08:08:33.438934+02:00", ["until"] = "2026-11-22" })
    local query = engine.requests[1].query:gsub("%%3A", ":")
    assert.truthy(query:find("since=2026-11-21T06:08:33.438934Z", 1, true))
    assert.truthy(query:find("until=2026-11-22T00:00:00", 1, true))
  end)

  it("says which window it used, if any, and refuses one without any time in it", function()
    local found = recordings.find({ "details" }, "GET", ("/api/v1/stable/tasks/%s/logs"):format(CHARGE), "search=disk")
    local s = serve(answers.plain(200, found.body))
    local since = { task_run_id = CHARGE, since = "2026-11-21T08:00:00+02:00" }
    assert.same({ rows = {}, window = { since = "2026-11-21T06:00:00Z" } }, outputs.call(s, "get_task_logs", since))
    assert.is_nil(outputs.call(s, "get_task_logs", { task_run_id = CHARGE }).window)
    since["until"] = "2026-11-21"
    assert.truthy(outputs.refused(s, "get_task_logs", since).text:find("is not before until", 1, true))
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
    outputs.has(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, levels = { "WARNING" } }).text, "WARN")
    outputs.has(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, level = "ERROR" }).text, "levels")
    outputs.has(outputs.refused(s, "get_task_logs", { task_run_id = CHARGE, limit = 0 }).text, "limit")
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
    outputs.has(engine.requests[1].query, "limit=5")
    outputs.has(engine.requests[1].query, "offset=10")
  end)

  it("cuts the limit at 100 and says so", function()
    local answer = outputs.call(play "details", "list_task_events", { task_run_id = CHARGE, limit = 500 })
    assert.same({ asked = 500, served = 100 }, answer.limit)
  end)

  it("refuses a negative offset and an unknown task", function()
    outputs.has(outputs.refused(play "details", "list_task_events", { task_run_id = CHARGE, offset = -1 }).text, "offset")
    assert.equal(404, outputs.refused(play "errors", "list_task_events", { task_run_id = NOBODY }).status)
  end)

  it("declares what all recorded events are", function()
    local s = play "details"
    for _, id in ipairs(all_tasks()) do
      assert.is_true(#outputs.call(s, "list_task_events", { task_run_id = id }).rows > 0)
    end
  end)
end)

local DECLINED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8" -- a run of six tasks: CHARGE failed
local LARGE = "d9526003-4512-4ee1-bfcd-6769de9b4400"    -- a run of one task with an output of 700 KB

describe("list_run_events", function()
  local function events(arguments) return outputs.call(play("errors", "details"), "list_run_events", arguments) end

  it("names the workers, and so does list_task_events", function()
    local s = play("overview", "details")
    for tool, arguments in pairs { list_run_events = { workflow_run_id = DECLINED },
      list_task_events = { task_run_id = CHARGE } } do
      local rows, named = outputs.call(s, tool, arguments).rows, 0
      for _, row in ipairs(rows) do
        assert.equal(row.workerId and "shop-main", row.workerName)
        if row.workerName then named = named + 1 end
      end
      assert.truthy(named > 2)
    end
  end)

  it("gives the events of all tasks of a run, newest first, without what is empty", function()
    local answer = events { workflow_run_id = DECLINED, limit = 4 }
    assert.same({ DECLINED, 34, { offset = 4, limit = 4 } }, { answer.workflowRunId, answer.total, answer.next })
    assert.same({
      timestamp = "2026-11-21T06:10:07.859624Z", eventType = "FINISHED", attempt = 1,
      taskExternalId = "fa7cf872-956e-4c9d-8551-eb1078be6d7b", taskDisplayName = "refund-on-failure-1795241407782",
      workerId = "842bdd8c-cef7-41d4-825c-90c65ed0cce0",
    }, answer.rows[1])
    assert.same({ timestamp = "2026-11-21T06:10:07.848698Z", eventType = "CANCELLED", attempt = 1,
      taskExternalId = "8c216328-e49f-438f-96a0-c19552222d28", taskDisplayName = "notify-1795241407815" }, answer.rows[3])
  end)

  it("pages through them, though the engine does not", function()
    local all = events({ workflow_run_id = DECLINED, limit = 500 }).rows
    assert.equal(34, #all)
    local last = events { workflow_run_id = DECLINED, limit = 4, offset = 32 }
    assert.same({ all[33], all[34] }, last.rows)
    assert.is_nil(last.next)
    local beyond = events { workflow_run_id = DECLINED, offset = 1000 }
    assert.same({ {}, 34, "There is nothing from offset 1000 on: the list ends before." },
      { beyond.rows, beyond.total, beyond.note })
  end)

  it("shortens errors, and gives outputs only when asked: their integers are exact", function()
    local failed
    for _, row in ipairs(events({ workflow_run_id = DECLINED, limit = 100 }).rows) do
      assert.is_nil(row.output)
      if row.eventType == "FAILED" then failed = row end
    end
    assert.truthy(failed.errorMessage:find(
      "^RuntimeError: card declined: insufficient_funds %(psp request req_81f2%) … %[%d+ of %d+ bytes"))
    assert.equal('{"refunded": true}', events({ workflow_run_id = DECLINED, limit = 1, include_outputs = true }).rows[1].output)
  end)

  it("asks the task where a run has only one: the engine keeps nothing for the run", function()
    local answer = events { workflow_run_id = WAITING }
    local names = {}
    for index, row in ipairs(answer.rows) do names[index] = row.eventType end
    assert.same({ "QUEUED", "REQUEUED_NO_WORKER" }, names)
    assert.same({ WAITING, 2, WAITING }, { answer.workflowRunId, answer.total, answer.rows[1].taskExternalId })
    assert.equal(5, #events({ workflow_run_id = TIMED_OUT }).rows)
  end)

  it("says so when a task has more events than it reads", function()
    local path = ("/api/v1/stable/tasks/%s/task-events"):format(WAITING)
    local row = recordings.body("details", path):match '"rows":%[({.-})'
    local many, knows = answers.plain(200, ('{"rows":[%s%s]}'):format(row, ("," .. row):rep(999))), answers.recorded "details"
    local s = serve(answers.by_path({ [path] = many }, knows))
    local answer = outputs.call(s, "list_run_events", { workflow_run_id = WAITING })
    assert.same({ 50, 1000, "Older events were left out: list_task_events has them." },
      { #answer.rows, answer.total, answer.note })
  end)

  it("knows every recorded run", function()
    local s, seen = play "details", 0
    for _, exchange in ipairs(recordings.load "details") do
      local id = exchange.path:match "^/api/v1/stable/workflow%-runs/([^/]+)$"
      if id then
        assert.is_true(outputs.call(s, "list_run_events", { workflow_run_id = id }).total > 0)
        seen = seen + 1
      end
    end
    assert.equal(90, seen)
  end)

  it("takes the id of a task for its run, and has nothing to tell of a run before its first event", function()
    local unknown, knows = answers.refusal(404, "unknown id"), answers.recorded("details", "large")
    local s = serve(function(exchange)
      local lost = exchange.path:find("/workflow-runs/" .. CHARGE, 1, true)
        or exchange.path == "/api/v1/stable/tasks/" .. LARGE .. "/task-events"
      local answer = lost and unknown or knows
      answer(exchange)
    end)
    assert.equal(DECLINED, outputs.call(s, "list_run_events", { workflow_run_id = CHARGE }).workflowRunId)
    assert.same({ workflowRunId = LARGE, rows = {}, total = 0 }, outputs.call(s, "list_run_events", { workflow_run_id = LARGE }))
  end)

  it("refuses unknown runs and bad pages", function()
    local failure = outputs.refused(play "errors", "list_run_events", { workflow_run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_runs")
    outputs.has(outputs.refused(play "errors", "list_run_events", { workflow_run_id = "x" }).text, '"workflow_run_id"')
    outputs.has(outputs.refused(play "errors", "list_run_events", { workflow_run_id = NOBODY, offset = -1 }).text, '"offset"')
  end)
end)

describe("list_dag_tasks", function()
  local function tasks_of(ids) return outputs.call(play("errors", "details"), "list_dag_tasks", { dag_ids = ids }) end

  it("keeps only rows of runs, for a hundred in full are more than the memory of the pack", function()
    local ids = {}
    for index = 1, 100 do ids[index] = LARGE_OUTPUT end
    assert.equal(1, #outputs.call(play "large", "list_dag_tasks", { dag_ids = ids }).rows)
  end)

  it("gives the tasks of several runs, by run, in the order of the ids", function()
    local answer = tasks_of { WAITING, DECLINED }
    assert.is_nil(answer.missing)
    assert.same({ { WAITING, 1 }, { DECLINED, 6 } },
      { { answer.rows[1].dagId, #answer.rows[1].children }, { answer.rows[2].dagId, #answer.rows[2].children } })
    assert.same({
      taskExternalId = WAITING, workflowRunExternalId = WAITING, status = "QUEUED", workflowName = "video-transcode",
      workflowId = "2ca22144-d430-4e6b-ac4c-a1406a83e48d", displayName = "video-transcode-1795241317450",
      createdAt = "2026-11-21T06:08:37.449566Z", numSpawnedChildren = 0, attempt = 1, retryCount = 0,
      actionId = "video-transcode:video-transcode",
    }, answer.rows[1].children[1])
    local charge
    for _, task in ipairs(answer.rows[2].children) do
      if task.taskExternalId == CHARGE then charge = task end
    end
    assert.same({ "FAILED", 3, 216, "order-fulfillment" },
      { charge.status, charge.attempt, charge.duration, charge.workflowName })
    assert.truthy(charge.errorMessage:find "^RuntimeError: card declined")
    assert.is_true(#charge.errorMessage < 400)
  end)

  it("takes an id twice for once", function()
    assert.equal(1, #tasks_of({ WAITING, WAITING:upper() }).rows)
  end)

  it("names the ids that are no run", function()
    local answer = tasks_of { NOBODY, DECLINED }
    assert.same({ 1, DECLINED, { NOBODY } }, { #answer.rows, answer.rows[1].dagId, answer.missing })
  end)

  it("passes on other failures", function()
    local knows, broken = answers.recorded "details", answers.refusal(403, "revoked token")
    local s = serve(function(exchange)
      local answer = exchange.path:find(WAITING, 1, true) and broken or knows
      answer(exchange)
    end)
    assert.equal("unauthorized", outputs.refused(s, "list_dag_tasks", { dag_ids = { DECLINED, WAITING } }).code)
  end)

  it("refuses unknown ids, none, too many and malformed ones", function()
    local s = play "errors"
    local failure = outputs.refused(s, "list_dag_tasks", { dag_ids = { NOBODY } })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    outputs.has(failure.text, "There is no run " .. NOBODY)
    assert.truthy(failure.hint:find("^list_runs shows the runs"))
    local many = {}
    for index = 1, 101 do many[index] = NOBODY end
    for _, ids in ipairs { {}, many, { "order-fulfillment" }, NOBODY } do
      outputs.has(outputs.refused(s, "list_dag_tasks", { dag_ids = ids }).text, '"dag_ids"')
    end
  end)
end)
