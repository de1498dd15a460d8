-- Lists in which nothing was found: ids of nothing are named, and so is an offset beyond the end.
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local recordings = require "tests.support.recordings"
local tenant = require "tests.support.tenant"

local NOBODY = "00000000-0000-4000-8000-000000000000"
local EMAIL = "bec2794e-d7be-408a-be4c-1ebb8867173d" -- the workflow send-email

-- An engine of the recorded workflows in which nothing ever happened; it knows nothing by the id NOBODY.
local function idle_engine(exchange)
  local is_known = not exchange.query:find "offset=700"
    and recordings.find({ "overview" }, exchange.method, exchange.path, exchange.query)
  if exchange.path:find("/" .. NOBODY, 1, true) then return answers.refusal(404, "unknown id")(exchange) end
  if is_known and exchange.path:find "/workflows" and not exchange.path:find "/crons" then
    return answers.recorded "overview"(exchange)
  end
  local suffix = exchange.path:match "55555555%-2222%-4333%-8444%-555555555555(/.*)$"
  for _, other in ipairs(recordings.load "empty") do
    if other.path:sub(-#suffix) == suffix and other.body ~= "" then return answers.plain(200, other.body)(exchange) end
  end
  answers.plain(501, "not recorded")(exchange)
end

local function idle(options)
  return tenant.serve(idle_engine, options)
end

describe("a workflow that there is not", function()
  local TOOLS = {
    "list_runs", "list_events", "search_logs", "get_log_volume", "get_task_metrics", "top_failing_workflows", "list_stuck_runs",
    "cancel_runs", "replay_runs",
  }

  it("is named by every tool that takes workflow_ids", function()
    local s = idle { access = "destroy" }
    for _, tool in ipairs(TOOLS) do
      local failure = outputs.refused(s, tool, { workflow_ids = { EMAIL, NOBODY } })
      assert.same({ tool, "not_found", "not_found", ("There is no workflow with the id %s.\n"):format(NOBODY)
        .. "list_workflows shows those of this tenant; one that is registered anew gets another id." },
        { tool, failure.code, failure.kind, failure.text })
    end
  end)

  it("is none that has nothing to show", function()
    local s = idle { access = "destroy" }
    for _, tool in ipairs(TOOLS) do outputs.call(s, tool, { workflow_ids = { EMAIL, "send-email" } }) end
  end)

  it("is not told of a workflow that was deleted and has left runs", function()
    local rows = outputs.call(tenant.play("errors", "runs"), "list_runs",
      { workflow_ids = { "c14de21d-222a-4dec-b3c8-7633f791fc01" } }).rows
    assert.truthy(#rows > 0)
  end)

  it("costs no answer when it cannot be asked for", function()
    local s = tenant.serve(function(exchange)
      if exchange.path:find("/" .. NOBODY, 1, true) then return answers.refusal(500)(exchange) end
      idle_engine(exchange)
    end)
    assert.same({}, outputs.call(s, "list_runs", { workflow_ids = { NOBODY } }).rows)
  end)

  it("is named before anything is started or made", function()
    local s, engine = idle { access = "destroy" }
    for _, call in ipairs {
      { "trigger_workflow", { workflow_name = NOBODY } },
      { "create_cron", { workflow_name = NOBODY, cron_name = "a", expression = "@daily" } },
      { "create_scheduled", { workflow_name = NOBODY, trigger_at = "+1h" } },
    } do
      assert.equal(("There is no workflow with the id %s.\n"):format(NOBODY)
        .. "list_workflows shows those of this tenant; one that is registered anew gets another id.",
        outputs.refused(s, call[1], call[2]).text)
    end
    for _, request in ipairs(engine.requests) do assert.equal("GET", request.method) end
  end)

  it("has no version of that id", function()
    local failure = outputs.refused(idle(), "get_workflow_version", { workflow_id = NOBODY, version = EMAIL })
    assert.equal("Has the workflow such a version? Without version it is the latest; get_workflow shows its id.", failure.hint)
  end)
end)

describe("list_runs", function()
  it("names an id of nothing when it finds nothing", function()
    local s = idle()
    local function refused(argument) return outputs.refused(s, "list_runs", { [argument] = NOBODY }) end
    for argument, text in pairs {
      worker_id = "There is no worker with the id %s: worker_id.\nlist_workers shows those of the last 24 h; one that starts "
        .. "anew gets another id.",
      parent_task_external_id = "There is no task with the id %s: parent_task_external_id.\nA run of several tasks has another "
        .. "id than its tasks: get_run shows them.",
      triggering_event_external_id = "There is no event with the id %s: triggering_event_external_id.\nlist_events shows them, "
        .. "of the last 24 hours unless since says otherwise.",
    } do
      local failure = refused(argument)
      assert.same({ "not_found", text:format(NOBODY) }, { failure.code, failure.text })
    end
  end)

  it("looks at the metadata once more, for older engines take any pair for a match", function()
    local rows = outputs.call(tenant.play "runs", "list_runs", { fields = { "additionalMetadata" } }).rows
    local found = recordings.find({ "runs" }, "GET", "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/workflow-runs",
      "only_tasks=false")
    local s = tenant.serve(answers.plain(200, found.body))
    local key, value = "hatchet__cron_expression", "* * * * *"
    local both = outputs.call(s, "list_runs",
      { additional_metadata = { [key] = value, hatchet__cron_scheduled_at = "2026-11-21T06:29:00Z" } })
    assert.equal("2026-11-21T06:29:00Z", rows[1].additionalMetadata.hatchet__cron_scheduled_at)
    assert.same({ 1, rows[1].taskExternalId, 50 }, { #both.rows, both.rows[1].taskExternalId, both.next.offset })
    local number = found.body:gsub('"hatchet__cron_scheduled_at":"2026%-11%-21T06:29:00Z"', '"hatchet__cron_scheduled_at":7')
    local counted = outputs.call(tenant.serve(answers.plain(200, number)), "list_runs", {
      additional_metadata = { [key] = value, hatchet__cron_scheduled_at = "7" },
    })
    assert.same(both.rows, counted.rows) -- numbers are compared as text, as the engine does
  end)
end)

describe("an offset beyond the end", function()
  it("is told by every list that has offsets", function()
    local s = idle()
    for tool, arguments in pairs {
      list_workflows = {}, list_runs = {}, list_events = {}, list_filters = {}, list_webhooks = {}, list_crons = {},
      list_scheduled = {},
      list_rate_limits = {},
    } do
      arguments.offset = 700
      assert.same({ tool, {}, "There is nothing from offset 700 on: the list ends before." },
        { tool, outputs.call(s, tool, arguments).rows, outputs.call(s, tool, arguments).note })
    end
  end)

  it("is none where the engine took % of a name for a wildcard", function()
    local found = recordings.find({ "overview" }, "GET", "/api/v1/tenants/55555555-2222-4333-8444-555555555555/workflows", "")
    local answer = outputs.call(tenant.serve(answers.plain(200, found.body)), "list_workflows", { workflow_name = "%" })
    assert.same({ {}, 'No workflow has "%" in its name.' }, { answer.rows, answer.note })
  end)
end)
