-- A gRPC server for tests that says one status to every call, over HTTP/2 without TLS (RFC 9113).
--
--     local server = grpc.start(12) -- UNIMPLEMENTED: a server without that service
--     server.port, server.paths     -- the header blocks of the calls that came, as they were
local uv = require "luv"
local loop = require "tests.support.loop"

local grpc = {}

local PREFACE = 24 -- bytes of "PRI * HTTP/2.0…"
local DATA, HEADERS, SETTINGS = 0, 1, 4
local END_STREAM, END_HEADERS, ACK = 1, 4, 1

local function frame(kind, flags, stream, payload)
  return string.pack(">I3BBI4", #payload, kind, flags, stream) .. payload
end

-- A header that enters no table (RFC 7541, section 6.2.2).
local function literal(name, value)
  return "\0" .. string.pack("s1s1", name, value)
end

-- Takes one frame off the input: kind, flags, stream, payload; nil if there is none.
local function take(c)
  if #c.input < 9 then return end
  local length, kind, flags, stream = string.unpack(">I3BBI4", c.input)
  if #c.input < 9 + length then return end
  local payload = c.input:sub(10, 9 + length)
  c.input = c.input:sub(10 + length)
  return kind, flags, stream, payload
end

local function react(self, c, kind, flags, stream, payload)
  if kind == SETTINGS and flags & ACK == 0 then
    c.socket:write(frame(SETTINGS, ACK, 0, ""))
  elseif kind == HEADERS then
    self.paths[#self.paths + 1] = payload
  end
  if (kind == HEADERS or kind == DATA) and flags & END_STREAM ~= 0 then
    local block = "\x88" .. literal("content-type", "application/grpc") .. literal("grpc-status", tostring(self.status))
    c.socket:write(frame(HEADERS, END_HEADERS | END_STREAM, stream, block))
  end
end

local function accept(self)
  local c = { socket = uv.new_tcp(), input = "" }
  self.listener:accept(c.socket)
  loop.finally(function() loop.close(c.socket) end)
  c.socket:write(frame(SETTINGS, 0, 0, ""))
  c.socket:read_start(function(_, piece)
    if not piece then return loop.close(c.socket) end
    c.input = c.input .. piece
    if not c.greeted and #c.input >= PREFACE then
      c.greeted, c.input = true, c.input:sub(PREFACE + 1)
    end
    while c.greeted do
      local kind, flags, stream, payload = take(c)
      if not kind then break end
      react(self, c, kind, flags, stream, payload)
    end
  end)
end

function grpc.start(status)
  local self = { status = status, paths = {}, listener = uv.new_tcp() }
  assert(self.listener:bind("127.0.0.1", 0))
  assert(self.listener:listen(16, function() accept(self) end))
  self.port = self.listener:getsockname().port
  loop.finally(function() loop.close(self.listener) end)
  return self
end

return grpc
