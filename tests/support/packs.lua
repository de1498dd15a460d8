-- Packs that a spec writes for itself: folders under /tmp that are gone when the test (or its describe) has ended.
local uv = require "luv"
local loop = require "tests.support.loop"
local host = require "tests.support.host"

local packs = {}

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

-- Writes files (name → text, folders are made) and returns the folder. pack.lua need not be among them.
function packs.write(files)
  local folder = assert(uv.fs_mkdtemp("/tmp/hatchway-pack-XXXXXX"))
  loop.finally(function() os.execute("rm -r " .. folder) end)
  local made = {}
  local all = { ["pack.lua"] = 'pack { name = "spec", about = "A pack of a spec." }' }
  for name, text in pairs(files) do
    all[name] = text
  end
  for name, text in pairs(all) do
    local sub = name:match("^(.*)/")
    if sub and not made[sub] then
      made[sub] = true
      assert(uv.fs_mkdir(folder .. "/" .. sub, 493))
    end
    write(folder .. "/" .. name, text)
  end
  return folder
end

-- Starts a server for such a pack; initialized. options as for host.start.
function packs.start(files, options)
  local all = { pack = packs.write(files) }
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  local s = host.start(all)
  s:initialize()
  return s
end

-- A server with the one tool "t", whose body is `code`; `input` is the text of its input table.
function packs.tool(code, options)
  options = options or {}
  local text = ([[
local t = require "hatchway.types"
tool "t" {
  title = "T", about = "The tool of the spec.",
  access = %q,
  input = { %s },
  %s
  run = function(args) %s end,
}
]]):format(options.access or "read", options.input or "", options.more or "", code)
  local files = { ["tools/t.lua"] = text }
  for name, content in pairs(options.files or {}) do
    files[name] = content
  end
  return packs.start(files, options)
end

return packs
