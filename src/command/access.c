// Access over the network as the options say. Contract in access.h.
#include "command/access.h"
#include "auth/keys.h"
#include "base/clock.h"
#include "command/address.h"

#include <stdlib.h>
#include <string.h>

// --- the issuer's keys over the network --------------------------------------------------------------------

#define FETCH_TIMEOUT 10000 // milliseconds

typedef struct fetch {
    void *transfer;
    void (*done)(void *for_whom, slice body, const char *problem);
    void *for_whom;
} fetch;

static void fetched(void *data, const curl_result *result) {
    fetch *f = data;
    buf problem = BUF(BUF_SMALL);
    bool ok = !result->fault && result->status == 200 && result->body.s;
    if (result->fault) buf_printf(&problem, "%s (%s)", result->fault, result->detail ? result->detail : "");
    else buf_printf(&problem, "the answer is HTTP %d%s", result->status, ok ? "" : " and holds no keys");
    f->done(f->for_whom, ok ? result->body : (slice){0}, buf_string(&problem));
    buf_free(&problem);
    free(f);
}

static void *start_fetch(void *data, const char *url, void (*done)(void *, slice, const char *),
                         void *for_whom) {
    command_access *a = data;
    fetch *f = base_alloc(sizeof *f);
    curl_job job = {.method = "GET", .url = url, .timeout = FETCH_TIMEOUT, .done = fetched, .data = f};
    *f = (fetch){.done = done, .for_whom = for_whom};
    f->transfer = curl_start(a->client, &job);
    return f;
}

static void stop_fetch(void *handle) {
    fetch *f = handle;
    curl_stop(f->transfer);
    free(f);
}

// --- options -----------------------------------------------------------------------------------------------

static bool is_url(const char *text) {
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

// Keys that somebody on the way could exchange are worth nothing.
static bool check_url(const char *url, const command_options *o, buf *error) {
    if (strncmp(url, "https://", 8) == 0) return true;
    slice host = address_host(url + strlen("http://"));
    if (address_may_be_plain(host, o)) return true;
    buf_printf(error, "--jwt-jwks %s: https, or allow plain http to it with --allow-http %.*s", url,
               (int)host.n, host.s);
    return false;
}

static bool read_algorithms(const command_options *o, auth_access_config *out, buf *error) {
    if (!o->jwt_algorithms.count) out->allowed[AUTH_RS256] = out->allowed[AUTH_ES256] = true;
    for (size_t i = 0; i < o->jwt_algorithms.count; i++) {
        auth_algorithm algorithm;
        if (!auth_algorithm_parse(slice_of(o->jwt_algorithms.of[i]), &algorithm)) {
            buf_printf(error, "--jwt-algorithms: there is no algorithm %s; there are",
                       o->jwt_algorithms.of[i]);
            for (int k = 0; k < AUTH_ALGORITHMS; k++)
                buf_printf(error, " %s", auth_algorithm_name((auth_algorithm)k));
            return false;
        }
        out->allowed[algorithm] = true;
    }
    return true;
}

static bool read_issuer(const command_options *o, auth_access_config *out, buf *error) {
    bool any = o->jwt_issuer || o->jwt_audience || o->jwt_key || o->jwt_jwks || o->jwt_algorithms.count;
    if (!any) return true;
    if (!o->jwt_issuer || !o->jwt_audience || !o->jwt_key == !o->jwt_jwks)
        return buf_text(error,
                        "tokens of an issuer need --jwt-issuer, --jwt-audience, and --jwt-key or --jwt-jwks"),
               false;
    out->issuer = o->jwt_issuer;
    out->audience = o->jwt_audience;
    out->place = o->jwt_key ? o->jwt_key : o->jwt_jwks;
    if (!read_algorithms(o, out, error)) return false;
    out->source = o->jwt_key            ? (out->allowed[AUTH_HS256] ? AUTH_SECRET_FILE : AUTH_PEM_FILE)
                  : is_url(o->jwt_jwks) ? AUTH_JWKS_URL
                                        : AUTH_JWKS_FILE;
    return out->source != AUTH_JWKS_URL || check_url(o->jwt_jwks, o, error);
}

// --- both --------------------------------------------------------------------------------------------------

// Whoever has made a key wants to be asked for one, also when the last one has ended: a server behind a proxy would
// be open to all else. With --insecure a good one is asked for, if there is one.
static bool has_keys(store *s, const command_options *o, bool *any, buf *error) {
    auth_keys *keys = auth_keys_open(s, error);
    *any = keys && auth_keys_any(keys, o->insecure ? clock_now() : 0);
    auth_keys_close(keys);
    return keys != NULL;
}

bool command_access_open(command_access *a, const command_options *o, struct uv_loop_s *loop, store *s,
                         const char *name, buf *error) {
    auth_access_config config = {.store = s, .name = name, .fetcher = {start_fetch, stop_fetch, a}};
    bool any = false;
    *a = (command_access){
        .client_config = {
            .proxy = o->proxy, .ca_file = o->ca_file, .body_max = AUTH_SET_MAX, .process_requests = 1}};
    if (!read_issuer(o, &config, error) || (s && !has_keys(s, o, &any, error))) return false;
    if (!any && !config.issuer) return true;
    if (config.source == AUTH_JWKS_URL) a->client = curl_client_new(loop, &a->client_config);
    a->auth = auth_access_new(&config, error);
    return a->auth != NULL;
}

void command_access_close(command_access *a) {
    auth_access_free(a->auth); // stops what is on its way
    curl_client_free(a->client);
    *a = (command_access){0};
}
