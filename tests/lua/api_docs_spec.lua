-- The data of docs/api against the sandbox: what is offered is told, and what is told is there. And what is made from the data is
-- up to date.
local cjson = require "cjson"
local guides = require "tests.support.guides"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local api = dofile "docs/api/api.lua"

local RECORDINGS = { "--replay", "tests/cassettes/overview.har", "--replay", "tests/cassettes/details.har" }

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do set[name] = true end
  end
  return set
end

-- A server of the pack hatchet with an overlay of these files.
-- With these options in place of the recordings.
local function overlay(files, options)
  local folder = packs.write(files)
  if not files["pack.lua"] then os.remove(folder .. "/pack.lua") end
  local s = host.start { pack = "hatchet", args = { "--overlay", folder, table.unpack(options or RECORDINGS) } }
  s:initialize()
  return s
end

-- What the tool "report" of an overlay returns. `code` may fill the table `found` while files are read and, in `run`, in a call.
local function ask(code, run)
  local s = overlay { ["tools/report.lua"] = ([[
local t = require "hatchway.types"
local found = json.object({}, {})
%s
tool "report" { title = "R", about = "R.", access = "read", cpu = 5000, run = function() %s return found end }
]]):format(code, run or "") }
  local result = s:call "report"
  assert.is_nil(result.isError, s:text(result))
  return result.structuredContent
end

-- A list as Lua source.
local function source(list)
  local quoted = {}
  for i, name in ipairs(list) do quoted[i] = ("%q"):format(name) end
  return "{ " .. table.concat(quoted, ", ") .. " }"
end

-- Every word that stands in a string of the host's C files: whatever name it offers is among them.
local function words_of(folder)
  local words = {}
  local pipe = assert(io.popen("cat " .. folder .. "/*.c"))
  for text in pipe:read("a"):gmatch('"([%a_][%w_]*)"') do words[text] = true end
  pipe:close()
  return words
end

