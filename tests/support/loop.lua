-- The event loop of the specs: waiting with a limit, and undoing what a spec has started.
--
-- Children, sockets and timers of the harness live in one libuv loop, which runs only while a spec waits for something.
-- What was started inside a test is undone when the test ends, what was started in setup or before_each when its
-- describe ends: so no process outlives its spec.
local uv = require "luv"
local busted = require "busted"

local loop = {}

local undo, marks = {}, {}

-- Calls fn when the current test or describe ends, the last one first. An error in it is a failure of the harness.
function loop.finally(fn)
  undo[#undo + 1] = fn
end

-- Writing to a process that has gone is an error of that write, not the end of the specs.
local sigpipe = uv.new_signal()
sigpipe:start("sigpipe")
sigpipe:unref()

-- Lets handles that are being closed come to their end: luv crashes when Lua ends before.
function loop.settle()
  local rounds = 0
  while uv.run("nowait") and rounds < 100 do
    rounds = rounds + 1
  end
end

local function enter()
  marks[#marks + 1] = #undo
end

local function leave()
  local mark = table.remove(marks) or 0
  while #undo > mark do
    table.remove(undo)()
  end
  loop.settle()
end

for _, scope in ipairs { "file", "describe", "test" } do
  busted.subscribe({ scope, "start" }, function() enter() end)
  busted.subscribe({ scope, "end" }, function() leave() end)
end

local fault

-- Calls fn from a callback of the loop, where an error would end the process: the wait that runs the loop raises it.
function loop.guard(fn, ...)
  local ok, err = pcall(fn, ...)
  if not ok then
    fault = fault or err
  end
end

-- Runs the loop until done() is true in a condition. Returns that value, or nil after so many seconds.
function loop.wait(seconds, done)
  local late = false
  fault = nil
  local timer = uv.new_timer()
  timer:start(math.ceil(seconds * 1000), 0, function() late = true end)
  local value = done()
  while not value and not late and not fault do
    uv.run("once")
    value = done()
  end
  timer:close()
  if fault then
    error(fault, 0)
  end
  return value or nil
end

-- Runs the loop for that long.
function loop.sleep(seconds)
  loop.wait(seconds, function() return false end)
end

-- Seconds, for measuring only.
function loop.clock()
  return uv.hrtime() / 1e9
end

-- Closes a handle that may be closed already.
function loop.close(handle)
  if handle and not handle:is_closing() then
    handle:close()
  end
end

return loop
