-- A script asks the client: elicitation, sampling and roots, in both eras.
local cjson = require "cjson"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local EVERYTHING = { elicitation = { form = {}, url = {} }, sampling = { tools = {}, context = {} }, roots = {} }

local NAME = 'hatchway.elicit { message = "Who are you?", fields = { name = t.string "Your name" } }'

local function pack_of(code, options)
  options = options or {}
  return packs.write { ["tools/t.lua"] = ([[
local t = require "hatchway.types"
tool "t" {
  title = "T", about = "The tool of the spec.", access = %q, input = { %s }, %s
  run = function(args) %s end,
}
]]):format(options.access or "read", options.input or "", options.more or "", code) }
end

-- A server of a legacy revision whose client declares these capabilities.
local function legacy(code, options)
  options = options or {}
  local s = host.start { pack = pack_of(code, options), args = options.args }
  s:initialize(options.version or "2025-11-25", options.capabilities or EVERYTHING)
  return s
end

-- Calls t, and returns the request of ours that comes, as text, and what waits for the end of the call.
local function asked(s, arguments)
  local id = s:send("tools/call", { name = "t", arguments = arguments })
  return s:line(), function() return s:wait(id) end
end

local function reply(s, id, result)
  s:raw(cjson.encode { jsonrpc = "2.0", id = id, result = result } .. "\n")
end

describe("legacy:", function()
  it("a form is a request on the stream of the call, and its answer goes on with it", function()
    local s = legacy(('return "Hello " .. hatchway.ask(%s).content.name'):format(NAME))
    local request, answer = asked(s)
    assert.equal('{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"Who are you?",'
      .. '"requestedSchema":{"type":"object","properties":{"name":{"type":"string","description":"Your name"}},'
      .. '"required":["name"]}}}', request)
    s:raw('{"jsonrpc":"2.0","id":1,"result":{"action":"accept","content":{"name":"Ann"}}}\n')
    assert.equal('[{"text":"Hello Ann","type":"text"}]', cjson.encode(answer().result.content))
  end)
end)
