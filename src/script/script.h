// script: Lua. The sandbox, reading packs, declarations, calls, and what scripts may ask of the host.
//
// Called by mcp (load a pack, start a call) and by command. It calls guard (may this request be sent?),
// upstream (send it) and base.
//
// Threat model. A script is careless or hostile: it may loop, recurse, allocate, raise at any place, keep
// what it is given. It may not hang, crash or starve the host, reach a secret, or send what the access of its
// tool does not allow. So
//   - it sees an allow list of libraries, all shared tables are frozen, there is no way to set a finalizer
//   (sandbox.c);
//   - all its memory comes from an allocator with a ceiling; what C keeps for a call has a ceiling of its
//   own;
//   - it runs in slices on a CPU budget, enforced by a timer signal; the stop cannot be caught (budget.c);
//   - requests go through the gate below it (guard/gate.h); nothing that a script says changes what the gate
//   knows of the call.
#ifndef HATCHWAY_SCRIPT_H
#define HATCHWAY_SCRIPT_H

#include "base/json.h"
#include "guard/gate.h"
#include "script/source.h"

struct uv_loop_s;
struct upstream;

typedef struct script_pack script_pack;
typedef struct script_run script_run;

typedef enum script_kind { SCRIPT_TOOL, SCRIPT_RESOURCE, SCRIPT_PROMPT } script_kind;

// What a client may be able to do for a call; bits.
enum { SCRIPT_SAMPLING = 1, SCRIPT_ELICITATION = 2, SCRIPT_ROOTS = 4 };

#define SCRIPT_LINKS 4
#define SCRIPT_WATCH_TOLD (-1)                        // hatchway.updated says when it has changed
#define SCRIPT_COMPLETE_DEADLINE INT64_C(3000000)     // microseconds that a completer may take

typedef struct script_link {
    char *kind;           // "run", "workflow", "worker"
    char *path;           // where the id is in the structured result: "run.metadata.id"
} script_link;

// Is a tool listed, as far as the operator's selection goes?
typedef enum script_offer {
    SCRIPT_OFFERED,
    SCRIPT_OFF,           // declared so, and not enabled
    SCRIPT_UNSELECTED,    // outside of the selection: a tool that reaches the rest may still call it
    SCRIPT_EXCLUDED,      // by name: nothing reaches it
} script_offer;

// Which tools are offered. Lists end with NULL; NULL instead of a list: nothing was said.
typedef struct script_selection {
    const char *const *enabled;  // tools that are on although they are declared off
    const char *const *toolsets; // only these groups ("small": the short list of the pack, "all": all),
    const char *const *tools;    // and these tools
    const char *const *excluded; // but not these
    bool all;                    // no tool is off
} script_selection;

// May a call of a tool go on as a task, without its client waiting (SEP-2663)?
typedef enum script_task {
    SCRIPT_TASK_NEVER,
    SCRIPT_TASK_OPTIONAL, // if the client can; the script says from where on
    SCRIPT_TASK_ALWAYS,   // the client must know tasks
} script_task;

// One declaration, as the file made it.
typedef struct script_item {
    script_kind kind;
    char *name;           // of a resource: its URI or URI template
    char *label;          // resources: their name
    char *title, *about, *mime;
    char *ui;             // tools: the address of the page that shows their results; resources: what a host
                          // is told of such a page, a JSON object. NULL if none
    char *annotations;    // resources: a JSON object; NULL if none
    char *icons;          // a JSON array; NULL if none
    int64_t size;         // resources: bytes; 0: not said
    unsigned requires;    // tools: what the client must be able to do, or the call is refused
    char *input;          // JSON Schema of the arguments, with the host's own "x-" words
    char *output;         // JSON Schema of the structured result, or NULL
    json_doc input_doc;   // of `input`; ask script_input
    const char *shown_input, *shown_output; // of baked items: the schemas as clients see them
    bool is_baked;        // its texts are constants
    guard_access access;
    bool list, idempotent, untrusted, is_template;
    bool passes_on;       // a call of it is one of the tool that its arguments name
    bool is_optional;     // declared with enabled = false: off unless the operator names it
    char *preview;        // the boolean argument that makes a call only show what it would do, or NULL
    char *toolset;        // the group it belongs to, or NULL
    script_task task;
    script_offer offer;   // is it on here, and if not, why?
    int64_t deadline;     // microseconds
    int64_t cpu;          // microseconds
    script_link links[SCRIPT_LINKS];
    size_t link_count;
    int64_t watch_every;  // resources: microseconds between two looks; 0: not watched, SCRIPT_WATCH_TOLD
    int watch;            // reference of the function that gives what is compared, or LUA_NOREF
    int run;              // reference of the function
    int types;            // reference of the table of its input, for overlays that change it
    size_t layer;         // that declared it last: 0 is the pack
    const char *file;     // and the name of its file: "hatchet/tools/runs.lua"
} script_item;

