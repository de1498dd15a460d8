-- Subscriptions to resources: resources/subscribe and unsubscribe, resourceSubscriptions of subscriptions/listen, and
-- notifications/resources/updated to both. The clock is played: time passes as far as the tool `pass` sleeps.
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local UPDATED = "notifications/resources/updated"
local KEY = "io.modelcontextprotocol/subscriptionId"

local files = {
  ["resources/r.lua"] = [[
    local t = require "hatchway.types"
    local began = hatchway.time.now()
    local function after(seconds) return hatchway.time.now() - began >= seconds end

    resource "spec://late" { name = "late", about = "Changes after 30 seconds.", watch = { every = 5 },
      run = function() return { late = after(30) } end }

    resource "spec://things/{id}" { name = "thing", about = "Ends after 30 seconds.", input = { id = t.integer {} },
      run = function(args) return { id = args.id, at = hatchway.time.now() } end,
      watch = { every = 5, run = function(args)
        hatchway.log("info", "look at " .. args.id)
        return after(30) and "over" or "going", after(30)
      end } }

    resource "spec://told" { name = "told", about = "Scripts tell.", watch = true, run = function() return "t" end }
    resource "spec://still" { name = "still", about = "Not watched.", run = function() return "s" end }
    resource "spec://shy" { name = "shy", about = "Is there after 100 seconds.", watch = { every = 2 }, run = function()
      return after(100) and "there" or hatchway.fail { code = "away", message = "It is away." }
    end }
  ]],
  ["tools/t.lua"] = [[
    local t = require "hatchway.types"
    tool "pass" { title = "Pass", about = "Time passes.", access = "read", deadline = 300, input = { seconds = t.integer {} },
      run = function(args) hatchway.sleep(args.seconds) return "passed" end }
    tool "tell" { title = "Tell", about = "Says that it has changed.", access = "read", input = { uri = t.string {} },
      run = function(args) hatchway.updated(args.uri) return "told" end }
  ]],
}

local function start(more)
  return host.start { pack = packs.write(files), args = { "--replay", "tests/cassettes/overview.har", table.unpack(more or {}) } }
end

local function subscribe(s, uri) assert.same({}, s:request("resources/subscribe", { uri = uri }).result) end
local function unsubscribe(s, uri) assert.same({}, s:request("resources/unsubscribe", { uri = uri }).result) end
local function pass(s, seconds) assert.equal("passed", s:text(s:call("pass", { seconds = seconds }))) end

