-- The protocol on one pipe: how messages are classed, negotiation, discovery, errors, batches, framing.
-- What each revision's results look like is in revisions_spec.lua.
local cjson = require "cjson"
local host = require "tests.support.host"

local fixture = "tests/fixture"

local function start(...)
  return host.start { pack = fixture, args = { ... } }
end

-- The answer to one line.
local function answer(s, line)
  s:raw(line .. "\n")
  return s:message()
end

-- { code, message } of an error response, and its id.
local function error_of(response)
  assert.is_nil(response.result)
  return response.error.code, response.error.message, response.id
end

describe("initialize", function()
  for _, revision in ipairs(host.revisions) do
    it(("agrees on %s"):format(revision), function()
      local result = start():initialize(revision)
      assert.equal(revision, result.protocolVersion)
      assert.equal("fixture", result.serverInfo.name)
      assert.equal("Call anything.", result.instructions)
    end)
  end

  for _, revision in ipairs { "2026-07-28", "2023-01-01", "next" } do
    it(("answers 2025-11-25 to %s"):format(revision), function()
      assert.equal("2025-11-25", start():initialize(revision).protocolVersion)
    end)
  end

  it("tells only what is served", function()
    local changes = { listChanged = true }
    assert.same({ tools = changes, resources = { listChanged = true, subscribe = true }, prompts = changes, completions = {},
      logging = {} }, start():initialize().capabilities)
    assert.is_nil(start():initialize("2024-11-05").capabilities.completions)
  end)

  it("is refused the second time", function()
    local s = start()
    s:initialize()
    local again = { protocolVersion = "2025-11-25", capabilities = {}, clientInfo = { name = "a", version = "1" } }
    assert.equal(-32600, (error_of(s:request("initialize", again))))
  end)

  it("needs a protocol version", function()
    assert.equal(-32602, (error_of(start():request("initialize", { capabilities = {} }))))
  end)

  it("is not needed: without it a request is one of 2025-11-25", function()
    local s = start()
    local response = s:request("tools/call", { name = "echo", arguments = { text = "hi" } })
    assert.same({ text = "hi" }, response.result.structuredContent)
    assert.is_nil(response.result.resultType)
  end)

  it("is an unknown method in the modern revision", function()
    assert.equal(-32601, (error_of(start():request("initialize", host.modern { protocolVersion = "2025-11-25" }))))
  end)
end)

describe("server/discover", function()
  it("tells the modern revisions, the capabilities and the instructions", function()
    local result = start():request("server/discover", host.modern()).result
    assert.same({ "2026-07-28" }, result.supportedVersions)
    assert.equal("Call anything.", result.instructions)
    assert.equal("complete", result.resultType)
    assert.equal("fixture", result._meta["io.modelcontextprotocol/serverInfo"].name)
    assert.equal("number", type(result.ttlMs))
    assert.truthy(result.cacheScope == "private" or result.cacheScope == "public")
    assert.truthy(result.capabilities.tools and result.capabilities.resources and result.capabilities.prompts)
  end)

  it("is an unknown method in the older revisions", function()
    assert.equal(-32601, (error_of(start():request("server/discover"))))
  end)

  it("does not choose for what follows", function()
    local s = start()
    s:request("server/discover", host.modern())
    assert.equal("2025-06-18", s:initialize("2025-06-18").protocolVersion)
    assert.equal("complete", s:request("tools/list", host.modern()).result.resultType)
    assert.is_nil(s:request("tools/list").result.resultType)
  end)
end)

describe("a modern request", function()
  for name, case in pairs {
    ["of a revision that is not served"] = { meta = { ["io.modelcontextprotocol/protocolVersion"] = "2031-01-01" }, code = -32022,
      data = { supported = { "2026-07-28" }, requested = "2031-01-01" } },
    ["of an older revision"] = { meta = { ["io.modelcontextprotocol/protocolVersion"] = "2025-11-25" }, code = -32022,
      data = { supported = { "2026-07-28" }, requested = "2025-11-25" } },
    ["whose version is no string"] = { meta = { ["io.modelcontextprotocol/protocolVersion"] = 5 }, code = -32602 },
    ["without client capabilities"] = { meta = { ["io.modelcontextprotocol/clientCapabilities"] = false }, code = -32602 },
    ["whose client capabilities are no object"] =
      { meta = { ["io.modelcontextprotocol/clientCapabilities"] = "all" }, code = -32602 },
    ["whose log level does not exist"] = { meta = { ["io.modelcontextprotocol/logLevel"] = "loud" }, code = -32602 },
    ["whose client info is no object"] = { meta = { ["io.modelcontextprotocol/clientInfo"] = "me" }, code = -32602 },
  } do
    it(("%s is refused with %d"):format(name, case.code), function()
      local response = start():request("tools/list", host.modern({}, case.meta))
      assert.equal(case.code, (error_of(response)))
      assert.same(case.data, response.error.data)
    end)
  end

  it("is refused for its version before its method is looked at", function()
    local response = start():request("no/such", host.modern({}, { ["io.modelcontextprotocol/protocolVersion"] = "2031-01-01" }))
    assert.equal(-32022, (error_of(response)))
  end)

  for _, method in ipairs { "ping", "logging/setLevel", "resources/subscribe", "no/such" } do
    it(("%s is unknown"):format(method), function()
      assert.equal(-32601, (error_of(start():request(method, host.modern { level = "info", uri = "note://today" }))))
    end)
  end
end)

