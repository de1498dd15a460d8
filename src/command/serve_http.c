// hatchway serve --http: the server on a socket. Contract in serve_http.h.
#include "command/serve_http.h"
#include "command/access.h"
#include "command/address.h"
#include "command/reload.h"
#include "command/state.h"
#include "base/log.h"
#include "endpoint/endpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FILE_MAX ((size_t)1 << 20) // of a certificate with its chain, or a key
#define PATIENCE 5000              // milliseconds that clients get to read what is unsent at the end

typedef struct service {
    command_host *host;
    command_access access;
    guard_rate *rate;
    endpoint *endpoint;
    rpc_http *http;
    uv_signal_t signals[2];
    uv_timer_t patience;
    bool ending;
} service;

// --- the end -----------------------------------------------------------------------------------------------

static void all_sent(void *data) { uv_stop(&((service *)data)->host->loop); }

static void out_of_patience(uv_timer_t *timer) {
    log_message(LOG_WARNING, "end", "clients did not read their last answers within %d s", PATIENCE / 1000);
    all_sent(timer->data);
}

static void calls_ended(void *data) {
    service *s = data;
    uv_timer_start(&s->patience, out_of_patience, PATIENCE, 0);
    rpc_http_drain(s->http, all_sent, s);
}

// The first signal lets calls come to their end; a second one ends them now.
static void on_signal(uv_signal_t *handle, int number) {
    service *s = handle->data;
    if (s->ending) {
        endpoint_abort(s->endpoint);
        uv_stop(&s->host->loop);
        return;
    }
    s->ending = true;
    log_message(LOG_INFO, "end", "%s", number == SIGTERM ? "SIGTERM" : "SIGINT");
    endpoint_drain(s->endpoint, calls_ended, s);
}

static void watch_signals(service *s) {
    static const int numbers[] = {SIGTERM, SIGINT};
    uv_timer_init(&s->host->loop, &s->patience);
    s->patience.data = s;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&s->host->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
}

// --- the beginning -----------------------------------------------------------------------------------------

static char *read_file(const char *option, const char *path) {
    buf text = BUF(FILE_MAX);
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    while (file && (n = fread(piece, 1, sizeof piece, file))) buf_add(&text, piece, n);
    if (!file || ferror(file) || text.full) command_complain("%s %s: the file cannot be read", option, path);
    char *read = file && !text.full && text.n ? base_copy(text.s, text.n) : NULL;
    if (file) fclose(file);
    buf_wipe(&text);
    return read;
}

static bool read_tls(rpc_http_config *config, const command_options *o) {
    if (!o->tls_cert && !o->tls_key) return true;
    if (!o->tls_cert || !o->tls_key)
        return command_complain("--tls-cert and --tls-key belong together: %s is missing",
                                o->tls_cert ? "--tls-key" : "--tls-cert"),
               false;
    config->certificate = read_file("--tls-cert", o->tls_cert);
    config->key = config->certificate ? read_file("--tls-key", o->tls_key) : NULL;
    return config->key != NULL;
}

// Each connection is a file.
static void raise_files(int64_t connections) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= (rlim_t)connections + 256) return;
    rlim_t wanted = (rlim_t)connections + 256;
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

// Does nobody beyond this machine call? Who names a host (--allow-host) has a proxy in front that others call.
static bool is_for_this_machine(const command_options *o) {
    return address_is_loopback(slice_of(o->http_host)) && !o->hosts[0];
}

