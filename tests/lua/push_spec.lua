-- push_event, replay_events. The wire of a push is the subject of tests/protocol/push.test.mjs.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local tenant = require "tests.support.tenant"
local upstream = require "tests.support.upstream"

local PAID = "b7f59a9f-417a-400e-a531-e36a6cd24bde"   -- order:paid, as it was pushed first; an integer beyond 2^53 in it
local AGAIN = "ad18c16d-4188-412f-adeb-0a4a80046ba4"  -- the same once more
local EU = "698dedd1-b394-4233-bc06-5181f3e9023c"     -- user:created, scope eu
local LOST = "f08beec3-34b1-407e-8725-36ee94b190a7"   -- user:created without a scope
local NOBODY = "457b1995-e1aa-44b9-b408-1cd0a9479609" -- a key that no workflow listens to
local UNKNOWN = "00000000-0000-4000-8000-000000000000"

local FILTERED = "order-fulfillment has filters, of the scopes \"big-orders\", and the event has no scope: such an event does "
  .. "not start it."

local function play(access)
  return tenant.play({ access = access or "write" }, "overview", "filters-webhooks", "errors", "events-grpc")
end

describe("push_event", function()
  it("sends the payload as it is, integers exact, and says why nothing was started", function()
    local answer = outputs.call_text(play(), "push_event", [[{"key":"order:paid",
      "data":{"order_id":"G-1","amount_cents":777,"card":"ok","exact":9007199254740993},
      "additional_metadata":{"source":"checkout"}}]])
    assert.same({
      metadata = { createdAt = "2026-11-21T06:46:07.618991Z", id = PAID, updatedAt = "2026-11-21T06:46:07.618991Z" },
      key = "order:paid",
      additionalMetadata = { source = "checkout" },
      workflowRunSummary = { cancelled = 0, failed = 0, queued = 0, running = 0, succeeded = 0 },
      triggeredRuns = {},
      reasons = { FILTERED },
    }, answer)
  end)

  it("sends scope and priority, and names the runs that were started", function()
    local answer = outputs.call_text(play(), "push_event",
      [[{"key":"user:created","data":{"to":"grpc@shop.test","template":"welcome"},"scope":"eu","priority":2}]])
    assert.equal(EU, answer.metadata.id)
    assert.same({ {
      workflowRunId = "9a7a2551-6ec0-479e-8c6c-64a83ceb8f92", displayName = "send-email-1795243570787",
      workflowName = "send-email",
      workflowId = "bec2794e-d7be-408a-be4c-1ebb8867173d", status = "QUEUED", createdAt = "2026-11-21T06:46:10.77897Z",
      filterId = "452a92e3-c465-4ff9-ae3c-6357fa503f7f",
    } }, answer.triggeredRuns)
    assert.is_nil(answer.reasons)
  end)

  it("names the scope with which it would have started something", function()
    local answer = outputs.call(play(), "push_event", { key = "user:created", data = { to = "lost@shop.test" } })
    assert.equal(LOST, answer.metadata.id)
    assert.same({ "send-email has filters, of the scopes \"eu\", \"us\", and the event has no scope: such an event does not "
      .. "start it. It would have been started with the scope \"eu\"." }, answer.reasons)
  end)

  it("needs nothing but a key, and says that no workflow listens to it", function()
    local answer = outputs.call(play(), "push_event", { key = "nobody:listens" })
    assert.equal(NOBODY, answer.metadata.id)
    assert.same({ "No workflow listens to nobody:listens; the keys that they listen to are order:paid, user:created. A run that "
      .. "waits for this event may have gone on with it." }, answer.reasons)
  end)

  it("says what the engine refuses", function()
    local failure = outputs.refused(play(), "push_event", { key = "order:paid" })
    assert.same({ "unauthorized", 401 }, { failure.code, failure.status })
    outputs.has(failure.text, "UNAUTHENTICATED: invalid auth token")
  end)

  it("refuses what the engine would take and lose", function()
    local s = play()
    local function refused(arguments)
      return outputs.refused(s, "push_event", arguments).text
    end
    assert.equal("key is blank.\nlist_event_keys shows the keys of the last day.", refused { key = "  " })
    assert.equal("scope is blank.\nlist_filters shows the scopes that start something; without one leave it out.",
      refused { key = "k", scope = " " })
    outputs.has(refused { key = "" }, "key")
    outputs.has(refused { key = "k", data = { a = { "x\0y" } } }, "data.a[0] has the character U+0000")
    outputs.has(refused { key = "k", additional_metadata = { a = "\0" } }, "additional_metadata.a has the character U+0000")
    outputs.has(refused { key = "k", data = "text" }, "data")
    outputs.has(refused { key = "k", additional_metadata = { a = 1 } }, "additional_metadata")
    outputs.has(refused { key = "k", priority = 4 }, "priority")
    assert.truthy(refused { key = "k", payload = {} }:find("data", 1, true)) -- the nearest argument, or all of them
    outputs.has(refused {}, "key")
  end)

  it("needs write access", function()
    local failure = outputs.refused(play "read", "push_event", { key = "k" })
    outputs.has(failure.text, "write")
  end)

  it("says what to look at when nobody knows whether the event arrived", function()
    local other = upstream.start(answers.plain(200, "{}")) -- no gRPC is spoken there
    local s = tenant.serve(answers.recorded "overview", {
      access = "write", env = { HATCHET_CLIENT_TLS_STRATEGY = "none", HATCHET_CLIENT_HOST_PORT = other.url:match "//(.*)" },
    })
    local failure = outputs.refused(s, "push_event", { key = "order:paid" })
    assert.same({ "protocol", false }, { failure.code, failure.retryable })
    outputs.has(failure.text, 'list_events with keys ["order:paid"] and since "5m" shows whether the event arrived.')
  end)

  it("says that nothing was sent when the engine cannot be reached", function()
    local s = tenant.serve(answers.recorded "overview", {
      access = "write", env = { HATCHET_CLIENT_TLS_STRATEGY = "none", HATCHET_CLIENT_HOST_PORT = "127.0.0.1:1" },
    })
    local failure = outputs.refused(s, "push_event", { key = "order:paid" })
    assert.equal("refused", failure.code)
    assert.falsy(failure.text:find("shows whether", 1, true))
  end)
end)

