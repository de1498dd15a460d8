-- list_stuck_runs, and why runs wait (hatchet.waiting).
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local TENANT = "/api/v1/tenants/55555555-2222-4333-8444-555555555555"
local RUNS = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/workflow-runs"
local CRM = "af6d8ed5-c561-4449-88ad-e4208ac09cb1"         -- sync-crm
local TRANSCODE = "30d56bf4-825f-4798-9f44-8acd364b6222"   -- the oldest video-transcode, whose worker is gone
local APPROVAL = "1f95ca7e-0155-4106-8b8b-64ea30aa1ca9"    -- a durable run that was evicted
local SHOP = "842bdd8c-cef7-41d4-825c-90c65ed0cce0"        -- the worker shop-main
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"      -- a task of order-fulfillment
local HANDLER = "fa7cf872-956e-4c9d-8551-eb1078be6d7b"     -- of its failure, in the same run
local KNOWN = { "overview", "details", "runs" }

local function shop()
  return play(table.unpack(KNOWN))
end

-- { name, status, reason } of each row.
local function told(answer)
  local list = {}
  for index, row in ipairs(answer.rows) do list[index] = { row.workflowName, row.status, row.reason } end
  return list
end

-- How often there is each reason.
local function reasons(answer)
  local counts = {}
  for _, row in ipairs(answer.rows) do counts[row.reason] = (counts[row.reason] or 0) + 1 end
  return counts
end

