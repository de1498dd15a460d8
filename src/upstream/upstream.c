// Requests: their places, their retries, their end. Contract in upstream.h.
#include "upstream/upstream.h"
#include "guard/hide.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 4
#define TIMEOUT_MARGIN                                                                                       \
    250 // ms before the deadline of the call: the request's own error tells more than the deadline's

typedef enum state { QUEUED, RUNNING, PAUSED } state;

struct upstream_request {
    upstream *u;
    upstream_request *next, *previous;
    guard_call *call;
    guard_method method;
    state state;
    char *path, *query, *body;
    size_t body_length;
    bool push;                 // by gRPC
    cassette_pair *pairs;      // names and values point into pair_text
    size_t pair_count;
    char *pair_text;
    bool retry, idempotent;
    int attempt;               // that is running, or has ended: 1 …
    int64_t began;             // that attempt
    void *transfer;            // of curl.c, while RUNNING
    clock_timer *timer;        // while PAUSED, and while a recording answers
    void (*done)(void *data, const upstream_answer *answer);
    void *data;
};

struct upstream {
    upstream_config config;
    upstream_request *first, *last; // all that are not done, oldest first
    int running, queued;
    curl_client *curl;
};

upstream *upstream_new(struct uv_loop_s *loop, const upstream_config *config) {
    upstream *u = base_alloc(sizeof *u);
    u->config = *config;
    if (!config->cassette) u->curl = curl_client_new(loop, &u->config);
    return u;
}

const upstream_config *upstream_config_of(const upstream *u) { return &u->config; }

void upstream_set_token(upstream *u, const char *token, int64_t expiry) {
    u->config.token = token;
    u->config.token_expiry = expiry;
    if (u->curl) curl_client_renew(u->curl);
}

static void unlink_request(upstream_request *r) {
    upstream *u = r->u;
    if (r->state == QUEUED) u->queued--;
    if (r->previous) r->previous->next = r->next;
    else u->first = r->next;
    if (r->next) r->next->previous = r->previous;
    else u->last = r->previous;
}

static void leave_place(upstream_request *r) {
    if (r->state != RUNNING) return;
    r->u->running--;
    r->call->requests--;
    r->state = PAUSED;
}

static void free_request(upstream_request *r) {
    free(r->path);
    free(r->query);
    free(r->body);
    free(r->pairs);
    free(r->pair_text);
    free(r);
}

static void pump(upstream *u);

static void finish(upstream_request *r, const upstream_answer *answer) {
    upstream *u = r->u;
    leave_place(r);
    unlink_request(r);
    r->done(r->data, answer);
    free_request(r);
    pump(u);
}

void upstream_cancel(upstream_request *r) {
    upstream *u = r->u;
    if (r->transfer) curl_stop(r->transfer);
    clock_cancel(r->timer);
    leave_place(r);
    unlink_request(r);
    free_request(r);
    pump(u);
}

void upstream_free(upstream *u) {
    if (!u) return;
    u->running = u->config.process_requests; // nothing starts any more
    while (u->first) {
        upstream_request *r = u->first;
        if (r->transfer) curl_stop(r->transfer);
        clock_cancel(r->timer);
        unlink_request(r);
        free_request(r);
    }
    curl_client_free(u->curl);
    free(u);
}

// --- retries -----------------------------------------------------------------------------------------------

static bool is_fault(const upstream_answer *a, const char *name) {
    return a->fault && strcmp(a->fault, name) == 0;
}

