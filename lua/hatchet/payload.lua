-- What a caller sends into the tenant: inputs, payloads and metadata. The engine checks none of it and stores what it can, so
-- that the rest would change or be lost without a word.
--
--   payload.check(value, path)                refuses what would not arrive as it is; `path` names the argument ("input")
--   payload.check_text(value, path)           the same for events, whose numbers stay exact: refuses only text that cannot be
--                                             stored
--   payload.check_input(id, name, input)      refuses an input that does not fit the schema that the workflow's latest version
--                                             declares; where it declares none, anything fits
--   payload.is_hidden(value)                  does it lack what the operator hides (hide_fields)? Then it is not what was
--                                             sent, and nothing can be concluded from it

local refusal = require "hatchet.refusal"
local resolve = require "hatchet.resolve"

local payload = {}

local EXACT = 1 << 53 -- the engine keeps numbers as floats

local function check_string(text, path)
  if text:find("\0", 1, true) then
    refusal.invalid(("%s has the character U+0000, which the engine cannot store."):format(path),
      "Leave it out, or encode the value (base64).")
  end
end

local function check_number(value, path)
  local kind = json.type(value)
  if kind == "integer" and (math.type(value) ~= "integer" or value > EXACT or value < -EXACT) then
    refusal.invalid(("%s is %s: the engine would round integers beyond 2^53."):format(path, tostring(value)), "Pass it as text.")
  elseif kind == "number" and not math.type(value) then
    refusal.invalid(("%s is %s, which the engine cannot keep."):format(path, tostring(value)), "Pass it as text.")
  end
end

-- Calls check(scalar, path) for each value that is no array and no object, and looks at all text.
local function walk(value, path, check)
  local kind = json.type(value)
  if kind == "string" then return check_string(value, path) end
  if kind ~= "array" and kind ~= "object" then return check(value, path) end
  for key, member in pairs(value) do
    if math.type(key) then
      walk(member, ("%s[%d]"):format(path, key - 1), check)
    else
      check_string(key, "a key of " .. path)
      walk(member, ("%s.%s"):format(path, key), check)
    end
  end
end

function payload.check(value, path)
  walk(value, path, check_number)
end

function payload.check_text(value, path)
  walk(value, path, function() end)
end

function payload.check_input(id, name, input)
  local schema = hatchet.get("/api/v1/workflows/{id}/versions", { id = id }).inputJsonSchema
  if json.type(schema) ~= "object" then return end
  local fits, problems = hatchway.check(schema, input)
  if fits then return end
  refusal.invalid(("The input does not fit the schema of %s:\n%s"):format(name, table.concat(problems, "\n")),
    "Nothing was sent. get_workflow_version shows the schema.")
end

function payload.of_run(args)
  local input = args.input or {}
  payload.check(input, "input")
  payload.check(args.additional_metadata or {}, "additional_metadata")
  local id, name = resolve.existing(args.workflow_name)
  payload.check_input(id, name, input)
  return id, name, input
end

-- What the host puts in the place of a hidden value.
function payload.is_hidden(value)
  return json.encode(value):find("[hidden]", 1, true) ~= nil
end

return payload
