-- list_scheduled, get_scheduled, create_scheduled, reschedule, trigger_scheduled, delete_scheduled.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local IMPORT = "7fe40870-105d-479a-8cbe-f989bfad5056" -- import-catalog
local HOUR = "d4baf1d0-206a-4591-82b5-dd7a31db8024"   -- scheduled runs of it, in an hour, a day, three days
local DAY = "216a252a-a2d0-45fd-b60e-fd022cc9b878"
local LATER = "0fcbfba5-d97f-4486-b451-046ac3a50921"
local JANUARY = "3aa877a4-b872-48be-9b00-0936fac216ee" -- made in admin
local APRIL = "ff1b0d74-b384-4f5e-9083-996edbe3c07b"
local RUN = "3934527a-1eb4-4f88-aee8-56a795c818e6"     -- of APRIL
local NOBODY = "00000000-0000-4000-8000-000000000000"
local PENDING_ONLY = "Only SCHEDULED finds anything: the engine forgets a scheduled run that has fired. list_runs shows the runs."
local GONE = "It has fired, was deleted, or is the id of something else: the engine keeps pending ones only. list_scheduled "
  .. "shows those; list_runs shows runs that were started."

local function play(...)
  return tenant.play({ access = "destroy" }, "overview", ...)
end

local function serve(answer, env)
  return tenant.serve(answer, { access = "destroy", env = env })
end

local function ids(answer)
  return outputs.column(answer.rows, "metadata", "id")
end

-- What create_scheduled of admin was asked for first.
local function january(more)
  local arguments = {
    workflow_name = "import-catalog", trigger_at = "2027-01-01T06:00:00Z", input = { supplier = "fabrikam", pages = 1 },
    additional_metadata = { plan = "q4" },
  }
  for key, value in pairs(more or {}) do arguments[key] = value end
  return arguments
end

local function january_row(more)
  local row = {
    metadata = { id = JANUARY, createdAt = "2026-11-21T06:33:05.192Z", updatedAt = "2026-11-21T06:33:05.192Z" },
    tenantId = "55555555-2222-4333-8444-555555555555", workflowId = IMPORT, workflowName = "import-catalog",
    workflowVersionId = "48fe465a-e02c-46a3-a1a6-c9a9d407785d", triggerAt = "2027-01-01T06:00:00Z",
    input = { supplier = "fabrikam", pages = 1 }, additionalMetadata = { plan = "q4" }, method = "API", priority = 1,
  }
  for key, value in pairs(more or {}) do row[key] = value end
  return row
end

