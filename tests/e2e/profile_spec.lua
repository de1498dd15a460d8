-- Profiles: several tenants in one configuration file.
local answers = require "tests.support.answers"
local home = require "tests.support.home"
local host = require "tests.support.host"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local CONFIG = ".config/hatchway/config.lua"
local SHOP = "tests/cassettes/overview.har"

-- A home whose configuration has these profiles.
local function with(profiles, default)
  local h = home.new()
  h:write(CONFIG, ("return { default = %s, profiles = { %s } }"):format(default and ("%q"):format(default) or "nil", profiles))
  return h
end

local function tools(h, ...)
  local result = h:run("tools", ...)
  return result.stdout:match "(%d+) tools with access (%a+)"
end

local function refused(profiles, ...)
  local result = with(profiles):run("tools", "--profile", ...)
  assert.equal(2, result.code)
  return result.stderr
end

describe("a profile", function()
  it("is chosen by name, by a variable, or as the default of the file", function()
    local h = with('prod = { access = "write" }, lab = { access = "destroy" }', "prod")
    assert.same({ "67", "write" }, { tools(h) })
    assert.same({ "75", "destroy" }, { tools(h, "--profile", "lab") })
    assert.same({ "75", "destroy" }, { tools(h, "--profile=lab") })
    local named = host.run { args = { "tools" }, home = h.folder, env = { HATCHWAY_PROFILE = "lab" } }
    assert.truthy(named.stdout:find("access destroy", 1, true))
  end)

  it("is the last one that is named", function()
    local h = with('prod = { access = "write" }, lab = { access = "destroy" }', "prod")
    assert.same({ "75", "destroy" }, { tools(h, "--profile", "prod", "--profile", "lab") })
    local none = h:run("tools", "--profile", "")
    assert.equal(2, none.code)
    assert.truthy(none.stderr:find("--profile needs a value", 1, true))
  end)

  it("by default stands back when the environment has a token", function()
    local h = with('prod = { access = "write" }', "prod")
    local result = host.run { args = { "tools" }, home = h.folder, env = { HATCHET_CLIENT_TOKEN = tokens.token() } }
    assert.truthy(result.stdout:find("access read", 1, true))
    local unfilled = host.run { args = { "tools" }, home = h.folder, env = { HATCHET_CLIENT_TOKEN = "${HATCHET_CLIENT_TOKEN}" } }
    assert.truthy(unfilled.stdout:find("access write", 1, true)) -- the client had none to fill in
  end)

  it("never raises the access: the lowest that is given counts", function()
    local h = with 'lab = { access = "write" }'
    assert.same({ "48", "read" }, { tools(h, "--profile", "lab", "--access", "read") })
    assert.same({ "67", "write" }, { tools(h, "--profile", "lab", "--access", "destroy") })
  end)

  it("adds overlays, lists of tools, limits and more", function()
    local h = with [[lab = {
      overlay = "~/team", toolsets = { "runs" }, exclude_tools = { "get_run" }, limit = { list_max = "2KB" },
      hide_fields = { "password" }, log_level = "error",
    }]]
    h:write("team/tools/own.lua",
      'tool "own" { title = "Own", about = "Ours.", access = "read", run = function() return {} end }')
    local listed = h:ok("tools", "--profile", "lab")
    assert.truthy(listed:find("\nown ", 1, true))
    assert.truthy(listed:find("\nlist_runs ", 1, true))
    assert.falsy(listed:find("\nget_run ", 1, true))
    assert.falsy(listed:find("\nlist_crons ", 1, true))
    local large = h:run("call", "list_runs", "--profile", "lab", "--replay", "tests/cassettes/overview.har", "--replay",
      "tests/cassettes/runs.har")
    assert.truthy(large.stderr:find("the most for a list is 2048", 1, true))
  end)

  it("is Lua in a sandbox", function()
    local h = home.new()
    h:write(CONFIG, [[
      local shops = {}
      for _, name in ipairs { "north", "south" } do shops[name] = { access = name == "north" and "write" or "read" } end
      return { profiles = shops }
    ]])
    assert.same({ "67", "write" }, { tools(h, "--profile", "north") })
    for code, expected in pairs {
      ["return io.popen('id')"] = "'io' is not available",
      ["while true do end"] = "computed for longer",
      ["return {"] = "config.lua:1: unexpected symbol near <eof>",
      ["return 5"] = "it returns a number, not a table",
      ["return { profiles = 5 }"] = "it returns { default =",
      ["error 'broken'"] = "broken",
    } do
      h:write(CONFIG, code)
      local result = h:run("tools", "--profile", "x")
      assert.equal(2, result.code)
      assert.truthy(result.stderr:find(expected, 1, true), result.stderr)
    end
  end)

  it("tells what is wrong, with the nearest that is right", function()
    local function says(expected, profiles, ...)
      local told = refused(profiles, ...)
      assert.truthy(told:find(expected, 1, true), told)
    end
    says('has no profile "prd"; did you mean prod?', "prod = {}", "prd")
    says("acces is no setting of a profile; did you mean access?", 'x = { acces = "read" }', "x")
    says("--access rea: it is read, write or destroy", 'x = { access = "rea" }', "x")
    says("overlay must hold texts or numbers", "x = { overlay = { {} } }", "x")
    says("access must be a text or a list of texts", "x = { access = true }", "x")
    says("token_command must be a list of words", 'x = { token_command = "pass" }', "x")
    says("token_file and token_command: give one of them", 'x = { token_file = "a", token_command = { "b" } }', "x")
    says("token is not read: put the token into a file", 'x = { token = "secret" }', "x")
    says("hide_fields needs a value", 'x = { hide_fields = { "card\\0" } }', "x")
    says("toolsets names nothing", "x = { toolsets = {} }", "x")
    local pipe = with ""
    os.execute(("rm %s && mkfifo %s"):format(pipe:path(CONFIG), pipe:path(CONFIG)))
    assert.truthy(pipe:run("tools").stderr:find("it is no file", 1, true))
    local none = home.new():run("tools", "--profile", "x")
    assert.equal(2, none.code)
    assert.truthy(none.stderr:find('there is no profile "x": ', 1, true))
  end)
end)

