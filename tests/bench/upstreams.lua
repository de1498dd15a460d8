-- The upstreams that servers ask: recorded bodies behind upstream.c, and nginx in front of it.
local cjson = require "cjson"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local tokens = require "tests.support.token"

local upstreams = {}

local TENANT = "/api/v1/tenants/" .. tokens.tenant
local STABLE = "/api/v1/stable/tenants/" .. tokens.tenant
upstreams.workflows_path = TENANT .. "/workflows?limit=50&offset=0"

-- The recorded answers whose address has this in it.
local function recorded(file, part)
  local found = {}
  for _, entry in ipairs(cjson.decode(shell.read(("tests/cassettes/%s.har"):format(file))).log.entries) do
    local is_it = entry.request.method == "GET" and entry.response.status == 200 and entry.request.url:find(part, 1, true)
    if is_it then found[#found + 1] = entry.response.content.text end
  end
  return found
end

local function longest(list)
  table.sort(list, function(a, b) return #a > #b end)
  return list[1]
end

-- The recorded list of workflows (2.8 KB).
function upstreams.workflows()
  local path = references.folder .. "/workflows.json"
  shell.write(path, longest(recorded("overview", TENANT .. "/workflows")))
  return path
end

-- The elements of the array `rows` of an answer, as they stand there.
local function rows_of(text)
  local rows = {}
  for row in text:match('"rows":%s*(%b[])'):sub(2, -2):gmatch "%b{}" do rows[#rows + 1] = row end
  return rows
end

-- A list of 100 recorded runs, 50 of them with their payloads: about 1 MB.
function upstreams.runs()
  local path = references.folder .. "/runs.json"
  local rows = rows_of(longest(recorded("large", STABLE .. "/workflow-runs?")))
  for _, row in ipairs(rows_of(longest(recorded("runs", STABLE .. "/workflow-runs?")))) do
    if #rows < 100 then rows[#rows + 1] = row end
  end
  local text = ('{"pagination":{"current_page":1,"num_pages":1},"rows":[%s]}'):format(table.concat(rows, ","))
  assert(#cjson.decode(text).rows == 100)
  shell.write(path, text)
  return path
end

-- A file of this many bytes that is JSON: the list of workflows again and again.
function upstreams.huge(size)
  local path, row = references.folder .. "/huge.json", shell.read(upstreams.workflows())
  local file <close> = assert(io.open(path, "wb"))
  file:write '{"rows":['
  local block = (row .. ","):rep(1000)
  for _ = 1, size // #block do file:write(block) end
  file:write("{}]}")
  return path
end

-- upstream.c on the second processor: { port, stop }.
function upstreams.start(options)
  local words = { "/usr/bin/taskset", "-c", "1", references.program "upstream", tostring(options.delay or 0) }
  for prefix, path in pairs(options.routes) do
    words[#words + 1], words[#words + 2] = prefix, path
  end
  local child = shell.start(words)
  return { port = assert(math.tointeger(tonumber(child.line()))), stop = child.stop }
end

function upstreams.list_workflows(options)
  return upstreams.start { delay = options and options.delay, routes = { [TENANT .. "/workflows"] = upstreams.workflows() } }
end

function upstreams.list_runs()
  return upstreams.start { routes = { [STABLE .. "/workflow-runs"] = upstreams.runs() } }
end

function upstreams.list_huge(size)
  return upstreams.start { routes = { [TENANT .. "/workflows"] = upstreams.huge(size) } }
end

local CONFIGURATION = [[
daemon off; master_process off; worker_processes 1; pid %s/nginx.pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;
  uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;
  upstream engine { server 127.0.0.1:%d; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:%d; %s
    location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
]]

-- nginx with proxy_pass to a port, on the first processor: { port, stop }, or nil and why not. `tls`: it speaks TLS, with a
-- certificate whose file is in the answer.
function upstreams.nginx(port, tls)
  local nginx, why = references.nginx()
  if not nginx then return nil, why end
  local folder = assert(shell.output "pwd"):gsub("\n", "") .. "/" .. references.folder
  local certificate, key, lines = folder .. "/certificate.pem", folder .. "/key.pem", ""
  local mine = shell.free_port()
  if tls then
    assert(shell.output(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost "
      .. "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout %s -out %s"):format(key, certificate)))
    lines = ("ssl_certificate %s; ssl_certificate_key %s;"):format(certificate, key)
  end
  local path = folder .. "/nginx.conf"
  local text = CONFIGURATION:format(folder, folder, folder, folder, folder, folder, port, mine, lines)
  shell.write(path, tls and (text:gsub("listen ([%d.:]+);", "listen %1 ssl;")) or text)
  local child = shell.start { "/usr/bin/taskset", "-c", "0", nginx, "-p", folder, "-c", path }
  os.execute "sleep 0.3"
  return { port = mine, stop = child.stop, certificate = certificate }
end

-- The environment of a server that asks this port (or none), as words before a command.
function upstreams.environment(port, scheme)
  return { "env", "HATCHET_CLIENT_TOKEN=" .. tokens.token(), "HATCHET_CLIENT_TLS_STRATEGY=none",
    ("HATCHET_CLIENT_SERVER_URL=%s://127.0.0.1:%d"):format(scheme or "http", port or 9) }
end

return upstreams
