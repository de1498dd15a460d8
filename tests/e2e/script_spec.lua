-- What scripts may ask of the host: hatchway.*, hatchway.time, errors, modules, declarations. docs/lua-api.md is the contract.
local host = require "tests.support.host"
local packs = require "tests.support.packs"

-- The result of a tool with this body: its structured result as JSON text, or its text; the whole result as second value.
local function run(code, options)
  local s = packs.tool(code, options)
  local result = s:call("t", options and options.arguments)
  return s:text(result), result, s
end

-- The error of a tool with this body: text, and the table in _meta.
local function fails(code, options)
  local _, result = run(code, options)
  assert.is_true(result.isError)
  return result.content[1].text, result._meta["hatchway/error"]
end

describe("what run returns", function()
  it("a table is the structured result, and the same as text", function()
    local text, result = run 'return { b = 1, a = { "x" } }'
    assert.equal('{"a":["x"],"b":1}', text)
    assert.same({ b = 1, a = { "x" } }, result.structuredContent)
    assert.is_nil(result.isError)
  end)

  it("a string is text", function()
    local text, result = run 'return "hello"'
    assert.equal("hello", text)
    assert.is_nil(result.structuredContent)
  end)

  it("content blocks are content blocks", function()
    local _, result = run [[return hatchway.content {
      { type = "text", text = "one" },
      { type = "image", data = "aGk=", mimeType = "image/png" },
      { type = "link", uri = "https://example.com/", name = "a link" },
      structured = { n = 3 },
    }]]
    assert.same({
      { type = "text", text = "one" },
      { type = "image", data = "aGk=", mimeType = "image/png" },
      { type = "resource_link", uri = "https://example.com/", name = "a link" },
    }, result.content)
    assert.same({ n = 3 }, result.structuredContent)
  end)

  for code, expected in pairs {
    ["return 5"] = '"t" returned number; return a table, a string or an answer of hatchet.forward',
    ["return"] = '"t" returned nil; return a table, a string or an answer of hatchet.forward',
    ["return { 1, 2 }"] = '"t" returned an array; a tool returns an object, such as { rows = … }',
    ['return hatchway.content { { type = "text" } }'] = 'hatchway.content: block 1 (text) needs text = "…"',
  } do
    it(("%s is an error"):format(code), function()
      assert.truthy(fails(code):find(expected, 1, true), fails(code))
    end)
  end
end)

describe("errors", function()
  it("of a script name file and line", function()
    local text, err = fails 'local x = nil; return x.y'
    assert.truthy(text:find("tools/t.lua:7: attempt to index a nil value (local 'x')", 1, true), text)
    assert.equal("script_error", err.code)
  end)

  it("of hatchway.fail are as the script says, without a position", function()
    local text, err = fails [[hatchway.fail {
      code = "no_stock", message = "there is none", hint = "order more", kind = "conflict", status = 409, retryable = true }]]
    assert.equal("there is none order more", (text:gsub("%s+", " ")))
    assert.same({ code = "no_stock", kind = "conflict", status = 409, retryable = true, hint = "order more" }, err)
  end)

  it("that are tables of the script's own count as well", function()
    local _, err = fails 'error { code = "mine", message = "my own" }'
    assert.equal("mine", err.code)
  end)

  it("can be values", function()
    local text = run [[
      local a, e = hatchway.try(function() hatchway.fail { code = "x", message = "no" } end)
      local b, c = hatchway.try(function(n) return n + 1, "two" end, 1)
      local ok, raised = pcall(error, "plain", 0)
      return { a = tostring(a), code = e.code, message = tostring(e), b = b, c = c, ok = ok, raised = raised }
    ]]
    assert.equal('{"a":"nil","b":2,"c":"two","code":"x","message":"no","ok":false,"raised":"plain"}', text)
  end)

  it("do not end the server", function()
    local s = packs.tool 'error "no"'
    assert.is_true(s:call("t").isError)
    assert.is_true(s:call("t").isError)
    assert.same({}, s:request("ping").result)
  end)
end)

