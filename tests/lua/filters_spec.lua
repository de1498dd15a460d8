-- list_filters, get_filter, cel_debug, create_filter, update_filter, delete_filter.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local EMAIL = "bec2794e-d7be-408a-be4c-1ebb8867173d"  -- the workflow send-email
local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c" -- order-fulfillment
local US = "e5707f99-aad2-461a-ae56-4a2ffb374ca7"     -- filters
local BIG = "9c045a8b-e2f6-4ef3-af45-b86a76059e52"
local EU = "452a92e3-c465-4ff9-ae3c-6357fa503f7f"
local NEW = "b03b4549-f702-423c-b2b8-5b0652e29378"
local NOBODY = "00000000-0000-4000-8000-000000000000"
local TENANT = "55555555-2222-4333-8444-555555555555"

local function play(...)
  return tenant.play({ access = "destroy" }, "overview", "filters-webhooks", ...)
end

-- The engine's answer to a check of an expression, as recorded, by a part of it.
local function cel(part)
  for _, exchange in ipairs(recordings.load "filters-webhooks") do
    if exchange.path:find "/cel/debug$" and exchange.body:find(part, 1, true) then return answers.plain(200, exchange.body) end
  end
end

-- What the engine said to the first request of this method on a path that ends so, in the changing recording.
local function said(method, ending)
  for _, exchange in ipairs(recordings.load "admin") do
    if exchange.method == method and exchange.path:find(ending .. "$") then
      return answers.plain(exchange.status, exchange.body)
    end
  end
end

-- A server whose engine answers reads and checks as recorded, and writes as `write` says; `read` may answer a GET first.
local function serve(write, read, check, args)
  local reads = answers.recorded("overview", "filters-webhooks", "admin", "errors")
  return tenant.serve(function(exchange)
    if exchange.path:find "/cel/debug$" then return (check or cel '"output":true')(exchange) end
    if exchange.method ~= "GET" then return write(exchange) end
    local own = read and read(exchange)
    return (own or reads)(exchange)
  end, { access = "destroy", args = args })
end

-- The engine's list of filters: of none, of all.
local FILTERS = ("/api/v1/stable/tenants/%s/filters"):format(TENANT)
local NONE = recordings.body("filters-webhooks", FILTERS, "scopes=none")
local ALL = recordings.first("filters-webhooks", { path = FILTERS, query = "limit=50" }).body

-- Answers every list of filters with this one.
local function lists(body)
  local answer = answers.plain(200, body)
  return function(exchange) return exchange.path == FILTERS and answer or nil end
end

