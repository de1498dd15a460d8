---@meta
-- Made by docs/api/generate.lua: do not edit.

---@alias hatchway.Access "read"|"write"|"destroy"
---@alias hatchway.Level "debug"|"info"|"notice"|"warning"|"error"|"critical"|"alert"|"emergency"
---@alias hatchway.Result table|string|hatchet.Answer|hatchway.Content

---@class (exact) hatchway.Link
---@field run? string|string[]
---@field workflow? string|string[]
---@field worker? string|string[]

---@class hatchway.Message
---@field role "user"|"assistant"
---@field text? string
---@field content? hatchway.Block

---@class hatchway.Error
---@field message string
---@field code? string
---@field hint? string
---@field kind? "validation_error"|"unauthorized"|"not_found"|"conflict"|"rate_limited"|"server_error"|"unknown"
---@field status? integer
---@field retryable? boolean

---@class hatchway.Page
---@field csp? table
---@field permissions? table
---@field domain? string
---@field prefersBorder? boolean

---@class hatchway.Watch
---@field every number
---@field run? fun(args: table): any, boolean?

---@class (exact) hatchway.Annotations
---@field audience? ("user"|"assistant")[]
---@field priority? number
---@field lastModified? string

---@class (exact) hatchway.Icon
---@field src string
---@field mimeType? string
---@field sizes? string[]
---@field theme? "light"|"dark"

---@class (exact) hatchway.Block
---@field type "text"|"image"|"audio"|"link"|"resource"
---@field text? string
---@field data? string
---@field bytes? string
---@field blob? string
---@field mimeType? string
---@field uri? string
---@field name? string
---@field title? string
---@field description? string
---@field annotations? hatchway.Annotations

---@class hatchway.Blocks
---@field [integer] hatchway.Block
---@field structured? table

---@class hatchway.Content
local Content = {}

---@class hatchway.Client
---@field name? string
---@field version? string
---@field protocol? string
---@field sampling? boolean
---@field elicitation? boolean
---@field roots? boolean
---@field elicitation_url? boolean
---@field sampling_tools? boolean

---@class hatchway.Question
local Question = {}

---@class (exact) hatchway.Elicit
---@field message string
---@field fields? table<string, hatchway.Type>
---@field schema? table
---@field url? string

---@class (exact) hatchway.Sample
---@field messages string|table[]
---@field max_tokens integer
---@field system_prompt? string
---@field temperature? number
---@field stop_sequences? string[]
---@field model_preferences? table
---@field include_context? "none"|"thisServer"|"allServers"
---@field metadata? table
---@field tools? table[]
---@field tool_choice? table

---@class hatchway.Server
---@field version string
---@field access hatchway.Access
---@field replay boolean
---@field tools { read: integer, write: integer, destroy: integer }

---@class hatchway.Type
local Type = {}

---@class json.Null
local Null = {}

---@class hatchet.Answer
local Answer = {}

---@class (exact) hatchet.Options
---@field retry? boolean
---@field idempotent? boolean
---@field text? boolean
---@field only? table

---hide: what an overlay takes away
---@class hidelib
hide = {}

---Takes a tool away.
---@param name string
function hide.tool(name) end

---Takes a resource away.
---@param address string as it was declared
function hide.resource(address) end

---Takes a prompt away.
---@param name string
function hide.prompt(name) end

---Overlays: changes what is there already.
---@class wraplib
wrap = {}

---@class (exact) hatchway.Pack
---@field name? string the pack, and the first part of its modules' names
---@field title? string shown to people
---@field about? string what the pack is for; shown to people
---@field version? string the host's own if absent
---@field needs? "hatchet"[] capabilities: `"hatchet"`
---@field instructions? string|fun(access: hatchway.Access): string what `initialize` tells the model; access is `"read"`, `"write"` or `"destroy"`
---@field prompts? string built-in packs only: the folder of the prompts, outside the pack
---@field small? string[] names of tools: what `--toolsets small` offers to clients with few slots

