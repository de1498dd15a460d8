-- This server itself. Nothing here asks the engine.

local t, server = require "hatchway.types", require "hatchet.server"

toolset "meta"

tool "get_server_info" {
  title = "Get Server Info",
  about = "What this MCP server is and may do: version, access, tool counts, tenant. Asks nothing of Hatchet.",
  access = "read",
  output = t.object {
    fields = {
      read_only = t.boolean { required = true },
      read_tool_count = t.integer { required = true },
      mutating_tool_count = t.integer { required = true },
      server_url_source = t.string { required = true },
    },
  },
  run = server.info,
}
