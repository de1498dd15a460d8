-- Content blocks in tools, prompts and resources; what declarations refuse. docs/lua-api.md is the contract.
local host = require "tests.support.host"
local packs = require "tests.support.packs"

-- The text of the error of a tool that returns these blocks.
local function refused(blocks)
  local s = packs.tool("return hatchway.content { " .. blocks .. " }")
  local result = s:call "t"
  assert.is_true(result.isError)
  return (result.content[1].text:gsub("^.-%.lua:%d+: ", ""))
end

describe("a block is refused", function()
  for blocks, expected in pairs {
    ['5'] = "hatchway.content: block 1 is no table",
    ['{ type = "text", text = "a" }, { type = "text", txt = "x" }'] =
      'hatchway.content: block 2 (text) has no field "txt"; did you mean "text"?',
    ['{ type = "image", mimeType = "image/png" }'] = 'hatchway.content: block 1 (image) needs data = "…" or bytes = "…"',
    ['{ type = "image", data = "a", mimeType = "image/png" }'] =
      "hatchway.content: block 1 (image): data is not base64; write bytes = for plain bytes",
    ['{ type = "image", data = "aGk", mimeType = "image/png" }'] =
      "hatchway.content: block 1 (image): data is not base64; write bytes = for plain bytes",
    ['{ type = "image", data = "a-k=", mimeType = "image/png" }'] =
      "hatchway.content: block 1 (image): data is not base64; write bytes = for plain bytes",
    ['{ type = "audio", data = "aGk=" }'] = 'hatchway.content: block 1 (audio) needs mimeType = "…"',
    ['{ type = "resource", text = "x" }'] = 'hatchway.content: block 1 (resource) needs uri = "…"',
    ['{ type = "resource", uri = "x://y" }'] = "hatchway.content: block 1 (resource) has one of text, bytes and blob",
    ['{ type = "resource", uri = "x://y", text = "x", bytes = "y" }'] =
      "hatchway.content: block 1 (resource) has one of text, bytes and blob",
    ['{ type = "text", text = "x", annotations = { audience = { "all" } } }'] =
      'hatchway.content: block 1 (text): annotations.audience[0]: "all" is not one of ["user","assistant"]',
    ['{ type = "text", text = "x", annotations = { priority = 2 } }'] =
      "hatchway.content: block 1 (text): annotations.priority: must be at most 1, got 2",
    ['{ type = "text", text = "x", annotations = { lastModified = "now" } }'] =
      "hatchway.content: block 1 (text): annotations.lastModified: must be a time such as 2026-11-21T06:29:04Z, got \"now\"",
    ['{ type = "text", text = "x", annotations = { when = 1 } }'] =
      'hatchway.content: block 1 (text): annotations: has no "when"',
  } do
    it(blocks, function() assert.equal(expected, refused(blocks)) end)
  end
end)

it("a block is a copy: what the script does to its tables later changes nothing", function()
  local s = packs.tool [[
    local annotations = { priority = 1 }
    local block = { type = "resource", uri = "x://y", bytes = "hi", mimeType = "a/b", annotations = annotations }
    local content = hatchway.content { block }
    annotations.priority, block.uri = 7, nil
    return content
  ]]
  assert.same({ {
    type = "resource",
    resource = { uri = "x://y", blob = "aGk=", mimeType = "a/b" },
    annotations = { priority = 1 },
  } }, s:call("t").content)
end)

it("a link may say what it leads to", function()
  local s = packs.tool [[return hatchway.content {
    { type = "link", uri = "x://y", name = "n", title = "T", description = "D", mimeType = "a/b" } }]]
  assert.same({ { type = "resource_link", uri = "x://y", name = "n", title = "T", description = "D", mimeType = "a/b" } },
    s:call("t").content)
end)

