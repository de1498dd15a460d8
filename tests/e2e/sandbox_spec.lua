-- What a script cannot do: run on, eat memory, change what others see, reach what it was not given.
local packs = require "tests.support.packs"

-- The error of a tool with this body: its text and code. The server must still answer afterwards.
local function fails(code, options)
  local s = packs.tool(code, options)
  local result = s:call("t")
  assert.same({}, s:request("ping").result)
  assert.is_true(result.isError, result.content[1].text)
  return result.content[1].text, result._meta["hatchway/error"].code
end

local function gives(code)
  local s = packs.tool(code)
  return s:text(s:call("t"))
end

describe("the CPU budget", function()
  for name, code in pairs {
    ["a loop"] = "while true do end",
    ["a loop in pcall"] = "while true do pcall(function() while true do end end) end",
    ["a loop in xpcall with a handler that loops"] =
      "local function loop() while true do end end xpcall(loop, loop) return 'survived'",
    ["a loop in hatchway.try"] = "hatchway.try(function() while true do end end) return 'survived'",
    ["a loop in a comparison of table.sort"] = "table.sort({ 3, 1, 2 }, function() while true do end end)",
    ["a loop in string.gsub's function"] = "return (('x'):gsub('x', function() while true do end end))",
    ["a loop inside of hatchway.all"] = "hatchway.all { a = function() while true do end end } return 'survived'",
    ["endless recursion by tail calls"] = "local function f() return f() end return f()",
  } do
    it(("stops %s"):format(name), function()
      local text, kind = fails(code, { more = "cpu = 50," })
      assert.equal("cpu_budget", kind)
      assert.truthy(text:find('"t" computed for longer than its budget of 50 ms and was stopped', 1, true), text)
    end)
  end

  for name, code in pairs {
    ["a loop in a metamethod"] = "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
    ["a pattern that backtracks"] = "return ('a'):rep(40):find(('a*'):rep(40) .. 'b')",
  } do
    it(("stops %s, which cannot be paused, before others notice"):format(name), function()
      local text, kind = fails(code)
      assert.equal("held", kind)
      assert.truthy(text:find("in a library function or a metamethod, which cannot be paused, and was stopped at ", 1, true),
        text)
    end)
  end

  it("does not count waiting", function()
    local s = packs.tool("hatchway.sleep(0.3) return 'rested'", { more = "cpu = 50," })
    assert.equal("rested", s:text(s:call "t"))
  end)

  it("lets other calls have their turn", function()
    local s = packs.tool("if args.busy then while true do end end return 'quick'",
      { input = 'busy = t.boolean { "Busy?", default = false }', more = "cpu = 300," })
    local busy = s:send("tools/call", { name = "t", arguments = { busy = true } })
    local quick = s:send("tools/call", { name = "t" })
    s:wait(quick)
    assert.equal(2, #s.received, "the quick call was answered first")
    assert.is_true(s:wait(busy).result.isError)
  end)
end)

describe("the memory ceiling", function()
  for name, code in pairs {
    ["a table that grows"] = "local t = {} while true do t[#t + 1] = { #t } end",
    ["a string that doubles"] = "local s = 'x' while true do s = s .. s end",
    ["string.rep"] = "return ('x'):rep(1e9)",
    ["a string that doubles in pcall"] = "local s = 'x' while true do pcall(function() while true do s = s .. s end end) end",
    ["table.concat"] = "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1e6) end return table.concat(t)",
  } do
    it(("stops %s, and the server goes on"):format(name), function()
      local text, kind = fails(code, { more = "cpu = 5000,", args = { "--limit", "memory=8MB" } })
      assert.equal("memory", kind, text)
    end)
  end

  it("gives the memory back", function()
    local s = packs.tool("local s = ('x'):rep(3e6) return { n = #s }", { args = { "--limit", "memory=8MB" } })
    for _ = 1, 20 do
      assert.equal('{"n":3000000}', s:text(s:call "t"))
    end
  end)
end)

describe("the deadline of a call", function()
  it("ends what waits", function()
    local text, kind = fails("hatchway.sleep(100) return 'late'", { more = "deadline = 1," })
    assert.equal("deadline", kind)
    assert.truthy(text:find('"t" did not end within its deadline of 1 s', 1, true), text)
  end)

  it("cannot be caught", function()
    local _, kind = fails("while true do pcall(hatchway.sleep, 100) end", { more = "deadline = 1," })
    assert.equal("deadline", kind)
  end)
end)

describe("globals", function()
  it("cannot be set by a call", function()
    local text = fails "count = 1"
    assert.truthy(text:find("a call cannot set the global 'count'; declare it with 'local'", 1, true), text)
  end)

  it("that do not exist are errors", function()
    local text = fails "return hatchwy.time"
    assert.truthy(text:find("there is no global 'hatchwy'", 1, true), text)
  end)

  it("of one file are not those of another", function()
    local s = packs.start {
      ["tools/a.lua"] = 'shared = 1\ntool "a" { title = "A", about = "A.", access = "read", run = function() return { v = shared '
        .. '} end }',
      ["tools/b.lua"] = 'tool "b" { title = "B", about = "B.", access = "read", run = function() return { v = shared } end }',
    }
    assert.equal('{"v":1}', s:text(s:call "a"))
    assert.truthy(s:text(s:call "b"):find("there is no global 'shared'", 1, true))
  end)

  for _, name in ipairs { "io", "debug", "load", "loadstring", "loadfile", "dofile", "package", "coroutine", "rawset",
    "collectgarbage" } do
    it(("%s is refused by its name"):format(name), function()
      local text = fails(("return %s.x"):format(name))
      assert.truthy(text:find(("'%s' is not available in a pack"):format(name), 1, true), text)
    end)
  end

  for name, code in pairs {
    ["os.execute"] = "os.execute 'true'",
    ["os.getenv"] = "return os.getenv 'HOME'",
    ["string.dump"] = "return string.dump(print)",
    ["math.nothing"] = "return math.nothing",
  } do
    it(("%s is refused by its name"):format(name), function()
      local text = fails(code)
      assert.truthy(text:find(name .. " is not available in a pack", 1, true), text)
    end)
  end
end)

describe("shared tables are frozen", function()
  for name, code in pairs {
    ["string"] = "string.upper = nil",
    ["hatchway"] = "hatchway.sleep = nil",
    ["json"] = "json.null = 1",
    ["math"] = "math.pi = 3",
  } do
    it(name, function()
      local text = fails(code)
      assert.truthy(text:find(name .. " cannot be changed (field", 1, true), text)
    end)
  end

  for name, code in pairs {
    ["rawequal on a copy is no way in"] = "for k, v in pairs(string) do end return tostring(pcall(next, string))",
    ["the metatable of strings is out of reach"] = "return tostring(getmetatable(''))",
    ["the metatable of hatchway is out of reach"] = "return tostring(getmetatable(hatchway))",
  } do
    it(name, function()
      assert.truthy(({ ["true"] = true, ["false"] = true })[gives(code)])
    end)
  end

  it("a finalizer cannot be set", function()
    local text = fails "setmetatable({}, { __gc = function() end })"
    assert.truthy(text:find("'__gc' is not available in a pack", 1, true), text)
  end)
end)
