// Sessions of the older revisions (mcp 2025-11-25, transports, session management), GET and DELETE.
#include "endpoint/internal.h"
#include "rpc/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the table ---------------------------------------------------------------------------------------------

static endpoint_session **slot_of(endpoint *e, slice id) {
    uint32_t slot = 0;
    for (size_t i = 0; i < 4 && i < id.n; i++) slot = slot * 16 + (uint32_t)(hex_digit(id.s[i]) & 15);
    return &e->sessions[slot % SESSION_SLOTS];
}

static bool is_of(const endpoint_session *s, const char *principal) {
    if (!s->principal || !principal) return !s->principal && !principal;
    return strcmp(s->principal, principal) == 0;
}

endpoint_session *endpoint_session_find(endpoint *e, slice id, const char *principal) {
    endpoint_session *s = *slot_of(e, id);
    while (s && !slice_is(id, s->id)) s = s->next;
    return s && is_of(s, principal) ? s : NULL;
}

// Whoever has too many loses the one that it has left alone for the longest time. Too many are half of all that there
// may be, so that nobody takes the others' place; the one client there is may have all.
static bool make_place(endpoint *e, const char *principal) {
    size_t own = 0, all = e->config.sessions, share = principal ? (all + 1) / 2 : all;
    endpoint_session *unused = NULL;
    if (e->session_count < share) return true;
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        for (endpoint_session *s = e->sessions[i]; s; s = s->next) {
            if (!is_of(s, principal)) continue;
            own++;
            if (!s->streams && (!unused || s->used < unused->used)) unused = s;
        }
    if (e->session_count < all && own < share) return true;
    if (unused) endpoint_session_free(unused);
    return unused != NULL;
}

// What belongs to no request goes to the newest GET; while there is none, it is kept for one that comes back.
static void on_general(mcp_stream *base, buf *message, int status) {
    endpoint_session *s = (endpoint_session *)base;
    (void)status;
    if (s->get) {
        endpoint_stream_event(s->get, message);
    } else if (s->general_count) {
        buf event = BUF(SIZE_MAX / 2);
        buf_printf(&event, "id: 0-%u\ndata: ", s->general_count);
        buf_slice(&event, buf_view(message));
        buf_text(&event, "\n\n");
        endpoint_events_keep(s, 0, s->general_count++, buf_view(&event));
        buf_free(&event);
    }
    buf_free(message);
}

endpoint_session *endpoint_session_new(endpoint *e, const char *principal, guard_access access) {
    if (!make_place(e, principal)) return NULL;
    endpoint_session *s = base_alloc(sizeof *s);
    base_random_hex(s->id, sizeof s->id - 1);
    s->endpoint = e;
    s->principal = principal ? base_string(principal) : NULL;
    s->general = (mcp_stream){.send = on_general, .access = access, .principal = s->principal};
    s->used = uv_now(e->config.loop);
    s->events_end = &s->events;
    s->mcp = mcp_session_new(e->config.server, &s->general);
    s->place = slot_of(e, slice_of(s->id));
    s->next = *s->place;
    if (s->next) s->next->place = &s->next;
    *s->place = s;
    e->session_count++;
    return s;
}

void endpoint_session_lose(endpoint_session *s, const endpoint_stream *stream) {
    s->streams--;
    s->used = uv_now(s->endpoint->config.loop);
    if (s->get != stream) return;
    s->get = s->endpoint->streams;
    while (s->get && (s->get->session != s || !s->get->is_general)) s->get = s->get->next;
}

static void free_streams(endpoint_session *s, endpoint_stream *list) {
    for (endpoint_stream *stream = list, *next; stream; stream = next) {
        next = stream->next;
        if (stream->session == s) endpoint_stream_free(stream);
    }
}

void endpoint_session_free(endpoint_session *s) {
    endpoint *e = s->endpoint;
    mcp_session_free(s->mcp);
    free_streams(s, e->streams);
    free_streams(s, e->ended);
    endpoint_events_forget(s, UINT64_MAX);
    *s->place = s->next;
    if (s->next) s->next->place = s->place;
    e->session_count--;
    free(s->principal);
    free(s);
}

#define EVENT_AGE 300000 // milliseconds that events are kept

