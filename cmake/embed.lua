-- Writes the Lua files of the standard library, the built-in packs and their prompts as one C file: their text, and what Lua
-- compiles it to, which takes a fifth of the time to read.
--
--     lua5.4 cmake/embed.lua ROOT OUTPUT
--
-- ROOT/lua/hatchet/tools/runs.lua becomes "hatchet/tools/runs.lua", ROOT/prompts/hatchet/x.lua "prompts/hatchet/x.lua".
-- The list is sorted by name, as src/script/source.h says.
local root, output = arg[1], arg[2]

local function lua_files(folder)
  local pipe = assert(io.popen(("cd '%s/%s' && find . -name '*.lua' -type f"):format(root, folder)))
  local names = {}
  for line in pipe:lines() do names[#names + 1] = line:sub(3) end
  pipe:close()
  return names
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local files = {}
for _, name in ipairs(lua_files("lua")) do
  files[#files + 1] = { name = name, text = read(("%s/lua/%s"):format(root, name)) }
end
for _, name in ipairs(lua_files("prompts")) do
  files[#files + 1] = { name = "prompts/" .. name, text = read(("%s/prompts/%s"):format(root, name)) }
end
table.sort(files, function(a, b) return a.name < b.name end)

local out <close> = assert(io.open(output, "wb"))
out:write("// Made by cmake/embed.lua: do not edit.\n#include \"script/source.h\"\n\n")
for i, file in ipairs(files) do
  out:write(("static const char text_%d[] ="):format(i))
  for line in file.text:gmatch("[^\n]*\n?") do
    local quoted = line:gsub('[%c"\\?\128-\255]', function(c) return ("\\%03o"):format(c:byte()) end)
    if line ~= "" then out:write('\n    "', quoted, '"') end
  end
  out:write("\n    \"\";\n")
  local code = string.dump(assert(load(file.text, "@" .. file.name, "t")))
  file.code = #code
  out:write(("static const char code_%d[] ="):format(i))
  for at = 1, #code, 64 do
    out:write('\n    "', (code:sub(at, at + 63):gsub(".", function(c) return ("\\%03o"):format(c:byte()) end)), '"')
  end
  out:write(";\n")
end
out:write("\nconst script_file script_built_in_files[] = {\n")
for i, file in ipairs(files) do
  out:write(("    {\"%s\", text_%d, %d, code_%d, %d},\n"):format(file.name, i, #file.text, i, file.code))
end
out:write("};\n", ("const size_t script_built_in_count = %d;\n"):format(#files))
