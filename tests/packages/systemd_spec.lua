-- The units: systemd takes them, they give away little, and a session on the socket works as they say.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packages = require "tests.support.packages"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"
local answers = require "tests.support.answers"
local uv = require "luv"

local sh = packages.sh
local UNITS = "packaging/systemd/"

-- The command of the service as systemd runs it, with the binary under test.
local function command()
  local line = packages.read(UNITS .. "hatchway@.service"):match "\nExecStart=/bin/sh %-c '([^'\n]+)'\n"
  return (line:gsub("%$%$", "$"):gsub("/usr/bin/hatchway", sh("realpath %s", host.binary):match "%C+"))
end

-- Sessions on a socket as systemd makes them of the two units: a process for each connection.
local function listen(engine, environment)
  local folder = packages.folder()
  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
  end
  write("token", tokens.token { server_url = engine.url } .. "\n")
  write("session", command())
  local socket = folder .. "/socket"
  local args = { "--accept", "--inetd", "--listen=" .. socket, "--setenv=CREDENTIALS_DIRECTORY=" .. folder }
  for name, value in pairs(environment) do args[#args + 1] = ("--setenv=%s=%s"):format(name, value) end
  table.move({ "/bin/sh", folder .. "/session" }, 1, 2, #args + 1, args)
  local process = assert(uv.spawn("systemd-socket-activate", { args = args, stdio = { nil, nil, nil } }, function() end))
  loop.finally(function()
    process:kill "sigterm"
    loop.close(process)
  end)
  assert(loop.wait(20, function() return uv.fs_stat(socket) end), "systemd-socket-activate does not listen")
  return packages.script("exec socat STDIO UNIX-CONNECT:" .. socket)
end

local function session(client)
  local s = packages.with(client, function() return host.start { pack = "hatchet" } end)
  s:initialize()
  return s
end

local function names(s)
  local found = {}
  for _, tool in ipairs(s:request("tools/list", {}).result.tools) do found[tool.name] = true end
  return found
end

describe("the units", function()
  it("are understood by systemd", function()
    assert.equal("", sh("systemd-analyze verify --man=no %shatchway.socket %shatchway@.service", UNITS, UNITS))
  end)

  it("expose little: at most 1.5 of 10, as systemd counts", function()
    sh("systemd-analyze security --offline=yes --threshold=15 %shatchway@.service", UNITS)
  end)

  it("give each connection a session of its own, with the token of the credential and the access of the options", function()
    local engine = upstream.start(answers.recorded())
    local client = listen(engine, { HATCHWAY_OPTIONS = "--access write" })
    local first, second = session(client), session(client)
    for _, s in ipairs { first, second } do
      assert.truthy(names(s).trigger_workflow)
      assert.falsy(names(s).cancel_run)
      assert.truthy(#s:call("list_workflows", {}).structuredContent.rows > 0)
    end
    assert.truthy(#engine.requests >= 2)
  end)

  it("only read when nothing is said, and take an overlay from the place of the configuration", function()
    local configuration = packages.folder()
    sh("mkdir -p %s/hatchway/hatchet/tools", configuration)
    local file <close> = assert(io.open(configuration .. "/hatchway/hatchet/tools/own.lua", "w"))
    file:write 'tool "own" { title = "Own", about = "Of the overlay.", access = "read", run = function() return {} end }'
    file:close()
    local tools = names(session(listen(upstream.start(answers.recorded()), { XDG_CONFIG_HOME = configuration })))
    assert.truthy(tools.own and tools.list_runs)
    assert.falsy(tools.trigger_workflow)
  end)
end)
