-- The units: systemd takes them, they give away little, and a session on the socket works as they say.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packages = require "tests.support.packages"
local proxy = require "tests.support.proxy"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"
local answers = require "tests.support.answers"
local uv = require "luv"

local sh = packages.sh
local UNITS = "packaging/systemd/"

-- The command of a service as systemd runs it, with the binary under test.
local function command(unit)
  local line = packages.read(UNITS .. unit):match "\nExecStart=/bin/sh %-c '([^'\n]+)'\n"
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
  write("session", command "hatchway@.service")
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
    assert.equal("", sh("systemd-analyze verify --man=no %shatchway.socket %shatchway@.service %shatchway-http.service",
      UNITS, UNITS, UNITS))
  end)

  it("expose little: at most 1.5 of 10, as systemd counts", function()
    for _, unit in ipairs { "hatchway@", "hatchway-http" } do
      sh("systemd-analyze security --offline=yes --threshold=15 %s%s.service", UNITS, unit)
    end
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

describe("hatchway-http.service", function()
  it("serves whoever has a key of its state folder, with the options", function()
    local folder, port = packages.folder(), proxy.free_port()
    local key = sh("%s key create one --state %s/state 2>/dev/null", host.binary, folder):match "hw_%w+"
    sh("printf %%s '%s' > %s/token", tokens.token { server_url = "http://127.0.0.1:1" }, folder)
    local process = assert(uv.spawn("/bin/sh", { args = { "-c", command "hatchway-http.service" }, env = {
      "PATH=" .. os.getenv "PATH", "CREDENTIALS_DIRECTORY=" .. folder, "STATE_DIRECTORY=" .. folder .. "/state",
      ("HATCHWAY_OPTIONS=--http 127.0.0.1:%d --allow-host mcp.example.com"):format(port) } }, function() end))
    loop.finally(function()
      process:kill "sigterm"
      loop.close(process)
    end)
    assert.equal("ok\n", sh("curl -sS --retry 5 --retry-connrefused http://127.0.0.1:%d/healthz", port))
    local function status(more)
      return sh("curl -sS -o /dev/null -w '%%{http_code}' %s http://127.0.0.1:%d/mcp -H 'Content-Type: application/json' -d '%s'",
        more, port,
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
        .. '"clientInfo":{"name":"spec","version":"1"}}}')
    end
    assert.equal("401", status "")
    assert.equal("200", status("-H 'Authorization: Bearer " .. key .. "' -H 'Host: mcp.example.com'"))
  end)
end)

-- The .deb in a Debian 12 that boots: what the confinement takes away is not missed.
describe("hatchway.socket, in a system that boots", function()
  local root, answered, logged
  local engine_of_nobody = "http://127.0.0.1:1"

  local function write(path, text, mode)
    local file <close> = assert(io.open(root .. path, "w"))
    file:write(text)
    file:close()
    sh("chmod %s %s%s", mode, root, path)
  end

  setup(function()
    root = packages.system("bookworm", "amd64", "systemd", "dbus", "libcurl4", "socat")
    sh("cp dist/hatchway_%s_amd64.deb %s/hatchway.deb && chroot %s dpkg -i /hatchway.deb && mkdir %s/etc/hatchway",
      packages.version, root, root, root)
    write("/etc/hatchway/token", tokens.token { server_url = engine_of_nobody } .. "\n", "600")
    write("/etc/default/hatchway", "HATCHWAY_OPTIONS=--access write\n", "644")
    local initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
      .. '"clientInfo":{"name":"spec","version":"1"}}}'
    write("/usr/local/bin/client", ([[#!/bin/sh
(echo '%s'
 echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'
 echo '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_workflows","arguments":{}}}'
 sleep 20) | timeout 60 socat STDIO UNIX-CONNECT:/run/hatchway.socket >/answered 2>&1
journalctl --boot --no-pager --output cat --unit 'hatchway*' >/logged
systemctl poweroff
]]):format(initialize), "755")
    write("/etc/systemd/system/client.service", "[Unit]\nAfter=hatchway.socket\n[Service]\nExecStart=/usr/local/bin/client\n"
      .. "[Install]\nWantedBy=multi-user.target\n", "644")
    sh("chroot %s systemctl enable client.service hatchway.socket", root)
    packages.try("timeout 180 systemd-nspawn --register=no --keep-unit --quiet --directory=%s --boot", root)
    answered, logged = packages.read(root .. "/answered"), packages.read(root .. "/logged")
  end)

  it("starts a session with the token and the options, and logs to the journal", function()
    assert.truthy(answered:find('"serverInfo":{"name":"hatchet"', 1, true), answered)
    assert.truthy(logged:find('"event":"start"', 1, true) and logged:find('"access":"write"', 1, true), logged)
    assert.truthy(logged:find('"event":"end"', 1, true), logged)
  end)

  it("loads libcurl and asks the server of the token", function()
    local expected = "Hatchet cannot be reached at " .. engine_of_nobody .. ": the connection was refused"
    assert.truthy(answered:find(expected, 1, true), answered)
  end)
end)