---The manifest, in pack.lua.
---@param fields hatchway.Pack
function pack(fields) end

---@class (exact) hatchway.Tool
---@field title string for people
---@field about string for the model
---@field access hatchway.Access the most that a call of this tool may do; the host enforces it
---@field run fun(args: table): hatchway.Result does it
---@field input? table<string, hatchway.Type>|hatchway.Type arguments (see types); absent: none; or `t.raw`
---@field output? hatchway.Type what the structured result looks like: `t.object { fields = … }`
---@field list? boolean the result is a list: `list_max` applies
---@field idempotent? boolean doing it twice is doing it once: its writes may be sent again, and the hint says so. Reads always are
---@field untrusted? boolean the result carries text of workers, logs or payloads: one fixed line before it says that it is data, not instruction
---@field link? hatchway.Link a link to the dashboard is added: kind is `run`, `workflow` or `worker`, the path names the id in the result. The first path that leads to a string wins if a list of paths is given
---@field deadline? number wall time of a call; 30 if absent
---@field cpu? number CPU time of a call; 500 if absent
---@field task? string calls may become tasks, from where `hatchway.detach` is called (SEP-2663): `"optional"` where the client knows tasks, `"required"`: other clients are refused
---@field preview? string the name of a boolean argument: where it is true the call only shows what it would do. The host then lets it send reads alone, and asks nobody to confirm it
---@field passes_on? boolean a call of this tool is one of the tool that its argument `name` names, with `arguments`: a tool that only reads, listed or not (see `hatchway.discovery`)
---@field enabled? boolean `false`: the tool is off, neither listed nor callable, unless the operator starts the server with `--enable` and its name
---@field requires? ("sampling"|"elicitation"|"roots")[] what the client must offer; a call of another one is refused before `run`
---@field icons? hatchway.Icon[] pictures for lists
---@field ui? string the `ui://` address of a resource: the page in which clients with MCP Apps show the result

---A tool. Its name has 1 to 64 of `A-Z a-z 0-9 _ - .`
---@param name string
---@return fun(fields: hatchway.Tool)
function tool(name) end

---The tools that follow in the same file belong to that toolset: `--toolsets` offers them together. A tool without one is always offered; one that replaces another stays in that one's toolset.
---@param name string
function toolset(name) end

---@class (exact) hatchway.Resource
---@field name string its name in lists
---@field about string for the model
---@field run fun(args: table): hatchway.Result gives a table (sent as JSON), a string, what `hatchet.forward` returned, or `hatchway.content`
---@field title? string for people
---@field mime? string the type of what it gives
---@field size? integer bytes of what it gives, if they are known
---@field annotations? hatchway.Annotations for whom it is, and how much it matters
---@field icons? hatchway.Icon[] pictures for lists
---@field input? table<string, hatchway.Type> the variables of a template: all of them, and nothing else
---@field ui? hatchway.Page of a page (`ui://…`, with the mime `text/html;profile=mcp-app`): what the client is told of it (SEP-1865)
---@field watch? true|hatchway.Watch clients can subscribe to it: see below

---A resource, or a resource template when its address has variables: `hatchet://runs/{workflow_run_id}`.
---@param name string
---@return fun(fields: hatchway.Resource)
function resource(name) end

---@class (exact) hatchway.Prompt
---@field about string for people
---@field run fun(args: table): string|hatchway.Message[] gives one text (a message of the user) or a list of `{ role =, text = }` and `{ role =, content = block }`, a block as in `hatchway.content`
---@field title? string for people
---@field icons? hatchway.Icon[] pictures for lists
---@field input? table<string, hatchway.Type> arguments

---A prompt: text that a person chooses, with arguments filled in.
---@param name string
---@return fun(fields: hatchway.Prompt)
function prompt(name) end

