-- hatchway check: what overlays do, and what is broken in them.
local home = require "tests.support.home"

local function tool(name)
  return ('tool %q { title = "T", about = "Mine.", access = "read", run = function() return "x" end }\n'):format(name)
end

local FINE, BROKEN = "Nothing is broken.\n", "A server does not start with this; one that runs goes on with what it had.\n"

-- What is said of an overlay with these files: the lines after those that name the pack and the folder, and the exit code.
local function said(files)
  local h = home.new()
  h:write("mine/.keep", "")
  for name, text in pairs(files) do h:write("mine/" .. name, text) end
  local result = h:run("check", h:path "mine")
  assert.equal("", result.stderr)
  local rest = result.stdout:match("^pack hatchet\noverlay [^\n]*/mine\n(.*)$") or error(result.stdout)
  return (rest:gsub((h:path "mine/"):gsub("%p", "%%%0"), "")), result.code
end

local function says(expected, code, files)
  local text, exit = said(files)
  assert.same({ expected, code }, { text, exit })
end

describe("hatchway check", function()
  it("finds nothing in an empty home", function()
    assert.equal("pack hatchet\n" .. FINE, home.new():ok "check")
  end)

  it("names what an overlay adds, replaces, wraps and hides", function()
    says("adds tool mine (tools/x.lua)\nreplaces tool list_runs (tools/x.lua)\nhides tool get_run (tools/x.lua)\n"
      .. "wraps tool list_workers (tools/x.lua)\nreplaces prompt debug_run (prompts/p.lua)\n" .. FINE, 0, {
      ["tools/x.lua"] = tool "mine" .. tool "list_runs" .. 'hide.tool "get_run"\nwrap.tool "list_workers" { about = "Ours." }',
      ["prompts/p.lua"] = 'prompt "debug_run" { about = "Mine.", run = function() return "x" end }',
    })
  end)

  it("reads on past each broken file: path, line, reason", function()
    says("adds tool fine (tools/c.lua)\n"
      .. "broken: tools/a.lua:2: '}' expected (to close '{' at line 1) near <eof>\n"
      .. 'broken: tools/b.lua:2: wrap.tool "get_rum": there is none of that name; did you mean "get_run"?\n'
      .. 'broken: tools/d.lua:1: tool "x": the field "title" is a number, not a string\n'
      .. 'broken: tools/e.lua:2: the declaration of "y" was not completed: it has no table, or that was refused\n' .. BROKEN, 1, {
      ["tools/e.lua"] = tool "e" .. 'tool "y"',
      ["tools/a.lua"] = 'tool "a" {\n  title = "A"',
      ["tools/b.lua"] = tool "b" .. 'wrap.tool "get_rum" { about = "x" }',
      ["tools/c.lua"] = tool "fine",
      ["tools/d.lua"] = 'tool "x" { title = 1 }',
    })
  end)

  it("says once that a module is broken that two files require", function()
    says("broken: m.lua:1: unexpected symbol near '='\n" .. BROKEN, 1,
      { ["m.lua"] = "=", ["tools/a.lua"] = 'require "hatchet.m"', ["tools/b.lua"] = 'require "hatchet.m"' })
  end)

  it("names the whole path of a file whose name Lua would cut", function()
    local name = ("long"):rep(30) .. ".lua"
    says(("broken: tools/%s:1: unexpected symbol near '='\n"):format(name) .. BROKEN, 1, { ["tools/" .. name] = "=" })
  end)

  it("names what an overlay says of the pack", function()
    says("changes the title of the pack (pack.lua)\nchanges the instructions of the pack (pack.lua)\n" .. FINE, 0,
      { ["pack.lua"] = 'pack { name = "hatchet", title = "Shop", instructions = "Ask the shop." }' })
  end)

  it("names modules that are never read", function()
    says("never read: window.lua: the pack has a module of that name\n" .. FINE, 0, { ["window.lua"] = "return {}" })
  end)

  it("looks at the own folder without being told, and once if it is", function()
    local h = home.new()
    h:write(home.own .. "tools/x.lua", tool "mine")
    local own = h:path(home.own):gsub("/$", "")
    local expected = ("pack hatchet\noverlay %s\nadds tool mine (%s/tools/x.lua)\n"):format(own, own) .. FINE
    assert.equal(expected, h:ok "check")
    assert.equal(expected, h:ok("check", own))
  end)

  it("tells two folders of one name apart", function()
    local h = home.new()
    h:write("a/mine/tools/x.lua", tool "x")
    h:write("b/mine/tools/x.lua", "=")
    local result = h:run("check", h:path "b/mine", "--overlay", h:path "a/mine")
    assert.equal(1, result.code)
    assert.truthy(result.stdout:find("broken: " .. h:path "b/mine/tools/x.lua:1: ", 1, true), result.stdout)
  end)

  it("looks at a pack of its own", function()
    local h = home.new()
    h:write("shop/pack.lua", 'pack { name = "shop" }')
    h:write("shop/tools/x.lua", tool "x")
    assert.equal(("pack %s\n"):format(h:path "shop") .. FINE, h:ok("check", h:path "shop"))
    h:write("shop/tools/x.lua", "=")
    local result = h:run("check", h:path "shop")
    assert.equal(1, result.code)
    assert.truthy(result.stdout:find("broken: " .. h:path "shop/tools/x.lua:1: ", 1, true), result.stdout)
  end)

  it("looks at overlays of another pack", function()
    local h = home.new()
    h:write("shop/pack.lua", 'pack { name = "shop" }')
    h:write("mine/tools/x.lua", tool "x")
    assert.truthy(h:ok("check", h:path "mine", "--pack", h:path "shop"):find("adds tool x", 1, true))
  end)

  for what, case in pairs {
    ["a folder that is not there"] = { { "check", "/no/such" }, "check /no/such: there is no such folder" },
    ["two folders"] = { { "check", ".", "src" }, 'check takes one folder, and got "src" too' },
    ["a misspelt option"] = { { "check", "--overlai", "x" }, "did you mean --overlay" },
  } do
    it("refuses " .. what, function()
      local result = home.new():run(table.unpack(case[1]))
      assert.same({ 2, "" }, { result.code, result.stdout })
      assert.truthy(result.stderr:find(case[2], 1, true), result.stderr)
    end)
  end

  it("--help", function()
    assert.truthy(home.new():ok("check", "--help"):find("Usage: hatchway check [DIR]", 1, true))
  end)
end)
