-- Scripts that eat memory, or nest without end: values, strings, stacks, JSON, source text. Each comes up against a ceiling, the
-- others do not notice, and what it had is given back.
local escapes = require "tests.support.escapes"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local function out_of_memory(cases, why)
  for _, case in ipairs(cases) do
    it(case[1], function()
      local outcome = escapes.try(case[2], { cpu = 20000, args = { "--limit", "memory=16MB" } })
      assert.equal("memory", outcome.code, outcome.text)
      assert.equal(('"t" %s and was stopped at tools/t.lua:7'):format(why), escapes.message(outcome.text))
    end)
  end
end

describe("the memory of a pack has a ceiling:", function()
  out_of_memory({
    { "a list that grows", "local t = {} while true do t[#t + 1] = { #t } end" },
    { "a table of tables", "local t = {} while true do t = { t, {}, {} } end" },
    { "a table of strings", "local t = {} while true do t[#t + 1] = 'x' .. #t end" },
    { "a table that grows by its metamethod",
      "local t = setmetatable({}, { __index = function(t, k) t[k] = k return k end }) for i = 1, math.maxinteger do local _ = "
        .. "t[i] end" },
    { "keys that are strings", "local t = {} for i = 1, math.maxinteger do t['k' .. i] = true end" },
    { "keys that are tables", "local t = {} while true do t[{}] = true end" },
    { "closures", "local t = {} while true do local x t[#t + 1] = function() return x end end" },
    { "strings of the largest size", "local t = {} while true do t[#t + 1] = ('x'):rep(3e6) .. #t end" },
    { "in pcall, which does not catch it",
      "local t = {} while true do pcall(function() while true do t[#t + 1] = { #t } end end) end" },
    { "in hatchway.try", "local t = {} while true do hatchway.try(function() while true do t[#t + 1] = { #t } end end) end" },
    { "in hatchway.all", "local t = {} hatchway.all { a = function() while true do t[#t + 1] = { #t } end end }" },
    { "table.insert", "local t = {} while true do table.insert(t, { t }) end" },
    { "table.pack", "local t = {} while true do t[#t + 1] = table.pack(table.unpack({}, 1, 10000)) end" },
    { "json.decode", "local t, s = {}, '[' .. ('[],'):rep(10000) .. '[]]' while true do t[#t + 1] = json.decode(s) end" },
    { "json.decode of objects of many kinds", "local t = {} while true do t[#t + 1] = json.decode('{\"k' .. #t .. '\":1}') end" },
    { "errors", "local t = {} while true do t[#t + 1] = select(2, hatchway.try(error, 'x')) end" },
    { "a recursion that holds its variables", "local function f(n) local t = { n } return f(n + 1) + #t end return f(1)" },
  }, "needed more memory than there is (16 MB for the pack)")
end)

describe("a string has a ceiling:", function()
  out_of_memory({
    { "string.rep", "return ('x'):rep(1e9)" },
    { "string.rep with something between", "return ('x'):rep(1e6, ('y'):rep(100))" },
    { "one byte too many", "return ('x'):rep((4 << 20) + 1)" },
    { "concatenation", "local s = 'x' while true do s = s .. s end" },
    { "concatenation of many", "local s = ('x'):rep(1e6) return s .. s .. s .. s .. s" },
    { "in pcall, which does not catch it", "local s = 'x' while true do pcall(function() while true do s = s .. s end end) end" },
    { "table.concat", "local t = {} for i = 1, 50 do t[i] = ('x'):rep(1e5) end return table.concat(t)" },
    { "table.concat by its separator", "return table.concat({ '', '', '' }, ('x'):rep(3e6))" },
    { "string.format", "local s = ('x'):rep(1e6) return ('%s%s%s%s%s'):format(s, s, s, s, s)" },
    { "string.gsub by a replacement", "return (('x'):rep(1e6):gsub('x', 'yyyyy'))" },
    { "string.gsub by captures", "return (('x'):rep(1e6):gsub('x', '%0%0%0%0%0'))" },
    { "string.gsub by a function", "local s = ('x'):rep(1e6) return (('12345'):gsub('.', function() return s end))" },
    { "string.pack", "local s = ('x'):rep(3e6) return string.pack('s4s4', s, s)" },
    { "utf8.char", "local t = {} for i = 1, 1e5 do t[i] = 0x7FFFFFFF end return utf8.char(table.unpack(t)):rep(10)" },
  }, "made a string longer than 4 MB")

  escapes.gives {
    { "4 MB are allowed", "return { n = #('x'):rep(4 << 20) }", '{"n":4194304}' },
    { "json.encode says so itself", "local s = ('x'):rep(3e6) return json.encode { s, s }", "json.encode: the text is too long" },
    { "what overflows is an error", "return ('x'):rep(math.maxinteger, 'xx')", "resulting string too large" },
    { "what is no integer is an error", "return ('x'):rep(1e308)",
      "bad argument #1 to 'rep' (number has no integer representation)" },
  }
end)