-- The addresses that the client was told of since the last time.
local function told(s)
  local list = {}
  for _, n in ipairs(s.notifications) do
    if n.method == UPDATED then list[#list + 1] = n.params.uri end
  end
  s.notifications = {}
  return list
end

-- How often the host has looked at spec://things/ID so far.
local function looks(s, id)
  local count = 0
  for _, line in ipairs(s.log()) do
    if line.event == "script" and line.message == "look at " .. id then count = count + 1 end
  end
  return count
end

describe("resources/subscribe", function()
  for _, revision in ipairs(host.revisions) do
    it("is announced and answers {} in " .. revision, function()
      local s = start()
      assert.is_true(s:initialize(revision).capabilities.resources.subscribe)
      s.lines = {}
      s:raw('{"jsonrpc":"2.0","id":7,"method":"resources/subscribe","params":{"uri":"spec://late"}}\n')
      assert.equal('{"jsonrpc":"2.0","id":7,"result":{}}', s:line())
      s:raw('{"jsonrpc":"2.0","id":8,"method":"resources/unsubscribe","params":{"uri":"spec://late"}}\n')
      assert.equal('{"jsonrpc":"2.0","id":8,"result":{}}', s:line())
    end)
  end

  it("tells when the contents have changed, once", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://late")
    pass(s, 20)
    assert.same({}, told(s))
    s.lines = {}
    s:send("tools/call", { name = "pass", arguments = { seconds = 100 } })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"spec://late"}}', s:line())
  end)

  it("is of a session: twice is once, and nothing comes after unsubscribe", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://told")
    subscribe(s, "spec://told")
    s:call("tell", { uri = "spec://told" })
    assert.same({ "spec://told" }, told(s))
    unsubscribe(s, "spec://told")
    unsubscribe(s, "spec://told")
    unsubscribe(s, "spec://never")
    s:call("tell", { uri = "spec://told" })
    assert.same({}, told(s))
  end)

  it("compares what watch.run gives, and stops when that is final", function()
    local s = start { "--log-level", "info" }
    s:initialize()
    subscribe(s, "spec://things/1")
    pass(s, 200)
    assert.same({ "spec://things/1" }, told(s))
    s:stop()
    local count = looks(s, 1)
    assert.is_true(count >= 6 and count <= 8, ("%d looks"):format(count)) -- each 5 to 6 seconds, until 30 have passed
  end)

  it("looks again at what was final when a script tells that it has changed", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://things/1")
    pass(s, 100)
    s.notifications = {}
    local before = looks(s, 1)
    s:call("tell", { uri = "spec://things/1" })
    pass(s, 1)
    assert.same({ "spec://things/1" }, told(s))
    s:stop()
    assert.equal(before + 1, looks(s, 1))
  end)

  it("does not look while nobody is subscribed", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://things/1")
    pass(s, 1)
    unsubscribe(s, "spec://things/1")
    pass(s, 100)
    s:stop()
    assert.equal(1, looks(s, 1))
  end)

  it("tells when what could not be looked at is there; until then looks are ever rarer, and lines of the log", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://shy")
    pass(s, 90)
    assert.same({}, told(s))
    pass(s, 200)
    assert.same({ "spec://shy" }, told(s))
    s:stop()
    local failures = {}
    for _, line in ipairs(s.log()) do
      if line.event == "watch" then
        failures[#failures + 1] = line.failures
        assert.same({ "warning", "spec://shy", "away", "It is away." }, { line.level, line.resource, line.code, line.message })
      end
    end
    assert.same({ 1, 2, 3, 4, 5 }, failures) -- after 0, 4, 12, 28 and 60 seconds, or up to a fifth later
  end)

  it("is refused for what is not there, not watched, or no address", function()
    local s = start()
    s:initialize()
    local function refused(params) return s:request("resources/subscribe", params).error end
    assert.same({ code = -32002, message = "resource not found: spec://nothing", data = { uri = "spec://nothing" } },
      refused { uri = "spec://nothing" })
    assert.equal(-32002, refused({ uri = "spec://things/one" }).code)
    assert.same({ code = -32602, message = "spec://still is not watched: read it again to see what has changed" },
      refused { uri = "spec://still" })
    for _, params in ipairs { { uri = 7 }, {} } do assert.equal(-32602, refused(params).code) end
    assert.equal(-32602, s:request("resources/unsubscribe", {}).error.code)
  end)

  it("is for 100 addresses of a session", function()
    local s = start()
    s:initialize()
    for id = 1, 100 do subscribe(s, "spec://things/" .. id) end
    local failure = s:request("resources/subscribe", { uri = "spec://late" }).error
    assert.same({ -32603, "too many subscriptions: 100 of a session, 1000 resources and 2000 bytes of an address are the most" },
      { failure.code, failure.message })
    unsubscribe(s, "spec://things/1")
    subscribe(s, "spec://late")
  end)
end)

