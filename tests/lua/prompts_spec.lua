-- The prompts of the pack hatchet.
local tenant = require "tests.support.tenant"

local RUN = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"

local function play()
  return tenant.play({ access = "destroy" }, "overview")
end

local function text_of(s, name, arguments)
  local result = assert(s:request("prompts/get", { name = name, arguments = arguments }).result)
  assert.equal(1, #result.messages)
  assert.same({ "user", "text" }, { result.messages[1].role, result.messages[1].content.type })
  return result.messages[1].content.text
end

describe("the prompts", function()
  it("are three, each with a title", function()
    local list = {}
    for _, item in ipairs(play():request("prompts/list").result.prompts) do
      assert.is_string(item.title)
      assert.is_string(item.description)
      local argument = item.arguments[1]
      list[#list + 1] = { item.name, #item.arguments, argument.name, argument.required }
    end
    assert.same({
      { "debug_run", 1, "workflow_run_id", true },
      { "tenant_health", 1, "hours", false },
      { "triage_failed_runs", 1, "hours", false },
    }, list)
  end)

  it("hold what was asked for", function()
    local s = play()
    assert.truthy(text_of(s, "debug_run", { workflow_run_id = RUN:upper() }):find("run " .. RUN, 1, true))
    for _, name in ipairs { "tenant_health", "triage_failed_runs" } do
      local text = text_of(s, name, { hours = "6" })
      assert.truthy(text:find("last 6 hours", 1, true))
      assert.truthy(text:find('since "6h"', 1, true))
      assert.truthy(text_of(s, name):find('since "24h"', 1, true))
    end
  end)

  it("refuse what is no number, no id, or no argument of theirs", function()
    local s = play()
    for _, case in ipairs {
      { "tenant_health", { hours = "a day" } }, { "tenant_health", { hours = "0" } }, { "triage_failed_runs", { hour = "6" } },
      { "debug_run", { workflow_run_id = "last" } }, { "debug_run", {} }, { "debug", { workflow_run_id = RUN } },
    } do
      local failure = s:request("prompts/get", { name = case[1], arguments = case[2] }).error
      assert.equal(-32602, failure and failure.code)
    end
  end)

  -- Tools and their arguments are the only words with an underscore in a prompt: each must be one.
  it("name only tools that exist, and arguments that these have", function()
    local s = play()
    local tools, arguments = {}, {}
    for _, tool in ipairs(s:request("tools/list").result.tools) do
      tools[tool.name] = true
      for name in pairs(tool.inputSchema.properties or {}) do arguments[name] = true end
    end
    for _, prompt in ipairs(s:request("prompts/list").result.prompts) do
      local text = text_of(s, prompt.name, { [prompt.arguments[1].name] = prompt.arguments[1].name == "hours" and "24" or RUN })
      local named = 0
      for word in text:gmatch "%f[%w_]%l+_[%l_]*%l%f[^%w_]" do
        assert(tools[word] or arguments[word], ("%s names %s, which does not exist"):format(prompt.name, word))
        if tools[word] then named = named + 1 end
      end
      assert.is_true(named >= 3)
    end
  end)
end)