-- The writes that are no checks of expressions.
local function sent(engine)
  local list = {}
  for _, request in ipairs(engine:writes()) do
    if not request.path:find "/cel/debug$" then list[#list + 1] = request end
  end
  return list
end

local function row(id, workflow, name, scope, expression, payload, made, declared)
  return {
    expression = expression, isDeclarative = declared or false, payload = payload, scope = scope, tenantId = TENANT,
    workflowId = workflow, workflowName = name, metadata = { id = id, createdAt = made, updatedAt = made },
  }
end

local US_ROW = row(US, EMAIL, "send-email", "us", "input.to.endsWith('.us')", { region = "us" }, "2026-11-21T06:08:40.593406Z")
local BIG_ROW = row(BIG, ORDERS, "order-fulfillment", "big-orders", "input.amount_cents > 100000", {},
  "2026-11-21T06:08:40.596297Z")
local EU_ROW = row(EU, EMAIL, "send-email", "eu", "true", { region = "eu" }, "2026-11-21T06:07:22.779823Z", true)

describe("list_filters", function()
  local function ids(arguments)
    local list = {}
    for index, filter in ipairs(outputs.call(play(), "list_filters", arguments).rows) do list[index] = filter.metadata.id end
    return list
  end

  it("gives the filters with the names of their workflows", function()
    assert.same({ rows = { US_ROW, BIG_ROW, EU_ROW }, pagination = { current_page = 0, next_page = 1, num_pages = 1 } },
      outputs.call(play(), "list_filters"))
  end)

  it("selects by workflow, by id or name, and by scope", function()
    assert.same({ US, EU }, ids { workflow_ids = { "send-email" } })
    assert.same({ BIG }, ids { workflow_ids = { ORDERS } })
    assert.same({ US, EU }, ids { scopes = { "eu", "us" } })
    assert.same({ EU }, ids { workflow_ids = { "send-email" }, scopes = { "eu" } })
    assert.same({}, ids { scopes = { "none" } })
    assert.same({ US, BIG, EU }, ids { workflow_ids = "[]", scopes = "[]" })
  end)

  it("says where a page goes on", function()
    local s = play()
    local first = outputs.call(s, "list_filters", { limit = 1 })
    assert.same({ { US_ROW }, { offset = 1, limit = 1 } }, { first.rows, first.next })
    assert.same({ BIG_ROW }, outputs.call(s, "list_filters", first.next).rows)
    assert.is_nil(outputs.call(s, "list_filters").next)
  end)

  it("says that there is no such workflow", function()
    local answer = outputs.call(play "errors", "list_filters", { workflow_ids = { NOBODY } })
    assert.same({ {}, "This tenant has no workflow " .. NOBODY .. "; list_workflows shows them." }, { answer.rows, answer.note })
    answer = outputs.call(play(), "list_filters", { workflow_ids = { "sync-crm" } })
    assert.same({ {}, nil }, { answer.rows, answer.note })
    local failure = outputs.refused(play(), "list_filters", { workflow_ids = { "order" } })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
  end)

  it("gives none of a tenant without filters", function()
    local s = tenant.play "empty"
    assert.same({ rows = {}, pagination = { current_page = 0, next_page = 1, num_pages = 0 } }, outputs.call(s, "list_filters"))
  end)

  it("refuses blank names and scopes, and offsets before the first", function()
    local s = play()
    for argument, value in pairs { workflow_ids = { "" }, scopes = { "" }, offset = -1, limit = 0 } do
      outputs.has(outputs.refused(s, "list_filters", { [argument] = value }).text, '"' .. argument)
    end
  end)
end)

describe("get_filter", function()
  it("gives one with the name of its workflow, in any case of the id", function()
    local s = play()
    assert.same(EU_ROW, outputs.call(s, "get_filter", { filter_id = EU }))
    assert.same(EU_ROW, outputs.call(s, "get_filter", { filter_id = EU:upper() }))
  end)

  it("says where the filters are when there is no such one", function()
    local failure = outputs.refused(play "errors", "get_filter", { filter_id = NOBODY })
    assert.same({ "not_found", "No filter of this tenant has this id. list_filters shows them." }, { failure.code, failure.hint })
    outputs.has(outputs.refused(play(), "get_filter", { filter_id = "us" }).text, '"filter_id"')
  end)
end)

describe("cel_debug", function()
  local function try(arguments)
    return outputs.call(play(), "cel_debug", arguments)
  end

  it("tries an expression", function()
    assert.same({ result = { status = "success", output = true } },
      try { expression = "input.amount > 10", input = { amount = 12 } })
    assert.same({ result = { status = "success", output = false } },
      try { expression = "input.amount > 10", input = { amount = 3 } })
    assert.same({ result = { status = "success", output = true } }, try { expression = "true" })
  end)

  it("knows the payload of the filter and the metadata of the event", function()
    assert.same({ result = { status = "success", output = true } }, try {
      expression = "payload.region == 'eu' && additional_metadata.env == 'prod'",
      filter_payload = { region = "eu" }, additional_metadata = { env = "prod" },
    })
  end)

  it("answers with what is wrong, and what to do", function()
    local compiled = try { expression = "input.amount >" }
    assert.equal("failure", compiled.result.status)
    outputs.has(compiled.result.error, "Syntax error: mismatched input '<EOF>'")
    assert.equal("An expression may name input (the event's payload), payload (the filter's) and additional_metadata.",
      compiled.note)
    assert.same({
      result = { status = "failure", error = "failed to evaluate expression: no such key: amount" },
      note = "On such an event a filter counts as not true. has(input.key) asks for a key first.",
    }, try { expression = "input.amount > 10" })
    assert.same({
      result = { status = "failure", error = "expression did not evaluate to a boolean: got int" },
      note = "A filter's expression has to give true or false.",
    }, try { expression = "1 + 1" })
  end)

  it("refuses no expression and an input that is no object", function()
    local s = play()
    outputs.has(outputs.refused(s, "cel_debug", { expression = "" }).text, '"expression"')
    outputs.has(outputs.refused(s, "cel_debug", {}).text, '"expression"')
    outputs.has(outputs.refused(s, "cel_debug", { expression = "true", input = "x" }).text, '"input"')
  end)
end)

describe("create_filter", function()
  local APAC = { workflow_id = "send-email", scope = "apac", expression = "input.to.endsWith('.jp')",
    payload = { region = "apac" } }

  local function with(changes)
    local arguments = {}
    for key, value in pairs(APAC) do arguments[key] = value end
    for key, value in pairs(changes) do arguments[key] = value end
    return arguments
  end

  it("makes a filter, and says what it means for other events", function()
    local s = play "admin"
    local expected = row(NEW, EMAIL, "send-email", "apac", "input.to.endsWith('.jp')", { region = "apac" },
      "2026-11-21T06:33:06.240765Z")
    expected.note = 'send-email had filters before, of the scopes "eu", "us": events without a matching scope do not start '
      .. 'it, as before.'
    assert.same(expected, outputs.call(s, "create_filter", APAC))
    assert.equal(4, #outputs.call(s, "list_filters").rows)
  end)

  it("takes the id of the workflow, and sends one request", function()
    local s, engine = serve(said("POST", "/filters"))
    outputs.call(s, "create_filter", with { workflow_id = EMAIL:upper() })
    assert.equal(1, #sent(engine))
    assert.same({
      workflowId = EMAIL, scope = "apac", expression = "input.to.endsWith('.jp')", payload = { region = "apac" },
    }, cjson.decode(sent(engine)[1].body))
  end)

  it("says that the first filter of a workflow shuts out the others", function()
    local s = serve(said("POST", "/filters"), lists(NONE))
    assert.equal('send-email had no filter: every event of its keys started it. From now on only events of the scope "apac" '
      .. 'do for '
      .. "which the expression is true; events without a scope no longer start it.", outputs.call(s, "create_filter", APAC).note)
  end)

  it("says that a filter does nothing for a workflow that listens to no event", function()
    local s = serve(said("POST", "/filters"), lists(NONE))
    local note = outputs.call(s, "create_filter", with { workflow_id = "sync-crm" }).note
    outputs.has(note, "sync-crm listens to no event key, so that the filter does nothing.")
  end)

  it("names some of the scopes where there are many", function()
    local list = cjson.decode(ALL)
    for index = 1, 100 do list.rows[index] = list.rows[1] end
    local note = outputs.call(serve(said("POST", "/filters"), lists(cjson.encode(list))), "create_filter", APAC).note
    outputs.has(note, 'send-email had filters before, of the scopes "us" and others:')
  end)

  it("tells of a filter that is the same", function()
    local s = serve(said("POST", "/filters"))
    local note = outputs.call(s, "create_filter", with { scope = "us", expression = "input.to.endsWith('.us')" }).note
    assert.truthy(note:find("Filter " .. US .. " has the same scope and expression: such an event starts the workflow once "
      .. "for each.", 1, true))
  end)

  it("refuses an expression that can be true for no event, and sends nothing", function()
    local failure = outputs.refused(play "admin", "create_filter", with { expression = "this is not CEL ((" })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    assert.truthy(failure.text:find([[The expression "this is not CEL ((" can be true for no event: failed to compile]], 1,
      true), failure.text)
    assert.equal("Nothing was sent. An expression may name input (the event's payload), payload (the filter's) and "
      .. "additional_metadata. cel_debug tries one.", failure.hint)
    local s, engine = serve(said("POST", "/filters"), nil, cel "got int")
    failure = outputs.refused(s, "create_filter", with { expression = "1 + 1" })
    outputs.has(failure.hint, "has to give true or false")
    assert.equal(0, #sent(engine))
  end)

  it("refuses a blank scope or expression", function()
    local s, engine = serve(said("POST", "/filters"))
    outputs.has(outputs.refused(s, "create_filter", with { scope = "  " }).text, "scope is blank.")
    for argument in pairs(APAC) do
      if argument ~= "payload" then
        outputs.has(outputs.refused(s, "create_filter", with { [argument] = "" }).text, '"' .. argument .. '"')
      end
    end
    assert.equal(0, #engine.requests)
  end)

  it("refuses a workflow that there is not: the engine would take it", function()
    local s, engine = serve(said("POST", "/filters"))
    local failure = outputs.refused(s, "create_filter", with { workflow_id = NOBODY })
    assert.same({ "not_found", "No workflow of this tenant has this id: the engine would keep a filter for nobody. "
      .. "list_workflows shows them." }, { failure.code, failure.hint })
    failure = outputs.refused(s, "create_filter", with { workflow_id = "ORDER-FULFILLMENT" })
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
    assert.equal(0, #sent(engine))
  end)

  it("refuses a payload that would not arrive as it is", function()
    local s, engine = serve(said("POST", "/filters"))
    local failure = outputs.refused(s, "create_filter", with { payload = '{"n":9007199254740993}' })
    outputs.has(failure.text, "payload.n is 9007199254740993")
    assert.truthy(outputs.refused(s, "create_filter", with { scope = "a\0b" }).text:find("scope has the character U+0000", 1,
      true))
    outputs.has(outputs.refused(s, "create_filter", with { payload = "x" }).text, '"payload"')
    assert.equal(0, #engine.requests)
  end)

  it("says that a filter may have been made, and how to look, when nobody knows", function()
    for _, post in ipairs { answers.refusal(500, "the API is up, the engine behind it is down"), answers.reset() } do
      local s, engine = serve(post)
      local failure = outputs.refused(s, "create_filter", APAC)
      assert.is_false(failure.retryable)
      assert.equal("The filter may have been made all the same: look before you call again, with list_filters and workflow_ids "
        .. '["send-email"].', failure.hint)
      assert.equal(1, #sent(engine))
    end
    local slow = serve(answers.stall(), nil, nil, { "--limit", "deadline=2" })
    local failure = outputs.refused(slow, "create_filter", APAC)
    assert.same({ "timeout", false }, { failure.code, failure.retryable })
    outputs.has(failure.hint, "may have been made all the same")
    local s = serve(answers.refusal(403, "revoked token"))
    assert.equal("unauthorized", outputs.refused(s, "create_filter", APAC).code)
  end)

  it("reads back what there is then", function()
    local now = said("PATCH", "/filters/" .. NEW:gsub("%-", "%%-"))
    local s = serve(said("POST", "/filters"), function(exchange) return exchange.path == FILTERS .. "/" .. NEW and now end)
    assert.equal("input.to.endsWith('.kr')", outputs.call(s, "create_filter", APAC).expression)
  end)

  it("reports no failure once the filter is made", function()
    local answer = outputs.call(serve(answers.plain(200, "made")), "create_filter", APAC)
    assert.same({ EMAIL, "send-email" }, { answer.workflowId, answer.workflowName })
    outputs.has(answer.note, "The engine took the filter, but its answer cannot be read: list_filters shows it.")
    local gone = answers.refusal(404)
    local s = serve(said("POST", "/filters"), function(exchange) return exchange.path:find(NEW) and gone end)
    assert.equal("apac", outputs.call(s, "create_filter", APAC).scope)
  end)
end)

describe("update_filter", function()
  it("changes what is given and tells what was before", function()
    local s = play "admin"
    local arguments = { workflow_id = "send-email", scope = "apac", expression = "input.to.endsWith('.jp')",
      payload = { region = "apac" } }
    outputs.call(s, "create_filter", arguments)
    local expected = row(NEW, EMAIL, "send-email", "apac", "input.to.endsWith('.kr')", { region = "apac" },
      "2026-11-21T06:33:06.240765Z")
    expected.metadata.updatedAt = "2026-11-21T06:33:06.257583Z"
    expected.before = { expression = "input.to.endsWith('.jp')", scope = "apac", payload = { region = "apac" } }
    assert.same(expected, outputs.call(s, "update_filter", { filter_id = NEW, expression = "input.to.endsWith('.kr')" }))

    expected.before, expected.scope, expected.payload =
      { expression = "input.to.endsWith('.kr')", scope = "apac", payload = { region = "apac" } }, "kr", { region = "kr" }
    expected.metadata.updatedAt = "2026-11-21T06:33:06.266004Z"
    assert.same(expected, outputs.call(s, "update_filter", { filter_id = NEW, scope = "kr", payload = { region = "kr" } }))
  end)

  it("sends only what is given", function()
    local s, engine = serve(said("PATCH", "/filters/" .. NEW:gsub("%-", "%%-")))
    outputs.call(s, "update_filter", { filter_id = EU, payload = {} })
    assert.equal("{\"payload\":{}}", sent(engine)[1].body)
  end)

  it("asks for one workflow, not for all of them, to name one", function()
    local s, engine = serve(answers.plain(200, "changed"))
    assert.equal("send-email", outputs.call(s, "get_filter", { filter_id = US }).workflowName)
    for _, request in ipairs(engine.requests) do assert.falsy(request.path:find "/workflows$") end
  end)

  it("reports no failure once the filter is changed", function()
    local refusal = answers.refusal(403, "revoked token")
    local s = serve(answers.plain(200, "changed"), function(exchange) return exchange.path:find "/workflows/" and refusal end)
    local answer = outputs.call(s, "update_filter", { filter_id = US, scope = "usa" })
    assert.same({ "us", nil }, { answer.before.scope, answer.workflowName })
  end)

  it("tells that a filter of the code comes back", function()
    local s = serve(said("PATCH", "/filters/" .. NEW:gsub("%-", "%%-")))
    assert.equal("It is declared in the code of the workflow: the next registration brings it back as it stands there.",
      outputs.call(s, "update_filter", { filter_id = EU, scope = "eu-2" }).note)
  end)

  it("refuses to change nothing", function()
    local failure = outputs.refused(play(), "update_filter", { filter_id = EU })
    assert.same({ "invalid", "Give expression, scope or payload." }, { failure.code, failure.hint })
    outputs.has(failure.text, "There is nothing to change.")
  end)

  it("refuses what the engine would take, and sends nothing", function()
    local s, engine = serve(said("PATCH", "/filters/x"), nil, cel "failed to compile")
    assert.truthy(outputs.refused(s, "update_filter", { filter_id = EU, expression = "this is not CEL ((" }).text
      :find("can be true for no event", 1, true))
    outputs.has(outputs.refused(s, "update_filter", { filter_id = EU, scope = "  " }).text, "scope is blank.")
    assert.truthy(outputs.refused(s, "update_filter", { filter_id = EU, payload = '{"n":9007199254740993}' }).text
      :find("payload.n is 9007199254740993", 1, true))
    assert.equal(0, #sent(engine))
  end)

  it("says where the filters are when there is no such one", function()
    local failure = outputs.refused(play "errors", "update_filter", { filter_id = NOBODY, scope = "x" })
    assert.same({ "not_found", "No filter of this tenant has this id. list_filters shows them." }, { failure.code, failure.hint })
  end)

  it("says how to look when nobody knows whether it was changed", function()
    local s = serve(answers.refusal(500, "the API is up, the engine behind it is down"))
    assert.equal("The filter may have been changed all the same: get_filter shows it.",
      outputs.refused(s, "update_filter", { filter_id = EU, scope = "x" }).hint)
  end)
end)

describe("delete_filter", function()
  it("removes a filter and tells what is left", function()
    local s = play "admin"
    outputs.call(s, "create_filter", {
      workflow_id = "send-email", scope = "apac", expression = "input.to.endsWith('.jp')", payload = { region = "apac" },
    })
    outputs.call(s, "update_filter", { filter_id = NEW, expression = "input.to.endsWith('.kr')" })
    outputs.call(s, "update_filter", { filter_id = NEW, scope = "kr", payload = { region = "kr" } })
    local expected = row(NEW, EMAIL, "send-email", "kr", "input.to.endsWith('.kr')", { region = "kr" },
      "2026-11-21T06:33:06.240765Z")
    expected.metadata.updatedAt = "2026-11-21T06:33:06.266004Z"
    expected.note = 'send-email still has filters, of the scopes "eu", "us": events without a scope do not start it.'
    assert.same(expected, outputs.call(s, "delete_filter", { filter_id = NEW }))
    assert.equal(3, #outputs.call(s, "list_filters").rows)
  end)

  local function delete(answer, is_last)
    return serve(answer, is_last and lists(NONE) or nil)
  end

  it("says when the last one is gone", function()
    local s = delete(said("DELETE", "/filters/" .. NEW:gsub("%-", "%%-")), true)
    assert.equal("That was the last filter of order-fulfillment: every event of its keys starts it again, with a scope or "
      .. "without.",
      outputs.call(s, "delete_filter", { filter_id = BIG }).note)
  end)

  it("tells that a filter of the code comes back", function()
    local s = delete(said("DELETE", "/filters/" .. NEW:gsub("%-", "%%-")))
    local note = outputs.call(s, "delete_filter", { filter_id = EU }).note
    outputs.has(note, "It is declared in the code of the workflow")
  end)

  it("reports no failure once the filter is gone", function()
    local refusal = answers.refusal(403, "revoked token")
    local s = serve(said("DELETE", "/filters/" .. NEW:gsub("%-", "%%-")), function(exchange)
      return (exchange.path:find "/workflows/" or exchange.path == FILTERS) and refusal
    end)
    local answer = outputs.call(s, "delete_filter", { filter_id = US })
    assert.same({ US, nil, nil }, { answer.metadata.id, answer.workflowName, answer.note })
  end)

  it("is done when the filter went meanwhile", function()
    local s, engine = delete(answers.refusal(404))
    assert.equal(US, outputs.call(s, "delete_filter", { filter_id = US }).metadata.id)
    assert.equal(1, #sent(engine))
  end)

  it("says where the filters are when there is no such one, and sends nothing", function()
    local s, engine = delete(answers.refusal(404))
    local failure = outputs.refused(s, "delete_filter", { filter_id = NOBODY })
    assert.same({ "not_found", "No filter of this tenant has this id. list_filters shows them." }, { failure.code, failure.hint })
    assert.equal(0, #sent(engine))
  end)

  it("says how to look when nobody knows whether it is gone", function()
    local s = delete(answers.refusal(500, "the API is up, the engine behind it is down"))
    assert.equal("The filter may be gone all the same: get_filter tells.",
      outputs.refused(s, "delete_filter", { filter_id = US }).hint)
  end)
end)
