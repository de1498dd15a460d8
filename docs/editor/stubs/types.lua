---@meta hatchway.types
-- Made by docs/api/generate.lua: do not edit.

local t = {}

---@class (exact) hatchway.types.string
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field min? integer fewest characters
---@field max? integer most characters
---@field header? string clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets

---Accepts text.
---@param spec string|hatchway.types.string
---@return hatchway.Type
function t.string(spec) end

---@class (exact) hatchway.types.uuid
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field header? string clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets

---Accepts a UUID in any case; the script gets lower case with hyphens.
---@param spec string|hatchway.types.uuid
---@return hatchway.Type
function t.uuid(spec) end

---@class (exact) hatchway.types.integer
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field min? integer least
---@field max? integer most
---@field header? string clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets

---Accepts a whole number.
---@param spec string|hatchway.types.integer
---@return hatchway.Type
function t.integer(spec) end

---@class (exact) hatchway.types.number
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field min? number least
---@field max? number most

---Accepts a number.
---@param spec string|hatchway.types.number
---@return hatchway.Type
function t.number(spec) end

---@class (exact) hatchway.types.boolean
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field header? string clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets

---Accepts true or false.
---@param spec string|hatchway.types.boolean
---@return hatchway.Type
function t.boolean(spec) end

---@class (exact) hatchway.types.enum
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field values string[] the words
---@field header? string clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets

---Accepts one of `values`.
---@param spec string|hatchway.types.enum
---@return hatchway.Type
function t.enum(spec) end

---@class (exact) hatchway.types.time
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates

---Accepts ISO 8601 with offset, `Z` or none (UTC); a date; a time relative to now: `24h`, `-2d`, `now-90m` (all lie in the past), `+1h` (the future); seconds since 1970. The script gets `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
---@param spec string|hatchway.types.time
---@return hatchway.Type
function t.time(spec) end

---@class (exact) hatchway.types.limit
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field cap? integer the most that is served

---Accepts an integer ≥ 1. Above `cap` the host cuts it to `cap` and the answer says `limit: {asked, served}`.
---@param spec string|hatchway.types.limit
---@return hatchway.Type
function t.limit(spec) end

---@class (exact) hatchway.types.list
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field of? hatchway.Type type of the items
---@field min? integer fewest items
---@field max? integer most items
---@field unique? boolean no item twice

---Accepts an array.
---@param spec string|hatchway.types.list
---@return hatchway.Type
function t.list(spec) end

---@class (exact) hatchway.types.map
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field of? hatchway.Type type of the values

---Accepts an object with free keys.
---@param spec string|hatchway.types.map
---@return hatchway.Type
function t.map(spec) end

---@class (exact) hatchway.types.object
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field fields? table<string, hatchway.Type> name → type

---Accepts an object with the named `fields` (name → type); other keys are allowed.
---@param spec string|hatchway.types.object
---@return hatchway.Type
function t.object(spec) end

---@class (exact) hatchway.types.any
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates

---Accepts any JSON.
---@param spec string|hatchway.types.any
---@return hatchway.Type
function t.any(spec) end

---@class (exact) hatchway.types.raw
---@field [1]? string description
---@field optional? boolean it may be left out
---@field default? any filled in when it is left out
---@field required? boolean in `output`: it is always there
---@field complete? fun(value: string, arguments: table<string, string>): string[] what it could be, for prompts and resource templates
---@field schema string|table JSON text or a table

---Accepts what a JSON Schema (2020-12) says, which clients see as it is; `input = t.raw { schema = … }` for all arguments at once.
---@param spec string|hatchway.types.raw
---@return hatchway.Type
function t.raw(spec) end

return t
