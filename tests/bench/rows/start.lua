-- From the start of the process to its answer to the first tools/list, with all tools.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"

return function(size)
  local floor, hatchway = references.floor(), references.hatchway()
  local python, no_python = references.python()
  local typescript, no_typescript = references.typescript()
  local function start(command)
    return measure.reads("start_ms", { "start" }, command or {})
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
  }
end
