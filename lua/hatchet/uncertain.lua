-- Writes of which nobody knows whether they were done.
--
--   uncertain.is(failure)          → may the request have arrived, and been carried out, all the same?
--   uncertain.fail(failure, hint)  ends the call with the failure of a write; where it may be done, `hint` says how to look. For
--                                  whoever reads of a failure does it once more.

local uncertain = {}

local MAY_BE_DONE = { server_error = true, timeout = true, truncated = true, protocol = true, redirect = true, too_large = true }

function uncertain.is(failure)
  return MAY_BE_DONE[failure.code] or false
end

function uncertain.fail(failure, hint)
  if uncertain.is(failure) then failure.retryable, failure.hint = false, hint end
  hatchway.fail(failure)
end

return uncertain
