-- The Lua API, part two: the types of arguments and results (the module hatchway.types). The form of the data is told in api.lua.
--
-- `own` are the fields that only this type has: { name, type of LuaLS, text }. `gives` is what the script gets.

local HEADER = { "header", "string",
  "clients of 2026-07-28 repeat the argument over HTTP as `Mcp-Param-<header>`, for proxies; never for secrets" }

return {
  { name = "string", accepts = "text", own = {
    { "min", "integer", "fewest characters" }, { "max", "integer", "most characters" }, HEADER } },
  { name = "uuid", accepts = "a UUID in any case; the script gets lower case with hyphens", own = { HEADER } },
  { name = "integer", accepts = "a whole number", own = { { "min", "integer", "least" }, { "max", "integer", "most" }, HEADER } },
  { name = "number", accepts = "a number", own = { { "min", "number", "least" }, { "max", "number", "most" } } },
  { name = "boolean", accepts = "true or false", own = { HEADER } },
  { name = "enum", accepts = "one of `values`", own = { { "values", "string[]", "the words", needed = true }, HEADER } },
  { name = "time", accepts = "ISO 8601 with offset, `Z` or none (UTC); a date; a time relative to now: `24h`, `-2d`, `now-90m` (all lie in the "
    .. "past), `+1h` (the future); seconds since 1970. The script gets `YYYY-MM-DDTHH:MM:SS.ffffffZ`", own = {} },
  { name = "limit", accepts = "an integer ≥ 1. Above `cap` the host cuts it to `cap` and the answer says `limit: {asked, served}`", own = {
    { "cap", "integer", "the most that is served" } } },
  { name = "list", accepts = "an array", own = {
    { "of", "hatchway.Type", "type of the items" }, { "min", "integer", "fewest items" }, { "max", "integer", "most items" },
    { "unique", "boolean", "no item twice" } } },
  { name = "map", accepts = "an object with free keys", own = { { "of", "hatchway.Type", "type of the values" } } },
  { name = "object", accepts = "an object with the named `fields` (name → type); other keys are allowed", own = {
    { "fields", "table<string, hatchway.Type>", "name → type" } } },
  { name = "any", accepts = "any JSON", own = {} },
  { name = "raw", accepts = "what a JSON Schema (2020-12) says, which clients see as it is; `input = t.raw { schema = … }` for all arguments at once", own = {
    { "schema", "string|table", "JSON text or a table", needed = true } } },
}
