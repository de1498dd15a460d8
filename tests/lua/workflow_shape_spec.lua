-- describe_workflow, get_workflow_metrics: a workflow without its runs, and its runs in numbers.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local ORDERS = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c"
local REPORT = "a9d30957-af41-4ff2-b86d-7655a2ec9a2a"
local CRM = "af6d8ed5-c561-4449-88ad-e4208ac09cb1"
local NOBODY = "00000000-0000-4000-8000-000000000000"
local WINDOW = { since = "2026-11-20T06:29:04.277Z", ["until"] = "2026-11-21T06:29:04.277Z" }

local function describe_it(workflow)
  return outputs.call(play "overview", "describe_workflow", { workflow_id = workflow })
end

-- An engine whose answer about the version of a workflow is the recorded one, as change(version) leaves it.
local function with_version(id, change)
  local found = cjson.decode(recordings.body("overview", ("/api/v1/workflows/%s/versions"):format(id)))
  change(found)
  return serve(answers.plain(200, cjson.encode(found)))
end

describe("describe_workflow", function()
  it("gives the tasks, what runs after what, the triggers and the input", function()
    local function task(name, more)
      local all = { name = name, action = "order-fulfillment:" .. name, timeout = "1m", scheduleTimeout = "5m" }
      for key, value in pairs(more or {}) do all[key] = value end
      return all
    end
    assert.same({
      workflowId = ORDERS, name = "order-fulfillment", description = "From payment to parcel", isPaused = false,
      version = "fd9c1070-612b-4d4b-88af-2a458ef7b0fe", registeredAt = "2026-11-21T06:07:22.767Z",
      stages = { { "validate" }, { "charge", "reserve" }, { "ship" }, { "notify" } },
      tasks = {
        task("validate", { timeout = "10s" }),
        task("charge", { parents = { "validate" }, retries = 2, backoff = { factor = 1, maxSeconds = 2 } }),
        task("reserve", { parents = { "validate" } }),
        task("ship", { parents = { "charge", "reserve" } }),
        task("notify", { parents = { "ship" } }),
      },
      onFailure = task("refund-on-failure", { slots = { default = 1 } }),
      triggers = { events = { "order:paid" } },
      input = {
        { name = "amount_cents", type = "integer", default = 4990 },
        { name = "card", type = "string", default = "ok" },
        { name = "customer", type = "string", default = "ada@shop.test" },
        { name = "note", type = "string", default = "" },
        { name = "order_id", type = "string", default = "A-1001" },
      },
    }, describe_it "order-fulfillment")
  end)

  it("takes an id as well, and the version", function()
    local by_name = describe_it "order-fulfillment"
    assert.same(by_name, describe_it(ORDERS))
    assert.same(by_name, outputs.call(play "overview", "describe_workflow", {
      workflow_id = "order-fulfillment", version = "fd9c1070-612b-4d4b-88af-2a458ef7b0fe",
    }))
  end)

  it("gives rate limits, filters, and first the input that is needed", function()
    local answer = describe_it "send-email"
    assert.same({ {
      name = "send-email", action = "send-email:send-email", timeout = "1m", scheduleTimeout = "5m", retries = 3,
      backoff = { factor = 1, maxSeconds = 1 }, rateLimits = { { key = "smtp", units = 1, per = "MINUTE" } },
    } }, answer.tasks)
    assert.same({ { scope = "eu", expression = "true" } }, answer.filters)
    assert.same({ { name = "to", type = "string", required = true },
      { name = "template", type = "string", default = "welcome" } },
      answer.input)
    assert.is_nil(answer.stages) -- of one task
    assert.is_nil(answer.concurrency)
  end)

  it("gives concurrency and crons", function()
    local answer = describe_it "generate-report"
    assert.same({ { expression = "input.tenant", maxRuns = 1, strategy = "GROUP_ROUND_ROBIN" } }, answer.tasks[1].concurrency)
    assert.same({ crons = { "30 7 * * 1", "0 6 * * *" } }, answer.triggers)
  end)

  it("tells the concurrency of a workflow from that of its tasks", function()
    local s = with_version(REPORT, function(version) version.v1Concurrency[1].scope = "WORKFLOW" end)
    local answer = outputs.call(s, "describe_workflow", { workflow_id = REPORT })
    assert.same({ { expression = "input.tenant", maxRuns = 1, strategy = "GROUP_ROUND_ROBIN" } }, answer.concurrency)
    assert.is_nil(answer.tasks[1].concurrency)
  end)

  it("says which tasks are durable, and takes a workflow that nothing starts", function()
    local answer = describe_it "refund-approval"
    assert.same({ {
      name = "refund-approval", action = "refund-approval:refund-approval", timeout = "2h", scheduleTimeout = "5m",
      durable = true,
      slots = { durable = 1 },
    } }, answer.tasks)
    assert.same({}, answer.triggers)
    assert.is_nil(describe_it("heartbeat").input) -- it declares none
  end)

  it("comes to an end with tasks that wait for each other", function()
    local s = with_version(ORDERS, function(version) version.workflowConfig.Tasks[1].Parents = { "notify" } end)
    local answer = outputs.call(s, "describe_workflow", { workflow_id = ORDERS })
    assert.same({ {}, 5 }, { answer.stages, #answer.tasks })
  end)

  it("says types in words", function()
    local s = with_version(ORDERS, function(version)
      version.inputJsonSchema.properties = {
        a = { type = "array", items = { type = "string" } },
        b = { anyOf = { { type = "integer" }, { type = "null" } } },
        c = { ["$ref"] = "#/$defs/Address" },
        d = { type = { "string", "null" } },
        e = true,
        f = { enum = { "x", "y" } },
      }
    end)
    local types = {}
    for index, field in ipairs(outputs.call(s, "describe_workflow", { workflow_id = ORDERS }).input) do
      types[index] = field.type
    end
    assert.same({ "array of string", "integer or null", "Address", "string or null", "any", "any" }, types)
  end)

  it("describes each recorded workflow", function()
    local s, seen = play "overview", 0
    for _, row in ipairs(outputs.call(s, "list_workflows").rows) do
      local answer = outputs.call(s, "describe_workflow", { workflow_id = row.metadata.id })
      assert.equal(row.name, answer.name)
      assert.is_true(#answer.tasks > 0)
      seen = seen + 1
    end
    assert.equal(13, seen)
  end)

  it("says what an unknown workflow may be, and refuses the version of another one", function()
    local failure = outputs.refused(play "errors", "describe_workflow", { workflow_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_workflows")
    failure = outputs.refused(play "overview", "describe_workflow", { workflow_id = "ORDER-FULFILLMENT" })
    outputs.has(failure.hint, "Did you mean order-fulfillment?")
    local crm = recordings.find({ "overview" }, "GET", ("/api/v1/workflows/%s/versions"):format(CRM), "")
    failure = outputs.refused(serve(answers.plain(200, crm.body)), "describe_workflow", {
      workflow_id = ORDERS, version = "0e633eb5-5aad-4f97-82e8-33a333cc2486",
    })
    assert.same({ "not_found", "That is a version of sync-crm." }, { failure.code, failure.hint })
    failure = outputs.refused(play "overview", "describe_workflow", { workflow_id = "" })
    outputs.has(failure.text, '"workflow_id"')
    failure = outputs.refused(play "overview", "describe_workflow", { workflow_id = ORDERS, version = "2" })
    outputs.has(failure.text, '"version"')
  end)
end)

describe("get_workflow_metrics", function()
  local COUNTS = { cancelled = 3, completed = 7, failed = 0, queued = 3, running = 2,
    runningDetail = { evicted = 0, onWorker = 2 } }
  local DERIVED = "counts: runs of the window, from task metrics. tasks and keys: what waits and runs now, from task stats by "
    .. "task name (render), in other workflows too."

  local function metrics(more)
    local args = { workflow_id = "generate-report" }
    for key, value in pairs(more or {}) do args[key] = value end
    return outputs.call(play "overview", "get_workflow_metrics", args)
  end

  it("counts the runs of a day by status, and what its tasks and keys do now", function()
    assert.same({
      workflowId = REPORT, workflowName = "generate-report", counts = COUNTS,
      groupKeyCount = 2, groupKeys = { acme = { queued = 3, running = 1 }, globex = { running = 1 } },
      tasks = { render = { queued = 3, running = 2 } }, window = WINDOW, note = DERIVED,
    }, metrics())
  end)

  it("takes an id", function()
    assert.same(metrics(), metrics { workflow_id = REPORT })
  end)

  it("counts the statuses of old, as far as there are such today", function()
    local counts = {}
    for _, status in ipairs { "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "QUEUED" } do
      local answer = metrics { status = status }
      assert.equal(status, answer.status)
      counts[status] = answer.count
      assert.same(COUNTS, answer.counts)
    end
    assert.same({ PENDING = 3, RUNNING = 2, SUCCEEDED = 7, FAILED = 0, CANCELLED = 3, QUEUED = 3 }, counts)
    local waits = metrics { status = "BACKOFF" }
    assert.is_nil(waits.count)
    outputs.has(waits.note, "Runs in BACKOFF are among queued, not counted apart.")
    outputs.has(metrics({ status = "PENDING" }).note, "PENDING is QUEUED today.")
  end)

  it("counts concurrency keys and the tasks of one, where the engine keeps them", function()
    local function keys(more)
      local answer = metrics(more)
      return { answer.groupKeyCount or "none", answer.groupKeyRunsCount or "none" }
    end
    assert.same({ 2, 4 }, keys { group_key = "acme" })
    assert.same({ 1, 3 }, keys { group_key = "acme", status = "QUEUED" })
    assert.same({ 2, 1 }, keys { group_key = "acme", status = "RUNNING" })
    assert.same({ 1, 0 }, keys { group_key = "globex", status = "QUEUED" })
    assert.same({ "none", "none" }, keys { group_key = "acme", status = "SUCCEEDED" })
    assert.same({ 2, 0 }, keys { group_key = "initech" })
    assert.equal(DERIVED .. ' No task with the key "initech" waits or runs; there are acme, globex.',
      metrics({ group_key = "initech" }).note)
  end)

  it("adds up the keys of several tasks", function()
    local stats = cjson.decode(recordings.find({ "overview" }, "GET",
      "/api/v1/tenants/55555555-2222-4333-8444-555555555555/task-stats",
      "").body)
    local text = cjson.encode { charge = stats.render, ship = stats.render }
    local s = serve(answers.by_path({ ["task-stats"] = answers.plain(200, text) }, answers.recorded()))
    local answer = outputs.call(s, "get_workflow_metrics", { workflow_id = ORDERS, group_key = "acme" })
    assert.same({ acme = { queued = 6, running = 2 }, globex = { running = 2 } }, answer.groupKeys)
    assert.equal(8, answer.groupKeyRunsCount)
  end)

  it("has no keys where there is no concurrency, and knows the handler of failures", function()
    local answer = metrics { workflow_id = "order-fulfillment" }
    assert.same({ 0, {} }, { answer.groupKeyCount, answer.tasks })
    assert.is_nil(answer.groupKeys)
    outputs.has(answer.note, "(validate, charge, reserve, ship, notify, refund-on-failure)")
    assert.same({ 10, 6 }, { answer.counts.completed, answer.counts.failed })
  end)

  it("does without tasks and keys when the engine has had enough of that question", function()
    local s = serve(answers.by_path({ ["task-stats"] = answers.refusal(403, "expired token") }, answers.recorded()))
    local answer = outputs.call(s, "get_workflow_metrics", { workflow_id = REPORT, group_key = "acme" })
    assert.same(COUNTS, answer.counts)
    assert.is_nil(answer.tasks or answer.groupKeyCount or answer.groupKeyRunsCount or answer.groupKeys)
    outputs.has(answer.note, "Without tasks and keys: Hatchet answered 403")
  end)

  it("refuses an unknown workflow, a status that there never was and a blank key", function()
    local s = play("overview", "errors")
    local failure = outputs.refused(s, "get_workflow_metrics", { workflow_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_workflows")
    assert.equal("not_found", outputs.refused(s, "get_workflow_metrics", { workflow_id = "nope" }).code)
    failure = outputs.refused(s, "get_workflow_metrics", { workflow_id = REPORT, status = "COMPLETED" })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, "SUCCEEDED")
    outputs.has(outputs.refused(s, "get_workflow_metrics", { workflow_id = REPORT, group_key = "" }).text, '"group_key"')
  end)
end)
