-- What docs/differences-from-hatchet-mcp.md says of tools and arguments holds for the catalogue as a client gets it. There
-- `name=`, with or without a value, is an argument. The tools of hatchet-mcp are those of catalogue_bytes.lua.
local cjson = require "cjson"
local budget = require "tests.lua.catalogue_bytes"
local tenant = require "tests.support.tenant"

local VERBS = {}
for verb in ([[
  get list search describe explain compare wait trigger cancel replay push create update delete pause resume restore branch enable
  disable bulk api
]]):gmatch "%a+" do VERBS[verb] = true end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local document = read "docs/differences-from-hatchet-mcp.md"

local function section(title)
  return assert((document .. "\n## "):match("\n## " .. title .. "\n(.-)\n## "), title)
end

-- The rows of a table without its head: each a list of its cells.
local function rows_of(text)
  local rows, ruled = {}, false
  for line in text:gmatch "[^\n]+" do
    if line:find "^|%-" then
      ruled = true
    elseif ruled and line:find "^| " then
      local cells = {}
      for cell in line:sub(2):gmatch " ?(.-) ?|" do cells[#cells + 1] = cell end
      rows[#rows + 1] = cells
    end
  end
  return rows
end

local function quoted(text)
  local words = {}
  for word in text:gmatch "`([^`]+)`" do words[#words + 1] = word end
  return words
end

local function sorted(list)
  table.sort(list)
  return list
end

local function keys(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = key end
  return sorted(list)
end

-- The tools of the first column, each with its rows; a row without a name goes on with the tool before it.
local function told()
  local tools, order = {}, {}
  for _, cells in ipairs(rows_of(section "Tool by tool")) do
    local name = quoted(cells[1])[1]
    if name then
      order[#order + 1] = name
      tools[name] = {}
    end
    table.insert(tools[order[#order]], cells)
  end
  return tools, order
end

describe("differences-from-hatchet-mcp.md", function()
  local catalogue = {}
  setup(function()
    local s = tenant.play({ access = "destroy", args = { "--enable", "api_get,search_tools,call_tool" } }, "overview")
    for _, tool in ipairs(s:request("tools/list").result.tools) do catalogue[tool.name] = tool end
  end)

  it("says of each tool of hatchet-mcp, once, what differs or that nothing does", function()
    local _, names = told()
    for _, name in ipairs(quoted(section("Tool by tool"):match "No more than the above:[^\n]+")) do names[#names + 1] = name end
    assert.same(keys(budget.tools), sorted(names))
  end)

  it("lists the tools that hatchet-mcp has not, each once", function()
    local names, more = {}, {}
    for _, cells in ipairs(rows_of(section "Tools that hatchet%-mcp has not")) do
      for _, name in ipairs(quoted(cells[1])) do names[#names + 1] = name end
    end
    for name in pairs(catalogue) do
      if not budget.tools[name] then more[#more + 1] = name end
    end
    assert.same(sorted(more), sorted(names))
  end)

  it("names no tool that there is not", function()
    local seen = 0
    for _, word in ipairs(quoted(document:gsub("```.-```", ""))) do
      if VERBS[word:match "^(%a+)_[%a_]+$"] then
        seen = seen + 1
        assert(catalogue[word], word .. " is no tool")
      end
    end
    assert(seen > 80, seen)
  end)

  it("shows only arguments that the tool has, with values that they take", function()
    local seen = 0
    for name, rows in pairs((told())) do
      for _, cells in ipairs(rows) do
        for _, word in ipairs(quoted(table.concat(cells, " "))) do
          local argument, value = word:match "^([%a_]+)=(%S*)$"
          if argument then
            seen = seen + 1
            local schema = assert(catalogue[name].inputSchema.properties[argument], ("%s has no %s"):format(name, argument))
            local values = schema.enum and table.concat(schema.enum, " ") or value
            assert(values:find(value, 1, true), ("%s: %s"):format(name, word))
          end
        end
      end
    end
    assert(seen > 30, seen)
  end)

  it("has a reason for each difference", function()
    for _, title in ipairs { "All tools", "The server", "Tool by tool" } do
      for _, cells in ipairs(rows_of(section(title))) do
        local row = table.concat(cells, " | ")
        assert.equal(4, #cells, row)
        for index = 2, 4 do assert(cells[index] ~= "", row) end
      end
    end
  end)

  it("is right that the tools of hatchet-mcp are about a sixth cheaper here", function()
    local here, there = 0, 0
    for name, bytes in pairs(budget.tools) do
      here = here + #cjson.encode(catalogue[name]):gsub("\\/", "/")
      there = there + bytes
    end
    assert(here / there > 0.78 and here / there < 0.88, here / there)
  end)

  it("is right that no change of the tenant fails for the size of its answer", function()
    for line in read "docs/tools.md":gmatch "access `%a+`[^\n]*" do
      assert(line:find "access `read`" or not line:find("· list", 1, true), line)
    end
  end)
end)
