// What the files of mcp/ share. Nobody else includes this.
#ifndef HATCHWAY_MCP_INTERNAL_H
#define HATCHWAY_MCP_INTERNAL_H

#include "base/log.h"
#include "guard/arguments.h"
#include "mcp/mcp.h"
#include "mcp/seal.h"
#include "rpc/message.h"

// --- revision.c --------------------------------------------------------------------------------------------

typedef enum mcp_revision {
    MCP_2024_11_05,
    MCP_2025_03_26,
    MCP_2025_06_18,
    MCP_2025_11_25,
    MCP_2026_07_28
} mcp_revision;

#define MCP_LATEST_LEGACY MCP_2025_11_25

const char *mcp_revision_name(mcp_revision revision);
bool mcp_revision_parse(slice name, mcp_revision *out);
static inline bool mcp_is_modern(mcp_revision revision) { return revision >= MCP_2026_07_28; }

#define MCP_META_VERSION "io.modelcontextprotocol/protocolVersion"
#define MCP_META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define MCP_META_CLIENT "io.modelcontextprotocol/clientInfo"
#define MCP_META_LOG_LEVEL "io.modelcontextprotocol/logLevel"
#define MCP_META_SERVER "io.modelcontextprotocol/serverInfo"

enum {
    MCP_HEADER_MISMATCH = -32020,
    MCP_MISSING_CAPABILITY = -32021,
    MCP_UNSUPPORTED_VERSION = -32022,
    MCP_RESOURCE_NOT_FOUND = -32002
};

typedef struct mcp_catalogue mcp_catalogue;
typedef struct mcp_tasks mcp_tasks;
typedef struct mcp_task mcp_task;

// --- session.c ---------------------------------------------------------------------------------------------

// Answers to the requests of one batch, gathered.
typedef struct mcp_batch {
    mcp_stream *stream;
    int left;              // requests that have no answer yet, and one while the batch is read
    buf answers;
} mcp_batch;

// What a client says about itself. Strings are owned.
typedef struct mcp_client {
    char *name, *version;
    bool tasks;            // the extension
    unsigned abilities;    // bits of ask.c
} mcp_client;

void mcp_client_read(mcp_client *client, const json_node *info, const json_node *capabilities);
void mcp_client_free(mcp_client *client);

// A request from its first byte to its answer. Every way out ends in mcp_answer, mcp_fail or mcp_drop, which
// free it.
typedef struct mcp_request {
    mcp_session *session;
    mcp_stream *stream;    // that it came on, and all that belongs to it goes to
    mcp_revision revision;
    bool opened;           // what it says about itself is right: from here on it is the method that fails
    char *id;              // as written
    mcp_batch *batch;      // NULL: its answer is a message of its own
    trace_context *trace;  // that the client says it belongs to; NULL: none
    char *token;           // of progress, as written; NULL: the client does not want any
    int log_level; // the least that the client wants to hear of; LOG_LEVELS: nothing. Of modern requests
    mcp_client client;     // of modern requests
    struct mcp_request *next, **place;
    bool listens[3];       // of subscriptions/listen: per script_kind, does it want to hear of changes?
    bool is_listen;
    char *tasks;           // that it wants to hear of, a JSON array; NULL: of none
    char *typed;           // of completion/complete: what the values are compared with; else NULL
    // of calls
    mcp_catalogue *catalogue;
    const script_item *item;
    script_run *run;
    mcp_task *task;        // that it has become, or NULL
    script_client about;   // of the client, for the script
    guard_call call;
    guard_cut cut;
    char *arguments;       // checked, for the log
    bool only_shows;       // it is a preview: a read, whatever its tool may do
    char *uri;             // of resources/read
    int64_t began, told;   // clock_monotonic at the start and at the last progress
    struct mcp_asking *asking; // what it has asked the client; NULL: nothing
    void (*confirmed)(struct mcp_request *request); // what follows a yes (confirm.c)
} mcp_request;

struct mcp_session {
    mcp_server *server;
    mcp_session *next, **place;
    mcp_stream *general;
    bool initialized;
    mcp_revision revision; // of legacy messages
    mcp_client client;
    log_level level;       // of notifications/message, legacy
    int subscriptions;     // to resources, those of its listens included
    mcp_request *requests; // that wait for their answer
    void (*ended)(void *data);
    void *ended_data;
    struct uv_timer_s *grace;
};

void mcp_send(mcp_stream *stream, buf *message); // a message that is no answer
buf mcp_begin(const mcp_request *request);         // an answer up to and with the '{' of the result
// meta: members of _meta, or empty. Closes the result
void mcp_answer(mcp_request *request, buf *answer, slice meta);
buf mcp_begin_as(const mcp_request *request, const char *type); // the same, of this resultType

