-- What becomes of a tool that tries to get out of the sandbox, and of the others meanwhile.
--
--     local escapes = require "tests.support.escapes"
--     local outcome = escapes.try("while true do end", { cpu = 100 })
--
-- outcome.code  the code of its error; nil when it has returned
-- outcome.text  its text, without the folder of the pack in front of file names
-- outcome.hint  the hint of its error
-- outcome.light how many pings, sent one after the other while it ran, were answered before it
-- After it, the server has answered a ping and a call of another tool of the same pack.
local assert = require "luassert"
local busted = require "busted"
local packs = require "tests.support.packs"

local escapes = {}

local LIGHT = 'tool "light" { title = "L", about = "L.", access = "read", run = function() return "light" end }\n'

-- The response to this request, if it has come.
local function come(s, id)
  for at, line in ipairs(s.lines) do
    if line.message and line.message.id == id then
      return table.remove(s.lines, at).message
    end
  end
end

local function plain(text)
  return (text:gsub("hatchway%-pack%-%w+/", ""))
end

-- options: cpu (milliseconds), and those of packs.tool.
function escapes.try(code, options)
  options = options or {}
  local all = { files = {} }
  for key, value in pairs(options) do all[key] = value end
  all.more = ("cpu = %d,"):format(options.cpu or 1000)
  local files = { ["tools/light.lua"] = LIGHT }
  for name, content in pairs(options.files or {}) do files[name] = content end
  all.files = files
  local s = packs.tool(code, all)
  local id, light = s:send("tools/call", { name = "t", arguments = options.arguments }), 0
  local response
  repeat
    assert.same({}, s:request("ping").result)
    response = come(s, id)
    light = light + (response and 0 or 1)
  until response
  assert.same({}, s:request("ping").result)
  assert.equal("light", s:text(s:call "light"))
  local result = response.result
  local failure = result.isError and result._meta["hatchway/error"]
  return { code = failure and failure.code or nil, hint = failure and failure.hint, light = light, text = plain(s:text(result)),
    session = s }
end

-- The error of a tool that raises: its text without the position, if it has one.
function escapes.message(text)
  return (text:gsub("^[%w_/]+%.lua:%d+: ", ""):gsub("\n.*$", ""))
end

-- Each case is { what, code, expected }: the text that the tool returns, or the message of the error that it raises.
function escapes.gives(cases, options)
  for _, case in ipairs(cases) do
    busted.it(case[1], function()
      local outcome = escapes.try(case[2], options)
      assert.equal(case[3], escapes.message(outcome.text))
    end)
  end
end

return escapes
