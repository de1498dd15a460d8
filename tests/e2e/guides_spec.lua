-- The guides of docs/guides, done step by step as they stand: from an empty home directory, in a folder that looks like the
-- checkout, while a server runs that has to take over each file that is saved. tests/support/guides.lua tells what the blocks of
-- a guide mean. A token that a guide leaves out (HATCHET_CLIENT_TOKEN=…), or has the reader paste, is that of a test server,
-- -- which answers as the engine did when it was recorded. Ports are others, and what the guide calls mcp.example.com is here.
local uv = require "luv"
local cjson = require "cjson"
local answers = require "tests.support.answers"
local guides = require "tests.support.guides"
local host = require "tests.support.host"
local loop = require "tests.support.loop"
local proxy = require "tests.support.proxy"
local tokens = require "tests.support.token"
local upstream = require "tests.support.upstream"

local NAMES = { "first-hour", "writing-a-tool", "customising-prompts", "testing", "sandbox", "several-tenants", "production",
  "network", "security", "moving-from-hatchet-mcp" }
local RECORDINGS = { "overview", "runs", "details", "logs" }

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function write(path, text)
  os.execute(("mkdir -p '%s'"):format(path:match("^(.*)/")))
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

-- Notes the arguments of `claude mcp add`, which the spec then obeys.
local CLAUDE = "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done > \"$HOME/claude-arguments\"\n"

-- A home, and beside it the checkout: its files by symlinks, and a copy of the binary where the build would put it.
local function place()
  local root = assert(uv.fs_mkdtemp "/tmp/hatchway-guide-XXXXXX")
  loop.finally(function() os.execute("rm -r " .. root) end)
  loop.finally(function() os.execute(("for file in %s/home/*.pid; do kill -9 $(cat $file); done 2>/dev/null"):format(root)) end)
  local p = { root = root, home = root .. "/home", checkout = root .. "/checkout" }
  assert(uv.fs_mkdir(p.home, 493))
  assert(os.execute(([[
    mkdir -p %s/build %s/bin &&
    for entry in * .ci; do [ "$entry" = build ] || ln -s "$PWD/$entry" %s/; done && cp -L '%s' %s/build/hatchway]])
    :format(p.checkout, root, p.checkout, host.binary, p.checkout)))
  write(root .. "/bin/claude", CLAUDE)
  assert(os.execute("chmod +x " .. root .. "/bin/claude"))
  p.token = tokens.token { server_url = upstream.start(answers.recorded(table.unpack(RECORDINGS))).url }
  p.ports = { [8765] = proxy.free_port(), [8766] = proxy.free_port() }
  p.path = ("%s/build:%s/bin:%s"):format(p.checkout, root, os.getenv "PATH")
  return p
end

