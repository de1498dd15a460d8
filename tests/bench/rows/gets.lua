-- Calls with one upstream GET (list_workflows, 2.8 KB) on one core, 64 in flight: what processor time a call takes, as calls a
-- second.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call "list_workflows"

return function(size)
  local upstream = upstreams.list_workflows()
  local environment = upstreams.environment(upstream.port)
  local python, why = references.python()
  local url = ("http://127.0.0.1:%d%s"):format(upstream.port, upstreams.workflows_path)
  local function per_core(command, count)
    return function() return 1e6 / measure.load({ "calls", count, 64, CALL }, command, environment).cpu_us end
  end
  local what, subject = "calls with one GET, a second and core", per_core(references.hatchway(), size(10000, 100))
  local lines = {
    measure.ratio { what = what, unit = "calls/s", against = "libcurl", must = { ">=", 0.5 }, aim = { ">=", 0.65 },
      rounds = size(9, 1), subject = subject, reference = function()
        local words = { "/usr/bin/taskset", "-c", "0", references.program "fetch", url, size(10000, 100), 64 }
        return 1e6 / shell.numbers(shell.line(words)).cpu_us
      end },
    measure.beside(python, why, { what = what, unit = "calls/s", against = "hatchet-mcp", must = { ">=", 30 },
      rounds = size(3, 1), subject = subject, reference = per_core(python, size(600, 20)) }),
  }
  upstream.stop()
  return lines
end