void endpoint_sessions_look(endpoint *e, uint64_t now) {
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        for (endpoint_session *s = e->sessions[i], *next; s; s = next) {
            next = s->next;
            if (now > EVENT_AGE) endpoint_events_forget(s, now - EVENT_AGE);
            bool is_unused = now - s->used > (uint64_t)e->config.idle / 1000;
            if (!s->streams && (is_unused || !endpoint_holds(e, s->principal))) endpoint_session_free(s);
        }
}

// --- requests ----------------------------------------------------------------------------------------------

endpoint_session *endpoint_session_of(endpoint *e, rpc_http_exchange *http, slice id,
                                      const endpoint_caller *caller) {
    slice name, version;
    int names = rpc_http_header(http, "Mcp-Session-Id", &name);
    int versions = rpc_http_header(http, "MCP-Protocol-Version", &version);
    endpoint_session *s = names == 1 ? endpoint_session_find(e, name, caller->principal) : NULL;
    if (names != 1)
        endpoint_refuse(e, http, 400, id, RPC_INVALID_REQUEST,
                        names ? "Mcp-Session-Id stands there twice"
                              : "Mcp-Session-Id is missing: begin with initialize, and send the id that its "
                                "answer carries");
    else if (!s)
        endpoint_refuse(e, http, 404, id, RPC_INVALID_REQUEST,
                        "there is no such session (any more): begin with initialize again");
    else if (versions && !mcp_is_legacy_revision(version))
        endpoint_refuse(e, http, 400, id, RPC_INVALID_REQUEST,
                        "MCP-Protocol-Version \"%.*s\" is not supported",
                        (int)(version.n < 100 ? version.n : 100), version.s);
    else {
        s->used = uv_now(e->config.loop);
        return s;
    }
    return NULL;
}

static endpoint_stream *stream_numbered(endpoint_session *s, uint32_t number) {
    for (endpoint_stream *stream = s->endpoint->streams; stream; stream = stream->next)
        if (stream->session == s && stream->number == number && !stream->is_general) return stream;
    return NULL;
}

static void replay(endpoint_session *s, rpc_http_exchange *http, uint32_t number, uint32_t after) {
    buf events = BUF(SIZE_MAX / 2);
    endpoint_events_replay(s, number, after, &events);
    if (events.n) rpc_http_write(http, &events);
    buf_free(&events);
}

// A client comes back to the stream of a POST: it hears what it has missed, and the rest.
static void resume_stream(endpoint *e, rpc_http_exchange *http, endpoint_session *s, const endpoint_caller *caller,
                          uint32_t number, uint32_t after) {
    endpoint_stream *stream = stream_numbered(s, number);
    endpoint_open(e, http, s->id);
    replay(s, http, number, after);
    if (!stream || !stream->events) {
        rpc_http_end(http);
        return;
    }
    endpoint_stream_finish(stream);
    stream->http = http;
    stream->expires = caller->expires;
    stream->told = uv_now(e->config.loop);
    http->data = stream;
}

void endpoint_get(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller) {
    slice last;
    uint32_t number = 0, after = 0;
    endpoint_session *s = endpoint_session_of(e, http, SLICE(""), caller);
    if (!s) return;
    bool comes_back = rpc_http_header(http, "Last-Event-ID", &last) != 0;
    if (comes_back && !endpoint_event_parse(last, &number, &after)) {
        endpoint_refuse(e, http, 400, SLICE(""), RPC_INVALID_REQUEST,
                        "Last-Event-ID is none of this server's");
        return;
    }
    if (number) {
        resume_stream(e, http, s, caller, number, after);
        return;
    }
    endpoint_stream *stream = endpoint_stream_new(e, http, s, caller);
    stream->is_general = true;
    stream->number = 0;
    s->get = stream;
    if (!comes_back) {
        endpoint_stream_open_events(stream);
        return;
    }
    stream->events = true;
    endpoint_open(e, http, s->id);
    replay(s, http, 0, after);
}

void endpoint_delete(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller) {
    endpoint_session *s = endpoint_session_of(e, http, SLICE(""), caller);
    if (!s) return;
    endpoint_session_free(s);
    endpoint_answer(e, http, 204, NULL, NULL, NULL);
}
