-- The endpoint as clients of 2025-03-26 to 2025-11-25 use it: sessions, GET, DELETE, batches, coming back.
local cjson = require "cjson"
local host = require "tests.support.host"
local http = require "tests.support.http"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local server
setup(function() server = http.serve {} end)

-- The headers of a session, and more.
local function with(session, more)
  local all = {}
  for name, value in pairs(session) do all[name] = value end
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

-- Waits until /metrics has that line.
local function await_metric(own, line)
  assert.truthy(loop.wait(host.patience, function()
    return own:ask("GET", {}, nil, "/metrics").body:find("\n" .. line .. "\n", 1, true)
  end))
end

local function ping(session, more) return server:post({ jsonrpc = "2.0", id = 1, method = "ping" }, with(session, more)) end

describe("initialize", function()
  for _, revision in ipairs(host.revisions) do
    it(("of %s makes a session"):format(revision), function()
      local answer = server:post(http.initialize(revision))
      assert.equal(200, answer.status)
      assert.equal(revision, answer.json.result.protocolVersion)
      assert.truthy(answer.headers["mcp-session-id"]:match "^%x+$")
      assert.equal(32, #answer.headers["mcp-session-id"])
    end)
  end

  it("makes none when it is refused", function()
    local answer = server:post { jsonrpc = "2.0", id = 1, method = "initialize", params = {} }
    assert.equal(-32602, answer.json.error.code)
    assert.is_nil(answer.headers["mcp-session-id"])
  end)

  it("is refused the second time", function()
    assert.equal(-32600, server:post(http.initialize(), server:session()).json.error.code)
  end)

  it("may carry headers of the modern revision", function()
    local answer = server:post(http.initialize(), { ["MCP-Protocol-Version"] = "2025-11-25", ["Mcp-Method"] = "initialize" })
    assert.equal(200, answer.status)
  end)

  it("is refused under a version that does not exist", function()
    local answer = server:post(http.initialize(), { ["MCP-Protocol-Version"] = "2025-01-01" })
    assert.same({ 400, -32600, "init" }, { answer.status, answer.json.error.code, answer.json.id })
  end)
end)

describe("a session", function()
  it("answers requests with JSON, and takes notifications and responses", function()
    local session = server:session()
    local answer = ping(session)
    assert.same({ 200, "application/json" }, { answer.status, answer.headers["content-type"] })
    assert.equal(session["Mcp-Session-Id"], answer.headers["mcp-session-id"])
    local response = { jsonrpc = "2.0", id = 5, result = { a = 1 } }
    for _, message in ipairs { { jsonrpc = "2.0", method = "notifications/initialized" }, response } do
      local taken = server:post(message, session)
      assert.same({ 202, "" }, { taken.status, taken.body })
    end
  end)

  it("is needed: 400 without its id", function()
    local answer = ping {}
    assert.same({ 400, -32600, 1 }, { answer.status, answer.json.error.code, answer.json.id })
    assert.equal(400, server:ask("GET").status)
    assert.equal(400, server:ask("DELETE").status)
    assert.equal(400, ping { ["Mcp-Session-Id"] = { "a", "a" } }.status)
  end)

  for _, id in ipairs { "nothing", ("0"):rep(32), "\t", ("f"):rep(1000) } do
    it(("that is unknown is not found: %q"):format(id:sub(1, 20)), function()
      local answer = ping { ["Mcp-Session-Id"] = id }
      assert.same({ 404, 1 }, { answer.status, answer.json.id })
      assert.equal(404, server:ask("GET", { ["Mcp-Session-Id"] = id }).status)
    end)
  end

  it("takes any of the older versions in the header, and no other", function()
    local session = server:session "2025-06-18"
    for _, revision in ipairs(host.revisions) do
      assert.equal(200, ping(session, { ["MCP-Protocol-Version"] = revision }).status)
    end
    for _, version in ipairs { "2025-01-01", "", "latest" } do
      local answer = ping(session, { ["MCP-Protocol-Version"] = version })
      assert.same({ 400, -32600 }, { answer.status, answer.json.error.code })
    end
  end)

  it("ends by DELETE, with its streams", function()
    local session = server:session()
    local stream = server:open("GET", session)
    assert.equal(204, server:ask("DELETE", session).status)
    stream:event() -- the first, which is empty
    assert.is_nil(stream:event())
    assert.equal(404, ping(session).status)
    assert.equal(404, server:ask("DELETE", session).status)
  end)

  it("carries three calls at once", function()
    local session, streams = server:session(), {}
    for i = 1, 3 do
      local message = http.call(i, "count", { steps = 2 }, { progressToken = i })
      streams[i] = server:connect():send(server:request("POST", session, cjson.encode(message)))
    end
    for i = 3, 1, -1 do
      assert.equal(200, streams[i]:head().status)
      local events, event = {}, streams[i]:event()
      while event do
        if event.json and event.json.method ~= "notifications/message" then events[#events + 1] = event.json end
        event = streams[i]:event()
      end
      assert.same({ i, i, i }, { events[1].params.progressToken, events[2].params.progressToken, events[3].id })
    end
  end)

  it("expires when it is not used", function()
    local brief = http.serve { args = { "--limit", "session_idle=1", "--limit", "keep_alive=0.3" } }
    local unused, used = brief:session(), brief:session()
    local stream = brief:open("GET", used)
    await_metric(brief, "hatchway_sessions 1")
    local ping_message = { jsonrpc = "2.0", id = 1, method = "ping" }
    assert.equal(404, brief:post(ping_message, unused).status)
    assert.equal(200, brief:post(ping_message, used).status)
    stream:close()
  end)

  it("gives way to newer ones when there are too many", function()
    local small = http.serve { args = { "--limit", "sessions=2" } }
    local first, second = small:session(), small:session()
    local held = small:open("GET", first)
    small:session()
    assert.equal(404, small:ask("DELETE", second).status) -- the one that nobody held
    local stream = small:open("GET", small:session())
    assert.same({ 503, "5" }, (function()
      local answer = small:post(http.initialize())
      return { answer.status, answer.headers["retry-after"] }
    end)())
    held:close()
    stream:close()
  end)
end)

describe("batches", function()
  local batch = { { jsonrpc = "2.0", id = 1, method = "ping" }, { jsonrpc = "2.0", method = "notifications/x" },
    http.call(2, "echo", { text = "hi" }) }

  it("are of 2025-03-26", function()
    local answer = server:post(batch, server:session "2025-03-26")
    assert.equal(200, answer.status)
    table.sort(answer.json, function(a, b) return a.id < b.id end)
    assert.same({ 1, 2, 2 }, { answer.json[1].id, answer.json[2].id, #answer.json })
  end)

  it("of notifications alone are accepted", function()
    local answer = server:post({ batch[2], batch[2] }, server:session "2025-03-26")
    assert.same({ 202, "" }, { answer.status, answer.body })
  end)

  it("are refused by later revisions, and without a session", function()
    for _, headers in ipairs { server:session "2025-06-18", server:session "2025-11-25", {} } do
      local answer = server:post(batch, headers)
      assert.same({ 400, -32600 }, { answer.status, answer.json.error.code })
    end
  end)
end)

describe("GET", function()
  it("is the stream of what belongs to no request", function()
    local tool = 'tool "one" { title = "%s", about = "One.", access = "read", run = function() return 1 end }'
    local folder = packs.write { ["tools/one.lua"] = tool:format "One" }
    local own = http.serve { pack = folder }
    local session = own:session()

    local function touch(title)
      local file <close> = assert(io.open(folder .. "/tools/one.lua", "w"))
      file:write(tool:format(title))
    end
    local function changed(stream) -- the next event with a message
      local event = stream:event()
      while not event.json do event = stream:event() end
      assert.equal("notifications/tools/list_changed", event.json.method)
      assert.truthy(event.id:match "^0%-%d+$")
      return event
    end

    local older, newer = own:open("GET", session), own:open("GET", session)
    assert.equal("text/event-stream", newer.begun.headers["content-type"])
    assert.same({ id = "0-0", data = "" }, older:event())
    touch "Two"
    changed(newer)
    newer:close()
    await_metric(own, "hatchway_http_streams 1")
    touch "Three" -- each message is on one stream alone: older has heard nothing of the first
    local last = changed(older)
    older:close()
    await_metric(own, "hatchway_http_streams 0")
    touch "Four" -- what comes while there is none waits for one that comes back
    own.process:await(nil, "the last change", function()
      return select(2, own.process.child.stderr:gsub('"event":"reload"', "")) == 3
    end)
    local again = own:open("GET", with(session, { ["Last-Event-ID"] = last.id }))
    assert.equal(tonumber(last.id:match "%d+$") + 1, tonumber(changed(again).id:match "%d+$"))
    touch "Five" -- and it goes on
    changed(again)
    again:close()
  end)

  it("needs Accept: text/event-stream", function()
    assert.equal(406, server:ask("GET", with(server:session(), { Accept = "application/json" })).status)
  end)

  it("begins with an empty event for 2025-11-25 alone", function()
    local stream = server:open("GET", server:session "2025-11-25")
    assert.same({ id = "0-0", data = "" }, stream:event())
    local message, headers = http.call(1, "count", { steps = 1 }, { progressToken = 1 }), server:session "2025-06-18"
    assert.truthy(server:open("POST", headers, message):event().json)
  end)
end)

describe("a client that leaves", function()
  it("does not cancel its call", function()
    local session = server:session()
    local stream = server:open("POST", session, http.call("left", "count", { steps = 4 }, { progressToken = 1 }))
    local first = stream:event()
    assert.equal("", first.data)
    stream:close()
    local again = server:open("GET", with(session, { ["Last-Event-ID"] = first.id }))
    local seen = {}
    repeat
      local event = again:event()
      if event and event.json then seen[#seen + 1] = event.json.method or event.json.id end
    until not event
    assert.equal("left", seen[#seen])
    assert.truthy(#seen > 2)
  end)
end)

describe("hatchway.close_stream", function()
  local away
  setup(function() away = http.serve { pack = http.pack() } end)

  it("lets a client of 2025-11-25 go, which comes back for the answer", function()
    local session = away:session()
    local stream = away:open("POST", session, http.call("a", "away", { seconds = 0.2 }))
    local first, second = stream:event(), stream:event()
    assert.same({ "", "500" }, { first.data, second.retry })
    assert.is_nil(stream:event())
    local again = away:open("GET", with(session, { ["Last-Event-ID"] = first.id }))
    repeat local event = again:event() until event.json
    assert.is_nil(again:event())
    -- it is kept for a while
    local third = away:open("GET", with(session, { ["Last-Event-ID"] = first.id }))
    local event = third:event()
    while not event.json do event = third:event() end
    assert.same({ "a", "done" }, { event.json.id, event.json.result.content[1].text })
    assert.is_nil(third:event())
  end)

  it("does nothing for others", function()
    for _, revision in ipairs { "2025-03-26", "2025-06-18" } do
      local answer = away:post(http.call("a", "away", { seconds = 0 }), away:session(revision))
      assert.equal("done", answer.json.result.content[1].text)
    end
    assert.equal("done", away:modern("tools/call", { name = "away", arguments = { seconds = 0 } }).json.result.content[1].text)
  end)
end)

describe("Last-Event-ID", function()
  it("of another session tells nothing", function()
    local mine, other = server:session(), server:session()
    local stream = server:open("POST", mine, http.call("a", "count", { steps = 1 }, { progressToken = 1 }))
    local first = stream:event()
    while stream:event() do end -- luacheck: ignore
    local theirs = server:open("GET", with(other, { ["Last-Event-ID"] = first.id }))
    assert.is_nil(theirs:event())
  end)

  for _, id in ipairs { "x", "1", "1-", "-1", "1-x", "99999999999-0", "1-0 ", "1--1" } do
    it(("that is none of ours: %q"):format(id), function()
      local status = server:open("GET", with(server:session(), { ["Last-Event-ID"] = id })).begun.status
      assert.equal(id == "1-0 " and 200 or 400, status)
    end)
  end
end)
