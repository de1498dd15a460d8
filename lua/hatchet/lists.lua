-- Small things about lists.
--
--   lists.has(list, value)                  → is it there? Not in nil
--   lists.distinct(list)                    → the same, each once, in its order
--   lists.holding(rows, key, part, any_case) → the rows that have the part in row[key]. The engine takes % and _ of a part for
--                                             wildcards, so what it finds is looked at again
--   lists.some(list, most)                  → its first texts as one: "a, b, …"
--   lists.sentences(...)                    → the sentences as one text, without those that are nil or false; nil when none is
--                                           left

local lists = {}

function lists.has(list, value)
  for _, one in ipairs(list or {}) do
    if one == value then return true end
  end
  return false
end

function lists.distinct(list)
  local seen, found = {}, {}
  for _, value in ipairs(list) do
    if not seen[value] then seen[value], found[#found + 1] = true, value end
  end
  return found
end

function lists.holding(rows, key, part, any_case)
  local found = json.array {}
  if any_case then part = part:lower() end
  for _, row in ipairs(rows) do
    local text = any_case and row[key]:lower() or row[key]
    if text:find(part, 1, true) then found[#found + 1] = row end
  end
  return found
end

function lists.without(list, found)
  local rest = {}
  for _, value in ipairs(list) do
    if not found[value] then rest[#rest + 1] = value end
  end
  return rest
end

function lists.some(list, most)
  return table.concat(list, ", ", 1, math.min(#list, most)) .. (#list > most and ", …" or "")
end

function lists.sentences(...)
  local said = {}
  for index = 1, select("#", ...) do said[#said + 1] = select(index, ...) or nil end
  return #said > 0 and table.concat(said, " ") or nil
end

return lists
