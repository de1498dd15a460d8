-- list_crons, get_cron, create_cron, disable_cron, enable_cron, trigger_cron, delete_cron.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local CRM = "af6d8ed5-c561-4449-88ad-e4208ac09cb1"     -- sync-crm
local REPORT = "a9d30957-af41-4ff2-b86d-7655a2ec9a2a"  -- generate-report
local WEEKLY = "8c80f846-f4a5-45bc-8649-6650ac8dd753"  -- crons of generate-report
local DAILY = "797590ee-d4a2-4363-b51d-104d91f72b17"
local MINUTE = "dd2ccab8-8b8d-45f7-a70b-39627e1bdc30"  -- of heartbeat, in code
local CLEANUP = "aed4f0a8-844a-46be-b71f-f90746125674" -- of nightly-cleanup, in code
local HOURLY = "cf84bdbf-9f88-405a-b61a-dab937352b2b"  -- of sync-crm, made in admin
local SIX = "05f358af-ea0d-4ed6-8fb7-7b7148574874"
local RUN = "d6e618d3-0464-472f-96e8-b6f636595026"     -- of HOURLY
local NOBODY = "00000000-0000-4000-8000-000000000000"

local function play(...)
  return tenant.play({ access = "destroy" }, "overview", ...)
end

local function serve(answer, env)
  return tenant.serve(answer, { access = "destroy", env = env })
end

local function ids(answer)
  return outputs.column(answer.rows, "metadata", "id")
end

-- What create_cron of admin was asked for.
local function hourly(more)
  local arguments = {
    workflow_name = "sync-crm", cron_name = "hourly-crm", expression = "0 * * * *", input = { full = false },
    additional_metadata = { owner = "ops" },
  }
  for key, value in pairs(more or {}) do arguments[key] = value end
  return arguments
end

