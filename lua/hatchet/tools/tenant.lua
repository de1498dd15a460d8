-- The tenant behind the token, and the engine that it lives on. Asking for it is the live check of the token: the engine refuses
-- a bad one with 403, and the host says why as far as that can be known.

local t, lists = require "hatchway.types", require "hatchet.lists"

toolset "meta"

local TENANT = "/api/v1/tenants/{tenant}"
local ABILITIES = { "observabilityEnabled", "prometheusServerEnabled", "authDisabled" }
local LIMIT = { "resource", "value", "limitValue", "alarmValue", "window", "lastRefill" }

-- What an engine must be new enough for.
local GATES = {
  { version = "v0.103.0", major = 0, minor = 103, tools = "pause_workflow and resume_workflow" },
}

local NO_RELEASE = "v0.1.0-alpha.0" -- what a build from source says

-- --- the engine ----------------------------------------------------------------------------------------------------------------

-- What this version cannot do; nil when it does not tell.
local function cannot(version)
  local major, minor = version:match "^v?(%d+)%.(%d+)%."
  if not major or version == NO_RELEASE then return nil end
  major, minor = tonumber(major), tonumber(minor)
  local list = json.array {}
  for _, gate in ipairs(GATES) do
    if major < gate.major or major == gate.major and minor < gate.minor then
      list[#list + 1] = ("%s need %s or newer"):format(gate.tools, gate.version)
    end
  end
  return list
end

-- --- a token that is refused ---------------------------------------------------------------------------------------------------

-- The version can be read without a token: it tells an engine that refuses from one that is not there.
local function refuse(failure, version)
  if version and (failure.status == 401 or failure.status == 403) then
    failure.message = ("Hatchet %s is there, but it refuses the token: %s"):format(version, failure.message)
  elseif version and failure.status == 404 then
    failure.message = ("Hatchet %s has no tenant %s."):format(version, hatchet.tenant)
    failure.hint = "HATCHET_CLIENT_TENANT_ID names another tenant than the token does: leave it out, or set it right."
  end
  hatchway.fail(failure)
end

-- --- the answer ----------------------------------------------------------------------------------------------------------------

local function note_of(answers)
  local list = {}
  for _, part in ipairs { "version", "meta", "policy" } do
    if not answers[part].value then list[#list + 1] = ("Without %s: %s"):format(part, answers[part].failure.message) end
  end
  local version, limits = answers.version.value, answers.policy.value
  if version and not cannot(version.version) then
    list[#list + 1] = "This engine was built from source: its version does not tell what it can do."
  end
  if limits and #limits.limits == 0 then list[#list + 1] = "Quotas are off here: the engine sets no limits." end
  return lists.sentences(table.unpack(list))
end

local function limits_of(policy)
  local list = json.array {}
  for index, limit in ipairs(policy.limits) do list[index] = json.pick(limit, LIMIT) end
  return list
end

local function tenant_of(tenant)
  tenant.id, tenant.createdAt = tenant.metadata.id, tenant.metadata.createdAt
  return json.pick(tenant, { "id", "name", "slug", "environment", "region", "version", "serverUrl", "createdAt" })
end

local function ask(path)
  return function()
    local value, failure = hatchway.try(hatchet.get, path)
    return { value = value, failure = failure }
  end
end

tool "get_tenant" {
  title = "Get Tenant",
  about = "Checks the token live. The tenant, the engine's version and what it is too old for, abilities of the instance, "
    .. "resource limits with their use.",
  access = "read",
  output = t.object {
    fields = {
      tenant = t.object { required = true },
      token = t.string { required = true },
      engine = t.object {},
      abilities = t.object {},
      limits = t.list { "value: used" },
      note = t.string {},
    },
  },
  run = function()
    local answers = hatchway.all {
      tenant = ask(TENANT),
      version = ask "/api/v1/version",
      meta = ask "/api/v1/meta",
      policy = ask(TENANT .. "/resource-policy"),
    }
    local version = answers.version.value and answers.version.value.version
    if not answers.tenant.value then refuse(answers.tenant.failure, version) end
    return json.object({ "tenant", "token", "engine", "abilities", "limits", "note" }, {
      tenant = tenant_of(answers.tenant.value),
      token = "accepted",
      engine = version and json.object({ "version", "tooOldFor" }, { version = version, tooOldFor = cannot(version) }) or nil,
      abilities = answers.meta.value and json.pick(answers.meta.value, ABILITIES) or nil,
      limits = answers.policy.value and limits_of(answers.policy.value) or nil,
      note = note_of(answers),
    })
  end,
}
