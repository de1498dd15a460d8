-- The Lua API, part three: what scripts may call. The form of the data is told in api.lua.

local PATH = { "path", "string", "a template: names in braces are filled from `params`" }
local PARAMS = { "params", "table?", "name → value: first the names of the path, the others are the query" }
local OPTIONS = { "options", "hatchet.Options?", "`retry`, `idempotent`, `only`" }
local GET_OPTIONS = { "options", "hatchet.Options?", "`retry`, `text`, `only`" }
local FORWARD_OPTIONS = { "options", "hatchet.Options?", "`retry`" }
local BODY = { "body", "table?", "sent as JSON; nil for none" }
local ANSWER = { "any", "the answer as a Lua value; nil for an empty body" }
local GOT = { "any", "the answer as a Lua value; an empty one raises, or is nil with `text`" }
local REFUSED = "what is outside 2xx, as told above"

local hatchway = {
  name = "hatchway", title = "hatchway: the host",
  functions = {
    { name = "all", about = "Runs the functions at once; their results under the same keys. The first error cancels the rest and is raised.",
      params = { { "functions", "table<any, fun(): any>", "at most 1000" } },
      returns = { { "table", "key → first result" } }, raises = "the first error of one of them",
      example = [[
local both = hatchway.all {
  workers = function() return hatchet.get("/api/v1/tenants/{tenant}/worker") end,
  queues = function() return hatchet.get("/api/v1/tenants/{tenant}/step-run-queue-metrics") end,
}
return { workers = #both.workers.rows, queues = both.queues.queues }
]] },
    { name = "try", about = "`f`'s results, or `nil, err` when it raised. It never catches the end of a call.",
      params = { { "f", "function", "" }, { "...", "any", "its arguments" } },
      returns = { { "any", "results of `f`, or nil" }, { "hatchway.Error", "or nil; always a table: `err.message`, `err.status` …" } },
      example = [[
local run, err = hatchway.try(hatchet.get, "/api/v1/stable/workflow-runs/{id}", { id = args.id })
if err and err.status ~= 404 then error(err) end
]] },
    { name = "fail", about = "Ends the call with that error, without a position. `code` is a stable word, `message` a sentence, `hint` the next step. "
      .. "A plain string is the message, with the code `failed`.",
      params = { { "error", "hatchway.Error|string", "`{ code =, message =, hint =, kind =, status =, retryable = }`" } }, never = true,
      example = [[
hatchway.fail { code = "no_worker", message = "No worker runs send-email.", hint = "list_workers shows what they run." }
]] },
    { name = "sleep", about = "Waits; in playback the clock moves and no time passes. Waiting costs no CPU budget.",
      params = { { "seconds", "number", "0 to 3600" } } },
    { name = "progress", about = "Tells the client, if it asked; `done` must grow. `total` and `message` may be nil.",
      params = { { "done", "number", "" }, { "total", "number?", "" }, { "message", "string?", "" } } },
    { name = "detach", about = "From here on the call is a task: its client has an answer at once, with an id by which it asks for the outcome "
      .. "later (tasks/get), and the call may take so many seconds from now on, with its CPU budget for each minute. A second "
      .. "call changes nothing. False: the client knows no tasks, and waits. The tool declares `task`. What is wrong with the arguments is best found before.",
      params = { { "seconds", "integer?", "1 to 86400; 3600 if absent" } }, returns = { { "boolean", "is it a task now" } },
      raises = "when the task cannot be written down: nothing was begun",
      example = [[
local seconds = hatchway.detach(7200) and 7000 or 45
]] },
    { name = "save", about = "Keeps a value with the task, for the case that the server ends before the call does: the next server then calls "
      .. "`run` again with the same arguments, and `hatchway.saved` gives the value. A task of a tool that writes and has saved nothing is "
      .. "told as failed then; one of a tool that reads begins anew.",
      params = { { "value", "any", "at most 256 KB as JSON" } }, returns = { { "boolean", "false: the call is no task" } },
      raises = "when it cannot be written down" },
    { name = "saved", about = "What the task has saved before, in another process; nil in the first run.", params = {}, returns = { { "any", "" } } },
    { name = "log", about = "To the log, and to the client when it wants that level.",
      params = { { "level", "hatchway.Level", "`debug info notice warning error critical alert emergency`" }, { "message", "string", "" } },
      raises = "a level that does not exist" },
    { name = "updated", about = "Tells the clients that have subscribed to that resource that it has changed.",
      params = { { "uri", "string", "its address, written as they did" } } },
    { name = "close_stream", about = "Lets the client go while the call works on: it comes back for the answer. That is for HTTP and clients of "
      .. "2025-11-25; elsewhere nothing happens.", params = {} },
    { name = "content", about = "A result of content blocks, and the structured result beside it.",
      params = { { "blocks", "hatchway.Blocks", "a list of `{ type=\"text\", text= }`, `{ type=\"image\", bytes=, mimeType= }` (or `audio`; "
        .. "`data=` is base64 already), `{ type=\"link\", uri=, name=, title?=, description?=, mimeType?= }`, "
        .. "`{ type=\"resource\", uri=, mimeType?=, text= }` (or `bytes=`, or `blob=`, which is base64 already); each with "
        .. "`annotations = { audience = { \"user\" }, priority = 0.5, lastModified = time }` if you like; and `structured = table`" } },
      returns = { { "hatchway.Content", "for `run` to return" } }, raises = "a block that lacks something",
      example = [[
return hatchway.content {
  { type = "text", text = "Three workers are gone." },
  structured = { gone = 3 },
}
]] },
    { name = "value", about = "The Lua value of what `hatchet.forward` returned; anything else as it is.",
      params = { { "answer", "any", "" } }, returns = { { "any", "" } } },
    { name = "check", about = "Checks a value against a JSON Schema (2020-12 words).",
      params = { { "schema", "table", "" }, { "value", "any", "" } },
      returns = { { "boolean", "does it fit" }, { "string[]", "`\"$.path: what is wrong\"`, empty if it does" } } },
    { name = "client", about = "The client of this call: `{ name, version, protocol, sampling, elicitation, roots, elicitation_url, sampling_tools }`; the names may "
      .. "be nil. `elicitation` is about forms, `elicitation_url` about pages.",
      params = {}, returns = { { "hatchway.Client", "" } } },
    { name = "ask", about = "Asks the client: each question of the table under its key, all at once; or one question. Ask before you write: see below.",
      params = { { "questions", "table<string, hatchway.Question>|hatchway.Question", "at most 20" } },
      returns = { { "table", "key → answer, or the answer. Of a form: `{ action = \"accept\"|\"decline\"|\"cancel\", content = { … } }`, with "
        .. "`content` after `accept` alone; of a page: `{ action = … }`; of a model: the message of the client; of roots: `{ roots = { … } }`" } },
      raises = "`unsupported` when the client has not declared what is asked for, `no_answer`, `client_error`, `invalid_answer`, "
        .. "`asked_after_write`",
      example = [[
local t = require "hatchway.types"
local said, err = hatchway.try(hatchway.ask, {
  target = hatchway.elicit { message = "Where to?", fields = { stage = t.enum { values = { "test", "live" } } } },
  folders = hatchway.roots(),
})
if err and err.code == "unsupported" then return "Say where to." end
if said.target.action ~= "accept" then return "Nothing was done." end
return { stage = said.target.content.stage, folders = #said.folders.roots }
]] },
    { name = "confirm", about = "Asks a person a question of yes or no.", params = { { "message", "string", "" } },
      returns = { { "boolean", "true after a yes alone" } }, raises = "as `ask`" },
    { name = "elicit", about = "A question to a person: a form with `fields` (name → type; a type with `optional` may be left empty) or a "
      .. "`schema` of your own, or a page that is opened (`url`). A form is flat: texts, numbers, booleans, one or several of a list. It "
      .. "must not ask for a secret.",
      params = { { "question", "hatchway.Elicit", "`{ message =, fields = | schema = | url = }`" } },
      returns = { { "hatchway.Question", "for `ask`" } }, raises = "what is no form, with the field" },
    { name = "sample", about = "A question to the client's model. `messages` is a text, or a list of `{ role =, text = }` or `{ role =, content = }`.",
      params = { { "question", "hatchway.Sample", "`{ messages =, max_tokens =, system_prompt =, temperature =, stop_sequences =, "
        .. "model_preferences =, include_context =, metadata =, tools =, tool_choice = }`: all but the first two may be nil" } },
      returns = { { "hatchway.Question", "for `ask`; its answer has `role`, `content`, `model` and `stopReason`" } } },
    { name = "roots", about = "Asks for the folders that the client works in.", params = {},
      returns = { { "hatchway.Question", "for `ask`" } } },
    { name = "server", about = "This server: `{ version, access, replay, tools = { read = n, write = n, destroy = n } }`.",
      params = {}, returns = { { "hatchway.Server", "" } } },
    { name = "nearest", about = "The entry of the list that is spelt most like the word, or nil.",
      params = { { "word", "string", "" }, { "list", "string[]", "at most 10000" } }, returns = { { "string?", "" } } },
    { name = "hash", about = "SHA-256 of a text: a short name for a long value.", params = { { "text", "string", "at most 1 MB" } },
      returns = { { "string", "64 hexadecimal digits, lower case" } } },
    { name = "changed", about = "Tells clients that listen to read a list again; once a call. What changes with the files is told without it.",
      params = { { "list", "\"tools\"|\"resources\"|\"prompts\"", "" } } },
    { name = "tools", about = "The tools of this server that a client lists, or that one which passes calls on can reach.", params = {},
      returns = { { "table[]", "`{ name, title, about, access, toolset, input, listed }`: input is a JSON Schema as text" } } },
  },
  tables = { "time" },
  after = [[
`all`, `ask`, `confirm`, `sleep`, `progress`, `changed`, `updated`, `close_stream` and `client` are for calls: while files are read they raise.

Waiting for an answer does not count into the `deadline` of a call; `--limit ask_wait=…` bounds it. Clients of 2026-07-28 answer by calling again: the
function is run from its start, and each `ask` that was answered gives its answer at once. So what it does before an `ask` is done again, and is the same
each time: it reads, and does not depend on chance. After a request that is no GET nothing can be asked. An answer counts only for the question that it was given
to, word by word: when a `message` tells what has changed meanwhile, it is asked again.]],
}

local time = {
  name = "hatchway.time", title = "hatchway.time",
  about = "Times are seconds since 1970 as numbers, exact to the microsecond.",
  functions = {
    { name = "now", about = "The clock (of the recording, in playback).", params = {}, returns = { { "number", "" } } },
    { name = "parse", about = "The forms of `t.time` → seconds; or `nil, message`.", params = { { "text", "string", "" } },
      returns = { { "number?", "" }, { "string?", "what is wrong" } } },
    { name = "format", about = "`2026-11-21T06:29:04.291Z`: UTC, up to six digits of fraction, trailing zeros cut.",
      params = { { "seconds", "number", "a time between the years 1 and 9999" } }, returns = { { "string", "" } } },
    { name = "relative", about = "`\"5 minutes ago\"`, `\"in 2 hours\"`, `\"now\"`.",
      params = { { "seconds", "number", "a time" } }, returns = { { "string", "" } } },
    { name = "duration", about = "`\"1h 5m\"`, `\"350ms\"`, `\"2d 3h\"`.",
      params = { { "seconds", "number", "a length" } }, returns = { { "string", "" } } },
  },
}

local json = {
  name = "json", title = "json",
  about = [[
Values from JSON keep what Lua would lose: integers to 64 bits are integers, longer ones and numbers out of range keep their text (opaque; `tostring`
gives it), `[]` stays an array, `{}` an object, `null` is `json.null` (which is true in a condition), and objects keep the order of their keys.]],
  values = { { "null", "json.Null", "null. Setting a field to `nil` leaves it out" } },
  functions = {
    { name = "array", about = "Marks a sequence as an array, so that an empty one is `[]`; returns it. A plain empty table is `{}`, a plain sequence an array.",
      params = { { "t", "table", "" } }, returns = { { "table", "`t`" } } },
    { name = "object", about = "Gives a table a key order; returns it. Keys that are nil in `t` are left out; others follow in the order of the alphabet.",
      params = { { "keys", "string[]", "at most 1000" }, { "t", "table", "" } }, returns = { { "table", "`t`" } },
      example = [[
return json.object({ "name", "status" }, { status = "ACTIVE", name = "shop-main" })
]] },
    { name = "pick", about = "A new object with those of the keys that the object has, in that order.",
      params = { { "object", "table", "" }, { "keys", "string[]", "" } }, returns = { { "table", "" } } },
    { name = "encode", about = "Compact text.", params = { { "value", "any", "" } }, returns = { { "string", "" } },
      raises = "what is not JSON, with its path" },
    { name = "decode", about = "The value of a text.", params = { { "text", "string", "" } }, returns = { { "any", "" } },
      raises = "what is not JSON, with the byte" },
    { name = "type", about = "`\"null\" \"boolean\" \"integer\" \"number\" \"string\" \"array\" \"object\"`, or nil for what is not JSON.",
      params = { { "value", "any", "" } }, returns = { { "string?", "" } } },
  },
}

local hatchet = {
  name = "hatchet", title = "hatchet: the capability",
  about = "There when the manifest says `needs = { \"hatchet\" }`. Overlays of such a pack have it too.",
  functions = {
    { name = "get", about = "GET.", params = { PATH, PARAMS, GET_OPTIONS }, returns = { GOT }, raises = REFUSED,
      example = [[
local run = hatchet.get("/api/v1/stable/workflow-runs/{id}", { id = args.workflow_run_id })
local brief = hatchet.get("/api/v1/stable/workflow-runs/{id}", { id = args.workflow_run_id },
  { only = { run = { "status", "finishedAt" }, tasks = { "displayName", "status" } } })
]] },
    { name = "forward", about = "GET; returns an opaque answer that a tool may only return. It is checked and copied, never built as tables.",
      params = { PATH, PARAMS, FORWARD_OPTIONS }, returns = { { "hatchet.Answer", "for `run` to return" } }, raises = REFUSED },
    { name = "post", about = "POST with a body.", params = { PATH, PARAMS, BODY, OPTIONS }, returns = { ANSWER }, raises = REFUSED },
    { name = "patch", about = "PATCH with a body.", params = { PATH, PARAMS, BODY, OPTIONS }, returns = { ANSWER }, raises = REFUSED },
    { name = "delete", about = "DELETE, with a body or none.", params = { PATH, PARAMS, BODY, OPTIONS }, returns = { ANSWER }, raises = REFUSED },
    { name = "push", about = "Sends an event into the tenant, by gRPC (`EventsService/Push`), for the REST API no longer does. Write access.",
      params = { { "event", "table",
        "`{ key =, payload =, metadata =, priority =, scope = }`: `key` is text; `payload` a table, or JSON text that is sent as it is "
          .. "(none: `{}`); `metadata` an object, as a table or JSON text; `priority` 1 (low) to 3; `scope` text. All but `key` may be nil" } },
      returns = { { "table", "`{ id = }`, the id of the event; empty where the answer does not say" } },
      raises = "what is outside OK, as told above, with the HTTP status that means the same; `not_configured` when no address is known",
      example = [[
local event = hatchet.push { key = "user:created", payload = { to = "lost@shop.test" } }
return { event_id = event.id }
]] },
  },
  values = {
    { "tenant", "string", "the tenant's id" },
    { "namespace", "string", "the prefix of workflow names (`\"\"` or ends in `_`)" },
    { "source", "\"token\"|\"override\"|\"replay\"", "where the server's address comes from: `\"token\"`, `\"override\"` or `\"replay\"`" },
  },
  after = [[
- A path is a template: `"/api/v1/workers/{id}"`. Names in it are filled from `params`, each as one percent-encoded segment; `{tenant}` is filled by the host.
  An empty segment, `.`, `..` and control characters are refused. The other params become the query: lists repeat, nil is left out.
- Answers are Lua values. Of a write they are `nil` where the echo is empty, too large or not JSON: the write is done all the same. An empty answer
  to a `get` is the error `invalid_json`, with `text` it is `nil`.
- Anything outside 2xx raises a table `{code, message, kind, status, retryable, hint}`: `kind` is `validation_error`, `unauthorized`, `not_found`,
  `conflict`, `rate_limited`, `server_error` or `unknown` (transport).
  Transport errors have no status; their codes are `refused`, `unreachable`, `timeout`, `tls`, `truncated`, `too_large`, `invalid_json`, `redirect`, `not_recorded`.
  HTTP errors have the codes `invalid`, `unauthorized`, `not_found`, `conflict`, `rate_limited`, `server_error`, `http`.
- `options.retry = false` stops retries. `options.idempotent = true` lets a write be sent again. `options.text = true` (`get` only) gives
  an answer that is not JSON as text, where it would be the error `invalid_json`.
- `options.only` names the members that are needed: `{ "id", rows = { "name", "status" } }`. The rest of the answer is checked and not built, which is
  several times as fast where rows carry payloads. A name in the list takes that member whole, `name = { … }` those members of it, at any depth; lists
  are passed through, and a table may have itself in it, for trees. Tables have their members in the order of the list, then of the alphabet.
- GET is read, POST and PATCH are write, DELETE, cancelling and bulk changes are destroy: a call may send what its tool's access allows, and nothing else.
- `push` goes to `HATCHET_CLIENT_HOST_PORT`, or to the address in the token, over TLS as `HATCHET_CLIENT_TLS_*` say. Integers stay exact on the way; what REST
  shows of them is rounded beyond 2^53. A push is never sent twice, unless it certainly did not arrive.]],
}

local hide = {
  name = "hide", title = "hide: what an overlay takes away", inline = true,
  functions = {
    { name = "tool", about = "Takes a tool away.", params = { { "name", "string", "" } }, raises = "a name that is not there" },
    { name = "resource", about = "Takes a resource away.", params = { { "address", "string", "as it was declared" } }, raises = "an address that is not there" },
    { name = "prompt", about = "Takes a prompt away.", params = { { "name", "string", "" } }, raises = "a name that is not there" },
  },
}

return { hide = hide, hatchway = hatchway, time = time, json = json, hatchet = hatchet }
