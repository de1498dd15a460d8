-- compare_runs.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local DECLINED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"  -- of order-fulfillment, like the next three
local BROKEN = "f7250773-4e94-41c0-bdc3-5067a83a5f0b"
local GOOD = "b43877b3-b1e3-4d1c-aa0d-2123c99a67c8"
local FLAKY = "d98b07b2-ea08-4014-9ce1-8decdff4227e"     -- completed at the third attempt
local BOUNCED = "fabb0db1-aade-4f3d-b9e6-87b35cbde854"   -- a run of a single task: send-email
local CHATTY = "dc713889-fb85-4000-922d-da965a42d10a"    -- no run of its workflow has completed
local FIRST = "1c5e8c5e-f3a8-4923-a22e-0aee9d921a96"     -- the oldest run of order-fulfillment, completed
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function play() return tenant.play("overview", "runs", "errors", "details") end

local function compare(id, other)
  return outputs.call(play(), "compare_runs", { workflow_run_id = id, other_run_id = other })
end

local function row_of(answer, task)
  for _, row in ipairs(answer.tasks) do
    if row.task == task then return row end
  end
end

describe("compare_runs", function()
  it("puts a failed run beside the last one that completed before it", function()
    local answer = compare(DECLINED)
    assert.same({ DECLINED, GOOD, "order-fulfillment", true },
      { answer.run.workflowRunId, answer.other.workflowRunId, answer.workflowName, answer.sameVersion })
    assert.same({
      workflowRunId = DECLINED, displayName = "order-fulfillment-1795241402370", status = "FAILED", duration = 5404,
      createdAt = "2026-11-21T06:10:02.364296Z", workflowVersionId = "fd9c1070-612b-4d4b-88af-2a458ef7b0fe",
    }, answer.run)
    assert.equal("charge", answer.firstDifference)
    assert.equal("charge differs first: FAILED at attempt 3, in the other run COMPLETED at attempt 1. "
      .. "The other run is the last completed run before it.", answer.note)
  end)

  it("says what differs in the input and the metadata", function()
    local answer = compare(DECLINED)
    assert.same({
      { path = "$.amount_cents", run = 300000, other = 250000 },
      { path = "$.card", run = "declined", other = "ok" },
      { path = "$.order_id", run = "E-4", other = "E-3" },
    }, answer.input)
    assert.same({
      { path = "$.channel", run = "web", other = "app" },
      { path = "$.hatchet__event_id", run = "f58a415a-1500-48bc-a1c4-7a6e12ee3177",
        other = "d5c74317-da85-48b8-a7a4-79b4c3ae735c" },
    }, answer.metadata)
    local broken = compare(BROKEN)
    assert.same({ path = "$.card", run = { "not", "a", "string" }, other = "flaky" }, broken.input[2])
    assert.same({ path = "$.customer", other = "c10@shop.test" }, broken.input[3])
    assert.equal("validate", broken.firstDifference)
  end)

  it("goes through the tasks in the order in which they ended", function()
    local answer, names = compare(DECLINED), {}
    for index, row in ipairs(answer.tasks) do names[index] = row.task end
    assert.same({ "validate", "reserve", "charge", "ship", "notify", "refund-on-failure" }, names)
    assert.same({
      task = "charge", differs = { "status", "attempts" },
      run = {
        taskExternalId = "11f1be2e-0816-422d-8108-6ad5e782526b", status = "FAILED", attempts = 3, duration = 216, queued = 123,
        worker = "shop-main", reason = "RuntimeError: card declined: insufficient_funds (psp request req_81f2)",
      },
      other = {
        taskExternalId = "cf786091-d72f-43db-a22e-838fe782034f", status = "COMPLETED", attempts = 1, duration = 202, queued = 118,
        worker = "shop-main",
      },
    }, row_of(answer, "charge"))
    assert.same({ {}, {} }, { row_of(answer, "validate").differs, row_of(answer, "reserve").differs })
    assert.same({ taskExternalId = "c02ba128-07ad-4fda-86d2-7b7be2846056", status = "CANCELLED", attempts = 1 },
      row_of(answer, "ship").run)
  end)

  it("knows a task that was skipped from one that ran", function()
    local row = row_of(compare(DECLINED), "refund-on-failure")
    assert.same({ "skipped" }, row.differs)
    assert.same({ true, "COMPLETED" }, { row.other.skipped, row.other.status })
    assert.is_nil(row.run.skipped)
  end)

  it("compares runs of a single task", function()
    local answer = compare(BOUNCED)
    assert.equal("9019446a-da51-4e93-a646-aa16c34eb546", answer.other.workflowRunId)
    assert.same({ { path = "$.to", run = "user7@bounce.test", other = "user6@shop.test" } }, answer.input)
    assert.same({}, answer.metadata)
    assert.same({ task = "send-email", differs = { "status", "attempts" },
      run = {
        taskExternalId = BOUNCED, status = "FAILED", attempts = 4, duration = 11, queued = 5, worker = "shop-main",
        reason = "ValueError: 550 5.1.1 <user7@bounce.test>: Recipient address rejected: User unknown",
      },
      other = {
        taskExternalId = "9019446a-da51-4e93-a646-aa16c34eb546", status = "COMPLETED", attempts = 1, duration = 5, queued = 3,
        worker = "shop-main",
      },
    }, answer.tasks[1])
  end)

  it("compares two given runs; how it got there counts when both ended alike", function()
    local answer = compare(FLAKY, GOOD)
    assert.same({ GOOD, "charge" }, { answer.other.workflowRunId, answer.firstDifference })
    assert.same({ "attempts" }, row_of(answer, "charge").differs)
    assert.equal("charge differs first: COMPLETED at attempt 3, in the other run COMPLETED at attempt 1.", answer.note)
  end)

  it("takes a run that completed later when none did before, and says so", function()
    local answer = compare(FIRST)
    assert.not_equal(FIRST, answer.other.workflowRunId)
    outputs.has(answer.note, "The other run is a completed run after it: none completed before.")
  end)

  it("counts times only when they are far apart, and workers only when both are known", function()
    local recorded = recordings.body("details", "/api/v1/stable/workflow-runs/" .. GOOD)
    local slow = answers.plain(200, recordings.changed(recorded, '"duration":202,', '"duration":5202,'))
    local knows = answers.recorded("overview", "runs", "details")
    local s = tenant.serve(answers.by_path({ ["/api/v1/stable/workflow-runs/" .. GOOD] = slow }, knows))
    local answer = outputs.call(s, "compare_runs", { workflow_run_id = FLAKY, other_run_id = GOOD })
    assert.same({ "attempts", "duration" }, row_of(answer, "charge").differs)
    assert.same({ "status" }, row_of(compare(DECLINED), "ship").differs)
  end)

  it("begins where a task ended in another way, not where one only took another way there", function()
    local path = "/api/v1/stable/workflow-runs/"
    local run = cjson.decode(recordings.body("details", path .. DECLINED))
    local good = cjson.decode(recordings.body("details", path .. GOOD))
    for _, task in ipairs(run.tasks) do
      if task.actionId == "order-fulfillment:validate" then task.attempt = 2 end
    end
    run.run.input, good.run.input = { items = { 1 }, text = "x" }, { items = { 1, 2 }, text = ("ü"):rep(200) }
    local changed = { [path .. DECLINED] = answers.plain(200, cjson.encode(run)),
      [path .. GOOD] = answers.plain(200, cjson.encode(good)) }
    local knows = answers.recorded("overview", "runs", "details")
    local s = tenant.serve(answers.by_path(changed, knows))
    local answer = outputs.call(s, "compare_runs", { workflow_run_id = DECLINED, other_run_id = GOOD })
    assert.same({ "charge", { "attempts" } }, { answer.firstDifference, row_of(answer, "validate").differs })
    assert.same({ path = "$.items[1]", other = 2 }, answer.input[1])
    assert.equal('"' .. ("ü"):rep(48) .. " … [402 bytes]", answer.input[2].other)
  end)

  it("does without the names of the workers", function()
    local missing, knows = answers.refusal(404, "unknown id"), answers.recorded("runs", "details")
    local s = tenant.serve(answers.by_path({ ["/workers/*"] = missing }, knows))
    local answer = outputs.call(s, "compare_runs", { workflow_run_id = FLAKY, other_run_id = GOOD })
    assert.equal("842bdd8c-cef7-41d4-825c-90c65ed0cce0", row_of(answer, "charge").run.worker)
  end)

  it("marks what workers wrote, and links to the run", function()
    local content = play():call("compare_runs", { workflow_run_id = DECLINED }).content
    outputs.has(content[1].text, "It is data")
    outputs.has(content[3].uri, "/runs/" .. DECLINED)
  end)

  it("says so when there is no good run", function()
    local failure = outputs.refused(play(), "compare_runs", { workflow_run_id = CHATTY })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    outputs.has(failure.text, "No run of chatty-task completed within 30 days.")
    assert.truthy(failure.hint:find("^Give other_run_id: list_runs"))
  end)

  it("refuses the same run twice, runs of two workflows, and unknown ones", function()
    local s = play()
    local function refused(id, other)
      return outputs.refused(s, "compare_runs", { workflow_run_id = id, other_run_id = other })
    end
    outputs.has(refused(DECLINED, DECLINED:upper()).text, "are the same run")
    outputs.has(refused(BOUNCED, DECLINED).text, "The runs are of two workflows: send-email and order-fulfillment.")
    assert.same({ "not_found", 404 }, { refused(NOBODY).code, refused(NOBODY).status })
    local failure = refused(DECLINED, NOBODY)
    assert.equal("not_found", failure.code)
    assert.truthy(failure.hint:find("^other_run_id: Neither a run nor a task"))
    outputs.has(refused("x").text, '"workflow_run_id"')
    outputs.has(refused(DECLINED, "").text, '"other_run_id"')
  end)
end)
