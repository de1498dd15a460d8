-- Initialized servers of the pack hatchet: on recordings, or on a test server in place of Hatchet.
local host = require "tests.support.host"
local upstream = require "tests.support.upstream"

local tenant = {}

-- Plays the cassettes of these names; the last one that has an answer gives it.
function tenant.play(...)
  local args = {}
  for _, name in ipairs { ... } do
    args[#args + 1] = "--replay"
    args[#args + 1] = ("tests/cassettes/%s.har"):format(name)
  end
  local s = host.start { pack = "hatchet", args = args }
  s:initialize()
  return s
end

-- Asks a test server with this answer: the session, the test server.
function tenant.serve(answer)
  local engine = upstream.start(answer)
  local s = host.start { pack = "hatchet", upstream = engine }
  s:initialize()
  return s, engine
end

return tenant
