-- The benchmarks of tests/bench run, with counts so small that their figures mean nothing. Nothing here looks at a time.
local shell = require "tests.bench.shell"

local NAMES = { "start", "memory", "calls", "latency", "held", "gets", "beside", "tools", "huge", "forward",
  "shaping", "overlay", "http", "streams" }

local function run(arguments)
  return shell.output("lua5.4 tests/bench/run.lua " .. arguments)
end

describe("tests/bench/run.lua", function()
  for _, name in ipairs(NAMES) do
    it("measures " .. name, function()
      local text, complaints = run(name .. " --quick")
      assert.is_truthy(text and #text > 0, complaints)
      for line in text:gmatch "[^\n]+" do
        assert.equal(name, line:match "^(%a+)\t")
        assert.is_truthy(line:find ": %d" or line:find "skipped, .* is not installed$", line)
      end
      if not text:find ": %d" then pending "run tests/bench/run.lua to install the references" end
    end)
  end

  it("names the benchmarks when one is unknown", function()
    local text, complaints = run "nothing"
    assert.is_nil(text)
    assert.equal("there is no nothing; the benchmarks are " .. table.concat(NAMES, ", ") .. "\n", complaints)
  end)
end)
