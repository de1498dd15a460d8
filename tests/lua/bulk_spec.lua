-- cancel_runs and replay_runs.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

-- control.har: four runs of generate-report with the metadata ctl=a, of which one waits.
local WAITS = "cfdce642-5120-4b31-bdb8-b989dc8571a6"
local SECOND = "774e96db-c765-41f7-9e18-10fa91788f6c"
local THIRD = "23b8d91d-8f61-4f92-9e27-6ef223feaad9"
local FOURTH = "fbec7139-35bd-4bd4-a1bb-b3c194c49744"
local REPORTS = "a9d30957-af41-4ff2-b86d-7655a2ec9a2a"

-- The same file: before the replay of two failed orders, a completed run, and one that waits for a worker.
local ORDER = "4a806db2-7c70-4246-a5fe-36d1ecb2b6b8"
local REFUND = "f7250773-4e94-41c0-bdc3-5067a83a5f0b"
local CRM = "757c1c54-ec77-47bc-8f8b-f757a3189d14"
local VIDEO = "5ed04c33-04a3-4a26-a331-076d16983d74"

-- bulk.har: four videos with the metadata batch=small, and the one that came later.
local VIDEOS = {
  "c6f23416-7770-49b0-a778-b90d9a8398f8", "4dff316a-401f-4492-88b5-8fe78a9e0a93", "c00a6bf1-c99c-4c7f-ab10-31162ae1277d",
  "c3f9f0ba-4138-4d62-9937-ba95b0c5491c",
}
local LATE = "e31748d9-916a-492a-aaf0-eaafa1d16a5a"

local NOBODY = "00000000-0000-4000-8000-000000000000"
local DAY = { since = "2026-11-20T06:33:03.429Z", ["until"] = "2026-11-21T06:33:03.429Z" } -- up to the end of control.har
local RUNS = "/workflow%-runs$"

-- What the engine says of a list of runs without any, and of a run that was cancelled.
local NOTHING = recordings.first("bulk", { body = '{"pagination":{"current_page":1,"next_page":2,"num_pages":0},"rows":[]}\n' })
local CANCELLED = recordings.first("control", { body = '"CANCELLED"\n' })

local function play(...)
  return tenant.play({ access = "destroy" }, ...)
end

local function serve(answer)
  return tenant.serve(answer, { access = "destroy" })
end

