-- The portable binary is made by another compiler, with libraries of its own: what the host promises holds there too.
local packages = require "tests.support.packages"

local SPECS = {
  "tests/e2e/escapes_*_spec.lua", "tests/e2e/sandbox_spec.lua", "tests/e2e/script_spec.lua", "tests/e2e/json_spec.lua",
  "tests/e2e/faults_spec.lua", "tests/e2e/network_spec.lua", "tests/e2e/reload_spec.lua", "tests/e2e/revisions_spec.lua",
  "tests/lua/push_spec.lua", "tests/lua/runs_spec.lua",
}

describe("the portable binary passes", function()
  for path in packages.sh("ls %s", table.concat(SPECS, " ")):gmatch "%C+" do
    it(path, function() packages.sh("lua5.4 /usr/bin/busted -o TAP %s", path) end)
  end
end)
