-- Which tools are offered: toolsets, a short list, single names, and tools that reach the rest.
local host = require "tests.support.host"

local SHOP = { "--replay", "tests/cassettes/overview.har" }


local function serve(args)
  local all = { table.unpack(args) }
  table.move(SHOP, 1, #SHOP, #all + 1, all)
  local s = host.start { pack = "hatchet", args = all }
  s:initialize()
  return s
end

local function names(s)
  local list = {}
  for _, tool in ipairs(s:request("tools/list").result.tools) do list[#list + 1] = tool.name end
  table.sort(list)
  return list
end

local function offers(args)
  return names(serve(args))
end

describe("--toolsets", function()
  it("offers the tools of some subjects only", function()
    assert.same({ "get_webhook", "list_webhooks" }, offers { "--toolsets", "webhooks" })
    assert.same({ "cel_debug", "get_filter", "get_webhook", "list_filters", "list_webhooks" },
      offers { "--toolsets", "filters,webhooks" })
    assert.same({ "get_webhook", "list_webhooks" }, offers { "--toolsets", "webhooks", "--access", "destroy" })
  end)

  it("and every tool belongs to one of nine", function()
    local sets = "runs,workflows,workers,events,schedules,filters,webhooks,observability,meta"
    assert.same(offers { "--access", "destroy" }, offers { "--toolsets", sets, "--access", "destroy" })
    assert.same(offers { "--access", "destroy" }, offers { "--toolsets", "all", "--access", "destroy" })
  end)

  it("takes single tools beside, and leaves some out whatever else is said", function()
    assert.same({ "get_run", "get_webhook", "list_webhooks" }, offers { "--toolsets", "webhooks", "--tools", "get_run" })
    assert.same({ "get_run", "list_runs" }, offers { "--tools", "get_run,list_runs" })
    assert.same({ "list_webhooks" }, offers { "--toolsets", "webhooks", "--exclude-tools", "get_webhook" })
    assert.same({}, offers { "--tools", "get_run", "--exclude-tools", "get_run" })
  end)

  it("tells of names that are not there", function()
    local function refused(...)
      local result = host.run { args = { "tools", ... } }
      assert.equal(1, result.code)
      return result.stderr
    end
    assert.equal("hatchway: --toolsets run: there is no toolset of that name; did you mean runs?\n", refused("--toolsets", "run"))
    assert.equal("hatchway: --tools get_rum: there is no tool of that name; did you mean get_run?\n",
      refused("--tools", "get_rum"))
    assert.equal("hatchway: --exclude-tools x_y_z: there is no tool of that name\n", refused("--exclude-tools", "x_y_z"))
  end)

  it("tells a caller how the operator can offer what it leaves out", function()
    local s = serve { "--toolsets", "webhooks", "--exclude-tools", "list_runs" }
    local result = s:call("get_run", { workflow_run_id = "00000000-0000-4000-8000-000000000000" })
    assert.equal("off", result._meta["hatchway/error"].code)
    assert.equal('"get_run" is not among the toolsets of this server\nThe operator can add it: hatchway serve --tools get_run.',
      s:text(result))
    assert.equal('"cancel_run" is not among the toolsets of this server\n'
      .. "The operator can add it: hatchway serve --tools cancel_run --access destroy.", s:text(s:call("cancel_run", {})))
    assert.equal('"list_runs" is excluded on this server\n'
      .. "The operator excludes list_runs with --exclude-tools, or in the profile.", s:text(s:call("list_runs", {})))
  end)
end)

describe("--toolsets small", function()
  local SMALL = {
    "call_tool", "describe_run_failure", "get_run", "get_task_logs", "list_runs", "list_stuck_runs", "list_workflows",
    "search_tools", "tenant_overview", "wait_for_run",
  }

  it("offers a short list, with writes where the access allows them", function()
    assert.same(SMALL, offers { "--toolsets", "small" })
    local all = offers { "--toolsets", "small", "--access", "destroy" }
    assert.equal(13, #all)
  end)

  it("costs less than a third of all", function()
    local function bytes(...)
      return tonumber(host.run { args = { "tools", ... } }.stdout:match "(%d+) bytes in tools/list")
    end
    assert.is_true(bytes("--toolsets", "small") * 3 < bytes())
  end)

  it("finds the rest by words, with arguments", function()
    local s = serve { "--toolsets", "small" }
    local rows = s:call("search_tools", { query = "rate limits", limit = 1 }).structuredContent.rows
    assert.equal("list_rate_limits", rows[1].name)
    assert.is_nil(rows[1].listed)
    assert.equal("string", rows[1].arguments.search.type)
    assert.is_nil(rows[1].arguments.limit["x-cap"])
    for word, expected in pairs {
      cron = "list_crons", ["failed run"] = "describe_run_failure", worker = "list_workers",
      ["event started nothing"] = "explain_event", logs = "search_logs", ["durable"] = "get_durable_log",
      trace = "get_trace", webhook = "list_webhooks",
    } do
      local found = {}
      for _, row in ipairs(s:call("search_tools", { query = word }).structuredContent.rows) do found[row.name] = true end
      assert.is_true(found[expected] or false, word .. " does not find " .. expected)
    end
  end)

  it("says what there is when the words find nothing", function()
    local answer = serve({ "--toolsets", "small" }):call("search_tools", { query = "zzz" }).structuredContent
    assert.same({}, answer.rows)
    assert.same({ "list_webhooks", "get_webhook" }, answer.all.webhooks)
  end)

  it("calls what it has found, with that tool's own checks and shape", function()
    local s = serve { "--toolsets", "small" }
    local direct = serve({}):call("list_rate_limits", { limit = 5000 })
    local through = s:call("call_tool", { name = "list_rate_limits", arguments = { limit = 5000 } })
    assert.same(direct, through)
    -- as the gate takes it everywhere: an object that is written as a text
    assert.same(direct, s:call("call_tool", { name = "list_rate_limits", arguments = '{"limit":5000}' }))
    local wrong = s:call("call_tool", { name = "get_webhook", arguments = { webhok_name = "x" } })
    assert.truthy(s:text(wrong):find('did you mean "webhook_name"', 1, true) or s:text(wrong):find("webhook_name", 1, true))
  end)

  it("reaches neither writes nor what is excluded nor itself", function()
    local s = serve { "--toolsets", "small", "--access", "destroy", "--exclude-tools", "list_crons" }
    for _, name in ipairs { "cancel_run", "trigger_workflow", "delete_cron", "list_crons", "call_tool", "api_get" } do
      local result = s:call("call_tool", { name = name, arguments = {} })
      assert.equal("unreachable", result._meta["hatchway/error"].code, name)
    end
    local unknown = s:call("call_tool", { name = "list_rate_limit" })
    assert.equal('there is no tool "list_rate_limit"; did you mean "list_rate_limits"?\nSearch for one first.', s:text(unknown))
  end)
end)

describe("an overlay", function()
  it("has its own tools offered, whatever toolsets are named", function()
    local packs = require "tests.support.packs"
    local folder = packs.write {
      ["tools/own.lua"] = 'tool "own" { title = "Own", about = "Ours.", access = "read", run = function() return {} end }',
      ["tools/grouped.lua"] = 'toolset "ours"\n'
        .. 'tool "grouped" { title = "Grouped", about = "G.", access = "read", run = function() return {} end }',
    }
    os.remove(folder .. "/pack.lua")
    assert.same({ "get_webhook", "list_webhooks", "own" }, offers { "--overlay", folder, "--toolsets", "webhooks" })
    assert.same({ "grouped", "own" }, offers { "--overlay", folder, "--toolsets", "ours" })
  end)

  it("keeps a replaced tool in its toolset", function()
    local packs = require "tests.support.packs"
    local folder = packs.write {
      ["tools/x.lua"] = 'tool "get_webhook" { title = "W", about = "Ours.", access = "read", run = function() return {} end }',
    }
    os.remove(folder .. "/pack.lua")
    assert.same({ "get_webhook", "list_webhooks" }, offers { "--overlay", folder, "--toolsets", "webhooks" })
    assert.falsy(table.concat(offers { "--overlay", folder, "--toolsets", "workers" }, " "):find("get_webhook", 1, true))
  end)
end)
