-- The man page: made from the tables of commands and options, current, and right for the programs that show it.
local host = require "tests.support.host"

local PAGE = "docs/hatchway.1"

local function read(file)
  local f <close> = assert(io.open(file))
  return f:read "a"
end

local function output(command)
  local f <close> = assert(io.popen(command))
  return f:read "a"
end

local function has(program) return os.execute(("command -v %s >/dev/null 2>&1"):format(program)) end

local function help(...) return host.run({ args = { ... } }).stdout end

local function commands()
  local list = {}
  for name in help("--help"):gmatch "\n  (%l+) " do list[#list + 1] = name end
  return list
end

describe("docs/hatchway.1", function()
  it("is what the tables say now", function()
    assert(read(PAGE) == help "__man", "run: build/hatchway __man > " .. PAGE)
  end)

  it("has the sections of a man page, in their order", function()
    local sections = {}
    for name in read(PAGE):gmatch "\n%.SH ([^\n]+)" do sections[#sections + 1] = name end
    assert.same({ "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
      "SEE ALSO" }, sections)
  end)

  it("tells of every command, and its exit codes; so does --help", function()
    local page, list = read(PAGE), commands()
    assert.truthy(#list >= 13)
    for _, name in ipairs(list) do
      local part = page:match("\n%.SS " .. name .. "\n(.-)\n%.S[SH] ")
      assert(part and part:find("Exit codes: ", 1, true), "no exit codes of " .. name .. " in the page")
      assert(help(name, "--help"):find("Exit codes: ", 1, true), "no exit codes in the help of " .. name)
    end
    assert.truthy(help("--help"):find("Exit codes: 0 done, 1 failed, 2 an argument is wrong.", 1, true))
  end)

  local function without_warnings(program, command)
    (has(program) and it or pending)("is shown without warnings by " .. program, function() assert.equal("", output(command)) end)
  end
  without_warnings("groff", "groff -man -Tutf8 -ww " .. PAGE .. " 2>&1 >/dev/null")
  without_warnings("mandoc", "mandoc -Tlint -Wwarning " .. PAGE .. " 2>&1")
  without_warnings("man", "MANPAGER=cat man --warnings=w -l " .. PAGE .. " 2>&1 >/dev/null");

  (has "man" and it or pending)("shows texts as they were written", function()
    local shown = output("MANPAGER=cat MANWIDTH=150 man -l " .. PAGE .. " 2>/dev/null")
    for _, text in ipairs {
      "hatchway call trigger_workflow workflow_name=sync-crm input='{\"dry\":true}' --access write",
      "hatchway prompt NAME [name=value …] [options]",
      'hatchet.get("/api/v1/tenants/{tenant}/worker").rows[1].name',
      "~/.config/hatchway/config.lua", "list_max=500000", "HATCHET_MCP_READ_ONLY",
    } do assert(shown:find(text, 1, true), "not shown: " .. text) end
  end)
end)
