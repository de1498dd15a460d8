-- Tasks where something goes wrong: two servers and one store, a store that fails, calls that ask while they detach.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"
local home = require "tests.support.home"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"
local answers = require "tests.support.answers"
local cjson = require "cjson"

local CAPABILITIES = { elicitation = {}, extensions = { ["io.modelcontextprotocol/tasks"] = {} } }
local TASKS = { ["io.modelcontextprotocol/clientCapabilities"] = CAPABILITIES }

local PACK = {
  ["tools/x.lua"] = [[
    local function task(name, run)
      tool(name) { title = "T", about = "T.", access = "read", task = "optional", run = run }
    end
    task("asks", function()
      hatchway.detach()
      return hatchway.confirm "Go on?" and "yes" or "no"
    end)
    task("asks_beside", function()
      hatchway.detach(60)
      local answers = hatchway.all {
        function() return hatchway.confirm "Go on?" end,
        function() hatchway.detach(1) return true end,
      }
      hatchway.sleep(1.2)
      return tostring(answers[1])
    end)
    task("prolongs", function()
      for _ = 1, 100 do
        hatchway.detach(1)
        hatchway.sleep(0.1)
      end
      return "done"
    end)
    task("tells", function()
      hatchway.detach()
      for i = 1, 100 do
        hatchway.progress(i, 100)
        hatchway.sleep(0.06)
      end
    end)
    task("deep", function()
      hatchway.detach()
      local value = {}
      for _ = 1, 127 do value = { value = value } end
      return value
    end)
  ]],
}

local folder, place

setup(function()
  folder = packs.write(PACK)
  place = home.new()
end)

