// Events that were sent on the streams of a session, kept for clients that come back (mcp 2025-11-25,
// transports, resumability). An id is "STREAM-EVENT".
#include "endpoint/internal.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 1000             // of a session
#define BYTES_MAX ((size_t)4 << 20) // of a session; one event alone may be larger

struct endpoint_event {
    struct endpoint_event *next;
    uint32_t stream, event;
    uint64_t at; // uv_now
    size_t n;
    char text[];
};

static void forget_first(endpoint_session *s) {
    struct endpoint_event *first = s->events;
    s->events = first->next;
    if (!s->events) s->events_end = &s->events;
    s->event_count--;
    s->event_bytes -= first->n;
    free(first);
}

void endpoint_events_keep(endpoint_session *s, uint32_t stream, uint32_t event, slice text) {
    while (s->events && (s->event_count == EVENTS_MAX || s->event_bytes + text.n > BYTES_MAX))
        forget_first(s);
    struct endpoint_event *kept = base_alloc(sizeof *kept + text.n);
    kept->stream = stream;
    kept->event = event;
    kept->at = uv_now(s->endpoint->config.loop);
    kept->n = text.n;
    memcpy(kept->text, text.s, text.n);
    *s->events_end = kept;
    s->events_end = &kept->next;
    s->event_count++;
    s->event_bytes += text.n;
}

void endpoint_events_replay(const endpoint_session *s, uint32_t stream, uint32_t after, buf *out) {
    for (const struct endpoint_event *e = s->events; e; e = e->next)
        if (e->stream == stream && e->event > after) buf_add(out, e->text, e->n);
}

void endpoint_events_forget(endpoint_session *s, uint64_t before) {
    while (s->events && s->events->at < before) forget_first(s);
}

static bool parse_number(slice *rest, uint32_t *out) {
    uint64_t value = 0;
    size_t n = 0;
    while (n < rest->n && n < 10 && rest->s[n] >= '0' && rest->s[n] <= '9')
        value = value * 10 + (uint64_t)(rest->s[n++] - '0');
    *rest = (slice){rest->s + n, rest->n - n};
    *out = (uint32_t)value;
    return n && value <= UINT32_MAX;
}

bool endpoint_event_parse(slice id, uint32_t *stream, uint32_t *event) {
    if (!parse_number(&id, stream) || !id.n || *id.s != '-') return false;
    id = (slice){id.s + 1, id.n - 1};
    return parse_number(&id, event) && !id.n;
}
