-- Log lines, of one task or of the tenant.
--
--   loglines.LEVELS                   the levels that the engine knows
--   loglines.of(rows, keys, search) → small rows with those keys: of the rows those that hold `search` (nil: all). The engine
--                                     takes % and _ of a search for wildcards, so what it finds is looked at again.
--   loglines.next(rows, args)       → the arguments that give the next page, or nil: there are no offsets for logs, so it begins
--                                     at the last line of `rows`. Both bounds leave out the very time that they name.
--                                     args: limit, and order ("ASC" or "DESC")

local lists = require "hatchet.lists"

local loglines = {}

loglines.LEVELS = { "DEBUG", "INFO", "WARN", "ERROR" }

function loglines.of(rows, keys, search)
  local lines = json.array {}
  if search and search:find "[%%_]" then rows = lists.holding(rows, "message", search, true) end
  for index, row in ipairs(rows) do lines[index] = json.pick(row, keys) end
  return lines
end

function loglines.next(rows, args)
  if #rows < args.limit then return nil end
  return { [args.order == "DESC" and "until" or "since"] = rows[#rows].createdAt }
end

return loglines
