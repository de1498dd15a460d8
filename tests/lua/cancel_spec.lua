-- cancel_run.
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local RUNNING = "fbec7139-35bd-4bd4-a1bb-b3c194c49744"   -- generate-report, which takes 90 seconds
local COMPLETED = "757c1c54-ec77-47bc-8f8b-f757a3189d14" -- sync-crm
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b"    -- the task of order-fulfillment that failed
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function play(access)
  return tenant.play({ access = access or "destroy" }, "control")
end

local function serve(answer)
  return tenant.serve(answer, { access = "destroy" })
end

-- What the engine said of the status of a run with this status.
local function status(word)
  return answers.plain(200, recordings.first("control", { body = ("%q\n"):format(word), status = 200 }).body)
end

describe("cancel_run", function()
  it("cancels a run and tells what became of it", function()
    local s = play()
    assert.same({
      action = "cancel", executed = true, run_id = RUNNING, workflowRunId = RUNNING, before = "RUNNING", after = "CANCELLED",
      outcome = "cancelled", note = "Cancelled.",
    }, outputs.call(s, "cancel_run", { run_id = RUNNING }))
    assert.equal("CANCELLED", outputs.call(s, "get_run_status", { workflow_run_id = RUNNING }).status)
  end)

  it("sends nothing for a run that has ended", function()
    local s, engine = serve(answers.recorded "details")
    assert.same({
      action = "cancel", executed = false, run_id = COMPLETED, workflowRunId = COMPLETED, before = "COMPLETED",
      after = "COMPLETED",
      outcome = "already_ended", note = "It had ended before: nothing was sent.",
    }, outputs.call(s, "cancel_run", { run_id = COMPLETED }))
    assert.equal("GET", engine:methods())
  end)

  it("takes a task of a run", function()
    local s = serve(function(exchange)
      local answer = exchange.path:find("workflow-runs/" .. CHARGE, 1, true) and answers.refusal(404, "unknown id")
        or answers.recorded "details"
      answer(exchange)
    end)
    local answer = outputs.call(s, "cancel_run", { run_id = CHARGE })
    assert.same({ "FAILED", "already_ended", "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8" },
      { answer.before, answer.outcome, answer.workflowRunId })
  end)

  it("says so when the run ended before", function()
    local s = serve(answers.by_method {
      GET = answers.sequence(status "RUNNING", status "RUNNING", status "COMPLETED"), POST = answers.recorded "control",
    })
    local answer = outputs.call(s, "cancel_run", { run_id = RUNNING })
    assert.same({ "COMPLETED", "ended_first", true }, { answer.after, answer.outcome, answer.executed })
  end)

  it("says so when the run goes on", function()
    local s, engine = serve(answers.by_method { GET = status "RUNNING", POST = answers.recorded "control" })
    local answer = outputs.call(s, "cancel_run", { run_id = RUNNING })
    assert.same({ "RUNNING", "pending" }, { answer.after, answer.outcome })
    outputs.has(answer.note, "get_run_status")
    assert.equal("GET POST GET GET GET GET GET GET", engine:methods())
    assert.equal(('{"externalIds":["%s"]}'):format(RUNNING), engine.requests[2].body)
  end)

  it("cancels nothing that it does not know: the engine would say that it did", function()
    local s, engine = serve(answers.recorded "control")
    local failure = outputs.refused(s, "cancel_run", { run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    assert.equal("Neither a run nor a task of this tenant has this id: list_runs shows the runs. Nothing was sent.", failure.hint)
    assert.equal("GET GET", engine:methods())
  end)

  it("tells what to do when the engine fails", function()
    local s, engine = serve(answers.by_method {
      GET = status "RUNNING", POST = answers.refusal(500, "the API is up, the engine behind it is down"),
    })
    local failure = outputs.refused(s, "cancel_run", { run_id = RUNNING })
    assert.same({ "server_error", 500 }, { failure.code, failure.status })
    outputs.has(failure.hint, "look before you repeat it")
    assert.equal("GET POST", engine:methods())
  end)

  it("passes on a refused token", function()
    local failure = outputs.refused(serve(answers.refusal(403, "expired token")), "cancel_run", { run_id = RUNNING })
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
  end)

  it("refuses what is no id", function()
    outputs.has(outputs.refused(play(), "cancel_run", { run_id = "all" }).text, '"run_id"')
  end)

  it("needs the access to destroy", function()
    outputs.has(outputs.refused(play "write", "cancel_run", { run_id = RUNNING }).text, "destroy")
  end)
end)
