// An HTTP/1.1 server on the loop. Contract in http.h.
//
// libmicrohttpd runs without a thread of its own: its epoll descriptor lies under a uv_poll. A connection
// whose answer is not ready, or whose stream has nothing to send, is suspended there; then libmicrohttpd does
// not look at its socket, so every socket lies in a second epoll set as well, which tells of clients that
// leave.
#include "rpc/http.h"
#include "base/log.h"
#include "base/secret.h"
#include "rpc/http_api.h"
#include "rpc/http_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define TICK 1000   // milliseconds between two looks at the clock, while there are connections
#define CLOSINGS 64 // events that are read at once
#define TLS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" // GnuTLS would take 1.0 and 1.1 too (RFC 8996)

typedef struct connection connection;
typedef struct exchange exchange;

struct connection {
    rpc_http *http;
    int fd;
    exchange *exchange; // NULL between two requests
    bool left;          // the client has shut down its side
    bool used;          // it has had a request
    uint64_t deadline;  // uv_now: when a whole request must be here; 0: it is
    connection *next, **place;
};

struct exchange {
    rpc_http_exchange shown; // first
    connection *connection;
    struct MHD_Connection *mhd;
    struct MHD_Response *response; // that waits to be queued, or is a stream
    int status;
    bool has_body;
    bool asked; // the owner has the request, or has answered its head
    bool queued;
    bool suspended;
    bool cut; // to be closed without (the rest of) an answer
    bool too_long;
    size_t skipped; // bytes of a body that is too long
    bool is_stream, ended;
    buf out; // of a stream: what is unsent, from `sent` on
    size_t sent;
};

struct rpc_http {
    uv_loop_t *loop;
    rpc_http_owner owner;
    size_t body_max;
    uint64_t patience;  // milliseconds
    int port, closings; // the second epoll set
    struct MHD_Daemon *daemon;
    connection *connections;
    size_t count;
    uv_poll_t poll, watch;
    uv_timer_t tick;
    uv_idle_t again;
    bool tls, draining, closing;
    void (*drained)(void *data);
    void *drained_data;
    int open_handles;
};

static http_api mhd;

static void on_tick(uv_timer_t *timer);
static void run_again(uv_idle_t *idle);

// --- waking, cutting ---------------------------------------------------------------------------------------

// libmicrohttpd without a thread does not wake by itself for what is resumed.
static void resume(exchange *x) {
    rpc_http *h = x->connection->http;
    if (!x->suspended) return;
    x->suspended = false;
    mhd.resume_connection(x->mhd);
    if (!h->closing) uv_idle_start(&h->again, run_again);
}

// No (rest of an) answer: libmicrohttpd closes the connection when it runs.
static void cut(connection *c) {
    if (c->exchange) {
        c->exchange->cut = true;
        resume(c->exchange);
    }
    shutdown(c->fd, SHUT_RDWR);
}

// --- out ---------------------------------------------------------------------------------------------------

static void add_fields(struct MHD_Response *response, const rpc_http_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) mhd.add_response_header(response, fields[i].name, fields[i].value);
}

static void respond(exchange *x, int status, struct MHD_Response *response) {
    x->response = response;
    x->status = status;
    if (x->connection->http->draining) mhd.add_response_header(response, "Connection", "close");
    resume(x);
}

void rpc_http_answer(rpc_http_exchange *shown, int status, const rpc_http_field *fields, size_t count,
                     buf *body) {
    exchange *x = (exchange *)shown;
    if (body) secret_scrub(body);
    struct MHD_Response *response =
        body && body->n ? mhd.create_response_from_buffer(body->n, body->s, MHD_RESPMEM_MUST_FREE)
                        : mhd.create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    if (body && body->n) *body = BUF(0); // the response has it
    add_fields(response, fields, count);
    respond(x, status, response);
}

// What libmicrohttpd asks when it can send more of a stream.
static ssize_t read_stream(void *data, uint64_t at, char *out, size_t max) {
    exchange *x = data;
    size_t n = x->out.n - x->sent;
    (void)at;
    if (x->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n > max) n = max;
    if (n) {
        memcpy(out, x->out.s + x->sent, n);
        x->sent += n;
        if (x->sent == x->out.n) {
            buf_free(&x->out);
            x->sent = 0;
        }
        return (ssize_t)n;
    }
    if (x->ended) return MHD_CONTENT_READER_END_OF_STREAM;
    if (x->connection->left) return MHD_CONTENT_READER_END_WITH_ERROR;
    x->suspended = true;
    mhd.suspend_connection(x->mhd);
    return 0;
}

void rpc_http_stream(rpc_http_exchange *shown, const rpc_http_field *fields, size_t count) {
    exchange *x = (exchange *)shown;
    x->is_stream = true;
    x->out = BUF(SIZE_MAX / 2);
    struct MHD_Response *response =
        mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, 128, read_stream, x, NULL);
    add_fields(response, fields, count);
    respond(x, MHD_HTTP_OK, response);
}