describe("nesting has an end:", function()
  escapes.gives {
    { "tostring in __tostring", "local m = {} m.__tostring = function(x) return tostring(x) end return tostring(setmetatable({}, "
      .. "m))", "C stack overflow" },
    { "__index in __index", "local m = {} m.__index = function(x, k) return x[k] end return setmetatable({}, m).x",
      "C stack overflow" },
    { "a table that is its own __index", "local t = {} setmetatable(t, { __index = t }) return t.x",
      "'__index' chain too long; possible loop" },
    { "a table that is its own __newindex", "local t = {} setmetatable(t, { __newindex = t }) t.x = 1",
      "'__newindex' chain too long; possible loop" },
    { "pcall in pcall", "local function f() return pcall(f) end return { ok = f() }", '{"ok":true}' },
    { "hatchway.try in hatchway.try", "local function f() local ok, e = hatchway.try(f) return ok or e.message end return f()",
      "C stack overflow" },
    { "string.gsub in its function", "local function f() return (('x'):gsub('x', f)) end return f()", "C stack overflow" },
    { "table.sort in its comparison", "local function f() table.sort({ 1, 2 }, f) end return f()", "C stack overflow" },
    { "a call of a call of a call", "local t = {} for _ = 1, 300 do t = setmetatable({}, { __call = t }) end return t()",
      "attempt to call a table value (local 't')" },
    { "a pattern of many items", "return ('a'):rep(300):find(('a?'):rep(300) .. 'b')", "pattern too complex" },
    { "a pattern of many captures", "return ('a'):rep(99):find(('()'):rep(33))", "too many captures" },
    { "arrays in JSON text", "return json.decode(('['):rep(129))", "json.decode: nested too deeply (at byte 128)" },
    { "objects in JSON text", "return json.decode(('{\"a\":'):rep(129))", "json.decode: nested too deeply (at byte 640)" },
    { "a table in a result", "local t = {} for _ = 1, 200 do t = { a = t } end return t",
      "cannot be written as JSON: nested too deeply (or a cycle) at $" .. (".a"):rep(128) },
    { "a table that contains itself", "local t = {} t.t = t return t",
      "cannot be written as JSON: nested too deeply (or a cycle) at $" .. (".t"):rep(128) },
    { "a list that contains itself", "local t = {} t[1] = t return json.encode(t)",
      "cannot be written as JSON: nested too deeply (or a cycle) at $" .. ("[1]"):rep(128) },
    { "a schema that refers to itself", "return tostring(hatchway.check({ ['$ref'] = '#' }, 1))", "false" },
    { "two tables that contain each other", "local a, b = {}, {} a.b = b b.a = a return hatchway.check({}, a)",
      "cannot be written as JSON: nested too deeply (or a cycle) at $" .. (".b.a"):rep(64) },
  }

  it("a recursion without end", function()
    local outcome = escapes.try("local function f() return 1 + f() end return f()",
      { cpu = 20000, args = { "--limit", "memory=256MB" } })
    assert.equal("stack overflow", escapes.message(outcome.text):match "stack overflow")
  end)
end)

