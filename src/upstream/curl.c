// libcurl's multi interface on the loop. Contract in upstream.h.
#include "upstream/curl_api.h"
#include "upstream/upstream.h"
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define CONNECT_TIMEOUT 10000L // ms
#define SPARE_HANDLES 16       // kept for the next requests
#define READ_AT_ONCE 131072L   // bytes; only what comes is touched

typedef struct transfer {
    curl_client *client;
    struct transfer *next, *previous;
    CURL *easy;                // NULL while the library is being opened
    curl_job job;
    char *method, *url, *body;
    buf trace_lines;           // headers of trace context, each with a zero byte at its end
    struct curl_slist trace_headers[2];
    buf answer;
    char *location;
    int64_t retry_after;       // ms or -1
    int64_t date;              // microseconds since 1970, or 0
    int grpc_code;
    char *grpc_message;
    char reason[CURL_ERROR_SIZE];
} transfer;

struct curl_client {
    uv_loop_t *loop;
    const upstream_config *config;
    curl_api api;
    CURLM *multi;
    struct curl_slist *headers, *headers_with_body, *headers_of_grpc;
    struct curl_slist **retired; // headers with tokens of before: transfers may use them
    size_t retired_count;
    struct curl_slist *connect_to; // of gRPC
    uv_timer_t timer;
    uv_work_t opening;
    enum { CLOSED, OPENING, OPEN, BROKEN } state;
    const char *broken;        // why
    bool abandoned;            // to be freed once the library is open
    transfer *first;           // all transfers
    CURL *spare[SPARE_HANDLES]; // set up for a GET
    int spares;
    struct watch **watches;    // by socket
    size_t watch_room;
};

typedef struct watch {         // a socket that libcurl wants to know about
    uv_poll_t poll;
    curl_client *client;
    curl_socket_t socket;
    int events;                // that are watched for
    bool is_connection, used;  // used: libcurl wants to know now
} watch;

// --- sockets -----------------------------------------------------------------------------------------------
// A connection is watched until it is closed, between requests too: to begin and to end that each time would be
// four system calls a request. Other sockets (the resolver has them) libcurl closes without a word, so they are
// watched only while it says so.

static void collect(curl_client *c);

static watch **place_of_watch(curl_client *c, curl_socket_t socket) {
    size_t room = c->watch_room ? c->watch_room : 16, at = (size_t)socket;
    while (room <= at) room *= 2;
    if (room > c->watch_room) {
        c->watches = base_grow(c->watches, room * sizeof(watch *));
        memset(c->watches + c->watch_room, 0, (room - c->watch_room) * sizeof(watch *));
        c->watch_room = room;
    }
    return &c->watches[at];
}

static watch *new_watch(curl_client *c, curl_socket_t socket) {
    watch *w = base_alloc(sizeof *w);
    *w = (watch){.client = c, .socket = socket};
    if (uv_poll_init_socket(c->loop, &w->poll, socket)) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    return *place_of_watch(c, socket) = w;
}

static void free_watch(uv_handle_t *handle) { free(handle->data); }

static void close_watch(watch *w) {
    *place_of_watch(w->client, w->socket) = NULL;
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

static void socket_ready(uv_poll_t *poll, int status, int events);

static void watch_for(watch *w, int events) {
    if (w->events == events) return;
    w->events = events;
    if (events) uv_poll_start(&w->poll, events, socket_ready);
    else uv_poll_stop(&w->poll);
}

static void socket_ready(uv_poll_t *poll, int status, int events) {
    watch *w = poll->data;
    curl_client *c = w->client;
    if (!w->used) { // the server has closed it: libcurl sees that before it uses it again
        watch_for(w, 0);
        return;
    }
    if (status < 0) w->events = 0; // libuv has stopped
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    c->api.multi_socket_action(c->multi, w->socket, flags, &running);
    collect(c);
}

static void leave_idle(watch *w) {
    w->used = false;
    uv_unref((uv_handle_t *)&w->poll); // the loop does not wait for it
    if (w->events & UV_WRITABLE) watch_for(w, 0); // it always is
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *known) {
    (void)easy, (void)known;
    curl_client *c = data;
    watch *w = *place_of_watch(c, socket);
    if (what == CURL_POLL_REMOVE) {
        if (w && w->is_connection) leave_idle(w);
        else if (w) close_watch(w);
        return 0;
    }
    if (!w) w = new_watch(c, socket);
    if (!w) return -1;
    w->used = true;
    uv_ref((uv_handle_t *)&w->poll);
    watch_for(w, (what != CURL_POLL_OUT ? UV_READABLE : 0) | (what != CURL_POLL_IN ? UV_WRITABLE : 0));
    return 0;
}

static curl_socket_t open_connection(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    int socket_made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket_made < 0) return CURL_SOCKET_BAD;
    watch *w = new_watch(data, socket_made);
    if (w) {
        w->is_connection = true;
        return socket_made;
    }
    close(socket_made);
    return CURL_SOCKET_BAD;
}