-- A query without times and limits.
local function filter_of(query)
  local list = {}
  for pair in query:gmatch("[^&]+") do
    local name = pair:match("^[^=]*")
    if name ~= "since" and name ~= "until" and name ~= "limit" then list[#list + 1] = pair end
  end
  table.sort(list)
  return table.concat(list, "&")
end

-- Answers reads with what was last recorded under this comment.
local function moment(cassette, comment)
  return function(exchange)
    local found
    for _, told in ipairs(recordings.load(cassette)) do
      local wanted = told.comment == comment and told.path == exchange.path and told.method == "GET"
      if wanted and filter_of(told.query) == filter_of(exchange.query) then found = told end
    end
    local answer = found and answers.plain(found.status, found.body) or answers.recorded(cassette)
    answer(exchange)
  end
end

-- An engine that takes every change, and is at one moment before the first and at another after it.
local function engine_of(before, after, post)
  local changed = false
  return function(exchange)
    if exchange.method == "POST" then
      changed = true
      return (post or answers.plain(200, recordings.first("control", { method = "POST", status = 200 }).body))(exchange)
    end
    return (changed and after or before)(exchange)
  end
end

local function outcomes_of(rows)
  local list = {}
  for index, row in ipairs(rows) do list[index] = { row.before, row.after, row.outcome } end
  return list
end

describe("the dry run", function()
  it("shows what a filter selects, and does nothing", function()
    local answer = outputs.call(play "control", "cancel_runs", { additional_metadata = { ctl = "a" } })
    outputs.has(answer.plan, "4.")
    answer.plan = nil
    local function row(id, number, created, status)
      return {
        run_id = id, workflowName = "generate-report", displayName = "render-" .. number, status = status,
        createdAt = "2026-11-21T06:30:11." .. created,
      }
    end
    assert.same({
      action = "cancel", dry_run = true, executed = false, matched_count = 4, run_ids = { WAITS, SECOND, THIRD, FOURTH },
      by_status = { QUEUED = 1, RUNNING = 3 },
      rows = {
        row(WAITS, 1795242611257, "257643Z", "QUEUED"),
        row(SECOND, 1795242611229, "22918Z", "RUNNING"),
        row(THIRD, 1795242611210, "210444Z", "RUNNING"),
        row(FOURTH, 1795242611188, "187275Z", "RUNNING"),
      },
      window = DAY,
      note = "Nothing was done: call again with dry_run false and this plan to act.",
    }, answer)
  end)

  it("shows the runs and tasks of a list of ids, each once", function()
    local answer = outputs.call(play "control", "cancel_runs", { run_ids = { FOURTH, WAITS, FOURTH:upper() } })
    assert.same({ 2, { FOURTH, WAITS }, { QUEUED = 1, RUNNING = 1 } }, { answer.matched_count, answer.run_ids, answer.by_status })
    assert.same({
      run_id = FOURTH, workflowName = "generate-report", displayName = "render-1795242611188",
      createdAt = "2026-11-21T06:30:11.187275Z", status = "RUNNING",
    }, answer.rows[1])
    assert.is_nil(answer.window)
    assert.is_nil(answer.not_found)
  end)

  it("names the ids that nothing has", function()
    local answer = outputs.call(play "control", "cancel_runs", { run_ids = { NOBODY, FOURTH } })
    assert.same({ { FOURTH }, { NOBODY }, 1 }, { answer.run_ids, answer.not_found, answer.matched_count })
    outputs.has(answer.note, "Nothing has the ids of not_found (1).")
  end)

  it("names the runs that would not change", function()
    local s = play "control"
    local replay = outputs.call(s, "replay_runs", { run_ids = { ORDER, REFUND, CRM, VIDEO } })
    assert.same({ { VIDEO }, { COMPLETED = 1, FAILED = 2, QUEUED = 1 } }, { replay.without_effect, replay.by_status })
    outputs.has(replay.note, "without_effect (1) is waiting or running: as a rule the engine replays what has ended only.")
    local cancel = outputs.call(s, "cancel_runs", { run_ids = { ORDER, REFUND, CRM, VIDEO } })
    assert.same({ ORDER, REFUND, CRM }, cancel.without_effect)
    outputs.has(cancel.note, "without_effect (3) has ended: a cancel changes nothing there.")
  end)

  it("takes statuses and names of workflows", function()
    local s = play("overview", "control")
    local function count(arguments)
      arguments.additional_metadata = { ctl = "a" }
      return outputs.call(s, "cancel_runs", arguments).matched_count
    end
    assert.equal(3, count { statuses = { "RUNNING" } })
    assert.equal(1, count { statuses = { "QUEUED" } })
    assert.equal(4, count { statuses = { "QUEUED", "RUNNING" } })
    assert.equal(4, count { workflow_ids = { "generate-report" } })
    assert.equal(3, count { workflow_ids = { REPORTS }, statuses = { "RUNNING" } })
    assert.equal(4, count { statuses = "[]", workflow_ids = "[]" })
  end)

  it("means all pairs of metadata, also to an engine that means any", function()
    local s = play "control"
    assert.equal(4, outputs.call(s, "cancel_runs", { additional_metadata = { ctl = "a", env = "test" } }).matched_count)
    local old, engine = serve(function(exchange)
      exchange.query = exchange.query:gsub("&additional_metadata_operator=AND", "")
      answers.recorded "control" (exchange)
    end)
    local answer = outputs.call(old, "cancel_runs", { additional_metadata = { ctl = "a", env = "test" } })
    assert.same({ WAITS, SECOND, THIRD, FOURTH }, answer.run_ids)
    outputs.has(engine.requests[1].target, "additional_metadata_operator=AND")
  end)

  it("says that nothing matches", function()
    for _, dry_run in ipairs { true, false } do
      assert.same({
        action = "cancel", dry_run = dry_run, executed = false, matched_count = 0, run_ids = {}, window = DAY,
        note = "No run matches, so nothing was done. list_runs with the same filter shows what there is.",
      }, outputs.call(play "control", "cancel_runs", { additional_metadata = { ctl = "none" }, dry_run = dry_run }))
    end
  end)

  it("takes time alone for a filter, and says that it is all", function()
    local day = { since = "2026-11-20T15:30:00+09:00", ["until"] = "2026-11-21T06:30:00Z" }
    local answer = outputs.call(play "runs", "replay_runs", day)
    assert.same({ since = "2026-11-20T06:30:00Z", ["until"] = "2026-11-21T06:30:00Z" }, answer.window)
    assert.same({ 91, 91, 50 }, { answer.matched_count, #answer.run_ids, #answer.rows })
    assert.equal("Nothing was done: call again with dry_run false and this plan to act. Only time selects: this is every run of "
      .. "the window. without_effect (14) is waiting or running: as a rule the engine replays what has ended only. "
      .. "rows shows the first 50.", answer.note)
  end)

  it("refuses more than 500, and says how many there are", function()
    for _, dry_run in ipairs { true, false } do
      local failure = outputs.refused(play "bulk", "cancel_runs", { additional_metadata = { batch = "cap" }, dry_run = dry_run })
      assert.equal("520 runs match: at most 500 go at once.\n"
        .. "Narrow it: a shorter window, one workflow, another metadata pair, or statuses (a cancel changes only what is QUEUED "
        .. "or RUNNING, a replay the others).", failure.text)
      assert.equal("validation_error", failure.kind)
    end
  end)

  it("shows 260 runs, the first rows of them", function()
    local answer = outputs.call(play "bulk", "cancel_runs", { additional_metadata = { batch = "cap", half = "b" } })
    assert.same({ 260, 260, 50, { QUEUED = 260 } }, { answer.matched_count, #answer.run_ids, #answer.rows, answer.by_status })
    local first = table.move(answer.run_ids, 1, 50, 1, {})
    assert.same(first, outputs.column(answer.rows, "run_id"))
    outputs.has(answer.note, "rows shows the first 50.")
  end)
end)

describe("cancel_runs", function()
  it("cancels by filter and tells what became of each", function()
    local answer = outputs.call(play "control", "cancel_runs", { additional_metadata = { ctl = "a" }, dry_run = false })
    assert.same({ "cancel", false, true, 4 }, { answer.action, answer.dry_run, answer.executed, answer.matched_count })
    assert.same({ cancelled = 4 }, answer.outcomes)
    assert.same({ cancelled = { WAITS, SECOND, THIRD, FOURTH } }, answer.results)
    assert.same({
      { "QUEUED", "CANCELLED", "cancelled" }, { "RUNNING", "CANCELLED", "cancelled" }, { "RUNNING", "CANCELLED", "cancelled" },
      { "RUNNING", "CANCELLED", "cancelled" },
    }, outcomes_of(answer.rows))
    assert.same({ "4 cancelled.", DAY }, { answer.note, answer.window })
    assert.is_nil(answer.plan)
  end)

  it("cancels by ids", function()
    local s = play "control"
    assert.equal("1 cancelled.", outputs.call(s, "cancel_runs", { run_ids = { FOURTH }, dry_run = false }).note)
    local answer = outputs.call(s, "cancel_runs", { run_ids = { THIRD, SECOND, WAITS, THIRD }, dry_run = false })
    assert.same({ { THIRD, SECOND, WAITS }, 3, { cancelled = 3 } }, { answer.run_ids, answer.matched_count, answer.outcomes })
  end)

  it("sends nothing when all have ended", function()
    local s, engine = serve(moment("control", "after the cancel"))
    local answer = outputs.call(s, "cancel_runs", { run_ids = { FOURTH }, dry_run = false })
    assert.same({ false, { already_ended = 1 }, { already_ended = { FOURTH } } },
      { answer.executed, answer.outcomes, answer.results })
    assert.equal("1 ended before. Nothing was sent.", answer.note)
    assert.equal(0, #engine:writes())
  end)

  it("sends what is known once, and leaves out what nothing has", function()
    local s, engine = serve(engine_of(moment("control", "three run, one waits"), moment("control", "after the cancel")))
    local answer = outputs.call(s, "cancel_runs", { run_ids = { FOURTH, NOBODY, THIRD, THIRD }, dry_run = false })
    assert.same({ cancelled = 2, not_found = 1 }, answer.outcomes)
    assert.same({ { FOURTH, THIRD }, { NOBODY } }, { answer.run_ids, answer.not_found })
    assert.equal("2 cancelled, 1 unknown.", answer.note)
    assert.equal(1, #engine:writes())
    assert.same({ externalIds = { FOURTH, THIRD } }, cjson.decode(engine:writes()[1].body))
  end)

  it("cancels 260 runs and looks at them as a list", function()
    local s = play "bulk"
    local filter = { additional_metadata = { batch = "cap", half = "b" }, dry_run = false }
    local answer = outputs.call(s, "cancel_runs", filter)
    assert.same({ true, { cancelled = 260 }, 260 }, { answer.executed, answer.outcomes, #answer.results.cancelled })
    assert.same({ "QUEUED", "CANCELLED", "cancelled" }, outcomes_of(answer.rows)[50])
    assert.equal("260 cancelled. rows shows the first 50.", answer.note)
  end)

  it("looks at many in whatever status they are afterwards", function()
    local function list(comment)
      for _, told in ipairs(recordings.load "bulk") do
        if told.comment == comment and told.query:find "limit=500" then return answers.plain(200, told.body) end
      end
    end
    local after = list "afterwards"
    local s, engine = serve(engine_of(list "both pairs: half of them", function(exchange)
      local waiting = exchange.query:find("statuses=QUEUED", 1, true)
      return (waiting and answers.plain(200, NOTHING.body) or after)(exchange)
    end))
    local filter = { additional_metadata = { batch = "cap", half = "b" }, statuses = { "QUEUED" }, dry_run = false }
    assert.same({ cancelled = 260 }, outputs.call(s, "cancel_runs", filter).outcomes)
    outputs.has(engine.requests[1].target, "statuses=QUEUED")
    assert.equal(3, #engine.requests)
    outputs.has(engine.requests[1].query, "until=")
    assert.falsy(engine.requests[3].query:find("until=", 1, true)) -- a replay may move a run out of the window
  end)

  it("looks at many one by one when the list does not show them", function()
    local reads = 0
    local s = serve(engine_of(moment("bulk", "both pairs: half of them"), function(exchange)
      if exchange.path:find(RUNS) then return answers.plain(200, NOTHING.body)(exchange) end
      reads = reads + 1
      answers.plain(200, CANCELLED.body)(exchange)
    end))
    local answer = outputs.call(s, "cancel_runs", { additional_metadata = { batch = "cap", half = "b" }, dry_run = false })
    assert.same({ { cancelled = 260 }, 260 }, { answer.outcomes, reads })
  end)

  it("says what has not ended yet", function()
    local before = moment("control", "three run, one waits")
    local answer = outputs.call(serve(engine_of(before, before)), "cancel_runs", { run_ids = { FOURTH, THIRD }, dry_run = false })
    assert.same({ { pending = 2 }, { pending = { FOURTH, THIRD } } }, { answer.outcomes, answer.results })
    outputs.has(answer.note, "2 not settled yet. Of what is not settled: The cancel was sent, but it has not ended yet")
  end)

  it("does not fail on what happens after it was sent", function()
    local refusal = answers.refusal(500, "the API is up, the engine behind it is down")
    local s = serve(engine_of(moment("control", "three run, one waits"), refusal))
    local answer = outputs.call(s, "cancel_runs", { run_ids = { FOURTH }, dry_run = false })
    assert.same({ true, { pending = 1 } }, { answer.executed, answer.outcomes })
    outputs.has(answer.note, "The states afterwards could not all be read: ")
  end)

  it("sends it once, and says that it may have arrived, when the engine fails", function()
    local refusal = answers.refusal(500, "the API is up, the engine behind it is down")
    local before = moment("control", "three run, one waits")
    local s, engine = serve(engine_of(before, before, refusal))
    local failure = outputs.refused(s, "cancel_runs", { run_ids = { FOURTH, THIRD }, dry_run = false })
    assert.same({ "server_error", 500 }, { failure.code, failure.status })
    outputs.has(failure.hint, "look before you repeat it")
    assert.equal(1, #engine:writes())
  end)

  it("sends nothing when the states before cannot be read", function()
    local s, engine = serve(answers.refusal(403, "expired token"))
    local ids = { FOURTH, THIRD, SECOND, WAITS, ORDER, REFUND, CRM, VIDEO }
    local failure = outputs.refused(s, "cancel_runs", { run_ids = ids, dry_run = false })
    assert.same({ "unauthorized", 403 }, { failure.code, failure.status })
    assert.equal(0, #engine:writes())
    assert.is_true(#engine.requests < #ids)
  end)

  it("tells how far it is", function()
    local function late(answer) return answers.late(0.06, answer) end -- the host tells at most every 50 ms
    local before, after = moment("control", "three run, one waits"), moment("control", "after the cancel")
    local s = serve(engine_of(late(before), late(after), late(answers.recorded "control")))
    local response = s:request("tools/call", {
      name = "cancel_runs", arguments = { additional_metadata = { ctl = "a" }, dry_run = false }, _meta = { progressToken = "p" },
    })
    assert.falsy(response.result.isError)
    local told = {}
    for _, notice in ipairs(s.notifications) do
      if notice.method == "notifications/progress" then
        told[#told + 1] = { notice.params.progress, notice.params.total, notice.params.message }
      end
    end
    assert.same({ { 0, 2, "Looking for the runs" }, { 1, 2, "Sending 4 runs" }, { 2, 2, "4 of 4 settled" } }, told)
  end)
end)

describe("replay_runs", function()
  it("replays by ids and tells what became of each", function()
    local answer = outputs.call(play "control", "replay_runs", { run_ids = { ORDER, REFUND, CRM, VIDEO }, dry_run = false })
    assert.same({ "replay", true, { replayed = 4 }, "4 replayed." },
      { answer.action, answer.executed, answer.outcomes, answer.note })
    assert.same({
      { "FAILED", "RUNNING", "replayed" }, { "FAILED", "FAILED", "replayed" }, { "COMPLETED", "COMPLETED", "replayed" },
      { "QUEUED", "QUEUED", "replayed" },
    }, outcomes_of(answer.rows))
  end)

  it("replays by filter", function()
    local s = play("overview", "control")
    local filter = { workflow_ids = { "order-fulfillment" }, statuses = { "FAILED" } }
    local preview = outputs.call(s, "replay_runs", filter)
    assert.same({ 9, { FAILED = 9 } }, { preview.matched_count, preview.by_status })
    assert.is_nil(preview.without_effect)
    filter.dry_run, filter.plan = false, preview.plan
    local answer = outputs.call(s, "replay_runs", filter)
    assert.same({ { replayed = 9 }, preview.run_ids }, { answer.outcomes, answer.results.replayed })
  end)

  it("says what the engine passes over", function()
    local before = moment("control", "three run, one waits")
    local answer = outputs.call(serve(engine_of(before, before)), "replay_runs", { run_ids = { FOURTH, WAITS }, dry_run = false })
    assert.same({ { not_replayed = 2 }, true }, { answer.outcomes, answer.executed })
    assert.equal("2 not replayed, for they were waiting or running.", answer.note)
  end)

  it("sees that tasks of a run were replayed which still runs", function()
    local list, states
    for _, told in ipairs(recordings.load "control") do
      if told.comment == "its runs" and told.body:find(ORDER, 1, true) then list = answers.plain(200, told.body) end
      if told.path == "/api/v1/stable/workflow-runs/" .. ORDER then
        states = { states and states[2], answers.plain(200, told.body) }
      end
    end
    local function at(number)
      return function(exchange) (exchange.path:find(RUNS) and list or states[number])(exchange) end
    end
    local answer = outputs.call(serve(engine_of(at(1), at(2))), "replay_runs", { since = "1h", dry_run = false })
    assert.same({ { "RUNNING", "RUNNING", "replayed" } }, outcomes_of(answer.rows))
    assert.equal("1 replayed. Only time selects: this is every run of the window.", answer.note)
  end)

  it("replays what it cancelled", function()
    local s = play "bulk"
    assert.same({ cancelled = 4 }, outputs.call(s, "cancel_runs", { run_ids = VIDEOS, dry_run = false }).outcomes)
    local answer = outputs.call(s, "replay_runs", { run_ids = VIDEOS, dry_run = false })
    assert.same({ replayed = 4 }, answer.outcomes)
    assert.same({ "CANCELLED", "QUEUED", "replayed" }, outcomes_of(answer.rows)[1])
  end)
end)

describe("the plan", function()
  local SMALL = { additional_metadata = { batch = "small" } }

  it("holds as long as the runs are the same, in any order", function()
    local s = play "bulk"
    local preview = outputs.call(s, "cancel_runs", SMALL)
    local turned = {}
    for index, id in ipairs(preview.run_ids) do turned[#preview.run_ids + 1 - index] = id end
    local answer = outputs.call(s, "cancel_runs", { run_ids = turned, plan = preview.plan, dry_run = false })
    assert.same({ cancelled = 4 }, answer.outcomes)
  end)

  it("is refused when the filter selects more by now, with what came and a plan for it", function()
    local now = moment("bulk", "preview: four")
    local s, engine = serve(function(exchange) now(exchange) end)
    local preview = outputs.call(s, "cancel_runs", SMALL)
    assert.same(4, preview.matched_count)
    now = moment("bulk", "a fifth has come")
    local arguments = { additional_metadata = { batch = "small" }, plan = preview.plan, dry_run = false }
    local failure = outputs.refused(s, "cancel_runs", arguments)
    assert.same({ "plan_changed", "conflict" }, { failure.code, failure.kind })
    outputs.has(failure.text, "The plan was made for 4 runs, and now there are 5")
    outputs.has(failure.hint, "Nothing was done.")
    local again = failure.hint:match 'plan "([^"]+)"'
    assert.equal("5.", again:sub(1, 2))
    assert.equal(0, #engine:writes())
    arguments.dry_run, arguments.plan = true, nil
    local fresh = outputs.call(s, "cancel_runs", arguments)
    assert.same({ 5, LATE }, { fresh.matched_count, fresh.run_ids[1] })
  end)

  it("is refused for another action and for other runs", function()
    local s = play "bulk"
    local preview = outputs.call(s, "cancel_runs", SMALL)
    local function code(tool, ids)
      return outputs.refused(s, tool, { run_ids = ids, plan = preview.plan, dry_run = false }).code
    end
    assert.equal("plan_changed", code("replay_runs", preview.run_ids))
    assert.equal("plan_changed", code("cancel_runs", { VIDEOS[1], VIDEOS[2], VIDEOS[3] }))
  end)

  it("is refused when it is none", function()
    local failure = outputs.refused(play "bulk", "cancel_runs", { run_ids = VIDEOS, plan = "yes", dry_run = false })
    assert.equal("invalid", failure.code)
    outputs.has(failure.text, 'plan cannot be "yes".')
  end)

  it("is refused when nothing is left", function()
    local s = play "control"
    local plan = outputs.call(s, "cancel_runs", { additional_metadata = { ctl = "a" } }).plan
    local failure = outputs.refused(s, "cancel_runs", { additional_metadata = { ctl = "none" }, plan = plan, dry_run = false })
    outputs.has(failure.text, "The plan was made for 4 runs, and now there are 0")
  end)
end)

describe("wrong use of the bulk tools", function()
  local function refused(arguments, tool)
    local s, engine = serve(answers.recorded("overview", "trigger", "control"))
    local failure = outputs.refused(s, tool or "cancel_runs", arguments)
    assert.equal(0, #engine:writes())
    return failure
  end

  it("refuses neither ids nor a filter, and names both ways", function()
    for _, tool in ipairs { "cancel_runs", "replay_runs" } do
      for _, arguments in ipairs {
        {}, { run_ids = "[]" }, { statuses = "[]" }, { additional_metadata = {} }, { dry_run = false },
        { run_ids = "[]", statuses = "[]", workflow_ids = "[]", additional_metadata = {}, dry_run = false },
      } do
        local failure = refused(arguments, tool)
        assert.equal("Nothing says which runs are meant.\nGive run_ids, or a filter: since, until, statuses, workflow_ids, "
          .. "additional_metadata. Empty lists and objects are no filter.", failure.text)
        assert.equal("validation_error", failure.kind)
      end
    end
  end)

  it("refuses both", function()
    outputs.has(refused({ run_ids = { FOURTH }, statuses = { "FAILED" }, since = "1h" }).text,
      "run_ids and a filter (since, statuses) cannot be combined.")
  end)

  it("takes an empty filter beside ids for none", function()
    local s = play "control"
    assert.equal(1, outputs.call(s, "cancel_runs", { run_ids = { FOURTH }, statuses = "[]" }).matched_count)
  end)

  it("refuses ids that nothing has", function()
    local failure = refused { run_ids = { NOBODY } }
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    assert.equal("Nothing in this tenant has this id: 00000000-0000-4000-8000-000000000000.\n"
      .. "list_runs shows the runs; those past the retention are gone. Nothing was sent.", failure.text)
    local s, engine = serve(answers.refusal(404, "unknown id"))
    local two = outputs.refused(s, "cancel_runs", { run_ids = { NOBODY, LATE }, dry_run = false })
    outputs.has(two.text, ("Nothing in this tenant has one of these ids: %s, %s."):format(NOBODY, LATE))
    assert.equal(0, #engine:writes())
  end)

  it("refuses more than 500 ids", function()
    local ids = {}
    for index = 1, 501 do ids[index] = ("00000000-0000-4000-8000-%012d"):format(index) end
    outputs.has(refused({ run_ids = ids }).text, "run_ids has 501 runs: at most 500 go at once.")
  end)

  it("refuses what is no id, no status, no workflow, no time and no argument", function()
    outputs.has(refused({ run_ids = { "all" } }).text, "run_ids")
    outputs.has(refused({ run_ids = { "" } }).text, "run_ids")
    outputs.has(refused({ statuses = { "failed" } }).text, "FAILED")
    outputs.has(refused({ status = { "FAILED" }, since = "1h" }).text, "statuses")
    outputs.has(refused({ workflow_ids = { "order-fulfilment" } }).text, "Did you mean order-fulfillment?")
    outputs.has(refused({ workflow_ids = { "" } }).text, "workflow_ids")
    outputs.has(refused({ since = "yesterday" }).text, "since")
    outputs.has(refused({ since = "1h", ["until"] = "2h" }).text, "is not before until")
    outputs.has(refused({ additional_metadata = { ["a:b"] = "c" } }).text, 'the key "a:b"')
    outputs.has(refused({ additional_metadata = { n = 1 } }).text, "additional_metadata")
    outputs.has(refused({ run_ids = { FOURTH }, dry_run = "no" }).text, "dry_run")
    outputs.has(refused({ run_ids = { FOURTH }, limit = 5 }).text, "limit")
  end)

  it("needs the access to destroy", function()
    local s = tenant.play({ access = "write" }, "control")
    for _, tool in ipairs { "cancel_runs", "replay_runs" } do
      outputs.has(outputs.refused(s, tool, { run_ids = { FOURTH } }).text, "destroy")
    end
  end)
end)
