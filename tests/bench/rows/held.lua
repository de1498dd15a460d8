-- 1,000 calls in flight: the upstream answers after 3 s, the memory is looked at meanwhile.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call "list_workflows"

return function(size)
  local upstream = upstreams.list_workflows { delay = size(3000, 400) }
  local count, look = size(1000, 20), size(1800, 150)
  local hatchway = references.hatchway { "--limit", "process_requests=2000", "--limit", "memory=256MB" }
  local url = ("http://127.0.0.1:%d%s"):format(upstream.port, upstreams.workflows_path)
  local line = measure.ratio { what = ("%d calls in flight, all memory"):format(count), unit = "kB", against = "libcurl",
    must = { "<=", 2 }, aim = { "<=", 1.5 }, rounds = size(5, 1),
    subject = measure.reads("rss_kb", { "hold", count, look, CALL }, hatchway, upstreams.environment(upstream.port)),
    reference = function()
      return shell.numbers(shell.line { references.program "fetch", url, count, count, look }).rss_kb
    end }
  upstream.stop()
  return { line }
end
