---@meta hatchway.svg
-- Made by docs/api/generate.lua: do not edit.

local svg = {}

---A whole picture.
---@param picture table `{ width =, height =, title =, about =, style =, body = }`: `style` is CSS, `body` a list of XML
---@return string # XML
function svg.document(picture) end

---An element.
---@param name string
---@param attributes table<string, string|number> numbers are rounded to hundredths
---@param ... string XML that stands in it
---@return string # XML
function svg.element(name, attributes, ...) end

---A line of text; with `max` it is cut to that many pixels.
---@param x number
---@param y number
---@param text string
---@param attributes? table `max` and `size` (of the font, to measure it; 13), others are attributes
---@return string # XML
function svg.text(x, y, text, attributes) end

---A group with a title for an area: what a pointer shows, in browsers and in pages for pictures.
---@param box table `{ x =, y =, width =, height = }`
---@param title string
---@param ... string XML
---@return string # XML
function svg.mark(box, title, ...) end

---Any text as XML text. What XML cannot hold, broken UTF-8 and characters that turn the direction of text become U+FFFD.
---@param text string
---@return string # XML
function svg.escape(text) end

---How wide a text is at most, about, in usual fonts.
---@param text string
---@param size number of the font, in pixels
---@return number
function svg.width(text, size) end

---The text, or its beginning and `…`.
---@param text string
---@param size number of the font, in pixels
---@param max number pixels
---@return string
function svg.fit(text, size, max) end

---A function from values to pixels.
---@param from number
---@param to number
---@param low number pixels of `from`
---@param high number pixels of `to`
---@return fun(value: number): number
function svg.scale(from, to, low, high) end

---Round numbers from 0 on, the last one not below `high`.
---@param high number
---@param count integer about how many
---@return number[]
function svg.ticks(high, count) end

---A round number of seconds that divides a span of time.
---@param span number seconds
---@param count integer into so many parts at most
---@return number
function svg.steps(span, count) end

return svg
