-- Servers over HTTP, each on the first processor, and the requests that they are sent.
--
--   endpoints.hatchway(arguments)    the pack of tests/fixture: { port, pid, stop }
--   endpoints.nginx(answer)          nginx that returns this body, or nil and why not
--   endpoints.nginx_lua()            nginx that decodes a call of echo with cjson, and builds and encodes its answer; or nil …
--   endpoints.request(name)          a file with one request as it is sent, of those below
--   endpoints.answer(server, name)   the body of the answer to it
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"

local endpoints = {}

local META = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
local MODERN = "MCP-Protocol-Version: 2026-07-28\r\n"
local LEGACY = "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: SESSION\r\n"

local function message(method, params)
  return ('{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s}}'):format(method, params)
end

local CALL = '"name":"echo","arguments":{"text":"hello"}'

local REQUESTS = {
  modern = { MODERN .. "Mcp-Method: tools/call\r\nMcp-Name: echo\r\n", message("tools/call", CALL .. "," .. META) },
  legacy = { LEGACY, message("tools/call", CALL) },
  initialize = { "", message("initialize",
    '"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}') },
  list = { MODERN .. "Mcp-Method: tools/list\r\n", message("tools/list", META) },
  listen = { MODERN .. "Mcp-Method: subscriptions/listen\r\n",
    message("subscriptions/listen", '"notifications":{"toolsListChanged":true},' .. META) },
  get = { LEGACY },
}

function endpoints.request(name)
  local path, head, body = ("%s/%s.http"):format(references.folder, name), table.unpack(REQUESTS[name])
  local first = ("%s /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\n"):format(
    body and "POST" or "GET")
  local last = body and ("Content-Type: application/json\r\nContent-Length: %d\r\n"):format(#body) or ""
  os.execute("mkdir -p " .. references.folder)
  shell.write(path, first .. head .. last .. "\r\n" .. (body or ""))
  return path
end

local function started(words, port)
  local child = shell.start { "/usr/bin/taskset", "-c", "0", table.unpack(words) }
  local ask = "for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:%d/healthz && exit 0; sleep 0.05; done; exit 1"
  assert(os.execute(ask:format(port)), words[1] .. " does not listen")
  return { port = port, pid = child.process:get_pid(), stop = child.stop }
end

function endpoints.hatchway(arguments)
  local port = shell.free_port()
  local words = references.hatchway({ "--http", "127.0.0.1:" .. port, table.unpack(arguments or {}) }, "tests/fixture")
  return started({ "/usr/bin/env", "XDG_STATE_HOME=" .. references.folder, table.unpack(words) }, port)
end

function endpoints.answer(server, name)
  local _, body = table.unpack(REQUESTS[name])
  local fields = {}
  for field in REQUESTS[name][1]:gmatch "[^\r\n]+" do fields[#fields + 1] = "-H " .. shell.quote(field) end
  local ask = "curl -s -H 'Content-Type: application/json' %s --data-binary %s http://127.0.0.1:%d/mcp"
  return (assert(shell.output(ask:format(table.concat(fields, " "), shell.quote(body), server.port))))
end

-- --- nginx -------------------------------------------------------------------------------------------------------------------

local CONFIGURATION = [[
daemon off; master_process off; worker_processes 1; pid FOLDER/NAME.pid; error_log stderr error;
MODULES
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; default_type application/json; client_body_temp_path FOLDER/t1;
  proxy_temp_path FOLDER/t2; fastcgi_temp_path FOLDER/t3; uwsgi_temp_path FOLDER/t4; scgi_temp_path FOLDER/t5;
  SETTINGS
  server { listen 127.0.0.1:PORT; location = /healthz { return 200; } location / { ANSWER } }
}
]]

local function nginx(words, fill)
  local folder, port = assert(shell.output "pwd"):gsub("\n", "") .. "/" .. references.folder, shell.free_port()
  local all = { NAME = fill.name, FOLDER = folder, PORT = port, MODULES = fill.modules or "", SETTINGS = fill.settings or "",
    ANSWER = fill.answer }
  local path = ("%s/%s.conf"):format(folder, fill.name)
  shell.write(path, (CONFIGURATION:gsub("%u%u%u+", all)))
  return started(table.move({ "-p", folder, "-c", path }, 1, 4, #words + 1, words), port)
end

local function quoted(text)
  return "'" .. text:gsub("[\\']", "\\%0") .. "'"
end

function endpoints.nginx(answer)
  local program, why = references.nginx()
  if not program then return nil, why end
  return nginx({ program }, { name = "static", answer = ("return 200 %s;"):format(quoted(answer)) })
end

local LUA = [[content_by_lua_block {
  local cjson = require "cjson"
  ngx.req.read_body()
  local m = cjson.decode(ngx.req.get_body_data())
  local text = cjson.encode({ jsonrpc = "2.0", id = m.id, result = { resultType = "complete",
    content = { { type = "text", text = cjson.encode(m.params.arguments) } }, structuredContent = m.params.arguments,
    _meta = { ["io.modelcontextprotocol/serverInfo"] = { name = "fixture", title = "Fixture", version = "0.1.0",
      description = "One declaration for each shape that a client may meet." } } } })
  ngx.header.content_length = #text
  ngx.print(text)
}]]

function endpoints.nginx_lua()
  local unpacked, why = references.nginx_lua()
  if not unpacked then return nil, why end
  local root = assert(shell.output "pwd"):gsub("\n", "") .. "/" .. unpacked
  local libraries = assert(shell.output(("dirname $(find %s -name 'libluajit*.so.2' | head -1)"):format(root))):gsub("\n", "")
  local modules = root .. "/usr/lib/nginx/modules"
  return nginx({ "/usr/bin/env", "LD_LIBRARY_PATH=" .. libraries, root .. "/usr/sbin/nginx" }, {
    name = "lua", answer = LUA,
    modules = ("load_module %s/ndk_http_module.so; load_module %s/ngx_http_lua_module.so;"):format(modules, modules),
    settings = ('lua_package_path "%s/usr/share/lua/5.1/?.lua;;"; lua_package_cpath "%s/lua/5.1/?.so;;";'):format(
      root, libraries) })
end

return endpoints
