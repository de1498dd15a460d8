-- Start, memory and calls a second of the built server.
--
--     lua5.4 tests/bench/basics.lua [RUNS]      from the root of the checkout, after ./bootstrap build
--
-- Beside each figure stands a reference that is measured in the same run, interleaved: `cat`, started and answering one line the
-- same way, is the floor of starting a process and passing a line through two pipes. Medians; ratios are medians of ratios of
-- pairs.
local uv = require "luv"
local tokens = require "tests.support.token"

local BINARY = os.getenv "HATCHWAY" or "build/hatchway"
local RUNS = tonumber(arg[1]) or 40
local CALLS = 20000
local SERVE = { "serve", "hatchet", "--log-level", "error" }
local ENVIRONMENT = { "HATCHET_CLIENT_TOKEN=" .. tokens.token() } -- no tool that is called here asks the server in it

local INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
  .. '"clientInfo":{"name":"bench","version":"1"}}}\n'
local LIST = '{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
local CALL = '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_server_info","arguments":{}}}\n'

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- A child with pipes; on_line is called for each line that it prints.
local function start(file, args, on_line)
  local child = { stdin = uv.new_pipe(), stdout = uv.new_pipe() }
  child.process = assert(uv.spawn(file, { args = args, env = ENVIRONMENT, stdio = { child.stdin, child.stdout, nil } },
    function() child.ended = true end))
  child.pid = child.process:get_pid()
  local rest = ""
  child.stdout:read_start(function(_, piece)
    if not piece then return end
    rest = rest .. piece
    local last = 1
    for from, to in rest:gmatch("()[^\n]*\n()") do
      on_line(rest, from, to)
      last = to
    end
    rest = rest:sub(last)
  end)
  return child
end

local function stop(child)
  child.stdin:shutdown()
  while not child.ended do uv.run "once" end
  child.stdin:close()
  child.stdout:close()
  child.process:close()
  uv.run "nowait"
end

-- Milliseconds from the start of a process to its nth line, and what look(pid) saw then.
local function time_to_line(file, args, input, n, look)
  local lines, began = 0, uv.hrtime()
  local child = start(file, args, function() lines = lines + 1 end)
  child.stdin:write(input)
  while lines < n do uv.run "once" end
  local ms = (uv.hrtime() - began) / 1e6
  local seen = look and look(child.pid)
  stop(child)
  return ms, seen
end

-- Kilobytes of a process: all resident, and what is not shared with others.
local function memory(pid)
  local file <close> = assert(io.open(("/proc/%d/smaps_rollup"):format(pid)))
  local text = file:read "a"
  local private = 0
  for size in text:gmatch("Private_%a+:%s+(%d+) kB") do private = private + tonumber(size) end
  return { rss = tonumber(text:match "Rss:%s+(%d+) kB"), private = private }
end

local function calls_per_second()
  local lines = 0
  local child = start(BINARY, SERVE, function() lines = lines + 1 end)
  child.stdin:write(INITIALIZE)
  while lines < 1 do uv.run "once" end
  local batch = {}
  for i = 1, CALLS do batch[i] = CALL:format(i + 10) end
  local began = uv.hrtime()
  child.stdin:write(table.concat(batch))
  while lines < CALLS + 1 do uv.run "once" end
  local pipelined = CALLS / ((uv.hrtime() - began) / 1e9)
  local each = {}
  for i = 1, 2000 do
    local sent, at = lines, uv.hrtime()
    child.stdin:write(CALL:format(i + CALLS + 10))
    while lines == sent do uv.run "once" end
    each[i] = (uv.hrtime() - at) / 1e3
  end
  stop(child)
  return pipelined, median(each)
end

local server, floor, ratios, rss, private = {}, {}, {}, {}, {}
for i = 1, RUNS do
  local seen
  floor[i] = time_to_line("/bin/cat", {}, INITIALIZE .. LIST, 2)
  server[i], seen = time_to_line(BINARY, SERVE, INITIALIZE .. LIST, 2, memory)
  ratios[i], rss[i], private[i] = server[i] / floor[i], seen.rss, seen.private
end
local pipelined, one = calls_per_second()
print(("start to the first tools/list   %.2f ms (cat: %.2f ms, ratio %.2f), median of %d"):format(
  median(server), median(floor), median(ratios), RUNS))
print(("memory then                     %d kB resident, %d kB private"):format(median(rss), median(private)))
print(("calls without network           %.0f a second, pipelined"):format(pipelined))
print(("one call at a time              %.1f µs, median of 2000"):format(one))
