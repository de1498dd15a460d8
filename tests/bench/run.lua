-- Measures Hatchway beside references, which it builds or installs itself in build/bench.
--
--     lua5.4 tests/bench/run.lua [NAME]... [OPTION]...      from the root of the checkout, after ./bootstrap build
--
-- NAME is a file of tests/bench/rows; all of them unless some are named. Results stay in build/bench/results.json.
--
--     --write   makes docs/performance.md and its pictures of all results there, afterwards
--     --page    does only that, and measures nothing
--     --quick   runs each once with tiny counts, installs nothing and keeps nothing: it shows that the benchmarks work, and no
--               figure of it means anything
local cjson = require "cjson"
local page = require "tests.bench.page"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"

local ROWS = { "start", "memory", "calls", "latency", "held", "gets", "beside", "tools", "huge", "forward", "shaping", "overlay",
  "http", "streams" }
local RESULTS = references.folder .. "/results.json"

local function arguments()
  local named, options, known = {}, {}, {}
  for _, name in ipairs(ROWS) do known[name] = true end
  for _, word in ipairs(arg) do
    local option = word:match "^%-%-(%a+)$"
    if option == "quick" or option == "write" or option == "page" then
      options[option] = true
    elseif known[word] then
      named[#named + 1] = word
    else
      io.stderr:write(("there is no %s; the benchmarks are %s\n"):format(word, table.concat(ROWS, ", ")))
      os.exit(2)
    end
  end
  if options.page then return {}, { write = true } end
  return #named > 0 and named or ROWS, options
end

-- What was measured on: processor, kernel, load before.
local function machine()
  local cpu = shell.read("/proc/cpuinfo"):match "model name%s*:%s*([^\n]+)" or "unknown processor"
  local _, cores = shell.read("/proc/cpuinfo"):gsub("\nprocessor%s*:", "")
  local load = shell.read("/proc/loadavg"):match "%S+"
  local kernel = shell.read("/proc/sys/kernel/osrelease"):match "[%d.]+"
  return ("%d × %s, Linux %s, load before %s"):format(cores + 1, cpu, kernel, load)
end

local names, options = arguments()
references.may_install = not options.quick
local results = not options.quick and shell.exists(RESULTS) and cjson.decode(shell.read(RESULTS)) or {}
for _, name in ipairs(names) do
  local measured = { when = os.date "!%Y-%m-%d %H:%M UTC", machine = machine() }
  measured.lines = require("tests.bench.rows." .. name)(function(full, quick) return options.quick and quick or full end)
  results[name] = measured
  for _, line in ipairs(measured.lines) do print(name, page.sentence(line)) end
  io.stdout:flush()
  if not options.quick then shell.write(RESULTS, cjson.encode(results)) end
end
if options.write then page.write(ROWS, results) end
