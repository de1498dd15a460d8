-- A script asks the client: elicitation, sampling and roots, in both eras.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"
local upstream = require "tests.support.upstream"

local EVERYTHING = { elicitation = { form = {}, url = {} }, sampling = { tools = {}, context = {} }, roots = {} }

local NAME = 'hatchway.elicit { message = "Who are you?", fields = { name = t.string "Your name" } }'

local function pack_of(code, options)
  options = options or {}
  return packs.write { ["pack.lua"] = options.manifest or 'pack { name = "spec", about = "A spec." }', ["tools/t.lua"] = ([[
local t = require "hatchway.types"
tool "t" {
  title = "T", about = "The tool of the spec.", access = %q, input = { %s }, %s
  run = function(args) %s end,
}
%s
]]):format(options.access or "read", options.input or "", options.more or "", code, options.beside or "") }
end

-- A server of a legacy revision whose client declares these capabilities.
local function legacy(code, options)
  options = options or {}
  local s = host.start { pack = pack_of(code, options), args = options.args, upstream = options.upstream }
  s:initialize(options.version or "2025-11-25", options.capabilities or EVERYTHING)
  return s
end

-- Calls t, and returns the request of ours that comes, as text, and what waits for the end of the call.
local function asked(s, arguments)
  local id = s:send("tools/call", { name = "t", arguments = arguments })
  return s:line(), function() return s:wait(id) end
end

-- A server, and a function that calls t in the modern revision: a result, or an error.
local function modern(code, options)
  options = options or {}
  local s = host.start { pack = pack_of(code, options), args = options.args, upstream = options.upstream }
  return function(responses, state, arguments, capabilities)
    local params = { name = "t", arguments = arguments, inputResponses = responses, requestState = state }
    local response = s:request("tools/call", host.modern(params, {
      ["io.modelcontextprotocol/clientCapabilities"] = capabilities or options.capabilities or EVERYTHING }))
    return response.result or response.error, s
  end
end

-- Sends a result, or an error, as the answer to a request of ours.
local function reply(s, id, result, problem)
  s:raw(cjson.encode { jsonrpc = "2.0", id = id, result = result, error = problem } .. "\n")
end

local function accept(content) return { action = "accept", content = content } end

-- The text and the code of the error in a result; nil if it is none.
local function problem_of(s, result)
  local meta = result.isError and result._meta and result._meta["hatchway/error"]
  return s:text(result), meta and meta.code
end

-- The call of t without an answer: what it ends with.
local function outcome(s)
  return problem_of(s, s:call("t"))
end

