-- What Hatchway is measured beside: built or installed into build/bench, once. Each gives its command, or nil and why it is not
-- there.
local shell = require "tests.bench.shell"
local tokens = require "tests.support.token"

local references = { folder = "build/bench", may_install = true }

local HATCHWAY = os.getenv "HATCHWAY" or "build/hatchway"
local COMPILE = "${CC:-cc} -D_GNU_SOURCE -O2 -Wall -Wextra tests/bench/%s.c -o %s %s"
local LIBRARIES = {
  fetch = "-lcurl",
  codec = "-Isrc build/libhost.a -luv -lm",
}

local function ours(name)
  return references.folder .. "/" .. name
end

-- A C program of this folder.
function references.program(name)
  local path, source = ours(name), ("tests/bench/%s.c"):format(name)
  os.execute("mkdir -p " .. references.folder)
  if os.execute(("test %s -nt %s"):format(path, source)) then return path end
  local done, why = shell.output(COMPILE:format(name, path, LIBRARIES[name] or ""))
  if not done then error(why, 0) end
  return path
end

function references.hatchway(arguments, pack)
  local words = { HATCHWAY, "serve", pack or "hatchet", "--log-level", "error" }
  return table.move(arguments or {}, 1, #(arguments or {}), #words + 1, words)
end

-- The result of one request to the built server, as it stands in the answer.
local function result_of(request)
  local input = os.tmpname()
  shell.write(input, '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    .. '"clientInfo":{"name":"bench","version":"1"}}}\n' .. request .. "\n")
  local text = assert(shell.output(("HATCHET_CLIENT_TOKEN=%s %s < %s"):format(tokens.token(),
    shell.line(references.hatchway()), input)))
  os.remove(input)
  return assert(text:match '"id":2,"result":(.*)}\n$', text)
end

-- The floor, with the bytes that Hatchway answers.
function references.floor()
  local list, call = ours "list.json", ours "call.json"
  local program = references.program "floor"
  shell.write(list, result_of '{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
  shell.write(call, result_of
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_server_info","arguments":{}}}')
  return { program, list, call }
end

-- Installs with a command unless `path` is there.
local function installed(path, command, what)
  if shell.exists(path) then return true end
  if not references.may_install then return nil, what .. " is not installed" end
  io.stderr:write("installing ", what, " …\n")
  os.execute("mkdir -p " .. references.folder)
  local done, why = shell.output(command)
  if done and shell.exists(path) then return true end
  return nil, ("%s cannot be installed: %s"):format(what, ((why or ""):match "([^\n]+)\n*$" or "nothing said why"))
end

function references.python()
  local path = ours "python/bin/hatchet-mcp"
  local is_there, why = installed(path,
    ("python3 -m venv %s && %s/bin/pip install -q 'hatchet-mcp==0.3.0' 'mcp<2'"):format(ours "python", ours "python"),
    "hatchet-mcp 0.3.0")
  return is_there and { path }, why
end

function references.typescript()
  local folder = ours "typescript"
  local is_there, why = installed(folder .. "/node_modules/@modelcontextprotocol/sdk/package.json", table.concat({
    "mkdir -p " .. folder, ("cp tests/bench/server.mjs %s/"):format(folder), "cd " .. folder,
    "npm install --no-audit --no-fund --silent --no-save @modelcontextprotocol/sdk@1.32.2 zod@3" }, " && "),
    "the TypeScript SDK")
  if not is_there then return nil, why end
  assert(shell.output(("cp tests/bench/server.mjs %s/"):format(folder)))
  local node = shell.output "command -v node"
  if not node then return nil, "there is no node" end
  return { (node:gsub("\n", "")), folder .. "/server.mjs" }
end

-- Debian packages, unpacked into a folder of build/bench; nothing of the system changes.
local function unpacked(folder, packages, file, what)
  local path = ("%s/%s"):format(ours(folder), file)
  local unpack = "mkdir -p %s && cd %s && apt-get download -q %s && for p in *.deb; do dpkg -x $p .; done"
  local is_there, why = installed(path, unpack:format(ours(folder), ours(folder), packages), what)
  return is_there and path, why
end

function references.nginx()
  return unpacked("nginx", "nginx", "usr/sbin/nginx", "nginx")
end

-- nginx with LuaJIT and cjson: the folder that all of it lies in.
function references.nginx_lua()
  local folder = "nginx-lua"
  local is_there, why = unpacked(folder, "nginx libnginx-mod-http-lua libnginx-mod-http-ndk libluajit2-5.1-2 lua-cjson "
    .. "lua-resty-core lua-resty-lrucache", "usr/sbin/nginx", "nginx with Lua")
  return is_there and ours(folder), why
end

return references
