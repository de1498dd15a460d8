-- Tools that reach tools which a client does not list: for clients with few slots, and for models that a long list confuses.
--
--   discovery.search(args) → { rows, more, all, note }: tools that fit the words of args.query, args.limit at most; what
--                            search_tools gives. A tool call_tool needs `passes_on` alone (see tool in the reference)

local discovery = {}

local function words(text)
  local list = {}
  for word in text:lower():gmatch "[%w]+" do list[#list + 1] = word end
  return list
end

-- How well a tool fits: a word in its name counts most, one in its title or toolset less, one in its description least.
local function score_of(tool, wanted)
  local name, title, about = tool.name:lower(), ((tool.title or "") .. " " .. (tool.toolset or "")):lower(), tool.about:lower()
  local score = 0
  for _, word in ipairs(wanted) do
    local stem = #word > 3 and word:gsub("s$", "") or word
    if name:find(stem, 1, true) then score = score + 5 end
    if title:find(stem, 1, true) then score = score + 2 end
    if about:find(stem, 1, true) then score = score + 1 end
  end
  return score
end

local function found(query)
  local wanted, list = words(query), {}
  for index, tool in ipairs(hatchway.tools()) do
    local score = tool.toolset ~= "discovery" and score_of(tool, wanted) or 0
    if score > 0 then list[#list + 1] = { tool = tool, score = score, index = index } end
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.index < b.index
  end)
  return list
end

-- The names of all tools by their toolset, for a search that finds nothing.
local function overview()
  local sets, names = {}, {}
  for _, tool in ipairs(hatchway.tools()) do
    local set = tool.toolset or "other" -- an operator's own
    if not sets[set] then sets[set], names[#names + 1] = json.array {}, set end
    table.insert(sets[set], tool.name)
  end
  return json.object(names, sets)
end

-- A schema without the words that are the host's own.
local function shown(schema)
  for key, value in pairs(schema) do
    if type(key) == "string" and key:find "^x%-" then
      schema[key] = nil
    elseif type(value) == "table" then
      shown(value)
    end
  end
  return schema
end

local function row_of(tool)
  return json.object({ "name", "about", "access", "listed", "arguments" }, {
    name = tool.name,
    about = tool.about,
    access = tool.access,
    listed = tool.listed or nil,
    arguments = shown(json.decode(tool.input)).properties,
  })
end

function discovery.search(args)
  local list, rows = found(args.query), json.array {}
  for index = 1, math.min(#list, args.limit) do rows[index] = row_of(list[index].tool) end
  return json.object({ "rows", "more", "all", "note" }, {
    rows = rows,
    more = #list > args.limit and #list - args.limit or nil,
    all = #list == 0 and overview() or nil,
    note = #list > 0 and "call_tool calls those that only read; the others must be listed." or
      "No tool has one of these words; all are the tools by their subject.",
  })
end

return discovery
