-- What results look like in each revision: a revision gets the fields that it knows, and no others.
local host = require "tests.support.host"

local modern = host.modern_revision
local revisions = { table.unpack(host.revisions) }
revisions[#revisions + 1] = modern

-- A server that has agreed on the revision, and a function that asks it in that revision.
local function conversation(revision, ...)
  local s = host.start { pack = "tests/fixture", args = { ... } }
  if revision ~= modern then
    s:initialize(revision)
  end
  return function(method, params)
    local response = s:request(method, revision == modern and host.modern(params) or params)
    if not response.result then
      s:fail(method .. " was refused")
    end
    return response.result
  end, s
end

-- The table without those keys.
local function without(object, ...)
  local copy = {}
  for key, value in pairs(object) do copy[key] = value end
  for _, key in ipairs { ... } do copy[key] = nil end
  return copy
end

local function named(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then return entry end
  end
end

for _, revision in ipairs(revisions) do
  local has_annotations, has_titles = revision >= "2025-03-26", revision >= "2025-06-18"
  local is_modern = revision == modern

  describe(("in %s"):format(revision), function()
    local ask, s

    setup(function() ask, s = conversation(revision) end)

    it("serverInfo has the fields of the revision", function()
      local expected = { name = "fixture", version = "0.1.0" }
      if has_titles then expected.title = "Fixture" end
      if revision >= "2025-11-25" then expected.description = "One declaration for each shape that a client may meet." end
      local info
      if is_modern then
        info = ask("server/discover")._meta["io.modelcontextprotocol/serverInfo"]
      else
        info = host.start { pack = "tests/fixture" }:initialize(revision).serverInfo
      end
      assert.equal("string", type(info.version))
      expected.version = info.version
      assert.same(expected, info)
    end)

    it("a tool", function()
      local expected = {
        name = "echo",
        description = "Gives back what it got.",
        inputSchema = {
          type = "object",
          properties = { text = { type = "string", description = "Any text." },
            n = { type = "integer", description = "Any integer." } },
          required = { "text" },
          additionalProperties = false,
        },
      }
      if has_annotations then
        expected.annotations = { readOnlyHint = true, destructiveHint = false, idempotentHint = true, openWorldHint = true }
      end
      if has_annotations and not has_titles then
        expected.annotations.title = "Echo"
      end
      if has_titles then
        expected.title = "Echo"
        expected.outputSchema = {
          type = "object",
          description = "What it got.",
          properties = { text = { type = "string" }, n = { type = "integer" } },
          required = { "text" },
        }
      end
      assert.same(expected, named(ask("tools/list").tools, "echo"))
    end)

    it("a list is complete, and says how long it holds where the revision has it", function()
      for method, key in pairs { ["tools/list"] = "tools", ["resources/list"] = "resources",
        ["resources/templates/list"] = "resourceTemplates", ["prompts/list"] = "prompts" } do
        local rest = without(ask(method), key)
        if is_modern then
          assert.same({ resultType = "complete", ttlMs = 60000, cacheScope = "private" }, without(rest, "_meta"))
          assert.equal("fixture", rest._meta["io.modelcontextprotocol/serverInfo"].name)
        else
          assert.same({}, rest)
        end
      end
    end)

    it("a structured result", function()
      local result = without(ask("tools/call", { name = "echo", arguments = { text = "a", n = 1 } }), "_meta", "resultType")
      local expected = { content = { { type = "text", text = '{"text":"a","n":1}' } } }
      if has_titles then expected.structuredContent = { text = "a", n = 1 } end
      assert.same(expected, result)
    end)

    it("content blocks", function()
      local result = ask("tools/call", { name = "blocks" })
      assert.same({ type = "text", text = "one" }, result.content[1])
      assert.same({ type = "image", data = "aGk=", mimeType = "image/png" }, result.content[2])
      if has_titles then
        assert.same({ type = "resource_link", uri = "https://example.com/", name = "a link" }, result.content[3])
        assert.same({ count = 3 }, result.structuredContent)
      else
        assert.equal("text", result.content[3].type)
        assert.truthy(result.content[3].text:find("https://example.com/", 1, true))
        assert.is_nil(result.structuredContent)
      end
    end)

    it("a result that is an error", function()
      local result = ask("tools/call", { name = "fail" })
      assert.is_true(result.isError)
      assert.equal("it is broken leave it alone", (result.content[1].text:gsub("%s+", " ")))
      assert.equal("broken", result._meta["hatchway/error"].code)
      assert.is_nil(result.structuredContent)
    end)

    it("resources", function()
      local expected = { uri = "note://today", name = "today", description = "A note.", mimeType = "text/plain" }
      if has_titles then expected.title = "Today" end
      assert.same({ expected }, ask("resources/list").resources)
      expected = { uriTemplate = "note://days/{day}", name = "day", description = "The note of a day.",
        mimeType = "application/json" }
      if has_titles then expected.title = "A Day" end
      assert.same({ expected }, ask("resources/templates/list").resourceTemplates)
    end)

    it("the content of a resource", function()
      local result = ask("resources/read", { uri = "note://today" })
      assert.same({ { uri = "note://today", mimeType = "text/plain", text = "it rains" } }, result.contents)
      assert.equal(is_modern, result.ttlMs ~= nil)
      assert.equal(is_modern, result.cacheScope ~= nil)
      result = ask("resources/read", { uri = "note://days/7" })
      assert.same({ { uri = "note://days/7", mimeType = "application/json", text = '{"day":7}' } }, result.contents)
    end)

    it("a prompt", function()
      local expected = { name = "greet", description = "Greets somebody.", arguments = {
        { name = "name", description = "Who.", required = true },
        { name = "often", description = "How often.", required = false } } }
      if has_titles then expected.title = "Greet" end
      assert.same({ expected }, ask("prompts/list").prompts)
      local result = ask("prompts/get", { name = "greet", arguments = { name = "Ada", often = "2" } })
      assert.same({
        { role = "user", content = { type = "text", text = "Greet Ada 2 times." } },
        { role = "assistant", content = { type = "text", text = "Hello." } },
      }, result.messages)
      assert.is_nil(result.ttlMs)
    end)

    it("progress", function()
      s.notifications = {}
      ask("tools/call", { name = "count", arguments = { steps = 1 }, _meta = not is_modern and { progressToken = 7 } or nil })
      if is_modern then
        s:request("tools/call", host.modern({ name = "count", arguments = { steps = 1 } }, { progressToken = 7 }))
      end
      local progress = {}
      for _, n in ipairs(s.notifications) do
        if n.method == "notifications/progress" then progress[#progress + 1] = n.params end
      end
      assert.same({ { progressToken = 7, progress = 1, total = 1, message = has_annotations and "step 1" or nil } }, progress)
    end)

    it("log messages come to those who asked", function()
      s.notifications = {}
      if is_modern then
        ask("tools/call", { name = "count", arguments = { steps = 1 } })
        assert.same({}, s.notifications)
        s:request("tools/call", host.modern({ name = "count", arguments = { steps = 1 } },
          { ["io.modelcontextprotocol/logLevel"] = "info" }))
      else
        assert.same({}, ask("logging/setLevel", { level = "error" }))
        ask("tools/call", { name = "count", arguments = { steps = 1 } })
        assert.same({}, s.notifications)
        assert.same({}, ask("logging/setLevel", { level = "info" }))
        ask("tools/call", { name = "count", arguments = { steps = 1 } })
      end
      assert.equal(1, #s.notifications)
      assert.equal("notifications/message", s.notifications[1].method)
      assert.equal("info", s.notifications[1].params.level)
      assert.equal("at step 1", s.notifications[1].params.data)
    end)

    it("lists come in pages, whose cursors hold in another process", function()
      local names, cursor, pages = {}, nil, 0
      repeat
        local page = conversation(revision, "--page-size", "2")("tools/list", { cursor = cursor })
        assert.is_true(#page.tools <= 2)
        for _, tool in ipairs(page.tools) do names[#names + 1] = tool.name end
        cursor, pages = page.nextCursor, pages + 1
      until not cursor
      assert.same({ "echo", "say", "blocks", "fail", "count", "wait", "away" }, names)
      assert.equal(4, pages)
    end)
  end)
end

describe("a cursor", function()
  it("of another list is refused", function()
    local ask, s = conversation("2025-11-25", "--page-size", "2")
    local cursor = ask("tools/list").nextCursor
    assert.equal(-32602, s:request("prompts/list", { cursor = cursor }).error.code)
  end)
end)
