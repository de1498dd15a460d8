-- hatchet.*: what a script's request becomes on the wire, what comes back, and what the gate does not let out.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local manifest = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }'

-- Runs this code in a tool of that access: the result, and what the upstream saw. options: answer, prefix (of the address).
local function run(code, access, options)
  options = options or {}
  local engine = upstream.start(options.answer or answers.plain(200, "{}"))
  local s = packs.tool(code, {
    access = access,
    env = { HATCHET_CLIENT_TOKEN = tokens.token { server_url = engine.url .. (options.prefix or "") } },
    args = { "--access", "destroy", table.unpack(options.args or {}) },
    files = { ["pack.lua"] = manifest },
  })
  local result = s:call("t")
  return result, engine.requests, s
end

-- The one request that the code sends, as "GET /path?query".
local function sent(code, options)
  local result, requests = run(code .. ' return "done"', "destroy", options)
  assert.is_nil(result.isError, result.content[1].text)
  assert.equal(1, #requests)
  return requests[1].method .. " " .. requests[1].target, requests[1].body
end

describe("a request", function()
  for code, expected in pairs {
    ['hatchet.get("/api/v1/workers/{id}", { id = "a b?d#e" })'] = "GET /api/v1/workers/a%20b%3Fd%23e",
    ['hatchet.get("/api/v1/workers/{id}", { id = "schön:1" })'] = "GET /api/v1/workers/sch%C3%B6n:1",
    ['hatchet.get("/api/v1/workers/{id}", { id = 7 })'] = "GET /api/v1/workers/7",
    ['hatchet.get("/api/v1/tenants/{tenant}/x")'] = "GET /api/v1/tenants/" .. tokens.tenant .. "/x",
    ['hatchet.get("/api/v1/x", { b = 2, a = "1&2=3", c = true })'] = "GET /api/v1/x?a=1%262%3D3&b=2&c=true",
    ['hatchet.get("/api/v1/x", { s = { "FAILED", "QUEUED" }, none = nil })'] = "GET /api/v1/x?s=FAILED&s=QUEUED",
    ['hatchet.get("/api/v1/x", { empty = {} })'] = "GET /api/v1/x",
    ['hatchet.delete("/api/v1/x/{id}", { id = "1", q = "2" })'] = "DELETE /api/v1/x/1?q=2",
  } do
    it(("%s is %s"):format(code, expected), function()
      assert.equal(expected, (sent(code)))
    end)
  end

  it("goes below the prefix of the address", function()
    assert.equal("GET /hatchet/api/v1/x", (sent('hatchet.get("/api/v1/x")', { prefix = "/hatchet/" })))
  end)

  it("has a body that is the table as JSON", function()
    local line, body = sent 'hatchet.post("/api/v1/x", nil, json.object({ "b", "a" }, { a = json.array {}, b = json.null }))'
    assert.equal("POST /api/v1/x", line)
    assert.equal('{"b":null,"a":[]}', body)
  end)

  it("may have no body", function()
    local line, body = sent 'hatchet.post("/api/v1/x")'
    assert.same({ "POST /api/v1/x", "" }, { line, body })
  end)

  for code, expected in pairs {
    ['hatchet.get("/api/v1/workers/{id}", { id = "" })'] = "is empty, dots, or has control characters",
    ['hatchet.get("/api/v1/workers/{id}", { id = ".." })'] = "is empty, dots, or has control characters",
    ['hatchet.get("/api/v1/workers/{id}", { id = "a\\nb" })'] = "is empty, dots, or has control characters",
    ['hatchet.get("/api/v1/workers/{id}", { id = "a/b" })'] = "is not a path of the API",
    ['hatchet.get("/api/v1/workers/{id}")'] = 'needs the param "id"',
    ['hatchet.get("/api/v1/workers/{id}", { id = {} })'] = 'needs the param "id"',
    ['hatchet.get("/api/v1/workers/{id")'] = "has a brace without a name",
    ['hatchet.get("https://elsewhere.example.com/api/v1")'] = "is not a path of the API",
    ['hatchet.get("//elsewhere.example.com/api/v1")'] = "is not a path of the API",
    ['hatchet.get("/api/v1/../../x")'] = "is not a path of the API",
    ['hatchet.get("/api/v1/x?y=1")'] = "is not a path of the API",
    ['hatchet.get("/metrics")'] = "is not a path of the API",
    ['hatchet.get("/api/v1/x", { f = print })'] = 'the param "f" is a function',
    ['hatchet.get("/api/v1/x", { search = "a\\0b" })'] = 'the param "search" has the character U+0000',
    ['hatchet.get("/api/v1/tenants/{tenant}/api-tokens")'] = "out of bounds",
    ['hatchet.post("/api/v1/tenants/{tenant}/invites", nil, {})'] = "out of bounds",
  } do
    it(("%s is refused before it is sent"):format(code), function()
      local result, requests = run(code, "destroy")
      assert.is_true(result.isError)
      assert.truthy(result.content[1].text:find(expected, 1, true), result.content[1].text)
      assert.equal(0, #requests)
    end)
  end
end)

describe("the gate", function()
  local cancel = 'hatchet.post("/api/v1/stable/tenants/{tenant}/tasks/cancel", nil, { externalIds = { "a" } })'
  local replay = 'hatchet.post("/api/v1/stable/tenants/{tenant}/tasks/replay", nil, { externalIds = { %s } })'

  for _, case in ipairs {
    { "get", 'hatchet.get("/api/v1/x")', "read" },
    { "forward", 'hatchet.forward("/api/v1/x")', "read" },
    { "the check of an expression, a POST that reads", 'hatchet.post("/api/v1/stable/tenants/{tenant}/cel/debug", nil, {})',
      "read" },
    { "post", 'hatchet.post("/api/v1/x", nil, {})', "write" },
    { "patch", 'hatchet.patch("/api/v1/x", nil, {})', "write" },
    { "the replay of one run", replay:format '"a"', "write" },
    { "the replay of many", replay:format '"a", "b"', "destroy" },
    { "cancelling", cancel, "destroy" },
    { "delete", 'hatchet.delete("/api/v1/x")', "destroy" },
  } do
    local name, code, needs = table.unpack(case)
    for rank, access in ipairs { "read", "write", "destroy" } do
      local may = rank >= ({ read = 1, write = 2, destroy = 3 })[needs]
      it(("lets a tool of access %s %s %s"):format(access, may and "do" or "not do", name), function()
        local result, requests = run(code .. ' return "done"', access)
        assert.equal(may and 1 or 0, #requests)
        assert.equal(not may or nil, result.isError)
        if not may then
          assert.truthy(result.content[1].text:find(('"%s"'):format(needs), 1, true), result.content[1].text)
        end
      end)
    end
  end

  it("is not moved by an error that the script catches", function()
    local result, requests = run('pcall(hatchet.delete, "/api/v1/x") hatchway.try(hatchet.delete, "/api/v1/x") return "done"',
      "read")
    assert.equal("done", result.content[1].text)
    assert.equal(0, #requests)
  end)
end)

describe("an answer", function()
  it("is a table that keeps what Lua would lose", function()
    local body = '{"big":9007199254740993,"empty":[],"none":null,"z":1,"a":{}}'
    local result, _, s = run('return hatchet.get("/api/v1/x")', "read", { answer = answers.plain(200, body) })
    assert.equal(body, s:text(result))
  end)

  local ROWS = [=[{"page":{"n":1,"of":2},"rows":[{"z":"\\n","id":1,"payload":{"deep":[{"id":5},"x"]},"name":"a"},
    {"name":"b","children":[{"id":3,"payload":{}}],"id":2},null,[{"id":4,"name":"c","z":0}]],"rest":[1.5,{"id":6}]}]=]
  for only, expected in pairs {
    ['{ "page", rows = { "name", "id" } }'] =
      '{"page":{"n":1,"of":2},"rows":[{"name":"a","id":1},{"name":"b","id":2},null,[{"name":"c","id":4}]]}',
    ['{ "rows", "page", "nothing", rows = { "id" }, page = {} }'] = '{"rows":[{"id":1},{"id":2},null,[{"id":4}]],"page":{}}',
    ['{ b = { "x" }, rows = { payload = { deep = { "id" } } }, a = { "x" } }'] =
      '{"rows":[{"payload":{"deep":[{"id":5},"x"]}},{},null,[{}]]}',
    ['{}'] = '{}',
  } do
    it(("is read as far as only = %s says, in its order"):format(only), function()
      local result, _, s = run(('return hatchet.get("/api/v1/x", nil, { only = %s })'):format(only), "read",
        { answer = answers.plain(200, ROWS) })
      assert.equal(expected, s:text(result))
    end)
  end

  it("is read through a table that has itself in it to any depth", function()
    local result, _, s = run([[
      local run = { "id" }
      run.children = run
      return hatchet.get("/api/v1/x", nil, { only = { rows = run } })
    ]], "read", { answer = answers.plain(200, ROWS) })
    assert.equal('{"rows":[{"id":1},{"id":2,"children":[{"id":3}]},null,[{"id":4}]]}', s:text(result))
  end)

  it("is read by the names that its escapes stand for, the last one of two, and may be added to", function()
    local result, _, s = run([[
      local row = hatchet.get("/api/v1/x", nil, { only = { "idä", "b" } })
      row.b, row.more = nil, 1
      return row
    ]], "read", { answer = answers.plain(200, [=[{"id\u00e4":1,"b":2,"\u0069dä":3,"c":4}]=]) })
    assert.equal('{"idä":3,"more":1}', s:text(result))
  end)

  it("is checked where it is not read too", function()
    for _, body in ipairs {
      '{"id":1,"z":{"a":[01]}}', '{"id":1,"z":tru}', '{"id":1,"z":"\\x"}', '{"id":1,"z":[}', '{"id":1,"z":{"a"',
    } do
      local result = run('return hatchet.get("/api/v1/x", nil, { only = { "id" } })', "read",
        { answer = answers.plain(200, body) })
      assert.is_true(result.isError)
      assert.truthy(result.content[1].text:find("is not JSON", 1, true), result.content[1].text)
    end
  end)

  it("is not asked for with an only that says nothing", function()
    for only, message in pairs {
      ["true"] = "a table as the option only expected",
      ["{ id = true }"] = "a mask lists names of members",
      ["{ 1 }"] = "a mask lists names of members",
      ['{ "a", [3] = "b" }'] = "the list of a mask has holes",
      ["(function() local m = {} for i = 1, 1001 do m[i] = 'k' .. i end return m end)()"] = "a mask has more than 1000 names",
    } do
      local result, requests = run(('return hatchet.get("/api/v1/x", nil, { only = %s })'):format(only), "read")
      assert.is_true(result.isError)
      assert.truthy(result.content[1].text:find(message, 1, true), result.content[1].text)
      assert.equal(0, #requests)
    end
  end)

  it("that is forwarded is copied, space aside", function()
    local result, _, s = run('return hatchet.forward("/api/v1/x")', "read",
      { answer = answers.plain(200, '{ "a" : 1.50,\n "b":[ ] }') })
    assert.same({ a = 1.5, b = {} }, result.structuredContent)
    assert.same({ a = 1.5, b = {} }, cjson.decode(s:text(result)))
    assert.is_nil(s:text(result):find("\n", 1, true))
  end)

  describe("that is forwarded and large", function()
    local row = cjson.encode { name = 'ein "Titel" mit Umlauten: äöü \\ 😀', tags = { "a", "b" } }
    local function body_of(megabytes)
      return '{"rows":[' .. (row .. ","):rep(megabytes * 1000000 // #row) .. row .. "]}"
    end
    local function serve(body, revision)
      local s = host.start {
        upstream = upstream.start(answers.plain(200, body)),
        pack = packs.write {
          ["pack.lua"] = manifest,
          ["tools/t.lua"] = [[tool "t" { title = "T", about = "T.", access = "read",
            run = function() return hatchet.forward("/api/v1/x") end }]],
        },
      }
      if revision ~= host.modern_revision then
        s:initialize(revision)
      end
      return s
    end

    for _, revision in ipairs { "2025-03-26", "2025-11-25", host.modern_revision } do
      it("comes whole, and before what follows it, in revision " .. revision, function()
        local body = body_of(3)
        local s = serve(body, revision)
        local params = revision == host.modern_revision and host.modern { name = "t" } or { name = "t" }
        local first, second = s:send("tools/call", params), s:send("tools/call", params)
        for _, id in ipairs { first, second } do
          local result = s:wait(id).result
          assert.is_true(s:text(result) == body)
          local value = result.structuredContent
          assert.equal(revision >= "2025-06-18", value ~= nil)
          assert.is_true(not value or cjson.encode(value.rows[#value.rows]) == cjson.encode(cjson.decode(row)))
          assert.equal(revision == host.modern_revision, result._meta ~= nil)
        end
        assert.equal(0, s:stop())
      end)
    end

    it("is held once", function()
      local function memory(s, name)
        local file <close> = assert(io.open(("/proc/%d/status"):format(s.child.pid)))
        return tonumber(file:read("a"):match(name .. ":%s+(%d+) kB")) * 1024
      end
      local small, large = serve "{}", serve(body_of(20))
      small:call "t"
      assert.is_nil(large:call("t").isError)
      local taken = memory(large, "VmHWM") - memory(small, "VmRSS")
      local sanitized = tostring(host.binary):find "sanitize" -- which keeps what is freed for a while
      assert.is_true(sanitized ~= nil or taken < 25e6, taken .. " bytes")
    end)
  end)

  it("that is forwarded can only be returned", function()
    local result = run('local a = hatchet.forward("/api/v1/x") return { a = a.b }', "read")
    assert.is_true(result.isError)
  end)

  it("that is empty is an error, but nil where text would do and after a write", function()
    local nothing = { answer = answers.plain(200, "") }
    assert.truthy(run('return tostring(hatchet.get("/api/v1/x"))', "read",
      nothing).content[1].text:find("is not JSON: it is empty", 1, true))
    for _, code in ipairs { 'hatchet.get("/api/v1/x", nil, { text = true })', 'hatchet.post("/api/v1/x")' } do
      assert.equal("nil", run(("return tostring(%s)"):format(code), "destroy", nothing).content[1].text)
    end
  end)

  it("outside 2xx is an error that a script can look at", function()
    local result = run([[
      local _, e = hatchway.try(hatchet.get, "/api/v1/x")
      return { code = e.code, kind = e.kind, status = e.status, retryable = e.retryable, message = e.message }
    ]], "read", { answer = answers.refusal(404) })
    local got = result.structuredContent
    assert.same({ "not_found", "not_found", 404, false }, { got.code, got.kind, got.status, got.retryable })
    assert.truthy(got.message:find("Hatchet answered 404", 1, true), got.message)
  end)
end)

describe("with a recording", function()
  it("the clock stands where the recording ended, and waiting takes no time", function()
    local s = packs.tool([[
      local before = hatchway.time.now()
      hatchway.sleep(20)
      return { before = hatchway.time.format(before), waited = hatchway.time.now() - before, source = hatchet.source }
    ]], { args = { "--replay", "tests/cassettes/overview.har" }, files = { ["pack.lua"] = manifest } })
    local got = s:call("t", nil, { timeout = 5 }).structuredContent
    assert.equal("2026-11-21T06:29:04", got.before:sub(1, 19))
    assert.same({ 20, "replay" }, { got.waited, got.source })
  end)

  it("a request that was not recorded is an error that names the nearest that were", function()
    local s = packs.tool('return hatchet.get("/api/v1/tenants/{tenant}/workflow")',
      { args = { "--replay", "tests/cassettes/overview.har" }, files = { ["pack.lua"] = manifest } })
    local result = s:call("t")
    assert.equal("not_recorded", result._meta["hatchway/error"].code)
    assert.truthy(result.content[1].text:find("/workflows", 1, true), result.content[1].text)
  end)
end)