// An answer around a body that may be large. It is written to the head; mcp_put_body puts the body there as a
// string, or takes it over to be written in pieces; mcp_put_again puts it there as it is. Both give the buffer
// that is written to from then on.
rpc_bulk mcp_begin_bulk(const mcp_request *request);
buf *mcp_put_body(const mcp_request *request, rpc_bulk *message, buf *body);
buf *mcp_put_again(rpc_bulk *message, buf *out, slice body);
void mcp_answer_bulk(mcp_request *request, rpc_bulk *message);
void mcp_fail(mcp_request *request, int code, slice data, const char *format, ...) BASE_PRINTF(4, 5);
void mcp_drop(mcp_request *request);               // no answer
mcp_request *mcp_request_new(mcp_session *session, mcp_stream *stream, slice id);
// Answers a request that goes on: as one of another session, and what belongs to it goes to another stream
void mcp_go_on(mcp_request *request, buf *answer, mcp_session *session, mcp_stream *stream);

// --- catalogue.c -------------------------------------------------------------------------------------------

// What one set of files offers. Calls hold the one that they began with, so that a new set can take its place
// at any time.
struct mcp_catalogue {
    int holders;            // the server, and each call
    script_pack *pack;      // owned: unloaded with the last holder
    const script_manifest *manifest;
    const script_item *items;
    size_t count;
    uint32_t *index;        // a table of a power of two: hash of kind and name → place of the item, and 1; 0: free
    size_t room;
    char **input, **output; // per item: the schemas as they are shown, without the host's own words
    char tag[9];            // of its names, for cursors
    buf about;              // serverInfo of modern answers; empty before the first one
    uint64_t shown[3];      // per script_kind: a hash of all that lists show of it; 0: not yet computed
    bool has[3];            // per script_kind: is there any?
    bool has_tasks;         // may calls of any tool become tasks?
    bool has_pages;         // are there tools whose results a page shows?
    bool has_watched;       // are there resources that clients can subscribe to?
};

mcp_catalogue *mcp_catalogue_new(script_pack *pack);
mcp_catalogue *mcp_catalogue_hold(mcp_catalogue *catalogue);
void mcp_catalogue_release(mcp_catalogue *catalogue); // NULL is allowed

struct mcp_server {
    mcp_config config;
    mcp_seal *seal;
    mcp_catalogue *catalogue;
    mcp_session *sessions;
    mcp_tasks *tasks;       // NULL before the first one
    struct mcp_watch *watches; // resources that somebody has subscribed to
    int watch_count;
    int completing;            // completers that run
    void (*called)(void *data, const mcp_called *call); // NULL: nobody counts
    void *called_data;
};

void mcp_put_server_info(const mcp_server *server, mcp_revision revision, buf *out);
const script_item *mcp_find_item(const mcp_catalogue *catalogue, script_kind kind, slice name);
// Adds what a client with MCP Apps wants to know of a page, if the resource is one.
void mcp_put_page_meta(const script_item *resource, mcp_revision revision, buf *out);
// "; did you mean \"x\"?" or nothing
void mcp_put_nearest(const mcp_catalogue *catalogue, script_kind kind, slice name, buf *out);

void mcp_list_tools(mcp_request *request, const json_node *params);
void mcp_list_resources(mcp_request *request, const json_node *params);
void mcp_list_templates(mcp_request *request, const json_node *params);
void mcp_list_prompts(mcp_request *request, const json_node *params);

// --- complete.c --------------------------------------------------------------------------------------------

void mcp_complete(mcp_request *request, const json_node *params);

// --- watch.c -----------------------------------------------------------------------------------------------

void mcp_subscribe(mcp_request *request, const json_node *params);
void mcp_unsubscribe(mcp_request *request, const json_node *params);
// For a listen. False: there is no such resource, it is not watched, or there are too many subscriptions.
bool mcp_watch_for(mcp_request *listen, slice uri);
void mcp_watch_end(mcp_session *session, const mcp_request *listen); // of the session itself: NULL
bool mcp_tell_updated(mcp_server *server, slice uri); // was there anybody?

// --- listen.c ----------------------------------------------------------------------------------------------

void mcp_listen(mcp_request *request, const json_node *params);
void mcp_put_subscription(const mcp_request *listen, buf *out); // the member _meta of what comes on a listen
void mcp_end_listen(mcp_request *request);         // answers: nothing more will come
void mcp_tell_changed(mcp_server *server, const bool changed[3]); // per script_kind

// --- task.c ------------------------------------------------------------------------------------------------

bool mcp_task_is_possible(const mcp_request *request);
void mcp_refuse_without_tasks(mcp_request *request);
// Makes a task of the request and answers it. False: it stays what it is; with a sentence in `error` because
// that failed, else because the client does not know tasks.
bool mcp_task_begin(mcp_request *request, int64_t seconds, buf *error);
bool mcp_task_save(mcp_request *request, slice json, buf *error);
slice mcp_task_saved(const mcp_request *request);  // empty if nothing was saved
void mcp_task_progress(mcp_request *request, double done, const double *total, slice message);
// Its call asks the client, or does so no more. False: the task is not ours any more, and its call must not go on.
bool mcp_task_asks(mcp_request *request, bool waits);
// Writes those of the ids, a list of strings, that a listen will hear of.
void mcp_task_listen(mcp_request *request, const json_node *ids, buf *honoured);
void mcp_tasks_close(mcp_server *server);          // before its sessions are gone
void mcp_get_task(mcp_request *request, const json_node *params);
void mcp_update_task(mcp_request *request, const json_node *params);
void mcp_cancel_task(mcp_request *request, const json_node *params);

