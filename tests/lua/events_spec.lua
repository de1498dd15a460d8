-- list_events, list_event_keys, get_event, explain_event.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local SMALL = "9c1006e2-ce88-4045-8aac-b026e8d71f05"    -- order:paid without a scope
local REFUND = "adbcde3d-69a2-4f93-b7d3-138dedb699dd"   -- refund:approved, which no workflow is started by
local LOST = "e7041c44-ff49-4b50-8698-3e27381c0f3e"     -- user:created without a scope
local US = "9eeea191-7b0e-4314-9cb2-21b663b9b702"       -- user:created, scope us
local EU = "230aa79e-99e5-4a9c-b3d4-d733c280adbe"       -- user:created, scope eu
local CHEAP = "1d312e7b-e5d9-4cdb-90d1-fc07e65d37cb"    -- order:paid, scope big-orders, 5.00
local DECLINED = "f58a415a-1500-48bc-a1c4-7a6e12ee3177" -- order:paid, scope big-orders, 3000.00
local PAID = "d5c74317-da85-48b8-a7a4-79b4c3ae735c"     -- order:paid, scope big-orders, 2500.00
local EXACT = "b7f59a9f-417a-400e-a531-e36a6cd24bde"    -- by gRPC, with an integer beyond 2^53
local PUSHED = "698dedd1-b394-4233-bc06-5181f3e9023c"   -- by gRPC, scope eu
local NOBODY = "00000000-0000-4000-8000-000000000000"

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c" -- workflows
local EMAIL = "bec2794e-d7be-408a-be4c-1ebb8867173d"
local BIG_FILTER = "9c045a8b-e2f6-4ef3-af45-b86a76059e52"
local US_FILTER = "e5707f99-aad2-461a-ae56-4a2ffb374ca7"
local EU_FILTER = "452a92e3-c465-4ff9-ae3c-6357fa503f7f"

local function play(...)
  return tenant.play("overview", "runs", "filters-webhooks", "errors", "events", ...)
end

local function ids(answer)
  return outputs.column(answer.rows, "metadata", "id")
end

