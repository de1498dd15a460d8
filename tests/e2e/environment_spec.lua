-- What the operator sets: variables, --access, --allow-http. What is wrong ends the start with code 1, one line on stderr that
-- says what and how to mend it, and nothing on stdout. The token is nowhere.
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local tokens = require "tests.support.token"

local ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
local pong = '{"jsonrpc":"2.0","id":1,"result":{}}\n'

local function serve(env, ...)
  return host.run { args = { "serve", "hatchet", ... }, env = env, stdin = ping }
end

local function started(result)
  assert.same({ 0, pong }, { result.code, result.stdout }, result.stderr)
  return result.stderr
end

-- The one line that a start which failed leaves.
local function refused(result, ...)
  assert.same({ 1, "" }, { result.code, result.stdout })
  assert.truthy(result.stderr:match "^[^\n]+\n$", "not one line: " .. result.stderr)
  for _, part in ipairs { ... } do
    assert.truthy(result.stderr:find(part, 1, true), ("no %q in %s"):format(part, result.stderr))
  end
end

-- No 16 characters of the token in the text.
local function assert_hidden(token, text)
  for i = 1, #token - 15 do
    assert.is_nil(text:find(token:sub(i, i + 15), 1, true), "a piece of the token: " .. text)
  end
end

describe("HATCHET_CLIENT_TOKEN", function()
  it("is enough", function()
    started(serve { HATCHET_CLIENT_TOKEN = tokens.token() })
  end)

  for name, value in pairs { ["missing"] = false, ["empty"] = "", ["blank"] = " \t\n" } do
    it(("%s: the start says what to set"):format(name), function()
      refused(serve { HATCHET_CLIENT_TOKEN = value or nil }, "HATCHET_CLIENT_TOKEN")
    end)
  end

  for name, value in pairs {
    ["one word"] = "opensesame-opensesame",
    ["two parts"] = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0",
    ["four parts"] = tokens.token() .. ".more",
    ["no base64"] = "eyJhbGciOiJFUzI1NiJ9.!!!!!!!!!!!!!!!!!!!!.c2lnbmF0dXJl",
    ["claims that are no JSON"] = tokens.token "not json at all, really",
    ["claims that are a list"] = tokens.token "[1,2,3]",
    ["no tenant"] = tokens.token { sub = false },
    ["a tenant that is no UUID"] = tokens.token { sub = "the-shop" },
    ["a line break in the middle"] = (tokens.token():gsub("%.", ".\n", 1)),
  } do
    it(("malformed (%s) ends the start, and is not shown"):format(name), function()
      local result = serve { HATCHET_CLIENT_TOKEN = value }
      refused(result, "HATCHET_CLIENT_TOKEN")
      assert_hidden(value, result.stderr)
    end)
  end

  it("without an address, or with one that is none, says what to set", function()
    refused(serve { HATCHET_CLIENT_TOKEN = tokens.token { server_url = false } }, "HATCHET_CLIENT_SERVER_URL")
    refused(serve { HATCHET_CLIENT_TOKEN = tokens.token { server_url = "localhost" } }, "server_url", "https://")
  end)

  for name, text in pairs { ["a newline"] = "%s\n", ["blanks"] = "  %s ", ["CR LF"] = "%s\r\n" } do
    it(("with %s around it is trimmed, and that is said"):format(name), function()
      local stderr = started(serve { HATCHET_CLIENT_TOKEN = text:format(tokens.token()) })
      assert.truthy(stderr:find("HATCHET_CLIENT_TOKEN", 1, true), stderr)
    end)
  end

  it("that has expired is said at the start, with the date", function()
    local stderr = started(serve { HATCHET_CLIENT_TOKEN = tokens.token { exp = 1735689600 } })
    assert.truthy(stderr:find("expired", 1, true), stderr)
    assert.truthy(stderr:find("2025-01-01", 1, true), stderr)
  end)

  it("that does not say when it expires is used", function()
    local stderr = started(serve { HATCHET_CLIENT_TOKEN = tokens.token { exp = false } })
    assert.falsy(stderr:find("expired", 1, true), stderr)
  end)

  it("is not read from a .env file", function()
    local folder = packs.write { [".env"] = "HATCHET_CLIENT_TOKEN=" .. tokens.token() .. "\n" }
    local pwd = assert(io.popen "pwd"):read "l"
    local binary = host.binary:match "^/" and host.binary or pwd .. "/" .. host.binary
    local _, _, code = os.execute(("cd %s && env -i PATH=$PATH HOME=%s %s serve hatchet </dev/null >/dev/null 2>err")
      :format(folder, folder, binary))
    assert.equal(1, code)
  end)

  it("is not in the environment that the process shows", function()
    local token = tokens.token()
    local s = host.start { pack = "hatchet", env = { HATCHET_CLIENT_TOKEN = token } }
    s:initialize()
    local file <close> = assert(io.open(("/proc/%d/environ"):format(s.child.pid)))
    assert_hidden(token, file:read "a")
  end)
end)

