-- Drives the built binary: a server on stdio, or a command that runs to its end.
--
--     local host = require "tests.support.host"
--     local s = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har" } }
--     s:initialize()
--     local result = s:call("list_workflows", { limit = 5 })
--
-- The binary is $HATCHWAY, else build/hatchway. A process gets a clean environment: PATH, HOME (an empty folder unless given),
-- LANG, LSAN_OPTIONS, and what `env` says; `upstream = server` points it at a test server of tests/support/upstream.lua. Whatever
-- does not come in time is an error that shows what did come; so is a line on stdout that is no JSON, and a crash.
local uv = require "luv"
local cjson = require "cjson"
local loop = require "tests.support.loop"
local tokens = require "tests.support.token"

local host = {}

host.binary = os.getenv "HATCHWAY" or "build/hatchway"
host.patience = 10 -- seconds that a wait may take unless it says otherwise

host.revisions = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25" } -- those that initialize negotiates
host.modern_revision = "2026-07-28"

local session = {}
session.__index = session

-- The environment of the child as uv.spawn wants it, and the function that removes the home made for it.
local function environment(options)
  local home = options.home
  local remove = function() end
  if not home then
    home = assert(uv.fs_mkdtemp("/tmp/hatchway-spec-XXXXXX"))
    remove = function() os.execute("rm -rf " .. home) end
  end
  local set = { PATH = os.getenv "PATH", HOME = home, LANG = "C.UTF-8", LSAN_OPTIONS = os.getenv "LSAN_OPTIONS" }
  if options.upstream then
    set.HATCHET_CLIENT_TOKEN = tokens.token { server_url = options.upstream.url }
  end
  for name, value in pairs(options.env or {}) do
    set[name] = value or nil
  end
  local list = {}
  for name, value in pairs(set) do
    list[#list + 1] = name .. "=" .. value
  end
  return list, remove
end

-- Starts the binary. on_out gets the pieces of stdout; stderr is gathered in child.stderr.
local function spawn(args, options, on_out)
  local out, err = uv.new_pipe(), uv.new_pipe()
  local child = { stdin = uv.new_pipe(), stdout = out, stderr = "" }
  local env, remove_home = environment(options)
  local process, pid = uv.spawn(host.binary, { args = args, env = env, stdio = { child.stdin, out, err } },
    function(code, signal) child.code, child.killed_by = code, signal end)
  if not process then
    error(("cannot start %s: %s (build it first, or name another binary in HATCHWAY)"):format(host.binary, pid), 0)
  end
  child.process, child.pid, child.open = process, pid, 2
  local function reader(pipe, take)
    pipe:read_start(function(failure, piece)
      if piece then
        take(piece)
      else
        child.open = child.open - 1
        loop.close(pipe)
        child.failure = child.failure or failure
      end
    end)
  end
  reader(out, on_out)
  reader(err, function(piece) child.stderr = child.stderr .. piece end)
  loop.finally(function()
    if not child.code then
      process:kill("sigkill")
    end
    for _, handle in ipairs { child.stdin, out, err, process } do
      loop.close(handle)
    end
    remove_home()
  end)
  return child
end

-- Both streams read to their end and the process gone: the exit code. Crashes are errors.
local function ended(child, seconds, what)
  local done = loop.wait(seconds, function() return child.code and child.open == 0 end)
  if not done then
    error(("%s has not ended within %g s\nstderr: %s"):format(what, seconds, child.stderr), 0)
  end
  if child.killed_by ~= 0 then
    error(("%s was ended by signal %d\nstderr: %s"):format(what, child.killed_by, child.stderr), 0)
  end
  return child.code
end

-- Runs a command to its end: { code, stdout, stderr, ms }. `stdin` is its whole input.
function host.run(options)
  local out = {}
  local began = loop.clock()
  local child = spawn(options.args or {}, options, function(piece) out[#out + 1] = piece end)
  child.stdin:write(options.stdin or "")
  child.stdin:shutdown()
  local code = ended(child, options.timeout or host.patience, table.concat(options.args or {}, " "))
  return { code = code, stdout = table.concat(out), stderr = child.stderr, ms = (loop.clock() - began) * 1000 }
end

-- The params of a request of the modern revision; meta adds to its _meta or, with false, takes away.
function host.modern(params, meta)
  local out, own = {}, {
    ["io.modelcontextprotocol/protocolVersion"] = host.modern_revision,
    ["io.modelcontextprotocol/clientCapabilities"] = {},
  }
  for key, value in pairs(params or {}) do
    out[key] = value
  end
  for key, value in pairs(meta or {}) do
    own[key] = value or nil
  end
  out._meta = own
  return out
end

-- Starts `hatchway serve PACK ARGS…`.
function host.start(options)
  local args = { "serve" }
  if options.pack then
    args[#args + 1] = options.pack
  end
  table.move(options.args or {}, 1, #(options.args or {}), #args + 1, args)
  local s = setmetatable({ last_id = 0, lines = {}, received = {}, notifications = {}, pieces = {} }, session)
  s.child = spawn(args, options, function(piece) s:take(piece) end)
  s.log = function() return s:decoded_log() end
  return s
end

-- Takes a piece of stdout. What is no whole line yet waits in self.pieces.
function session:take(piece)
  local from = 1
  local at = piece:find("\n", from, true)
  while at do
    self.pieces[#self.pieces + 1] = piece:sub(from, at - 1)
    local text = table.concat(self.pieces)
    self.pieces, from = {}, at + 1
    self:take_line(text)
    at = piece:find("\n", from, true)
  end
  self.pieces[#self.pieces + 1] = piece:sub(from)
end

function session:take_line(text)
  local ok, message = pcall(cjson.decode, text)
  if not ok then
    self.fault = "a line on stdout is no JSON: " .. text
  end
  self.lines[#self.lines + 1] = { text = text, message = ok and message or nil }
  self.received[#self.received + 1] = text
  if ok and message.method and message.id == nil then
    self.notifications[#self.notifications + 1] = message
  end
end

local function shorten(text)
  return #text > 2000 and text:sub(1, 1000) .. " … " .. text:sub(-1000) or text
end

function session:fail(what)
  local seen = {}
  for i = math.max(1, #self.received - 9), #self.received do
    seen[#seen + 1] = "  " .. shorten(self.received[i])
  end
  error(("%s\nstdout (%d lines, the last ones):\n%s\nstderr:\n%s\nexit code: %s"):format(what, #self.received,
    table.concat(seen, "\n"), shorten(self.child.stderr), tostring(self.child.code)), 0)
end

-- Waits until done() is true in a condition, and returns that value.
function session:await(seconds, what, done)
  local value = loop.wait(seconds or host.patience, function()
    return self.fault or done() or self.child.code and self.child.open == 0 and "ended"
  end)
  if self.fault then
    self:fail(self.fault)
  elseif value == "ended" then
    self:fail("the server ended before there was " .. what)
  elseif not value then
    self:fail(("no %s within %g s"):format(what, seconds or host.patience))
  end
  return value
end

-- Sends bytes exactly as they are.
function session:raw(bytes)
  self.child.stdin:write(bytes)
end

-- Sends a request and returns its id.
function session:send(method, params)
  self.last_id = self.last_id + 1
  self:raw(cjson.encode { jsonrpc = "2.0", id = self.last_id, method = method, params = params } .. "\n")
  return self.last_id
end

function session:notify(method, params)
  self:raw(cjson.encode { jsonrpc = "2.0", method = method, params = params } .. "\n")
end

-- Waits for the response with this id.
function session:wait(id, timeout)
  local at = self:await(timeout, ("response to request %s"):format(id), function()
    for i, line in ipairs(self.lines) do
      if line.message and line.message.id == id and not line.message.method then
        return i
      end
    end
  end)
  return table.remove(self.lines, at).message
end

-- Sends a request and waits for its response: a table with result or error.
function session:request(method, params, options)
  return self:wait(self:send(method, params), options and options.timeout)
end

-- The next line of stdout, as text, that no wait has taken.
function session:line(timeout)
  self:await(timeout, "line", function() return #self.lines > 0 end)
  return table.remove(self.lines, 1).text
end

-- The next line as a decoded message.
function session:message(timeout)
  return cjson.decode(self:line(timeout))
end

-- Waits so long and makes sure that nothing came that no wait has taken.
function session:silence(seconds)
  loop.sleep(seconds)
  if #self.lines > 0 or self.fault then
    self:fail(self.fault or "there should have been no line")
  end
end

-- initialize and notifications/initialized; returns the result.
function session:initialize(version, capabilities)
  local response = self:request("initialize", {
    protocolVersion = version or "2025-11-25",
    capabilities = capabilities or {},
    clientInfo = { name = "specs", version = "1.0" },
  })
  if not response.result then
    self:fail("initialize was refused")
  end
  self:notify("notifications/initialized")
  return response.result
end

-- Calls a tool and returns its result, an isError result included.
function session:call(tool, arguments, options)
  local response = self:request("tools/call", { name = tool, arguments = arguments }, options)
  if not response.result then
    self:fail(("%s gave a protocol error"):format(tool))
  end
  return response.result
end

-- The text of the last text block of a result.
function session:text(result)
  for i = #result.content, 1, -1 do
    if result.content[i].type == "text" then
      return result.content[i].text
    end
  end
  self:fail("the result has no text block")
end

function session:close_input()
  if not self.child.stdin:is_closing() then
    self.child.stdin:shutdown(function() loop.close(self.child.stdin) end)
  end
end

-- Reads no more, as a client that has gone, though it keeps its end of stdin.
function session:close_output()
  self.child.open = self.child.open - 1
  loop.close(self.child.stdout)
end

function session:signal(name)
  self.child.process:kill(name)
end

-- Waits for the end of the process: exit code, text of stderr.
function session:exit(seconds)
  local code = ended(self.child, seconds or host.patience, "the server")
  if self.fault then
    self:fail(self.fault)
  end
  return code, self.child.stderr
end

-- Ends the input and waits for the end of the process: exit code, text of stderr.
function session:stop()
  self:close_input()
  return self:exit(5)
end

-- The JSON lines of stderr, decoded.
function session:decoded_log()
  local list = {}
  for text in self.child.stderr:gmatch("[^\n]+") do
    local ok, line = pcall(cjson.decode, text)
    if ok and type(line) == "table" then
      list[#list + 1] = line
    end
  end
  return list
end

return host
