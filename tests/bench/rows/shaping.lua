-- list_runs of 100 recorded runs (1 MB, half of them with payloads) made into small rows: processor time of a call.
--
-- Beside it: Hatchway's own parser on the same bytes, libcurl fetching them, and hatchet-mcp.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call("list_runs", '{"limit":100}')

return function(size)
  local upstream = upstreams.list_runs()
  local environment, runs = upstreams.environment(upstream.port), upstreams.runs()
  local url = ("http://127.0.0.1:%d/api/v1/stable/tenants/%s/workflow-runs"):format(upstream.port,
    require("tests.support.token").tenant)
  local python, why = references.python()
  local function cpu_ms(command, count)
    return function() return measure.load({ "calls", count, 1, CALL }, command, environment).cpu_us / 1000 end
  end
  local function program(words)
    return function()
      return shell.numbers(shell.line(table.move(words, 1, #words, 4, { "/usr/bin/taskset", "-c", "0" }))).cpu_us / 1000
    end
  end
  local what, subject = "list_runs of 100 rows (1 MB), processor time", cpu_ms(references.hatchway(), size(200, 5))
  local parsing = program { references.program "codec", runs, size(200, 5) }
  local fetching = program { references.program "fetch", url, size(200, 5), 1 }
  local lines = {
    measure.ratio { what = what, unit = "ms", against = "its codec and libcurl on the same bytes",
      rounds = size(9, 1), subject = subject, reference = function() return parsing() + fetching() end },
    measure.ratio { what = what, unit = "ms", against = "its codec on the same bytes", aim = { "<=", 2 },
      rounds = size(9, 1), subject = subject, reference = parsing },
    measure.beside(python, why, { what = what, unit = "ms", against = "hatchet-mcp", must = { ">=", 10 },
      rounds = size(3, 1), subject = subject, reference = cpu_ms(python, size(30, 5)), ratio = measure.inverse }),
  }
  upstream.stop()
  return lines
end