describe("HATCHET_CLIENT_SERVER_URL", function()
  local function with(url, ...)
    return serve({ HATCHET_CLIENT_TOKEN = tokens.token(), HATCHET_CLIENT_SERVER_URL = url }, ...)
  end

  for _, url in ipairs { "https://hatchet.example.com", "https://hatchet.example.com:8443/prefix", "http://localhost:8080",
    "http://127.0.0.1", "http://[::1]:8080" } do
    it(url .. " is an address", function()
      started(with(url))
    end)
  end

  for name, url in pairs { ["a slash"] = "https://hatchet.example.com/", ["a newline"] = "https://hatchet.example.com\n" } do
    it(("with %s at the end is trimmed, and that is said"):format(name), function()
      local stderr = started(with(url))
      assert.truthy(stderr:find("HATCHET_CLIENT_SERVER_URL", 1, true), stderr)
    end)
  end

  for _, url in ipairs { "hatchet.example.com", "ftp://hatchet.example.com", "https://", "https:///x", "https://a b",
    "https://user:pass@hatchet.example.com", "https://hatchet.example.com?x=1", "https://hatchet.example.com#x",
    "https://hatchet.example.com:port", "file:///etc/passwd" } do
    it(("%q ends the start"):format(url), function()
      refused(with(url), "HATCHET_CLIENT_SERVER_URL")
    end)
  end

  it("blank is unset: the token's address counts", function()
    started(with "  ")
  end)

  it("over http beyond loopback needs --allow-http", function()
    refused(with "http://hatchet:8080", "http", "--allow-http hatchet")
    started(with("http://hatchet:8080", "--allow-http", "hatchet"))
    refused(with("http://hatchet:8080", "--allow-http", "other"), "--allow-http")
    refused(with "http://127.0.0.1.example.com", "--allow-http")
    refused(with "http://localhost.example.com", "--allow-http")
  end)

  it("over http beyond loopback in the token needs it too", function()
    refused(serve { HATCHET_CLIENT_TOKEN = tokens.token { server_url = "http://10.0.0.5:8080" } }, "--allow-http 10.0.0.5")
  end)
end)

