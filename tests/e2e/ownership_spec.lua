-- What belongs to a call ends with it, whatever a script keeps, nests or interrupts; and what leaves the process is always whole.
local uv = require "luv"
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local HATCHET = { ["pack.lua"] = 'pack { name = "spec", needs = { "hatchet" } }' }

local function with_engine(code, handler)
  local engine = upstream.start(handler or answers.plain(200, '{"rows":[]}'))
  return packs.tool(code, { upstream = engine, files = HATCHET }), engine
end

-- Two calls of a tool and a ping: the server is still there.
local function survives(s)
  local first = s:call "t"
  s:call "t"
  assert.same({}, s:request("ping").result)
  return first
end

describe("waiting inside a metamethod that C has called", function()
  for name, wait in pairs {
    ["hatchway.sleep"] = "hatchway.sleep(0.05)",
    ["hatchway.all"] = "hatchway.all { a = function() hatchway.sleep(0.05) end }",
    ["hatchet.get"] = 'hatchet.get("/api/v1/version")',
  } do
    it(("is refused to %s before anything begins"):format(name), function()
      local s = with_engine(([[
        local problem
        tostring(setmetatable({}, { __tostring = function() local _, e = pcall(function() %s end) problem = e return "x" end }))
        hatchway.sleep(0.1)
        return { problem = tostring(problem) }
      ]]):format(wait))
      assert.truthy(survives(s).structuredContent.problem:find("not in a metamethod", 1, true))
    end)
  end
end)

describe("an answer of hatchet.forward", function()
  it("is of the call that asked for it", function()
    local engine = upstream.start(answers.plain(200, '{"a":1}'))
    local s = packs.start({ ["pack.lua"] = HATCHET["pack.lua"], ["tools/t.lua"] = [[
      local kept = {}
      tool "keep" { title = "K", about = "K.", access = "read", run = function()
        kept.it = hatchet.forward("/api/v1/version") return "kept" end }
      tool "give" { title = "G", about = "G.", access = "read", run = function() return kept.it end }
    ]] }, { upstream = engine })
    s:call "keep"
    assert.truthy(s:text(s:call "give"):find("an answer of another call", 1, true))
  end)
end)

describe("a declaration that fails", function()
  for name, code in pairs {
    ["inside pcall"] = 'pcall(tool "half", { title = "H", about = "H.", access = "bogus", run = print })',
    ["with a brace that is not closed"] = 'pcall(resource "y://{", { name = "y", about = "Y.", run = print })',
    ["while another one is made"] = 'tool "outer" (setmetatable({ about = "O.", access = "read", run = print }, '
      .. '{ __index = function(_, key) if key == "title" then tool "inner" { title = "I", about = "I.", access = "read", run = '
      .. 'print } end end }))',
  } do
    it(name .. " is not served: the pack is refused", function()
      local folder = packs.write { ["tools/x.lua"] = code }
      local result = host.run { args = { "serve", folder } }
      assert.equal(1, result.code)
      assert.truthy(result.stderr:find("was not completed", 1, true) or result.stderr:find("x.lua:1:", 1, true), result.stderr)
    end)
  end

  it("by never getting its table is not served either", function()
    local folder = packs.write { ["tools/x.lua"] = 'local _, f = pcall(tool, "later")\npcall(f, {})' }
    local result = host.run { args = { "serve", folder } }
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find('the declaration of "later" was not completed', 1, true), result.stderr)
  end)
end)

describe("requests", function()
  it("refuse names with a zero byte, and tables of names", function()
    local s = with_engine [[
      local _, zero = hatchway.try(hatchet.get, "/api/v1/version", { ["a\0b"] = 1 })
      local _, names = hatchway.try(hatchet.get, "/api/v1/version", { a = { b = 1 } })
      return { zero = zero.message, names = names.message }
    ]]
    local problems = s:call("t").structuredContent
    assert.truthy(problems.zero:find("zero byte", 1, true))
    assert.truthy(problems.names:find('the param "a" is a table of names', 1, true))
  end)
end)

describe("hatchway.all", function()
  it("is not nested deeper than 20", function()
    local s = packs.tool [[
      local function down(n) if n == 0 then return 0 end return hatchway.all({ function() return down(n - 1) end })[1] end
      local good = down(15)
      local _, problem = hatchway.try(down, 200)
      return { good = good, problem = problem.message }
    ]]
    local result = s:call("t").structuredContent
    assert.equal(0, result.good)
    assert.truthy(result.problem:find("nested more than 20 deep", 1, true))
  end)
end)

describe("a message that goes out", function()
  it("is whole, however long the id that it echoes", function()
    local s = packs.tool "return 'x'"
    local id = ("i"):rep(20000)
    s:raw(('{"jsonrpc":"2.0","id":"%s","params":{}}\n'):format(id))
    assert.equal(-32600, s:message().error.code)
    s:raw(('{"jsonrpc":"2.0","id":"%s","method":"ping"}\n'):format(id))
    assert.equal(id, s:message().id)
  end)

  it("has no progress that is no number", function()
    local s = packs.tool [[
      local _, problem = pcall(hatchway.progress, 0 / 0)
      return tostring(problem)
    ]]
    assert.truthy(s:text(s:call "t"):find("a finite number", 1, true))
  end)

  it("has content blocks that are what was checked", function()
    local s = packs.tool [[
      local block = { type = "link", uri = "https://example.com", name = "n" }
      local _, problem = pcall(hatchway.content, { setmetatable({}, { __index = { type = "text", text = "x" } }) })
      hatchway.content { block }
      return hatchway.content { block, { type = "text", text = tostring(problem) } }
    ]]
    local result = s:call "t"
    assert.same({ type = "resource_link", uri = "https://example.com", name = "n" }, result.content[1])
    assert.truthy(result.content[2].text:find('block 1 has the type ""', 1, true))
  end)

  it("names a limit once, though the tool has a field of that name", function()
    local s = packs.tool("return { limit = args.limit }", { input = 'limit = t.limit { default = 5, cap = 10 }' })
    assert.equal('{"limit":10}', s:text(s:call("t", { limit = 100 })))
  end)
end)

describe("a token", function()
  it("with a line break in any part is refused", function()
    local header, payload, signature = tokens.token():match "^(.-)%.(.-)%.(.+)$"
    for _, broken in ipairs { header .. "." .. payload .. "." .. signature .. "\nX-Other: 1",
      header .. "\n." .. payload .. "." .. signature } do
      local result = host.run { args = { "serve" }, env = { HATCHET_CLIENT_TOKEN = broken } }
      assert.equal(1, result.code)
      assert.truthy(result.stderr:find("characters that no API token has", 1, true), result.stderr)
    end
  end)
end)

describe("a log that nobody reads", function()
  it("holds nobody up", function()
    local folder = packs.write { ["tools/t.lua"] =
      'tool "t" { title = "T", about = "T.", access = "read", run = function() return "x" end }' }
    local calls = {}
    for i = 1, 1500 do calls[i] = ('{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"t"}}\n'):format(i) end
    local input <close> = assert(io.open(folder .. "/calls", "w"))
    input:write(table.concat(calls))
    input:flush()
    assert(os.execute(("cd %s && mkfifo log && exec 3<>log && %s serve . <calls >answers 2>&3"):format(folder,
      uv.fs_realpath(host.binary))))
    local count = 0
    for _ in io.lines(folder .. "/answers") do count = count + 1 end
    assert.equal(1500, count)
  end)
end)
