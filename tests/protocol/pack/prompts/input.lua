-- A prompt may ask as well.
local t = require "hatchway.types"

prompt "test_input_required_result_prompt" {
  title = "Prompt that Asks",
  about = "Asks what it should be about.",
  run = function()
    local answers = hatchway.ask {
      user_context = hatchway.elicit {
        message = "What context should the prompt use?",
        fields = { context = t.string { required = true } },
      },
    }
    local context = answers.user_context.content
    return "Use this context: " .. (context and context.context or "none")
  end,
}
