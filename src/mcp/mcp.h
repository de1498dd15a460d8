// mcp: the Model Context Protocol, five revisions on one connection.
//
// Called by command; it calls script (start and cancel calls), guard (arguments, access), rpc (messages) and
// base.
//   revision.c   names of the revisions, and what each of them has
//   session.c    a connection: messages in, answers out, batches, cancellation, the end of input
//   methods.c    what is answered at once: initialize, discover, ping, lists, log level
//   catalogue.c  what the pack offers, as lists show it
//   call.c       tools/call, resources/read, prompts/get: from arguments to the run
//   listen.c     subscriptions/listen, and list_changed to all that want to hear of it
//   shape.c      from what a run returned to the result of the revision
//
// Each message is classed by itself (mcp 2026-07-28, versioning): a request whose params._meta names a
// protocol version is modern and says all about itself; all others are legacy and belong to what initialize
// agreed on, 2025-11-25 without it.
#ifndef HATCHWAY_MCP_H
#define HATCHWAY_MCP_H

#include "script/script.h"

typedef struct mcp_config {
    struct uv_loop_s *loop;
    guard_access access;      // the most that any tool may do
    size_t page_size;         // items of one page of a list
    size_t list_max;          // bytes of the compact result of a tool that declares `list`
    size_t message_max;       // bytes of one message that comes in
    bool reloads;             // the pack may be swapped: list_changed is announced
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
script_pack *mcp_server_pack(mcp_server *server);

// Serves another pack from now on, and tells clients what has changed. Calls in flight end on the old one.
void mcp_server_swap(mcp_server *server, script_pack *pack);

// A log message to all clients that want that level (legacy revisions; modern ones hear of their requests
// only).
void mcp_server_log(mcp_server *server, int level, slice text);

// The other side of a connection. `send` takes one JSON text and frees the buffer.
typedef struct mcp_peer {
    void *data;
    void (*send)(void *data, buf *message);
} mcp_peer;

mcp_session *mcp_session_new(mcp_server *server, const mcp_peer *peer);
void mcp_session_free(mcp_session *session); // calls in flight are cancelled

void mcp_session_receive(mcp_session *session, slice message); // one JSON text: a message, or a batch
void mcp_session_too_long(mcp_session *session);               // a message above message_max was skipped

// No more messages will come. Calls in flight get two seconds, those that have sent a write until their
// deadline; then done(data).
void mcp_session_end(mcp_session *session, void (*done)(void *data), void *data);
// All calls end now, without an answer; done of mcp_session_end comes
void mcp_session_abort(mcp_session *session);

#endif
