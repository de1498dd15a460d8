-- Resident memory: after tools/list, and after the first request over HTTPS.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call "list_workflows"

local function after_https(size)
  local line = { what = "memory after the first request over HTTPS", unit = "kB", must = { "<=", 13 * 1024 } }
  local upstream = upstreams.list_workflows()
  local nginx, why = upstreams.nginx(upstream.port, true)
  if not nginx then
    upstream.stop()
    return measure.skipped(line, why)
  end
  line.rounds = size(9, 1)
  line.subject = measure.reads("rss_kb", { "first", CALL }, references.hatchway { "--ca-file", nginx.certificate },
    upstreams.environment(nginx.port, "https"))
  line = measure.alone(line)
  nginx.stop()
  upstream.stop()
  return line
end

return function(size)
  local python, no_python = references.python()
  local function memory(command)
    return measure.reads("rss_kb", { "start" }, command or {})
  end
  local what, subject = "memory before the first request", memory(references.hatchway())
  return {
    measure.ratio { what = what, unit = "kB", against = "the floor", must = { "<=", 3 }, aim = { "<=", 2 },
      rounds = size(9, 1), subject = subject, reference = memory(references.floor()) },
    measure.beside(python, no_python, { what = what, unit = "kB", against = "hatchet-mcp", must = { ">=", 20 },
      rounds = size(5, 1), subject = subject, reference = memory(python), ratio = measure.inverse }),
    after_https(size),
  }
end
