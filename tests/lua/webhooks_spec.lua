-- list_webhooks, get_webhook.
local cjson = require "cjson"
local outputs = require "tests.support.outputs"
local recordings = require "tests.support.recordings"
local answers = require "tests.support.answers"
local tenant = require "tests.support.tenant"

local SHOP = {
  authType = "API_KEY", eventKeyExpression = "'shop:' + input.type", name = "shop-events", returnEventAsResponsePayload = true,
  sourceName = "GENERIC", tenantId = "55555555-2222-4333-8444-555555555555",
  metadata = { createdAt = "2026-11-21T06:08:40.599218Z", updatedAt = "2026-11-21T06:08:40.599218Z" },
}

local function play()
  return tenant.play("errors", "filters-webhooks")
end

describe("list_webhooks", function()
  it("gives the webhooks, which have names and no ids", function()
    assert.same({ rows = { SHOP } }, outputs.call(play(), "list_webhooks"))
  end)

  it("selects by name", function()
    assert.same({ rows = { SHOP } }, outputs.call(play(), "list_webhooks", { webhook_names = { "shop-events" } }))
    assert.same({ rows = {} }, outputs.call(play(), "list_webhooks", { webhook_names = { "none" } }))
  end)

  it("selects by source, although the engine cannot", function()
    local s, engine = tenant.serve(answers.recorded "filters-webhooks")
    assert.same({ rows = { SHOP } }, outputs.call(s, "list_webhooks", { source_names = { "GENERIC" } }))
    assert.same({ rows = { SHOP } }, outputs.call(s, "list_webhooks", { source_names = { "GITHUB", "GENERIC" } }))
    assert.same({ rows = {} }, outputs.call(s, "list_webhooks", { source_names = { "GITHUB" } }))
    assert.same({ rows = { SHOP } }, outputs.call(s, "list_webhooks", { source_names = { "GENERIC" },
      webhook_names = { "shop-events" } }))
    assert.same({ rows = {} }, outputs.call(s, "list_webhooks", { source_names = { "GENERIC" }, webhook_names = { "none" } }))
    assert.same({ rows = { SHOP } }, outputs.call(s, "list_webhooks", { source_names = "[]" }))
    for _, request in ipairs(engine.requests) do assert.is_nil(request.query:find("sourceNames", 1, true)) end
  end)

  it("says where a page goes on", function()
    assert.same({ rows = { SHOP }, next = { offset = 1, limit = 1 } }, outputs.call(play(), "list_webhooks", { limit = 1 }))
    assert.same({ rows = { SHOP } }, outputs.call(play(), "list_webhooks", { limit = 1, source_names = { "GENERIC" } }))
    local past = "There is nothing from offset %d on: the list ends before."
    assert.same({ rows = {}, note = past:format(1) },
      outputs.call(play(), "list_webhooks", { offset = 1, source_names = { "GENERIC" } }))
    assert.same({ rows = {}, note = past:format(5) },
      outputs.call(play(), "list_webhooks", { offset = 5, source_names = { "GENERIC" } }))
  end)

  it("pages through what it selects from", function()
    local path = "/api/v1/stable/tenants/55555555-2222-4333-8444-555555555555/webhooks"
    local row = cjson.decode(recordings.body("filters-webhooks", path)).rows[1]
    local full = { rows = {} }
    for index = 1, 100 do full.rows[index] = row end
    local pages = answers.sequence(answers.plain(200, cjson.encode(full)), answers.recorded "filters-webhooks")
    local s, engine = tenant.serve(pages)
    local answer = outputs.call(s, "list_webhooks", { source_names = { "GENERIC" }, offset = 98, limit = 2 })
    assert.same({ 2, { offset = 100, limit = 2 } }, { #answer.rows, answer.next })
    assert.same({ 2, true }, { #engine.requests, engine.requests[2].query:find("offset=100", 1, true) ~= nil })
  end)

  it("gives none of a tenant without webhooks", function()
    assert.same({ rows = {} }, outputs.call(tenant.play "empty", "list_webhooks"))
  end)

  it("refuses a source that there is not, and blank names", function()
    local failure = outputs.refused(play(), "list_webhooks", { source_names = { "github" } })
    assert.equal("validation_error", failure.kind)
    outputs.has(failure.text, "GITHUB")
    for argument, value in pairs { webhook_names = { "" }, offset = -1, limit = 0 } do
      outputs.has(outputs.refused(play(), "list_webhooks", { [argument] = value }).text, '"' .. argument)
    end
  end)
end)

describe("get_webhook", function()
  it("gives one", function()
    assert.same(SHOP, outputs.call(play(), "get_webhook", { webhook_name = "shop-events" }))
  end)

  it("leaves the name as it is where it may be: the engine does not decode what need not be encoded", function()
    local s, engine = tenant.serve(answers.refusal(404))
    outputs.refused(s, "get_webhook", { webhook_name = "a b-c.d_é" })
    outputs.has(engine.requests[1].path, "/webhooks/a%20b-c.d_%C3%A9")
  end)

  it("names what was meant", function()
    local failure = outputs.refused(play(), "get_webhook", { webhook_name = "none" })
    assert.same({ "not_found", 'There is no webhook named "none"; names are case-sensitive. list_webhooks shows them.' },
      { failure.code, failure.hint })
    local recorded, gone = answers.recorded "filters-webhooks", answers.refusal(404)
    local s = tenant.serve(function(exchange) return (exchange.path:find "webhooks/" and gone or recorded)(exchange) end)
    assert.truthy(outputs.refused(s, "get_webhook", { webhook_name = "Shop-events" }).hint:find("Did you mean shop-events?", 1,
      true))
  end)

  it("refuses names that cannot be asked for", function()
    local s, engine = tenant.serve(answers.recorded "filters-webhooks")
    local function refused(name)
      local failure = outputs.refused(s, "get_webhook", { webhook_name = name })
      assert.equal("validation_error", failure.kind)
      return failure.text
    end
    for _, name in ipairs { " ", ".", ".." } do
      outputs.has(refused(name), ("webhook_name is %q: no webhook can be asked for by such a name."):format(name))
    end
    outputs.has(refused "a/b", "the engine cannot find a webhook with a slash in its name")
    outputs.has(refused "", '"webhook_name"')
    assert.equal(0, #engine.requests)
  end)
end)