---@class (exact) hatchway.Wrap
---@field title? string another title
---@field about? string another description
---@field input? table<string, hatchway.Type|false> adds and replaces arguments (a type), takes them away (`false`)
---@field defaults? table<string, any> other defaults; an argument that has one is optional
---@field arguments? fun(args: table): table? sees the arguments first; what it returns goes to the tool (nil: the same table)
---@field result? fun(result: any, args: table): hatchway.Result? sees the result, as a Lua value also where the tool forwards an answer; what it returns is the result (nil: the same value)
---@field deadline? number another wall time
---@field cpu? number another CPU time

---Overlays only: changes a tool that is there already, without a copy of it. What is absent stays as it is.
---@param name string
---@return fun(fields: hatchway.Wrap)
function wrap.tool(name) end

---hatchway: the host
---@class hatchwaylib
hatchway = {}

---Runs the functions at once; their results under the same keys. The first error cancels the rest and is raised.
---@param functions table<any, fun(): any> at most 1000
---@return table # key → first result
function hatchway.all(functions) end

---`f`'s results, or `nil, err` when it raised. It never catches the end of a call.
---@param f function
---@param ... any its arguments
---@return any # results of `f`, or nil
---@return hatchway.Error # or nil; always a table: `err.message`, `err.status` …
function hatchway.try(f, ...) end

---Ends the call with that error, without a position. `code` is a stable word, `message` a sentence, `hint` the next step. A plain string is the message, with the code `failed`.
---@param error hatchway.Error|string `{ code =, message =, hint =, kind =, status =, retryable = }`
function hatchway.fail(error) end

---Waits; in playback the clock moves and no time passes. Waiting costs no CPU budget.
---@param seconds number 0 to 3600
function hatchway.sleep(seconds) end

---Tells the client, if it asked; `done` must grow. `total` and `message` may be nil.
---@param done number
---@param total? number
---@param message? string
function hatchway.progress(done, total, message) end

---From here on the call is a task: its client has an answer at once, with an id by which it asks for the outcome later (tasks/get), and the call may take so many seconds from now on, with its CPU budget for each minute. A second call changes nothing. False: the client knows no tasks, and waits. The tool declares `task`. What is wrong with the arguments is best found before.
---@param seconds? integer 1 to 86400; 3600 if absent
---@return boolean # is it a task now
function hatchway.detach(seconds) end

---Keeps a value with the task, for the case that the server ends before the call does: the next server then calls `run` again with the same arguments, and `hatchway.saved` gives the value. A task of a tool that writes and has saved nothing is told as failed then; one of a tool that reads begins anew.
---@param value any at most 256 KB as JSON
---@return boolean # false: the call is no task
function hatchway.save(value) end

---What the task has saved before, in another process; nil in the first run.
---@return any
function hatchway.saved() end

---To the log, and to the client when it wants that level.
---@param level hatchway.Level `debug info notice warning error critical alert emergency`
---@param message string
function hatchway.log(level, message) end

---Tells the clients that have subscribed to that resource that it has changed.
---@param uri string its address, written as they did
function hatchway.updated(uri) end

---Lets the client go while the call works on: it comes back for the answer. That is for HTTP and clients of 2025-11-25; elsewhere nothing happens.
function hatchway.close_stream() end

---A result of content blocks, and the structured result beside it.
---@param blocks hatchway.Blocks a list of `{ type="text", text= }`, `{ type="image", bytes=, mimeType= }` (or `audio`; `data=` is base64 already), `{ type="link", uri=, name=, title?=, description?=, mimeType?= }`, `{ type="resource", uri=, mimeType?=, text= }` (or `bytes=`, or `blob=`, which is base64 already); each with `annotations = { audience = { "user" }, priority = 0.5, lastModified = time }` if you like; and `structured = table`
---@return hatchway.Content # for `run` to return
function hatchway.content(blocks) end

---The Lua value of what `hatchet.forward` returned; anything else as it is.
---@param answer any
---@return any
function hatchway.value(answer) end