describe("HATCHET_CLIENT_TENANT_ID", function()
  it("is a UUID", function()
    refused(serve { HATCHET_CLIENT_TOKEN = tokens.token(), HATCHET_CLIENT_TENANT_ID = "the-shop" }, "HATCHET_CLIENT_TENANT_ID")
  end)

  local function tenant(env)
    env.HATCHET_CLIENT_TOKEN = tokens.token()
    local s = packs.tool("return { tenant = hatchet.tenant }",
      { env = env, files = { ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }' } })
    return s:call("t").structuredContent.tenant
  end

  it("counts before the token's", function()
    assert.equal("0f0e0d0c-0b0a-4908-8706-050403020100",
      tenant { HATCHET_CLIENT_TENANT_ID = "0F0E0D0C-0B0A-4908-8706-050403020100" })
    assert.equal(tokens.tenant, tenant {})
    assert.equal(tokens.tenant, tenant { HATCHET_CLIENT_TENANT_ID = " " })
  end)
end)

describe("HATCHET_CLIENT_NAMESPACE", function()
  for value, expected in pairs { ["Shop"] = "shop_", ["shop_"] = "shop_", [""] = "", [" "] = "" } do
    it(("%q is the prefix %q"):format(value, expected), function()
      local s = packs.tool("return { namespace = hatchet.namespace }", {
        env = { HATCHET_CLIENT_TOKEN = tokens.token(), HATCHET_CLIENT_NAMESPACE = value },
        files = { ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }' },
      })
      assert.equal(expected, s:call("t").structuredContent.namespace)
    end)
  end
end)

describe("access", function()
  local files = {}
  for _, access in ipairs { "read", "write", "destroy" } do
    files[("tools/%s.lua"):format(access)] = ([[
      tool %q { title = "T", about = "T.", access = %q, run = function() return hatchway.server() end }
    ]]):format("t_" .. access, access)
  end

  -- The names of the tools that are listed.
  local function listed(options)
    local s = packs.start(files, options)
    local names = {}
    for i, tool in ipairs(s:request("tools/list").result.tools) do names[i] = tool.name end
    table.sort(names)
    return table.concat(names, " "), s
  end

  local read, write, all = "t_read", "t_read t_write", "t_destroy t_read t_write"

  it("is read unless somebody says more", function()
    assert.equal(read, (listed()))
  end)

  for level, names in pairs { read = read, write = write, destroy = all } do
    it(("--access %s"):format(level), function()
      assert.equal(names, (listed { args = { "--access", level } }))
    end)
  end

  for value, names in pairs { ["false"] = all, ["0"] = all, ["No"] = all, ["OFF"] = all, ["true"] = read, ["1"] = read,
    ["yes"] = read,
    [" On "] = read, [""] = read } do
    it(("HATCHET_MCP_READ_ONLY=%q"):format(value), function()
      assert.equal(names, (listed { env = { HATCHET_MCP_READ_ONLY = value } }))
    end)
  end

  it("is the lowest of those that are given", function()
    assert.equal(write, (listed { args = { "--access", "write" }, env = { HATCHET_MCP_READ_ONLY = "false" } }))
    assert.equal(read, (listed { args = { "--access", "destroy" }, env = { HATCHET_MCP_READ_ONLY = "true" } }))
  end)

  it("of another word ends the start", function()
    refused(serve({ HATCHET_CLIENT_TOKEN = tokens.token(), HATCHET_MCP_READ_ONLY = "maybe" }), "HATCHET_MCP_READ_ONLY", "true",
      "false")
  end)

  it("that a call lacks is named", function()
    local _, s = listed()
    local result = s:call "t_destroy"
    assert.is_true(result.isError)
    assert.equal('"t_destroy" needs access "destroy"; this server runs with access "read"',
      result.content[1].text:match "^[^\n]*")
    assert.equal("access", result._meta["hatchway/error"].code)
  end)
end)

describe("a recording in place of the network", function()
  it("needs no token, and ignores what is set", function()
    local nonsense = { HATCHET_CLIENT_TOKEN = "nonsense", HATCHET_CLIENT_SERVER_URL = "nonsense" }
    started(serve(nonsense, "--replay", "tests/cassettes/overview.har"))
  end)

  it("that is not there ends the start", function()
    refused(serve({}, "--replay", "tests/cassettes/nowhere.har"), "tests/cassettes/nowhere.har")
  end)

  it("that is none ends the start", function()
    refused(serve({}, "--replay", "README.md"), "README.md")
  end)
end)
