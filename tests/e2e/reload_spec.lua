-- Files that are saved while the server runs: what clients are told, what is served, and what happens to calls in flight.
local uv = require "luv"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local function declaration(name, code)
  return ('tool %q { title = "T", about = "T.", access = "read", run = function() %s end }\n'):format(name, code)
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

-- A server of a folder pack with one tool, which it may save again.
local function start(code)
  local folder = packs.write { ["tools/x.lua"] = declaration("t", code or "return 'one'") }
  local s = host.start { pack = folder }
  s:initialize()
  return s, folder
end

-- Waits for a notification of that method that no test has taken.
local function told(s, method)
  local at = s:await(5, method, function()
    for i, message in ipairs(s.notifications) do
      if message.method == method then return i end
    end
  end)
  s.lines = {}
  return table.remove(s.notifications, at).params
end

local CHANGED = "notifications/tools/list_changed"

local function modern(s, method, params)
  return s:send(method, host.modern(params))
end

describe("a saved file", function()
  it("is served, and the client is told", function()
    local s, folder = start()
    write(folder .. "/tools/x.lua", declaration("t", "return 'two'") .. declaration("new", "return 'new'"))
    told(s, CHANGED)
    assert.same({ "two", "new" }, { s:text(s:call "t"), s:text(s:call "new") })
  end)

  it("is served without a word when the lists stay the same", function()
    local s, folder = start()
    write(folder .. "/tools/x.lua", declaration("t", "return 'two'"))
    loop.wait(5, function() return s:text(s:call "t") == "two" end)
    assert.equal("two", s:text(s:call "t"))
    assert.same({}, s.notifications)
  end)

  it("that is new or gone counts", function()
    local s, folder = start()
    write(folder .. "/tools/y.lua", declaration("y", "return 'y'"))
    told(s, CHANGED)
    assert.equal("y", s:text(s:call "y"))
    os.remove(folder .. "/tools/x.lua")
    told(s, CHANGED)
    assert.equal(-32602, s:request("tools/call", { name = "t" }).error.code)
  end)

  it("in a folder that is new counts", function()
    local s, folder = start()
    assert(uv.fs_mkdir(folder .. "/prompts", 493))
    write(folder .. "/prompts/p.lua", 'prompt "p" { about = "P.", run = function() return "p" end }')
    told(s, "notifications/prompts/list_changed")
    assert.equal("p", s:request("prompts/get", { name = "p" }).result.messages[1].content.text)
  end)

  it("that is a module counts for the files that require it", function()
    local folder = packs.write { ["words.lua"] = "return { word = 'one' }",
      ["tools/x.lua"] = 'local words = require "spec.words"\n' .. declaration("t", "return words.word") }
    local s = host.start { pack = folder }
    s:initialize()
    assert.equal("one", s:text(s:call "t"))
    write(folder .. "/words.lua", "return { word = 'two' }")
    loop.wait(5, function() return s:text(s:call "t") == "two" end)
    assert.equal("two", s:text(s:call "t"))
  end)

  it("of a pack that is wrong keeps what was served, and says file, line and reason to log and client", function()
    local s, folder = start()
    write(folder .. "/tools/x.lua", "\ntool 't' {")
    local message = told(s, "notifications/message")
    assert.equal("error", message.level)
    assert.truthy(message.data:find "/tools/x%.lua:2: .*near <eof>.*What was served before goes on", message.data)
    assert.equal("one", s:text(s:call "t"))
    write(folder .. "/tools/x.lua", declaration("t", "return 'three'") .. declaration("u", ""))
    told(s, CHANGED)
    assert.equal("three", s:text(s:call "t"))
    s:stop()
    local seen = {}
    for _, line in ipairs(s.log()) do
      if line.event == "reload" then seen[#seen + 1] = line.level end
    end
    assert.same({ "error", "info" }, seen)
  end)
end)

describe("editors that", function()
  it("write a new file and rename it", function()
    local s, folder = start()
    write(folder .. "/tools/.x.lua.swp", declaration("t", "") .. declaration("u", "return 'renamed'"))
    assert(os.rename(folder .. "/tools/.x.lua.swp", folder .. "/tools/x.lua"))
    told(s, CHANGED)
    assert.equal("renamed", s:text(s:call "u"))
  end)

  it("empty the file first do not make its tools disappear", function()
    local s, folder = start()
    local file = assert(io.open(folder .. "/tools/x.lua", "w"))
    file:flush()
    loop.sleep(0.05)
    file:write(declaration("t", "return 'two'"), declaration("u", ""))
    file:close()
    told(s, CHANGED)
    assert.same({}, s.notifications)
    assert.equal("two", s:text(s:call "t"))
  end)

  it("write in steps do not make anybody hear of the half file", function()
    local s, folder = start()
    local text = declaration("t", "return 'two'") .. declaration("u", "")
    local file = assert(io.open(folder .. "/tools/x.lua", "w"))
    file:write(text:sub(1, 40))
    file:flush()
    loop.sleep(0.03)
    file:write(text:sub(41))
    file:close()
    told(s, CHANGED)
    assert.same({}, s.notifications)
  end)
end)

describe("a folder behind a symlink that is exchanged, as Kubernetes does it", function()
  it("is read again", function()
    local parent = packs.write {}
    for _, version in ipairs { "one", "two" } do
      os.execute(("mkdir -p %s/%s/tools"):format(parent, version))
      write(("%s/%s/tools/x.lua"):format(parent, version), declaration(version, "return '" .. version .. "'"))
    end
    assert(uv.fs_symlink("one", parent .. "/current"))
    local base = packs.write {}
    local s = host.start { pack = base, args = { "--overlay", parent .. "/current" } }
    s:initialize()
    assert.equal("one", s:text(s:call "one"))
    assert(uv.fs_symlink("two", parent .. "/next"))
    assert(os.rename(parent .. "/next", parent .. "/current"))
    told(s, CHANGED)
    assert.equal("two", s:text(s:call "two"))
    assert.equal(-32602, s:request("tools/call", { name = "one" }).error.code)
  end)
end)

describe("calls in flight", function()
  it("end on what they began with", function()
    local s, folder = start("hatchway.sleep(1) return 'old'")
    local slow = s:send("tools/call", { name = "t" })
    s:request "ping"
    write(folder .. "/tools/x.lua", declaration("t", "return 'new'") .. declaration("u", ""))
    told(s, CHANGED)
    assert.equal("new", s:text(s:call "t"))
    assert.equal("old", s:wait(slow).result.content[1].text)
  end)

  it("are answered while a new set is read that computes for long", function()
    local s, folder = start()
    write(folder .. "/tools/x.lua", "local n = 0 for i = 1, 2e7 do n = n + i end\n" .. declaration("t", "return 'two'")
      .. declaration("u", ""))
    loop.sleep(0.05)
    for _ = 1, 20 do assert.equal("one", s:text(s:call "t")) end
    told(s, CHANGED)
    assert.equal("two", s:text(s:call "t"))
  end)
end)

describe("subscriptions/listen", function()
  it("is acknowledged, told of changes with its id, and answered at the end", function()
    local s, folder = start()
    local id = modern(s, "subscriptions/listen", { notifications = { toolsListChanged = true, promptsListChanged = false } })
    local key = "io.modelcontextprotocol/subscriptionId"
    assert.same({ notifications = { toolsListChanged = true }, _meta = { [key] = id } },
      told(s, "notifications/subscriptions/acknowledged"))
    write(folder .. "/tools/x.lua", declaration("u", ""))
    s:await(5, "both notifications", function() return #s.notifications == 2 end)
    local with_id = s.notifications[1].params._meta and s.notifications[1] or s.notifications[2]
    assert.same({ CHANGED, { _meta = { [key] = id } } }, { with_id.method, with_id.params })
    s.lines = {}
    s:close_input()
    assert.equal("complete", s:wait(id).result.resultType)
  end)

  it("ends when the client cancels it", function()
    local s, folder = start()
    local id = modern(s, "subscriptions/listen", { notifications = { toolsListChanged = true } })
    told(s, "notifications/subscriptions/acknowledged")
    s:notify("notifications/cancelled", { requestId = id })
    write(folder .. "/tools/x.lua", declaration("u", ""))
    assert.is_nil(told(s, CHANGED)._meta)
    s:close_input()
    assert.equal(0, s:exit(5))
    assert.same({}, s.lines)
  end)

  it("needs a filter", function()
    local s = start()
    for _, params in ipairs { {}, { notifications = "all" }, { notifications = { toolsListChanged = "yes" } } } do
      assert.equal(-32602, s:wait(modern(s, "subscriptions/listen", params)).error.code)
    end
  end)
end)