describe("a message of a prompt", function()
  local function ask(messages, revision)
    local s = host.start { pack = packs.write { ["prompts/p.lua"] =
      ('prompt "p" { about = "P.", run = function() return { %s } end }'):format(messages) } }
    s:initialize(revision)
    local response = s:request("prompts/get", { name = "p" })
    return response.result and response.result.messages, response.error and response.error.message:gsub("^.-%.lua:%d+: ", "")
  end

  it("has one block of any kind, as the revision knows it", function()
    local messages = '{ role = "user", content = { type = "audio", data = "aGk=", mimeType = "audio/wav" } }, '
      .. '{ role = "assistant", content = { type = "link", uri = "x://y", name = "n" } }'
    assert.same({ { role = "user", content = { type = "audio", data = "aGk=", mimeType = "audio/wav" } },
      { role = "assistant", content = { type = "resource_link", uri = "x://y", name = "n" } } }, (ask(messages)))
    assert.same({ { role = "user", content = { type = "audio", data = "aGk=", mimeType = "audio/wav" } },
      { role = "assistant", content = { type = "text", text = "n: x://y" } } }, (ask(messages, "2025-03-26")))
    assert.same({ type = "text", text = "[audio, which this protocol version cannot carry]" },
      ask(messages, "2024-11-05")[1].content)
  end)

  for messages, expected in pairs {
    ['{ role = "user" }'] = 'message 1 needs role = "user" or "assistant", and text = "…" or content = block',
    ['{ role = "user", text = "a", content = {} }'] =
      'message 1 needs role = "user" or "assistant", and text = "…" or content = block',
    ['{ role = "system", text = "a" }'] = 'message 1 needs role = "user" or "assistant", and text = "…" or content = block',
    ['{ role = "user", text = "a" }, { role = "user", content = { type = "x" } }'] =
      'message 2 has the type "x"; it is text, image, audio, link or resource',
    ['"a"'] = "a prompt returns text, or a list of { role =, text = } and { role =, content = block }",
  } do
    it(messages .. " is refused", function()
      local _, problem = ask(messages)
      assert.truthy(problem:find(expected, 1, true), problem)
    end)
  end
end)

describe("what a resource gives", function()
  local function read(code)
    local s = packs.start { ["resources/r.lua"] =
      ('resource "x://r" { name = "r", about = "R.", mime = "a/b", run = function() %s end }'):format(code) }
    local response = s:request("resources/read", { uri = "x://r" })
    return response.result and response.result.contents, response.error and response.error.message
  end

  it("has its own address and type where it says nothing else", function()
    assert.same({ { uri = "x://r", mimeType = "a/b", blob = "aGk=" }, { uri = "x://r/2", mimeType = "c/d", text = "t" },
      { uri = "x://r", mimeType = "a/b", text = "u" }, { uri = "x://r", mimeType = "image/png", blob = "aGk=" } },
      (read [[return hatchway.content {
        { type = "resource", bytes = "hi" },
        { type = "resource", uri = "x://r/2", mimeType = "c/d", text = "t" },
        { type = "text", text = "u" },
        { type = "image", data = "aGk=", mimeType = "image/png" } }]]))
  end)

  for code, expected in pairs {
    ["return hatchway.content {}"] = '"x://r" returned no content: a resource gives at least one block',
    ['return hatchway.content { { type = "link", uri = "x://y", name = "n" } }'] =
      "hatchway.content: block 1 is a link: a resource gives text, images, sounds and resources",
  } do
    it(code .. " is refused", function()
      local _, problem = read(code)
      assert.truthy(problem:find(expected, 1, true), problem)
    end)
  end
end)

