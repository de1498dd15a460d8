// endpoint: the Model Context Protocol over HTTP (Streamable HTTP of 2026-07-28, and of 2025-03-26 to
// 2025-11-25) on one URL.
//
// Called by command; it calls rpc (HTTP), auth (who sends it), mcp (sessions and streams), guard and base.
//   endpoint.c   which request goes where; what is checked before the body is read
//   authorize.c  who sends a request, what they may do, and how often
//   origin.c     Host, Origin, CORS; accept.c: Accept
//   post.c       POST: which era a message is of, and the stream that its answer goes to
//   stream.c     that stream: one JSON answer, or server-sent events
//   sessions.c   sessions of the older revisions: made, found, expired
//   metrics.c    what is counted
//   events.c     what was sent on their streams, kept for clients that come back
//
// Threat model. Web pages in a browser on this machine may send requests here: Host has to name this machine
// when only this machine is listened to (DNS rebinding), and Origin has to be listed. A session is no
// authentication: its id is 128 random bits, and it answers only to the principal that made it. What a client
// may keep here (sessions, events, streams) has ceilings.
#ifndef HATCHWAY_ENDPOINT_H
#define HATCHWAY_ENDPOINT_H

#include "auth/access.h"
#include "guard/rate.h"
#include "mcp/mcp.h"
#include "rpc/http.h"

typedef struct endpoint endpoint;

typedef struct endpoint_config {
    struct uv_loop_s *loop;
    mcp_server *server;
    guard_access access;        // the most that any request may do
    auth_access *auth;          // who is let in; NULL: everybody, as the one client there is
    guard_rate *rate;           // calls of each who is let in; NULL: as many as they like
    bool loopback;              // only this machine is listened to
    bool metrics;               // /metrics is there
    const char *const *origins; // that pages may come from, as browsers write them; NULL-ended
    const char *const *hosts;   // that Host may name as well; NULL-ended
    size_t sessions;            // the most at once
    int64_t idle;               // microseconds after which an unused session expires
    int64_t keep_alive;         // microseconds of silence after which a stream gets a comment
} endpoint_config;

endpoint *endpoint_new(const endpoint_config *config);
rpc_http_owner endpoint_owner(endpoint *endpoint);
void endpoint_listens(endpoint *endpoint, const rpc_http *http); // the server that it is the owner of

// New requests are refused (503). Calls get the time that mcp_session_end gives them; then done(data),
// perhaps before it returns.
void endpoint_drain(endpoint *endpoint, void (*done)(void *data), void *data);
void endpoint_abort(endpoint *endpoint); // all calls end now; `done` does not come any more
void endpoint_free(endpoint *endpoint);  // after the server's exchanges; the loop must run once more

#endif
