// Where what belongs to one POST goes.
#include "endpoint/internal.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

// mcp 2025-11-25, transports: earlier clients take the empty event for a message.
static bool is_primed(const endpoint_stream *s) {
    const char *revision = s->session ? mcp_session_revision(s->session->mcp) : NULL;
    return revision && strcmp(revision, "2025-11-25") >= 0;
}

// A session whose initialize was refused is none.
static const char *session_id(const endpoint_stream *s) {
    return s->session && mcp_session_revision(s->session->mcp) ? s->session->id : NULL;
}

// Sends the text of an event (its lines, without the id).
static void send_event(endpoint_stream *s, slice lines) {
    buf out = BUF(SIZE_MAX / 2);
    if (s->session) {
        uint32_t event = s->is_general ? s->session->general_count++ : s->count++;
        buf_printf(&out, "id: %u-%u\n", s->number, event);
        buf_slice(&out, lines);
        endpoint_events_keep(s->session, s->number, event, buf_view(&out));
    } else {
        buf_slice(&out, lines);
    }
    s->told = uv_now(s->endpoint->config.loop);
    if (s->http) rpc_http_write(s->http, &out);
    buf_free(&out);
}

bool endpoint_stream_open_events(endpoint_stream *s) {
    if (s->events) return true;
    if (!s->http || !s->takes_events) return false;
    s->events = true;
    endpoint_open(s->endpoint, s->http, session_id(s));
    s->told = uv_now(s->endpoint->config.loop);
    if (is_primed(s)) send_event(s, SLICE("data: \n\n"));
    return true;
}

void endpoint_stream_event(endpoint_stream *s, buf *json) {
    buf lines = BUF(SIZE_MAX / 2);
    buf_text(&lines, "data: ");
    buf_slice(&lines, buf_view(json));
    buf_text(&lines, "\n\n");
    send_event(s, buf_view(&lines));
    buf_free(&lines);
    buf_free(json);
}

// What comes before an answer makes the answer a stream. A client that takes JSON alone hears the answer
// alone.
static void on_send(mcp_stream *base, buf *message, int status) {
    endpoint_stream *s = (endpoint_stream *)base;
    bool as_events = s->events || !status || !s->takes_json;
    if (as_events && endpoint_stream_open_events(s)) {
        endpoint_stream_event(s, message);
    } else if (status && s->http) {
        rpc_http_exchange *http = s->http;
        s->http = NULL;
        http->data = NULL;
        endpoint_answer(s->endpoint, http, status, "application/json", session_id(s), message);
    }
    buf_free(message);
}

void endpoint_stream_finish(endpoint_stream *s) {
    rpc_http_exchange *http = s->http;
    if (!http) return;
    s->http = NULL;
    http->data = NULL;
    if (s->events) rpc_http_end(http);
    else endpoint_answer(s->endpoint, http, 202, NULL, session_id(s), NULL);
}

static void unlink_stream(endpoint_stream *s) {
    *s->place = s->next;
    if (s->next) s->next->place = s->place;
}

static void link_stream(endpoint_stream *s, endpoint_stream **list) {
    s->next = *list;
    s->place = list;
    if (s->next) s->next->place = &s->next;
    *list = s;
}

static void reap(uv_idle_t *idle) {
    endpoint *e = idle->data;
    uv_idle_stop(idle);
    while (e->ended) endpoint_stream_free(e->ended);
}

// It comes from inside of mcp, which may still look at the session: the stream is freed later.
static void on_end(mcp_stream *base) {
    endpoint_stream *s = (endpoint_stream *)base;
    endpoint_stream_finish(s);
    s->ended = true;
    if (s->taking) return;
    unlink_stream(s);
    link_stream(s, &s->endpoint->ended);
    uv_idle_start(&s->endpoint->reaper, reap);
}

