-- The way to the tenant: TLS that is verified, and proxies only when they are asked for.
local answers = require "tests.support.answers"
local packs = require "tests.support.packs"
local tls = require "tests.support.tls"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local path = "api/v1/tenants/" .. tokens.tenant

-- Asks the tenant at this address: the result, and the error in _meta.
local function ask(url, args, env)
  local all = { HATCHET_CLIENT_TOKEN = tokens.token { server_url = url } }
  for name, value in pairs(env or {}) do all[name] = value end
  local s = packs.tool('return hatchet.get("/api/v1/tenants/{tenant}", nil, { retry = false })', {
    env = all,
    args = args,
    files = { ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }' },
  })
  local result = s:call("t")
  return result, result.isError and result._meta["hatchway/error"]
end

describe("TLS", function()
  local body = '{"name":"shop"}'

  it("of an authority that nobody knows is refused, and the way out is told", function()
    local server = tls.start { host = "localhost", files = { [path] = body } }
    local result, err = ask(server.url)
    assert.equal("tls", err.code)
    assert.truthy(result.content[1].text:find("the TLS connection to " .. server.url .. " failed", 1, true),
      result.content[1].text)
    assert.truthy(err.hint:find("--ca-file", 1, true))
    assert.is_false(err.retryable)
  end)

  it("of an authority that --ca-file names is trusted", function()
    local server = tls.start { host = "localhost", files = { [path] = body } }
    local result = ask(server.url, { "--ca-file", server.ca_file })
    assert.same({ name = "shop" }, result.structuredContent)
  end)

  it("of another host is refused", function()
    local server = tls.start { host = "elsewhere.example.com", files = { [path] = body } }
    local _, err = ask(server.url, { "--ca-file", server.ca_file })
    assert.equal("tls", err.code)
  end)
end)

describe("a proxy", function()
  local target = "http://hatchet.invalid:8080"

  local function proxied(args, env, url)
    local proxy = upstream.start(answers.recorded())
    local all = {}
    for i, word in ipairs(args) do all[i] = word:gsub("PROXY", proxy.url) end
    local variables = {}
    for name, value in pairs(env or {}) do variables[name] = value:gsub("PROXY", proxy.url) end
    all[#all + 1] = "--allow-http"
    all[#all + 1] = "hatchet.invalid"
    local result, err = ask(url or target, all, variables)
    return proxy, result, err
  end

  it("that --proxy names is used", function()
    local proxy = proxied { "--proxy", "PROXY" }
    assert.equal(1, #proxy.requests)
    assert.equal(target .. "/" .. path, proxy.requests[1].target)
  end)

  it("of the environment is not used unasked", function()
    local env = {}
    for _, name in ipairs { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
      env[name] = "PROXY"
    end
    local proxy, _, err = proxied({}, env)
    assert.equal("unreachable", err.code)
    assert.equal(0, #proxy.connections)
  end)

  it("of the environment is used with --proxy env, unless NO_PROXY excepts the host", function()
    local proxy, _, err = proxied({ "--proxy", "env" }, { HTTPS_PROXY = "PROXY" }, "https://hatchet.invalid")
    assert.truthy(err)
    assert.same({ "CONNECT", "hatchet.invalid:443" }, { proxy.requests[1].method, proxy.requests[1].target })
    assert.is_nil(proxy.requests[1].headers.authorization, "the token is not for the proxy")
    proxy, _, err = proxied({ "--proxy", "env" }, { HTTPS_PROXY = "PROXY", NO_PROXY = "hatchet.invalid" },
      "https://hatchet.invalid")
    assert.equal("unreachable", err.code)
    assert.equal(0, #proxy.connections)
  end)
end)