describe("resourceSubscriptions of subscriptions/listen", function()
  local function listen(s, notifications)
    return s:send("subscriptions/listen", host.modern { notifications = notifications })
  end

  local function call(s, name, arguments)
    return assert(s:request("tools/call", host.modern { name = name, arguments = arguments }).result)
  end

  it("are acknowledged as far as they can be had, and told with the id of the listen", function()
    local s = start()
    listen(s, { resourceSubscriptions = { "spec://told", "spec://still", "spec://nothing", "spec://late", "spec://told" } })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":'
      .. '{"resourceSubscriptions":["spec://told","spec://late","spec://told"]},"_meta":{"' .. KEY .. '":1}}}', s:line())
    call(s, "tell", { uri = "spec://told" })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"spec://told","_meta":{"'
      .. KEY .. '":1}}}', s:line())
    s.notifications = {}
    call(s, "pass", { seconds = 100 })
    assert.same({ { method = UPDATED, jsonrpc = "2.0", params = { uri = "spec://late", _meta = { [KEY] = 1 } } } },
      s.notifications)
  end)

  it("are told once for each listen, and to a session of a legacy revision beside them", function()
    local s = start()
    s:initialize()
    subscribe(s, "spec://late")
    local late = { resourceSubscriptions = { "spec://late" } }
    local first, second = listen(s, late), listen(s, late)
    call(s, "pass", { seconds = 100 })
    local ids = {}
    for _, n in ipairs(s.notifications) do
      if n.method == UPDATED then ids[n.params._meta and n.params._meta[KEY] or 0] = n.params.uri end
    end
    assert.same({ [0] = "spec://late", [first] = "spec://late", [second] = "spec://late" }, ids)
  end)

  it("share their looks", function()
    local s = start()
    for _ = 1, 3 do listen(s, { resourceSubscriptions = { "spec://things/1" } }) end
    call(s, "pass", { seconds = 4 })
    s:stop()
    assert.equal(1, looks(s, 1))
  end)

  it("end with the listen", function()
    local s = start()
    local id = listen(s, { resourceSubscriptions = { "spec://told", "spec://things/1" } })
    call(s, "pass", { seconds = 1 })
    s:notify("notifications/cancelled", { requestId = id })
    call(s, "tell", { uri = "spec://told" })
    call(s, "pass", { seconds = 100 })
    s:stop()
    assert.equal(1, looks(s, 1))
    assert.same({}, told(s))
  end)

  it("that nobody watches are none", function()
    local s = start()
    listen(s, { resourceSubscriptions = { "spec://still" } })
    assert.same({ notifications = { resourceSubscriptions = {} }, _meta = { [KEY] = 1 } }, s:message().params)
  end)

  it("are a list of strings", function()
    local s = start()
    for _, wrong in ipairs { "spec://told", { 7 }, { x = "spec://told" } } do
      assert.equal(-32602, s:wait(listen(s, { resourceSubscriptions = wrong })).error.code)
    end
  end)

  it("are announced", function()
    local s = start()
    assert.is_true(s:request("server/discover", host.modern()).result.capabilities.resources.subscribe)
  end)
end)

describe("a subscription in real time", function()
  it("hears of a change", function()
    local s = packs.start { ["resources/r.lua"] = [[
      resource "spec://clock" { name = "clock", about = "Always another.", watch = { every = 2 },
        run = function() return tostring(hatchway.time.now()) end } ]] }
    subscribe(s, "spec://clock")
    s:await(20, "a notification", function() return #s.notifications == 1 end)
    assert.same({ "spec://clock" }, told(s))
    s:close_input()
    assert.equal(0, s:exit(5))
  end)

  it("lives on with a new set of files", function()
    local folder = packs.write { ["resources/r.lua"] =
      'resource "spec://r" { name = "r", about = "R.", watch = { every = 2 }, run = function() return "one" end }' }
    local s = host.start { pack = folder }
    s:initialize()
    subscribe(s, "spec://r")
    local file <close> = assert(io.open(folder .. "/resources/r.lua", "w"))
    file:write 'resource "spec://r" { name = "r", about = "R.", watch = { every = 2 }, run = function() return "two" end }'
    file:close()
    s:await(20, "a notification", function() return #told(s) == 1 end)
  end)
end)

describe("watch in a declaration", function()
  for watch, message in pairs {
    ["{ every = 1 }"] = "watch.every is a number of seconds, 2 to 3600",
    ["{ every = 3601 }"] = "watch.every is a number of seconds, 2 to 3600",
    ["{}"] = "watch.every is a number of seconds, 2 to 3600",
    ["{ every = '5' }"] = "watch.every is a number of seconds, 2 to 3600",
    ["{ every = 5, run = 'x' }"] = "watch.run is a function, not a string",
    ["{ every = 5, ran = 1 }"] = 'watch has every and run, not "ran"',
    ["5"] = "watch is true or { every = seconds, run = function }",
  } do
    it(("is refused: %s"):format(watch), function()
      local output = host.run { args = { "check", packs.write { ["resources/r.lua"] =
        ('resource "x://y" { name = "y", about = "Y.", run = function() return "" end, watch = %s }'):format(watch) } } }
      assert.truthy(output.stdout:find('resource "x://y": ' .. message, 1, true), output.stdout)
    end)
  end
end)

