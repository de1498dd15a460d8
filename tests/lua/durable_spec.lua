-- get_durable_log, restore_task, branch_durable_task.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local HELD = "1263514c-f01e-48ee-8b83-8ed2a36ebed7"    -- waits for an event, on a worker
local EVICTED = "d3618436-4677-4d43-a8d9-b71e512d0779" -- waits for an event, on none
local DONE = "e0e4cfc3-e104-496f-b3c9-f3a4d1b342d3"    -- the same, over
local REPORT = "58149c4f-6a48-4361-b0f7-1fb4172b7ba0"  -- no durable task
local EMAIL = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82"   -- no durable task either, in another recording
local NOBODY = "00000000-0000-4000-8000-000000000000"

local LOG = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/durable-tasks/"

local function log_of(id, limit)
  return outputs.call(tenant.play "details", "get_durable_log", { task_id = id, limit = limit })
end

local function play(...)
  return tenant.play({ access = "write" }, ...)
end

-- A server that may write: reads as recorded unless `read` has an answer, writes like this.
local function serve(post, read)
  local knows = answers.recorded("details", "control")
  return tenant.serve(answers.by_method {
    GET = function(exchange)
      local answer = read and read(exchange) or knows
      answer(exchange)
    end,
    POST = post,
  }, { access = "write" })
end

