-- Initialized servers of the pack hatchet: on recordings, or on a test server in place of Hatchet.
local host = require "tests.support.host"
local upstream = require "tests.support.upstream"

local tenant = {}

-- The options of host.start, with { access = "write" } for --access.
local function start(options)
  options.pack, options.args = "hatchet", options.args or {}
  if options.access then options.args = { "--access", options.access, table.unpack(options.args) } end
  local s = host.start(options)
  s:initialize()
  return s
end

-- Plays the cassettes of these names; the last one that has an answer gives it. Options may stand before the names.
function tenant.play(options, ...)
  if type(options) ~= "table" then return tenant.play({}, options, ...) end
  local args = { table.unpack(options.args or {}) }
  for _, name in ipairs { ... } do
    args[#args + 1] = "--replay"
    args[#args + 1] = ("tests/cassettes/%s.har"):format(name)
  end
  return start { access = options.access, env = options.env, args = args }
end

-- Asks a test server with this answer: the session, the test server.
function tenant.serve(answer, options)
  local engine = upstream.start(answer)
  options = options or {}
  return start { access = options.access, env = options.env, args = options.args, upstream = engine }, engine
end

return tenant
