-- nginx and Caddy in front, configured as docs/guides/network.md says: what has to come through them does.
local cjson = require "cjson"
local home = require "tests.support.home"
local host = require "tests.support.host"
local http = require "tests.support.http"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"
local proxy = require "tests.support.proxy"

local NAME = "mcp.example.com"

local PACK = {
  ["tools/x.lua"] = [[
    local t = require "hatchway.types"
    tool "look" { title = "T", about = "T.", access = "read", run = function() return "seen" end }
    tool "size" { title = "T", about = "T.", access = "read", input = { text = t.string { "T", max = 10000000 } },
      run = function(args) return { size = #args.text } end }
    tool "slow" { title = "T", about = "T.", access = "read", run = function() hatchway.sleep(10) return "slept" end }
    tool "steps" { title = "T", about = "T.", access = "read", run = function()
      for i = 1, 3 do hatchway.progress(i, 3) hatchway.sleep(0.2) end
      return "done"
    end }
    tool "wait" { title = "T", about = "T.", access = "read", run = function()
      hatchway.progress(1, 2)
      hatchway.sleep(25)
    end }
    tool "tell" { title = "T", about = "T.", access = "read", run = function() hatchway.updated "shop://x" return "told" end }
    resource "shop://x" { name = "x", about = "X.", watch = true, run = function() return "x" end }
  ]],
}

-- A server with one key, and the headers of whoever has it.
local function serve(args, state)
  local place = state or home.new()
  local headers = place.headers
  if not headers then
    local made = host.run { args = { "key", "create", "one", "--state", place:path "state" } }
    headers = { Authorization = "Bearer " .. assert(made.stdout:match "hw_%S+", made.stderr) }
    place.headers = headers
  end
  local all = { "--state", place:path "state", "--allow-host", NAME, "--rate", "0" }
  table.move(args or {}, 1, #(args or {}), #all + 1, all)
  return http.serve { pack = packs.write(PACK), args = all }, headers, place
end

local function with(...)
  local all = {}
  for _, more in ipairs { ... } do
    for name, value in pairs(more) do all[name] = value end
  end
  return all
end

-- What requests of a new session carry.
local function session_of(front, headers)
  return with(headers, { ["Mcp-Session-Id"] = assert(front:post(http.initialize(), headers).headers["mcp-session-id"]) })
end

-- Waits for what the server has done with all calls of that tool so far.
local function log_of(server, tool)
  local found
  server.process:await(nil, "line of " .. tool, function()
    for _, line in ipairs(server.process:decoded_log()) do
      if line.event == "call" and line.tool == tool then found = line end
    end
    return found
  end)
  return found
end

for _, kind in ipairs { "nginx", "caddy" } do
  describe("behind " .. kind, function()
    local server, headers, front, p
    setup(function()
      server, headers = serve()
      p = proxy[kind](proxy.block(kind), { [8765] = server.port })
      front = http.at(p.port, NAME)
    end)

    it("a modern call is answered", function()
      local answer = front:modern("tools/call", { name = "look" }, headers)
      assert.same({ 200, "seen" }, { answer.status, answer.json.result.content[1].text })
    end)

    it("so it is over HTTP/2 and TLS", function()
      local message, own = http.modern("tools/call", { name = "look" })
      local words = { "curl -sS --http2 -w '\\n%{http_version} %{http_code}' --cacert", p.ca_file,
        ("--connect-to %s:443:127.0.0.1:%d https://%s/mcp -H 'Content-Type: application/json'"):format(NAME, p.tls_port, NAME),
        ("-d '%s'"):format(cjson.encode(message)) }
      for name, value in pairs(with(own, headers)) do words[#words + 1] = ("-H '%s: %s'"):format(name, value) end
      local pipe <close> = assert(io.popen(table.concat(words, " ")))
      local body, version = pipe:read "a":match "^(.*)\n(.-)$"
      assert.equal("2 200", version)
      assert.equal("seen", cjson.decode(body).result.content[1].text)
    end)

    it("a session is begun, used and ended", function()
      local session = session_of(front, headers)
      assert.equal("seen", front:post(http.call(1, "look"), session).json.result.content[1].text)
      assert.equal(204, front:ask("DELETE", session).status)
      assert.equal(404, front:post(http.call(2, "look"), session).status)
    end)

    it("events come as they happen, and whoever comes back hears what they have missed", function()
      local session = session_of(front, headers)
      local c = front:open("POST", session, http.call(1, "steps", nil, { progressToken = "t" }))
      assert.equal("text/event-stream", c.begun.headers["content-type"])
      c:event() -- the empty one
      local first = c:event()
      assert.equal(1, first.json.params.progress)
      assert.is_nil(c.received:find "done", "it was gathered")
      c:close()
      local again = front:open("GET", with(session, { ["Last-Event-ID"] = first.id }))
      assert.equal(2, again:event().json.params.progress)
      assert.equal(3, again:event().json.params.progress)
      assert.equal("done", again:event().json.result.content[1].text)
    end)

    it("a modern client that leaves cancels its call", function()
      local message, own = http.modern("tools/call", { name = "wait" })
      message.params._meta.progressToken = "t"
      local c = front:open("POST", with(own, headers), message)
      c:event()
      c:close()
      assert.equal("cancelled", log_of(server, "wait").error)
    end)

    it("a large message comes whole", function()
      local text = ("x"):rep(3000000)
      local answer = front:modern("tools/call", { name = "size", arguments = { text = text } }, headers)
      assert.equal(3000000, answer.json.result.structuredContent.size)
    end)

    it("who has no key is told so", function()
      local answer = front:modern("tools/call", { name = "look" })
      assert.same({ 401, 'Bearer scope="read"' }, { answer.status, answer.headers["www-authenticate"] })
    end)

    it("a page of that name may call, another one not", function()
      local function status(origin)
        return front:modern("tools/call", { name = "look" }, with(headers, { Origin = origin })).status
      end
      assert.same({ 200, 403 }, { status("https://" .. NAME), status "https://evil.example" })
    end)

    it("metrics and health are not for the network", function()
      for _, path in ipairs { "/metrics", "/healthz", "/" } do assert.equal(404, front:ask("GET", {}, nil, path).status) end
    end)
  end)
end

describe("a stream on which nothing happens for 10 seconds", function()
  local server, headers, front
  setup(function()
    server, headers = serve { "--limit", "keep_alive=1" }
    local hasty = { ["proxy_read_timeout 75s"] = "proxy_read_timeout 3s" }
    front = http.at(proxy.nginx(proxy.block "nginx", { [8765] = server.port }, hasty).port, NAME)
  end)

  it("of a call is kept, by a proxy that gives up after 3", function()
    local message, own = http.modern("tools/call", { name = "slow" })
    local c = front:open("POST", with(own, headers), message)
    assert.same({ 200, "text/event-stream" }, { c.begun.status, c.begun.headers["content-type"] })
    loop.wait(20, function() return c.received:find '"id":1' end)
    assert.equal("slept", c:event().json.result.content[1].text)
  end)

  it("of a session is kept, too, and carries what happens then", function()
    local session = session_of(front, headers)
    local subscribe = { jsonrpc = "2.0", id = 1, method = "resources/subscribe", params = { uri = "shop://x" } }
    assert.equal(200, front:post(subscribe, session).status)
    local c = front:open("GET", session)
    c:event() -- the empty one
    loop.sleep(10)
    front:post(http.call(2, "tell"), session)
    assert.equal("notifications/resources/updated", c:event().json.method)
  end)
end)

describe("two processes behind one address", function()
  local first, second, headers, place, front
  setup(function()
    first, headers, place = serve()
    second = serve(nil, place)
    front = http.at(proxy.nginx(proxy.block("nginx", 2), { [8765] = first.port, [8766] = second.port }).port, NAME)
  end)

  it("the sessions of a key stay with one of them", function()
    for _ = 1, 5 do
      local session = session_of(front, headers)
      for i = 1, 5 do assert.equal(200, front:post(http.call(i, "look"), session).status) end
    end
  end)

  it("a modern call is answered by the other when one has ended", function()
    for _, own in ipairs { first, second } do
      assert.equal(200, front:modern("tools/call", { name = "look" }, headers).status)
      if own == first then
        own.process:signal "sigterm"
        assert.equal(0, (own.process:exit()))
      end
    end
  end)
end)