describe("list_events", function()
  local function list(arguments)
    return ids(outputs.call(play(), "list_events", arguments))
  end

  it("gives small rows of the last 24 hours, newest first, and says the window", function()
    local answer = outputs.call(play(), "list_events", { limit = 1 })
    assert.same({
      rows = { {
        key = "order:paid", seenAt = "2026-11-21T06:28:30.383944Z", tenantId = "",
        metadata = { createdAt = "2026-11-21T06:28:30.383944Z", id = SMALL, updatedAt = "2026-11-21T06:28:30.383944Z" },
        workflowRunSummary = { cancelled = 0, failed = 0, queued = 0, running = 0, succeeded = 0 },
      } },
      pagination = { current_page = 1, next_page = 2, num_pages = 12 },
      next = { offset = 1, limit = 1 },
      window = { since = "2026-11-20T06:33:07.662Z", ["until"] = "2026-11-21T06:33:07.662Z" },
    }, answer)
    assert.equal(12, #list())
  end)

  it("goes on where it says", function()
    local s = play()
    local first = outputs.call(s, "list_events", { limit = 5 })
    assert.same({ offset = 5, limit = 5 }, first.next)
    local second = outputs.call(s, "list_events", first.next)
    assert.same({ EU, CHEAP, DECLINED }, { table.unpack(ids(second), 1, 3) })
    local last = outputs.call(s, "list_events", { limit = 10, offset = 10 })
    assert.same({ 2, nil }, { #last.rows, last.next })
  end)

  it("selects by key, scope, id and the runs' status and workflow", function()
    assert.same({ US, EU }, { table.unpack(list { keys = { "user:created" } }, 2) })
    assert.equal(10, #list { keys = { "order:paid", "user:created" } })
    assert.same({ EU }, list { scopes = { "eu" } })
    assert.same({ SMALL, REFUND }, list { event_ids = { SMALL, REFUND:upper() } })
    assert.same({ US, EU, PAID }, list { statuses = { "COMPLETED" } })
    assert.same({ DECLINED }, list { keys = { "order:paid" }, statuses = { "FAILED" } })
    assert.same({ DECLINED, PAID }, list { workflow_ids = { "order-fulfillment" } })
    assert.same({ US, EU }, list { workflow_ids = { EMAIL } })
    assert.equal(12, #list { keys = "[]", scopes = "[]", event_ids = "[]", statuses = "[]", workflow_ids = "[]" })
  end)

  it("takes several pairs of metadata for all of them", function()
    assert.equal(6, #list { additional_metadata = { source = "checkout" } })
    assert.same({ DECLINED }, list { additional_metadata = { source = "checkout", channel = "web" } })
    assert.same({}, list { additional_metadata = { source = "checkout", x = "y" } })
  end)

  it("sends times in UTC, whatever their offset", function()
    local s, engine = tenant.serve(answers.recorded "events")
    local times = { since = "2026-11-20T15:29:31+09:00", ["until"] = "2026-11-21T15:29:31+09:00" }
    local answer = outputs.call(s, "list_events", times)
    assert.same({ since = "2026-11-20T06:29:31Z", ["until"] = "2026-11-21T06:29:31Z" }, answer.window)
    outputs.has(engine.requests[1].query, "since=2026-11-20T06%3A29%3A31Z")
    outputs.has(engine.requests[1].query, "until=2026-11-21T06%3A29%3A31Z")
    outputs.has(outputs.refused(s, "list_events", { since = "1h", ["until"] = "2h" }).text, "is not before until")
  end)

  it("adds payload, metadata and the named runs to whole rows", function()
    local arguments = { keys = { "order:paid" }, statuses = { "FAILED" }, minimal_output = false }
    local row = outputs.call(play(), "list_events", arguments).rows[1]
    assert.same({ amount_cents = 300000, card = "declined", order_id = "E-4" }, row.payload)
    assert.same({ channel = "web", source = "checkout" }, row.additionalMetadata)
    assert.same({ {
      workflowRunId = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8", filterId = BIG_FILTER,
      displayName = "order-fulfillment-1795241402370",
    } }, row.triggeredRuns)
    assert.same({}, outputs.call(play(), "list_events", { event_ids = { SMALL }, minimal_output = false }).rows[1].triggeredRuns)
  end)

  it("names all runs of a page in one request, and gives ids when it cannot", function()
    local named = tenant.play("control", "events")
    local rows = outputs.call(named, "list_events", { workflow_ids = { EMAIL }, minimal_output = false }).rows
    assert.same({ "send-email-1795241402587", "send-email-1795241402450" },
      { rows[1].triggeredRuns[1].displayName, rows[2].triggeredRuns[1].displayName })
    local unnamed = tenant.play "events"
    assert.same({ { filterId = US_FILTER, workflowRunId = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82" } },
      outputs.call(unnamed, "list_events", { workflow_ids = { EMAIL }, minimal_output = false }).rows[1].triggeredRuns)
  end)

  it("says why there may be none", function()
    assert.equal("There is nothing from offset 50 on: the list ends before.",
      outputs.call(play(), "list_events", { offset = 50 }).note)
    assert.equal("No event of the window has such a key and fits. list_event_keys shows the keys of the last 24 hours.",
      outputs.call(play(), "list_events", { keys = { "nope" } }).note)
    local none = answers.plain(200, recordings.first("events", { query = "scopes=none&limit=50" }).body)
    local recorded = answers.recorded "events"
    local s = tenant.serve(function(exchange) return (exchange.path:find "/events$" and none or recorded)(exchange) end)
    assert.equal("No event of the window has such a key and fits. The nearest key of the last 24 hours is order:paid.",
      outputs.call(s, "list_events", { keys = { "order:payed" } }).note)
    assert.equal("Not in this window, or not fitting the other filters: " .. NOBODY .. ". Give since, or ask get_event, which "
      .. "finds any.", outputs.call(s, "list_events", { event_ids = { NOBODY } }).note)
    local query = ("eventIds=%s&eventIds=%s&limit=50"):format(SMALL, REFUND)
    local two = answers.plain(200, recordings.first("events", { query = query }).body)
    local note = outputs.call(tenant.serve(two), "list_events", { event_ids = { SMALL, NOBODY, REFUND } }).note
    outputs.has(note, "other filters: " .. NOBODY .. ".")
    local page = answers.plain(200, recordings.first("events", { query = "limit=1" }).body)
    local first = outputs.call(tenant.serve(page), "list_events", { event_ids = { SMALL, REFUND }, limit = 1 })
    assert.same({ { offset = 1, limit = 1 }, nil }, { first.next, first.note })
    assert.is_nil(outputs.call(s, "list_events", { scopes = { "none" } }).note)
  end)

  it("gives none of a tenant in which nothing came in", function()
    local answer = outputs.call(tenant.play "empty", "list_events")
    assert.same({ {}, nil, nil }, { answer.rows, answer.next, answer.note })
  end)

  it("refuses what the engine would pass over or fail at", function()
    local s = play()
    local function refused(argument, value)
      return outputs.refused(s, "list_events", { [argument] = value }).text
    end
    outputs.has(refused("statuses", { "failed" }), "FAILED")
    for argument, value in pairs {
      offset = -1, limit = 0, keys = { "" }, scopes = { "" }, event_ids = { "x" }, since = "yesterday",
      additional_metadata = { a = 1 },
    } do
      outputs.has(refused(argument, value), '"' .. argument)
    end
    outputs.has(refused("additional_metadata", { ["a:b"] = "c" }), 'the key "a:b"')
    outputs.has(refused("workflow_ids", { "order" }), 'There is no workflow named "order"')
    outputs.has(refused("status", { "FAILED" }), 'no argument "status"')
  end)
end)

describe("list_event_keys", function()
  it("gives the keys, and says of which time", function()
    assert.same({
      rows = { "refund:approved", "order:paid", "user:created", "cart:abandoned" },
      window = { since = "2026-11-20T06:29:33.162Z", ["until"] = "2026-11-21T06:29:33.162Z" },
    }, outputs.call(tenant.play "events", "list_event_keys"))
    assert.same({}, outputs.call(tenant.play "empty", "list_event_keys").rows)
  end)
end)

describe("get_event", function()
  it("gives an event with the runs that it started", function()
    assert.same({
      additionalMetadata = {}, key = "user:created", payload = { to = "new@shop.us" }, scope = "us",
      metadata = { createdAt = "2026-11-21T06:10:02.545574Z", id = US, updatedAt = "2026-11-21T06:10:02.545574Z" },
      seenAt = "2026-11-21T06:10:02.545574Z", tenantId = "", triggeringWebhookName = "",
      triggeredRuns = { {
        workflowRunId = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82", displayName = "send-email-1795241402587",
        workflowName = "send-email", workflowId = EMAIL, status = "COMPLETED", createdAt = "2026-11-21T06:10:02.545956Z",
        finishedAt = "2026-11-21T06:10:02.615569Z", filterId = US_FILTER,
      } },
      workflowRunSummary = { cancelled = 0, failed = 0, queued = 0, running = 0, succeeded = 1 },
    }, outputs.call(play(), "get_event", { event_id = US }))
  end)

  it("points on when there are none", function()
    local answer = outputs.call(play(), "get_event", { event_id = SMALL:upper() })
    assert.same({ {}, "It started nothing: explain_event says why." }, { answer.triggeredRuns, answer.note })
  end)

  it("keeps integers beyond 2^53", function()
    local s = play "events-grpc"
    local text = s:text(s:call("get_event", { event_id = EXACT }))
    assert.truthy(text:find('"payload":{"card":"ok","exact":9007199254740993,"order_id":"G-1","amount_cents":777}', 1, true),
      text)
  end)

  it("asks for the exact payload only where a number may have been rounded, and says when it cannot be read", function()
    local recorded, gone = answers.recorded("events", "events-grpc"), answers.refusal(404)
    local s, engine = tenant.serve(function(exchange) return (exchange.path:find "/data$" and gone or recorded)(exchange) end)
    outputs.call(s, "get_event", { event_id = SMALL })
    assert.equal(1, #engine.requests)
    local answer = outputs.call(s, "get_event", { event_id = EXACT })
    assert.equal("Numbers beyond 2^53 in the payload are rounded: the exact text could not be read.", answer.note)
    assert.equal(9007199254740992, answer.payload.exact)
  end)

  it("keeps the ids of runs that cannot be listed any more", function()
    local recorded = answers.recorded "events"
    local none = answers.plain(200, recordings.find({ "events" }, "GET",
      "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/workflow-runs",
      "only_tasks=false&triggering_event_external_id=" .. SMALL).body)
    local s, engine = tenant.serve(function(exchange)
      return (exchange.path:find "/workflow%-runs$" and none or recorded)(exchange)
    end)
    assert.same({ { workflowRunId = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82", filterId = US_FILTER } },
      outputs.call(s, "get_event", { event_id = US }).triggeredRuns)
    -- Senders may stamp an event by a clock of their own.
    outputs.has(engine.requests[2].query, "since=2026-11-21T05%3A10%3A02")
  end)

  it("says where the events are when there is no such one", function()
    local failure = outputs.refused(play(), "get_event", { event_id = NOBODY })
    assert.same({ "not_found", "No event of this tenant has this id; those past the retention are gone. list_events shows "
      .. "them, of the last 24 hours unless since says otherwise." }, { failure.code, failure.hint })
    outputs.has(outputs.refused(play(), "get_event", { event_id = "not-a-uuid" }).text, '"event_id"')
  end)
end)

describe("explain_event", function()
  local function explain(id, ...)
    return outputs.call(play(...), "explain_event", { event_id = id })
  end

  local function filter(id, scope, expression, updated, result)
    return { filterId = id, scope = scope, expression = expression, updatedAt = updated, result = result }
  end

  local function big(result)
    return filter(BIG_FILTER, "big-orders", "input.amount_cents > 100000", "2026-11-21T06:08:40.596297Z", result)
  end

  it("tells of an event without a scope where there are filters", function()
    assert.same({
      event = { id = SMALL, key = "order:paid", seenAt = "2026-11-21T06:28:30.383944Z" },
      triggeredRuns = {},
      workflows = { {
        workflowId = ORDERS, workflowName = "order-fulfillment", eventKeys = { "order:paid" }, isPaused = false, started = 0,
        filters = { big(false) },
      } },
      reasons = { 'order-fulfillment has filters, of the scopes "big-orders", and the event has no scope: such an event '
        .. "does not start it. None of their expressions is true for this event either." },
    }, explain(SMALL))
  end)

  it("tells with which scope it would have started something", function()
    local answer = explain(LOST)
    assert.same({ 'send-email has filters, of the scopes "eu", "us", and the event has no scope: such an event does not '
      .. 'start it. It would have been started with the scope "eu".' }, answer.reasons)
    assert.same({
      filter(US_FILTER, "us", "input.to.endsWith('.us')", "2026-11-21T06:08:40.593406Z", false),
      filter(EU_FILTER, "eu", "true", "2026-11-21T06:07:22.779823Z", true),
    }, answer.workflows[1].filters)
  end)

  it("tells of an expression that is false", function()
    local answer = explain(CHEAP)
    assert.same({ "Filter " .. BIG_FILTER .. ' of order-fulfillment is of the scope "big-orders", but its expression '
      .. "input.amount_cents > 100000 is false for this event." }, answer.reasons)
    assert.same({ big(false) }, answer.workflows[1].filters)
  end)

  it("tells of a key that no workflow listens to", function()
    assert.same({
      event = { id = REFUND, key = "refund:approved", seenAt = "2026-11-21T06:28:30.367591Z" },
      triggeredRuns = {}, workflows = {},
      reasons = { "No workflow listens to refund:approved; the keys that they listen to are order:paid, user:created. A run "
        .. "that waits for this event may have gone on with it." },
    }, explain(REFUND))
  end)

  it("tells of an event that came by a webhook", function()
    local answer = explain("f8681cd8-b8a0-4c02-b7b4-f143718a4aac", "admin")
    assert.same({ "shop:restock", "shop-events" }, { answer.event.key, answer.event.triggeringWebhookName })
  end)

  it("tells what an event started", function()
    local answer = explain(DECLINED)
    assert.same({ "order-fulfillment was started: run 4a806db2-7c70-4246-a5fe-36d1ecb2b6b8 (FAILED)." }, answer.reasons)
    assert.same({ {
      workflowRunId = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8", displayName = "order-fulfillment-1795241402370",
      workflowName = "order-fulfillment", workflowId = ORDERS, status = "FAILED", createdAt = "2026-11-21T06:10:04.882377Z",
      finishedAt = "2026-11-21T06:10:07.745197Z", filterId = BIG_FILTER,
    } }, answer.triggeredRuns)
    assert.same({ 1, { big(true) } }, { answer.workflows[1].started, answer.workflows[1].filters })
  end)

  it("does without the trial of a filter that cannot be had", function()
    local answer = explain(PUSHED, "events-grpc")
    assert.same({ "send-email was started: run 9a7a2551-6ec0-479e-8c6c-64a83ceb8f92 (QUEUED)." }, answer.reasons)
    assert.same({ "eu", "us" }, { answer.workflows[1].filters[1].scope, answer.workflows[1].filters[2].scope })
    assert.is_nil(answer.workflows[1].filters[1].result)
    assert.same({ 'order-fulfillment has filters, of the scopes "big-orders", and the event has no scope: such an event '
      .. "does not start it." }, explain(EXACT, "events-grpc").reasons)
  end)

  it("says where the events are when there is no such one", function()
    outputs.has(outputs.refused(play(), "explain_event", { event_id = NOBODY }).hint, "list_events shows them")
  end)
end)

-- Tenants as they could be: what was recorded, but for the parts that a spec names.
describe("explain_event elsewhere", function()
  local TENANT = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/"

  -- The recorded answer to a path and query, with what `change` makes of its body.
  local function recorded(path, query, change)
    local body = recordings.find({ "overview", "events", "filters-webhooks" }, "GET", path, query or "").body
    return answers.plain(200, change and change(body) or body)
  end

  local function version(id, change)
    return recorded(("/api/v1/workflows/%s/versions"):format(id), nil, change)
  end

  local function check(part)
    for _, exchange in ipairs(recordings.load "filters-webhooks") do
      if exchange.path:find "/cel/debug$" and exchange.body:find(part, 1, true) then return answers.plain(200, exchange.body) end
    end
  end

  local NO_FILTERS = recorded(TENANT .. "filters", "scopes=none")

  -- own: the end of a path → what answers it. The answer, and the engine.
  local function explain(id, own)
    local rest = answers.recorded("overview", "events", "events-grpc", "filters-webhooks")
    local s, engine = tenant.serve(answers.by_path(own, rest))
    return outputs.call(s, "explain_event", { event_id = id }), engine
  end

  local function reasons(id, own)
    return explain(id, own).reasons
  end

  it("tries each filter on the payload and metadata of the event, with the filter's own payload", function()
    local tried = {}
    for _, id in ipairs { DECLINED, US } do
      local _, engine = explain(id, { ["cel/debug"] = check '"output":true' })
      for _, request in ipairs(engine.requests) do
        if request.method == "POST" then
          local body = cjson.decode(request.body)
          tried[body.expression] = body
        end
      end
    end
    assert.same({
      ["input.amount_cents > 100000"] = {
        expression = "input.amount_cents > 100000", input = { amount_cents = 300000, card = "declined", order_id = "E-4" },
        filterPayload = {}, additionalMetadata = { channel = "web", source = "checkout" },
      },
      ["input.to.endsWith('.us')"] = {
        expression = "input.to.endsWith('.us')", input = { to = "new@shop.us" }, filterPayload = { region = "us" },
        additionalMetadata = {},
      },
      ["true"] = {
        expression = "true", input = { to = "new@shop.us" }, filterPayload = { region = "eu" }, additionalMetadata = {},
      },
    }, tried)
  end)

  it("does not say that none is true where it did not try all", function()
    local list = cjson.decode(recordings.body("filters-webhooks", TENANT .. "filters", "workflowIds=" .. ORDERS))
    for index = 1, 100 do list.rows[index] = list.rows[1] end
    local answer = explain(SMALL, { filters = answers.plain(200, cjson.encode(list)), ["cel/debug"] = check '"output":false' })
    assert.same({ 'order-fulfillment has filters, of the scopes "big-orders" and others, and the event has no scope: such an '
      .. "event does not start it." }, answer.reasons)
    assert.same({ 50, true }, { #answer.workflows[1].filters, answer.workflows[1].moreFilters })
  end)

  it("tells of a run that cannot be listed by the filter that let it through", function()
    local none = recorded(TENANT .. "workflow-runs", "only_tasks=false&triggering_event_external_id=" .. SMALL)
    assert.same({ "send-email was started: run 0bc6e597-4ca9-4650-9083-7a3ba40d2b82 (not to be seen yet)." },
      reasons(US, { ["workflow-runs"] = none, ["cel/debug"] = check '"output":true' }))
    assert.equal("Run 0bc6e597-4ca9-4650-9083-7a3ba40d2b82 was started; it cannot be seen yet, or no more.",
      reasons(US, { ["workflow-runs"] = none, ["/versions"] = version "2ca22144-d430-4e6b-ac4c-a1406a83e48d" })[2])
  end)

  it("tells of a scope that no filter has", function()
    local own = {
      filters = recorded(TENANT .. "filters", "scopes=us"), ["cel/debug"] = check '"output":true',
      ["/" .. EMAIL .. "/versions"] = version "2ca22144-d430-4e6b-ac4c-a1406a83e48d",
    }
    assert.same({ 'order-fulfillment has filters, of the scopes "us", but none of the event\'s scope "big-orders". It would '
      .. 'have been started with the scope "us".' }, reasons(CHEAP, own))
  end)

  it("tells of an expression that fails, and of one that could not be tried", function()
    assert.same({ "Filter " .. BIG_FILTER .. ' of order-fulfillment is of the scope "big-orders", but its expression '
      .. "input.amount_cents > 100000 fails on this event: failed to evaluate expression: no such key: amount." },
      reasons(CHEAP, { ["cel/debug"] = check "no such key: amount" }))
    assert.same({ "Filter " .. BIG_FILTER .. ' of order-fulfillment is of the scope "big-orders", but its expression '
      .. 'input.amount_cents > '
      .. "100000 could not be tried." }, reasons(CHEAP, { ["cel/debug"] = answers.refusal(403, "revoked token") }))
  end)

  it("tries no expression on an event or a filter with hidden fields", function()
    local rest = answers.recorded("overview", "events", "events-grpc", "filters-webhooks")
    local s, engine = tenant.serve(rest, { args = { "--hide-fields", "amount_*" } })
    assert.same({ "Filter " .. BIG_FILTER .. ' of order-fulfillment is of the scope "big-orders", and its expression '
      .. "input.amount_cents > 100000 cannot be tried, for the operator hides fields of the event or the filter." },
      outputs.call(s, "explain_event", { event_id = CHEAP }).reasons)
    for _, request in ipairs(engine.requests) do assert.equal("GET", request.method) end
  end)

  local BIG_TRUE = "Filter " .. BIG_FILTER .. ' of order-fulfillment is of the scope "big-orders" and true for this event as it '
    .. "is now: "
  local UNFILTERED = "order-fulfillment listens to this key and has no filter, so that the event should have started it: "
  local LIMIT = "another filter may have stood in the way then, or the tenant's limit of runs."

  -- The event, come just now.
  local function fresh()
    local now = os.date "!%Y-%m-%dT%H:%M:%SZ"
    return recorded(TENANT .. "events/" .. CHEAP, nil, function(body)
      return recordings.changed(body, "2026%-11%-21T06:10:02%.%d+Z", now)
    end)
  end

  it("tells of a filter that is true now", function()
    local own = { ["cel/debug"] = check '"output":true' }
    assert.same({ BIG_TRUE .. LIMIT }, reasons(CHEAP, own))
    own["events/" .. CHEAP] = fresh()
    assert.same({ BIG_TRUE .. "its run may not be seen yet; look again in some seconds." }, reasons(CHEAP, own))
    own["events/" .. CHEAP] = nil
    own.filters = recorded(TENANT .. "filters", "workflowIds=" .. ORDERS, function(body)
      return recordings.changed(body, '"updatedAt":"2026%-11%-21T06:08', '"updatedAt":"2026-11-21T06:20')
    end)
    assert.same({ BIG_TRUE .. "it was made or changed at 2026-11-21T06:20:40.596297Z, after the event." }, reasons(CHEAP, own))
  end)

  it("tells of a workflow without filters", function()
    local own = { filters = NO_FILTERS }
    assert.same({ UNFILTERED .. LIMIT }, reasons(CHEAP, own))
    own["events/" .. CHEAP] = fresh()
    assert.same({ UNFILTERED .. "its run may not be seen yet; look again in some seconds." }, reasons(CHEAP, own))
    own["events/" .. CHEAP] = nil
    own["/" .. ORDERS .. "/versions"] = version(ORDERS, function(body)
      return recordings.changed(body, '"2026%-11%-21T06:07', '"2026-11-21T06:20')
    end)
    assert.same({ UNFILTERED .. "the workflow is registered as it is now since 2026-11-21T06:20:22.767Z, after the event." },
      reasons(CHEAP, own))
  end)

  it("tells that a run waits because its workflow is paused", function()
    local paused = version(EMAIL, function(body) return recordings.changed(body, '"isPaused":false', '"isPaused":true') end)
    local own = { ["/" .. EMAIL .. "/versions"] = paused, ["cel/debug"] = check '"output":true' }
    assert.same({ "send-email was started: run 9a7a2551-6ec0-479e-8c6c-64a83ceb8f92 (QUEUED). The workflow is paused: its runs "
      .. "wait until resume_workflow." }, reasons(PUSHED, own))
    assert.same({ "send-email was started: run 0bc6e597-4ca9-4650-9083-7a3ba40d2b82 (COMPLETED)." }, reasons(US, own))
  end)

  it("tells of runs of a workflow that listens no more, or is gone", function()
    assert.same({
      "No workflow listens to user:created; the keys that they listen to are order:paid. A run that waits for this event "
        .. "may have gone on with it.",
      "Run 0bc6e597-4ca9-4650-9083-7a3ba40d2b82 (COMPLETED) of send-email was started; that workflow does not listen to the "
        .. "key any more.",
    }, reasons(US, { ["/" .. EMAIL .. "/versions"] = answers.refusal(404) }))
  end)

  it("compares keys as the engine does: * and % for anything, _ for one character", function()
    local function listening(trigger)
      local listens = version(EMAIL, function(body)
        return recordings.changed(body, "user:created", (trigger:gsub("%%", "%%%%")))
      end)
      local told = reasons(REFUND, { filters = NO_FILTERS, ["/" .. EMAIL .. "/versions"] = listens })
      return told[1]:find "^send%-email listens" ~= nil
    end
    for _, trigger in ipairs { "refund:*", "*", "%:approved", "refund_approved", "refund:a_proved" } do
      assert.is_true(listening(trigger), trigger)
    end
    for _, trigger in ipairs { "refund", "refund:", "Refund:*", "refund.*d", "refund:approved_", "und:approved" } do
      assert.is_false(listening(trigger), trigger)
    end
  end)

  it("names the nearest key", function()
    local near = version(EMAIL, function(body) return recordings.changed(body, "user:created", "refund:aproved") end)
    assert.same({ "No workflow listens to refund:approved; the nearest key is refund:aproved, of send-email. A run that "
      .. "waits for this event may have gone on with it." }, reasons(REFUND, { ["/" .. EMAIL .. "/versions"] = near }))
    local nothing = version "2ca22144-d430-4e6b-ac4c-a1406a83e48d"
    assert.same({ "No workflow listens to refund:approved nor to any other key. A run that waits for this event may have "
      .. "gone on with it." },
      reasons(REFUND, { ["/versions"] = nothing }))
  end)
end)
