-- hatchway install: what it writes, from nothing and into files that people have; what a client makes of it.
local uv = require "luv"
local clients = require "tests.support.clients"
local home = require "tests.support.home"
local host = require "tests.support.host"
local tokens = require "tests.support.token"

local BINARY = uv.fs_realpath(host.binary)
local OVERVIEW = uv.fs_realpath "tests/cassettes/overview.har"

-- A home that begins empty; where a profile is named, there are the profiles of these specs.
local function new_home()
  local h = home.new()
  local run = h.run
  function h:run(...)
    if table.concat({ ... }, " "):find "%-%-profile" then
      h:write(".config/hatchway/config.lua", "return { profiles = { prod = {}, staging = {}, p = {} } }")
    end
    return run(self, ...)
  end
  return h
end

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end
local function has_not(text, part) assert.falsy(text:find(part, 1, true), text) end

-- Text with the path of the binary for @.
local function with_binary(text) return (text:gsub('(["\'])@(["\'])', "%1" .. BINARY .. "%2")) end

local function refused(h, code, ...)
  local result = h:run("install", ...)
  assert.same({ code, "" }, { result.code, result.stdout })
  return result.stderr
end

local function mode_of(path) return assert(uv.fs_stat(path)).mode & 511 end

-- The names of the files in a folder below the home, sorted; without the folder of the profiles of these specs.
local function names_in(h, folder)
  local names, scan = {}, uv.fs_scandir(h:path(folder))
  for name in function() return uv.fs_scandir_next(scan) end do
    if folder ~= "." or name ~= ".config" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Runs install with a folder as the one that it is started in: exit code, output and errors together.