// What a pack is made with. All pointers outlive the pack.
typedef struct script_host {
    struct uv_loop_s *loop;
    struct upstream *upstream;  // NULL: the capability is not there,
    const char *no_upstream;    // and this is why: what a pack that needs it is refused with
    guard_access access;        // the most that any call may do
    script_selection selection;
    size_t memory;              // ceiling of all Lua memory of the pack, bytes
    int64_t slice;              // microseconds
    int64_t cpu;                // of a call that declares none, microseconds
    int64_t deadline;           // of a call that declares none, microseconds
    size_t answer_max;          // ceiling of what one call may return, bytes
    // Specs and the repl ask the server like a client. Sends a request and calls answered(to, message) once,
    // perhaps before it returns. NULL: no such functions, and no specs are read.
    void (*ask)(void *asker, const char *method, slice params, void (*answered)(void *to, slice message),
                void *to);
    void *asker;
} script_host;

// What a pack is, as its pack.lua says.
typedef struct script_manifest {
    char *name, *title, *about, *version;
    char *instructions;         // for the access of the host; NULL if none
} script_manifest;

// One layer of files: the pack is the first, overlays follow, the later wins.
typedef struct script_layer {
    script_source source;
    char *root;                 // first part of the names of its files
} script_layer;

void script_layer_free(script_layer *layer);

// Reading a pack, a slice at a time: a few hundred microseconds each, so that a server goes on meanwhile.
// Takes over the layers.
typedef struct script_loading script_loading;
script_loading *script_load_begin(script_layer *layers, size_t count, const script_host *host);
bool script_load_step(script_loading *loading);  // true while there is more to do
// The pack; or NULL and a text (file, line, reason) when it cannot be read. Frees `loading`, also before its
// end.
script_pack *script_load_end(script_loading *loading, buf *error);

// Reads layers to see what is wrong with them: goes on past broken files. Takes over the layers. Each of
// `errors` ("file:line: reason") ends with a zero byte; *changes is what script_changes would say of the
// files that are not broken.
void script_check(script_layer *layers, size_t count, const script_host *host, buf *errors, buf *changes);

// The name that a layer declares in its pack.lua, read as the manifest of a pack; NULL if it declares none.
// Takes over the layer.
char *script_declared_name(script_layer *layer, const script_host *host);

// Runs a file of settings in the sandbox, without a pack and without capabilities, and writes what it returns
// as JSON. Takes over the layer, which has that file alone. False and a text (file, line, reason).
bool script_returned(script_layer *layer, const script_host *host, buf *json, buf *error);

void script_unload(script_pack *pack);
const char *
script_changes(const script_pack *pack); // what overlays did: "adds tool x (file)", a sentence a line
const char *script_small(const script_pack *pack, size_t *length); // names, each with a zero byte at its end
bool script_needs_hatchet(const script_pack *pack);
const json_node *script_input(const script_item *item); // the schema of its arguments
const script_manifest *script_manifest_of(const script_pack *pack);
const script_item *script_items(const script_pack *pack, size_t *count);
// Does the selection name only what there is? Asked at the start: a reload may bring and take tools.
bool script_selection_fits(const script_pack *pack, buf *error);
// Is it listed, and may it be called, where calls may do so much at most?
static inline bool script_is_offered(const script_item *item, guard_access access) {
    return item->offer == SCRIPT_OFFERED && item->access <= access;
}
// May a tool that passes calls on reach it? Reads alone.
static inline bool script_is_reachable(const script_item *item) {
    return item->kind == SCRIPT_TOOL && item->access == GUARD_READ && !item->passes_on &&
           (item->offer == SCRIPT_OFFERED || item->offer == SCRIPT_UNSELECTED);
}
// Of files in tests/, which are read where script_host.ask is set: what it(…) has declared, to be started
// like calls, and the recordings that replay(…) has named, each with a zero byte at its end.
const script_item *script_specs(const script_pack *pack, size_t *count);
slice script_replays(const script_pack *pack);
const script_file *script_file_of(const script_pack *pack, const script_item *item); // that declares it

// --- calls -------------------------------------------------------------------------------------------------

