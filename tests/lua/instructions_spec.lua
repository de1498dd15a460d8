-- What the pack hatchet tells a model at the start.
local host = require "tests.support.host"

local function start(access)
  local s = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har", "--access", access } }
  return s, s:initialize().instructions
end

describe("the instructions", function()
  it("say what this server may do", function()
    local _, read = start "read"
    assert.truthy(read:find("This server only reads", 1, true))
    local _, write = start "write"
    assert.truthy(write:find("may start, replay and pause, push events", 1, true))
    local _, destroy = start "destroy"
    assert.truthy(destroy:find("may change the tenant: start, replay, pause, push events, cancel, delete.", 1, true))
  end)

  it("name only tools that a reader has", function()
    local s, text = start "read"
    local tools = {}
    for _, tool in ipairs(s:request("tools/list").result.tools) do tools[tool.name] = true end
    local named = 0
    for word in text:gmatch "%l+_[%l_]+" do
      named = named + 1
      assert.is_true(tools[word] or false, word)
    end
    assert.equal(6, named)
  end)

  it("are short", function()
    for _, access in ipairs { "read", "write", "destroy" } do
      local _, text = start(access)
      assert.is_true(#text < 1600, #text)
    end
  end)
end)