describe("list_crons", function()
  it("lists the crons of code and of the API, newest first", function()
    local answer = outputs.call(play "schedules", "list_crons")
    assert.same({ WEEKLY, DAILY, MINUTE, CLEANUP }, ids(answer))
    assert.same({
      metadata = { id = WEEKLY, createdAt = "2026-11-21T06:08:40.563Z", updatedAt = "2026-11-21T06:08:40.563Z" },
      tenantId = "55555555-2222-4333-8444-555555555555", workflowId = REPORT, workflowName = "generate-report",
      workflowVersionId = "74bcec9e-037c-484f-8633-532ba0288ba0", cron = "30 7 * * 1", name = "weekly-globex-report",
      input = { seconds = 2, tenant = "globex" }, additionalMetadata = { owner = "ops" }, enabled = true, method = "API",
      priority = 2,
    }, answer.rows[1])
    assert.same({ "DEFAULT", "" }, { answer.rows[3].method, answer.rows[3].name })
    assert.is_nil(answer.next)
    assert.is_nil(answer.note)
  end)

  it("goes on where a page ended", function()
    local s = play "schedules"
    local first = outputs.call(s, "list_crons", { limit = 1 })
    assert.same({ { WEEKLY }, { limit = 1, offset = 1 } }, { ids(first), first.next })
    assert.same({ DAILY }, ids(outputs.call(s, "list_crons", first.next)))
  end)

  it("finds those of a workflow, by id or by name", function()
    local s = play "schedules"
    for _, filter in ipairs {
      { workflow_id = REPORT }, { workflow_id = "generate-report" }, { workflow_name = "generate-report" },
      { workflow_id = REPORT, workflow_name = "generate-report" },
    } do
      assert.same({ WEEKLY, DAILY }, ids(outputs.call(s, "list_crons", filter)))
    end
    assert.same({}, ids(outputs.call(s, "list_crons", { workflow_name = "sync-crm" })))
  end)

  it("finds those of a name, and of metadata", function()
    local s = play "schedules"
    assert.same({ DAILY }, ids(outputs.call(s, "list_crons", { cron_name = "daily-acme-report" })))
    assert.same({ WEEKLY, DAILY }, ids(outputs.call(s, "list_crons", { additional_metadata = { owner = "ops" } })))
    assert.same({}, ids(outputs.call(s, "list_crons", { cron_name = "none" })))
  end)

  it("orders them by age or by the workflow's name", function()
    local s = play "schedules"
    local function order(field, direction)
      return ids(outputs.call(s, "list_crons", { order_by_field = field, order_by_direction = direction }))
    end
    assert.same({ CLEANUP, MINUTE, DAILY, WEEKLY }, order("createdAt", "ASC"))
    assert.same({ WEEKLY, DAILY, MINUTE, CLEANUP }, order("createdAt", "DESC"))
    assert.same({ MINUTE, CLEANUP }, { order("name", "ASC")[3], order("name", "ASC")[4] })
  end)

  it("puts the namespace of the server before a workflow's name", function()
    local s, engine = serve(answers.recorded("overview", "schedules"), { HATCHET_CLIENT_NAMESPACE = "shop" })
    local failure = outputs.refused(s, "list_crons", { workflow_name = "order-fulfillment" })
    outputs.has(failure.text, 'There is no workflow named "shop_order-fulfillment".')
    outputs.has(engine.requests[1].query, "name=shop_order-fulfillment")
  end)

  it("knows a workflow that there is not from one without crons", function()
    local s = play("errors", "schedules")
    local failure = outputs.refused(s, "list_crons", { workflow_id = NOBODY })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    assert.equal(("There is no workflow with the id %s.\n"):format(NOBODY)
      .. "list_workflows shows those of this tenant; one that is registered anew gets another id.", failure.text)
    failure = outputs.refused(s, "list_crons", { workflow_name = "order" })
    assert.equal('There is no workflow named "order".\nDid you mean order-fulfillment? Names are exact and case-sensitive; '
      .. "list_workflows shows those of this tenant.", failure.text)
  end)

  it("says that the list ends before the offset", function()
    local nothing = recordings.find({ "schedules" }, "GET",
      "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/crons", "cronName=none")
    local s = serve(answers.plain(200, nothing.body))
    assert.equal("There is nothing from offset 500 on: the list ends before.",
      outputs.call(s, "list_crons", { offset = 500 }).note)
  end)

  it("refuses what cannot be searched for", function()
    local s = play "schedules"
    local function refused(arguments, message)
      local failure = outputs.refused(s, "list_crons", arguments)
      outputs.has(failure.text, message)
    end
    refused({ additional_metadata = { at = "09:00" } }, 'additional_metadata cannot be searched for the value "09:00".')
    refused({ additional_metadata = { ["a:b"] = "c" } }, 'additional_metadata cannot be searched for the key "a:b".')
    refused({ workflow_id = REPORT, workflow_name = "sync-crm" },
      ("workflow_id %s and workflow_name sync-crm are two workflows: no cron has both."):format(REPORT))
    refused({ order_by_field = "created" }, '"order_by_field"')
    refused({ order_by_direction = "asc" }, '"order_by_direction"')
    refused({ limit = 0 }, '"limit"')
    refused({ offset = -1 }, '"offset"')
    refused({ workflow_id = "" }, '"workflow_id"')
    refused({ cron_name = "" }, '"cron_name"')
    refused({ name = "x" }, 'no argument "name"')
  end)
end)