typedef enum script_outcome {
    SCRIPT_OK,            // it returned
    SCRIPT_FAILED,        // it raised: a failed request, hatchway.fail, or a mistake in the script
    SCRIPT_BUDGET,        // it computed for too long
    SCRIPT_MEMORY,        // it needed more memory than there is
    SCRIPT_DEADLINE,      // the wall time of the call is over
    SCRIPT_ASKED,         // it asks the client, and is started again with the answers (SCRIPT_ASK_ENDS)
} script_outcome;

typedef enum script_shape {
    SCRIPT_TEXT,
    SCRIPT_STRUCTURED,
    SCRIPT_CONTENT,
    SCRIPT_MESSAGES,
    SCRIPT_VALUES
} script_shape;

// An error as scripts and clients see it. Strings are owned.
typedef struct script_error {
    char *code, *message, *kind, *hint;
    int status;           // HTTP, or 0
    bool retryable;
} script_error;

typedef struct script_result {
    script_outcome outcome;
    script_shape shape;
    buf body;             // TEXT: the text. STRUCTURED: a JSON object. CONTENT, MESSAGES: a JSON array.
                          // VALUES: a JSON array of { "value": … }, and { "text": "…" } for what is no JSON
    buf structured;       // CONTENT: the JSON object beside it, if any
    bool is_final;        // of script_watch: it will not change any more
    script_error error;   // unless OK
} script_result;

typedef struct script_client {
    slice name, version;  // may be empty
    const char *protocol;
    bool sampling, elicitation, roots;  // elicitation: forms,
    bool elicitation_url, sampling_tools; // and pages; sampling: with tools
} script_client;

// What becomes of the questions of one hatchway.ask.
typedef enum script_asked {
    SCRIPT_ASK_ANSWERED,  // the answers are known already
    SCRIPT_ASK_WAITS,     // script_answer comes later
    SCRIPT_ASK_ENDS,      // the run ends now, with SCRIPT_ASKED
    SCRIPT_ASK_REFUSED,
} script_asked;

// What a call tells its owner. `done` comes exactly once unless the call is cancelled; the run is gone when
// it returns.
typedef struct script_owner {
    void *data;
    void (*done)(void *data, script_result *result);
    void (*progress)(void *data, double done, const double *total, slice message);
    void (*log)(void *data, int level, slice message);
    // Makes a task of the call. False: it is none; with a sentence in `error` because that failed. NULL instead
    // of the functions: calls cannot become tasks
    bool (*detach)(void *data, int64_t seconds, buf *error);
    bool (*save)(void *data, slice json, buf *error); // for a run of the call in another process
    slice saved;          // by the run before, JSON; empty: nothing, or this is the first one
    // `requests` is an object: key → { method, params }, as the latest revision writes them. ANSWERED:
    // `answers` gets an object, key → result. REFUSED: `error` is filled, and freed by the caller. NULL:
    // there is nobody to ask
    script_asked (*ask)(void *data, slice requests, buf *answers, script_error *error);
    void (*unask)(void *data);   // WAITS, and the answer is not wanted any more
    void (*changed)(void *data, script_kind kind); // clients should list anew
    bool (*updated)(void *data, slice uri); // of hatchway.updated: was anybody told? Or NULL
    void (*close_stream)(void *data); // the client may come back for the answer; NULL: it cannot
    const script_client *client;
} script_owner;

// Starts a call with checked arguments (a JSON object). `done` may come before this returns; NULL is returned
// then. `call` must outlive the run.
script_run *script_start(script_pack *pack, const script_item *item, slice arguments, guard_call *call,
                         const script_owner *owner);

// The same, for what a resource declares under `watch`: a result whose text changes when the resource does.
script_run *script_watch(script_pack *pack, const script_item *item, slice arguments, guard_call *call,
                         const script_owner *owner);

// The same, for the completer of an argument ("x-complete" in its schema). question: { "argument": its name,
// "value": what is typed, "arguments": {…} }. The result is STRUCTURED: the JSON of what it returned, a list.
script_run *script_complete(script_pack *pack, const script_item *item, slice question, guard_call *call,
                            const script_owner *owner);

// Compiles text (never bytecode) and runs it on the budgets of a call; the result are VALUES. It is an
// expression or statements; globals that it sets are kept for the next text. The code of the error is
// "incomplete" when the text ends too early.
script_run *script_eval(script_pack *pack, slice text, guard_call *call, const script_owner *owner);
// After SCRIPT_ASK_WAITS: an object, key → result, or an error. `done` may come before this returns.
void script_answer(script_run *run, slice answers, const script_error *error);
void script_cancel(script_run *run); // no `done`; closes its sockets at once

void script_result_free(script_result *result);

#endif
