-- HTTP itself: what is no message of MCP yet, bytes in odd pieces, limits, Host and Origin, the end.
local cjson = require "cjson"
local host = require "tests.support.host"
local http = require "tests.support.http"
local loop = require "tests.support.loop"

local server
setup(function() server = http.serve {} end)

local echo = http.modern("tools/call", { name = "echo", arguments = { text = "hi" } })
local _, echo_headers = http.modern("tools/call", { name = "echo" })

local function echo_request(more, body)
  local headers = {}
  for name, value in pairs(echo_headers) do headers[name] = value end
  for name, value in pairs(more or {}) do headers[name] = value end
  return server:request("POST", headers, body or cjson.encode(echo))
end

local function is_echo(answer)
  assert.equal(200, answer.status)
  assert.same({ text = "hi" }, answer.json.result.structuredContent)
end

describe("paths and methods", function()
  it("/healthz says that the server is there", function()
    local answer = server:ask("GET", {}, nil, "/healthz")
    assert.same({ 200, "ok\n" }, { answer.status, answer.body })
  end)

  it("what is not there is 404", function()
    for _, path in ipairs { "/", "/mcp/", "/mcp/x", "/MCP", "//mcp", "/../mcp" } do
      assert.equal(404, server:ask("POST", {}, "{}", path).status)
    end
  end)

  it("a query does not matter", function() is_echo(server:ask("POST", echo_headers, cjson.encode(echo), "/mcp?a=b")) end)

  for _, method in ipairs { "PUT", "PATCH", "HEAD", "TRACE", "BREW" } do
    it(method .. " is not allowed", function()
      local c = server:connect():send(server:request(method))
      local answer = c:head()
      assert.same({ 405, "GET, POST, DELETE, OPTIONS" }, { answer.status, answer.headers.allow })
    end)
  end
end)