describe("replay_events", function()
  it("sends an event again, its payload and metadata exact", function()
    assert.same({ rows = { {
      eventId = PAID, newEventId = AGAIN, key = "order:paid", triggeredRuns = {}, reasons = { FILTERED },
    } } }, outputs.call(play(), "replay_events", { event_ids = { PAID } }))
  end)

  it("sends it once, however often it is named", function()
    assert.equal(1, #outputs.call(play(), "replay_events", { event_ids = { PAID, PAID:upper() } }).rows)
  end)

  it("sends nothing when one of the events is unknown", function()
    local failure = outputs.refused(play(), "replay_events", { event_ids = { PAID, UNKNOWN } })
    assert.equal("not_found", failure.code)
    outputs.has(failure.text, "Event " .. UNKNOWN)
    outputs.has(failure.text, "Nothing was sent.")
    outputs.has(failure.text, "list_events")
  end)

  it("tells how far it came when a later one is refused", function()
    -- the recording has no replay of the event of scope eu
    local answer = outputs.call(play(), "replay_events", { event_ids = { PAID, EU } })
    assert.same({ AGAIN }, { answer.rows[1].newEventId, answer.rows[2] })
    outputs.has(answer.note, "Stopped at event " .. EU)
    outputs.has(answer.note, "Not sent: " .. EU .. ".")
  end)

  it("does not send again what the operator hides, in the payload or the metadata", function()
    for _, field in ipairs { "card", "source" } do
      local options = { access = "write", args = { "--hide-fields", field } }
      local s = tenant.play(options, "overview", "filters-webhooks", "events-grpc")
      local failure = outputs.refused(s, "replay_events", { event_ids = { PAID } })
      assert.equal("hidden", failure.code)
      assert.truthy(failure.text:find("Nothing was sent.", 1, true))
    end
  end)

  it("takes 1 to 500 ids", function()
    local s = play()
    outputs.has(outputs.refused(s, "replay_events", { event_ids = setmetatable({}, cjson.array_mt) }).text, "event_ids")
    local many = {}
    for index = 1, 501 do many[index] = ("%08x-0000-4000-8000-000000000000"):format(index) end
    outputs.has(outputs.refused(s, "replay_events", { event_ids = many }).text, "500")
    outputs.has(outputs.refused(s, "replay_events", { event_ids = { "order:paid" } }).text, "event_ids")
  end)
end)
