-- For clients that list few of the tools: one tool that finds the others, and one that calls those that only read. Off unless the
-- operator chooses them (--toolsets small).

local t, discovery = require "hatchway.types", require "hatchway.discovery"

toolset "discovery"

tool "search_tools" {
  title = "Search Tools",
  about = "Finds tools by words (\"cron\", \"failed runs\", \"rate limit\"), with their arguments, among all that this server "
    .. "has, listed or not.",
  access = "read",
  enabled = false,
  input = {
    query = t.string { "words", min = 1, max = 200 },
    limit = t.limit { default = 5, cap = 20 },
  },
  output = t.object { fields = { rows = t.list { required = true } } },
  run = discovery.search,
}

tool "call_tool" {
  title = "Call Tool",
  about = "Calls a tool that search_tools has found and that only reads, with its arguments. The result is that of the tool.",
  access = "read",
  enabled = false,
  passes_on = true,
  input = { name = t.string { min = 1 }, arguments = t.object { optional = true } },
  run = function() error "a call of this tool is one of another" end,
}