// --- headers.c ---------------------------------------------------------------------------------------------

// Where the transport has header fields: false when they do not fit the message, and the request is refused.
// The first is to be asked before, the second after _meta is read.
bool mcp_check_version_header(mcp_request *request, slice method, const json_node *meta);
bool mcp_check_headers(mcp_request *request, slice method, const json_node *params);
// Adds what the value of a field stands for. False: it is malformed.
bool mcp_header_value(slice text, buf *out);

// --- methods.c ---------------------------------------------------------------------------------------------

void mcp_dispatch(mcp_request *request, slice method, const json_node *params);

// --- call.c ------------------------------------------------------------------------------------------------

void mcp_begin_call(mcp_request *request);         // time and catalogue: before it is looked at
// The resource of that address, and the variables of its template as checked arguments. NULL: there is none;
// or a variable is wrong, and `problems` says how.
const script_item *mcp_find_resource(const mcp_catalogue *catalogue, slice uri, buf *arguments,
                                     buf *problems);
void mcp_fail_not_found(mcp_request *request, const char *uri, const script_error *error,
                        const char *message);
void mcp_refuse_unknown(mcp_request *request, script_kind kind, slice name);
void mcp_call_tool(mcp_request *request, const json_node *params);
void mcp_read_resource(mcp_request *request, const json_node *params);
void mcp_get_prompt(mcp_request *request, const json_node *params);
// Runs a call of a task again, with arguments that were checked.
void mcp_call_again(mcp_request *request, const script_item *item, slice arguments);
bool mcp_is_call(const mcp_request *request);      // one that can be cancelled
void mcp_cancel_call(mcp_request *request, const char *why); // ends the run and drops the request
void mcp_refuse_call(mcp_request *request, const char *code, const char *kind, const char *message,
                     const char *hint);             // as an error of the tool

// --- ask.c -------------------------------------------------------------------------------------------------

// What clients can do: "elicitation" (forms), "elicitation.url", "sampling", "sampling.tools",
// "sampling.context", "roots". mcp_client_can is false for any other name.
unsigned mcp_abilities_read(const json_node *capabilities);
bool mcp_client_can(const mcp_client *client, const char *ability);
void mcp_put_ability(const char *ability, buf *out); // as capabilities have it: {"sampling":{"tools":{}}}
const mcp_client *mcp_client_of(const mcp_request *request); // of this message, or of its session

// Reads the answers that a modern call brings. `name`: the tool, prompt or address. False: it was refused.
bool mcp_ask_begin(mcp_request *request, const char *method, slice name, const json_node *params);
// As script_owner.ask. After WAITS `answered` comes, unless mcp_ask_cancel does before; after ENDS the call
// is to be answered with mcp_answer_asked.
typedef void mcp_answered(mcp_request *request, slice answers, const script_error *error);
script_asked mcp_ask(mcp_request *request, slice requests, mcp_answered *answered, buf *answers,
                     script_error *error);
bool mcp_ask_waits(const mcp_request *request);
int mcp_ask_rounds(const mcp_request *request);
void mcp_ask_cancel(mcp_request *request);  // the open questions, if any
void mcp_ask_free(mcp_request *request);    // with the request
void mcp_answer_asked(mcp_request *request); // input_required
// Of tasks: the open questions as inputRequests, answers to some of them; and what was answered so far (to be
// freed; NULL: nothing), which counts again in another run of the call.
void mcp_ask_put_open(const mcp_request *request, buf *out);
void mcp_ask_take(mcp_request *request, const json_node *responses);
char *mcp_ask_rounds_text(const mcp_request *request);
void mcp_ask_restore(mcp_request *request, slice rounds);
void mcp_take_response(mcp_session *session, const json_node *message);

// --- confirm.c ---------------------------------------------------------------------------------------------

// Does a person have to say yes first?
bool mcp_confirm_is_due(const mcp_request *request);
// Asks; `go_on` is called once it is confirmed, perhaps before this returns. Otherwise the call is refused.
void mcp_confirm(mcp_request *request, void (*go_on)(mcp_request *request));

// --- shape.c -----------------------------------------------------------------------------------------------

// Makes a structured result an object, tells what was cut, and makes an error of what is too large or lacks
// the declared output.
void mcp_settle_tool_result(const mcp_request *request, script_result *result);
void mcp_answer_tool(mcp_request *request, script_result *result);
void mcp_answer_tool_error(mcp_request *request, const script_error *error);
void mcp_answer_resource(mcp_request *request, script_result *result);
void mcp_answer_prompt(mcp_request *request, const script_result *result);

#endif
