-- The window of time that a question is about.
--
--   window.of(args, { hours = 24 }) → since, until_, window
--
-- `args.since` and `args["until"]` are t.time arguments. What is missing is filled in: until is now, since lies `hours` before
-- until; without `hours` what is missing stays missing. since and until_ are texts for the query (always UTC), window is
-- { since =, ["until"] = } for the answer, which says which window was used. A window without any time in it is refused.

local refusal = require "hatchet.refusal"

local time = hatchway.time

local window = {}

function window.of(args, defaults)
  local from, to = args.since and time.parse(args.since), args["until"] and time.parse(args["until"])
  if defaults.hours then
    to = to or time.now()
    from = from or to - defaults.hours * 3600
  end
  local since, until_ = from and time.format(from), to and time.format(to)
  if from and to and from >= to then
    refusal.invalid(("since (%s) is not before until (%s)."):format(since, until_),
      "Both are UTC here. Relative times lie in the past (24h, -2d, now-90m) unless they begin with +; without until the window "
        .. "ends now.")
  end
  return since, until_, json.object({ "since", "until" }, { since = since, ["until"] = until_ })
end

return window
