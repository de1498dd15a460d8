-- Overlays: the operator's folders over a pack, read at the start.
local uv = require "luv"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local OVERVIEW = "tests/cassettes/overview.har"

-- A folder with these files and nothing else.
local function overlay(files)
  local folder = packs.write(files)
  if not files["pack.lua"] then os.remove(folder .. "/pack.lua") end
  return folder
end

local function tool(name, code, more)
  return ('tool %q { title = "T", about = "Mine.", access = "read", %s run = function(args) %s end }\n')
    :format(name, more or "", code)
end

-- A server of the pack hatchet on a recording, with these overlays.
local function start(folders, options)
  local args = { "--replay", OVERVIEW }
  for _, folder in ipairs(folders) do
    args[#args + 1] = "--overlay"
    args[#args + 1] = folder
  end
  local s = host.start { pack = "hatchet", args = args, home = options and options.home, env = options and options.env }
  s:initialize()
  return s
end

local function listed(s)
  local names = {}
  for _, entry in ipairs(s:request("tools/list").result.tools) do names[entry.name] = entry end
  return names
end

-- What a server says that does not start.
local function refusal(folder)
  local result = host.run { args = { "serve", "hatchet", "--replay", OVERVIEW, "--overlay", folder } }
  assert.equal(1, result.code)
  return result.stderr
end

describe("an overlay", function()
  it("adds a tool", function()
    local s = start { overlay { ["tools/mine.lua"] = tool("mine", "return { answer = 42 }") } }
    assert.same({ answer = 42 }, s:call("mine").structuredContent)
    assert.truthy(listed(s).list_runs)
  end)

  it("replaces a tool of the same name, in its place", function()
    local s = start { overlay { ["tools/x.lua"] = tool("list_workflows", "return 'mine'") } }
    assert.equal("mine", s:text(s:call "list_workflows"))
    assert.equal("Mine.", listed(s).list_workflows.description)
  end)

  it("replaces prompts and resources as well", function()
    local s = start { overlay {
      ["prompts/x.lua"] = 'prompt "debug_run" { about = "Mine.", run = function() return "look closely" end }',
      ["resources/x.lua"] = 'resource "hatchet://mine" { name = "mine", about = "Mine.", run = function() return "text" end }',
    } }
    assert.equal("look closely", s:request("prompts/get", { name = "debug_run" }).result.messages[1].content.text)
    assert.equal("text", s:request("resources/read", { uri = "hatchet://mine" }).result.contents[1].text)
  end)

  it("hides what it names", function()
    local s = start { overlay { ["tools/x.lua"] = 'hide.tool "get_run"\nhide.prompt "debug_run"' } }
    assert.is_nil(listed(s).get_run)
    assert.equal(-32602, s:request("tools/call", { name = "get_run" }).error.code)
    assert.equal(-32602, s:request("prompts/get", { name = "debug_run" }).error.code)
  end)

  it("uses its own modules and those of the pack, whose names it cannot take", function()
    local s = start { overlay {
      ["mine.lua"] = "return { word = 'own' }",
      ["window.lua"] = "return { of = function() return 'shadow' end }",
      ["tools/x.lua"] = 'local mine, window = require "hatchet.mine", require "hatchet.window"\n'
        .. tool("mine", "return mine.word .. ' ' .. (window.of({}, { hours = 1 }))"),
    } }
    assert.truthy(s:text(s:call "mine"):find "^own 20%d%d%-") -- the pack's own window, which gives a time
  end)

  it("changes the instructions and the title", function()
    local s = host.start { pack = "hatchet", args = { "--replay", OVERVIEW, "--overlay",
      overlay { ["pack.lua"] = 'pack { title = "Shop", instructions = "Ask the shop." }' } } }
    local result = s:initialize()
    assert.same({ "Ask the shop.", "Shop", "hatchet" }, { result.instructions, result.serverInfo.title, result.serverInfo.name })
  end)

  it("comes after the one in the configuration folder; the later wins", function()
    local home = assert(uv.fs_mkdtemp "/tmp/hatchway-home-XXXXXX")
    loop.finally(function() os.execute("rm -r " .. home) end)
    os.execute(("mkdir -p %s/.config/hatchway/hatchet/tools"):format(home))
    local file = assert(io.open(home .. "/.config/hatchway/hatchet/tools/x.lua", "w"))
    file:write(tool("one", "return 'home'"), tool("two", "return 'home'"))
    file:close()
    local first, second = overlay { ["tools/x.lua"] = tool("two", "return 'first'") .. tool("three", "return 'first'") },
      overlay { ["tools/x.lua"] = tool("three", "return 'second'") }
    local s = start({ first, second }, { home = home })
    assert.same({ "home", "first", "second" }, { s:text(s:call "one"), s:text(s:call "two"), s:text(s:call "three") })
  end)
end)

describe("wrap.tool", function()
  it("changes descriptions and defaults", function()
    local s = start { overlay { ["tools/x.lua"] =
      'wrap.tool "list_workflows" { about = "Ours.", title = "Flows", defaults = { limit = 3 } }' } }
    local entry = listed(s).list_workflows
    assert.same({ "Ours.", "Flows", 3 }, { entry.description, entry.title, entry.inputSchema.properties.limit.default })
  end)

  it("changes arguments and results without a copy of the tool", function()
    local s = start { overlay { ["tools/x.lua"] = [[
      local t = require "hatchway.types"
      wrap.tool "list_workflows" {
        input = { first = t.boolean { "Only the first.", default = false } },
        arguments = function(args) args.limit = 5 return args end,
        result = function(result, args)
          if args.first then result.rows = { result.rows[1] } end
          result.counted = #result.rows
          return result
        end,
      }
    ]] } }
    assert.equal(5, s:call("list_workflows").structuredContent.counted)
    assert.equal(1, s:call("list_workflows", { first = true }).structuredContent.counted)
  end)

  it("takes an argument away", function()
    local s = start { overlay { ["tools/x.lua"] = 'wrap.tool "list_workflows" { input = { offset = false } }' } }
    assert.is_nil(listed(s).list_workflows.inputSchema.properties.offset)
    assert.truthy(s:text(s:call("list_workflows", { offset = 1 })):find 'no argument "offset"')
  end)

  it("sees the value of an answer that the tool passes on", function()
    local s = start { overlay { ["tools/x.lua"] =
      'wrap.tool "list_workers" { result = function(r) return { workers = #r.rows } end }' } }
    assert.same({ workers = 2 }, s:call("list_workers").structuredContent)
  end)

  it("may lie on what an overlay wrapped before", function()
    local one = overlay { ["tools/x.lua"] = 'wrap.tool "list_workers" { result = function(r) return { n = #r.rows } end }' }
    local two = overlay { ["tools/x.lua"] = 'wrap.tool "list_workers" { result = function(r) return { n = r.n * 10 } end }' }
    assert.same({ n = 20 }, start({ one, two }):call("list_workers").structuredContent)
  end)
end)

describe("a broken overlay ends the start with code 1 and says", function()
  for what, case in pairs {
    ["file, line and reason of a syntax error"] = { "tool 'x' {", "overlay:[%w_%-]+/tools/x.lua:1: .* near <eof>" },
    ["the nearest name of a tool that is not there to hide"] =
      { 'hide.tool "list_runz"', 'x.lua:1: hide.tool "list_runz": .* did you mean "list_runs"' },
    ["the nearest name of a tool that is not there to wrap"] =
      { 'wrap.tool "get_rum" {}', 'x.lua:1: wrap.tool "get_rum": .* did you mean "get_run"' },
    ["the nearest field"] = { 'wrap.tool "get_run" { abaut = "x" }', 'x.lua:1: wrap.tool "get_run": .* did you mean "about"' },
    ["the argument that is not there"] =
      { 'wrap.tool "list_runs" { defaults = { limmit = 3 } }', 'no argument "limmit"; did you mean "limit"' },
    ["a default of the wrong type"] = { 'wrap.tool "list_runs" { defaults = { limit = "many" } }',
      'x.lua:1: wrap.tool "list_runs": input.limit: the default: must be an integer, got "many"' },
    ["a name that is declared twice"] = { tool("a", "") .. tool("a", ""), 'x.lua:2: tool "a" is declared already, in x.lua' },
    ["a declaration without its table"] = { 'tool "a"', 'x.lua:1: the declaration of "a" was not completed' },
  } do
    it(what, function()
      local text = refusal(overlay { ["tools/x.lua"] = case[1] })
      assert.truthy(text:find(case[2]), text)
      assert.equal(1, select(2, text:gsub("\n", "\n")))
    end)
  end

  it("the pack that it is for", function()
    local text = refusal(overlay { ["pack.lua"] = 'pack { name = "other" }' })
    assert.truthy(text:find('this overlay is for the pack "other", and lies over "hatchet"', 1, true), text)
  end)

  it("the folder that is not there", function()
    assert.truthy(refusal("/no/such/folder"):find("--overlay /no/such/folder: there is no such folder", 1, true))
  end)
end)

describe("hide and wrap", function()
  it("are for overlays", function()
    local folder = packs.write { ["tools/x.lua"] = 'hide.tool "x"' }
    local result = host.run { args = { "serve", folder } }
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("hide.tool is for overlays", 1, true), result.stderr)
  end)
end)