void endpoint_stream_take(endpoint_stream *s, mcp_session *session, const json_doc *doc) {
    s->taking = true;
    mcp_session_take(session, &s->base, doc);
    s->taking = false;
    if (s->ended) endpoint_stream_free(s);
}

#define RETRY 500 // milliseconds after which a client that was let go comes back

// mcp 2025-11-25, transports: the server may close a stream once the client knows an id to come back with.
static void on_pause(mcp_stream *base) {
    endpoint_stream *s = (endpoint_stream *)base;
    if (!is_primed(s) || !endpoint_stream_open_events(s) || !s->http) return;
    buf retry = BUF(BUF_SMALL);
    buf_printf(&retry, "retry: %d\n\n", RETRY);
    rpc_http_write(s->http, &retry);
    endpoint_stream_finish(s);
}

static int on_header(mcp_stream *base, const char *name, slice *value) {
    endpoint_stream *s = (endpoint_stream *)base;
    return s->http ? rpc_http_header(s->http, name, value) : 0;
}

static bool on_forbid(mcp_stream *base, guard_access needed) {
    endpoint_stream *s = (endpoint_stream *)base;
    rpc_http_exchange *http = s->http;
    if (!http || s->events) return false;
    s->http = NULL;
    http->data = NULL;
    if (endpoint_forbid(s->endpoint, http, needed)) return true;
    s->http = http;
    http->data = s;
    return false;
}

endpoint_stream *endpoint_stream_new(endpoint *e, rpc_http_exchange *http, endpoint_session *session,
                                     const endpoint_caller *caller) {
    endpoint_stream *s = base_alloc(sizeof *s);
    slice accept;
    rpc_http_header(http, "Accept", &accept);
    *s = (endpoint_stream){.base = {.send = on_send, .end = on_end, .pause = on_pause, .header = on_header,
                                    .forbid = on_forbid, .access = caller->access,
                                    .principal = caller->principal ? base_string(caller->principal) : NULL},
                           .endpoint = e,
                           .http = http,
                           .session = session,
                           .takes_json = endpoint_accepts(accept, "application/json"),
                           .takes_events = endpoint_accepts(accept, "text/event-stream"),
                           .expires = caller->expires,
                           .told = uv_now(e->config.loop)};
    link_stream(s, &e->streams);
    e->stream_count++;
    http->data = s;
    if (session) {
        session->streams++;
        s->number = ++session->last;
    }
    return s;
}

void endpoint_stream_free(endpoint_stream *s) {
    endpoint_stream_finish(s);
    unlink_stream(s);
    if (s->session) endpoint_session_lose(s->session, s);
    if (s->own) mcp_session_free(s->own);
    s->endpoint->stream_count--;
    free((char *)s->base.principal);
    free(s);
}

// mcp 2026-07-28: that is how a modern client cancels. Calls of the older revisions go on; a GET has none.
void endpoint_stream_left(endpoint_stream *s) {
    s->http = NULL;
    if (s->is_general) endpoint_stream_free(s);
    else if (s->own && !s->ended) mcp_session_cancel(s->own, &s->base);
}

// Whoever reads a stream longer than their token lasts has to show that they still may.
static bool is_over(const endpoint_stream *s) {
    return (s->expires && s->expires < clock_now()) || !endpoint_holds(s->endpoint, s->base.principal);
}

// An answer that takes long becomes a stream, so that neither side nor a proxy takes the silence for death.
void endpoint_stream_look(endpoint_stream *s, uint64_t now) {
    if (s->http && s->events && is_over(s)) {
        endpoint_stream_finish(s);
        endpoint_stream_left(s);
        return;
    }
    if (!s->http || now - s->told < (uint64_t)s->endpoint->config.keep_alive / 1000) return;
    if (!s->events) {
        endpoint_stream_open_events(s);
        return;
    }
    buf comment = BUF(BUF_SMALL);
    buf_text(&comment, ":\n\n");
    s->told = now;
    rpc_http_write(s->http, &comment);
}