static bool is_busy(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

// The request did certainly not arrive, or was turned away before it was looked at.
static bool has_not_arrived(const upstream_answer *a) {
    return is_fault(a, "refused") || is_fault(a, "unreachable") || (!a->fault && a->status == 429);
}

static bool is_passing(const upstream_answer *a) {
    if (a->fault)
        return is_fault(a, "refused") || is_fault(a, "unreachable") || is_fault(a, "truncated") ||
               is_fault(a, "timeout");
    return is_busy(a->status);
}

// Milliseconds before the next attempt, or -1 for none.
static int64_t pause_before_next(const upstream_request *r, const upstream_answer *a, int64_t retry_after) {
    bool read = r->method == GUARD_GET;
    if (!r->retry || r->attempt >= ATTEMPTS) return -1;
    if (!read && a->status >= 200 && a->status < 300) return -1; // done, whatever became of its echo
    if (!a->fault && a->status == 500)
        return read && r->attempt == 1 ? 0 : -1; // this engine answers 500 to bad input
    if (!is_passing(a)) return -1;
    if (!read && !r->idempotent && !has_not_arrived(a)) return -1;
    int64_t step = INT64_C(1000) << (r->attempt - 1);
    int64_t pause = retry_after >= 0 ? retry_after : step * (750 + rand() % 501) / 1000;
    bool fits = clock_now() + pause * 1000 + WHEN_SECOND / 10 < r->call->deadline;
    return fits ? pause : -1;
}

static void start(upstream_request *r);

static void wake(void *data) {
    upstream_request *r = data;
    r->timer = NULL;
    r->state = QUEUED;
    r->u->queued++;
    pump(r->u);
}

static void record(const upstream_request *r, const curl_result *result) {
    recorded e = {.began = r->began,
                  .lasted = clock_now() - r->began,
                  .method = guard_method_name(r->method),
                  .base = r->push && r->u->config.grpc.base ? r->u->config.grpc.base : r->u->config.base,
                  .path = slice_of(r->path),
                  .query = slice_of(r->query),
                  .body = {r->body, r->body_length},
                  .status = result->status,
                  .answer = result->body,
                  .grpc = r->push ? &result->grpc : NULL};
    recorder_add(r->u->config.recorder, &e);
}

// The body is what `clean` holds from now on; what it was is given back.
static void replace_body(curl_result *result, buf *clean) {
    if (result->owner) buf_free(result->owner);
    result->body = buf_view(clean);
    result->owner = clean;
}

// What an engine without authentication tells anybody (…/meta, authDisabledToken) is a credential all the
// same: neither scripts nor recordings get it. The body lies in `clean` then.
static void mask_credential(const upstream_request *r, curl_result *result, buf *clean) {
    if (result->fault || strcmp(r->path, "/api/v1/meta") != 0) return;
    *clean = BUF(result->body.n);
    buf_slice(clean, result->body);
    secret_mask_tokens(clean);
    replace_body(result, clean);
}

// Is the answer a payload, with nothing of the API around it (…/workflow-runs/{id}/input)?
static bool is_payload(const char *path) {
    static const char end[] = "/input";
    size_t n = strlen(path);
    return n >= sizeof end - 1 && strcmp(path + n - (sizeof end - 1), end) == 0;
}

// What the operator hides no script sees, and no recording.
static void hide_fields(const upstream_request *r, curl_result *result, buf *clean) {
    const char *const *hidden = r->u->config.hidden;
    if (result->fault || r->push || !hidden || !*hidden || clean->n) return;
    *clean = BUF(GUARD_HIDE_ROOM(result->body.n));
    if (!guard_hide(result->body, is_payload(r->path), hidden, clean)) buf_free(clean);
    else if (clean->full)
        *result = (curl_result){.fault = "too_large", .retry_after = -1, .grpc = GRPC_NO_STATUS};
    else replace_body(result, clean);
}

void upstream_take_body(const upstream_answer *answer, buf *out) {
    if (answer->owner && answer->body.s == answer->owner->s) {
        *out = *answer->owner;
        *answer->owner = BUF(0);
    } else {
        buf_slice(out, answer->body);
    }
}

// An attempt has ended.
static void ended(void *data, const curl_result *given) {
    upstream_request *r = data;
    guard_call *call = r->call;
    buf message = BUF(BUF_SMALL), clean = BUF(0);
    curl_result result = *given;
    mask_credential(r, &result, &clean);
    hide_fields(r, &result, &clean);
    upstream_answer answer = {.fault = result.fault,
                              .detail = result.detail,
                              .status = result.status,
                              .body = result.body,
                              .owner = result.owner,
                              .date = result.date};
    upstream_answer *a = &answer;
    if (r->push) grpc_settle(a, result.grpc, &message);
    r->transfer = NULL;
    a->attempts = r->attempt;
    call->status = a->fault ? 0 : a->status;
    call->bytes += a->body.n;
    int64_t pause = pause_before_next(r, a, result.retry_after);
    if (pause < 0) {
        if (r->u->config.recorder && !a->fault) record(r, &result);
        finish(r, a);
    } else {
        leave_place(r);
        r->timer = clock_after(pause, CLOCK_SLEEP, wake, r);
        pump(r->u);
    }
    buf_free(&message);
    buf_free(&clean);
}

// --- one attempt -------------------------------------------------------------------------------------------

static void play(void *data) {
    upstream_request *r = data;
    r->timer = NULL;
    cassette_request asked = {.method = slice_of(guard_method_name(r->method)),
                              .path = slice_of(r->path),
                              .query = r->pairs,
                              .query_count = r->pair_count,
                              .body = {r->body, r->body_length}};
    cassette_answer answer;
    buf why = BUF(BUF_SMALL);
    curl_result a = {.retry_after = -1, .grpc = GRPC_NO_STATUS};
    if (cassette_play(r->u->config.cassette, &asked, clock_now(), &answer, &why)) {
        a.status = answer.status;
        a.body = answer.body;
        a.grpc = answer.grpc;
    } else {
        a.fault = "not_recorded";
        a.detail = buf_string(&why);
    }
    if (!a.fault && a.body.n > r->u->config.body_max)
        a = (curl_result){
            .fault = "too_large", .detail = "", .status = a.status, .retry_after = -1, .grpc = a.grpc};
    ended(r, &a);
    buf_free(&why);
}

static void start(upstream_request *r) {
    upstream *u = r->u;
    u->queued--;
    r->state = RUNNING;
    r->attempt++;
    r->began = clock_now();
    u->running++;
    r->call->requests++;
    r->call->attempts++;
    if (r->method != GUARD_GET) r->call->wrote = true;
    if (u->config.cassette) {
        r->timer = clock_after(0, CLOCK_SLEEP, play, r);
        return;
    }
    if (u->config.look) u->config.look(u->config.look_data);
    buf url = BUF((size_t)1 << 20);
    buf_printf(&url, "%s%s%s%s", r->push ? u->config.grpc.base : u->config.base, r->path,
               *r->query ? "?" : "", r->query);
    int64_t left = (r->call->deadline - clock_now()) / 1000 - TIMEOUT_MARGIN;
    curl_job job = {.method = guard_method_name(r->method),
                    .url = buf_string(&url),
                    .body = {r->body, r->body_length},
                    .grpc = r->push,
                    .timeout = left > 1 ? left : 1,
                    .trace = r->call->trace,
                    .done = ended,
                    .data = r};
    r->transfer = curl_start(u->curl, &job);
    buf_free(&url);
}

// Starts what may start: the oldest first, but a call that has all its places does not hold up the others.
static void pump(upstream *u) {
    upstream_request *r = u->first;
    for (; r && u->queued && u->running < u->config.process_requests; r = r->next)
        if (r->state == QUEUED && r->call->requests < u->config.call_requests) start(r);
}

static void copy_pairs(upstream_request *r, const upstream_spec *spec) {
    size_t total = 1;
    for (size_t i = 0; i < spec->pair_count; i++) total += spec->pairs[i].name.n + spec->pairs[i].value.n;
    char *to = r->pair_text = base_alloc(total);
    r->pairs = base_alloc(spec->pair_count * sizeof *r->pairs);
    r->pair_count = spec->pair_count;
    for (size_t i = 0; i < spec->pair_count; i++) {
        const cassette_pair *from = &spec->pairs[i];
        r->pairs[i] = (cassette_pair){{to, from->name.n}, {to + from->name.n, from->value.n}};
        if (from->name.n) memcpy(to, from->name.s, from->name.n);
        if (from->value.n) memcpy(to + from->name.n, from->value.s, from->value.n);
        to += from->name.n + from->value.n;
    }
}

upstream_request *upstream_send(upstream *u, const upstream_spec *spec) {
    upstream_request *r = base_alloc(sizeof *r);
    *r = (upstream_request){.u = u,
                            .call = spec->call,
                            .method = spec->method,
                            .retry = spec->retry,
                            .idempotent = spec->idempotent || spec->call->idempotent,
                            .push = spec->push,
                            .done = spec->done,
                            .data = spec->data,
                            .body_length = spec->body.n,
                            .previous = u->last};
    r->path = base_copy(spec->path.s, spec->path.n);
    r->query = base_copy(spec->query.s, spec->query.n);
    r->body = base_copy(spec->body.s, spec->body.n);
    copy_pairs(r, spec);
    if (u->last) u->last->next = r;
    else u->first = r;
    u->last = r;
    u->queued++;
    pump(u);
    return r;
}
