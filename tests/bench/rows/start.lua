-- From the start of the process to its answer to the first tools/list, with all tools.
local endpoints = require "tests.bench.endpoints"
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

return function(size)
  local floor, hatchway = references.floor(), references.hatchway()
  local python, no_python = references.python()
  local typescript, no_typescript = references.typescript()
  local function start(command)
    return measure.reads("start_ms", { "start" }, command or {})
  end
  local function over_http()
    local port = shell.free_port()
    local words = upstreams.environment()
    table.move({ references.program "requests", "start", port, endpoints.request "list", "--" }, 1, 5, #words + 1, words)
    local command = references.hatchway { "--http", "127.0.0.1:" .. port }
    return shell.numbers(shell.line(table.move(command, 1, #command, #words + 1, words))).start_ms
  end
  local what, subject = "start to the first tools/list", start(hatchway)
  return {
    measure.ratio { what = what, unit = "ms", against = "the floor", must = { "<=", 4 }, aim = { "<=", 2.5 },
      rounds = size(41, 1), subject = subject, reference = start(floor) },
    measure.beside(python, no_python, { what = what, unit = "ms", against = "hatchet-mcp", must = { ">=", 300 },
      rounds = size(7, 1), subject = subject, reference = start(python), ratio = measure.inverse }),
    measure.beside(typescript, no_typescript, { what = what, unit = "ms", against = "the TypeScript SDK", must = { ">=", 80 },
      rounds = size(9, 1), subject = subject, reference = start(typescript), ratio = measure.inverse,
      note = "its server has one tool" }),
    measure.ratio { what = "start to the first tools/list over HTTP", unit = "ms", against = "the floor, over stdio",
      must = { "<=", 6 }, aim = { "<=", 4 }, rounds = size(21, 1), subject = over_http, reference = start(floor) },
  }
end