// A reader that never quite catches up would else make us keep all that it has read.
static void forget_sent(exchange *x) {
    if (x->sent <= x->out.n / 2) return;
    x->out.n -= x->sent;
    memmove(x->out.s, x->out.s + x->sent, x->out.n);
    x->sent = 0;
}

void rpc_http_write(rpc_http_exchange *shown, buf *piece) {
    exchange *x = (exchange *)shown;
    if (x->out.n - x->sent > RPC_HTTP_UNSENT) {
        log_message(LOG_WARNING, "http", "a client does not read its stream: the connection is closed");
        cut(x->connection);
    } else if (!x->cut) {
        secret_scrub(piece);
        if (x->out.n) {
            forget_sent(x);
            buf_slice(&x->out, buf_view(piece));
        } else {
            x->out = *piece;
            x->out.max = SIZE_MAX / 2;
            *piece = BUF(0);
        }
        resume(x);
    }
    buf_free(piece);
}

void rpc_http_end(rpc_http_exchange *shown) {
    exchange *x = (exchange *)shown;
    x->ended = true;
    resume(x);
}

// --- in ----------------------------------------------------------------------------------------------------

typedef struct wanted {
    slice name, *value;
    int count;
} wanted;

static slice trimmed(const char *s, size_t n) {
    while (n && (*s == ' ' || *s == '\t')) s++, n--;
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) n--;
    return (slice){s, n};
}

static enum MHD_Result look_at(void *data, enum MHD_ValueKind kind, const char *name, size_t name_n,
                               const char *value, size_t value_n) {
    wanted *w = data;
    (void)kind;
    if (name_n != w->name.n || strncasecmp(name, w->name.s, name_n) != 0) return MHD_YES;
    if (!w->count++) *w->value = trimmed(value, value_n);
    return MHD_YES;
}

int rpc_http_header(const rpc_http_exchange *shown, const char *name, slice *value) {
    wanted w = {slice_of(name), value, 0};
    *value = SLICE("");
    mhd.get_connection_values_n(((exchange *)shown)->mhd, MHD_HEADER_KIND, look_at, &w);
    return w.count;
}

typedef struct taker {
    void (*take)(void *data, slice name, slice value);
    void *data;
} taker;

static enum MHD_Result hand_over(void *data, enum MHD_ValueKind kind, const char *name, size_t name_n,
                                 const char *value, size_t value_n) {
    taker *t = data;
    (void)kind;
    t->take(t->data, (slice){name, name_n}, trimmed(value, value_n));
    return MHD_YES;
}

void rpc_http_headers(const rpc_http_exchange *shown, void (*take)(void *, slice, slice), void *data) {
    taker t = {take, data};
    mhd.get_connection_values_n(((exchange *)shown)->mhd, MHD_HEADER_KIND, hand_over, &t);
}

static void answer_text(exchange *x, int status, const char *text) {
    static const rpc_http_field type = {"Content-Type", "text/plain"};
    buf body = BUF(BUF_SMALL);
    buf_text(&body, text);
    rpc_http_answer(&x->shown, status, &type, 1, &body);
}