describe("list_scheduled", function()
  it("lists what is pending, the latest first", function()
    local answer = outputs.call(play "schedules", "list_scheduled")
    assert.same({ LATER, DAY, HOUR }, ids(answer))
    assert.same({
      metadata = { id = HOUR, createdAt = "2026-11-21T06:08:40.572Z", updatedAt = "2026-11-21T06:08:40.572Z" },
      tenantId = "55555555-2222-4333-8444-555555555555", workflowId = IMPORT, workflowName = "import-catalog",
      workflowVersionId = "48fe465a-e02c-46a3-a1a6-c9a9d407785d", triggerAt = "2026-11-21T07:08:40Z",
      input = { supplier = "northwind", pages = 2 }, additionalMetadata = { planned = "1h" }, method = "API", priority = 1,
    }, answer.rows[3])
    assert.is_nil(answer.next)
    assert.is_nil(answer.note)
  end)

  it("goes on where a page ended", function()
    local s = play "schedules"
    local first = outputs.call(s, "list_scheduled", { limit = 1 })
    assert.same({ { LATER }, { limit = 1, offset = 1 } }, { ids(first), first.next })
    assert.same({ DAY }, ids(outputs.call(s, "list_scheduled", first.next)))
  end)

  it("finds those of a workflow, of metadata, of a status", function()
    local s = play "schedules"
    local all = { LATER, DAY, HOUR }
    assert.same(all, ids(outputs.call(s, "list_scheduled", { workflow_id = IMPORT })))
    assert.same(all, ids(outputs.call(s, "list_scheduled", { workflow_id = "import-catalog", statuses = { "SCHEDULED" } })))
    assert.same(all, ids(outputs.call(s, "list_scheduled", { statuses = { "SCHEDULED" } })))
    assert.same({ DAY }, ids(outputs.call(s, "list_scheduled", { additional_metadata = { planned = "24h" } })))
    assert.same({}, ids(outputs.call(s, "list_scheduled", { workflow_id = "sync-crm" })))
  end)

  it("orders them by time or by age", function()
    local s = play "schedules"
    local function order(field, direction)
      return ids(outputs.call(s, "list_scheduled", { order_by_field = field, order_by_direction = direction }))
    end
    for _, field in ipairs { "triggerAt", "createdAt" } do
      assert.same({ HOUR, DAY, LATER }, order(field, "ASC"))
      assert.same({ LATER, DAY, HOUR }, order(field, "DESC"))
    end
  end)

  it("says that nothing else than pending can be found", function()
    local answer = outputs.call(play "schedules", "list_scheduled", { statuses = { "FAILED" } })
    assert.same({ {}, PENDING_ONLY }, { answer.rows, answer.note })
  end)

  it("knows a workflow that there is not, and the end of the list", function()
    local failure = outputs.refused(play("errors", "schedules"), "list_scheduled", { workflow_id = NOBODY })
    assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
    local nothing = recordings.find({ "schedules" }, "GET",
      "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/scheduled", "statuses=FAILED")
    local s = serve(answers.plain(200, nothing.body))
    assert.equal("There is nothing from offset 3 on: the list ends before.",
      outputs.call(s, "list_scheduled", { offset = 3 }).note)
  end)

  it("refuses what cannot be searched for", function()
    local s = play "schedules"
    local function refused(arguments, message)
      local failure = outputs.refused(s, "list_scheduled", arguments)
      outputs.has(failure.text, message)
    end
    refused({ parent_workflow_run_id = RUN },
      "parent_workflow_run_id cannot be searched: the engine takes it for the id of the scheduled "
      .. "run itself.\nSelect by workflow_id or additional_metadata; bulk_delete_scheduled takes parent_step_run_id, too.")
    refused({ additional_metadata = { at = "09:00" } }, 'additional_metadata cannot be searched for the value "09:00".')
    refused({ statuses = { "COMPLETED" } }, "statuses")
    refused({ order_by_field = "triggerat" }, '"order_by_field"')
    refused({ limit = 0 }, '"limit"')
    refused({ offset = -1 }, '"offset"')
    refused({ workflow_id = "no-such-workflow" }, 'There is no workflow named "no-such-workflow".')
    refused({ parent_workflow_run_id = "x" }, '"parent_workflow_run_id"')
  end)
end)

describe("get_scheduled", function()
  it("gives one", function()
    local answer = outputs.call(play "schedules", "get_scheduled", { scheduled_id = DAY:upper() })
    assert.same({ DAY, "2026-11-22T06:08:40Z", "import-catalog" }, { answer.metadata.id, answer.triggerAt, answer.workflowName })
  end)

  it("knows none that has fired or was never there", function()
    local failure = outputs.refused(play "errors", "get_scheduled", { scheduled_id = NOBODY })
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    assert.equal(("There is no pending scheduled run with the id %s.\n%s"):format(NOBODY, GONE), failure.text)
    outputs.has(outputs.refused(play "errors", "get_scheduled", { scheduled_id = "x" }).text, '"scheduled_id"')
  end)
end)

