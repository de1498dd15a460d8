-- completion/complete: what an argument of a prompt or a variable of a resource template could be.
local cjson = require "cjson"
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local files = {
  ["prompts/p.lua"] = [[
    local t = require "hatchway.types"
    prompt "greet" { about = "Greets.", run = function() return "hi" end, input = {
      name = t.string { "Who.", complete = function()
        return { "Royal", "alpha", "beta", "Albert", "al" }
      end },
      echo = t.string { "What it is told.", optional = true, complete = function(value, arguments)
        return { value .. " as " .. (arguments.role or "nobody") }
      end },
      role = t.enum { "What.", values = { "RUNNING", "QUEUED", "FAILED" }, optional = true },
      loud = t.boolean { "Loud.", optional = true },
      often = t.integer { "How often.", optional = true },
      many = t.string { "Many.", optional = true, complete = function()
        local list = {}
        for i = 1, 250 do list[i] = "v" .. i end
        return list
      end },
      odd = t.string { "No texts.", optional = true, complete = function() return { 7, true, { "x" }, "", "seven 7" } end },
      none = t.string { "None.", optional = true, complete = function() return {} end },
      broken = t.string { "Broken.", optional = true, complete = function() error "no such luck" end },
      text = t.string { "No list.", optional = true, complete = function() return "x" end },
      slow = t.string { "Slow.", optional = true, complete = function() hatchway.sleep(60) return { "x" } end },
    } }
  ]],
  ["resources/r.lua"] = [[
    local t = require "hatchway.types"
    resource "spec://things/{id}" { name = "thing", about = "A thing.", run = function(args) return args end,
      input = { id = t.string { "Its id.", complete = function() return { "one", "two", "none" } end } } }
  ]],
  ["tools/t.lua"] = [[
    tool "t" { title = "T", about = "T.", access = "read", run = function() return "ok" end }
  ]],
}

local function ask(s, name, value, context)
  return s:request("completion/complete", {
    ref = { type = "ref/prompt", name = "greet" }, argument = { name = name, value = value }, context = context,
  })
end

