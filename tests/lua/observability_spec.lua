-- get_queue_metrics, get_task_stats, list_rate_limits, get_task_metrics, get_trace, top_failing_workflows.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c"
local EMAILS = "bec2794e-d7be-408a-be4c-1ebb8867173d"
local FAILED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8" -- a run of six tasks
local QUEUED = "6c82295d-600e-48c4-9830-fad03f26065e"
local NOBODY = "00000000-0000-4000-8000-000000000000"

describe("get_queue_metrics", function()
  it("gives the queues, and what waits outside of them", function()
    local answer = outputs.call(play "overview", "get_queue_metrics")
    assert.same({ ["video-transcode:video-transcode"] = 6 }, answer.queues)
    assert.same({
      render = {
        concurrency = { { expression = "input.tenant", keys = { acme = 3 }, type = "GROUP_ROUND_ROBIN" } },
        oldest = "2026-11-21T06:28:17.477509Z",
        oldestExcludingRetries = "2026-11-21T06:28:17.477509Z",
        queues = { ["generate-report:render"] = 3 },
        total = 3,
      },
      ["video-transcode"] = {
        oldest = "2026-11-21T06:08:32.24905Z",
        oldestExcludingRetries = "2026-11-21T06:08:32.24905Z",
        queues = { ["video-transcode:video-transcode"] = 6 },
        total = 6,
      },
    }, answer.tasks)
    assert.is_nil(answer.note)
  end)

  it("gives empty objects when nothing waits", function()
    local s = play "empty"
    assert.same({ queues = {}, tasks = {} }, outputs.call(s, "get_queue_metrics"))
    assert.equal('{"queues":{},"tasks":{}}', s:text(s:call("get_queue_metrics", {})))
  end)

  it("does without the tasks when the engine has had enough of that question", function()
    local enough, knows = answers.refusal(429, "rate limited endpoint, call 2"), answers.recorded()
    local s, engine = serve(answers.by_path({ ["task-stats"] = enough }, knows))
    local answer = outputs.call(s, "get_queue_metrics")
    assert.equal(2, #engine.requests) -- it is not asked again
    assert.same({ ["video-transcode:video-transcode"] = 6 }, answer.queues)
    assert.is_nil(answer.tasks)
    outputs.has(answer.note, "429")
  end)
end)

describe("get_task_stats", function()
  it("gives what is queued and what runs, by task name", function()
    local answer = outputs.call(play "overview", "get_task_stats")
    local approval = "2026-11-21T06:28:20.684603Z"
    assert.same({
      stats = {
        ["refund-approval"] = { running = { oldest = approval, oldestExcludingRetries = approval, total = 1 } },
        render = {
          queued = {
            concurrency = { { expression = "input.tenant", keys = { acme = 3 }, type = "GROUP_ROUND_ROBIN" } },
            oldest = "2026-11-21T06:28:17.477509Z",
            oldestExcludingRetries = "2026-11-21T06:28:17.477509Z",
            queues = { ["generate-report:render"] = 3 },
            total = 3,
          },
          running = {
            concurrency = { { expression = "input.tenant", keys = { acme = 1, globex = 1 }, type = "GROUP_ROUND_ROBIN" } },
            oldest = "2026-11-21T06:28:17.375796Z",
            oldestExcludingRetries = "2026-11-21T06:28:17.375796Z",
            total = 2,
          },
        },
        ["video-transcode"] = {
          queued = {
            oldest = "2026-11-21T06:08:32.24905Z",
            oldestExcludingRetries = "2026-11-21T06:08:32.24905Z",
            queues = { ["video-transcode:video-transcode"] = 6 },
            total = 6,
          },
        },
      },
    }, answer)
  end)

  it("says when nothing is queued or runs", function()
    local s = play "empty"
    assert.same({ stats = {}, note = "Nothing is queued or running." }, outputs.call(s, "get_task_stats"))
    assert.equal('{"stats":{},"note":"Nothing is queued or running."}', s:text(s:call("get_task_stats", {})))
  end)

  it("asks again when the engine has had enough of that question", function()
    local s, engine = serve(answers.sequence(answers.refusal(429, "rate limited endpoint, call 2"), answers.recorded()))
    assert.equal(6, outputs.call(s, "get_task_stats").stats["video-transcode"].queued.total)
    assert.equal(2, #engine.requests)
  end)

  it("passes on a refused token, and takes no arguments", function()
    local failure = outputs.refused(serve(answers.refusal(403, "revoked token")), "get_task_stats")
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
    outputs.has(outputs.refused(play "overview", "get_task_stats", { task = "render" }).text, 'no argument "task"')
  end)
end)

describe("list_rate_limits", function()
  local SMTP = {
    key = "smtp", lastRefill = "2026-11-21T06:28:22.967Z", limitValue = 100, tenantId = "55555555-2222-4333-8444-555555555555",
    value = 100, window = "1 MINUTE",
  }

  -- An engine with the recorded limit, changed: `used` is a list of what is left of smtp, smtp1, …
  local function limited(used)
    local found = recordings.find({ "overview" }, "GET", "/api/v1/tenants/55555555-2222-4333-8444-555555555555/rate-limits", "")
    local answer = cjson.decode(found.body)
    for index, value in ipairs(used) do
      local row = cjson.decode(cjson.encode(SMTP))
      row.key, row.value = row.key .. (index > 1 and index - 1 or ""), value
      answer.rows[index] = row
    end
    return serve(answers.plain(200, cjson.encode(answer)))
  end

  it("gives what is left", function()
    assert.same({ rows = { SMTP }, exhausted = {}, pagination = { current_page = 1, next_page = 1, num_pages = 1 } },
      outputs.call(play "overview", "list_rate_limits"))
  end)

  it("says which are used up", function()
    local answer = outputs.call(limited { 0, 3, -1 }, "list_rate_limits")
    assert.equal(3, #answer.rows)
    assert.same({ "smtp", "smtp2" }, answer.exhausted)
  end)

  it("orders as asked", function()
    local s, engine = serve(answers.recorded())
    for _, field in ipairs { "key", "value", "limitValue" } do
      for _, direction in ipairs { "asc", "desc" } do
        assert.same({ SMTP }, outputs.call(s, "list_rate_limits",
          { order_by_field = field, order_by_direction = direction }).rows)
        local query = engine.requests[#engine.requests].query
        outputs.has(query, ("orderByDirection=%s&orderByField=%s"):format(direction, field))
      end
    end
    local played = play "overview"
    assert.same({ SMTP }, outputs.call(played, "list_rate_limits", { order_by_field = "key" }).rows)
    assert.same({ SMTP }, outputs.call(played, "list_rate_limits", { order_by_direction = "desc" }).rows)
  end)

  it("finds a part of a key, and says when there is none", function()
    local s = play "overview"
    assert.same({ SMTP }, outputs.call(s, "list_rate_limits", { search = "smtp" }).rows)
    local answer = outputs.call(s, "list_rate_limits", { search = "none" })
    assert.same({ {}, {} }, { answer.rows, answer.exhausted })
    assert.equal('No rate limit has "none" in its key (case matters); without search all are shown.', answer.note)
  end)

  it("takes % and _ as they are, which the engine does not", function()
    for _, search in ipairs { "s_tp", "%", "SMTP" } do
      local answer = outputs.call(limited { 100 }, "list_rate_limits", { search = search })
      assert.same({}, answer.rows)
      outputs.has(answer.note, ("%q"):format(search))
    end
    assert.equal(1, #outputs.call(limited { 100, 100 }, "list_rate_limits", { search = "smtp1" }).rows)
  end)

  it("says where the next page begins, and that there is none", function()
    local found = recordings.find({ "overview" }, "GET", "/api/v1/tenants/55555555-2222-4333-8444-555555555555/rate-limits", "")
    local more = recordings.changed(found.body, '"num_pages":1', '"num_pages":2')
    local s, engine = serve(answers.sequence(
      answers.plain(200, more),
      answers.plain(200, recordings.find({ "overview" }, "GET",
        "/api/v1/tenants/55555555-2222-4333-8444-555555555555/rate-limits",
        "search=none").body)
    ))
    assert.same({ offset = 1, limit = 1 }, outputs.call(s, "list_rate_limits", { limit = 1 }).next)
    local answer = outputs.call(s, "list_rate_limits", { limit = 1, offset = 7 })
    assert.same({ {}, "There is nothing from offset 7 on: the list ends before." }, { answer.rows, answer.note })
    assert.is_nil(answer.next)
    outputs.has(engine.requests[2].query, "offset=7")
  end)

  it("says nothing of what later pages may hold", function()
    local found = recordings.find({ "overview" }, "GET", "/api/v1/tenants/55555555-2222-4333-8444-555555555555/rate-limits", "")
    local s = serve(answers.plain(200, recordings.changed(found.body, '"num_pages":1', '"num_pages":2')))
    local answer = outputs.call(s, "list_rate_limits", { search = "s_tp", limit = 1 })
    assert.same({ {}, { offset = 1, limit = 1 } }, { answer.rows, answer.next })
    assert.is_nil(answer.note)
  end)

  it("says that a tenant has none", function()
    assert.same({
      rows = {}, exhausted = {}, pagination = { current_page = 1, next_page = 2, num_pages = 0 },
      note = "The tenant has no rate limit: workers declare them.",
    }, outputs.call(play "empty", "list_rate_limits"))
  end)

  it("refuses orders, limits and offsets that are none: the engine would fail", function()
    local s = play "overview"
    local wrong = { order_by_field = "window", order_by_direction = "DESC", limit = 0, offset = -1, search = "" }
    for argument, value in pairs(wrong) do
      local failure = outputs.refused(s, "list_rate_limits", { [argument] = value })
      assert.equal("validation_error", failure.kind)
      outputs.has(failure.text, ('"%s"'):format(argument))
    end
    assert.same({ asked = 500, served = 100 }, outputs.call(s, "list_rate_limits", { limit = 500 }).limit)
  end)
end)

describe("get_task_metrics", function()
  it("counts the runs of a day by status, and says which window that was", function()
    assert.same({
      cancelled = 3, completed = 62, failed = 12, queued = 9, running = 5,
      runningDetail = { evicted = 2, onWorker = 3 },
      window = { since = "2026-11-20T06:29:04.277Z", ["until"] = "2026-11-21T06:29:04.277Z" },
    }, outputs.call(play "overview", "get_task_metrics"))
  end)

  it("counts in the window that was asked for", function()
    local s = play "overview"
    local answer = outputs.call(s, "get_task_metrics", { since = "15m" })
    assert.same({ 1, 16, 0, 3, 3 }, { answer.cancelled, answer.completed, answer.failed, answer.queued, answer.running })
    assert.same({ since = "2026-11-21T06:14:04.277Z", ["until"] = "2026-11-21T06:29:04.277Z" }, answer.window)
    answer = outputs.call(s, "get_task_metrics", { since = "2026-01-01", ["until"] = "2026-01-02" })
    assert.same({ 0, 0, 0, 0, 0 }, { answer.cancelled, answer.completed, answer.failed, answer.queued, answer.running })
    assert.same({ since = "2026-01-01T00:00:00Z", ["until"] = "2026-01-02T00:00:00Z" }, answer.window)
  end)

  it("takes a workflow by id or by name", function()
    local s = play "overview"
    local by_id = outputs.call(s, "get_task_metrics", { workflow_ids = { ORDERS } })
    assert.same({ 0, 10, 6, 0, 0 }, { by_id.cancelled, by_id.completed, by_id.failed, by_id.queued, by_id.running })
    assert.same(by_id, outputs.call(s, "get_task_metrics", { workflow_ids = { "order-fulfillment" } }))
    local failure = outputs.refused(s, "get_task_metrics", { workflow_ids = { "ORDER-FULFILLMENT" } })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "order-fulfillment")
  end)

  it("sends the times in UTC and refuses a window without time", function()
    local s, engine = serve(answers.recorded())
    outputs.call(s, "get_task_metrics", { since = "2026-11-20T09:00:00+09:00", ["until"] = "2026-11-21T01:00:00+01:00" })
    local query = engine.requests[1].query:gsub("%%3A", ":")
    outputs.has(query, "since=2026-11-20T00:00:00Z")
    outputs.has(query, "until=2026-11-21T00:00:00Z")
    local failure = outputs.refused(s, "get_task_metrics", { since = "2026-11-21", ["until"] = "2026-11-20" })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    assert.equal(1, #engine.requests)
  end)

  it("gives zeros for a tenant without runs", function()
    local answer = outputs.call(play "empty", "get_task_metrics")
    assert.same({ 0, 0, 0, 0, 0 }, { answer.cancelled, answer.completed, answer.failed, answer.queued, answer.running })
  end)
end)

describe("get_trace", function()
  local function names(answer)
    local list = {}
    for index, span in ipairs(answer.rows) do list[index] = span.spanName end
    return list
  end

  it("gives the spans of a run, oldest first", function()
    local answer = outputs.call(play "details", "get_trace", { workflow_run_id = FAILED })
    assert.equal(26, #answer.rows)
    assert.equal(26, answer.total)
    assert.is_nil(answer.next)
    assert.equal("hatchet.engine.event", answer.rows[1].spanName)
    local charge = answer.rows[15]
    assert.same({ "psp.charge", "ERROR", "RuntimeError: card declined: insufficient_funds (psp request req_81f2)" },
      { charge.spanName, charge.statusCode, charge.statusMessage })
  end)

  it("orders spans of one time the same way each time, whatever the engine does", function()
    local found = recordings.find({ "details" }, "GET", "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/traces",
      "run_external_id=" .. FAILED)
    local spans = cjson.decode(found.body).rows
    local turned = {}
    for index, span in ipairs(spans) do turned[#spans + 1 - index] = span end
    local s = serve(answers.sequence(answers.plain(200, found.body), answers.plain(200, cjson.encode { rows = turned })))
    local once = outputs.call(s, "get_trace", { workflow_run_id = FAILED })
    assert.same(once, outputs.call(s, "get_trace", { workflow_run_id = FAILED }))
  end)

  it("goes through the pages without losing a span", function()
    local s = play "details"
    local all, args = {}, { workflow_run_id = FAILED, limit = 10 }
    repeat
      local answer = outputs.call(s, "get_trace", args)
      table.move(answer.rows, 1, #answer.rows, #all + 1, all)
      args.offset = answer.next and answer.next.offset
    until not args.offset
    assert.same(outputs.call(s, "get_trace", { workflow_run_id = FAILED }).rows, all)
  end)

  it("gives nothing past the end", function()
    local answer = outputs.call(play "details", "get_trace", { workflow_run_id = FAILED, offset = 50 })
    assert.same({ rows = {}, total = 26, note = "There is nothing from offset 50 on: the list ends before." }, answer)
  end)

  it("says why a run has no span yet", function()
    assert.same({ rows = {}, note = "No span yet: the run is QUEUED, and spans come with the first task that starts." },
      outputs.call(play "details", "get_trace", { workflow_run_id = QUEUED }))
  end)

  it("says when the engine records none", function()
    local s = serve(answers.plain(200, "{}\n"))
    assert.same({ rows = {}, total = 0, note = "This engine records no spans: observability is off." },
      outputs.call(s, "get_trace", { workflow_run_id = FAILED }))
  end)

  it("refuses an unknown run", function()
    local s = serve(answers.recorded "errors")
    assert.equal(404, outputs.refused(s, "get_trace", { workflow_run_id = NOBODY }).status)
  end)

  it("cuts the limit at 100 and says so", function()
    local answer = outputs.call(play "details", "get_trace", { workflow_run_id = FAILED, limit = 1000 })
    assert.same({ asked = 1000, served = 100 }, answer.limit)
  end)

  it("declares what every recorded trace is", function()
    local s, spans = play "details", 0
    for _, exchange in ipairs(recordings.load "details") do
      local id = exchange.query:match "^run_external_id=([^&]+)&limit=50$"
      if id and exchange.status == 200 then
        local answer = outputs.call(s, "get_trace", { workflow_run_id = id })
        assert.is_true(#names(answer) > 0)
        spans = spans + answer.total
      end
    end
    assert.equal(875, spans)
  end)
end)

describe("top_failing_workflows", function()
  local function ranks(answer)
    local list = {}
    for index, row in ipairs(answer.rows) do list[index] = { row.workflowName, row.failCount, row.runCount } end
    return list
  end

  it("ranks by failed runs, equal ones by name, and says of how many", function()
    local answer = outputs.call(play("overview", "runs"), "top_failing_workflows")
    assert.same({
      { "order-fulfillment", 6, 16 }, { "send-email", 2, 10 }, { "chatty-task", 1, 1 }, { "import-catalog", 1, 2 },
      { "import-page", 1, 10 }, { "slow-export", 1, 1 },
    }, ranks(answer))
    assert.same({ 6, 12, false }, { answer.workflows, answer.scanned, answer.truncated })
    assert.same({
      workflowName = "order-fulfillment",
      workflowId = ORDERS,
      failCount = 6,
      runCount = 16,
      lastFailureAt = "2026-11-21T06:10:07.745197Z",
      lastRunId = FAILED,
      lastError = "RuntimeError: card declined: insufficient_funds (psp request req_81f2) … [70 of 1620 bytes; get_run has all]",
    }, answer.rows[1])
    assert.is_nil(answer.rows[6].lastError) -- a time-out leaves no message
  end)

  it("gives as many as asked for, and says how many there are", function()
    local answer = outputs.call(play("overview", "runs"), "top_failing_workflows", { limit = 2 })
    assert.same({ { "order-fulfillment", 6, 16 }, { "send-email", 2, 10 } }, ranks(answer))
    assert.equal(6, answer.workflows)
    answer = outputs.call(play("overview", "runs"), "top_failing_workflows", { limit = 200 })
    assert.same({ asked = 200, served = 50 }, answer.limit)
  end)

  it("looks at some workflows only, by id or name", function()
    local s = play("overview", "runs")
    local by_id = outputs.call(s, "top_failing_workflows", { workflow_ids = { ORDERS, EMAILS } })
    assert.same({ { "order-fulfillment", 6, 16 }, { "send-email", 2, 10 } }, ranks(by_id))
    assert.same(by_id, outputs.call(s, "top_failing_workflows", { workflow_ids = { "order-fulfillment", "send-email" } }))
  end)

  it("says when more failures were there than it read", function()
    local answer = outputs.call(play("overview", "runs"), "top_failing_workflows", { scan_limit = 10 })
    assert.same({ 10, true }, { answer.scanned, answer.truncated })
    local s, engine = serve(answers.recorded("overview", "runs"))
    s:call("top_failing_workflows", { scan_limit = 5000 })
    outputs.has(engine.requests[1].query, "limit=1000")
  end)

  it("looks at the window that was asked for", function()
    local s = play("overview", "runs")
    local answer = outputs.call(s, "top_failing_workflows", { since = "2m" })
    assert.same({ rows = {}, workflows = 0, scanned = 0, truncated = false, window = answer.window }, answer)
    answer = outputs.call(s, "top_failing_workflows", { since = "2026-01-01", ["until"] = "2026-01-02" })
    assert.equal(0, answer.scanned)
    assert.same({ since = "2026-01-01T00:00:00Z", ["until"] = "2026-01-02T00:00:00Z" }, answer.window)
    assert.equal("validation_error", outputs.refused(s, "top_failing_workflows", { since = "yesterday" }).kind)
  end)

  it("does without the totals when the engine does not give them", function()
    local s = serve(answers.by_path({ ["task-metrics"] = answers.refusal(404, "unknown id") }, answers.recorded "runs"))
    local rows = outputs.call(s, "top_failing_workflows").rows
    assert.is_true(#rows > 0)
    for _, row in ipairs(rows) do assert.is_nil(row.runCount) end
  end)

  it("ranks nothing in a tenant without runs", function()
    assert.same({}, outputs.call(play "empty", "top_failing_workflows").rows)
  end)
end)