-- Runs a program to its end: exit code, and all that it printed.
local function run(p, program, args, options)
  local out, done, code, open = uv.new_pipe(), {}, nil, true
  local stdin = uv.new_pipe()
  local env = { "HOME=" .. p.home, "PATH=" .. p.path, "LANG=C.UTF-8", "LSAN_OPTIONS=" .. (os.getenv "LSAN_OPTIONS" or "") }
  for name, value in pairs(options.env or {}) do env[#env + 1] = name .. "=" .. value end
  local words = { "-c", 'exec "$0" "$@" 2>&1', program, table.unpack(args) }
  local process = assert(uv.spawn("/bin/sh", { args = words, cwd = p.checkout, env = env, stdio = { stdin, out } },
    function(exit) code = exit end))
  out:read_start(function(_, piece)
    if piece then done[#done + 1] = piece else open = false end
  end)
  stdin:write(options.stdin or "")
  stdin:shutdown()
  loop.wait(60, function() return code and not open end)
  for _, handle in ipairs { stdin, out, process } do loop.close(handle) end
  return code, table.concat(done)
end

local INITIALIZE = cjson.encode { jsonrpc = "2.0", id = 1, method = "initialize",
  params = { protocolVersion = "2025-11-25", capabilities = {}, clientInfo = { name = "guide", version = "1" } } }

-- A client that is configured like this gets an answer to initialize.
local function starts(p, command, args, env)
  assert.equal("hatchway", command:match("[^/]+$"))
  for name, value in pairs(env) do env[name] = value == "…" and p.token or value end
  local code, text = run(p, p.checkout .. "/build/hatchway", args, { env = env, stdin = INITIALIZE .. "\n" })
  assert.equal(0, code, text)
  assert.truthy(text:find('"serverInfo":{"name":"hatchet"', 1, true), text)
end

-- So does one that sends this to that address. Clients write variables in ways of their own.
local function reaches(p, url, authorization)
  local value = authorization:gsub("%${[%w:_-]+}", "$HATCHWAY_KEY")
  local code, text = run(p, "/bin/sh", { "-e", "-c", ([[%s
    curl -sS '%s' -H "Authorization: %s" -H 'Content-Type: application/json' -d '%s']])
    :format(p.exports or "", url, value, INITIALIZE) }, {})
  assert.equal(0, code, text)
  assert.truthy(text:find('"serverInfo":{"name":"hatchet"', 1, true), text)
end

-- What `claude mcp add NAME --env X=… -- COMMAND …` or `claude mcp add --transport http NAME URL --header H` has been told.
local function obey_claude(p)
  local words, env = {}, {}
  for word in read(p.home .. "/claude-arguments"):gmatch("[^\n]+") do words[#words + 1] = word end
  os.remove(p.home .. "/claude-arguments")
  if words[3] == "--transport" then
    assert.same({ "http", "hatchet", "--header" }, { words[4], words[5], words[7] })
    return reaches(p, words[6], assert(words[8]:match "^Authorization: (.*)$"))
  end
  assert.same({ "mcp", "add", "hatchet" }, { table.unpack(words, 1, 3) })
  local at = 4
  while words[at] == "--env" do
    local name, value = words[at + 1]:match("^([%w_]+)=(.*)$")
    env[name], at = value, at + 2
  end
  assert.equal("--", words[at])
  starts(p, words[at + 1], { table.unpack(words, at + 2) }, env)
end

-- The ports of a guide are fixed, one of them by default; ours are free ones.
local function with_ports(p, text)
  text = text:gsub("(serve %-%-http )(%D)", "%1127.0.0.1:8765 %2")
  for from, to in pairs(p.ports) do text = text:gsub(("%%f[%%d]%d%%f[%%D]"):format(from), ("%d"):format(to)) end
  return text
end

-- ./bootstrap installs packages and builds, which is done when specs run; what it then does is the command of the same name.
local function as_built(p, commands)
  return (commands:gsub("%./bootstrap demo", "hatchway demo"):gsub("HATCHET_CLIENT_TOKEN=…", "HATCHET_CLIENT_TOKEN=" .. p.token))
end

local function is_served(path)
  return path:match("^~/%.config/hatchway/hatchet/%a+/[^/]+%.lua$") and not path:find("/tests/", 1, true)
    or path:match("^~/%.config/hatchway/hatchet/[^/]+%.lua$")
end

local function reloads(server, level)
  local n = 0
  for _, line in ipairs(server.log()) do
    if line.event == "reload" and line.level == level then n = n + 1 end
  end
  return n
end

local does = {}

-- What one block exports, the blocks after it have.
local function shell(p, step)
  local pasted = step.text:find "# paste" and p.token .. "\n" or nil
  local code, text = run(p, "/bin/sh", { "-e", "-c", (p.exports or "") .. as_built(p, step.text) }, { stdin = pasted })
  for line in step.text:gmatch("export [^\n]+\n") do p.exports = (p.exports or "") .. as_built(p, line) end
  p.printed = text:gsub("\r\n", "\n")
  return code, text
end

function does.run(p, step)
  local code, text = shell(p, step)
  assert.equal(0, code, ("line %d: %s\n%s"):format(step.line, step.text, text))
  if step.text:find "^claude " then obey_claude(p) end
end

function does.fail(p, step)
  local code, text = shell(p, step)
  assert.is_true(code ~= 0, ("line %d should fail: %s\n%s"):format(step.line, step.text, text))
end

function does.printed(p, step)
  assert.is_true(guides.fits(step.text, assert(p.printed)),
    ("line %d: the guide shows\n%s\nand this came:\n%s"):format(step.line, step.text, p.printed))
end

local function save(p, step, level)
  local path = guides.path(step)
  local before = reloads(p.server, level)
  write(path:find "^~" and p.home .. path:sub(2) or p.checkout .. "/" .. path, step.text)
  if is_served(path) then
    p.server:await(10, ("reload (%s) after line %d"):format(level, step.line),
      function() return reloads(p.server, level) > before end)
  end
end

function does.file(p, step) save(p, step, "info") end
function does.broken(p, step) save(p, step, "error") end

function does.there(p, step)
  write(p.home .. step.path:sub(2), step.text)
end

function does.client(p, step)
  if step.language == "json" then
    local all = cjson.decode(step.text)
    local entry = (all.mcpServers or all.servers).hatchet
    if entry.url then return reaches(p, entry.url, entry.headers.Authorization) end
    starts(p, entry.command, entry.args or {}, entry.env or {})
  elseif step.text:find("url = ", 1, true) then
    reaches(p, step.text:match 'url = "(.-)"', "Bearer ${" .. step.text:match 'bearer_token_env_var = "(.-)"' .. "}")
  else
    local name, value = step.text:match("env = { ([%w_]+) = \"(.-)\" }")
    starts(p, step.text:match("command = \"(.-)\""), {}, { [name] = value })
  end
end

-- The proxy is there from now on, and curl finds it under its name.
function does.proxy(p, step)
  local made = proxy[step.language](step.text, {})
  write(p.home .. "/.curlrc", ('cacert = "%s"\nconnect-to = "mcp.example.com:443:127.0.0.1:%d"\n')
    :format(made.ca_file, made.tls_port))
end

function does.scrape(p, step)
  local target = step.text:match 'targets: %["([^"]+)"%]'
  local code, text = run(p, "/bin/sh", { "-c", ("curl -sS http://%s/metrics"):format(target) }, {})
  assert.equal(0, code, text)
  assert.truthy(text:find("\nhatchway_build_info{", 1, true), text)
end

-- The lists of a server.
local function offer(server)
  local all = {}
  for _, list in ipairs { "tools/list", "prompts/list", "resources/list", "resources/templates/list" } do
    all[list] = server:request(list).result
  end
  return all
end

local function server_of(p)
  local args = {}
  for _, name in ipairs(RECORDINGS) do
    args[#args + 1] = "--replay"
    args[#args + 1] = ("tests/cassettes/%s.har"):format(name)
  end
  return host.start { pack = "hatchet", args = args, home = p.home, env = { HATCHWAY_PROFILE = "" } } -- no default profile
end

describe("the guide", function()
  for _, name in ipairs(NAMES) do
    it(name .. " does what it says", function()
      local p = place()
      p.server = server_of(p)
      p.server:initialize()
      local steps = guides.steps(read(("docs/guides/%s.md"):format(name)), name)
      assert.is_true(#steps > 3)
      for _, step in ipairs(steps) do
        step.text = with_ports(p, step.text)
        does[step.kind](p, step)
      end
      local fresh = server_of(p)
      fresh:initialize()
      local want = offer(fresh)
      loop.wait(5, function() return pcall(assert.same, want, offer(p.server)) end)
      assert.same(want, offer(p.server))
      assert.is_nil(os.execute(("grep -rqF --exclude='*.token' %s %s"):format(p.token, p.root)), "a file has the token")
    end)
  end
end)

describe("the first own tool", function()
  local code
  for _, step in ipairs(guides.steps(read "docs/guides/writing-a-tool.md", "writing-a-tool")) do
    code = code or step.kind == "file" and step.text:gsub("^[^\n]*\n", "")
  end

  it("is ten lines or fewer", function()
    assert.is_true(select(2, code:gsub("\n", "")) <= 10, code)
  end)

  it("is the one that the README shows", function()
    assert.truthy(read "README.md":find(code, 1, true))
  end)
end)

describe("every guide", function()
  it("is tested here, and the README leads to it", function()
    local names, readme = {}, read "README.md"
    for entry in uv.fs_scandir_next, assert(uv.fs_scandir "docs/guides") do names[#names + 1] = entry:match("^(.*)%.md$") end
    table.sort(names)
    local tested = { table.unpack(NAMES) }
    table.sort(tested)
    assert.same(tested, names)
    for _, name in ipairs(names) do assert.truthy(readme:find(("docs/guides/%s.md"):format(name), 1, true), name) end
  end)

  it("has links that lead somewhere", function()
    for _, name in ipairs(NAMES) do
      for target in read(("docs/guides/%s.md"):format(name)):gmatch("%]%(([^)#]+)[^)]*%)") do
        assert(io.open("docs/guides/" .. target)):close()
      end
    end
  end)
end)
