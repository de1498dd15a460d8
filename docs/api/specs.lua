-- The Lua API, part five: what the files tests/*_spec.lua have besides. The form of the data is told in api.lua.
--
-- `functions` are globals, `assertions` the functions of the table assert. Those with `repl` are there in `hatchway repl` too.

local EXPECTED = { "expected", "any", "" }
local ACTUAL = { "actual", "any", "" }

local function looks(name, about)
  return { name = name, about = about, params = { { "value", "any", "" } } }
end

return {
  functions = {
    { name = "describe", about = "Names a group of specs; may be nested.", params = { { "name", "string", "" }, { "body", "fun()", "" } } },
    { name = "it", about = "One spec, run on the budgets of a call.", params = { { "name", "string", "" }, { "body", "fun()", "" } } },
    { name = "before_each", about = "Runs before each spec of the describe that it stands in.", params = { { "f", "fun()", "" } } },
    { name = "replay", about = "A recording that answers; the file may name several.", params = { { "file", "string", "relative to the spec" } } },
    { name = "call", repl = true, about = "What a client gets of a tool: the structured result, else the text. A tool's error is raised, as a table.",
      params = { { "tool", "string", "" }, { "args", "table?", "" } }, returns = { { "any", "" } } },
    { name = "read", repl = true, about = "A resource: its value if it is JSON, else its text.", params = { { "uri", "string", "" } },
      returns = { { "any", "" } } },
    { name = "ask", repl = true, about = "A prompt: its messages.", params = { { "prompt", "string", "" }, { "args", "table?", "" } },
      returns = { { "hatchway.Message[]", "" } } },
  },
  assertions = {
    { name = "equal", about = "`==`", params = { EXPECTED, ACTUAL } },
    { name = "not_equal", about = "not `==`", params = { EXPECTED, ACTUAL } },
    { name = "same", about = "The same content.", params = { EXPECTED, ACTUAL } },
    looks("truthy", "Neither nil nor false."),
    looks("falsy", "nil or false."),
    looks("is_true", "`true`"),
    looks("is_false", "`false`"),
    looks("is_nil", "`nil`"),
    looks("not_nil", "Anything but `nil`."),
    { name = "matches", about = "Text that a Lua pattern finds something in.", params = { { "pattern", "string", "" }, { "text", "string", "" } } },
    { name = "error_matches", about = "`f` raises an error whose message matches; returns that error.",
      params = { { "f", "fun()", "" }, { "pattern", "string", "" } }, returns = { { "hatchway.Error", "" } } },
  },
  example = [[
replay "shop.har"

describe("workers", function()
  it("names those that are not active", function()
    assert.same({ names = { "gpu-1" } }, call("workers", { status = "INACTIVE" }))
  end)
  it("knows its statuses", function()
    local err = assert.error_matches(function() call("workers", { status = "GONE" }) end, "ACTIVE")
    assert.equal("invalid_arguments", err.code)
  end)
end)
]],
}
