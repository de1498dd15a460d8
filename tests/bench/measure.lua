-- One measured line of a benchmark. Times are taken by load.c; this decides what is compared with what.
--
--   measure.load(words, command, environment)   runs load.c and gives its numbers
--   measure.ratio { … }        ours beside a reference, in turn: fields of the line, `rounds`, `subject`, `reference`, `ratio`
--   measure.alone { … }        a figure that no reference stands beside
--   measure.skipped({ … }, why)    a line that could not be measured
--   measure.beside(command, why, { … })    measure.ratio beside a reference that may be missing
--
-- Fields of a line: what, unit, against, must and aim ({ "<=", 4 }), note.
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local statistics = require "tests.bench.statistics"
local upstreams = require "tests.bench.upstreams"

local measure = {}

function measure.call(tool, arguments)
  return ('{"jsonrpc":"2.0","id":%%d,"method":"tools/call","params":{"name":"%s","arguments":%s}}'):format(
    tool, arguments or "{}")
end

measure.PING = '{"jsonrpc":"2.0","id":%d,"method":"ping"}'

function measure.load(words, command, environment)
  local line = table.move(environment or upstreams.environment(), 1, 99, 1, {})
  line[#line + 1] = references.program "load"
  table.move(words, 1, #words, #line + 1, line)
  line[#line + 1] = "--"
  table.move(command, 1, #command, #line + 1, line)
  return shell.numbers(shell.line(line))
end

-- What load.c tells under this name, as a function for measure.ratio.
function measure.reads(name, words, command, environment)
  return function() return measure.load(words, command, environment)[name] end
end

function measure.inverse(ours, theirs)
  return theirs / ours
end

function measure.ratio(line)
  local compared = statistics.compare(line.rounds, line.subject, line.reference, line.ratio)
  return {
    what = line.what, unit = line.unit, against = line.against, must = line.must, aim = line.aim, note = line.note,
    ours = compared.ours, theirs = compared.theirs, ratio = compared.ratio, low = compared.low, high = compared.high,
    rounds = compared.rounds,
  }
end

function measure.alone(line)
  local values = {}
  for i = 1, line.rounds do values[i] = line.subject() end
  return {
    what = line.what, unit = line.unit, must = line.must, aim = line.aim, note = line.note, rounds = line.rounds,
    ours = statistics.median(values), low = statistics.quantile(values, 0.25), high = statistics.quantile(values, 0.75),
  }
end

function measure.skipped(line, why)
  return { what = line.what, against = line.against, must = line.must, aim = line.aim, skipped = why }
end

function measure.beside(command, why, line)
  if not command then return measure.skipped(line, why) end
  return measure.ratio(line)
end

return measure
