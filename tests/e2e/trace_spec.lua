-- Trace context: what _meta says of it goes into the line of the call and, as a child, to the upstream. All revisions alike.
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local upstream = require "tests.support.upstream"

local files = {
  ["pack.lua"] = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }',
  ["tools/t.lua"] = [[
    tool "twice" { title = "Twice", about = "Two reads.", access = "read", run = function()
      hatchet.get("/api/v1/tenants/{tenant}/workflows")
      return hatchet.get("/api/v1/tenants/{tenant}/workflows")
    end }
  ]],
}

local TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

-- Calls with that _meta: the headers of trace context in both requests, and the line of the call.
local function call(meta, revision)
  local engine = upstream.start(answers.recorded())
  local s = host.start { pack = packs.write(files), upstream = engine }
  local params = { name = "twice", _meta = meta }
  if revision == host.modern_revision then
    params = host.modern({ name = "twice" }, meta)
  else
    s:initialize(revision)
  end
  assert.falsy(s:request("tools/call", params).result.isError)
  s:stop()
  local sent, line = {}, nil
  for i, request in ipairs(engine.requests) do
    local headers = request.headers
    sent[i] = { headers.traceparent or false, headers.tracestate or false, headers.baggage or false }
  end
  for _, l in ipairs(s.log()) do
    if l.event == "call" then line = l end
  end
  return sent, line
end

describe("trace context", function()
  for _, revision in ipairs { "2024-11-05", "2025-11-25", host.modern_revision } do
    it(("of _meta goes on as a child, in %s"):format(revision), function()
      local sent, line = call({
        traceparent = ("00-%s-%s-01"):format(TRACE, PARENT), tracestate = "rojo=1,congo=2", baggage = "user=1",
      }, revision)
      assert.equal(TRACE, line.trace_id)
      assert.truthy(line.span_id:match "^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$")
      assert.not_equal(PARENT, line.span_id)
      local child = { ("00-%s-%s-01"):format(TRACE, line.span_id), "rojo=1,congo=2", false }
      assert.same({ child, child }, sent)
    end)
  end

  it("without a state sends none", function()
    local sent = call { traceparent = ("00-%s-%s-00"):format(TRACE, PARENT) }
    assert.truthy(sent[1][1]:match("^00%-" .. TRACE .. "%-%x+%-00$"))
    assert.is_false(sent[1][2])
  end)

  for name, meta in pairs {
    ["is not there"] = {},
    ["is malformed"] = { traceparent = ("00-%s-%s-1"):format(TRACE, PARENT), tracestate = "rojo=1" },
    ["is all zero"] = { traceparent = ("00-%s-%s-01"):format(("0"):rep(32), PARENT) },
    ["is no string"] = { traceparent = 7 },
    ["is a state alone"] = { tracestate = "rojo=1" },
  } do
    it(("that %s is nowhere"):format(name), function()
      local sent, line = call(meta)
      assert.same({ { false, false, false }, { false, false, false } }, sent)
      assert.same({}, { line.trace_id, line.span_id })
    end)
  end

  it("with a state that could end a header sends the parent alone", function()
    local sent = call { traceparent = ("00-%s-%s-01"):format(TRACE, PARENT), tracestate = "a=1\r\nAuthorization: none" }
    assert.truthy(sent[1][1])
    assert.is_false(sent[1][2])
  end)
end)