describe("create_scheduled", function()
  it("schedules a run", function()
    assert.same(january_row(), outputs.call(play "admin", "create_scheduled", january()))
  end)

  it("takes the id of a workflow, and no input", function()
    local answer = outputs.call(play "admin", "create_scheduled", {
      workflow_name = IMPORT, trigger_at = "2027-07-01T06:00:00Z", additional_metadata = { plan = "q4" },
    })
    assert.same({ "2027-07-01T06:00:00Z", {} }, { answer.triggerAt, answer.input })
  end)

  it("sends the time in UTC, for the engine drops an offset", function()
    local s, engine = serve(answers.recorded("admin", "overview"))
    outputs.call(s, "create_scheduled", january { trigger_at = "2127-01-01T09:00:00.5+09:00", priority = 3 })
    assert.equal(1, #engine:writes())
    assert.same({
      triggerAt = "2127-01-01T00:00:00.5Z", input = { supplier = "fabrikam", pages = 1 }, additionalMetadata = { plan = "q4" },
      priority = 3,
    }, cjson.decode(engine:writes()[1].body))
    assert.equal("/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/import-catalog/scheduled",
      engine:writes()[1].path)
  end)

  it("takes a relative time of the future", function()
    local s, engine = serve(answers.recorded("admin", "overview"))
    local before = os.time()
    outputs.call(s, "create_scheduled", { workflow_name = "import-catalog", trigger_at = "+1h" })
    local sent = cjson.decode(engine:writes()[1].body)
    assert.same({ input = {}, additionalMetadata = {}, triggerAt = sent.triggerAt }, sent)
    local year, month, day, hour, minute, second = sent.triggerAt:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.?%d*Z$"
    local offset = os.time(os.date("*t", before)) - os.time(os.date("!*t", before))
    local at = os.time { year = year, month = month, day = day, hour = hour, min = minute, sec = second, isdst = false } + offset
    assert.truthy(at >= before + 3600 and at <= os.time() + 3601)
  end)

  it("refuses a time of the past: the engine would fire at once", function()
    local s = play "admin"
    local failure = outputs.refused(s, "create_scheduled", january { trigger_at = "2026-11-21T14:00:00+09:00" })
    assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
    outputs.has(failure.text, "trigger_at 2026-11-21T05:00:00Z lies in the past: it is 2026-11-21T06:33:07")
    assert.equal("The engine would fire at once; for that call trigger_workflow. Relative times of the future begin with +: +1h.",
      failure.hint)
    outputs.has(outputs.refused(s, "create_scheduled", january { trigger_at = "24h" }).text, "lies in the past")
    outputs.has(outputs.refused(s, "create_scheduled", january { trigger_at = "now" }).text, "lies in the past")
  end)

  it("holds the input against the schema of the workflow", function()
    local failure = outputs.refused(play "admin", "create_scheduled", january {
      workflow_name = "order-fulfillment", input = { order_id = 17 },
    })
    assert.equal("The input does not fit the schema of order-fulfillment:\n$.order_id: must be a string, got 17\n"
      .. "Nothing was sent. get_workflow_version shows the schema.", failure.text)
  end)

  it("refuses wrong arguments before anything is sent", function()
    local s, engine = serve(answers.recorded("admin", "overview"))
    local function refused(more, message)
      local failure = outputs.refused(s, "create_scheduled", january(more))
      outputs.has(failure.text, message)
    end
    refused({ trigger_at = "" }, '"trigger_at"')
    refused({ trigger_at = "tomorrow" }, '"trigger_at"')
    refused({ priority = 0 }, '"priority"')
    refused({ input = '{"n":9007199254740993}' }, "input.n is 9007199254740993")
    refused({ additional_metadata = '{"a":"\\u0000"}' }, "additional_metadata.a has the character U+0000")
    refused({ additional_metadata = { n = 1 } }, '"additional_metadata')
    refused({ workflow_name = "no-such-workflow" }, 'There is no workflow named "no-such-workflow".')
    refused({ workflow_name = "" }, '"workflow_name"')
    assert.equal(0, #engine:writes())
  end)

  it("puts the namespace of the server before the name", function()
    local s = serve(answers.recorded("admin", "overview"), { HATCHET_CLIENT_NAMESPACE = "shop" })
    local failure = outputs.refused(s, "create_scheduled", january { workflow_name = "order-fulfillment" , trigger_at = "+1h" })
    outputs.has(failure.text, 'There is no workflow named "shop_order-fulfillment".')
  end)

  it("says that it may have been scheduled when nobody knows", function()
    local s, engine = serve(answers.by_method { GET = answers.recorded "overview", POST = answers.reset() })
    local failure = outputs.refused(s, "create_scheduled", january { trigger_at = "+1h" })
    assert.is_false(failure.retryable)
    assert.equal('It may have been scheduled all the same: list_scheduled with workflow_id "import-catalog" shows whether it '
      .. 'was.',
      failure.hint)
    assert.equal(1, #engine:writes())
  end)

  it("tells of one whose answer cannot be read", function()
    local s = serve(answers.by_method { GET = answers.recorded "overview", POST = answers.plain(200, "made") })
    assert.same({ note = 'It was scheduled, but the answer cannot be read: list_scheduled with workflow_id "import-catalog" '
      .. 'shows it.' },
      outputs.call(s, "create_scheduled", january { trigger_at = "+1h" }))
  end)
end)

describe("reschedule", function()
  it("moves a scheduled run, and says from where", function()
    local s = play "admin"
    outputs.call(s, "create_scheduled", january())
    local answer = outputs.call(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "2027-03-01T17:00:00+09:00" })
    assert.same(january_row {
      triggerAt = "2027-03-01T08:00:00Z", before = "2027-01-01T06:00:00Z",
    }, answer)
    assert.equal("2027-03-01T08:00:00Z", outputs.call(s, "get_scheduled", { scheduled_id = JANUARY }).triggerAt)
  end)

  it("sends the time in UTC", function()
    local s, engine = serve(answers.recorded "admin")
    outputs.call(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "2127-03-01T08:00:00-01:30" })
    assert.equal('{"triggerAt":"2127-03-01T09:30:00Z"}', engine:writes()[1].body)
  end)

  it("refuses a time of the past, and one that is none", function()
    local s, engine = serve(answers.recorded "admin")
    local failure = outputs.refused(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "2020-01-01" })
    assert.equal("The engine would fire at once; for that call trigger_scheduled. Relative times of the future begin with +: "
      .. "+1h.",
      failure.hint)
    outputs.has(outputs.refused(s, "reschedule", { scheduled_id = JANUARY }).text, '"trigger_at"')
    outputs.has(outputs.refused(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "soon" }).text, '"trigger_at"')
    assert.equal(0, #engine.requests)
  end)

  it("knows one that fires at that very moment", function()
    local s = serve(answers.by_method { GET = answers.recorded "admin", PATCH = answers.refusal(404, "unknown id") })
    local failure = outputs.refused(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "+1h" })
    assert.same({ "not_found", GONE }, { failure.code, failure.hint })
  end)

  it("explains a refusal of what was made in code", function()
    local s = serve(answers.by_method { GET = answers.recorded "admin", PATCH = answers.refusal(403, "expired token") })
    local failure = outputs.refused(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "+1h" })
    assert.equal("The engine does not let the API change a scheduled run that was made in code, or the token is refused: "
      .. "get_scheduled shows its method.", failure.hint)
  end)

  it("is done when the answer cannot be read", function()
    local s = serve(answers.by_method { GET = answers.recorded "admin", PATCH = answers.plain(200, "moved") })
    local answer = outputs.call(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "2127-01-01" })
    assert.same({ "2127-01-01T00:00:00Z", "2027-01-01T06:00:00Z",
      "It was moved, but the answer cannot be read: get_scheduled shows it." },
      { answer.triggerAt, answer.before, answer.note })
  end)
