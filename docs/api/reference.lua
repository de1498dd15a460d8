-- docs/lua-api.md from the data of docs/api. Text that stands between the entries is here.

local reference = {}

local INTRO = [[
# The Lua API of packs

Made by `lua5.4 docs/api/generate.lua` from `docs/api`: change the data there. For a start see [writing a tool](guides/writing-a-tool.md).

A pack is a folder of Lua that makes one MCP server. Its files declare; the host calls what they declared.

```
pack.lua            the manifest
tools/*.lua         tools, one file a domain
resources/*.lua     resources and resource templates
prompts/*.lua       prompts
tests/*_spec.lua    specs of one's own tools
*.lua               modules, reached by require "<pack>.<name>"
```

Files of a folder are read in the order of their names, declarations are kept in the order of the file.

An **overlay** is a folder of the same shape that lies over a pack: `$XDG_CONFIG_HOME/hatchway/<pack>/` (`~/.config/hatchway/<pack>/` if that is
not set) is always looked at, `--overlay DIR` adds more, and the later wins. What an overlay declares under a name that is there already replaces
it, in its place in the list; a new name adds; `hide` takes away; `wrap.tool` changes. Its modules have the pack's name too (`require "hatchet.mine"`), and cannot take
the name of a module that the pack has. A pack.lua is not needed.

**Live reload**: `hatchway serve` reads pack and overlays again when a file of them is saved, added or removed. The new set is built beside the old
one and takes its place when it is whole; calls that run end on what they began with. Clients are told with `list_changed`. When a file is broken, what was
served before goes on, and file, line and reason go to the log and to the client. Nothing that a script keeps in Lua tables outlives a reload.
]]

local LANGUAGE = [[
## What a file sees

The language is Lua 5.4. Each file has its own globals, which are frozen when the file has been read: a call that assigns a
global gets an error. Reading a name that does not exist is an error too, so a misspelt name is found at once.

| from | names |
|---|---|
| base | `%s` |
| libraries | `%s`, as in Lua but for what stands below; `os.time`, `os.date` (UTC, and the clock of the recording when one is played back) |
| host | `pack tool toolset resource prompt` while files are read, and `hide wrap` in those of overlays; `hatchway json` always; `hatchet` when the manifest asks for it |

`print` writes to the log. There is no `io`, `debug`, `load`, `package`, `coroutine`: the host runs each call in a coroutine of its own.
`string.dump` and `rawset` are missing, `setmetatable` takes neither `__gc` nor `__mode`, and a string is at most 4 MB long.
Calls share tables that nobody can change: the libraries, what a module returns, and the globals of a file.
`pcall` and `xpcall` never catch the end of a call (a cancel, a deadline, a spent budget, the memory ceiling).
[What the sandbox allows](guides/sandbox.md) says why.
]]

local TYPES = [[
## Types: `local t = require "hatchway.types"`

Each takes a description, or a table whose first element is the description:

```lua
t.uuid "The run."
t.integer { "How deep to go.", min = 0, max = 10, optional = true }
```
]]

local TYPES_AFTER = [[
All have `optional = true` or `default = value` (which makes it optional and is filled in). In `output` everything is optional unless `required = true`.

A schema of `t.raw` is refused with the file when it is no object schema (as `input`), names another dialect than 2020-12, or has a `$ref` that leads out of it or
nowhere: nothing is fetched. Arguments are checked by these words: `type enum const properties required additionalProperties minProperties maxProperties
dependentRequired items prefixItems minItems maxItems uniqueItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength format`
(`uuid date-time date email uri`) `anyOf oneOf allOf not if then else $ref $defs $anchor`. All other words (`pattern`, `contains`, `unevaluatedProperties` …) are
for the client to read: check in `run` what must hold.

An argument of a prompt and a variable of a resource template may say what it could be: `complete = function(value, arguments)` gets what was typed so far and
what the other arguments are already (texts), and returns a list of texts, the best first. The host shows at most 100 of those that begin with what was typed,
then of those that hold it, in either case of letters. Enums and booleans need none. It runs like a call that only reads, for 3 seconds at most; where it fails
nothing is shown, and the log says why.

```lua
t.string { "The queue.", complete = function() return { "default", "mail", "reports" } end }
```
]]

local SPECS = [[
## Specs: tests/*_spec.lua

`hatchway test DIR` runs them in the sandbox of the tools, against recordings; nothing goes to a tenant. A spec asks as a client would. [Testing](guides/testing.md)
shows it. `call`, `read` and `ask` are there in `hatchway repl` too.
]]

local function escape(text)
  return (text:gsub("|", "\\|"))
end

local function code_list(words, between)
  return table.concat(words, between or " ")
