-- trigger_workflow.
local packs = require "tests.support.packs"
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c" -- order-fulfillment
local RUN = "3b9b79b6-c2b4-4f38-a479-28ae5baaf8a3"    -- the run of it that was started first

local function play()
  return tenant.play({ access = "write" }, "overview", "trigger")
end

-- What the engine said of the status of each run, in the order in which it was asked; the last one for good.
local function statuses()
  local asked = {}
  return function(exchange)
    local told = {}
    for _, recorded in ipairs(recordings.load "trigger") do
      if recorded.path == exchange.path then told[#told + 1] = recorded end
    end
    asked[exchange.path] = math.min((asked[exchange.path] or 0) + 1, #told)
    local now = told[asked[exchange.path]]
    answers.plain(now.status, now.body)(exchange)
  end
end

-- A server whose engine answers reads as recorded (but of the status as given), and a start of a run like this.
local function serve(post, options)
  options = options or {}
  local status, reads = options.status or statuses(), answers.recorded("overview", "trigger")
  return tenant.serve(answers.by_method {
    GET = function(exchange) return (exchange.path:find "/status$" and status or reads)(exchange) end,
    POST = post,
  }, { access = "write", env = options.env, args = options.args })
end

describe("trigger_workflow", function()
  it("starts a run and waits until it can be read", function()
    assert.same({ workflowRunId = RUN, status = "RUNNING", workflowName = "order-fulfillment", workflowId = ORDERS },
      outputs.call(play(), "trigger_workflow", {
        workflow_name = "order-fulfillment", input = { order_id = "T-1", amount_cents = 1200, card = "ok" },
      }))
  end)

  it("sends metadata and a priority", function()
    local answer = outputs.call(play(), "trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-2", amount_cents = 1200, card = "declined" },
      additional_metadata = { customer_id = "c1", env = "test" }, priority = 3,
    })
    assert.same({ "6f6aff91-1b75-4858-a633-056945363772", "RUNNING" }, { answer.workflowRunId, answer.status })
  end)

  it("needs no input", function()
    local s = play()
    local cleanup = outputs.call(s, "trigger_workflow", { workflow_name = "nightly-cleanup" })
    assert.same({ "4c58326c-c06f-4a62-9856-9db9c0cbaa38", "QUEUED" }, { cleanup.workflowRunId, cleanup.status })
    local crm = outputs.call(s, "trigger_workflow", { workflow_name = "sync-crm", input = {} })
    assert.same({ "065df414-e0ea-4af6-aca0-1801b6c9e190", "COMPLETED" }, { crm.workflowRunId, crm.status })
  end)

  it("takes the id of a workflow, and input as text", function()
    local answer = outputs.call(play(), "trigger_workflow", {
      workflow_name = ORDERS, input = '{"order_id":"T-1","amount_cents":1200,"card":"ok"}',
    })
    assert.same({ RUN, "order-fulfillment" }, { answer.workflowRunId, answer.workflowName })
  end)

  it("asks for the id only, once", function()
    local s, engine = serve(answers.recorded "trigger")
    outputs.call(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = { order_id = "T-1" }, priority = 1 })
    assert.equal(1, #engine:writes())
    assert.same({ workflowName = "order-fulfillment", input = { order_id = "T-1" }, priority = 1, return_only_id = true },
      cjson.decode(engine:writes()[1].body))
  end)

  it("says the nearest name instead of starting nothing", function()
    local s, engine = serve(answers.recorded "trigger")
    local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "order-fulfilment" })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
    assert.equal("not_found", outputs.refused(s, "trigger_workflow", { workflow_name = "ORDER-FULFILLMENT" }).code)
    assert.equal(0, #engine:writes())
  end)

  it("puts the namespace of the server before the name", function()
    local s, engine = serve(answers.recorded "trigger", { env = { HATCHET_CLIENT_NAMESPACE = "shop" } })
    local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "order-fulfillment" })
    outputs.has(failure.text, 'There is no workflow named "shop_order-fulfillment".')
    assert.equal(0, #engine:writes())
  end)

  it("holds the input against the schema of the workflow: the engine would start a run that fails", function()
    local s, engine = serve(answers.recorded "trigger")
    local failure = outputs.refused(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", input = '{"order_id":17,"card":["no"]}',
    })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    assert.equal([[
The input does not fit the schema of order-fulfillment:
$.order_id: must be a string, got 17
$.card: must be a string, got ["no"]
Nothing was sent. get_workflow_version shows the schema.]], failure.text)
    assert.equal(0, #engine:writes())
  end)

  it("refuses what the engine would round or cannot store", function()
    local s, engine = serve(answers.recorded "trigger")
    local function refused(input, message)
      local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = input })
      assert.equal("validation_error", failure.kind)
      outputs.has(failure.text, message)
    end
    refused('{"n":9007199254740993}', "input.n is 9007199254740993: the engine would round integers beyond 2^53.")
    refused('{"a":{"b":[1,-9007199254740993]}}', "input.a.b[1] is -9007199254740993")
    refused('{"n":123456789012345678901234567890}', "input.n is 123456789012345678901234567890")
    refused('{"n":1e400}', "input.n is 1e400, which the engine cannot keep.")
    refused('{"a":["x\\u0000y"]}', "input.a[0] has the character U+0000")
    refused('{"a\\u0000":1}', "a key of input has the character U+0000")
    local failure = outputs.refused(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", additional_metadata = '{"env":"\\u0000"}',
    })
    outputs.has(failure.text, "additional_metadata.env has the character U+0000")
    assert.equal(0, #engine.requests)
  end)

  it("sends what the engine keeps as it is", function()
    local s, engine = serve(answers.recorded "trigger")
    outputs.call(s, "trigger_workflow", {
      workflow_name = "order-fulfillment",
      input = '{"amount_cents":9007199254740992,"more":[1.5,-1e22,null,true,[],{},"Grüße \\ud83d\\ude00"],"0":{"z":1,"a":2}}',
    })
    local kept = '"input":{"amount_cents":9007199254740992,"more":[1.5,-1e+22,null,true,[],{},"Grüße 😀"],"0":{"z":1,"a":2}}'
    outputs.has(engine:writes()[1].body, kept)
  end)

  it("refuses other priorities, metadata that is no text, and what it does not know", function()
    local s = play()
    local function refused(argument, value)
      local arguments = { workflow_name = "order-fulfillment", [argument] = value }
      return outputs.refused(s, "trigger_workflow", arguments).text
    end
    outputs.has(refused("priority", 9), '"priority"')
    outputs.has(refused("additional_metadata", { attempt = 1 }), '"additional_metadata')
    outputs.has(refused("input", "text"), '"input"')
    outputs.has(refused("metadata", {}), 'no argument "metadata"; there are workflow_name, input, additional_metadata')
    outputs.has(outputs.refused(s, "trigger_workflow", {}).text, '"workflow_name"')
  end)

  it("passes on a refusal of the engine", function()
    local failure = outputs.refused(serve(answers.refusal(403, "revoked token")), "trigger_workflow",
      { workflow_name = "sync-crm" })
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
    assert.falsy(failure.hint:find("may have been started", 1, true))
  end)

  it("says that a run may have been started, and how to look, when nobody knows", function()
    for _, post in ipairs { answers.refusal(500, "the API is up, the engine behind it is down"), answers.reset() } do
      local s, engine = serve(post)
      local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "sync-crm" })
      assert.is_false(failure.retryable)
      assert.equal("The run may have been started all the same: do not start it again before you have looked. "
        .. 'list_runs with workflow_ids ["sync-crm"] and since "5m" shows whether it did.', failure.hint)
      assert.equal(1, #engine:writes())
    end
  end)

  it("says so, too, when the engine does not answer in time", function()
    local hasty = packs.write { ["pack.lua"] = "pack {}", ["tools/hasty.lua"] = 'wrap.tool "trigger_workflow" { deadline = 2 }' }
    local s = serve(answers.stall(), { args = { "--overlay", hasty } })
    local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "sync-crm" })
    assert.same({ "timeout", false }, { failure.code, failure.retryable })
    outputs.has(failure.hint, "do not start it again before you have looked")
  end)

  it("tells of a run whose id it cannot read: it was started", function()
    for _, post in ipairs { answers.plain(200, "started"), answers.truncated() } do
      local answer = outputs.call(serve(post), "trigger_workflow", { workflow_name = "sync-crm" })
      assert.is_nil(answer.workflowRunId)
      outputs.has(answer.note, "Do not start it again.")
    end
  end)

  it("tells of a run that it cannot show yet, as long as the workflow is there", function()
    local s = serve(answers.recorded "trigger", { status = answers.refusal(404, "unknown id") })
    local answer = outputs.call(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = { order_id = "T-1" } })
    assert.equal(RUN, answer.workflowRunId)
    assert.is_nil(answer.status)
    outputs.has(answer.note, "cannot show it after 5 s")
  end)

  it("knows that nothing was started when the workflow has gone meanwhile", function()
    local gone = false
    local there, nothing = answers.recorded("overview", "trigger"), answers.recorded "empty"
    local s = tenant.serve(function(exchange)
      if exchange.method == "POST" then gone = true end
      if gone and exchange.path:find "/workflows$" then
        exchange.path = exchange.path:gsub("/55555555", "/33333333") -- the tenant in which there is none
        return nothing(exchange)
      end
      there(exchange)
    end, { access = "write" })
    local failure = outputs.refused(s, "trigger_workflow", { workflow_name = "order-fulfillment" })
    assert.same({ "not_started", "not_found" }, { failure.code, failure.kind })
    outputs.has(failure.text, "no run was started")
  end)

  it("waits for the end when it is asked to: the output, or why it failed", function()
    local s = play()
    assert.same({
      workflowRunId = RUN, workflowName = "order-fulfillment", workflowId = ORDERS, status = "COMPLETED", ended = true,
      waited = 0,
      duration = 809, output = { mailed = "ada@shop.test" },
    }, outputs.call(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-1", amount_cents = 1200, card = "ok" }, wait = 20,
    }))
    local failed = outputs.call(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-2", amount_cents = 1200, card = "declined" },
      additional_metadata = { customer_id = "c1", env = "test" }, priority = 3, wait = 45,
    })
    assert.same({ "6f6aff91-1b75-4858-a633-056945363772", "FAILED", true, 4900 },
      { failed.workflowRunId, failed.status, failed.ended, failed.duration })
    assert.same({
      task = "charge-1795242576791",
      taskExternalId = "af7d601f-c593-491d-a53a-8b45056bccfc",
      reason = "RuntimeError: card declined: insufficient_funds (psp request req_81f2)",
    }, failed.failure)
  end)

  it("waits no longer than it was told: a run that goes on is no error", function()
    local running = answers.plain(200, '"RUNNING"\n')
    local s, engine = serve(answers.recorded "trigger", { status = running })
    local answer = outputs.call(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-1", amount_cents = 1200, card = "ok" }, wait = 1,
    })
    assert.same({ RUN, "RUNNING", false }, { answer.workflowRunId, answer.status, answer.ended })
    assert.is_true(answer.waited >= 1)
    assert.equal("It has not ended after 1s. wait_for_run goes on waiting; cancel_run stops it.", answer.note)
    assert.equal(1, #engine:writes())
  end)

  it("never tells of a failure of the waiting: the run was started", function()
    local status = answers.sequence(answers.plain(200, '"RUNNING"\n'),
      answers.refusal(500, "the API is up, the engine behind it is down"))
    local s = serve(answers.recorded "trigger", { status = status })
    local answer = outputs.call(s, "trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-1", amount_cents = 1200, card = "ok" }, wait = 2,
    })
    assert.same({ workflowRunId = RUN, status = "RUNNING", workflowName = "order-fulfillment", workflowId = ORDERS }, answer)
  end)

  it("refuses to wait longer than six hours", function()
    for _, seconds in ipairs { -1, 21601 } do
      local failure = outputs.refused(play(), "trigger_workflow", { workflow_name = "order-fulfillment", wait = seconds })
      outputs.has(failure.text, '"wait"')
    end
  end)

  it("links to the run", function()
    local s, engine = serve(answers.recorded "trigger")
    local result = s:call("trigger_workflow", { workflow_name = "order-fulfillment", input = { order_id = "T-1" } })
    assert.equal(("%s/tenants/55555555-2222-4333-8444-555555555555/runs/%s"):format(engine.url, RUN), result.content[3].uri)
  end)
end)