// Where a body ends must be beyond doubt, or a proxy before us could see another request there (RFC 9112,
// section 6.3). A body whose length is declared is refused before it is sent.
static void look_at_length(exchange *x) {
    slice length, coding;
    size_t n = 0;
    int lengths = rpc_http_header(&x->shown, "Content-Length", &length);
    int codings = rpc_http_header(&x->shown, "Transfer-Encoding", &coding);
    x->has_body = lengths || codings;
    bool clear = lengths + codings <= 1 && (!lengths || length.n) &&
                 (!codings || (coding.n == 7 && strncasecmp(coding.s, "chunked", 7) == 0));
    for (size_t i = 0; clear && i < length.n && n <= x->shown.body.max; i++) {
        clear = length.s[i] >= '0' && length.s[i] <= '9';
        n = n * 10 + (size_t)(length.s[i] - '0');
    }
    if (!clear) answer_text(x, MHD_HTTP_BAD_REQUEST, "the length of the body is in doubt\n");
    else if (n > x->shown.body.max) answer_text(x, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long\n");
    else if (n) buf_room(&x->shown.body, n);
}

static enum MHD_Result queue(exchange *x) {
    enum MHD_Result result = mhd.queue_response(x->mhd, (unsigned)x->status, x->response);
    mhd.destroy_response(x->response); // it counts its holders
    x->response = NULL;
    x->queued = true;
    return result;
}

static void set_deadline(connection *c) { c->deadline = uv_now(c->http->loop) + c->http->patience; }

static enum MHD_Result begin(rpc_http *h, struct MHD_Connection *m, const char *url, const char *method,
                             void **context) {
    exchange *x = base_alloc(sizeof *x);
    connection *c = mhd.get_connection_info(m, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    *x = (exchange){
        .shown = {.method = method, .path = url, .body = BUF(h->body_max)}, .connection = c, .mhd = m};
    *context = c->exchange = x;
    if (c->used) set_deadline(c); // the connection may have been idle before: its body has time again
    c->used = true;
    look_at_length(x);
    if (!x->response) h->owner.head(h->owner.data, &x->shown);
    if (!x->response) return MHD_YES;
    x->asked = true;
    return x->has_body ? queue(x) : MHD_YES; // what is queued now closes the connection: the body is not read
}

// A piece of the body. Of one that is too long the rest is read, up to as much again, so that its sender
// comes to read the answer.
static enum MHD_Result take_body(exchange *x, const char *piece, size_t n) {
    buf *body = &x->shown.body;
    if (x->cut) return MHD_NO;
    if (!x->too_long) buf_add(body, piece, n);
    if (body->full && !x->too_long) {
        x->too_long = true;
        buf_free(body);
    }
    if (x->too_long) x->skipped += n;
    return x->skipped > body->max ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_access(void *data, struct MHD_Connection *m, const char *url, const char *method,
                                 const char *version, const char *piece, size_t *n, void **context) {
    rpc_http *h = data;
    exchange *x = *context;
    (void)version;
    if (!x) return begin(h, m, url, method, context);
    if (*n) {
        enum MHD_Result result = take_body(x, piece, *n);
        *n = 0;
        return result;
    }
    if (x->cut) return MHD_NO;
    x->connection->deadline = 0;
    if (!x->asked) {
        x->asked = true;
        if (x->too_long) answer_text(x, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long\n");
        else h->owner.request(h->owner.data, &x->shown);
        buf_free(&x->shown.body);
    }
    if (x->response) return queue(x);
    if (x->connection->left) return MHD_NO;
    x->suspended = true;
    mhd.suspend_connection(m);
    return MHD_YES;
}

// --- connections -------------------------------------------------------------------------------------------

static void check_drained(rpc_http *h) {
    if (!h->drained || h->count) return;
    void (*done)(void *) = h->drained;
    h->drained = NULL;
    done(h->drained_data);
}

static void on_completed(void *data, struct MHD_Connection *m, void **context,
                         enum MHD_RequestTerminationCode how) {
    rpc_http *h = data;
    exchange *x = *context;
    (void)m, (void)how;
    if (!x) return;
    *context = NULL;
    x->connection->exchange = NULL;
    set_deadline(x->connection);
    if (h->draining) shutdown(x->connection->fd, SHUT_RD);
    h->owner.over(h->owner.data, &x->shown);
    if (x->response) mhd.destroy_response(x->response);
    buf_free(&x->shown.body);
    buf_free(&x->out);
    free(x);
}

static void on_connection(void *data, struct MHD_Connection *m, void **context,
                          enum MHD_ConnectionNotificationCode what) {
    rpc_http *h = data;
    connection *c = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = c = base_alloc(sizeof *c);
        *c = (connection){.http = h, .next = h->connections, .place = &h->connections};
        c->fd = mhd.get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        if (c->next) c->next->place = &c->next;
        h->connections = c;
        set_deadline(c);
        struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = c};
        epoll_ctl(h->closings, EPOLL_CTL_ADD, c->fd, &event);
        if (!h->count++ && !h->closing) uv_timer_start(&h->tick, on_tick, TICK, TICK);
    } else {
        *c->place = c->next;
        if (c->next) c->next->place = c->place;
        epoll_ctl(h->closings, EPOLL_CTL_DEL, c->fd, NULL);
        free(c);
        h->count--;
        check_drained(h);
    }
}

// --- the loop ----------------------------------------------------------------------------------------------

// libmicrohttpd may have more to do at once: then the loop turns once more for it.
static void run(rpc_http *h) {
    MHD_UNSIGNED_LONG_LONG wait;
    mhd.run(h->daemon);
    if (mhd.get_timeout(h->daemon, &wait) == MHD_YES && wait == 0) uv_idle_start(&h->again, run_again);
    else uv_idle_stop(&h->again);
}

static void run_again(uv_idle_t *idle) { run(idle->data); }

static void on_poll(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    run(poll->data);
}

static void on_closings(uv_poll_t *poll, int status, int events) {
    rpc_http *h = poll->data;
    struct epoll_event happened[CLOSINGS];
    (void)status, (void)events;
    int n = epoll_wait(h->closings, happened, CLOSINGS, 0);
    for (int i = 0; i < n; i++) {
        connection *c = happened[i].data.ptr;
        c->left = true;
        if (c->exchange && c->exchange->suspended) cut(c);
    }
}

// Who has not brought a whole request in time is told so, as far as it hears it, and closed. libmicrohttpd
// misses the end of what is sent if it comes together with data (it waits for another event): it is told
// again. Nor does it listen again, when it had as many connections as there may be, before it runs once more
// after one has left: so the last tick comes after the last connection.
static void on_tick(uv_timer_t *timer) {
    static const char late[] =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    rpc_http *h = timer->data;
    uint64_t now = uv_now(h->loop);
    for (connection *c = h->connections; c; c = c->next) {
        if (c->left) shutdown(c->fd, SHUT_RD);
        if (!c->deadline || now < c->deadline) continue;
        if (!h->tls && (c->exchange ? !c->exchange->queued : !c->used))
            (void)!send(c->fd, late, sizeof late - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        cut(c);
    }
    run(h);
    if (!h->count) uv_timer_stop(timer);
}

// --- beginning and end -------------------------------------------------------------------------------------

static void on_log(void *data, const char *format, va_list args) {
    char text[500];
    (void)data;
    int n = vsnprintf(text, sizeof text, format, args);
    if (n > 0 && (size_t)n < sizeof text && text[n - 1] == '\n') text[n - 1] = '\0';
    log_message(LOG_DEBUG, "http", "%s", text);
}

static void watch(rpc_http *h, uv_poll_t *poll, int fd, uv_poll_cb callback) {
    uv_poll_init(h->loop, poll, fd);
    poll->data = h;
    h->open_handles++;
    uv_poll_start(poll, UV_READABLE, callback);
}

static bool start(rpc_http *h, const rpc_http_config *c, int fd) {
    unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, h},
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, h},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, h},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)c->head_max, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_INCREMENT, 1024, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)c->connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)c->connections_of_address, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)c->patience, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {c->certificate ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)c->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)c->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS},
        {MHD_OPTION_END, 0, NULL},
    };
    if (c->certificate) flags |= MHD_USE_TLS;
    h->daemon =
        mhd.start_daemon(flags, 0, NULL, NULL, on_access, h, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return h->daemon != NULL;
}

