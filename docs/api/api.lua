-- The Lua API of packs as data: the one source of docs/lua-api.md and of what editors read (docs/editor). docs/api/generate.lua writes them.
--
--   declarations.lua   what files declare: pack, tool, toolset (a statement), resource, prompt, wrap.tool and their fields
--   types.lua          the types of arguments and results
--   functions.lua      what scripts may call
--   language.lua       which of Lua itself a file sees
--   specs.lua          what the specs of a pack have besides
--   svg.lua            the module hatchway.svg
--
-- A function: { name, about, params = { {name, type, text}, … }, returns = { {type, text}, … }, raises = text, example = Lua }. Types are
-- written as LuaLS writes them; a type that ends in "?" may be nil. A table: { name, about, functions, values, after }. Texts are Markdown.
-- tests/lua/api_docs_spec.lua asks the sandbox for what it really offers and compares.

local folder = arg and arg[0] and arg[0]:match("^(.*)/generate%.lua$") or "docs/api"

local function part(name)
  return dofile(("%s/%s.lua"):format(folder, name))
end

local functions = part "functions"

return {
  declarations = part "declarations",
  hide = functions.hide,
  types = part "types",
  tables = { functions.hatchway, functions.time, functions.json, functions.hatchet },
  modules = { part "svg" },
  language = part "language",
  specs = part "specs",
}
