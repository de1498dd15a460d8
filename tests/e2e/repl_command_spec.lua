-- hatchway repl: Lua line by line, in the sandbox.
local cjson = require "cjson"
local answers = require "tests.support.answers"
local home = require "tests.support.home"
local upstream = require "tests.support.upstream"

local OVERVIEW = "tests/cassettes/overview.har"

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

-- What comes on stdout for this input, which succeeds.
local function printed(input, ...)
  local result = home.new():feed(input, "repl", "--replay", OVERVIEW, ...)
  assert.same({ 0, "" }, { result.code, result.stderr })
  return result.stdout
end

-- What is said on stderr for this input, which fails.
local function refused(input, ...)
  local result = home.new():feed(input, "repl", "--replay", OVERVIEW, ...)
  assert.equal(1, result.code)
  return result.stderr
end

describe("hatchway repl", function()
  for input, output in pairs {
    ["1 + 1"] = "2\n",
    ['"a" .. "b"'] = '"ab"\n',
    ["{ a = { 1, 2 } }"] = '{\n  "a": [\n    1,\n    2\n  ]\n}\n',
    ["1, nil, {}"] = "1\nnil\n{}\n",
    ["json.array {}"] = "[]\n",
    ["9007199254740993"] = "9007199254740993\n",
    ["local x = 1"] = "",
    ["x = 1\nx = x + 1\nx"] = "2\n",
    ["local x = 1 return x"] = "1\n",
    ["for i = 1, 3 do\n  sum = (rawget({}, 1) or 0) + i\nend\nsum"] = "3\n",
    ["(function()\n return 5\n end)()"] = "5\n",
    ["\n  \n1"] = "1\n",
    ["function f(a) return a * 2 end\nf(4)"] = "8\n",
    ['hatchway.time.format(0)'] = '"1970-01-01T00:00:00Z"\n',
    ['hatchet.get("/api/v1/tenants/{tenant}/worker").rows[1].name'] = '"shop-main"\n',
    ['call("list_workers").rows[1].name'] = '"shop-main"\n',
    ['#read("hatchet://workers").rows'] = "2\n",
    ['ask("tenant_health")[1].role'] = '"user"\n',
    ['hatchway.all { a = function() return #call("list_workers").rows end }.a'] = "2\n",
  } do
    it(("%q prints %q"):format(input, output), function() assert.equal(output, printed(input .. "\n")) end)
  end

  it("prints what is no JSON as text", function()
    assert.truthy(printed "print\n":find "^function: ")
    has(printed "{ print }\n", "table: ")
  end)

  it("prints an answer that a tool would pass on", function()
    assert.equal(2, #cjson.decode(printed 'hatchet.forward("/api/v1/tenants/{tenant}/worker")\n').rows)
  end)

  it("reads a last line without its end", function() assert.equal("2\n", printed "1 + 1") end)

  for input, message in pairs {
    ["x +* 1"] = "repl:1: syntax error near '+'",
    ["if true then"] = "near <eof>",
    ["y"] = "repl:1: there is no global 'y'",
    ['error("no")'] = "repl:1: no",
    ['hatchway.fail { code = "c", message = "it is broken", hint = "leave it" }'] = "hatchway: it is broken\nleave it\n",
    ['call "list_rums"'] = 'unknown tool "list_rums"; did you mean "list_runs"?',
    ['io.open "x"'] = "'io' is not available in a pack",
    ["while true do end"] = "computed for longer than its budget of 500 ms and was stopped",
    ['hatchet.post("/api/v1/tenants/{tenant}/events", nil, {})'] = "access",
    ["\27Lua"] = "attempt to load a binary chunk",
  } do
    it(("%q is refused"):format(input), function() has(refused(input .. "\n"), message) end)
  end

  it("goes on after an error, and ends with code 1 on a pipe", function()
    local result = home.new():feed("error 'x'\nwhile true do end\n1 + 1\n", "repl", "--replay", OVERVIEW)
    assert.same({ 1, "2\n" }, { result.code, result.stdout })
  end)

  it("sends what --access allows", function()
    local engine = upstream.start(answers.plain(200, '{"ok":true}'))
    local h = home.new { upstream = engine }
    local write = 'hatchet.post("/api/v1/tenants/{tenant}/events", nil, { key = "k" }).ok\n'
    assert.equal(1, h:feed(write, "repl").code)
    assert.equal(0, #engine.requests)
    assert.equal("true\n", h:feed(write, "repl", "--access", "write").stdout)
    assert.same({ "POST", '{"key":"k"}' }, { engine.requests[1].method, engine.requests[1].body })
  end)

  it("does not print the token", function()
    local token
    local h = home.new { upstream = upstream.start(function(exchange)
      token = exchange.headers.authorization:match "^Bearer (.+)$"
      answers.plain(200, cjson.encode { said = token })(exchange)
    end) }
    assert.equal('"***"\n', h:feed('hatchet.get("/api/v1/tenants/{tenant}/worker").said\n', "repl").stdout)
    assert.is_true(#token > 100)
  end)

  it("knows the own overlay, and says where it is broken", function()
    local h = home.new()
    h:write(home.own .. "tools/x.lua", 'tool "mine" { title = "M", about = "M.", access = "read", run = function() return '
      .. 'missing end }')
    has(h:feed('call "mine"\n', "repl", "--replay", OVERVIEW).stderr,
      h:path(home.own .. "tools/x.lua:1: there is no global 'missing'"))
  end)

  it("takes no words, and has help", function()
    local result = home.new():run("repl", "1+1")
    assert.same({ 2, 'hatchway: repl takes no arguments, and got "1+1"; it reads Lua from its input\n' },
      { result.code, result.stderr })
    has(home.new():ok("repl", "--help"), "Usage: hatchway repl")
  end)
end)
