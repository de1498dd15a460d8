-- Web servers in front of `hatchway serve --http`, configured as docs/guides/network.md says.
--
--     local text = proxy.block "nginx"                                -- the first block of that kind in the guide
--     local p = proxy.nginx(text, { [8765] = server.port })           -- where the guide's servers are in truth
--     p.port          -- http.at(p.port, "mcp.example.com") talks to it in plain HTTP, through the same server block
--     p.tls_port, p.ca_file
--
-- Only where things are is changed in a block: ports, certificates.
local uv = require "luv"
local guides = require "tests.support.guides"
local loop = require "tests.support.loop"

local proxy = {}

local GUIDE, NAME = "docs/guides/network.md", "mcp.example.com"

-- The nth block of that language in the guide.
function proxy.block(language, n)
  local file <close> = assert(io.open(GUIDE))
  for _, step in ipairs(guides.steps(file:read "a", "network")) do
    if step.language == language then
      n = (n or 1) - 1
      if n == 0 then return step.text end
    end
  end
  error(GUIDE .. " has no such block: " .. language)
end

-- A port that was free a moment ago.
function proxy.free_port()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  return port
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local function place()
  local folder = assert(uv.fs_mkdtemp "/tmp/hatchway-proxy-XXXXXX")
  loop.finally(function() os.execute("rm -rf " .. folder) end)
  assert(uv.fs_chmod(folder, 457)) -- 0711: workers of nginx are another user, if this one is root
  assert(os.execute(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=%s "
    .. "-addext subjectAltName=DNS:%s -keyout %s/key -out %s/cert 2>/dev/null"):format(NAME, NAME, folder, folder)))
  return { folder = folder, ca_file = folder .. "/cert", port = proxy.free_port(), tls_port = proxy.free_port() }
end

-- The text with all of it replaced; each piece must be there.
local function replaced(text, pieces)
  for from, to in pairs(pieces) do
    local count
    text, count = text:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))
    assert(count > 0, ("the block has no %q"):format(from))
  end
  return text
end

local function backends(text, ports)
  for from, to in pairs(ports) do text = replaced(text, { ["127.0.0.1:" .. from] = "127.0.0.1:" .. to }) end
  return text
end

local function listens(port)
  local socket, open = uv.new_tcp(), nil
  socket:connect("127.0.0.1", port, function(failure) open = not failure end)
  loop.wait(5, function() return open ~= nil end)
  loop.close(socket)
  return open
end

local function start(p, program, args, env)
  local said, err = "", uv.new_pipe()
  local process, why = uv.spawn(program, { args = args, cwd = p.folder, env = env, stdio = { nil, nil, err } }, function() end)
  assert(process, ("cannot start %s: %s"):format(program, why))
  err:read_start(function(_, piece) said = said .. (piece or "") end)
  loop.finally(function()
    process:kill "sigterm"
    loop.close(process)
    loop.close(err)
  end)
  for _ = 1, 200 do
    if listens(p.port) and listens(p.tls_port) then return p end
    loop.sleep(0.05)
  end
  error(("%s does not listen:\n%s"):format(program, said))
end

local NGINX = [[
pid FOLDER/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  include FOLDER/hatchway.conf;
}
]]

-- A block for the http context of nginx. changes: pieces of text that are replaced, too.
function proxy.nginx(text, ports, changes)
  local p = place()
  write(p.folder .. "/hatchway.conf", replaced(replaced(backends(text, ports), {
    ["listen 443 ssl http2;"] = ("listen 127.0.0.1:%d ssl http2; listen 127.0.0.1:%d;"):format(p.tls_port, p.port),
    ["/etc/ssl/mcp.example.com.pem"] = p.folder .. "/cert",
    ["/etc/ssl/private/mcp.example.com.key"] = p.folder .. "/key",
  }), changes or {}))
  write(p.folder .. "/nginx.conf", (NGINX:gsub("FOLDER", p.folder)))
  return start(p, "/usr/sbin/nginx", { "-p", p.folder, "-e", "stderr", "-c", p.folder .. "/nginx.conf", "-g", "daemon off;" })
end

-- A site of Caddy, whose certificate would come from a certificate authority.
function proxy.caddy(text, ports)
  local p = place()
  local block = backends(text, ports)
  local function site(head) return replaced(block, { [NAME .. " {"] = head }) end
  write(p.folder .. "/Caddyfile", "{\n\tadmin off\n\tauto_https off\n}\n"
    .. site(("https://%s:%d {\n\ttls %s/cert %s/key"):format(NAME, p.tls_port, p.folder, p.folder))
    .. site(("http://%s:%d {"):format(NAME, p.port)))
  return start(p, "caddy", { "run", "--adapter", "caddyfile", "--config", p.folder .. "/Caddyfile" },
    { "HOME=" .. p.folder, "PATH=" .. os.getenv "PATH" })
end

return proxy
