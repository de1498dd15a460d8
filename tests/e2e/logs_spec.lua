-- stderr: one JSON line a call, with what an operator needs to find out what happened; never the token.
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local files = {
  ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }',
  ["tools/t.lua"] = [[
    local t = require "hatchway.types"
    tool "get" { title = "Get", about = "A read.", access = "read", input = { q = t.string { "Any.", optional = true } },
      run = function() return hatchet.get("/api/v1/tenants/{tenant}/workflows") end }
    tool "pause" { title = "Pause", about = "A write.", access = "write",
      input = { id = t.uuid "Its id.", why = t.string "Why." },
      run = function(args)
        hatchet.patch("/api/v1/workflows/{id}", { id = args.id }, { isPaused = true })
        return { done = true }
      end }
    tool "nothing" { title = "Nothing", about = "No request at all.", access = "read", run = function() return "nothing" end }
  ]],
}

local id = "2ca22144-d430-4e6b-ac4c-a1406a83e48d"

-- A session before this answer, a function that ends it and gives the log lines of its calls, and the engine.
local function session(answer, ...)
  local engine = upstream.start(answer)
  local s = packs.start(files, { upstream = engine, args = { "--access", "destroy", ... } })
  return s, function()
    s:stop()
    local calls = {}
    for _, line in ipairs(s.log()) do
      if line.event == "call" then calls[#calls + 1] = line end
    end
    return calls
  end, engine
end

describe("the log", function()
  it("is JSON, a line each, with time, level and event", function()
    local s = packs.start(files, { env = { HATCHET_CLIENT_TOKEN = tokens.token() } })
    s:call "nothing"
    local _, stderr = s:stop()
    local lines = 0
    for _ in stderr:gmatch "[^\n]+" do lines = lines + 1 end
    local decoded = s.log()
    assert.equal(lines, #decoded)
    for _, line in ipairs(decoded) do
      assert.truthy(line.time:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%.%d]*Z$", line.time)
      assert.truthy(line.level)
      assert.truthy(line.event)
    end
  end)

  it("has a line of the start", function()
    local s = packs.start(files, { env = { HATCHET_CLIENT_TOKEN = tokens.token() } })
    s:stop()
    local start = s.log()[1]
    assert.equal("start", start.event)
    assert.equal("read", start.access)
    assert.truthy(start.version)
  end)

  it("has a line of each call, with its duration, attempts, status, bytes and request id", function()
    local s, calls = session(answers.recorded())
    s:call("get", { q = "shoes" })
    s:call "nothing"
    local get, nothing = table.unpack(calls())
    assert.same({ "get", "info", 1, 200, 2 }, { get.tool, get.level, get.attempts, get.status, get.request })
    assert.truthy(get.ms >= 0)
    assert.truthy(get.bytes > 1000)
    assert.is_nil(get.error)
    assert.is_nil(get.arguments)
    assert.same({ "nothing", 0, 0 }, { nothing.tool, nothing.attempts, nothing.bytes })
    assert.is_nil(nothing.status)
  end)

  it("counts the attempts", function()
    local s, calls = session(answers.sequence(answers.plain(503, "", { { "Retry-After", "0" } }), answers.recorded()))
    s:call "get"
    local line = calls()[1]
    assert.same({ 2, 200 }, { line.attempts, line.status })
  end)

  it("names the kind of an error", function()
    local s, calls = session(answers.refusal(404))
    s:call "get"
    s:call("pause", { id = "x" })
    local get, pause = table.unpack(calls())
    assert.same({ "warning", "not_found", "not_found", 404 }, { get.level, get.error, get.code, get.status })
    assert.same({ "pause", "validation_error", 0 }, { pause.tool, pause.error, pause.attempts })
  end)

  it("has the arguments and the ids of writes", function()
    local s, calls = session(answers.plain(200, "{}"))
    s:call("pause", { id = id:upper(), why = "stock" })
    local line = calls()[1]
    assert.same({ "write", { id = id, why = "stock" }, id }, { line.access, line.arguments, line.ids })
  end)

  it("has a line of a call that was cancelled", function()
    local s, calls = session(answers.stall())
    s:notify("notifications/cancelled", { requestId = s:send("tools/call", { name = "get" }) })
    s:request "ping"
    assert.same({ "get", "cancelled" }, { calls()[1].tool, calls()[1].error })
  end)

  it("has lines of resources and prompts", function()
    local s = host.start { pack = "tests/fixture" }
    s:request("resources/read", { uri = "note://days/7" })
    s:request("prompts/get", { name = "greet", arguments = { name = "Ada" } })
    s:stop()
    local seen = {}
    for _, line in ipairs(s.log()) do
      if line.event == "call" then seen[#seen + 1] = line.resource or line.prompt end
    end
    assert.same({ "note://days/7", "greet" }, seen)
  end)

  it("is as quiet as --log-level says", function()
    local s, calls = session(answers.recorded(), "--log-level", "error")
    s:call "get"
    assert.same({}, calls())
    assert.equal("", s.child.stderr)
  end)

  it("never has the token, though a client sends it as an argument", function()
    local s, calls, engine = session(answers.plain(200, "{}"), "--log-level", "debug")
    local token = tokens.token { server_url = engine.url }
    s:call("pause", { id = id, why = "my token is " .. token })
    assert.equal("my token is ***", calls()[1].arguments.why)
    assert.is_nil(s.child.stderr:find(token:sub(20, 40), 1, true))
  end)
end)
