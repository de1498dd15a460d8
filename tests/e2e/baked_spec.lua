-- Built-in packs are baked into the binary: what is listed without Lua is what the files declare.
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local uv = require "luv"

local OVERVIEW = { "--replay", "tests/cassettes/overview.har" }

-- A folder without files, laid over the pack: with an overlay the files are read.
local function empty_overlay()
  local folder = packs.write { ["pack.lua"] = "" }
  os.remove(folder .. "/pack.lua")
  assert(uv.fs_stat(folder))
  return folder
end

-- All that a server shows.
local function with(revision, options, overlay)
  local args = { table.unpack(options) }
  if overlay then
    args[#args + 1] = "--overlay"
    args[#args + 1] = overlay
  end
  table.move(OVERVIEW, 1, #OVERVIEW, #args + 1, args)
  local s = host.start { pack = "hatchet", args = args }
  local all = { s:initialize(revision) }
  for _, list in ipairs { "tools/list", "prompts/list", "resources/list", "resources/templates/list" } do
    all[#all + 1] = s:request(list).result
  end
  return all
end

describe("what is baked", function()
  for _, revision in ipairs(host.revisions) do
    it("is what the files declare, in the revision " .. revision, function()
      local overlay = empty_overlay()
      for _, options in ipairs { {}, { "--access", "destroy" }, { "--toolsets", "small" }, { "--enable", "api_get" } } do
        local baked, read = with(revision, options), with(revision, options, overlay)
        for index in ipairs(read) do assert.same(read[index], baked[index]) end
      end
    end)
  end

  it("is called as the files say, with the operator's limits", function()
    local s = host.start { pack = "hatchet", args = OVERVIEW }
    s:initialize()
    assert.equal(2, #s:call("list_workers", {}).structuredContent.rows)
    assert.truthy(s:text(s:call("list_runs", { limit = 0 })):find("limit", 1, true))
    local tight = host.start {
      pack = "hatchet",
      args = { "--limit", "cpu=1ms", "--replay", "tests/cassettes/overview.har", "--replay", "tests/cassettes/runs.har" },
    }
    tight:initialize()
    assert.equal("cpu_budget", tight:call("list_runs", { limit = 100, minimal_output = false })._meta["hatchway/error"].code)
  end)

  it("tells at the start that a token is missing", function()
    local result = host.run { args = { "serve", "hatchet" } }
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("HATCHET_CLIENT_TOKEN is not set", 1, true))
  end)
end)
