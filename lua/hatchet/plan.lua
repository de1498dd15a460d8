-- What ties the preview of a bulk action to the action: a short text that the preview returns and the acting call may pass back.
--
--   plan.of(action, ids) → plan           count of the ids, time of the preview, and a hash of tenant, action and the ids in any
--                                         order
--   plan.check(given, action, ids, set)   nothing if `given` is nil or was made for that very set, else fails with
--                                         "plan_changed": what changed since, and the new plan. set.noun says what the ids are
--                                         ("runs"); set.created, { [id] = ISO time }, lets it name those that came since the
--                                         preview
--
-- The server keeps nothing: whoever has the plan has all of it.

local lists, refusal = require "hatchet.lists", require "hatchet.refusal"

local time = hatchway.time

local plan = {}

local NAMED = 10       -- ids in a message
local HASH_DIGITS = 16 -- 64 bits: this guards against changes, not against forgers, who could as well make a preview of their own

local function digest(action, ids)
  local sorted = table.move(ids, 1, #ids, 1, {})
  table.sort(sorted)
  return hatchway.hash(table.concat({ hatchet.tenant, action, table.unpack(sorted) }, "\n")):sub(1, HASH_DIGITS)
end

function plan.of(action, ids)
  return ("%d.%x.%s"):format(#ids, time.now() // 1 | 0, digest(action, ids))
end

-- The ids that were made after `moment`, as far as it is known.
local function newer(ids, created, moment)
  local found = {}
  for _, id in ipairs(ids) do
    if created[id] and time.parse(created[id]) >= moment then found[#found + 1] = id end
  end
  return found
end

local function what_changed(count, moment, ids, set)
  local noun = count == 1 and set.noun:gsub("s$", "") or set.noun
  local message = ("The plan was made for %d %s, and now there are %d"):format(count, noun, #ids)
  if #ids == count then message = ("The plan was made for other %s, though for as many: %d"):format(set.noun, count) end
  local came = newer(ids, set.created or {}, moment)
  if #came == 0 then return message .. "." end
  return ("%s. Since the preview came: %s."):format(message, lists.some(came, NAMED))
end

function plan.check(given, action, ids, set)
  if not given then return end
  local count, moment, hash = given:match "^(%d+)%.(%x+)%.(%x+)$"
  if not count then
    refusal.invalid(("plan cannot be %q."):format(given), "Pass the plan that the dry run returned, as it is, or leave it out.")
  end
  if tonumber(count) == #ids and hash == digest(action, ids) then return end
  hatchway.fail {
    code = "plan_changed",
    kind = "conflict",
    message = what_changed(tonumber(count), tonumber(moment, 16), ids, set),
    hint = ("Nothing was done. To act on what there is now pass plan %q, or look at it first with a dry run."):format(
      plan.of(action, ids)),
  }
end

return plan
