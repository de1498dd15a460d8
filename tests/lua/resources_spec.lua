-- The resources and resource templates of the pack hatchet.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local RUN = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"
local CHATTY = "dc713889-fb85-4000-922d-da965a42d10a"
local HEARTBEAT = "c14de21d-222a-4dec-b3c8-7633f791fc01"
local NOBODY = "00000000-0000-4000-8000-000000000000"

-- What a resource holds, decoded, and its text.
local function read(s, uri)
  local contents = assert(s:request("resources/read", { uri = uri }).result).contents
  assert.equal(1, #contents)
  assert.same({ uri, "application/json" }, { contents[1].uri, contents[1].mimeType })
  return cjson.decode(contents[1].text), contents[1].text
end

local function refused(s, uri)
  return assert(s:request("resources/read", { uri = uri }).error)
end

describe("the resources", function()
  it("are four with an address", function()
    local list = {}
    for _, item in ipairs(play("overview"):request("resources/list").result.resources) do
      list[#list + 1] = { item.uri, item.name, item.mimeType }
    end
    assert.same({
      { "ui://hatchet/picture", "picture", "text/html;profile=mcp-app" },
      { "hatchet://server/info", "server-info", "application/json" },
      { "hatchet://workers", "workers", "application/json" },
      { "hatchet://workflows", "workflows", "application/json" },
    }, list)
  end)

  it("and three with an id in it", function()
    local list = {}
    for _, item in ipairs(play("overview"):request("resources/templates/list").result.resourceTemplates) do
      list[#list + 1] = { item.uriTemplate, item.name, item.mimeType }
    end
    assert.same({
      { "hatchet://runs/{workflow_run_id}", "run", "application/json" },
      { "hatchet://runs/{workflow_run_id}/status", "run-status", "application/json" },
      { "hatchet://workflows/{workflow_id}", "workflow", "application/json" },
    }, list)
  end)

  it("say what is behind an address that there is not", function()
    local failure = refused(play "overview", "hatchet://run")
    assert.equal(-32002, failure.code)
    assert.truthy(failure.message:find("hatchet://run", 1, true))
  end)
end)

describe("hatchet://workflows", function()
  it("holds all workflows", function()
    local list = read(play "overview", "hatchet://workflows")
    assert.equal(13, #list.rows)
    assert.same({ "video-transcode", "order-fulfillment" }, { list.rows[1].name, list.rows[13].name })
    assert.same({}, read(play "empty", "hatchet://workflows").rows)
  end)

  it("goes through the pages of a tenant that has many", function()
    local few = recordings.find({ "overview" }, "GET", "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows", "")
    local row = cjson.encode(cjson.decode(few.body).rows[1])
    local full = answers.plain(200, ('{"rows":[%s%s]}'):format(row, ("," .. row):rep(99)))
    local s, engine = serve(answers.sequence(full, full, answers.plain(200, few.body)))
    assert.equal(213, #read(s, "hatchet://workflows").rows)
    local pages = {}
    for index, request in ipairs(engine.requests) do pages[index] = request.query:match "offset=(%d+)" end
    assert.same({ "0", "100", "200" }, pages)
  end)
end)

describe("hatchet://workflows/{workflow_id}", function()
  it("holds one workflow, by its id or its name", function()
    local s = play "overview"
    local workflow = read(s, "hatchet://workflows/" .. HEARTBEAT)
    assert.same({ HEARTBEAT, "heartbeat", false }, { workflow.metadata.id, workflow.name, workflow.isPaused })
    assert.same(workflow, read(s, "hatchet://workflows/heartbeat"))
  end)

  it("is not found for what there is not", function()
    assert.equal(-32002, refused(play "errors", "hatchet://workflows/" .. NOBODY).code)
    local failure = refused(play "overview", "hatchet://workflows/no-such-workflow")
    assert.equal(-32002, failure.code)
    assert.truthy(failure.message:find("no-such-workflow", 1, true))
  end)
end)

describe("hatchet://workers", function()
  it("holds the workers", function()
    local list = read(play "overview", "hatchet://workers")
    assert.same({ "shop-main", "gpu-1" }, { list.rows[1].name, list.rows[2].name })
  end)
end)

describe("hatchet://runs/{workflow_run_id}", function()
  it("holds a whole run, with the inputs that its callers sent", function()
    local run = read(play "details", "hatchet://runs/" .. RUN)
    assert.same({ "FAILED", 6, 6 }, { run.run.status, #run.tasks, #run.shape })
    local charge = run.tasks[4]
    assert.same({ "order-fulfillment:charge", { amount_cents = 300000, card = "declined", order_id = "E-4" } },
      { charge.actionId, charge.input })
    assert.same({ validate = { order_id = "E-4", valid = true } }, charge.parents)
    run = read(play "details", "hatchet://runs/" .. CHATTY)
    assert.same(run.run.input, run.tasks[1].input)
    assert.is_nil(run.run.input.triggered_by)
  end)

  it("takes an id in capitals", function()
    assert.equal(RUN, read(play "details", "hatchet://runs/" .. RUN:upper()).run.metadata.id)
  end)

  it("is not found for what there is not, nor for what is no id", function()
    assert.equal(-32002, refused(play "errors", "hatchet://runs/" .. NOBODY).code)
    assert.equal(-32002, refused(play "details", "hatchet://runs/last").code)
  end)
end)

describe("hatchet://runs/{workflow_run_id}/status", function()
  it("holds the status alone", function()
    local status, text = read(play "details", ("hatchet://runs/%s/status"):format(RUN))
    assert.same({ workflowRunId = RUN, status = "FAILED" }, status)
    assert.equal(('{"workflowRunId":"%s","status":"FAILED"}'):format(RUN), text)
    assert.equal(-32002, refused(play "errors", ("hatchet://runs/%s/status"):format(NOBODY)).code)
  end)
end)

describe("hatchet://server/info", function()
  it("is the answer of get_server_info, byte by byte", function()
    local s = play "overview"
    local _, text = read(s, "hatchet://server/info")
    assert.equal(s:text(s:call("get_server_info", {})), text)
  end)
end)

describe("a run that is watched", function()
  local WAITING = "fbec7139-35bd-4bd4-a1bb-b3c194c49744"
  local RUNNING = "23b8d91d-8f61-4f92-9e27-6ef223feaad9"
  local STARTED = "3b9b79b6-c2b4-4f38-a479-28ae5baaf8a3"

  -- Subscribes, and gives a function that tells what the client was told of so far.
  local function watch(s, ...)
    for _, uri in ipairs { ... } do assert.same({}, s:request("resources/subscribe", { uri = uri }).result) end
    return function()
      local list = {}
      for _, n in ipairs(s.notifications) do
        assert.equal("notifications/resources/updated", n.method)
        list[#list + 1] = n.params.uri
      end
      return list
    end
  end

  it("changes when it is cancelled", function()
    local s = play({ access = "destroy" }, "control")
    local status = ("hatchet://runs/%s/status"):format(WAITING)
    local told = watch(s, status)
    assert.equal("RUNNING", read(s, status).status)
    assert.same({}, told())
    s:call("cancel_run", { run_id = WAITING })
    assert.same({ status }, told())
    assert.equal("CANCELLED", read(s, status).status)
  end)

  it("need not be there yet: the host looks while time passes", function()
    local s = play({ access = "write" }, "overview", "control", "trigger")
    local uri = ("hatchet://runs/%s/status"):format(STARTED)
    local told = watch(s, uri)
    s:call("trigger_workflow", {
      workflow_name = "order-fulfillment", input = { order_id = "T-1", amount_cents = 1200, card = "ok" } })
    assert.same({}, told())
    s:call("wait_for_run", { workflow_run_id = RUNNING, timeout_seconds = 20 })
    assert.same({ uri }, told())
    assert.equal("COMPLETED", read(s, uri).status)
  end)

  it("that has ended tells nothing", function()
    local s = play("details", "control")
    local told = watch(s, "hatchet://runs/" .. RUN, ("hatchet://runs/%s/status"):format(RUN))
    s:call("wait_for_run", { workflow_run_id = RUNNING, timeout_seconds = 60 })
    assert.same({}, told())
    s:stop()
    for _, line in ipairs(s.log()) do assert.not_equal("watch", line.event) end
  end)
end)

describe("completion", function()
  local function complete(s, ref, name, value)
    return s:request("completion/complete", { ref = ref, argument = { name = name, value = value } }).result.completion
  end

  local WORKFLOW = { type = "ref/resource", uri = "hatchet://workflows/{workflow_id}" }

  it("knows the names of the workflows, and their ids once something is typed", function()
    local s = play "overview"
    local all = complete(s, WORKFLOW, "workflow_id", "")
    assert.same({ 13, "video-transcode", "order-fulfillment" }, { all.total, all.values[1], all.values[13] })
    assert.same({ "refund-approval", "generate-report" }, complete(s, WORKFLOW, "workflow_id", "RE").values)
    assert.same({ HEARTBEAT }, complete(s, WORKFLOW, "workflow_id", "c14d").values)
    assert.same(0, complete(play "empty", WORKFLOW, "workflow_id", "").total)
  end)

  it("knows the ids of the last runs, newest first, for both addresses of a run and the prompt", function()
    local s = play "runs"
    for _, ref in ipairs {
      { type = "ref/resource", uri = "hatchet://runs/{workflow_run_id}" },
      { type = "ref/resource", uri = "hatchet://runs/{workflow_run_id}/status" },
      { type = "ref/prompt", name = "debug_run" },
    } do
      local all = complete(s, ref, "workflow_run_id", "")
      assert.same({ 91, true, "8adf91d6-2b86-4d13-a896-bfb03c2e591f" }, { all.total, all.hasMore == false, all.values[1] })
      assert.same({ RUN }, complete(s, ref, "workflow_run_id", RUN:sub(1, 8)).values)
    end
  end)

  it("is empty when the engine refuses, and the log says why", function()
    local s = serve(answers.refusal(403))
    assert.same({ values = {}, total = 0, hasMore = false }, complete(s, WORKFLOW, "workflow_id", "x"))
    s:stop()
    local line
    for _, l in ipairs(s.log()) do line = l.event == "completion" and l or line end
    assert.same({ "warning", "hatchet://workflows/{workflow_id}", "workflow_id" }, { line.level, line.resource, line.argument })
  end)
end)