---Checks a value against a JSON Schema (2020-12 words).
---@param schema table
---@param value any
---@return boolean # does it fit
---@return string[] # `"$.path: what is wrong"`, empty if it does
function hatchway.check(schema, value) end

---The client of this call: `{ name, version, protocol, sampling, elicitation, roots, elicitation_url, sampling_tools }`; the names may be nil. `elicitation` is about forms, `elicitation_url` about pages.
---@return hatchway.Client
function hatchway.client() end

---Asks the client: each question of the table under its key, all at once; or one question. Ask before you write: see below.
---@param questions table<string, hatchway.Question>|hatchway.Question at most 20
---@return table # key → answer, or the answer. Of a form: `{ action = "accept"|"decline"|"cancel", content = { … } }`, with `content` after `accept` alone; of a page: `{ action = … }`; of a model: the message of the client; of roots: `{ roots = { … } }`
function hatchway.ask(questions) end

---Asks a person a question of yes or no.
---@param message string
---@return boolean # true after a yes alone
function hatchway.confirm(message) end

---A question to a person: a form with `fields` (name → type; a type with `optional` may be left empty) or a `schema` of your own, or a page that is opened (`url`). A form is flat: texts, numbers, booleans, one or several of a list. It must not ask for a secret.
---@param question hatchway.Elicit `{ message =, fields = | schema = | url = }`
---@return hatchway.Question # for `ask`
function hatchway.elicit(question) end

---A question to the client's model. `messages` is a text, or a list of `{ role =, text = }` or `{ role =, content = }`.
---@param question hatchway.Sample `{ messages =, max_tokens =, system_prompt =, temperature =, stop_sequences =, model_preferences =, include_context =, metadata =, tools =, tool_choice = }`: all but the first two may be nil
---@return hatchway.Question # for `ask`; its answer has `role`, `content`, `model` and `stopReason`
function hatchway.sample(question) end

---Asks for the folders that the client works in.
---@return hatchway.Question # for `ask`
function hatchway.roots() end

---This server: `{ version, access, replay, tools = { read = n, write = n, destroy = n } }`.
---@return hatchway.Server
function hatchway.server() end

---The entry of the list that is spelt most like the word, or nil.
---@param word string
---@param list string[] at most 10000
---@return string?
function hatchway.nearest(word, list) end

---SHA-256 of a text: a short name for a long value.
---@param text string at most 1 MB
---@return string # 64 hexadecimal digits, lower case
function hatchway.hash(text) end

---Tells clients that listen to read a list again; once a call. What changes with the files is told without it.
---@param list "tools"|"resources"|"prompts"
function hatchway.changed(list) end

---The tools of this server that a client lists, or that one which passes calls on can reach.
---@return table[] # `{ name, title, about, access, toolset, input, listed }`: input is a JSON Schema as text
function hatchway.tools() end

---Times are seconds since 1970 as numbers, exact to the microsecond.
---@class hatchway.timelib
hatchway.time = {}

---The clock (of the recording, in playback).
---@return number
function hatchway.time.now() end

---The forms of `t.time` → seconds; or `nil, message`.
---@param text string
---@return number?
---@return string? # what is wrong
function hatchway.time.parse(text) end

---`2026-11-21T06:29:04.291Z`: UTC, up to six digits of fraction, trailing zeros cut.
---@param seconds number a time between the years 1 and 9999
---@return string
function hatchway.time.format(seconds) end

---`"5 minutes ago"`, `"in 2 hours"`, `"now"`.
---@param seconds number a time
---@return string
function hatchway.time.relative(seconds) end

---`"1h 5m"`, `"350ms"`, `"2d 3h"`.
---@param seconds number a length
---@return string
function hatchway.time.duration(seconds) end

