-- An HTTPS server for tests, made of `openssl s_server`: it answers each path with the file of that name.
--
--     local server = tls.start { host = "localhost", files = { ["api/v1/x"] = "{}" } }
--     server.url, server.ca_file
local uv = require "luv"
local loop = require "tests.support.loop"

local tls = {}

local function run(line)
  assert(os.execute(line .. " >/dev/null 2>&1"), line)
end

-- A port that was free a moment ago.
local function free_port()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  return port
end

local function write_answers(folder, files)
  for name, body in pairs(files) do
    run(("mkdir -p '%s/%s'"):format(folder, name:match "^(.*)/" or "."))
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body))
  end
end

local function answers_on(port)
  local socket, open = uv.new_tcp(), nil
  socket:connect("127.0.0.1", port, function(failure) open = not failure end)
  loop.wait(1, function() return open ~= nil end)
  loop.close(socket)
  return open
end

-- Starts a server whose certificate is for this host name, signed by itself.
function tls.start(options)
  local folder = assert(uv.fs_mkdtemp "/tmp/hatchway-tls-XXXXXX")
  loop.finally(function() os.execute("rm -r " .. folder) end)
  run(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=%s -addext "
    .. "subjectAltName=DNS:%s -keyout %s/key -out %s/cert")
    :format(options.host, options.host, folder, folder))
  write_answers(folder, options.files)
  local port = free_port()
  local process = assert(uv.spawn("openssl", {
    args = { "s_server", "-accept", ("127.0.0.1:%d"):format(port), "-key", "key", "-cert", "cert", "-HTTP", "-quiet" },
    cwd = folder,
  }, function() end))
  loop.finally(function()
    process:kill "sigkill"
    loop.close(process)
  end)
  for _ = 1, 100 do
    if answers_on(port) then
      return { url = ("https://localhost:%d"):format(port), ca_file = folder .. "/cert" }
    end
    loop.sleep(0.05)
  end
  error "openssl s_server does not listen"
end

return tls
