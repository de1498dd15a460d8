-- What the README shows is what happens: its pack is written to a folder as it stands there, and called.
local cjson = require "cjson"
local home = require "tests.support.home"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local readme = read "README.md"

describe("the README", function()
  it("has a tool of one's own that works", function()
    local folder = packs.write { ["tools/mine.lua"] = readme:match "```lua\n(tool .-)```", ["pack.lua"] = "pack {}" }
    local result = host.run { args = { "call", "idle_workers", "--overlay", folder, "--replay", "tests/cassettes/overview.har" } }
    assert.same({ 0, { names = { "gpu-1" } } }, { result.code, cjson.decode(result.stdout) })
  end)

  it("names the tools that there are, by their access", function()
    local listed = host.run { args = { "tools", "--access", "destroy" } }.stdout
    local expected, found = {}, {}
    for name, access in listed:gmatch("\n([%w_]+) +(%a+) +%d+ ") do expected[name] = access end
    for access, row in readme:gmatch("\n| `(%a+)` | ([^\n]+)") do
      for name in row:gmatch("`([%w_]+)`") do found[name] = access end
    end
    assert.same(expected, found)
  end)

  it("has profiles that are read, each with what it allows", function()
    local h = home.new()
    h:write(".config/hatchway/config.lua", assert(readme:match "```lua\n(return .-)```"))
    for name, access in pairs { prod = "read", staging = "write" } do
      assert.truthy(h:ok("tools", "--profile", name):find("tools with access " .. access, 1, true), name)
    end
  end)

  it("names the commands that there are", function()
    local expected, found = {}, {}
    for name in host.run({ args = { "--help" } }).stdout:gmatch "\n  (%l+) " do expected[name] = true end
    for cell in readme:match("| command | |(.-)\n\n"):gmatch "\n| ([^|]*) |" do
      for name in cell:gmatch "`(%l+)`" do found[name] = true end
    end
    assert.same(expected, found)
  end)

  it("names the clients that can be connected", function()
    local h, expected, found = home.new(), {}, {}
    for name in h:ok("install"):gmatch "\n(%l[%l-]+) +%l+ +not installed" do expected[name] = true end
    for name in readme:match("One line for each client: (.-)\n"):gmatch "`([%l-]+)`" do found[name] = true end
    assert.same(expected, found)
  end)

  it("links to files that exist", function()
    for path in readme:gmatch("%]%(([%w_/%.]+)%)") do
      assert.truthy(io.open(path), path)
    end
  end)
end)
