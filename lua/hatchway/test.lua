-- Specs of one's own tools: what a file tests/*_spec.lua has besides the libraries. `hatchway test DIR` runs them in the sandbox
-- of the
-- tools, each on the budgets of a call, against recordings; nothing goes to a tenant.
--
--     replay "shop.har"                          -- relative to the spec; the file may name several
--
--     describe("late_runs", function()
--       it("counts the runs that are late", function()
--         assert.same({ late = 2 }, call("late_runs", { hours = 4 }))
--       end)
--       it("wants hours", function()
--         local e = assert.error_matches(function() call "late_runs" end, "hours")
--         assert.equal("invalid_arguments", e.code)
--       end)
--     end)
--
--   call(tool, args)       what a client gets: the structured result, else the text. A tool's error is raised, with code, kind,
--                          hint …
--   read(uri)              a resource: its value if it is JSON, else its text
--   ask(prompt, args)      a prompt: its messages, a list of { role =, text = }
--   describe, it, before_each; replay
--   assert(value, message) and
--     assert.equal(expected, actual)  not_equal     ==
--     assert.same(expected, actual)                 the same content
--     assert.truthy  falsy  is_true  is_false  is_nil  not_nil
--     assert.matches(pattern, text)
--     assert.error_matches(f, pattern)              f raises an error whose message matches; returns that error as a table
--
-- call, read and ask are globals of `hatchway repl` too.

local check = {} -- assert.…

-- A value as messages show it.
local function show(value)
  local plain, text = pcall(json.encode, value)
  if value == nil or not plain then return tostring(value) end
  return text
end

-- Raises at the line of the spec that called the assertion: two levels above the function that calls this.
local function unless(ok, text, ...)
  if not ok then error(text:format(...), 3) end
end

local function is_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not is_same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

function check.equal(expected, actual)
  unless(expected == actual, "expected %s, got %s", show(expected), show(actual))
end

function check.not_equal(unwanted, actual)
  unless(unwanted ~= actual, "got %s, which it should not be", show(actual))
end

function check.same(expected, actual)
  unless(is_same(expected, actual), "expected %s, got %s", show(expected), show(actual))
end

function check.truthy(value) unless(value, "expected a true value, got %s", show(value)) end
function check.falsy(value) unless(not value, "expected nil or false, got %s", show(value)) end
function check.is_true(value) unless(value == true, "expected true, got %s", show(value)) end
function check.is_false(value) unless(value == false, "expected false, got %s", show(value)) end
function check.is_nil(value) unless(value == nil, "expected nil, got %s", show(value)) end
function check.not_nil(value) unless(value ~= nil, "expected a value, got nil") end

function check.matches(pattern, text)
  unless(type(text) == "string", "expected text that matches %s, got %s", show(pattern), show(text))
  unless(text:find(pattern), "expected text that matches %s, got %s", show(pattern), show(text))
end

function check.error_matches(f, pattern)
  local ended, raised = pcall(f)
  unless(not ended, "expected an error that matches %s, and there was none", show(pattern))
  if type(raised) ~= "table" then raised = { message = tostring(raised) } end
  local found = tostring(raised.message):find(pattern)
  unless(found, "expected an error that matches %s, got %s", show(pattern), show(raised.message))
  return raised
end

setmetatable(check, { __call = function(_, value, message, ...)
  if not value then error(message or "assertion failed!", type(message) == "table" and 0 or 2) end
  return value, message, ...
end })

-- The result of a request; an error of the protocol is raised.
local function result_of(host, method, params)
  local answer = host.ask(method, params)
  if not answer.error then return answer.result end
  local data = type(answer.error.data) == "table" and answer.error.data or {}
  hatchway.fail {
    code = data.code or "refused", message = answer.error.message,
    kind = data.kind, hint = data.hint, status = data.status,
  }
end

local function last_text(content)
  for i = #content, 1, -1 do
    if content[i].type == "text" then return content[i].text end
  end
end

-- The error of a tool: its text is the message, a line break and the hint.
local function raise(result)
  local about = result._meta["hatchway/error"]
  local text = last_text(result.content)
  if about.hint then text = text:sub(1, #text - #about.hint - 1) end
  hatchway.fail {
    code = about.code, message = text, kind = about.kind, hint = about.hint,
    status = about.status, retryable = about.retryable,
  }
end

-- The arguments of a request: an empty table is an object.
local function object(args)
  return args and next(args) ~= nil and args or json.object({}, {})
end

local function strings(args)
  local all = {}
  for name, value in pairs(args or {}) do all[name] = type(value) == "string" and value or json.encode(value) end
  return all
end

-- The host calls this once for each file, with its own functions: ask, it, replay.
return function(host)
  local names, before = {}, {} -- of the describes that the file is in, outermost first
  local test = { assert = check, replay = host.replay }

  function test.call(tool, args)
    local result = result_of(host, "tools/call", { name = tool, arguments = object(args) })
    if result.isError then raise(result) end
    return result.structuredContent or last_text(result.content) or result.content
  end

  function test.read(uri)
    local content = result_of(host, "resources/read", { uri = uri }).contents[1]
    if content.mimeType ~= "application/json" then return content.text end
    return json.decode(content.text)
  end

  function test.ask(prompt, args)
    local messages = {}
    local result = result_of(host, "prompts/get", { name = prompt, arguments = object(strings(args)) })
    for i, message in ipairs(result.messages) do
      messages[i] = { role = message.role, text = message.content.text }
    end
    return messages
  end

  function test.describe(name, body)
    names[#names + 1], before[#before + 1] = name, {}
    body()
    names[#names], before[#before] = nil, nil
  end

  function test.before_each(f)
    if #before == 0 then error("before_each stands in a describe", 2) end
    table.insert(before[#before], f)
  end

  function test.it(name, body)
    local path, outer = table.move(names, 1, #names, 1, {}), table.move(before, 1, #before, 1, {})
    path[#path + 1] = name
    host.it(table.concat(path, " "), function()
      for _, list in ipairs(outer) do
        for _, f in ipairs(list) do f() end
      end
      body()
      return ""
    end)
  end

  return test
end
