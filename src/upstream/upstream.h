// upstream: requests to Hatchet, over the network or from recordings.
//
// Called by script (the binding `hatchet`); it calls guard (what it notes about a call) and base. Requests
// that come here have passed the gate.
//   upstream.c   places, retries, the pinned origin
//   curl.c       libcurl multi on the loop; curl_api.c opens the library at the first request
//   grpc.c       the push of an event: its messages, its status
//   cassette.c   recordings in place of the network (--replay)
//   record.c     what is sent and comes back, written for playback (--record)
//   failure.c    what an answer means for the person who asked
//
// Threat model. The upstream, and whoever answers in its place, may send anything, at any pace, of any size:
// every body has a ceiling while it is read, every attempt an end in time, redirects are not followed. The
// token goes to one origin, over TLS unless the operator named the host, and nowhere else: no script builds a
// URL, no proxy is taken from the environment unasked.
#ifndef HATCHWAY_UPSTREAM_H
#define HATCHWAY_UPSTREAM_H

#include "guard/gate.h"
#include "upstream/cassette.h"
#include "upstream/grpc.h"
#include "upstream/record.h"

struct uv_loop_s;

// Where events go that are pushed by gRPC, and how.
typedef struct upstream_grpc {
    const char *base;        // "https://host:port", or http for none of TLS; NULL: see problem
    const char *connect_to;  // "name:port:host:port" (CURLOPT_CONNECT_TO) where the certificate is for
                             // another name, which then stands in `base`; else NULL
    const char *ca_file, *cert_file, *key_file; // PEM; NULL: the system's; none; none
    const char *proxy;       // as of the rest
    const char *problem;     // NULL, or why nothing can be pushed and what to do: two sentences
} upstream_grpc;

// Where requests go, and how. Strings outlive the upstream.
typedef struct upstream_config {
    const char *base;          // "https://host[:port][/prefix]", no slash at the end
    const char *token;         // in locked memory; NULL in playback
    const char *token_place;   // where a new one is to be put, for hints: "set HATCHET_CLIENT_TOKEN"; NULL: that
    void (*look)(void *data);  // before each attempt over the network: is there another token? Or NULL
    void *look_data;
    int64_t token_expiry;      // microseconds, 0 if the token does not say
    const char *tenant;        // UUID, lower case
    const char *namespace;     // "" or ends in "_"
    const char *source;        // "token", "override", "replay": where the base is from
    upstream_grpc grpc;
    const char *proxy;         // URL; NULL: none. "env": HTTPS_PROXY, HTTP_PROXY and NO_PROXY
    const char *ca_file;       // NULL: the system's
    const char *const *hidden; // patterns of payload fields that no script sees (guard/hide.h), or NULL;
                               // NULL-ended
    size_t body_max;           // bytes of one answer
    int call_requests;         // at once, of one call
    int process_requests;      // at once, of the process
    cassette *cassette;        // NULL: the network
    recorder *recorder;        // NULL: nothing is recorded
} upstream_config;

typedef struct upstream upstream;
typedef struct upstream_request upstream_request;

typedef struct upstream_answer {
    const char *fault; // NULL: there is an HTTP answer. Else: "refused" "unreachable" "timeout" "tls"
                       // "truncated" "too_large" "redirect" "not_recorded" "no_library" "protocol"
    const char *detail;        // of a fault: what the library or the recording says
    int status;
    const char *grpc;          // name of a gRPC status that is no success; then status is what it means in
                               // HTTP, and body its message
    slice body;
    buf *owner;                // what the body lies in, for `done` to take over; NULL: it can only be copied
    int attempts;
    int64_t date;              // the sender's clock (header Date), microseconds since 1970; 0: it did not say
} upstream_answer;

typedef struct upstream_spec {
    guard_call *call;
    guard_method method;
    slice path;                // segments encoded
    slice query;               // encoded, without "?"; may be empty
    const cassette_pair *pairs; // the query decoded
    size_t pair_count;
    slice body;                // JSON, or empty; of a push the framed message
    bool push;                 // by gRPC
    bool retry, idempotent;
    void (*done)(void *data, const upstream_answer *answer);
    void *data;
} upstream_spec;

upstream *upstream_new(struct uv_loop_s *loop, const upstream_config *config);
void upstream_free(upstream *u);              // all requests are cancelled
const upstream_config *upstream_config_of(const upstream *u);

// Another token from now on; what is on its way goes on with the old one.
void upstream_set_token(upstream *u, const char *token, int64_t expiry);

// Sends a request: copies what it needs. `done` comes once, never before this returns, unless it is
// cancelled.
upstream_request *upstream_send(upstream *u, const upstream_spec *spec);
void upstream_cancel(upstream_request *request); // closes its connection at once

// The body of an answer, for `done`: taken over if that is possible, else copied. `out` is empty before.
void upstream_take_body(const upstream_answer *answer, buf *out);

// What an answer that is no success means. Strings are written into the buffers of `out`.
typedef struct upstream_failure {
    const char *code, *kind;
    int status;
    bool retryable;
    buf message, hint;
} upstream_failure;

// `request` is what was sent: its method, its path, and whether it was a push.
void upstream_explain(const upstream *u, const guard_request *request, const upstream_answer *answer,
                      upstream_failure *out);
void upstream_failure_free(upstream_failure *failure);

// --- between upstream.c and curl.c -------------------------------------------------------------------------

typedef struct curl_client curl_client;

typedef struct curl_result {
    const char *fault, *detail;
    int status;
    slice body;
    buf *owner;                // as of upstream_answer
    int64_t retry_after;       // milliseconds, or -1
    int64_t date;              // as of upstream_answer
    grpc_status grpc;
} curl_result;

typedef struct curl_job {
    const char *method, *url;
    slice body;
    bool grpc;
    int64_t timeout;           // milliseconds
    const trace_context *trace; // outlives the transfer; NULL: none
    void (*done)(void *data, const curl_result *result);
    void *data;
} curl_job;

curl_client *curl_client_new(struct uv_loop_s *loop, const upstream_config *config);
void curl_client_free(curl_client *client);
void curl_client_renew(curl_client *client); // the token of its configuration is another one
void *curl_start(curl_client *client, const curl_job *job); // never calls done before it returns
void curl_stop(void *transfer);

#endif
