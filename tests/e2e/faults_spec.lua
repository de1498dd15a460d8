-- An upstream that misbehaves: each fault gives one clear error within the deadline, and the server goes on.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local packs = require "tests.support.packs"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local pack = {
  ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }',
  ["tools/requests.lua"] = [[
    local t = require "hatchway.types"
    tool "get" { title = "Get", about = "A read.", access = "read",
      run = function() return hatchet.get("/api/v1/tenants/{tenant}/workflows") end }
    tool "forward" { title = "Forward", about = "A read that is passed on.", access = "read",
      run = function() return hatchet.forward("/api/v1/tenants/{tenant}/workflows") end }
    tool "get_once" { title = "Get once", about = "A read without retries.", access = "read",
      run = function() return hatchet.get("/api/v1/tenants/{tenant}/workflows", nil, { retry = false }) end }
    tool "patch" { title = "Patch", about = "A write.", access = "write",
      run = function() return { echo = hatchet.patch("/api/v1/workflows/{id}", { id = "x" }, { a = 1 }) or "none" } end }
    tool "patch_twice" { title = "Patch twice", about = "A write that may be done twice.", access = "write", idempotent = true,
      run = function() return { echo = hatchet.patch("/api/v1/workflows/{id}", { id = "x" }, { a = 1 }) or "none" } end }
  ]],
}

-- A server before an upstream with this answer: the session, and the engine.
local function before(answer, ...)
  local engine = upstream.start(answer)
  return packs.start(pack, { upstream = engine, args = { "--access", "destroy", ... } }), engine
end

-- Calls the tool and gives the error: its sentence and the table in _meta. The server must still answer.
local function fault(s, tool, timeout)
  local result = s:call(tool, nil, { timeout = timeout })
  assert.is_true(result.isError)
  assert.same({}, s:request("ping").result)
  return result.content[1].text:match "^[^\n]*", result._meta["hatchway/error"]
end

local function with_status(status, headers)
  return answers.plain(status, '{"errors":[{"description":"as the test wants"}]}', headers)
end

