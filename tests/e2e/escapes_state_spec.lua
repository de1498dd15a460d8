-- Scripts that reach for what they were not given, change what all share, or leave something behind for the next call.
local escapes = require "tests.support.escapes"
local packs = require "tests.support.packs"

describe("there is no way to code, files or the process:", function()
  escapes.gives {
    { "load", "return load('return 1')()", "'load' is not available in a pack" },
    { "load through _G", "return _G.load", "there is no global '_G' (misspelt, or a missing 'local'?)" },
    { "bytecode", "return string.dump(function() end)", "string.dump is not available in a pack" },
    { "bytecode by a method", "return (''):dump()", "string.dump is not available in a pack" },
    { "require of a library", "return require 'os'",
      'require "os": modules are read with the files, not by a call' },
    { "require by a path", "return require 'spec./../../../etc/passwd'",
      'require "spec./../../../etc/passwd": modules are read with the files, not by a call' },
    { "debug", "return debug.getinfo(1)", "'debug' is not available in a pack" },
    { "debug.sethook, which would remove the guard", "debug.sethook() while true do end", "'debug' is not available in a pack" },
    { "the registry", "return debug.getregistry()", "'debug' is not available in a pack" },
    { "coroutines, which the guard would not see", "return coroutine.wrap(function() while true do end end)()",
      "'coroutine' is not available in a pack" },
    { "os.exit", "os.exit(true)", "os.exit is not available in a pack" },
    { "os.execute", "os.execute 'true'", "os.execute is not available in a pack" },
    { "os.getenv", "return os.getenv 'HATCHET_CLIENT_TOKEN'", "os.getenv is not available in a pack" },
    { "os.remove", "os.remove '/tmp/x'", "os.remove is not available in a pack" },
    { "io", "return io.open '/etc/passwd'", "'io' is not available in a pack" },
    { "io.popen", "return io.popen 'id'", "'io' is not available in a pack" },
    { "package.loadlib", "return package.loadlib('x.so', '*')", "'package' is not available in a pack" },
    { "package.loaded", "return package.loaded.os", "'package' is not available in a pack" },
    { "rawset", "rawset(string, 'upper', nil)", "'rawset' is not available in a pack" },
    { "collectgarbage", "collectgarbage 'stop'", "'collectgarbage' is not available in a pack" },
    { "dofile", "dofile '/etc/passwd'", "'dofile' is not available in a pack" },
    { "a tool that a call declares", "tool 'x' { }", "tool: declarations are read with the files, not made by a call" },
    { "the manifest that a call changes", "pack { name = 'x' }",
      "pack: the manifest is read with the files, not made by a call" },
    { "a name that is made at run time", "return _ENV['l' .. 'oad']", "'load' is not available in a pack" },
  }
end)

describe("the environment of a call", function()
  escapes.gives {
    { "takes no globals", "count = 1", "a call cannot set the global 'count'; declare it with 'local'" },
    { "takes none through _ENV", "_ENV.count = 1", "a call cannot set the global 'count'; declare it with 'local'" },
    { "may be replaced for the call's own code only", "local _ENV = { tostring = tostring } return tostring(string)", "nil" },
    { "has a metatable that is out of reach", "return tostring(getmetatable(_ENV))", "false" },
    { "cannot be given another one", "setmetatable(_ENV, nil)", "cannot change a protected metatable" },
    { "is empty to those who look inside", "return tostring(next(_ENV))", "nil" },
    { "does not let a function be replaced", "print = error", "a call cannot set the global 'print'; declare it with 'local'" },
    { "does not let a library be replaced", "string = {}", "a call cannot set the global 'string'; declare it with 'local'" },
  }
end)