end

local function language_section(language)
  local libraries = {}
  for _, library in ipairs(language.libraries) do
    if library.name ~= "os" then libraries[#libraries + 1] = library.name end
  end
  return LANGUAGE:format(code_list(language.base), code_list(libraries))
end

local function shown_type(field)
  return escape(field.shown or field[2])
end

local function statement(put, entry)
  put(("### %s\n\n%s\n\n```lua\n%s```\n\n"):format(entry.form, entry.about, entry.example))
end

local function declaration(put, entry)
  if entry.statement then return statement(put, entry) end
  put(("### %s\n\n%s\n\n| field | type | meaning |\n|---|---|---|\n"):format(entry.form, entry.about))
  for _, field in ipairs(entry.fields) do
    put(("| `%s`%s | %s | %s |\n"):format(field[1], field.needed and " (needed)" or "", shown_type(field), escape(field[3])))
  end
  put("\n")
  if entry.example then put(("```lua\n%s```\n\n"):format(entry.example)) end
  if entry.after then put(entry.after .. "\n\n") end
end

local function own_fields(kind)
  local names = {}
  for _, field in ipairs(kind.own) do names[#names + 1] = ("`%s` (%s)"):format(field[1], field[3]) end
  return table.concat(names, ", ")
end

local function types_section(put, types)
  put(TYPES .. "\n| type | accepts | own fields |\n|---|---|---|\n")
  for _, kind in ipairs(types) do put(("| `t.%s` | %s | %s |\n"):format(kind.name, kind.accepts, own_fields(kind))) end
  put("\n" .. TYPES_AFTER .. "\n")
end

local function signature(prefix, f)
  local names = {}
  for _, param in ipairs(f.params) do names[#names + 1] = param[1] .. (param[2]:find "%?$" and "?" or "") end
  return ("%s%s(%s)"):format(prefix and prefix .. "." or "", f.name, table.concat(names, ", "))
end

local function told(type, text)
  return text == "" and ("`%s`"):format(type) or ("`%s`: %s"):format(type, text)
end

local function func(put, prefix, f)
  put(("#### `%s`\n\n"):format(signature(prefix, f)))
  local count = 0
  local function item(text)
    put("- " .. text .. "\n")
    count = count + 1
  end
  for _, param in ipairs(f.params) do item(("`%s` %s"):format(param[1], told(param[2], param[3]))) end
  for i, result in ipairs(f.returns or {}) do item((i == 1 and "gives " or "and ") .. told(result[1], result[2])) end
  if f.raises then item("raises " .. f.raises) end
  if count > 0 then put("\n") end
  if f.example then put(("```lua\n%s```\n\n"):format(f.example)) end
end

local function summary(put, entry)
  put("| name | does |\n|---|---|\n")
  for _, value in ipairs(entry.values or {}) do put(("| `%s.%s` | %s |\n"):format(entry.name, value[1], escape(value[3]))) end
  for _, f in ipairs(entry.functions) do put(("| `%s` | %s |\n"):format(signature(entry.name, f), escape(f.about))) end
  put("\n")
end

-- A small table of functions needs no more than its summary.
local function table_section(put, entry)
  put(("## %s\n\n"):format(entry.title))
  if entry.about then put(entry.about .. "\n\n") end
  summary(put, entry)
  if entry.after then put(entry.after .. "\n\n") end
  for _, f in ipairs(entry.functions) do func(put, entry.name, f) end
end

local function specs_section(put, specs)
  put(SPECS .. "\n")
  put(("```lua\n%s```\n\n| function | does |\n|---|---|\n"):format(specs.example))
  for _, f in ipairs(specs.functions) do put(("| `%s` | %s |\n"):format(signature(nil, f), f.about)) end
  put("| `assert(value, message?)` | as in Lua |\n")
  for _, f in ipairs(specs.assertions) do put(("| `%s` | %s |\n"):format(signature("assert", f), f.about)) end
end

function reference.write(api)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put(INTRO .. "\n" .. language_section(api.language) .. "\n## Declarations\n\n")
  for _, entry in ipairs(api.declarations) do declaration(put, entry) end
  put("### hide.tool \"name\", hide.resource \"address\", hide.prompt \"name\"\n\n"
    .. "Overlays only: takes away what the pack or an earlier overlay has. A name that is not there is an error, with the nearest one.\n\n")
  types_section(put, api.types)
  for _, entry in ipairs(api.tables) do table_section(put, entry) end
  for _, entry in ipairs(api.modules) do table_section(put, entry) end
  specs_section(put, api.specs)
  return (table.concat(out):gsub("\n+$", "\n"))
end

return reference