local function names_in(entry)
  local names = { table.unpack(entry.tables or {}) }
  for _, value in ipairs(entry.values or {}) do names[#names + 1] = value[1] end
  for _, f in ipairs(entry.functions) do names[#names + 1] = f.name end
  return names
end

describe("what docs/api/generate.lua writes", function()
  for name, text in pairs(loadfile "docs/api/generate.lua" "list") do
    it(("is in docs/%s (else run: lua5.4 docs/api/generate.lua)"):format(name), function()
      assert.equal(text, read("docs/" .. name))
    end)
  end
end)

describe("the sandbox offers what the data says:", function()
  local LIST = "for name in pairs(%s) do names[#names + 1] = name end"

  local function members(expression)
    local found = ask("", ("local names = json.array {} %s found.names = names"):format(LIST:format(expression)))
    return set_of(found.names)
  end

  for _, entry in ipairs(api.tables) do
    it(entry.name, function()
      assert.same(sorted(set_of(names_in(entry))), sorted(members(entry.name)))
    end)
  end

  for _, entry in ipairs(api.modules) do
    it(entry.module, function()
      local found = ask(("local module = require %q"):format(entry.module),
        ("local names = json.array {} %s found.names = names"):format(LIST:format "module"))
      assert.same(sorted(set_of(names_in(entry))), sorted(set_of(found.names)))
    end)
  end

  for _, library in ipairs(api.language.libraries) do
    it(library.name, function()
      local names = members(library.name)
      for _, name in ipairs(api.language.compatible[library.name] or {}) do names[name] = nil end
      assert.same(sorted(set_of(library.members)), sorted(names))
    end)
  end

  it("hide", function()
    assert.same(sorted(set_of(names_in(api.hide))), sorted(members "hide"))
  end)

  it("wrap", function()
    local names = {}
    for _, entry in ipairs(api.declarations) do
      if entry.of then names[#names + 1] = entry.name end
    end
    assert.same(sorted(set_of(names)), sorted(members "wrap"))
  end)

  it("the types, and two functions for the host", function()
    local names = { "input_schema", "output_schema" }
    for _, kind in ipairs(api.types) do names[#names + 1] = kind.name end
    assert.same(sorted(set_of(names)), sorted(members "t"))
  end)

  -- The globals that the data tells, and code that finds those of them and of all words of the host that are there.
  local function globals()
    local told = set_of(api.language.base, { "hide", "wrap" })
    for _, entry in ipairs(api.declarations) do
      if not entry.of then told[entry.name] = true end
    end
    for _, entry in ipairs(api.tables) do told[entry.name:match("^%w+")] = true end
    for _, library in ipairs(api.language.libraries) do told[library.name] = true end
    local asked = words_of "src/script"
    for name in pairs(_G) do asked[name] = true end
    for name in pairs(told) do asked[name] = true end
    return told, ("local there = json.array {} for _, name in ipairs(%s) do "):format(source(sorted(asked)))
      .. "if pcall(function() return _ENV[name] end) then there[#there + 1] = name end end found.there = there\n"
  end

  it("globals", function()
    local told, code = globals()
    assert.same(sorted(told), sorted(set_of(ask(code).there)))
  end)

  it("what specs have besides", function()
    local told, code = globals()
    for _, name in ipairs(names_in { functions = api.specs.functions }) do told[name] = true end
    local folder = packs.write { ["pack.lua"] = "", ["tests/x_spec.lua"] = "local found = {}\n" .. code
      .. "local names = json.array {} " .. LIST:format "assert" .. " found.assertions = names\n"
      .. 'it("tells", function() error("<<" .. json.encode(found) .. ">>") end)' }
    local result = host.run { args = { "test", folder } }
    assert.equal(1, result.code)
    local found = cjson.decode(result.stdout:match "<<(.*)>>" or error(result.stdout .. result.stderr))
    assert.same(sorted(told), sorted(set_of(found.there)))
    assert.same(sorted(set_of(names_in { functions = api.specs.assertions })), sorted(set_of(found.assertions)))
  end)

  it("what the repl has of it", function()
    local lines, want = {}, {}
    for i, f in ipairs(api.specs.functions) do
      lines[i] = ("(pcall(function() return _ENV[%q] end))\n"):format(f.name)
      want[i] = tostring(f.repl == true)
    end
    local result = host.run { args = { "repl", table.unpack(RECORDINGS) }, stdin = table.concat(lines) }
    assert.equal(table.concat(want, "\n") .. "\n", result.stdout)
  end)

  it("what differs from Lua", function()
    local found = ask("shared = { list = {} }", [[
      for _, event in ipairs { "__gc", "__mode" } do found[event] = select(2, pcall(setmetatable, {}, { [event] = "k" })) end
      found.dump = select(2, pcall(function() return string.dump end))
      found.file = select(2, pcall(function() shared.list[1] = 1 end))
      found.library = select(2, pcall(function() string.x = 1 end))
      found.module = select(2, pcall(function() t.x = 1 end))]])
    for key, pattern in pairs { __gc = "'__gc' is not available", __mode = "'__mode' is not available",
      dump = "string.dump is not available",
      file = "cannot be changed", library = "cannot be changed", module = "cannot be changed" } do
      assert.truthy(found[key] and found[key]:find(pattern, 1, true), ("%s: %s"):format(key, found[key]))
    end
    local s = overlay { ["tools/x.lua"] =
      'tool "x" { title = "X", about = "X.", access = "read", run = function() return ("x"):rep((4 << 20) + 1) end }' }
    assert.equal("memory", s:call("x")._meta["hatchway/error"].code)
  end)

  it("names that are refused", function()
    local found = ask("", ("for _, name in ipairs(%s) do found[name] = select(2, pcall(function() return _ENV[name] end)) end")
      :format(source(api.language.refused)))
    for _, name in ipairs(api.language.refused) do
      assert.truthy(found[name]:find(("'%s' is not available in a pack"):format(name), 1, true), found[name])
    end
  end)
end)

-- A value for a field that must be there.
local function dummy(field)
  if field[2]:find "^fun" then return "function() end" end
  return field[1] == "access" and '"read"' or '"x"'
end

describe("declarations take the fields that the data says:", function()
  -- Declares with a table of the given source; gives the error.
  local function attempt(entry, fields)
    local target = (entry.of and entry.of .. "." or "") .. entry.name
    local name = entry.of and "list_runs" or entry.name == "resource" and "x://y" or "x"
    return entry.named and ("%s %q { %s }"):format(target, name, fields) or ("%s { %s }"):format(target, fields)
  end

  -- The errors of many attempts, each with its key. A declaration that is refused refuses its file: each has one of its own, and
  -- hatchway check reads on past them. A manifest may be tried again and again.
  local function errors(entry, attempts)
    local found, code, files = {}, {}, {}
    for key, fields in pairs(attempts) do
      local text = attempt(entry, fields)
      code[#code + 1] = ("found[%q] = tostring(select(2, pcall(function() %s end)))"):format(key, text)
      files["tools/" .. key .. ".lua"] = text
    end
    if entry.name == "pack" then
      local s = host.start { pack = packs.write {
        ["pack.lua"] = "local found = {}\n" .. table.concat(code, "\n")
          .. '\npack { name = "spec", instructions = json.encode(found) }' } }
      return cjson.decode(s:initialize().instructions)
    end
    files["pack.lua"] = "pack {}"
    local output = host.run { args = { "check", packs.write(files) } }.stdout
    for key, message in output:gmatch("/([%w_]+)%.lua:%d+: ([^\n]*)") do found[key] = message end
    return found
  end

  local with_fields = {}
  for _, entry in ipairs(api.declarations) do
    if not entry.statement then with_fields[#with_fields + 1] = entry end
  end

  for _, entry in ipairs(with_fields) do
    it(entry.form, function()
      local asked, attempts, told = words_of "src/script", {}, {}
      for _, field in ipairs(entry.fields) do told[field[1]] = true end
      for name in pairs(asked) do attempts[name] = ("[%q] = json.null"):format(name) end
      for name in pairs(told) do attempts[name] = ("[%q] = json.null"):format(name) end
      local taken = {}
      for name, message in pairs(errors(entry, attempts)) do
        if not message:find "there is no field" then taken[name] = true end
      end
      assert.same(sorted(told), sorted(taken))
    end)

    it(entry.form .. ": those that are needed", function()
      local attempts = {}
      for _, field in ipairs(entry.fields) do
        local others = {}
        for _, other in ipairs(entry.fields) do
          if other.needed and other ~= field then others[#others + 1] = ("%s = %s"):format(other[1], dummy(other)) end
        end
        if field.needed then attempts[field[1]] = table.concat(others, ", ") end
      end
      local needed = {}
      for name, message in pairs(next(attempts) and errors(entry, attempts) or {}) do
        assert.truthy(message:find(("needs the field %q"):format(name), 1, true), message)
        needed[name] = true
      end
      assert.same(sorted(attempts), sorted(needed))
    end)
  end

  it("types", function()
    local code = {}
    for _, kind in ipairs(api.types) do
      code[#code + 1] = ([[do local seen = json.array {}
        local values = { values = { "a" }, of = t.string {}, fields = {}, schema = {} }
        t.%s(setmetatable({}, { __index = function(_, key) seen[#seen + 1] = tostring(key) return values[key] end }))
        found.%s = seen end]]):format(kind.name, kind.name)
    end
    local found = ask(table.concat(code, "\n"))
    for _, kind in ipairs(api.types) do
      local told = set_of { "1", "optional", "default", "required" }
      for _, field in ipairs(kind.own) do told[field[1]] = true end
      assert.same(sorted(told), sorted(set_of(found[kind.name])), kind.name)
    end
  end)
end)

describe("the examples of the reference", function()
  local ARGUMENTS = { id = "dc713889-fb85-4000-922d-da965a42d10a", workflow_run_id = "dc713889-fb85-4000-922d-da965a42d10a" }

  for _, entry in ipairs(api.tables) do
    for _, f in ipairs(entry.functions) do
      if f.example then
        it(("of %s.%s"):format(entry.name, f.name), function()
          local push = f.name == "push"
          local s = overlay({ ["tools/x.lua"] = ([[
local t = require "hatchway.types"
tool "x" { title = "X", about = "X.", access = "%s", task = "optional",
  input = { id = t.uuid { optional = true }, workflow_run_id = t.uuid { optional = true } },
  run = function(args)
%s  %s
  end }
]]):format(push and "write" or "read", f.example, f.example:find "return" and "" or f.never and "" or "return 'done'") },
            push and { "--access", "write", "--replay", "tests/cassettes/events-grpc.har" })
          local result = s:call("x", ARGUMENTS)
          if f.never then
            assert.equal("no_worker", result._meta["hatchway/error"].code)
          else
            assert.is_nil(result.isError, s:text(result))
          end
        end)
      end
    end
  end

  for _, entry in ipairs(api.declarations) do
    if entry.example then
      it("of " .. entry.form, function()
        if entry.name == "pack" then
          local s = packs.start({ ["pack.lua"] = entry.example }, { args = RECORDINGS })
          return assert.same({}, s:request("ping").result)
        end
        local s = overlay { ["tools/x.lua"] = entry.example }
        local name, address = entry.example:match('tool "([%w_]+)"'), entry.example:match('resource "([^"]+)"')
        if address then return assert.truthy(s:request("resources/read", { uri = address }).result) end
        -- the recording has no list of ten workflows
        local result = s:call(name, name == "list_workflows" and { limit = 5 } or nil)
        assert.is_nil(result.isError, s:text(result))
      end)
    end
  end
end)

describe("what editors and linters read", function()
  it("are stubs that are Lua, and settings that are JSON", function()
    for _, name in ipairs { "hatchway", "types", "svg", "specs" } do
      assert(loadfile(("docs/editor/stubs/%s.lua"):format(name)))
    end
    assert.equal("Lua 5.4", cjson.decode(read "docs/editor/.luarc.json")["runtime.version"])
  end)

  local function luacheck(paths)
    local pipe = assert(io.popen("luacheck --no-color --formatter plain --config docs/editor/.luacheckrc " .. paths .. " 2>&1"))
    local text = pipe:read("a")
    pipe:close()
    return text
  end

  it("let luacheck find nothing in the built-in packs", function()
    assert.equal("", luacheck "lua prompts")
  end)

  it("let luacheck find nothing in the spec of the reference", function()
    local folder = packs.write { ["tests/x_spec.lua"] = api.specs.example }
    assert(os.execute(("cp docs/editor/.luacheckrc %s/"):format(folder)))
    local pipe = assert(io.popen(("cd %s && luacheck --no-color --formatter plain tests 2>&1"):format(folder)))
    local text = pipe:read("a")
    pipe:close()
    assert.equal("", text)
  end)

  it("let luacheck find names that the sandbox does not have", function()
    local folder = packs.write { ["tools/x.lua"] =
      'print(io.read(), hatchway.tri, string.dump, hatchet.put)\ncoroutine.yield()\n' }
    local found = {}
    for name in luacheck(folder .. "/tools/x.lua"):gmatch("[^\n]-'([%w_.]+)'[^\n]*") do found[#found + 1] = name end
    assert.same({ "io", "tri", "dump", "put", "coroutine" }, found)
  end)

  it("let luacheck find nothing in the files of the guides that should work", function()
    for _, name in ipairs { "writing-a-tool", "customising-prompts" } do
      for _, step in ipairs(guides.steps(read(("docs/guides/%s.md"):format(name)), name)) do
        if step.kind == "file" then
          assert.equal("", luacheck(packs.write { ["tools/x.lua"] = step.text } .. "/tools/x.lua"), step.text)
        end
      end
    end
  end)
end)
