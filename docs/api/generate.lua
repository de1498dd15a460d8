-- Writes what is made from the data of docs/api:
--
--     lua5.4 docs/api/generate.lua
--
--   docs/lua-api.md                   the reference
--   docs/editor/stubs/*.lua           stubs for LuaLS: what an editor completes and checks
--   docs/editor/.luarc.json           settings of LuaLS for a pack or an overlay
--   docs/editor/.luacheckrc           settings of luacheck for a pack or an overlay
--
-- As a chunk with the argument "list" it writes nothing and gives name → text: tests/lua/api_docs_spec.lua compares.

local is_list = ... == "list"
local folder = not is_list and arg[0]:match("^(.*)/") or "docs/api"

local function part(name)
  return dofile(("%s/%s.lua"):format(folder, name))
end

local api, reference, editor = part "api", part "reference", part "editor"

local texts = {
  ["lua-api.md"] = reference.write(api),
  ["editor/stubs/hatchway.lua"] = editor.stubs(api),
  ["editor/stubs/types.lua"] = editor.types(api),
  ["editor/stubs/specs.lua"] = editor.specs(api),
  ["editor/.luarc.json"] = editor.luarc(),
  ["editor/.luacheckrc"] = editor.luacheckrc(api),
}

for _, entry in ipairs(api.modules) do texts[("editor/stubs/%s.lua"):format(entry.name)] = editor.module(entry) end

if is_list then return texts end

for name, text in pairs(texts) do
  local file <close> = assert(io.open(("%s/../%s"):format(folder, name), "w"))
  file:write(text)
end
