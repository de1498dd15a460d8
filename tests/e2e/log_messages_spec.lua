-- notifications/message: what scripts log with hatchway.log, as far as the client wants to hear of it. In the legacy revisions
-- logging/setLevel says so for the session, in the modern one each request for itself.
local cjson = require "cjson"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local files = {
  ["tools/t.lua"] = [[
    local t = require "hatchway.types"
    tool "t" { title = "T", about = "Logs at each level.", access = "read", input = { name = t.string { default = "t" } },
      run = function(args)
        for level in ("debug info notice warning error critical alert emergency"):gmatch "%a+" do
          hatchway.log(level, args.name)
        end
        return "ok"
      end }
  ]],
}

local LEVELS = { "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency" }

local function levels_from(first)
  local list = {}
  for _, level in ipairs(LEVELS) do
    if level == first or #list > 0 then list[#list + 1] = level end
  end
  return list
end

-- The levels that came since the last time, of the call of that name.
local function heard(s, name)
  local list = {}
  for _, n in ipairs(s.notifications) do
    assert.equal("notifications/message", n.method)
    if n.params.data == (name or "t") then list[#list + 1] = n.params.level end
  end
  if not name then s.notifications = {} end
  return list
end

local function start() return host.start { pack = packs.write(files) } end

local function modern(s, name, level)
  return s:send("tools/call", host.modern({ name = "t", arguments = { name = name } },
    { ["io.modelcontextprotocol/logLevel"] = level }))
end

describe("logging/setLevel", function()
  for _, level in ipairs(LEVELS) do
    it(level .. " lets that level and those above through", function()
      local s = packs.start(files)
      assert.same({}, s:request("logging/setLevel", { level = level }).result)
      s:call "t"
      assert.same(levels_from(level), heard(s))
    end)
  end

  it("is info until it is called", function()
    local s = packs.start(files)
    s:call "t"
    assert.same(levels_from "info", heard(s))
  end)

  it("is refused for what is no level, and the old one holds", function()
    local s = packs.start(files)
    s:request("logging/setLevel", { level = "alert" })
    for _, wrong in ipairs { "loud", "INFO", 3, cjson.null } do
      assert.equal(-32602, s:request("logging/setLevel", { level = wrong }).error.code)
    end
    s:call "t"
    assert.same({ "alert", "emergency" }, heard(s))
  end)

  it("writes what the script said, under the name of the pack", function()
    local s = packs.start(files)
    s:request("logging/setLevel", { level = "emergency" })
    s.lines = {}
    s:send("tools/call", { name = "t" })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"emergency","logger":"spec","data":"t"}}',
      s:line())
  end)
end)

describe("logLevel of a modern request", function()
  it("is for that request alone", function()
    local s = start()
    local loud, silent, few = modern(s, "loud", "debug"), modern(s, "silent", false), modern(s, "few", "alert")
    for _, id in ipairs { loud, silent, few } do assert.is_nil(s:wait(id).result.isError) end
    assert.same({ LEVELS, {}, { "alert", "emergency" } }, { heard(s, "loud"), heard(s, "silent"), heard(s, "few") })
  end)

  it("has nothing to do with the session beside it", function()
    local s = packs.start(files)
    s:request("logging/setLevel", { level = "debug" })
    s:wait(modern(s, "silent", false))
    assert.same({}, s.notifications)
    s:request("logging/setLevel", { level = "emergency" })
    s:wait(modern(s, "t", "alert"))
    assert.same({ "alert", "emergency" }, heard(s))
  end)

  it("of a listen brings no messages", function()
    local s = start()
    s:send("subscriptions/listen", host.modern({ notifications = { toolsListChanged = true } },
      { ["io.modelcontextprotocol/logLevel"] = "debug" }))
    s:wait(modern(s, "t", false))
    assert.equal(1, #s.notifications)
    assert.equal("notifications/subscriptions/acknowledged", s.notifications[1].method)
  end)

  it("is refused when it is none", function()
    local s = start()
    for _, wrong in ipairs { "loud", 7 } do assert.equal(-32602, s:wait(modern(s, "t", wrong)).error.code) end
  end)
end)
