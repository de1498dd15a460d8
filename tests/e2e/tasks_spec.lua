-- Tasks (SEP-2663): a call that goes on without its client waits in the store, and outlives the process.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"
local home = require "tests.support.home"

local CAPABILITIES = { elicitation = {}, extensions = { ["io.modelcontextprotocol/tasks"] = {} } }
local TASKS = { ["io.modelcontextprotocol/clientCapabilities"] = CAPABILITIES }

local PACK = {
  ["tools/x.lua"] = [[
    local function slow(args)
      local now = hatchway.saved()
      hatchway.detach()
      hatchway.save { step = (now and now.step or 0) + 1 }
      hatchway.progress(1, 3, "step 1")
      hatchway.sleep(args.seconds)
      return { step = (now and now.step or 0) + 1 }
    end
    local t = require "hatchway.types"
    local input = { seconds = t.number { "s", default = 0 } }
    tool "slow" { title = "T", about = "T.", access = "read", task = "optional", input = input, run = slow }
    tool "writer" { title = "T", about = "T.", access = "write", task = "optional", input = input, run = slow }
    tool "forgetful" { title = "T", about = "T.", access = "write", task = "optional", input = input,
      run = function(args) hatchway.detach() hatchway.sleep(args.seconds) return "done" end }
    tool "must" { title = "T", about = "T.", access = "read", task = "required",
      run = function() hatchway.detach() hatchway.fail "broken" end }
    local function ask(...)
      local questions = {}
      for _, key in ipairs { ... } do
        questions[key] = hatchway.elicit { message = key .. "?", fields = { [key] = t.string "An answer" } }
      end
      local answers, list = hatchway.ask(questions), {}
      for _, key in ipairs { ... } do list[#list + 1] = answers[key].content[key] end
      return table.concat(list, " ")
    end
    tool "asks" { title = "T", about = "T.", access = "read", task = "optional",
      run = function() hatchway.detach() return ask("name", "town") .. ", " .. ask "name" end }
    tool "asks_first" { title = "T", about = "T.", access = "read", task = "required",
      run = function()
        local name = ask "name"
        hatchway.detach()
        hatchway.sleep(0.3)
        return "Hello " .. name
      end }
    tool "broken" { title = "T", about = "T.", access = "read", task = "optional",
      run = function() hatchway.detach() hatchway.sleep(0.01) return hatchway.none.x end }
    tool "never" { title = "T", about = "T.", access = "read", run = function() return tostring(hatchway.detach()) end }
  ]],
}

local folder, place

setup(function()
  folder = packs.write(PACK)
  place = home.new()
end)

local function start()
  return host.start { pack = folder, args = { "--state", place:path "state", "--access", "destroy" } }
end

local function ask(s, method, params, meta)
  return s:request(method, host.modern(params, meta or TASKS))
end

local function call(s, tool, arguments, meta)
  return ask(s, "tools/call", { name = tool, arguments = arguments }, meta)
end

local function get(s, id)
  return ask(s, "tasks/get", { taskId = id })
end

-- The task once it has that status.
local function reached(s, id, status)
  local task
  loop.wait(5, function()
    task = get(s, id).result
    return task and task.status == status
  end)
  assert.equal(status, task and task.status)
  return task
end

describe("a call that detaches", function()
  it("is answered with its task at once, and its result is there when it has ended", function()
    local s = start()
    local begun = call(s, "slow", { seconds = 0.2 }).result
    assert.equal("task", begun.resultType)
    assert.matches("^%x+$", begun.taskId)
    assert.equal(32, #begun.taskId)
    assert.equal("working", begun.status)
    assert.equal((3600 + 86400) * 1000, begun.ttlMs)
    assert.equal(1000, begun.pollIntervalMs)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d", begun.createdAt)
    assert.is_nil(begun.requestState)
    local working = get(s, begun.taskId).result
    assert.same({ "complete", "working", "step 1" }, { working.resultType, working.status, working.statusMessage })
    assert.is_nil(working.result)
    local ended = reached(s, begun.taskId, "completed")
    assert.same({ step = 1 }, ended.result.structuredContent)
    assert.is_nil(ended.error)
  end)

  it("is completed, with isError, when the tool fails", function()
    local s = start()
    local ended = reached(s, call(s, "must").result.taskId, "completed")
    assert.is_true(ended.result.isError)
    assert.equal("broken", ended.result.content[1].text)
  end)

  it("has failed when its script broke off", function()
    local s = start()
    local ended = reached(s, call(s, "broken").result.taskId, "failed")
    assert.equal(-32603, ended.error.code)
    assert.matches("x.lua:%d+: hatchway.none is not available in a pack$", ended.error.message)
    assert.is_nil(ended.result)
  end)

  it("is a plain call for a client that does not know tasks", function()
    local s = start()
    local result = call(s, "slow", {}, {}).result
    assert.same({ "complete", { step = 1 } }, { result.resultType, result.structuredContent })
    s = start()
    s:initialize()
    assert.same({ step = 1 }, s:call("slow", {}).structuredContent)
  end)

  it("is refused to such a client when the tool says required", function()
    local s = start()
    assert.same({
      code = -32021,
      message = "this needs a client with the extension io.modelcontextprotocol/tasks",
      data = { requiredCapabilities = { extensions = { ["io.modelcontextprotocol/tasks"] = {} } } },
    }, call(s, "must", nil, {}).error)
    s:initialize()
    local result = s:call "must"
    assert.is_true(result.isError)
    assert.equal('"must" takes too long to be waited for, and needs a client with tasks\n'
      .. "Use a client with the extension io.modelcontextprotocol/tasks.", result.content[1].text)
  end)

  it("must be declared so", function()
    local s = start()
    local result = call(s, "never").result
    assert.matches('"never" does not declare task = "optional" or "required"', result.content[1].text, 1, true)
  end)
end)

describe("tasks/cancel", function()
  it("ends a task, and changes nothing about one that has ended", function()
    local s = start()
    local id = call(s, "slow", { seconds = 60 }).result.taskId
    assert.equal("complete", ask(s, "tasks/cancel", { taskId = id }).result.resultType)
    assert.equal("cancelled", get(s, id).result.status)
    assert.equal("complete", ask(s, "tasks/cancel", { taskId = id }).result.resultType)
    local done = call(s, "slow").result.taskId
    reached(s, done, "completed")
    ask(s, "tasks/cancel", { taskId = done })
    assert.equal("completed", get(s, done).result.status)
  end)
end)

describe("tasks/get, tasks/update and tasks/cancel", function()
  it("know no other id", function()
    local s = start()
    for _, method in ipairs { "tasks/get", "tasks/cancel" } do
      assert.same({ code = -32602, message = 'there is no task "x": it never was, or its time is over' },
        ask(s, method, { taskId = "x" }).error)
      assert.same({ code = -32602, message = '"taskId" must be a string' }, ask(s, method, { taskId = 1 }).error)
    end
    assert.same({ code = -32602, message = '"inputResponses" must be an object' },
      ask(s, "tasks/update", { taskId = "x" }).error)
  end)

  it("are for clients that know tasks", function()
    local s = start()
    for _, method in ipairs { "tasks/get", "tasks/update", "tasks/cancel" } do
      assert.equal(-32021, ask(s, method, { taskId = "x" }, {}).error.code)
    end
    assert.equal(-32601, ask(s, "tasks/list", {}).error.code)
    assert.equal(-32601, ask(s, "tasks/result", { taskId = "x" }).error.code)
  end)

  it("are announced where a tool can become a task", function()
    local capabilities = ask(start(), "server/discover").result.capabilities
    assert.same({}, capabilities.extensions["io.modelcontextprotocol/tasks"])
    assert.is_nil(capabilities.tasks)
  end)
end)

local function question(key)
  return {
    method = "elicitation/create",
    params = {
      message = key .. "?",
      requestedSchema = {
        type = "object", properties = { [key] = { type = "string", description = "An answer" } }, required = { key },
      },
    },
  }
end

local function accept(content)
  return { action = "accept", content = content }
end

local function update(s, id, responses)
  return ask(s, "tasks/update", { taskId = id, inputResponses = responses })
end

describe("a task that asks", function()
  it("shows its questions, takes the answers one by one, and asks each by a key of its own", function()
    local s = start()
    local id = call(s, "asks").result.taskId
    local waits = get(s, id).result
    assert.equal("input_required", waits.status)
    assert.same({ name = question "name", town = question "town" }, waits.inputRequests)
    assert.is_nil(waits.requestState)
    assert.equal("complete", update(s, id, { name = accept { name = "Ann" }, other = {} }).result.resultType)
    waits = get(s, id).result
    assert.same({ "input_required", { town = question "town" } }, { waits.status, waits.inputRequests })
    update(s, id, { town = accept { town = 5 } }) -- does not fit: asked for still
    assert.same({ town = question "town" }, get(s, id).result.inputRequests)
    update(s, id, { town = accept { town = "Ulm" } })
    assert.same({ ["name:2"] = question "name" }, get(s, id).result.inputRequests)
    update(s, id, { ["name:2"] = accept { name = "Bo" } })
    local ended = reached(s, id, "completed")
    assert.equal("Ann Ulm, Bo", ended.result.content[1].text)
    assert.is_nil(ended.inputRequests)
    assert.equal("complete", update(s, id, {}).result.resultType)
  end)

  it("may do so before it is a task, as any call", function()
    local s = start()
    local first = call(s, "asks_first").result
    assert.equal("input_required", first.resultType)
    local begun = ask(s, "tools/call", {
      name = "asks_first", requestState = first.requestState, inputResponses = { name = accept { name = "Ann" } },
    }).result
    assert.same({ "task", "working" }, { begun.resultType, begun.status })
    assert.is_nil(begun.requestState)
    assert.equal("Hello Ann", reached(s, begun.taskId, "completed").result.content[1].text)
  end)

  it("is not asked again what was answered when another process goes on with it", function()
    local s = start()
    local id = call(s, "asks").result.taskId
    update(s, id, { name = accept { name = "Ann" }, town = accept { town = "Ulm" } })
    s:close_input()
    assert.equal(0, (s:exit()))
    s = start()
    assert.same({ ["name:2"] = question "name" }, get(s, id).result.inputRequests)
    update(s, id, { ["name:2"] = accept { name = "Bo" } })
    assert.equal("Ann Ulm, Bo", reached(s, id, "completed").result.content[1].text)
  end)

  it("can be cancelled", function()
    local s = start()
    local id = call(s, "asks").result.taskId
    ask(s, "tasks/cancel", { taskId = id })
    assert.equal("cancelled", get(s, id).result.status)
  end)
end)

describe("subscriptions/listen with taskIds", function()
  it("tells of each change of a task", function()
    local s = start()
    local id = call(s, "asks").result.taskId
    local listen = s:send("subscriptions/listen", host.modern({ notifications = { taskIds = { id, "unknown" } } }, TASKS))
    assert.same({ notifications = { taskIds = { id } }, _meta = { ["io.modelcontextprotocol/subscriptionId"] = listen } },
      s:message().params)
    update(s, id, { name = accept { name = "Ann" }, town = accept { town = "Ulm" } })
    local told = {}
    loop.wait(5, function()
      for _, notification in ipairs(s.notifications) do
        if notification.method == "notifications/tasks" then told[#told + 1] = notification.params end
      end
      s.notifications = {}
      return #told >= 2
    end)
    assert.same({ "working", "input_required" }, { told[1].status, told[2].status })
    assert.same({ ["name:2"] = question "name" }, told[2].inputRequests)
    assert.equal(listen, told[2]._meta["io.modelcontextprotocol/subscriptionId"])
    assert.is_nil(told[2].resultType)
  end)

  it("takes a list of strings", function()
    assert.same({ code = -32602, message = '"taskIds" must be a list of strings' },
      ask(start(), "subscriptions/listen", { notifications = { taskIds = { 1 } } }).error)
  end)
end)

describe("when the server has ended meanwhile", function()
  local function begun(tool, seconds)
    local s = start()
    local id = call(s, tool, { seconds = seconds }).result.taskId
    s:close_input()
    assert.equal(0, (s:exit()))
    return id
  end

  it("an outcome is still there", function()
    local s = start()
    local id = call(s, "slow").result.taskId
    reached(s, id, "completed")
    s:close_input()
    assert.equal(0, (s:exit()))
    assert.same({ step = 1 }, get(start(), id).result.result.structuredContent)
  end)

  it("a task goes on from what it has saved", function()
    local id = begun("writer", 0.5)
    assert.same({ step = 2 }, reached(start(), id, "completed").result.structuredContent)
  end)

  it("a task that writes and has saved nothing has failed", function()
    local task = get(start(), begun("forgetful", 60)).result
    assert.equal("failed", task.status)
    assert.same({
      code = -32603,
      message = "The server was stopped before the end. What it had sent may have been done: look before you repeat it.",
    }, task.error)
    assert.is_nil(task.result)
  end)

  it("two servers do not run one task", function()
    local a, b = start(), start()
    local id = call(a, "slow", { seconds = 0.3 }).result.taskId
    assert.equal("working", get(b, id).result.status)
    assert.same({ step = 1 }, reached(a, id, "completed").result.structuredContent)
    assert.same({ step = 1 }, get(b, id).result.result.structuredContent)
  end)
end)