describe("a request", function()
  it("carries the token, and says who asks and for what", function()
    local s, engine = before(answers.recorded())
    assert.is_nil(s:call("get").isError)
    local request = engine.requests[1]
    assert.equal("GET", request.method)
    assert.equal("/api/v1/tenants/" .. tokens.tenant .. "/workflows", request.path)
    assert.equal("Bearer " .. tokens.token { server_url = engine.url }, request.headers.authorization)
    assert.equal("application/json", request.headers.accept)
    assert.truthy(request.headers["user-agent"]:match "^hatchway/")
    assert.is_nil(request.headers["content-type"])
    assert.equal("", request.body)
  end)

  it("with a body says that it is JSON", function()
    local s, engine = before(answers.plain(200, "{}"))
    s:call "patch"
    assert.equal("PATCH", engine.requests[1].method)
    assert.equal('{"a":1}', engine.requests[1].body)
    assert.equal("application/json", engine.requests[1].headers["content-type"])
  end)

  it("uses the connection of the last one", function()
    local s, engine = before(answers.recorded())
    for _ = 1, 5 do s:call "get" end
    assert.equal(5, #engine.requests)
    assert.equal(1, #engine.connections)
  end)
end)

describe("an upstream", function()
  -- A server for a tenant at this address.
  local function at(url)
    return packs.start(pack, { env = { HATCHET_CLIENT_TOKEN = tokens.token { server_url = url } },
      args = { "--limit", "deadline=2" } })
  end

  it("that refuses connections", function()
    local s = at(upstream.nowhere())
    local text, err = fault(s, "get")
    assert.truthy(text:find("the connection was refused", 1, true), text)
    assert.same({ "refused", "unknown", true }, { err.code, err.kind, err.retryable })
    assert.is_nil(err.status)
  end)

  it("whose name does not exist", function()
    local s = at "https://nowhere.invalid"
    local text, err = fault(s, "get")
    assert.truthy(text:find("https://nowhere.invalid", 1, true), text)
    assert.equal("unreachable", err.code)
  end)

  it("that takes the request and never answers", function()
    local s = before(answers.stall(), "--limit", "deadline=1")
    local _, err = fault(s, "get")
    assert.equal("timeout", err.code)
  end)

  it("that stalls in the middle of the body", function()
    local s = before(answers.stall_in_body(), "--limit", "deadline=1")
    local _, err = fault(s, "get")
    assert.equal("timeout", err.code)
  end)

  it("that answers too late", function()
    local s = before(answers.late(5, answers.recorded()), "--limit", "deadline=1")
    local _, err = fault(s, "get", 3)
    assert.equal("timeout", err.code)
  end)

  it("that never answers on a connection that was used before", function()
    local s = before(answers.sequence(answers.recorded(), answers.stall()), "--limit", "deadline=1")
    s:call "get"
    local _, err = fault(s, "get")
    assert.equal("timeout", err.code)
  end)

  it("that is slow, but in time, is waited for", function()
    local s = before(answers.drip(20000, 1))
    assert.is_nil(s:call("get").isError)
  end)

  it("that hangs up in the middle of the body", function()
    local s, engine = before(answers.truncated(), "--limit", "deadline=3")
    local text, err = fault(s, "get")
    assert.truthy(text:find("broke before the answer was complete", 1, true), text)
    assert.equal("truncated", err.code)
    assert.truthy(#engine.requests > 1)
  end)

  it("that hangs up before it answers", function()
    local s = before(answers.reset(), "--limit", "deadline=3")
    local _, err = fault(s, "get")
    assert.equal("truncated", err.code)
  end)

  for _, framing in ipairs { "length", "chunked", "close" } do
    it(("that sends 100 MB (%s) is cut off at the ceiling"):format(framing), function()
      local s, engine = before(answers.huge(100 * 1000 * 1000, framing), "--limit", "upstream_max=1MB")
      local text, err = fault(s, "get")
      assert.equal("too_large", err.code)
      assert.truthy(text:find("larger than the ceiling", 1, true), text)
      assert.truthy(err.hint:find("upstream_max", 1, true))
      assert.equal(1, #engine.requests)
      assert.truthy((engine.requests[1].sent or 0) < 50 * 1000 * 1000)
    end)
  end

  for name, body in pairs { ["HTML"] = "<html>Welcome</html>", ["cut-off JSON"] = '{"rows":[',
    ["bytes that are no UTF-8"] = '{"a":"\xff"}', ["nothing"] = "" } do
    it(("that sends %s instead of JSON"):format(name), function()
      local s, engine = before(answers.plain(200, body))
      for _, tool in ipairs { "get", "forward" } do
        local text, err = fault(s, tool)
        assert.equal("invalid_json", err.code)
        assert.truthy(text:find("is not JSON", 1, true), text)
      end
      assert.equal(2, #engine.requests)
    end)
  end

  it("that does not speak HTTP", function()
    local s = before(function(exchange)
      exchange:send "220 mail.example.com ESMTP\r\n"
      exchange:hang_up()
    end)
    local _, err = fault(s, "get")
    assert.truthy(err.code == "protocol" or err.code == "truncated", err.code)
  end)

  it("that redirects to another host does not get the token there", function()
    local other = upstream.start(answers.recorded())
    for _, status in ipairs { 301, 302, 307, 308 } do
      local s = before(answers.redirect(other.url, status))
      local text, err = fault(s, "get")
      assert.equal("redirect", err.code)
      assert.truthy(text:find("redirect", 1, true), text)
    end
    assert.equal(0, #other.connections)
  end)
end)

describe("a status", function()
  for name, case in pairs {
    ["400"] = { code = "invalid", kind = "validation_error", requests = 1 },
    ["401"] = { code = "unauthorized", kind = "unauthorized", requests = 1 },
    ["403"] = { code = "unauthorized", kind = "unauthorized", requests = 1 },
    ["404"] = { code = "not_found", kind = "not_found", requests = 1 },
    ["409"] = { code = "conflict", kind = "conflict", requests = 1 },
    ["418"] = { code = "http", kind = "unknown", requests = 1 },
    ["500"] = { code = "server_error", kind = "server_error", requests = 2 },
    ["501"] = { code = "server_error", kind = "server_error", requests = 1 },
  } do
    it(("%s is %s, after %d request(s)"):format(name, case.code, case.requests), function()
      local s, engine = before(with_status(math.tointeger(name)))
      local text, err = fault(s, "get")
      assert.same({ case.code, case.kind, math.tointeger(name) }, { err.code, err.kind, err.status })
      assert.truthy(text:find("Hatchet answered " .. name, 1, true), text)
      assert.truthy(text:find("as the test wants", 1, true), text)
      assert.equal(case.requests, #engine.requests)
    end)
  end

  it("429 is waited for as long as Retry-After says", function()
    local s, engine = before(answers.sequence(answers.refusal(429, nil, { { "Retry-After", "1" } }), answers.recorded()))
    assert.is_nil(s:call("get").isError)
    assert.equal(2, #engine.requests)
  end)

  it("429 whose Retry-After is beyond the deadline is told at once", function()
    local s, engine = before(with_status(429, { { "Retry-After", "3600" } }))
    local _, err = fault(s, "get")
    assert.same({ "rate_limited", 429, true }, { err.code, err.status, err.retryable })
    assert.equal(1, #engine.requests)
  end)

  for _, status in ipairs { 502, 503, 504 } do
    it(("%d and then 200 is a success"):format(status), function()
      local s, engine = before(answers.sequence(with_status(status, { { "Retry-After", "0" } }), answers.recorded()))
      assert.is_nil(s:call("get").isError)
      assert.equal(2, #engine.requests)
    end)
  end

  it("503 for good is told after four attempts", function()
    local s, engine = before(with_status(503, { { "Retry-After", "0" } }))
    local text, err = fault(s, "get")
    assert.truthy(text:find("after 4 attempts", 1, true), text)
    assert.same({ "server_error", 503, true }, { err.code, err.status, err.retryable })
    assert.equal(4, #engine.requests)
  end)

  it("500 and then 200 is a success for a read", function()
    local s, engine = before(answers.sequence(answers.refusal(500), answers.recorded()))
    assert.is_nil(s:call("get").isError)
    assert.equal(2, #engine.requests)
  end)

  it("is not tried again when the script says so", function()
    local s, engine = before(with_status(503, { { "Retry-After", "0" } }))
    fault(s, "get_once")
    assert.equal(1, #engine.requests)
  end)
end)

describe("a write", function()
  for name, answer in pairs {
    ["answered 503"] = with_status(503, { { "Retry-After", "0" } }),
    ["answered 500"] = with_status(500),
    ["whose connection was reset"] = answers.reset(),
  } do
    it(("%s is not sent again: it may have been done"):format(name), function()
      local s, engine = before(answer)
      local _, err = fault(s, "patch")
      assert.is_false(err.retryable)
      assert.truthy(err.hint:find("may have been made", 1, true), err.hint)
      assert.equal(1, #engine.requests)
    end)
  end

  it("is not sent again when the connection that it came on was used before", function()
    local s, engine = before(answers.by_method { GET = answers.recorded(), PATCH = answers.reset() })
    for _ = 1, 5 do
      s:call "get"
      fault(s, "patch")
    end
    local patches = 0
    for _, request in ipairs(engine.requests) do
      patches = patches + (request.method == "PATCH" and 1 or 0)
    end
    assert.equal(5, patches)
  end)

  it("that is idempotent is sent again", function()
    local s, engine = before(answers.sequence(with_status(503, { { "Retry-After", "0" } }), answers.plain(200, "{}")))
    assert.is_nil(s:call("patch_twice").isError)
    assert.equal(2, #engine.requests)
  end)

  it("that was turned away with 429 is sent again", function()
    local s, engine = before(answers.sequence(with_status(429, { { "Retry-After", "0" } }), answers.plain(200, "{}")))
    assert.is_nil(s:call("patch").isError)
    assert.equal(2, #engine.requests)
  end)

  for name, answer in pairs {
    ["too large"] = answers.plain(200, '{"a":"' .. ("x"):rep(2000000) .. '"}'),
    ["no JSON"] = answers.plain(200, "done!"),
    ["empty"] = answers.plain(204),
    ["broken off"] = answers.truncated(),
  } do
    it(("whose echo is %s is done all the same"):format(name), function()
      local s, engine = before(answer, "--limit", "upstream_max=1MB")
      assert.same({ echo = "none" }, s:call("patch").structuredContent)
      assert.equal(1, #engine.requests)
    end)
  end
end)

describe("a token that is refused", function()
  local function refusal(comment, claims)
    local engine = upstream.start(answers.refusal(403, comment))
    claims.server_url = engine.url
    local s = packs.start(pack, { env = { HATCHET_CLIENT_TOKEN = tokens.token(claims) } })
    local text, err = fault(s, "get")
    assert.same({ "unauthorized", 403, 1 }, { err.code, err.status, #engine.requests })
    assert.truthy(text:find("Hatchet answered 403: Please provide valid credentials", 1, true), text)
    return err.hint
  end

  it("because it has expired is told with the date", function()
    assert.truthy(refusal("expired token", { exp = 1735689600 }):find("The token expired on 2025-01-01T00:00:00Z", 1, true))
  end)

  for _, comment in ipairs { "revoked token", "foreign token" } do
    it(("(%s) is told what it may be"):format(comment), function()
      local hint = refusal(comment, {})
      assert.truthy(hint:find("revoked", 1, true), hint)
      assert.truthy(hint:find("valid until 2100-01-01", 1, true), hint)
    end)
  end
end)

describe("a call that is cancelled", function()
  it("closes its connection", function()
    local s, engine = before(answers.stall())
    local id = s:send("tools/call", { name = "get" })
    engine:request(1)
    s:notify("notifications/cancelled", { requestId = id })
    assert.is_true(engine:closed(1, 5))
    assert.same({}, s:request("ping").result)
  end)

  it("while it waits to try again sends nothing more", function()
    local s, engine = before(with_status(503))
    local id = s:send("tools/call", { name = "get" })
    engine:request(1)
    s:notify("notifications/cancelled", { requestId = id })
    s:silence(1.5)
    assert.equal(1, #engine.requests)
  end)
end)

describe("the end of the input", function()
  it("waits for a write that was sent", function()
    local s, engine = before(answers.late(3, answers.plain(200, '{"ok":true}')))
    local id = s:send("tools/call", { name = "patch" })
    engine:request(1)
    s:close_input()
    assert.same({ echo = { ok = true } }, s:wait(id).result.structuredContent)
    assert.equal(0, s:exit(5))
  end)

  it("does not wait for a read", function()
    local s, engine = before(answers.stall())
    s:send("tools/call", { name = "get" })
    engine:request(1)
    s:close_input()
    assert.equal(0, s:exit(5))
    assert.equal(1, #s.received)
  end)
end)

describe("limits", function()
  it("no more than 16 requests of a call are out at once", function()
    local engine = upstream.start(answers.stall())
    local s = packs.tool([[
      local all = {}
      for i = 1, 30 do
        all["r" .. i] = function() return hatchet.get("/api/v1/workflows/{id}", { id = i }) end
      end
      hatchway.all(all)
    ]], { upstream = engine, files = { ["pack.lua"] = pack["pack.lua"] } })
    s:send("tools/call", { name = "t" })
    engine:request(16)
    s:silence(0.3)
    assert.equal(16, #engine.requests)
  end)
end)

describe("the token", function()
  it("is in no answer, log or error, though the upstream sends it back", function()
    local token
    local function echo(status)
      return function(exchange)
        local text = exchange.headers.authorization
        answers.plain(status, cjson.encode { message = text, half = text:sub(10, 90),
          errors = { { description = text } } })(exchange)
      end
    end
    for _, status in ipairs { 200, 400, 403, 500 } do
      local s, engine = before(echo(status), "--log-level", "debug")
      token = tokens.token { server_url = engine.url }
      for _, tool in ipairs { "get", "forward", "patch" } do s:call(tool) end
      local _, stderr = s:stop()
      local all = table.concat(s.received) .. stderr
      assert.truthy(all:find("***", 1, true))
      for i = 1, #token - 15 do
        assert.is_nil(all:find(token:sub(i, i + 15), 1, true))
      end
    end
  end)
end)
