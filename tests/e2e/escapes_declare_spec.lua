-- Declarations that a hostile file makes: what was checked is what is taken, and nothing is declared while another one is being
-- made.
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local packs = require "tests.support.packs"

local TOOL = 'tool "x" { title = "X", about = "x", access = "read", run = function() return "x" end }\n'
local MANY = 'for i = 1, 200 do tool("z" .. i) { title = "Z", about = "z", access = "read", run = function() return "z" end } end'

-- What hatchway says of a pack with these files, and of an overlay over a pack that has the tool "x".
local function refusal(files, base)
  local folder = packs.write(files)
  local args = base and { "serve", base, "--overlay", folder } or { "serve", folder }
  local result = host.run { args = args }
  assert.equal(1, result.code, result.stderr)
  assert.equal(1, select(2, result.stderr:gsub("\n", "\n")))
  return result.stderr
end

describe("a declaration", function()
  it("is read once: a field cannot change between check and use", function()
    for field, code in pairs {
      link = 'if k == "link" then n = n + 1 if n == 1 then return {} end return 12345 end',
      access = 'if k == "access" then n = n + 1 if n == 1 then return "read" end return nil end',
    } do
      local text = ([[
local n = 0
tool "b" (setmetatable({ title = "B", about = "b", %s run = function() return "b" end }, { __index = function(_, k) %s end }))
]]):format(field == "link" and 'access = "read",' or "", code)
      local folder = packs.write { ["tools/b.lua"] = text }
      local result = host.run { args = { "call", "b", "--pack", folder } }
      assert.truthy(result.code == 0 and result.stdout == "b\n" or result.code == 1 and result.stderr:find("b.lua:2:", 1, true),
        result.stdout .. result.stderr)
    end
  end)

  it("cannot have others made while its table is read", function()
    local text = refusal { ["tools/b.lua"] = [[
local p = prompt "p"
p { about = "p", input = setmetatable({}, { __pairs = function(t)
  pcall(p, { about = "again", run = print })
  ]] .. MANY .. [[

  return next, t, nil
end }), run = function() return "p" end }
]] }
    assert.truthy(text:find("b.lua:", 1, true), text)
  end)

  it("of an overlay cannot be completed twice while it is read", function()
    local base = packs.write { ["tools/x.lua"] = TOOL }
    local folder = packs.write { ["pack.lua"] = "pack {}", ["tools/b.lua"] = [[
local f = wrap.tool "x"
local n, done = 0, false
f(setmetatable({}, { __index = function(_, k)
  n = n + 1
  if n > 3 and not done then
    done = true
    pcall(f, {})
    pcall(function() ]] .. MANY .. [[ end)
  end
end }))
]] }
    local result = host.run { args = { "call", "x", "--pack", base, "--overlay", folder } }
    assert.truthy(result.code == 0 and result.stdout == "x\n" or result.code == 1 and result.stderr:find("b.lua:", 1, true),
      result.stdout .. result.stderr)
  end)

  it("is not made by the instructions of a pack", function()
    local text = refusal { ["pack.lua"] = 'pack { name = "spec", instructions = function() ' .. TOOL .. ' return "hi" end }' }
    assert.truthy(text:find("declarations are read with the files", 1, true), text)
  end)

  it("of a resource has no line break in its address", function()
    local text = refusal { ["resources/r.lua"] =
      'resource "x://a\\nb" { name = "r", about = "R.", run = function() return "r" end }' }
    assert.truthy(text:find("r.lua:1:", 1, true), text)
  end)
end)

describe("a module that raises inside of pcall", function()
  it("is told, for the file that it was required by goes on under its name", function()
    local text = refusal { ["m.lua"] = "error 'broken'", ["tools/b.lua"] = 'pcall(require, "spec.m")\n' .. TOOL }
    assert.truthy(text:find("tools/b.lua: the module .*/m.lua was not read to its end"), text)
  end)
end)

describe("a file", function()
  it("of any size ends at its ceiling", function()
    local folder = packs.write { ["tools/x.lua"] = TOOL }
    assert(os.execute("truncate -s 6G " .. folder .. "/tools/big.lua"))
    local result = host.run { args = { "check", folder } }
    assert.equal(1, result.code)
    assert.truthy(result.stdout:find("big.lua is larger than 1048576 bytes", 1, true)
      or result.stderr:find("big.lua is larger than 1048576 bytes", 1, true),
      result.stdout .. result.stderr)
  end)

  it("that is saved while the server starts is served", function()
    local folder = packs.write { ["tools/slow.lua"] = "local n = 0 for i = 1, 4e7 do n = n + i end\n" .. TOOL }
    local s = host.start { pack = folder }
    loop.sleep(0.1)
    local file <close> = assert(io.open(folder .. "/tools/late.lua", "w"))
    file:write 'tool "late" { title = "L", about = "L.", access = "read", run = function() return "late" end }'
    file:flush()
    s:initialize()
    loop.wait(8, function() return s:request("tools/call", { name = "late" }).result end)
    assert.equal("late", s:text(s:call "late"))
  end)
end)
