-- hatchway doctor: what it finds, and the mend of each, against servers that fail in each way.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local grpc = require "tests.support.grpc"
local home = require "tests.support.home"
local host = require "tests.support.host"
local recordings = require "tests.support.recordings"
local tls = require "tests.support.tls"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local CONFIG = ".config/hatchway/config.lua"
local SHOP = "tests/cassettes/overview.har"
local TENANT = "/api/v1/tenants/" .. tokens.tenant
local NOWHERE = "127.0.0.1:1"

-- No 16 characters of the token in the text.
local function assert_hidden(token, text)
  for i = 1, #token - 15 do
    assert.is_nil(text:find(token:sub(i, i + 15), 1, true), "a piece of the token: " .. text)
  end
end

-- Runs it with --json. The checks by name, the exit code; the token is in none of what it says.
local function doctor(options)
  local args = { "doctor", "--json", table.unpack(options.args or {}) }
  local env = {}
  for name, value in pairs(options.env or {}) do env[name] = value end
  local token = env.HATCHET_CLIENT_TOKEN
  if token == nil and options.upstream then
    token = tokens.token { server_url = options.upstream.url, grpc_broadcast_address = options.events or NOWHERE }
  end
  env.HATCHET_CLIENT_TOKEN = token or nil
  env.HATCHET_CLIENT_TLS_STRATEGY = env.HATCHET_CLIENT_TLS_STRATEGY or "none"
  local result = host.run { args = args, env = env, home = options.home and options.home.folder, timeout = 30 }
  assert_hidden(token or options.secret or "", result.stdout .. result.stderr)
  assert.equal("", result.stderr)
  local report, checks = cjson.decode(result.stdout), {}
  for _, check in ipairs(report.checks) do checks[#checks + 1], checks[check.check] = check, check end
  assert.equal(result.code == 0, report.ok)
  return checks, result.code
end

-- The state of a check, and what it and its mend must contain.
local function says(check, state, ...)
  assert.truthy(check, "there is no such check")
  local text = check.found .. "\n" .. (check.mend or "")
  assert.equal(state, check.state, text)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), ("no %q in %s"):format(part, text)) end
end

-- The recorded engine, but for these paths.
local function engine(other)
  local recorded = answers.recorded "overview"
  return upstream.start(function(exchange) return (other[exchange.path] or recorded)(exchange) end)
end

-- A recorded answer, its body changed.
local function changed(path, change)
  local found = recordings.find({ "overview" }, "GET", path, "")
  return answers.plain(200, (found.body:gsub(change[1], change[2])))
end

local function version_with(headers)
  local found = recordings.find({ "overview" }, "GET", "/api/v1/version", "")
  return answers.plain(200, found.body, { { "Content-Type", "application/json" }, table.unpack(headers) })
end

local function date(offset)
  return { { "Date", os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + offset) } }
end

