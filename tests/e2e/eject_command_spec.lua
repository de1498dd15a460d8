-- hatchway eject: a copy of a declaration, which takes its place.
local cjson = require "cjson"
local home = require "tests.support.home"

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

-- All names that the pack hatchet declares, by kind: from its reference.
local function declared()
  local names, kind = {}, nil
  for line in home.new():ok("tools", "--markdown", "--access", "destroy"):gmatch "[^\n]+" do
    kind = line:match "^## (%a+)s$" or kind
    local name = line:match "^### (%S+)$"
    if name then names[#names + 1] = { kind = kind:lower(), name = name } end
  end
  return names
end

describe("hatchway eject", function()
  it("copies one tool of a file of several, and nothing else takes effect", function()
    local h = home.new()
    local file = h:path(home.own .. "tools/get_run_status.lua")
    assert.equal(("wrote %s: the tool get_run_status, in place of the pack's own\n"):format(file)
      .. "next: change it; hatchway check says what it does; without the file the original is back\n",
        h:ok("eject", "get_run_status"))
    assert.equal(("pack hatchet\noverlay %s\nreplaces tool get_run_status (%s)\nNothing is broken.\n")
      :format(h:path(home.own):gsub("/$", ""), file), h:ok "check")
    has(h:read(home.own .. "tools/get_run_status.lua"), "-- From hatchet/tools/runs.lua of Hatchway ")
  end)

  it("copies everything that the pack has so that nothing differs", function()
    local h = home.new()
    local before, all = h:ok("tools", "--markdown", "--access", "destroy"), declared()
    assert.is_true(#all >= 30, #all)
    for _, entry in ipairs(all) do h:ok("eject", entry.name) end
    local _, replaced = h:ok "check":gsub("replaces ", "")
    assert.equal(#all, replaced)
    assert.equal(before, h:ok("tools", "--markdown", "--access", "destroy"))
  end)

  it("copies what then works as the original does", function()
    local h = home.new()
    local words = { "call", "list_workflows", "limit=5", "--replay", "tests/cassettes/overview.har" }
    local before = h:ok(table.unpack(words))
    h:ok("eject", "list_workflows")
    assert.equal(before, h:ok(table.unpack(words)))
    local name = home.own .. "tools/list_workflows.lua"
    h:write(name, (h:read(name):gsub('title = "[^"]*"', 'title = "Flows"')))
    has(h:ok("tools", "--replay", "tests/cassettes/overview.har"), "Flows")
    assert.equal(5, #cjson.decode(h:ok(table.unpack(words))).rows)
  end)

  it("takes prompts by name, resources by address or name", function()
    local h = home.new()
    has(h:ok("eject", "debug_run"), home.own .. "prompts/debug_run.lua: the prompt debug_run")
    has(h:ok("eject", "hatchet://runs/{workflow_run_id}/status"), home.own .. "resources/run-status.lua: the resource")
    has(h:ok("eject", "workers", "--into", h:path "team"), h:path "team/resources/workers.lua: the resource hatchet://workers")
  end)

  it("never writes over a file, nor beside a copy", function()
    local h = home.new()
    h:write(home.own .. "tools/get_run.lua", "-- empty\n")
    local result = h:run("eject", "get_run")
    assert.same({ 1, ("hatchway: %s exists already; nothing was written\n"):format(h:path(home.own .. "tools/get_run.lua")) },
      { result.code, result.stderr })
    assert.equal("-- empty\n", h:read(home.own .. "tools/get_run.lua"))
    h:ok("eject", "debug_run")
    has(h:run("eject", "debug_run").stderr,
      "the prompt debug_run is your own already, in " .. h:path(home.own .. "prompts/debug_run.lua"))
  end)

  it("says so where a file of a pack cannot be taken apart", function()
    local h = home.new()
    h:write("shop/pack.lua", 'pack { name = "shop" }')
    h:write("shop/tools/x.lua", [[
      for _, name in ipairs { "a", "b" } do tool(name) {
        title = "T", about = "T.", access = "read", run = function() return "x" end } end
    ]])
    local result = h:run("eject", "a", "--pack", h:path "shop")
    assert.equal(1, result.code)
    has(result.stderr, 'shop/tools/x.lua declares more than "a", in a form that cannot be taken apart')
  end)

  it("writes where it should, whatever a pack calls its things", function()
    local h = home.new()
    h:write("shop/pack.lua", 'pack { name = "shop" }')
    h:write("shop/resources/x.lua", [[
resource "shop://x" { name = "../../x y", about = "X.", run = function() return "x" end }
]])
    has(h:ok("eject", "shop://x", "--pack", h:path "shop"), "wrote " .. h:path ".config/hatchway/shop/resources/-.-..-x-y.lua: ")
  end)

  it("names the nearest of what there is", function()
    local result = home.new():run("eject", "list_runz")
    assert.equal(1, result.code)
    has(result.stderr, 'there is no tool, prompt or resource "list_runz"; did you mean "list_runs"?')
  end)

  it("needs a name, and has help", function()
    assert.equal(2, home.new():run("eject").code)
    has(home.new():ok("eject", "--help"), "Usage: hatchway eject NAME")
  end)
end)
