-- How long a saved file takes to be served, and how long other calls wait meanwhile.
--
--     lua5.4 tests/bench/reload.lua [SAVES]      from the root of the checkout, after ./bootstrap build
--
-- A server of the pack hatchet with one overlay. A file of it is saved; the clock runs until list_changed is there. Meanwhile
-- pings go out one after the other: the longest wait is told beside the longest of as many pings without a save, in the same run.
local uv = require "luv"

local BINARY = os.getenv "HATCHWAY" or "build/hatchway"
local SAVES = tonumber(arg[1]) or 30
local REPLAY = "tests/cassettes/overview.har"

local folder = assert(uv.fs_mkdtemp "/tmp/hatchway-bench-XXXXXX")
assert(uv.fs_mkdir(folder .. "/tools", 493))

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local changed, answered, pieces = 0, 0, ""
local stdin, stdout = uv.new_pipe(), uv.new_pipe()
local process = assert(uv.spawn(BINARY, { args =
  { "serve", "hatchet", "--replay", REPLAY, "--overlay", folder, "--log-level", "error" },
  env = { "HOME=" .. folder }, stdio = { stdin, stdout, nil } }, function() end))
stdout:read_start(function(_, piece)
  pieces = pieces .. (piece or "")
  for line in pieces:gmatch "([^\n]*)\n" do
    if line:find("list_changed", 1, true) and not line:find('"id"', 1, true) then
      changed = changed + 1
    else
      answered = answered + 1
    end
  end
  pieces = pieces:match "[^\n]*$"
end)

local function await(condition)
  while not condition() do uv.run "once" end
end

stdin:write '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}\n'
await(function() return answered == 1 end)

local sent = 1

-- One ping after the other until done(); the longest wait in ms, and how many there were.
local function pings(done)
  local longest, count = 0, 0
  while not done(count) do
    local began = uv.hrtime()
    sent, count = sent + 1, count + 1
    stdin:write(('{"jsonrpc":"2.0","id":%d,"method":"ping"}\n'):format(sent))
    await(function() return answered == sent end)
    longest = math.max(longest, (uv.hrtime() - began) / 1e6)
  end
  return longest, count
end

local served, waits, quiet = {}, {}, {}
for i = 1, SAVES do
  local began, before = uv.hrtime(), changed
  local file = assert(io.open(folder .. "/tools/mine.lua.new", "w"))
  file:write(('tool "mine_%d" { title = "M", about = "M.", access = "read", run = function() return "x" end }'):format(i))
  file:close()
  assert(os.rename(folder .. "/tools/mine.lua.new", folder .. "/tools/mine.lua"))
  local count
  waits[i], count = pings(function() return changed > before end)
  served[i] = (uv.hrtime() - began) / 1e6
  quiet[i] = pings(function(n) return n >= count end)
end

process:kill "sigterm"
os.execute("rm -r " .. folder)
print(("saved → served            %.1f ms (15 ms of it wait for more events), median of %d; longest %.1f ms"):format(
  median(served), SAVES, served[#served]))
print(("longest wait of a ping    %.2f ms while a set is read, %.2f ms without, medians of %d")
  :format(median(waits), median(quiet), SAVES))
