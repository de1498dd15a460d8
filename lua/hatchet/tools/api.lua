-- The API itself, for experts: off unless the operator enables it. What may be asked is decided below, by the gate of the host.

local t, refusal = require "hatchway.types", require "hatchet.refusal"

toolset "meta"

local function refuse(what, value, is, hint)
  refusal.invalid(("%s %s %s."):format(what, json.encode(value), is), hint)
end

local function check_path(path)
  local bare = path:gsub("{tenant}", "T")
  if path:sub(1, 5) ~= "/api/" then
    refuse("path", path, "does not begin with /api/", "Such as /api/v1/tenants/{tenant}/workflows: no scheme and no host.")
  elseif path:find "[?#]" then
    refuse("path", path, "holds a query", 'Put it into the argument query, such as {"limit": 10}; a list repeats the name.')
  elseif bare:find "[{}]" then
    refuse("path", path, "has names in braces", "Write ids into the path; {tenant} is the only name that is filled in.")
  elseif bare:find "[^%w%-._~%%!$&'()*+,;=:@/]" or (bare .. "/"):find "/%.?%.?/" then
    refuse("path", path, "has a part that is empty, dots, or not encoded",
      "Percent-encode what is neither a letter nor a digit nor one of -._~ in a name.")
  end
end

local PLAIN = { string = true, integer = true, number = true, boolean = true }

local function check_query(query)
  for name, value in pairs(query or {}) do
    for _, one in ipairs(json.type(value) == "array" and value or { value }) do
      if not PLAIN[json.type(one)] then
        refuse("query." .. name, value, "is not text, a number, true or false, or a list of them",
          "Leave out what is null; write an object as the API wants it, such as \"key:value\".")
      end
    end
  end
end

tool "api_get" {
  title = "Api Get",
  about = "Any GET of the Hatchet API, as the engine answers it; credentials, members and invites are out of bounds. "
    .. "For what no other tool gives.",
  access = "read",
  enabled = false,
  list = true,
  untrusted = true,
  cpu = 5000,
  input = {
    path = t.string { "/api/v1/…; {tenant} is filled in", min = 1, max = 2000 },
    query = t.map { "name to value; a list repeats the name", of = t.any {}, optional = true },
  },
  output = t.object { fields = { result = t.any { required = true }, note = t.string {} } },
  run = function(args)
    check_path(args.path)
    check_query(args.query)
    local result = hatchet.get(args.path, args.query, { text = true })
    return json.object({ "result", "note" }, {
      result = result == nil and "" or result,
      note = result == nil and "The engine answered without content." or nil,
    })
  end,
}
