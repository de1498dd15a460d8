-- What editors and linters read, from the data of docs/api: stubs for LuaLS, .luarc.json, .luacheckrc.

local editor = {}

local HEAD = "-- Made by docs/api/generate.lua: do not edit.\n"

local COMMON = [[
---@alias hatchway.Access "read"|"write"|"destroy"
---@alias hatchway.Level "debug"|"info"|"notice"|"warning"|"error"|"critical"|"alert"|"emergency"
---@alias hatchway.Result table|string|hatchet.Answer|hatchway.Content

---@class (exact) hatchway.Link
---@field run? string|string[]
---@field workflow? string|string[]
---@field worker? string|string[]

---@class hatchway.Message
---@field role "user"|"assistant"
---@field text? string
---@field content? hatchway.Block

---@class hatchway.Error
---@field message string
---@field code? string
---@field hint? string
---@field kind? "validation_error"|"unauthorized"|"not_found"|"conflict"|"rate_limited"|"server_error"|"unknown"
---@field status? integer
---@field retryable? boolean

---@class hatchway.Page
---@field csp? table
---@field permissions? table
---@field domain? string
---@field prefersBorder? boolean

---@class hatchway.Watch
---@field every number
---@field run? fun(args: table): any, boolean?

---@class (exact) hatchway.Annotations
---@field audience? ("user"|"assistant")[]
---@field priority? number
---@field lastModified? string

---@class (exact) hatchway.Icon
---@field src string
---@field mimeType? string
---@field sizes? string[]
---@field theme? "light"|"dark"

---@class (exact) hatchway.Block
---@field type "text"|"image"|"audio"|"link"|"resource"
---@field text? string
---@field data? string
---@field bytes? string
---@field blob? string
---@field mimeType? string
---@field uri? string
---@field name? string
---@field title? string
---@field description? string
---@field annotations? hatchway.Annotations

---@class hatchway.Blocks
---@field [integer] hatchway.Block
---@field structured? table

---@class hatchway.Content
local Content = {}

---@class hatchway.Client
---@field name? string
---@field version? string
---@field protocol? string
---@field sampling? boolean
---@field elicitation? boolean
---@field roots? boolean
---@field elicitation_url? boolean
---@field sampling_tools? boolean

---@class hatchway.Question
local Question = {}

---@class (exact) hatchway.Elicit
---@field message string
---@field fields? table<string, hatchway.Type>
---@field schema? table
---@field url? string

---@class (exact) hatchway.Sample
---@field messages string|table[]
---@field max_tokens integer
---@field system_prompt? string
---@field temperature? number
---@field stop_sequences? string[]
---@field model_preferences? table
---@field include_context? "none"|"thisServer"|"allServers"
---@field metadata? table
---@field tools? table[]
---@field tool_choice? table

---@class hatchway.Server
---@field version string
---@field access hatchway.Access
---@field replay boolean
---@field tools { read: integer, write: integer, destroy: integer }

---@class hatchway.Type
local Type = {}

---@class json.Null
local Null = {}

---@class hatchet.Answer
local Answer = {}

---@class (exact) hatchet.Options
---@field retry? boolean
---@field idempotent? boolean
---@field text? boolean
---@field only? table
]]

local OS = [[

---@class oslib
os = {}

---Seconds since 1970, of the clock of the recording when one is played back.
---@param time? { year: integer, month: integer, day: integer, hour?: integer, min?: integer, sec?: integer }
---@return integer
function os.time(time) end

---In UTC.
---@param format? string
---@param time? integer
---@return string|table
function os.date(format, time) end
]]

-- Text of a comment: one line, without Markdown's line breaks.
local function line_of(text)
  return (text:gsub("\n", " "))
end

local function class(put, name, fields)
  put(("\n---@class (exact) %s\n"):format(name))
  for _, field in ipairs(fields) do
    put(("---@field %s%s %s%s\n"):format(field[1], field.needed and not field.may_lack and "" or "?", field[2], field[3] and " " .. line_of(field[3]) or ""))
  end
end

local function declared(put, entry)
  if entry.statement then
    return put(("\n---%s\n---@param name string\nfunction %s(name) end\n"):format(line_of(entry.about), entry.name))
  end
  class(put, entry.class, entry.fields)
  put(("\n---%s\n"):format(line_of(entry.about)))
  if entry.named then put(("---@param name string\n---@return fun(fields: %s)\n"):format(entry.class))
  else put(("---@param fields %s\n"):format(entry.class)) end
  put(("function %s%s(%s) end\n"):format(entry.of and entry.of .. "." or "", entry.name, entry.named and "name" or "fields"))
end

-- "table?" → "x?", "table"
local function parameter(param)
  local type, optional = param[2]:gsub("%?$", "")
  return param[1] .. (optional > 0 and "?" or ""), type
end

