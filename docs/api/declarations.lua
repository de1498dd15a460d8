-- The Lua API, part one: what files declare. The form of the data is told in api.lua.
--
-- A field: { name, type of LuaLS, text, needed = true }. `may_lack`: overlays need it not, so editors do not ask for it.
-- `shown` is the type in the reference where it is told differently there.

local function with_line_breaks(text)
  return (text:gsub("^\n", ""))
end

local pack = {
  name = "pack", class = "hatchway.Pack", form = "pack { … }",
  about = "The manifest, in pack.lua.",
  fields = {
    { "name", "string", "the pack, and the first part of its modules' names", needed = true, may_lack = true },
    { "title", "string", "shown to people" },
    { "about", "string", "what the pack is for; shown to people" },
    { "version", "string", "the host's own if absent" },
    { "needs", "\"hatchet\"[]", "capabilities: `\"hatchet\"`", shown = "list of strings" },
    { "instructions", "string|fun(access: hatchway.Access): string",
      "what `initialize` tells the model; access is `\"read\"`, `\"write\"` or `\"destroy\"`", shown = "string or `function(access) → string`" },
    { "prompts", "string", "built-in packs only: the folder of the prompts, outside the pack" },
    { "small", "string[]", "names of tools: what `--toolsets small` offers to clients with few slots", shown = "list of strings" },
  },
  example = with_line_breaks [[
pack { name = "mine", title = "My tools", needs = { "hatchet" } }
]],
  after = [[
In an overlay pack.lua is optional; its `title about version instructions` replace those of the pack. A `name` there says which pack the
overlay is for: over another one it is refused.]],
}

local ICONS = { "icons", "hatchway.Icon[]", "pictures for lists", shown = "list of `{ src =, mimeType =, sizes =, theme = }`" }

local tool = {
  name = "tool", class = "hatchway.Tool", form = "tool \"name\" { … }", named = true,
  about = "A tool. Its name has 1 to 64 of `A-Z a-z 0-9 _ - .`",
  fields = {
    { "title", "string", "for people", needed = true },
    { "about", "string", "for the model", needed = true },
    { "access", "hatchway.Access", "the most that a call of this tool may do; the host enforces it", needed = true,
      shown = "`\"read\"`, `\"write\"`, `\"destroy\"`" },
    { "run", "fun(args: table): hatchway.Result", "does it", needed = true, shown = "`function(args) → result`" },
    { "input", "table<string, hatchway.Type>|hatchway.Type", "arguments (see types); absent: none; or `t.raw`", shown = "table name → type" },
    { "output", "hatchway.Type", "what the structured result looks like: `t.object { fields = … }`", shown = "type" },
    { "list", "boolean", "the result is a list: `list_max` applies" },
    { "idempotent", "boolean",
      "doing it twice is doing it once: its writes may be sent again, and the hint says so. Reads always are" },
    { "untrusted", "boolean",
      "the result carries text of workers, logs or payloads: one fixed line before it says that it is data, not instruction" },
    { "link", "hatchway.Link",
      "a link to the dashboard is added: kind is `run`, `workflow` or `worker`, the path names the id in the result. The first path that "
        .. "leads to a string wins if a list of paths is given", shown = "`{ kind = \"path.in.result\" }`" },
    { "deadline", "number", "wall time of a call; 30 if absent", shown = "seconds, at most 300" },
    { "cpu", "number", "CPU time of a call; 500 if absent", shown = "milliseconds, at most 60000" },
    { "task", "string", "calls may become tasks, from where `hatchway.detach` is called (SEP-2663): `\"optional\"` where the client knows "
      .. "tasks, `\"required\"`: other clients are refused" },
    { "preview", "string", "the name of a boolean argument: where it is true the call only shows what it would do. The host then lets it "
      .. "send reads alone, and asks nobody to confirm it" },
    { "passes_on", "boolean",
      "a call of this tool is one of the tool that its argument `name` names, with `arguments`: a tool that only reads, listed or not "
        .. "(see `hatchway.discovery`)" },
    { "enabled", "boolean",
      "`false`: the tool is off, neither listed nor callable, unless the operator starts the server with `--enable` and its name" },
    { "requires", "(\"sampling\"|\"elicitation\"|\"roots\")[]", "what the client must offer; a call of another one is refused before `run`",
      shown = "list of `\"sampling\"`, `\"elicitation\"`, `\"roots\"`" },
    ICONS,
    { "ui", "string", "the `ui://` address of a resource: the page in which clients with MCP Apps show the result" },
  },
  example = with_line_breaks [[
local t = require "hatchway.types"

tool "count_runs" {
  title  = "Count Runs",
  about  = "Runs by status since a time.",
  access = "read",
  input  = { since = t.time { "From when on", default = "24h" } },
  run    = function(args)
    local counts = {}
    for _, row in ipairs(hatchet.get("/api/v1/stable/tenants/{tenant}/task-metrics", { since = args.since })) do
      counts[row.status] = row.count
    end
    return counts
  end,
}
]],
  after = [[
`run` receives arguments that have passed the declared types, with defaults filled in. It returns
- a table: the structured result, sent as `structuredContent` and as compact JSON text;
- a string: text;
- what `hatchet.forward` returned: passed on;
- `hatchway.content { … }`: content blocks.]],
}

