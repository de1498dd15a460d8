-- All Lua of the repository: names that are spelt as they are declared, nothing unused, lines of 130 columns at the most.

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "a"
  return text, pipe:close() or false
end

describe("luacheck", function()
  local _, is_there = output "luacheck --version"

  it("finds nothing in lua, prompts, tests, docs and cmake", function()
    if not is_there then return pending "luacheck is not installed" end
    assert.same({ "", true }, { output "luacheck --no-color --formatter plain ." })
  end)

  it("would find a misspelt name and a line that is too long", function()
    if not is_there then return pending "luacheck is not installed" end
    local source = ("'hatchway.tri()' '-- %s'"):format(("x"):rep(140))
    local text = output(("printf '%%s\\n' %s | luacheck --no-color --formatter plain --filename lua/x.lua -"):format(source))
    assert.truthy(text:find("lua/x.lua:1:1: accessing undefined field 'tri' of global 'hatchway'", 1, true), text)
    assert.truthy(text:find("lua/x.lua:2:131: line is too long (143 > 130)", 1, true), text)
  end)
end)
