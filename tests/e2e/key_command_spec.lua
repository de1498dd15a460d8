-- hatchway key: keys are made, listed and revoked; what is kept of them.
local cjson = require "cjson"
local home = require "tests.support.home"

local STATE = ".local/state/hatchway"
local KEY = "^hw_" .. ("%w"):rep(49) .. "\n$"
local ID = ("%x"):rep(12)

local function has(text, part) assert.truthy(text:find(part, 1, true), text) end

-- A command that fails with this code: what it says.
local function refused(h, code, ...)
  local result = h:run(...)
  assert.same({ code, "" }, { result.code, result.stdout })
  return result.stderr
end

-- A new key, and what is said beside it.
local function create(h, ...)
  local result = h:run("key", "create", ...)
  assert.equal(0, result.code, result.stderr)
  assert.truthy(result.stdout:match(KEY), result.stdout)
  return result.stdout:gsub("\n$", ""), result.stderr
end

local function list(h, ...)
  local keys = cjson.decode(h:ok("key", "list", "--json", ...))
  for _, key in ipairs(keys) do
    for name, value in pairs(key) do if value == cjson.null then key[name] = nil end end
  end
  return keys
end

local function mode(path)
  local pipe <close> = io.popen("stat -c %a " .. path)
  return pipe:read "l"
end

