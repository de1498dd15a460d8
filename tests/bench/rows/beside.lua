-- p99 of a light tool (get_server_info) while another burns its budget of processor time, again and again.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local LIGHT = measure.call "get_server_info"
local SPIN = 'tool "spin" { title = "Spin", about = "Never ends.", access = "read", run = function() while true do end end }\n'
local SLICE = 2000 -- µs of processor time, SLICE_LENGTH in src/command/host.c

return function(size)
  local overlay = references.folder .. "/spin"
  os.execute(("mkdir -p %s/tools"):format(overlay))
  shell.write(overlay .. "/tools/spin.lua", SPIN)
  local hatchway, count = references.hatchway { "--overlay", overlay }, size(2000, 50)
  local environment = upstreams.environment()
  table.insert(environment, 2, "LOAD_ERRORS=1") -- a budget that is spent is an error
  local function p99(words)
    return measure.reads("p99_us", words, hatchway, environment)
  end
  return {
    measure.ratio { what = "p99 of a light tool beside one that burns its budget", unit = "µs", against = "its p99 alone",
      must = { "<=", 1 }, rounds = size(9, 1),
      subject = p99 { "beside", count, measure.call "spin", LIGHT }, reference = p99 { "calls", count, 1, LIGHT },
      ratio = function(ours, alone) return ours / (SLICE + 3 * alone) end,
      note = "the ratio is to one slice (2 ms) + 3 × the p99 alone" },
  }
end
