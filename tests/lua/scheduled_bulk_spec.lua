-- bulk_delete_scheduled, bulk_reschedule.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local IMPORT = "7fe40870-105d-479a-8cbe-f989bfad5056" -- import-catalog
local HOUR = "d4baf1d0-206a-4591-82b5-dd7a31db8024"   -- scheduled runs of it, in an hour, a day, three days
local DAY = "216a252a-a2d0-45fd-b60e-fd022cc9b878"
local LATER = "0fcbfba5-d97f-4486-b451-046ac3a50921"
local FEBRUARY = "ebf369e0-301d-453a-9918-763717aa142d" -- made in admin, with the metadata plan = q4
local MARCH = "9ec0592f-1828-4ab1-b95c-b02d5918680b"
local JULY_1 = "48e99e27-e3e9-41c9-9f52-edbf93cb9845"
local JULY_2 = "8eb65197-1b2c-4225-b17c-ff96364353ae"
local NOBODY = "00000000-0000-4000-8000-000000000000"
local TOOLS = { "bulk_delete_scheduled", "bulk_reschedule" }

local function play(...)
  return tenant.play({ access = "destroy" }, "overview", ...)
end

-- A tenant in which JULY_1 and JULY_2 are pending beside HOUR, DAY and LATER.
local function july()
  local s = play "admin"
  for day = 1, 2 do
    outputs.call(s, "create_scheduled", {
      workflow_name = "import-catalog", trigger_at = ("2027-07-0%dT06:00:00Z"):format(day), additional_metadata = { plan = "q4" },
    })
  end
  return s
end

-- The list of admin that has this text, and not that one.
local function list(has, lacks)
  for _, exchange in ipairs(recordings.load "admin") do
    if exchange.path:find "/scheduled$" and exchange.method == "GET" and exchange.query == "limit=50"
      and exchange.body:find(has, 1, true) and not exchange.body:find(lacks, 1, true) then
      return answers.plain(200, exchange.body)
    end
  end
end

-- What the engine answered to a bulk change of several, one of which it did not know.
local function outcome(path)
  for _, exchange in ipairs(recordings.load "admin") do
    if exchange.path:find(path, 1, true) and exchange.body:find(NOBODY, 1, true) then return exchange.body end
  end
end

-- A server with these lists, one after the other, and this answer to a bulk change.
local function serve(post, ...)
  return tenant.serve(answers.by_method { GET = answers.sequence(...), POST = post }, { access = "destroy" })
end

local function numbered(index)
  return ("%08x"):format(index) .. DAY:sub(9)
end

