-- replay_run.
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local ORDER = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"  -- order-fulfillment, which failed
local CHARGE = "11f1be2e-0816-422d-8108-6ad5e782526b" -- its task that failed
local MAIL = "0bc6e597-4ca9-4650-9083-7a3ba40d2b82"   -- a run of one task, which completed
local REPORT = "fbec7139-35bd-4bd4-a1bb-b3c194c49744" -- generate-report, which runs
local CRM = "21040d4d-0157-474e-b86a-44e5356597ff"    -- sync-crm, which waits, then fails twice and is retried by itself
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function play(access)
  return tenant.play({ access = access or "write" }, "control")
end

-- What the engine once said of this path, at the moment that the comment of the recording names.
local function said(path, comment)
  local found = recordings.first("control", { path = path, comment = comment })
  return answers.plain(found.status, found.body)
end

local function run(id, comment)
  return said("/api/v1/stable/workflow-runs/" .. id, comment)
end

local function task(id, comment)
  return said("/api/v1/stable/tasks/" .. id, comment)
end

-- All that the engine said of a run in full, in order.
local function details_of(id)
  local list = {}
  for _, exchange in ipairs(recordings.load "control") do
    if exchange.path == "/api/v1/stable/workflow-runs/" .. id then list[#list + 1] = answers.plain(200, exchange.body) end
  end
  return list
end

-- A server whose engine takes every replay and answers reads like this.
local function serve(get, post, args)
  return tenant.serve(answers.by_method { GET = get, POST = post or answers.recorded "control" },
    { access = "write", args = args })
end

-- The same for the id of a task of a DAG, of which no run knows.
local function serve_task(...)
  local reads = answers.sequence(...)
  return serve(function(exchange)
    local answer = exchange.path:find("/workflow-runs/", 1, true) and run(NOBODY, "unknown") or reads
    answer(exchange)
  end)
end

describe("replay_run", function()
  it("replays a run that failed and tells what became of it", function()
    assert.same({
      action = "replay", executed = true, run_id = ORDER, workflowRunId = ORDER, before = "FAILED", after = "FAILED",
      outcome = "replayed", note = "Replayed: its tasks start anew. get_run_status follows it.",
    }, outputs.call(play(), "replay_run", { run_id = ORDER }))
  end)

  it("sees by the attempts that a run was replayed which has completed again", function()
    local answer = outputs.call(play(), "replay_run", { run_id = MAIL })
    assert.same({ "COMPLETED", "COMPLETED", "replayed" }, { answer.before, answer.after, answer.outcome })
  end)

  it("takes a task of a run", function()
    local s, engine = serve_task(task(CHARGE, "before the replay"), task(CHARGE, "after the replay"))
    local answer = outputs.call(s, "replay_run", { run_id = CHARGE:upper() })
    assert.same({ CHARGE, ORDER, "FAILED", "FAILED", "replayed" },
      { answer.run_id, answer.workflowRunId, answer.before, answer.after, answer.outcome })
    assert.equal(('{"externalIds":["%s"]}'):format(CHARGE), engine.requests[3].body)
  end)

  it("says so when the engine passes over a run that still runs", function()
    local s, engine = serve(run(REPORT, "at once"))
    local answer = outputs.call(s, "replay_run", { run_id = REPORT })
    assert.same({
      action = "replay", executed = true, run_id = REPORT, workflowRunId = REPORT, before = "RUNNING", after = "RUNNING",
      outcome = "not_replayed",
      note = "Not replayed, for it was waiting or running: the engine replays what has ended. cancel_run ends it first.",
    }, answer)
    assert.equal("GET POST GET GET GET GET GET GET", engine:methods())
  end)

  it("sees by the events that tasks of a run were replayed which still runs", function()
    local list = details_of(ORDER)
    local s = serve(answers.sequence(list[#list - 1], list[#list]))
    local answer = outputs.call(s, "replay_run", { run_id = ORDER })
    assert.same({ "RUNNING", "RUNNING", "replayed" }, { answer.before, answer.after, answer.outcome })
  end)

  it("does not take for its own work what the engine retried by itself", function()
    local list = details_of(CRM)
    local answer = outputs.call(serve(answers.sequence(list[1], list[#list])), "replay_run", { run_id = CRM })
    assert.same({ "QUEUED", "COMPLETED", "not_replayed" }, { answer.before, answer.after, answer.outcome })
  end)

  it("says so when nothing shows yet", function()
    local answer = outputs.call(serve(run(ORDER, "before the replay")), "replay_run", { run_id = ORDER })
    assert.same({ "FAILED", "FAILED", "pending" }, { answer.before, answer.after, answer.outcome })
    assert.equal("The replay was sent, but does not show yet. Do not send it again before you have looked: get_run shows the "
      .. "attempts.", answer.note)
  end)

  it("replays nothing that it does not know", function()
    local s, engine = serve(answers.recorded "control")
    local failure = outputs.refused(s, "replay_run", { run_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    assert.equal("Neither a run nor a task of this tenant has this id: list_runs shows the runs. Nothing was sent.", failure.hint)
    assert.equal("GET GET", engine:methods())
  end)

  it("sends it once, and says that it may have arrived, when the engine fails", function()
    for _, post in ipairs { answers.refusal(500, "the API is up, the engine behind it is down"), answers.reset() } do
      local s, engine = serve(run(ORDER, "before the replay"), post)
      local failure = outputs.refused(s, "replay_run", { run_id = ORDER })
      outputs.has(failure.hint, "look before you repeat it")
      assert.equal("GET POST", engine:methods())
    end
  end)

  it("does not fail on what happens after it was sent", function()
    local refusal = answers.refusal(500, "the API is up, the engine behind it is down")
    local s = serve(answers.sequence(run(ORDER, "before the replay"), refusal))
    local answer = outputs.call(s, "replay_run", { run_id = ORDER })
    assert.same({ true, "FAILED", "FAILED", "pending" }, { answer.executed, answer.before, answer.after, answer.outcome })
    outputs.has(answer.note, "The states afterwards could not all be read: ")
  end)

  it("does not fail, either, when the engine is silent after it was sent", function()
    local s = serve(answers.sequence(run(ORDER, "before the replay"), answers.stall()), nil, { "--limit", "deadline=2" })
    local answer = outputs.call(s, "replay_run", { run_id = ORDER })
    assert.same({ true, "pending" }, { answer.executed, answer.outcome })
    outputs.has(answer.note, "could not all be read")
  end)

  it("links to the run", function()
    local result = play():call("replay_run", { run_id = ORDER })
    assert.equal("http://localhost:8080/tenants/55555555-2222-4333-8444-555555555555/runs/" .. ORDER, result.content[2].uri)
  end)

  it("refuses what is no id, more than one, and no id", function()
    local s = play()
    outputs.has(outputs.refused(s, "replay_run", { run_id = "all" }).text, '"run_id"')
    outputs.has(outputs.refused(s, "replay_run", { run_id = { ORDER, MAIL } }).text, '"run_id"')
    outputs.has(outputs.refused(s, "replay_run", {}).text, '"run_id"')
    outputs.has(outputs.refused(s, "replay_run", { run_ids = { ORDER } }).text, "run_id")
  end)

  it("needs the access to write", function()
    outputs.has(outputs.refused(play "read", "replay_run", { run_id = ORDER }).text, "write")
  end)
end)
