-- What wrap.tool does to a tool: changed arguments, and functions before and after its own. The host calls this.

local wrap = {}

local function fail(text, ...)
  error(text:format(...), 0)
end

local function names_of(input)
  local names = {}
  for name in pairs(input) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function known(input, name)
  if input[name] then return input[name] end
  local near = hatchway.nearest(tostring(name), names_of(input))
  fail("the tool has no argument \"%s\"%s", tostring(name), near and ("; did you mean \"%s\"?"):format(near) or "")
end

-- The type with another default. Its schema is copied, for the tool's own stays as it is.
local function with_default(kind, value)
  local schema = {}
  for word, content in pairs(kind.schema) do schema[word] = content end
  schema.default = value
  return { schema = json.object({ "type", "format", "enum" }, schema), optional = true, required = kind.required, seq = kind.seq }
end

-- The table of the input with other defaults; `changes` adds and replaces arguments (a type) or takes them away (false).
function wrap.input(input, defaults, changes)
  if input and input.raw == true then
    if defaults or changes then fail("the arguments are a JSON Schema (t.raw), which stays as it is") end
    return input
  end
  local new = {}
  for name, kind in pairs(input or {}) do new[name] = kind end
  for name, kind in pairs(changes or {}) do
    if kind == false then known(new, name) end
    new[name] = kind or nil
  end
  for name, value in pairs(defaults or {}) do new[name] = with_default(known(new, name), value) end
  return new
end

-- The function of the tool with `arguments(args)` before it and `result(result, args)` after it; what they return counts, nil for
-- "as it is".
function wrap.run(run, arguments, result)
  return function(args)
    if arguments then args = arguments(args) or args end
    if not result then return run(args) end
    local answer = hatchway.value(run(args))
    local changed = result(answer, args)
    if changed == nil then return answer end
    return changed
  end
end

return wrap
