-- Commands, and the lines "name value" that the programs of this folder print.
local uv = require "luv"

local shell = {}

function shell.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

-- The words as one command line.
function shell.line(words)
  local out = {}
  for i, word in ipairs(words) do out[i] = shell.quote(word) end
  return table.concat(out, " ")
end

function shell.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

function shell.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

function shell.exists(path)
  return uv.fs_stat(path) ~= nil
end

-- What a command line prints; nil and what it complained of when it fails.
function shell.output(command)
  local log = os.tmpname()
  local pipe = assert(io.popen(command .. " 2> " .. log))
  local text = pipe:read "a"
  local is_done = pipe:close()
  local complaints = shell.read(log)
  os.remove(log)
  if is_done then return text end
  return nil, complaints
end

-- The numbers that a program printed, by name.
function shell.numbers(command)
  local text, complaints = shell.output(command)
  if not text then error(command .. "\n" .. complaints:sub(-2000), 0) end
  local numbers = {}
  for name, value in text:gmatch "([%w_]+) (%S+)\n" do numbers[name] = tonumber(value) end
  return numbers
end

-- A process in the background, which ends with this one at the latest: { line(), stop(), text, stdin, ended }.
function shell.start(words)
  local child = { stdin = uv.new_pipe(), stdout = uv.new_pipe(), text = "" }
  local all = table.move(words, 1, #words, 3, { "--pdeathsig", "TERM" })
  child.process = assert(uv.spawn("/usr/bin/setpriv", { args = all, stdio = { child.stdin, child.stdout, 2 } },
    function() child.ended = true end))
  child.stdout:read_start(function(_, piece) child.text = child.text .. (piece or "") end)
  function child.line()
    while not child.text:find "\n" and not child.ended do uv.run "once" end
    return child.text:match "^[^\n]*"
  end
  function child.stop()
    if not child.ended then child.process:kill "sigterm" end
    while not child.ended do uv.run "once" end
    for _, handle in ipairs { child.stdin, child.stdout, child.process } do handle:close() end
    uv.run "nowait"
  end
  return child
end

-- A port of 127.0.0.1 that nobody uses.
function shell.free_port()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  uv.run "nowait"
  return port
end

return shell
