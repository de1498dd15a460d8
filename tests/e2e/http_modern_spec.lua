-- The endpoint as clients of 2026-07-28 use it: POST alone, each request for itself.
local cjson = require "cjson"
local host = require "tests.support.host"
local http = require "tests.support.http"

local server
setup(function() server = http.serve {} end)

local function code(answer) return answer.json.error and answer.json.error.code end

local echo = { name = "echo", arguments = { text = "hi" } }

describe("POST of a request", function()
  it("is answered with JSON, and makes no session", function()
    local answer = server:modern("tools/call", echo)
    assert.equal(200, answer.status)
    assert.equal("application/json", answer.headers["content-type"])
    assert.is_nil(answer.headers["mcp-session-id"])
    assert.same({ text = "hi" }, answer.json.result.structuredContent)
  end)

  it("is answered with events if something comes before the answer", function()
    local message, headers = http.modern("tools/call", { name = "count", arguments = { steps = 2 } })
    message.params._meta.progressToken = "p"
    local stream = server:open("POST", headers, message)
    assert.equal(200, stream.begun.status)
    assert.equal("text/event-stream", stream.begun.headers["content-type"])
    assert.equal("no", stream.begun.headers["x-accel-buffering"])
    local first, second, last = stream:event(), stream:event(), stream:event()
    assert.same({ "notifications/progress", "p" }, { first.json.method, first.json.params.progressToken })
    assert.equal(2, second.json.params.progress)
    assert.same({ steps = 2 }, last.json.result.structuredContent)
    assert.is_nil(first.id)
    assert.is_nil(stream:event())
  end)

  it("hears the answer alone if it takes no events", function()
    local message, headers = http.modern("tools/call", { name = "count", arguments = { steps = 1 } })
    message.params._meta.progressToken = 1
    headers.Accept = "application/json"
    assert.same({ steps = 1 }, server:post(message, headers).json.result.structuredContent)
  end)

  for accept, type in pairs { ["*/*"] = "application/json", ["application/*;q=0.5"] = "application/json",
    ["text/event-stream"] = "text/event-stream", ["application/json;q=0, text/event-stream"] = "text/event-stream" } do
    it(("with Accept: %s gets %s"):format(accept, type), function()
      assert.equal(type, server:modern("tools/call", echo, { Accept = accept }).headers["content-type"])
    end)
  end

  it("needs no Accept, but one that fits", function()
    assert.equal("application/json", server:modern("tools/call", echo, { Accept = false }).headers["content-type"])
    local answer = server:modern("tools/call", echo, { Accept = "text/html" })
    assert.same({ 406, -32600 }, { answer.status, code(answer) })
  end)

  it("may name its type with parameters, and has to be JSON", function()
    assert.equal(200, server:modern("tools/call", echo, { ["Content-Type"] = "Application/JSON; charset=utf-8" }).status)
    for _, type in ipairs { "text/plain", "application/jsonp", false } do
      assert.equal(415, server:modern("tools/call", echo, { ["Content-Type"] = type }).status)
    end
  end)

  it("ignores the id of a session and of an event", function()
    local answer = server:modern("tools/call", echo, { ["Mcp-Session-Id"] = "x", ["Last-Event-ID"] = "1-1" })
    assert.equal(200, answer.status)
    assert.is_nil(answer.headers["mcp-session-id"])
  end)
end)

describe("an answer that takes long", function()
  it("becomes a stream, which is kept alive by comments", function()
    local patient = http.serve { pack = http.pack(), args = { "--limit", "keep_alive=0.1" } }
    local message, headers = http.modern("tools/call", { name = "away", arguments = { seconds = 1 } })
    local stream = patient:open("POST", headers, message)
    assert.equal("text/event-stream", stream.begun.headers["content-type"])
    stream:take(":\n\n", "comment")
    stream:take('"text":"done"', "answer")
  end)

  it("stays JSON for a client that takes nothing else", function()
    local patient = http.serve { pack = http.pack(), args = { "--limit", "keep_alive=0.1" } }
    local answer = patient:modern("tools/call", { name = "away", arguments = { seconds = 0.5 } }, { Accept = "application/json" })
    assert.equal("done", answer.json.result.content[1].text)
  end)
end)

describe("a notification", function()
  it("is accepted", function()
    local message, headers = http.modern("notifications/cancelled", { requestId = 1 })
    message.id = nil
    local answer = server:post(message, headers)
    assert.same({ 202, "" }, { answer.status, answer.body })
  end)
end)