describe("get_cron", function()
  it("gives one cron", function()
    local answer = outputs.call(play "schedules", "get_cron", { cron_id = CLEANUP:upper() })
    assert.same({ CLEANUP, "15 3 * * *", "nightly-cleanup", "DEFAULT", cjson.null },
      { answer.metadata.id, answer.cron, answer.workflowName, answer.method, answer.additionalMetadata })
  end)

  it("says that there is none, where the engine says that it failed", function()
    local s, engine = serve(answers.recorded "errors")
    local failure = outputs.refused(s, "get_cron", { cron_id = NOBODY })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    assert.equal(("There is no cron with the id %s.\n"):format(NOBODY)
      .. "It was deleted, or it is the id of something else. list_crons shows the crons of this tenant.", failure.text)
    assert.equal(2, #engine.requests)
  end)

  it("reads the list when the engine did fail", function()
    local list = answers.recorded "schedules"
    local s = serve(function(exchange)
      (exchange.path:find "/crons$" and list or answers.refusal(500, "unknown id"))(exchange)
    end)
    assert.equal("weekly-globex-report", outputs.call(s, "get_cron", { cron_id = WEEKLY }).name)
  end)

  it("passes on what else the engine refuses", function()
    assert.equal("unauthorized", outputs.refused(serve(answers.refusal(403, "expired token")), "get_cron",
      { cron_id = WEEKLY }).code)
    outputs.has(outputs.refused(play "schedules", "get_cron", { cron_id = "daily-acme-report" }).text, '"cron_id"')
  end)
end)

describe("create_cron", function()
  it("makes a cron, and reads it back", function()
    assert.same({
      metadata = { id = HOURLY, createdAt = "2026-11-21T06:33:03.657Z", updatedAt = "2026-11-21T06:33:03.657Z" },
      tenantId = "55555555-2222-4333-8444-555555555555", workflowId = CRM, workflowName = "sync-crm",
      workflowVersionId = "0e633eb5-5aad-4f97-82e8-33a333cc2486", cron = "0 * * * *", name = "hourly-crm",
      input = { full = false }, additionalMetadata = { owner = "ops" }, enabled = true, method = "API", priority = 1,
    }, outputs.call(play "admin", "create_cron", hourly()))
  end)

  it("takes a workflow's id, six fields, a priority, and no input", function()
    local answer = outputs.call(play "admin", "create_cron", {
      workflow_name = CRM, cron_name = "six", expression = "*/30 * * * * *", priority = 3,
    })
    assert.same({ SIX, "*/30 * * * * *", 3, "sync-crm" },
      { answer.metadata.id, answer.cron, answer.priority, answer.workflowName })
  end)

  it("says so when it cannot read the cron back", function()
    local answer = outputs.call(play "admin", "create_cron", hourly { cron_name = "weekdays", expression = "0 9 * * MON-FRI" })
    assert.equal("0 9 * * MON-FRI", answer.cron)
    assert.equal('It was made, but could not be read back: list_crons with cron_name "weekdays" shows whether the engine has '
      .. 'kept it.',
      answer.note)
  end)

  it("sends once what it was given, after one look at the crons there are", function()
    local s, engine = serve(answers.by_method { GET = answers.recorded("admin", "overview"), POST = answers.recorded "admin" })
    outputs.call(s, "create_cron", hourly { priority = 2 })
    assert.equal(1, #engine:writes())
    assert.equal("/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/sync-crm/crons", engine:writes()[1].path)
    assert.same({
      cronName = "hourly-crm", cronExpression = "0 * * * *", input = { full = false }, additionalMetadata = { owner = "ops" },
      priority = 2,
    }, cjson.decode(engine:writes()[1].body))
  end)

  it("refuses one that is there already", function()
    local s = play "admin"
    outputs.call(s, "create_cron", hourly())
    local failure = outputs.refused(s, "create_cron", hourly())
    assert.same({ "conflict", "conflict" }, { failure.code, failure.kind })
    assert.equal(('sync-crm has a cron named "hourly-crm" with the expression "0 * * * *" already: %s.\n'):format(HOURLY)
      .. "A cron cannot be changed: for other input delete_cron it first, or give this one another name.", failure.text)
  end)

  it("tells of another of that name", function()
    local made = recordings.find({ "admin" }, "POST",
      "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/sync-crm/crons", "")
    local listed
    for _, exchange in ipairs(recordings.load "admin") do
      if exchange.query == "limit=100&workflowId=" .. CRM and exchange.body:find(HOURLY, 1, true) then
        listed = listed or exchange
      end
    end
    local reads = answers.recorded("admin", "overview")
    local s = serve(answers.by_method {
      GET = function(exchange)
        (exchange.path:find "/crons$" and answers.plain(200, listed.body) or reads)(exchange)
      end,
      POST = answers.plain(200, made.body),
    })
    assert.equal(("The workflow has another cron of that name, which goes on: %s (0 * * * *)."):format(HOURLY),
      outputs.call(s, "create_cron", hourly { expression = "5 * * * *" }).note)
  end)

  it("says so when the engine drops the cron at once", function()
    local bad
    for _, exchange in ipairs(recordings.load "admin") do
      if exchange.method == "POST" and exchange.body:find("61 * * * *", 1, true) then bad = exchange end
    end
    local reads = answers.recorded("admin", "overview")
    local s = serve(answers.by_method { GET = reads, POST = answers.plain(200, bad.body) })
    local failure = outputs.refused(s, "create_cron", hourly { expression = "CRON_TZ=Europe/Atlantis 0 6 * * *" })
    assert.equal("invalid", failure.code)
    assert.equal('The engine cannot read the expression "CRON_TZ=Europe/Atlantis 0 6 * * *", and dropped the cron at once.\n'
      .. "Nothing is left of it. Check the time zone and the fields: minute hour day-of-month month day-of-week, seconds first "
      .. "if six.",
      failure.text)
  end)

  it("finds what it made when the answer cannot be read", function()
    local posted = false
    local reads, listed = answers.recorded("admin", "overview"), nil
    for _, exchange in ipairs(recordings.load "admin") do
      if exchange.query == "limit=100&workflowId=" .. CRM and exchange.body:find(HOURLY, 1, true) then
        listed = listed or exchange
      end
    end
    local s, engine = serve(answers.by_method {
      GET = function(exchange)
        (posted and exchange.path:find "/crons$" and answers.plain(200, listed.body) or reads)(exchange)
      end,
      POST = function(exchange)
        posted = true
        answers.plain(200, "made")(exchange)
      end,
    })
    assert.equal(HOURLY, outputs.call(s, "create_cron", hourly()).metadata.id)
    assert.equal(1, #engine:writes())
  end)

  it("says that it may have been made when nobody knows", function()
    local s, engine = serve(answers.by_method {
      GET = answers.recorded("admin", "overview"), POST = answers.refusal(500, "the API is up, the engine behind it is down"),
    })
    local failure = outputs.refused(s, "create_cron", hourly())
    assert.same({ "server_error", false }, { failure.code, failure.retryable })
    assert.equal('It may have been made all the same: list_crons with cron_name "hourly-crm" shows whether it was.', failure.hint)
    assert.equal(1, #engine:writes())
  end)

  it("holds the input against the schema of the workflow", function()
    local s, engine = serve(answers.recorded("admin", "overview"))
    local failure = outputs.refused(s, "create_cron", hourly { workflow_name = "order-fulfillment", input = { order_id = 17 } })
    assert.equal("The input does not fit the schema of order-fulfillment:\n$.order_id: must be a string, got 17\n"
      .. "Nothing was sent. get_workflow_version shows the schema.", failure.text)
    assert.equal(0, #engine:writes())
  end)

  it("refuses wrong arguments before anything is sent", function()
    local s, engine = serve(answers.recorded("admin", "overview"))
    local function refused(more, message)
      local failure = outputs.refused(s, "create_cron", hourly(more))
      outputs.has(failure.text, message)
    end
    refused({ cron_name = "  " }, "cron_name is blank.")
    refused({ cron_name = "" }, '"cron_name"')
    refused({ expression = "61 * * * *" }, "the minute 61 is out of range")
    refused({ priority = 4 }, '"priority"')
    refused({ additional_metadata = { n = 1 } }, '"additional_metadata')
    refused({ input = "text" }, '"input"')
    refused({ input = '{"n":9007199254740993}' }, "input.n is 9007199254740993")
    refused({ additional_metadata = '{"a":"\\u0000"}' }, "additional_metadata.a has the character U+0000")
    refused({ workflow_name = "no-such-workflow" }, 'There is no workflow named "no-such-workflow".')
    assert.equal(0, #engine:writes())
  end)

  it("refuses a workflow's id that there is not", function()
    local failure = outputs.refused(play "errors", "create_cron", hourly { workflow_name = NOBODY })
    assert.equal("not_found", failure.code)
    outputs.has(failure.hint, "list_workflows")
  end)
end)

describe("disable_cron and enable_cron", function()
  it("switch a cron", function()
    local s = play "admin"
    outputs.call(s, "create_cron", hourly())
    assert.same({
      action = "disable", executed = true, cron_id = HOURLY, name = "hourly-crm", cron = "0 * * * *", workflowName = "sync-crm",
      workflowId = CRM, before = "enabled", after = "disabled",
    }, outputs.call(s, "disable_cron", { cron_id = HOURLY }))
    assert.is_false(outputs.call(s, "get_cron", { cron_id = HOURLY }).enabled)
    assert.same({
      action = "enable", executed = true, cron_id = HOURLY, name = "hourly-crm", cron = "0 * * * *", workflowName = "sync-crm",
      workflowId = CRM, before = "disabled", after = "enabled",
    }, outputs.call(s, "enable_cron", { cron_id = HOURLY }))
    assert.is_true(outputs.call(s, "get_cron", { cron_id = HOURLY }).enabled)
  end)

  it("switch one of code", function()
    local answer = outputs.call(play "admin", "disable_cron", { cron_id = CLEANUP })
    assert.same({ "", "nightly-cleanup", "enabled", "disabled" },
      { answer.name, answer.workflowName, answer.before, answer.after })
  end)

  it("send nothing when nothing changes", function()
    local s, engine = serve(answers.recorded "schedules")
    local answer = outputs.call(s, "enable_cron", { cron_id = WEEKLY })
    assert.same({ false, "enabled", "enabled", "It was enabled before: nothing was sent." },
      { answer.executed, answer.before, answer.after, answer.note })
    assert.equal(0, #engine:writes())
  end)

  it("send which way", function()
    local s, engine = serve(answers.by_method { GET = answers.recorded "schedules", PATCH = answers.plain(204) })
    local answer = outputs.call(s, "disable_cron", { cron_id = WEEKLY })
    assert.equal('{"enabled":false}', engine:writes()[1].body)
    assert.same({ "enabled", "The engine took it, but does not show it yet: look again with get_cron." },
      { answer.after, answer.note })
  end)

  it("are done, whether or not the cron can be read back", function()
    local patched, reads = false, answers.recorded "schedules"
    local s = serve(function(exchange)
      if exchange.method == "PATCH" then patched = true end
      local answer = not patched and reads or exchange.method == "PATCH" and answers.plain(204)
        or answers.refusal(403, "expired token")
      answer(exchange)
    end)
    local answer = outputs.call(s, "disable_cron", { cron_id = WEEKLY })
    assert.is_nil(answer.after)
    assert.same({ true, "The engine took it, but the cron cannot be read back: get_cron shows it." },
      { answer.executed, answer.note })
  end)

  it("know a cron that there is not", function()
    for _, tool in ipairs { "disable_cron", "enable_cron", "trigger_cron", "delete_cron" } do
      local s, engine = serve(answers.recorded "errors")
      local failure = outputs.refused(s, tool, { cron_id = NOBODY })
      assert.same({ "not_found", 0 }, { failure.code, #engine:writes() })
      outputs.has(outputs.refused(s, tool, { cron_id = "hourly-crm" }).text, '"cron_id"')
    end
  end)
end)

describe("trigger_cron", function()
  it("starts a run now, and waits until it can be read", function()
    local s = play "admin"
    outputs.call(s, "create_cron", hourly())
    assert.same({
      workflowRunId = RUN, status = "QUEUED", workflowName = "sync-crm", workflowId = CRM, cron_id = HOURLY, name = "hourly-crm",
      enabled = true,
    }, outputs.call(s, "trigger_cron", { cron_id = HOURLY }))
    assert.equal("QUEUED", outputs.call(s, "get_run_status", { workflow_run_id = RUN }).status)
  end)

  it("links to the run", function()
    local result = play("admin"):call("trigger_cron", { cron_id = HOURLY })
    outputs.has(result.content[2].uri, "/runs/" .. RUN)
  end)

  it("sends it once, and says that a run may have been started when nobody knows", function()
    for _, post in ipairs { answers.refusal(500, "the API is up, the engine behind it is down"), answers.reset() } do
      local s, engine = serve(answers.by_method { GET = answers.recorded "admin", POST = post })
      local failure = outputs.refused(s, "trigger_cron", { cron_id = HOURLY })
      assert.is_false(failure.retryable)
      assert.equal("The run may have been started all the same: do not start it again before you have looked. "
        .. 'list_runs with workflow_ids ["sync-crm"] and since "5m" shows whether it did.', failure.hint)
      assert.same({ 1, "" }, { #engine:writes(), engine:writes()[1].body })
    end
  end)

  it("tells of a run whose id it cannot read: it was started", function()
    local s = serve(answers.by_method { GET = answers.recorded "admin", POST = answers.plain(200, "fired") })
    local answer = outputs.call(s, "trigger_cron", { cron_id = HOURLY })
    assert.is_nil(answer.workflowRunId)
    outputs.has(answer.note, "Do not fire it again.")
  end)

  it("tells of a run that it cannot show yet", function()
    local reads = answers.recorded "admin"
    local s = serve(function(exchange)
      (exchange.path:find "/status$" and answers.refusal(404, "unknown id") or reads)(exchange)
    end)
    local answer = outputs.call(s, "trigger_cron", { cron_id = HOURLY })
    assert.equal(RUN, answer.workflowRunId)
    assert.is_nil(answer.status)
    outputs.has(answer.note, "cannot show it after 5 s")
  end)
end)

describe("delete_cron", function()
  it("removes a cron, and shows what it was", function()
    local s = play "admin"
    outputs.call(s, "create_cron", hourly())
    local answer = outputs.call(s, "delete_cron", { cron_id = HOURLY })
    assert.same({ true, HOURLY, "0 * * * *", { full = false } },
      { answer.deleted, answer.cron_id, answer.was.cron, answer.was.input })
    assert.is_nil(answer.note)
    assert.same({}, ids(outputs.call(s, "list_crons", { cron_name = "hourly-crm" })))
  end)

  it("says of one in code that it does not come back", function()
    local s, engine = serve(answers.by_method { GET = answers.recorded "schedules", DELETE = answers.plain(204) })
    local answer = outputs.call(s, "delete_cron", { cron_id = CLEANUP })
    assert.equal("It was written in the workflow's code and does not come back when a worker registers the same version again; "
      .. "only a new version brings it back. disable_cron would have kept it.", answer.note)
    assert.equal("DELETE", engine:writes()[1].method)
  end)

  it("is done when a repetition finds nothing more", function()
    local deleted = false
    local gone = answers.refusal(500, "unknown id")
    local there, list = answers.recorded "admin", answers.recorded "errors"
    local s = serve(function(exchange)
      if exchange.method == "DELETE" then
        deleted = true
        return gone(exchange)
      end
      (deleted and list or there)(exchange)
    end)
    assert.is_true(outputs.call(s, "delete_cron", { cron_id = HOURLY }).deleted)
  end)

  it("fails when the cron is still there", function()
    local s = serve(answers.by_method {
      GET = answers.recorded "schedules", DELETE = answers.refusal(500, "the API is up, the engine behind it is down"),
    })
    local failure = outputs.refused(s, "delete_cron", { cron_id = WEEKLY })
    assert.same({ "server_error", 500 }, { failure.code, failure.status })
  end)

  it("tells of the deletion, not of the list that could not be read after it", function()
    local deleted, there = false, answers.recorded "admin"
    local s = serve(function(exchange)
      deleted = deleted or exchange.method == "DELETE"
      local refused = exchange.method == "DELETE" and answers.refusal(500, "unknown id") or answers.refusal(403, "expired token")
      local answer = deleted and refused or there
      answer(exchange)
    end)
    local failure = outputs.refused(s, "delete_cron", { cron_id = HOURLY })
    assert.same({ "server_error", 500 }, { failure.code, failure.status })
    assert.truthy(failure.text:find("DELETE", 1, true), failure.text)
    assert.truthy(failure.hint:find("The change may have been made", 1, true), failure.hint)
  end)

  it("needs the access to destroy", function()
    local s = tenant.play({ access = "write" }, "admin")
    outputs.has(outputs.refused(s, "delete_cron", { cron_id = HOURLY }).text, "destroy")
  end)
end)
