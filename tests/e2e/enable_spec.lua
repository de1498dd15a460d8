-- --enable: tools that are declared with enabled = false.
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local outputs = require "tests.support.outputs"
local packs = require "tests.support.packs"
local upstream = require "tests.support.upstream"

local function tool(name, more, code)
  local text = 'tool %q { title = "T %s", about = "One of the spec.", access = "read", %s run = function() %s end }\n'
  return text:format(name, name, more or "", code or ("return { name = %q }"):format(name))
end

local FILES = {
  ["tools/t.lua"] = tool("plain")
    .. tool("expert", "enabled = false,")
    .. tool("wizard", "enabled = false,")
    .. tool("on", "enabled = true,")
    .. tool("counts", nil, "return hatchway.server().tools")
    .. tool("breaker", "enabled = false,"):gsub('"read"', '"destroy"'),
}

local function start(...)
  return packs.start(FILES, { args = { ... } })
end

local function listed(s)
  local names = {}
  for _, entry in ipairs(s:request("tools/list").result.tools) do names[entry.name] = entry.description end
  return names
end

local function run(...)
  return host.run { args = { ... } }
end

describe("a tool that is declared off", function()
  it("is not listed and cannot be called", function()
    local s = start()
    local names = listed(s)
    assert.same({ nil, nil }, { names.expert, names.wizard })
    assert.truthy(names.plain and names.on)
    local failure = outputs.refused(s, "expert")
    assert.same({ "off", "unauthorized", false }, { failure.code, failure.kind, failure.retryable or false })
    assert.truthy(failure.text:find('"expert" is off on this server', 1, true), failure.text)
    assert.equal("The operator can turn it on: hatchway serve --enable expert.", failure.hint)
  end)

  it("is there when it is enabled by name, and only that one", function()
    local s = start("--enable", "expert")
    local names = listed(s)
    assert.truthy(names.expert)
    assert.is_nil(names.wizard)
    assert.same({ name = "expert" }, s:call("expert").structuredContent)
    assert.is_true(s:call("wizard").isError)
  end)

  it("may be one of several", function()
    local names = listed(start("--enable", "expert", "--enable=wizard"))
    assert.truthy(names.expert and names.wizard)
  end)

  it("needs its access all the same", function()
    local failure = outputs.refused(start(), "breaker")
    assert.equal("The operator can turn it on: hatchway serve --enable breaker --access destroy.", failure.hint)
    local s = start("--enable", "breaker")
    assert.is_nil(listed(s).breaker)
    assert.equal("access", outputs.refused(s, "breaker").code)
    assert.truthy(listed(start("--enable", "breaker", "--access", "destroy")).breaker)
  end)

  it("is not counted", function()
    assert.same({ read = 3, write = 0, destroy = 0 }, start():call("counts").structuredContent)
    assert.same({ read = 4, write = 0, destroy = 0 }, start("--enable", "wizard"):call("counts").structuredContent)
  end)

  it("is called by hatchway call with the option", function()
    local folder = packs.write(FILES)
    local result = run("call", "expert", "--pack", folder)
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("--enable expert", 1, true))
    assert.equal('{"name":"expert"}\n', run("call", "expert", "--pack", folder, "--enable", "expert").stdout)
  end)

  it("is marked by hatchway tools", function()
    local folder = packs.write(FILES)
    local text = run("tools", folder).stdout
    assert.truthy(text:find "\nexpert +read +off  T expert %(%-%-enable expert%)\n", text)
    assert.is_nil(text:find "\nbreaker")
    assert.truthy(text:find("3 tools with access read", 1, true), text)
    assert.truthy(text:find("; 1 more with --access destroy", 1, true), text)
    text = run("tools", folder, "--enable", "expert").stdout
    assert.truthy(text:find "\nexpert +read +%d+  T expert\n", text)
    text = run("tools", folder, "--markdown").stdout
    assert.truthy(text:find("**T expert** · access `read` · off without `--enable expert`\n", 1, true), text)
    assert.truthy(text:find("**T plain** · access `read`\n", 1, true), text)
  end)

  it("can be tested without the option", function()
    local files = { ["tests/t_spec.lua"] = 'it("works", function() assert.same({ name = "expert" }, call "expert") end)' }
    for name, text in pairs(FILES) do files[name] = text end
    local result = run("test", packs.write(files))
    assert.same({ 0, "" }, { result.code, result.stderr })
    assert.truthy(result.stdout:find("1 passed, 0 failed", 1, true), result.stdout)
  end)

  it("is declared with true or false", function()
    local folder = packs.write { ["tools/t.lua"] = tool("x", 'enabled = "no",') }
    local result = run("tools", folder)
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find('tool "x": the field "enabled" is a string, not a boolean', 1, true), result.stderr)
  end)
end)

