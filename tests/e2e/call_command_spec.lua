-- hatchway call: what people type and see. (What tools answer is told in tests/lua.)
local host = require "tests.support.host"
local packs = require "tests.support.packs"

local RECORDED = { "--replay", "tests/cassettes/overview.har", "--replay", "tests/cassettes/runs.har" }

local function call(...)
  local args = { "call", ... }
  table.move(RECORDED, 1, #RECORDED, #args + 1, args)
  return host.run { args = args }
end

describe("name=null", function()
  it("leaves an optional argument out, of whatever type, as null does for a client", function()
    local plain = call("list_runs").stdout
    for _, name in ipairs { "since", "limit", "only_tasks", "statuses", "additional_metadata", "workflow_ids" } do
      local result = call("list_runs", name .. "=null")
      assert.equal(plain, result.stdout, name .. ": " .. result.stderr)
    end
  end)

  it("stays a text where any text may be, and is refused where something must be", function()
    local folder = packs.write { ["tools/t.lua"] = [[
      local t = require "hatchway.types"
      tool "t" {
        title = "T", about = "Echo.", access = "read",
        input = {
          text = t.string { "any" }, n = t.integer { "a number" },
          colour = t.enum { "one", values = { "red", "blue" }, optional = true },
        },
        run = function(args) return { text = args.text, n = args.n, colour = args.colour } end,
      }
    ]] }
    local function echo(...) return host.run { args = { "call", "--pack", folder, RECORDED[1], RECORDED[2], "t", ... } } end
    assert.equal('{"n":1,"text":"null"}\n', echo("text=null", "n=1", "colour=null").stdout)
    local refused = echo("text=a", "n=null")
    assert.equal(1, refused.code)
    assert.truthy(refused.stderr:find('argument "n": must be an integer, got null', 1, true), refused.stderr)
  end)
end)

describe("--table", function()
  it("shows rows in columns, and below them what else there is", function()
    local result = call("list_workers", "--table")
    assert.equal(0, result.code)
    local lines = {}
    for line in result.stdout:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
    assert.equal(5, #lines)
    for _, head in ipairs { "dispatcherId", "metadata", "name", "status" } do
      local at = lines[1]:find("  " .. head .. "%f[ \0]")
      assert.truthy(at, head)
      local bytes, seen = 0, 0 -- columns count characters, and some cells have a sign of three bytes
      for _, code in utf8.codes(lines[2]) do
        seen = seen + 1
        if seen == at + 2 then break end
        bytes = bytes + #utf8.char(code)
      end
      assert.truthy(lines[2]:sub(bytes - 1, bytes + 1):match "^  ?%S?", head)
    end
    assert.truthy(lines[2]:find("  shop-main  ", 1, true))
    assert.falsy(lines[1]:find("tenantId", 1, true)) -- no row has a value for it
    assert.truthy(lines[3]:find("210e3b90-1ba8-4239-9328-5ed501eeee06", 1, true)) -- the id of what has one
    assert.truthy(lines[2]:find('["send-email:send-email","import-page:impor…  ', 1, true)) -- cut
    assert.same({ "", 'pagination: {"current_page":1,"next_page":1,"num_pages":1}' }, { lines[4], lines[5] })
  end)

  it("shows an answer without rows as indented JSON", function()
    local result = call("get_tenant", "--table")
    assert.equal('{\n  "tenant": {\n    "id": "', result.stdout:sub(1, 27))
  end)
end)
