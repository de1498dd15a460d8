-- p50 of one call at a time, of the last tool of a pack with 10,000 tools and of one with 56.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"

local TOOL = 'tool "tool_%d" { title = "T", about = "The tool %d.", access = "read", run = function() return "x" end }'

-- A pack with this many tools, 50 in a file.
local function pack_with(count)
  local folder = ("%s/pack_%d"):format(references.folder, count)
  os.execute(("mkdir -p %s/tools"):format(folder))
  shell.write(folder .. "/pack.lua", ('pack { name = "pack_%d", title = "P", about = "P.", version = "1" }\n'):format(count))
  for from = 1, count, 50 do
    local lines = {}
    for i = from, math.min(from + 49, count) do
      lines[#lines + 1] = TOOL:format(i, i)
    end
    shell.write(("%s/tools/t%05d.lua"):format(folder, from), table.concat(lines, "\n") .. "\n")
  end
  return folder
end

return function(size)
  local function p50(tools)
    local command = references.hatchway({ "--limit", "memory=1GB", "--page-size", "1000" }, pack_with(tools))
    return measure.reads("p50_us", { "calls", size(20000, 50), 1, measure.call("tool_" .. tools) }, command)
  end
  return {
    measure.ratio { what = "p50 of a call with 10,000 tools", unit = "µs", against = "56 tools", must = { "<=", 1.05 },
      rounds = size(11, 1), subject = p50(10000), reference = p50(56) },
  }
end
