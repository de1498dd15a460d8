-- Scripts that stay where nothing can be paused: in a pattern, in a function of the library, in a metamethod that C has called.
-- They are stopped after a few tens of milliseconds; or the function refuses, or has a bound, so that there is nothing to stop.
local escapes = require "tests.support.escapes"

local function held(cases)
  for _, case in ipairs(cases) do
    it(case[1], function()
      local outcome = escapes.try(case[2], { cpu = 5000 })
      assert.equal("held", outcome.code, outcome.text)
      assert.equal('"t" held up all others in a library function or a metamethod, which cannot be paused, and was stopped at '
        .. 'tools/t.lua:7',
        escapes.message(outcome.text))
    end)
  end
end

describe("a pattern that backtracks is stopped:", function()
  held {
    { "nested shortest matches", "return ('a'):rep(30000):find('.-.-.-.-b')" },
    { "longest matches in a row", "return ('a'):rep(40):find(('a*'):rep(40) .. 'b')" },
    { "at least one, in a row", "return ('a'):rep(60):find(('a+'):rep(30) .. 'b')" },
    { "optional items before as many needed ones", "return ('a'):rep(100):find(('a?'):rep(100) .. ('a'):rep(101))" },
    { "captures", "return ('a'):rep(30000):match('(.-)(.-)(.-)(.-)b')" },
    { "position captures", "return ('a'):rep(30000):match('()a-()a-()a-()b')" },
    { "a capture that is matched again", "return ('a'):rep(30000):find('(.+)(.+)%1%2b')" },
    { "sets", "return ('ab'):rep(20000):find('[ab]-[ba]-[^c]-[%a]-c')" },
    { "frontiers", "return ('ab'):rep(50000):find('%f[b].-%f[a].-%f[b]c')" },
    { "balanced pairs, from each place", "return ('('):rep(1000000):find('%b().')" },
    { "balanced pairs in a row", "return ('()'):rep(2000):find(('.-%b()'):rep(6) .. 'x')" },
    { "match", "return ('a'):rep(30000):match('.-.-.-.-b')" },
    { "gmatch", "for _ in ('a'):rep(30000):gmatch('.-.-.-.-b') do end" },
    { "gsub", "return (('a'):rep(30000):gsub('.-.-.-.-b', ''))" },
    { "in pcall, which does not catch it", "while true do pcall(string.find, ('a'):rep(30000), '.-.-.-.-b') end" },
  }
end)

describe("a function of the library that goes on and on is stopped:", function()
  held {
    { "table.insert below a length of 2^60",
      "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 'x')" },
    { "table.remove below a length of 2^60", "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)" },
    { "table.move of 2^60 elements", "table.move({}, 1, 1 << 60, 2)" },
    { "table.move into a function of the library",
      "table.move({}, 1, 1 << 60, 2, setmetatable({}, { __newindex = rawlen }))" },
    { "table.concat of what the library makes up",
      "return table.concat(setmetatable({}, { __index = rawlen }), '', 1, 1 << 60)" },
    { "table.concat through a chain of tables",
      "local a = setmetatable({}, { __index = rawlen }) for _ = 1, 1900 do a = setmetatable({}, { __index = a }) end return "
        .. "table.concat(a, '', 1, 1e6)" },
    { "table.unpack through a chain of tables",
      "local a = setmetatable({}, { __index = rawlen }) for _ = 1, 1900 do a = setmetatable({}, { __index = a }) end return #{ "
        .. "table.unpack(a, 1, 9e5) }" },
    { "table.sort of what is not there", "table.sort(setmetatable({}, { __len = function() return 99999999 end }))" },
  }
end)

describe("a metamethod that C has called is stopped:", function()
  local loop = "function() while true do end end"
  held {
    { "__tostring in tostring", ("return tostring(setmetatable({}, { __tostring = %s }))"):format(loop) },
    { "__tostring in print", ("print(setmetatable({}, { __tostring = %s }))"):format(loop) },
    { "__tostring in string.format", ("return ('%%s'):format(setmetatable({}, { __tostring = %s }))"):format(loop) },
    { "__index in string.gsub", ("return (('x'):gsub('x', setmetatable({}, { __index = %s })))"):format(loop) },
    { "__index in table.concat", ("return table.concat(setmetatable({}, { __index = %s }), '', 1, 2)"):format(loop) },
    { "__index in table.unpack", ("return table.unpack(setmetatable({}, { __index = %s }), 1, 2)"):format(loop) },
    { "__newindex in table.move", ("table.move({ 1 }, 1, 1, 1, setmetatable({}, { __newindex = %s }))"):format(loop) },
    { "__newindex in table.insert", ("table.insert(setmetatable({}, { __newindex = %s }), 'x')"):format(loop) },
    { "__len in table.insert", ("table.insert(setmetatable({}, { __len = %s }), 'x')"):format(loop) },
    { "__len in table.unpack", ("return table.unpack(setmetatable({}, { __len = %s }))"):format(loop) },
    { "__lt in table.sort", ("local m = { __lt = %s } table.sort { setmetatable({}, m), setmetatable({}, m) }"):format(loop) },
    { "__eq in table.move",
      ("local m = { __eq = %s } table.move(setmetatable({ 1, 2 }, m), 1, 2, 2, setmetatable({}, m))"):format(loop) },
    { "__index in ipairs", ("for _ in ipairs(setmetatable({}, { __index = %s })) do end"):format(loop) },
    { "__index in os.time", ("return os.time(setmetatable({}, { __index = %s }))"):format(loop) },
    { "__index in hatchway.fail", ("hatchway.fail(setmetatable({}, { __index = %s }))"):format(loop) },
  }
end)

