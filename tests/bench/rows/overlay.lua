-- How long a saved file of an overlay takes to be served, and how long other calls wait meanwhile.
--
-- A file is renamed into place; the clock runs until list_changed is there. Meanwhile pings go out one after the other: the
-- longest wait is told beside the longest of as many pings without a save. The reference for the time is a bare Lua program that
-- compiles the files of the same set, and nothing more.
local uv = require "luv"
local measure = require "tests.bench.measure"
local references = require "tests.bench.references"
local shell = require "tests.bench.shell"
local statistics = require "tests.bench.statistics"
local upstreams = require "tests.bench.upstreams"

local DEBOUNCE = 15 -- ms, SETTLE in src/command/reload.c
local COMPILE = [[
local files = {}
for path in io.popen("find lua/hatchet lua/hatchway -name '*.lua'"):lines() do files[#files + 1] = path end
local began = os.clock()
for _, path in ipairs(files) do assert(loadfile(path)) end
print("cpu_ms " .. (os.clock() - began) * 1000)]]

-- A server with this overlay: { ping(), changed(), stop() }; ping gives its milliseconds.
local function serve(overlay)
  local words = upstreams.environment()
  words[1] = "/usr/bin/env"
  local command = references.hatchway { "--overlay", overlay }
  local child = shell.start(table.move(command, 1, #command, #words + 1, words))
  local server, sent, answered, changes = {}, 0, 0, 0
  local function look()
    for line in child.text:gmatch "([^\n]*)\n" do
      if line:find('"method":"notifications/', 1, true) then
        if line:find("list_changed", 1, true) then changes = changes + 1 end
      else
        answered = answered + 1
      end
    end
    child.text = child.text:match "[^\n]*$"
  end
  function server.ask(line)
    local began = uv.hrtime()
    sent = sent + 1
    child.stdin:write(line:gsub("%%d", tostring(sent)) .. "\n")
    while answered < sent do
      uv.run "once"
      look()
      assert(not child.ended, "the server has ended")
    end
    return (uv.hrtime() - began) / 1e6
  end
  function server.changes()
    uv.run "nowait"
    look()
    return changes
  end
  server.stop = child.stop
  server.ask('{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    .. '"clientInfo":{"name":"bench","version":"1"}}}')
  return server
end

-- The longest ping, in ms, until done(count), and how many there were.
local function pings(server, done)
  local longest, count = 0, 0
  repeat
    longest, count = math.max(longest, server.ask(measure.PING)), count + 1
  until done(count)
  return longest, count
end

-- Saves the overlay's file and gives { served, wait, quiet }, in ms.
local function save(server, overlay, round)
  local path, before, began = overlay .. "/tools/mine.lua", server.changes(), uv.hrtime()
  shell.write(path .. ".new",
    ('tool "mine_%d" { title = "M", about = "M.", access = "read", run = function() return "x" end }\n'):format(round))
  assert(os.rename(path .. ".new", path))
  local seen = {}
  local wait, count = pings(server, function()
    seen.served = (uv.hrtime() - began) / 1e6
    assert(seen.served < 10000, "the file was not served")
    return server.changes() > before
  end)
  seen.wait = wait
  seen.quiet = pings(server, function(n) return n >= count end)
  return seen
end

return function(size)
  local overlay = references.folder .. "/overlay"
  os.execute(("rm -rf %s && mkdir -p %s/tools"):format(overlay, overlay))
  local server, rounds, seen, round = serve(overlay), size(21, 1), {}, 0
  local compile = references.folder .. "/compile.lua"
  shell.write(compile, COMPILE)
  local lines = {
    measure.ratio { what = "overlay saved → served", unit = "ms", against = "bare Lua compiling the set", must = { "<=", 3 },
      rounds = rounds, subject = function()
        round = round + 1
        seen[round] = save(server, overlay, round)
        return seen[round].served
      end,
      reference = function() return shell.numbers("lua5.4 " .. compile).cpu_ms end,
      ratio = function(ours, theirs) return (ours - DEBOUNCE) / theirs end,
      note = "15 ms of it wait for more events and do not count in the ratio" },
  }
  local quiet = {}
  for i, one in ipairs(seen) do quiet[i] = one.quiet end
  local next_seen = 0
  lines[2] = measure.alone { what = "longest wait of another call meanwhile", unit = "ms", must = { "<=", 2 },
    aim = { "<=", 0.5 }, rounds = rounds, subject = function()
      next_seen = next_seen + 1
      return seen[next_seen].wait
    end,
    note = ("%.2f ms is the longest of as many pings without a save"):format(statistics.median(quiet)) }
  server.stop()
  return lines
end
