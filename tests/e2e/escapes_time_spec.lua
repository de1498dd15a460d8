-- Scripts that never end. Each is stopped when its CPU budget is spent, whatever it does, and others are answered while it runs.
-- tests/e2e/escapes_hold_spec.lua has those that cannot be paused.
local escapes = require "tests.support.escapes"

-- Stopped by the budget of 100 ms, at this line of the file (the code begins at line 7), after others have been answered.
local function stopped(cases)
  for _, case in ipairs(cases) do
    it(case[1], function()
      local outcome = escapes.try(case[2], { cpu = 100 })
      assert.equal("cpu_budget", outcome.code, outcome.text)
      assert.equal(('"t" computed for longer than its budget of 100 ms and was stopped at tools/t.lua:%d'):format(case[3] or 7),
        escapes.message(outcome.text))
      assert.is_true(outcome.light >= 3, "pings that were answered while it ran: " .. outcome.light)
    end)
  end
end

describe("a loop is stopped:", function()
  stopped {
    { "while", "while true do end" },
    { "repeat", "repeat until false" },
    { "goto", "::again:: goto again" },
    { "for with a huge limit", "for _ = 1, math.maxinteger do end" },
    { "for with floats that no longer grow", "for _ = 2^53, math.huge do end" },
    { "an iterator without end", "for _ in function() return 1 end do end" },
    { "an iterator of the library without end", "while true do for _ in ('x'):gmatch '' do end end" },
    { "a pairs of its own without end",
      "for _ in pairs(setmetatable({}, { __pairs = function() return function() return 1 end end })) do end" },
    { "ipairs over a table that has everything", "for _ in ipairs(setmetatable({}, { __index = rawlen })) do end" },
    { "tail calls", "local function f() return f() end return f()" },
    { "tail calls of two functions", "local g local function f() return g() end function g() return f() end return f()" },
    { "vararg that grows", "local function f(...) return f(1, ...) end return f()" },
    { "arithmetic on strings", "local s = '1' while true do s = s + 0 end" },
    { "strings made from numbers", "local n = 0 while true do n = #(n .. '') end" },
    { "math.random", "while true do math.random() end" },
    { "the library, again and again", "while true do string.rep('x', 100) end" },
    { "the line where it was", "local n = 0\nwhile true do\n  n = n + 1 end", 9 },
  }
end)

describe("a loop is stopped although errors are caught:", function()
  stopped {
    { "pcall around it", "while true do pcall(function() while true do end end) end" },
    { "pcall of pcall", "local function f() while true do pcall(pcall, f) end end f()" },
    { "pcall that raises", "while true do pcall(error) end" },
    { "xpcall whose handler loops", "xpcall(error, function() while true do end end)" },
    { "xpcall whose function and handler loop", "local function loop() while true do end end xpcall(loop, loop)" },
    { "a handler that raises", "while true do pcall(xpcall, error, error) end" },
    { "hatchway.try", "while true do hatchway.try(function() while true do end end) end" },
    { "recursion without end in pcall", "local function f() return 1 + f() end while true do pcall(f) end" },
    { "pcall in recursion", "local function f() pcall(f) return f() end f()" },
    { "an error object that prints without end",
      "while true do pcall(error, setmetatable({}, { __tostring = function() while true do end end })) end" },
  }
end)

describe("a loop in a metamethod is stopped:", function()
  local cases = {}
  for event, use in pairs {
    __index = "return a.x", __newindex = "a.x = 1", __call = "a()", __eq = "return a == b", __lt = "return a < b",
    __le = "return a <= b",
    __concat = "return a .. b", __len = "return #a", __unm = "return -a", __bnot = "return ~a", __add = "return a + 1",
    __sub = "return a - 1",
    __mul = "return a * 1", __div = "return a / 1", __mod = "return a % 1", __pow = "return a ^ 1", __idiv = "return a // 1",
    __band = "return a & 1", __bor = "return a | 1", __bxor = "return a ~ 1", __shl = "return a << 1", __shr = "return a >> 1",
    __pairs = "for _ in pairs(a) do end", __close = "local c <close> = a",
  } do
    cases[#cases + 1] = { event, ("local meta = { %s = function() while true do end end }\nlocal a, b = setmetatable({}, meta), "
      .. "setmetatable({}, meta)\n%s")
      :format(event, use), 7 }
  end
  table.sort(cases, function(a, b) return a[1] < b[1] end)
  stopped(cases)
end)

describe("a to-be-closed variable does not outlive its call:", function()
  stopped {
    {
      "it loops when the block ends",
      "do local c <close> = setmetatable({}, { __close = function() while true do end end }) end",
    },
    { "it loops when the budget is spent",
      "local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end" },
    { "it loops for each error",
      "while true do pcall(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) error "
        .. "'x' end) end" },
    { "of a for loop", "local c = setmetatable({}, { __close = function() while true do end end }) for _ in function() end, nil, "
      .. "nil, c do end" },
  }
end)

