-- The whole catalogue of the pack hatchet, as a client gets it.
local cjson = require "cjson"
local host = require "tests.support.host"
local budget = require "tests.lua.catalogue_bytes"

local reads = {
  "describe_run_failure", "get_queue_metrics", "get_run", "get_run_status", "get_run_timings", "get_server_info", "get_task",
  "get_task_logs", "get_task_metrics", "get_trace", "get_workflow", "get_workflow_version", "list_runs", "list_task_events",
  "list_workers", "list_workflows", "top_failing_workflows",
}
local writes = { "pause_workflow", "resume_workflow", "trigger_workflow" }
local destroys = { "cancel_run" }

local function union(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  table.sort(all)
  return all
end

local function play(access)
  local s = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har", "--access", access } }
  s:initialize()
  return s
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
  it("shows of 21 tools those that the access allows", function()
    assert.same(reads, names(catalogue "read"))
    assert.same(union(reads, writes), names(catalogue "write"))
    local all = names(catalogue "destroy")
    assert.same(union(reads, writes, destroys), all)
    assert.equal(21, #all)
  end)

  it("refuses a tool that the access leaves out, and names the access it needs", function()
    local s = play "read"
    for tool, access in pairs { cancel_run = "destroy", trigger_workflow = "write", pause_workflow = "write", resume_workflow = "write" } do
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
    for _, name in ipairs { "pause_workflow", "resume_workflow", "cancel_run" } do idempotent[name] = true end
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

  it("costs at most a tenth more than the same tools of hatchet-mcp", function()
    for _, tool in ipairs(catalogue "destroy") do
      local most = budget[tool.name] * 1.1
      assert(bytes(tool) <= most, ("%s has %d bytes, %.0f at most"):format(tool.name, bytes(tool), most))
    end
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