describe("hatchway.all", function()
  it("runs functions at once and gives their results under the same keys", function()
    local text = run [[
      local order = {}
      local r = hatchway.all {
        slow = function() hatchway.sleep(0.05) order[#order + 1] = "slow" return 1 end,
        fast = function() order[#order + 1] = "fast" return 2 end,
      }
      return { r = r, order = order }
    ]]
    assert.equal('{"order":["fast","slow"],"r":{"fast":2,"slow":1}}', text)
  end)

  it("raises the first error and cancels the rest", function()
    local text, err = fails [[
      hatchway.all {
        bad = function() hatchway.sleep(0.01) hatchway.fail { code = "first", message = "the first" } end,
        late = function() hatchway.sleep(200) end,
      }
    ]]
    assert.equal("the first", text)
    assert.equal("first", err.code)
  end)

  it("of nothing is nothing", function()
    assert.equal('{"r":{}}', (run "return { r = hatchway.all {} }"))
  end)
end)

describe("hatchway.progress", function()
  local code = [[
    for i = 1, 3 do hatchway.progress(i, 3, "step " .. i) hatchway.sleep(0.06) end
    hatchway.progress(2, 3, "back")
    return "done"
  ]]

  it("tells a client that asked", function()
    local s = packs.tool(code)
    s:request("tools/call", { name = "t", _meta = { progressToken = "p1" } })
    local seen = {}
    for i, n in ipairs(s.notifications) do
      seen[i] = n.params
      assert.equal("notifications/progress", n.method)
    end
    assert.same({
      { progressToken = "p1", progress = 1, total = 3, message = "step 1" },
      { progressToken = "p1", progress = 2, total = 3, message = "step 2" },
      { progressToken = "p1", progress = 3, total = 3, message = "step 3" },
    }, seen)
  end)

  it("is silent for one that did not", function()
    local s = packs.tool(code)
    assert.equal("done", s:text(s:call("t")))
    assert.same({}, s.notifications)
  end)
end)

describe("hatchway.log", function()
  it("writes to the log and tells the client what it wants to hear", function()
    local s = packs.tool [[
      hatchway.log("debug", "a detail") hatchway.log("warning", "careful") print("printed", 1, nil)
      return "done"
    ]]
    s:request("logging/setLevel", { level = "warning" })
    s:call "t"
    assert.equal(1, #s.notifications)
    assert.equal("notifications/message", s.notifications[1].method)
    assert.equal("warning", s.notifications[1].params.level)
    assert.equal("careful", s.notifications[1].params.data)
    local _, stderr = s:stop()
    assert.truthy(stderr:find("careful", 1, true))
    assert.truthy(stderr:find("printed\\t1\\tnil", 1, true), stderr)
    assert.falsy(stderr:find("a detail", 1, true))
  end)

  it("knows its levels", function()
    assert.truthy(fails('hatchway.log("loud", "x")'):find("debug info notice warning error critical alert emergency", 1, true))
  end)
end)

describe("hatchway.check", function()
  it("tells what is wrong, and where", function()
    local text = run [[
      local ok, list = hatchway.check({
        type = "object", properties = { n = { type = "integer" } }, required = { "n" } }, { n = "x" })
      return { ok = ok, list = list, fine = hatchway.check({ type = "integer" }, 1) }
    ]]
    assert.truthy(text:find('"fine":true,"list":["$.n: ', 1, true), text)
    assert.truthy(text:find('"ok":false', 1, true), text)
  end)
end)

describe("hatchway.client and hatchway.server", function()
  it("tell who is there", function()
    local s = packs.tool "return { client = hatchway.client(), server = hatchway.server() }"
    local got = s:call("t").structuredContent
    assert.same({ name = "specs", version = "1.0", protocol = "2025-11-25", sampling = false, elicitation = false,
      sampling_tools = false, elicitation_url = false,
      roots = false }, got.client)
    assert.equal("read", got.server.access)
    assert.is_false(got.server.replay)
    assert.same({ read = 1, write = 0, destroy = 0 }, got.server.tools)
    assert.equal("string", type(got.server.version))
  end)

  it("tell each modern call of its own client", function()
    local s = packs.tool "return hatchway.client()"
    local response = s:request("tools/call", host.modern({ name = "t" }, {
      ["io.modelcontextprotocol/clientInfo"] = { name = "other", version = "2" },
      ["io.modelcontextprotocol/clientCapabilities"] = { elicitation = { form = {} }, sampling = {} },
    }))
    assert.same({ name = "other", version = "2", protocol = "2026-07-28", sampling = true, elicitation = true,
      sampling_tools = false, elicitation_url = false, roots = false },
      response.result.structuredContent)
  end)
end)

describe("hatchway.nearest", function()
  it("finds what was meant", function()
    assert.equal('{"a":"workflow","b":"nil"}', (run [[
      return { a = hatchway.nearest("workfow", { "worker", "workflow" }), b = tostring(hatchway.nearest("zzzzzz", { "worker" })) }
    ]]))
  end)
end)

describe("hatchway.time", function()
  for code, expected in pairs {
    ['time.format(0)'] = '"1970-01-01T00:00:00Z"',
    ['time.format(1763706544.291)'] = '"2025-11-21T06:29:04.291Z"',
    ['time.parse "2026-11-21T06:29:04.291Z"'] = "1795242544.291",
    ['time.parse "2026-11-21T07:29:04+01:00"'] = "1795242544",
    ['time.parse "2026-11-21"'] = "1795219200",
    ['time.now() - time.parse "24h" > 86399'] = "true",
    ['time.parse "+1h" > time.now() + 3500'] = "true",
    ['select(2, time.parse "soon") ~= nil'] = "true",
    ['time.duration(0.35)'] = '"350ms"',
    ['time.duration(3900)'] = '"1h 5m"',
    ['time.duration(2 * 86400 + 3 * 3600)'] = '"2d 3h"',
    ['time.relative(time.now() - 300)'] = '"5 minutes ago"',
    ['time.relative(time.now() + 7201)'] = '"in 2 hours"',
    ['os.date("%Y-%m-%d %H:%M", 1795242544)'] = '"2026-11-21 06:29"',
    ['os.time { year = 2026, month = 11, day = 21, hour = 6 }'] = "1795240800",
  } do
    it(("%s is %s"):format(code, expected), function()
      local text = run(("local time = hatchway.time; return { v = %s }"):format(code))
      assert.equal(expected, (text:match('^{"v":(.*)}$') or text):gsub("%.0$", ""), nil)
    end)
  end
end)

describe("a module", function()
  it("is read once, and frozen", function()
    local text = run([[
      local m = require "spec.helper"
      local ok, e = pcall(function() m.n = 2 end)
      return { n = m.n, twice = m.twice(4), ok = ok, e = e }
    ]], { files = {
      ["helper.lua"] = "return { n = 1, twice = function(x) return 2 * x end }",
      ["tools/a.lua"] = 'local m = require "spec.helper"',
    } })
    assert.truthy(text:find('"n":1,"ok":false,"twice":8}', 1, true), text)
    assert.truthy(text:find('cannot be changed (field \\"n\\")', 1, true), text)
  end)

  for name, code in pairs {
    ["there is no such module"] = 'require "spec.nothing"',
    ["modules are read with the files, not by a call"] = 'require "spec.later"',
  } do
    it(("is refused: %s"):format(name), function()
      local files = { ["later.lua"] = "return {}" }
      local text = fails(code, { files = files })
      assert.truthy(text:find("require \"spec.", 1, true), text)
    end)
  end
end)

describe("a pack that cannot be read ends the start with code 1, file, line and reason", function()
  local function start(files)
    return host.run { args = { "serve", packs.write(files) }, timeout = 30 }
  end

  for name, case in pairs {
    ["a syntax error"] = { ["tools/a.lua"] = "tool 'x' {\n  run = = 1\n}", expect = "tools/a.lua:2: unexpected symbol near '='" },
    ["an error while it is read"] = { ["tools/a.lua"] = "\nerror 'no'", expect = "tools/a.lua:2: no" },
    ["no pack.lua that says who it is"] = { ["pack.lua"] = "-- nothing", expect = "does not declare the pack" },
    ["a tool without a function"] = { ["tools/a.lua"] = 'tool "x" { title = "X", about = "X.", access = "read" }',
      expect = "run" },
    ["a tool without access"] = { ["tools/a.lua"] = 'tool "x" { title = "X", about = "X.", run = function() end }',
      expect = "access" },
    ["a field that does not exist"] = { ["tools/a.lua"] =
      'tool "x" { acess = "read", access = "read", title = "X", about = "X.", run = function() end }', expect = "acess" },
    ["two tools of one name"] = { ["tools/a.lua"] =
      ('tool "x" { title = "X", about = "X.", access = "read", run = function() end }\n'):rep(2), expect = '"x"' },
    ["a tool without a table"] = { ["tools/a.lua"] = 'tool "x"', expect = 'was not completed' },
    ["a capability that does not exist"] = { ["pack.lua"] = 'pack { name = "spec", needs = { "files" } }', expect = "files" },
    ["modules in a circle"] = { ["a.lua"] = 'return require "spec.b"', ["b.lua"] = 'return require "spec.a"',
      ["tools/a.lua"] = 'require "spec.a"', expect = "circle" },
    ["a file that never ends"] = { ["tools/a.lua"] = "while true do end", expect = "budget" },
  } do
    it(name, function()
      local expect = case.expect
      local files = {}
      for file, text in pairs(case) do
        if file ~= "expect" then files[file] = text end
      end
      local result = start(files)
      assert.equal(1, result.code)
      assert.equal("", result.stdout)
      assert.truthy(result.stderr:find(expect, 1, true), result.stderr)
    end)
  end

  it("a folder that is not there", function()
    local result = host.run { args = { "serve", "/tmp/hatchway-no-such-folder/" } }
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("/tmp/hatchway-no-such-folder", 1, true), result.stderr)
  end)
end)