describe("the two eras on one pipe", function()
  it("are chosen message by message", function()
    local s = start()
    s:initialize("2024-11-05")
    for _ = 1, 2 do
      assert.equal("complete", s:request("tools/call", host.modern { name = "say" }).result.resultType)
      assert.same({ content = { { type = "text", text = "hello" } } }, s:call("say"))
    end
  end)
end)

describe("a request that is wrong gets its code", function()
  for name, case in pairs {
    ["a method that does not exist"] = { method = "no/such", code = -32601 },
    ["a method of the other era"] = { method = "subscriptions/listen", params = { notifications = {} }, code = -32601 },
    ["a tool that does not exist"] = { method = "tools/call", params = { name = "eco" }, code = -32602,
      message = 'did you mean "echo"?' },
    ["a call without a name"] = { method = "tools/call", params = { arguments = {} }, code = -32602 },
    ["a call without params"] = { method = "tools/call", code = -32602 },
    ["arguments that are no object"] = { method = "tools/call", params = { name = "echo", arguments = { 1 } }, code = -32602 },
    ["a prompt that does not exist"] = { method = "prompts/get", params = { name = "greets" }, code = -32602,
      message = 'did you mean "greet"?' },
    ["a prompt without an argument that it needs"] = { method = "prompts/get", params = { name = "greet" }, code = -32602,
      message = '"name"' },
    ["a prompt argument of another type"] =
      { method = "prompts/get", params = { name = "greet", arguments = { name = "A", often = "x" } },
      code = -32602, message = '"often"' },
    ["a cursor that nobody gave out"] = { method = "tools/list", params = { cursor = "bm9wZQ" }, code = -32602 },
    ["an empty cursor"] = { method = "tools/list", params = { cursor = "" }, code = -32602 },
    ["a log level that does not exist"] = { method = "logging/setLevel", params = { level = "loud" }, code = -32602 },
    ["a resource without a URI"] = { method = "resources/read", code = -32602 },
  } do
    it(("%s: %d"):format(name, case.code), function()
      local s = start()
      s:initialize()
      local code, message, id = error_of(s:request(case.method, case.params))
      assert.equal(case.code, code)
      assert.equal(s.last_id, id)
      assert.truthy(message:find(case.message or "", 1, true), message)
    end)
  end

  it("a resource that does not exist: -32002 in the older revisions, -32602 in the modern one, with its URI", function()
    local s = start()
    s:initialize()
    for uri in pairs { ["note://tomorrow"] = 1, ["other://x"] = 1, ["note://days/"] = 1, ["note://days/1/2"] = 1 } do
      local response = s:request("resources/read", { uri = uri })
      assert.equal(-32002, response.error.code)
      assert.same({ uri = uri }, response.error.data)
      response = s:request("resources/read", host.modern { uri = uri })
      assert.equal(-32602, response.error.code)
      assert.same({ uri = uri }, response.error.data)
    end
  end)

  it("arguments that the schema refuses are a result that says how to mend them, in every revision", function()
    local s = start()
    for _, params in ipairs { { name = "echo", arguments = { txt = "a" } },
      host.modern { name = "echo", arguments = { txt = "a" } } } do
      local result = s:request("tools/call", params).result
      assert.is_true(result.isError)
      assert.truthy(result.content[1].text:find('there is no argument "txt"; did you mean "text"?', 1, true),
        result.content[1].text)
      assert.truthy(result.content[1].text:find('"text"', 1, true))
    end
  end)

  it("arguments may be absent", function()
    assert.equal("hello", start():request("tools/call", { name = "say" }).result.content[1].text)
  end)

  it("text that is exactly the JSON of the declared type is converted, nothing else is", function()
    local s = start()
    assert.same({ text = "a", n = 10 }, s:call("echo", { text = "a", n = "10" }).structuredContent)
    assert.is_true(s:call("echo", { text = "a", n = "0x10" }).isError)
    assert.is_true(s:call("echo", { text = "a", n = "ten" }).isError)
  end)
end)

