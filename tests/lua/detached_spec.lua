-- Tools of the pack that go on as tasks (SEP-2663) for clients that know them.
local host = require "tests.support.host"
local home = require "tests.support.home"
local loop = require "tests.support.loop"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local TASKS = { ["io.modelcontextprotocol/clientCapabilities"] = { extensions = { ["io.modelcontextprotocol/tasks"] = {} } } }
local RUN = "3b9b79b6-c2b4-4f38-a479-28ae5baaf8a3" -- the run of order-fulfillment that was started first
local ORDER = { order_id = "T-1", amount_cents = 1200, card = "ok" }

local function ask(s, method, params)
  return s:request(method, host.modern(params, TASKS)).result
end

local function call(s, tool, arguments)
  return ask(s, "tools/call", { name = tool, arguments = arguments })
end

local function completed(s, id)
  local task
  loop.wait(10, function()
    task = ask(s, "tasks/get", { taskId = id })
    return task.status ~= "working"
  end)
  assert.equal("completed", task.status)
  return task.result.structuredContent
end

-- An engine as recorded, where a status is the recorded one of that name, as told by `now`.
local function engine(now)
  local reads, posts = answers.recorded("overview", "trigger", "details"), 0
  local function status_of(exchange)
    answers.plain(200, ("%q"):format(now()))(exchange)
  end
  return answers.by_method {
    GET = function(exchange) return (exchange.path:find(RUN .. "/status", 1, true) and status_of or reads)(exchange) end,
    POST = function(exchange)
      posts = posts + 1
      return reads(exchange)
    end,
  }, function() return posts end
end

local function start(answer, state)
  return (tenant.serve(answer, { access = "destroy", args = { "--state", state } }))
end

describe("trigger_workflow with wait, as a task", function()
  it("is answered at once, and the outcome is that of the run", function()
    local status = "RUNNING"
    local s = start(engine(function() return status end), home.new():path "state")
    local task = call(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = ORDER, wait = 600 })
    assert.same({ "task", "working", (600 + 60 + 86400) * 1000 }, { task.resultType, task.status, task.ttlMs })
    status = "COMPLETED"
    local outcome = completed(s, task.taskId)
    assert.same({ RUN, "COMPLETED", true }, { outcome.workflowRunId, outcome.status, outcome.ended })
  end)

  it("starts no second run when another process goes on with it", function()
    local status, place = "RUNNING", home.new():path "state"
    local answer, posts = engine(function() return status end)
    local s, upstream = tenant.serve(answer, { access = "destroy", args = { "--state", place } })
    local task = call(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = ORDER, wait = 600 })
    s:close_input()
    assert.equal(0, (s:exit()))
    status = "COMPLETED"
    local next_one = tenant.start { upstream = upstream, access = "destroy", args = { "--state", place } }
    assert.equal(RUN, completed(next_one, task.taskId).workflowRunId)
    assert.equal(1, posts())
  end)

  it("is a plain call when it is not to wait, or when the input is wrong", function()
    local s = start(engine(function() return "RUNNING" end), home.new():path "state")
    assert.equal("complete", call(s, "trigger_workflow", { workflow_name = "order-fulfillment", input = ORDER }).resultType)
    local refused = call(s, "trigger_workflow", { workflow_name = "nobody", wait = 600 })
    assert.same({ "complete", true }, { refused.resultType, refused.isError })
  end)
end)

describe("a bulk action, as a task", function()
  it("tells what became of each when it has ended; a dry run is a plain call", function()
    local place = home.new():path "state"
    local args = { run_ids = { "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8" } }
    local s = tenant.play({ access = "destroy", args = { "--state", place } }, "control")
    assert.equal("complete", call(s, "cancel_runs", args).resultType)
    args.dry_run = false
    local task = call(s, "cancel_runs", args)
    assert.equal("task", task.resultType)
    local outcome = completed(s, task.taskId)
    assert.same({ false, { already_ended = 1 } }, { outcome.executed, outcome.outcomes })
  end)
end)