end)

describe("trigger_scheduled", function()
  it("starts the run now, waits until it can be read, and uses the schedule up", function()
    local s = play "admin"
    assert.same({
      workflowRunId = RUN, status = "COMPLETED", workflowName = "import-catalog", workflowId = IMPORT, scheduled_id = APRIL,
      triggerAt = "2027-04-01T06:00:00Z",
    }, outputs.call(s, "trigger_scheduled", { scheduled_id = APRIL }))
    assert.equal(GONE, outputs.refused(s, "get_scheduled", { scheduled_id = APRIL }).hint)
  end)

  it("is not sent twice, and says that a run may have been started when nobody knows", function()
    local s, engine = serve(answers.by_method {
      GET = answers.recorded "admin", POST = answers.refusal(500, "the API is up, the engine behind it is down"),
    })
    local failure = outputs.refused(s, "trigger_scheduled", { scheduled_id = APRIL })
    outputs.has(failure.hint, "do not start it again before you have looked")
    assert.equal(1, #engine:writes())
  end)

  it("knows one that fires at that very moment", function()
    local s = serve(answers.by_method { GET = answers.recorded "admin", POST = answers.refusal(404, "unknown id") })
    local failure = outputs.refused(s, "trigger_scheduled", { scheduled_id = APRIL })
    assert.same({ "not_found", GONE }, { failure.code, failure.hint })
  end)
end)

describe("delete_scheduled", function()
  it("removes a scheduled run, and shows what it was", function()
    local s = play "admin"
    outputs.call(s, "create_scheduled", january())
    outputs.call(s, "reschedule", { scheduled_id = JANUARY, trigger_at = "2027-03-01T08:00:00Z" })
    local answer = outputs.call(s, "delete_scheduled", { scheduled_id = JANUARY })
    assert.same({
      deleted = true, scheduled_id = JANUARY, was = january_row { triggerAt = "2027-03-01T08:00:00Z" },
    }, answer)
    assert.equal("not_found", outputs.refused(s, "get_scheduled", { scheduled_id = JANUARY }).code)
    assert.equal("not_found", outputs.refused(s, "delete_scheduled", { scheduled_id = JANUARY }).code)
  end)

  it("is done when a repetition finds nothing more", function()
    local row = recordings.find({ "admin" }, "GET",
      "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/scheduled/" .. JANUARY, "")
    local pending = recordings.changed(row.body, "2027%-", "2127-") -- a test server has the clock of today
    local s = serve(answers.by_method { GET = answers.plain(200, pending), DELETE = answers.refusal(404, "unknown id") })
    assert.is_true(outputs.call(s, "delete_scheduled", { scheduled_id = JANUARY }).deleted)
  end)

  it("does not claim one that was due: it fired", function()
    local s = serve(answers.by_method { GET = answers.recorded "schedules", DELETE = answers.refusal(404, "unknown id") })
    local failure = outputs.refused(s, "delete_scheduled", { scheduled_id = HOUR })
    assert.same({ "not_found", GONE }, { failure.code, failure.hint })
  end)

  it("needs the access to destroy", function()
    local s = tenant.play({ access = "write" }, "admin")
    outputs.has(outputs.refused(s, "delete_scheduled", { scheduled_id = JANUARY }).text, "destroy")
  end)
end)

describe("a scheduled run that there is not", function()
  it("is known by every tool before anything is sent", function()
    for _, tool in ipairs { "reschedule", "trigger_scheduled", "delete_scheduled" } do
      local s, engine = serve(answers.recorded "errors")
      local arguments = { scheduled_id = NOBODY, trigger_at = tool == "reschedule" and "+1h" or nil }
      local failure = outputs.refused(s, tool, arguments)
      assert.equal(("There is no pending scheduled run with the id %s.\n%s"):format(NOBODY, GONE), failure.text)
      assert.equal(0, #engine:writes())
      arguments.scheduled_id = "tomorrow"
      outputs.has(outputs.refused(s, tool, arguments).text, '"scheduled_id"')
    end
  end)
end)