---Values from JSON keep what Lua would lose: integers to 64 bits are integers, longer ones and numbers out of range keep their text (opaque; `tostring` gives it), `[]` stays an array, `{}` an object, `null` is `json.null` (which is true in a condition), and objects keep the order of their keys.
---@class jsonlib
---@field null json.Null null. Setting a field to `nil` leaves it out
json = {}

---Marks a sequence as an array, so that an empty one is `[]`; returns it. A plain empty table is `{}`, a plain sequence an array.
---@param t table
---@return table # `t`
function json.array(t) end

---Gives a table a key order; returns it. Keys that are nil in `t` are left out; others follow in the order of the alphabet.
---@param keys string[] at most 1000
---@param t table
---@return table # `t`
function json.object(keys, t) end

---A new object with those of the keys that the object has, in that order.
---@param object table
---@param keys string[]
---@return table
function json.pick(object, keys) end

---Compact text.
---@param value any
---@return string
function json.encode(value) end

---The value of a text.
---@param text string
---@return any
function json.decode(text) end

---`"null" "boolean" "integer" "number" "string" "array" "object"`, or nil for what is not JSON.
---@param value any
---@return string?
function json.type(value) end

---There when the manifest says `needs = { "hatchet" }`. Overlays of such a pack have it too.
---@class hatchetlib
---@field tenant string the tenant's id
---@field namespace string the prefix of workflow names (`""` or ends in `_`)
---@field source "token"|"override"|"replay" where the server's address comes from: `"token"`, `"override"` or `"replay"`
hatchet = {}

---GET.
---@param path string a template: names in braces are filled from `params`
---@param params? table name → value: first the names of the path, the others are the query
---@param options? hatchet.Options `retry`, `text`, `only`
---@return any # the answer as a Lua value; an empty one raises, or is nil with `text`
function hatchet.get(path, params, options) end

---GET; returns an opaque answer that a tool may only return. It is checked and copied, never built as tables.
---@param path string a template: names in braces are filled from `params`
---@param params? table name → value: first the names of the path, the others are the query
---@param options? hatchet.Options `retry`
---@return hatchet.Answer # for `run` to return
function hatchet.forward(path, params, options) end

---POST with a body.
---@param path string a template: names in braces are filled from `params`
---@param params? table name → value: first the names of the path, the others are the query
---@param body? table sent as JSON; nil for none
---@param options? hatchet.Options `retry`, `idempotent`, `only`
---@return any # the answer as a Lua value; nil for an empty body
function hatchet.post(path, params, body, options) end

---PATCH with a body.
---@param path string a template: names in braces are filled from `params`
---@param params? table name → value: first the names of the path, the others are the query
---@param body? table sent as JSON; nil for none
---@param options? hatchet.Options `retry`, `idempotent`, `only`
---@return any # the answer as a Lua value; nil for an empty body
function hatchet.patch(path, params, body, options) end

---DELETE, with a body or none.
---@param path string a template: names in braces are filled from `params`
---@param params? table name → value: first the names of the path, the others are the query
---@param body? table sent as JSON; nil for none
---@param options? hatchet.Options `retry`, `idempotent`, `only`
---@return any # the answer as a Lua value; nil for an empty body
function hatchet.delete(path, params, body, options) end

---Sends an event into the tenant, by gRPC (`EventsService/Push`), for the REST API no longer does. Write access.
---@param event table `{ key =, payload =, metadata =, priority =, scope = }`: `key` is text; `payload` a table, or JSON text that is sent as it is (none: `{}`); `metadata` an object, as a table or JSON text; `priority` 1 (low) to 3; `scope` text. All but `key` may be nil
---@return table # `{ id = }`, the id of the event; empty where the answer does not say
function hatchet.push(event) end

---@class oslib
os = {}

---Seconds since 1970, of the clock of the recording when one is played back.
---@param time? { year: integer, month: integer, day: integer, hour?: integer, min?: integer, sec?: integer }
---@return integer
function os.time(time) end

---In UTC.
---@param format? string
---@param time? integer
---@return string|table
function os.date(format, time) end
