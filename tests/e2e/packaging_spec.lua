-- What can be known of the packages without building them. The rest is in tests/packages (packaging/test).
local cjson = require "cjson"
local host = require "tests.support.host"
local packages = require "tests.support.packages"

local sh, read = packages.sh, packages.read

-- A file of packaging/ with some value for each name between @s.
local function filled(path)
  return cjson.decode((read("packaging/" .. path):gsub("@[%u%d_]+@", "0.0.0")))
end

describe("the files of the packages", function()
  it("are JSON", function()
    assert.equal("hatchway", filled("npm/launcher/package.json").name)
    assert.equal("@hatchway/linux-0.0.0", filled("npm/platform/package.json").name)
    assert.equal("binary", filled("mcpb/manifest.json").server.type)
    assert.equal(2, #filled("server.json").packages)
  end)

  it("pin each thing that is fetched by a SHA-256", function()
    local count = 0
    for line in read("packaging/pins.txt"):gmatch "[^\n]+" do
      if not line:match "^#" then
        count = count + 1
        local sum = line:match "^source +[%w.-]+ +[%w.+-]+ +(%x+)$" or line:match "^wheel [%w]+ [%w_]+ +[%d.]+ (%x+)$"
        assert.equal(64, sum and #sum, line)
      end
    end
    assert.equal(9, count)
  end)

  it("name the version of src/base/base.h: CHANGELOG.md, and the file names in README.md", function()
    assert.equal(packages.version, read("CHANGELOG.md"):match "\n## (%d[%d.]*)")
    local count = 0
    for found in read("README.md"):gmatch "hatchway[-_](%d[%d.]*%d)" do
      count = count + 1
      assert.equal(packages.version, found)
    end
    assert.truthy(count > 0)
  end)
end)

describe("the launcher of", function()
  local binary = sh("realpath %s", host.binary):match "%C+"
  local folder

  before_each(function() folder = packages.folder() end)

  it("npm starts the binary, and ends as it does", function()
    sh("mkdir -p %s/bin %s/node_modules/@hatchway/linux-x64 && cp packaging/npm/launcher/bin/hatchway.js %s/bin",
      folder, folder, folder)
    sh("ln -s linux-x64 %s/node_modules/@hatchway/linux-arm64 && ln -s %s %s/node_modules/@hatchway/linux-x64/hatchway",
      folder, binary, folder)
    local version = packages.with(folder .. "/bin/hatchway.js", function() return host.run { args = { "--version" } } end)
    assert.same({ 0, ("hatchway %s\n"):format(packages.version), "" }, { version.code, version.stdout, version.stderr })
    assert.equal(2, (packages.try("%s/bin/hatchway.js nonsense", folder)))
  end)

  it("npm says what is missing", function()
    sh("mkdir %s/bin && cp packaging/npm/launcher/bin/hatchway.js %s/bin", folder, folder)
    local code, said = packages.try("%s/bin/hatchway.js --version", folder)
    assert.equal(1, code)
    assert.truthy(said:match "the package @hatchway/linux%-%w+ is not installed", said)
  end)

  it("the MCPB bundle starts the binary of this machine, from wherever it lies", function()
    sh("mkdir '%s/a b' && cp packaging/mcpb/hatchway '%s/a b'", folder, folder)
    for _, machine in ipairs { "x64", "arm64" } do sh("ln -s %s '%s/a b/hatchway-linux-%s'", binary, folder, machine) end
    assert.equal(("hatchway %s\n"):format(packages.version), sh("'%s/a b/hatchway' --version", folder))
  end)
end)