describe("a request", function()
  it("may come in small pieces", function()
    local c = server:connect()
    for piece in echo_request():gmatch "..?.?.?.?.?.?.?.?" do
      c:send(piece)
      loop.sleep(0.001)
    end
    is_echo(c:answer())
  end)

  it("may have a body in chunks", function()
    local text = cjson.encode(echo)
    local chunks = ("5\r\n%s\r\n%x;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n"):format(text:sub(1, 5), #text - 5, text:sub(6))
    local headers = { ["Content-Length"] = false, ["Transfer-Encoding"] = "chunked" }
    is_echo(server:connect():send(echo_request(headers, "") .. chunks):answer())
  end)

  it("may follow another before that is answered", function()
    local c = server:connect():send(echo_request():rep(20))
    for _ = 1, 20 do is_echo(c:answer()) end
  end)

  it("may follow one whose answer takes time", function()
    local slow, headers = http.modern("tools/call", { name = "count", arguments = { steps = 2 } })
    local c = server:connect():send(server:request("POST", headers, cjson.encode(slow)) .. echo_request())
    assert.same({ steps = 2 }, c:answer().json.result.structuredContent)
    is_echo(c:answer())
  end)

  it("may ask whether to go on", function()
    local head, body = echo_request({ Expect = "100-continue" }):match "^(.-\r\n\r\n)(.*)$"
    local c = server:connect():send(head)
    c:take "^HTTP/1.1 100 Continue\r\n\r\n"
    is_echo(c:send(body):answer())
  end)

  it("may come with its end (half-close) if its answer is there at once", function()
    local c = server:connect():send(echo_request())
    c:half_close()
    is_echo(c:answer())
    c:ended()
  end)

  local post = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
  for name, bytes in pairs {
    ["no HTTP"] = "hello\r\n\r\n",
    ["no version"] = "GET /healthz\r\n\r\n",
    ["a length that is no number"] = post .. "Content-Length: x\r\n\r\n",
    ["a negative length"] = post .. "Content-Length: -1\r\n\r\n",
    ["a chunk that is none"] = post .. "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ["zero bytes"] = ("\0"):rep(100) .. "\r\n\r\n",
  } do
    it("that is broken ends its connection alone: " .. name, function()
      local c = server:connect():send(bytes)
      c:half_close()
      assert.is_nil(c:ended():match "^HTTP/1.1 2")
      assert.equal(200, server:ask("GET", {}, nil, "/healthz").status)
    end)
  end

  for name, fields in pairs {
    ["two lengths"] = { ["Content-Length"] = { 2, 2 } },
    ["a length and chunks"] = { ["Content-Length"] = 2, ["Transfer-Encoding"] = "chunked" },
    ["chunks twice"] = { ["Content-Length"] = false, ["Transfer-Encoding"] = { "chunked", "chunked" } },
    ["another coding"] = { ["Content-Length"] = false, ["Transfer-Encoding"] = "gzip, chunked" },
    ["a length with a sign"] = { ["Content-Length"] = "+2" },
    ["no length in the field"] = { ["Content-Length"] = "" },
    ["a list of lengths"] = { ["Content-Length"] = "2, 2" },
  } do
    it("whose end is in doubt is refused, and what follows is not read: " .. name, function()
      local c = server:connect():send(echo_request(fields, "{}") .. echo_request())
      assert.equal(400, c:head().status)
      assert.is_nil(c:ended():find("HTTP/1.1 200", 1, true))
    end)
  end

  it("whose body is shorter than it says is never answered", function()
    local c = server:connect():send(echo_request({ ["Content-Length"] = 100000 }))
    c:half_close()
    assert.equal("", c:ended())
  end)
end)

describe("limits", function()
  local small
  setup(function()
    small = http.serve { args = { "--limit", "message_max=2000", "--limit", "head_max=4096" } }
  end)

  it("a body that says it is too long is refused before it is sent", function()
    local c = small:connect():send(small:request("POST", { ["Content-Length"] = 2001 }))
    assert.equal(413, c:head().status)
  end)

  it("a body that turns out to be too long is refused", function()
    local c = small:connect():send(small:request("POST", { ["Transfer-Encoding"] = "chunked" }))
    c:send(("7d0\r\n%s\r\n"):format((" "):rep(2000)) .. "1\r\n \r\n0\r\n\r\n")
    assert.equal(413, c:answer().status)
  end)

  it("a body without an end is cut off", function()
    local c = small:connect():send(small:request("POST", { ["Transfer-Encoding"] = "chunked" }))
    for _ = 1, 10 do c:send(("7d0\r\n%s\r\n"):format((" "):rep(2000))) end
    c:ended()
  end)

  it("a header that is too long is refused", function()
    local c = small:connect():send(small:request("GET", { ["X-Long"] = ("x"):rep(5000) }, nil, "/healthz"))
    assert.equal(431, c:head().status)
  end)

  it("a head or a body that does not come is given up, and an idle connection", function()
    local hurried = http.serve { args = { "--limit", "patience=1" } }
    local head = hurried:connect():send "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    local body = hurried:connect():send(hurried:request("POST", { ["Content-Length"] = 100 }) .. "{")
    local idle, silent = hurried:connect():send(hurried:request("GET", {}, nil, "/healthz")), hurried:connect()
    assert.equal(408, head:answer().status)
    assert.equal(408, body:answer().status)
    assert.equal(200, idle:answer().status)
    for _, c in ipairs { head, body, idle, silent } do c:ended() end
  end)

  it("more connections than there may be wait until others have left, even all at once", function()
    local own = http.serve { args = { "--limit", "connections=2" } }
    local first, second = own:connect(), own:connect()
    for _, c in ipairs { first, second } do
      c:send(own:request("GET", {}, nil, "/healthz"))
      assert.equal(200, c:answer().status)
    end
    local third = own:connect():send(own:request("GET", {}, nil, "/healthz"))
    first:close()
    second:close()
    assert.equal(200, third:answer().status)
  end)

  it("one address has so many connections", function()
    local open, few = {}, http.serve { args = { "--limit", "address_connections=5" } }
    for i = 1, 5 do
      open[i] = few:connect():send(few:request("GET", {}, nil, "/healthz"))
      open[i]:answer()
    end
    local more = few:connect():send(few:request("GET", {}, nil, "/healthz"))
    assert.equal("", more:ended())
    for _, c in ipairs(open) do c:close() end
  end)
end)

describe("Host and Origin", function()
  local function status(owner, host_name, origin, method)
    local body = method ~= "OPTIONS" and cjson.encode(http.initialize()) or nil
    local answer = owner:ask(method or "POST", { Host = host_name, Origin = origin or false }, body)
    return answer.status, answer
  end

  for _, name in ipairs { "localhost", "LocalHost:1", "127.0.0.1:8765", "[::1]:8765", "[::1]" } do
    it(("%s is this machine"):format(name), function() assert.equal(200, (status(server, name))) end)
  end

  for _, name in ipairs { "evil.example.com", "localhost.evil.com", "evil.com:8765", "127.0.0.1.nip.io", "[::2]", "0.0.0.0",
    "" } do
    it(("%q is not"):format(name), function() assert.equal(403, (status(server, name))) end)
  end

  it("Host stands there once", function()
    assert.equal(400, (status(server, { "localhost", "localhost" })))
    assert.equal(400, (status(server, false)))
  end)

  it("a page of this server may call", function()
    local code, answer = status(server, server.host, "http://" .. server.host)
    assert.equal(200, code)
    assert.equal("http://" .. server.host, answer.headers["access-control-allow-origin"])
    assert.equal("Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version", answer.headers["access-control-expose-headers"])
    assert.equal("Origin", answer.headers.vary)
  end)

  for _, origin in ipairs { "http://evil.example.com", "null", "http://localhost:1", "https://localhost.evil.com", "",
    "localhost", "file://", "http://evil.com, http://localhost" } do
    it(("a page of %q may not"):format(origin), function()
      local code, answer = status(server, server.host, origin)
      assert.equal(403, code)
      assert.same({ jsonrpc = "2.0", error = { code = -32600, message = "Origin not allowed" } }, answer.json)
      assert.is_nil(answer.headers["access-control-allow-origin"])
    end)
  end

  it("may send the fields that repeat arguments, as it asks for them, and no others that are unknown", function()
    local answer = server:ask("OPTIONS", { Origin = "http://" .. server.host,
      ["Access-Control-Request-Headers"] = "authorization, mcp-param-region,mcp-param-day , x-other, mcp-param-" })
    local allowed = answer.headers["access-control-allow-headers"]
    assert.equal(", mcp-param-region, mcp-param-day", allowed:match "Mcp%-Name(.*)$")
  end)

  it("those that are named may", function()
    local named = http.serve { args = { "--allow-origin", "https://app.example.com", "--allow-host", "mcp.example.com",
      "--insecure" } }
    assert.equal(200, (status(named, named.host, "https://app.example.com")))
    assert.equal(200, (status(named, "mcp.example.com")))
    assert.equal(403, (status(named, named.host, "http://app.example.com")))
    local code, answer = status(named, named.host, "https://app.example.com", "OPTIONS")
    assert.equal(204, code)
    assert.equal("https://app.example.com", answer.headers["access-control-allow-origin"])
    assert.truthy(answer.headers["access-control-allow-headers"]:find("Mcp-Session-Id", 1, true))
    assert.truthy(answer.headers["access-control-allow-methods"]:find("DELETE", 1, true))
    assert.equal(403, (status(named, named.host, "https://other.example.com", "OPTIONS")))
  end)
end)

describe("the end", function()
  it("comes at SIGTERM, when calls are answered and subscriptions closed", function()
    local own = http.serve {}
    local slow, headers = http.modern("tools/call", { name = "count", arguments = { steps = 3 } }, "slow")
    local call = own:connect():send(own:request("POST", headers, cjson.encode(slow)))
    local message, listen_headers = http.modern("subscriptions/listen", { notifications = { toolsListChanged = true } }, "listen")
    local listen = own:open("POST", listen_headers, message)
    listen:event()
    local session = own:session()
    local general = own:open("GET", session)
    local idle = own:connect():send(own:request("GET", {}, nil, "/healthz"))
    idle:answer()
    own.process:signal "sigterm"
    assert.same({ steps = 3 }, call:answer().json.result.structuredContent)
    assert.equal("listen", listen:event().json.id)
    assert.is_nil(listen:event())
    general:event()
    assert.is_nil(general:event())
    idle:ended()
    assert.equal(0, (own.process:exit()))
  end)

  it("comes at once at the second signal", function()
    local own = http.serve {}
    local message, headers = http.modern("tools/call", { name = "wait" })
    local c = own:connect():send(own:request("POST", headers, cjson.encode(message)))
    own:modern("tools/call", { name = "say" })
    own.process:signal "sigterm"
    own.process:await(nil, "the end", function() return own.process.child.stderr:find '"event":"end"' end)
    own.process:signal "sigterm"
    assert.equal(0, (own.process:exit()))
    c:ended()
  end)
end)

describe("--http", function()
  local function refused(...)
    local done = host.run { args = { "serve", "tests/fixture", ... } }
    return done.code, done.stderr
  end

  it("refuses what is no address", function()
    for _, value in ipairs { "localhost", "a:b", "127.0.0.1:70000", "::1:80", "/mcp", "1.2.3.4:" } do
      local code, text = refused("--http=" .. value)
      assert.equal(2, code)
      assert.equal(("hatchway: --http %s: give ADDRESS:PORT, as in 127.0.0.1:8765, [::1]:8765 or 8765\n"):format(value), text)
    end
  end)

  it("refuses a port that is taken", function()
    local code, text = refused("--http", "127.0.0.1:" .. server.port)
    assert.equal(1, code)
    assert.truthy(text:find("Address already in use", 1, true))
  end)

  it("does not listen beyond this machine unasked", function()
    local code, text = refused("--http", "0.0.0.0:0")
    assert.equal(1, code)
    assert.truthy(text:find("--insecure", 1, true))
  end)

  it("listens on IPv6, and beyond this machine with --insecure", function()
    for address, pattern in pairs { ["[::1]:0"] = "^http://%[::1%]:%d+/mcp$", ["0.0.0.0:0"] = "^http://0.0.0.0:%d+/mcp$" } do
      local own = http.serve { address = address, args = { "--insecure" } }
      assert.truthy(own.url:match(pattern))
    end
  end)
end)

describe("/metrics", function()
  local function metrics(own) return own:ask("GET", {}, nil, "/metrics") end

  it("counts calls, requests, streams and sessions", function()
    local own = http.serve {}
    own:modern("tools/call", { name = "echo", arguments = { text = "hi" } })
    own:modern("tools/call", { name = "echo", arguments = { text = 1 } })
    own:modern("tools/call", { name = "fail" })
    own:post(http.call(1, "say"), own:session())
    own:post(http.call(1, "say"))
    local stream = own:open("GET", own:session())
    local answer = metrics(own)
    assert.equal("text/plain; version=0.0.4; charset=utf-8", answer.headers["content-type"])
    for _, line in ipairs {
      'hatchway_build_info{version="0.1.0",pack="fixture"} 1',
      'hatchway_calls_total{kind="tool",name="echo",outcome="ok"} 1',
      'hatchway_calls_total{kind="tool",name="echo",outcome="validation_error"} 1',
      'hatchway_calls_total{kind="tool",name="fail",outcome="unknown"} 1',
      'hatchway_calls_total{kind="tool",name="say",outcome="ok"} 1',
      'hatchway_call_seconds_bucket{le="+Inf"} 4',
      "hatchway_call_seconds_count 4",
      "hatchway_upstream_requests_total 0",
      'hatchway_http_requests_total{status="200"} 7',
      'hatchway_http_requests_total{status="400"} 1',
      "hatchway_http_streams 1",
      "hatchway_sessions 2",
    } do
      assert.truthy(("\n" .. answer.body):find("\n" .. line .. "\n", 1, true), line .. " is not in\n" .. answer.body)
    end
    for name in answer.body:gmatch "\n([%w_]+)" do
      local family = name:gsub("call_seconds_%a+$", "call_seconds")
      assert.truthy(answer.body:find("# TYPE " .. family .. " ", 1, true))
    end
    stream:close()
  end)

  it("has the kinds of errors that there are, whatever a script calls them", function()
    local own = http.serve { pack = require "tests.support.packs".write { ["tools/x.lua"] = [[
      tool "odd" { title = "T", about = "T.", access = "read",
        run = function() error { code = "c", kind = 'a secret"} 1\nx', message = "m" } end }
    ]] } }
    own:modern("tools/call", { name = "odd" })
    assert.truthy(metrics(own).body:find('\nhatchway_calls_total{kind="tool",name="odd",outcome="unknown"} 1\n', 1, true))
  end)

  it("is not there beyond this machine unless it is wanted", function()
    assert.equal(404, metrics(http.serve { address = "0.0.0.0:0", args = { "--insecure" } }).status)
    assert.equal(404, metrics(http.serve { args = { "--insecure", "--allow-host", "mcp.example.com" } }).status)
    assert.equal(200, metrics(http.serve { address = "0.0.0.0:0", args = { "--insecure", "--metrics" } }).status)
  end)
end)

describe("TLS", function()
  local uv = require "luv"
  local folder
  setup(function()
    folder = assert(uv.fs_mkdtemp "/tmp/hatchway-tls-XXXXXX")
    assert(os.execute(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
      .. "-addext subjectAltName=DNS:localhost -keyout %s/key -out %s/cert 2>/dev/null"):format(folder, folder)))
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  local function refused(...)
    local done = host.run { args = { "serve", "tests/fixture", "--http", "127.0.0.1:0", ... } }
    assert.equal(1, done.code)
    return done.stderr
  end

  it("is spoken with a certificate and its key", function()
    local own = http.serve { args = { "--tls-cert", folder .. "/cert", "--tls-key", folder .. "/key" } }
    assert.equal("https://127.0.0.1:" .. own.port .. "/mcp", own.url)
    local out = io.popen(("curl -sS --cacert %s/cert https://localhost:%d/mcp -H 'Content-Type: application/json' -d '%s'")
      :format(folder, own.port, cjson.encode(http.initialize())))
    local answer = cjson.decode(out:read "a")
    out:close()
    assert.equal("fixture", answer.result.serverInfo.name)
    local plain = own:connect():send(own:request("GET", {}, nil, "/healthz"))
    assert.is_nil(plain:ended():match "HTTP/1.1 200")
  end)

  it("is 1.2 or 1.3", function()
    local own = http.serve { args = { "--tls-cert", folder .. "/cert", "--tls-key", folder .. "/key" } }
    local function agreed(version)
      local out = io.popen(("openssl s_client -connect 127.0.0.1:%d -%s -cipher 'ALL:@SECLEVEL=0' </dev/null 2>/dev/null")
        :format(own.port, version))
      local text = out:read "a"
      out:close()
      return not text:find("Cipher is (NONE)", 1, true)
    end
    assert.same({ false, false, true, true }, { agreed "tls1", agreed "tls1_1", agreed "tls1_2", agreed "tls1_3" })
  end)

  it("needs both, and what belongs together", function()
    assert.truthy(refused("--tls-cert", folder .. "/cert"):find("--tls-key is missing", 1, true))
    assert.truthy(refused("--tls-key", folder .. "/key"):find("--tls-cert is missing", 1, true))
    assert.truthy(refused("--tls-cert", folder .. "/none", "--tls-key", folder .. "/key"):find("cannot be read", 1, true))
    assert.truthy(refused("--tls-cert", folder .. "/key", "--tls-key", folder .. "/cert"):find("certificate and key", 1, true))
  end)
end)
