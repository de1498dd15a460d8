-- hatchway prompt: the messages of a prompt.
local home = require "tests.support.home"

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

local TWO = [[
local t = require "hatchway.types"
prompt "two" {
  about = "Two messages.",
  input = { n = t.integer "A number.", word = t.string { "A word.", optional = true } },
  run = function(args)
    return { { role = "user", text = "n is " .. args.n + 1 }, { role = "assistant", text = args.word or "none\n" } }
  end,
}
prompt "workers" {
  about = "Asks.",
  run = function() return "There are " .. #hatchet.get("/api/v1/tenants/{tenant}/worker").rows end,
}
]]

local function with_prompts(options)
  local h = home.new(options)
  h:write(home.own .. "prompts/two.lua", TWO)
  return h
end

describe("hatchway prompt", function()
  it("prints a built-in prompt without a token", function()
    has(home.new():ok("prompt", "debug_run", "workflow_run_id=c1775e53-a0be-46dd-bf1c-03ac2d40f924"),
      "[user]\nFind out what is wrong with the Hatchet run c1775e53-a0be-46dd-bf1c-03ac2d40f924.\n")
  end)

  it("prints each message after its role, arguments converted", function()
    assert.equal("[user]\nn is 42\n\n[assistant]\na b\n", with_prompts():ok("prompt", "two", "n=41", "word=a b"))
    assert.equal("[user]\nn is 42\n\n[assistant]\nnone\n", with_prompts():ok("prompt", "two", "n=41"))
  end)

  it("asks a recording where the prompt asks", function()
    assert.equal("[user]\nThere are 2\n", with_prompts():ok("prompt", "workers", "--replay", "tests/cassettes/overview.har"))
  end)

  for what, case in pairs {
    ["a prompt that asks, without a tenant"] = { 1, { "workers" }, "no recording is played" },
    ["a name that is none"] = { 1, { "debug_rum" }, 'unknown prompt "debug_rum"; did you mean "debug_run"?' },
    ["a wrong value"] = { 1, { "two", "n=x" }, '"n"' },
    ["a misspelt argument"] = { 1, { "two", "n=1", "wrod=x" }, 'did you mean "word"' },
    ["a missing argument"] = { 1, { "two" }, '"n"' },
    ["a word that is no argument"] = { 2, { "two", "n" }, '"n" is no argument: write name=value' },
    ["an argument given twice"] = { 2, { "two", "n=1", "n=2" }, 'the argument "n" is given twice' },
    ["no name"] = { 2, {}, "prompt needs the name of a prompt" },
  } do
    it("refuses " .. what, function()
      local result = with_prompts():run("prompt", table.unpack(case[2]))
      assert.same({ case[1], "" }, { result.code, result.stdout })
      has(result.stderr, case[3])
    end)
  end

  it("--help", function() has(home.new():ok("prompt", "--help"), "Usage: hatchway prompt NAME") end)
end)