local function rows_of(answer, workflow, status)
  local list = {}
  for _, row in ipairs(answer.rows) do
    if row.workflowName == workflow and row.status == status then list[#list + 1] = row end
  end
  return list
end

-- The first recorded answer on this path whose query and body hold these texts.
local function holding(cassette, path, query, text)
  for _, exchange in ipairs(recordings.load(cassette)) do
    if exchange.path == path and exchange.query:find(query, 1, true) and exchange.body:find(text, 1, true) then
      return exchange.body
    end
  end
  error("not recorded: " .. query)
end

-- All 14 runs that are queued or run.
local ACTIVE = holding("runs", RUNS, "only_tasks=false&statuses=RUNNING&statuses=QUEUED&limit=20", "rows")

local function events_of(task)
  return recordings.body("details", ("/api/v1/stable/tasks/%s/task-events"):format(task), "limit=50")
end

-- An engine that answers as recorded, but for the paths (patterns) that are given.
local function engine_with(overrides)
  local list = answers.by_path({ ["/workflow-runs"] = answers.plain(200, ACTIVE) }, answers.recorded(table.unpack(KNOWN)))
  return serve(answers.by_path(overrides, list))
end

-- The answer of such an engine, all rows of it.
local function all_of(overrides)
  return outputs.call(engine_with(overrides), "list_stuck_runs", { stuck_after_minutes = 0, include_durable_waits = true })
end

describe("list_stuck_runs", function()
  it("gives what is queued or runs for too long, oldest first, without durable waits", function()
    local answer = outputs.call(shop(), "list_stuck_runs", { stuck_after_minutes = 10 })
    assert.same({
      taskExternalId = TRANSCODE, workflowRunExternalId = TRANSCODE, workflowName = "video-transcode",
      workflowId = "2ca22144-d430-4e6b-ac4c-a1406a83e48d", status = "QUEUED", createdAt = "2026-11-21T06:08:32.24905Z",
      elapsedMinutes = 20.9, reason = "no_worker",
      detail = "No live worker runs video-transcode:video-transcode; gpu-1 did, and was last heard at 2026-11-21T06:07:47.398Z.",
    }, answer.rows[1])
    local created = {}
    for index, row in ipairs(answer.rows) do created[index] = row.createdAt:sub(12, 19) end
    assert.same({ "06:08:32", "06:08:33", "06:08:34", "06:08:35", "06:08:36", "06:08:37" }, created)
    answer.rows = nil
    assert.same({
      stuckAfterMinutes = 10, stuck = 6, durableWaits = 2, scanned = 14, truncated = false,
      window = { since = "2026-08-23T06:19:30.008Z", ["until"] = "2026-11-21T06:19:30.008Z" },
    }, answer)
  end)

  it("takes half an hour for too long", function()
    assert.same({
      rows = {}, stuckAfterMinutes = 30, stuck = 0, durableWaits = 0, scanned = 14, truncated = false,
      window = { since = "2026-08-23T05:59:30.008Z", ["until"] = "2026-11-21T05:59:30.008Z" },
    }, outputs.call(shop(), "list_stuck_runs"))
  end)

  it("gives the durable waits on demand, with what they wait for", function()
    local answer = outputs.call(shop(), "list_stuck_runs", { stuck_after_minutes = 10, include_durable_waits = true })
    assert.equal(8, #answer.rows)
    assert.is_nil(answer.durableWaits)
    assert.same({
      taskExternalId = APPROVAL, workflowRunExternalId = APPROVAL, workflowName = "refund-approval",
      workflowId = "d6ffc9ed-58dd-43ed-a00e-53476e1c9bee", status = "RUNNING", createdAt = "2026-11-21T06:08:27.992687Z",
      startedAt = "2026-11-21T06:08:28.017188Z", elapsedMinutes = 21, reason = "evicted",
      detail = "Waits for the event refund:approved, since 2026-11-21T06:08:30.679649Z (20m 59s).",
    }, answer.rows[1])
  end)

  it("leaves out durable waits that still have a slot, too", function()
    local s = shop()
    local answer = outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0 })
    assert.same({ no_worker = 6, concurrency = 3, running = 2 }, reasons(answer))
    assert.same({ 11, 3, false }, { answer.stuck, answer.durableWaits, answer.truncated })
    answer = outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0, include_durable_waits = true })
    assert.same({ no_worker = 6, concurrency = 3, running = 2, evicted = 2, durable_wait = 1 }, reasons(answer))
    assert.equal("Waits for the event refund:approved, since 2026-11-21T06:28:23.333538Z (1m 6s).", answer.rows[14].detail)
  end)

  it("says what a concurrency key holds, and on which worker others run", function()
    local answer = outputs.call(shop(), "list_stuck_runs", { stuck_after_minutes = 0, workflow_ids = { "generate-report" } })
    assert.same({
      { "generate-report", "RUNNING", "running" }, { "generate-report", "QUEUED", "concurrency" },
      { "generate-report", "QUEUED", "concurrency" }, { "generate-report", "QUEUED", "concurrency" },
      { "generate-report", "RUNNING", "running" },
    }, told(answer))
    assert.equal("Its code runs on shop-main, with a time-out of 10m.", answer.rows[1].detail)
    assert.equal("At most 1 of input.tenant = acme run at once (GROUP_ROUND_ROBIN): 1 run, 3 wait.", answer.rows[2].detail)
  end)

  it("counts from the start of a run that runs, from its making where it waits", function()
    local older = recordings.changed(ACTIVE, '"createdAt":"2026%-11%-21T06:28:17.375796Z"',
      '"createdAt":"2026-11-20T06:28:17.375796Z"')
    local answer = all_of { ["/workflow-runs"] = answers.plain(200, older) }
    assert.equal("2026-11-20T06:28:17.375796Z", answer.rows[9].createdAt)
    assert.equal("2026-11-21T06:28:17.438912Z", answer.rows[9].startedAt)
  end)

  it("says when it shows less than there is", function()
    local answer = outputs.call(shop(), "list_stuck_runs", { stuck_after_minutes = 10, limit = 1 })
    assert.same({ TRANSCODE }, { answer.rows[1].taskExternalId, answer.rows[2] })
    assert.same({ 6, true }, { answer.stuck, answer.truncated })
    assert.equal("5 more are not shown: raise limit or narrow by workflow_ids.", answer.note)
    answer = outputs.call(shop(), "list_stuck_runs", { stuck_after_minutes = 10, limit = 1000 })
    assert.same({ asked = 1000, served = 100 }, answer.limit)
  end)

  it("asks for runs of 90 days that were made before the time that is too long", function()
    local s, engine = engine_with {}
    outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 1440 })
    local query = engine.requests[1].query:gsub("%%3A", ":")
    local since, until_ = query:match "since=([^&]+)", query:match "until=([^&]+)"
    local function days_ago(text)
      local y, m, d, h, min, sec = text:match "(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
      local seconds = os.time { year = y, month = m, day = d, hour = h, min = min, sec = sec, isdst = false }
      return math.floor((os.time(os.date "!*t") - seconds) / 86400 + 0.5)
    end
    assert.same({ 91, 1 }, { days_ago(since), days_ago(until_) })
    outputs.has(query, "statuses=RUNNING&statuses=QUEUED")
  end)

  it("knows the workflows by name, and says which was meant", function()
    local s = shop()
    local answer = outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 10, workflow_ids = { "video-transcode" } })
    assert.same({ 6, 6 }, { #answer.rows, answer.scanned })
    assert.same({}, outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0, workflow_ids = { CRM } }).rows)
    local failure = outputs.refused(s, "list_stuck_runs", { workflow_ids = { "ORDER-FULFILLMENT" } })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "order-fulfillment")
  end)

  it("refuses times and limits that are none", function()
    local s = shop()
    for argument, value in pairs { stuck_after_minutes = -1, limit = 0, scan_limit = 0, workflow_ids = "",
      include_durable_waits = 2 } do
      local failure = outputs.refused(s, "list_stuck_runs", { [argument] = value })
      assert.equal("validation_error", failure.kind)
      outputs.has(failure.text, argument)
    end
    outputs.has(outputs.refused(s, "list_stuck_runs", { stuck_after_minutes = 1e9 }).text, "525600")
    outputs.has(outputs.refused(s, "list_stuck_runs", { workflow_ids = { "" } }).text, "workflow_ids")
  end)

  it("finds nothing in a tenant in which nothing happened", function()
    local answer = outputs.call(play "empty", "list_stuck_runs", { stuck_after_minutes = 0 })
    assert.same({ {}, 0, 0, false }, { answer.rows, answer.stuck, answer.scanned, answer.truncated })
    assert.is_nil(answer.note)
  end)

  it("passes on a refused token", function()
    local failure = outputs.refused(serve(answers.refusal(403, "expired token")), "list_stuck_runs")
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
  end)
