-- What a tool may say of its arguments: JSON Schema as it is, and headers.
local t = require "hatchway.types"

-- The client gets this schema as it stands here. The host checks arguments by the words that it knows (docs/lua-api.md, t.raw).
tool "json_schema_2020_12_tool" {
  title = "JSON Schema 2020-12",
  about = "A schema with definitions, an anchor, choices and a condition.",
  access = "read",
  input = t.raw { schema = [[{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
      "address": {
        "$anchor": "addressDef",
        "type": "object",
        "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
      }
    },
    "properties": {
      "name": { "type": "string" },
      "address": { "$ref": "#/$defs/address" },
      "contactMethod": { "type": "string", "enum": ["phone", "email"] },
      "phone": { "type": "string" },
      "email": { "type": "string" }
    },
    "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
    "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
    "then": { "required": ["phone"] },
    "else": { "required": ["email"] },
    "additionalProperties": false
  }]] },
  run = function(args) return "The arguments: " .. json.encode(args) end,
}

-- Over HTTP the client repeats the argument as Mcp-Param-Region; the host refuses a header that says something else.
tool "test_x_mcp_header" {
  title = "Header",
  about = "An argument that a proxy can read without the body.",
  access = "read",
  input = { region = t.string { "Where.", header = "Region", optional = true } },
  run = function(args) return "region: " .. (args.region or "none") end,
}

-- A client that cannot do it is refused before the function runs.
tool "test_missing_capability" {
  title = "Needs Sampling",
  about = "Only for clients that offer sampling.",
  access = "read",
  requires = { "sampling" },
  run = function() return "The client offers sampling." end,
}
