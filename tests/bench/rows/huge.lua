-- An answer of 100 MB where one may have 32 MB: a clear error, and the memory that it took at most.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local upstreams = require "tests.bench.upstreams"

local SIZE, CEILING = 100 * 1000 * 1000, 32 * 1024 -- bytes; kB

return function(size)
  local upstream = upstreams.list_huge(SIZE)
  local environment = upstreams.environment(upstream.port)
  table.insert(environment, 2, "LOAD_ERRORS=1")
  local seen
  local line = measure.alone { what = "an answer of 100 MB: memory at most", unit = "kB", must = { "<=", 2.5 * CEILING },
    rounds = size(5, 1), subject = function()
      seen = measure.load({ "first", measure.call "list_workflows" }, references.hatchway(), environment)
      assert(seen.errors == 1, "the answer was no error")
      return seen.peak_kb
    end }
  line.note = ("the call ends with an error after %.0f ms"):format(seen.call_ms)
  upstream.stop()
  return { line }
end
