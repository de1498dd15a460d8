-- hatchway test: specs of one's own tools, in the sandbox, against recordings.
local home = require "tests.support.home"

local OVERVIEW = "tests/cassettes/overview.har"

local TOOLS = [[
local t = require "hatchway.types"
tool "add" { title = "Add", about = "Adds.", access = "read",
  input = { a = t.integer "One.", b = t.integer { "Other.", default = 1 } },
  run = function(args) return { sum = args.a + args.b } end }
tool "say" { title = "Say", about = "Says.", access = "read", run = function() return "hello" end }
tool "fail" { title = "Fail", about = "Fails.", access = "read",
  run = function() hatchway.fail { code = "broken", message = "it is broken", hint = "leave it", kind = "conflict" } end }
tool "pause" { title = "Pause", about = "Pauses.", access = "write",
  run = function()
    return hatchet.patch("/api/v1/workers/{id}", { id = "11111111-2222-4333-8444-555555555555" }, { isPaused = true })
  end }
resource "shop://words" { name = "words", about = "Text.", run = function() return "a b" end }
prompt "look" { about = "Looks.", input = { n = t.integer "A number." }, run = function(args) return "at " .. args.n end }
]]

-- Runs one spec file of the own overlay: its output without the paths, and the exit code.
local function run(spec, ...)
  local h = home.new()
  h:write(home.own .. "tools/x.lua", TOOLS)
  h:write(home.own .. "tests/x_spec.lua", spec)
  local result = h:run("test", ...)
  return (result.stdout:gsub((h:path(home.own)):gsub("%p", "%%%0"), "")), result.code, result.stderr
end

-- What comes of it(…) with this body: "ok", or the comment of the failure.
local function outcome(body, ...)
  local text = run(('it("x", function() %s end)'):format(body), ...)
  local failed = text:match "^not ok 1 %- x\n(.-)\n1%.%.1\n"
  assert.truthy(failed or text:find "^ok 1 %- x\n1%.%.1\n# 1 passed, 0 failed\n$", text)
  return failed and failed:gsub("%f[^\n%z]# ", ""):gsub("\n$", "") or "ok"
end

