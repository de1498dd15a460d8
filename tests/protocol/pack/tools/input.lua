-- What a call may ask: a person (a form), a model, the client. hatchway.ask waits for the answers in both eras; to a modern
-- client the function is run anew with all answers so far, so it asks first and does its work afterwards.
local t = require "hatchway.types"

local function form(message, fields) return hatchway.elicit { message = message, fields = fields } end

local function sentence(text) return hatchway.sample { messages = text, max_tokens = 100 } end

-- The field of a form that a person has filled in; nil if they would not.
local function filled(answer, field) return answer.action == "accept" and answer.content[field] or nil end

local function names(list)
  local out = {}
  for i, root in ipairs(list) do out[i] = root.uri end
  return table.concat(out, ", ")
end

-- A tool that asks and tells what it heard.
local function asks(name, about, run, input)
  tool(name) { title = about, about = about .. ".", access = "read", input = input, run = run }
end

-- --- one question ----------------------------------------------------------------------------------------------------

asks("test_sampling", "Asks the Model of the Client", function(args)
  local answer = hatchway.ask(sentence(args.prompt))
  return "LLM response: " .. answer.content.text
end, { prompt = t.string "What to ask." })

asks("test_elicitation", "Asks a Person", function(args)
  local answer = hatchway.ask(form(args.message, {
    username = t.string { "User's response", required = true },
    email = t.string { "User's email address", required = true },
  }))
  return ("User response: action=%s, content=%s"):format(answer.action, json.encode(answer.content or {}))
end, { message = t.string "The question." })

asks("test_elicitation_sep1034_defaults", "A Form with Defaults", function()
  local answer = hatchway.ask(form("Please review and update the form fields with defaults", {
    name = t.string { "User name", default = "John Doe" },
    age = t.integer { "User age", default = 30 },
    score = t.number { "User score", default = 95.5 },
    status = t.enum { "User status", values = { "active", "inactive", "pending" }, default = "active" },
    verified = t.boolean { "Verification status", default = true },
  }))
  return ("Elicitation completed: action=%s, content=%s"):format(answer.action, json.encode(answer.content or {}))
end)

-- Choices that the types do not have: the schema of the form as it is.
asks("test_elicitation_sep1330_enums", "A Form with Choices", function()
  local titled = {
    { const = "value1", title = "First Option" },
    { const = "value2", title = "Second Option" },
    { const = "value3", title = "Third Option" },
  }
  local answer = hatchway.ask(hatchway.elicit {
    message = "Please select options from the enum fields",
    schema = {
      type = "object",
      properties = {
        untitledSingle = { type = "string", enum = { "option1", "option2", "option3" } },
        titledSingle = { type = "string", oneOf = titled },
        legacyEnum = {
          type = "string",
          enum = { "opt1", "opt2", "opt3" },
          enumNames = { "Option One", "Option Two", "Option Three" },
        },
        untitledMulti = { type = "array", items = { type = "string", enum = { "option1", "option2", "option3" } } },
        titledMulti = { type = "array", items = { anyOf = titled } },
      },
    },
  })
  return ("Elicitation completed: action=%s, content=%s"):format(answer.action, json.encode(answer.content or {}))
end)

asks("test_streaming_elicitation", "Asks on a Stream", function()
  local answer = hatchway.ask(form("Shall it go on?", { yes = t.boolean { "Yes", required = true } }))
  return "It was " .. answer.action .. "ed."
end)

-- --- questions with keys, several at once, several rounds ------------------------------------------------------------

asks("test_input_required_result_elicitation", "One Form", function()
  local answers = hatchway.ask { user_name = form("What is your name?", { name = t.string { required = true } }) }
  local name = filled(answers.user_name, "name")
  return name and ("Hello, %s!"):format(name) or "Hello, whoever you are!"
end)

asks("test_input_required_result_sampling", "One Sentence", function()
  local answers = hatchway.ask { capital_question = sentence "What is the capital of France?" }
  return answers.capital_question.content.text
end)

asks("test_input_required_result_list_roots", "The Roots of the Client", function()
  local answers = hatchway.ask { client_roots = hatchway.roots() }
  return "The roots: " .. names(answers.client_roots.roots)
end)

-- What the host has to remember between two rounds it seals into requestState; a state that was tampered with is refused.
local function confirms()
  local answers = hatchway.ask { confirm = form("Please confirm", { ok = t.boolean { required = true } }) }
  return "state-ok, confirmed: " .. tostring(filled(answers.confirm, "ok") or false)
end

asks("test_input_required_result_request_state", "State between Rounds", confirms)
asks("test_input_required_result_tampered_state", "State that Is Sealed", confirms)

asks("test_input_required_result_multiple_inputs", "Several Questions at Once", function()
  local answers = hatchway.ask {
    user_name = form("What is your name?", { name = t.string { required = true } }),
    greeting = sentence "Generate a greeting",
    client_roots = hatchway.roots(),
  }
  return ("%s %s, your roots: %s"):format(answers.greeting.content.text, filled(answers.user_name, "name") or "stranger",
    names(answers.client_roots.roots))
end)

asks("test_input_required_result_multi_round", "Several Rounds", function()
  local first = hatchway.ask { step1 = form("Step 1: What is your name?", { name = t.string { required = true } }) }
  local second = hatchway.ask { step2 = form("Step 2: What is your favorite color?", { color = t.string { required = true } }) }
  return ("%s likes %s."):format(filled(first.step1, "name") or "Nobody", filled(second.step2, "color") or "nothing")
end)

-- Only what the client can do.
asks("test_input_required_result_capabilities", "What the Client Can Do", function()
  local can, questions = hatchway.client(), {}
  if can.elicitation then questions.user_name = form("What is your name?", { name = t.string { required = true } }) end
  if can.sampling then questions.greeting = sentence "Generate a greeting" end
  if next(questions) == nil then return "This client can be asked nothing." end
  local answers, heard = hatchway.ask(questions), {}
  for key in pairs(answers) do heard[#heard + 1] = key end
  table.sort(heard)
  return "Answered: " .. table.concat(heard, ", ")
end)
