-- What the README shows is what happens: its pack is written to a folder as it stands there, and called.
local cjson = require "cjson"
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

  it("links to files that exist", function()
    for path in readme:gmatch("%]%(([%w_/%.]+)%)") do
      assert.truthy(io.open(path), path)
    end
  end)
end)