describe("what would run long is refused:", function()
  escapes.gives {
    { "a format with very many numbers", "return string.format(('%f'):rep(3000))",
      "bad argument #1 to 'format' (too many conversions)" },
    { "%q of a long string", "return string.format('%q', ('\\0'):rep(1e6))",
      "bad argument #1 to 'format' (too much to quote with %q)" },
    { "a long format of string.pack", "return string.packsize(('x'):rep(1e6))",
      "bad argument #1 to 'packsize' (format too long)" },
    { "a large size in string.pack", "return string.pack('c60000000', '')", "bad argument #1 to 'pack' (sizes too large)" },
    { "a large size in string.unpack", "return string.unpack('c9999999999999999999', 'x')",
      "bad argument #1 to 'unpack' (sizes too large)" },
    { "more results of table.unpack than fit", "return table.unpack({}, 1, 1e7)", "too many results to unpack" },
    { "the same with the largest range", "return table.unpack({}, math.mininteger, math.maxinteger)",
      "too many results to unpack" },
    { "all bytes of a long string", "return ('x'):rep(4e6):byte(1, -1)", "stack overflow (string slice too long)" },
    { "all characters of a long string", "return utf8.codepoint(('x'):rep(4e6), 1, -1)",
      "stack overflow (string slice too long)" },
    { "an object of very many names", "local t = {} for i = 1, 30000 do t['k' .. i] = i end return t",
      "cannot be written as JSON: a table with more than 20000 names at $" },
    { "hatchway.nearest among very many", "local t = {} for i = 1, 20000 do t[i] = 'x' end return hatchway.nearest('x', t)",
      "bad argument #2 to 'nearest' (more than 10000 names)" },
    { "hatchway.check of a large value", "return hatchway.check({}, { ('x'):rep(2e6) })",
      "hatchway.check: the value is too large" },
    { "a block of contents that is made up",
      "return hatchway.content { setmetatable({}, { __index = function() while true do end end }) }",
      'hatchway.content: block 1 has the type ""; it is text, image, audio, link or resource' },
    { "very many functions at once", "local t = {} for i = 1, 2000 do t[i] = print end return hatchway.all(t)",
      "hatchway.all takes at most 1000 functions" },
    { "hatchway.all in itself without end", "local function f() return hatchway.all { f } end return f()",
      "hatchway.all: nested more than 20 deep" },
    { "hatchway.all that doubles", "local function f() return hatchway.all { f, f } end return f()",
      "hatchway.all: more than 2000 functions at once" },
  }
end)

describe("what looks endless ends:", function()
  escapes.gives {
    { "nothing, 2^60 times", "return { n = #string.rep('', 1 << 60) }", '{"n":0}' },
    { "nothing with nothing between, 2^60 times", "return { n = #string.rep('', 1 << 60, '') }", '{"n":0}' },
    { "a number of a million digits", "return { n = tonumber(('1'):rep(1e6)) == math.huge }", '{"n":true}' },
    { "a number behind a million blanks", "return { n = tonumber((' '):rep(1e6) .. '7') }", '{"n":7}' },
    { "the comparison of strings of zeros", "local a, b = ('\\0'):rep(3e6), ('\\0'):rep(3e6) .. 'x' return { less = a < b }",
      '{"less":true}' },
    { "a pattern without specials", "return { n = ('x'):rep(4e6):find(('x'):rep(1e4) .. 'y') == nil }", '{"n":true}' },
    { "a sort by contradictions", "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end) return "
      .. "{ n = #t }", '{"n":1000}' },
    { "a table with weak keys, which are not weak",
      "local meta = {} local weak = setmetatable({}, meta) meta.__mode = 'k' local keys = {} for i = 1, 100000 do keys[i] = {} "
      .. "end\nfor i = 1, 99999 do weak[keys[i]] = keys[i + 1] end keys = nil for _ = 1, 300000 do local t = {} end return { n = "
      .. "next(weak) ~= nil }",
      '{"n":true}' },
  }

  it("number keys that all lie in one place", function()
    local outcome = escapes.try("local t, step = {}, 2 ^ 17 - 1 | 0\nfor i = 1, 70000 do\n  t[i * step] = true\nend",
      { cpu = 20000 })
    assert.equal('"t" made a table with too many number keys that collide and was stopped at tools/t.lua:9',
      escapes.message(outcome.text))
    assert.equal("memory", outcome.code)
    assert.equal("Authors: use strings as keys, or numbers that count from 1.", outcome.hint)
  end)

  it("floats that differ in their last bits only", function()
    local outcome = escapes.try("local t = {} for i = 1, 70000 do t[1 + i * 2 ^ -45] = true end", { cpu = 20000 })
    assert.equal('"t" made a table with too many number keys that collide and was stopped at tools/t.lua:7',
      escapes.message(outcome.text))
  end)

  escapes.gives({
    { "sparse number keys", "local t, n = {}, 0 for i = 1, 100000 do t[i * 7919] = i end for _ in pairs(t) do n = n + 1 end "
      .. "return { n = n }", '{"n":100000}' },
    { "sparse floats", "local t, n = {}, 0 for i = 1, 50000 do t[i * 0.37] = i end for _ in pairs(t) do n = n + 1 end return { n "
      .. "= n }", '{"n":50000}' },
  }, { cpu = 20000 })
end)
