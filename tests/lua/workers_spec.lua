-- list_workers.
local outputs = require "tests.support.outputs"
local tenant = require "tests.support.tenant"

local play = tenant.play

local function names(answer)
  local list = {}
  for index, row in ipairs(answer.rows) do list[index] = { row.name, row.status } end
  return list
end

describe("list_workers", function()
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
  end)

  it("refuses a status that there is not: the engine would find nobody", function()
    local failure = outputs.refused(play "overview", "list_workers", { statuses = { "active" } })
    assert.equal("validation_error", failure.kind)
    assert.truthy(failure.text:find("ACTIVE", 1, true))
  end)

  it("gives none of a tenant without workers", function()
    assert.same({}, outputs.call(play "empty", "list_workers").rows)
  end)
end)