local toolset = {
  name = "toolset", statement = true, form = "toolset \"name\"",
  about = "The tools that follow in the same file belong to that toolset: `--toolsets` offers them together. A tool without one is always "
    .. "offered; one that replaces another stays in that one's toolset.",
  example = with_line_breaks [[
toolset "billing"

tool "unpaid" { title = "Unpaid", about = "Orders that wait for money.", access = "read", run = function() return { rows = json.array {} } end }
]],
}

local resource = {
  name = "resource", class = "hatchway.Resource", form = "resource \"scheme://path\" { … }", named = true,
  about = "A resource, or a resource template when its address has variables: `hatchet://runs/{workflow_run_id}`.",
  fields = {
    { "name", "string", "its name in lists", needed = true },
    { "about", "string", "for the model", needed = true },
    { "run", "fun(args: table): hatchway.Result", "gives a table (sent as JSON), a string, what `hatchet.forward` returned, or `hatchway.content`",
      needed = true, shown = "`function(args) → result`" },
    { "title", "string", "for people" },
    { "mime", "string", "the type of what it gives" },
    { "size", "integer", "bytes of what it gives, if they are known", shown = "bytes" },
    { "annotations", "hatchway.Annotations", "for whom it is, and how much it matters", shown = "`{ audience =, priority =, lastModified = }`" },
    ICONS,
    { "input", "table<string, hatchway.Type>", "the variables of a template: all of them, and nothing else", shown = "table name → type" },
    { "ui", "hatchway.Page", "of a page (`ui://…`, with the mime `text/html;profile=mcp-app`): what the client is told of it (SEP-1865)",
      shown = "`{ csp =, permissions =, domain =, prefersBorder = }`" },
    { "watch", "true|hatchway.Watch", "clients can subscribe to it: see below", shown = "`true` or `{ every =, run = }`" },
  },
  example = with_line_breaks [[
resource "shop://logo" {
  name = "logo",
  about = "The logo, as a picture and as a text.",
  mime = "image/svg+xml",
  run = function()
    return hatchway.content {
      { type = "resource", bytes = "<svg xmlns='http://www.w3.org/2000/svg'/>" },
      { type = "resource", uri = "shop://logo/words", mimeType = "text/plain", text = "A white square." },
    }
  end,
}
]],
  after = [[
Resources are `read`. Each block of `hatchway.content` is one content: a text, or what `bytes` or base64 say as a blob. A block of type `resource` may name
an address and a type of its own; without them it has those of the resource.

A client that has subscribed to a resource is told when it has changed, and reads it again. With `watch = { every = seconds }` (2 to 3600) the host looks:
while anybody is subscribed to an address it calls `run` so often, once for all of them, and compares what it gives with the last time. `watch.run`, a
`function(args) → value, final`, gives something cheaper to compare in its place; where `final` is true it will not change any more, and the host stops
looking. A look that fails is a line of the log, and the next one comes later. With `watch = true` nobody looks: scripts call `hatchway.updated`.]],
}

local prompt = {
  name = "prompt", class = "hatchway.Prompt", form = "prompt \"name\" { … }", named = true,
  about = "A prompt: text that a person chooses, with arguments filled in.",
  fields = {
    { "about", "string", "for people", needed = true },
    { "run", "fun(args: table): string|hatchway.Message[]",
      "gives one text (a message of the user) or a list of `{ role =, text = }` and `{ role =, content = block }`, a block as in `hatchway.content`",
      needed = true, shown = "`function(args) → text or list`" },
    { "title", "string", "for people" },
    ICONS,
    { "input", "table<string, hatchway.Type>", "arguments", shown = "table name → type" },
  },
  after = [[
Prompt arguments arrive as strings and are converted when their text is exactly the JSON of the declared type. Clients may ask what an argument could be:
see `complete` of types.]],
}

local wrap = {
  name = "tool", of = "wrap", class = "hatchway.Wrap", form = "wrap.tool \"name\" { … }", named = true,
  about = "Overlays only: changes a tool that is there already, without a copy of it. What is absent stays as it is.",
  fields = {
    { "title", "string", "another title" },
    { "about", "string", "another description" },
    { "input", "table<string, hatchway.Type|false>", "adds and replaces arguments (a type), takes them away (`false`)",
      shown = "table name → type or `false`" },
    { "defaults", "table<string, any>", "other defaults; an argument that has one is optional", shown = "table name → value" },
    { "arguments", "fun(args: table): table?", "sees the arguments first; what it returns goes to the tool (nil: the same table)",
      shown = "`function(args) → args`" },
    { "result", "fun(result: any, args: table): hatchway.Result?",
      "sees the result, as a Lua value also where the tool forwards an answer; what it returns is the result (nil: the same value)",
      shown = "`function(result, args) → result`" },
    { "deadline", "number", "another wall time", shown = "seconds, at most 300" },
    { "cpu", "number", "another CPU time", shown = "milliseconds, at most 60000" },
  },
  example = with_line_breaks [[
wrap.tool "list_workflows" {
  about = "The workflows of the shop.",
  defaults = { limit = 10 },
  result = function(result)
    result.counted = #result.rows
    return result
  end,
}
]],
  after = [[
Neither access nor `enabled` can be changed: a tool that may do more is a tool of another name, or one that replaces it. Wraps of several overlays lie on each
other, the first innermost.]],
}

return { pack, tool, toolset, resource, prompt, wrap }
