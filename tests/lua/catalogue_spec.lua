-- The whole catalogue of the pack hatchet, as a client gets it.
local cjson = require "cjson"
local host = require "tests.support.host"
local budget = require "tests.lua.catalogue_bytes"
local tenant = require "tests.support.tenant"

local reads = {
  "cel_debug", "compare_runs", "describe_run_failure", "describe_workflow", "draw_run_graph", "draw_run_timeline",
  "draw_tenant", "explain_event", "get_cron", "get_durable_log",
  "get_event", "get_filter", "get_log_volume", "get_queue_metrics", "get_run", "get_run_status", "get_run_timings",
  "get_scheduled", "get_server_info", "get_task", "get_task_logs", "get_task_metrics", "get_task_stats", "get_tenant",
  "get_trace", "get_webhook", "get_worker", "get_workflow", "get_workflow_metrics", "get_workflow_version", "list_crons",
  "list_dag_tasks", "list_event_keys", "list_events", "list_filters", "list_rate_limits", "list_run_events", "list_runs",
  "list_scheduled", "list_stuck_runs", "list_task_events", "list_webhooks", "list_workers", "list_workflows", "search_logs",
  "tenant_overview", "top_failing_workflows", "wait_for_run",
}
local writes = {
  "branch_durable_task", "create_cron", "create_filter", "create_scheduled", "disable_cron", "enable_cron", "pause_worker",
  "pause_workflow", "push_event", "replay_events", "replay_run", "reschedule", "restore_task", "resume_worker", "resume_workflow",
  "trigger_cron", "trigger_scheduled", "trigger_workflow", "update_filter",
}
local destroys = {
  "bulk_delete_scheduled", "bulk_reschedule", "cancel_run", "cancel_runs", "delete_cron", "delete_filter", "delete_scheduled",
  "replay_runs",
}
-- Those of them that change the same when they are called twice.
local idempotents = {
  "cancel_run", "disable_cron", "enable_cron", "delete_cron", "update_filter", "delete_filter", "reschedule", "delete_scheduled",
  "bulk_delete_scheduled", "pause_worker", "resume_worker", "pause_workflow", "resume_workflow",
}

local function union(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  table.sort(all)
  return all
end

local function play(access)
  return tenant.play({ access = access }, "overview")
end

local function catalogue(access)
  return play(access):request("tools/list").result.tools
end

local function names(tools)
  local list = {}
  for index, tool in ipairs(tools) do list[index] = tool.name end
  table.sort(list)
  return list
end

-- Calls visit(key, value) for each member of each object in a JSON value.
local function walk(value, visit)
  if type(value) ~= "table" then return end
  for key, item in pairs(value) do
    visit(key, item)
    walk(item, visit)
  end
end

local function bytes(tool)
  return #cjson.encode(tool):gsub("\\/", "/")
end

describe("the catalogue", function()
  it("shows of 75 tools those that the access allows", function()
    assert.same(reads, names(catalogue "read"))
    assert.same(union(reads, writes), names(catalogue "write"))
    local all = names(catalogue "destroy")
    assert.same(union(reads, writes, destroys), all)
    assert.equal(75, #all)
  end)

  it("refuses a tool that the access leaves out, and names the access it needs", function()
    local s = play "read"
    for tool, access in pairs { cancel_run = "destroy", trigger_workflow = "write", pause_workflow = "write",
      resume_workflow = "write" } do
      local result = s:call(tool, {})
      assert.is_true(result.isError)
      assert.truthy(s:text(result):find(access, 1, true))
    end
  end)

  it("names what was meant by a tool that there is not", function()
    local failure = play("read"):request("tools/call", { name = "get_runs", arguments = {} }).error
    assert.equal(-32602, failure.code)
    assert.truthy(failure.message:find("get_run", 1, true))
  end)

  it("gives each tool its title and its hints", function()
    local changes, idempotent = {}, {}
    for _, name in ipairs(union(writes, destroys)) do changes[name] = true end
    for _, name in ipairs(idempotents) do idempotent[name] = true end
    for _, tool in ipairs(catalogue "destroy") do
      local title = tool.name:gsub("_", " "):gsub("%f[%a]%a", string.upper)
      assert.equal(title, tool.title)
      assert.same({
        readOnlyHint = not changes[tool.name],
        destructiveHint = changes[tool.name] or false,
        idempotentHint = not changes[tool.name] or idempotent[tool.name] or false,
        openWorldHint = true,
      }, tool.annotations)
    end
  end)

  it("closes each input, and says which arguments are needed", function()
    for _, tool in ipairs(catalogue "destroy") do
      assert.equal("object", tool.inputSchema.type)
      assert.is_false(tool.inputSchema.additionalProperties)
      for _, name in ipairs(tool.inputSchema.required or {}) do assert.is_table(tool.inputSchema.properties[name]) end
    end
  end)

  it("declares what each tool gives, open for more", function()
    for _, tool in ipairs(catalogue "destroy") do
      assert(tool.outputSchema, tool.name .. " declares no output")
      assert.equal("object", tool.outputSchema.type)
      walk(tool.outputSchema, function(key, value)
        assert(not (key == "additionalProperties" and value == false), tool.name .. " closes its output")
      end)
    end
  end)

  it("keeps the host's own words to itself", function()
    walk(catalogue "destroy", function(key)
      assert(not tostring(key):find "^x%-", ("%s is shown"):format(key))
    end)
  end)

  it("has every tool of hatchet-mcp, at most a tenth dearer, and keeps the others small", function()
    local here = {}
    for _, tool in ipairs(catalogue "destroy") do
      here[tool.name] = true
      local most = (budget.tools[tool.name] or budget.others[tool.name] or budget.other) * 1.1
      assert(bytes(tool) <= most, ("%s has %d bytes, %.0f at most"):format(tool.name, bytes(tool), most))
    end
    for name in pairs(budget.tools) do assert(here[name], name .. " is missing") end
  end)

  it("describes each tool once, in words of its own", function()
    local seen = {}
    for _, tool in ipairs(catalogue "destroy") do
      assert.is_true(#tool.description > 10)
      assert.is_nil(seen[tool.description])
      seen[tool.description] = true
    end
  end)
end)

describe("docs/tools.md", function()
  it("is what hatchway tools --markdown writes", function()
    local file <close> = assert(io.open "docs/tools.md")
    local made = host.run { args = { "tools", "--markdown", "--access", "destroy" } }
    assert.equal(0, made.code)
    assert(file:read "a" == made.stdout, "run: build/hatchway tools --markdown --access destroy > docs/tools.md")
  end)
end)

describe("text that others wrote", function()
  local FILTER = "e5707f99-aad2-461a-ae56-4a2ffb374ca7"

  it("is marked where keys come out of requests and inputs, or payloads are kept", function()
    local s = tenant.play("filters-webhooks", "events", "overview")
    for tool, arguments in pairs {
      list_event_keys = {}, list_rate_limits = {}, get_task_stats = {}, list_filters = {}, get_filter = { filter_id = FILTER },
    } do
      local content = s:call(tool, arguments).content
      assert.truthy(content[1].text:find("It is data", 1, true), tool)
    end
  end)
end)
