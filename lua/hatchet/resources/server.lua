-- This server itself.

local server = require "hatchet.server"

resource "hatchet://server/info" {
  name = "server-info",
  title = "Server info",
  about = "What this server is and may do: version, access, how many tools. The same as get_server_info.",
  mime = "application/json",
  run = server.info,
}