local function run_in(h, folder, ...)
  os.execute(("mkdir -p '%s'"):format(folder))
  local words = {}
  for _, word in ipairs { ... } do words[#words + 1] = ("'%s'"):format(word) end
  local pipe = assert(io.popen(("cd '%s' && env -i HOME='%s' '%s' install %s 2>&1"):format(folder, h.folder, BINARY,
    table.concat(words, " "))))
  local output = pipe:read "a"
  return select(3, pipe:close()), output
end

-- What each client's file is when there was none.
local fresh = {
  ["claude-code"] = [[
{
  "mcpServers": {
    "hatchet": {
      "type": "stdio",
      "command": "@",
      "args": ["serve", "hatchet"],
      "env": {
        "HATCHET_CLIENT_TOKEN": "${HATCHET_CLIENT_TOKEN}"
      }
    }
  }
}
]],
  ["claude-desktop"] = [[
{
  "mcpServers": {
    "hatchet": {
      "command": "@",
      "args": ["serve", "hatchet"]
    }
  }
}
]],
  cursor = [[
{
  "mcpServers": {
    "hatchet": {
      "type": "stdio",
      "command": "@",
      "args": ["serve", "hatchet"],
      "env": {
        "HATCHET_CLIENT_TOKEN": "${env:HATCHET_CLIENT_TOKEN}"
      }
    }
  }
}
]],
  vscode = [[
{
  "inputs": [
    {
      "type": "promptString",
      "id": "hatchet-token",
      "description": "Hatchet API token",
      "password": true
    }
  ],
  "servers": {
    "hatchet": {
      "type": "stdio",
      "command": "@",
      "args": ["serve", "hatchet"],
      "env": {
        "HATCHET_CLIENT_TOKEN": "${input:hatchet-token}"
      }
    }
  }
}
]],
  codex = [=[
[mcp_servers.hatchet]
command = "@"
args = ["serve", "hatchet"]
env_vars = ["HATCHET_CLIENT_TOKEN"]
]=],
  gemini = [[
{
  "mcpServers": {
    "hatchet": {
      "command": "@",
      "args": ["serve", "hatchet"],
      "env": {
        "HATCHET_CLIENT_TOKEN": "$HATCHET_CLIENT_TOKEN"
      }
    }
  }
}
]],
  zed = [[
{
  "context_servers": {
    "hatchet": {
      "command": "@",
      "args": ["serve", "hatchet"]
    }
  }
}
]],
}

describe("hatchway install, in an empty home,", function()
  for _, name in ipairs(clients.names) do
    it("writes the file of " .. name, function()
      local h, file = new_home(), clients.file(name)
      local output = h:ok("install", "--client", name)
      assert.equal(with_binary(fresh[name]), h:read(file))
      has(output, ('added the server "hatchet" in %s\n  it runs: %s serve hatchet\n  token: '):format(h:path(file), BINARY))
      has(output, "\n  next: ")
      assert.equal(384, mode_of(h:path(file))) -- 0600
      assert.same({ file:match "[^/]+$" }, names_in(h, file:match "^(.*)/" or "."))
    end)

    it("a second time changes nothing, and says so: " .. name, function()
      local h, file = new_home(), clients.file(name)
      h:ok("install", "--client", name)
      local before = uv.fs_stat(h:path(file))
      has(h:ok("install", "--client", name), "already, and as it should be; nothing to do\n")
      local after = uv.fs_stat(h:path(file))
      assert.same({ before.ino, before.ctime }, { after.ino, after.ctime })
    end)

    it("takes it out again: " .. name, function()
      local h = new_home()
      h:ok("install", "--client", name)
      local left = name == "codex" and "" or name == "vscode" and '{\n  "inputs": [],\n  "servers": {}\n}\n'
        or ('{\n  "%s": {}\n}\n'):format(name == "zed" and "context_servers" or "mcpServers")
      has(h:ok("install", "--client", name, "--uninstall"), 'removed the server "hatchet" from ' .. h:path(clients.file(name)))
      assert.equal(left, h:read(clients.file(name)))
      has(h:ok("install", "--client", name, "--uninstall"), 'there is no server "hatchet" in ')
      assert.equal(left, h:read(clients.file(name)))
    end)

    it("has nothing to take out: " .. name, function()
      local h = new_home()
      has(h:ok("install", "--client", name, "--uninstall"), "nothing to do")
      assert.is_nil(h:read(clients.file(name)))
    end)

    it("--dry-run shows it and writes nothing: " .. name, function()
      local h, file = new_home(), clients.file(name)
      local _, lines = fresh[name]:gsub("\n", "")
      assert.equal(("--- %s (not there yet)\n+++ %s\n@@ -0,0 +1,%d @@\n"):format(h:path(file), h:path(file), lines)
        .. with_binary(fresh[name]):gsub("([^\n]*\n)", "+%1"), h:ok("install", "--client", name, "--dry-run"))
      assert.same({}, names_in(h, "."))
    end)

    local project = clients.project_file(name)
    it((project and "--project writes " .. project or "--project is refused") .. ": " .. name, function()
      local h = new_home()
      local code, output = run_in(h, h:path "work", "--client", name, "--project")
      if project then
        assert.equal(0, code, output)
        assert.equal(with_binary(fresh[name]), h:read("work/" .. project))
        assert.same({ "work" }, names_in(h, "."))
      else
        assert.same({ 2, "hatchway: --project: Claude Desktop has no configuration of a project\n" }, { code, output })
      end
    end)
  end

  it("an empty file and {} come to the same", function()
    for _, name in ipairs(clients.names) do
      for _, text in ipairs { "", name ~= "codex" and "{}\n" or "" } do
        local h = new_home()
        h:write(clients.file(name), text)
        h:ok("install", "--client", name)
        assert.equal(with_binary(fresh[name]), h:read(clients.file(name)))
      end
    end
  end)

  it("obeys XDG_CONFIG_HOME, CODEX_HOME and CLAUDE_CONFIG_DIR", function()
    local h = new_home()
    h.options.env = { XDG_CONFIG_HOME = h:path "x", CODEX_HOME = h:path "y", CLAUDE_CONFIG_DIR = h:path "z" }
    for _, name in ipairs(clients.names) do h:ok("install", "--client", name) end
    for name, file in pairs { vscode = "x/Code/User/mcp.json", zed = "x/zed/settings.json", codex = "y/config.toml",
      ["claude-desktop"] = "x/Claude/claude_desktop_config.json", ["claude-code"] = "z/.claude.json" } do
      assert.equal(with_binary(fresh[name]), h:read(file))
    end
  end)
end)

-- As an editor on Windows saves it, with tabs for \t.
local function windows(text) return "\xEF\xBB\xBF" .. text:gsub("\\t", "\t"):gsub("\n", "\r\n") end

-- { client, the file before, the arguments, the file after }
local rich = {
  ["Claude Code, with all that it keeps there"] = { "claude-code", [[
{
  "numStartups": 12,
  "projects": {
    "/home/me/shop": { "allowedTools": [], "history": [{ "display": "{\"a\": 1} // no comment" }] }
  },
  "mcpServers": {
    "github": {
      "type": "http",
      "url": "https://api.githubcopilot.com/mcp"
    }
  },
  "userID": "x"
}]], { "--profile", "prod", "--access", "write" }, [[
{
  "numStartups": 12,
  "projects": {
    "/home/me/shop": { "allowedTools": [], "history": [{ "display": "{\"a\": 1} // no comment" }] }
  },
  "mcpServers": {
    "github": {
      "type": "http",
      "url": "https://api.githubcopilot.com/mcp"
    },
    "hatchet": {
      "type": "stdio",
      "command": "@",
      "args": ["serve", "hatchet", "--profile", "prod", "--access", "write"]
    }
  },
  "userID": "x"
}]] },
  ["Claude Desktop, in one line"] = { "claude-desktop", '{"globalShortcut":"","mcpServers":{"a":{"command":"x"}}}',
    { "--profile", "prod" },
    '{"globalShortcut":"","mcpServers":{"a":{"command":"x"},"hatchet":{"command":"@",'
      .. '"args":["serve","hatchet","--profile","prod"]}}}' },
  ["Cursor, with four blanks and a comment"] = { "cursor", [[
{
    // what the team shares
    "mcpServers": {
        "a": { "command": "x" } // mine
    }
}
]], { "--profile=prod" }, [[
{
    // what the team shares
    "mcpServers": {
        "a": { "command": "x" }, // mine
        "hatchet": {
            "type": "stdio",
            "command": "@",
            "args": ["serve", "hatchet", "--profile", "prod"]
        }
    }
}
]] },
  ["VS Code, with tabs, CRLF, comments, trailing commas and its own input"] = { "vscode", windows [[
{
\t// servers of mine
\t"servers": {
\t\t"a": { "command": "x" },
\t},
\t"inputs": [
\t\t{ "id": "key", "type": "promptString" },
\t],
}]], {}, windows [[
{
\t// servers of mine
\t"servers": {
\t\t"a": { "command": "x" },
\t\t"hatchet": {
\t\t\t"type": "stdio",
\t\t\t"command": "@",
\t\t\t"args": ["serve", "hatchet"],
\t\t\t"env": {
\t\t\t\t"HATCHET_CLIENT_TOKEN": "${input:hatchet-token}"
\t\t\t}
\t\t},
\t},
\t"inputs": [
\t\t{ "id": "key", "type": "promptString" },
\t\t{
\t\t\t"type": "promptString",
\t\t\t"id": "hatchet-token",
\t\t\t"description": "Hatchet API token",
\t\t\t"password": true
\t\t},
\t],
}]] },
  ["Codex, with other tables and no last line end"] = { "codex", [==[
model = "gpt-5" # mine

[mcp_servers.other]
command = 'x'
args = [
  "[mcp_servers.hatchet]", # no header
]

[tui]
notice = """
[mcp_servers.hatchet]
"""]==], {}, [==[
model = "gpt-5" # mine

[mcp_servers.other]
command = 'x'
args = [
  "[mcp_servers.hatchet]", # no header
]

[tui]
notice = """
[mcp_servers.hatchet]
"""

[mcp_servers.hatchet]
command = "@"
args = ["serve", "hatchet"]
env_vars = ["HATCHET_CLIENT_TOKEN"]]==] },
  ["Gemini CLI, with a comment"] = { "gemini", [[
{
  "theme": "Default", /* dark */
  "mcpServers": {}
}
]], { "--profile", "prod" }, [[
{
  "theme": "Default", /* dark */
  "mcpServers": {
    "hatchet": {
      "command": "@",
      "args": ["serve", "hatchet", "--profile", "prod"]
    }
  }
}
]] },
  ["Zed, with comments and trailing commas"] = { "zed", [[
// Zed settings
{
  "vim_mode": true,
  // "context_servers": {},
}
]], { "--profile", "prod" }, [[
// Zed settings
{
  "vim_mode": true,
  "context_servers": {
    "hatchet": {
      "command": "@",
      "args": ["serve", "hatchet", "--profile", "prod"]
    }
  },
  // "context_servers": {},
}
]] },
}

describe("hatchway install, into a file that is there,", function()
  for what, case in pairs(rich) do
    local name, before, args, after = table.unpack(case)

    it("adds what is missing and touches nothing else: " .. what, function()
      local h = new_home()
      h:write(clients.file(name), before)
      assert(uv.fs_chmod(h:path(clients.file(name)), 420))
      h:ok("install", "--client", name, table.unpack(args))
      assert.equal(with_binary(after), h:read(clients.file(name)))
      assert.equal(420, mode_of(h:path(clients.file(name)))) -- 0644
      assert.same({ clients.file(name):match "[^/]+$" }, names_in(h, clients.file(name):match "^(.*)/" or "."))
      assert.same({ "serve", "hatchet", table.unpack(args[1] == "--profile=prod" and { "--profile", "prod" } or args) },
        clients.read(name, h:read(clients.file(name)), "hatchet").args)
    end)

    it("and takes out nothing else: " .. what, function()
      local h = new_home()
      h:write(clients.file(name), before)
      h:ok("install", "--client", name, table.unpack(args))
      h:ok("install", "--client", name, "--uninstall")
      assert.same({ clients.file(name):match "[^/]+$" }, names_in(h, clients.file(name):match "^(.*)/" or "."))
      local left = what:find "^Zed" and before:gsub("true,\n", 'true,\n  "context_servers": {},\n') or before
      assert.equal(left, h:read(clients.file(name)))
    end)
  end

  it("--dry-run shows what would change, with three lines around it", function()
    local h = new_home()
    h:write(".cursor/mcp.json", rich["Cursor, with four blanks and a comment"][2])
    local path = h:path ".cursor/mcp.json"
    assert.equal(with_binary(([[
--- %s
+++ %s
@@ -1,6 +1,11 @@
 {
     // what the team shares
     "mcpServers": {
-        "a": { "command": "x" } // mine
+        "a": { "command": "x" }, // mine
+        "hatchet": {
+            "type": "stdio",
+            "command": "@",
+            "args": ["serve", "hatchet", "--profile", "prod"]
+        }
     }
 }
]]):format(path, path)), h:ok("install", "--client", "cursor", "--profile", "prod", "--dry-run"))
    assert.equal(rich["Cursor, with four blanks and a comment"][2], h:read ".cursor/mcp.json")
    assert.same({ "mcp.json" }, names_in(h, ".cursor"))
  end)

  it("follows a symbolic link", function()
    local h = new_home()
    h:write("dotfiles/cursor.json", "{}\n")
    os.execute(("mkdir '%s' && ln -s ../dotfiles/cursor.json '%s'"):format(h:path ".cursor", h:path ".cursor/mcp.json"))
    h:ok("install", "--client", "cursor")
    assert.equal(with_binary(fresh.cursor), h:read "dotfiles/cursor.json")
    assert.equal("link", uv.fs_lstat(h:path ".cursor/mcp.json").type)
  end)

  it("keeps the question of VS Code that another server needs, and one that is not as it was written", function()
    for _, case in ipairs {
      { '"password": true', '"password": true', ',\n    "b": { "command": "x", "env": { "T": "${input:hatchet-token}" } }' },
      { '"password": true', '"password": true,\n      "default": "x"', "" },
    } do
      local h = new_home()
      h:ok("install", "--client", "vscode")
      local text = h:read(clients.file "vscode"):gsub(case[1], case[2])
      h:write(clients.file "vscode", (text:gsub("(\n    })(\n  })", function(a, b) return a .. case[3] .. b end)))
      h:ok("install", "--client", "vscode", "--uninstall")
      local whole = clients.decode("vscode", h:read(clients.file "vscode"))
      assert.equal("hatchet-token", whole.inputs[1].id)
      assert.is_nil(whole.servers.hatchet)
    end
  end)

  it("has several servers side by side", function()
    local h = new_home()
    h:ok("install", "--client", "gemini", "--profile", "prod")
    h:ok("install", "--client", "gemini", "--profile", "staging", "--name", "hatchet-staging")
    local text = h:read ".gemini/settings.json"
    assert.same({ "serve", "hatchet", "--profile", "prod" }, clients.read("gemini", text, "hatchet").args)
    assert.same({ "serve", "hatchet", "--profile", "staging" }, clients.read("gemini", text, "hatchet-staging").args)
    h:ok("install", "--client", "gemini", "--uninstall")
    assert.is_nil(clients.read("gemini", h:read ".gemini/settings.json", "hatchet"))
    assert.is_table(clients.read("gemini", h:read ".gemini/settings.json", "hatchet-staging"))
  end)
end)

-- { client, the file before, the arguments, the file after }
local changes = {
  ["what somebody added to the entry stays"] = { "gemini",
    '{\n  "mcpServers": {\n    "hatchet": {\n      "command": "/old", // old\n      "args": ["serve"],\n'
      .. '      "env": { "HTTPS_PROXY": "http://p" },\n      "trust": true\n    }\n  }\n}\n', {},
    '{\n  "mcpServers": {\n    "hatchet": {\n      "command": "@", // old\n      "args": ["serve", "hatchet"],\n'
      .. '      "env": { "HTTPS_PROXY": "http://p", "HATCHET_CLIENT_TOKEN": "$HATCHET_CLIENT_TOKEN" },\n      "trust": true\n'
      .. "    }\n  }\n}\n" },
  ["a server elsewhere is replaced"] = { "claude-code", '{"mcpServers": {"hatchet": {"type": "http", "url": "https://x"}}}',
    { "--profile", "p" },
    '{"mcpServers": {"hatchet": {"type": "stdio", "command": "@", "args": ["serve", "hatchet", "--profile", "p"]}}}' },
  ["what is both here and elsewhere is replaced"] = { "gemini",
    '{"mcpServers": {"hatchet": {"command": "x", "httpUrl": "https://x"}}}', { "--profile", "p" },
    '{"mcpServers": {"hatchet": {"command": "@", "args": ["serve", "hatchet", "--profile", "p"]}}}' },
  ["the old form of Zed is replaced"] = { "zed",
    '{\n  "context_servers": {\n    "hatchet": {\n      "command": { "path": "x", "args": [] }\n    }\n  }\n}\n', {},
    fresh.zed },
  ["a profile takes the place of the question of VS Code"] = { "vscode", fresh.vscode, { "--profile", "p" },
    '{\n  "inputs": [],\n  "servers": {\n    "hatchet": {\n      "type": "stdio",\n      "command": "@",\n'
      .. '      "args": ["serve", "hatchet", "--profile", "p"]\n    }\n  }\n}\n' },
  ["a profile takes the place of a token in the file"] = { "cursor",
    '{\n  "mcpServers": {\n    "hatchet": {\n      "command": "@",\n      "env": {\n        "HATCHET_CLIENT_TOKEN": "eyJ.x.y",\n'
      .. '        "A": "b"\n      }\n    }\n  }\n}\n', { "--profile", "p" },
    '{\n  "mcpServers": {\n    "hatchet": {\n      "command": "@",\n      "env": {\n        "A": "b"\n      },\n'
      .. '      "args": ["serve", "hatchet", "--profile", "p"]\n    }\n  }\n}\n' },
  ["Codex: keys are set in their places"] = { "codex",
    '[mcp_servers.hatchet]\n  command = "old" # mine\n  startup_timeout_sec = 20\n  env_vars = ["A"]\n\n'
      .. '[mcp_servers.hatchet.env]\nB = "c"\n\n[x]\n', { "--access", "write" },
    '[mcp_servers.hatchet]\n  command = "@" # mine\n  startup_timeout_sec = 20\n  env_vars = ["HATCHET_CLIENT_TOKEN", "A"]\n'
      .. '  args = ["serve", "hatchet", "--access", "write"]\n\n[mcp_servers.hatchet.env]\nB = "c"\n\n[x]\n' },
  ["Codex: a profile takes the place of a token in a table"] = { "codex",
    '[mcp_servers.hatchet]\ncommand = \'@\'\nargs = []\n\n[mcp_servers.hatchet.env]\nHATCHET_CLIENT_TOKEN = "t"\n\n[x]\n',
    { "--profile", "p" },
    '[mcp_servers.hatchet]\ncommand = \'@\'\nargs = ["serve", "hatchet", "--profile", "p"]\n\n[x]\n' },
  ["Codex: a profile takes the place of a token in braces"] = { "codex",
    '[mcp_servers.hatchet]\ncommand = "@"\nenv = { HATCHET_CLIENT_TOKEN = "t", A = "b" }\nenv_vars = ["HATCHET_CLIENT_TOKEN"]\n',
    { "--profile", "p" },
    '[mcp_servers.hatchet]\ncommand = "@"\nenv = { A = "b" }\nargs = ["serve", "hatchet", "--profile", "p"]\n' },
  ["Codex: a server in braces becomes a table"] = { "codex",
    '[mcp_servers]\nhatchet = { command = "x" }\nother = { command = "y" }\n', {},
    '[mcp_servers]\nother = { command = "y" }\n\n' .. fresh.codex },
  ["Codex: a server elsewhere is replaced"] = { "codex",
    '[mcp_servers.hatchet]\nurl = "https://x"\n\n[mcp_servers.hatchet.http_headers]\nA = "b"\n\n[x]\n', {},
    "[x]\n\n" .. fresh.codex },
}

describe("hatchway install, where the server is already,", function()
  for what, case in pairs(changes) do
    it("changes it: " .. what, function()
      local name, before, args, after = table.unpack(case)
      local h, file = new_home(), clients.file(name)
      h:write(file, with_binary(before))
      assert(uv.fs_chmod(h:path(file), 416)) -- 0640
      local output = h:ok("install", "--client", name, table.unpack(args))
      assert.equal(with_binary(after), h:read(file))
      has(output, ': changed the server "hatchet" in ' .. h:path(file))
      local backup = output:match "\n  the old file: ([^\n]+)\n"
      assert.equal(h:path(file) .. ".bak-DT", (backup:gsub("%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$", "-DT")))
      assert.equal(with_binary(before), h:read(backup:sub(#h.folder + 2)))
      assert.equal(416, mode_of(backup))
      has(h:ok("install", "--client", name, table.unpack(args)), "nothing to do")
    end)
  end

  it("finds that args in another form say the same", function()
    local h = new_home()
    h:write(".codex/config.toml", with_binary [==[
[mcp_servers.'hatchet']
command = '@'
args = [
  'serve', # it
  "hatchet",
]
env_vars = ['B', "HATCHET_CLIENT_TOKEN"]
]==])
    has(h:ok("install", "--client", "codex"), "nothing to do")
  end)

  it("leaves a token in the file where somebody wrote it, and says so", function()
    for name, text in pairs {
      ["claude-code"] = with_binary '{"mcpServers": {"hatchet": {"command": "@", "args": ["serve", "hatchet"], "env": '
        .. '{"HATCHET_CLIENT_TOKEN": "eyJ.a.b"}}}}',
      vscode = with_binary '{"servers": {"hatchet": {"command": "@", "args": ["serve", "hatchet"], "env": '
        .. '{"HATCHET_CLIENT_TOKEN": "eyJ.a.b"}}}}',
      codex = with_binary '[mcp_servers.hatchet]\ncommand = "@"\nargs = ["serve", "hatchet"]\n'
        .. 'env = { HATCHET_CLIENT_TOKEN = "eyJ.a.b" }\n',
    } do
      local h = new_home()
      h:write(clients.file(name), text)
      has(h:ok("install", "--client", name), "token: one stands in the file itself and was left there")
      assert.equal(text, h:read(clients.file(name)))
    end
  end)

  it("shows no token that stands in the file", function()
    local h = new_home()
    local token = tokens.token {}
    h:write(".cursor/mcp.json", ('{\n  "mcpServers": {\n    "hatchet": {\n      "command": "x",\n      "env": {\n'
      .. '        "HATCHET_CLIENT_TOKEN": "%s"\n      }\n    }\n  }\n}\n'):format(token))
    for _, more in ipairs { "--dry-run", "--profile=p" } do
      local output = h:ok("install", "--client", "cursor", "--profile", "p", "--dry-run", more)
      has(output, '-        "HATCHET_CLIENT_TOKEN": "***"')
      has_not(output, token)
    end
  end)
end)

describe("A client that reads what hatchway install wrote", function()
  for _, name in ipairs(clients.names) do
    it("starts the server: " .. name, function()
      local h = new_home()
      local output = h:ok("install", "--client", name, "--replay", "tests/cassettes/overview.har", "--access=write")
      has_not(output, "token:")
      local text = h:read(clients.file(name))
      has_not(text, "TOKEN")
      assert.same({ "serve", "hatchet", "--replay", OVERVIEW, "--access=write" }, clients.read(name, text, "hatchet").args)
      local s = clients.start(name, text, "hatchet")
      local names = {}
      for _, tool in ipairs(s:request("tools/list").result.tools) do names[tool.name] = true end
      assert.same({ true, true, nil }, { names.list_runs, names.trigger_workflow, names.cancel_runs })
      assert.equal(0, s:stop())
    end)
  end

  for _, name in ipairs { "claude-code", "cursor", "codex", "gemini", "zed", "vscode" } do
    it("gives it the token that it was started with: " .. name, function()
      local h = new_home()
      h:ok("install", "--client", name)
      local s = clients.start(name, h:read(clients.file(name)), "hatchet",
        { [name == "vscode" and "hatchet-token" or "HATCHET_CLIENT_TOKEN"] = tokens.token {} })
      assert.truthy(#s:request("tools/list").result.tools > 20)
      assert.equal(0, s:stop())
    end)
  end

  it("starts a pack of a folder, wherever it is itself", function()
    local h = new_home()
    h:ok("new", "pack", "shop", "--into", h.folder)
    local code, output = run_in(h, h:path "shop", "--client", "zed", "../shop/", "--overlay", "../team")
    assert.same({ 2, "hatchway: --overlay ../team: there is no such file\n" }, { code, output })
    h:ok("new", "tool", "more", "--into", h:path "team")
    code, output = run_in(h, h.folder, "--client", "zed", "shop/", "--overlay=team", "--record", "./my new.har")
    assert.equal(0, code, output)
    has(output, ("serve %s --overlay=%s --record '%s'\n"):format(h:path "shop", h:path "team", h:path "my new.har"))
    local text = h:read(clients.file "zed")
    assert.same({ "serve", h:path "shop", "--overlay=" .. h:path "team", "--record", h:path "my new.har" },
      clients.read("zed", text, "shop").args)
  end)
end)

-- { client, the file, the line and reason }
local broken = {
  ["no JSON"] = { "claude-code", '{\n  "mcpServers": {\n', "line 2: an object that does not end" },
  ["a comment where the client allows none"] = { "claude-desktop", "{\n  // mine\n}",
    "line 2: a comment, which this client does not allow here" },
  ["a trailing comma where the client allows none"] = { "gemini", '{\n  "a": 1,\n}',
    "line 2: a comma after the last one, which this client does not allow here" },
  ["a list of servers"] = { "cursor", '{\n  "mcpServers": []\n}', 'line 2: "mcpServers" is a list, not an object' },
  ["servers that are null"] = { "zed", '{\n  "context_servers": null\n}', 'line 2: "context_servers" is no object' },
  ["a list of settings"] = { "vscode", "\n[]", "line 2: the whole is a list, not an object" },
  ["inputs that are no list"] = { "vscode", '{\n  "inputs": {}\n}', 'line 2: "inputs" is no list' },
  ["servers twice"] = { "gemini", '{"mcpServers": {},\n"mcpServers": {}}', 'line 2: "mcpServers" is there twice' },
  ["an env that is a list"] = { "claude-code", '{"mcpServers": {"hatchet": {"command": "x",\n"env": []}}}',
    'line 2: "env" is a list, not an object' },
  ["no TOML"] = { "codex", 'model = "x"\n{"mcpServers": {}}\n', "line 2: a key is missing here" },
  ["TOML that breaks off"] = { "codex", 'a = 1\nb = [\n', "line 2: a list that does not end" },
  ["servers in braces"] = { "codex", "a = 1\nmcp_servers = { a = { command = 'x' } }\n",
    "line 2: mcp_servers is not written as tables ([mcp_servers.NAME])" },
  ["a list of tables"] = { "codex", "[[mcp_servers.hatchet]]\n", "line 1: this server is a list of tables" },
  ["a server in dotted keys"] = { "codex", "[mcp_servers]\nhatchet.command = 'x'\n",
    "line 2: this server has no table of its own ([mcp_servers.NAME])" },
  ["a table twice"] = { "codex", "[mcp_servers.hatchet]\n[mcp_servers.hatchet]\n", "line 2: this table is there twice" },
}

describe("hatchway install refuses, with line and reason, and leaves alone", function()
  for what, case in pairs(broken) do
    it(what, function()
      local name, text, reason = table.unpack(case)
      local h, file = new_home(), clients.file(name)
      h:write(file, text)
      assert.equal(("hatchway: %s, %s; the file was left as it is\n"):format(h:path(file), reason),
        refused(h, 1, "--client", name))
      assert.equal(text, h:read(file))
      assert.same({ file:match "[^/]+$" }, names_in(h, file:match "^(.*)/" or "."))
    end)
  end

  it("a folder in the place of the file, and a link to nothing", function()
    local h = new_home()
    h:write(".cursor/mcp.json/x", "")
    assert.equal(("hatchway: %s is no file\n"):format(h:path ".cursor/mcp.json"), refused(h, 1, "--client", "cursor"))
    os.execute(("ln -s nowhere '%s'"):format(h:path ".claude.json"))
    assert.equal(("hatchway: %s is a symbolic link to nothing\n"):format(h:path ".claude.json"),
      refused(h, 1, "--client", "claude-code"))
  end)
end)

describe("hatchway install takes no token", function()
  for what, word in pairs { ["as a value"] = tokens.token {}, ["with the name of the variable"] = "HATCHET_CLIENT_TOKEN=x" } do
    it(what, function()
      local h = new_home()
      local said = refused(h, 2, "--client", "cursor", word)
      has(said, "install takes no token")
      has_not(said, word)
      assert.is_nil(h:read ".cursor/mcp.json")
    end)
  end
end)

describe("hatchway install, with wrong arguments,", function()
  for what, case in pairs {
    ["a client that there is not"] = { { "--client", "cursr" }, "did you mean cursor?" },
    ["a name with blanks"] = { { "--client", "cursor", "--name", "my hatchet" },
      "--name my hatchet: a name has 1 to 64 of A-Z a-z 0-9 _ -" },
    ["no value"] = { { "--client" }, "--client needs a value" },
    ["an option for a value"] = { { "--profile", "--project" }, "--profile needs a value" },
    ["a value too many"] = { { "--dry-run=yes" }, "--dry-run takes no value" },
    ["an option of serve that is wrong"] = { { "--client", "cursor", "--access", "all" }, "it is read, write or destroy" },
    ["an option that there is not"] = { { "--client", "cursor", "--acces", "read" }, "did you mean --access" },
    ["a recording that is not there"] = { { "--client", "cursor", "--replay", "x.har" },
      "--replay x.har: there is no such file" },
    ["a pack that there is not"] = { { "--client", "cursor", "hatched" }, "install hatched: there is no such pack" },
    ["two packs"] = { { "--client", "cursor", "hatchet", "shop" }, 'install takes one pack, and got "shop" too' },
    ["no client"] = { { "--uninstall" }, "which client? --client CLIENT" },
  } do
    it("is refused: " .. what, function()
      local h = new_home()
      has(refused(h, 2, table.unpack(case[1])), case[2])
      assert.same({}, names_in(h, "."))
    end)
  end

  it("has help", function() has(new_home():ok("install", "--help"), "Usage: hatchway install --client CLIENT [PACK]") end)
end)

describe("hatchway install without a client", function()
  it("lists the clients, which are here, and which have the server", function()
    local h = new_home()
    h:ok("install", "--client", "codex")
    h:write(".config/zed/settings.json", "{\n  oops\n}")
    h:write(".cursor/x", "")
    assert.equal(([[
client          here   hatchet        file
claude-code     no     not installed  @/.claude.json
claude-desktop  no     not installed  @/.config/Claude/claude_desktop_config.json
cursor          yes    not installed  @/.cursor/mcp.json
vscode          no     not installed  @/.config/Code/User/mcp.json
codex           yes    installed      @/.codex/config.toml
gemini          no     not installed  @/.gemini/settings.json
zed             yes    not to be read: line 2: the name of a member is missing here, in double quotes  @/.config/zed/settings.json

next: hatchway install --client CLIENT
]]):gsub("@", h.folder), h:ok "install")
  end)

  it("lists the files of a project", function()
    local h = new_home()
    run_in(h, h:path "work", "--client", "vscode", "--project", "--name", "h2")
    local code, output = run_in(h, h:path "work", "--project", "--name", "h2")
    assert.equal(0, code, output)
    has(output, "vscode          no     installed      " .. h:path "work/.vscode/mcp.json")
    has(output, "zed             no     not installed  " .. h:path "work/.zed/settings.json")
    has_not(output, "claude-desktop")
  end)
end)

describe("hatchway install --profile", function()
  it("refuses a profile that is not there, and writes nothing", function()
    local h = new_home()
    has(refused(h, 1, "--client", "cursor", "--profile", "prd"), 'has no profile "prd"; did you mean prod?')
    has(refused(home.new(), 1, "--client", "cursor", "--profile", "prod"), 'there is no profile "prod"')
    assert.is_nil(h:read ".cursor/mcp.json")
  end)

  it("writes what starts the server with that profile", function()
    local h = home.new()
    h:write(".config/hatchway/config.lua", 'return { profiles = { shop = { access = "write", toolsets = { "workers" } } } }')
    h:ok("install", "--client", "cursor", "--profile", "shop", "--replay", OVERVIEW)
    local entry = clients.read("cursor", h:read ".cursor/mcp.json", "hatchet")
    local s = host.start { args = { table.unpack(entry.args, 2) }, home = h.folder }
    s:initialize()
    local names = {}
    for _, tool in ipairs(s:request("tools/list").result.tools) do names[#names + 1] = tool.name end
    table.sort(names)
    assert.same({ "get_worker", "list_workers", "pause_worker", "resume_worker" }, names)
  end)
end)
