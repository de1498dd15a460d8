-- Calls that go on as tasks: hatchway.detach says from where on, and the client asks for the outcome (SEP-2663).

local t = require "hatchway.types"

tool "greet" {
  title = "Greet", about = "Answers at once: no task.", access = "read",
  input = { name = t.string "Whom to greet" },
  run = function(args) return ("Hello, %s!"):format(args.name) end,
}

tool "slow_compute" {
  title = "Slow Compute", about = "Takes its time: a task for clients that know tasks, else a call that waits.", access = "read",
  task = "optional",
  deadline = 120,
  input = {
    seconds = t.number { "how long", default = 1, min = 0, max = 60 },
    label = t.string { "what for", default = "task" },
  },
  run = function(args)
    hatchway.detach(120)
    hatchway.progress(0, args.seconds, "working on " .. args.label)
    hatchway.sleep(args.seconds)
    return ("%s: done after %g s"):format(args.label, args.seconds)
  end,
}

tool "failing_job" {
  title = "Failing Job", about = "A task whose tool fails: it is completed, with an error in its result.", access = "read",
  task = "required",
  run = function()
    hatchway.detach(60)
    hatchway.sleep(1)
    hatchway.fail { code = "job_failed", message = "The job has failed.", hint = "It always does." }
  end,
}

tool "protocol_error_job" {
  title = "Broken Job", about = "A task whose script has a mistake: it has failed, and has no result.", access = "read",
  task = "required",
  run = function()
    hatchway.detach(60)
    hatchway.sleep(0.2)
    error "a mistake in the script"
  end,
}

tool "confirm_delete" {
  title = "Confirm Delete", about = "A task that asks once. Nothing is deleted.", access = "read",
  task = "required",
  input = { filename = t.string "What would be deleted" },
  run = function(args)
    hatchway.detach(600)
    local answers = hatchway.ask {
      confirm = hatchway.elicit {
        message = ("Delete %s?"):format(args.filename),
        fields = { confirm = t.boolean { "Yes, delete it", default = false } },
      },
    }
    local answer = answers.confirm
    local sure = answer.action == "accept" and answer.content.confirm
    return sure and ("Deleted %s."):format(args.filename) or ("Kept %s."):format(args.filename)
  end,
}

tool "multi_input" {
  title = "Multi Input", about = "A task that asks two things at once, and takes the answers as they come.", access = "read",
  task = "required",
  run = function()
    hatchway.detach(600)
    local answers = hatchway.ask {
      person = hatchway.elicit { message = "What is your name?", fields = { name = t.string "Your name" } },
      pet = hatchway.elicit { message = "What is your dog's name?", fields = { name = t.string "Its name" } },
    }
    return ("%s walks %s."):format(answers.person.content.name, answers.pet.content.name)
  end,
}

tool "test_tool_with_task" {
  title = "Ask, Then Work", about = "Asks first, as any call does, and is a task from then on.", access = "read",
  task = "required",
  run = function()
    local answers = hatchway.ask {
      user_name = hatchway.elicit { message = "What is your name?", fields = { name = t.string "Your name" } },
    }
    hatchway.detach(60)
    hatchway.sleep(0.2)
    return ("Hello, %s!"):format(answers.user_name.content.name)
  end,
}
