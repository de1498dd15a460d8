-- JSON through a script and back: what Lua would lose is kept.
local packs = require "tests.support.packs"

describe("a JSON value that a tool returns as it got it", function()
  local s

  -- The bytes of structuredContent when the tool gets these bytes as its argument "v".
  local function through(json)
    s:raw(('{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"t","arguments":{"v":%s}}}\n'):format(json))
    local line = s:line()
    return line:match('"structuredContent":{"v":(.*)}[,}]') and line:match('"structuredContent":(%b{})'):match('^{"v":(.*)}$')
      or line
  end

  setup(function() s = packs.tool("return { v = args.v }", { input = 'v = t.any "Anything."' }) end)

  for name, json in pairs {
    ["the largest integer"] = "9223372036854775807",
    ["the smallest integer"] = "-9223372036854775808",
    ["an integer beyond 2^53"] = "9007199254740993",
    ["an integer beyond 64 bits"] = "123456789012345678901234567890",
    ["a number out of range"] = "1e400",
    ["a fraction"] = "0.1",
    ["a small number"] = "2.5e-300",
    ["zero"] = "0",
    ["an empty array"] = "[]",
    ["an empty object"] = "{}",
    ["null"] = "null",
    ["false"] = "false",
    ["nulls in an array"] = "[null,1,null]",
    ["null in an object"] = '{"a":null}',
    ["nested emptiness"] = '[[],{},[{}],{"a":[]}]',
    ["keys in their order"] = '{"z":1,"a":2,"m":{"y":1,"b":2},"10":3,"9":4}',
    ["the empty key"] = '{"":1}',
    ["characters of four bytes"] = '"\u{1F600} \u{00E9} \u{4E2D}"',
    ["control characters"] = [["\u0000\u001f\n\t\"\\"]],
    ["a thousand elements"] = "[" .. ("1,"):rep(999) .. "1]",
  } do
    it(("keeps %s"):format(name), function()
      assert.equal(json, through(json))
    end)
  end

  -- Objects of up to 16 members are written in another way than larger ones.
  for _, count in ipairs { 15, 16, 17, 65 } do
    it(("keeps the order of %d keys"):format(count), function()
      local members = {}
      for i = 1, count do members[i] = ('"%s%d":[{"k":%d}]'):format(i % 3 == 0 and "z" or "a", i, i) end
      local json = "{" .. table.concat(members, ",") .. "}"
      assert.equal(json, through(json))
    end)
  end

  it("spells escapes out", function()
    assert.equal('"A/é😀"', through([["\u0041\/\u00e9\ud83d\ude00"]]))
  end)

  it("keeps a float a float", function()
    assert.equal("1.0", through("1.0"))
  end)
end)

describe("the table json", function()
  -- What the expression gives in a script.
  local function eval(code)
    local s = packs.tool(("return { v = %s }"):format(code))
    local result = s:call("t")
    return result.isError and result.content[1].text or s:text(result):match('^{"v":(.*)}$')
  end

  for code, expected in pairs {
    ["{}"] = "{}",
    ["json.array {}"] = "[]",
    ["{ 1, 2 }"] = "[1,2]",
    ["json.null"] = "null",
    ["json.null and 1"] = "1",
    ["{ b = 1, a = 2 }"] = '{"a":2,"b":1}',
    ['json.object({ "b", "x", "a" }, { a = 1, b = 2, c = 3 })'] = '{"b":2,"a":1,"c":3}',
    ['json.object({ "c" }, { b = 1, a = 2, c = 3, d = 4 })'] = '{"c":3,"a":2,"b":1,"d":4}',
    ['json.object({ "b", "b", "a" }, { a = 1, b = 2 })'] = '{"b":2,"a":1}',
    ['json.pick(json.decode [[{"c":1,"b":null,"a":2}]], { "a", "b", "z" })'] = '{"a":2,"b":null}',
    ["json.encode { x = { 1, json.null } }"] = [["{\"x\":[1,null]}"]],
    ['json.decode "[1, 2.50, \\"a\\"]"'] = '[1,2.5,"a"]',
    ["json.type(json.null)"] = '"null"',
    ['json.type(json.decode "[]")'] = '"array"',
    ['json.type(json.decode "{}")'] = '"object"',
    ["json.type(1)"] = '"integer"',
    ["json.type(1.5)"] = '"number"',
    ["json.type(true)"] = '"boolean"',
    ['json.type "a"'] = '"string"',
    ["tostring(json.type(print))"] = '"nil"',
    ['tostring(json.decode "123456789012345678901234567890")'] = '"123456789012345678901234567890"',
    ['math.type(json.decode "7")'] = '"integer"',
    ['math.type(json.decode "7.0")'] = '"float"',
  } do
    it(("%s is %s"):format(code, expected), function()
      assert.equal(expected, eval(code))
    end)
  end

  for code, expected in pairs {
    ["print"] = "cannot be written as JSON: function at $.v",
    ["{ a = { 1, { b = print } } }"] = "cannot be written as JSON: function at $.v.a[2].b",
    ["0/0"] = "cannot be written as JSON: a number that is not finite at $.v",
    ["{ 1, 2, x = 3 }"] = "cannot be written as JSON: a table with both names and numbers, or with holes at $.v",
    ["{ x = 1, [5] = 2 }"] = "cannot be written as JSON: a table with both names and numbers at $.v",
    ['json.decode "{"'] = "json.decode",
  } do
    it(("%s is an error that says where"):format(code), function()
      assert.truthy(eval(code):find(expected, 1, true), eval(code))
    end)
  end
end)
