-- What a call of list_workflows takes beyond the answer of the upstream itself (one GET, 2.8 KB), one at a time.
--
-- A round asks the upstream directly, through nginx, through Hatchway and through hatchet-mcp. What a way adds is its time less
-- that of the direct one.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local CALL = measure.call "list_workflows"

local BUSY = 1000 -- µs: nothing that nginx does takes as long

local function http(count, port)
  return shell.numbers(shell.line { references.program "load", "http", count, port, upstreams.workflows_path })
end

-- The lines of p50 and p99 of what Hatchway adds beside what another adds.
local function lines(rounds, ways, against, goals, ratio)
  local seen = {}
  for i = 1, rounds do
    local direct, ours, theirs = ways.direct(), ways.ours(), ways.theirs()
    seen[i] = { p50 = { ours.p50_us - direct.p50_us, theirs.p50_us - direct.p50_us },
      p99 = { ours.p99_us - direct.p99_us, theirs.p99_us - direct.p99_us } }
  end
  local out = {}
  for _, name in ipairs { "p50", "p99" } do
    local ours, theirs = 0, 0
    out[#out + 1] = goals[name] and measure.ratio { what = "added to the upstream, " .. name, unit = "µs", against = against,
      must = goals[name][1], aim = goals[name][2], ratio = ratio, rounds = rounds,
      subject = function() ours = ours + 1 return seen[ours][name][1] end,
      reference = function() theirs = theirs + 1 return seen[theirs][name][2] end }
    local is_busy = name == "p99" and goals[name] and out[#out].theirs > BUSY
    if is_busy then out[#out].note = "the machine was busy: both figures are waits for a processor and say little" end
  end
  return out
end

return function(size)
  local upstream = upstreams.list_workflows()
  local nginx, no_nginx = upstreams.nginx(upstream.port)
  local python, no_python = references.python()
  local environment, count = upstreams.environment(upstream.port), size(10000, 50)
  local function calls(command, n)
    return function() return measure.load({ "calls", n, 1, CALL }, command, environment) end
  end
  local ways = { direct = function() return http(count, upstream.port) end, ours = calls(references.hatchway(), count) }
  local out = {}
  if nginx then
    ways.theirs = function() return http(count, nginx.port) end
    out = lines(size(9, 1), ways, "nginx", { p50 = { { "<=", 2 }, { "<=", 1.4 } }, p99 = { { "<=", 3 }, { "<=", 2 } } })
    nginx.stop()
  else
    out[1] = measure.skipped({ what = "added to the upstream", against = "nginx" }, no_nginx)
  end
  if python then
    ways.theirs = calls(python, size(400, 10))
    table.move(lines(size(3, 1), ways, "hatchet-mcp", { p50 = { { ">=", 50 } } }, measure.inverse), 1, 2, #out + 1, out)
  else
    out[#out + 1] = measure.skipped({ what = "added to the upstream", against = "hatchet-mcp" }, no_python)
  end
  upstream.stop()
  return out
end