describe("legacy:", function()
  it("a form is a request on the stream of the call, which goes on with the answer", function()
    local s = legacy(('return "Hello " .. hatchway.ask(%s).content.name'):format(NAME))
    local request, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"Who are you?",'
      .. '"requestedSchema":{"type":"object","properties":{"name":{"type":"string","description":"Your name"}},'
      .. '"required":["name"]}}}', request)
    s:raw('{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"name":"Ann","more":1}}}\n')
    assert.same({ { type = "text", text = "Hello Ann" } }, answer().result.content)
  end)

  it("several questions go out at once, in the order of their keys, and may be answered in any", function()
    local s = legacy(([[
      local said = hatchway.ask { who = %s, folders = hatchway.roots(),
        capital = hatchway.sample { messages = "Capital of France?", max_tokens = 100, system_prompt = "Be short." } }
      return { who = said.who.content, folders = said.folders.roots, capital = said.capital.content.text }
    ]]):format(NAME))
    local capital, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":[{"role":"user",'
      .. '"content":{"type":"text","text":"Capital of France?"}}],"maxTokens":100,"systemPrompt":"Be short."}}', capital)
    assert.equal('{"jsonrpc":"2.0","id":2,"method":"roots/list","params":{}}', s:line())
    assert.equal(3, s:message().id)
    reply(s, 3, accept { name = "Ann" })
    reply(s, 1, { role = "assistant", model = "m", content = { type = "text", text = "Paris" } })
    reply(s, 2, { roots = { { uri = "file:///home" } } })
    assert.same({ who = { name = "Ann" }, folders = { { uri = "file:///home" } }, capital = "Paris" },
      answer().result.structuredContent)
  end)

  it("no and no answer are results too", function()
    local s = legacy(("local a = hatchway.ask(%s) return { action = a.action, none = a.content == nil }"):format(NAME))
    for id, action in ipairs { "decline", "cancel" } do
      local _, answer = asked(s)
      reply(s, id, { action = action, content = { name = "x" } })
      assert.same({ action = action, none = true }, answer().result.structuredContent)
    end
  end)

  for name, case in pairs {
    ["refuses"] = { problem = { code = -1, message = "Not now." }, "client_error", 'the client refused "answer": Not now.' },
    ["sends a field of the wrong type"] = { result = accept { name = 7 }, "invalid_answer",
      'the answer to "answer" does not fit: content.name: must be a string, got 7\nAsk again.' },
    ["leaves out what it accepts"] = { result = { action = "accept" }, "invalid_answer",
      'the answer to "answer" does not fit: "content" must be an object\nAsk again.' },
    ["sends another action"] = { result = { action = "perhaps" }, "invalid_answer",
      'the answer to "answer" does not fit: "action" is none of accept, decline, cancel\nAsk again.' },
  } do
    it("a client that " .. name .. " is an error that the script can catch", function()
      local s = legacy(("local _, e = hatchway.try(hatchway.ask, %s) error(e)"):format(NAME))
      local _, answer = asked(s)
      reply(s, 1, case.result, case.problem)
      assert.same({ case[2], case[1] }, { problem_of(s, answer().result) })
    end)
  end

  it("one bad answer ends all questions of the round", function()
    local s = legacy(("hatchway.ask { a = %s, b = hatchway.roots() }"):format(NAME))
    local _, answer = asked(s)
    s:line()
    reply(s, 2, { roots = 7 })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', s:line())
    assert.equal('the answer to "b" does not fit: "roots" must be a list of objects with "uri"\nAsk again.',
      s:text(answer().result))
  end)

  it("only what the client has declared is asked for", function()
    for code, expected in pairs {
      [NAME] = "elicitation", ["hatchway.roots()"] = "roots",
      ['hatchway.elicit { message = "m", url = "https://example.org/x" }'] = "elicitation.url",
      ['hatchway.sample { messages = "m", max_tokens = 1 }'] = "sampling",
    } do
      local s = legacy(("return hatchway.ask(%s)"):format(code), { capabilities = { experimental = {} } })
      assert.same({ ('the client specs cannot be asked: it does not declare "%s"\n'):format(expected)
        .. "Use a client that declares it, or go on without asking.", "unsupported" }, { outcome(s) })
    end
  end)

  it("parts of an ability count for themselves", function()
    for code, expected in pairs {
      ['hatchway.elicit { message = "m", url = "https://example.org/x" }'] = "elicitation.url",
      ['hatchway.sample { messages = "m", max_tokens = 1, tools = { { name = "x" } } }'] = "sampling.tools",
      ['hatchway.sample { messages = "m", max_tokens = 1, include_context = "thisServer" }'] = "sampling.context",
    } do
      local s = legacy(("return hatchway.ask(%s)"):format(code),
        { capabilities = { elicitation = cjson.decode "{}", sampling = cjson.decode "{}" } })
      local text, problem = outcome(s)
      assert.equal("unsupported", problem)
      assert.truthy(text:find(('declare "%s"'):format(expected), 1, true), text)
    end
  end)

  it("a client that has pages alone is shown no form", function()
    local s = legacy(("return hatchway.ask(%s)"):format(NAME), { capabilities = { elicitation = { url = {} } } })
    assert.equal("unsupported", select(2, outcome(s)))
  end)

  it("revisions before 2025-06-18 have no forms", function()
    local s = legacy(("return hatchway.ask(%s)"):format(NAME), { version = "2025-03-26" })
    assert.equal("unsupported", select(2, outcome(s)))
  end)

  it("a page is shown with an id, and its answer says only whether it was opened", function()
    local s = legacy('return hatchway.ask(hatchway.elicit { message = "Log in", url = "https://example.org/in" }).action')
    local request, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"mode":"url",'
      .. '"message":"Log in","url":"https://example.org/in","elicitationId":"hatchway-1"}}', request)
    reply(s, 1, { action = "accept" })
    assert.equal("accept", s:text(answer().result))
  end)

  describe("2025-06-18", function()
    local titled = [[{ type = "object", properties = { c = { type = "string",
      oneOf = { { const = "r", title = "Red" }, { const = "g", title = "Green" } } } } }]]

    it("titled choices are written as it knows them", function()
      local s = legacy(('return hatchway.ask(hatchway.elicit { message = "m", schema = %s }).content.c'):format(titled),
        { version = "2025-06-18", capabilities = { elicitation = cjson.decode "{}" } })
      local request, answer = asked(s)
      assert.same({ c = { type = "string", enum = { "r", "g" }, enumNames = { "Red", "Green" } } },
        cjson.decode(request).params.requestedSchema.properties)
      reply(s, 1, accept { c = "g" })
      assert.equal("g", s:text(answer().result))
    end)

    it("cannot show a choice of several", function()
      local s = legacy([[return hatchway.ask(hatchway.elicit { message = "m",
        fields = { c = t.list { of = t.enum { values = { "a", "b" } } } } })]], { version = "2025-06-18" })
      assert.same({ "clients of protocol version 2025-06-18 cannot show a choice of several\n"
        .. "Authors: ask for one of several where the client is older.", "unsupported" }, { outcome(s) })
    end)
  end)

  it("what answers no question is passed over", function()
    local s = legacy(("return hatchway.ask(%s).content.name"):format(NAME))
    local _, answer = asked(s)
    reply(s, 99, accept { name = "late" })
    reply(s, "1", accept { name = "another" })
    reply(s, 1, accept { name = "Ann" })
    reply(s, 1, accept { name = "again" })
    assert.equal("Ann", s:text(answer().result))
    assert.same({ resources = nil }, s:request("ping").result)
  end)

  it("a call that is cancelled takes its questions back", function()
    local s = legacy(("return hatchway.ask(%s)"):format(NAME))
    local id = s:send("tools/call", { name = "t" })
    s:line()
    s:notify("notifications/cancelled", { requestId = id })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', s:line())
    reply(s, 1, accept { name = "late" })
    assert.same({}, s:request("ping").result)
    assert.equal(0, (s:stop()))
  end)

  it("a person may take longer than the deadline of the call", function()
    local s = legacy(("local a = hatchway.ask(%s) hatchway.sleep(0.01) return a.content.name"):format(NAME),
      { more = "deadline = 0.3," })
    local _, answer = asked(s)
    loop.sleep(0.6)
    reply(s, 1, accept { name = "Ann" })
    assert.equal("Ann", s:text(answer().result))
  end)

  it("but not for ever", function()
    local s = legacy(("return hatchway.ask(%s)"):format(NAME), { args = { "--limit", "ask_wait=100ms" } })
    local _, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', s:line())
    assert.same({ "the client has not answered within 0.1 s\nCall again when somebody can answer.", "no_answer" },
      { problem_of(s, answer().result) })
  end)

  it("the end of the input ends a call that waits", function()
    local s = legacy(("return hatchway.ask(%s)"):format(NAME))
    asked(s)
    assert.equal(0, (s:stop()))
  end)

  it("one question of a call waits at a time, and the failure of another function takes it back", function()
    local s = legacy(([[hatchway.all {
      function() hatchway.ask(%s) end,
      function() hatchway.sleep(0.05) hatchway.ask(hatchway.roots()) end,
    }]]):format(NAME))
    local _, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', s:line())
    assert.equal("hatchway.ask: another one of this call waits for its answers\n"
      .. "Authors: put all questions into one hatchway.ask.", s:text(answer().result))
  end)

  it("hatchway.confirm is true after a yes alone", function()
    local s = legacy('return tostring(hatchway.confirm "Delete x?")')
    for id, case in ipairs { { accept { confirm = true }, "true" }, { accept { confirm = false }, "false" },
      { { action = "decline" }, "false" }, { { action = "cancel" }, "false" } } do
      local request, answer = asked(s)
      assert.same({ message = "Delete x?", requestedSchema = { type = "object", required = { "confirm" },
        properties = { confirm = { type = "boolean", title = "Yes", default = false } } } }, cjson.decode(request).params)
      reply(s, id, case[1])
      assert.equal(case[2], s:text(answer().result))
    end
  end)
