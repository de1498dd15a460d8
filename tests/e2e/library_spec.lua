-- Functions of Lua's libraries that the host has written anew (they keep to the CPU budget) give what Lua's own give: the same calls
-- are made here, in plain Lua, and in a pack.
local packs = require "tests.support.packs"

-- Results of a call as a list of strings, so that nothing is lost on the way; errors as their message without its position.
local EVALUATE = [==[
local function shown(value)
  if type(value) == "string" then return "s:" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end) end
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
}
return function(name, arguments)
  local results = table.pack(pcall(functions[name], table.unpack(arguments)))
  if not results[1] then return { "error: " .. tostring(results[2]):gsub("^[%w_/%.%-]+:%d+: ", ""):gsub("%[string [^%]]*%]:%d+: ", "") } end
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

local ITEMS = { "a", "b", ".", "%a", "%d", "%w", "%s", "%S", "%A", "[ab]", "[^a]", "[a-c1-3]", "[%a_]", "[]]", "[^]b]", "[a-]", "%.", "%%",
  "%b()", "%f[%w]", "%f[^%w]", "()", "%1", "(a)", "(.)", "(a*)", "(b-)", "(%d+)", "((a)(b))", "x", "1", "$", "^", "-", "%x", "%p", "\0",
  "[", "%", "(", ")", "%2", "[%", "[a", "%f", "%b", "%bx", "\xff", "%g", "%u", "%l", "%c" }
local SUFFIXES = { "", "", "", "*", "+", "-", "?" }
local PIECES = { "a", "b", "ab", "c", "1", "23", " ", "(", ")", "(a(b)c)", ".", "%", "_", "aaa", "\0", "\xff", "B", "\n", "-", "x" }
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
local function literal(value)
  if type(value) ~= "table" then return ("%q"):format(value) end
  local list = {}
  for i, item in ipairs(value) do list[i] = literal(item) end
  return "{" .. table.concat(list, ",") .. "}"
end

-- What the pack gives for a list of cases.
local function in_pack(cases)
  local module = "local cases = " .. literal(cases) .. "\nlocal evaluate = (function()\n" .. EVALUATE .. "end)()\n"
    .. "local results = {}\nfor i, case in ipairs(cases) do results[i] = json.array(evaluate(case[1], case[2])) end\nreturn { results = results }"
  local s = packs.tool(module)
  return s:call("t").structuredContent.results
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