static int close_connection(void *data, curl_socket_t socket) {
    watch *w = *place_of_watch(data, socket);
    if (w) close_watch(w);
    return close(socket);
}

// --- its timer ---------------------------------------------------------------------------------------------

static void timed(uv_timer_t *timer) {
    curl_client *c = timer->data;
    int running;
    c->api.multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(c);
}

static int on_timer(CURLM *multi, long milliseconds, void *data) {
    (void)multi;
    curl_client *c = data;
    if (milliseconds < 0) uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, timed, (uint64_t)milliseconds,
                       0); // 0: at the next turn, never from inside of libcurl
    return 0;
}

// --- one transfer ------------------------------------------------------------------------------------------

static size_t on_body(char *bytes, size_t size, size_t count, void *data) {
    transfer *t = data;
    buf_add(&t->answer, bytes, size * count);
    return t->answer.full ? 0 : size * count; // 0 ends the transfer: CURLE_WRITE_ERROR
}

// The value of the header `name`, trimmed, if this line is it.
static bool header_is(slice line, const char *name, slice *value) {
    size_t n = strlen(name);
    if (line.n <= n || line.s[n] != ':' || strncasecmp(line.s, name, n) != 0) return false;
    *value = (slice){line.s + n + 1, line.n - n - 1};
    while (value->n && (*value->s == ' ' || *value->s == '\t')) value->s++, value->n--;
    while (value->n && strchr(" \t\r\n", value->s[value->n - 1])) value->n--;
    return true;
}

// An HTTP date (RFC 9110, section 5.6.7) in seconds since 1970.
static bool parse_date(const char *text, int64_t *out) {
    struct tm t = {0};
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &t)) return false;
    *out = (int64_t)timegm(&t);
    return true;
}

#define DATE_ROOM 64 // of a number or a date, with its zero byte

static bool as_text(slice value, char text[DATE_ROOM]) {
    if (value.n == 0 || value.n >= DATE_ROOM) return false;
    memcpy(text, value.s, value.n);
    text[value.n] = '\0';
    return true;
}

// Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
static int64_t parse_retry_after(slice value) {
    char text[DATE_ROOM], *end;
    int64_t when;
    if (!as_text(value, text)) return -1;
    double seconds = strtod(text, &end);
    if (end != text && *end == '\0' && seconds >= 0 && seconds < 1e6) return (int64_t)(seconds * 1000);
    if (!parse_date(text, &when)) return -1;
    int64_t wait = when - (int64_t)time(NULL);
    return wait > 0 ? wait * 1000 : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data) {
    transfer *t = data;
    slice line = {bytes, size * count}, value;
    if (header_is(line, "Retry-After", &value)) t->retry_after = parse_retry_after(value);
    char text[DATE_ROOM];
    if (header_is(line, "Date", &value) && as_text(value, text) && parse_date(text, &t->date))
        t->date *= 1000000;
    if (header_is(line, "Location", &value)) {
        free(t->location);
        t->location = base_copy(value.s, value.n < 500 ? value.n : 500);
    }
    if (!t->job.grpc) return line.n;
    if (header_is(line, "grpc-status", &value)) t->grpc_code = grpc_code(value); // header or trailer
    if (header_is(line, "grpc-message", &value)) {
        free(t->grpc_message);
        t->grpc_message = base_copy(value.s, value.n);
    }
    // A call that is refused before its message is whole has ended here. libcurl would go on sending.
    bool refused = t->grpc_code > 0 && line.n && (*line.s == '\r' || *line.s == '\n');
    return refused ? 0 : line.n; // 0 ends the transfer
}

static void unlink_transfer(transfer *t) {
    if (t->previous) t->previous->next = t->next;
    else t->client->first = t->next;
    if (t->next) t->next->previous = t->previous;
}

static void free_transfer(transfer *t) {
    free(t->method);
    free(t->url);
    free(t->body);
    free(t->location);
    free(t->grpc_message);
    buf_free(&t->answer);
    buf_free(&t->trace_lines);
    free(t);
}

