-- Calls of a tool without network (get_server_info): pipelined with 64 in flight, and one at a time.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"

local CALL = measure.call "get_server_info"

return function(size)
  local floor, hatchway = references.floor(), references.hatchway()
  local python, why = references.python()
  local typescript, no_typescript = references.typescript()
  local function rate(command, line, count)
    return measure.reads("per_second", { "calls", count, 64, line }, command or {})
  end
  local function p50(command)
    return measure.reads("p50_us", { "calls", size(20000, 50), 1, CALL }, command)
  end
  local what, subject = "pipelined calls of a tool without network", rate(hatchway, CALL, size(60000, 200))
  return {
    measure.ratio { what = what, unit = "calls/s", against = "the floor", must = { ">=", 0.15 }, aim = { ">=", 0.25 },
      rounds = size(11, 1), subject = subject, reference = rate(floor, CALL, size(60000, 200)) },
    measure.beside(python, why, { what = what, unit = "calls/s", against = "hatchet-mcp", must = { ">=", 50 },
      rounds = size(5, 1), subject = subject, reference = rate(python, measure.PING, size(2000, 20)),
      note = "it answers the ping of the protocol, which calls no tool" }),
    measure.beside(typescript, no_typescript, { what = what, unit = "calls/s", against = "the TypeScript SDK",
      rounds = size(5, 1), subject = subject,
      reference = rate(typescript, measure.call("echo", '{"text":"x"}'), size(10000, 20)) }),
    measure.ratio { what = "one call at a time, p50", unit = "µs", against = "the floor", must = { "<=", 1.8 },
      aim = { "<=", 1.4 }, rounds = size(11, 1), subject = p50(hatchway), reference = p50(floor) },
  }
end