local function start(args)
  local all = { "--state", place:path "state" }
  for _, arg in ipairs(args or {}) do all[#all + 1] = arg end
  return host.start { pack = folder, args = all }
end

local function ask(s, method, params)
  return s:request(method, host.modern(params, TASKS))
end

local function begin(s, tool)
  return ask(s, "tools/call", { name = tool }).result.taskId
end

local function get(s, id)
  return ask(s, "tasks/get", { taskId = id }).result
end

local function reached(s, id, status)
  local task
  loop.wait(5, function()
    task = get(s, id)
    return task and task.status == status
  end)
  assert.equal(status, task and task.status, cjson.encode(task))
  return task
end

local function say_yes(s, id)
  ask(s, "tasks/update", { taskId = id, inputResponses = { answer = { action = "accept", content = { confirm = true } } } })
end

-- What a listen for the task hears until it is told of that status.
local function heard(s, status)
  local told = {}
  loop.wait(5, function()
    for _, n in ipairs(s.notifications) do
      if n.method == "notifications/tasks" then told[#told + 1] = n.params end
    end
    s.notifications = {}
    return #told > 0 and told[#told].status == status
  end)
  return told
end

describe("a task", function()
  it("has the time of its first hatchway.detach, also while another branch asks", function()
    local s = start()
    local id = begin(s, "asks_beside")
    reached(s, id, "input_required")
    say_yes(s, id)
    assert.equal("true", reached(s, id, "completed").result.content[1].text)
  end)

  it("cannot prolong itself", function()
    local s = start()
    local ended = reached(s, begin(s, "prolongs"), "failed")
    assert.equal('"prolongs" did not end within its deadline of 1 s', ended.error.message)
  end)

  it("whose result is nested too deeply for the store has failed", function()
    local s = start()
    local ended = reached(s, begin(s, "deep"), "failed")
    assert.equal("The result cannot be kept: nested too deeply.", ended.error.message)
  end)

  it("has no questions once they are answered", function()
    local s = start()
    local id = begin(s, "asks")
    s:send("subscriptions/listen", host.modern({ notifications = { taskIds = { id } } }, TASKS))
    s:message()
    say_yes(s, id)
    local told = heard(s, "completed")
    assert.equal("working", told[1].status)
    assert.is_nil(told[1].inputRequests)
  end)

  it("nor when it is cancelled meanwhile", function()
    local s = start()
    local id = begin(s, "asks")
    s:send("subscriptions/listen", host.modern({ notifications = { taskIds = { id } } }, TASKS))
    s:message()
    ask(s, "tasks/cancel", { taskId = id })
    assert.is_nil(heard(s, "cancelled")[1].inputRequests)
  end)

  it("nor once nobody has answered", function()
    local s = start { "--limit", "ask_wait=0.2" }
    local id = begin(s, "asks")
    s:send("subscriptions/listen", host.modern({ notifications = { taskIds = { id } } }, TASKS))
    s:message()
    local told = heard(s, "completed")
    assert.equal("working", told[1].status)
    assert.is_nil(told[1].inputRequests)
  end)
end)

describe("a listen", function()
  it("hears of 100 tasks at most", function()
    local s = start()
    local id, ids = begin(s, "asks"), {}
    for i = 1, 150 do ids[i] = id end
    s:send("subscriptions/listen", host.modern({ notifications = { taskIds = ids } }, TASKS))
    assert.equal(100, #s:message().params.notifications.taskIds)
  end)
end)

describe("the store of tasks", function()
  it("holds no secret that a script was given by an upstream", function()
    local up = upstream.start(function(exchange)
      answers.plain(200, cjson.encode { echo = exchange.headers.authorization })(exchange)
    end)
    local own = packs.write {
      ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }',
      ["tools/keeps.lua"] = [[tool "keeps" { title = "T", about = "T.", access = "read", task = "optional",
        run = function()
          hatchway.detach()
          local answer = hatchet.get "/api/v1/x"
          hatchway.save { echo = answer.echo }
          hatchway.progress(1, 2, answer.echo)
          return answer.echo
        end }]],
    }
    local s = host.start { pack = own, upstream = up, args = { "--state", place:path "secrets" } }
    local id = begin(s, "keeps")
    local ended = reached(s, id, "completed")
    assert.equal("Bearer ***", ended.result.content[1].text)
    s:close_input()
    assert.equal(0, (s:exit()))
    local token = tokens.token { server_url = up.url }
    local file = place:read "secrets/hatchway.db"
    assert.truthy(file:find("Bearer ***", 1, true))
    assert.is_nil(file:find(token, 1, true))
  end)
end)

describe("a client that reads no more", function()
  it("may have several listens open when the server finds out", function()
    local s = start()
    local id = begin(s, "tells")
    for _ = 1, 3 do
      s:send("subscriptions/listen", host.modern({ notifications = { taskIds = { id } } }, TASKS))
    end
    loop.wait(5, function() return #s.notifications >= 3 end)
    s:close_output()
    assert.equal(0, (s:exit()))
  end)
end)

describe("a task that another server takes over", function()
  local READS = [[tool "x" { title = "T", about = "T.", access = "read", task = "optional",
    run = function() hatchway.detach() hatchway.sleep(60) end }]]

  it("has failed when its tool may write now: its client was let through to read", function()
    local own = packs.write { ["tools/x.lua"] = READS }
    local function serve()
      return host.start { pack = own, args = { "--state", place:path "state", "--access", "destroy" } }
    end
    local s = serve()
    local id = begin(s, "x")
    s:close_input()
    assert.equal(0, (s:exit()))
    local file <close> = assert(io.open(own .. "/tools/x.lua", "w"))
    file:write((READS:gsub('"read"', '"write"')))
    file:close()
    assert.equal("The server was stopped meanwhile, and the tool does more than read now: call it again.",
      get(serve(), id).error.message)
  end)
end)

describe("two servers with one store", function()
  it("each can cancel a task of the other, which ends there", function()
    local a, b = start(), start()
    local id = begin(a, "asks")
    assert.equal("complete", ask(b, "tasks/cancel", { taskId = id }).result.resultType)
    assert.equal("cancelled", get(b, id).status)
    say_yes(a, id) -- the first thing that it does next
    assert.equal("cancelled", get(a, id).status)
    assert.equal("cancelled", get(b, id).status)
  end)
end)
