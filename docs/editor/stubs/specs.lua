---@meta
-- Made by docs/api/generate.lua: do not edit.

---Names a group of specs; may be nested.
---@param name string
---@param body fun()
function describe(name, body) end

---One spec, run on the budgets of a call.
---@param name string
---@param body fun()
function it(name, body) end

---Runs before each spec of the describe that it stands in.
---@param f fun()
function before_each(f) end

---A recording that answers; the file may name several.
---@param file string relative to the spec
function replay(file) end

---What a client gets of a tool: the structured result, else the text. A tool's error is raised, as a table.
---@param tool string
---@param args? table
---@return any
function call(tool, args) end

---A resource: its value if it is JSON, else its text.
---@param uri string
---@return any
function read(uri) end

---A prompt: its messages.
---@param prompt string
---@param args? table
---@return hatchway.Message[]
function ask(prompt, args) end

---@class assertlib
---@overload fun(value: any, message?: any, ...: any): any
assert = {}

---`==`
---@param expected any
---@param actual any
function assert.equal(expected, actual) end

---not `==`
---@param expected any
---@param actual any
function assert.not_equal(expected, actual) end

---The same content.
---@param expected any
---@param actual any
function assert.same(expected, actual) end

---Neither nil nor false.
---@param value any
function assert.truthy(value) end

---nil or false.
---@param value any
function assert.falsy(value) end

---`true`
---@param value any
function assert.is_true(value) end

---`false`
---@param value any
function assert.is_false(value) end

---`nil`
---@param value any
function assert.is_nil(value) end

---Anything but `nil`.
---@param value any
function assert.not_nil(value) end

---Text that a Lua pattern finds something in.
---@param pattern string
---@param text string
function assert.matches(pattern, text) end

---`f` raises an error whose message matches; returns that error.
---@param f fun()
---@param pattern string
---@return hatchway.Error
function assert.error_matches(f, pattern) end