describe("hatchway doctor", function()
  it("finds nothing where nothing is wrong", function()
    local events = grpc.start(12)
    local server = engine { ["/api/v1/version"] = version_with(date(0)) }
    local checks, code = doctor { upstream = server, events = "127.0.0.1:" .. events.port, args = { "--access", "write" } }
    assert.equal(0, code)
    local states = {}
    for i, check in ipairs(checks) do states[i] = check.check .. " " .. check.state end
    assert.same({ "configuration ok", "token ok", "server ok", "access ok", "libcurl ok", "overlays ok", "tools ok", "name ok",
      "connection ok", "clock ok", "tenant ok", "engine ok", "observability ok", "events ok" }, states)
    says(checks.token, "ok", "from HATCHET_CLIENT_TOKEN", "tenant " .. tokens.tenant, "valid until 2100-01-01", " days)")
    says(checks.server, "ok", server.url .. ", from the token")
    says(checks.access, "ok", "write (from --access)", "an API token may do everything in its tenant")
    says(checks.libcurl, "ok", "libcurl/")
    assert.truthy(checks.tools.found:match "^%d+ are offered with access write$")
    says(checks.connection, "ok", "without TLS")
    says(checks.tenant, "ok", "Shop (" .. tokens.tenant .. "): the token is accepted")
    says(checks.engine, "ok", "v0.104.7, new enough for all tools")
    says(checks.events, "ok", "gRPC answers at http://127.0.0.1:" .. events.port, "nothing was pushed")
    for _, request in ipairs(server.requests) do assert.equal("GET", request.method) end
    assert.equal(1, #events.paths)
  end)

  it("prints a line each, the mend below, in the letters that the terminal has", function()
    local function run(lang)
      return host.run { args = { "doctor" }, env = { LANG = lang } }
    end
    local utf8, ascii = run "C.UTF-8", run "C"
    assert.same({ 1, 1 }, { utf8.code, ascii.code })
    assert.truthy(utf8.stdout:find("\n✗ token         there is none: HATCHET_CLIENT_TOKEN is not set", 1, true))
    assert.truthy(utf8.stdout:find("\n                → Make an API token in the dashboard", 1, true))
    assert.truthy(utf8.stdout:find("✓ libcurl ", 1, true))
    assert.truthy(utf8.stdout:find("\n- tenant        not looked at", 1, true))
    assert.truthy(utf8.stdout:find("\n1 broken, 0 warnings.\n", 1, true))
    assert.truthy(ascii.stdout:find("\nx  token         there is none", 1, true))
    assert.truthy(ascii.stdout:find("\n                 -> Make an API token", 1, true))
    assert.falsy(ascii.stdout:find "[\x80-\xff]")
  end)

  it("takes no words and records nothing", function()
    for _, args in ipairs { { "doctor", "x" }, { "doctor", "--record", "x.har" }, { "doctor", "--jsn" } } do
      assert.equal(2, host.run({ args = args }).code)
    end
  end)

  it("works with a recording, and says so", function()
    local checks, code = doctor { args = { "--replay", SHOP } }
    assert.equal(0, code)
    says(checks.recording, "ok", SHOP .. " stands in for Hatchet")
    says(checks.token, "skipped", "none is needed")
    says(checks.clock, "skipped", "that of the recording")
    says(checks.tenant, "ok", "Shop")
    says(checks.engine, "ok", "v0.104.7")
    says(checks.events, "skipped", "playback")
    local broken = doctor { args = { "--replay", "/nowhere.har" } }
    says(broken.recording, "broken", "/nowhere.har")
    says(broken.tenant, "skipped")
  end)
end)

describe("the configuration", function()
  local function with(profiles, default)
    local h = home.new()
    h:write(CONFIG, ("return { default = %s, profiles = { %s } }"):format(default or "nil", profiles))
    return h
  end

  it("is named, with its profile, and what it sets", function()
    local server = engine {}
    local token = tokens.token { exp = os.time() + 3 * 86400 + 60 }
    local h = with(("prod = { token_file = '~/token', server_url = %q, access = 'destroy' }"):format(server.url), "'prod'")
    h:write("token", token)
    os.execute("chmod 644 " .. h:path "token")
    local checks, code = doctor { home = h, secret = token, env = { HATCHET_CLIENT_SERVER_URL = "http://localhost:1" } }
    assert.equal(0, code)
    says(checks.configuration, "ok", "profile prod of " .. h:path(CONFIG))
    says(checks.token, "warning", "from token_file " .. h:path "token", "(3 days)", "Make a new one")
    says(checks["token file"], "warning", "may be read by others than you (mode 644)", "chmod 600 " .. h:path "token")
    says(checks.server, "ok", server.url .. ", from the profile")
    says(checks.access, "ok", "destroy (from the profile)")
    says(checks.tenant, "ok")
    os.execute("chmod 600 " .. h:path "token")
    assert.is_nil(doctor({ home = h, secret = token })["token file"])
  end)

  it("may come from the environment", function()
    local server = engine {}
    local checks = doctor { upstream = server, args = { "--access", "destroy" },
      env = { HATCHET_CLIENT_SERVER_URL = server.url .. "/", HATCHET_MCP_READ_ONLY = "true" } }
    says(checks.server, "ok", server.url .. ", from HATCHET_CLIENT_SERVER_URL")
    says(checks.access, "ok", "read (from HATCHET_MCP_READ_ONLY)")
    local notes = {}
    for _, check in ipairs(checks) do notes[#notes + 1] = check.check == "environment" and check.found or nil end
    assert.equal(2, #notes, table.concat(notes, "\n"))
  end)

  it("that is broken is told, and the rest looked at all the same", function()
    local server = engine {}
    for profiles, expected in pairs {
      ["x = {"] = "config.lua:1: ", ["x = { acces = 'read' }"] = "did you mean access?", ["y = {}"] = 'has no profile "x"',
    } do
      local checks, code = doctor { home = with(profiles), upstream = server, args = { "--profile", "x" } }
      assert.equal(1, code)
      says(checks.configuration, "broken", expected, "Mend ")
      says(checks.tenant, "ok")
    end
  end)

  it("with a token command that fails is told", function()
    local checks, code = doctor { home = with("x = { token_command = { 'false' } }", "'x'") }
    assert.equal(1, code)
    says(checks.token, "broken", "token_command false failed (exit code 1)", "Mend token_file or token_command")
    says(checks.overlays, "ok")
    says(checks.connection, "skipped", "what is broken above comes first")
  end)
end)

describe("what is wrong here", function()
  it("is a token that is none, or has expired", function()
    local checks = doctor { env = { HATCHET_CLIENT_TOKEN = "opensesame-opensesame-opensesame" } }
    says(checks.token, "broken", "HATCHET_CLIENT_TOKEN is no Hatchet API token: it has 1 part", "three parts")
    local old, code = doctor { upstream = engine {}, env = { HATCHET_CLIENT_TOKEN = tokens.token { exp = 1735689600 } } }
    assert.equal(1, code)
    says(old.token, "broken", "it expired on 2025-01-01", "Make a new one")
    local endless = doctor { env = { HATCHET_CLIENT_TOKEN = tokens.token { exp = false } } }
    says(endless.token, "ok", "without an end")
  end)

  it("is a variable", function()
    local token = tokens.token()
    local function broken(name, variable, value, ...)
      local checks, code = doctor { env = { HATCHET_CLIENT_TOKEN = token, [variable] = value } }
      assert.equal(1, code)
      says(checks[name], "broken", variable, ...)
    end
    broken("environment", "HATCHET_CLIENT_TENANT_ID", "shop", "it must be a UUID")
    broken("environment", "HATCHET_CLIENT_NAMESPACE", "a\1b", "control characters")
    broken("access", "HATCHET_MCP_READ_ONLY", "perhaps", "it is true, 1, yes, on")
    broken("server", "HATCHET_CLIENT_SERVER_URL", "ftp://x", "no http(s) address")
    broken("server", "HATCHET_CLIENT_SERVER_URL", "http://hatchet.example", "--allow-http hatchet.example")
  end)

  it("is an overlay: each fault, with its file", function()
    local h = home.new()
    h:write(home.own .. "tools/a.lua", "tool 'a' {}")
    h:write(home.own .. "tools/b.lua", "x =")
    local checks, code = doctor { home = h, upstream = engine {} }
    assert.equal(1, code)
    local faults = {}
    for _, check in ipairs(checks) do faults[#faults + 1] = check.check == "overlays" and check.found or nil end
    assert.equal(2, #faults)
    assert.truthy(faults[1]:find(h:path(home.own .. "tools/a.lua") .. ":1", 1, true), faults[1])
    assert.truthy(faults[2]:find(h:path(home.own .. "tools/b.lua") .. ":1", 1, true), faults[2])
    says(checks.tenant, "ok") -- the pack itself is asked
    local missing = doctor { upstream = engine {}, args = { "--overlay", "/no/such/folder" } }
    says(missing.overlays, "broken", "--overlay /no/such/folder: there is no such folder")
  end)

  it("is a tool that there is not", function()
    local checks = doctor { upstream = engine {}, args = { "--tools", "list_rns" } }
    says(checks.tools, "broken", "did you mean list_runs?")
    says(checks.tenant, "ok")
  end)

  it("is not that get_tenant is left out", function()
    says(doctor({ upstream = engine {}, args = { "--exclude-tools", "get_tenant" } }).engine, "ok")
  end)
end)

describe("what is wrong on the way", function()
  -- The checks for a server of this address, which cannot be reached.
  local function unreachable(url, ...)
    local checks, code = doctor { env = { HATCHET_CLIENT_TOKEN = tokens.token { server_url = url } },
      args = { "--limit", "deadline=2s", ... } }
    assert.equal(1, code)
    for _, name in ipairs { "clock", "tenant", "engine", "observability" } do says(checks[name], "skipped") end
    return checks
  end

  it("is a name without an address", function()
    local checks = unreachable "https://hatchet.invalid"
    says(checks.name, "broken", "there is no address for hatchet.invalid", "misspelt address")
    says(checks.connection, "skipped", "the name has no address")
  end)

  it("is a port where nothing listens", function()
    local checks = unreachable(upstream.nowhere())
    says(checks.name, "ok", "127.0.0.1 is an address")
    says(checks.connection, "broken", "the connection was refused", "Is it running?")
  end)

  it("is a server that says nothing", function()
    local server = engine { ["/api/v1/version"] = answers.stall() }
    says(unreachable(server.url).connection, "broken", "did not answer in time", "Nothing answers there")
  end)

  it("is a proxy, whose password is not shown", function()
    local proxy = upstream.nowhere():gsub("//", "//me:opensesame@")
    local checks = unreachable("https://hatchet.example", "--proxy", proxy)
    says(checks.server, "ok", "through the proxy http://127.0.0.1:")
    says(checks.name, "ok", "the proxy 127.0.0.1 is an address")
    says(checks.connection, "broken", "proxy", "check --proxy")
    for _, check in ipairs(checks) do assert.falsy(check.found:find("opensesame", 1, true)) end
    local refusing = upstream.start(answers.plain(403, "no"))
    says(unreachable("https://hatchet.example", "--proxy", refusing.url).connection, "broken", "check --proxy")
    says(unreachable("https://hatchet.example", "--proxy", "http://proxy.invalid:3128").name, "broken",
      "no address for the proxy proxy.invalid", "--proxy")
  end)

  it("is a certificate of an authority that is not known", function()
    local version = recordings.find({ "overview" }, "GET", "/api/v1/version", "").body
    local files = { ["api/v1/version"] = version, [TENANT:sub(2)] = recordings.find({ "overview" }, "GET", TENANT, "").body }
    local server = tls.start { host = "localhost", files = files }
    says(unreachable(server.url).connection, "broken", "certificate", "name its file with --ca-file")
    local known = doctor { env = { HATCHET_CLIENT_TOKEN = tokens.token { server_url = server.url } },
      args = { "--ca-file", server.ca_file } }
    says(known.connection, "ok", "over TLS")
    says(known.clock, "skipped", "no date")
    local other = tls.start { host = "other.example", files = files }
    says(unreachable(other.url, "--ca-file", other.ca_file).connection, "broken", "is for another name")
  end)

  it("is TLS where there is none", function()
    local plain = "https://127.0.0.1:" .. grpc.start(12).port
    says(unreachable(plain).connection, "broken", "This port does not speak TLS")
  end)

  it("is something else than Hatchet", function()
    local page = upstream.start(answers.plain(200, "<html>", { { "Content-Type", "text/html" } }))
    says(unreachable(page.url).connection, "broken", "is not Hatchet", "Check the address")
    local moved = upstream.start(answers.plain(302, "", { { "Location", "https://elsewhere.example/" } }))
    says(unreachable(moved.url).connection, "broken", "redirect", "https://elsewhere.example/")
    local down = upstream.start(answers.plain(503, ""))
    says(unreachable(down.url).connection, "broken", "503")
  end)
end)

describe("what is wrong there", function()
  for _, comment in ipairs { "expired token", "revoked token", "foreign token", "no token", "no JWT", "signature broken" } do
    it("is a refusal: " .. comment, function()
      local checks, code = doctor { upstream = engine { [TENANT] = answers.refusal(403, comment) } }
      assert.equal(1, code)
      says(checks.connection, "ok")
      says(checks.tenant, "broken", "Hatchet v0.104.7 is there, but it refuses the token", "Please provide valid credentials",
        "revoked, is from another instance, or the id belongs to another tenant", "Make a new one in the dashboard")
      assert.is_nil(checks.engine)
    end)
  end

  it("is a tenant that is not there", function()
    local checks = doctor { upstream = engine { [TENANT] = answers.refusal(404) } }
    says(checks.tenant, "broken", "has no tenant " .. tokens.tenant, "HATCHET_CLIENT_TENANT_ID")
  end)

  it("is an engine that is too old for some tools", function()
    local function version(name)
      return doctor { upstream = engine { ["/api/v1/version"] = changed("/api/v1/version", { "v0%.104%.7", name }) } }
    end
    says(version("v0.99.1").engine, "warning", "v0.99.1 is too old for some tools: pause_workflow and resume_workflow need "
      .. "v0.103.0 or newer", "Update the engine")
    says(version("v0.1.0-alpha.0").engine, "ok", "built from source")
  end)

  it("is observability that is off", function()
    local off = changed("/api/v1/meta", { '"observabilityEnabled":true', '"observabilityEnabled":false' })
    says(doctor({ upstream = engine { ["/api/v1/meta"] = off } }).observability, "warning", "get_trace has nothing to show")
  end)

  it("is a clock that is more than a minute off", function()
    local function clock(offset)
      local checks, code = doctor { upstream = engine { ["/api/v1/version"] = version_with(date(offset)) } }
      return checks.clock, code
    end
    local behind, code = clock(90)
    says(behind, "broken", "this machine is 1m", "behind the server", "timedatectl")
    assert.equal(1, code)
    says(clock(-7200), "broken", "ahead of the server")
    says(clock(30), "ok")
  end)
end)

describe("the address of events", function()
  local function events(address, env)
    return doctor({ upstream = engine {}, events = address, env = env }).events
  end

  it("is a warning where nothing listens, or what listens is no gRPC server", function()
    local closed, code = doctor { upstream = engine {}, events = upstream.nowhere():match "//(.*)" }
    assert.equal(0, code)
    says(closed.events, "warning", "the connection was refused", "HATCHET_CLIENT_HOST_PORT")
    local http = upstream.start(answers.plain(404, ""))
    says(events("127.0.0.1:" .. http.port), "warning", "HATCHET_CLIENT_HOST_PORT")
    says(events("127.0.0.1:" .. grpc.start(14).port), "warning", "UNAVAILABLE")
  end)

  it("is a warning where it is wrong, or TLS does not fit", function()
    says(events("engine"), "warning", "no event can be pushed", "which is not host:port")
    says(events("127.0.0.1:" .. grpc.start(12).port, { HATCHET_CLIENT_TLS_STRATEGY = "tls" }), "warning",
      "the TLS connection", "does not speak TLS")
  end)

  it("is right where a gRPC server answers, whatever it says", function()
    for _, status in ipairs { 0, 5, 12, 16 } do says(events("127.0.0.1:" .. grpc.start(status).port), "ok") end
  end)
end)

describe("the line that a server starts with", function()
  it("names the profile", function()
    local h = home.new()
    h:write(CONFIG, "return { profiles = { shop = {} } }")
    local function start(...)
      local result = h:feed("", "serve", "hatchet", "--replay", SHOP, ...)
      return cjson.decode(result.stderr:match "[^\n]+")
    end
    assert.equal("shop", start("--profile", "shop").profile)
    assert.is_nil(start().profile)
  end)
end)