describe("the token of a profile", function()
  -- A server of the profile "shop", whose settings say where the token comes from, and its engine.
  local function serve(h, settings)
    local engine = upstream.start(answers.recorded "overview")
    h:write(CONFIG, ("return { profiles = { shop = { server_url = %q, %s } } }"):format(engine.url, settings))
    local s = host.start { pack = "hatchet", home = h.folder, args = { "--profile", "shop" } }
    s:initialize()
    return s, engine
  end

  local function sent(engine)
    return (engine.requests[#engine.requests].headers.authorization:gsub("^Bearer ", ""))
  end

  local first, second = tokens.token { exp = 4102444800 }, tokens.token { exp = 4102444801 }

  it("comes from a file, and is read again when that changes", function()
    local h = home.new()
    h:write("secret/token", first .. "\n")
    os.execute("chmod 600 " .. h:path "secret/token")
    local s, engine = serve(h, 'token_file = "~/secret/token"')
    s:call("list_workers", {})
    assert.equal(first, sent(engine))
    h:write("secret/token", second)
    s:call("list_workers", {})
    assert.equal(second, sent(engine))
    assert.falsy(s.child.stderr:find(first, 1, true))
  end)

  it("stays as it was when the file then holds no token, or that of another tenant", function()
    local h = home.new()
    h:write("token", first)
    local s, engine = serve(h, ("token_file = %q"):format(h:path "token"))
    for _, text in ipairs { "rubbish", "", tokens.token { sub = "66666666-2222-4333-8444-555555555555" } } do
      h:write("token", text)
      s:call("list_workers", {})
      assert.equal(first, sent(engine))
    end
    assert.equal(3, select(2, s.child.stderr:gsub("the token stays as it was", "")))
  end)

  it("is named in what is told when Hatchet refuses it", function()
    local h = home.new()
    h:write("token", first)
    local engine = upstream.start(answers.refusal(403, "revoked token"))
    h:write(CONFIG, ("return { profiles = { shop = { server_url = %q, token_file = '~/token' } } }"):format(engine.url))
    local result = h:run("call", "list_workers", "--profile", "shop")
    assert.equal(1, result.code)
    assert.truthy(result.stderr:find("put it into the profile's token_file.", 1, true), result.stderr)
  end)

  it("comes from a command", function()
    local h = home.new()
    h:write("token", first)
    local _, engine = serve(h, ('token_command = { "cat", %q }'):format(h:path "token"))
    local s = host.start { pack = "hatchet", home = h.folder, args = { "--profile", "shop" } }
    s:initialize()
    s:call("list_workers", {})
    assert.equal(first, sent(engine))
  end)

  it("is asked of the command again before it expires", function()
    local h = home.new()
    local soon = tokens.token { exp = os.time() + 30 }
    h:write("token", soon)
    local s, engine = serve(h, ('token_command = { "cat", %q }'):format(h:path "token"))
    h:write("token", second)
    local deadline = os.time() + 10
    repeat s:call("list_workers", {}) until sent(engine) == second or os.time() > deadline
    assert.equal(second, sent(engine))
  end)

  it("is told to be missing with the file or the command", function()
    local function fails(settings)
      local h = home.new()
      h:write(CONFIG, ("return { profiles = { shop = { %s } } }"):format(settings))
      h:write("empty", " \n")
      local result = h:run("call", "list_workers", "--profile", "shop")
      assert.equal(1, result.code)
      return result.stderr
    end
    assert.truthy(fails 'token_file = "/no/such"':find("token_file /no/such cannot be read: No such file or directory", 1, true))
    assert.truthy(fails 'token_file = "~/empty"':find("gives no token", 1, true))
    assert.truthy(fails 'token_command = { "no-such-command" }':find("token_command no-such-command cannot be run", 1, true))
    assert.truthy(fails 'token_command = { "false" }':find("token_command false failed (exit code 1)", 1, true))
    assert.truthy(fails 'token_command = { "echo", "x" }':find("what token_command gives is no Hatchet API token", 1, true))
  end)

  it("is not waited for beyond ten seconds, nor read beyond a token", function()
    local function fails(command, expected)
      local h = home.new()
      h:write(CONFIG, ("return { profiles = { shop = { token_command = { 'sh', '-c', %q } } } }"):format(command))
      local began = os.time()
      local result = h:run("call", "list_workers", "--profile", "shop")
      assert.equal(1, result.code)
      assert.truthy(result.stderr:find(expected, 1, true), result.stderr)
      return os.time() - began
    end
    assert.truthy(fails("exec >&-; trap '' TERM; sleep 60", "did not end within 10 s") <= 12)
    assert.truthy(fails("exec yes", "token_command sh gives more than a token") <= 2)
  end)

  it("wins over that of the environment, and needs none in playback", function()
    local h = home.new()
    h:write("token", first)
    local engine = upstream.start(answers.recorded "overview")
    h:write(CONFIG, ("return { profiles = { shop = { server_url = %q, token_file = '~/token' } } }"):format(engine.url))
    local other = host.run { args = { "call", "list_workers", "--profile", "shop" }, home = h.folder,
      env = { HATCHET_CLIENT_TOKEN = second } }
    assert.equal(0, other.code)
    assert.equal(first, sent(engine))
    h:write(CONFIG, "return { profiles = { shop = { token_file = '/no/such' } } }")
    assert.equal(0, h:run("call", "list_workers", "--profile", "shop", "--replay", SHOP).code)
  end)
end)

describe("hidden fields", function()
  local RUN = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"
  local function call(...)
    return host.run { args = {
      "call", "--replay", "tests/cassettes/overview.har", "--replay", "tests/cassettes/details.har", ...
    } }
  end

  it("are masked in what any tool gives", function()
    local shown = call("get_run", "workflow_run_id=" .. RUN).stdout
    assert.truthy(shown:find('"card":"declined"', 1, true))
    local hidden = call("get_run", "workflow_run_id=" .. RUN, "--hide-fields", "card,order_*").stdout
    assert.falsy(hidden:find("declined", 1, true) and hidden:find('"card":"declined"', 1, true))
    assert.truthy(hidden:find('"card":"[hidden]"', 1, true))
    assert.truthy(hidden:find('"order_id":"[hidden]"', 1, true))
    assert.truthy(hidden:find('"amount_cents":300000', 1, true))
  end)

  it("are masked in traces, where SDKs put whole payloads, and under names with blanks", function()
    local function trace(...) return call("get_trace", "workflow_run_id=" .. RUN, ...).stdout end
    assert.truthy(trace():find([[order_id\": \"E-4]], 1, true))
    local hidden = trace("--hide-fields", "order_*, card number ,order?id")
    assert.falsy(hidden:find([[order_id\": \"E-4]], 1, true))
    assert.truthy(hidden:find([[order_id\": \"[hidden]\"]], 1, true))
  end)

  it("are masked in an answer that is a payload itself", function()
    local engine = upstream.start(answers.plain(200, '{"card":"4111","order":{"card":1,"n":2}}'))
    local function input(...)
      return host.run { upstream = engine, args = {
        "call", "api_get", "--enable", "api_get", "path=/api/v1/tenants/{tenant}/workflow-runs/" .. RUN .. "/input", ...
      } }.stdout
    end
    assert.truthy(input():find("4111", 1, true))
    assert.equal('{"result":{"card":"[hidden]","order":{"card":"[hidden]","n":2}}}\n', input("--hide-fields", "card"))
  end)
end)