describe("what is refused", function()
  local function refused(status, number, message, headers)
    local answer = server:post(message, headers)
    assert.same({ status, number }, { answer.status, code(answer) })
    return answer.json
  end

  it("text that is no JSON: 400, without an id", function()
    local answer = server:ask("POST", {}, "{")
    assert.same({ 400, -32700 }, { answer.status, code(answer) })
    assert.is_nil(answer.json.id)
  end)

  it("what is no request: 400", function()
    local message, headers = http.modern("tools/list")
    message.jsonrpc = "1.0"
    refused(400, -32600, message, headers)
    local _, answer = pcall(server.ask, server, "POST", headers, "42")
    assert.same({ 400, -32600 }, { answer.status, code(answer) })
  end)

  it("a batch: 400", function()
    local message, headers = http.modern("tools/list")
    refused(400, -32600, { message }, headers)
  end)

  it("a response: 400", function()
    refused(400, -32600, { jsonrpc = "2.0", id = 1, result = { a = 1 } }, { ["MCP-Protocol-Version"] = host.modern_revision })
  end)

  it("a header that names the version, and no _meta: 400, naming the keys", function()
    local json = refused(400, -32602, { jsonrpc = "2.0", id = 7, method = "tools/list" },
      { ["MCP-Protocol-Version"] = host.modern_revision })
    assert.equal(7, json.id)
    assert.truthy(json.error.message:find("io.modelcontextprotocol/protocolVersion", 1, true))
    assert.truthy(json.error.message:find("io.modelcontextprotocol/clientCapabilities", 1, true))
  end)

  it("_meta that lacks the capabilities: 400", function()
    local message, headers = http.modern("tools/list")
    message.params._meta["io.modelcontextprotocol/clientCapabilities"] = nil
    refused(400, -32602, message, headers)
  end)

  it("initialize under a header of this version: 400", function()
    refused(400, -32020, http.initialize(), { ["MCP-Protocol-Version"] = host.modern_revision })
  end)

  it("a version that is not supported: 400 with those that are", function()
    local message, headers = http.modern("tools/list")
    message.params._meta["io.modelcontextprotocol/protocolVersion"] = "v999.0.0"
    headers["MCP-Protocol-Version"] = "v999.0.0"
    local json = refused(400, -32022, message, headers)
    assert.same({ supported = { "2026-07-28" }, requested = "v999.0.0" }, json.error.data)
  end)

  for _, method in ipairs { "initialize", "ping", "logging/setLevel", "resources/subscribe", "nonsense" } do
    it(("%s, which is no method here: 404"):format(method), function()
      local message, headers = http.modern(method)
      assert.equal(1, refused(404, -32601, message, headers).id)
    end)
  end

  it("an unknown tool and bad arguments: 200, in band", function()
    local message, headers = http.modern("tools/call", { name = "nothing" })
    refused(200, -32602, message, headers)
  end)

  it("GET and DELETE without a session: 400", function()
    assert.equal(400, server:ask("GET", { ["MCP-Protocol-Version"] = host.modern_revision }).status)
    assert.equal(400, server:ask("DELETE").status)
  end)
end)

describe("header fields that repeat the body", function()
  local function status(headers, method, params)
    local answer = server:modern(method or "tools/call", params or echo, headers)
    return answer.status, code(answer)
  end

  for name, values in pairs {
    ["MCP-Protocol-Version"] = { false, "2025-11-25", "2026-07-29", { "2026-07-28", "2026-07-28" } },
    ["Mcp-Method"] = { false, "tools/list", "Tools/Call", "", { "tools/call", "tools/call" } },
    ["Mcp-Name"] = { false, "Echo", "echo2", "=?base64?ZWNobw?=", "=?base64?ZWNob2==?=", "=?base64?ZWNo*w==?=",
      "=?BASE64?ZWNobw==?=", "=?base64?ZWNobw==", "\xFF" },
  } do
    for _, value in ipairs(values) do
      it(("%s: %s is refused"):format(name, type(value) == "table" and "twice" or value or "nothing"), function()
        assert.same({ 400, -32020 }, { status { [name] = value } })
      end)
    end
  end

  it("may have any case in their names, blanks around, and base64", function()
    assert.equal(200, (status { ["Mcp-Name"] = false, ["mcp-NAME"] = " \t echo \t" }))
    assert.equal(200, (status { ["Mcp-Name"] = "=?base64?ZWNobw==?=" }))
  end)

  it("are asked for before the method is looked up, after the version", function()
    assert.same({ 400, -32020 }, { status({ ["Mcp-Method"] = "x" }, "nonsense") })
  end)

  it("the URI is the name of a resource", function()
    assert.same({ 400, -32020 }, { status({ ["Mcp-Name"] = "fixture://other" }, "resources/read", { uri = "fixture://none" }) })
  end)

  it("are not asked for of notifications", function()
    assert.equal(202, server:post({ jsonrpc = "2.0", method = "notifications/x" },
      { ["MCP-Protocol-Version"] = host.modern_revision }).status)
  end)
end)

describe("a client that leaves", function()
  it("cancels its call", function()
    local message, headers = http.modern("tools/call", { name = "wait" })
    local c = server:connect():send(server:request("POST", headers, cjson.encode(message)))
    server:modern("tools/call", echo) -- by now the other is being read
    c:close()
    server.process:await(nil, "the cancelled call", function()
      for _, line in ipairs(server.process:log()) do
        if line.tool == "wait" and line.error == "cancelled" then return true end
      end
    end)
  end)

  it("ends its subscription", function()
    local message, headers = http.modern("subscriptions/listen", { notifications = { toolsListChanged = true } })
    local stream = server:open("POST", headers, message)
    assert.equal("text/event-stream", stream.begun.headers["content-type"])
    local event = stream:event()
    assert.equal("notifications/subscriptions/acknowledged", event.json.method)
    assert.equal(1, event.json.params._meta["io.modelcontextprotocol/subscriptionId"])
    stream:close()
    assert.equal(200, server:modern("tools/call", echo).status)
  end)
end)
