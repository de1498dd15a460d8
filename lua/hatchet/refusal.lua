-- Calls that cannot be answered.
--
--   refusal.invalid(message, hint)         ends the call: its arguments are wrong
--   refusal.unknown(message, hint)         ends the call: nothing in this tenant has such an id, name or number
--   refusal.blank(text, argument, hint)    the first of them, where the text has nothing but blanks
--   refusal.explained(hint, ask, ...)      → what ask(...) gives; where the engine knows no such thing (404) it has this hint
--
-- The message names the argument and its value, the hint says the next step.

local refusal = {}

function refusal.invalid(message, hint)
  hatchway.fail { code = "invalid", kind = "validation_error", message = message, hint = hint }
end

function refusal.unknown(message, hint)
  hatchway.fail { code = "not_found", kind = "not_found", message = message, hint = hint }
end

function refusal.blank(text, argument, hint)
  if not text:find "%S" then refusal.invalid(("%s is blank."):format(argument), hint) end
end

function refusal.explained(hint, ask, ...)
  local answer, failure = hatchway.try(ask, ...)
  if failure and failure.status == 404 then failure.hint = hint end
  if failure then hatchway.fail(failure) end
  return answer
end

return refusal
