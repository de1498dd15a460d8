-- Metadata as a filter. The API takes each pair as one text, "key:value", and splits it at the first colon.
--
--   metadata.pairs(map)         → the pairs of a map of strings (nil: none), sorted; a key with a colon is refused
--   metadata.strict_pairs(map)  → the same for crons and scheduled runs, where the engine refuses a value with a colon too
--   metadata.fits(row, map)     has the row of a run all these pairs? Engines before v0.94.11 do not know AND and take any pair
--                               for a match, so rows are looked at once more; of a single pair the engine's word is enough

local refusal = require "hatchet.refusal"

local metadata = {}

local function refuse(what, text, hint)
  refusal.invalid(("additional_metadata cannot be searched for the %s %q."):format(what, text), hint)
end

function metadata.pairs(map)
  local list = {}
  for key, value in pairs(map or {}) do
    if key:find(":", 1, true) then
      refuse("key", key, "A key with a colon in it cannot be told from its value: filter by another one.")
    end
    list[#list + 1] = key .. ":" .. value
  end
  table.sort(list)
  return list
end

function metadata.strict_pairs(map)
  for _, value in pairs(map or {}) do
    if value:find(":", 1, true) then
      refuse("value", value, "Here the engine takes no value with a colon: filter by another pair, or read the list without it.")
    end
  end
  return metadata.pairs(map)
end

function metadata.fits(row, map)
  local first = map and next(map)
  if not first or not next(map, first) then return true end
  local own = json.type(row.additionalMetadata) == "object" and row.additionalMetadata or {}
  for key, value in pairs(map) do
    if own[key] == nil or tostring(own[key]) ~= value then return false end
  end
  return true
end

return metadata