describe("hatchway test", function()
  it("prints TAP and exits with 0 if all have passed, with 1 if not", function()
    local text, code = run [[
      describe("add", function()
        it("adds", function() assert.same({ sum = 3 }, call("add", { a = 1, b = 2 })) end)
        it("is wrong", function()
          assert.same({ sum = 4 }, call("add", { a = 1, b = 2 }))
        end)
      end)
    ]]
    assert.equal("ok 1 - add adds\nnot ok 2 - add is wrong\n# tests/x_spec.lua:4: expected {\"sum\":4}, got {\"sum\":3}\n"
      .. "1..2\n# 1 passed, 1 failed\n", text)
    assert.equal(1, code)
    assert.same({ "ok 1 - x\n1..1\n# 1 passed, 0 failed\n", 0, "" }, { run 'it("x", function() end)' })
  end)

  it("runs all files in the order of their names, each by itself", function()
    local h = home.new()
    h:write("shop/pack.lua", 'pack { name = "shop" }')
    h:write("shop/tests/b_spec.lua", 'it("b", function() assert.error_matches(function() return mark end, "no global \'mark\'") '
      .. 'end)')
    h:write("shop/tests/a_spec.lua", 'mark = 1\nit("a", function() assert.equal(1, mark) end)')
    h:write("shop/tests/helper.lua", "=")
    assert.equal("ok 1 - a\nok 2 - b\n1..2\n# 2 passed, 0 failed\n", h:ok("test", h:path "shop"))
  end)

  it("runs before_each from the outside in, before each it", function()
    local text, code = run [[
      local log
      describe("outer", function()
        before_each(function() log = "a" end)
        it("one", function() assert.equal("a", log) log = "changed" end)
        describe("inner", function()
          before_each(function() log = log .. "b" end)
          it("two", function() assert.equal("ab", log) end)
        end)
        it("three", function() assert.equal("a", log) end)
      end)
    ]]
    assert.same({ "ok 1 - outer one\nok 2 - outer inner two\nok 3 - outer three\n1..3\n# 3 passed, 0 failed\n", 0 },
      { text, code })
  end)

  describe("calls as a client does:", function()
    for what, body in pairs {
      ["defaults are filled in"] = 'assert.same({ sum = 6 }, call("add", { a = 5 }))',
      ["a text is text"] = 'assert.equal("hello", call "say")',
      ["an error is raised"] = [[
        local e = assert.error_matches(function() call "fail" end, "^it is broken$")
        assert.same({ "broken", "leave it", "conflict" }, { e.code, e.hint, e.kind })]],
      ["arguments are checked"] = [[
        assert.equal("invalid_arguments", assert.error_matches(function() call("add", { c = 1 }) end, 'no argument "c"').code)]],
      ["a name that is none"] = [[assert.error_matches(function() call "ad" end, 'unknown tool "ad"; did you mean "add"')]],
      ["resources are read"] = 'assert.equal("a b", read "shop://words")',
      ["prompts are asked"] = 'assert.same({ { role = "user", text = "at 5" } }, ask("look", { n = 5 }))',
      ["many at once"] = [[
        local r = hatchway.all { a = function() return call("add", { a = 1 }) end, b = function() return call "say" end }
        assert.same({ a = { sum = 2 }, b = "hello" }, r)]],
    } do
      it(what, function() assert.equal("ok", outcome(body)) end)
    end
  end)

  describe("an assertion that fails says what was expected:", function()
    for body, expected in pairs {
      ["assert.equal(1, 2)"] = "expected 1, got 2",
      ['assert.equal("1", 1)'] = 'expected "1", got 1',
      ["assert.not_equal(1, 1)"] = "got 1, which it should not be",
      ["assert.same({ 1 }, { 1, 2 })"] = "expected [1], got [1,2]",
      ["assert.same({ a = { b = 1 } }, { a = { b = 2 } })"] = 'expected {"a":{"b":1}}, got {"a":{"b":2}}',
      ["assert.same({ a = 1 }, nil)"] = 'expected {"a":1}, got nil',
      ["assert.truthy(nil)"] = "expected a true value, got nil",
      ["assert.falsy(0)"] = "expected nil or false, got 0",
      ["assert.is_true(1)"] = "expected true, got 1",
      ["assert.is_false(nil)"] = "expected false, got nil",
      ["assert.is_nil(false)"] = "expected nil, got false",
      ["assert.not_nil(nil)"] = "expected a value, got nil",
      ['assert.matches("^b", "ab")'] = 'expected text that matches "^b", got "ab"',
      ['assert.error_matches(function() end, "x")'] = 'expected an error that matches "x", and there was none',
      ['assert.error_matches(function() error("y", 0) end, "x")'] = 'expected an error that matches "x", got "y"',
      ["assert(nil)"] = "assertion failed!",
      ['assert(1 == 2, "sums")'] = "sums",
    } do
      it(body, function() assert.equal("tests/x_spec.lua:1: " .. expected, outcome(body)) end)
    end
  end)

  describe("in the sandbox:", function()
    it("one that loops is stopped, the others go on", function()
      local text, code = run 'it("loops", function() while true do end end)\nit("is fine", function() end)'
      assert.truthy(text:find '^not ok 1 %- loops\n# "loops" computed for longer than its budget of 500 ms and was stopped', text)
      assert.truthy(text:find("\nok 2 - is fine\n", 1, true), text)
      assert.equal(1, code)
    end)

    it("there is no io", function()
      assert.equal("tests/x_spec.lua:1: 'io' is not available in a pack", outcome 'io.open "x"')
    end)

    it("what a test sets is no global of the tools", function()
      assert.truthy(outcome "x = 1":find("a call cannot set the global 'x'", 1, true))
    end)

    it("tools do not see what specs have", function()
      local h = home.new()
      h:write(home.own .. "tools/x.lua", 'describe("x", function() end)')
      h:write(home.own .. "tests/x_spec.lua", 'it("x", function() end)')
      local result = h:run "test"
      assert.equal(1, result.code)
      assert.truthy(result.stderr:find("there is no global 'describe'", 1, true), result.stderr)
    end)
  end)

  describe("recordings", function()
    it("are named by the spec, relative to it, and answer the requests", function()
      local h = home.new()
      h:write(home.own .. "tests/x_spec.lua",
        'replay "../shop.har"\nit("x", function() assert.equal(2, #call "list_workers".rows) end)\n'
        .. 'it("y", function() assert.equal(2, #hatchet.get("/api/v1/tenants/{tenant}/worker").rows) end)')
      local har <close> = assert(io.open(OVERVIEW))
      h:write(home.own .. "shop.har", har:read "a")
      assert.equal("ok 1 - x\nok 2 - y\n1..2\n# 2 passed, 0 failed\n", h:ok "test")
    end)

    it("may be named by an option", function()
      assert.equal("ok", outcome('assert.equal(2, #call "list_workers".rows)', "--replay", OVERVIEW))
    end)

    it("stand in for the network: what is not there is not asked, whatever the environment says", function()
      local h = home.new { env = { HATCHET_CLIENT_TOKEN = require "tests.support.token".token {} } }
      h:write(home.own .. "tests/x_spec.lua", [[it("x", function()
        assert.equal("not_recorded", assert.error_matches(function() call "list_workers" end, "no recording is played").code)
      end)]])
      assert.equal("ok 1 - x\n1..1\n# 1 passed, 0 failed\n", h:ok "test")
    end)

    it("that are not there fail the file", function()
      local text, code, err = run 'replay "no.har"\nit("x", function() end)'
      assert.same({ "not ok 1 - tests/x_spec.lua\n1..1\n# 0 passed, 1 failed\n", 1 }, { text, code })
      assert.truthy(err:find("tests/no.har", 1, true), err)
    end)
  end)

  it("lets tools write, unless --access says less", function()
    local body = 'assert.equal("%s", assert.error_matches(function() call "pause" end, "").code)'
    assert.equal("ok", outcome(body:format "not_recorded"))
    assert.equal("ok", outcome(body:format "access", "--access", "read"))
  end)

  it("fails a file that is broken, with its path and line, and goes on", function()
    local h = home.new()
    h:write(home.own .. "tests/a_spec.lua", 'it("a", function()\n')
    h:write(home.own .. "tests/b_spec.lua", 'it("b", function() end)')
    local result = h:run "test"
    assert.same({ ("not ok 1 - %s\nok 2 - b\n1..2\n# 1 passed, 1 failed\n"):format(h:path(home.own .. "tests/a_spec.lua")), 1 },
      { result.stdout, result.code })
    assert.truthy(result.stderr:find(h:path(home.own .. "tests/a_spec.lua:2: "), 1, true), result.stderr)
  end)

  it("says so when there are no specs, and what it takes", function()
    local h = home.new()
    local result = h:run("test", h.folder)
    assert.same({ 1, ("hatchway: there are no specs: %s/tests/*_spec.lua\n"):format(h.folder) }, { result.code, result.stderr })
    assert.equal(2, h:run("test", "a", "b").code)
    assert.truthy(h:ok("test", "--help"):find("Usage: hatchway test [DIR]", 1, true))
  end)
end)
