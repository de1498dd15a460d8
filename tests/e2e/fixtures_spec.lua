-- The fixtures of the conformance tool (tests/protocol/pack), asked as the tool asks, over stdio. What HTTP adds is in
-- tests/protocol/conformance.test.mjs.
local cjson = require "cjson"
local host = require "tests.support.host"

local PACK = "tests/protocol/pack"
local MODERN = host.modern_revision

-- For each era: function(method, params, meta) → result or nil, error; and the server.
local function conversation(revision, capabilities)
  local s = host.start { pack = PACK }
  if revision ~= MODERN then s:initialize(revision, capabilities) end
  return function(method, params, meta)
    local is_modern = revision == MODERN
    if is_modern then
      params = host.modern(params, meta)
    elseif meta then
      params._meta = meta
    end
    local response = s:request(method, params)
    return response.result, response.error
  end, s
end

local function named(list, field, value)
  for _, entry in ipairs(list) do
    if entry[field] == value then return entry end
  end
end

local function told(s, method)
  local list = {}
  for _, n in ipairs(s.notifications) do
    if n.method == method then list[#list + 1] = n.params end
  end
  return list
end

for _, revision in ipairs { "2025-11-25", MODERN } do
  local is_modern = revision == MODERN

  describe(("the fixtures in %s:"):format(revision), function()
    local ask, s
    setup(function() ask, s = conversation(revision) end)

    local function call(name, arguments, meta)
      return ask("tools/call", { name = name, arguments = arguments }, meta)
    end

    it("tools have name, description and schema; the first one takes no arguments", function()
      local tools = ask("tools/list").tools
      for _, tool in ipairs(tools) do
        assert.truthy(tool.name:find "^[%w_]+$")
        assert.is_string(tool.description)
        assert.equal("object", tool.inputSchema.type)
        for _, hint in ipairs { "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint" } do
          assert.is_boolean(tool.annotations[hint])
        end
      end
      assert.is_nil(call(tools[1].name, {}).isError)
    end)

    it("text", function()
      assert.same({ { type = "text", text = "This is a simple text response for testing." } }, call("test_simple_text").content)
    end)

    it("image and audio", function()
      local image, audio = call("test_image_content").content[1], call("test_audio_content").content[1]
      assert.same({ "image", "image/png", "iVBORw0KGgo" }, { image.type, image.mimeType, image.data:sub(1, 11) })
      assert.same({ "audio", "audio/wav", "UklGR" }, { audio.type, audio.mimeType, audio.data:sub(1, 5) })
    end)

    it("resource", function()
      assert.same({ { type = "resource", resource = {
        uri = "test://embedded-resource", mimeType = "text/plain", text = "This is an embedded resource content." } } },
        call("test_embedded_resource").content)
    end)

    it("mixed content, with annotations", function()
      local blocks = call("test_multiple_content_types").content
      assert.same({ "text", "image", "resource" }, { blocks[1].type, blocks[2].type, blocks[3].type })
      assert.same({ audience = { "user" }, priority = 0.5 }, blocks[2].annotations)
      assert.same({ uri = "test://mixed-content-resource", mimeType = "application/json", text = '{"test":"data","value":123}' },
        blocks[3].resource)
    end)

    it("error", function()
      local result = call("test_error_handling")
      assert.is_true(result.isError)
      assert.equal("text", result.content[1].type)
    end)

    it("progress, with the token that was given", function()
      s.notifications = {}
      call("test_tool_with_progress", nil, { progressToken = "p-1" })
      local values = {}
      for i, p in ipairs(told(s, "notifications/progress")) do
        values[i] = p.progress
        assert.same({ "p-1", 100 }, { p.progressToken, p.total })
      end
      assert.same({ 0, 50, 100 }, values)
    end)

    it("log messages, which modern clients ask for", function()
      s.notifications = {}
      call "test_tool_with_logging"
      call "test_logging_tool"
      assert.equal(is_modern and 0 or 4, #told(s, "notifications/message"))
      s.notifications = {}
      call("test_tool_with_logging", nil, { ["io.modelcontextprotocol/logLevel"] = "info" })
      local texts = {}
      for i, m in ipairs(told(s, "notifications/message")) do texts[i] = m.level .. ": " .. m.data end
      assert.same({ "info: Tool execution started", "info: Tool processing data", "info: Tool execution completed" }, texts)
    end)

    it("a schema comes back as it was written", function()
      local schema = named(ask("tools/list").tools, "name", "json_schema_2020_12_tool").inputSchema
      local file <close> = assert(io.open(PACK .. "/tools/schema.lua"))
      assert.same(cjson.decode(file:read "a":match "schema = %[%[(.-)%]%]"), schema)
    end)

    it("and is checked by the words that the host knows", function()
      assert.is_nil(call("json_schema_2020_12_tool", { name = "Ada", contactMethod = "phone", phone = "1" }).isError)
      local result = call("json_schema_2020_12_tool", { contactMethod = "phone", email = "a@b" })
      assert.is_true(result.isError)
      assert.equal('the arguments: needs "phone"', result.content[1].text)
    end)

    it("an argument that is repeated in a header", function()
      local tool = named(ask("tools/list").tools, "name", "test_x_mcp_header")
      assert.same({ type = "string", description = "Where.", ["x-mcp-header"] = "Region" }, tool.inputSchema.properties.region)
      assert.equal("region: north", call("test_x_mcp_header", { region = "north" }).content[1].text)
    end)

    it("a tool that needs what the client lacks", function()
      local result, err = call("test_missing_capability", {})
      if is_modern then
        assert.same({ -32021, { requiredCapabilities = { sampling = {} } } }, { err.code, err.data })
      else
        assert.is_true(result.isError)
        assert.truthy(result.content[1].text:find('"test_missing_capability" needs a client that offers: sampling', 1, true))
      end
    end)

    it("and with a client that has it", function()
      local result
      if is_modern then
        result = call("test_missing_capability", {}, { ["io.modelcontextprotocol/clientCapabilities"] = { sampling = {} } })
      else
        result = conversation(revision, { sampling = {} })("tools/call", { name = "test_missing_capability" })
      end
      assert.equal("The client offers sampling.", result.content[1].text)
    end)

    it("prompts", function()
      for _, prompt in ipairs(ask("prompts/list").prompts) do assert.is_string(prompt.description) end
      local function messages(name, arguments) return ask("prompts/get", { name = name, arguments = arguments }).messages end
      assert.same({ { role = "user", content = { type = "text", text = "This is a simple prompt for testing." } } },
        messages "test_simple_prompt")
      assert.equal("Prompt with arguments: arg1='a', arg2='b'",
        messages("test_prompt_with_arguments", { arg1 = "a", arg2 = "b" })[1].content.text)
      local pair = messages("test_prompt_with_embedded_resource", { resourceUri = "test://x" })
      assert.same({ type = "resource", resource = {
        uri = "test://x", mimeType = "text/plain", text = "Embedded resource content for testing." } }, pair[1].content)
      assert.equal("text", pair[2].content.type)
      pair = messages "test_prompt_with_image"
      assert.same({ "image", "image/png", "text" }, { pair[1].content.type, pair[1].content.mimeType, pair[2].content.type })
    end)

    it("resources", function()
      local list = ask("resources/list").resources
      assert.same({ uri = "test://static-text", name = "static-text", title = "Static Text", description = "A text.",
        mimeType = "text/plain", size = 48, annotations = { audience = { "user", "assistant" }, priority = 0.5 } }, list[1])
      assert.same({ { uri = list[1].uri, mimeType = "text/plain", text = "This is the content of the static text resource." } },
        ask("resources/read", { uri = list[1].uri }).contents)
      local binary = ask("resources/read", { uri = "test://static-binary" }).contents[1]
      assert.same({ "test://static-binary", "image/png", "iVBORw0KGgo" }, { binary.uri, binary.mimeType, binary.blob:sub(1, 11) })
      local several = ask("resources/read", { uri = "test://several" }).contents
      assert.same({ "test://several/words", "words", "test://several/sound", "audio/wav" },
        { several[1].uri, several[1].text, several[2].uri, several[2].mimeType })
    end)

    it("a template", function()
      assert.equal("test://template/{id}/data", ask("resources/templates/list").resourceTemplates[1].uriTemplate)
      assert.same({ { uri = "test://template/123/data", mimeType = "application/json",
        text = '{"id":"123","templateTest":true,"data":"Data for ID: 123"}' } },
        ask("resources/read", { uri = "test://template/123/data" }).contents)
    end)

    it("what is not there", function()
      local _, err = ask("resources/read", { uri = "test://nonexistent-resource-for-conformance-testing" })
      assert.same({ is_modern and -32602 or -32002, { uri = "test://nonexistent-resource-for-conformance-testing" } },
        { err.code, err.data })
    end)

    it("a list that has changed", function()
      s.notifications = {}
      if is_modern then s:send("subscriptions/listen", host.modern { notifications = { promptsListChanged = true } }) end
      call "test_trigger_tool_change"
      call "test_trigger_prompt_change"
      assert.equal(is_modern and 0 or 1, #told(s, "notifications/tools/list_changed"))
      assert.equal(1, #told(s, "notifications/prompts/list_changed"))
    end)
  end)
end
