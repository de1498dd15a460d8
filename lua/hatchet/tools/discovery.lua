-- For clients that list few of the tools: search_tools and call_tool.

require("hatchway.discovery").declare()