static bool is_plain(const transfer *t) { return !t->job.grpc && strcmp(t->method, "GET") == 0; }

static void give_back(transfer *t) {
    curl_client *c = t->client;
    if (c->spares < SPARE_HANDLES && is_plain(t)) c->spare[c->spares++] = t->easy;
    else c->api.easy_cleanup(t->easy);
}

static const char *fault_of(const transfer *t, CURLcode code) {
    // What speaks no HTTP/2, or nothing at all, is no gRPC server.
    if (t->job.grpc && (code == CURLE_HTTP2 || code == CURLE_GOT_NOTHING)) return "protocol";
    switch (code) {
    case CURLE_OK: return NULL;
    case CURLE_COULDNT_CONNECT: return "refused";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return "unreachable";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_WRITE_ERROR: return t->answer.full ? "too_large" : "protocol";
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return "truncated";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return "tls";
    default: return "protocol";
    }
}

static void transfer_ended(transfer *t, CURLcode code) {
    curl_client *c = t->client;
    long status = 0, tunnel = 0;
    c->api.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    c->api.easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    const char *fault = fault_of(t, code);
    const char *detail = t->reason[0] ? t->reason : c->api.easy_strerror(code);
    if (fault && strcmp(fault, "timeout") == 0) {
        double at = 0; // the request was never begun, so it never arrived
        c->api.easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME, &at);
        if (at == 0) fault = "unreachable";
    }
    if (fault && tunnel && (tunnel < 200 || tunnel > 299)) fault = "unreachable"; // by the proxy
    if (!fault && status >= 300 && status < 400) {
        fault = "redirect";
        detail = t->location ? t->location : "";
    }
    c->api.multi_remove_handle(c->multi, t->easy);
    give_back(t);
    unlink_transfer(t);
    curl_result result = {.fault = fault,
                          .detail = fault ? detail : NULL,
                          .status = (int)status,
                          .body = buf_view(&t->answer),
                          .owner = &t->answer,
                          .retry_after = t->retry_after,
                          .date = t->date,
                          .grpc = {t->grpc_code, slice_of(t->grpc_message ? t->grpc_message : "")}};
    t->job.done(t->job.data, &result);
    free_transfer(t);
}

