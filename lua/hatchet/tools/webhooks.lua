-- Inbound webhooks: where other systems send what becomes events. They are looked at only: making one would carry its secret.

local arguments = require "hatchet.arguments"
local t, shapes, refusal = require "hatchway.types", require "hatchet.shapes", require "hatchet.refusal"

toolset "webhooks"

local WEBHOOKS = "/api/v1/stable/tenants/{tenant}/webhooks"
local PAGE = 100
local NO_ID = "00000000-0000-0000-0000-000000000000"

-- A webhook has no id, it is known by its name.
local function shown(row)
  if row.metadata.id == NO_ID then row.metadata.id = nil end
  return row
end

local function all(names)
  local list, offset = {}, 0
  repeat
    local rows = hatchet.get(WEBHOOKS, { webhookNames = names, limit = PAGE, offset = offset }).rows
    table.move(rows, 1, #rows, #list + 1, list)
    offset = offset + PAGE
  until #rows < PAGE
  return list
end

-- A page of those of some sources. The engine refuses to select by source: all are read and selected here.
local function of_sources(args)
  local wanted, found, rows = {}, {}, json.array {}
  for _, source in ipairs(args.source_names) do wanted[source] = true end
  for _, row in ipairs(all(args.webhook_names)) do
    if wanted[row.sourceName] then found[#found + 1] = row end
  end
  table.move(found, args.offset + 1, math.min(args.offset + args.limit, #found), 1, rows)
  local stop = args.offset + #rows
  return rows, stop < #found and shapes.after(stop, args.limit) or nil
end

tool "list_webhooks" {
  title = "List Webhooks",
  about = "Inbound webhooks, newest first: source, how the event's key and scope are made of a request, kind of authentication. "
    .. "Secrets are not shown.",
  access = "read",
  list = true,
  input = {
    webhook_names = t.list { "exact names", of = t.string { min = 1 }, optional = true },
    source_names = t.list {
      of = t.enum { values = { "GENERIC", "GITHUB", "LINEAR", "SLACK", "STRIPE", "SVIX" } },
      optional = true,
    },
    limit = arguments.limit(),
    offset = arguments.offset(),
  },
  output = t.object { fields = { rows = t.list { required = true }, next = t.object { "arguments for more rows" } } },
  run = function(args)
    local rows, more
    if args.source_names and #args.source_names > 0 then
      rows, more = of_sources(args)
    else
      local answer = hatchet.get(WEBHOOKS, { webhookNames = args.webhook_names, limit = args.limit, offset = args.offset })
      rows, more = answer.rows, shapes.next(answer, args)
    end
    for _, row in ipairs(rows) do shown(row) end
    return json.object({ "rows", "next", "note" }, {
      rows = rows,
      next = more,
      note = #rows == 0 and shapes.past_end(args) or nil,
    })
  end,
}

local function refuse(name, why)
  refusal.invalid(("webhook_name is %q: %s"):format(name, why),
    "list_webhooks shows the webhooks; webhook_names selects by any name.")
end

local function check_name(name)
  if not name:find "%S" or name == "." or name == ".." then refuse(name, "no webhook can be asked for by such a name.") end
  if name:find("/", 1, true) then
    refuse(name, "the engine cannot find a webhook with a slash in its name.")
  end
end

local function nearest(name)
  local names = {}
  for index, row in ipairs(all()) do names[index] = row.name end
  return hatchway.nearest(name, names)
end

tool "get_webhook" {
  title = "Get Webhook",
  about = "One inbound webhook.",
  access = "read",
  input = { webhook_name = t.string { "exact name", min = 1 } },
  output = t.object { fields = { name = t.string { required = true } } },
  run = function(args)
    check_name(args.webhook_name)
    local row, failure = hatchway.try(hatchet.get, WEBHOOKS .. "/{name}", { name = args.webhook_name })
    if row then return shown(row) end
    if failure.status == 404 then
      local near = hatchway.try(nearest, args.webhook_name)
      failure.hint = ("There is no webhook named %q; names are case-sensitive.%s list_webhooks shows them."):format(
        args.webhook_name, near and (" Did you mean %s?"):format(near) or "")
    end
    hatchway.fail(failure)
  end,
}
