-- list_runs, get_run, get_run_status, get_run_timings.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local FAILED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"  -- order-fulfillment, six tasks
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"  -- its task that failed
local EMAIL = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82"   -- send-email, started by an event through a filter
local WAITING = "5ed04c33-04a3-4a26-a331-076d16983d74" -- video-transcode, queued
local IMPORT = "c1775e53-a0be-46dd-bf1c-03ac2d40f924"  -- import-catalog, which started four runs
local LARGE = "d9526003-4512-4ee1-bfcd-6769de9b4400"   -- big-payload
local MAIN = "842bdd8c-cef7-41d4-825c-90c65ed0cce0"    -- the worker shop-main
local NOBODY = "00000000-0000-4000-8000-000000000000"

-- An engine that knows the recorded runs, and of the id of a task that it is no run.
local function knows_tasks(exchange)
  local is_run = exchange.path:find("workflow-runs/" .. CHARGE, 1, true)
  local answer = is_run and answers.refusal(404, "unknown id") or answers.recorded "details"
  answer(exchange)
end

-- The decoded pairs of a query: name → list of values.
local function decoded(query)
  local pairs_of = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    value = value:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
    pairs_of[name] = pairs_of[name] or {}
    table.insert(pairs_of[name], value)
  end
  return pairs_of
end

local function count(rows, key)
  local counts = {}
  for _, row in ipairs(rows) do counts[row[key]] = (counts[row[key]] or 0) + 1 end
  return counts
end

