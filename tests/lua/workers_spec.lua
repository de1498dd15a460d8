-- list_workers, get_worker, pause_worker, resume_worker.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local play = tenant.play

local SHOP = "842bdd8c-cef7-41d4-825c-90c65ed0cce0" -- shop-main
local GPU = "210e3b90-1ba8-4239-9328-5ed501eeee06"  -- gpu-1, which is gone
local WORKERS = "/api/v1/tenants/55555555-2222-4333-8444-555555555555/worker"
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function names(answer)
  local list = {}
  for index, row in ipairs(answer.rows) do list[index] = { row.name, row.status } end
  return list
end

-- With the access to write: on recordings, or on an engine that answers so.
local function write(...)
  return tenant.play({ access = "write" }, ...)
end

local function write_to(answer)
  return tenant.serve(answer, { access = "write" })
end

-- What the engine said of a worker.
local function worker(id, cassette)
  return recordings.find({ cassette or "overview" }, "GET", "/api/v1/workers/" .. id, "").body
end

describe("list_workers", function()
  it("gives less of each when there are many", function()
    local all = cjson.decode(recordings.body("overview", WORKERS))
    for index = 1, 500 do all.rows[index] = all.rows[(index - 1) % 2 + 1] end
    local answer = outputs.call(tenant.serve(answers.plain(200, cjson.encode(all))), "list_workers")
    assert.equal(500, #answer.rows)
    assert.same({ "shop-main", "ACTIVE", nil }, { answer.rows[1].name, answer.rows[1].status, answer.rows[1].actions })
    assert.equal("500 workers: what each can run and where it runs is left out. get_worker has all of one; statuses and labels "
      .. "select some.", answer.note)
  end)

  it("gives the workers with their slots, labels and actions", function()
    local answer = outputs.call(play "overview", "list_workers")
    assert.same({ { "shop-main", "ACTIVE" }, { "gpu-1", "INACTIVE" } }, names(answer))
    local main = answer.rows[1]
    assert.same({ default = { available = 18, limit = 20 }, durable = { available = 999, limit = 1000 } }, main.slotConfig)
    assert.same({ "zone", "eu-1" }, { main.labels[1].key, main.labels[1].value })
    assert.equal(17, #main.actions)
    assert.equal("2026-11-21T06:29:01.792Z", main.lastHeartbeatAt)
  end)

  it("gives those of a status", function()
    local s = play "overview"
    assert.same({ { "shop-main", "ACTIVE" } }, names(outputs.call(s, "list_workers", { statuses = { "ACTIVE" } })))
    assert.same({ { "gpu-1", "INACTIVE" } }, names(outputs.call(s, "list_workers", { statuses = { "INACTIVE" } })))
    assert.same({}, names(outputs.call(s, "list_workers", { statuses = { "PAUSED" } })))
    assert.same({ { "shop-main", "ACTIVE" } }, names(outputs.call(s, "list_workers", { statuses = { "ACTIVE", "PAUSED" } })))
  end)

  it("gives those that have a label, which is text for the engine", function()
    local s = play "overview"
    assert.same({ { "shop-main", "ACTIVE" } }, names(outputs.call(s, "list_workers", { labels = { zone = "eu-1" } })))
    assert.same({ { "gpu-1", "INACTIVE" } }, names(outputs.call(s, "list_workers", { labels = { gpu = true } })))
    assert.same({}, names(outputs.call(s, "list_workers", { labels = { zone = "none" } })))
  end)

  it("sends labels in one order, and none for an empty map", function()
    local s, engine = tenant.serve(answers.recorded())
    s:call("list_workers", { labels = { zone = "eu:1", vram_gb = 24, gpu = false } })
    s:call("list_workers", { labels = {} })
    assert.equal("labels=gpu:false&labels=vram_gb:24&labels=zone:eu:1&limit=10000", (engine.requests[1].query:gsub("%%3A", ":")))
    assert.equal("limit=10000", engine.requests[2].query)
  end)

  it("refuses labels that cannot be searched for", function()
    local s = play "overview"
    local failure = outputs.refused(s, "list_workers", { labels = { ["a:b"] = "c" } })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    assert.equal('labels cannot be searched for the key "a:b".\nWrite labels as {"zone":"eu-1"}; a worker must have all of them.',
      failure.text)
    outputs.has(outputs.refused(s, "list_workers", { labels = { [""] = "c" } }).text, 'the key ""')
    failure = outputs.refused(s, "list_workers", { labels = { zone = { "eu-1" } } })
    outputs.has(failure.text, "labels.zone is neither text, a number nor a boolean.")
    outputs.has(outputs.refused(s, "list_workers", { labels = "zone:eu-1" }).text, "labels")
  end)

  it("refuses a status that there is not: the engine would find nobody", function()
    local failure = outputs.refused(play "overview", "list_workers", { statuses = { "active" } })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, "ACTIVE")
  end)

  it("gives none of a tenant without workers", function()
    assert.same({}, outputs.call(play "empty", "list_workers").rows)
  end)
end)

describe("get_worker", function()
  it("says what it can run, how full it is and what it runs, without evicted tasks", function()
    local answer = outputs.call(play("overview", "runs"), "get_worker", { worker_id = SHOP })
    assert.same({ default = { used = 2, free = 18, limit = 20 }, durable = { used = 1, free = 999, limit = 1000 } }, answer.slots)
    local approval = "1263514c-f01e-48ee-8b83-8ed2a36ebed7"
    assert.same({
      taskExternalId = approval, workflowRunExternalId = approval, workflowName = "refund-approval",
      actionId = "refund-approval:refund-approval", startedAt = "2026-11-21T06:28:20.716437Z", attempt = 1,
    }, answer.running[1])
    local running = {}
    for index, task in ipairs(answer.running) do running[index] = task.workflowName end
    assert.same({ "refund-approval", "generate-report", "generate-report" }, running)
    assert.same({ "shop-main", "ACTIVE", 12, 17 }, { answer.name, answer.status, #answer.registeredWorkflows, #answer.actions })
    assert.is_nil(answer.recentStepRuns) -- always empty
    assert.is_nil(answer.note)
  end)

  it("says since when a worker is gone", function()
    local answer = outputs.call(play("overview", "runs"), "get_worker", { worker_id = GPU:upper() })
    assert.same({ "INACTIVE", {}, { default = { used = 0, free = 2, limit = 2 } } },
      { answer.status, answer.running, answer.slots })
    assert.equal("Not heard since 2026-11-21T06:07:47.398Z: what it ran may still be listed.", answer.note)
  end)

  it("shows a hundred tasks, and says where the others are", function()
    local list
    for _, exchange in ipairs(recordings.load "runs") do
      if exchange.query:find(("worker_id=%s&statuses=RUNNING"):format(SHOP), 1, true) then list = cjson.decode(exchange.body) end
    end
    for index = #list.rows + 1, 100 do list.rows[index] = list.rows[1] end
    local s = tenant.serve(answers.by_path({ ["/workflow-runs"] = answers.plain(200, cjson.encode(list)) }, answers.recorded()))
    assert.equal("running shows the newest 100 tasks; list_runs with only_tasks and worker_id shows all.",
      outputs.call(s, "get_worker", { worker_id = SHOP }).note)
  end)

  it("does without the tasks when the engine does not give them", function()
    local s, engine = tenant.serve(answers.by_path({ ["/workflow-runs"] = answers.refusal(403, "expired token") },
      answers.recorded()))
    local answer = outputs.call(s, "get_worker", { worker_id = SHOP })
    assert.is_nil(answer.running)
    assert.truthy(answer.note:find("^Without the tasks that it runs: Hatchet answered 403"))
    assert.equal(18, answer.slots.default.free)
    assert.equal(2, #engine.requests)
  end)

  it("says what an unknown id may be, and refuses what is no id", function()
    local failure = outputs.refused(play("errors", "runs"), "get_worker", { worker_id = NOBODY })
    assert.same({ "not_found", "not_found", 404 }, { failure.code, failure.kind, failure.status })
    assert.equal("No worker of this tenant has this id; one that starts anew gets another. list_workers shows those of the last "
      .. "24 h.",
      failure.hint)
    outputs.has(outputs.refused(play "errors", "get_worker", { worker_id = "shop-main" }).text, '"worker_id"')
  end)

  it("links to the worker", function()
    local s, engine = tenant.serve(answers.recorded("overview", "runs"))
    local result = s:call("get_worker", { worker_id = SHOP })
    assert.equal(("%s/tenants/55555555-2222-4333-8444-555555555555/workers/%s"):format(engine.url, SHOP), result.content[2].uri)
  end)
end)

describe("pause_worker and resume_worker", function()
  local slots = { default = { used = 1, free = 19, limit = 20 }, durable = { used = 1, free = 999, limit = 1000 } }

  local function meta(answer)
    local id = answer.metadata.id
    answer.metadata = nil
    return id
  end

  it("pause and resume, and say what it was before", function()
    local s = write "control"
    local answer = outputs.call(s, "pause_worker", { worker_id = SHOP })
    assert.equal(SHOP, meta(answer))
    assert.same({ name = "shop-main", before = "ACTIVE", status = "PAUSED", slots = slots,
      note = "It takes no new tasks; those that it runs go on." }, answer)
    answer = outputs.call(s, "resume_worker", { worker_id = SHOP })
    assert.equal(SHOP, meta(answer))
    assert.same({ name = "shop-main", before = "PAUSED", status = "ACTIVE", slots = slots, note = "It takes tasks again." },
      answer)
  end)

  it("send nothing that changes nothing", function()
    local s, engine = write_to(answers.recorded "overview")
    local answer = outputs.call(s, "resume_worker", { worker_id = SHOP })
    assert.same({ "ACTIVE", "ACTIVE", "It was ACTIVE before: nothing was sent." }, { answer.before, answer.status, answer.note })
    assert.equal("GET", engine:methods())
  end)

  it("send one change", function()
    local paused = recordings.first("control", { method = "PATCH", path = "/api/v1/workers/" .. SHOP, status = 200 }).body
    local s, engine = write_to(answers.by_method {
      GET = answers.sequence(answers.plain(200, worker(SHOP)), answers.refusal(403, "expired token")),
      PATCH = answers.plain(200, paused),
    })
    local answer = outputs.call(s, "pause_worker", { worker_id = SHOP })
    assert.equal("GET PATCH GET", engine:methods())
    assert.same({ isPaused = true }, cjson.decode(engine.requests[2].body))
    assert.equal("PAUSED", answer.status) -- as the answer to the change said: what cannot be read after it is no failure
  end)

  it("say what becomes of a worker that is gone", function()
    local s = write_to(answers.by_method { GET = answers.plain(200, worker(GPU)), PATCH = answers.plain(200, worker(GPU)) })
    local answer = outputs.call(s, "pause_worker", { worker_id = GPU })
    assert.same({ "INACTIVE", "INACTIVE" }, { answer.before, answer.status })
    assert.equal("The engine took the change, but has not heard this worker for a while, so it shows INACTIVE; it takes no tasks "
      .. "until it is heard, and then it is PAUSED.", answer.note)
  end)

  it("say so when the change does not show", function()
    local s = write_to(answers.by_method { GET = answers.plain(200, worker(SHOP)), PATCH = answers.plain(200, worker(SHOP)) })
    assert.equal("The engine took the change, but says that the worker is ACTIVE: look again with get_worker.",
      outputs.call(s, "pause_worker", { worker_id = SHOP }).note)
    s = write_to(answers.by_method {
      GET = answers.sequence(answers.plain(200, worker(SHOP)), answers.refusal(403, "expired token")),
      PATCH = answers.plain(200, "?"),
    })
    local answer = outputs.call(s, "pause_worker", { worker_id = SHOP })
    assert.is_nil(answer.status)
    outputs.has(answer.note, "says that the worker is unknown")
  end)

  it("change nothing that they do not know", function()
    for _, tool in ipairs { "pause_worker", "resume_worker" } do
      local s, engine = write_to(answers.recorded "errors")
      local failure = outputs.refused(s, tool, { worker_id = NOBODY })
      assert.same({ "not_found", 404 }, { failure.code, failure.status })
      outputs.has(failure.hint, "list_workers")
      assert.equal("GET", engine:methods())
      outputs.has(outputs.refused(s, tool, { worker_id = "shop-main" }).text, '"worker_id"')
      outputs.has(outputs.refused(s, tool, {}).text, '"worker_id"')
    end
  end)

  it("explain a worker that has gone meanwhile", function()
    local s = write_to(answers.by_method { GET = answers.plain(200, worker(SHOP)), PATCH = answers.refusal(404, "unknown id") })
    local failure = outputs.refused(s, "pause_worker", { worker_id = SHOP })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.hint, "one that starts anew gets another")
  end)

  it("are not there for those who may only read", function()
    for _, tool in ipairs { "pause_worker", "resume_worker" } do
      outputs.has(outputs.refused(play "control", tool, { worker_id = SHOP }).text, "write")
    end
  end)
end)
