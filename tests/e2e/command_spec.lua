-- The command line: help, version, call, tools, demo, and what is misspelt.
local cjson = require "cjson"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local overview = "tests/cassettes/overview.har"

local function run(...)
  return host.run { args = { ... }, timeout = 30 }
end

local function says(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("no %q in %s"):format(part, text))
  end
end

describe("hatchway", function()
  it("--version prints its version", function()
    local result = run "--version"
    assert.equal(0, result.code)
    assert.truthy(result.stdout:match "^hatchway %d+%.%d+%.%d+%S*\n$", result.stdout)
    assert.equal("", result.stderr)
  end)

  it("--help prints the commands", function()
    local result = run "--help"
    assert.same({ 0, "" }, { result.code, result.stderr })
    says(result.stdout, "serve", "call", "tools", "demo", "--version", "--help")
  end)

  for _, command in ipairs { "serve", "call", "tools", "demo" } do
    it(command .. " --help prints its usage and the options", function()
      local result = run(command, "--help")
      assert.same({ 0, "" }, { result.code, result.stderr })
      says(result.stdout, "hatchway " .. command, "--replay FILE", "--access LEVEL", "upstream_max=32MB", "HATCHET_CLIENT_TOKEN")
    end)
  end

  for words, expected in pairs {
    ["serv"] = "serve",
    ["toolz"] = "tools",
    ["serve --repaly x"] = "--replay",
    ["serve --acces read"] = "--access",
    ["serve --limit upstreammax=1"] = "upstream_max",
    ["serve --access admin"] = "read, write or destroy",
    ["serve --limit deadline=0"] = "deadline",
    ["serve --limit upstream_max=lots"] = "upstream_max",
    ["serve --page-size 0"] = "--page-size",
    ["serve --replay"] = "--replay needs a value",
    ["serve --log-level loud"] = "debug info notice warning",
    ["serve --allow-http http://x"] = "--allow-http",
    ["serve hatchet extra"] = "extra",
    ["call"] = "name of a tool",
    ["call eco --pack tests/fixture"] = 'did you mean "echo"',
  } do
    it(("%s is refused with code 2 and a word that helps"):format(words), function()
      local args = {}
      for word in words:gmatch "%S+" do args[#args + 1] = word end
      local result = host.run { args = args }
      assert.same({ 2, "" }, { result.code, result.stdout })
      says(result.stderr, expected)
    end)
  end

  it("serve of a pack that does not exist names those that do", function()
    local result = run("serve", "hatched", "--replay", overview)
    assert.truthy(result.code ~= 0)
    says(result.stderr, "hatched", "hatchet")
  end)
end)

describe("hatchway call", function()
  local echo = { "--pack", "tests/fixture" }

  local function call(...)
    local args = { "call", ... }
    table.move(echo, 1, #echo, #args + 1, args)
    return run(table.unpack(args))
  end

  it("prints the structured result as JSON", function()
    local result = call("echo", "text=a b", "n=5")
    assert.same({ 0, "" }, { result.code, result.stderr:match "error" or "" })
    assert.same({ text = "a b", n = 5 }, cjson.decode(result.stdout))
  end)

  it("takes text that looks like JSON as text where text is declared", function()
    assert.same({ text = "5" }, cjson.decode(call("echo", "text=5").stdout))
  end)

  it("prints text as it is", function()
    assert.equal("hello\n", call("say").stdout)
  end)

  it("of a tool that fails prints the error on stderr, with code 1", function()
    local result = call "fail"
    assert.same({ 1, "" }, { result.code, result.stdout })
    says(result.stderr, "it is broken", "leave it alone")
  end)

  it("with wrong arguments says which", function()
    local result = call("echo", "txt=a")
    assert.same({ 1, "" }, { result.code, result.stdout })
    says(result.stderr, 'did you mean "text"?')
  end)

  it("asks the recorded tenant", function()
    local result = run("call", "list_workflows", "limit=5", "--replay", overview)
    assert.equal(0, result.code, result.stderr)
    assert.equal(5, #cjson.decode(result.stdout).rows)
  end)
end)

describe("hatchway tools", function()
  it("lists what the access allows", function()
    local function names(...)
      local found = {}
      for name in run("tools", "--replay", overview, ...).stdout:gmatch "[^\n]+" do
        found[name:match "^%s*([%w_]+)" or ""] = true
      end
      return found
    end
    local read, all = names(), names("--access", "destroy")
    assert.is_true(read.list_workflows)
    assert.is_nil(read.cancel_run)
    assert.is_true(all.list_workflows)
    assert.is_true(all.cancel_run)
    assert.is_true(all.trigger_workflow)
  end)

  it("of a pack in a folder", function()
    local result = run("tools", "--pack", "tests/fixture")
    assert.equal(0, result.code, result.stderr)
    says(result.stdout, "echo", "say", "blocks", "fail", "count", "wait")
  end)

  it("--markdown prints the reference, in which no argument is missing", function()
    local result = run("tools", "--pack", "tests/fixture", "--markdown")
    assert.equal(0, result.code, result.stderr)
    says(result.stdout, "echo", "Gives back what it got.", "text", "Any text.", "steps", "How many.")
  end)
end)

describe("hatchway demo", function()
  it("shows a conversation with the recorded tenant, how to connect a client, and the configuration to paste", function()
    local result = run "demo"
    assert.equal(0, result.code, result.stderr)
    says(result.stdout, "order-fulfillment", "tenant_overview", "hatchway install --client claude-code", "mcpServers")
  end)

  it("lets no text of the tenant reach the terminal as a command, nor an id reach the arguments as JSON", function()
    local folder = packs.write { ["tools/t.lua"] = [[
      tool "tenant_overview" { title = "T", about = "T.", access = "read",
        run = function() return { attention = { "\27[2Jall is well" } } end }
      local t = require "hatchway.types"
      tool "list_runs" { title = "L", about = "L.", access = "read",
        input = { statuses = t.any { optional = true }, limit = t.any { optional = true } },
        run = function() return { rows = { { workflowRunExternalId = '","x":"', status = "\27]0;x\7" } } } end }
    ]] }
    os.remove(folder .. "/pack.lua")
    local result = run("demo", "--overlay", folder)
    says(result.stdout, " [2Jall is well", " ]0;x ")
    assert.is_nil(result.stdout:find("[\27\7]"))
    assert.is_nil(result.stdout:find('","x":"', 1, true))
  end)
end)

describe("a folder pack on the command line", function()
  it("is read anew at each start", function()
    local folder = packs.write { ["tools/t.lua"] =
      'tool "t" { title = "T", about = "T.", access = "read", run = function() return "one" end }' }
    assert.equal("one\n", run("call", "t", "--pack", folder).stdout)
    local file <close> = assert(io.open(folder .. "/tools/t.lua", "w"))
    file:write 'tool "t" { title = "T", about = "T.", access = "read", run = function() return "two" end }'
    file:flush()
    assert.equal("two\n", run("call", "t", "--pack", folder).stdout)
  end)
end)