describe("what all share is frozen:", function()
  local cases = {}
  for _, name in ipairs { "string", "table", "math", "utf8", "os", "json", "hatchway", "hatchway.time", "hide", "wrap" } do
    cases[#cases + 1] = { name, ("%s.x = 1"):format(name), ('%s cannot be changed (field "x")'):format(name) }
  end
  escapes.gives(cases)
  escapes.gives {
    { "a function of a library", "string.upper = string.lower", 'string cannot be changed (field "upper")' },
    { "json.null", "json.null = nil", 'json cannot be changed (field "null")' },
    { "by table.insert", "table.insert(string, 1)", 'string cannot be changed (field "1")' },
    { "by table.move", "table.move({ 1 }, 1, 1, 1, math)", 'math cannot be changed (field "1")' },
    { "by table.remove", "table.remove(math)", 'math.0 is not available in a pack' },
    { "by a new metatable", "setmetatable(string, {})", "cannot change a protected metatable" },
    { "by the metatable", "getmetatable(string).__newindex = nil", "attempt to index a boolean value" },
    { "the methods of strings", "getmetatable('').__index.upper = nil", "attempt to index a boolean value" },
    { "a metatable for strings", "setmetatable('', {})", "bad argument #1 to 'setmetatable' (table expected, got string)" },
    { "a method of a string", "('x').upper = nil", "attempt to index a string value (constant 'x')" },
    { "a metatable for functions", "setmetatable(print, {})",
      "bad argument #1 to 'setmetatable' (table expected, got function)" },
    { "a metatable for nil", "setmetatable(nil, {})", "bad argument #1 to 'setmetatable' (table expected, got nil)" },
    { "a copy is no way in", "local copy = {} for k, v in pairs(string) do copy[k] = v end copy.upper = nil return ('x'):upper()",
      "X" },
    { "next hands out values only", "local k, v = next(hatchway.time) return type(v)", "function" },
    { "ipairs finds nothing in a library", "for _ in ipairs(math) do end", "math.1 is not available in a pack" },
    { "a library may be used as a class, which does not open it",
      "local t = setmetatable({}, { __index = string }) t.upper = 1 return ('x'):upper()", "X" },
  }
end)

describe("what a module returns is frozen to its depth:", function()
  local module = [[
    local shared = {}
    shared.words = { "a", "b" }
    shared.deep = { sub = { x = 1 } }
    shared.list = json.array { 1, { n = 2 } }
    shared.object = json.object({ "b", "a" }, { a = 1, b = 2 })
    shared.none = {}
    shared.Class = { greet = function(self) return "I am " .. self.name end }
    shared.Class.__index = shared.Class
    local function call(self, n) return self.n + n end
    shared.adder = setmetatable({ n = 1 }, { __call = call, __add = function(a, b) return 7 end })
    shared.me = shared
    shared.is_none = function(x) return x == shared.none end
    shared.mark = { type = "text", text = "from a module" }
    return shared
  ]]
  local options = { files = { ["shared.lua"] = module, ["tools/a.lua"] = 'require "spec.shared"' } }
  local function with(code) return "local shared = require 'spec.shared' " .. code end

  local changes = {}
  for code, message in pairs {
    ["shared.words = nil"] = 'spec.shared cannot be changed (field "words")',
    ["shared.words[1] = 'x'"] = 'spec.shared.words cannot be changed (field "1")',
    ["shared.deep.sub.x = 2"] = 'spec.shared.deep.sub cannot be changed (field "x")',
    ["shared.list[2].n = 3"] = 'spec.shared.list[…] cannot be changed (field "n")',
    ["shared.object.a = 3"] = 'spec.shared.object cannot be changed (field "a")',
    ["shared.Class.greet = print"] = 'spec.shared.Class cannot be changed (field "greet")',
    ["shared.adder.n = 2"] = 'spec.shared.adder cannot be changed (field "n")',
    ["shared.me.me.words = 2"] = 'spec.shared cannot be changed (field "words")',
    ["table.insert(shared.words, 'c')"] = 'spec.shared.words cannot be changed (field "3")',
    ["table.remove(shared.words)"] = 'spec.shared.words cannot be changed (field "2")',
    ["table.sort(shared.words)"] = 'spec.shared.words cannot be changed (field "1")',
    ["table.move({ 'x' }, 1, 1, 1, shared.words)"] = 'spec.shared.words cannot be changed (field "1")',
    ["getmetatable(setmetatable({}, shared.Class)).greet = print"] = 'spec.shared.Class cannot be changed (field "greet")',
    ["select(2, next(shared.list, 1)).n = 3"] = 'spec.shared.list[…] cannot be changed (field "n")',
    ["rawget(shared, 'words')[1] = 'x'"] = 'spec.shared.words cannot be changed (field "1")',
    ["setmetatable(shared.words, nil)"] = "cannot change a protected metatable",
  } do
    changes[#changes + 1] = { code, with(code), message }
  end
  table.sort(changes, function(a, b) return a[1] < b[1] end)
  escapes.gives(changes, options)

  local reads = {}
  for code, text in pairs {
    ["return { words = shared.words }"] = '{"words":["a","b"]}',
    ["return { n = #shared.words, m = rawlen(shared.words), last = table.concat(shared.words, '-') }"] =
      '{"last":"a-b","m":2,"n":2}',
    ["return json.encode { shared.list, shared.object }"] = '[[1,{"n":2}],{"b":2,"a":1}]',
    ["return json.encode(json.array(shared.none))"] = "[]",
    ["json.array(shared.none) return json.encode(shared.none)"] = "{}",
    ["return json.encode(json.object({ 'a' }, shared.object))"] = '{"a":1,"b":2}',
    ["return json.encode(json.pick(shared.object, { 'a' }))"] = '{"a":1}',
    ["return json.type(shared.list) .. json.type(shared.object)"] = "arrayobject",
    ["return hatchway.nearest('aa', shared.words)"] = "a",
    ["return tostring(hatchway.check({ type = 'array' }, shared.list))"] = "true",
    ["return setmetatable({ name = 'x' }, shared.Class):greet()"] = "I am x",
    ["return shared.adder(2) .. '|' .. (shared.adder + 1)"] = "3|7",
    ["return tostring(shared.is_none(shared.none))"] = "true",
    ["return tostring(shared.none == shared.words)"] = "false",
    ["return table.concat({ table.unpack(shared.words) }, ',')"] = "a,b",
    ["local t = table.move(shared.words, 1, 2, 1, {}) t[1] = 'x' return table.concat(t)"] = "xb",
    ["return hatchway.content { shared.mark }"] = "from a module",
    ["local all = {} for i, w in ipairs(shared.words) do all[i] = w end return table.concat(all)"] = "ab",
  } do
    reads[#reads + 1] = { code, with(code), text }
  end
  table.sort(reads, function(a, b) return a[1] < b[1] end)
  escapes.gives(reads, options)

  it("so are the globals of a file", function()
    local s = packs.start { ["tools/a.lua"] = [[
      settings = { list = { 1 } }
      tool "a" { title = "A", about = "A.", access = "read", run = function() settings.list[1] = 2 end }
      tool "b" { title = "B", about = "B.", access = "read", run = function() return { list = settings.list } end }
    ]] }
    assert.equal('settings.list cannot be changed (field "1")', escapes.message(s:text(s:call "a")):gsub("^.-: ", ""))
    assert.equal('{"list":[1]}', s:text(s:call "b"))
  end)
end)

describe("the marks of JSON values are out of reach:", function()
  escapes.gives {
    { "of an array", "return tostring(getmetatable(json.array {}))", "false" },
    { "of an object", "return tostring(getmetatable(json.decode '{\"a\":1}'))", "false" },
    { "of a number that is too long for Lua", "return tostring(getmetatable(json.decode '123456789012345678901234567890'))",
      "false" },
    { "of an error", "local _, e = hatchway.try(error, 'x') return tostring(getmetatable(e))", "false" },
    { "of contents", "return tostring(getmetatable(hatchway.content { { type = 'text', text = 'x' } }))", "false" },
    { "of json.null", "return tostring(getmetatable(json.null))", "nil" },
    { "an array cannot be given another", "setmetatable(json.array {}, {})", "cannot change a protected metatable" },
    { "nor an object", "setmetatable(json.decode '{}', { __index = print })", "cannot change a protected metatable" },
    { "objects of one kind do not share their values",
      "local a, b = json.decode '{\"x\":1}', json.decode '{\"x\":2}' a.x = 3 return json.encode { a, b }", '[{"x":3},{"x":2}]' },
    { "a null has no fields", "json.null.x = 1", "attempt to index a userdata value (field 'null')" },
    { "an opaque number has no fields", "local n = json.decode '123456789012345678901234567890' return n.x",
      "attempt to index a json.number value (local 'n')" },
    { "nor can it be calculated with", "return json.decode '123456789012345678901234567890' + 1",
      "attempt to perform arithmetic on a json.number value" },
    { "contents have no fields", "return hatchway.content({ { type = 'text', text = 'x' } }).x",
      "attempt to index a hatchway.content value" },
  }
end)

describe("an error object", function()
  escapes.gives {
    { "of nil", "error(nil)", "the script raised a nil without a message" },
    { "of json.null", "error(json.null)", "the script raised a userdata without a message" },
    { "of contents", "error(hatchway.content { { type = 'text', text = 'x' } })",
      "the script raised a userdata without a message" },
    { "of a function", "error(print)", "the script raised a function without a message" },
    { "that prints without end is not asked", "error(setmetatable({}, { __tostring = function() while true do end end }))",
      "the script raised a table without a message" },
    { "whose __index has no end is not asked", "error(setmetatable({}, { __index = function() while true do end end }))",
      "the script raised a table without a message" },
    { "with a message that is a table", "error({ message = {} })", "the script raised a table without a message" },
    { "with a code that is a table", "error({ message = 'm', code = {} })", "m" },
    { "that raises when it is printed", "return tostring(setmetatable({}, { __tostring = function() error 'again' end }))",
      "again" },
    { "that prints as no string", "return tostring(setmetatable({}, { __tostring = function() return {} end }))",
      "'__tostring' must return a string" },
    { "whose kind of object lies", "return ('x') .. setmetatable({}, { __name = 'string' })",
      "attempt to concatenate a string value" },
    { "of a stop is not handed to a handler",
      "xpcall(function() hatchway.sleep(0) error 'x' end, function(e) return e end) return 'handled'", "handled" },
    { "in a handler goes to the caller", "local ok, e = pcall(xpcall, error, function() error('inner', 0) end) return e",
      "inner" },
  }

  it("of megabytes is cut", function()
    local outcome = escapes.try "error(('x'):rep(3e6), 0)"
    assert.equal(16000, #outcome.text)
  end)
end)

describe("what another function of the same call changes meanwhile", function()
  escapes.gives({
    { "may be missing from what is written, which stays whole", [[
      local t = {}
      for i = 1, 15000 do t[("a name of more than forty characters, so that it is a string of its own %d"):format(i)] = { i } end
      local r = hatchway.all {
        text = function() return json.encode(t) end,
        gone = function()
          for k in pairs(t) do t[k] = nil end
          for i = 1, 200000 do local _ = ("garbage %d"):format(i) end
          return true
        end,
      }
      return type(json.decode(r.text)) .. " " .. tostring(r.gone)]], "table true" },
    { "may be missing from a list", [[
      local t = {}
      for i = 1, 100000 do t[i] = i end
      local r = hatchway.all {
        text = function() return json.encode(t) end,
        gone = function() for i = #t, 1, -1 do t[i] = nil end return true end,
      }
      return type(json.decode(r.text)) .. " " .. tostring(r.gone)]], "table true" },
    { "may be sorted twice at once", [[
      local t = {}
      for i = 1, 20000 do t[i] = (i * 7919) % 20011 end
      hatchway.all { a = function() table.sort(t) end, b = function() table.sort(t, function(a, b) return a > b end) end }
      return { n = #t }]], '{"n":20000}' },
  }, { cpu = 20000 })
end)

describe("nothing is carried from one call to the next:", function()
  -- What two calls of a tool with this body give.
  local function twice(code, options)
    local s = packs.tool(code, options)
    local first = s:text(s:call "t")
    return first, s:text(s:call "t")
  end

  for _, case in ipairs {
    { "arguments", "args.n = (args.n or 0) + 1 return { n = args.n }", '{"n":1}' },
    { "the client", "local c = hatchway.client() local was = c.seen c.seen = true return { was = tostring(was) }",
      '{"was":"nil"}' },
    { "the server", "local c = hatchway.server() local was = c.tools.read c.tools.read = 99 return { was = was }", '{"was":1}' },
    { "what json.decode gives", "local t = json.decode('{\"n\":1}') t.n = t.n + 1 return { n = t.n }", '{"n":2}' },
    { "the answer of hatchway.all", "local r = hatchway.all { a = function() return 1 end } local n = r.a r.a = 5 return { n = n "
      .. "}", '{"n":1}' },
    { "variables", "local n = 0 n = n + 1 return { n = n }", '{"n":1}' },
  } do
    it(case[1], function()
      local first, second = twice(case[2])
      assert.equal(case[3], first)
      assert.equal(case[3], second)
    end)
  end

  it("a stop leaves nothing behind", function()
    local s = packs.tool("if args.busy then while true do end end return 'quick'",
      { input = 'busy = t.boolean { "Busy?", default = false }', more = "cpu = 50," })
    for _ = 1, 3 do
      assert.is_true(s:call("t", { busy = true }).isError)
      assert.equal("quick", s:text(s:call "t"))
    end
  end)
end)
