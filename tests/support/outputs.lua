-- Calls of tools whose structured results are held against what the tools declare.
--
--   outputs.call(s, tool, arguments)  → structuredContent; it must match the declared output schema, and the last text block must
--                                       be the same as JSON
--   outputs.refused(s, tool, arguments) → the error of a call that must fail: { code, kind, status, retryable, hint, text }
--   outputs.call_text(s, tool, text)  → structuredContent of a call whose arguments are this JSON text: keys in that order,
--                                       numbers as they are; a line break and the blanks after it do not count
--   outputs.column(rows, key, …)      → of each row what is under the key, or under the path of keys: a list
--   outputs.has(text, part)           asserts that the part, which is no pattern, is in the text
--   outputs.problems(schema, value)   → a list of "$.path: what is wrong", empty when the value matches
--
-- A table without entries is taken for an array and for an object: the decoder does not tell them apart.
local cjson = require "cjson"

local outputs = {}

local function kind_of(value)
  if value == cjson.null then return { null = true } end
  if type(value) == "string" then return { string = true } end
  if type(value) == "boolean" then return { boolean = true } end
  if type(value) == "number" then return { number = true, integer = math.tointeger(value) ~= nil } end
  if next(value) == nil then return { object = true, array = true } end
  return #value > 0 and { array = true } or { object = true }
end

local known = {
  type = true, properties = true, required = true, items = true, additionalProperties = true, enum = true, format = true,
  description = true, minimum = true,
}

local function check(schema, value, path, list)
  for word in pairs(schema) do
    if not known[word] then error(path .. ": the checker of the specs does not know " .. word) end
  end
  local kinds = kind_of(value)
  if schema.type and not kinds[schema.type] then
    list[#list + 1] = ("%s: should be %s, is %s"):format(path, schema.type, cjson.encode(value):sub(1, 60))
    return
  end
  for _, name in ipairs(schema.required or {}) do
    if value[name] == nil then list[#list + 1] = ("%s.%s: is missing"):format(path, name) end
  end
  if kinds.object then
    for name, item in pairs(value) do
      local property = schema.properties and schema.properties[name]
      if not property and type(schema.additionalProperties) == "table" then property = schema.additionalProperties end
      if property then check(property, item, path .. "." .. name, list) end
    end
  end
  if kinds.array and schema.items then
    for index, item in ipairs(value) do check(schema.items, item, ("%s[%d]"):format(path, index), list) end
  end
end

function outputs.problems(schema, value)
  local list = {}
  check(schema, value, "$", list)
  return list
end

-- The output schemas of a session by tool.
local function schemas_of(s)
  if not s.output_schemas then
    s.output_schemas = {}
    for _, tool in ipairs(s:request("tools/list").result.tools) do s.output_schemas[tool.name] = tool.outputSchema end
  end
  return s.output_schemas
end

function outputs.call(s, tool, arguments)
  local result = s:call(tool, arguments or {})
  if result.isError then error(("%s was refused: %s"):format(tool, s:text(result)), 2) end
  local schema = schemas_of(s)[tool] or error(tool .. " declares no output", 2)
  local problems = outputs.problems(schema, result.structuredContent)
  if #problems > 0 then error(("%s breaks its schema: %s"):format(tool, table.concat(problems, "; ")), 2) end
  require("luassert").same(result.structuredContent, cjson.decode(s:text(result)))
  return result.structuredContent
end

function outputs.refused(s, tool, arguments)
  local result = s:call(tool, arguments or {})
  if not result.isError then error(("%s was not refused: %s"):format(tool, s:text(result):sub(1, 300)), 2) end
  local failure = result._meta["hatchway/error"]
  failure.text = s:text(result)
  return failure
end

function outputs.call_text(s, tool, text)
  local arguments = text:gsub("\n%s*", "")
  s:raw(('{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":"%s","arguments":%s}}\n'):format(tool, arguments))
  return s:wait(900).result.structuredContent
end

function outputs.column(rows, ...)
  local list = {}
  for index, row in ipairs(rows) do
    for _, key in ipairs { ... } do row = row[key] end
    list[index] = row
  end
  return list
end

function outputs.has(text, part)
  require("luassert").truthy(text and text:find(part, 1, true), ("%q is not in: %s"):format(part, text))
end

return outputs
