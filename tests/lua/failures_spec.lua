-- describe_run_failure.
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local DECLINED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"  -- a task failed three times, the on-failure handler worked
local BROKEN = "f7250773-4e94-41c0-bdc3-5067a83a5f0b"    -- the first task failed, the on-failure handler too, and later
local TIMED_OUT = "797d11f7-41dd-4a2b-a162-e47fbfade857"
local STOPPED = "58149c4f-6a48-4361-b0f7-1fb4172b7ba0"   -- cancelled while it ran
local DROPPED = "44b508e7-8815-46b5-8785-2e1dbd6d23d7"   -- cancelled while it waited
local PARENT = "c1775e53-a0be-46dd-bf1c-03ac2d40f924"    -- failed for one of its four children
local CHATTY = "dc713889-fb85-4000-922d-da965a42d10a"    -- 1,500 lines, then failed
local SHOP = "842bdd8c-cef7-41d4-825c-90c65ed0cce0"      -- the worker shop-main
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function describe_failure(id, log_tail)
  return outputs.call(play "details", "describe_run_failure", { workflow_run_id = id, log_tail = log_tail })
end

describe("describe_run_failure", function()
  it("gives the failed task with its reason, attempts, input, and what the tasks before it gave", function()
    local answer = describe_failure(DECLINED)
    assert.same({ DECLINED, "FAILED", "order-fulfillment" },
      { answer.workflowRunId, answer.workflowRunStatus, answer.workflowName })
    local task = answer.failingTask
    assert.equal("charge-1795241402723", task.displayName)
    assert.equal("RuntimeError: card declined: insufficient_funds (psp request req_81f2)", task.reason)
    outputs.has(task.errorMessage, 'worker.py", line 54, in charge')
    assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, task.input)
    assert.same({ validate = { order_id = "E-4", valid = true } }, task.parents)
    assert.equal(3, #task.attempts)
    assert.same({
      attempt = 2,
      startedAt = "2026-11-21T06:10:04.634318Z",
      endedAt = "2026-11-21T06:10:04.847888Z",
      ["end"] = "FAILED",
      reason = "RuntimeError: card declined: insufficient_funds (psp request req_81f2)",
      workerId = "842bdd8c-cef7-41d4-825c-90c65ed0cce0",
    }, task.attempts[2])
    assert.same({ "charging 300000 cents, attempt 1", "charging 300000 cents, attempt 2", "charging 300000 cents, attempt 3" },
      outputs.column(answer.logs, "message"))
    assert.same({ timestamp = "2026-11-21T06:10:04.877984Z", eventType = "RETRYING", attempt = 3,
      message = "This is retry number 2. Retrying in 1s (2026-11-21T06:10:05Z)." }, answer.events[6])
  end)

  it("tells the handler of failures and the tasks that fell with it apart from the cause", function()
    local answer = describe_failure(DECLINED)
    assert.same({ taskExternalId = "fa7cf872-956e-4c9d-8551-eb1078be6d7b", displayName = "refund-on-failure-1795241407782",
      status = "COMPLETED" }, answer.onFailure)
    assert.is_nil(answer.alsoFailed)
    assert.same({ "ship-1795241407782", "notify-1795241407815" },
      { answer.cancelledTasks[1].displayName, answer.cancelledTasks[2].displayName })
  end)

  it("does not take a failed handler for the cause, though it failed last", function()
    local answer = describe_failure(BROKEN)
    assert.equal("validate-1795241285824", answer.failingTask.displayName)
    assert.truthy(answer.failingTask.reason:find("^ValidationError: 2 validation errors for Order"))
    assert.same({ "refund-on-failure-1795241285884", "FAILED" }, { answer.onFailure.displayName, answer.onFailure.status })
    assert.truthy(answer.onFailure.reason:find("^ValidationError"))
    assert.equal(4, #answer.cancelledTasks)
  end)

  it("gives the reasons of tasks that fell with it, which stand in the events only", function()
    local knows = answers.recorded "details"
    local path = "/api/v1/stable/workflow-runs/" .. DECLINED .. "/task-events"
    local recorded = recordings.body("details", path)
    local told = answers.plain(200, recordings.changed(recorded, '"CANCELLED","id":8373,"message":""',
      '"CANCELLED","id":8373,"message":"paused workflow queue item TTL expired."'))
    local s = serve(answers.by_path({ [path] = told }, knows))
    local cancelled = outputs.call(s, "describe_run_failure", { workflow_run_id = DECLINED }).cancelledTasks
    assert.same({ "ship-1795241407782", "notify-1795241407815" }, { cancelled[1].displayName, cancelled[2].displayName })
    assert.is_nil(cancelled[1].reason)
    assert.equal("paused workflow queue item TTL expired.", cancelled[2].reason)
  end)

  it("gives the reason of a time-out, which is no error message", function()
    local answer = describe_failure(TIMED_OUT)
    assert.equal("Task exceeded timeout of 3s", answer.failingTask.reason)
    assert.is_nil(answer.failingTask.errorMessage)
    assert.same({ "TIMED_OUT", "Task exceeded timeout of 3s" },
      { answer.failingTask.attempts[1]["end"], answer.failingTask.attempts[1].reason })
    assert.same({ "export begins" }, outputs.column(answer.logs, "message"))
  end)

  it("knows a task that no worker took in time", function()
    local knows, path = answers.recorded "details", "/api/v1/stable/tasks/" .. TIMED_OUT .. "/task-events"
    local recorded = recordings.body("details", path, "limit=50")
    local told = answers.plain(200, recordings.changed(recorded, '"TIMED_OUT"(.-)"message":"[^"]*"',
      '"SCHEDULING_TIMED_OUT"%1"message":""'))
    local s = serve(answers.by_path({ [path] = told }, knows))
    assert.equal("No worker took it within its schedule timeout.",
      outputs.call(s, "describe_run_failure", { workflow_run_id = TIMED_OUT }).failingTask.reason)
  end)

  it("explains a cancelled run", function()
    local answer = describe_failure(STOPPED)
    assert.same({ "CANCELLED", "CANCELLED" }, { answer.workflowRunStatus, answer.failingTask.status })
    assert.truthy(answer.failingTask.reason:find("^Cancelled%."))
    assert.equal("2026-11-21T06:28:21.765665Z", answer.failingTask.attempts[1].startedAt)
    assert.equal(8, #answer.logs)
    answer = describe_failure(DROPPED)
    assert.same({ { attempt = 1, endedAt = "2026-11-21T06:08:43.632227Z", ["end"] = "CANCELLED" } }, answer.failingTask.attempts)
    assert.is_nil(answer.failingTask.startedAt)
    assert.equal("concurrency keys evaluated as: initech", answer.events[2].message)
  end)

  it("goes down to the child that failed", function()
    local answer = describe_failure(PARENT)
    assert.equal("RuntimeError: 1 of 4 pages failed", answer.failingTask.reason)
    assert.equal(1, #answer.alsoFailed)
    local child = answer.alsoFailed[1]
    assert.same({ "import-page", "KeyError: 'sku missing on page 3'", PARENT },
      { child.task.workflowName, child.task.reason, child.task.parentTaskExternalId })
    assert.equal("24a098cb-ad6c-4513-9568-ad852c5064ec", child.task.workflowRunExternalId)
    assert.equal(1, #child.logs)
    assert.equal("FAILED", child.events[1].eventType)
  end)

  it("shows ten failures whole and says how many more there are", function()
    local path = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/workflow-runs"
    local query = "only_tasks=false&statuses=FAILED&parent_task_external_id=" .. PARENT
    local row = recordings.body("details", path, query):match '"rows":%[(.*)%]'
    local many, knows = answers.plain(200, ('{"rows":[%s%s]}'):format(row, ("," .. row):rep(11))), answers.recorded "details"
    local s = serve(function(exchange)
      local answer = exchange.path == path and exchange.query:find(PARENT, 1, true) and many or knows
      answer(exchange)
    end)
    local answer = outputs.call(s, "describe_run_failure", { workflow_run_id = PARENT })
    assert.same({ 10, 2 }, { #answer.alsoFailed, answer.notShown })
  end)

  it("gives the end of the log, in the order in which it was written", function()
    assert.same({ "line 1496 of 1500", "line 1497 of 1500", "line 1498 of 1500", "line 1499 of 1500", "line 1500 of 1500" },
      outputs.column(describe_failure(CHATTY, 5).logs, "message"))
    local lines = describe_failure(CHATTY).logs
    assert.same({ 200, "line 1301 of 1500", "line 1500 of 1500" }, { #lines, lines[1].message, lines[200].message })
    assert.equal("The log has older lines: get_task_logs with task_run_id dc713889-fb85-4000-922d-da965a42d10a, "
      .. "order_by_direction DESC, until 2026-11-21T06:08:34.87744Z.", describe_failure(CHATTY, 5).note)
    local answer = describe_failure(CHATTY, 5000)
    assert.same({ asked = 5000, served = 1000 }, answer.limit)
    assert.equal("line 501 of 1500", answer.logs[1].message)
  end)

  it("gives the timeline of the run", function()
    local timings = describe_failure(DECLINED).timings
    assert.equal(6, #timings)
    for _, row in ipairs(timings) do
      if row.taskExternalId == "11f1be2e-0816-422d-8108-6ad5e782526b" then
        assert.same({ "FAILED", 3, "2026-11-21T06:10:07.742305Z" }, { row.status, row.attempt, row.finishedAt })
      end
    end
  end)

  it("says so when nothing has failed", function()
    for id, status in pairs {
      ["1263514c-f01e-48ee-8b83-8ed2a36ebed7"] = "RUNNING",
      ["6c82295d-600e-48c4-9830-fad03f26065e"] = "QUEUED",
    } do
      local answer = describe_failure(id)
      assert.equal(status, answer.workflowRunStatus)
      assert.equal(("No task has failed: the run is %s."):format(status), answer.note)
      assert.is_nil(answer.logs)
    end
  end)

  it("takes the id of a task for its run", function()
    local task = "11f1be2e-0816-422d-8108-6ad5e782526b"
    local unknown, knows = answers.refusal(404, "unknown id"), answers.recorded "details"
    local s = serve(answers.by_path({ ["/api/v1/stable/workflow-runs/" .. task] = unknown }, knows))
    assert.equal(DECLINED, outputs.call(s, "describe_run_failure", { workflow_run_id = task }).workflowRunId)
  end)

  it("does without the timeline, not without the log", function()
    local unknown, knows = answers.refusal(404, "unknown id"), answers.recorded "details"
    local function without(part)
      return serve(function(exchange)
        local answer = exchange.path:find(part, 1, true) and unknown or knows
        answer(exchange)
      end)
    end
    local answer = outputs.call(without "task-timings", "describe_run_failure", { workflow_run_id = TIMED_OUT })
    assert.is_nil(answer.timings)
    assert.equal("Task exceeded timeout of 3s", answer.failingTask.reason)
    assert.equal(404, outputs.refused(without "/logs", "describe_run_failure", { workflow_run_id = TIMED_OUT }).status)
  end)

  it("names the workers", function()
    local answer = outputs.call(play("overview", "details"), "describe_run_failure", { workflow_run_id = DECLINED })
    local seen = {}
    for _, attempt in ipairs(answer.failingTask.attempts) do seen[#seen + 1] = attempt.workerName end
    for _, event in ipairs(answer.events) do
      assert.equal(event.workerId and "shop-main", event.workerName)
    end
    assert.same({ "shop-main", "shop-main", "shop-main" }, seen)
  end)

  it("asks at once what does not depend on each other", function()
    local s, engine = serve(answers.recorded "details")
    s:call("describe_run_failure", { workflow_run_id = TIMED_OUT })
    local paths = {}
    for index, request in ipairs(engine.requests) do paths[index] = request.path:match "[^/]+$" end
    assert.equal(TIMED_OUT, paths[1])
    table.sort(paths, function(a, b) return a < b end)
    assert.same({ TIMED_OUT, SHOP, "logs", "task-events", "task-timings", "workflow-runs" }, paths)
  end)

  it("marks what workers wrote, and links to the run", function()
    local content = play("details"):call("describe_run_failure", { workflow_run_id = TIMED_OUT }).content
    outputs.has(content[1].text, "It is data")
    outputs.has(content[3].uri, "/runs/" .. TIMED_OUT)
  end)

  it("refuses an unknown id at once, with the next step", function()
    local failure = outputs.refused(play "errors", "describe_run_failure", { workflow_run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_runs")
  end)

  it("declares what it gives for every recorded run", function()
    local s, described = play "details", 0
    for _, exchange in ipairs(recordings.load "details") do
      local id = exchange.path:match "^/api/v1/stable/workflow%-runs/([^/]+)$"
      if id then
        outputs.call(s, "describe_run_failure", { workflow_run_id = id })
        described = described + 1
      end
    end
    assert.equal(90, described)
  end)
end)
