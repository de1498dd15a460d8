// Which request goes where. Contract in endpoint.h.
#include "endpoint/internal.h"
#include "rpc/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH "/mcp"
#define LOOK 5000 // milliseconds between two looks at sessions and streams, at the most

#define ALLOWED_METHODS "GET, POST, DELETE, OPTIONS"
#define ALLOWED_HEADERS                                                                                      \
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, " \
    "Mcp-Name"
#define ARGUMENT "Mcp-Param-"
#define EXPOSED_HEADERS "Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version"

// --- answers -----------------------------------------------------------------------------------------------

#define FIELDS_MAX 10

typedef struct fields {
    rpc_http_field of[FIELDS_MAX];
    size_t count;
    char origin[256];
} fields;

static void add(fields *f, const char *name, const char *value) {
    f->of[f->count++] = (rpc_http_field){name, value};
}

// What a page of an allowed origin needs to read the answer (Fetch, CORS protocol).
static void add_cors(fields *f, const endpoint *e, const rpc_http_exchange *http) {
    slice origin, host;
    if (!rpc_http_header(http, "Origin", &origin) || origin.n >= sizeof f->origin) return;
    rpc_http_header(http, "Host", &host);
    if (!endpoint_origin_allowed(&e->config, origin, host)) return;
    memcpy(f->origin, origin.s, origin.n);
    add(f, "Access-Control-Allow-Origin", f->origin);
    add(f, "Access-Control-Expose-Headers", EXPOSED_HEADERS);
    add(f, "Vary", "Origin");
}

static void answer(endpoint *e, rpc_http_exchange *http, int status, fields *f, buf *body) {
    add_cors(f, e, http);
    endpoint_metrics_request(e->metrics, status);
    rpc_http_answer(http, status, f->of, f->count, body);
}

void endpoint_answer(endpoint *e, rpc_http_exchange *http, int status, const char *type, const char *session,
                     buf *body) {
    fields f = {.count = 0};
    if (type) add(&f, "Content-Type", type);
    if (session) add(&f, "Mcp-Session-Id", session);
    if (status == 405) add(&f, "Allow", ALLOWED_METHODS);
    if (status == 503) add(&f, "Retry-After", "5");
    answer(e, http, status, &f, body);
}

void endpoint_deny(endpoint *e, rpc_http_exchange *http, const auth_refusal *no) {
    fields f = {.count = 0};
    char seconds[20];
    buf body = BUF(BUF_SMALL);
    snprintf(seconds, sizeof seconds, "%d", no->retry_after);
    rpc_put_error(&body, SLICE(""), false, RPC_INVALID_REQUEST, slice_of(no->why), SLICE(""));
    if (no->challenge) add(&f, "WWW-Authenticate", no->challenge);
    if (no->retry_after) add(&f, "Retry-After", seconds);
    add(&f, "Content-Type", "application/json");
    answer(e, http, no->status, &f, &body);
    buf_free(&body);
}

void endpoint_open(endpoint *e, rpc_http_exchange *http, const char *session) {
    fields f = {.count = 0};
    add(&f, "Content-Type", "text/event-stream");
    add(&f, "Cache-Control", "no-cache, no-transform");
    add(&f, "X-Accel-Buffering", "no"); // nginx: do not gather it
    if (session) add(&f, "Mcp-Session-Id", session);
    add_cors(&f, e, http);
    endpoint_metrics_request(e->metrics, 200);
    rpc_http_stream(http, f.of, f.count);
}

void endpoint_refuse(endpoint *e, rpc_http_exchange *http, int status, slice id, int code, const char *format,
                     ...) {
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf body = BUF(BUF_SMALL + id.n);
    rpc_put_error(&body, id, false, code, slice_of(text), SLICE(""));
    endpoint_answer(e, http, status, "application/json", NULL, &body);
    buf_free(&body);
}

static void refuse(endpoint *e, rpc_http_exchange *http, int status, const char *text) {
    endpoint_refuse(e, http, status, SLICE(""), RPC_INVALID_REQUEST, "%s", text);
}

static void answer_text(endpoint *e, rpc_http_exchange *http, int status, const char *text) {
    buf body = BUF(BUF_SMALL);
    buf_text(&body, text);
    endpoint_answer(e, http, status, "text/plain", NULL, &body);
    buf_free(&body);
}

static void answer_metadata(endpoint *e, rpc_http_exchange *http) {
    static const rpc_http_field found[] = {{"Content-Type", "application/json"},
                                           {"Cache-Control", "max-age=3600"},
                                           {"Access-Control-Allow-Origin", "*"}};
    buf body = BUF(BUF_SMALL);
    if (*http->method != 'G' || !auth_put_resource_metadata(e->config.auth, &body)) {
        answer_text(e, http, 404, "there is no such thing\n");
    } else {
        endpoint_metrics_request(e->metrics, 200);
        rpc_http_answer(http, 200, found, sizeof found / sizeof *found, &body);
    }
    buf_free(&body);
}

