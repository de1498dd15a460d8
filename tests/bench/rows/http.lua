-- Calls over HTTP of a tool that gives back its arguments: 32 connections that are kept, one request at a time on each. What
-- processor time of the server a call takes, as calls a second.
local cjson = require "cjson"
local endpoints = require "tests.bench.endpoints"
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"

local CONNECTIONS = 32

local function per_core(server, count, request, opening)
  local words = { references.program "requests", "calls", count, CONNECTIONS, server.port, server.pid, endpoints.request(request),
    opening and endpoints.request(opening) }
  return function() return 1e6 / shell.numbers(shell.line(words)).cpu_us end
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key in pairs(a) do if not same(a[key], b[key]) then return false end end
  for key in pairs(b) do if a[key] == nil then return false end end
  return true
end

return function(size)
  local ours = endpoints.hatchway()
  local count, rounds = size(10000, 100), size(21, 1) -- short and many: the machine may have other work
  local answer = endpoints.answer(ours, "modern")
  local static, no_static = endpoints.nginx(answer)
  local lua, no_lua = endpoints.nginx_lua()
  local function beside(server, why, what, against, goals, request, opening)
    local line = { what = what, unit = "calls/s", against = against, must = goals[1], aim = goals[2], rounds = rounds }
    if not server then return measure.skipped(line, why) end
    line.subject, line.reference = per_core(ours, count, request, opening), per_core(server, count, "modern")
    return measure.ratio(line)
  end
  if lua then
    assert(same(cjson.decode(answer), cjson.decode(endpoints.answer(lua, "modern"))), "nginx with Lua answers something else")
  end
  local modern, legacy = "calls over HTTP, a second and core", "the same of 2025-11-25, in a session"
  local to_static, to_lua = { { ">=", 0.65 } }, { { ">=", 1.4 } }
  local lines = {
    beside(static, no_static, modern, "nginx that returns the same bytes", to_static, "modern"),
    beside(static, no_static, legacy, "nginx that returns the same bytes", to_static, "legacy", "initialize"),
    beside(lua, no_lua, modern, "nginx with Lua and cjson", to_lua, "modern"),
    beside(lua, no_lua, legacy, "nginx with Lua and cjson", to_lua, "legacy", "initialize"),
  }
  for _, server in pairs { ours, static or nil, lua or nil } do server.stop() end
  return lines
end