describe("a declaration is refused with", function()
  local TOOL = 'local t = require "hatchway.types" tool "x" { title = "X", about = "X.", access = "read", run = print, %s }'
  local RESOURCE = 'resource "x://y" { name = "y", about = "Y.", run = print, %s }'

  for text, expected in pairs {
    [TOOL:format 'requires = { "smpling" }'] = 'tool "x": requires names sampling, elicitation and roots, not "smpling"',
    [TOOL:format 'icons = { { sizes = { "48x48" } } }'] = 'tool "x": icons[0]: needs "src"',
    [TOOL:format 'input = t.string "a"'] = "input is a table name → type, or t.raw { schema = … }",
    [TOOL:format 'input = t.raw { schema = "{" }'] = "the text ends",
    [TOOL:format 'input = t.raw { schema = 5 }'] = "t.raw needs schema = JSON Schema, as text or a table",
    [TOOL:format 'input = t.raw { schema = { type = "array" } }'] =
      'tool "x": input: the schema of arguments has the type "object"',
    [TOOL:format [[input = t.raw { schema = '{"type":"object","$ref":"http://x/y"}' }]]] =
      'tool "x": input: $ref "http://x/y" leads out of the schema; put what it means under $defs',
    [TOOL:format 'input = { a = t.string { header = "a b" } }'] = 'tool "x": input: the header "a b" is not the name of one',
    [TOOL:format 'input = { a = t.string { header = "H" }, b = t.boolean { header = "h" } }'] =
      'tool "x": input: the header "h" is there twice',
    [TOOL:format 'input = { a = t.list { of = t.string { header = "H" } } }'] =
      'tool "x": input: the header "H" is of an argument, not of what is inside a list or a choice',
    [TOOL:format 'input = { a = t.number { header = "H" } }'] = 't.number has no field "header"',
    [RESOURCE:format "size = 0.5"] = 'resource "x://y": size is a number of bytes above 0',
    [RESOURCE:format 'annotations = { audience = "user" }'] =
      'resource "x://y": annotations.audience: must be an array, got "user"',
  } do
    it(text:match ", ([^,]*.-) }$", function()
      local result = host.run { args = { "serve", packs.write { ["tools/x.lua"] = text } } }
      assert.equal(1, result.code)
      assert.truthy(result.stderr:find(expected, 1, true), result.stderr)
    end)
  end
end)

describe("what lists show", function()
  local function list(revision)
    local s = host.start { pack = packs.write { ["tools/x.lua"] = [[
local icons = { { src = "https://example.com/x.png", mimeType = "image/png", sizes = { "48x48" } } }
tool "x" { title = "X", about = "X.", access = "read", run = print, icons = icons }
resource "x://y" { name = "y", about = "Y.", run = print, icons = icons, annotations = { priority = 1 }, size = 9 }
prompt "z" { about = "Z.", run = print, icons = icons }]] } }
    s:initialize(revision)
    return s:request("tools/list").result.tools[1], s:request("resources/list").result.resources[1],
      s:request("prompts/list").result.prompts[1]
  end

  it("has icons from 2025-11-25 on", function()
    local icons = { { src = "https://example.com/x.png", mimeType = "image/png", sizes = { "48x48" } } }
    local tool, resource, prompt = list "2025-11-25"
    assert.same({ icons, icons, icons }, { tool.icons, resource.icons, prompt.icons })
    tool, resource, prompt = list "2025-06-18"
    assert.same({}, { tool.icons, resource.icons, prompt.icons })
    assert.same({ { priority = 1 }, 9 }, { resource.annotations, resource.size })
  end)
end)

describe("hatchway.changed", function()
  it("tells once a call", function()
    local s = packs.tool 'for _ = 1, 5 do hatchway.changed "tools" hatchway.changed "resources" end return "told"'
    s:call "t"
    local methods = {}
    for i, n in ipairs(s.notifications) do methods[i] = n.method end
    assert.same({ "notifications/tools/list_changed", "notifications/resources/list_changed" }, methods)
  end)

  it("knows three lists", function()
    local s = packs.tool 'hatchway.changed "tool"'
    assert.truthy(s:text(s:call "t"):find("invalid option 'tool'", 1, true))
  end)
end)

it("a fault of the server is an error of the request", function()
  local s = packs.tool 'hatchway.fail { code = "broken", message = "the disk is full", fault = true }'
  assert.same({ code = -32603, message = "the disk is full", data = { code = "broken", kind = "unknown" } },
    s:request("tools/call", { name = "t" }).error)
end)
