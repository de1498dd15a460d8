-- Initialized servers of the pack hatchet: on recordings, or on a test server in place of Hatchet.
--
--   tenant.play([options,] names…)     → a session that plays these cassettes; the last one that has an answer gives it
--   tenant.serve(answer [, options])   → a session on a test server that answers so (tests/support/answers.lua), the test server
--   tenant.start(options)              → a session on what the options name
--
-- Options: those of host.start, and access = "write" for --access.
local host = require "tests.support.host"
local upstream = require "tests.support.upstream"

local tenant = {}

function tenant.start(options)
  local args = table.move(options.args or {}, 1, #(options.args or {}), 1, {})
  if options.access then table.move({ "--access", options.access }, 1, 2, #args + 1, args) end
  local s = host.start { pack = "hatchet", args = args, env = options.env, upstream = options.upstream }
  s:initialize()
  return s
end

function tenant.play(options, ...)
  if type(options) ~= "table" then return tenant.play({}, options, ...) end
  local args = { table.unpack(options.args or {}) }
  for _, name in ipairs { ... } do
    args[#args + 1] = "--replay"
    args[#args + 1] = ("tests/cassettes/%s.har"):format(name)
  end
  return tenant.start { access = options.access, env = options.env, args = args }
end

function tenant.serve(answer, options)
  local engine = upstream.start(answer)
  options = options or {}
  return tenant.start { access = options.access, env = options.env, args = options.args, upstream = engine }, engine
end

return tenant
