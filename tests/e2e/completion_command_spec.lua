-- hatchway completion: the scripts, driven in the shells themselves, and what they ask of hatchway.
local home = require "tests.support.home"
local host = require "tests.support.host"

local CONFIG = ".config/hatchway/config.lua"

local function has(shell) return os.execute(("command -v %s >/dev/null 2>&1"):format(shell)) end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Runs a script in a shell that finds hatchway, in an empty home: what it prints, sorted.
local function run(shell, script, h)
  local folder = host.binary:match "^(.*)/"
  local bin = folder:sub(1, 1) == "/" and folder or os.getenv "PWD" .. "/" .. folder
  local file <close> = assert(io.popen(("env -i LANG=C.UTF-8 HOME=%s PATH=%s %s -c %s 2>&1"):format(quoted(h.folder),
    quoted(bin .. ":" .. os.getenv "PATH"), shell, quoted(script))))
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  table.sort(lines)
  return lines
end

-- What each shell would offer for a line that ends where it ends, without what stands before a = or : (bash).
local shells = {
  bash = function(line, h)
    return run("bash", ("source <(hatchway completion bash); COMP_LINE=%s; COMP_POINT=${#COMP_LINE}; _hatchway; "
      .. "[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%%s\\n' \"${COMPREPLY[@]}\""):format(quoted(line)), h)
  end,
  zsh = function(line, h)
    return run("zsh -f", ([==[
      compdef() { : }
      compset() { : }
      _files() { print -l -- files "$@" }
      compadd() { print -l -- "${(@P)@[-1]}" }
      source <(hatchway completion zsh)
      words=(${(s: :)${:-%s}}) line=%s
      [[ $line == *' ' ]] && words+=('')
      CURRENT=$#words
      _hatchway
    ]==]):format(quoted(line), quoted(line)), h)
  end,
  fish = function(line, h)
    local list = run("fish", ("hatchway completion fish | source; complete -C %s"):format(quoted(line)), h)
    for i, entry in ipairs(list) do list[i] = entry:match "^[^\t]*" end
    return list
  end,
}

for shell, complete in pairs(shells) do
  describe("in " .. shell, function()
    local test = has(shell) and it or pending

    test("commands, tools, arguments and values are completed", function()
      local h = home.new()
      local whole = shell == "bash" and "" or "statuses="
      assert.same({ "demo", "doctor" }, complete("hatchway d", h))
      assert.same({ "list_run_events", "list_runs" }, complete("hatchway call list_run", h))
      assert.same({ "statuses=" }, complete("hatchway call list_runs st", h))
      assert.same({ whole .. "FAILED" }, complete("hatchway call list_runs limit=5 statuses=F", h))
      assert.same({}, complete("hatchway call list_runs nothing_like_it", h))
    end)

    test("options and what they take are completed", function()
      local h = home.new()
      h:write(CONFIG, "return { profiles = { prod = {}, preview = {} } }")
      h:write(home.own .. "tools/mine.lua",
        'toolset "mine"\ntool "own" { title = "Own", about = "Ours.", access = "read", run = function() return {} end }')
      assert.same({ "--allow-http" }, complete("hatchway call --allow-ht", h))
      assert.same({ "destroy", "read", "write" }, complete("hatchway serve --access ", h))
      assert.same({ (shell == "bash" and "" or "--access=") .. "write" }, complete("hatchway serve --access=w", h))
      assert.same({ "preview", "prod" }, complete("hatchway doctor --profile p", h))
      assert.same({ "own" }, complete("hatchway call ow", h))
      assert.same({ "small,mine" }, complete("hatchway serve --toolsets small,mi", h))
      assert.same({ "list_runs,own" }, complete("hatchway serve --tools list_runs,ow", h))
    end)

    test("files and folders are left to the shell", function()
      local h = home.new()
      if shell == "zsh" then
        assert.same({ "files" }, complete("hatchway call --replay tests/cassettes/over", h))
        assert.same({ "-/", "files" }, complete("hatchway check tes", h))
      else
        assert.same({ "tests/cassettes/overview.har" }, complete("hatchway call --replay tests/cassettes/over", h))
        assert.same({ (shell == "bash" and "" or "--replay=") .. "tests/cassettes/overview.har" },
          complete("hatchway call --replay=tests/cassettes/over", h))
        assert.truthy(complete("hatchway check tes", h)[1]:match "^tests/?$")
      end
    end)
  end)
