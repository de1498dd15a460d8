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
  it("has a pack of one's own that works", function()
    local files = {}
    for path, text in readme:gmatch("```lua\n%-%- mine/(%S+)\n(.-)```") do files[path] = text end
    local folder = packs.write(files)
    local result = host.run { args = { "call", "failed_today", "workflow_id=a5f422d2-2328-4949-a0f5-fc5b668f6f4c", "--pack", folder,
      "--replay", "tests/cassettes/runs.har" } }
    assert.same({ 0, { failed = 6 } }, { result.code, cjson.decode(result.stdout) })
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