local function func(put, prefix, f)
  put(("\n---%s\n"):format(line_of(f.about)))
  local names = {}
  for _, param in ipairs(f.params) do
    names[#names + 1] = param[1]
    local name, type = parameter(param)
    put(("---@param %s %s%s\n"):format(name, type, param[3] ~= "" and " " .. line_of(param[3]) or ""))
  end
  for _, result in ipairs(f.returns or {}) do
    put(("---@return %s%s\n"):format(result[1], result[2] ~= "" and " # " .. line_of(result[2]) or ""))
  end
  put(("function %s%s(%s) end\n"):format(prefix and prefix .. "." or "", f.name, table.concat(names, ", ")))
end

local function library(put, entry)
  put(("\n---%s\n"):format(line_of(entry.about or entry.title)))
  put(("---@class %slib\n"):format(entry.name))
  for _, value in ipairs(entry.values or {}) do put(("---@field %s %s %s\n"):format(value[1], value[2], line_of(value[3]))) end
  put(("%s = {}\n"):format(entry.name))
  for _, f in ipairs(entry.functions) do func(put, entry.name, f) end
end

-- The globals of files, for LuaLS.
function editor.stubs(api)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put("---@meta\n" .. HEAD .. "\n" .. COMMON)
  library(put, api.hide)
  put("\n---Overlays: changes what is there already.\n---@class wraplib\nwrap = {}\n")
  for _, entry in ipairs(api.declarations) do declared(put, entry) end
  for _, entry in ipairs(api.tables) do library(put, entry) end
  put(OS)
  return table.concat(out)
end

local COMMON_OF_TYPES = {
  { 1, "string", "description" },
  { "optional", "boolean", "it may be left out" },
  { "default", "any", "filled in when it is left out" },
  { "required", "boolean", "in `output`: it is always there" },
  { "complete", "fun(value: string, arguments: table<string, string>): string[]", "what it could be, for prompts and resource templates" },
}

-- The module hatchway.types, for LuaLS.
function editor.types(api)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put("---@meta hatchway.types\n" .. HEAD .. "\nlocal t = {}\n")
  for _, kind in ipairs(api.types) do
    local fields = { { "[1]", "string", "description" }, table.unpack(COMMON_OF_TYPES, 2) }
    for _, field in ipairs(kind.own) do fields[#fields + 1] = field end
    class(put, "hatchway.types." .. kind.name, fields)
    put(("\n---Accepts %s.\n---@param spec string|hatchway.types.%s\n---@return hatchway.Type\nfunction t.%s(spec) end\n")
      :format(line_of(kind.accepts), kind.name, kind.name))
  end
  put("\nreturn t\n")
  return table.concat(out)
end

-- Another module of the standard library, for LuaLS.
function editor.module(entry)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put(("---@meta %s\n%s\nlocal %s = {}\n"):format(entry.module, HEAD, entry.name))
  for _, f in ipairs(entry.functions) do func(put, entry.name, f) end
  put(("\nreturn %s\n"):format(entry.name))
  return table.concat(out)
end

-- What specs have besides, for LuaLS.
function editor.specs(api)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put("---@meta\n" .. HEAD)
  for _, f in ipairs(api.specs.functions) do func(put, nil, f) end
  put("\n---@class assertlib\n---@overload fun(value: any, message?: any, ...: any): any\nassert = {}\n")
  for _, f in ipairs(api.specs.assertions) do func(put, "assert", f) end
  return table.concat(out)
end

-- Settings of LuaLS for a folder that has the stubs beside it.
function editor.luarc()
  return [[
{
  "runtime.version": "Lua 5.4",
  "runtime.builtin": {
    "bit": "disable",
    "bit32": "disable",
    "coroutine": "disable",
    "debug": "disable",
    "ffi": "disable",
    "io": "disable",
    "jit": "disable",
    "os": "disable"
  },
  "workspace.library": ["stubs"],
  "workspace.checkThirdParty": false
}
]]
end

local function fields_of(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = ("%s = {}"):format(name) end
  return table.concat(list, ", ")
end

local function names_in(entry)
  local names = {}
  for _, value in ipairs(entry.values or {}) do names[#names + 1] = value[1] end
  for _, f in ipairs(entry.functions) do names[#names + 1] = f.name end
  table.sort(names)
  return names
end

-- Tables of functions by their name; hatchway.time goes into hatchway.
local function luacheck_tables(put, api)
  local inner = {}
  for _, entry in ipairs(api.tables) do
    local parent, name = entry.name:match("^(%w+)%.(%w+)$")
    if parent then inner[parent] = ("%s = { fields = { %s } }"):format(name, fields_of(names_in(entry))) end
  end
  for _, entry in ipairs(api.tables) do
    if not entry.name:find(".", 1, true) then
      local more = inner[entry.name] and ", " .. inner[entry.name] or ""
      put(("    %s = { fields = { %s%s } },\n"):format(entry.name, fields_of(names_in(entry)), more))
    end
  end
end

function editor.luacheckrc(api)
  local out = {}
  local function put(text) out[#out + 1] = text end
  put(HEAD .. "-- For the files of packs and overlays: luacheck finds misspelt names, and what the sandbox does not have.\n\n")
  put("stds.hatchway = {\n  read_globals = {\n")
  for _, name in ipairs(api.language.base) do put(("    %s = {},\n"):format(name)) end
  for _, entry in ipairs(api.language.libraries) do put(("    %s = { fields = { %s } },\n"):format(entry.name, fields_of(entry.members))) end
  local wraps = {}
  for _, entry in ipairs(api.declarations) do
    if entry.of then wraps[#wraps + 1] = entry.name else put(("    %s = {},\n"):format(entry.name)) end
  end
  put(("    hide = { fields = { %s } },\n    wrap = { fields = { %s } },\n"):format(fields_of(names_in(api.hide)), fields_of(wraps)))
  luacheck_tables(put, api)
  put("  },\n}\n\nstds.hatchway_spec = {\n  read_globals = {\n")
  for _, f in ipairs(api.specs.functions) do put(("    %s = {},\n"):format(f.name)) end
  put(("    assert = { fields = { %s } },\n  },\n}\n\n"):format(fields_of(names_in { functions = api.specs.assertions })))
  put("std = \"hatchway\"\nfiles[\"**/tests/*_spec.lua\"] = { std = \"hatchway+hatchway_spec\" }\n")
  put("max_line_length = false\nexclude_files = { \"stubs\" }\n")
  return table.concat(out)
end

return editor
