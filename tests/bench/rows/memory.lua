-- Resident memory: after tools/list, and after the first request over HTTPS.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call "list_workflows"

-- After the first request over HTTPS, alone (the goal is a size) and beside libcurl after the same request.
local function after_https(size)
  local what, must = "memory after the first request over HTTPS", { "<=", 13 * 1024 }
  local upstream = upstreams.list_workflows()
  local nginx, why = upstreams.nginx(upstream.port, true)
  if not nginx then
    upstream.stop()
    return measure.skipped({ what = what, must = must, unit = "kB" }, why)
  end
  local url = ("https://127.0.0.1:%d%s"):format(nginx.port, upstreams.workflows_path)
  local subject = measure.reads("rss_kb", { "first", CALL }, references.hatchway { "--ca-file", nginx.certificate },
    upstreams.environment(nginx.port, "https"))
  local alone = measure.alone { what = what, unit = "kB", must = must, rounds = size(5, 1), subject = subject }
  local beside = measure.ratio { what = what, unit = "kB", against = "libcurl", rounds = size(5, 1), subject = subject,
    reference = function()
      return shell.numbers(shell.line { references.program "fetch", url, 1, 1, 60000, nginx.certificate }).rss_kb
    end }
  nginx.stop()
  upstream.stop()
  return alone, beside
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