describe("a message that is wrong", function()
  for name, case in pairs {
    ["no JSON"] = { line = "hello", code = -32700 },
    ["cut-off JSON"] = { line = '{"jsonrpc":"2.0","id":1', code = -32700 },
    ["bytes that are no UTF-8"] = { line = '{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', code = -32700 },
    ["half of a surrogate pair"] = { line = [[{"jsonrpc":"2.0","id":1,"method":"\ud800"}]], code = -32700 },
    ["a thousand nested arrays"] = { line = ("["):rep(100000), code = -32700 },
    ["a number"] = { line = "5", code = -32600 },
    ["no version of JSON-RPC"] = { line = '{"id":7,"method":"ping"}', code = -32600, id = 7 },
    ["another version of JSON-RPC"] = { line = '{"jsonrpc":"1.0","id":7,"method":"ping"}', code = -32600, id = 7 },
    ["an id that is null"] = { line = '{"jsonrpc":"2.0","id":null,"method":"ping"}', code = -32600 },
    ["an id that is fractional"] = { line = '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', code = -32600 },
    ["an id that is an object"] = { line = '{"jsonrpc":"2.0","id":{},"method":"ping"}', code = -32600 },
    ["a method that is no string"] = { line = '{"jsonrpc":"2.0","id":7,"method":5}', code = -32600, id = 7 },
    ["params that are a list"] = { line = '{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}', code = -32602, id = 7 },
  } do
    it(("(%s) gets %d, and the next one is served"):format(name, case.code), function()
      local s = start()
      local code, _, id = error_of(answer(s, case.line))
      assert.equal(case.code, code)
      assert.equal(case.id, id)
      assert.same({}, s:request("ping").result)
    end)
  end

  it("leaves out an id that it cannot read, but for the revisions that want it: there it is null", function()
    local s = start()
    s:raw "nonsense\n"
    assert.is_nil(s:line():find('"id"', 1, true))
    s:initialize "2025-06-18"
    s:raw "nonsense\n"
    assert.truthy(s:line():find('"id":null', 1, true))
  end)

  it("that is a notification nobody knows, or an answer to nothing, gets no answer", function()
    local s = start()
    s:notify("notifications/whatever", { a = 1 })
    s:notify("notifications/cancelled", { requestId = 99 })
    s:raw '{"jsonrpc":"2.0","id":5,"result":{}}\n{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"x"}}\n'
    assert.same({}, s:request("ping").result)
    assert.equal(1, #s.received)
  end)

  it("uses an id that is still in use", function()
    local s = start()
    s:raw '{"jsonrpc":"2.0","id":"w","method":"tools/call","params":{"name":"wait"}}\n'
    assert.equal(-32600, (error_of(answer(s, '{"jsonrpc":"2.0","id":"w","method":"ping"}'))))
  end)
end)

describe("ids come back as they were", function()
  for _, id in ipairs { "1", '"1"', "0", "-5", "9007199254740993", "123456789012345678901234567890", '""',
    '"\u{e9}\u{1F600}"' } do
    it(id, function()
      local s = start()
      s:raw(('{"jsonrpc":"2.0","id":%s,"method":"ping"}\n'):format(id))
      assert.equal(('{"jsonrpc":"2.0","id":%s,"result":{}}'):format(id), s:line())
    end)
  end
end)

describe("lines", function()
  local ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
  local pong = '{"jsonrpc":"2.0","id":1,"result":{}}'

  for name, bytes in pairs {
    ["end in \\n"] = ping .. "\n",
    ["end in \\r\\n"] = ping .. "\r\n",
    ["may be blank"] = "\n\r\n  \n" .. ping .. "\n",
    ["may have space around the message"] = "  " .. ping .. "\t \n",
  } do
    it(name, function()
      local s = start()
      s:raw(bytes)
      assert.equal(pong, s:line())
      s:silence(0.05)
    end)
  end

  it("may come in pieces", function()
    local s = start()
    for i = 1, #ping do
      s:raw(ping:sub(i, i))
      s:silence(0.002)
    end
    s:raw "\n"
    assert.equal(pong, s:line())
  end)

  it("may come all at once", function()
    local s = start()
    s:raw((ping .. "\n"):rep(1000))
    for _ = 1, 1000 do
      assert.equal(pong, s:line())
    end
  end)

  it("have a ceiling, beyond which they are skipped to their end", function()
    local s = start("--limit", "message_max=1024")
    local response = answer(s, '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' .. ("x"):rep(5000) .. '"}}')
    assert.equal(-32600, response.error.code)
    assert.truthy(response.error.message:find("longer than 1024 bytes", 1, true))
    assert.same({}, s:request("ping").result)
  end)
end)

describe("a batch", function()
  local batch = '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},' ..
    '{"jsonrpc":"2.0","id":"b","method":"no/such"},{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"say"}}]'

  it("is answered as a batch in 2025-03-26", function()
    local s = start()
    s:initialize "2025-03-26"
    local answers = {}
    for _, response in ipairs(answer(s, batch)) do
      answers[response.id] = response.result or response.error.code
    end
    assert.same({ [1] = {}, b = -32601, [3] = { content = { { type = "text", text = "hello" } } } }, answers)
  end)

  it("of notifications has no answer", function()
    local s = start()
    s:initialize "2025-03-26"
    s:raw '[{"jsonrpc":"2.0","method":"notifications/x"}]\n'
    assert.same({}, s:request("ping").result)
    assert.equal(2, #s.received)
  end)

  it("does not hold initialize", function()
    local s = start()
    s:initialize "2025-03-26"
    local response = answer(s, '[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26"}}]')
    assert.equal(-32600, response[1].error.code)
  end)

  it("with a message that is none tells so in its place", function()
    local s = start()
    s:initialize "2025-03-26"
    local line = answer(s, '[5,{"jsonrpc":"2.0","id":1,"method":"ping"}]')
    assert.equal(2, #line)
  end)

  it("that is empty is refused", function()
    local s = start()
    s:initialize "2025-03-26"
    assert.equal(-32600, answer(s, "[]").error.code)
  end)

  for _, revision in ipairs { "2024-11-05", "2025-06-18", "2025-11-25" } do
    it(("is refused in %s"):format(revision), function()
      local s = start()
      s:initialize(revision)
      assert.equal(-32600, answer(s, batch).error.code)
    end)
  end

  it("does not hold modern requests", function()
    local s = start()
    s:initialize "2025-03-26"
    local modern = cjson.encode { jsonrpc = "2.0", id = 1, method = "tools/list", params = host.modern() }
    assert.equal(-32600, answer(s, "[" .. modern .. "]").error.code)
  end)
end)

describe("cancellation", function()
  for name, params in pairs { ["of a legacy call"] = { name = "wait" }, ["of a modern call"] = host.modern { name = "wait" } } do
    it(name .. " ends it without an answer", function()
      local s = start()
      local id = s:send("tools/call", params)
      s:notify("notifications/cancelled", { requestId = id, reason = "no longer needed" })
      assert.same({}, s:request("ping").result)
      s:silence(0.1)
      local code, stderr = s:stop()
      assert.equal(0, code)
      assert.truthy(stderr:find('"cancelled"', 1, true), stderr)
    end)
  end

  it("of an id that was answered, or never was, does nothing", function()
    local s = start()
    s:call "say"
    s:notify("notifications/cancelled", { requestId = s.last_id })
    s:notify("notifications/cancelled", { requestId = "none" })
    s:notify("notifications/cancelled", {})
    assert.same({}, s:request("ping").result)
  end)

  it("does not mistake the id \"1\" for 1", function()
    local s = start()
    s:raw '{"jsonrpc":"2.0","id":"1","method":"tools/call","params":{"name":"count","arguments":{"steps":2}}}\n'
    s:notify("notifications/cancelled", { requestId = 1 })
    assert.same({ steps = 2 }, s:wait("1").result.structuredContent)
  end)
end)

describe("reading never waits for a tool", function()
  it("ping is answered while calls run", function()
    local s = start()
    for _ = 1, 5 do s:send("tools/call", { name = "wait" }) end
    assert.same({}, s:request("ping").result)
  end)

  it("calls run at once", function()
    local s = start()
    local slow = s:send("tools/call", { name = "count", arguments = { steps = 5 } })
    local quick = s:send("tools/call", { name = "say" })
    s:wait(quick)
    assert.is_nil(table.concat(s.received):find(('"id":%d,'):format(slow), 1, true))
    s:wait(slow)
  end)
end)
