-- An answer of 20 MB that a tool passes on with hatchet.forward: the memory that it takes at most, beside its bytes.
--
-- What the server has after an answer of 2.8 KB is taken off.
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local upstreams = require "tests.bench.upstreams"

local SIZE = 20 * 1000 * 1000
local TOOL = [[tool "pass_on" { title = "P", about = "P.", access = "read",
  run = function() return hatchet.forward("/api/v1/tenants/{tenant}/workflows") end }]]

local function pack()
  local folder = references.folder .. "/pack_forward"
  os.execute(("mkdir -p %s/tools"):format(folder))
  shell.write(folder .. "/pack.lua", 'pack { name = "forward", about = "F.", needs = { "hatchet" } }\n')
  shell.write(folder .. "/tools/pass_on.lua", TOOL .. "\n")
  return folder
end

return function(size)
  local bytes, command = size(SIZE, SIZE // 10), references.hatchway({}, pack())
  local small, large = upstreams.list_workflows(), upstreams.list_huge(bytes)
  local function memory(upstream, name)
    return measure.load({ "first", measure.call "pass_on" }, command, upstreams.environment(upstream.port))[name]
  end
  local line = measure.ratio { what = "an answer of 20 MB that is passed on: memory at most", unit = "kB", against = "its bytes",
    must = { "<=", 1.25 }, rounds = size(5, 1),
    subject = function() return memory(large, "peak_kb") - memory(small, "rss_kb") end,
    reference = function() return bytes / 1024 end }
  small.stop()
  large.stop()
  return { line }
end
