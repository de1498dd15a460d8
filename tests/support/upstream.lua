-- A test HTTP server for what recordings cannot show: it misbehaves as told, and remembers what it saw.
--
--     local engine = upstream.start(answers.sequence(answers.status(503), answers.recorded()))
--     local s = host.start { pack = "hatchet", upstream = engine }
--
-- An answer (tests/support/answers.lua) is a function of the exchange: what was asked, and send, finish and hang_up.
-- engine.requests    what came, in order: { method, path, query, headers (names in lower case), body, connection }
-- engine.connections the connections, in order: { requests = number, closed = by the other side }
-- engine:writes()    the requests that are no reads (not GET), in order
-- engine:methods()   the methods of all requests, in order: "GET POST GET"
--
-- The server lives in the loop of the harness: it works while the spec waits.
local uv = require "luv"
local loop = require "tests.support.loop"

local upstream = {}

local server = {}
server.__index = server

local exchange = {}
exchange.__index = exchange

-- Sends bytes; after(failure) is called when they have left.
function exchange:send(bytes, after)
  if self.connection.socket:is_closing() then
    return after and after("closed")
  end
  self.connection.socket:write(bytes, after)
end

-- The answer is complete: the connection may bring its next request.
function exchange:finish()
  self.connection.busy = false
  self.connection:next()
end

-- Closes the connection once everything has been sent.
function exchange:hang_up()
  local socket = self.connection.socket
  if not socket:is_closing() then
    socket:shutdown(function() loop.close(socket) end)
  end
end

-- Closes the connection with a reset, whatever is still to be sent.
function exchange:reset()
  local socket = self.connection.socket
  if not socket:is_closing() then
    socket:close_reset()
  end
end

local connection = {}
connection.__index = connection

-- Takes one whole request off the input, if there is one and the last has been answered.
function connection:next()
  local head, rest = self.input:match("^(.-\r\n)\r\n(.*)$")
  if self.busy or not head then
    return
  end
  local method, target = head:match("^(%S+) (%S+) HTTP/1%.1\r\n")
  local request = { method = method, target = target, headers = {}, connection = self, body = "" }
  request.path, request.query = (target or ""):match("^([^?]*)%??(.*)$")
  for name, value in head:gmatch("\n([^:\r\n]+):%s*([^\r\n]*)") do
    request.headers[name:lower()] = value
  end
  local length = tonumber(request.headers["content-length"] or 0)
  if #rest < length then
    return
  end
  request.body, self.input = rest:sub(1, length), rest:sub(length + 1)
  self.busy, self.requests = true, self.requests + 1
  local list = self.server.requests
  list[#list + 1] = setmetatable(request, exchange)
  loop.guard(self.server.answer, request)
end

local function accept(self)
  local socket = uv.new_tcp()
  self.listener:accept(socket)
  local c = setmetatable({ server = self, socket = socket, input = "", requests = 0, busy = false }, connection)
  self.connections[#self.connections + 1] = c
  socket:read_start(function(_, piece)
    if piece then
      c.input = c.input .. piece
      c:next()
    else
      c.closed = true
      loop.close(socket)
    end
  end)
end

-- Starts a server that gives every request this answer. options.address is a loopback address, 127.0.0.1 unless given.
function upstream.start(answer, options)
  local address = options and options.address or "127.0.0.1"
  local self = setmetatable({ answer = answer, requests = {}, connections = {} }, server)
  self.listener = uv.new_tcp()
  assert(self.listener:bind(address, 0))
  assert(self.listener:listen(128, function() accept(self) end))
  self.port = self.listener:getsockname().port
  self.url = ("http://%s:%d"):format(address, self.port)
  loop.finally(function() self:stop() end)
  return self
end

-- Refuses further connections and closes those that are open.
function server:stop()
  loop.close(self.listener)
  for _, c in ipairs(self.connections) do
    loop.close(c.socket)
  end
end

function server:writes()
  local list = {}
  for _, request in ipairs(self.requests) do
    if request.method ~= "GET" then list[#list + 1] = request end
  end
  return list
end

function server:methods()
  local list = {}
  for index, request in ipairs(self.requests) do list[index] = request.method end
  return table.concat(list, " ")
end

-- Waits for the n-th request, and returns it.
function server:request(n, seconds)
  return loop.wait(seconds or 10, function() return self.requests[n] end)
    or error(("no request %d within %g s, %d came"):format(n, seconds or 10, #self.requests), 2)
end

-- Waits until the other side has closed the n-th connection: true, or false after so many seconds.
function server:closed(n, seconds)
  return loop.wait(seconds, function() return self.connections[n] and self.connections[n].closed end) or false
end

-- A URL where nothing listens.
function upstream.nowhere()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  return ("http://127.0.0.1:%d"):format(port)
end

return upstream
