-- Settings of luacheck for this repository: `luacheck -q .` finds nothing, and tests/e2e/lint_spec.lua holds it to that.
-- What the files of packs may use stands in docs/editor/.luacheckrc, which is made of the data of docs/api.

local packs = { stds = {}, files = {} }
local read = assert(loadfile("docs/editor/.luacheckrc", "t", packs))
if setfenv then setfenv(read, packs) end -- the Lua of luacheck may be 5.1
read()

stds.hatchway = packs.stds.hatchway
std = "lua54"
max_line_length = 130
exclude_files = { "build*", "docs/editor", "tests/protocol/node_modules" }

files["lua"] = { std = "hatchway" }
files["prompts"] = { std = "hatchway" }
files["tests/fixture"] = { std = "hatchway" }
files["tests/protocol/pack"] = { std = "hatchway" }
files["tests/lua"] = { std = "lua54+busted" }
files["tests/e2e"] = { std = "lua54+busted" }
files["docs/api"] = { max_line_length = false } -- tables of Markdown