describe("hatchway key", function()
  it("create shows the key once, alone on stdout, and says on stderr what it is good for", function()
    local h = home.new()
    local _, said = create(h, "laptop", "--scope", "write")
    assert.equal('This is the key "laptop", scope write, good until it is revoked. Keep it now: it is not shown again.\n'
      .. "Clients send it as the header Authorization: Bearer KEY\n"
      .. 'hatchway key revoke "laptop" ends it.\n', said)
  end)

  it("list shows what is kept, which is not the key", function()
    local h = home.new()
    assert.equal("There are no keys. hatchway key create NAME makes one.\n", h:ok("key", "list"))
    local key = create(h, "laptop", "--scope", "write")
    create(h, "build server")
    local lines = {}
    for line in h:ok("key", "list"):gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal("ID            NAME                 SCOPE    STATE    CREATED           EXPIRES           LAST USED", lines[1])
    assert.truthy(lines[2]:match("^" .. ID .. "  laptop               write    good     [%d-]+ [%d:]+  %-  +%-$"), lines[2])
    assert.truthy(lines[3]:match("^" .. ID .. "  build server         read     good "), lines[3])
    assert.equal(3, #lines)
    for _, file in ipairs { "hatchway.db", "hatchway.db-wal" } do
      assert.falsy((h:read(STATE .. "/" .. file) or ""):find(key:sub(4, 30), 1, true))
    end
  end)

  it("a key of another user is none of ours to read: folder 700, file 600", function()
    local h = home.new()
    create(h, "laptop")
    assert.same({ "700", "600" }, { mode(h:path(STATE)), mode(h:path(STATE .. "/hatchway.db")) })
    os.execute("chmod 644 " .. h:path(STATE .. "/hatchway.db"))
    local file = h:path(STATE .. "/hatchway.db")
    assert.equal(("hatchway: other users may read %s; run: chmod 600 %s\n"):format(file, file), refused(h, 1, "key", "list"))
  end)

  it("revoke ends a key by its name or its id, once", function()
    local h = home.new()
    create(h, "one")
    create(h, "two")
    local keys = list(h)
    assert.equal(('The key "one" (%s) is revoked: no request is let through with it any more.\n'):format(keys[1].id),
      h:ok("key", "revoke", "one"))
    has(h:ok("key", "revoke", keys[2].id), keys[2].id)
    assert.equal('hatchway: the key "one" was revoked before\n', refused(h, 1, "key", "revoke", "one"))
    assert.equal('hatchway: there is no key "three"; hatchway key list shows them\n', refused(h, 1, "key", "revoke", "three"))
    for _, key in ipairs(list(h)) do
      assert.equal("revoked", key.state)
      assert.truthy(key.revoked:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$")
    end
  end)

  it("a name is free again after its key was revoked", function()
    local h = home.new()
    create(h, "laptop")
    local id = list(h)[1].id
    assert.equal(('hatchway: there is a key "laptop" already (%s); choose another name, or revoke it first\n'):format(id),
      refused(h, 1, "key", "create", "laptop"))
    h:ok("key", "revoke", "laptop")
    create(h, "laptop")
    assert.same({ "revoked", "good" }, { list(h)[1].state, list(h)[2].state })
    h:ok("key", "revoke", "laptop") -- the one that is good
    assert.equal("revoked", list(h)[2].state)
  end)

  it("an end is a day, or a length of time", function()
    local h = home.new()
    local _, said = create(h, "a", "--expires", "2099-01-31")
    has(said, "good until 2099-01-31T00:00:00Z.")
    create(h, "b", "--expires", "90d")
    assert.equal("2099-01-31T00:00:00Z", list(h)[1].expires)
    local year, month, day = list(h)[2].expires:match "^(%d+)-(%d+)-(%d+)T"
    local days = (os.time { year = year, month = month, day = day, hour = 12 } - os.time()) / 86400
    assert.truthy(days > 88 and days < 92, days)
    local past = refused(h, 2, "key", "create", "c", "--expires", "2020-01-01")
    assert.equal("hatchway: --expires 2020-01-01 is in the past\n", past)
    has(refused(h, 2, "key", "create", "c", "--expires", "soon"), "hatchway: --expires soon is not a time")
  end)

  it("--state and XDG_STATE_HOME name another place", function()
    local h = home.new()
    create(h, "laptop", "--state", h:path "there")
    assert.truthy(h:read "there/hatchway.db")
    assert.equal(1, #list(h, "--state", h:path "there"))
    assert.equal(0, #list(h))
    local x = home.new { env = { XDG_STATE_HOME = h:path "xdg" } }
    create(x, "laptop")
    assert.truthy(h:read "xdg/hatchway/hatchway.db")
  end)

  it("says how it is written when it is written wrongly", function()
    local h = home.new()
    local forms = {
      [{ "key" }] = "write: hatchway key create NAME, key list or key revoke NAME; see --help",
      [{ "key", "creat", "x" }] = 'there is no key creat; did you mean "key create"?',
      [{ "key", "create" }] = "write: hatchway key create NAME [--scope LEVEL] [--expires TIME]",
      [{ "key", "create", "a", "b" }] = "write: hatchway key create NAME [--scope LEVEL] [--expires TIME]",
      [{ "key", "list", "x" }] = "write: hatchway key list [--json]",
      [{ "key", "create", "a", "--scope", "all" }] = "--scope all: it is read, write or destroy",
    }
    for words, said in pairs(forms) do
      assert.equal("hatchway: " .. said .. "\n", refused(h, 2, table.unpack(words)))
    end
    for _, name in ipairs { ("x"):rep(65), "a\tb", "\xff" } do
      assert.equal("hatchway: a key needs a name of 1 to 64 bytes without control characters\n",
        refused(h, 1, "key", "create", name))
    end
    assert.falsy(h:read "hatchway.db")
  end)

  it("is completed", function()
    assert.equal("create\nlist\nrevoke\n", home.new():ok("__complete", "key", ""))
    assert.equal("write\n", home.new():ok("__complete", "key", "create", "x", "--scope", "w"))
  end)
end)

describe("--rate", function()
  it("is calls a minute, and how many at once", function()
    local h = home.new()
    for _, good in ipairs { "60", "60:20", "0", "1:100" } do h:ok("key", "list", "--rate", good) end
    for _, bad in ipairs { "x", "-1", "60:", ":5", "60:0", "0:5", "60:20:1", "1000001", "6 0" } do
      assert.equal(("hatchway: --rate %s: calls a minute, and how many at once if that is another number, as in 60 or 60:20 "
        .. "(at most 1000000); 0 for no limit\n"):format(bad), refused(h, 2, "key", "list", "--rate", bad))
    end
  end)
end)
