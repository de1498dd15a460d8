-- MCP clients as readers of their configuration: each reads the file back as that client does, gives the server its
-- environment as that client does, and starts it.
--
--     local entry = clients.read("codex", text, "hatchet")             -- { command, args, env, … } as the file says it
--     local s = clients.start("codex", text, "hatchet", { HATCHET_CLIENT_TOKEN = token })   -- a session of host.lua
--
-- The last argument is the environment that the client itself was started in, or what a person answers to VS Code.
local cjson = require "cjson"
local uv = require "luv"
local host = require "tests.support.host"

local clients = {}

-- JSON with comments as strict JSON. Strings are left alone; `commas`: a comma before a bracket goes too.
local function without_comments(text, commas)
  local out, at = {}, text:sub(1, 3) == "\xEF\xBB\xBF" and 4 or 1
  while at <= #text do
    local stop = text:match('^"[^"\\]*()', at)
    if stop then
      while text:sub(stop, stop) == "\\" do stop = text:match('^[^"\\]*()', stop + 2) end
      out[#out + 1] = text:sub(at, stop)
      at = stop + 1
    elseif text:sub(at, at + 1) == "//" then
      at = text:find("\n", at, true) or #text + 1
    elseif text:sub(at, at + 1) == "/*" then
      at = select(2, assert(text:find("*/", at + 2, true))) + 1
    else
      out[#out + 1] = text:sub(at, at)
      at = at + 1
    end
  end
  if not commas then return table.concat(out) end
  for i, piece in ipairs(out) do
    local next = i + 1
    while piece == "," and out[next] and out[next]:match "^%s$" do next = next + 1 end
    if piece == "," and out[next] and out[next]:match "^[%]}]$" then out[i] = "" end
  end
  return table.concat(out)
end

-- --- TOML 1.0, what a configuration has: tables, strings, lists, inline tables, booleans, numbers ---

local toml = {}
toml.__index = toml

function toml:fail(what) error(("TOML, at byte %d: %s"):format(self.at, what), 0) end

function toml:take(pattern)
  local found, stop = self.text:match("^(" .. pattern .. ")()", self.at)
  if found then self.at = stop end
  return found
end

function toml:blank()
  repeat until not (self:take "[ \t\r\n]+" or self:take "#[^\n]*")
end

function toml:string()
  local long = self:take '"""' or self:take "'''"
  if long then -- without escapes
    local start, stop = self.at, self.text:find(long, self.at, true)
    if not stop then self:fail "a string without an end" end
    self.at = stop + 3
    return (self.text:sub(start, stop - 1):gsub("^\r?\n", ""))
  end
  local literal = self:take "'[^'\n]*'"
  if literal then return literal:sub(2, -2) end
  local start = self.at
  if not self:take '"' then return nil end
  while not self:take '"' do
    if not (self:take '[^"\\\n]+' or self:take "\\.") then self:fail "a string without an end" end
  end
  return cjson.decode("[" .. self.text:sub(start, self.at - 1) .. "]")[1]
end

function toml:path()
  local parts = {}
  repeat
    self:take "[ \t]*"
    parts[#parts + 1] = self:take "[%w_-]+" or self:string() or self:fail "no key"
    self:take "[ \t]*"
  until not self:take "%."
  return parts
end

function toml:value()
  if self:take "%[" then
    local list = {}
    self:blank()
    while not self:take "%]" do
      list[#list + 1] = self:value()
      self:blank()
      if not self:take "," and self.text:sub(self.at, self.at) ~= "]" then self:fail "no comma" end
      self:blank()
    end
    return list
  elseif self:take "{" then
    local fields = {}
    self:take "[ \t]*"
    while not self:take "}" do
      self:pair(fields)
      self:take "[ \t]*,?[ \t]*"
    end
    return fields
  end
  local text = self:string()
  if text then return text end
  local word = self:take "[%w+.:-]+" or self:fail "no value"
  if word == "true" or word == "false" then return word == "true" end
  return tonumber(word) or word
end

local function down(from, parts, last)
  for i = 1, last do
    from[parts[i]] = from[parts[i]] or {}
    from = from[parts[i]]
  end
  return from
end

function toml:pair(into)
  local parts = self:path()
  if not self:take "=[ \t]*" then self:fail "no =" end
  local owner = down(into, parts, #parts - 1)
  if owner[parts[#parts]] ~= nil then self:fail("a second " .. parts[#parts]) end
  owner[parts[#parts]] = self:value()
end

local function decode_toml(text)
  local reader, root, seen = setmetatable({ text = text, at = 1 }, toml), {}, {}
  local current = root
  reader:blank()
  while reader.at <= #text do
    if reader:take "%[" then
      local parts = reader:path()
      if not reader:take "%]" then reader:fail "no ]" end
      local name = table.concat(parts, "\0")
      if seen[name] then reader:fail "a table that was there before" end
      seen[name] = true
      current = down(root, parts, #parts)
    else
      reader:pair(current)
    end
    if not reader:take "[ \t]*#[^\n]*" then reader:take "[ \t\r]*" end
    if reader.at <= #text and not reader:take "\n" then reader:fail "two statements in a line" end
    reader:blank()
  end
  return root
end

-- --- the clients ---

-- The variables of its own environment that the client gives to every server.
local harmless = { PATH = true, HOME = true, LANG = true, USER = true, SHELL = true, TERM = true }

local function expand(pattern)
  return function(env, own)
    for name, value in pairs(env) do
      env[name] = value:gsub(pattern, function(variable) return own[variable] end)
    end
    return env
  end
end

local kinds = {
  ["claude-code"] = { section = "mcpServers", file = ".claude.json", project = ".mcp.json", expand = expand "%${([%w_]+)}",
    gives = function() return true end },
  ["claude-desktop"] = { section = "mcpServers", file = ".config/Claude/claude_desktop_config.json",
    gives = function(name) return harmless[name] end },
  cursor = { section = "mcpServers", file = ".cursor/mcp.json", project = ".cursor/mcp.json", comments = true,
    expand = expand "%${env:([%w_]+)}", gives = function() return true end },
  vscode = { section = "servers", file = ".config/Code/User/mcp.json", project = ".vscode/mcp.json", comments = true,
    commas = true, gives = function() return true end },
  codex = { section = "mcp_servers", file = ".codex/config.toml", project = ".codex/config.toml", decode = decode_toml,
    gives = function(name, entry)
      for _, passed in ipairs(entry.env_vars or {}) do
        if passed == name then return true end
      end
      return harmless[name]
    end },
  gemini = { section = "mcpServers", file = ".gemini/settings.json", project = ".gemini/settings.json", comments = true,
    expand = expand "%$([%w_]+)", gives = function(name) return not name:find "TOKEN" end },
  zed = { section = "context_servers", file = ".config/zed/settings.json", project = ".zed/settings.json", comments = true,
    commas = true, gives = function() return true end },
}

clients.names = { "claude-code", "claude-desktop", "cursor", "vscode", "codex", "gemini", "zed" }

function clients.file(name) return kinds[name].file end -- below the home
function clients.project_file(name) return kinds[name].project end

-- The whole configuration, as the client sees it.
function clients.decode(name, text)
  local kind = kinds[name]
  if kind.decode then return kind.decode(text) end
  return cjson.decode(kind.comments and without_comments(text, kind.commas) or text)
end

function clients.read(name, text, server)
  return (clients.decode(name, text)[kinds[name].section] or {})[server]
end

-- VS Code asks for its inputs: a person types what stands in `own` under their ids.
local function answer_inputs(whole, env, own)
  local known = {}
  for _, input in ipairs(whole.inputs or {}) do
    assert(input.type == "promptString" and input.password == true, "it is not asked for as a password")
    known[input.id] = own[input.id]
  end
  return expand "%${input:([%w_-]+)}"(env, known)
end

-- The environment that the client gives to the server.
local function environment(name, whole, entry, own)
  local kind, env = kinds[name], {}
  for variable, value in pairs(entry.env or {}) do env[variable] = value end
  if name == "vscode" then env = answer_inputs(whole, env, own) end
  if kind.expand then env = kind.expand(env, own) end
  for variable, value in pairs(own) do
    if not env[variable] and kind.gives(variable, entry) then env[variable] = value end
  end
  return env
end

-- Starts the server as the client does; initialized.
function clients.start(name, text, server, own)
  local whole, entry = clients.decode(name, text), clients.read(name, text, server)
  assert(entry.type == nil or entry.type == "stdio", "it is no program")
  assert(entry.command == uv.fs_realpath(host.binary) and entry.args[1] == "serve", "it is another program")
  local s = host.start { args = { table.unpack(entry.args, 2) }, env = environment(name, whole, entry, own or {}) }
  s:initialize()
  return s
end

return clients
