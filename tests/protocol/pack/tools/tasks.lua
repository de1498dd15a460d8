-- Calls that become tasks (io.modelcontextprotocol/tasks): from hatchway.detach on the client has its answer, and asks for the
-- outcome when it likes. Clients that know no tasks wait, unless the tool says "required".
local t = require "hatchway.types"

tool "greet" {
  title = "Greet",
  about = "Greets at once: never a task.",
  access = "read",
  input = { name = t.string "Whom." },
  run = function(args) return ("Hello, %s!"):format(args.name) end,
}

tool "slow_compute" {
  title = "Slow Computation",
  about = "Takes as many seconds as it is told.",
  access = "read",
  task = "optional",
  deadline = 120,
  input = { seconds = t.number { "How long.", min = 0, max = 100 }, label = t.string { "For the result.", default = "result" } },
  run = function(args)
    hatchway.detach()
    hatchway.sleep(args.seconds)
    return ("%s: computed for %g seconds"):format(args.label, args.seconds)
  end,
}

tool "failing_job" {
  title = "Failing Job",
  about = "Fails after a second: a completed task whose result is an error.",
  access = "read",
  task = "required",
  run = function()
    hatchway.detach()
    hatchway.sleep(1)
    hatchway.fail { code = "intended", message = "The job has failed, as it was meant to." }
  end,
}

tool "protocol_error_job" {
  title = "Faulty Job",
  about = "Meets a fault of the server: a failed task, without a result.",
  access = "read",
  task = "optional",
  run = function()
    hatchway.detach()
    hatchway.fail { code = "intended", message = "The server is at fault, as it was meant to be.", fault = true }
  end,
}

local function asked(message, fields) return hatchway.elicit { message = message, fields = fields } end

tool "confirm_delete" {
  title = "Confirm",
  about = "A task that asks a person before it goes on. It deletes nothing.",
  access = "read",
  task = "optional",
  input = { filename = t.string "Its name." },
  run = function(args)
    hatchway.detach()
    local answers = hatchway.ask {
      confirm = asked(("Delete %s?"):format(args.filename), { confirm = t.boolean { "Yes", required = true } }),
    }
    local yes = answers.confirm.action == "accept" and answers.confirm.content.confirm
    return (yes and "Deleted %s." or "Kept %s."):format(args.filename)
  end,
}

tool "multi_input" {
  title = "Several Questions",
  about = "A task that asks two questions at once, which may be answered one by one.",
  access = "read",
  task = "optional",
  run = function()
    hatchway.detach()
    local answers = hatchway.ask {
      name = asked("What is your name?", { name = t.string { required = true } }),
      confirm = asked("Are you sure?", { confirm = t.boolean { required = true } }),
    }
    return ("name: %s, confirm: %s"):format(answers.name.action, answers.confirm.action)
  end,
}

tool "test_tool_with_task" {
  title = "Questions First",
  about = "Asks before it becomes a task.",
  access = "read",
  task = "required",
  run = function()
    local answers = hatchway.ask { user_name = asked("What is your name?", { name = t.string { required = true } }) }
    local content = answers.user_name.content
    hatchway.detach()
    hatchway.sleep(0.5)
    return ("Hello, %s!"):format(content and content.name or "whoever you are")
  end,
}
