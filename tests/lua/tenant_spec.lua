-- get_tenant.
local answers = require "tests.support.answers"
local outputs = require "tests.support.outputs"
local tenant = require "tests.support.tenant"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local play, serve = tenant.play, tenant.serve

-- The recorded engine, but for the paths that end in one of these.
local function engine_with(others)
  return answers.by_path(others, answers.recorded())
end

describe("get_tenant", function()
  it("tells of the tenant, the engine, its abilities and limits", function()
    assert.same({
      tenant = {
        id = "55555555-2222-4333-8444-555555555555", name = "Shop", slug = "shop5", environment = "development", version = "V1",
        serverUrl = "http://localhost:8080", createdAt = "2026-11-21T06:06:52.774Z",
      },
      token = "accepted",
      engine = { version = "v0.104.7", tooOldFor = {} },
      abilities = { observabilityEnabled = true, prometheusServerEnabled = false, authDisabled = false },
      limits = {},
      note = "Quotas are off here: the engine sets no limits.",
    }, outputs.call(play "overview", "get_tenant"))
  end)

  it("tells of the tenant that is played", function()
    local answer = outputs.call(play "empty", "get_tenant")
    assert.same({ "33333333-2222-4333-8444-555555555555", "Fresh" }, { answer.tenant.id, answer.tenant.name })
  end)

  it("asks all of it at once, with one request each", function()
    local s, engine = serve(answers.recorded())
    outputs.call(s, "get_tenant")
    assert.equal(4, #engine.requests)
  end)

  it("takes no argument", function()
    assert.equal("invalid_arguments", outputs.refused(play "overview", "get_tenant", { tenant_id = "x" }).code)
  end)
end)

describe("get_tenant with a token that is refused", function()
  for _, comment in ipairs { "revoked token", "foreign token", "no token", "no JWT", "signature broken" } do
    it(("(%s) says that the engine is there, and what to do"):format(comment), function()
      local refusal = answers.refusal(403, comment)
      local s = serve(engine_with { [tokens.tenant] = refusal, ["resource-policy"] = refusal })
      local failure = outputs.refused(s, "get_tenant")
      assert.same({ "unauthorized", "unauthorized", 403 }, { failure.code, failure.kind, failure.status })
      outputs.has(failure.text, "Hatchet v0.104.7 is there, but it refuses the token: "
        .. "Hatchet answered 403: Please provide valid credentials")
      outputs.has(failure.hint, "revoked")
      outputs.has(failure.hint, "Make a new one in the dashboard (Settings, API Tokens) and set HATCHET_CLIENT_TOKEN.")
    end)
  end

  it("because it has expired says when", function()
    local engine = upstream.start(engine_with { [tokens.tenant] = answers.refusal(403, "expired token") })
    local token = tokens.token { server_url = engine.url, exp = 1735689600 }
    local s = tenant.start { env = { HATCHET_CLIENT_TOKEN = token } }
    local failure = outputs.refused(s, "get_tenant")
    outputs.has(failure.text, "Hatchet v0.104.7 is there, but it refuses the token")
    outputs.has(failure.hint, "The token expired on 2025-01-01T00:00:00Z: make a new one in the dashboard")
  end)

  it("keeps to the reason when nothing there is Hatchet", function()
    local failure = outputs.refused(serve(answers.refusal(403, "trailing slash")), "get_tenant")
    assert.is_nil(failure.text:find("is there, but", 1, true))
    outputs.has(failure.hint, "check HATCHET_CLIENT_SERVER_URL")
  end)

  it("for a tenant that is not there names the variable", function()
    local s = serve(engine_with { [tokens.tenant] = answers.refusal(404, "another tenant, unknown") })
    local failure = outputs.refused(s, "get_tenant")
    assert.same({ "not_found", 404 }, { failure.code, failure.status })
    outputs.has(failure.text, "Hatchet v0.104.7 has no tenant 55555555-2222-4333-8444-555555555555.")
    outputs.has(failure.hint, "HATCHET_CLIENT_TENANT_ID")
  end)
end)

describe("get_tenant of an engine", function()
  local function engine_of(version)
    return outputs.call(serve(engine_with { ["/version"] = answers.plain(200, ('{"version":%q}'):format(version)) }),
      "get_tenant")
  end

  it("that is too old says for what", function()
    local need = { "pause_workflow and resume_workflow need v0.103.0 or newer" }
    assert.same({ version = "v0.102.9", tooOldFor = need }, engine_of("v0.102.9").engine)
    assert.same({}, engine_of("v0.103.0").engine.tooOldFor)
    assert.same({}, engine_of("1.0.0").engine.tooOldFor)
  end)

  it("that was built from source says that its version tells nothing", function()
    for _, version in ipairs { "v0.1.0-alpha.0", "main" } do
      local answer = engine_of(version)
      assert.same({ version = version }, answer.engine)
      assert.equal("This engine was built from source: its version does not tell what it can do. "
        .. "Quotas are off here: the engine sets no limits.", answer.note)
    end
  end)

  it("does without the parts that fail, and says which", function()
    local broken = answers.refusal(500, "unknown id")
    local s = serve(engine_with { ["/meta"] = broken, ["/version"] = broken, ["resource-policy"] = broken })
    local answer = outputs.call(s, "get_tenant")
    assert.same({ "Shop", "accepted" }, { answer.tenant.name, answer.token })
    assert.same({}, { answer.engine, answer.abilities, answer.limits })
    for _, part in ipairs { "version", "meta", "policy" } do
      outputs.has(answer.note, ("Without %s: Hatchet answered 500"):format(part))
    end
  end)
end)
