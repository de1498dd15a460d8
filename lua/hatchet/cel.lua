-- Expressions of filters (CEL), tried by the engine itself; nothing is stored.
--
--   cel.try(expression, on) → { status = "success", output = bool } or { status = "failure", error = text }
--                             on.input is the event's payload, on.payload the filter's, on.metadata the event's metadata
--   cel.hint(result)        → what a failure means and what to do about it, or nil
--   cel.check(expression)   refuses what can be true for no event: what is not CEL or names what there is not, and what gives no
--                           boolean. It is tried on an empty event, where a sound expression may well fail for want of a key:
--                           other failures depend on the event and are no fault

local refusal = require "hatchet.refusal"

local cel = {}

local DEBUG = "/api/v1/stable/tenants/{tenant}/cel/debug"
local COMPILE, BOOLEAN, KEY = "failed to compile expression", "did not evaluate to a boolean", "no such key"
local VARIABLES = "An expression may name input (the event's payload), payload (the filter's) and additional_metadata."

function cel.try(expression, on)
  local answer = hatchet.post(DEBUG, nil, {
    expression = expression,
    input = on.input or {},
    filterPayload = on.payload,
    additionalMetadata = on.metadata,
  }, { idempotent = true })
  return json.object({ "status", "output", "error" }, {
    status = answer.status == "SUCCESS" and "success" or "failure",
    output = answer.output,
    error = answer.error,
  })
end

local function says(result, words)
  return result.error and result.error:find(words, 1, true) ~= nil
end

function cel.hint(result)
  if says(result, COMPILE) then return VARIABLES end
  if says(result, BOOLEAN) then return "A filter's expression has to give true or false." end
  if says(result, KEY) then return "On such an event a filter counts as not true. has(input.key) asks for a key first." end
end

function cel.check(expression)
  local result = cel.try(expression, {})
  if not (says(result, COMPILE) or says(result, BOOLEAN)) then return end
  refusal.invalid(("The expression %q can be true for no event: %s"):format(expression, result.error),
    "Nothing was sent. " .. cel.hint(result) .. " cel_debug tries one.")
end

return cel
