-- Drives `hatchway serve --http` over real sockets, byte by byte where a spec wants that.
--
--     local server = http.serve { pack = "tests/fixture" }
--     local answer = server:post(message, { ["Mcp-Session-Id"] = id })   -- { status, headers, body, json }
--     local c = server:connect(); c:send("GET /mcp HTTP/1.1\r\n…"); local answer = c:answer()
--     local stream = server:open("GET", headers); local event = stream:event()   -- { id, data, retry, json }
--
-- Names of header fields in answers are lower case.
local uv = require "luv"
local cjson = require "cjson"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local http = {}

local server, connection = {}, {}
server.__index = server
connection.__index = connection

-- Starts a server on a free port and waits until it listens.
function http.serve(options)
  local args = { "--http", options.address or "127.0.0.1:0" }
  table.move(options.args or {}, 1, #(options.args or {}), #args + 1, args)
  local process = host.start { pack = options.pack or "tests/fixture", args = args, env = options.env,
    upstream = options.upstream }
  local s = setmetatable({ process = process }, server)
  process:await(nil, "listening line", function()
    for _, line in ipairs(process:decoded_log()) do
      if line.event == "listening" then s.url = line.url end
    end
    return s.url
  end)
  s.port = tonumber(s.url:match ":(%d+)/mcp$")
  s.host = "localhost:" .. s.port
  return s
end

-- One that listens there already, perhaps a proxy, under that name.
function http.at(port, name) return setmetatable({ port = port, host = name }, server) end

function server:connect()
  local c = setmetatable({ socket = uv.new_tcp(), received = "", server = self }, connection)
  local connected
  c.socket:connect("127.0.0.1", self.port, function(failure) connected = failure or true end)
  assert(loop.wait(host.patience, function() return connected end) == true, "cannot connect")
  c.socket:read_start(function(failure, piece)
    c.received = c.received .. (piece or "")
    c.closed = c.closed or failure or not piece
  end)
  loop.finally(function() loop.close(c.socket) end)
  return c
end

function connection:send(bytes)
  self.socket:write(bytes)
  return self
end

function connection:close() loop.close(self.socket) end
function connection:half_close() self.socket:shutdown() end

-- Waits until the bytes that have come match, and takes them.
function connection:take(pattern, what)
  local found = loop.wait(host.patience, function() return self.received:find(pattern) or self.closed and "closed" end)
  local _, stop = self.received:find(pattern)
  if not stop then
    error(("no %s: %s; received: %q"):format(what or pattern, found or "too late", self.received), 2)
  end
  local taken = self.received:sub(1, stop)
  self.received = self.received:sub(stop + 1)
  return taken
end

function connection:bytes(n)
  if not loop.wait(host.patience, function() return #self.received >= n or self.closed end) or #self.received < n then
    error(("%d bytes were to come, and there are %d"):format(n, #self.received), 2)
  end
  local taken = self.received:sub(1, n)
  self.received = self.received:sub(n + 1)
  return taken
end

-- Waits for the other side to close.
function connection:ended()
  assert(loop.wait(host.patience, function() return self.closed end), "the connection is still open")
  return self.received
end

function connection:head()
  local text = self:take("\r\n\r\n", "head of an answer")
  local answer = { status = tonumber(text:match "^HTTP/1%.1 (%d+)"), headers = {} }
  for name, value in text:gmatch "\r\n([^:\r\n]+): *([^\r\n]*)" do answer.headers[name:lower()] = value end
  return answer
end

local function chunk(c)
  local n = tonumber(c:take("^%x+[^\r\n]*\r\n", "chunk"):match "^%x+", 16)
  return c:bytes(n), c:bytes(2)
end

-- A whole answer.
function connection:answer()
  local answer = self:head()
  if answer.headers["transfer-encoding"] then
    local pieces = {}
    repeat pieces[#pieces + 1] = chunk(self) until pieces[#pieces] == ""
    answer.body = table.concat(pieces)
  else
    answer.body = self:bytes(tonumber(answer.headers["content-length"] or 0))
  end
  if (answer.headers["content-type"] or ""):find "json" then answer.json = cjson.decode(answer.body) end
  return answer
end

-- The next event of a stream (comments are left out), or nil at its end.
function connection:event()
  self.text = self.text or ""
  while true do
    local block, rest = self.text:match "^(.-)\n\n(.*)$"
    if not block then
      local piece = chunk(self)
      if piece == "" then return nil end
      self.text = self.text .. piece
    else
      self.text = rest
      local event = {}
      for name, value in block:gmatch "(%a+): ([^\n]*)" do event[name] = value end
      if event.data and event.data ~= "" then event.json = cjson.decode(event.data) end
      if next(event) then return event end
    end
  end
end

-- The bytes of a request. A header that is false is left out.
function server:request(method, headers, body, path)
  local all = { Host = self.host, Accept = "application/json, text/event-stream" }
  if method == "POST" then all["Content-Type"] = "application/json" end
  if body then all["Content-Length"] = #body end
  for name, value in pairs(headers or {}) do all[name] = value end
  local lines = { ("%s %s HTTP/1.1"):format(method, path or "/mcp") }
  for name, value in pairs(all) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      if one then lines[#lines + 1] = name .. ": " .. one end
    end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

-- Sends a request on a connection of its own and reads the answer.
function server:ask(method, headers, body, path)
  local c = self:connect():send(self:request(method, headers, body, path))
  local answer = c:answer()
  c:close()
  return answer
end

-- Sends a request and reads the head alone: the connection, and the head as `.begun`.
function server:open(method, headers, message)
  local c = self:connect():send(self:request(method, headers, message and cjson.encode(message)))
  c.begun = c:head()
  return c
end

function server:post(message, headers) return self:ask("POST", headers, cjson.encode(message)) end

-- A message of the modern revision, and the headers that it needs.
function http.modern(method, params, id)
  local headers = { ["MCP-Protocol-Version"] = host.modern_revision, ["Mcp-Method"] = method,
    ["Mcp-Name"] = params and (params.name or params.uri) }
  return { jsonrpc = "2.0", id = id or 1, method = method, params = host.modern(params) }, headers
end

-- Its answer.
function server:modern(method, params, headers)
  local message, own = http.modern(method, params)
  for name, value in pairs(headers or {}) do own[name] = value end
  return self:post(message, own)
end

function http.initialize(version)
  return { jsonrpc = "2.0", id = "init", method = "initialize",
    params = { protocolVersion = version or "2025-11-25", capabilities = {}, clientInfo = { name = "specs", version = "1.0" } } }
end

-- A session of an older revision: the headers that its requests carry.
function server:session(version)
  local answer = self:post(http.initialize(version))
  return { ["Mcp-Session-Id"] = assert(answer.headers["mcp-session-id"], answer.body) }
end

-- A pack with one tool, away, that lets the client go and answers after so many seconds.
function http.pack()
  return packs.write { ["tools/away.lua"] = [[
    local t = require "hatchway.types"
    tool "away" {
      title = "Away", about = "Lets the client go, and answers when it is back.", access = "read",
      input = { seconds = t.number { "How long it works after that.", min = 0, max = 10 } },
      run = function(args)
        hatchway.progress(1)
        hatchway.close_stream()
        hatchway.sleep(args.seconds)
        return "done"
      end,
    }]] }
end

function http.call(id, name, arguments, meta)
  return { jsonrpc = "2.0", id = id, method = "tools/call", params = { name = name, arguments = arguments, _meta = meta } }
end

return http
