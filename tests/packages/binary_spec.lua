-- The portable binaries: what they ask of a system, and that they run on an old one.
local answers = require "tests.support.answers"
local host = require "tests.support.host"
local packages = require "tests.support.packages"
local tenant = require "tests.support.tenant"

local sh = packages.sh
local OLDEST = { 2, 17 }

local function workflows(s)
  local names = {}
  for _, row in ipairs(s:call("list_workflows", {}).structuredContent.rows) do names[#names + 1] = row.name end
  return names
end

-- The chroot has the recordings and the binary at its root.
local function old_system(suite, ...)
  local root = packages.system(suite, "amd64", ...)
  sh("cp -r dist/hatchway-linux-x64 %s/hatchway; mkdir -p %s/tests && cp -r tests/cassettes %s/tests", root, root, root)
  return root
end

for machine, kind in pairs { x64 = "Advanced Micro Devices X86%-64", arm64 = "AArch64" } do
  describe("the binary for " .. machine, function()
    local path = "dist/hatchway-linux-" .. machine

    it("is for that machine, with a random place in memory and tables that cannot be written", function()
      local said = sh("readelf --wide --file-header --dynamic --program-headers %s", path)
      assert.truthy(said:match("Machine: +" .. kind))
      assert.truthy(said:match "Type: +DYN")
      assert.truthy(said:match "FLAGS_1%)[^\n]*NOW" and said:match "FLAGS_1%)[^\n]*PIE")
      assert.truthy(said:match "GNU_RELRO")
      assert.falsy(said:match "GNU_STACK[^\n]*RWE")
      assert.falsy(said:match "RUNPATH" or said:match "RPATH")
    end)

    it("asks for nothing but glibc", function()
      local found = {}
      for library in sh("readelf --wide --dynamic %s", path):gmatch "NEEDED.-%[([^%]]+)%]" do
        if not library:match "^ld%-linux" then found[#found + 1] = library:match "^(.-)%.so" end
      end
      table.sort(found)
      assert.same({ "libc", "libdl", "libm", "libpthread", "librt" }, found)
    end)

    it("asks for no symbol that is younger than glibc 2.17", function()
      local count = 0
      for major, minor in sh("readelf --wide --version-info %s", path):gmatch "Name: GLIBC_(%d+)%.(%d+)" do
        count = count + 1
        assert.truthy(tonumber(major) == OLDEST[1] and tonumber(minor) <= OLDEST[2], major .. "." .. minor)
      end
      assert.truthy(count > 0)
    end)

    it("says nothing of the machine that it was built on", function()
      assert.equal("", sh("strings %s | grep -F -e '%s' -e \"$HOME/\" || true", path, packages.here))
    end)
  end)
end

describe("the binary on Debian 11", function()
  local root

  setup(function() root = old_system("bullseye", "libcurl4") end)

  it("says its version", function()
    assert.equal(("hatchway %s\n"):format(packages.version), sh("chroot %s /hatchway --version", root))
  end)

  it("plays a recording", function()
    local s = packages.inside(root, function() return tenant.play "overview" end, "/hatchway")
    assert.truthy(#workflows(s) > 0)
  end)

  it("asks a server, with the libcurl of that system", function()
    local recorded = workflows(tenant.play "overview")
    local s, engine = packages.inside(root, function() return tenant.serve(answers.recorded()) end, "/hatchway")
    assert.same(recorded, workflows(s))
    assert.truthy(#engine.requests > 0)
  end)
end)

describe("the binary where libcurl is", function()
  it("the variant with GnuTLS asks a server with it", function()
    local root = old_system("bookworm", "libcurl3-gnutls")
    assert.equal("", sh("find %s/usr/lib -name 'libcurl.so.4'", root))
    local s = packages.inside(root, function() return tenant.serve(answers.recorded()) end, "/hatchway")
    assert.same(workflows(tenant.play "overview"), workflows(s))
  end)

  it("not there says so, and how to get it", function()
    local root = old_system "bookworm"
    local s = packages.inside(root, function() return tenant.serve(answers.recorded()) end, "/hatchway")
    local result = s:call("list_workflows", {})
    assert.truthy(result.isError)
    local text = result.content[1].text
    assert.truthy(text:find("neither libcurl.so.4 nor libcurl-gnutls.so.4 can be loaded", 1, true), text)
    assert.truthy(text:find("apt-get install libcurl4", 1, true), text)
  end)
end)

describe("the binary for arm64, emulated", function()
  it("plays a recording and asks a server, on Debian 11", function()
    local root = packages.pristine("bullseye", "arm64", "libcurl4")
    local command = packages.script(('exec qemu-aarch64-static -L %s dist/hatchway-linux-arm64 "$@"'):format(root))
    local recorded = workflows(tenant.play "overview")
    packages.with(command, function()
      assert.equal(("hatchway %s\n"):format(packages.version), host.run({ args = { "--version" }, timeout = 60 }).stdout)
      assert.same(recorded, workflows(tenant.play "overview"))
      local s, engine = tenant.serve(answers.recorded())
      assert.same(recorded, workflows(s))
      assert.truthy(#engine.requests > 0)
    end)
  end)
end)
