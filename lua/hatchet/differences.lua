-- Where two JSON values differ.
--
--   differences.of(a, b) → a list of { path, run, other }, in the order of the paths ("$.items[0].price"), and how many there
--                          are: the list has MOST at most. What is missing on a side has no value there, what is long is cut to
--                          a text.

local differences = {}

local MOST = 50
local LONG = 200 -- bytes of a value

local function shown(value)
  if value == nil then return nil end
  local text = json.encode(value)
  if #text <= LONG then return value end
  local stop = utf8.offset(text, LONG // 4) or LONG
  return ("%s … [%d bytes]"):format(text:sub(1, stop - 1), #text)
end

local function is_container(value, kind)
  return value ~= nil and json.type(value) == kind
end

local function keys_of(a, b)
  local seen, list = {}, {}
  for _, object in ipairs { a, b } do
    for key in pairs(object) do
      if not seen[key] then seen[key], list[#list + 1] = true, key end
    end
  end
  table.sort(list)
  return list
end

local walk

local function walk_objects(a, b, path, found)
  for _, key in ipairs(keys_of(a, b)) do walk(a[key], b[key], ("%s.%s"):format(path, key), found) end
end

local function walk_arrays(a, b, path, found)
  for index = 1, math.max(#a, #b) do walk(a[index], b[index], ("%s[%d]"):format(path, index - 1), found) end
end

function walk(a, b, path, found)
  if is_container(a, "object") and is_container(b, "object") then return walk_objects(a, b, path, found) end
  if is_container(a, "array") and is_container(b, "array") then return walk_arrays(a, b, path, found) end
  if a == nil and b == nil or a ~= nil and b ~= nil and json.encode(a) == json.encode(b) then return end
  found[#found + 1] = json.object({ "path", "run", "other" }, { path = path, run = shown(a), other = shown(b) })
end

function differences.of(a, b)
  local found = json.array {}
  walk(a, b, "$", found)
  local total = #found
  for index = total, MOST + 1, -1 do found[index] = nil end
  return found, total
end

return differences
