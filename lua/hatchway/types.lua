-- Types of arguments and results: each is JSON Schema (2020-12) that remembers a little more.
--
-- A type is what `t.<kind>` returns: { schema = <JSON Schema>, optional = bool, required = bool, complete = function?, seq = n }.
-- `seq` is the order in which the source wrote it, so that properties keep that order although Lua tables have none.
-- The words "x-time", "x-cap" and "x-complete" are for the host alone (conversion, the cut of a limit, completion); it leaves them
-- out of what it shows.

local types = {}

local count = 0

-- The words of a type that go into its schema under another name: Lua field → JSON Schema word.
local words = {
  string = { min = "minLength", max = "maxLength" },
  number = { min = "minimum", max = "maximum" },
  array = { min = "minItems", max = "maxItems", unique = "uniqueItems" },
}

local function fail(text, ...)
  error(text:format(...), 0)
end

local function is_type(value)
  return type(value) == "table" and type(value.schema) == "table" and math.type(value.seq) == "integer"
end

-- Properties in the order of the source, as { {name, type}, … }.
local function ordered(fields, where)
  local list = {}
  for name, field in pairs(fields) do
    if type(name) ~= "string" then fail("%s: names are strings, got %s", where, tostring(name)) end
    if not is_type(field) then fail("%s.%s: not a type; write t.string \"…\" or the like", where, name) end
    list[#list + 1] = { name, field }
  end
  table.sort(list, function(a, b) return a[2].seq < b[2].seq end)
  return list
end

local function properties_of(fields, where, is_required)
  local names, properties, required = {}, {}, json.array {}
  for _, entry in ipairs(ordered(fields, where)) do
    local name, field = entry[1], entry[2]
    names[#names + 1], properties[name] = name, field.schema
    if is_required(field) then required[#required + 1] = name end
  end
  return json.object(names, properties), #required > 0 and required or nil
end

local COMMON = { "optional", "default", "required", "complete" }

local function check_fields(name, own, spec)
  local known = { table.unpack(COMMON) }
  for _, field in ipairs(own) do known[#known + 1] = field end
  local is_known = {}
  for _, field in ipairs(known) do is_known[field] = true end
  if spec.complete ~= nil and type(spec.complete) ~= "function" then
    fail("t.%s: complete is a function(value, arguments), not a %s", name, type(spec.complete))
  end
  for field in pairs(spec) do
    if field ~= 1 and not is_known[field] then
      local near = hatchway.nearest(tostring(field), known)
      fail("t.%s has no field \"%s\"%s", name, tostring(field), near and ("; did you mean \"%s\"?"):format(near) or "")
    end
  end
end

-- Makes the constructor of one kind. `own` are the fields that are special to it, `fill(schema, spec)` adds what they mean, or
-- returns another schema, which stays as it is.
local function kind(name, own, fill)
  types[name] = function(spec)
    if type(spec) == "string" then spec = { spec } end
    if type(spec) ~= "table" then error(("t.%s takes a description or a table, got %s"):format(name, type(spec)), 2) end
    count = count + 1
    local schema, given = {}, nil
    local good, problem = pcall(function()
      check_fields(name, own, spec)
      given = fill(schema, spec)
    end)
    if not good then error(problem, 2) end -- in the line that wrote it
    schema = given or json.object({ "type", "format", "enum" }, schema)
    if spec[1] ~= nil then schema.description = spec[1] end
    if spec.default ~= nil then schema.default = spec.default end
    if spec.complete then schema["x-complete"] = true end
    return {
      schema = schema,
      raw = given ~= nil,
      optional = spec.optional == true or spec.default ~= nil,
      required = spec.required == true,
      complete = spec.complete,
      seq = count,
    }
  end
end

local function plain(json_type, table_of_words)
  return function(schema, spec)
    schema.type = json_type
    for field, word in pairs(table_of_words or {}) do schema[word] = spec[field] end
  end
end

-- The same for what clients may repeat in a header (mcp 2026-07-28, x-mcp-header).
local function in_header(fill)
  return function(schema, spec)
    fill(schema, spec)
    schema["x-mcp-header"] = spec.header
  end
end

kind("string", { "min", "max", "header" }, in_header(plain("string", words.string)))
kind("integer", { "min", "max", "header" }, in_header(plain("integer", words.number)))
kind("number", { "min", "max" }, plain("number", words.number))
kind("boolean", { "header" }, in_header(plain("boolean")))
kind("any", {}, function() end)

kind("uuid", { "header" }, in_header(function(schema)
  schema.type, schema.format = "string", "uuid"
end))

kind("time", {}, function(schema)
  schema.type, schema["x-time"] = "string", true
end)

kind("enum", { "values", "header" }, in_header(function(schema, spec)
  if type(spec.values) ~= "table" or #spec.values == 0 then fail("t.enum needs values = { … }") end
  schema.type, schema.enum = "string", json.array(spec.values)
end))

kind("limit", { "cap" }, function(schema, spec)
  schema.type, schema.minimum, schema["x-cap"] = "integer", 1, spec.cap
end)

kind("list", { "of", "min", "max", "unique" }, function(schema, spec)
  plain("array", words.array)(schema, spec)
  if spec.of then
    if not is_type(spec.of) then fail("t.list: of must be a type") end
    schema.items = spec.of.schema
  end
end)

kind("map", { "of" }, function(schema, spec)
  schema.type = "object"
  if spec.of then
    if not is_type(spec.of) then fail("t.map: of must be a type") end
    schema.additionalProperties = spec.of.schema
  end
end)

kind("object", { "fields" }, function(schema, spec)
  schema.type = "object"
  if spec.fields then
    schema.properties, schema.required = properties_of(spec.fields, "t.object", function(field) return field.required end)
  end
end)

-- JSON Schema as it is, from JSON or a table: of one argument, of a result, or of all arguments (input = t.raw { schema = … }).
kind("raw", { "schema" }, function(_, spec)
  local schema = spec.schema
  if type(schema) ~= "string" and type(schema) ~= "table" then fail("t.raw needs schema = JSON Schema, as text or a table") end
  return json.decode(type(schema) == "string" and schema or json.encode(schema))
end)

-- The schema of a call's arguments: closed, and what is not optional is required. The host calls this.
function types.input_schema(input)
  if is_type(input) then
    if not input.raw then fail("input is a table name → type, or t.raw { schema = … }") end
    return input.schema
  end
  local properties, required = properties_of(input or {}, "input", function(field) return not field.optional end)
  return json.object({ "type", "properties", "required", "additionalProperties" }, {
    type = "object",
    properties = next(input or {}) and properties or nil,
    required = required,
    additionalProperties = false,
  })
end

-- The schema of a form (hatchway.elicit). The host calls this.
function types.form_schema(fields)
  local properties, required = properties_of(fields, "fields", function(field) return not field.optional end)
  return json.object({ "type", "properties", "required" }, {
    type = "object",
    properties = properties,
    required = required,
  })
end

-- The schema of a structured result, or nil. The host calls this.
function types.output_schema(output)
  if output == nil then return nil end
  if not is_type(output) or output.schema.type ~= "object" then fail("output must be t.object { fields = { … } }") end
  return output.schema
end

return types