describe("get_durable_log", function()
  it("says in a sentence what the task waits for, and what it waited for before", function()
    assert.same({
      taskExternalId = EVICTED, workflowRunId = EVICTED, displayName = "refund-approval-1795241309049",
      workflowName = "refund-approval", status = "RUNNING", isEvicted = true, total = 2,
      waitsFor = "Waits for the event refund:approved, since 2026-11-21T06:08:31.714114Z (20m 58s).",
      note = "It is evicted: it holds no slot of a worker and goes on by itself when the wait is over. This is not stuck.",
      rows = {
        {
          nodeId = 1, branchId = 1, kind = "WAIT_FOR", text = "Waited 2.5s for a sleep of 2s.", isSatisfied = true,
          insertedAt = "2026-11-21T06:08:29.075172Z", satisfiedAt = "2026-11-21T06:08:31.60831Z",
          waits = { { kind = "SLEEP", sleepDurationMs = 2000, endsAt = "2026-11-21T06:08:31.075172Z" } },
        },
        {
          nodeId = 2, branchId = 1, kind = "WAIT_FOR", isSatisfied = false, insertedAt = "2026-11-21T06:08:31.714114Z",
          text = "Waits for the event refund:approved, since 2026-11-21T06:08:31.714114Z (20m 58s).",
          waits = { { kind = "USER_EVENT", eventKey = "refund:approved" } },
        },
      },
    }, log_of(EVICTED))
  end)

  it("tells a task that waits on a worker from one that has none", function()
    local held = log_of(HELD)
    assert.same({ false, "It is on a worker while it waits. This is not stuck." }, { held.isEvicted, held.note })
    assert.truthy(held.waitsFor:find("^Waits for the event refund:approved, since 2026%-11%-21T06:28:23"))
  end)

  it("knows that a task that has ended waits for nothing", function()
    local done = log_of(DONE)
    assert.is_nil(done.waitsFor)
    assert.equal("The task is COMPLETED: it waits for nothing any more.", done.note)
    assert.same({ "Waited 2.6s for a sleep of 2s.", "Waited 7s for the event refund:approved." },
      { done.rows[1].text, done.rows[2].text })
  end)

  it("does not take the open wait of a cancelled task for one", function()
    local path = "/api/v1/stable/tasks/" .. EVICTED
    local recorded = recordings.body("details", path)
    local s = serve(nil, function(exchange)
      return exchange.path == path and answers.plain(200, recordings.changed(recorded, '"RUNNING"', '"CANCELLED"')) or nil
    end)
    local answer = outputs.call(s, "get_durable_log", { task_id = EVICTED })
    assert.is_nil(answer.waitsFor)
    assert.equal("The task is CANCELLED: it waits for nothing any more.", answer.note)
  end)

  it("gives the last entries of a long log, but knows the whole", function()
    local last = log_of(EVICTED, 1)
    assert.same({ 1, 2, 2 }, { #last.rows, last.rows[1].nodeId, last.total })
    outputs.has(last.waitsFor, "refund:approved")
  end)

  it("says that an ordinary task keeps no log", function()
    local report = log_of(REPORT)
    assert.same({ {}, 0, "This is no durable task: it keeps no log." }, { report.rows, report.total, report.note })
    assert.is_nil(report.waitsFor)
  end)

  -- The shapes that the API's specification has and no recording: in the place of what was recorded.
  it("puts other conditions into words", function()
    local recorded = cjson.decode(recordings.body("details", LOG .. EVICTED))
    local function told(kind, conditions)
      recorded[2].kind, recorded[2].waitData = kind, conditions
      local s = serve(nil, function(exchange)
        return exchange.path == LOG .. EVICTED and answers.plain(200, cjson.encode(recorded)) or nil
      end)
      local answer = outputs.call(s, "get_durable_log", { task_id = EVICTED })
      return answer.waitsFor and answer.waitsFor:match "^(.-), since", answer.rows[2].waits
    end
    local sleep = { kind = "SLEEP", sleepDurationMs = 3600000 }
    assert.equal("Waits for a sleep of 1h that ends at 2026-11-21T07:08:31.714114Z", (told("WAIT_FOR", { sleep })))
    local either, waits = told("WAIT_FOR", { { ["or"] = { sleep, { kind = "USER_EVENT", eventKey = "paid" } } } })
    assert.equal("Waits for a sleep of 1h that ends at 2026-11-21T07:08:31.714114Z or the event paid", either)
    assert.same({ { any = {
      { kind = "SLEEP", sleepDurationMs = 3600000, endsAt = "2026-11-21T07:08:31.714114Z" },
      { kind = "USER_EVENT", eventKey = "paid" },
    } } }, waits)
    local both = { { kind = "USER_EVENT", eventKey = "paid" }, { kind = "CHILD_WORKFLOW", workflowName = "ship" } }
    assert.equal("Waits for the event paid and a run of ship", (told("WAIT_FOR", both)))
    assert.equal("Waits for a run of a child workflow", (told("WAIT_FOR", { { kind = "CHILD_WORKFLOW" } })))
    assert.equal("Waits for a run that it started", (told("RUN", cjson.null)))
    assert.is_nil((told("MEMO", cjson.null)))
  end)

  it("looks at the newest branch only", function()
    local recorded = cjson.decode(recordings.body("details", LOG .. EVICTED))
    recorded[3] = { branchId = 2, nodeId = 2, kind = "WAIT_FOR", isSatisfied = false, insertedAt = "2026-11-21T06:20:00Z",
      waitData = { { kind = "USER_EVENT", eventKey = "paid" } } }
    local s = serve(nil, function(exchange)
      return exchange.path == LOG .. EVICTED and answers.plain(200, cjson.encode(recorded)) or nil
    end)
    assert.truthy(outputs.call(s, "get_durable_log", { task_id = EVICTED }).waitsFor
      :find "^Waits for the event paid, since 2026%-11%-21T06:20:00Z %([%w ]+%)%.$")
  end)

  it("marks what workers wrote, and links to the run", function()
    local content = tenant.play("details"):call("get_durable_log", { task_id = EVICTED }).content
    outputs.has(content[1].text, "It is data")
    outputs.has(content[3].uri, "/runs/" .. EVICTED)
  end)

  it("refuses what is no task", function()
    local failure = outputs.refused(tenant.play "errors", "get_durable_log", { task_id = NOBODY })
    assert.same({ "not_found", 404, false }, { failure.code, failure.status, failure.retryable })
    outputs.has(failure.hint, "list_runs with running_filter EVICTED")
    outputs.has(outputs.refused(tenant.play "errors", "get_durable_log", { task_id = "R-8" }).text, '"task_id"')
    outputs.has(outputs.refused(tenant.play "errors", "get_durable_log", {}).text, '"task_id"')
  end)
end)

describe("restore_task", function()
  it("says that a task that is not evicted has nothing to restore", function()
    assert.same({
      task_id = HELD, workflowRunId = HELD, displayName = "refund-approval-1795242500684", status = "RUNNING", requeued = true,
      outcome = "not_evicted", note = "It was not evicted: there was nothing to restore.",
    }, outputs.call(play "control", "restore_task", { task_id = HELD }))
  end)

  local task = "/api/v1/stable/tasks/" .. EVICTED
  local restored = recordings.find({ "control" }, "POST", "/api/v1/stable/tasks/" .. HELD .. "/restore", "").body

  it("restores an evicted one, and sees that it is no longer evicted", function()
    local done = false
    local awake = recordings.changed(recordings.body("details", task), '"isEvicted":true', '"isEvicted":false')
    local s, engine = serve(function(exchange)
      done = true
      answers.plain(200, restored)(exchange)
    end, function(exchange) return done and exchange.path == task and answers.plain(200, awake) or nil end)
    local answer = outputs.call(s, "restore_task", { task_id = EVICTED })
    assert.same({ "restored", true, "It is on its way to a worker, and evicted again if it still has to wait: get_durable_log "
      .. "says for what." },
      { answer.outcome, answer.requeued, answer.note })
    assert.equal(1, #engine:writes())
    assert.equal(task .. "/restore", engine:writes()[1].path)
  end)

  it("says so when it is still evicted after three seconds: what was sent is no failure", function()
    local answer = outputs.call(serve(answers.plain(200, restored)), "restore_task", { task_id = EVICTED })
    assert.equal("pending", answer.outcome)
    outputs.has(answer.note, "still evicted")
  end)

  it("sends nothing for tasks that cannot be restored: the engine would say that it did", function()
    local s, engine = serve(answers.plain(200, restored))
    local failure = outputs.refused(s, "restore_task", { task_id = DONE })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    outputs.has(failure.text, "refund-approval-1795242500623 is COMPLETED: it cannot be restored.")
    outputs.has(failure.hint, "replay_run")
    failure = outputs.refused(s, "restore_task", { task_id = REPORT })
    outputs.has(failure.text, "render-1795242501727 is no durable task.")
    assert.equal(0, #engine:writes())
  end)

  it("refuses an unknown task, with the next step", function()
    local failure = outputs.refused(play "errors", "restore_task", { task_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "get_run shows them")
    outputs.has(outputs.refused(play "errors", "restore_task", { task_id = "" }).text, '"task_id"')
  end)
end)

describe("branch_durable_task", function()
  it("runs a task again from a node", function()
    assert.same({
      task_id = HELD, workflowRunId = HELD, displayName = "refund-approval-1795242500684", nodeId = 1, branchId = 2,
      from = "Waited 2.5s for a sleep of 2s.", before = "RUNNING", after = "RUNNING",
      note = "It runs again from node 1 in a branch of its own. get_durable_log shows how it goes on.",
    }, outputs.call(play "control", "branch_durable_task", { task_id = HELD, node_id = 1 }))
  end)

  local branch = recordings.first("control", { method = "POST", path = LOG .. "branch" }).body

  it("sends the branch when there is one, once", function()
    local s, engine = serve(answers.plain(200, branch))
    outputs.call(s, "branch_durable_task", { task_id = EVICTED, node_id = 2, branch_id = 1 })
    outputs.call(s, "branch_durable_task", { task_id = EVICTED, node_id = 2 })
    assert.equal(2, #engine:writes())
    assert.same({ taskExternalId = EVICTED, nodeId = 2, branchId = 1 }, cjson.decode(engine:writes()[1].body))
    assert.same({ taskExternalId = EVICTED, nodeId = 2 }, cjson.decode(engine:writes()[2].body))
  end)

  it("refuses a node or a branch that the log has not, and tasks without a log", function()
    local s, engine = serve(answers.plain(200, branch))
    local function refused(arguments) return outputs.refused(s, "branch_durable_task", arguments) end
    local failure = refused { task_id = EVICTED, node_id = 3 }
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    outputs.has(failure.text, "refund-approval-1795241309049 has no node 3 in its log.")
    assert.equal("There are 1 (branch 1), 2 (branch 1). get_durable_log shows them.", failure.hint)
    failure = refused { task_id = EVICTED, node_id = 2, branch_id = 4 }
    outputs.has(failure.text, "has no node 2 of branch 4 in its log.")
    outputs.has(refused({ task_id = REPORT, node_id = 1 }).text, "is no durable task")
    outputs.has(refused({ task_id = EVICTED, node_id = 0 }).text, '"node_id"')
    outputs.has(refused({ task_id = EVICTED }).text, '"node_id"')
    assert.equal(0, #engine:writes())
    assert.equal("not_found", outputs.refused(play "errors", "branch_durable_task", { task_id = NOBODY, node_id = 1 }).code)
    assert.truthy(outputs.refused(play "control", "branch_durable_task", { task_id = EMAIL, node_id = 1 }).text
      :find("send-email-1795241402587 is no durable task.", 1, true))
  end)

  it("says how to look when nobody knows whether it was done", function()
    for _, post in ipairs { answers.refusal(500, "the API is up, the engine behind it is down"), answers.reset() } do
      local s, engine = serve(post)
      local failure = outputs.refused(s, "branch_durable_task", { task_id = EVICTED, node_id = 1 })
      assert.is_false(failure.retryable)
      assert.equal("It may have been branched all the same: get_durable_log shows the branches. Look before you call again.",
        failure.hint)
      assert.equal(1, #engine:writes())
    end
    local failure = outputs.refused(serve(answers.refusal(403, "revoked token")), "branch_durable_task",
      { task_id = EVICTED, node_id = 1 })
    assert.equal("unauthorized", failure.code)
    assert.falsy(failure.hint:find("may have been branched", 1, true))
  end)
end)

describe("tools that move a durable task on", function()
  it("need write access", function()
    local s = tenant.play "control"
    for _, name in ipairs { "restore_task", "branch_durable_task" } do
      local result = s:call(name, { task_id = HELD, node_id = name == "branch_durable_task" and 1 or nil })
      assert.is_true(result.isError)
      outputs.has(s:text(result), "write")
    end
  end)
end)