describe("what C keeps for a call has a ceiling too:", function()
  -- The most memory that the process has had, in MB.
  local function peak(s)
    local file <close> = assert(io.open(("/proc/%d/status"):format(s.child.pid)))
    return tonumber(file:read("a"):match "VmHWM:%s+(%d+) kB") / 1024
  end

  for what, code in pairs {
    ["texts of json.encode that fail at their end"] =
      "local s = ('x'):rep(1e6) while true do pcall(json.encode, { s, s, s, print }) end",
    ["values of hatchway.check"] = "local t = {} for i = 1, 50000 do t[i] = 0 end while true do hatchway.check({}, t) end",
    ["values of hatchway.check that fail at their end"] =
      "local s = ('x'):rep(9e5) while true do pcall(hatchway.check, { s }, { s, print }) end",
    ["messages to the client"] = "local s = ('x'):rep(9e5) while true do hatchway.log('error', s) end",
    ["progress"] = "local s, n = ('x'):rep(9e5), 0 while true do n = n + 1 hatchway.progress(n, nil, s) end",
  } do
    it(what, function()
      local outcome = escapes.try(code, { cpu = 1000 })
      assert.equal("cpu_budget", outcome.code, outcome.text)
      local sanitized = tostring(host.binary):find "sanitize" -- which keeps what is freed for a while
      assert.is_true(sanitized ~= nil or peak(outcome.session) < 150, peak(outcome.session) .. " MB")
    end)
  end
end)

describe("memory is given back", function()
  it("after each of many stops", function()
    local s = packs.tool("local t = {} while true do t[#t + 1] = { #t } end",
      { more = "cpu = 5000,", args = { "--limit", "memory=8MB" } })
    for _ = 1, 10 do
      assert.equal("memory", s:call("t")._meta["hatchway/error"].code)
    end
  end)

  it("to other tools at once", function()
    local s = packs.tool("local t = {} while true do t[#t + 1] = { #t } end", {
      more = "cpu = 5000,", args = { "--limit", "memory=16MB" },
      files = { ["tools/u.lua"] = 'tool "u" { title = "U", about = "U.", access = "read", run = function() return { n = '
        .. '#("x"):rep(4e6) } end }' },
    })
    s:call "t"
    assert.equal('{"n":4000000}', s:text(s:call "u"))
  end)
end)

describe("source text", function()
  -- The reason that a pack with this module is refused for.
  local function refused(text)
    local folder = packs.write { ["tools/a.lua"] = text }
    local run = host.run { args = { "serve", folder } }
    assert.equal(1, run.code)
    return run.stderr:gsub("hatchway%-pack%-%w+/", ""):gsub('^.-cannot be read: ', ""):gsub("\n.*", "")
  end

  for _, case in ipairs {
    { "parentheses", "return " .. ("("):rep(1000) .. "1" .. (")"):rep(1000), "tools/a.lua: C stack overflow" },
    { "tables", "return " .. ("{"):rep(1000) .. ("}"):rep(1000), "tools/a.lua: C stack overflow" },
    { "blocks", ("do "):rep(1000) .. ("end "):rep(1000), "tools/a.lua: C stack overflow" },
    { "functions", ("return function() "):rep(1000) .. ("end "):rep(1000), "tools/a.lua: C stack overflow" },
    { "operators", "return " .. ("-"):rep(100000):gsub("-", "- ") .. "1", "tools/a.lua: C stack overflow" },
    { "concatenations", "return 'x'" .. ("..'x'"):rep(1000), "tools/a.lua: C stack overflow" },
    { "many variables", ("local a "):rep(201),
      "tools/a.lua:1: too many local variables (limit is 200) in main function near <eof>" },
    { "bytecode", string.dump(function() end), "tools/a.lua: attempt to load a binary chunk (mode is 't')" },
  } do
    it(("of %s has an end"):format(case[1]), function()
      assert.truthy(refused(case[2]):find(case[3], 1, true), refused(case[2]))
    end)
  end
end)