end

describe("what the scripts ask", function()
  local function candidates(h, ...)
    local list = {}
    for name in h:ok("__complete", ...):gmatch "([^\t\n]+)[^\n]*\n" do list[#list + 1] = name end
    return list
  end

  it("knows every command and every option that help shows", function()
    local h = home.new()
    local commands, options = {}, { "--help" }
    for name in h:ok("--help"):gmatch "\n  (%l+) " do commands[#commands + 1] = name end
    for name in h:ok("serve", "--help"):match("\nOptions:\n(.-)\n\n"):gmatch "(%-%-[%l-]+)[^\n]*" do
      if name ~= "--replay" or options[2] == nil then options[#options + 1] = name end
    end
    assert.same(commands, candidates(h, ""))
    local offered = candidates(h, "call", "--")
    assert.equal("--help", table.remove(offered))
    local seen = {}
    for _, name in ipairs(offered) do seen[name] = true end
    for _, name in ipairs(options) do assert.truthy(seen[name] or name == "--help", name) end
  end)

  it("does not offer an argument twice, unless it is a list", function()
    local list = table.concat(candidates(home.new(), "call", "list_runs", "limit=3", "statuses=FAILED", ""), " ")
    assert.falsy(list:find("limit=", 1, true))
    assert.truthy(list:find("statuses=", 1, true))
  end)

  it("is right in the place of each word", function()
    local h = home.new()
    assert.same({ "tool", "prompt", "resource", "pack" }, candidates(h, "new", ""))
    assert.same({}, candidates(h, "new", "tool", ""))
    assert.same({ "bash", "zsh", "fish" }, candidates(h, "completion", ""))
    assert.same({ "warning" }, candidates(h, "serve", "--log-level", "w"))
    assert.same({ "list_max=" }, candidates(h, "serve", "--limit", "li"))
    assert.same({ "env" }, candidates(h, "serve", "--proxy", ""))
    assert.same({ "workflow_run_id=" }, candidates(h, "prompt", "debug_run", ""))
    assert.same({ "only_tasks=true", "only_tasks=false" }, candidates(h, "call", "--access", "read", "list_runs", "only_tasks="))
    assert.same({ ":files" }, candidates(h, "record", ""))
    assert.same({ ":folders" }, candidates(h, "--overlay", ""))
    assert.same({}, candidates(h, "demo", ""))
    assert.same({}, candidates(h, "nonsense", ""))
    assert.same({ "hatchet://workers" }, candidates(h, "eject", "hatchet://worke"))
  end)

  it("is answered in spite of what is wrong", function()
    local h = home.new()
    h:write(CONFIG, "return {")
    assert.same({ "list_runs" }, candidates(h, "call", "--acess=x", "list_runs"))
    assert.same({}, candidates(h, "call", "--profile", ""))
    h:write(home.own .. "tools/broken.lua", "x =")
    assert.same({}, candidates(h, "call", "list_ru"))
  end)
end)

describe("hatchway completion", function()
  it("wants the name of a shell", function()
    for _, args in ipairs { {}, { "tcsh" }, { "bash", "zsh" } } do
      local result = home.new():run("completion", table.unpack(args))
      assert.same({ 2, "", "hatchway: completion needs the name of a shell: bash, zsh or fish\n" },
        { result.code, result.stdout, result.stderr })
    end
  end)
end)
