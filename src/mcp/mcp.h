// mcp: the Model Context Protocol, five revisions on one connection.
//
// Called by command; it calls script (start and cancel calls), guard (arguments, access), rpc (messages) and
// base.
//   revision.c   names of the revisions, and what each of them has
//   session.c    a connection: messages in, answers out, batches, cancellation, the end of input
//   headers.c    what HTTP headers say of a message, held against it
//   methods.c    what is answered at once: initialize, discover, ping, lists, log level
//   catalogue.c  what the pack offers, as lists show it
//   call.c       tools/call, resources/read, prompts/get: from arguments to the run
//   task.c       calls that nobody waits for (SEP-2663); task_store.c their rows
//   ask.c        what a call asks the client: elicitation, sampling, roots
//   seal.c       what a modern client keeps for such a call meanwhile
//   confirm.c    calls that a person confirms before they run
//   complete.c   completion/complete
//   watch.c      resources that clients have subscribed to: who they are, when to look, whom to tell
//   listen.c     subscriptions/listen, and list_changed to all that want to hear of it
//   shape.c      from what a run returned to the result of the revision
//
// Each message is classed by itself (mcp 2026-07-28, versioning): a request whose params._meta names a
// protocol version is modern and says all about itself; all others are legacy and belong to what initialize
// agreed on, 2025-11-25 without it.
#ifndef HATCHWAY_MCP_H
#define HATCHWAY_MCP_H

#include "rpc/bulk.h"
#include "script/script.h"

// Tasks outlive the process (mcp/task.h). `open` gives the store when the first one is needed, or NULL and a
// sentence; the store outlives the server. Without it no call becomes a task.
typedef struct mcp_task_config {
    struct store *(*open)(void *data, buf *error);
    void *data;
    const char *realm;        // pack and tenant: tasks of another one are not seen, nor are its requestStates
    guard_access access;      // of tasks that are taken over from a process that has ended
    bool adopts;              // looks for such tasks by itself, not only when a client asks for one
} mcp_task_config;

// Which calls a person confirms before they run.
typedef enum mcp_confirm_policy {
    MCP_CONFIRM_NEVER,
    MCP_CONFIRM_DESTROY,
    MCP_CONFIRM_WRITE
} mcp_confirm_policy;

// How a call ended.
typedef struct mcp_called {
    const char *kind, *name;  // "tool", "resource" or "prompt", as declared
    const char *outcome;      // "ok", or the kind of the error
    int64_t microseconds;
    int attempts;             // requests to Hatchet
} mcp_called;

typedef struct mcp_config {
    struct uv_loop_s *loop;
    size_t page_size;         // items of one page of a list
    size_t list_max;          // bytes of the compact result of a tool that declares `list`
    size_t message_max;       // bytes of one message that comes in
    mcp_task_config tasks;
    bool reloads;             // the pack may be swapped: list_changed is announced
    mcp_confirm_policy confirm;
    int64_t ask_wait;         // microseconds that a question to the client waits for its answer
    struct mcp_seal *seal;    // of what clients keep for us; taken over. NULL: one with a key of its own
    const char *dashboard; // "https://host/tenants/ID": links to runs, workflows, workers begin with it;
                           // NULL: no links
} mcp_config;

// A schema as clients see it, without the host's own words; to be freed. NULL for NULL.
char *mcp_shown_schema(const char *schema);

typedef struct mcp_server mcp_server;
typedef struct mcp_session mcp_session;

// Takes over the pack.
mcp_server *mcp_server_new(const mcp_config *config, script_pack *pack);
void mcp_server_free(mcp_server *server);    // sessions are gone before
// From now on called(data) hears of each call that has ended; NULL: nobody does.
void mcp_server_count(mcp_server *server, void (*called)(void *data, const mcp_called *call), void *data);
script_pack *mcp_server_pack(mcp_server *server);

// Serves another pack from now on, and tells clients what has changed. Calls in flight end on the old one.
void mcp_server_swap(mcp_server *server, script_pack *pack);

// Takes over tasks of processes that have ended, now and from now on.
void mcp_tasks_start(mcp_server *server);

// A log message to all clients that want that level (legacy revisions; modern ones hear of their requests
// only).
void mcp_server_log(mcp_server *server, int level, slice text);

// Where messages to the client go: the connection on stdio, the response to one POST over HTTP. The transport
// makes it, as the first member of a struct of its own.
typedef struct mcp_stream mcp_stream;
struct mcp_stream {
    // Takes one JSON text and frees the buffer. status: 0 of a notification or a request of ours; of an answer
    // what HTTP says of it: 200, 400 or 404 (mcp 2026-07-28, transports)
    void (*send)(mcp_stream *stream, buf *message, int status);
    // The same with a message that is written in pieces, from which it takes what is in it. NULL: none comes
    void (*send_bulk)(mcp_stream *stream, rpc_bulk *message, int status);
    // Nothing more comes: all that was received with it is answered or dropped. Once for each
    // mcp_session_receive, perhaps before it returns. NULL: the transport does not want to know
    void (*end)(mcp_stream *stream);
    // Lets the client go for now: it comes back for the rest. NULL: it could not
    void (*pause)(mcp_stream *stream);
    // How many header fields of that name the request has; *value is the first. NULL: the transport has none
    int (*header)(mcp_stream *stream, const char *name, slice *value);
    // Answers that the sender was not granted this access. False: it was not the sender's grant that lacks, or it is
    // too late: it is told in band. NULL: always
    bool (*forbid)(mcp_stream *stream, guard_access needed);
    guard_access access;     // the most that requests on it may do; never more than the server's
    const char *principal;   // who sends on it, as guard and script know them; NULL: the one client there is
    size_t waiting;          // kept by mcp: requests without an answer
};

// general: for messages that belong to no request. It outlives the session.
mcp_session *mcp_session_new(mcp_server *server, mcp_stream *general);
void mcp_session_free(mcp_session *session); // calls in flight are cancelled
const char *mcp_session_revision(const mcp_session *session); // "2025-11-25"; NULL until it is initialized

bool mcp_is_legacy_revision(slice name);     // one that initialize agrees on

// What a message belongs to, seen from outside of any session (mcp 2026-07-28, versioning).
typedef enum mcp_opening {
    MCP_OPENS_NOTHING,      // it is of the session that there is
    MCP_OPENS_SESSION,      // initialize of a legacy revision
    MCP_OPENS_MODERN,       // it says all about itself
} mcp_opening;
mcp_opening mcp_classify(const json_node *message);

// One message, or a batch. What belongs to it is sent on `stream`, which lives until `end`.
void mcp_session_take(mcp_session *session, mcp_stream *stream, const json_doc *doc);
void mcp_session_receive(mcp_session *session, mcp_stream *stream, slice message); // the same, as bytes
void mcp_session_too_long(mcp_session *session); // a message above message_max was skipped
// Nobody reads the stream any more: its calls are cancelled (mcp 2026-07-28; legacy calls go on).
void mcp_session_cancel(mcp_session *session, mcp_stream *stream);

// No more messages will come. Calls in flight get two seconds, those that have sent a write until their
// deadline; then done(data).
void mcp_session_end(mcp_session *session, void (*done)(void *data), void *data);
// All calls end now, without an answer; done of mcp_session_end comes
void mcp_session_abort(mcp_session *session);

#endif
