-- hatchway new: files to begin from, which work as they are.
local cjson = require "cjson"
local home = require "tests.support.home"

local OVERVIEW = "tests/cassettes/overview.har"

-- What is said on stderr by a command that fails with this code.
local function refused(h, code, ...)
  local result = h:run(...)
  assert.same({ code, "" }, { result.code, result.stdout })
  return result.stderr
end

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

describe("hatchway new", function()
  it("tool writes into the own folder; the tool is there at once", function()
    local h = home.new()
    local file = h:path(home.own .. "tools/busy_workers.lua")
    assert.equal(("wrote %s\nnext: hatchway call busy_workers\n"):format(file), h:ok("new", "tool", "busy_workers"))
    has(h:ok "check", ("adds tool busy_workers (%s)\nNothing is broken.\n"):format(file))
    assert.same({ names = { "shop-main" } }, cjson.decode(h:ok("call", "busy_workers", "--replay", OVERVIEW)))
    has(h:ok("tools", "--replay", OVERVIEW), "Busy Workers")
  end)

  it("prompt", function()
    local h = home.new()
    local file = h:path(home.own .. "prompts/weekly.lua")
    assert.equal(("wrote %s\nnext: hatchway prompt weekly\n"):format(file), h:ok("new", "prompt", "weekly"))
    has(h:ok "check", ("adds prompt weekly (%s)\nNothing is broken.\n"):format(file))
    has(h:ok("prompt", "weekly", "hours=3"), "in the last 3 hours")
  end)

  it("resource, by a name or an address", function()
    local h = home.new()
    local clock, open = h:path(home.own .. "resources/clock.lua"), h:path(home.own .. "resources/orders-open.lua")
    assert.equal(("wrote %s\nnext: echo 'read \"hatchet://clock\"' | hatchway repl\n"):format(clock),
      h:ok("new", "resource", "clock"))
    assert.equal(("wrote %s\nnext: echo 'read \"shop://orders/open\"' | hatchway repl\n"):format(open),
      h:ok("new", "resource", "shop://orders/open"))
    has(h:ok "check", "adds resource hatchet://clock")
    has(h:ok "check", "adds resource shop://orders/open")
    has(h:feed('read "shop://orders/open"\n', "repl", "--replay", OVERVIEW).stdout, '"now": "20')
  end)

  it("pack writes a folder with a tool and its spec", function()
    local h = home.new()
    local shop = h:path "shop"
    assert.equal(("wrote %s/pack.lua\nwrote %s/tools/hello.lua\nwrote %s/tests/hello_spec.lua\n"):format(shop, shop, shop)
      .. ("next: hatchway call hello --pack %s; hatchway test %s; a client runs: hatchway serve %s\n"):format(shop, shop, shop),
      h:ok("new", "pack", "shop", "--into", h.folder))
    assert.equal(("pack %s\nNothing is broken.\n"):format(shop), h:ok("check", shop))
    assert.equal('{"greeting":"Hello, world!"}\n', h:ok("call", "hello", "--pack", shop))
    has(h:ok("test", shop), "ok 1 - hello greets")
  end)

  it("writes into a folder that is named: an overlay, or a pack", function()
    local h = home.new()
    local team, shop = h:path "team", h:path "shop"
    assert.equal(("wrote %s/tools/more.lua\nnext: hatchway call more --overlay %s\n"):format(team, team),
      h:ok("new", "tool", "more", "--into", team))
    h:ok("new", "pack", "shop", "--into", h.folder)
    assert.equal(("wrote %s/tools/more.lua\nnext: hatchway call more --pack %s\n"):format(shop, shop),
      h:ok("new", "tool", "more", "--into", shop))
    assert.equal('{"greeting":"Hello, world!"}\n', h:ok("call", "more", "--pack", shop))
  end)

  it("obeys XDG_CONFIG_HOME", function()
    local h = home.new()
    h.options.env = { XDG_CONFIG_HOME = h:path "settings" }
    h:ok("new", "tool", "mine")
    assert.truthy(h:read "settings/hatchway/hatchet/tools/mine.lua")
    has(h:ok "check", "adds tool mine")
  end)

  it("never writes over a file", function()
    local h = home.new()
    h:write(home.own .. "tools/mine.lua", "-- empty\n")
    assert.equal(("hatchway: %s exists already; nothing was written\n"):format(h:path(home.own .. "tools/mine.lua")),
      refused(h, 1, "new", "tool", "mine"))
    assert.equal("-- empty\n", h:read(home.own .. "tools/mine.lua"))
  end)

  it("does not take a name that is taken", function()
    local h = home.new()
    has(refused(h, 1, "new", "tool", "list_runs"), 'the pack has a tool list_runs already: "hatchway eject list_runs"')
    h:ok("new", "tool", "mine")
    os.rename(h:path(home.own .. "tools/mine.lua"), h:path(home.own .. "tools/other.lua"))
    has(refused(h, 1, "new", "tool", "mine"), "there is a tool mine already, in " .. h:path(home.own .. "tools/other.lua"))
    has(refused(h, 1, "new", "pack", "hatchet"), "that is the name of a built-in pack")
  end)

  for what, case in pairs {
    ["a kind that is none"] = { { "toool", "x" }, "did you mean tool?" },
    ["a path for a name"] = { { "tool", "../x" }, "a name has 1 to 64 of" },
    ["a hidden name"] = { { "tool", ".x" }, "a name has 1 to 64 of" },
    ["an address without a scheme"] = { { "resource", "://x" }, "an address is scheme://name" },
    ["no name"] = { { "tool" }, "write: hatchway new" },
  } do
    it("refuses " .. what, function()
      local h = home.new()
      has(refused(h, 2, "new", table.unpack(case[1])), case[2])
      assert.is_nil(h:read(home.own .. "tools/x.lua"))
    end)
  end

  it("--help", function() has(home.new():ok("new", "--help"), "Usage: hatchway new tool|prompt|resource|pack NAME") end)
end)