end)

-- The engine lists the newest first: one that cuts a list into pages, as asked. Of `count` runs the oldest 14 are the recorded
-- ones, those before them are the same under other ids.
local function paging(count)
  local rows = {}
  for index = 1, count do
    local row = cjson.decode(ACTIVE).rows[(index - 1 - count) % 14 + 1]
    if index <= count - 14 then row.taskExternalId = ("%08d"):format(index) .. row.taskExternalId:sub(9) end
    rows[index] = row
  end
  return engine_with {
    ["/workflow-runs"] = function(exchange)
      local limit = math.tointeger(exchange.query:match "limit=(%d+)")
      local offset = math.tointeger(exchange.query:match "offset=(%d+)" or 0)
      local page = {
        rows = setmetatable(table.move(rows, offset + 1, math.min(offset + limit, #rows), 1, {}), cjson.array_mt),
        pagination = { current_page = offset // limit + 1, num_pages = math.ceil(#rows / limit) },
      }
      answers.plain(200, cjson.encode(page))(exchange)
    end,
  }
end

describe("list_stuck_runs with more runs than it reads", function()
  -- What it answers, and the pages that it asks for.
  local function scan(scan_limit, count)
    local s, engine = paging(count)
    local answer = outputs.call(s, "list_stuck_runs", {
      stuck_after_minutes = 0, scan_limit = scan_limit, include_durable_waits = true, limit = 14,
    })
    local asked = {}
    for _, request in ipairs(engine.requests) do
      if request.path == RUNS then
        asked[#asked + 1] = ("%s+%s"):format(request.query:match "offset=(%d+)" or 0, request.query:match "limit=(%d+)")
      end
    end
    return answer, asked
  end

  it("reads the oldest of them, from the last page on, and says so", function()
    local answer, asked = scan(5, 14)
    assert.same({ "0+5", "10+5", "5+5" }, asked)
    assert.same({ 5, 5, true }, { #answer.rows, answer.scanned, answer.truncated })
    assert.equal(APPROVAL, answer.rows[1].taskExternalId)
    assert.equal("22f706dd-b1af-4988-98d3-0e2a0ee30f15", answer.rows[5].taskExternalId)
    assert.equal("More than 5 runs are QUEUED or RUNNING that long: the oldest 5 were looked at. Narrow by workflow_ids or raise "
      .. "scan_limit.", answer.note)
  end)

  it("needs the last page only when that is full", function()
    local answer, asked = scan(7, 14)
    assert.same({ "0+7", "7+7" }, asked)
    assert.same({ 7, true, APPROVAL }, { answer.scanned, answer.truncated, answer.rows[1].taskExternalId })
  end)

  it("reads them once when it can read all", function()
    local answer, asked = scan(14, 14)
    assert.same({ "0+14" }, asked)
    assert.same({ 14, false }, { answer.scanned, answer.truncated })
    assert.is_nil(answer.note)
  end)

  it("reads pages of a hundred, and the first one once", function()
    local answer, asked = scan(500, 250)
    assert.same({ "0+100", "200+100", "100+100" }, asked)
    assert.same({ 250, 250, true }, { answer.scanned, answer.stuck, answer.truncated })
    assert.truthy(answer.note:find("^236 more are not shown"))
    answer, asked = scan(120, 250)
    assert.same({ "0+100", "200+100", "100+100" }, asked)
    assert.same({ 120, true }, { answer.scanned, answer.truncated })
    assert.truthy(answer.note:find("^More than 120 runs"))
    answer, asked = scan(100, 250)
    assert.same({ "0+100", "200+100", "100+100" }, asked)
    assert.equal(100, answer.scanned)
  end)

  it("says that there may be older ones where the engine counts no further", function()
    local full = cjson.decode(ACTIVE)
    full.pagination.num_pages = 200
    for index = #full.rows + 1, 100 do full.rows[index] = full.rows[index - 14] end
    local s, engine = engine_with { ["/workflow-runs"] = answers.plain(200, cjson.encode(full)) }
    local answer = outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0, scan_limit = 5000 })
    outputs.has(engine.requests[2].query, "offset=19900")
    outputs.has(engine.requests[11].query, "offset=19000")
    assert.same({ 11, 1000, true }, { #answer.rows, answer.scanned, answer.truncated }) -- the pages hold the same 14
    assert.equal("More runs are QUEUED or RUNNING than the engine counts: 1000 of the older ones were looked at, not the 1000 "
      .. "oldest. Narrow by workflow_ids.", answer.note)
  end)
end)

describe("why a run waits", function()
  it("a paused workflow", function()
    local s = play({ access = "write" }, "overview", "control")
    outputs.call(s, "pause_workflow", { workflow_id = CRM })
    outputs.call(s, "pause_workflow", { workflow_id = CRM }) -- the run that waits was started after the second pause
    local answer = outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0, workflow_ids = { CRM } })
    assert.same({ { "sync-crm", "QUEUED", "paused_workflow" } }, told(answer))
    assert.equal("sync-crm is paused: its runs wait until resume_workflow, or until the pause's ttl cancels them.",
      answer.rows[1].detail)
    assert.truthy(answer.note:find("Reasons may be missing: the engine did not give task events", 1, true)) -- not recorded
  end)

  it("a paused worker", function()
    local answer = all_of { ["/worker"] = answers.plain(200, holding("control", TENANT .. "/worker", "", "PAUSED")) }
    local row = rows_of(answer, "generate-report", "QUEUED")[1]
    assert.equal("paused_worker", row.reason)
    assert.equal("All live workers that run generate-report:render are paused, as shop-main is: resume_worker.", row.detail)
    assert.equal("no_worker", rows_of(answer, "video-transcode", "QUEUED")[1].reason)
  end)

  it("no worker at all", function()
    local answer = all_of { ["/worker"] =
      answers.plain(200, recordings.body("overview", TENANT .. "/worker", "statuses=PAUSED")) }
    local row = rows_of(answer, "video-transcode", "QUEUED")[1]
    assert.same({ "no_worker", "No live worker runs video-transcode:video-transcode; none was heard in the last 24 h." },
      { row.reason, row.detail })
  end)

  it("no free slot", function()
    local full = recordings.changed(recordings.body("overview", TENANT .. "/worker"), '"available":18', '"available":0')
    local answer = all_of { ["/worker"] = answers.plain(200, full), ["/task-stats"] = answers.plain(200, "{}") }
    for _, row in ipairs(rows_of(answer, "generate-report", "QUEUED")) do
      assert.equal("concurrency", row.reason) -- its turn has not come: it was not even offered to a worker
    end
    local offered = events_of(TRANSCODE)
    answer = all_of { ["/worker"] = answers.plain(200, full), ["/task-events"] = answers.plain(200, offered) }
    local row = rows_of(answer, "generate-report", "QUEUED")[1]
    assert.same({ "no_slot", "No free slot for generate-report:render: shop-main has 0 of 20 default slots free." },
      { row.reason, row.detail })
  end)

  it("a free slot, where only some workers are full", function()
    local two = cjson.decode(recordings.body("overview", TENANT .. "/worker"))
    two.rows[2] = cjson.decode(cjson.encode(two.rows[1]))
    two.rows[1].slotConfig.default.available = 0
    local row = rows_of(all_of {
      ["/worker"] = answers.plain(200, cjson.encode(two)), ["/task-events"] = answers.plain(200, events_of(TRANSCODE)),
    }, "generate-report", "QUEUED")[1]
    outputs.has(row.detail, "it is tried again")
  end)

  it("no free slot of a task whose concurrency key let it through", function()
    local offered = recordings.changed(events_of(TRANSCODE), '"message":""', '"message":"concurrency keys evaluated as: acme"')
    local full = recordings.changed(recordings.body("overview", TENANT .. "/worker"), '"available":18', '"available":0')
    local row = rows_of(all_of {
      ["/worker"] = answers.plain(200, full), ["/task-events"] = answers.plain(200, offered),
    }, "generate-report", "QUEUED")[1]
    assert.equal("no_slot", row.reason)
  end)

  it("no concurrency key that is free, and none that is of another task", function()
    local free = recordings.changed(recordings.body("overview", TENANT .. "/task-stats"), '"acme":1', '"other":1')
    local row = rows_of(all_of { ["/task-stats"] = answers.plain(200, free) }, "generate-report", "QUEUED")[1]
    assert.equal("unknown", row.reason)
    local version = recordings.body("overview", "/api/v1/workflows/a9d30957-af41-4ff2-b86d-7655a2ec9a2a/versions")
    local other = recordings.changed(version, '"stepReadableId":"render"', '"stepReadableId":"print"')
    row = rows_of(all_of { ["/versions"] = answers.plain(200, other) }, "generate-report", "QUEUED")[1]
    assert.equal("unknown", row.reason)
  end)

  it("no worker, though one has the action in other letters: the engine keeps actions in lower case", function()
    local version = recordings.body("overview", "/api/v1/workflows/a9d30957-af41-4ff2-b86d-7655a2ec9a2a/versions")
    local capitals = recordings.changed(version, '"Action":"generate%-report:render"', '"Action":"Generate-Report:Render"')
    local row = rows_of(all_of { ["/versions"] = answers.plain(200, capitals) }, "generate-report", "QUEUED")[1]
    assert.equal("concurrency", row.reason)
  end)

  it("the worker that was heard last, where several are gone", function()
    local list = cjson.decode(recordings.body("overview", TENANT .. "/worker"))
    list.rows[3] = cjson.decode(cjson.encode(list.rows[2]))
    list.rows[3].name, list.rows[3].lastHeartbeatAt = "gpu-0", "2026-11-20T06:07:47.398Z"
    local row = rows_of(all_of { ["/worker"] = answers.plain(200, cjson.encode(list)) }, "video-transcode", "QUEUED")[1]
    outputs.has(row.detail, "; gpu-1 did, and was last heard at 2026-11-21T06:07:47.398Z.")
  end)

  it("no slot when the scheduler looked, though there is one now", function()
    local offered = events_of(TRANSCODE)
    local row = rows_of(all_of { ["/task-events"] = answers.plain(200, offered) }, "generate-report", "QUEUED")[1]
    assert.same({ "no_slot", "At 2026-11-21T06:08:32.278295Z no worker had a slot for it; it is tried again." },
      { row.reason, row.detail })
  end)

  it("a rate limit that held it back", function()
    local held = recordings.changed(events_of(TRANSCODE), "REQUEUED_NO_WORKER",
      "REQUEUED_RATE_LIMIT")
    local row = rows_of(all_of { ["/task-events"] = answers.plain(200, held) }, "video-transcode", "QUEUED")[1]
    assert.same({ "rate_limit", "A rate limit held it back at 2026-11-21T06:08:32.278295Z." }, { row.reason, row.detail })
  end)

  it("a rate limit that is used up", function()
    local emails = recordings.body("overview", "/api/v1/workflows/bec2794e-d7be-408a-be4c-1ebb8867173d/versions")
    local used_up = recordings.changed(recordings.body("overview", TENANT .. "/rate-limits"), '"value":100', '"value":0')
    local row = rows_of(all_of {
      ["/versions"] = answers.plain(200, emails), ["/rate-limits"] = answers.plain(200, used_up),
    }, "video-transcode", "QUEUED")[1]
    assert.same({ "rate_limit", "The rate limit smtp is used up: 0 of 100 left, refilled every 1 MINUTE." },
      { row.reason, row.detail })
  end)

  it("the rate limits that are used up, though there are more than one page", function()
    local s, engine = engine_with {}
    outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0 })
    for _, request in ipairs(engine.requests) do
      if request.path:find "/rate%-limits$" then
        assert.equal("limit=100&orderByDirection=asc&orderByField=value", request.query)
      end
    end
  end)

  it("an attempt that has to wait for its time", function()
    local charge = events_of(CHARGE)
    local events = cjson.decode(charge).rows
    while events[1].eventType ~= "RETRYING" do table.remove(events, 1) end -- as it was when it had just failed
    events[#events + 1] = cjson.decode(events_of(TRANSCODE)).rows[2]       -- what held an earlier attempt counts no more
    local function told_of(message)
      events[1].message = message
      local text = cjson.encode { rows = events }
      return rows_of(all_of { ["/task-events"] = answers.plain(200, text) }, "generate-report", "QUEUED")[1]
    end
    local recorded = events[1].message
    local row = told_of(recordings.changed(recorded, "2026%-", "2099-"))
    assert.equal("backoff", row.reason)
    assert.truthy(row.detail:find "^This is retry number %d. Retrying in 1s %(2099%-11%-21T")
    assert.equal("unknown", told_of(recorded).reason) -- that time is over
  end)

  it("a worker that is gone", function()
    local row = rows_of(all_of { ["/worker"] =
      answers.plain(200, recordings.body("overview", TENANT .. "/worker", "statuses=INACTIVE")) },
      "generate-report", "RUNNING")[1]
    assert.same({ "worker_gone", "Taken by the worker " .. SHOP .. ", which was not heard in the last 24 h." },
      { row.reason, row.detail })
    local silent = recordings.changed(recordings.body("overview", TENANT .. "/worker"), '"status":"ACTIVE"',
      '"status":"INACTIVE"')
    row = rows_of(all_of { ["/worker"] = answers.plain(200, silent) }, "generate-report", "RUNNING")[1]
    assert.same({ "worker_gone", "Taken by shop-main, which was last heard at 2026-11-21T06:29:01.792Z." },
      { row.reason, row.detail })
  end)

  it("the task of a run of several that has not ended", function()
    local retried = holding("control", RUNS, "only_tasks=false&triggering_event", '"status":"QUEUED"')
    local answer = all_of { ["/workflow-runs"] = answers.plain(200, retried) }
    assert.same({ "order-fulfillment", "RUNNING" }, { answer.rows[1].workflowName, answer.rows[1].status })
    assert.same({ taskExternalId = CHARGE, displayName = "charge-1795241402723", status = "QUEUED" },
      answer.rows[1].waitingTask)
    assert.same({ "unknown", "QUEUED, but the API does not show what holds it." },
      { answer.rows[1].reason, answer.rows[1].detail })
  end)

  -- The row of that run when these of its tasks have these states, and one of them is a durable wait.
  local function run_with(states, more)
    local list = cjson.decode(holding("control", RUNS, "only_tasks=false&triggering_event", '"status":"QUEUED"'))
    for _, task in ipairs(list.rows[1].children) do
      task.status = states[task.taskExternalId] or "COMPLETED"
      if states.evicted == task.taskExternalId then task.isEvicted = true end
    end
    local overrides = { ["/workflow-runs"] = answers.plain(200, cjson.encode(list)) }
    for path, answer in pairs(more or {}) do overrides[path] = answer end
    return all_of(overrides).rows[1]
  end

  it("the task that was made first, a durable wait only when there is no other", function()
    local created = {}
    local list = cjson.decode(holding("control", RUNS, "only_tasks=false&triggering_event", '"status":"QUEUED"'))
    for _, task in ipairs(list.rows[1].children) do
      created[task.taskExternalId:sub(1, 8)] = task.metadata.createdAt
    end
    assert.is_true(created[HANDLER:sub(1, 8)] > created[CHARGE:sub(1, 8)])
    assert.equal(CHARGE, run_with({ [CHARGE] = "RUNNING", [HANDLER] = "RUNNING" }).waitingTask.taskExternalId)
    assert.equal(HANDLER, run_with({ [CHARGE] = "RUNNING", [HANDLER] = "RUNNING", evicted = CHARGE }).waitingTask.taskExternalId)
    assert.equal(CHARGE, run_with({ [CHARGE] = "RUNNING", evicted = CHARGE }).waitingTask.taskExternalId)
  end)

  it("no pause, where the run has started", function()
    local orders = recordings.body("overview", "/api/v1/workflows/a5f422d2-2328-4949-a0f5-fc5b668f6f4c")
    local paused = recordings.changed(orders, '"isPaused":false', '"isPaused":true')
    local row = run_with({ [CHARGE] = "QUEUED" }, { ["/workflows/*"] = answers.plain(200, paused) })
    assert.equal("unknown", row.reason)
  end)

  it("the time-out that this task has, the handler of failures too", function()
    assert.equal("Its code runs on shop-main, with a time-out of 1m.", run_with({ [HANDLER] = "RUNNING" }).detail)
    local version = recordings.changed(recordings.body("overview",
      "/api/v1/workflows/a5f422d2-2328-4949-a0f5-fc5b668f6f4c/versions"),
      '"Action":"order%-fulfillment:charge"', '"Action":"order-fulfillment:pay"')
    assert.equal("Its code runs on shop-main.",
      run_with({ [CHARGE] = "RUNNING" }, { ["/versions"] = answers.plain(200, version) }).detail)
  end)

  it("what a durable run waits for, and not what it has waited for", function()
    local log = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/durable-tasks/"
    local waits = recordings.changed(recordings.body("details", log .. APPROVAL), '"isSatisfied":true', '"isSatisfied":false')
    local rows = rows_of(all_of { ["/durable-tasks/*"] = answers.plain(200, waits) }, "refund-approval", "RUNNING")
    assert.truthy(rows[1].detail:find("^Waits for a sleep of 2s that ends at .+ Waits for the event refund:approved, since"))
    local sleeps = recordings.changed(waits, '"isSatisfied":false,"kind":"WAIT_FOR","nodeId":2',
      '"isSatisfied":true,"kind":"WAIT_FOR","nodeId":2')
    rows = rows_of(all_of { ["/durable-tasks/*"] = answers.plain(200, sleeps) }, "refund-approval", "RUNNING")
    assert.truthy(rows[1].detail:find("^Waits for a sleep of 2s that ends at 2026%-[^ ]+, since [^ ]+ %([^()]+%)%.$"))
    local satisfied = recordings.body("details", log .. "e0e4cfc3-e104-496f-b3c9-f3a4d1b342d3")
    rows = rows_of(all_of { ["/durable-tasks/*"] = answers.plain(200, satisfied) }, "refund-approval", "RUNNING")
    assert.same({ "evicted", "A durable wait that gave its slot back." }, { rows[1].reason, rows[1].detail })
    assert.same({ "running", "Its code runs on shop-main, with a time-out of 2h." }, { rows[3].reason, rows[3].detail })
  end)

  it("the runs that it has started", function()
    local parents = recordings.changed(ACTIVE, '"numSpawnedChildren":0', '"numSpawnedChildren":4')
    local row = rows_of(all_of { ["/workflow-runs"] = answers.plain(200, parents) }, "generate-report", "RUNNING")[1]
    assert.equal("Its code runs on shop-main, with a time-out of 10m. It has started 4 runs.", row.detail)
  end)

  it("nothing, where the API shows nothing", function()
    local answer = all_of { ["/task-events"] = answers.refusal(404, "unknown id") }
    local row = rows_of(answer, "generate-report", "RUNNING")[1]
    assert.same({ "unknown", "RUNNING, but its events name no worker." }, { row.reason, row.detail })
    assert.is_nil(answer.note)
    local between = recordings.changed(holding("control", RUNS, "only_tasks=false&triggering_event", '"status":"QUEUED"'),
      '"status":"QUEUED"',
      '"status":"COMPLETED"')
    row = all_of { ["/workflow-runs"] = answers.plain(200, between) }.rows[1]
    assert.same({ "unknown", "RUNNING, but none of its tasks is queued or runs: it may wait for a condition between them." },
      { row.reason, row.detail })
  end)

  it("what can be known without the rest, and says what was not given", function()
    local fails = answers.refusal(500, "the API is up, the engine behind it is down")
    local answer = all_of { ["/worker"] = fails, ["/task-stats"] = answers.refusal(429, "rate limited endpoint, call 2") }
    assert.same({ no_slot = 6, concurrency = 3, running = 2, evicted = 2, durable_wait = 1 }, reasons(answer))
    assert.truthy(answer.note:find("^Reasons may be missing: the engine did not give workers %(.*500.*%), task stats "
      .. "%(.*429.*%)%.$"))
    local row = rows_of(answer, "generate-report", "QUEUED")[1]
    assert.equal("At most 1 of input.tenant = acme run at once (GROUP_ROUND_ROBIN).", row.detail)
  end)

  it("asks for each workflow once, and for the task stats once", function()
    local s, engine = engine_with { ["/task-stats"] = answers.refusal(429, "rate limited endpoint, call 2") }
    outputs.call(s, "list_stuck_runs", { stuck_after_minutes = 0 })
    local counts = {}
    for _, request in ipairs(engine.requests) do
      local kind = request.path:match "/api/v1/(workflows)/[^/]+$" or request.path:match "[^/]+$"
      counts[kind] = (counts[kind] or 0) + 1
    end
    assert.same({ 3, 3, 1, 1, 1 }, {
      counts.workflows, counts.versions, counts["task-stats"], counts.worker, counts["rate-limits"],
    })
  end)
end)
