-- A home directory that begins empty, and the commands that a person runs in it.
--
--     local h = home.new()
--     h:write("shop/tools/x.lua", "…")
--     local result = h:run("check", h:path "shop")        -- { code, stdout, stderr }
--     h:read ".config/hatchway/hatchet/tools/x.lua"       -- nil if there is no such file
local uv = require "luv"
local host = require "tests.support.host"
local loop = require "tests.support.loop"

local home = {}
home.__index = home

home.own = ".config/hatchway/hatchet/" -- where the own overlay of the pack hatchet lies

-- options: those of host.run that all commands get (env, upstream).
function home.new(options)
  local folder = assert(uv.fs_mkdtemp "/tmp/hatchway-home-XXXXXX")
  loop.finally(function() os.execute("rm -r " .. folder) end)
  return setmetatable({ folder = folder, options = options or {} }, home)
end

function home:path(name) return self.folder .. "/" .. name end

function home:write(name, text)
  local path = self:path(name)
  os.execute(("mkdir -p '%s'"):format(path:match "^(.*)/"))
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

function home:read(name)
  local file <close> = io.open(self:path(name))
  return file and file:read "a"
end

local function all(self, more)
  local options = { home = self.folder, timeout = 30 }
  for _, from in ipairs { self.options, more } do
    for key, value in pairs(from) do options[key] = value end
  end
  return options
end

function home:run(...) return host.run(all(self, { args = { ... } })) end

function home:feed(stdin, ...) return host.run(all(self, { args = { ... }, stdin = stdin })) end

-- A command that succeeds, and says nothing on stderr: its output.
function home:ok(...)
  local result = self:run(...)
  if result.code ~= 0 or result.stderr ~= "" then
    error(("%s: exit code %d\n%s%s"):format(table.concat({ ... }, " "), result.code, result.stdout, result.stderr), 2)
  end
  return result.stdout
end

return home
