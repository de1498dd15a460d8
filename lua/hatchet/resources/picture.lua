-- The page that shows what the draw_… tools draw, for clients with MCP Apps.

local page = require "hatchet.pictures.page"

resource "ui://hatchet/picture" {
  name = "picture",
  title = "Picture",
  about = "A page for clients with MCP Apps: shows the picture of a draw_ tool, with details under the pointer and a table.",
  mime = "text/html;profile=mcp-app",
  ui = { csp = json.object({}, {}), prefersBorder = false },
  run = function() return page end,
}
