-- Functions of Lua's libraries that the host has written anew (they keep to the CPU budget) give what Lua's own give: the same
-- calls are made here, in plain Lua, and in a pack.
local packs = require "tests.support.packs"

-- Results of a call as a list of strings, so that nothing is lost on the way; errors as their message without its position.
local EVALUATE = [==[
local function shown(value)
  if type(value) == "string" then return "s:" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end) end
  if type(value) == "table" then return "table" end
  return (math.type(value) or type(value)) .. ":" .. tostring(value)
end
local functions = {
  find = string.find, match = string.match,
  gsub = string.gsub,
  gsub_table = function(text, pattern, most) return text:gsub(pattern, { a = "<A>", b = 7, ab = false, ["1"] = "" }, most) end,
  gsub_function = function(text, pattern, most)
    return text:gsub(pattern, function(...)
      local first = ...
      if first == "a" then return nil end
      return select("#", ...) .. "," .. tostring(first)
    end, most)
  end,
  gmatch = function(text, pattern, init)
    local all = {}
    for a, b, c in text:gmatch(pattern, init) do
      all[#all + 1] = tostring(a) .. "|" .. tostring(b) .. "|" .. tostring(c)
    end
    return table.concat(all, ";")
  end,
  sort = function(...)
    local list = { ... }
    table.sort(list)
    return table.unpack(list)
  end,
  sort_down = function(...)
    local list = { ... }
    table.sort(list, function(a, b) return a > b end)
    return table.unpack(list)
  end,
  -- The arguments that a generated list stands for: the list itself may be one of them.
  concat = function(list, ...) return table.concat(list, ...) end,
  insert = function(list, ...)
    table.insert(list, ...)
    return table.concat(list, ",")
  end,
  remove = function(list, ...)
    local removed = table.remove(list, ...)
    return removed, #list, list[0], table.concat(list, ",")
  end,
  move = function(list, first, last, to, other)
    local moved = table.move(list, first, last, to, other)
    local seen = {}
    for i = -3, 20 do seen[#seen + 1] = tostring(moved[i]) end
    return moved == list, table.concat(seen, ",")
  end,
  unpack = function(list, ...) return table.unpack(list, ...) end,
  -- The same through metamethods, which all these functions respect.
  concat_through = function(list, ...)
    return table.concat(setmetatable({}, { __index = list, __len = function() return #list end }), ...)
  end,
  unpack_through = function(list, ...)
    return table.unpack(setmetatable({}, { __index = list, __len = function() return #list end }), ...)
  end,
  insert_through = function(list, ...)
    local log = {}
    table.insert(setmetatable({}, { __index = list, __len = function() return #list end,
      __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. tostring(v) end }), ...)
    return table.concat(log, " ")
  end,
  remove_through = function(list, ...)
    local log = {}
    local removed = table.remove(setmetatable({}, { __index = list, __len = function() return #list end,
      __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. tostring(v) end }), ...)
    return removed, table.concat(log, " ")
  end,
  format = string.format, rep = string.rep, byte = string.byte, char = string.char, sub = string.sub, len = string.len,
  upper = string.upper, lower = string.lower, reverse = string.reverse, pack = string.pack, packsize = string.packsize,
  unpack_text = string.unpack,
  utf8_char = utf8.char, utf8_len = utf8.len, utf8_offset = utf8.offset, codepoint = utf8.codepoint,
  codes = function(text, lax)
    local all = {}
    for at, code in utf8.codes(text, lax) do all[#all + 1] = at .. ":" .. code end
    return table.concat(all, " ")
  end,
  tostring = tostring, tonumber = tonumber, select = select, type = type, rawlen = rawlen, rawequal = rawequal,
  math_type = math.type, tointeger = math.tointeger,
  add = function(a, b) return a + b end, less = function(a, b) return a < b end,
  next = function(list, ...) return next(list, ...) end, rawget = function(list, ...) return rawget(list, ...) end,
}
return function(name, arguments)
  local results = table.pack(pcall(functions[name], table.unpack(arguments)))
  if not results[1] then
    return { "error: " .. tostring(results[2]):gsub("^[%w_/%.%-]+:%d+: ", ""):gsub("%[string [^%]]*%]:%d+: ", "") }
  end
  local list = {}
  for i = 2, results.n do list[i - 1] = shown(results[i]) end
  return list
end
]==]

local plain = assert(load(EVALUATE))()

-- A generator of its own, so that a failure comes again.
local state = 20251125
local function random(n)
  state = (state * 6364136223846793005 + 1442695040888963407)
  return ((state >> 33) % n) + 1
end

local function pick(list) return list[random(#list)] end

local ITEMS = { "a", "b", ".", "%a", "%d", "%w", "%s", "%S", "%A", "[ab]", "[^a]", "[a-c1-3]", "[%a_]", "[]]", "[^]b]", "[a-]",
  "%.", "%%",
  "%b()", "%f[%w]", "%f[^%w]", "()", "%1", "(a)", "(.)", "(a*)", "(b-)", "(%d+)", "((a)(b))", "x", "1", "$", "^", "-", "%x",
  "%p", "\0", "[", "%", "(", ")", "%2", "[%", "[a", "%f", "%b", "%bx", "\xff", "%g", "%u", "%l", "%c" }
local SUFFIXES = { "", "", "", "*", "+", "-", "?" }
local PIECES = { "a", "b", "ab", "c", "1", "23", " ", "(", ")", "(a(b)c)", ".", "%", "_", "aaa", "\0", "\xff", "B", "\n", "-",
  "x" }
local NEWS = { "", "x", "%0", "%1", "<%1%2>", "%%", "%", "%9", "a%0b", "%a" }

local function pattern()
  local text = random(6) == 1 and "^" or ""
  for _ = 1, random(4) do text = text .. pick(ITEMS) .. pick(SUFFIXES) end
  return random(8) == 1 and text .. "$" or text
end

local function subject()
  local text = ""
  for _ = 1, random(9) - 1 do text = text .. pick(PIECES) end
  return text
end

local WORDS = { "", "a", "Ab", "aé€😀z", "0", "10", "0x1p4", " 12 ", "1e3", "-7", "1.5", "\xff\xfe", "\u{D800}", "\u{7FFFFFFF}",
  "a\0b", "nan", "inf",
  "9223372036854775808", "0x7fffffffffffffff", "z9", "1_0", "%d", "ÄÖ" }
local FORMATS = { "%d", "%5d", "%-5d|", "%05d", "%+d", "%x", "%X", "%#x", "%o", "%c", "%e", "%.3e", "%f", "%.10f", "%g", "%.14g",
  "%a", "%s", "%10s",
  "%-10s|", "%.2s", "%q", "%i", "%u", "%%", "%", "%y", "%123d", "%.123f", "%s %s", "%d %s %q", "%5", "% d", "%#o", "%.f",
    "%10.4s|" }
local PACKS = { "b", "B", "h", "<i4", ">i4", "i8", "!4 i1 i4", "j", "n", "d", "f", "s1", "s4", "z", "c3", "c10", "x", "i17",
  "!3 i4", "Xi4", " ", "<>=", "i3", "I5", "y" }

local function integer()
  return pick { 0, 1, -1, 2, 3, 5, -2, 7, 10, 64, 255, 256, -128, 0x7FFFFFFF, math.maxinteger, math.mininteger }
end
local function number()
  return random(3) == 1 and pick { 0.5, -0.5, 1e15, 1e300, -1e-300, 2^53, 3.0, 1/0, -1/0, 1e100 } or integer()
end
local function value() return random(2) == 1 and pick(WORDS) or number() end
local function small() return random(14) - 4 end

local function list_of(make, n)
  local list = {}
  for i = 1, random(n) - 1 do list[i] = make() end
  return list
end

local function some(list)
  local kept = {}
  for i = 1, random(#list + 1) - 1 do kept[i] = list[i] end
  return kept
end

-- Name → a list of arguments for it.
local CALLS = {
  concat = function() return { list_of(value, 8), table.unpack(some { pick { "", ",", 1, "--" }, small(), small() }) } end,
  insert = function()
    return { list_of(value, 8), table.unpack(random(3) == 1 and { small(), value(), value() } or some { small(), value() }) }
  end,
  remove = function() return { list_of(value, 8), table.unpack(some { small() }) } end,
  move = function() return { list_of(value, 8), small(), small(), small(), table.unpack(some { list_of(value, 4) }) } end,
  unpack = function() return { list_of(value, 8), table.unpack(some { small(), small() }) } end,
  format = function() return { pick(FORMATS), table.unpack(list_of(value, 5)) } end,
  rep = function()
    return { pick(WORDS), random(5) == 1 and pick { 0.5, 3.0, -1, math.mininteger, "2" } or small(),
      table.unpack(some { pick(WORDS) }) }
  end,
  byte = function() return { pick(WORDS), table.unpack(some { small(), small() }) } end,
  char = function() return list_of(function() return random(8) == 1 and integer() or random(256) - 1 end, 5) end,
  sub = function() return { pick(WORDS), small(), table.unpack(some { small() }) } end,
  len = function() return { value() } end,
  upper = function() return { value() } end,
  lower = function() return { value() } end,
  reverse = function() return { value() } end,
  pack = function() return { pick(PACKS), table.unpack(list_of(value, 4)) } end,
  packsize = function() return { pick(PACKS) .. pick(PACKS) } end,
  unpack_text = function() return { pick(PACKS), pick(WORDS) .. pick(WORDS), table.unpack(some { small() }) } end,
  utf8_char = function() return list_of(function() return random(8) == 1 and integer() or random(70000) end, 5) end,
  utf8_len = function() return { pick(WORDS), table.unpack(some { small(), small(), random(2) == 1 }) } end,
  utf8_offset = function() return { pick(WORDS), small(), table.unpack(some { small() }) } end,
  codepoint = function() return { pick(WORDS), table.unpack(some { small(), small(), random(2) == 1 }) } end,
  codes = function() return { pick(WORDS), random(2) == 1 } end,
  tostring = function() return { number() } end,
  tonumber = function() return { value(), table.unpack(some { pick { 2, 8, 10, 16, 36, 1, 37 } }) } end,
  select = function() return { random(4) == 1 and "#" or small(), table.unpack(list_of(value, 6)) } end,
  rawlen = function() return { random(2) == 1 and list_of(value, 5) or value() } end,
  rawequal = function() return { value(), value() } end,
  math_type = function() return { value() } end,
  tointeger = function() return { value() } end,
  add = function() return { value(), value() } end,
  less = function() return { value(), value() } end,
  next = function() return { list_of(value, 5), table.unpack(some { small() }) } end,
  rawget = function() return { list_of(value, 5), small() } end,
}
CALLS.concat_through, CALLS.unpack_through = CALLS.concat, CALLS.unpack
CALLS.insert_through, CALLS.remove_through = CALLS.insert, CALLS.remove
local NAMES = {}
for name in pairs(CALLS) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

-- A call of the functions that work on texts without patterns, on lists, and on numbers.
local function call()
  local name = pick(NAMES)
  return { name, CALLS[name]() }
end

local function case()
  local kind = random(8)
  if kind == 1 then return { "find", { subject(), pattern(), random(12) - 5 } } end
  if kind == 2 then return { "find", { subject(), pick(PIECES), random(3), random(2) == 1 } } end
  if kind == 3 then return { "match", { subject(), pattern(), random(12) - 5 } } end
  if kind == 4 then return { "gmatch", { subject(), pattern(), random(5) - 2 } } end
  if kind == 5 then return { "gsub", { subject(), pattern(), pick(NEWS), random(4) - 1 } } end
  if kind == 6 then return { "gsub_table", { subject(), pattern(), random(5) - 1 } } end
  if kind == 7 then return { "gsub_function", { subject(), pattern(), random(5) - 1 } } end
  local list = {}
  for i = 1, random(12) - 1 do list[i] = random(3) == 1 and random(9) + 0.5 or random(9) end
  return { pick { "sort", "sort_down" }, list }
end

-- The cases travel as Lua text, so that every byte arrives.
local function literal(any)
  if type(any) ~= "table" then return ("%q"):format(any) end
  local list = {}
  for i, item in ipairs(any) do list[i] = literal(item) end
  return "{" .. table.concat(list, ",") .. "}"
end

-- What the pack gives for a list of cases.
local function in_pack(cases)
  local module = "local cases = " .. literal(cases) .. "\nlocal evaluate = (function()\n" .. EVALUATE .. "end)()\n"
    .. "local results = {}\nfor i, case in ipairs(cases) do results[i] = json.array(evaluate(case[1], case[2])) end\nreturn { "
    .. "results = results }"
  local s = packs.tool(module, { more = "cpu = 20000," })
  local result = s:call "t"
  return assert(result.structuredContent, result.content[1].text).results
end

describe("string and table functions", function()
  it("give what Lua's own give, on 4000 generated calls", function()
    local cases, expected = {}, {}
    for i = 1, 4000 do
      cases[i] = case()
      expected[i] = plain(cases[i][1], cases[i][2])
    end
    for i, result in ipairs(in_pack(cases)) do
      assert.same(expected[i], result, literal(cases[i]))
    end
  end)

  it("give what Lua's own give, on 6000 generated calls without patterns", function()
    for _ = 1, 3 do
      local cases, expected = {}, {}
      for i = 1, 2000 do
        cases[i] = call()
        local copy = assert(load("return " .. literal(cases[i])))() -- some change their list
        expected[i] = plain(copy[1], copy[2])
      end
      for i, result in ipairs(in_pack(cases)) do
        assert.same(expected[i], result, literal(cases[i]))
      end
    end
  end)

  it("sort what is large, and keep the order of what is equal", function()
    local s = packs.tool [[
      local list = {}
      for i = 1, 5000 do list[i] = { key = (i * 7919) % 101, at = i } end
      table.sort(list, function(a, b) return a.key < b.key end)
      for i = 2, #list do
        local a, b = list[i - 1], list[i]
        assert(a.key < b.key or a.key == b.key and a.at < b.at)
      end
      return { n = #list }
    ]]
    assert.same({ n = 5000 }, s:call("t").structuredContent)
  end)
end)