end)

describe("in both eras", function()
  local function written(era)
    local engine = upstream.start(answers.plain(200, "{}"))
    return era(('hatchet.post("/api/v1/x") return hatchway.ask(%s)'):format(NAME), { access = "write", upstream = engine,
      manifest = 'pack { name = "spec", about = "A spec.", needs = { "hatchet" } }', args = { "--access", "write" } })
  end
  local expected = { "hatchway.ask: a request that is no GET was sent in this call already\n"
    .. "Authors: ask first, then write. The call is run again from its start with the answers.", "asked_after_write" }

  it("nothing is asked after a write", function()
    assert.same(expected, { outcome(written(legacy)) })
    local result, s = written(modern)()
    assert.same(expected, { problem_of(s, result) })
  end)

  it("what hatchway.client tells", function()
    local code = "return hatchway.client()"
    local abilities = { sampling = true, elicitation = true, roots = true, elicitation_url = true, sampling_tools = true }
    for _, client in ipairs { legacy(code):call("t").structuredContent, (modern(code)()).structuredContent } do
      client.protocol, client.name, client.version = nil, nil, nil
      assert.same(abilities, client)
    end
  end)
end)

describe("a script of ill will", function()
  it("cannot write one question into another", function()
    local s = legacy([[
      local sly = setmetatable({ name = t.string "N" }, { __pairs = function(self)
        hatchway.sample { messages = "x", max_tokens = 1 }
        return next, self
      end })
      local list = setmetatable({ { role = "user", text = "a" } }, { __len = function() hatchway.roots() return 1 end,
        __index = function() hatchway.roots() end })
      local said = hatchway.ask { a = hatchway.elicit { message = "m", fields = sly },
        b = hatchway.sample { messages = list, max_tokens = 1 } }
      return said.a.content.name]])
    local request, answer = asked(s)
    assert.same({ name = { type = "string", description = "N" } }, cjson.decode(request).params.requestedSchema.properties)
    assert.same({ { role = "user", content = { type = "text", text = "a" } } }, s:message().params.messages)
    reply(s, 1, accept { name = "Ann" })
    reply(s, 2, { role = "assistant", model = "m", content = { type = "text", text = "b" } })
    assert.equal("Ann", s:text(answer().result))
  end)

  it("cannot ask where nothing waits", function()
    local s = legacy [[local sly = setmetatable({}, { __index = function() return hatchway.ask(hatchway.roots()) end })
      return tostring(#sly.x.roots)]]
    local request, answer = asked(s)
    assert.equal("roots/list", cjson.decode(request).method)
    s:raw '{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}\n'
    assert.equal("0", s:text(answer().result))
    local text = outcome(legacy [[local a = setmetatable({}, { __lt = function() return hatchway.ask(hatchway.roots()) end })
      table.sort({ a, a, a })]])
    assert.equal("hatchway.ask: not in a metamethod", (text:gsub("^[^ ]*:%d+: ", "")))
  end)

  it("cannot ask while files are read", function()
    local run = host.run { args = { "serve", packs.write { ["tools/t.lua"] = 'hatchway.confirm "Now?"' } } }
    assert.equal(1, run.code)
    assert.truthy(run.stderr:find("hatchway.confirm: only in a call, not while files are read", 1, true), run.stderr)
  end)
end)

describe("a question that is wrong is refused where it is made:", function()
  for code, expected in pairs {
    ["hatchway.elicit {}"] = 'hatchway.elicit needs the field "message"',
    ['hatchway.elicit { message = "m" }'] = "hatchway.elicit needs fields, schema or url: one of them",
    ['hatchway.elicit { message = "m", fields = { a = t.string "A" }, url = "https://x.y" }'] =
      "hatchway.elicit needs fields, schema or url: one of them",
    ['hatchway.elicit { message = "m", url = "http://example.org" }'] =
      "hatchway.elicit: url is an https address without blanks and credentials",
    ['hatchway.elicit { message = "m", url = "http://localhost.example.org" }'] =
      "hatchway.elicit: url is an https address without blanks and credentials",
    ['hatchway.elicit { message = "m", url = "http://127.0.0.1.example.org:80/" }'] =
      "hatchway.elicit: url is an https address without blanks and credentials",
    ['hatchway.elicit { message = "m", url = "https://a:b@example.org" }'] =
      "hatchway.elicit: url is an https address without blanks and credentials",
    ['hatchway.elicit { message = "m", fields = { api_token = t.string "T" } }'] =
      'hatchway.elicit: the field "api_token" asks for a secret, which no form may do',
    ['hatchway.elicit { message = "m", fields = { a = t.object { fields = {} } } }'] =
      'hatchway.elicit: the field "a" is no string, number, integer, boolean or choice',
    ['hatchway.elicit { message = "m", fields = { at = t.time "T" } }'] =
      'hatchway.elicit: the field "at" has "x-time", which forms do not know',
    ['hatchway.elicit { message = "m", fields = { n = t.integer { "N", max = 5, default = 6 } } }'] =
      'hatchway.elicit: the field "n" has a default that it would refuse',
    ["hatchway.sample { max_tokens = 1 }"] = 'hatchway.sample needs the field "messages"',
    ['hatchway.sample { messages = "m", max_tokens = 0 }'] = "hatchway.sample: max_tokens is an integer from 1 on",
    ['hatchway.sample { messages = { { role = "system", text = "x" } }, max_tokens = 1 }'] =
      'hatchway.sample: a message needs role = "user" or "assistant"',
    ["hatchway.ask {}"] = "hatchway.ask: there is no question",
    ['hatchway.ask { a = "x" }'] =
      'hatchway.ask: "a" is no question: use hatchway.elicit, hatchway.sample or hatchway.roots',
    ["hatchway.ask { hatchway.roots() }"] =
      "hatchway.ask: a key is a text of letters, digits, `_`, `-` and `.`, 64 at most",
  } do
    it(code, function()
      local text = outcome(legacy(code))
      assert.equal(expected, (text:gsub("^[^ ]*:%d+: ", "")))
    end)
  end
end)

describe("modern:", function()
  -- The text that a call ends with, or its error.
  local function said(result) return result.content and result.content[1].text or result.message end

  it("a form ends the call with input_required, and the same call with the answer goes on", function()
    local call = modern(('return "Hello " .. hatchway.ask(%s).content.name'):format(NAME))
    local first, s = call()
    local text = s.received[#s.received]
    assert.equal('{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"answer":'
      .. '{"method":"elicitation/create","params":{"message":"Who are you?","requestedSchema":{"type":"object",'
      .. '"properties":{"name":{"type":"string","description":"Your name"}},"required":["name"]}}}},"requestState":"…"}}',
      (text:gsub('"requestState":"[%w_-]+"', '"requestState":"…"'):gsub(',"_meta":.*$', "}}")))
    local second = call({ answer = accept { name = "Ann" } }, first.requestState)
    assert.equal("complete", second.resultType)
    assert.equal("Hello Ann", said(second))
  end)

  local THREE = ([[
    local first = hatchway.ask { step1 = %s }
    local second = hatchway.ask { step2 = hatchway.elicit { message = "And " .. first.step1.content.name .. "'s age?",
      fields = { age = t.integer "Years" } } }
    if second.step2.action ~= "accept" then return "no age" end
    return first.step1.content.name .. " " .. second.step2.content.age
  ]]):format(NAME)

  it("earlier answers travel in the state", function()
    local call = modern(THREE)
    local one = call()
    local two = call({ step1 = accept { name = "Ann" } }, one.requestState)
    assert.equal("And Ann's age?", two.inputRequests.step2.params.message)
    assert.is_nil(two.inputRequests.step1)
    assert.not_equal(one.requestState, two.requestState)
    assert.equal("Ann 7", said(call({ step2 = accept { age = 7 } }, two.requestState)))
    assert.equal("no age", said(call({ step2 = { action = "decline" } }, two.requestState)))
  end)

  it("an answer counts for the round that it was given to", function()
    local call = modern(THREE)
    local one = call()
    local two = call({ step1 = accept { name = "Ann" }, step2 = accept { age = 7 } }, one.requestState)
    assert.equal("input_required", two.resultType)
    local again = call({ step1 = accept { name = "Bob" } }, two.requestState)
    assert.equal("And Ann's age?", again.inputRequests.step2.params.message)
  end)

  it("what is missing, unknown or does not fit is asked for again", function()
    local call = modern(THREE)
    local one = call()
    for _, responses in ipairs { cjson.decode "{}", { other = accept { name = "x" } }, { step1 = accept { name = 7 } },
      { step1 = { action = "accept" } }, { step1 = { action = "perhaps" } }, { step1 = cjson.null }, { step1 = 7 } } do
      local again = call(responses, one.requestState)
      assert.equal("input_required", again.resultType, cjson.encode(responses))
      assert.same(one.inputRequests, again.inputRequests)
    end
    assert.same(one.inputRequests, call(nil, one.requestState).inputRequests)
  end)

  it("the first answers of a read need no state, those of a write do", function()
    assert.equal("And Ann's age?", modern(THREE)({ step1 = accept { name = "Ann" } }).inputRequests.step2.params.message)
    local options = { access = "write", args = { "--access", "write" } }
    assert.is_table(modern(THREE, options)({ step1 = accept { name = "Ann" } }).inputRequests.step1)
  end)

  it("of several questions those without an answer are asked again", function()
    local call = modern(([[local a = hatchway.ask { who = %s, where = hatchway.roots() }
      return a.who.content.name .. #a.where.roots]]):format(NAME))
    local one = call()
    local two = call({ who = accept { name = "Ann" } }, one.requestState)
    assert.same({ where = { method = "roots/list" } }, two.inputRequests)
    assert.equal("Ann1", said(call({ where = { roots = { { uri = "file:///x" } } } }, two.requestState)))
  end)

  for name, responses in pairs { null = cjson.null, number = 7, array = { 1 }, text = "x" } do
    it(name .. " for inputResponses is refused", function()
      assert.same({ code = -32602, message = '"inputResponses" must be an object' }, (modern(THREE)(responses)))
    end)
  end

  it("a state that is no text is refused", function()
    assert.same({ code = -32602, message = '"requestState" must be a string' }, (modern(THREE)(nil, 7)))
  end)

  local refused = { code = -32602,
    message = '"requestState" is not one that this server gave for this request; send the request again without it' }

  it("a state that was changed is refused", function()
    local call = modern(THREE)
    local state = call().requestState
    for _, other in ipairs { state .. "-TAMPERED", state .. "A", state:sub(1, -2), "x" .. state:sub(2), "", "%", "AAAA" } do
      assert.same(refused, (call({ step1 = accept { name = "Ann" } }, other)))
    end
  end)

  it("a state is of one server", function()
    local state = modern(THREE)().requestState
    assert.same(refused, (modern(THREE)({ step1 = accept { name = "Ann" } }, state)))
  end)

  it("a state is of one call: its arguments, in any order, and its tool", function()
    local call = modern(THREE, { input = 'a = t.integer "A", b = t.any "B"',
      beside = [[tool "u" { title = "U", about = "U.", access = "read", input = { a = t.integer "A", b = t.any "B" },
        run = function() return "u" end }]] })
    local first, s = call(nil, nil, { a = 1, b = { x = 1, y = { 2, 3 } } })
    local function again(name, arguments)
      s:raw(([[{"jsonrpc":"2.0","id":"r","method":"tools/call","params":{"name":"%s","arguments":%s,]]
        .. [["requestState":"%s","inputResponses":{"step1":{"action":"accept","content":{"name":"Ann"}}},"_meta":{]]
        .. [["io.modelcontextprotocol/protocolVersion":"2026-07-28",]]
        .. [["io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}]] .. "\n")
        :format(name, arguments, first.requestState))
      local response = s:wait("r")
      return response.error or response.result.resultType
    end
    assert.equal("input_required", again("t", '{"b": {"y": [2,3], "x":1}, "a":1}'))
    assert.same(refused, again("t", '{"a":2,"b":{"x":1,"y":[2,3]}}'))
    assert.same(refused, again("t", '{"a":1,"b":{"x":1,"y":[3,2]}}'))
    assert.same(refused, again("u", '{"a":1,"b":{"x":1,"y":[2,3]}}'))
  end)

  it("a state has an end", function()
    local call = modern(THREE, { args = { "--limit", "ask_wait=100ms" } })
    local state = call().requestState
    loop.sleep(0.15)
    assert.same({ code = -32602, message = '"requestState" has expired; send the request again without it' },
      (call({ step1 = accept { name = "Ann" } }, state)))
  end)

  it("an answer does not count when the script asks something else now", function()
    local call = modern([[
      local question = "May " .. (hatchway.client().roots and "roots" or "forms") .. "?"
      return tostring(hatchway.confirm(question))
    ]])
    local forms = { elicitation = { form = {} } }
    local one = call(nil, nil, nil, forms)
    assert.equal("May forms?", one.inputRequests.answer.params.message)
    local two = call({ answer = accept { confirm = true } }, one.requestState, nil, EVERYTHING)
    assert.equal("May roots?", two.inputRequests.answer.params.message)
    assert.equal("true", said(call({ answer = accept { confirm = true } }, two.requestState, nil, EVERYTHING)))
  end)

  it("a script cannot go on where it is asked, nor in another function", function()
    local call = modern(([[
      hatchway.all {
        function() pcall(hatchway.ask, %s) error "went on" end,
        function() hatchway.sleep(0.05) error "went on" end,
      }]]):format(NAME))
    assert.equal("input_required", call().resultType)
  end)

  it("what the client lacks is an error that the script can catch", function()
    local call = modern(([[
      local a, e = hatchway.try(hatchway.ask, %s)
      return e.code]]):format(NAME), { capabilities = { sampling = {} } })
    assert.equal("unsupported", said(call()))
  end)

  it("a state of a tool that writes opens once", function()
    local call = modern(THREE, { access = "write", args = { "--access", "write" } })
    local one = call()
    local two = call({ step1 = accept { name = "Ann" } }, one.requestState)
    assert.same({ code = -32602,
      message = '"requestState" was used already; look what has been done, then send the request without it' },
      (call({ step1 = accept { name = "Bob" } }, one.requestState)))
    assert.equal("Ann 7", said(call({ step2 = accept { age = 7 } }, two.requestState)))
  end)

  it("a call asks 20 times at most", function()
    local call = modern('for i = 1, 30 do hatchway.confirm "Again?" end')
    local answer = call()
    for _ = 1, 20 do answer = call({ answer = accept { confirm = true } }, answer.requestState) end
    assert.equal("a call asks 20 times at most\nAuthors: ask more at once.", said(answer))
  end)

  it("prompts and resources ask as well", function()
    local s = host.start { pack = packs.write {
      ["prompts/p.lua"] = ([[local t = require "hatchway.types"
        prompt "p" { about = "P.",
          run = function() return "For " .. hatchway.ask { user = %s }.user.content.name end }]]):format(NAME),
      ["resources/r.lua"] = ([[local t = require "hatchway.types"
        resource "spec://r" { name = "r", about = "R.",
          run = function() return hatchway.ask { user = %s }.user.content.name end }]]):format(NAME),
    } }
    local function ask(method, params)
      return s:request(method, host.modern(params, { ["io.modelcontextprotocol/clientCapabilities"] = EVERYTHING })).result
    end
    local first = ask("prompts/get", { name = "p" })
    assert.equal("input_required", first.resultType)
    assert.equal("For Ann", ask("prompts/get", { name = "p", requestState = first.requestState,
      inputResponses = { user = accept { name = "Ann" } } }).messages[1].content.text)
    first = ask("resources/read", { uri = "spec://r" })
    assert.equal("input_required", first.resultType)
    assert.is_nil(first.ttlMs)
    local second = ask("resources/read", { uri = "spec://r", requestState = first.requestState,
      inputResponses = { user = accept { name = "Ann" } } })
    assert.equal("Ann", second.contents[1].text)
    assert.same({ 0, "private" }, { second.ttlMs, second.cacheScope })
  end)
end)

describe("--state-key", function()
  local function key_file(text)
    local name = os.tmpname()
    local file <close> = assert(io.open(name, "w"))
    file:write(text)
    loop.finally(function() os.remove(name) end)
    return name
  end
  local a, b = ("0123456789abcdef"):rep(4), ("f"):rep(64)
  local code = ("return hatchway.ask(%s).content.name"):format(NAME)

  it("a state of one server opens on another with the same keys, the first of which seals", function()
    local old = modern(code, { args = { "--state-key", key_file(a .. "\n") } })
    local new = modern(code, { args = { "--state-key", key_file("# new\n" .. b .. "\n" .. a .. "\n") } })
    local ann = { answer = accept { name = "Ann" } }
    assert.equal("Ann", new(ann, old().requestState).content[1].text)
    assert.equal(-32602, old(ann, new().requestState).code)
  end)

  it("but not on one of another pack, whose tool of that name does something else", function()
    local keys = { "--state-key", key_file(a) }
    local one = modern(code, { args = keys })
    local other = modern(code, { args = keys, manifest = 'pack { name = "other", about = "Another pack." }' })
    assert.equal(-32602, other({ answer = accept { name = "Ann" } }, one().requestState).code)
  end)

  for name, case in pairs {
    ["that is not there"] = { nil, "cannot be read" },
    ["without a key"] = { "# none\n", "there is no key in it (openssl rand -hex 32)" },
    ["with something else"] = { a .. "\nsecret\n", "line 2: a key is 64 hexadecimal digits (openssl rand -hex 32)" },
  } do
    it("a file " .. name .. " stops the start", function()
      local file = case[1] and key_file(case[1]) or "/nowhere"
      local run = host.run { args = { "serve", pack_of("return 1"), "--state-key", file } }
      assert.same({ 1, ("hatchway: --state-key %s: %s\n"):format(file, case[2]) }, { run.code, run.stderr })
    end)
  end
end)

describe("--confirm", function()
  local function options(policy, access, more)
    return { access = access or "destroy", input = 'id = t.string "Id", n = t.integer { optional = true }', more = more,
      args = { "--access", "destroy", "--confirm", policy } }
  end
  local arguments = { id = "a\n\nAll is well." }
  local message = 'Run "t" (T)? It may delete or stop what cannot be brought back.\n\nid = "a\\n\\nAll is well."'
  local declined = { '"t" was not run: the person who was asked has not confirmed it\n'
    .. "Do not call it again unless you are told to.", "declined" }

  it("legacy: a person is asked before the run starts", function()
    local s = legacy('hatchway.log("info", "ran") return "done"', options "destroy")
    local request, answer = asked(s, arguments)
    assert.same({ message = message, requestedSchema = { type = "object", required = { "confirm" },
      properties = { confirm = { type = "boolean", title = "Yes, run it", default = false } } } }, cjson.decode(request).params)
    assert.same({}, s.notifications)
    reply(s, 1, accept { confirm = true })
    assert.equal("done", s:text(answer().result))
  end)

  it("legacy: without a yes it does not run", function()
    local s = legacy('error "it ran"', options "destroy")
    for id, result in ipairs { { action = "decline" }, { action = "cancel" }, accept { confirm = false } } do
      local _, answer = asked(s, arguments)
      reply(s, id, result)
      assert.same(declined, { problem_of(s, answer().result) })
    end
  end)

  it("legacy: a call that is cancelled meanwhile does not run", function()
    local s = legacy('error "it ran"', options "destroy")
    local id = s:send("tools/call", { name = "t", arguments = arguments })
    s:line()
    s:notify("notifications/cancelled", { requestId = id })
    assert.equal('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', s:line())
    reply(s, 1, accept { confirm = true })
    assert.same({}, s:request("ping").result)
  end)

  it("modern: the same, and a yes counts once and for these arguments", function()
    local call = modern('return "done"', options "destroy")
    local one = call(nil, nil, arguments)
    assert.equal(message, one.inputRequests["hatchway.confirm"].params.message)
    local yes = { ["hatchway.confirm"] = accept { confirm = true } }
    assert.equal(-32602, call(yes, one.requestState, { id = "b" }).code)
    local two = call(yes, one.requestState, arguments)
    assert.equal("done", two.content[1].text)
    assert.equal(-32602, call(yes, one.requestState, arguments).code)
    local no, s = call({ ["hatchway.confirm"] = { action = "decline" } }, call(nil, nil, arguments).requestState, arguments)
    assert.same(declined, { problem_of(s, no) })
  end)

  it("modern: the script asks after it", function()
    local call = modern(('return hatchway.ask(%s).content.name'):format(NAME), options "destroy")
    local one = call(nil, nil, arguments)
    local two = call({ ["hatchway.confirm"] = accept { confirm = true } }, one.requestState, arguments)
    assert.equal("Who are you?", two.inputRequests.answer.params.message)
    assert.equal("Ann", call({ answer = accept { name = "Ann" } }, two.requestState, arguments).content[1].text)
  end)

  it("a client that cannot be asked is refused, and told how the operator changes it", function()
    local expected = { '"t" was not run: it needs to be confirmed by a person, and the client%s cannot be asked: it does not '
      .. 'declare "elicitation"\nUse a client that can show forms (elicitation), or the operator can let such calls run without '
      .. "a question: hatchway serve --confirm never.", "unconfirmed" }
    local s = host.start { pack = pack_of('error "it ran"', options "destroy"), args = options("destroy").args }
    s:initialize()
    assert.same({ expected[1]:format " specs", expected[2] }, { problem_of(s, s:call("t", arguments)) })
    local result
    result, s = modern('error "it ran"', options "destroy")(nil, nil, arguments, { roots = {} })
    assert.same({ expected[1]:format "", expected[2] }, { problem_of(s, result) })
  end)

  it("destroy leaves writes alone, write does not, reads are never asked about", function()
    for _, case in ipairs { { "destroy", "write", "done" }, { "never", "destroy", "done" }, { "write", "read", "done" },
      { "write", "write" }, { "write", "destroy" } } do
      local result = modern('return "done"', options(case[1], case[2]))(nil, nil, arguments)
      assert.equal(case[3], result.content and result.content[1].text)
      assert.equal(case[3] and "complete" or "input_required", result.resultType)
    end
  end)

  it("the strictest of all that are given counts", function()
    local o = options "destroy"
    table.move({ "--confirm", "write", "--confirm", "never" }, 1, 4, #o.args + 1, o.args)
    assert.equal("input_required", modern('return "done"', { access = "write", args = o.args })().resultType)
  end)

  it("a word that it does not know is told", function()
    local run = host.run { args = { "serve", "--confirm", "always" } }
    assert.same({ 2, "hatchway: --confirm always: it is destroy, write or never\n" }, { run.code, run.stderr })
  end)
end)

describe("a preview", function()
  local input = 'dry_run = t.boolean { "only show", default = true }'

  it("is a read: nobody is asked, and no write is sent", function()
    local s = packs.start({
      ["pack.lua"] = 'pack { name = "spec", about = "A pack of a spec.", needs = { "hatchet" } }',
      ["tools/t.lua"] = ([[local t = require "hatchway.types"
        tool "t" { title = "T", about = "T.", access = "destroy", input = { %s }, preview = "dry_run", run = function()
          local _, refused = hatchway.try(hatchet.delete, "/api/v1/tenants/{tenant}/workflows/scheduled/x")
          return refused.message
        end }]]):format(input),
    }, { args = { "--access", "destroy", "--confirm", "destroy", "--replay", "tests/cassettes/overview.har" } })
    assert.matches('needs destroy access, and "t" has read access$', s:text(s:call("t", {})))
    local refused = s:call("t", { dry_run = false })
    assert.matches("needs to be confirmed by a person", s:text(refused), 1, true)
  end)

  it("is declared with a boolean argument", function()
    local run = host.run { args = { "serve", pack_of("return 1", { access = "destroy", more = 'preview = "dry_run",' }) } }
    assert.matches('tool "t": preview names a boolean argument, and "dry_run" is none', run.stderr, 1, true)
  end)
end)
