-- What the packages say of themselves: one version, server.json as the registry wants it, and the same bytes twice.
local packages = require "tests.support.packages"

local sh = packages.sh
local version = packages.version

local function unpacked(name)
  local folder = packages.folder()
  sh("tar -xzf dist/%s -C %s", name, folder)
  return folder .. "/package/"
end

describe("the version of src/base/base.h", function()
  it("is that of the binary, of all npm packages, and of what the one wants of the others", function()
    local launcher = packages.json(unpacked(("hatchway-%s.tgz"):format(version)) .. "package.json")
    assert.equal(version, launcher.version)
    assert.same({ ["@hatchway/linux-x64"] = version, ["@hatchway/linux-arm64"] = version }, launcher.optionalDependencies)
    for _, machine in ipairs { "x64", "arm64" } do
      local folder = unpacked(("hatchway-linux-%s-%s.tgz"):format(machine, version))
      local platform = packages.json(folder .. "package.json")
      assert.same({ "@hatchway/linux-" .. machine, version, { machine } }, { platform.name, platform.version, platform.cpu })
      assert.equal(packages.read("dist/hatchway-linux-" .. machine), packages.read(folder .. "hatchway"))
    end
    assert.equal(("hatchway %s\n"):format(version), sh "dist/hatchway-linux-x64 --version")
  end)

  it("is that of server.json and of the packages in it", function()
    local server = packages.json "dist/server.json"
    local npm, mcpb = table.unpack(server.packages)
    assert.same({ version, version }, { server.version, npm.version })
    assert.truthy(mcpb.identifier:find(("/v%s/hatchway-%s.mcpb"):format(version, version), 1, true))
  end)
end)

-- The schema of 2025-12-11, as far as this file goes, and what the registry checks beyond it.
describe("server.json", function()
  local server = packages.json "dist/server.json"
  local npm, mcpb = table.unpack(server.packages)

  it("has a name in reverse DNS, a title, and a description of at most 100 characters", function()
    assert.truthy(server.name:match "^[%w.-]+/[%w._-]+$")
    assert.truthy(#server.title <= 100 and #server.title > 0)
    assert.truthy(#server.description <= 100 and #server.description > 0)
    assert.equal("github", server.repository.source)
  end)

  it("names an npm package that names the server", function()
    assert.same({ "npm", "hatchway", "npx", "stdio" }, { npm.registryType, npm.identifier, npm.runtimeHint, npm.transport.type })
    assert.equal(server.name, packages.json(unpacked(("hatchway-%s.tgz"):format(version)) .. "package.json").mcpName)
  end)

  it("names an MCPB bundle by https, with its sum", function()
    assert.same({ "mcpb", "stdio" }, { mcpb.registryType, mcpb.transport.type })
    assert.truthy(mcpb.identifier:match "^https://.*mcp")
    assert.equal(sh("sha256sum dist/hatchway-%s.mcpb", version):match "^%x+", mcpb.fileSha256)
  end)

  it("asks for the token as a secret, and names only variables that the host reads", function()
    local help = sh "dist/hatchway-linux-x64 serve --help"
    for _, variable in ipairs(npm.environmentVariables) do
      assert.truthy(help:find(variable.name, 1, true), variable.name)
      assert.equal(variable.name == "HATCHET_CLIENT_TOKEN", variable.isSecret == true)
    end
  end)

  it("gives arguments that the host takes", function()
    local words = {}
    for _, argument in ipairs(npm.packageArguments) do
      assert.truthy(argument.type == "positional" or argument.type == "named" and argument.name)
      words[#words + 1] = argument.value or ("%s %s"):format(argument.name, argument.default)
    end
    sh("dist/hatchway-linux-x64 %s --replay tests/cassettes/overview.har", table.concat(words, " "))
  end)
end)

describe("a release", function()
  it("has sums of all its files", function()
    sh "cd dist && sha256sum --check --quiet SHA256SUMS"
    local count = tonumber(sh "ls dist | wc -l")
    assert.equal(count - 1, tonumber(sh "wc -l <dist/SHA256SUMS"))
  end)

  -- From a copy in another folder, compiled anew; what is fetched is taken from here.
  it("is the same bytes when it is built again, elsewhere", function()
    local folder = packages.folder() .. "/somewhere/else"
    sh("mkdir -p %s && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t %s", folder, folder)
    sh("mkdir -p %s/build/packaging && cp -a build/packaging/zig build/packaging/sources %s/build/packaging", folder, folder)
    sh("SOURCE_DATE_EPOCH=$(git log -1 --format=%%ct) %s/packaging/build", folder)
    assert.equal(packages.read "dist/SHA256SUMS", packages.read(folder .. "/dist/SHA256SUMS"))
  end)
end)
