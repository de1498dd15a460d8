-- Scripts that try to send what they may not: to another place, below another path, with more access than their tool has, or as
-- something that it is not. None of it is sent. What is sent stands in tests/e2e/requests_spec.lua.
local answers = require "tests.support.answers"
local escapes = require "tests.support.escapes"
local packs = require "tests.support.packs"
local upstream = require "tests.support.upstream"

local manifest = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }'

-- Runs the code in a tool of that access on a server that allows everything: its result's text, and the requests that came.
local function run(code, access)
  local engine = upstream.start(answers.plain(200, "{}"))
  local s = packs.tool(code, { access = access, upstream = engine, args = { "--access", "destroy" },
    files = { ["pack.lua"] = manifest } })
  local text = s:text(s:call "t")
  assert.same({}, s:request("ping").result)
  return text, engine.requests
end

-- Each case is { code, part of the message }.
local function refused(cases, access)
  for _, case in ipairs(cases) do
    it(case[1], function()
      local text, requests = run(case[1], access or "destroy")
      assert.truthy(text:find(case[2], 1, true), text)
      assert.equal(0, #requests)
    end)
  end
end

describe("a path that leads elsewhere is not sent:", function()
  local no_path = "is not a path of the API"
  refused {
    { 'hatchet.get("/api/v1/../v1/x")', no_path },
    { 'hatchet.get("/api/v1/..")', no_path },
    { 'hatchet.get("/api/v1/./x")', no_path },
    { 'hatchet.get("/api//v1/x")', no_path },
    { 'hatchet.get("/api/v1/x/")', no_path },
    { 'hatchet.get("//api/v1/x")', no_path },
    { 'hatchet.get("api/v1/x")', no_path },
    { 'hatchet.get("")', no_path },
    { 'hatchet.get("/")', no_path },
    { 'hatchet.get("/api/v1/%2e%2e/x")', no_path },
    { 'hatchet.get("/api/v1/%2E%2E%2Fx")', no_path },
    { 'hatchet.get("/api/v1/a%2fb")', no_path },
    { 'hatchet.get("/api/v1/a%5cb")', no_path },
    { 'hatchet.get("/api/v1/a%00b")', no_path },
    { 'hatchet.get("/api/v1/a%0d%0ab")', no_path },
    { 'hatchet.get("/api/v1/%")', no_path },
    { 'hatchet.get("/api/v1/%zz")', no_path },
    { 'hatchet.get("/api/v1/%61pi-tokens")', no_path },
    { 'hatchet.get("/api/v1/a\\\\b")', no_path },
    { 'hatchet.get("/api/v1/a b")', no_path },
    { 'hatchet.get("/api/v1/x HTTP/1.1\\r\\nX: y")', no_path },
    { 'hatchet.get("/api/v1/a\\tb")', no_path },
    { 'hatchet.get("/api/v1/ä")', no_path },
    { 'hatchet.get("/api/v1/x\\0/../../y")', "has a zero byte" },
    { 'hatchet.get("/api/v1/x#y")', no_path },
    { 'hatchet.get("/api/v1/x?y=1")', no_path },
    { 'hatchet.get("http://127.0.0.1/api/v1/x")', no_path },
    { 'hatchet.get("https://elsewhere.example.com/api/v1/x")', no_path },
    { 'hatchet.get("file:///etc/passwd")', no_path },
    { 'hatchet.get("gopher://127.0.0.1:6379/_x")', no_path },
    { 'hatchet.get("@elsewhere.example.com/api/v1/x")', no_path },
    { 'hatchet.get("/healthz")', no_path },
    { 'hatchet.get("/API/v1/x")', no_path },
    { 'hatchet.get("/api")', no_path },
    { 'hatchet.get("/api/v1/" .. ("x"):rep(20000))', "the address of" },
  }
end)

describe("a param that leads elsewhere is not sent:", function()
  local odd = "is empty, dots, or has control characters"
  refused {
    { 'hatchet.get("/api/v1/{id}", { id = ".." })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "." })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "" })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "a\\0b" })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "a\\r\\nX: y" })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "a\\127" })', odd },
    { 'hatchet.get("/api/v1/{id}", { id = "../x" })', "is not a path of the API" },
    { 'hatchet.get("/api/v1/{id}", { id = "a/b" })', "is not a path of the API" },
    { 'hatchet.get("/api/v1/{id}", { id = "a\\\\b" })', "is not a path of the API" },
    { 'hatchet.get("/api/v1/{id}")', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", { id = {} })', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", { id = print })', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", { id = json.null })', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", { id = 1.5 })', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", "id")', 'needs the param "id"' },
    { 'hatchet.get("/api/v1/{id}", setmetatable({}, { __index = function() return ".." end }))', odd },
    { 'hatchet.get("/api/v1/{}", { [""] = "x" })', "has a brace without a name" },
    { 'hatchet.get("/api/v1/{id", { id = "x" })', "has a brace without a name" },
    { 'hatchet.get("/api/v1/x", { f = print })', 'the param "f" is a function' },
    { 'hatchet.get("/api/v1/x", { f = json.null })', 'the param "f" is a userdata' },
    { 'hatchet.get("/api/v1/x", { f = { {} } })', 'the param "f" is a table' },
    { 'hatchet.get("/api/v1/x", { "positional" })', "has no name" },
    { 'hatchet.get("/api/v1/x", { [print] = "x" })', "has no name" },
    { 'hatchet.get("/api/v1/x", "a=b")', 'are a string' },
    { 'hatchet.get("/api/v1/x", { q = ("x"):rep(300000) })', "is too long" },
    { 'local many = {} for i = 1, 3000 do many["k" .. i] = 1 end hatchet.get("/api/v1/x", many)', "has too many values" },
    { 'local list = {} for i = 1, 3000 do list[i] = 1 end hatchet.get("/api/v1/x", { k = list })', "has too many values" },
    { 'hatchet.get({})', "string expected, got table" },
    { 'hatchet.get()', "string expected, got nil" },
    { 'hatchet.post("/api/v1/x", nil, { f = print })', "cannot be written as JSON: function at $.f" },
    { 'hatchet.post("/api/v1/x", nil, { 0 / 0 })', "a number that is not finite at $[1]" },
    { 'local t = {} t.t = t hatchet.post("/api/v1/x", nil, t)', "nested too deeply (or a cycle)" },
    { 'local s = ("x"):rep(4e6) hatchet.post("/api/v1/x", nil, { s, s, s })', "is too large" },
  }

  for code, target in pairs {
    ['hatchet.get("/api/v1/{id}", { id = "%2e%2e" })'] = "/api/v1/%252e%252e",
    ['hatchet.get("/api/v1/{id}", { id = "?x=1" })'] = "/api/v1/%3Fx=1",
    ['hatchet.get("/api/v1/{id}", { id = "#" })'] = "/api/v1/%23",
    ['hatchet.get("/api/v1/{id}", { id = "http:" })'] = "/api/v1/http:",
    ['hatchet.get("/api/v1/x", { ["a&b=c"] = "&d=e" })'] = "/api/v1/x?a%26b%3Dc=%26d%3De",
    ['hatchet.get("/api/v1/x", { a = "\\r\\nX: y" })'] = "/api/v1/x?a=%0D%0AX%3A%20y",
    ['hatchet.get("/api/v1/x", { a = "#" })'] = "/api/v1/x?a=%23",
    ['hatchet.get("/api/v1/x", { tenant = "other" })'] = "/api/v1/x?tenant=other",
  } do
    it(("but as text: %s"):format(code), function()
      local text, requests = run(code .. " return 'sent'", "read")
      assert.equal("sent", text)
      assert.equal(target, requests[1].target)
    end)
  end
end)

