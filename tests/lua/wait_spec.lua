-- wait_for_run.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play, serve = tenant.play, tenant.serve

local DONE = "e0e4cfc3-e104-496f-b3c9-f3a4d1b342d3"      -- a durable run that has ended
local DECLINED = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"  -- a task failed three times
local TIMED_OUT = "797d11f7-41dd-4a2b-a162-e47fbfade857"
local STOPPED = "58149c4f-6a48-4361-b0f7-1fb4172b7ba0"   -- cancelled while it ran
local EVICTED = "d3618436-4677-4d43-a8d9-b71e512d0779"   -- a durable run that waits
local HELD = "1263514c-f01e-48ee-8b83-8ed2a36ebed7"      -- the same, on a worker
local NO_WORKER = "5ed04c33-04a3-4a26-a331-076d16983d74"
local IN_TURN = "6c82295d-600e-48c4-9830-fad03f26065e"   -- queued for its concurrency key
local BUSY = "7a4b070c-6e9d-4f51-8464-a5f718a23d93"      -- on a worker
local BIG = "d9526003-4512-4ee1-bfcd-6769de9b4400"       -- an output of 700 KB
local NOBODY = "00000000-0000-4000-8000-000000000000"

local REPORT = "a9d30957-af41-4ff2-b86d-7655a2ec9a2a"    -- generate-report
local RUNS = "/api/v1/stable/workflow-runs/"
local ON_FAILURE = "describe_run_failure shows its log and all attempts; compare_runs what is different from the last good run."

local function wait(id, seconds)
  return outputs.call(play("overview", "details"), "wait_for_run", { workflow_run_id = id, timeout_seconds = seconds })
end