describe("--enable", function()
  local folder
  before_each(function() folder = packs.write(FILES) end)

  it("of a name that no tool has ends the start, with the nearest one", function()
    local result = run("serve", folder, "--enable", "exprt")
    assert.same({ 1, "" }, { result.code, result.stdout })
    assert.equal("hatchway: --enable exprt: there is no tool of that name; did you mean expert?\n", result.stderr)
    result = run("tools", folder, "--enable", "zzzzzzzzz")
    assert.equal(1, result.code)
    assert.equal("hatchway: --enable zzzzzzzzz: there is no tool of that name\n", result.stderr)
  end)

  it("of a tool that is on anyway changes nothing", function()
    assert.truthy(listed(start("--enable", "plain")).plain)
  end)

  it("needs a value, and stands in the help", function()
    local result = run("serve", folder, "--enable")
    assert.equal(2, result.code)
    assert.truthy(result.stderr:find("--enable needs a value: --enable NAMES", 1, true), result.stderr)
    assert.truthy(run("serve", "--help").stdout:find("--enable NAMES", 1, true))
  end)
end)

describe("an overlay", function()
  -- The pack hatchet with one, and these options.
  local function hatchet(code, ...)
    local folder = packs.write { ["tools/x.lua"] = code }
    os.remove(folder .. "/pack.lua")
    local args = { "--replay", "tests/cassettes/overview.har", "--overlay", folder, ... }
    local s = host.start { pack = "hatchet", args = args }
    s:initialize()
    return s, folder, args
  end

  it("wraps a tool that is off, which stays off", function()
    local wrap = 'wrap.tool "api_get" { about = "Mine.", result = function(r) r.mine = true return r end }'
    assert.equal("off", outputs.refused(hatchet(wrap), "api_get", { path = "/api/v1/version" }).code)
    local s = hatchet(wrap, "--enable", "api_get")
    assert.equal("Mine.", listed(s).api_get)
    assert.is_true(s:call("api_get", { path = "/api/v1/version" }).structuredContent.mine)
  end)

  it("replaces it by one that is on, and one that is on by one that is off", function()
    assert.same({ name = "api_get" }, hatchet(tool "api_get"):call("api_get").structuredContent)
    assert.equal("off", outputs.refused(hatchet(tool("get_run", "enabled = false,")), "get_run").code)
    assert.truthy(listed(hatchet(tool("get_run", "enabled = false,"), "--enable", "get_run")).get_run)
  end)

  it("hides it, and then it cannot be enabled", function()
    local s, _, args = hatchet('hide.tool "api_get"')
    assert.equal(-32602, s:request("tools/call", { name = "api_get" }).error.code)
    local result = run("serve", "hatchet", table.unpack(table.move({ "--enable", "api_get" }, 1, 2, #args + 1, args)))
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("--enable api_get: there is no tool of that name", 1, true), result.stderr)
  end)

  it("that is saved turns a tool off and on, and clients are told", function()
    local s, folder = hatchet(tool "mine")
    assert.truthy(listed(s).mine)
    local function save(text, there)
      local told = #s.notifications
      local file <close> = assert(io.open(folder .. "/tools/x.lua", "w"))
      file:write(text)
      file:close()
      assert.truthy(loop.wait(10, function() return #s.notifications > told end))
      assert.equal("notifications/tools/list_changed", s.notifications[#s.notifications].method)
      assert.equal(there, listed(s).mine ~= nil)
    end
    save(tool("mine", "enabled = false,"), false)
    save(tool "mine", true)
  end)
end)

describe("hatchet.get with the option text", function()
  local function ask(options, ...)
    local code = ('local got = hatchet.get("/api/v1/x", nil, %s) return { got = got, kind = type(got) }'):format(options)
    return packs.start({
      ["pack.lua"] = 'pack { name = "spec", about = "A pack.", needs = { "hatchet" } }',
      ["tools/t.lua"] = tool("t", nil, code),
    }, { upstream = upstream.start(answers.plain(...)) }):call "t"
  end

  it("gives what is no JSON as it came", function()
    assert.same({ got = "up 1\n", kind = "string" }, ask("{ text = true }", 200, "up 1\n").structuredContent)
    assert.same({ got = '{"a":', kind = "string" }, ask("{ text = true }", 200, '{"a":').structuredContent)
  end)

  it("gives JSON as before", function()
    assert.same({ got = { a = 1 }, kind = "table" }, ask("{ text = true }", 200, '{"a":1}').structuredContent)
    assert.same({ kind = "nil" }, ask("{ text = true }", 200, " \n").structuredContent)
  end)

  it("is not on by itself", function()
    assert.equal("invalid_json", ask("nil", 200, "up 1\n")._meta["hatchway/error"].code)
    assert.equal("invalid_json", ask("{ text = false }", 200, "up 1\n")._meta["hatchway/error"].code)
  end)

  it("is for answers that are a success", function()
    assert.equal("server_error", ask("{ text = true }", 500, "down")._meta["hatchway/error"].code)
  end)
end)
