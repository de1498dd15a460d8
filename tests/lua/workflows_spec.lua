-- list_workflows, get_workflow, get_workflow_version, pause_workflow, resume_workflow.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c" -- order-fulfillment
local CRM = "af6d8ed5-c561-4449-88ad-e4208ac09cb1"    -- sync-crm
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function play(...)
  return tenant.play({ access = "write" }, ...)
end

local function serve(answer, env)
  return tenant.serve(answer, { access = "write", env = env })
end

local function names(answer)
  return outputs.column(answer.rows, "name")
end

local ALL = {
  "video-transcode", "chatty-task", "big-payload", "refund-approval", "heartbeat", "nightly-cleanup", "slow-export", "sync-crm",
  "generate-report", "import-catalog", "import-page", "send-email", "order-fulfillment",
}

describe("list_workflows", function()
  it("gives all of them, newest first", function()
    local answer = outputs.call(play "overview", "list_workflows")
    assert.same(ALL, names(answer))
    assert.same({
      description = "From payment to parcel", isPaused = false, name = "order-fulfillment", tenantId = "",
      metadata = { id = ORDERS, createdAt = "2026-11-21T06:07:22.767Z", updatedAt = "2026-11-21T06:07:22.767Z" },
    }, answer.rows[13])
    assert.is_nil(answer.next)
    assert.is_nil(answer.note)
  end)

  it("gives pages, and says where the next one begins", function()
    local s = play "overview"
    local first = outputs.call(s, "list_workflows", { limit = 5 })
    assert.same({ table.unpack(ALL, 1, 5) }, names(first))
    assert.same({ offset = 5, limit = 5 }, first.next)
    local last = outputs.call(s, "list_workflows", { limit = 5, offset = 10 })
    assert.same({ table.unpack(ALL, 11, 13) }, names(last))
    assert.is_nil(last.next)
  end)

  it("finds a part of a name, in any case", function()
    local s = play "overview"
    assert.same({ "import-catalog", "import-page" }, names(outputs.call(s, "list_workflows", { workflow_name = "import" })))
    assert.same({ "order-fulfillment" }, names(outputs.call(s, "list_workflows", { workflow_name = "ORDER-FULFILLMENT" })))
  end)

  it("takes an underscore for an underscore, which the engine does not", function()
    assert.same({}, outputs.call(play "overview", "list_workflows", { workflow_name = "order_fulfillment" }).rows)
  end)

  it("names the nearest when no name has the word in it", function()
    local answer = outputs.call(play("overview", "trigger"), "list_workflows", { workflow_name = "order-fulfilment" })
    assert.same({}, answer.rows)
    assert.equal('No workflow has "order-fulfilment" in its name; the nearest is order-fulfillment.', answer.note)
  end)

  it("says when it serves less than asked", function()
    local answer = outputs.call(play "overview", "list_workflows", { limit = 500 })
    assert.same({ asked = 500, served = 100 }, answer.limit)
    assert.equal(13, #answer.rows)
  end)

  it("is empty in a tenant without workflows", function()
    local answer = outputs.call(play "empty", "list_workflows")
    assert.same({}, answer.rows)
    assert.is_nil(answer.next)
  end)

  it("puts the namespace of the server before the name", function()
    local s, engine = serve(answers.recorded "overview", { HATCHET_CLIENT_NAMESPACE = "shop" })
    outputs.call(s, "list_workflows", { workflow_name = "order-fulfillment" })
    outputs.has(engine.requests[1].query, "name=shop_order-fulfillment")
  end)

  it("refuses a limit below 1, a negative offset and a misspelt argument", function()
    local s = play "overview"
    outputs.has(outputs.refused(s, "list_workflows", { limit = 0 }).text, '"limit"')
    outputs.has(outputs.refused(s, "list_workflows", { offset = -1 }).text, '"offset"')
    outputs.has(outputs.refused(s, "list_workflows", { limt = 5 }).text, '"limit"')
  end)

  it("passes on a refused token", function()
    local failure = outputs.refused(serve(answers.refusal(403, "expired token")), "list_workflows")
    assert.same({ "unauthorized", "unauthorized", 403, false }, { failure.code, failure.kind, failure.status, failure.retryable })
  end)
end)

describe("get_workflow", function()
  local expected = {
    description = "From payment to parcel", isPaused = false, name = "order-fulfillment",
    tenantId = "55555555-2222-4333-8444-555555555555",
    metadata = { id = ORDERS, createdAt = "2026-11-21T06:07:22.767Z", updatedAt = "2026-11-21T06:07:22.767Z" },
    versions = { {
      order = 67, version = "", workflowId = ORDERS,
      metadata = {
        id = "fd9c1070-612b-4d4b-88af-2a458ef7b0fe", createdAt = "2026-11-21T06:07:22.767Z",
        updatedAt = "2026-11-21T06:07:22.767Z",
      },
    } },
  }

  it("gives one by its id or by its name", function()
    local s = play "overview"
    assert.same(expected, outputs.call(s, "get_workflow", { workflow_id = ORDERS }))
    assert.same(expected, outputs.call(s, "get_workflow", { workflow_id = ORDERS:upper() }))
    assert.same(expected, outputs.call(s, "get_workflow", { workflow_id = "order-fulfillment" }))
  end)

  it("takes names as they are written", function()
    local failure = outputs.refused(play "overview", "get_workflow", { workflow_id = "ORDER-FULFILLMENT" })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    assert.equal('There is no workflow named "ORDER-FULFILLMENT".\n'
      .. "Did you mean order-fulfillment? Names are exact and case-sensitive; list_workflows shows those of this tenant.",
        failure.text)
  end)

  it("names those that hold a name, or the one that is spelt most like it", function()
    local failure = outputs.refused(play "overview", "get_workflow", { workflow_id = "import" })
    outputs.has(failure.hint, "Did you mean import-catalog, import-page?")
    failure = outputs.refused(play("overview", "trigger"), "get_workflow", { workflow_id = "order-fulfilment" })
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
    failure = outputs.refused(play "overview", "get_workflow", { workflow_id = "nope" })
    assert.falsy(failure.hint:find("Did you mean", 1, true))
  end)

  it("says what an unknown id may be", function()
    local failure = outputs.refused(play "errors", "get_workflow", { workflow_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_workflows shows them")
  end)

  it("passes on a refused token", function()
    local failure = outputs.refused(serve(answers.refusal(403, "foreign token")), "get_workflow", { workflow_id = CRM })
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
  end)

  it("links to the workflow in the dashboard", function()
    local s, engine = serve(answers.recorded "overview")
    local result = s:call("get_workflow", { workflow_id = ORDERS })
    assert.equal("resource_link", result.content[2].type)
    assert.equal(("%s/tenants/55555555-2222-4333-8444-555555555555/workflows/%s"):format(engine.url, ORDERS),
      result.content[2].uri)
  end)
end)

-- The pairs of a query that a recording has: ids of workflows with a version each.
local function recorded_versions()
  local list = {}
  for _, exchange in ipairs(recordings.load "overview") do
    local workflow, version = exchange.path:match "^/api/v1/workflows/([^/]+)/versions$", exchange.query:match "^version=(.+)$"
    if workflow and version then
      list[#list + 1] = { workflow = workflow, version = version, body = cjson.decode(exchange.body) }
    end
  end
  return list
end

describe("get_workflow_version", function()
  it("gives the latest, with the schema of its input and its tasks", function()
    local answer = outputs.call(play "overview", "get_workflow_version", { workflow_id = "order-fulfillment" })
    assert.same({ default = 4990, title = "Amount Cents", type = "integer" }, answer.inputJsonSchema.properties.amount_cents)
    local tasks = {}
    for index, task in ipairs(answer.workflowConfig.Tasks) do
      tasks[index] = { task.ReadableId, task.Retries, task.Timeout, task.Parents }
    end
    assert.same({
      { "validate", 0, "10s", {} }, { "charge", 2, "1m", { "validate" } }, { "reserve", 0, "1m", { "validate" } },
      { "ship", 0, "1m", { "charge", "reserve" } }, { "notify", 0, "1m", { "ship" } },
    }, tasks)
    assert.equal("refund-on-failure", answer.workflowConfig.onFailureJob.ReadableId)
    assert.equal("order:paid", answer.triggers.events[1].event_key)
  end)

  it("names the workflow, and gives the schema once", function()
    local answer = outputs.call(play "overview", "get_workflow_version", { workflow_id = ORDERS })
    assert.equal(ORDERS, answer.workflowId)
    assert.is_nil(answer.workflowConfig.inputJsonSchema)
  end)

  it("gives each recorded version by its id", function()
    local s = play "overview"
    local versions = recorded_versions()
    assert.equal(13, #versions)
    for _, v in ipairs(versions) do
      local expected = v.body
      expected.workflowId, expected.workflowConfig.inputJsonSchema = v.workflow, nil
      assert.same(expected, outputs.call(s, "get_workflow_version", { workflow_id = v.workflow, version = v.version }))
    end
  end)

  it("refuses the version of another workflow, which the engine gives", function()
    local crm = recordings.find({ "overview" }, "GET", ("/api/v1/workflows/%s/versions"):format(CRM), "")
    local s = serve(answers.plain(200, crm.body))
    local failure = outputs.refused(s, "get_workflow_version",
      { workflow_id = ORDERS, version = "0e633eb5-5aad-4f97-82e8-33a333cc2486" })
    assert.equal("not_found", failure.code)
    assert.equal("That is a version of sync-crm.", failure.hint)
  end)

  it("refuses what is no id of a version before it asks, and an unknown workflow", function()
    local s = play "errors"
    outputs.has(outputs.refused(s, "get_workflow_version", { workflow_id = ORDERS, version = "1" }).text, '"version"')
    local failure = outputs.refused(s, "get_workflow_version", { workflow_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_workflows")
  end)
end)

describe("pause_workflow", function()
  it("holds runs back for a day, and says what happens to them", function()
    local answer = outputs.call(play "control", "pause_workflow", { workflow_id = CRM })
    assert.same({
      name = "sync-crm", isPaused = true, wasPaused = false, ttl = "24h",
      pausedWorkflowCronRunQueueBehavior = "QUEUE", pausedWorkflowScheduledRunQueueBehavior = "QUEUE",
      metadata = { id = CRM, createdAt = "2026-11-21T06:07:22.826Z", updatedAt = "2026-11-21T06:32:26.701Z" },
      note = "The pause bites after about 5 s; runs that started before go on. Runs that are started now, by a schedule too, "
        .. "wait as QUEUED and are cancelled after 24h. Cron ticks wait like them.",
    }, answer)
  end)

  it("drops cron ticks on demand, and takes other times", function()
    local s = play "control"
    for _, ttl in ipairs { "24h", "1h", "30m", "7d" } do
      local answer = outputs.call(s, "pause_workflow", { workflow_id = CRM, drop_crons = true, ttl = ttl })
      assert.same({ true, "DROP", "QUEUE", ttl }, {
        answer.isPaused, answer.pausedWorkflowCronRunQueueBehavior, answer.pausedWorkflowScheduledRunQueueBehavior, answer.ttl,
      })
      outputs.has(answer.note, ("cancelled after %s. Cron ticks are dropped meanwhile."):format(ttl))
    end
  end)

  it("says that a workflow was paused before", function()
    local s = play "control"
    outputs.call(s, "pause_workflow", { workflow_id = CRM })
    assert.is_true(outputs.call(s, "pause_workflow", { workflow_id = CRM }).wasPaused)
  end)

  it("takes the name", function()
    assert.equal("sync-crm", outputs.call(play("overview", "control"), "pause_workflow", { workflow_id = "sync-crm" }).name)
  end)

  it("sends one body that engines old and new understand", function()
    local s, engine = serve(answers.by_method { GET = answers.recorded "overview", PATCH = answers.refusal(404, "unknown id") })
    s:call("pause_workflow", { workflow_id = CRM, ttl = "1h30m" })
    assert.same({
      isPaused = true,
      pause = {
        action = "pause", pausedWorkflowCronRunQueueBehavior = "QUEUE", pausedWorkflowScheduledRunQueueBehavior = "QUEUE",
        pausedWorkflowQueueTTL = "1h30m",
      },
    }, cjson.decode(engine.requests[2].body))
  end)

  it("refuses times that the engine would take for five minutes", function()
    local s, engine = serve(answers.recorded "overview")
    for _, ttl in ipairs { "", "0", "0h", "90", "1d12h", "1d7h30m", "-1h", "1.5h", "30m1h", "ever", "7D", "99999999999h", "101y",
      "5300w", "876000h1s" } do
      local failure = outputs.refused(s, "pause_workflow", { workflow_id = CRM, ttl = ttl })
      assert.equal("validation_error", failure.kind)
      outputs.has(failure.text, ("ttl cannot be %q."):format(ttl))
    end
    assert.equal(0, #engine.requests)
  end)

  it("names an engine that is too old", function()
    local fails = recordings.first("control", { method = "PATCH", status = 500, comment = "the body that old clients send" })
    local recorded, old = answers.recorded "overview", answers.plain(200, '{"version":"v0.102.3"}') -- recorded: v0.104.7
    local s = serve(function(exchange)
      if exchange.method == "PATCH" then return answers.plain(500, fails.body)(exchange) end
      return (exchange.path == "/api/v1/version" and old or recorded)(exchange)
    end)
    local failure = outputs.refused(s, "pause_workflow", { workflow_id = CRM })
    assert.same({ "engine_too_old", 500, false }, { failure.code, failure.status, failure.retryable })
    outputs.has(failure.text, "This engine (v0.102.3)")
    outputs.has(failure.hint, "v0.103.0")
  end)

  it("says what it knows when a new engine fails all the same", function()
    local s = serve(answers.by_method { GET = answers.recorded "overview", PATCH = answers.refusal(500, "unknown id") })
    local failure = outputs.refused(s, "pause_workflow", { workflow_id = CRM })
    assert.same({ "server_error", 500 }, { failure.code, failure.status })
    assert.equal("Engines before v0.103.0 always answer so; this one says that it is v0.104.7. get_workflow shows whether it is "
      .. "paused.",
      failure.hint)
  end)

  it("changes nothing for an unknown workflow", function()
    local s, engine = serve(answers.recorded("errors", "overview"))
    assert.equal("not_found", outputs.refused(s, "pause_workflow", { workflow_id = NOBODY }).code)
    assert.equal("not_found", outputs.refused(s, "pause_workflow", { workflow_id = "order_fulfillment" }).code)
    assert.equal(0, #engine:writes())
  end)

  it("is not there for those who may only read", function()
    outputs.has(outputs.refused(tenant.play "control", "pause_workflow", { workflow_id = CRM }).text, "write")
  end)
end)

describe("resume_workflow", function()
  it("says so twice and counts the runs that wait", function()
    local s = play "control"
    outputs.call(s, "pause_workflow", { workflow_id = CRM })
    assert.same({
      name = "sync-crm", isPaused = false, wasPaused = true, queuedRuns = 1, note = "Held runs start within about 40 s.",
      metadata = { id = CRM, createdAt = "2026-11-21T06:07:22.826Z", updatedAt = "2026-11-21T06:32:41.029Z" },
    }, outputs.call(s, "resume_workflow", { workflow_id = CRM }))
  end)

  it("tells how far it is", function()
    local s = play "control"
    local id = s:send("tools/call", { name = "resume_workflow", arguments = { workflow_id = CRM },
      _meta = { progressToken = 7 } })
    assert.equal(1, s:wait(id).result.structuredContent.queuedRuns)
    local first = s.notifications[1]
    assert.same({ "notifications/progress", 7, 1, 2 }, {
      first.method, first.params.progressToken, first.params.progress, first.params.total,
    })
  end)

  it("stands by the first unpause when the second fails", function()
    local unpaused = recordings.first("control", { method = "PATCH", comment = "resume" })
    local patch = answers.sequence(answers.plain(200, unpaused.body), answers.refusal(403, "expired token"))
    local s, engine = serve(answers.by_method { GET = answers.recorded("overview", "runs"), PATCH = patch })
    local answer = outputs.call(s, "resume_workflow", { workflow_id = CRM })
    assert.is_false(answer.isPaused)
    assert.equal(0, answer.queuedRuns)
    outputs.has(answer.note, "No run waits. The second unpause failed (Hatchet answered 403")
    assert.same({ isPaused = false, pause = { action = "unpause" } }, cjson.decode(engine.requests[2].body))
  end)

  it("knows no unknown workflow", function()
    assert.equal("not_found", outputs.refused(play "errors", "resume_workflow", { workflow_id = NOBODY }).code)
  end)
end)
