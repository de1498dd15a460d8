// Resources that clients have subscribed to: resources/subscribe and unsubscribe (legacy revisions),
// resourceSubscriptions of subscriptions/listen (mcp 2026-07-28), and notifications/resources/updated to
// both.
//
// A watch is one address, with all who want to hear of it. While there is anybody, the host looks at it as
// often as the resource declares: it runs what the resource compares (script_watch), once for all, as a
// call that reads, on the pack that is served then. Another text than the last one is a change. Looks that
// fail come ever more rarely until one succeeds; a resource that is final is not looked at any more until
// a script says that it has changed.
#include "mcp/internal.h"
#include "base/clock.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_MAX 100           // subscriptions of one session
#define PROCESS_MAX 1000          // addresses
#define URI_MAX 2000              // bytes of one: they are kept
#define PAUSE_MAX INT64_C(300000) // milliseconds between two looks that fail
#define ARGUMENTS_MAX ((size_t)1 << 20)

// Somebody who wants to hear of it: a session of a legacy revision, or a listen.
typedef struct subscriber {
    mcp_session *session;
    mcp_request *listen;  // NULL: the session itself
    struct subscriber *next;
} subscriber;

typedef struct mcp_watch {
    struct mcp_watch *next, **place;
    mcp_server *server;
    char *uri;
    subscriber *subscribers;
    clock_timer *timer;        // until the next look
    // the look that is under way
    script_run *run;
    mcp_catalogue *catalogue;
    const script_item *item;
    guard_call call;
    int64_t every;             // microseconds, as the resource said last
    int failures;              // in a row
    bool has_seen;
    char seen[SHA256_DIGEST_STRING_LENGTH]; // what the last look saw
} mcp_watch;

// --- telling -----------------------------------------------------------------------------------------------

static void tell(const mcp_watch *w, const subscriber *s) {
    mcp_stream *stream = s->listen ? s->listen->stream : s->session->general;
    buf out = BUF(BUF_SMALL + 6 * strlen(w->uri));
    rpc_begin_notification(&out, "notifications/resources/updated");
    json_open(&out, '{');
    json_put_key(&out, "uri");
    json_put_text(&out, w->uri);
    if (s->listen) mcp_put_subscription(s->listen, &out);
    buf_text(&out, "}}");
    mcp_send(stream, &out);
}

static void tell_all(const mcp_watch *w) {
    for (const subscriber *s = w->subscribers; s; s = s->next) tell(w, s);
}

// --- looking -----------------------------------------------------------------------------------------------

static void look(void *data);

// A little later than declared, so that what was subscribed to together is not looked at together. The
// timer is of the kind that lets no played time pass: a watch must not make a recording run.
static void look_later(mcp_watch *w) {
    int64_t pause = w->every / 1000 << (w->failures < 6 ? w->failures : 6);
    if (w->failures && pause > PAUSE_MAX) pause = PAUSE_MAX;
    if (pause < w->every / 1000) pause = w->every / 1000;
    if (w->every > 0) w->timer = clock_after(pause * (1000 + rand() % 201) / 1000, CLOCK_DEADLINE, look, w);
}

static void log_failure(const mcp_watch *w, const char *code, const char *message) {
    log_line line;
    if (!log_begin(&line, LOG_WARNING, "watch")) return;
    log_field(&line, "resource", w->uri);
    log_field(&line, "code", code);
    log_field(&line, "message", message);
    log_number(&line, "failures", w->failures);
    log_end(&line);
}

static void compare(mcp_watch *w, slice text) {
    char now[SHA256_DIGEST_STRING_LENGTH];
    SHA256Data((const uint8_t *)(text.s ? text.s : ""), text.n, now);
    bool is_changed = w->has_seen ? strcmp(now, w->seen) != 0 : w->failures > 0; // it was not there before
    memcpy(w->seen, now, sizeof now);
    w->has_seen = true;
    if (is_changed) tell_all(w);
}

static void end_look(mcp_watch *w) {
    w->run = NULL;
    mcp_catalogue_release(w->catalogue);
    w->catalogue = NULL;
    buf_free(&w->call.ids);
}

static void on_done(void *data, script_result *result) {
    mcp_watch *w = data;
    end_look(w);
    if (result->outcome == SCRIPT_OK) {
        compare(w, buf_view(&result->body));
        w->failures = 0;
    } else {
        w->failures++;
        log_failure(w, result->error.code, result->error.message);
    }
    if (!result->is_final) look_later(w);
}

static void on_log(void *data, int level, slice message) { (void)data, (void)level, (void)message; }

// The resource as it is served now; NULL: there is none of that address, or it is not watched.
static const script_item *find(const mcp_server *server, slice uri, buf *arguments) {
    buf problems = BUF(BUF_SMALL);
    const script_item *item = mcp_find_resource(server->catalogue, uri, arguments, &problems);
    buf_free(&problems);
    return item && item->watch_every ? item : NULL;
}

static void look(void *data) {
    static const script_client nobody = {.protocol = ""};
    mcp_watch *w = data;
    buf arguments = BUF(ARGUMENTS_MAX);
    w->timer = NULL;
    w->item = find(w->server, slice_of(w->uri), &arguments);
    w->every = w->item ? w->item->watch_every : w->every;
    if (!w->item) { // a reload has taken it away, and may bring it back
        w->failures++;
        log_failure(w, "not_found", "the resource is gone, or no longer watched");
        look_later(w);
    } else if (w->every > 0) {
        w->catalogue = mcp_catalogue_hold(w->server->catalogue);
        w->call = (guard_call){.tool = w->item->name,
                               .access = GUARD_READ,
                               .idempotent = true,
                               .deadline = clock_now() + w->item->deadline};
        script_owner owner = {.data = w, .done = on_done, .log = on_log, .client = &nobody};
        script_run *run = script_watch(w->catalogue->pack, w->item, buf_view(&arguments), &w->call, &owner);
        if (run) w->run = run; // else it is done
    }
    buf_free(&arguments);
}