describe("what is kept out is not sent, with any method:", function()
  local cases = {}
  for _, path in ipairs {
    "/api/v1/tenants/{tenant}/api-tokens", "/api/v1/tenants/{tenant}/members", "/api/v1/tenants/{tenant}/invites",
    "/api/v1/users/current", "/api/v1/tenants/{tenant}/slack", "/api/v1/tenants/{tenant}/sns",
    "/api/v1/tenants/{tenant}/alerting-email-groups", "/api/v1/monitoring/x",
  } do
    for _, method in ipairs { "get", "forward", "post", "patch", "delete" } do
      cases[#cases + 1] = { ('hatchet.%s("%s")'):format(method, path), "are out of bounds" }
    end
  end
  for _, method in ipairs { "post", "patch", "delete" } do -- when alerts are sent may be read
    cases[#cases + 1] = { ('hatchet.%s("/api/v1/tenants/{tenant}/alerting/settings")'):format(method), "are out of bounds" }
  end
  cases[#cases + 1] = { 'hatchet.get("/api/v1/tenants/{tenant}/{what}", { what = "api-tokens" })', "are out of bounds" }
  cases[#cases + 1] = { 'hatchet.patch("/api/v1/tenants/{tenant}", nil, {})', "are out of bounds" }
  cases[#cases + 1] = { 'hatchet.post("/api/v1/tenants", nil, {})', "are out of bounds" }
  refused(cases)
end)

describe("a read tool sends no write:", function()
  local cancel = '"/api/v1/stable/tenants/{tenant}/tasks/cancel"'
  refused({
    { 'hatchet.post("/api/v1/x", nil, {})', 'has read access' },
    { 'hatchet.patch("/api/v1/x", nil, {})', 'has read access' },
    { 'hatchet.delete("/api/v1/x")', 'has read access' },
    { ("hatchet.post(%s, nil, {})"):format(cancel), 'has read access' },
    { 'hatchet.post("/api/v1/x", nil, {}, { idempotent = true, access = "write" })', 'has read access' },
    { 'hatchet.post("/api/v1/x", { access = "destroy" }, {})', 'has read access' },
    { 'hatchet.post("/api/v1/stable/tenants/{tenant}/cel/debug/x", nil, {})', 'has read access' },
    { 'hatchet.post("/api/v1/stable/tenants/a/b/cel/debug", nil, {})', 'has read access' },
    { 'hatchet.patch("/api/v1/stable/tenants/{tenant}/cel/debug", nil, {})', 'has read access' },
    { 'hatchet.post("/api/v1/stable/tenants/{tenant}/{x}/debug", { x = "cel%" }, {})', 'has read access' },
    { 'local post = hatchet.post hatchway.all { a = function() post("/api/v1/x", nil, {}) end }', 'has read access' },
    { 'local ok, e = hatchway.try(hatchet.delete, "/api/v1/x") return e.message', 'has read access' },
    { 'local ok, e = pcall(hatchet.post, "/api/v1/x") return e.code', "refused_by_gate" },
    { 'hatchet.access = "destroy"', "hatchet cannot be changed" },
    { 'hatchet.get = hatchet.delete', "hatchet cannot be changed" },
    { 'return tostring(hatchet.request)', "nil" },
    { 'return tostring(hatchet.put)', "nil" },
    { 'return tostring(hatchet.token)', "nil" },
  }, "read")
end)

describe("a write tool sends nothing that destroys:", function()
  local replay = 'hatchet.post("/api/v1/stable/tenants/{tenant}/tasks/replay", nil, %s)'
  refused({
    { 'hatchet.delete("/api/v1/x")', "has write access" },
    { 'hatchet.post("/api/v1/stable/tenants/{tenant}/tasks/cancel", nil, { externalIds = { "a" } })', "has write access" },
    { replay:format '{ externalIds = { "a", "b" } }', "has write access" },
    { replay:format '{ externalIds = {} }', "has write access" },
    { replay:format '{ filter = {} }', "has write access" },
    { replay:format '{ externalIds = { "a" }, filter = {} }', "has write access" },
    { replay:format "nil", "has write access" },
    { 'hatchet.post("/api/v1/tenants/{tenant}/workflows/scheduled/bulk-delete", nil, {})', "has write access" },
  }, "write")
end)

describe("an answer", function()
  local function answered(code, options)
    local engine = upstream.start(answers.plain(200, options and options.body or '{"secret":1}'))
    local s = packs.tool(code, { upstream = engine, files = { ["pack.lua"] = manifest }, args = options and options.args })
    return escapes.message((s:text(s:call "t"):gsub("hatchway%-pack%-%w+/", "")))
  end

  for code, expected in pairs {
    ['return hatchet.forward("/api/v1/x").secret'] = "attempt to index a hatchet.answer value",
    ['hatchet.forward("/api/v1/x").secret = 1'] = "attempt to index a hatchet.answer value",
    ['return #hatchet.forward("/api/v1/x")'] = "attempt to get length of a hatchet.answer value",
    ['return tostring(getmetatable(hatchet.forward("/api/v1/x")))'] = "false",
    ['return { a = hatchet.forward("/api/v1/x") }'] = "cannot be written as JSON: an opaque value at $.a",
    ['return json.encode(hatchet.forward("/api/v1/x"))'] = "cannot be written as JSON: an opaque value at $",
    ['return hatchet.forward("/api/v1/x")'] = '{"secret":1}',
  } do
    it(("is opaque when it is passed on: %s"):format(code), function()
      assert.equal(expected, answered(code))
    end)
  end

  it("that is passed on is kept within the ceiling of all answers of a call", function()
    local body = '{"x":"' .. ("y"):rep(400000) .. '"}'
    assert.truthy(answered('local all = {} for i = 1, 10 do all[i] = hatchet.forward("/api/v1/x") end', { body = body,
      args = { "--limit", "upstream_max=1MB" } }):find("larger", 1, true))
  end)

  it("that is larger than the memory stops the call", function()
    local body = "[" .. ("[[],[]],"):rep(300000) .. "1]"
    assert.equal('"t" needed more memory than there is (16 MB for the pack) and was stopped at tools/t.lua:7',
      answered('return hatchet.get("/api/v1/x")', { body = body, args = { "--limit", "memory=16MB" } }))
  end)
end)