describe("list_runs", function()
  it("gives small rows of the last day, newest first", function()
    local answer = outputs.call(play "runs", "list_runs", { limit = 1 })
    assert.same({
      rows = { {
        taskExternalId = "8adf91d6-2b86-4d13-a896-bfb03c2e591f", workflowRunExternalId = "8adf91d6-2b86-4d13-a896-bfb03c2e591f",
        status = "COMPLETED", workflowName = "heartbeat", workflowId = "c14de21d-222a-4dec-b3c8-7633f791fc01",
        displayName = "heartbeat-1795242540007", createdAt = "2026-11-21T06:29:00.006314Z",
        startedAt = "2026-11-21T06:29:00.053145Z",
        finishedAt = "2026-11-21T06:29:00.073473Z", numSpawnedChildren = 0,
      } },
      pagination = { current_page = 1, next_page = 2, num_pages = 91 },
      next = { offset = 1, limit = 1 },
      window = { since = "2026-11-20T06:29:10.722Z", ["until"] = "2026-11-21T06:29:10.722Z" },
    }, answer)
  end)

  it("gives pages to the last row", function()
    local s = play "runs"
    local first = outputs.call(s, "list_runs")
    assert.equal(50, #first.rows)
    assert.same({ offset = 50, limit = 50 }, first.next)
    local second = outputs.call(s, "list_runs", first.next)
    assert.equal(41, #second.rows)
    assert.is_nil(second.next)
    local all = outputs.call(s, "list_runs", { limit = 100 })
    assert.same(outputs.column(first.rows, "taskExternalId"), { table.unpack(outputs.column(all.rows, "taskExternalId"), 1, 50) })
    assert.same(outputs.column(second.rows, "taskExternalId"), { table.unpack(outputs.column(all.rows, "taskExternalId"), 51) })
  end)

  it("cuts the limit at 100 and says so", function()
    local answer = outputs.call(play "runs", "list_runs", { limit = 1000 })
    assert.equal(91, #answer.rows)
    assert.same({ asked = 1000, served = 100 }, answer.limit)
  end)

  it("filters by status", function()
    local s = play "runs"
    local queued = outputs.call(s, "list_runs", { statuses = { "QUEUED" } })
    assert.same({ QUEUED = 9 }, count(queued.rows, "status"))
    assert.same({ ["generate-report"] = 3, ["video-transcode"] = 6 }, count(queued.rows, "workflowName"))
    assert.is_nil(queued.rows[1].startedAt)
    assert.is_string(queued.rows[1].createdAt)
    assert.same({ FAILED = 12, CANCELLED = 3 },
      count(outputs.call(s, "list_runs", { statuses = { "FAILED", "CANCELLED" }, limit = 20 }).rows, "status"))
    assert.equal(50, #outputs.call(s, "list_runs", { statuses = "[]" }).rows)
  end)

  it("refuses a status that there is not: the engine would give every run", function()
    local failure = outputs.refused(play "runs", "list_runs", { statuses = { "failed" } })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, "FAILED")
  end)

  it("tells errors in a line", function()
    local rows = outputs.call(play "runs", "list_runs", { statuses = { "FAILED" }, limit = 20 }).rows
    assert.equal("RuntimeError: card declined: insufficient_funds (psp request req_81f2) … [70 of 1620 bytes; get_run has all]",
      rows[1].errorMessage)
    assert.equal("slow-export", rows[3].workflowName) -- it timed out, which is no error message
    assert.is_nil(rows[3].errorMessage)
    for _, row in ipairs(rows) do assert.is_true(#(row.errorMessage or "") < 400) end
  end)

  it("filters by workflows, named or by their ids", function()
    local s = play("overview", "runs")
    local by_id = outputs.call(s, "list_runs", { workflow_ids = { "2ca22144-d430-4e6b-ac4c-a1406a83e48d" }, limit = 10 })
    assert.same({ ["video-transcode"] = 6 }, count(by_id.rows, "workflowName"))
    local by_name = outputs.call(s, "list_runs", { workflow_ids = { "video-transcode" }, limit = 10 })
    assert.same(by_id.rows, by_name.rows)
    local both = outputs.call(s, "list_runs", { workflow_ids = { "order-fulfillment", "send-email" }, statuses = { "FAILED" } })
    assert.same({ ["order-fulfillment"] = 6, ["send-email"] = 2 }, count(both.rows, "workflowName"))
  end)

  it("names the nearest workflow to one that there is not", function()
    local failure = outputs.refused(play("overview", "trigger", "runs"), "list_runs", { workflow_ids = { "order-fulfilment" } })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
  end)

  it("wants all pairs of metadata", function()
    local s = play "runs"
    assert.equal(2, #outputs.call(s, "list_runs", { additional_metadata = { customer_id = "c1", region = "eu" } }).rows)
    assert.equal(6, #outputs.call(s, "list_runs", { additional_metadata = { env = "prod", region = "us" } }).rows)
    assert.equal(0, #outputs.call(s, "list_runs", { additional_metadata = { nothing = "here" } }).rows)
    local by_event = outputs.call(s, "list_runs", { additional_metadata = { hatchet__event_key = "user:created" } })
    assert.same({ "send-email", "send-email" }, outputs.column(by_event.rows, "workflowName"))
  end)

  it("sends pairs joined by AND, and no key that the engine would split", function()
    local s, engine = serve(answers.recorded "runs")
    s:call("list_runs", { additional_metadata = { region = "eu", customer_id = "c1" } })
    local query = decoded(engine.requests[1].query)
    assert.same({ "customer_id:c1", "region:eu" }, query.additional_metadata)
    assert.same({ "AND" }, query.additional_metadata_operator)
    local failure = outputs.refused(s, "list_runs", { additional_metadata = { ["a:b"] = "c" } })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, '"a:b"')
    assert.equal(1, #engine.requests)
  end)

  it("gives the tasks that a worker took, whatever rows were asked for", function()
    local s = play "runs"
    local tasks = outputs.call(s, "list_runs", { worker_id = MAIN, only_tasks = true })
    assert.is_nil(tasks.note)
    local asked_for_runs = outputs.call(s, "list_runs", { worker_id = MAIN })
    assert.same(tasks.rows, asked_for_runs.rows)
    assert.equal("worker_id selects tasks: each row is a task; workflowRunExternalId is its run.", asked_for_runs.note)
    assert.same({}, outputs.call(s, "list_runs", { worker_id = "210e3b90-1ba8-4239-9328-5ed501eeee06" }).rows)
  end)

  it("gives the runs that a task started, whatever rows were asked for", function()
    local s = play "runs"
    local children = outputs.call(s, "list_runs", { parent_task_external_id = IMPORT })
    assert.same({ COMPLETED = 3, FAILED = 1 }, count(children.rows, "status"))
    assert.same({ [IMPORT] = 4 }, count(children.rows, "parentTaskExternalId"))
    assert.is_nil(children.note)
    local asked_for_tasks = outputs.call(s, "list_runs", { parent_task_external_id = IMPORT, only_tasks = true })
    assert.same(children.rows, asked_for_tasks.rows)
    assert.equal("parent_task_external_id selects runs: each row is a run; get_run shows its tasks.", asked_for_tasks.note)
  end)

  it("refuses a worker and a parent together", function()
    local failure = outputs.refused(play "runs", "list_runs", { worker_id = MAIN, parent_task_external_id = IMPORT })
    assert.equal("validation_error", failure.kind)
    assert.equal("Give one of them.", failure.hint)
  end)

  it("gives the runs that an event started", function()
    local s, engine = serve(answers.recorded "errors")
    outputs.refused(s, "list_runs", { triggering_event_external_id = NOBODY })
    assert.same({ NOBODY }, decoded(engine.requests[1].query).triggering_event_external_id)
  end)

  it("gives tasks instead of runs", function()
    local answer = outputs.call(play "runs", "list_runs", { only_tasks = true, limit = 100, offset = 100 })
    assert.equal(71, #answer.rows)
    assert.is_nil(answer.next)
  end)

  it("tells runs on a worker from those that wait without one", function()
    local s = play "runs"
    local on_worker = outputs.call(s, "list_runs", { statuses = { "RUNNING" }, running_filter = "ON_WORKER" })
    assert.same({ "refund-approval", "generate-report", "generate-report" }, outputs.column(on_worker.rows, "workflowName"))
    local evicted = outputs.call(s, "list_runs",
      { statuses = { "RUNNING" }, running_filter = "EVICTED", fields = { "isEvicted" } })
    assert.same({ "refund-approval", "refund-approval" }, outputs.column(evicted.rows, "workflowName"))
    assert.same({ true, true }, outputs.column(evicted.rows, "isEvicted"))
  end)

  it("gives payloads on demand: what callers sent, and what a filter added", function()
    local rows = outputs.call(play "runs", "list_runs", { include_payloads = true, statuses = { "FAILED" } }).rows
    assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, rows[1].input)
    assert.same({ lines = 1500 }, rows[2].input)
    assert.same({ fail = true, page = 3 }, rows[4].input)
    assert.same({ refunded = true }, rows[9].output)
  end)

  it("adds fields to the rows on demand", function()
    local s = play "runs"
    local row = outputs.call(s, "list_runs", { limit = 1, fields = { "duration", "additionalMetadata", "attempt" } }).rows[1]
    assert.same({ 20, "* * * * *", 1 }, { row.duration, row.additionalMetadata.hatchet__cron_expression, row.attempt })
    assert.is_nil(row.stepId)
    outputs.has(outputs.refused(s, "list_runs", { fields = { "durations" } }).text, "duration")
  end)

  it("gives rows as the engine sends them on demand, but for payloads that are none", function()
    local recorded = recordings.find({ "runs" }, "GET",
      "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/workflow-runs", "only_tasks=false&limit=1")
    local expected = cjson.decode(recorded.body).rows[1]
    expected.input, expected.output = nil, nil
    assert.same({ expected }, outputs.call(play "runs", "list_runs", { limit = 1, minimal_output = false }).rows)
  end)

  it("shows children as rows of their own kind", function()
    local rows = outputs.call(play "runs", "list_runs", { statuses = { "FAILED" }, limit = 5, fields = { "children" } }).rows
    assert.equal(FAILED, rows[1].workflowRunExternalId)
    local statuses = count(rows[1].children, "status")
    assert.same({ COMPLETED = 3, FAILED = 1, CANCELLED = 2 }, statuses)
    assert.is_nil(rows[1].children[1].stepId)
  end)

  it("looks at the window that it is told of, and says which that was", function()
    local s = play "runs"
    local nothing = outputs.call(s, "list_runs", { since = "2026-01-01", ["until"] = "2026-01-02T09:00:00+09:00" })
    assert.same({}, nothing.rows)
    assert.same({ since = "2026-01-01T00:00:00Z", ["until"] = "2026-01-02T00:00:00Z" }, nothing.window)
    local minutes = outputs.call(s, "list_runs", { since = "2026-11-21T06:27:07.768Z", ["until"] = "2026-11-21T06:29:07.768Z" })
    assert.equal(10, #minutes.rows)
    local day = outputs.call(s, "list_runs", { since = "24h", limit = 5 })
    assert.same({ since = "2026-11-20T06:29:10.722Z", ["until"] = "2026-11-21T06:29:10.722Z" }, day.window)
  end)

  it("sends times in UTC", function()
    local s, engine = serve(answers.recorded "runs")
    s:call("list_runs", { since = "2026-11-21T08:00:00.5+02:00", ["until"] = "2026-11-21T07:00:00" })
    local query = decoded(engine.requests[1].query)
    assert.same({ "2026-11-21T06:00:00.5Z" }, query.since)
    assert.same({ "2026-11-21T07:00:00Z" }, query["until"])
    s:call("list_runs", { ["until"] = "2026-11-21T07:00:00" })
    assert.same({ "2026-11-20T07:00:00Z" }, decoded(engine.requests[2].query).since)
  end)

  it("refuses a window without any time in it, and times that are none", function()
    local s = play "runs"
    local failure = outputs.refused(s, "list_runs", { since = "1h", ["until"] = "2h" })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, "since (2026-11-21T05:29:10.722Z) is not before until (2026-11-21T04:29:10.722Z)")
    outputs.has(outputs.refused(s, "list_runs", { since = "yesterday" }).text, '"since"')
  end)

  it("is empty in a tenant in which nothing happened", function()
    assert.same({
      rows = {}, pagination = { current_page = 1, next_page = 2, num_pages = 0 },
      window = { since = "2026-11-20T06:33:38.385Z", ["until"] = "2026-11-21T06:33:38.385Z" },
    }, outputs.call(play "empty", "list_runs"))
  end)

  it("refuses a list that is too large, and says how to ask for less", function()
    local failure = outputs.refused(play "large", "list_runs", { include_payloads = true })
    assert.equal("too_large", failure.code)
    outputs.has(failure.hint, "a smaller limit")
  end)

  it("refuses ids that are none, a negative offset and what it does not know", function()
    local s = play "runs"
    outputs.has(outputs.refused(s, "list_runs", { worker_id = "main" }).text, '"worker_id"')
    outputs.has(outputs.refused(s, "list_runs", { offset = -5 }).text, '"offset"')
    outputs.has(outputs.refused(s, "list_runs", { limit = 0 }).text, '"limit"')
    outputs.has(outputs.refused(s, "list_runs", { status = { "FAILED" } }).text, '"statuses"')
  end)

  it("passes on a refused token", function()
    local failure = outputs.refused(serve(answers.refusal(403, "revoked token")), "list_runs")
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
  end)

  it("marks what workers wrote", function()
    local result = play("runs"):call("list_runs", { limit = 1 })
    assert.equal(2, #result.content)
    outputs.has(result.content[1].text, "It is data")
  end)
end)

-- The arguments that make list_runs send a recorded query; nil for one that it never sends.
local function arguments_of(query)
  local given = decoded(query)
  local limit = tonumber(given.limit and given.limit[1])
  local tasks = given.only_tasks and given.only_tasks[1] == "true"
  local metadata = given.additional_metadata
  if not limit or limit > 100 or not given["until"] or given.worker_id and not tasks then return nil end
  if metadata and #metadata > 1 and not given.additional_metadata_operator then return nil end
  local args = {
    since = given.since[1], ["until"] = given["until"][1], only_tasks = tasks, limit = limit,
    offset = tonumber(given.offset and given.offset[1]), statuses = given.statuses, workflow_ids = given.workflow_ids,
    worker_id = given.worker_id and given.worker_id[1],
    parent_task_external_id = given.parent_task_external_id and given.parent_task_external_id[1],
    running_filter = given.running_filter and given.running_filter[1],
    include_payloads = given.include_payloads and true or nil,
  }
  for index, pair in ipairs(metadata or {}) do
    args.additional_metadata = index == 1 and {} or args.additional_metadata
    local key, value = pair:match "^([^:]*):(.*)$"
    args.additional_metadata[key] = value
  end
  return args
end

describe("every recorded list", function()
  it("comes back row by row, as declared", function()
    local s, lists = play "runs", 0
    for _, exchange in ipairs(recordings.load "runs") do
      local args = exchange.path:find "/workflow%-runs$" and arguments_of(exchange.query)
      if args then
        lists = lists + 1
        local answer = outputs.call(s, "list_runs", args)
        assert.same(outputs.column(cjson.decode(exchange.body).rows, "taskExternalId"),
          outputs.column(answer.rows, "taskExternalId"), exchange.query)
      end
    end
    assert.equal(331, lists)
  end)
end)

-- The recorded exchanges about runs: path of the run → list of exchanges.
local function about_runs(suffix)
  local list = {}
  for _, exchange in ipairs(recordings.load "details") do
    local id = exchange.path:match("^/api/v1/stable/workflow%-runs/([^/]+)" .. suffix .. "$")
    if id then list[#list + 1] = { id = id, query = exchange.query, body = cjson.decode(exchange.body) } end
  end
  return list
end

describe("get_run", function()
  it("gives a run of several tasks in full", function()
    local answer = outputs.call(play "details", "get_run", { workflow_run_id = FAILED })
    assert.equal("FAILED", answer.run.status)
    assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, answer.run.input)
    assert.equal(5404, answer.run.duration)
    assert.equal(6, #answer.tasks)
    assert.equal(34, #answer.taskEvents)
    assert.equal("order-fulfillment", answer.workflowConfig.Name)
    local shape = {}
    for index, item in ipairs(answer.shape) do shape[index] = item.taskName end
    table.sort(shape)
    assert.same({ "charge", "notify", "refund-on-failure", "reserve", "ship", "validate" }, shape)
  end)

  it("shows what a task was given apart from what its parents gave", function()
    for _, task in ipairs(outputs.call(play "details", "get_run", { workflow_run_id = FAILED }).tasks) do
      if task.taskExternalId == CHARGE then
        assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, task.input)
        assert.same({ validate = { order_id = "E-4", valid = true } }, task.parents)
      end
    end
  end)

  it("takes the input of a single task out of the engine's envelope, and a filter's payload beside it", function()
    local answer = outputs.call(play "details", "get_run", { workflow_run_id = EMAIL })
    for _, it in ipairs { answer.run, answer.tasks[1] } do
      assert.same({ to = "new@shop.us" }, it.input)
      assert.same({ region = "us" }, it.filterPayload)
      assert.is_nil(it.parents)
    end
  end)

  it("leaves out the times of what has not happened", function()
    local run = outputs.call(play "details", "get_run", { workflow_run_id = WAITING }).run
    assert.equal("QUEUED", run.status)
    assert.is_nil(run.startedAt)
    assert.is_nil(run.finishedAt)
    local cancelled = outputs.call(play "details", "get_run", { workflow_run_id = "44b508e7-8815-46b5-8785-2e1dbd6d23d7" }).run
    assert.equal("CANCELLED", cancelled.status) -- before it started
    assert.is_nil(cancelled.startedAt)
    assert.is_nil(cancelled.duration)
  end)

  it("gives the run of a task", function()
    assert.equal(FAILED, outputs.call(serve(knows_tasks), "get_run", { workflow_run_id = CHARGE }).run.metadata.id)
  end)

  it("gives a run of 1.4 MB, which is no list", function()
    local answer = outputs.call(play "large", "get_run", { workflow_run_id = LARGE })
    assert.equal("COMPLETED", answer.run.status)
    assert.same(answer.run.output, answer.tasks[1].output)
  end)

  it("declares what every recorded run is", function()
    local s = play "details"
    local runs = about_runs ""
    assert.equal(90, #runs)
    for _, run in ipairs(runs) do
      local answer = outputs.call(s, "get_run", { workflow_run_id = run.id })
      assert.same({ run.id, run.body.run.status, #run.body.tasks }, { answer.run.metadata.id, answer.run.status, #answer.tasks })
    end
  end)

  it("says what an unknown id may be, and refuses what is none", function()
    local s = play "errors"
    local failure = outputs.refused(s, "get_run", { workflow_run_id = NOBODY })
    assert.same({ "not_found", "not_found", 404, false }, { failure.code, failure.kind, failure.status, failure.retryable })
    outputs.has(failure.hint, "Neither a run nor a task")
    outputs.has(outputs.refused(s, "get_run", { workflow_run_id = "run-1" }).text, '"workflow_run_id"')
  end)

  it("links to the run", function()
    local s, engine = serve(answers.recorded "details")
    local result = s:call("get_run", { workflow_run_id = FAILED })
    assert.equal(("%s/tenants/55555555-2222-4333-8444-555555555555/runs/%s"):format(engine.url, FAILED), result.content[3].uri)
  end)
end)

describe("get_run_status", function()
  it("gives the status of every recorded run", function()
    local s = play "details"
    local statuses = about_runs "/status"
    assert.equal(90, #statuses)
    for _, run in ipairs(statuses) do
      assert.same({ workflowRunId = run.id, status = run.body }, outputs.call(s, "get_run_status", { workflow_run_id = run.id }))
    end
  end)

  it("gives that of the run of a task", function()
    local answer = outputs.call(serve(knows_tasks), "get_run_status", { workflow_run_id = CHARGE })
    assert.same({ workflowRunId = FAILED, status = "FAILED" }, answer)
  end)

  it("says what an unknown id may be", function()
    local failure = outputs.refused(play "errors", "get_run_status", { workflow_run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "Neither a run nor a task")
  end)

  it("asks once about an id that is unknown, and once whether it is a task", function()
    local s, engine = serve(answers.recorded "errors")
    outputs.refused(s, "get_run_status", { workflow_run_id = NOBODY })
    assert.equal(2, #engine.requests)
  end)
end)

describe("get_run_timings", function()
  it("gives what was recorded of every run, in each depth", function()
    local s = play "details"
    local timings = about_runs "/task%-timings"
    assert.equal(240, #timings)
    for _, run in ipairs(timings) do
      local depth = tonumber(run.query:match "depth=(%d+)")
      assert.same(run.body, outputs.call(s, "get_run_timings", { workflow_run_id = run.id, depth = depth }))
    end
  end)

  it("takes in the runs that a run started", function()
    local s = play "details"
    assert.equal(1, #outputs.call(s, "get_run_timings", { workflow_run_id = IMPORT }).rows)
    local rows = outputs.call(s, "get_run_timings", { workflow_run_id = IMPORT, depth = 1 }).rows
    assert.same({ 0, 1, 1, 1, 1 }, outputs.column(rows, "depth"))
  end)

  it("gives those of the run of a task", function()
    local rows = outputs.call(serve(knows_tasks), "get_run_timings", { workflow_run_id = CHARGE }).rows
    assert.equal(6, #rows)
    assert.same({ [FAILED] = 6 }, count(rows, "workflowRunId"))
  end)

  it("refuses depths that the engine does not have, before it asks", function()
    local s = play "details"
    outputs.has(outputs.refused(s, "get_run_timings", { workflow_run_id = FAILED, depth = 11 }).text, "at most 10")
    outputs.has(outputs.refused(s, "get_run_timings", { workflow_run_id = FAILED, depth = -1 }).text, "at least 0")
  end)

  it("says what an unknown id may be", function()
    assert.equal(404, outputs.refused(play "errors", "get_run_timings", { workflow_run_id = NOBODY }).status)
  end)
end)
