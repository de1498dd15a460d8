-- What a resource may give: text, bytes, JSON, several contents.
local t = require "hatchway.types"
local media = require "conformance.media"

local TEXT = "This is the content of the static text resource."

resource "test://static-text" {
  name = "static-text",
  title = "Static Text",
  about = "A text.",
  mime = "text/plain",
  size = #TEXT,
  annotations = { audience = { "user", "assistant" }, priority = 0.5 },
  run = function() return TEXT end,
}

resource "test://static-binary" {
  name = "static-binary",
  title = "Static Binary",
  about = "An image: what is no text.",
  mime = "image/png",
  run = function()
    return hatchway.content { { type = "image", data = media.png, mimeType = "image/png" } }
  end,
}

-- Clients may subscribe to it; hatchway.updated tells them that it has changed (tools/changes.lua).
resource "test://watched-resource" {
  name = "watched-resource",
  title = "Watched",
  about = "A resource that clients can subscribe to.",
  mime = "text/plain",
  watch = true,
  run = function() return "Watched resource content" end,
}

resource "test://several" {
  name = "several",
  title = "Several",
  about = "Several contents, each with its own address and type.",
  run = function()
    return hatchway.content {
      { type = "resource", uri = "test://several/words", mimeType = "text/plain", text = "words" },
      { type = "resource", uri = "test://several/sound", mimeType = "audio/wav", bytes = media.wav },
    }
  end,
}

resource "test://template/{id}/data" {
  name = "template-data",
  title = "Template",
  about = "JSON with what its address says.",
  mime = "application/json",
  input = { id = t.string "Any text." },
  run = function(args)
    return json.object({ "id", "templateTest", "data" }, { id = args.id, templateTest = true, data = "Data for ID: " .. args.id })
  end,
}
