-- The recorded exchanges of tests/cassettes, for a test server that has to answer as the engine did.
local cjson = require "cjson"

local recordings = {}

local loaded = {}

-- All exchanges of a cassette: { method, path, query, status, headers (a list of pairs), body, comment }.
function recordings.load(name)
  if not loaded[name] then
    local file <close> = assert(io.open("tests/cassettes/" .. name .. ".har"))
    local list = {}
    for i, entry in ipairs(cjson.decode(file:read("a")).log.entries) do
      local path, query = entry.request.url:match("^%w+://[^/]+([^?]*)%??(.*)$")
      local headers = {}
      for k, header in ipairs(entry.response.headers) do
        headers[k] = { header.name, header.value }
      end
      list[i] = {
        method = entry.request.method, path = path, query = query, comment = entry.comment,
        status = math.tointeger(entry.response.status), headers = headers, body = entry.response.content.text or "",
      }
    end
    loaded[name] = list
  end
  return loaded[name]
end

-- What differs between a recording and now: times and limits.
local differs = { limit = true, offset = true, since = true, ["until"] = true, createdAfter = true, finishedBefore = true }

-- A query as a table of its pairs, without that.
local function pairs_of(query)
  local set, count = {}, 0
  for pair in query:gmatch("[^&]+") do
    if not differs[pair:match("^[^=]*")] then
      set[pair] = true
      count = count + 1
    end
  end
  return set, count
end

local function same_query(a, b)
  local set, n = pairs_of(a)
  local other, m = pairs_of(b)
  for pair in pairs(set) do
    if not other[pair] then
      return false
    end
  end
  return n == m
end

-- The first exchange of these cassettes with this method, path and query; nil if there is none.
function recordings.find(names, method, path, query)
  for _, name in ipairs(names) do
    for _, exchange in ipairs(recordings.load(name)) do
      if exchange.method == method and exchange.path == path and same_query(exchange.query, query) then
        return exchange
      end
    end
  end
end

-- The first exchange of a cassette that has all these fields: recordings.first("errors", { status = 403 }).
function recordings.first(name, fields)
  for _, exchange in ipairs(recordings.load(name)) do
    local all = true
    for key, value in pairs(fields) do
      all = all and exchange[key] == value
    end
    if all then
      return exchange
    end
  end
  error("no such exchange in " .. name, 2)
end

-- The body of a recorded answer to a read; it must be there.
function recordings.body(name, path, query)
  local found = recordings.find({ name }, "GET", path, query or "")
  return found and found.body or error(("not recorded in %s: GET %s?%s"):format(name, path, query or ""), 2)
end

-- A recorded text with some of it changed, as gsub does: shapes are the engine's, a value is the spec's. It must be there.
function recordings.changed(text, pattern, replacement)
  local result, count = text:gsub(pattern, replacement)
  return count > 0 and result or error(pattern .. " is not in the recording", 2)
end

return recordings
