// What the files of endpoint/ share. Nobody else includes this.
#ifndef HATCHWAY_ENDPOINT_INTERNAL_H
#define HATCHWAY_ENDPOINT_INTERNAL_H

#include "endpoint/endpoint.h"
#include "endpoint/metrics.h"

#include <uv.h>

#define MODERN "2026-07-28"

typedef struct endpoint_stream endpoint_stream;
typedef struct endpoint_session endpoint_session;

// --- authorize.c -------------------------------------------------------------------------------------------

// Who sends a request, and the most that it may do.
typedef struct endpoint_caller {
    const char *principal;          // NULL: the one client there is. Lives until the next endpoint_authorize
    guard_access access;
    int64_t expires;                // microseconds since 1970; 0: never
} endpoint_caller;

// False: it is refused, and answered.
bool endpoint_authorize(endpoint *e, rpc_http_exchange *http, endpoint_caller *caller);
// Whose stream or session is open: are they let in still?
bool endpoint_holds(const endpoint *e, const char *principal);
// Is this one call too many? Then it is refused, and answered.
bool endpoint_within_rate(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller, const json_doc *doc);
// Answers that this needs more than the caller was granted; false: it is the server that does not allow it.
bool endpoint_forbid(endpoint *e, rpc_http_exchange *http, guard_access needed);

// --- stream.c ----------------------------------------------------------------------------------------------

// Where what belongs to one POST goes (or, of a session, what belongs to none: its GET). The answer is one
// JSON text, unless something has to be sent before it or it takes long: then it is a stream of events.
struct endpoint_stream {
    mcp_stream base; // first
    endpoint *endpoint;
    rpc_http_exchange *http;        // NULL: nobody reads
    mcp_session *own;               // of a modern POST; NULL: it belongs to a session
    endpoint_session *session;      // NULL: it is modern
    endpoint_stream *next, **place; // in the list of the endpoint
    bool takes_json, takes_events;  // by Accept
    bool events;                    // the head of the stream of events is sent
    bool ended;                     // nothing more comes from mcp
    bool taking;                    // mcp reads its message now: who let it frees the stream
    bool is_general;                // of a GET: it carries what belongs to no request
    uint32_t number, count;         // in its session, events so far; those of GETs are one stream, number 0
    uint64_t told;                  // uv_now, when something was last sent
    int64_t expires;                // of the caller: what is open then is closed
};

endpoint_stream *endpoint_stream_new(endpoint *e, rpc_http_exchange *http, endpoint_session *session,
                                     const endpoint_caller *caller);
void endpoint_stream_take(endpoint_stream *s, mcp_session *session, const json_doc *doc);
void endpoint_stream_free(endpoint_stream *s);
bool endpoint_stream_open_events(endpoint_stream *s);        // false: the client does not take events
void endpoint_stream_event(endpoint_stream *s, buf *json);   // takes it
void endpoint_stream_finish(endpoint_stream *s);             // ends what is open
void endpoint_stream_left(endpoint_stream *s);               // its exchange is over
void endpoint_stream_look(endpoint_stream *s, uint64_t now); // keeps it alive

// --- post.c ------------------------------------------------------------------------------------------------

void endpoint_post(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller);

// --- sessions.c --------------------------------------------------------------------------------------------

struct endpoint_session {
    mcp_stream general; // first
    endpoint *endpoint;
    mcp_session *mcp;
    char id[33];
    char *principal;        // NULL: the one client there is
    uint64_t used;          // uv_now
    uint32_t streams, last; // open now; the number of the last one
    endpoint_stream *get;   // the newest GET that is open
    uint32_t general_count; // events of the stream of GETs; none: there was no GET
    struct endpoint_event *events, **events_end;
    size_t event_count, event_bytes;
    endpoint_session *next, **place; // in its slot of the table
};

#define SESSION_SLOTS 1024

endpoint_session *endpoint_session_new(endpoint *e, const char *principal,
                                       guard_access access); // NULL: too many
endpoint_session *endpoint_session_find(endpoint *e, slice id, const char *principal);
void endpoint_session_free(endpoint_session *s);
void endpoint_session_lose(endpoint_session *s, const endpoint_stream *stream); // it is being freed
void endpoint_sessions_look(endpoint *e, uint64_t now); // removes what has expired
// The session that the request names, that is of its caller, and that its version header fits. NULL: it is refused.
endpoint_session *endpoint_session_of(endpoint *e, rpc_http_exchange *http, slice id, const endpoint_caller *caller);
void endpoint_get(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller);
void endpoint_delete(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller);

// --- events.c ----------------------------------------------------------------------------------------------

// Keeps the text of an event of that stream.
void endpoint_events_keep(endpoint_session *s, uint32_t stream, uint32_t event, slice text);
// Adds all that is kept of that stream after that event.
void endpoint_events_replay(const endpoint_session *s, uint32_t stream, uint32_t after, buf *out);
void endpoint_events_forget(endpoint_session *s, uint64_t before);      // what is older; UINT64_MAX: all
bool endpoint_event_parse(slice id, uint32_t *stream, uint32_t *event); // Last-Event-ID

// --- accept.c ----------------------------------------------------------------------------------------------

bool endpoint_accepts(slice accept, const char *type);
// Cuts the text up to the next such character (or all) off, and the blanks around it.
slice endpoint_cut(slice *rest, char at);

// --- origin.c ----------------------------------------------------------------------------------------------

bool endpoint_host_allowed(const endpoint_config *config, slice host);
bool endpoint_origin_allowed(const endpoint_config *config, slice origin, slice host);

// --- endpoint.c --------------------------------------------------------------------------------------------

struct endpoint {
    endpoint_config config;
    endpoint_metrics *metrics;
    const rpc_http *http; // whose connections are counted
    size_t stream_count;
    endpoint_stream *streams, *ended;
    endpoint_session *sessions[SESSION_SLOTS];
    size_t session_count;
    uv_timer_t look;
    uv_idle_t reaper; // frees streams that have ended inside mcp
    bool draining;
    size_t left; // sessions of mcp that have not ended
    void (*drained)(void *data);
    void *drained_data;
    int open_handles;
};

// Answers with these fields and those that every answer has (CORS, the session).
void endpoint_answer(endpoint *e, rpc_http_exchange *http, int status, const char *type, const char *session,
                     buf *body);
void endpoint_deny(endpoint *e, rpc_http_exchange *http, const auth_refusal *no); // to who is not let in
void endpoint_open(endpoint *e, rpc_http_exchange *http, const char *session); // a stream of events
// Answers with an error that is no answer of mcp; id: as written, or empty.
void endpoint_refuse(endpoint *e, rpc_http_exchange *http, int status, slice id, int code, const char *format,
                     ...) BASE_PRINTF(6, 7);

#endif
