-- get_server_info.
local host = require "tests.support.host"
local outputs = require "tests.support.outputs"
local answers = require "tests.support.answers"
local upstream = require "tests.support.upstream"
local tenant = require "tests.support.tenant"

describe("get_server_info", function()
  it("tells what the server is and may do", function()
    local s = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har" } }
    local version = s:initialize().serverInfo.version
    assert.same({
      version = version,
      access = "read",
      read_only = true,
      read_tool_count = 48,
      mutating_tool_count = 27,
      server_url_source = "replay",
      tenant_id = "55555555-2222-4333-8444-555555555555",
      namespace = "",
      replay = true,
    }, outputs.call(s, "get_server_info"))
  end)

  it("tells of write access, a namespace and where the address comes from, and asks nothing", function()
    local engine = upstream.start(answers.stall())
    local s = tenant.start {
      upstream = engine,
      access = "destroy",
      env = { HATCHET_CLIENT_NAMESPACE = "shop", HATCHET_CLIENT_SERVER_URL = engine.url },
    }
    local info = outputs.call(s, "get_server_info")
    assert.same({ "destroy", false, "override", "shop_", false },
      { info.access, info.read_only, info.server_url_source, info.namespace, info.replay })
    assert.equal(0, #engine.requests)
  end)

  it("never shows the token or the address", function()
    local s, engine = tenant.serve(answers.stall())
    local text = s:text(s:call("get_server_info", {}))
    outputs.has(text, '"server_url_source":"token"')
    assert.is_nil(text:find("eyJ", 1, true))
    assert.is_nil(text:find(engine.url, 1, true))
  end)
end)