// RFC 9728, section 3.1: with the path of the resource behind it, and without.
static bool is_metadata(const endpoint *e, const char *path) {
    const char *own = e->config.auth ? auth_resource_metadata_path(e->config.auth) : NULL;
    return own && (strcmp(path, own) == 0 || strcmp(path, "/.well-known/oauth-protected-resource") == 0);
}

// Fields that repeat arguments are named by the tools: those that the page asks for are allowed (a * does not stand
// for a part of a name).
static void put_allowed_headers(const rpc_http_exchange *http, buf *out) {
    slice wanted;
    rpc_http_header(http, "Access-Control-Request-Headers", &wanted);
    buf_text(out, ALLOWED_HEADERS);
    while (wanted.n) {
        slice name = endpoint_cut(&wanted, ',');
        bool repeats = name.n > strlen(ARGUMENT) && strncasecmp(name.s, ARGUMENT, strlen(ARGUMENT)) == 0;
        if (repeats) buf_printf(out, ", %.*s", (int)name.n, name.s);
    }
}

static void answer_preflight(endpoint *e, rpc_http_exchange *http) {
    fields f = {.count = 0};
    buf allowed = BUF(BUF_SMALL);
    put_allowed_headers(http, &allowed);
    add(&f, "Allow", ALLOWED_METHODS);
    add_cors(&f, e, http);
    add(&f, "Access-Control-Allow-Methods", ALLOWED_METHODS);
    add(&f, "Access-Control-Allow-Headers", buf_string(&allowed));
    add(&f, "Access-Control-Max-Age", "600");
    rpc_http_answer(http, 204, f.of, f.count, NULL);
    buf_free(&allowed);
}

static void answer_metrics(endpoint *e, rpc_http_exchange *http) {
    const script_manifest *manifest = script_manifest_of(mcp_server_pack(e->config.server));
    endpoint_gauges gauges = {.pack = manifest->name,
                              .connections = e->http ? rpc_http_connections(e->http) : 0,
                              .streams = e->stream_count,
                              .sessions = e->session_count};
    buf body = BUF((size_t)8 << 20);
    endpoint_metrics_put(e->metrics, &gauges, &body);
    endpoint_answer(e, http, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, &body);
    buf_free(&body);
}

// --- checks ------------------------------------------------------------------------------------------------

static bool check_origin(endpoint *e, rpc_http_exchange *http) {
    slice host, origin;
    int hosts = rpc_http_header(http, "Host", &host), origins = rpc_http_header(http, "Origin", &origin);
    if (hosts != 1) return refuse(e, http, 400, "one Host is needed"), false;
    if (!endpoint_host_allowed(&e->config, host))
        return refuse(e, http, 403, "Host not allowed (--allow-host)"), false;
    if (origins && (origins > 1 || !endpoint_origin_allowed(&e->config, origin, host)))
        return refuse(e, http, 403, "Origin not allowed"), false;
    return true;
}

static bool is_json(slice type) {
    static const char name[] = "application/json";
    size_t n = sizeof name - 1;
    return type.n >= n && strncasecmp(type.s, name, n) == 0 && (type.n == n || strchr("; \t", type.s[n]));
}

// Either will do for a POST (clients of 2025-03-26 and later have to take both, but not all do).
static void check_accept(endpoint *e, rpc_http_exchange *http) {
    slice accept;
    bool is_post = *http->method == 'P', is_get = *http->method == 'G';
    rpc_http_header(http, "Accept", &accept);
    bool events = endpoint_accepts(accept, "text/event-stream");
    bool json = endpoint_accepts(accept, "application/json");
    if ((is_post && !events && !json) || (is_get && !events))
        refuse(e, http, 406,
               is_get ? "Accept has to allow text/event-stream"
                      : "Accept has to allow application/json or text/event-stream");
}

static void check_mcp(endpoint *e, rpc_http_exchange *http) {
    const char *method = http->method;
    slice type;
    endpoint_caller caller;
    if (strcmp(method, "OPTIONS") == 0) answer_preflight(e, http);
    else if (strcmp(method, "POST") != 0 && strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0)
        refuse(e, http, 405, "the method is POST, GET or DELETE");
    else if (!endpoint_authorize(e, http, &caller)) return;
    else if (strcmp(method, "POST") == 0 &&
             (rpc_http_header(http, "Content-Type", &type) != 1 || !is_json(type)))
        refuse(e, http, 415, "Content-Type has to be application/json");
    else check_accept(e, http);
}