static void collect(curl_client *c) {
    CURLMsg *message;
    int left;
    while ((message = c->api.multi_info_read(c->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        transfer *t = NULL;
        c->api.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        transfer_ended(t, message->data.result);
    }
}

static void set_proxy(curl_client *c, CURL *easy, const char *proxy) {
    CURLcode (*set)(CURL *, CURLoption, ...) = c->api.easy_setopt;
    bool env = proxy && strcmp(proxy, "env") == 0;
    set(easy, CURLOPT_PROXY, env ? NULL : proxy ? proxy : ""); // "": none, whatever the environment says
    set(easy, CURLOPT_NOPROXY, env ? NULL : "");               // nor does its NO_PROXY count
}

// A handle for GETs: what is the same for all of them.
static CURL *new_handle(curl_client *c) {
    const upstream_config *config = c->config;
    CURLcode (*set)(CURL *, CURLoption, ...) = c->api.easy_setopt;
    CURL *e = c->api.easy_init();
    set(e, CURLOPT_PATH_AS_IS, 1L);
    set(e, CURLOPT_PROTOCOLS_STR, "http,https");
    set(e, CURLOPT_FOLLOWLOCATION, 0L);
    set(e, CURLOPT_NOSIGNAL, 1L);
    set(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT);
    set(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    // Requests share a connection where HTTP/2 was agreed on. Over plain HTTP they would wait for the first
    // answer to find out.
    set(e, CURLOPT_PIPEWAIT, (long)(strncmp(config->base, "https:", 6) == 0));
    set(e, CURLOPT_TCP_KEEPALIVE, 1L);
    set(e, CURLOPT_BUFFERSIZE, READ_AT_ONCE);
    set(e, CURLOPT_OPENSOCKETFUNCTION, open_connection);
    set(e, CURLOPT_OPENSOCKETDATA, c);
    set(e, CURLOPT_CLOSESOCKETFUNCTION, close_connection);
    set(e, CURLOPT_CLOSESOCKETDATA, c);
    set(e, CURLOPT_WRITEFUNCTION, on_body);
    set(e, CURLOPT_HEADERFUNCTION, on_header);
    set(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); // the proxy's, not the server's
    set_proxy(c, e, config->proxy);
    if (config->ca_file) set(e, CURLOPT_CAINFO, config->ca_file);
    return e;
}

// The headers of the client with those of the trace before them, which are the transfer's own.
static struct curl_slist *with_trace(transfer *t, struct curl_slist *headers) {
    const trace_context *trace = t->job.trace;
    if (!trace) return headers;
    t->trace_lines = BUF(BUF_SMALL);
    buf_text(&t->trace_lines, "traceparent: ");
    trace_put_parent(&t->trace_lines, trace);
    buf_char(&t->trace_lines, '\0');
    size_t second = t->trace_lines.n;
    buf_printf(&t->trace_lines, "tracestate: %s", trace->state);
    buf_char(&t->trace_lines, '\0');
    t->trace_headers[1] = (struct curl_slist){t->trace_lines.s + second, headers};
    t->trace_headers[0] =
        (struct curl_slist){t->trace_lines.s, *trace->state ? &t->trace_headers[1] : headers};
    return &t->trace_headers[0];
}

// gRPC is HTTP/2 from the first byte on, with keys of its own.
static void set_grpc(transfer *t) {
    const upstream_grpc *grpc = &t->client->config->grpc;
    CURLcode (*set)(CURL *, CURLoption, ...) = t->client->api.easy_setopt;
    bool plain = strncmp(t->url, "http:", 5) == 0;
    set(t->easy, CURLOPT_HTTP_VERSION,
        plain ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : (long)CURL_HTTP_VERSION_2TLS);
    set(t->easy, CURLOPT_PIPEWAIT, (long)!plain);
    set(t->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    set_proxy(t->client, t->easy, grpc->proxy);
    set(t->easy, CURLOPT_HTTPHEADER, with_trace(t, t->client->headers_of_grpc));
    set(t->easy, CURLOPT_CONNECT_TO, t->client->connect_to);
    if (grpc->ca_file) set(t->easy, CURLOPT_CAINFO, grpc->ca_file);
    if (grpc->cert_file) set(t->easy, CURLOPT_SSLCERT, grpc->cert_file);
    if (grpc->key_file) set(t->easy, CURLOPT_SSLKEY, grpc->key_file);
    set(t->easy, CURLOPT_KEYPASSWD, ""); // without one OpenSSL asks the terminal, and all wait for it
    set(t->easy, CURLOPT_FORBID_REUSE, 1L); // each push has a connection of its own
}

static void set_body(transfer *t) {
    CURLcode (*set)(CURL *, CURLoption, ...) = t->client->api.easy_setopt;
    // When a connection that it has used before breaks, libcurl sends again by itself.
    set(t->easy, CURLOPT_FRESH_CONNECT, 1L);
    set(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->job.body.n);
    set(t->easy, CURLOPT_POSTFIELDS, t->body);
    set(t->easy, CURLOPT_CUSTOMREQUEST, t->method);
}

// Handles are used again: what differs between two GETs is set each time.
static void set_options(transfer *t) {
    curl_client *c = t->client;
    CURLcode (*set)(CURL *, CURLoption, ...) = c->api.easy_setopt;
    CURL *e = t->easy;
    set(e, CURLOPT_PRIVATE, t);
    set(e, CURLOPT_URL, t->url);
    set(e, CURLOPT_TIMEOUT_MS, (long)t->job.timeout);
    set(e, CURLOPT_ERRORBUFFER, t->reason);
    set(e, CURLOPT_WRITEDATA, t);
    set(e, CURLOPT_HEADERDATA, t);
    set(e, CURLOPT_HTTPHEADER, with_trace(t, t->job.body.n ? c->headers_with_body : c->headers));
    if (t->job.grpc) set_grpc(t);
    if (strcmp(t->method, "GET") != 0) set_body(t);
}

static void begin(transfer *t) {
    curl_client *c = t->client;
    bool again = c->spares && is_plain(t);
    t->easy = again ? c->spare[--c->spares] : new_handle(c);
    set_options(t);
    c->api.multi_add_handle(c->multi, t->easy); // its timer callback starts it at the next turn
}

// --- opening -----------------------------------------------------------------------------------------------

static struct curl_slist *make_headers(curl_client *c, const char *first, const char *second) {
    struct curl_slist *list = c->api.slist_append(NULL, first);
    list = c->api.slist_append(list, second);
    list = c->api.slist_append(list, "User-Agent: hatchway/" HATCHWAY_VERSION);
    list = c->api.slist_append(list, "Expect:");
    if (c->config->token) {
        buf line = BUF(strlen(c->config->token) + 64);
        buf_printf(&line, "Authorization: Bearer %s", c->config->token);
        list = c->api.slist_append(list, buf_string(&line));
        buf_wipe(&line);
    }
    return list;
}

static void make_all_headers(curl_client *c) {
    c->headers = make_headers(c, "Accept: application/json", "Content-Type:");
    c->headers_with_body = make_headers(c, "Accept: application/json", "Content-Type: application/json");
    c->headers_of_grpc = make_headers(c, "Content-Type: application/grpc", "TE: trailers");
}

static void retire(curl_client *c, struct curl_slist *headers) {
    c->retired = base_grow(c->retired, (c->retired_count + 1) * sizeof(struct curl_slist *));
    c->retired[c->retired_count++] = headers;
}

void curl_client_renew(curl_client *c) {
    if (c->state != OPEN) return; // the headers are made when the library is open
    retire(c, c->headers);
    retire(c, c->headers_with_body);
    retire(c, c->headers_of_grpc);
    make_all_headers(c);
}

static void open_library(uv_work_t *work) {
    curl_client *c = work->data;
    c->broken = curl_api_open(&c->api);
}

// A transfer that could not begin, told at a turn of its own.
static void fail_all(curl_client *c) {
    while (c->first) {
        transfer *t = c->first;
        unlink_transfer(t);
        curl_result result = {
            .fault = "no_library", .detail = c->broken, .retry_after = -1, .grpc = GRPC_NO_STATUS};
        t->job.done(t->job.data, &result);
        free_transfer(t);
    }
}

static void closed(uv_handle_t *handle) { free(handle->data); }

static void library_open(uv_work_t *work, int status) {
    curl_client *c = work->data;
    (void)status; // it is never cancelled
    if (c->abandoned) {
        uv_close((uv_handle_t *)&c->timer, closed);
        return;
    }
    c->state = c->broken ? BROKEN : OPEN;
    if (c->broken) {
        fail_all(c);
        return;
    }
    c->multi = c->api.multi_init();
    make_all_headers(c);
    if (c->config->grpc.connect_to) c->connect_to = c->api.slist_append(NULL, c->config->grpc.connect_to);
    c->api.multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    c->api.multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    c->api.multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    c->api.multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    c->api.multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)c->config->process_requests);
    c->api.multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->config->process_requests);
    for (transfer *t = c->first; t; t = t->next) begin(t);
}

curl_client *curl_client_new(uv_loop_t *loop, const upstream_config *config) {
    curl_client *c = base_alloc(sizeof *c);
    c->loop = loop;
    c->config = config;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->opening.data = c;
    return c;
}

void curl_client_free(curl_client *c) {
    if (!c) return;
    if (c->state == OPENING) { // a worker thread uses it: library_open frees it
        c->abandoned = true;
        return;
    }
    if (c->state == OPEN) {
        while (c->spares) c->api.easy_cleanup(c->spare[--c->spares]);
        c->api.multi_cleanup(c->multi);
        c->api.slist_free_all(c->headers);
        c->api.slist_free_all(c->headers_with_body);
        c->api.slist_free_all(c->headers_of_grpc);
        c->api.slist_free_all(c->connect_to);
        for (size_t i = 0; i < c->retired_count; i++) c->api.slist_free_all(c->retired[i]);
        free(c->retired);
        free(c->watches);
    }
    uv_close((uv_handle_t *)&c->timer, closed);
}

static void tell_broken(uv_timer_t *timer) { fail_all(timer->data); }

void *curl_start(curl_client *c, const curl_job *job) {
    transfer *t = base_alloc(sizeof *t);
    *t = (transfer){.client = c,
                    .next = c->first,
                    .job = *job,
                    .answer = BUF(c->config->body_max),
                    .retry_after = -1,
                    .grpc_code = -1};
    t->method = base_string(job->method);
    t->url = base_string(job->url);
    t->body = base_copy(job->body.s, job->body.n);
    if (t->next) t->next->previous = t;
    c->first = t;
    if (c->state == OPEN) begin(t);
    if (c->state == BROKEN) uv_timer_start(&c->timer, tell_broken, 0, 0);
    if (c->state == CLOSED) {
        c->state = OPENING;
        uv_queue_work(c->loop, &c->opening, open_library, library_open);
    }
    return t;
}

void curl_stop(void *handle) {
    transfer *t = handle;
    curl_client *c = t->client;
    if (t->easy) {
        c->api.multi_remove_handle(c->multi, t->easy); // closes the connection if an answer is still due
        give_back(t);
    }
    unlink_transfer(t);
    free_transfer(t);
}
