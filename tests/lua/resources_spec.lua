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
