-- Arguments that several tools have, each a new type, for the order of a schema is that of making.
local t = require "hatchway.types"

local arguments = {}

arguments.STATUSES = { "QUEUED", "RUNNING", "COMPLETED", "CANCELLED", "FAILED" }

function arguments.limit() return t.limit { default = 50, cap = 100 } end
function arguments.offset() return t.integer { "rows to skip", default = 0, min = 0 } end
function arguments.workflow_ids() return t.list { "ids or names", of = t.string { min = 1 }, optional = true } end
function arguments.priority() return t.integer { "1 low to 3 high", min = 1, max = 3, optional = true } end

return arguments
