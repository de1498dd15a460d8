-- What a tool may return: text, content blocks of each kind, an error.
local media = require "conformance.media"

tool "test_simple_text" {
  title = "Simple Text",
  about = "A text.",
  access = "read",
  run = function() return "This is a simple text response for testing." end,
}

tool "test_image_content" {
  title = "Image",
  about = "An image, of which there is base64.",
  access = "read",
  run = function()
    return hatchway.content { { type = "image", data = media.png, mimeType = "image/png" } }
  end,
}

tool "test_audio_content" {
  title = "Audio",
  about = "A sound, of which there are bytes.",
  access = "read",
  run = function()
    return hatchway.content { { type = "audio", bytes = media.wav, mimeType = "audio/wav" } }
  end,
}

tool "test_embedded_resource" {
  title = "Embedded Resource",
  about = "A resource within the result.",
  access = "read",
  run = function()
    return hatchway.content {
      {
        type = "resource",
        uri = "test://embedded-resource",
        mimeType = "text/plain",
        text = "This is an embedded resource content.",
      },
    }
  end,
}

tool "test_multiple_content_types" {
  title = "Mixed Content",
  about = "Several blocks of different kinds, with words about whom they are for.",
  access = "read",
  run = function()
    return hatchway.content {
      { type = "text", text = "Multiple content types test:" },
      { type = "image", data = media.png, mimeType = "image/png", annotations = { audience = { "user" }, priority = 0.5 } },
      {
        type = "resource",
        uri = "test://mixed-content-resource",
        mimeType = "application/json",
        text = json.encode(json.object({ "test", "value" }, { test = "data", value = 123 })),
        annotations = { audience = { "assistant" } },
      },
    }
  end,
}

tool "test_error_handling" {
  title = "Error",
  about = "Always fails, with a sentence that a model can act on.",
  access = "read",
  run = function()
    hatchway.fail {
      code = "intended",
      message = "This tool intentionally returns an error for testing",
      hint = "Nothing can be done about it.",
    }
  end,
}
