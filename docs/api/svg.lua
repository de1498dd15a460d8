-- The Lua API, part six: the module hatchway.svg. The form of the data is told in api.lua.

local X, Y, TEXT = { "x", "number", "" }, { "y", "number", "" }, { "text", "string", "" }
local SIZE = { "size", "number", "of the font, in pixels" }
local XML = { { "string", "XML" } }

return {
  name = "svg", module = "hatchway.svg", title = "Pictures: `local svg = require \"hatchway.svg\"`",
  about = "A small writer of SVG. Coordinates are pixels; what goes in as text comes out escaped.",
  functions = {
    { name = "document", about = "A whole picture.",
      params = { { "picture", "table", "`{ width =, height =, title =, about =, style =, body = }`: `style` is CSS, `body` a list of XML" } }, returns = XML },
    { name = "element", about = "An element.",
      params = { { "name", "string", "" }, { "attributes", "table<string, string|number>", "numbers are rounded to hundredths" },
        { "...", "string", "XML that stands in it" } }, returns = XML },
    { name = "text", about = "A line of text; with `max` it is cut to that many pixels.",
      params = { X, Y, TEXT, { "attributes", "table?", "`max` and `size` (of the font, to measure it; 13), others are attributes" } }, returns = XML },
    { name = "mark", about = "A group with a title for an area: what a pointer shows, in browsers and in pages for pictures.",
      params = { { "box", "table", "`{ x =, y =, width =, height = }`" }, { "title", "string", "" }, { "...", "string", "XML" } }, returns = XML },
    { name = "escape", about = "Any text as XML text. What XML cannot hold, broken UTF-8 and characters that turn the direction of text become U+FFFD.",
      params = { TEXT }, returns = XML },
    { name = "width", about = "How wide a text is at most, about, in usual fonts.", params = { TEXT, SIZE }, returns = { { "number", "" } } },
    { name = "fit", about = "The text, or its beginning and `…`.", params = { TEXT, SIZE, { "max", "number", "pixels" } }, returns = { { "string", "" } } },
    { name = "scale", about = "A function from values to pixels.",
      params = { { "from", "number", "" }, { "to", "number", "" }, { "low", "number", "pixels of `from`" }, { "high", "number", "pixels of `to`" } },
      returns = { { "fun(value: number): number", "" } } },
    { name = "ticks", about = "Round numbers from 0 on, the last one not below `high`.",
      params = { { "high", "number", "" }, { "count", "integer", "about how many" } }, returns = { { "number[]", "" } } },
    { name = "steps", about = "A round number of seconds that divides a span of time.",
      params = { { "span", "number", "seconds" }, { "count", "integer", "into so many parts at most" } }, returns = { { "number", "" } } },
  },
}
