-- What a prompt may return: one text, or messages of one block each.
local t = require "hatchway.types"
local media = require "conformance.media"

prompt "test_simple_prompt" {
  title = "Simple Prompt",
  about = "One text of the user.",
  run = function() return "This is a simple prompt for testing." end,
}

prompt "test_prompt_with_arguments" {
  title = "Prompt with Arguments",
  about = "A text with two arguments in it, of which the first completes.",
  input = {
    arg1 = t.string {
      "The first.",
      complete = function(typed)
        local words, found = { "paris", "park", "party", "test", "testing" }, {}
        for _, word in ipairs(words) do
          if word:sub(1, #typed) == typed then found[#found + 1] = word end
        end
        return found
      end,
    },
    arg2 = t.string "The second.",
  },
  run = function(args) return ("Prompt with arguments: arg1='%s', arg2='%s'"):format(args.arg1, args.arg2) end,
}

prompt "test_prompt_with_embedded_resource" {
  title = "Prompt with a Resource",
  about = "A resource, and a text about it.",
  input = { resourceUri = t.string "Its address." },
  run = function(args)
    return {
      {
        role = "user",
        content = {
          type = "resource",
          uri = args.resourceUri,
          mimeType = "text/plain",
          text = "Embedded resource content for testing.",
        },
      },
      { role = "user", text = "Please process the embedded resource above." },
    }
  end,
}

prompt "test_prompt_with_image" {
  title = "Prompt with an Image",
  about = "An image, and a text about it.",
  run = function()
    return {
      { role = "user", content = { type = "image", data = media.png, mimeType = "image/png" } },
      { role = "user", text = "Please analyze the image above." },
    }
  end,
}
