-- hatchway record, and --record of other commands: what Hatchet answers goes into a file that --replay plays back.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local home = require "tests.support.home"
local host = require "tests.support.host"
local upstream = require "tests.support.upstream"

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

local function entries(h) return cjson.decode(h:read "shop.har").log.entries end

-- A home with a server to ask, and a session that is being recorded into shop.har there.
local function recording(answer)
  local h = home.new { upstream = upstream.start(answer) }
  local s = host.start { pack = "hatchet", args = { "--record", h:path "shop.har" }, upstream = h.options.upstream }
  s:initialize()
  return s, h
end

-- A server that plays the recording; nothing else is there.
local function playing(h)
  local s = host.start { pack = "hatchet", args = { "--replay", h:path "shop.har" } }
  s:initialize()
  return s
end

describe("hatchway record", function()
  it("serves, and what it has written plays back the same", function()
    local engine = upstream.start(answers.recorded())
    local h = home.new { upstream = engine }
    local function message(id, method, params)
      return cjson.encode { jsonrpc = "2.0", id = id, method = method, params = params } .. "\n"
    end
    local client = { protocolVersion = "2025-11-25", capabilities = cjson.decode "{}",
      clientInfo = { name = "s", version = "1" } }
    local session = message(1, "initialize", client) .. message(2, "tools/call", { name = "list_workers" })
      .. message(3, "tools/call", { name = "list_workflows", arguments = { limit = 5 } })
    local function sorted(text)
      local lines = {}
      for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
      table.sort(lines)
      return lines
    end
    local recorded = h:feed(session, "record", h:path "shop.har")
    assert.equal(0, recorded.code, recorded.stderr)
    assert.equal(3, #sorted(recorded.stdout))
    local played = host.run { args = { "serve", "--replay", h:path "shop.har" }, stdin = session }
    assert.same(sorted(recorded.stdout), sorted(played.stdout))
  end)

  it("writes HAR 1.2 with the tenant", function()
    local s, h = recording(answers.recorded())
    s:call "list_workers"
    local log = cjson.decode(h:read "shop.har").log
    assert.same({ "1.2", "hatchway", "55555555-2222-4333-8444-555555555555" }, { log.version, log.creator.name, log._tenant })
    local entry = log.entries[1]
    assert.same({ "GET", h.options.upstream.url .. "/api/v1/tenants/55555555-2222-4333-8444-555555555555/worker?limit=10000" },
      { entry.request.method, entry.request.url })
    assert.equal(200, entry.response.status)
    assert.equal(2, #cjson.decode(entry.response.content.text).rows)
    assert.truthy(entry.startedDateTime:find "^20%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$", entry.startedDateTime)
  end)

  it("is complete after each answer, while the session goes on", function()
    local s, h = recording(answers.recorded())
    for n = 1, 3 do
      s:call "list_workers"
      assert.equal(n, #entries(h))
      assert.equal(2, #playing(h):call "list_workers".structuredContent.rows)
    end
  end)

  it("writes what is written: bodies, and answers after them", function()
    local h = home.new { upstream = upstream.start(answers.by_method {
      GET = answers.sequence(answers.plain(200, '{"rows":[]}'), answers.plain(200, '{"rows":[{"a":1}]}')),
      POST = answers.plain(200, '{"ok":true}'),
    }) }
    h:write(home.own .. "tools/x.lua", [[
      local function count() return #hatchet.get("/api/v1/tenants/{tenant}/worker").rows end
      tool "x" { title = "X", about = "X.", access = "write", run = function()
        local before = count()
        local ok = hatchet.post("/api/v1/tenants/{tenant}/events", nil, { key = "a b" }).ok
        return { before = before, ok = ok, after = count() }
      end }
    ]])
    local live = h:run("call", "x", "--access", "write", "--record", h:path "shop.har")
    assert.equal(0, live.code, live.stderr)
    assert.same({ before = 0, ok = true, after = 1 }, cjson.decode(live.stdout))
    assert.same({ key = "a b" }, cjson.decode(entries(h)[2].request.postData.text))
    assert.equal(live.stdout, h:run("call", "x", "--access", "write", "--replay", h:path "shop.har").stdout)
  end)

  it("writes of a request that was tried again only what came of it", function()
    local s, h = recording(answers.sequence(answers.plain(503, "busy", { { "Retry-After", 0 } }), answers.recorded()))
    s:call "list_workers"
    assert.equal(2, #h.options.upstream.requests)
    assert.equal(1, #entries(h))
    assert.equal(200, entries(h)[1].response.status)
  end)

  it("writes refusals, which play back as the same errors", function()
    local s, h = recording(answers.refusal(404))
    local live = s:call("get_run", { workflow_run_id = "c1775e53-a0be-46dd-bf1c-03ac2d40f924" })
    assert.is_true(live.isError)
    assert.same(live, playing(h):call("get_run", { workflow_run_id = "c1775e53-a0be-46dd-bf1c-03ac2d40f924" }))
  end)

  it("writes no credential, no cookie, and no token that is in an answer", function()
    local token
    local s, h = recording(function(exchange)
      token = exchange.headers.authorization:match "^Bearer (.+)$"
      answers.plain(200, cjson.encode { rows = { { name = "leak " .. token } } }, { { "Content-Type", "application/json" },
        { "Set-Cookie", "session=verysecret" } })(exchange)
    end)
    s:call "list_workers"
    local text = h:read "shop.har"
    assert.is_true(#token > 100)
    assert.is_nil(text:find(token:sub(1, 20), 1, true))
    assert.is_nil(text:find("verysecret", 1, true))
    assert.is_nil(text:lower():find("authorization", 1, true))
    has(text, "leak ***")
  end)

  it("keeps the file to its owner, and removes one in which nothing is", function()
    local s, h = recording(answers.recorded())
    assert.equal("600", io.popen("stat -c %a " .. h:path "shop.har"):read "l")
    assert.equal(0, (s:stop()))
    assert.is_nil(h:read "shop.har")
  end)

  it("never writes over a file", function()
    local h = home.new { upstream = upstream.start(answers.recorded()) }
    h:write("shop.har", "mine")
    local result = h:run("record", h:path "shop.har")
    assert.same({ 1, ("hatchway: %s exists already: record into a new file\n"):format(h:path "shop.har") },
      { result.code, result.stderr })
    assert.equal("mine", h:read "shop.har")
  end)

  for what, case in pairs {
    ["no file"] = { 2, {}, "record needs the name of a file to write" },
    ["a recording of a recording"] = { 2, { "x.har", "--replay", "tests/cassettes/overview.har" },
      "what is played back is a recording already" },
    ["no token"] = { 1, { "/tmp/x.har" }, "HATCHET_CLIENT_TOKEN is not set" },
    ["a second pack"] = { 2, { "x.har", "hatchet", "other" }, 'got "other" too' },
  } do
    it("refuses " .. what, function()
      local result = home.new():run("record", table.unpack(case[2]))
      assert.same({ case[1], "" }, { result.code, result.stdout })
      has(result.stderr, case[3])
    end)
  end

  it("says which folder is not there", function()
    local h = home.new { upstream = upstream.start(answers.recorded()) }
    local result = h:run("record", h:path "no/shop.har")
    assert.equal(1, result.code)
    has(result.stderr, h:path "no/shop.har: No such file or directory")
  end)

  it("--help", function() has(home.new():ok("record", "--help"), "Usage: hatchway record FILE [PACK]") end)
end)
