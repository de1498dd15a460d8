-- What the specs of the packages share: the version, commands, and systems to try packages in.
--
--     local root = packages.system("bookworm", "amd64")        -- a copy that is the spec's own
--     packages.sh("chroot %s dpkg -i /x.deb", root)            -- its output; a command that fails is an error
--     local s = packages.inside(root, function() return tenant.play "overview" end)    -- the binary in that system
local uv = require "luv"
local cjson = require "cjson"
local host = require "tests.support.host"
local loop = require "tests.support.loop"

local packages = {}

function packages.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

host.patience = 60 -- these systems are copied and emulated: nothing is quick

packages.version = packages.read("src/base/base.h"):match '#define HATCHWAY_VERSION "([^"]+)"'
packages.here = assert(uv.cwd())

function packages.json(path) return cjson.decode(packages.read(path)) end

-- Its exit code and all that it says.
function packages.try(command, ...)
  local pipe = assert(io.popen(("{ %s ; } 2>&1 </dev/null"):format(command:format(...))))
  local said = pipe:read "a"
  local _, _, code = pipe:close()
  return code, said
end

function packages.sh(command, ...)
  local code, said = packages.try(command, ...)
  if code ~= 0 then error(("exit code %d: %s\n%s"):format(code, command:format(...), said), 2) end
  return said
end

function packages.has(tool) return (packages.try("command -v %s", tool)) == 0 end

-- An empty folder that is gone when the test or describe has ended.
function packages.folder()
  local folder = assert(uv.fs_mkdtemp "/tmp/hatchway-packages-XXXXXX")
  loop.finally(function() os.execute("rm -rf --one-file-system " .. folder) end)
  return folder
end

-- The files of a Debian, as debootstrap made them: to look at, not to change.
function packages.pristine(suite, architecture, ...)
  return packages.sh("tests/packages/root %s %s %s", suite, architecture, table.concat({ ... }, " ")):match "([^\n]+)\n$"
end

function packages.system(...)
  local root = packages.folder()
  packages.sh("cp -a %s/. %s", packages.pristine(...), root)
  return root
end

-- Runs fn while host.run and host.start start this command in place of the binary.
function packages.with(command, fn)
  local binary = host.binary
  host.binary = command
  local results = table.pack(pcall(fn))
  host.binary = binary
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

-- A command that is a script of these lines.
function packages.script(text)
  local path = packages.folder() .. "/command"
  local file <close> = assert(io.open(path, "w"))
  file:write("#!/bin/sh\n" .. text)
  assert(uv.fs_chmod(path, 493))
  return path
end

-- Runs fn with the hatchway of a system; its standard place, or another one.
function packages.inside(root, fn, binary)
  return packages.with(packages.script(('exec chroot %s %s "$@"'):format(root, binary or "/usr/bin/hatchway")), fn)
end

return packages