// --- subscribing -------------------------------------------------------------------------------------------

static mcp_watch *find_watch(const mcp_server *server, slice uri) {
    for (mcp_watch *w = server->watches; w; w = w->next)
        if (slice_is(uri, w->uri)) return w;
    return NULL;
}

static mcp_watch *new_watch(mcp_server *server, slice uri) {
    mcp_watch *w = base_alloc(sizeof *w);
    *w = (mcp_watch){.server = server, .uri = base_copy(uri.s, uri.n), .next = server->watches,
                     .place = &server->watches};
    if (w->next) w->next->place = &w->next;
    server->watches = w;
    server->watch_count++;
    return w;
}

static void free_watch(mcp_watch *w) {
    clock_cancel(w->timer);
    if (w->run) {
        script_cancel(w->run);
        end_look(w);
    }
    *w->place = w->next;
    if (w->next) w->next->place = w->place;
    w->server->watch_count--;
    free(w->uri);
    free(w);
}

static bool is_subscribed(const mcp_watch *w, const mcp_session *session, const mcp_request *listen) {
    for (const subscriber *s = w->subscribers; s; s = s->next)
        if (s->session == session && s->listen == listen) return true;
    return false;
}

// False: there are too many, or it is too long.
static bool add(mcp_session *session, mcp_request *listen, slice uri) {
    mcp_server *server = session->server;
    mcp_watch *w = find_watch(server, uri);
    if (w && is_subscribed(w, session, listen)) return true;
    bool is_full = session->subscriptions == SESSION_MAX || (!w && server->watch_count == PROCESS_MAX);
    if (is_full || uri.n > URI_MAX) return false;
    bool is_new = !w;
    if (is_new) w = new_watch(server, uri);
    subscriber *s = base_alloc(sizeof *s);
    *s = (subscriber){session, listen, w->subscribers};
    w->subscribers = s;
    session->subscriptions++;
    if (is_new) look(w);
    return true;
}

// Takes the subscriber off; the last one takes the watch along.
static void take_off(mcp_watch *w, mcp_session *session, const mcp_request *listen) {
    for (subscriber **place = &w->subscribers; *place; place = &(*place)->next) {
        subscriber *s = *place;
        if (s->session != session || s->listen != listen) continue;
        *place = s->next;
        free(s);
        session->subscriptions--;
        break;
    }
    if (!w->subscribers) free_watch(w);
}

bool mcp_watch_for(mcp_request *listen, slice uri) {
    if (listen->session->subscriptions == SESSION_MAX) return false; // the list may be long
    buf arguments = BUF(ARGUMENTS_MAX);
    bool ok = find(listen->session->server, uri, &arguments) && add(listen->session, listen, uri);
    buf_free(&arguments);
    return ok;
}

void mcp_watch_end(mcp_session *session, const mcp_request *listen) {
    for (mcp_watch *w = session->server->watches, *next; w; w = next) {
        next = w->next;
        take_off(w, session, listen);
    }
}

bool mcp_tell_updated(mcp_server *server, slice uri) {
    mcp_watch *w = find_watch(server, uri);
    if (!w) return false;
    tell_all(w);
    bool was_final = w->every > 0 && !w->timer && !w->run;
    if (was_final) w->timer = clock_after(0, CLOCK_SLEEP, look, w); // not here: a script runs that has told so
    return true;
}

// --- methods -----------------------------------------------------------------------------------------------

static bool read_uri(mcp_request *r, const char *method, const json_node *params, slice *uri) {
    const json_node *node = json_get(params, "uri");
    if (!json_is(node, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "%s needs \"uri\", a string", method);
        return false;
    }
    *uri = node->as.string;
    r->uri = base_copy(uri->s, uri->n);
    return true;
}

static void answer_nothing(mcp_request *r) {
    buf out = mcp_begin(r);
    mcp_answer(r, &out, SLICE(""));
}

void mcp_subscribe(mcp_request *r, const json_node *params) {
    slice uri;
    buf arguments = BUF(ARGUMENTS_MAX), problems = BUF(BUF_SMALL);
    if (!read_uri(r, "resources/subscribe", params, &uri)) return;
    const script_item *item = mcp_find_resource(r->session->server->catalogue, uri, &arguments, &problems);
    if (!item)
        mcp_fail_not_found(r, r->uri, NULL, problems.n ? buf_string(&problems) : NULL);
    else if (!item->watch_every)
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "%.300s is not watched: read it again to see what has changed",
                 r->uri);
    else if (!add(r->session, NULL, uri))
        mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""),
                 "too many subscriptions: %d of a session, %d resources and %d bytes of an address are the most",
                 SESSION_MAX, PROCESS_MAX, URI_MAX);
    else answer_nothing(r);
    buf_free(&arguments);
    buf_free(&problems);
}

void mcp_unsubscribe(mcp_request *r, const json_node *params) {
    slice uri;
    if (!read_uri(r, "resources/unsubscribe", params, &uri)) return;
    mcp_watch *w = find_watch(r->session->server, uri);
    if (w) take_off(w, r->session, NULL);
    answer_nothing(r);
}