static bool open_http(service *s, const command_options *o) {
    rpc_http_config config = {.host = o->http_host,
                              .port = o->http_port,
                              .body_max = (size_t)o->message_max,
                              .head_max = (size_t)o->head_max,
                              .patience = (unsigned)(o->patience / 1000000),
                              .connections = (unsigned)o->connections,
                              .connections_of_address = (unsigned)o->address_connections};
    endpoint_config served = {.loop = &s->host->loop,
                              .server = s->host->server,
                              .access = s->host->limits.access,
                              .auth = s->access.auth,
                              .rate = s->rate,
                              .loopback = address_is_loopback(slice_of(o->http_host)),
                              .metrics = is_for_this_machine(o) || o->metrics,
                              .origins = o->origins,
                              .hosts = o->hosts,
                              .sessions = (size_t)o->sessions,
                              .idle = o->session_idle,
                              .keep_alive = o->keep_alive};
    buf error = BUF(BUF_SMALL);
    if (!read_tls(&config, o)) return false;
    raise_files(o->connections);
    s->endpoint = endpoint_new(&served);
    rpc_http_owner owner = endpoint_owner(s->endpoint);
    s->http = rpc_http_open(&s->host->loop, &owner, &config, &error);
    if (s->http) {
        endpoint_listens(s->endpoint, s->http);
    } else {
        command_complain("--http %s:%d: %s", o->http_host, o->http_port, buf_string(&error));
        endpoint_free(s->endpoint);
    }
    if (config.key) explicit_bzero((char *)config.key, strlen(config.key));
    free((char *)config.key);
    free((char *)config.certificate);
    buf_free(&error);
    return s->http != NULL;
}

static void announce(const service *s, const command_options *o) {
    log_line line;
    char url[400];
    snprintf(url, sizeof url, "http%s://%s:%d/mcp", o->tls_cert ? "s" : "", o->http_host,
             rpc_http_port(s->http));
    if (!log_begin(&line, LOG_NOTICE, "listening")) return;
    log_field(&line, "url", url);
    log_end(&line);
}

static void complain_of_openness(const command_options *o) {
    bool loopback = address_is_loopback(slice_of(o->http_host));
    command_complain("%s %s: beyond this machine anybody could call. Make a key (hatchway key create NAME), or name an "
                     "issuer of tokens (--jwt-issuer); --insecure lets everybody in",
                     loopback ? "--allow-host" : "--http", loopback ? o->hosts[0] : o->http_host);
}

// Keys lie in the store, and an issuer is named by options. A server that only this machine reaches can do without
// either, and without a store.
static bool open_access(service *s, const command_options *o) {
    bool open = is_for_this_machine(o) || o->insecure;
    const script_manifest *manifest = script_manifest_of(mcp_server_pack(s->host->server));
    buf error = BUF(BUF_SMALL);
    store *state = command_host_state(s->host, &error);
    if (!state && open && !o->insecure && command_state_exists(o)) {
        buf_text(&error, ". Keys may lie there; --insecure lets everybody in");
    } else if (!state && open) {
        log_message(LOG_WARNING, "state", "%s: there are no keys and no tasks", buf_string(&error));
        buf_clear(&error);
    }
    bool ok = !error.n && command_access_open(&s->access, o, &s->host->loop, state,
                                              manifest->title ? manifest->title : manifest->name, &error);
    if (!ok) command_complain("%s", buf_string(&error));
    else if (!s->access.auth && !open) complain_of_openness(o);
    buf_free(&error);
    return ok && (s->access.auth || open);
}

static void serve(service *s, const command_options *o) {
    watch_signals(s);
    command_host_announce(s->host);
    announce(s, o);
    if (s->host->state) mcp_tasks_start(s->host->server);
    command_reload *reload = command_reload_start(s->host);
    uv_run(&s->host->loop, UV_RUN_DEFAULT);
    command_reload_stop(reload);
    for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&s->signals[i], NULL);
    uv_close((uv_handle_t *)&s->patience, NULL);
    rpc_http_close(s->http);
    endpoint_free(s->endpoint);
}

int command_serve_http(command_host *host, const command_options *o) {
    service s = {.host = host, .rate = guard_rate_new(o->rate, o->rate_burst)};
    bool ok = open_access(&s, o) && open_http(&s, o);
    if (ok) serve(&s, o);
    command_access_close(&s.access);
    guard_rate_free(s.rate);
    uv_run(&host->loop, UV_RUN_NOWAIT); // `s` holds handles
    return ok ? EXIT_OK : EXIT_FAILED;
}