local function values(s, name, value, context)
  local completion = assert(ask(s, name, value, context).result).completion
  assert.equal(completion.total > #completion.values, completion.hasMore)
  return completion.values, completion.total
end

describe("completion", function()
  it("gives first what begins with the text, then what holds it, in any case, in the order of the completer", function()
    local s = packs.start(files)
    assert.same({ "alpha", "Albert", "al", "Royal" }, (values(s, "name", "al")))
    assert.same({ "alpha", "Albert", "al", "Royal" }, (values(s, "name", "AL")))
    assert.same({ "Royal", "alpha", "beta", "Albert", "al" }, (values(s, "name", "")))
    assert.same({}, (values(s, "name", "alphabet")))
  end)

  it("tells the completer what was typed, and what the other arguments are", function()
    local s = packs.start(files)
    assert.same({ "Ada as nobody" }, (values(s, "echo", "Ada")))
    assert.same({ " as QUEUED" }, (values(s, "echo", "", { arguments = { role = "QUEUED" } })))
  end)

  it("knows the words of an enum and a boolean", function()
    local s = packs.start(files)
    assert.same({ "RUNNING", "QUEUED", "FAILED" }, (values(s, "role", "")))
    assert.same({ "QUEUED" }, (values(s, "role", "que")))
    assert.same({ "true", "false" }, (values(s, "loud", "")))
    assert.same({}, (values(s, "often", "")))
  end)

  it("of a resource template completes its variables", function()
    local s = packs.start(files)
    s:raw('{"jsonrpc":"2.0","id":"c","method":"completion/complete","params":{"ref":{"type":"ref/resource",'
      .. '"uri":"spec://things/{id}"},"argument":{"name":"id","value":"o"}}}\n')
    s.lines = {}
    assert.equal('{"jsonrpc":"2.0","id":"c","result":{"completion":{"values":["one","two","none"],"total":3,"hasMore":false}}}',
      s:line())
  end)

  it("shows at most 100 values, and says how many there are", function()
    local list, total = values(packs.start(files), "many", "v")
    assert.same({ 100, 250, "v1", "v100" }, { #list, total, list[1], list[100] })
  end)

  it("passes over what is no text", function()
    assert.same({ "7", "seven 7" }, (values(packs.start(files), "odd", "7")))
    assert.same({ "7", "seven 7" }, (values(packs.start(files), "odd", "")))
  end)

  it("has the same answer in the modern revision, with its envelope", function()
    local s = host.start { pack = packs.write(files) }
    s:raw(cjson.encode { jsonrpc = "2.0", id = 1, method = "completion/complete", params = host.modern {
      ref = { type = "ref/prompt", name = "greet" }, argument = { name = "loud", value = "T" } } } .. "\n")
    assert.equal('{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","completion":{"values":["true"],"total":1,'
      .. '"hasMore":false},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"spec","version":"0.1.0",'
      .. '"description":"A pack of a spec."}}}}', s:line())
  end)

  for _, revision in ipairs(host.revisions) do
    it("is there in " .. revision, function()
      local s = host.start { pack = packs.write(files) }
      local has = revision ~= "2024-11-05" and {} or nil -- the first revision has no flag for it
      assert.same(has, s:initialize(revision).capabilities.completions)
      assert.same({ "alpha" }, (values(s, "name", "alp")))
    end)
  end


  for name, case in pairs {
    broken = "no such luck", text = "a completer of \"greet\" returned string; it returns a list of texts",
  } do
    it(("that fails (%s) is empty, and a line of the log"):format(name), function()
      local s = packs.start(files)
      assert.same({}, (values(s, name, "")))
      assert.same({ "alpha" }, (values(s, "name", "alp")))
      s:stop()
      local line
      for _, l in ipairs(s.log()) do line = l.event == "completion" and l or line end
      assert.same({ "warning", "greet", name }, { line.level, line.prompt, line.argument })
      assert.truthy(line.message:find(case, 1, true), line.message)
    end)
  end

  it("that takes too long is empty, and ends", function()
    local s = host.start { pack = packs.write(files), args = { "--replay", "tests/cassettes/overview.har" } }
    s:initialize()
    assert.same({}, (values(s, "slow", "")))
    s:stop()
    local line
    for _, l in ipairs(s.log()) do line = l.event == "completion" and l or line end
    assert.equal("\"greet\" did not end within its deadline of 3 s", line.message)
  end)

  it("can be cancelled", function()
    local s = packs.start(files)
    local id = s:send("completion/complete", {
      ref = { type = "ref/prompt", name = "greet" }, argument = { name = "slow", value = "" } })
    s:notify("notifications/cancelled", { requestId = id })
    assert.same({}, s:request("ping").result)
    s:stop()
    assert.same({}, s.lines)
  end)

  it("runs sixteen completers at once; what comes then is empty", function()
    local s = packs.start(files)
    local slow = { ref = { type = "ref/prompt", name = "greet" }, argument = { name = "slow", value = "" } }
    for _ = 1, 16 do s:send("completion/complete", slow) end
    assert.same({}, (values(s, "name", "alp")))
    assert.same({ "true" }, (values(s, "loud", "t"))) -- needs no completer
    for id = s.last_id - 17, s.last_id - 2 do s:notify("notifications/cancelled", { requestId = id }) end
    assert.same({ "alpha" }, (values(s, "name", "alp")))
  end)

  local good = { ref = { type = "ref/prompt", name = "greet" }, argument = { name = "name", value = "" } }
  for name, change in pairs {
    ["no ref"] = { ref = false }, ["a ref of no kind"] = { ref = { type = "ref/tool", name = "t" } },
    ["a ref that is no object"] = { ref = "greet" },
    ["a prompt that is not there"] = { ref = { type = "ref/prompt", name = "greets" }, says = 'did you mean "greet"?' },
    ["a prompt without a name"] = { ref = { type = "ref/prompt" } },
    ["a template that is not there"] = { ref = { type = "ref/resource", uri = "spec://things/one" } },
    ["no argument"] = { argument = false }, ["an argument without a value"] = { argument = { name = "name" } },
    ["a value that is no string"] = { argument = { name = "often", value = 1 } },
    ["an argument that the prompt does not have"] = { argument = { name = "nam", value = "" },
      says = '"greet" has no argument "nam"' },
    ["a context that is no object"] = { context = "x" }, ["arguments that are no object"] = { context = { arguments = "x" } },
    ["arguments that are no strings"] = { context = { arguments = { role = 1 } } },
  } do
    it(("with %s is refused: -32602"):format(name), function()
      local params = {}
      for key, value in pairs(good) do params[key] = value end
      for key, value in pairs(change) do
        if key ~= "says" then params[key] = value or nil end
      end
      local failure = packs.start(files):request("completion/complete", params).error
      assert.equal(-32602, failure and failure.code)
      assert.truthy(failure.message:find(change.says or "", 1, true), failure.message)
    end)
  end
end)

describe("complete in a declaration", function()
  it("is a function, and nothing that clients see", function()
    local output = host.run { args = { "check", packs.write {
      ["prompts/p.lua"] = 'local t = require "hatchway.types"\nprompt "p" { about = "P.", run = function() return "" end,\n'
        .. '  input = { a = t.string { complete = "x" } } }' } } }
    assert.equal(1, output.code)
    assert.truthy(output.stdout:find("p.lua:3: t.string: complete is a function(value, arguments), not a string", 1, true),
      output.stdout)
    local s = packs.start(files)
    local prompts = cjson.encode(s:request("prompts/list").result)
    assert.is_nil(prompts:find("complete", 1, true))
  end)
end)