rpc_http *rpc_http_open(uv_loop_t *loop, const rpc_http_owner *owner, const rpc_http_config *config,
                        buf *error) {
    rpc_http *h = base_alloc(sizeof *h);
    *h = (rpc_http){.loop = loop,
                    .owner = *owner,
                    .body_max = config->body_max,
                    .port = config->port,
                    .tls = config->certificate != NULL,
                    .patience = (uint64_t)config->patience * 1000};
    const char *why = http_api_open(&mhd);
    int fd = -1;
    if (why) buf_printf(error, "HTTP needs libmicrohttpd (Debian: libmicrohttpd12): %s", why);
    else fd = http_listen(config->host, &h->port, error);
    h->closings = fd < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
    if (fd >= 0 && !start(h, config, fd)) {
        buf_text(error, config->certificate
                            ? "the HTTP server does not start: do certificate and key belong together?"
                            : "the HTTP server does not start");
        close(fd), close(h->closings);
        fd = -1;
    }
    if (fd < 0) {
        free(h);
        return NULL;
    }
    watch(h, &h->poll, mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, on_poll);
    watch(h, &h->watch, h->closings, on_closings);
    uv_timer_init(loop, &h->tick);
    uv_idle_init(loop, &h->again);
    h->tick.data = h->again.data = h;
    h->open_handles += 2;
    return h;
}

int rpc_http_port(const rpc_http *h) { return h->port; }

size_t rpc_http_connections(const rpc_http *h) { return h->count; }

void rpc_http_drain(rpc_http *h, void (*done)(void *), void *data) {
    h->draining = true;
    h->drained = done;
    h->drained_data = data;
    int fd = mhd.quiesce_daemon(h->daemon);
    if (fd >= 0) close(fd);
    for (connection *c = h->connections; c; c = c->next)
        if (!c->exchange) shutdown(c->fd, SHUT_RD);
    check_drained(h);
}

static void closed(uv_handle_t *handle) {
    rpc_http *h = handle->data;
    if (--h->open_handles) return;
    close(h->closings);
    free(h);
}

void rpc_http_close(rpc_http *h) {
    h->closing = true;
    h->drained = NULL;
    for (connection *c = h->connections; c; c = c->next) cut(c);
    mhd.run(h->daemon); // a suspended connection cannot be stopped
    uv_close((uv_handle_t *)&h->poll, closed);
    uv_close((uv_handle_t *)&h->watch, closed);
    uv_close((uv_handle_t *)&h->tick, closed);
    uv_close((uv_handle_t *)&h->again, closed);
    mhd.stop_daemon(h->daemon);
}
