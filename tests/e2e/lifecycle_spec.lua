-- From the start of the process to its end: what keeps it alive, what ends it, with which exit code.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
local pong = '{"jsonrpc":"2.0","id":1,"result":{}}\n'

local function start()
  local s = host.start { pack = "tests/fixture" }
  s:initialize()
  return s
end

-- Runs a shell line with $HATCHWAY in it; { code, stdout }.
local function shell(line)
  local name = os.tmpname()
  local _, _, code = os.execute(("HATCHWAY=%s; { %s; } >%s 2>/dev/null"):format(host.binary, line, name))
  local file <close> = assert(io.open(name))
  os.remove(name)
  return { code = code, stdout = file:read("a") }
end

describe("the end of the input", function()
  it("ends an idle server at once, with code 0", function()
    local s = start()
    assert.equal(0, s:stop())
  end)

  it("lets calls in flight end", function()
    local s = start()
    local id = s:send("tools/call", { name = "count", arguments = { steps = 5 } })
    s:close_input()
    assert.same({ steps = 5 }, s:wait(id).result.structuredContent)
    assert.equal(0, s:exit())
  end)

  it("ends calls that take longer than two seconds, without an answer", function()
    local s = start()
    s:send("tools/call", { name = "wait" })
    s:close_input()
    local code, stderr = s:exit(5)
    assert.equal(0, code)
    assert.equal(1, #s.received)
    assert.truthy(stderr:find('"wait"', 1, true))
  end)

  it("may come without a newline at the end of the last message", function()
    local result = host.run { args = { "serve", "tests/fixture" }, stdin = ping:sub(1, -2) }
    assert.same({ 0, pong }, { result.code, result.stdout })
  end)

  it("may come at once", function()
    local result = host.run { args = { "serve", "tests/fixture" }, stdin = "" }
    assert.same({ 0, "" }, { result.code, result.stdout })
  end)
end)

describe("a signal", function()
  for _, name in ipairs { "sigterm", "sigint" } do
    it(name .. " ends the server with code 0", function()
      local s = start()
      s:signal(name)
      assert.equal(0, s:exit(5))
    end)
  end

  it("ends it though calls are in flight", function()
    local s = start()
    s:send("tools/call", { name = "wait" })
    s:request "ping"
    s:signal "sigterm"
    assert.equal(0, s:exit(5))
  end)

  it("sighup or a closed terminal does not leave it behind", function()
    local s = start()
    s:signal "sighup"
    local done = loop.wait(5, function() return s.child.code end)
    assert.truthy(done)
  end)
end)

describe("stdin and stdout", function()
  it("may be files", function()
    local folder = packs.write { ["in"] = ping .. ping }
    local result = shell(("$HATCHWAY serve tests/fixture <%s/in >%s/out; cat %s/out"):format(folder, folder, folder))
    assert.same({ code = 0, stdout = pong .. pong }, result)
  end)

  it("may be /dev/null", function()
    assert.same({ code = 0, stdout = "" }, shell "$HATCHWAY serve tests/fixture </dev/null")
  end)

  it("a client that is gone ends the server, though its input stays open", function()
    local s = start()
    s:close_output()
    s:raw(ping:rep(10))
    assert.equal(0, s:exit(5))
  end)

  it("hold the protocol and nothing else: print goes to stderr", function()
    local s = packs.tool [[print("to the log") return "done"]]
    assert.equal("done", s:text(s:call "t"))
    local _, stderr = s:stop()
    assert.equal(2, #s.received)
    assert.truthy(stderr:find("to the log", 1, true))
  end)

  it("a client that does not read its answers does not stop the server from ending", function()
    local folder = packs.write { ["in"] = ping:rep(20000) }
    local result = shell(("timeout 20 $HATCHWAY serve tests/fixture <%s/in | (sleep 1; wc -l)"):format(folder))
    assert.equal("20000", result.stdout:match "%d+")
  end)
end)

describe("hatchway without a command", function()
  it("on a pipe serves hatchet", function()
    local result = host.run { stdin = ping, env = { HATCHET_CLIENT_TOKEN = require("tests.support.token").token() } }
    assert.same({ 0, pong }, { result.code, result.stdout })
  end)

  it("on a pipe, without a token, says what is missing", function()
    local result = host.run { stdin = ping }
    assert.same({ 1, "" }, { result.code, result.stdout })
    assert.truthy(result.stderr:find("HATCHET_CLIENT_TOKEN", 1, true))
  end)

  it("on a terminal prints help", function()
    local result = shell "script -qec $HATCHWAY /dev/null </dev/null"
    assert.truthy(result.stdout:find("serve", 1, true), result.stdout)
  end)
end)

describe("the server starts", function()
  it("before anything is asked of it, without a request to the tenant", function()
    local upstream = require "tests.support.upstream"
    local engine = upstream.start(function() error "there should have been no request" end)
    local s = host.start { pack = "hatchet", upstream = engine }
    s:initialize()
    s:request "tools/list"
    assert.equal(0, #engine.connections)
    assert.equal(0, (s:stop()))
  end)
end)
