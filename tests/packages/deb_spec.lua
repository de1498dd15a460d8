-- The .deb: without faults, installed in a fresh Debian 12 as a user does it, used, and gone without a trace.
local cjson = require "cjson"
local packages = require "tests.support.packages"

local sh = packages.sh
local deb = ("hatchway_%s_%%s.deb"):format(packages.version)

describe("the .deb", function()
  for _, architecture in ipairs { "amd64", "arm64" } do
    it("for " .. architecture .. " has no fault that lintian knows", function()
      local page = io.open "docs/hatchway.1"
      local said = sh("lintian --allow-root --tag-display-limit 0 %s dist/%s", page and "" or "--suppress-tags no-manual-page",
        deb:format(architecture))
      assert.equal("", said)
    end)

    it("for " .. architecture .. " says its version, its architecture, and what it needs", function()
      local said = sh("dpkg-deb --field dist/%s Version Architecture Depends", deb:format(architecture))
      assert.equal(("Version: %s\nArchitecture: %s\nDepends: libc6 (>= 2.17), libcurl4 | libcurl3-gnutls\n")
        :format(packages.version, architecture), said)
    end)

    it("for " .. architecture .. " belongs to root, and only root may write to it", function()
      local owners, writable = {}, {}
      for line in sh("dpkg-deb --contents dist/%s", deb:format(architecture)):gmatch "[^\n]+" do
        owners[line:match "^%S+ (%S+)"] = true
        if line:match "^.....w" or line:match "^........w" then writable[#writable + 1] = line end
      end
      assert.same({ ["root/root"] = true }, owners)
      assert.same({}, writable)
    end)
  end

  describe("in a fresh Debian 12", function()
    local root

    setup(function()
      root = packages.system("bookworm", "amd64")
      sh("cp dist/%s %s/hatchway.deb; mkdir %s/cassettes; cp tests/cassettes/overview.har %s/cassettes",
        deb:format "amd64", root, root, root)
      sh("chroot %s apt-get -q update", root)
    end)

    it("is installed by apt, which brings libcurl, and answers", function()
      sh("chroot %s env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ./hatchway.deb", root)
      assert.equal(("hatchway %s\n"):format(packages.version), sh("chroot %s hatchway --version", root))
      assert.equal("0\n", sh("chroot %s sh -c 'ldconfig -p | grep -c libcurl.so.4 >/dev/null; echo $?'", root))
      local said = sh("chroot %s hatchway call list_workflows --replay /cassettes/overview.har", root)
      assert.truthy(#cjson.decode(said).rows > 0)
    end)

    it("has its units and licences where a system looks for them, and the unit is not enabled", function()
      local said = sh("chroot %s dpkg -L hatchway", root)
      for _, path in ipairs { "bin/hatchway", "lib/systemd/system/hatchway.socket", "lib/systemd/system/hatchway@.service",
        "lib/systemd/system/hatchway-http.service",
        "share/doc/hatchway/copyright", "share/doc/hatchway/changelog.gz" } do
        assert.truthy(said:find("/usr/" .. path .. "\n", 1, true), path)
      end
      assert.equal("", sh("find %s/etc -name 'hatchway*'", root))
    end)

    it("is taken over by itself, and purged without a trace, also of a socket that was enabled by hand", function()
      sh("chroot %s dpkg -i /hatchway.deb", root)
      local before = sh("chroot %s dpkg -L hatchway | grep -v -x -e /. | sort", root)
      sh("mkdir -p %s/etc/systemd/system/sockets.target.wants", root)
      sh("ln -s /usr/lib/systemd/system/hatchway.socket %s/etc/systemd/system/sockets.target.wants/hatchway.socket", root)
      sh("chroot %s dpkg --purge hatchway", root)
      assert.truthy(before:find("/usr/bin/hatchway", 1, true))
      assert.equal("",
        sh("find %s -mindepth 1 -path %s/proc -prune -o -name '*hatchway*' ! -name hatchway.deb -print", root, root))
      assert.equal("", sh("chroot %s dpkg --audit", root))
    end)
  end)
end)