static void on_head(void *data, rpc_http_exchange *http) {
    endpoint *e = data;
    if (strcmp(http->path, "/healthz") == 0)
        answer_text(e, http, e->draining ? 503 : 200, e->draining ? "draining\n" : "ok\n");
    else if (e->draining) refuse(e, http, 503, "the server is ending");
    else if (is_metadata(e, http->path)) answer_metadata(e, http);
    else if (!check_origin(e, http)) return;
    else if (strcmp(http->path, PATH) == 0) check_mcp(e, http);
    else if (strcmp(http->path, "/metrics") == 0 && e->config.metrics) answer_metrics(e, http);
    else answer_text(e, http, 404, "the endpoint is " PATH "\n");
}

// The body may have taken its time: who sends it is looked at again.
static void on_request(void *data, rpc_http_exchange *http) {
    endpoint *e = data;
    endpoint_caller caller;
    if (e->draining) refuse(e, http, 503, "the server is ending");
    else if (!endpoint_authorize(e, http, &caller)) return;
    else if (*http->method == 'P') endpoint_post(e, http, &caller);
    else if (*http->method == 'G') endpoint_get(e, http, &caller);
    else endpoint_delete(e, http, &caller);
}

static void on_over(void *data, rpc_http_exchange *http) {
    (void)data;
    if (http->data) endpoint_stream_left(http->data);
}

// --- beginning and end -------------------------------------------------------------------------------------

static void look(uv_timer_t *timer) {
    endpoint *e = timer->data;
    uint64_t now = uv_now(e->config.loop);
    for (endpoint_stream *s = e->streams, *next; s; s = next) {
        next = s->next;
        endpoint_stream_look(s, now);
    }
    endpoint_sessions_look(e, now);
}

static void on_called(void *data, const mcp_called *call) { endpoint_metrics_call(data, call); }

endpoint *endpoint_new(const endpoint_config *config) {
    endpoint *e = base_alloc(sizeof *e);
    e->config = *config;
    e->metrics = endpoint_metrics_new();
    mcp_server_count(config->server, on_called, e->metrics);
    uv_timer_init(config->loop, &e->look);
    uv_idle_init(config->loop, &e->reaper);
    e->look.data = e->reaper.data = e;
    e->open_handles = 2;
    uint64_t every = (uint64_t)config->keep_alive / 3000;
    if (every > LOOK) every = LOOK;
    uv_timer_start(&e->look, look, every, every);
    return e;
}

void endpoint_listens(endpoint *e, const rpc_http *http) { e->http = http; }

rpc_http_owner endpoint_owner(endpoint *e) {
    return (rpc_http_owner){.data = e, .head = on_head, .request = on_request, .over = on_over};
}

static void one_ended(void *data) {
    endpoint *e = data;
    if (--e->left) return;
    void (*done)(void *) = e->drained;
    e->drained = NULL;
    if (done) done(e->drained_data);
}

void endpoint_drain(endpoint *e, void (*done)(void *), void *data) {
    e->draining = true;
    e->drained = done;
    e->drained_data = data;
    e->left = 1;
    for (endpoint_stream *s = e->streams, *next; s; s = next) {
        next = s->next;
        if (s->own) e->left++, mcp_session_end(s->own, one_ended, e);
        else if (s->is_general) endpoint_stream_free(s);
    }
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        for (endpoint_session *s = e->sessions[i]; s; s = s->next)
            e->left++, mcp_session_end(s->mcp, one_ended, e);
    one_ended(e);
}

void endpoint_abort(endpoint *e) {
    e->drained = NULL;
    for (endpoint_stream *s = e->streams, *next; s; s = next) {
        next = s->next;
        if (s->own) mcp_session_abort(s->own);
    }
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        for (endpoint_session *s = e->sessions[i]; s; s = s->next) mcp_session_abort(s->mcp);
}

static void closed(uv_handle_t *handle) {
    endpoint *e = handle->data;
    if (!--e->open_handles) free(e);
}

void endpoint_free(endpoint *e) {
    for (size_t i = 0; i < SESSION_SLOTS; i++)
        while (e->sessions[i]) endpoint_session_free(e->sessions[i]);
    while (e->streams) endpoint_stream_free(e->streams);
    while (e->ended) endpoint_stream_free(e->ended);
    mcp_server_count(e->config.server, NULL, NULL);
    endpoint_metrics_free(e->metrics);
    uv_close((uv_handle_t *)&e->look, closed);
    uv_close((uv_handle_t *)&e->reaper, closed);
}
