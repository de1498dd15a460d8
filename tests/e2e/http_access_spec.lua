-- Who may come over the network: keys, tokens of an issuer, what is answered to others, and how often one may call.
local cjson = require "cjson"
local home = require "tests.support.home"
local host = require "tests.support.host"
local http = require "tests.support.http"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"
local token = require "tests.support.token"

local PACK = {
  ["tools/x.lua"] = [[
    tool "look" { title = "T", about = "T.", access = "read", run = function() return "seen" end }
    tool "change" { title = "T", about = "T.", access = "write", run = function() return "changed" end }
    tool "drop" { title = "T", about = "T.", access = "destroy", run = function() return "dropped" end }
    tool "later" { title = "T", about = "T.", access = "read", task = "required",
      run = function() hatchway.detach() hatchway.sleep(60) end }
    tool "long" { title = "T", about = "T.", access = "read",
      run = function() hatchway.progress(1) hatchway.sleep(5) return "at last" end }
  ]],
}

-- A server with keys, by name: { name = scope }. Returns it, and the headers that each sends.
local function serve(scopes, args)
  local place = home.new()
  local headers = {}
  for name, scope in pairs(scopes) do
    local made = host.run { args = { "key", "create", name, "--scope", scope, "--state", place:path "state" } }
    headers[name] = { Authorization = "Bearer " .. assert(made.stdout:match "hw_%S+", made.stderr) }
  end
  local all = { "--state", place:path "state", "--access", "destroy" }
  table.move(args or {}, 1, #(args or {}), #all + 1, all)
  return http.serve { pack = packs.write(PACK), args = all }, headers, place
end

local function call(server, headers, tool)
  return server:modern("tools/call", { name = tool or "look" }, headers)
end

local function names(answer)
  local list = {}
  for _, tool in ipairs(answer.json.result.tools) do list[#list + 1] = tool.name end
  return list
end

describe("with keys", function()
  it("nobody is let in without one", function()
    local server = serve { reader = "read" }
    local none = call(server)
    assert.same({ 401, 'Bearer scope="read"' }, { none.status, none.headers["www-authenticate"] })
    assert.equal(-32600, none.json.error.code)
    local wrong = call(server, { Authorization = "Bearer hw_nothing" })
    assert.equal(401, wrong.status)
    assert.matches('error="invalid_token"', wrong.headers["www-authenticate"], 1, true)
    assert.equal(401, server:post(http.initialize()).status)
    assert.equal(401, server:ask("GET", { ["Mcp-Session-Id"] = "x" }).status)
    assert.equal(200, server:ask("GET", {}, nil, "/healthz").status)
  end)

  it("the scope narrows what is listed and what may be called", function()
    local server, headers = serve { reader = "read", writer = "write", owner = "destroy" }
    local function listed(who) return names(server:modern("tools/list", nil, headers[who])) end
    assert.same({ "look", "later", "long" }, listed "reader")
    assert.same({ "look", "change", "later", "long" }, listed "writer")
    assert.same({ "look", "change", "drop", "later", "long" }, listed "owner")
    assert.equal(200, call(server, headers.writer, "change").status)
    local refused = call(server, headers.writer, "drop")
    assert.equal(403, refused.status)
    assert.matches('^Bearer error="insufficient_scope"', refused.headers["www-authenticate"])
    assert.matches('scope="read write destroy"', refused.headers["www-authenticate"], 1, true)
    assert.equal(200, call(server, headers.owner, "drop").status)
  end)

  it("the log says of each call whose key it was", function()
    local server, headers, place = serve { one = "read" }
    call(server, headers.one)
    local id = cjson.decode(host.run { args = { "key", "list", "--json", "--state", place:path "state" } }.stdout)[1].id
    server.process:await(nil, "line of the call", function() return server.process.child.stderr:find '"event":"call"' end)
    for _, line in ipairs(server.process:decoded_log()) do
      if line.event == "call" then assert.equal("key:" .. id, line.principal) end
    end
  end)

  it("what the operator does not allow no scope allows", function()
    local server, headers = serve({ owner = "destroy" }, { "--access", "read" })
    local answer = call(server, headers.owner, "drop")
    assert.same({ 200, true }, { answer.status, answer.json.result.isError })
  end)

  it("the log says whose call it was, and nothing of the key", function()
    local server, headers = serve { one = "read" }
    call(server, headers.one)
    local line = server.process:await(nil, "line of the call", function()
      for _, line in ipairs(server.process:decoded_log()) do
        if line.event == "call" then return line end
      end
    end)
    assert.matches("^key:%x+$", line.principal)
    assert.is_nil(server.process.child.stderr:find("hw_", 1, true))
  end)

  it("a session is of the key that made it", function()
    local server, headers = serve { one = "read", other = "read" }
    local function with(who, more)
      local all = {}
      for name, value in pairs(headers[who]) do all[name] = value end
      for name, value in pairs(more or {}) do all[name] = value end
      return all
    end
    local made = server:post(http.initialize(), headers.one)
    local id = { ["Mcp-Session-Id"] = made.headers["mcp-session-id"] }
    local ping = { jsonrpc = "2.0", id = 1, method = "ping" }
    assert.equal(200, server:post(ping, with("one", id)).status)
    assert.equal(404, server:post(ping, with("other", id)).status)
    assert.equal(401, server:post(ping, id).status)
  end)

  it("one key has half of the sessions at the most", function()
    local server, headers = serve({ one = "read", two = "read" }, { "--limit", "sessions=4" })
    local function session(who)
      local made = server:post(http.initialize(), headers[who])
      return { Authorization = headers[who].Authorization, ["Mcp-Session-Id"] = made.headers["mcp-session-id"] }
    end
    local ping = { jsonrpc = "2.0", id = 1, method = "ping" }
    local first, second, third, others = session "one", session "one", session "one", session "two"
    assert.same({ 404, 200, 200, 200 }, { server:post(ping, first).status, server:post(ping, second).status,
      server:post(ping, third).status, server:post(ping, others).status })
  end)

  it("a task is of the key that began it", function()
    local server, headers = serve { one = "read", other = "read" }
    local capabilities = { extensions = { ["io.modelcontextprotocol/tasks"] = {} } }
    local function ask(method, params, who, name)
      local message = { jsonrpc = "2.0", id = 1, method = method, params = host.modern(params,
        { ["io.modelcontextprotocol/clientCapabilities"] = capabilities }) }
      return server:post(message, { Authorization = headers[who].Authorization, ["Mcp-Method"] = method, ["Mcp-Name"] = name,
        ["MCP-Protocol-Version"] = host.modern_revision })
    end
    local id = ask("tools/call", { name = "later" }, "one", "later").json.result.taskId
    assert.equal("working", ask("tasks/get", { taskId = id }, "one", id).json.result.status)
    assert.equal(-32602, ask("tasks/get", { taskId = id }, "other", id).json.error.code)
    assert.equal(-32602, ask("tasks/cancel", { taskId = id }, "other", id).json.error.code)
  end)

  it("a revoked key is refused 10 ms later", function()
    local server, headers, place = serve { one = "read", two = "read" }
    assert.equal(200, call(server, headers.one).status)
    assert.equal(0, host.run { args = { "key", "revoke", "one", "--state", place:path "state" } }.code)
    loop.sleep(0.02)
    assert.equal(401, call(server, headers.one).status)
    assert.equal(200, call(server, headers.two).status)
  end)

  it("the streams of a revoked key are closed, and its sessions forgotten", function()
    local server, headers, place = serve({ one = "read", two = "read" }, { "--limit", "keep_alive=0.3" })
    local function listen(who)
      local message, own = http.modern("subscriptions/listen", { notifications = {} })
      own.Authorization = headers[who].Authorization
      return server:open("POST", own, message)
    end
    local function get(who)
      local made = server:post(http.initialize(), headers[who])
      return server:open("GET", { Authorization = headers[who].Authorization, ["Mcp-Session-Id"] = made.headers["mcp-session-id"] })
    end
    local listens, gets, others = listen "one", get "one", get "two"
    assert.equal(0, host.run { args = { "key", "revoke", "one", "--state", place:path "state" } }.code)
    for _, stream in ipairs { listens, gets } do
      assert.truthy(loop.wait(host.patience, function() return stream.received:find "\r\n0\r\n\r\n$" end))
    end
    local metrics = server:ask("GET", {}, nil, "/metrics").body
    assert.matches("\nhatchway_http_streams 1\n", metrics)
    assert.matches("\nhatchway_sessions 1\n", metrics)
    assert.is_nil(others.received:find "\r\n0\r\n\r\n$")
  end)

  it("nobody is let in once the last one is revoked, at the next start neither", function()
    local _, headers, place = serve { one = "read" }
    assert.equal(0, host.run { args = { "key", "revoke", "one", "--state", place:path "state" } }.code)
    local again = http.serve { pack = packs.write(PACK), args = { "--state", place:path "state" } }
    assert.same({ 401, 401 }, { call(again, headers.one).status, call(again).status })
    local open = http.serve { pack = packs.write(PACK), args = { "--state", place:path "state", "--insecure" } }
    assert.equal(200, call(open).status)
  end)

  it("a server that cannot read them lets nobody in, on this machine neither", function()
    local _, _, place = serve { one = "read" }
    os.execute("chmod 644 " .. place:path "state/hatchway.db")
    local run = host.run { args = { "serve", "tests/fixture", "--http", "127.0.0.1:0", "--state", place:path "state" } }
    assert.equal(1, run.code)
    assert.matches("run: chmod 600 " .. place:path "state/hatchway.db", run.stderr, 1, true)
    assert.matches("--insecure lets everybody in", run.stderr, 1, true)
  end)

  it("one calls so often a minute, and is told when the next call is let through", function()
    local server, headers = serve({ one = "read", two = "read" }, { "--rate", "60:2" })
    assert.same({ 200, 200 }, { call(server, headers.one).status, call(server, headers.one).status })
    local refused = call(server, headers.one)
    assert.same({ 429, "1" }, { refused.status, refused.headers["retry-after"] })
    assert.equal("too many calls; Retry-After says when the next one is let through", refused.json.error.message)
    assert.equal(200, server:modern("tools/list", nil, headers.one).status)
    assert.equal(200, call(server, headers.two).status)
  end)
end)

describe("a call that counts", function()
  for method, params in pairs {
    ["tools/call"] = { name = "look" }, ["resources/read"] = { uri = "x://y" }, ["prompts/get"] = { name = "x" },
    ["completion/complete"] = {}, ["resources/subscribe"] = { uri = "x://y" }, ["tasks/update"] = { taskId = "x" },
    ["subscriptions/listen"] = { notifications = {} },
  } do
    it("is " .. method, function()
      local server, headers = serve({ one = "read" }, { "--rate", "60:1" })
      local made = server:post(http.initialize(), headers.one)
      headers.one["Mcp-Session-Id"] = made.headers["mcp-session-id"]
      local message = { jsonrpc = "2.0", id = 1, method = method, params = params }
      assert.equal(200, server:post(message, headers.one).status)
      assert.equal(429, server:post(message, headers.one).status)
    end)
  end
end)

describe("with an issuer of tokens", function()
  local place, server, key

  -- A JWT (RFC 7519) signed with RS256.
  local function signed(claims)
    local all = { iss = "https://issuer.example", aud = "https://mcp.example/mcp", sub = "ann", scope = "read",
      exp = os.time() + 600 }
    for name, value in pairs(claims) do all[name] = value or nil end
    local text = token.base64url(cjson.encode { alg = "RS256", typ = "at+jwt" }) .. "." .. token.base64url(cjson.encode(all))
    place:write("text", text)
    local pipe <close> = assert(io.popen(("openssl dgst -sha256 -sign %s %s"):format(key, place:path "text")))
    return { Authorization = "Bearer " .. text .. "." .. token.base64url(pipe:read "a") }
  end

  setup(function()
    place = home.new()
    key = place:path "key.pem"
    assert(os.execute(("openssl genrsa -out %s 2048 2>/dev/null && openssl rsa -in %s -pubout -out %s 2>/dev/null")
      :format(key, key, place:path "public.pem")))
    server = http.serve { pack = packs.write(PACK), args = {
      "--state", place:path "state", "--access", "destroy", "--jwt-issuer", "https://issuer.example",
      "--jwt-audience", "https://mcp.example/mcp", "--jwt-key", place:path "public.pem", "--limit", "keep_alive=0.3",
    } }
  end)

  it("tells where tokens are had", function()
    for _, path in ipairs { "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource" } do
      local answer = server:ask("GET", {}, nil, path)
      assert.same({ 200, "application/json", "*" },
        { answer.status, answer.headers["content-type"], answer.headers["access-control-allow-origin"] })
      assert.same({
        resource = "https://mcp.example/mcp", authorization_servers = { "https://issuer.example" },
        scopes_supported = { "read", "write", "destroy" }, bearer_methods_supported = { "header" },
        resource_name = "spec",
      }, answer.json)
    end
    local none = call(server)
    assert.same({ 401, 'Bearer scope="read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"' },
      { none.status, none.headers["www-authenticate"] })
  end)

  it("lets in whoever has one", function()
    assert.equal(200, call(server, signed {}).status)
    assert.equal(403, call(server, signed {}, "change").status)
    assert.equal(200, call(server, signed { scope = "write" }, "change").status)
  end)

  it("lets in nobody else", function()
    for what, claims in pairs {
      issuer = { iss = "https://other.example" }, audience = { aud = "https://other.example/mcp" },
      ["its end"] = { exp = os.time() - 120 }, ["its beginning"] = { nbf = os.time() + 600 },
    } do
      local answer = call(server, signed(claims))
      assert.same({ 401, what }, { answer.status, what })
      assert.matches('error="invalid_token"', answer.headers["www-authenticate"], 1, true)
    end
  end)

  it("a token that ends closes its stream; whoever comes back with a new one hears the rest", function()
    local brief, lasting = signed { exp = os.time() - 58 }, signed {} -- a minute of grace
    local id = server:post(http.initialize(), brief).headers["mcp-session-id"]
    local first = server:open("POST", { Authorization = brief.Authorization, ["Mcp-Session-Id"] = id },
      http.call(1, "long", nil, { progressToken = 1 }))
    local last
    while true do
      local event = first:event()
      if not event then break end
      assert.is_nil(event.json and event.json.result)
      last = event.id
    end
    local again = server:open("GET", { Authorization = lasting.Authorization, ["Mcp-Session-Id"] = id, ["Last-Event-ID"] = last })
    assert.equal("at last", again:event().json.result.content[1].text)
  end)
end)

describe("beyond this machine", function()
  local function refused(...)
    local run = host.run { args = { "serve", "tests/fixture", "--state", home.new():path "state", ... } }
    assert.equal(1, run.code)
    return run.stderr
  end
  local WHY = ": beyond this machine anybody could call. Make a key (hatchway key create NAME), or name an issuer of tokens "
    .. "(--jwt-issuer); --insecure lets everybody in\n"

  it("a server without keys and issuers does not listen", function()
    assert.equal("hatchway: --http 0.0.0.0" .. WHY, refused("--http", "0.0.0.0:0"))
  end)

  it("nor one that a proxy in front makes known under a name", function()
    assert.equal("hatchway: --allow-host mcp.example.com" .. WHY,
      refused("--http", "127.0.0.1:0", "--allow-host", "mcp.example.com"))
  end)

  it("nor one whose keys cannot be read", function()
    local place = home.new()
    host.run { args = { "key", "create", "one", "--state", place:path "state" } }
    assert(os.execute("chmod 644 " .. place:path "state/hatchway.db"))
    local run = host.run { args = { "serve", "tests/fixture", "--state", place:path "state", "--http", "127.0.0.1:0",
      "--allow-host", "mcp.example.com" } }
    assert.same({ 1, ("hatchway: other users may read %s; run: chmod 600 %s\n")
      :format(place:path "state/hatchway.db", place:path "state/hatchway.db") }, { run.code, run.stderr })
  end)
end)