describe("a loop in a function that the library calls is stopped:", function()
  stopped {
    { "table.sort", "table.sort({ 3, 1, 2 }, function() while true do end end)" },
    { "table.sort whose answers contradict each other",
      "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, function() return true end) end" },
    { "string.gsub", "return (('x'):gsub('x', function() while true do end end))" },
    { "string.gsub with a match at each byte", "while true do (('x'):rep(1000)):gsub('', function() end) end" },
    { "hatchway.all", "hatchway.all { a = function() while true do end end }" },
    { "hatchway.all with a thousand of them",
      "local t = {} for i = 1, 1000 do t[i] = function() while true do end end end hatchway.all(t)" },
    { "hatchway.all in hatchway.all",
      "hatchway.all { a = function() hatchway.all { b = function() while true do end end } end, c = function() while true do end "
        .. "end }" },
    { "hatchway.progress", "local n = 0 while true do n = n + 1 hatchway.progress(n) end" },
    { "hatchway.log", "while true do hatchway.log('info', 'x') end" },
    { "print", "while true do print 'x' end" },
    { "json.encode of what grows without end",
      "local t = {} for _ = 1, 24 do t = { t, t } end while true do pcall(json.encode, t) end" },
    { "json.decode", "local s = '[' .. ('1,'):rep(1e5) .. '1]' while true do json.decode(s) end" },
    { "hatchway.check", "while true do hatchway.check({ type = 'object' }, {}) end" },
    { "string.gsub that looks far at each place", "local s = ('x'):rep(20000) while true do s:gsub('.-y', '') end" },
  }
end)

describe("a result", function()
  it("that never ends is stopped while it is written", function()
    local outcome = escapes.try("local t = {} for _ = 1, 24 do t = { t, t } end return { t = t }", { cpu = 50 })
    assert.equal("cpu_budget", outcome.code, outcome.text)
    assert.is_true(outcome.light >= 3)
  end)

  it("that is large lets others have their turn while it is written", function()
    local outcome = escapes.try("local t = {} for i = 1, 100000 do t[i] = i end return { n = #json.encode(t) }", { cpu = 5000 })
    assert.equal('{"n":588896}', outcome.text)
    assert.is_true(outcome.light >= 2)
  end)
end)

describe("finalizers", function()
  escapes.gives {
    { "cannot be set", "setmetatable({}, { __gc = function() while true do end end })", "'__gc' is not available in a pack" },
    { "cannot be set as a value that becomes a function later", "setmetatable({}, { __gc = 1 })",
      "'__gc' is not available in a pack" },
    { "are not called when they come later",
      "local meta, seen = {}, 0 do local t = setmetatable({}, meta) end meta.__gc = function() seen = seen + 1 end\n"
      .. "for _ = 1, 300000 do local t = {} end return 'finalized ' .. seen", "finalized 0" },
    { "are not copied by a metatable of a metatable",
      "local meta = setmetatable({}, { __index = { __gc = function() while true do end end } }) do local t = setmetatable({}, "
      .. "meta) end\nfor _ = 1, 300000 do local t = {} end return 'nothing'", "nothing" },
  }
end)

describe("what an author sees of a stop", function()
  it("is the tool, the budget, the file and the line, and what to do", function()
    local outcome = escapes.try("local n = 0\nlocal function count()\n  while true do n = n + 1 end\nend\ncount()", { cpu = 100 })
    assert.equal('"t" computed for longer than its budget of 100 ms and was stopped at tools/t.lua:9\n'
      .. "Narrow the request; authors: declare cpu = … in the tool.", outcome.text)
    assert.equal("Narrow the request; authors: declare cpu = … in the tool.", outcome.hint)
  end)

  it("names the module when it was there", function()
    local outcome = escapes.try("return require('spec.busy').loop()", {
      cpu = 100, files = { ["busy.lua"] = "local busy = {}\nfunction busy.loop()\n  while true do end\nend\nreturn busy",
        ["tools/a.lua"] = 'require "spec.busy"' },
    })
    assert.equal('"t" computed for longer than its budget of 100 ms and was stopped at busy.lua:3', escapes.message(outcome.text))
  end)

  it("names the line of the call when it was in the library", function()
    local outcome = escapes.try("local s = ('a'):rep(30000)\n\nreturn s:find('.-.-.-.-b')")
    assert.equal('"t" held up all others in a library function or a metamethod, which cannot be paused, and was stopped at '
      .. 'tools/t.lua:9',
      escapes.message(outcome.text))
    assert.equal("Authors: use simpler patterns, keep metamethods short, and work on smaller lists at a time.", outcome.hint)
  end)

  it("names the line where there was no memory left", function()
    local outcome = escapes.try("local t = {}\nwhile true do\n  t[#t + 1] = { #t }\nend", { cpu = 5000 })
    assert.equal('"t" needed more memory than there is (64 MB for the pack) and was stopped at tools/t.lua:9',
      escapes.message(outcome.text))
  end)

  it("names the line where a string became too long", function()
    local outcome = escapes.try("local s = 'x'\nwhile true do\n  s = s .. s\nend", { cpu = 5000 })
    assert.equal('"t" made a string longer than 4 MB and was stopped at tools/t.lua:9', escapes.message(outcome.text))
    assert.equal("memory", outcome.code)
  end)
end)