-- A page of so many runs like DAY, whose ids are numbered.
local function page(first, last)
  local recorded = recordings.find({ "schedules" }, "GET",
    "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows/scheduled/" .. DAY, "")
  local rows = {}
  for index = first, last do
    rows[#rows + 1] = cjson.decode(recorded.body)
    rows[#rows].metadata.id = numbered(index)
  end
  return answers.plain(200, cjson.encode { rows = rows, pagination = {} })
end

describe("bulk_delete_scheduled", function()
  it("shows what a filter would remove, soonest first, and does nothing", function()
    local answer = outputs.call(play "schedules", "bulk_delete_scheduled", { workflow_id = "import-catalog" })
    assert.truthy(answer.plan:find "^3%.%x+%.%x+$")
    answer.plan = nil
    assert.same({
      action = "delete_scheduled", dry_run = true, executed = false, matched_count = 3, scheduled_ids = { HOUR, DAY, LATER },
      rows = {
        {
          scheduled_id = HOUR, workflowName = "import-catalog", triggerAt = "2026-11-21T07:08:40Z",
          additionalMetadata = { planned = "1h" },
        },
        {
          scheduled_id = DAY, workflowName = "import-catalog", triggerAt = "2026-11-22T06:08:40Z",
          additionalMetadata = { planned = "24h" },
        },
        {
          scheduled_id = LATER, workflowName = "import-catalog", triggerAt = "2026-11-24T06:08:40Z",
          additionalMetadata = { planned = "72h" },
        },
      },
      note = "Nothing was done. To act call again with dry_run false and this plan.",
    }, answer)
  end)

  it("acts by ids on what the filter matched, tied to the preview", function()
    local s = july()
    local filter = { additional_metadata = { plan = "q4" } }
    local preview = outputs.call(s, "bulk_delete_scheduled", filter)
    assert.same({ JULY_1, JULY_2 }, preview.scheduled_ids)
    filter.dry_run, filter.plan = false, preview.plan
    local answer = outputs.call(s, "bulk_delete_scheduled", filter)
    assert.same({
      action = "delete_scheduled", dry_run = false, executed = true, matched_count = 2, deletedIds = { JULY_1, JULY_2 },
      errors = {},
      rows = {
        {
          scheduled_id = JULY_1, workflowName = "import-catalog", triggerAt = "2027-07-01T06:00:00Z",
          additionalMetadata = { plan = "q4" },
        },
        {
          scheduled_id = JULY_2, workflowName = "import-catalog", triggerAt = "2027-07-02T06:00:00Z",
          additionalMetadata = { plan = "q4" },
        },
      },
      note = "2 of 2 deleted.",
    }, answer)
    assert.equal("not_found", outputs.refused(s, "get_scheduled", { scheduled_id = JULY_1 }).code)
    filter.plan = nil
    assert.same({ 0, false, "Nothing that is pending matches." }, (function(again)
      return { again.matched_count, again.executed, again.note }
    end)(outputs.call(s, "bulk_delete_scheduled", filter)))
  end)

  it("takes ids, each once, and names those that are not pending", function()
    local answer = outputs.call(july(), "bulk_delete_scheduled", {
      scheduled_ids = { JULY_1, JULY_2:upper(), NOBODY, JULY_2, NOBODY }, dry_run = false,
    })
    assert.same({ 2, { JULY_1, JULY_2 }, { NOBODY }, {} },
      { answer.matched_count, answer.deletedIds, answer.not_found, answer.errors })
  end)

  it("finds by status: all that is pending, or nothing", function()
    local s = play "schedules"
    assert.equal(3, outputs.call(s, "bulk_delete_scheduled", { statuses = { "SCHEDULED" } }).matched_count)
    assert.same({
      action = "delete_scheduled", dry_run = false, executed = false, matched_count = 0, scheduled_ids = {}, rows = {},
      note = "Only SCHEDULED finds anything: the engine forgets a scheduled run that has fired. list_runs shows the runs.",
    }, outputs.call(s, "bulk_delete_scheduled", { statuses = { "FAILED" }, dry_run = false }))
    assert.same({ DAY }, outputs.call(s, "bulk_delete_scheduled", {
      statuses = { "SCHEDULED" }, additional_metadata = { planned = "24h" },
    }).scheduled_ids)
  end)

  it("finds by the task that made them", function()
    local s, engine = serve(answers.plain(200), list(HOUR, JULY_1))
    outputs.call(s, "bulk_delete_scheduled", { parent_step_run_id = NOBODY })
    outputs.has(engine.requests[1].query, "parentStepRunId=" .. NOBODY)
  end)

  it("tells of each that was not deleted what the engine says and what is true now", function()
    local s, engine = serve(answers.plain(200, outcome "bulk-delete"), list(FEBRUARY, JULY_1), list(MARCH, NOBODY),
      list(HOUR, MARCH))
    local answer = outputs.call(s, "bulk_delete_scheduled", {
      scheduled_ids = { FEBRUARY, MARCH, HOUR, NOBODY }, dry_run = false,
    })
    assert.same({ { scheduledWorkflowRunIds = { HOUR, FEBRUARY, MARCH } } }, { cjson.decode(engine:writes()[1].body) })
    assert.same({ 3, { FEBRUARY, MARCH }, { { id = HOUR, now = "pending", triggerAt = "2026-11-21T07:08:40Z" } }, { NOBODY } },
      { answer.matched_count, answer.deletedIds, answer.errors, answer.not_found })
    assert.equal("2 of 3 deleted. errors tells why not the others, and whether they are still pending; what is gone has fired or "
      .. "was deleted.", answer.note)
  end)

  it("passes the engine's words on", function()
    local body = recordings.changed(outcome "bulk-delete", NOBODY:gsub("-", "%%-"), HOUR)
    local s = serve(answers.plain(200, body), list(FEBRUARY, JULY_1), list(FEBRUARY, JULY_1),
      answers.refusal(403, "expired token"))
    local ids = { scheduled_ids = { FEBRUARY, MARCH, HOUR }, dry_run = false }
    assert.same({ { id = HOUR, error = "Failed to delete scheduled workflow.", now = "pending",
      triggerAt = "2026-11-21T07:08:40Z" } },
      outputs.call(s, "bulk_delete_scheduled", ids).errors)
    assert.equal("unauthorized", outputs.refused(s, "bulk_delete_scheduled", ids).code)
  end)

  it("tells what there is when the answer cannot be read", function()
    local s = serve(answers.plain(200, "deleted"), list(FEBRUARY, JULY_1), list(HOUR, FEBRUARY))
    local answer = outputs.call(s, "bulk_delete_scheduled", { scheduled_ids = { FEBRUARY, HOUR }, dry_run = false })
    assert.same({ {}, { { id = HOUR, now = "pending", triggerAt = "2026-11-21T07:08:40Z" }, { id = FEBRUARY, now = "gone" } } },
      { answer.deletedIds, answer.errors })
    outputs.has(answer.note, "its answer cannot be read")
  end)

  it("says so too when nothing is left of what the preview showed", function()
    local nothing = recordings.first("empty",
      { path = "/api/v1/tenants/33333333-2222-4333-8444-555555555555/workflows/scheduled" })
    local s = serve(answers.plain(200), list(HOUR, FEBRUARY), answers.plain(200, nothing.body))
    local filter = { statuses = { "SCHEDULED" } }
    filter.plan = outputs.call(s, "bulk_delete_scheduled", filter).plan
    filter.dry_run = false
    local failure = outputs.refused(s, "bulk_delete_scheduled", filter)
    assert.equal("plan_changed", failure.code)
    assert.truthy(failure.text:find("The plan was made for 3 scheduled runs, and now there are 0", 1, true), failure.text)
  end)

  it("does nothing when what is selected has changed since the preview", function()
    local s, engine = serve(answers.plain(200), list(HOUR, FEBRUARY), list(FEBRUARY, JULY_1), list(HOUR, FEBRUARY))
    local filter = { statuses = { "SCHEDULED" } }
    filter.plan = outputs.call(s, "bulk_delete_scheduled", filter).plan
    filter.dry_run = false
    local failure = outputs.refused(s, "bulk_delete_scheduled", filter)
    assert.equal("plan_changed", failure.code)
    outputs.has(failure.text, "The plan was made for 3 scheduled runs, and now there are 7")
    filter.plan = "3"
    outputs.has(outputs.refused(s, "bulk_delete_scheduled", filter).text, 'plan cannot be "3".')
    assert.equal(0, #engine:writes())
  end)

  it("counts a run once that is shown on two pages", function()
    local s = serve(answers.plain(200), page(1, 100), page(100, 101))
    assert.equal(101, outputs.call(s, "bulk_delete_scheduled", { statuses = { "SCHEDULED" } }).matched_count)
  end)

  it("acts on 500 at most", function()
    local asked = 0
    local s = serve(answers.plain(200), function(exchange)
      local offset = tonumber(exchange.query:match "offset=(%d+)")
      asked = asked + 1
      page(offset + 1, offset + 100)(exchange)
    end)
    local failure = outputs.refused(s, "bulk_delete_scheduled", { statuses = { "SCHEDULED" } })
    assert.equal("More than 500 scheduled runs match.\nNarrow the filter, or give the ids of some of them.", failure.text)
    assert.equal(6, asked)
    local many = {}
    for index = 1, 300 do many[index] = numbered(index) end
    many[301] = many[1]
    local answer = outputs.call(s, "bulk_delete_scheduled", { scheduled_ids = many })
    assert.same({ 300, 300, 50, 9 }, { answer.matched_count, #answer.scheduled_ids, #answer.rows, asked })
    outputs.has(answer.note, "rows has the first 50 of them.")
    for index = 301, 501 do many[index] = numbered(index) end
    outputs.has(outputs.refused(s, "bulk_delete_scheduled", { scheduled_ids = many }).text, '"scheduled_ids"')
  end)
end)

describe("bulk_reschedule", function()
  it("shows where a shift would move each", function()
    local s = play "schedules"
    local function moved(shift)
      local times = {}
      local answer = outputs.call(s, "bulk_reschedule", { workflow_id = IMPORT, shift = shift })
      for index, row in ipairs(answer.rows) do times[index] = row.newTriggerAt end
      return times, answer
    end
    local times, answer = moved "+1h"
    assert.same({ "2026-11-21T08:08:40Z", "2026-11-22T07:08:40Z", "2026-11-24T07:08:40Z" }, times)
    assert.same({
      scheduled_id = HOUR, workflowName = "import-catalog", triggerAt = "2026-11-21T07:08:40Z",
      newTriggerAt = "2026-11-21T08:08:40Z",
      additionalMetadata = { planned = "1h" },
    }, answer.rows[1])
    assert.same({ "reschedule", true, false, 3, { HOUR, DAY, LATER } },
      { answer.action, answer.dry_run, answer.executed, answer.matched_count, answer.scheduled_ids })
    assert.same({ "2026-11-21T06:38:40Z", "2026-11-22T05:38:40Z", "2026-11-24T05:38:40Z" }, (moved "-30m"))
    assert.same({ "2026-11-29T19:08:41Z", "2026-11-30T18:08:41Z", "2026-12-02T18:08:41Z" }, (moved "+1w1d12h1s"))
  end)

  it("moves all to one time", function()
    local s, engine = serve(answers.plain(200, outcome "bulk-update"), list(FEBRUARY, JULY_1))
    local answer = outputs.call(s, "bulk_reschedule", {
      scheduled_ids = { FEBRUARY, MARCH }, trigger_at = "2127-06-01T15:00:00+09:00", dry_run = false,
    })
    assert.same({ updates = {
      { id = FEBRUARY, triggerAt = "2127-06-01T06:00:00Z" }, { id = MARCH, triggerAt = "2127-06-01T06:00:00Z" },
    } }, cjson.decode(engine:writes()[1].body))
    assert.same({
      action = "reschedule", dry_run = false, executed = true, matched_count = 2, updatedIds = { FEBRUARY, MARCH }, errors = {},
      rows = {
        {
          scheduled_id = FEBRUARY, workflowName = "import-catalog", triggerAt = "2027-02-01T06:00:00Z",
          newTriggerAt = "2127-06-01T06:00:00Z", additionalMetadata = { plan = "q4" },
        },
        {
          scheduled_id = MARCH, workflowName = "import-catalog", triggerAt = "2027-03-01T06:00:00Z",
          newTriggerAt = "2127-06-01T06:00:00Z", additionalMetadata = { plan = "q4" },
        },
      },
      note = "2 of 2 moved.",
    }, answer)
  end)

  it("shifts each from where it is, once for a plan", function()
    local before, after = list("2027-02-01T06:00:00Z", "2027-06-01"), list("2027-06-01T06:00:00Z", JULY_1)
    local s, engine = serve(answers.plain(200, outcome "bulk-update"), before, before, after)
    local arguments = { scheduled_ids = { FEBRUARY, MARCH }, shift = "+36500d" }
    arguments.plan = outputs.call(s, "bulk_reschedule", arguments).plan
    arguments.dry_run = false
    assert.same({ FEBRUARY, MARCH }, outputs.call(s, "bulk_reschedule", arguments).updatedIds)
    assert.same({ updates = {
      { id = FEBRUARY, triggerAt = "2127-01-08T06:00:00Z" }, { id = MARCH, triggerAt = "2127-02-05T06:00:00Z" },
    } }, cjson.decode(engine:writes()[1].body))
    assert.equal("plan_changed", outputs.refused(s, "bulk_reschedule", arguments).code)
    assert.equal(1, #engine:writes())
  end)

  it("tells of each that was not moved", function()
    local s = serve(answers.plain(200, outcome "bulk-update"), list(FEBRUARY, JULY_1), list(HOUR, FEBRUARY))
    local answer = outputs.call(s, "bulk_reschedule", {
      scheduled_ids = { FEBRUARY, HOUR, NOBODY }, trigger_at = "+1h", dry_run = false,
    })
    assert.same({ { FEBRUARY, MARCH }, { { id = HOUR, now = "pending", triggerAt = "2026-11-21T07:08:40Z" } }, { NOBODY } },
      { answer.updatedIds, answer.errors, answer.not_found })
  end)

  it("refuses to move into the past", function()
    local s = play "schedules"
    assert.equal(HOUR .. " of import-catalog would move to 2026-11-21T05:08:40Z, which is past.\nNothing was moved: the engine "
      .. "would fire it at once. Shift less, or leave it out; trigger_scheduled fires it now.",
      outputs.refused(s, "bulk_reschedule", { workflow_id = IMPORT, shift = "-2h" }).text)
    local failure = outputs.refused(s, "bulk_reschedule", { workflow_id = IMPORT, trigger_at = "2026-11-21" })
    outputs.has(failure.text, "trigger_at 2026-11-21T00:00:00Z lies in the past")
  end)

  it("needs one of trigger_at and shift", function()
    local s, engine = serve(answers.plain(200), answers.recorded "schedules")
    local function refused(arguments, message)
      arguments.scheduled_ids = { HOUR }
      local failure = outputs.refused(s, "bulk_reschedule", arguments)
      assert.same({ "invalid", "validation_error" }, { failure.code, failure.kind })
      outputs.has(failure.text, message)
    end
    refused({}, "There is neither trigger_at nor shift.\nGive trigger_at, one time for all, or shift")
    refused({ trigger_at = "+1h", shift = "+1h" }, "trigger_at and shift cannot be combined.")
    for _, shift in ipairs { "1h", "+", "", "+1x", "+h", "+0h", "+1h 30m", "tomorrow", "+1234567d", "--1h", "+999999w",
      "-5300w" } do
      refused({ shift = shift }, ("shift cannot be %q.\nWrite + for later, - for sooner"):format(shift))
    end
    assert.equal(0, #engine.requests)
  end)
end)

describe("a bulk change of scheduled runs", function()
  local function call(s, tool, arguments)
    arguments.trigger_at = tool == "bulk_reschedule" and "+1h" or nil
    return outputs.refused(s, tool, arguments)
  end

  it("needs one way to select, and none that selects everything by mistake", function()
    for _, tool in ipairs(TOOLS) do
      local s, engine = serve(answers.plain(200), answers.recorded "schedules")
      local function refused(arguments, message)
        local failure = call(s, tool, arguments)
        outputs.has(failure.text, message)
      end
      refused({}, 'Nothing is selected.\nGive scheduled_ids or a filter; statuses ["SCHEDULED"] selects all that are pending.')
      refused({ dry_run = false }, "Nothing is selected.")
      refused({ scheduled_ids = { HOUR }, workflow_id = IMPORT, statuses = { "SCHEDULED" } },
        "scheduled_ids and workflow_id, statuses cannot be combined.")
      refused({ additional_metadata = cjson.decode "{}" }, "additional_metadata is empty: it would select everything.")
      refused({ additional_metadata = { at = "09:00" } }, 'additional_metadata cannot be searched for the value "09:00".')
      refused({ scheduled_ids = cjson.decode "[]" }, '"scheduled_ids"')
      refused({ scheduled_ids = { "not-a-uuid" } }, "scheduled_ids")
      refused({ scheduled_ids = { "" } }, "scheduled_ids")
      refused({ statuses = cjson.decode "[]" }, '"statuses"')
      refused({ statuses = { "scheduled" } }, "statuses")
      refused({ workflow_id = "" }, '"workflow_id"')
      refused({ status = { "SCHEDULED" } }, 'no argument "status"')
      assert.equal(0, #engine.requests)
    end
  end)

  it("cannot select by the run that made them", function()
    local failure = call(play "schedules", "bulk_delete_scheduled", { parent_workflow_run_id = NOBODY })
    outputs.has(failure.text, "parent_workflow_run_id cannot be searched")
  end)

  it("refuses ids of which none is pending, and a workflow that there is not", function()
    for _, tool in ipairs(TOOLS) do
      local failure = call(play "schedules", tool, { scheduled_ids = { NOBODY, NOBODY }, dry_run = false })
      assert.same({ "not_found", "not_found" }, { failure.code, failure.kind })
      assert.equal(("None of scheduled_ids is pending: %s.\nThey have fired, were deleted, or are ids of something else. ")
        :format(NOBODY)
        .. "list_scheduled shows what is pending.", failure.text)
      assert.equal("not_found", call(play("errors", "schedules"), tool, { workflow_id = NOBODY }).code)
      assert.equal("not_found", call(play "schedules", tool, { workflow_id = "no-such-workflow" }).code)
    end
  end)

  it("says how to look when nobody knows what was done", function()
    for tool, word in pairs { bulk_delete_scheduled = "deleted", bulk_reschedule = "moved" } do
      local s = serve(answers.refusal(500, "the API is up, the engine behind it is down"), list(FEBRUARY, JULY_1))
      assert.equal(("Some may have been %s all the same: a dry run shows what there is now."):format(word),
        call(s, tool, { scheduled_ids = { FEBRUARY }, dry_run = false }).hint)
    end
  end)

  it("needs the access to destroy", function()
    local s = tenant.play({ access = "write" }, "admin")
    for _, tool in ipairs(TOOLS) do assert.truthy(call(s, tool, { scheduled_ids = { HOUR } }).text:find("destroy", 1, true)) end
  end)
end)