describe("wait_for_run", function()
  it("gives the output of a run that has ended, at once", function()
    assert.same({
      workflowRunId = DONE, workflowName = "refund-approval", workflowId = "d6ffc9ed-58dd-43ed-a00e-53476e1c9bee",
      status = "COMPLETED", ended = true, waited = 0, duration = 9765,
      output = { approved = true, event = "{'by': 'grace', 'refund_id': 'R-9'}" },
    }, wait(DONE))
  end)

  it("says why a run failed", function()
    assert.same({
      workflowRunId = DECLINED, workflowName = "order-fulfillment", workflowId = "a5f422d2-2328-4949-a0f5-fc5b668f6f4c",
      status = "FAILED", ended = true, waited = 0, duration = 5404, note = ON_FAILURE,
      failure = {
        task = "charge-1795241402723", taskExternalId = "11f1be2e-0816-422d-8108-6ad5e782526b",
        reason = "RuntimeError: card declined: insufficient_funds (psp request req_81f2)",
      },
    }, wait(DECLINED))
  end)

  it("knows the reason of time-outs and cancellations, which stands in the events", function()
    assert.equal("Task exceeded timeout of 3s", wait(TIMED_OUT).failure.reason)
    local stopped = wait(STOPPED)
    assert.same({ "CANCELLED", true }, { stopped.status, stopped.ended })
    assert.equal("Cancelled. The engine keeps no reason: a caller did it, or a rule such as a concurrency limit.",
      stopped.failure.reason)
  end)

  it("says what holds a run that has not ended: that is no error", function()
    local answer = wait(EVICTED)
    assert.same({
      workflowRunId = EVICTED, workflowName = "refund-approval", workflowId = "d6ffc9ed-58dd-43ed-a00e-53476e1c9bee",
      status = "RUNNING", ended = false, waited = 30,
      waitsFor = "refund-approval-1795241309049 (evicted): Waits for the event refund:approved, since "
        .. "2026-11-21T06:08:31.714114Z (21m 28s).",
      note = "It has not ended after 30s. wait_for_run goes on waiting; cancel_run stops it.",
    }, answer)
    assert.equal("refund-approval-1795242500684 (durable_wait): Waits for the event refund:approved, since "
      .. "2026-11-21T06:28:23.333538Z (1m 36s).", wait(HELD).waitsFor)
    local queued = wait(NO_WORKER, 1)
    assert.same({ "QUEUED", false, 1 }, { queued.status, queued.ended, queued.waited, queued.duration })
    assert.equal("video-transcode-1795241317450 (no_worker): No live worker runs video-transcode:video-transcode; gpu-1 did, and "
      .. "was last heard at 2026-11-21T06:07:47.398Z.", queued.waitsFor)
    assert.equal("render-1795242499559 (concurrency): At most 1 of input.tenant = acme run at once (GROUP_ROUND_ROBIN): "
      .. "1 run, 3 wait.", wait(IN_TURN).waitsFor)
    assert.equal("render-1795242499591 (running): Its code runs on shop-main, with a time-out of 10m.", wait(BUSY).waitsFor)
  end)

  it("waits as long as it was told, in playback without taking the time", function()
    local began = os.time()
    local answer = wait(BUSY, 280)
    assert.same({ 280, "It has not ended after 4m 40s. wait_for_run goes on waiting; cancel_run stops it." },
      { answer.waited, answer.note })
    assert.is_true(os.time() - began <= 5)
  end)

  it("follows a run to its end", function()
    local s = play({ access = "write" }, "overview", "trigger")
    local started = outputs.call(s, "trigger_workflow", {
      workflow_name = "generate-report", input = { tenant = "umbrella", seconds = 3 }, additional_metadata = { why = "demo" },
    })
    assert.equal("RUNNING", started.status)
    assert.same({
      workflowRunId = started.workflowRunId, workflowName = "generate-report", workflowId = REPORT,
      status = "COMPLETED", ended = true, waited = 0.5, duration = 3014, output = { tenant = "umbrella", pdf_bytes = 184223 },
    }, outputs.call(s, "wait_for_run", { workflow_run_id = started.workflowRunId, timeout_seconds = 20 }))
  end)

  it("tells the client how long it has waited", function()
    local s = serve(answers.recorded "details")
    s:request("tools/call", {
      name = "wait_for_run", arguments = { workflow_run_id = BUSY, timeout_seconds = 2 }, _meta = { progressToken = "p" },
    })
    local last, count = 0, 0
    for _, notification in ipairs(s.notifications) do
      if notification.method == "notifications/progress" then
        assert.same({ "p", 2, "RUNNING" },
          { notification.params.progressToken, notification.params.total, notification.params.message })
        assert.is_true(notification.params.progress > last)
        last, count = notification.params.progress, count + 1
      end
    end
    assert.is_true(last > 1 and last <= 2.1, last)
    assert.is_true(count >= 3, count)
  end)

  it("leaves out a large output and says where it is", function()
    local answer = outputs.call(play "large", "wait_for_run", { workflow_run_id = BIG })
    assert.is_nil(answer.output)
    assert.same({ "COMPLETED", 499, "The output has 716811 bytes: get_run shows it." },
      { answer.status, answer.duration, answer.note })
  end)

  it("takes the id of a task for its run", function()
    local task = "11f1be2e-0816-422d-8108-6ad5e782526b"
    local unknown, knows = answers.refusal(404, "unknown id"), answers.recorded "details"
    local s = serve(answers.by_path({ [RUNS .. task .. "/status"] = unknown }, knows))
    local answer = outputs.call(s, "wait_for_run", { workflow_run_id = task })
    assert.same({ DECLINED, "FAILED" }, { answer.workflowRunId, answer.status })
  end)

  it("bears a look that goes wrong after the first", function()
    local knows, broken = answers.recorded "details", answers.refusal(500, "the API is up, the engine behind it is down")
    local looks = answers.sequence(knows, broken, broken, knows)
    local s = serve(answers.by_path({ ["/status"] = looks }, knows))
    local answer = outputs.call(s, "wait_for_run", { workflow_run_id = BUSY, timeout_seconds = 1 })
    assert.same({ "RUNNING", false, 1 }, { answer.status, answer.ended, answer.waited })
  end)

  it("says less when the details cannot be read", function()
    local knows, broken = answers.recorded "details", answers.refusal(500, "the API is up, the engine behind it is down")
    local function without_details(id)
      return outputs.call(serve(answers.by_path({ ["/status"] = knows }, broken)), "wait_for_run",
        { workflow_run_id = id, timeout_seconds = 1 })
    end
    assert.same({ workflowRunId = DONE, status = "COMPLETED", ended = true, waited = 0,
      note = "Its details cannot be read now: get_run shows them." }, without_details(DONE))
    assert.same({ workflowRunId = BUSY, status = "RUNNING", ended = false, waited = 1,
      note = "It has not ended after 1s. wait_for_run goes on waiting; cancel_run stops it." }, without_details(BUSY))
  end)

  -- The answer about the run BUSY when the details of it are changed, and what the engine knows of its workflow.
  local function with(change, workflow)
    local body = cjson.decode(recordings.body("details", RUNS .. BUSY))
    change(body)
    local knows = answers.recorded("overview", "details")
    local others = { [RUNS .. BUSY] = answers.plain(200, cjson.encode(body)), ["/api/v1/workflows/" .. REPORT] = workflow }
    local s = serve(answers.by_path(others, knows))
    return outputs.call(s, "wait_for_run", { workflow_run_id = BUSY, timeout_seconds = 1 })
  end

  it("explains three tasks and counts the others", function()
    local answer = with(function(body)
      for index = 2, 5 do body.tasks[index] = body.tasks[1] end
    end)
    local one = "render-1795242499591 (running): Its code runs on shop-main, with a time-out of 10m. "
    assert.equal(one:rep(3) .. "2 more tasks have not ended.", answer.waitsFor)
  end)

  it("says that a run between two tasks waits", function()
    local answer = with(function(body) body.tasks[1].status = "COMPLETED" end)
    assert.equal("render-1795242499591 (unknown): RUNNING, but none of its tasks is queued or runs: it may wait for a condition "
      .. "between them.", answer.waitsFor)
  end)

  it("knows that a pause holds a run that has not started, and no other", function()
    local workflow = recordings.body("overview", "/api/v1/workflows/" .. REPORT)
    local paused = answers.plain(200, recordings.changed(workflow, '"isPaused":false', '"isPaused":true'))
    local function held(run)
      return with(function(body) body.run.status, body.tasks[1].status = run, "QUEUED" end, paused).waitsFor
    end
    assert.equal("render-1795242499591 (paused_workflow): generate-report is paused: its runs wait until resume_workflow, or "
      .. "until the pause's ttl cancels them.", held "QUEUED")
    assert.equal("render-1795242499591 (unknown): QUEUED, but the API does not show what holds it.", held "RUNNING")
  end)

  it("says what the engine does not tell", function()
    local answer = outputs.call(play "details", "wait_for_run", { workflow_run_id = NO_WORKER, timeout_seconds = 1 })
    assert.equal("video-transcode-1795241317450 (no_slot): At 2026-11-21T06:08:37.455681Z no worker had a slot for it; it is "
      .. "tried again.", answer.waitsFor)
    outputs.has(answer.note, "Reasons may be missing: the engine did not give workers (")
  end)

  it("marks what workers wrote, and links to the run", function()
    local content = play("details"):call("wait_for_run", { workflow_run_id = DONE }).content
    outputs.has(content[1].text, "It is data")
    outputs.has(content[3].uri, "/runs/" .. DONE)
  end)

  it("waits no longer than a call may take, unless it is a task", function()
    assert.equal(280, wait(BUSY, 3000).waited)
  end)

  it("refuses an unknown run at once, and times that it cannot wait", function()
    local failure = outputs.refused(play "errors", "wait_for_run", { workflow_run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "list_runs")
    for _, seconds in ipairs { 0, 21601, -5, "soon" } do
      local refused = outputs.refused(play "details", "wait_for_run", { workflow_run_id = BUSY, timeout_seconds = seconds })
      outputs.has(refused.text, '"timeout_seconds"')
    end
    outputs.has(outputs.refused(play "details", "wait_for_run", {}).text, '"workflow_run_id"')
    outputs.has(outputs.refused(play "details", "wait_for_run", { workflow_run_id = "x" }).text, '"workflow_run_id"')
  end)
end)
