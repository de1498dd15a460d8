// What the files of mcp/ share. Nobody else includes this.
#ifndef HATCHWAY_MCP_INTERNAL_H
#define HATCHWAY_MCP_INTERNAL_H

#include "base/log.h"
#include "guard/arguments.h"
#include "mcp/mcp.h"
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
    bool sampling, elicitation, roots;
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
    char *token;           // of progress, as written; NULL: the client does not want any
    int log_level; // the least that the client wants to hear of; LOG_LEVELS: nothing. Of modern requests
    mcp_client client;     // of modern requests
    struct mcp_request *next, **place;
    bool listens[3];       // of subscriptions/listen: per script_kind, does it want to hear of changes?
    bool is_listen;
    // of calls
    mcp_catalogue *catalogue;
    const script_item *item;
    script_run *run;
    script_client about;   // of the client, for the script
    guard_call call;
    guard_cut cut;
    char *arguments;       // checked, for the log
    char *uri;             // of resources/read
    int64_t began, told;   // clock_monotonic at the start and at the last progress
} mcp_request;

struct mcp_session {
    mcp_server *server;
    mcp_session *next, **place;
    mcp_stream *general;
    bool initialized;
    mcp_revision revision; // of legacy messages
    mcp_client client;
    log_level level;       // of notifications/message, legacy
    mcp_request *requests; // that wait for their answer
    void (*ended)(void *data);
    void *ended_data;
    struct uv_timer_s *grace;
};

void mcp_send(mcp_stream *stream, buf *message); // a message that is no answer
buf mcp_begin(const mcp_request *request);         // an answer up to and with the '{' of the result
// meta: members of _meta, or empty. Closes the result
void mcp_answer(mcp_request *request, buf *answer, slice meta);

// An answer around a body that may be large. It is written to the head; mcp_put_body puts the body there as a
// string, or takes it over to be written in pieces; mcp_put_again puts it there as it is. Both give the buffer
// that is written to from then on.
rpc_bulk mcp_begin_bulk(const mcp_request *request);
buf *mcp_put_body(const mcp_request *request, rpc_bulk *message, buf *body);
buf *mcp_put_again(rpc_bulk *message, buf *out, slice body);
void mcp_answer_bulk(mcp_request *request, rpc_bulk *message);
void mcp_fail(mcp_request *request, int code, slice data, const char *format, ...) BASE_PRINTF(4, 5);
void mcp_drop(mcp_request *request);               // no answer

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
    uint64_t shown[3];      // per script_kind: a hash of all that lists show of it; 0: not yet computed
    bool has[3];            // per script_kind: is there any?
    bool has_pages;         // are there tools whose results a page shows?
};

mcp_catalogue *mcp_catalogue_new(script_pack *pack);
mcp_catalogue *mcp_catalogue_hold(mcp_catalogue *catalogue);
void mcp_catalogue_release(mcp_catalogue *catalogue); // NULL is allowed

struct mcp_server {
    mcp_config config;
    mcp_catalogue *catalogue;
    mcp_session *sessions;
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

// --- listen.c ----------------------------------------------------------------------------------------------

void mcp_listen(mcp_request *request, const json_node *params);
void mcp_end_listen(mcp_request *request);         // answers: nothing more will come
void mcp_tell_changed(mcp_server *server, const bool changed[3]); // per script_kind

// --- methods.c ---------------------------------------------------------------------------------------------

void mcp_dispatch(mcp_request *request, slice method, const json_node *params);

// --- call.c ------------------------------------------------------------------------------------------------

void mcp_call_tool(mcp_request *request, const json_node *params);
void mcp_read_resource(mcp_request *request, const json_node *params);
void mcp_get_prompt(mcp_request *request, const json_node *params);
void mcp_cancel_call(mcp_request *request, const char *why); // ends the run and drops the request

// --- shape.c -----------------------------------------------------------------------------------------------

// Makes a structured result an object, tells what was cut, and makes an error of what is too large or lacks
// the declared output.
void mcp_settle_tool_result(const mcp_request *request, script_result *result);
void mcp_answer_tool(mcp_request *request, script_result *result);
void mcp_answer_tool_error(mcp_request *request, const script_error *error);

#endif
