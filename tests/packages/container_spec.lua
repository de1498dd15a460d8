-- The container image, built with buildah on a Debian of debootstrap in place of the image from a registry.
local answers = require "tests.support.answers"
local packages = require "tests.support.packages"
local tenant = require "tests.support.tenant"

local sh = packages.sh

describe("the container image", function()
  local buildah, container, root

  setup(function()
    local store = packages.folder()
    buildah = ("buildah --storage-driver vfs --root %s/images --runroot %s/run"):format(store, store)
    local base = sh("%s from scratch", buildah):match "%C+"
    sh("%s add --quiet %s %s /", buildah, base, packages.pristine("bookworm", "amd64"))
    sh("%s commit --quiet %s localhost/debian", buildah, base)
    sh("%s build --quiet --isolation chroot --pull-never --build-arg DEBIAN=localhost/debian --tag hatchway"
      .. " --file packaging/container/Containerfile dist", buildah)
    container = sh("%s from --pull-never localhost/hatchway", buildah):match "%C+"
    root = sh("%s mount %s", buildah, container):match "%C+"
  end)

  teardown(function() sh("%s umount --all", buildah) end)

  local function as_client()
    return packages.script(('shift 1; exec %s run --isolation chroot --env HATCHET_CLIENT_TOKEN="$HATCHET_CLIENT_TOKEN" '
      .. '%s -- hatchway serve "$@"'):format(buildah, container))
  end

  it("runs hatchway, as a user without rights", function()
    assert.equal("65532:65532 [hatchway] [serve hatchet]",
      sh("%s inspect --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' %s",
        buildah, container))
  end)

  it("is small, and has no shell", function()
    local kilobytes = tonumber(sh("du --summarize --apparent-size --block-size=1024 %s", root):match "%d+")
    assert.truthy(kilobytes < 30 * 1024, kilobytes)
    assert.equal("", sh("find %s -name sh -o -name bash -o -name dpkg", root))
  end)

  it("has all that the binary, libcurl and libmicrohttpd load", function()
    local function find(name) return sh("cd %s && find . -name %s", root, name):match "%.(%C+)" end
    for _, file in ipairs { "/usr/bin/hatchway", find "libcurl.so.4", find "libmicrohttpd.so.12" } do
      for library in sh("readelf --dynamic %s%s", root, file):gmatch "NEEDED.-%[([^%]]+)%]" do
        assert.not_equal("", sh("find %s -name '%s'", root, library), library)
      end
    end
  end)

  it("has certificate authorities where libcurl looks for them", function()
    assert.truthy(packages.read(root .. "/etc/ssl/certs/ca-certificates.crt"):find("BEGIN CERTIFICATE", 1, true))
  end)

  it("serves a client, and asks its server", function()
    packages.with(as_client(), function()
      local s, engine = tenant.serve(answers.recorded())
      assert.truthy(#s:call("list_workflows", {}).structuredContent.rows > 0)
      assert.truthy(#engine.requests > 0)
    end)
  end)

  it("says its version", function()
    assert.equal(("hatchway %s\n"):format(packages.version),
      sh("%s run --isolation chroot %s -- hatchway --version", buildah, container))
  end)
end)
