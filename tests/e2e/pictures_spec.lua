-- The pictures of the README are what the tools draw, and clients with MCP Apps get a page for them: what the host says of it in
-- each revision.
local host = require "tests.support.host"
local packs = require "tests.support.packs"
local pictures = require "tests.support.pictures"

local PAGE = "ui://hatchet/picture"
local MIME = "text/html;profile=mcp-app"
local META = { ui = { csp = {}, prefersBorder = false } }

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function start(revision)
  local s = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har" } }
  if revision ~= host.modern_revision then s:initialize(revision) end
  return s
end

local function by(list, key)
  local found = {}
  for _, entry in ipairs(list) do found[entry[key]] = entry end
  return found
end

-- A pack with this declaration; the error of a pack that is refused.
local function refused(code)
  local result = host.run { args = { "tools", packs.write { ["tools/x.lua"] = code } } }
  assert.not_equal(0, result.code)
  return result.stderr
end

describe("the pictures of the README", function()
  local made = loadfile "docs/pictures/make.lua" "list"

  for name, svg in pairs(made) do
    it(name .. " is what the tool draws (else run: lua5.4 docs/pictures/make.lua)", function()
      assert.equal(svg, read("docs/pictures/" .. name))
      pictures.check(svg)
    end)
  end

  it("are all shown, light and dark", function()
    local shown, expected = {}, {}
    for name in read "README.md":gmatch '"docs/pictures/([%w-]+%.svg)"' do shown[name] = true end
    for name in pairs(made) do expected[name] = true end
    assert.same(expected, shown)
  end)
end)

describe("a page for the results of a tool", function()
  local function ask(revision)
    local s = start(revision)
    return function(method, params)
      return assert(s:request(method, revision == host.modern_revision and host.modern(params) or params).result)
    end
  end

  for _, revision in ipairs { host.modern_revision, table.unpack(host.revisions) } do
    it("is told as " .. revision .. " can tell it", function()
      local request = ask(revision)
      local tool = by(request("tools/list").tools, "name").draw_run_timeline
      local resource = by(request("resources/list").resources, "uri")[PAGE]
      local content = request("resources/read", { uri = PAGE }).contents[1]
      local knows = revision >= "2025-06-18"
      assert.same(knows and { ui = { resourceUri = PAGE }, ["ui/resourceUri"] = PAGE } or nil, tool._meta)
      assert.same({ MIME, knows and META or nil }, { resource.mimeType, resource._meta })
      assert.same({ PAGE, MIME, knows and META or nil }, { content.uri, content.mimeType, content._meta })
      assert.truthy(content.text:find "^<!DOCTYPE html>")
    end)
  end

  it("is an extension for those who know extensions, where a tool has one", function()
    local expected = { ["io.modelcontextprotocol/ui"] = { mimeTypes = { MIME } }, ["io.modelcontextprotocol/tasks"] = {} }
    assert.same(expected, ask(host.modern_revision)("server/discover").capabilities.extensions)
    local s = host.start { pack = packs.write {
      ["tools/x.lua"] = [[tool "x" { title = "X", about = "X.", access = "read", run = function() end }]],
    } }
    assert.is_nil(s:request("server/discover", host.modern()).result.capabilities.extensions)
    for _, revision in ipairs(host.revisions) do
      local old = host.start { pack = "hatchet", args = { "--replay", "tests/cassettes/overview.har" } }
      assert.is_nil(old:initialize(revision).capabilities.extensions)
    end
  end)

  it("is not named when it is not there", function()
    local overlay = packs.write { ["tools/x.lua"] = ('hide.resource "%s"'):format(PAGE), ["pack.lua"] = "pack {}" }
    local s = host.start { pack = "hatchet", args = { "--overlay", overlay, "--replay", "tests/cassettes/overview.har" } }
    s:initialize()
    assert.is_nil(by(s:request("tools/list").result.tools, "name").draw_run_timeline._meta)
  end)

  it("has the whole of what its pack says of it", function()
    local s = packs.start { ["resources/x.lua"] = [[
resource "ui://spec/x" { name = "x", about = "X.", mime = "text/html;profile=mcp-app", ]]
      .. [[run = function() return "<!DOCTYPE html>" end,
  ui = { csp = { connectDomains = { "https://shop.test" } }, permissions = { camera = {} }, ]]
      .. [[domain = "x.test", prefersBorder = true } }
]] }
    assert.same({ ui = {
      csp = { connectDomains = { "https://shop.test" } }, permissions = { camera = {} }, domain = "x.test", prefersBorder = true,
    } }, s:request("resources/list").result.resources[1]._meta)
  end)

  it("is refused when it is none", function()
    local TOOL = 'tool "x" { title = "X", about = "X.", access = "read", ui = %s, run = function() end }'
    assert.truthy(refused(TOOL:format '"https://shop.test"'):find(
      'ui is the address of a resource, such as "ui://pack/page"', 1, true))
    assert.truthy(refused(TOOL:format '"ui://"'):find("ui is the address", 1, true))
    assert.truthy(refused(TOOL:format "{}"):find('the field "ui" is a table, not a string', 1, true))
    local RESOURCE = 'resource "%s" { name = "x", about = "X.", ui = %s, run = function() end }'
    assert.truthy(refused(RESOURCE:format("spec://x", "{}")):find("for resources whose address begins with ui://", 1, true))
    assert.truthy(refused(RESOURCE:format("ui://x", "{ border = true }")):find('not "border"', 1, true))
    assert.truthy(refused(RESOURCE:format("ui://x", "{ true }")):find('not ""', 1, true))
  end)
end)

describe("hatchway.content", function()
  local function content(block)
    local s = packs.start { ["tools/x.lua"] = ([[
tool "x" { title = "X", about = "X.", access = "read", run = function()
  local block = %s
  local made = hatchway.content { block }
  return block.data == nil and made or "changed"
end }]]):format(block) }
    return s:call "x"
  end

  it("encodes bytes, and leaves the script's own table as it is", function()
    for bytes, base64 in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", ["\\0\\255\\n"] = "AP8K" } do
      assert.same({ { type = "image", mimeType = "image/png", data = base64 } },
        content(('{ type = "image", bytes = "%s", mimeType = "image/png" }'):format(bytes)).content)
    end
    assert.equal("Zm9v", content('{ type = "audio", bytes = "foo", mimeType = "audio/wav" }').content[1].data)
  end)

  it("passes on annotations, and needs data or bytes", function()
    local block = content('{ type = "image", bytes = "foo", mimeType = "image/png", '
      .. 'annotations = { audience = { "user" } } }').content[1]
    assert.same({ audience = { "user" } }, block.annotations)
    assert.is_true(content('{ type = "image", mimeType = "image/png" }').isError)
    assert.is_true(content('{ type = "image", bytes = 5, mimeType = "image/png" }').isError)
    assert.is_true(content('{ type = "image", bytes = ("x"):rep(3500000), mimeType = "image/png" }').isError)
  end)
end)
