// Who sends a request, what they may do, and how often.
#include "endpoint/internal.h"
#include "base/clock.h"
#include "rpc/message.h"

#include <stdlib.h>
#include <string.h>

// All fields of one name as one value (RFC 9110, section 5.3).
typedef struct joined {
    const char *name;
    buf value;
    int count;
} joined;

static void join(void *data, slice name, slice value) {
    joined *j = data;
    if (name.n != strlen(j->name) || strncasecmp(name.s, j->name, name.n) != 0) return;
    if (j->count++) buf_text(&j->value, ", ");
    buf_slice(&j->value, value);
}

bool endpoint_authorize(endpoint *e, rpc_http_exchange *http, endpoint_caller *caller) {
    auth_principal who;
    auth_refusal no;
    *caller = (endpoint_caller){.access = e->config.access};
    if (!e->config.auth) return true;
    joined header = {.name = "Authorization", .value = BUF(BUF_SMALL)};
    rpc_http_headers(http, join, &header);
    if (header.value.full) buf_clear(&header.value); // too long to be one
    slice given = header.count ? (slice){buf_string(&header.value), header.value.n} : (slice){0};
    bool ok = auth_check(e->config.auth, given, &who, &no);
    buf_wipe(&header.value);
    if (!ok) {
        endpoint_deny(e, http, &no);
        return false;
    }
    caller->principal = who.id;
    caller->access = who.access < e->config.access ? who.access : e->config.access;
    caller->expires = who.expires;
    return true;
}

bool endpoint_holds(const endpoint *e, const char *principal) {
    return !e->config.auth || !principal || auth_holds(e->config.auth, principal);
}

bool endpoint_forbid(endpoint *e, rpc_http_exchange *http, guard_access needed) {
    auth_principal nobody = {.access = GUARD_READ};
    auth_refusal no;
    if (!e->config.auth || needed > e->config.access || auth_require(e->config.auth, &nobody, needed, &no)) return false;
    endpoint_deny(e, http, &no);
    return true;
}

// --- how often ---------------------------------------------------------------------------------------------

// What runs a script, and with it asks Hatchet.
static bool is_call(const json_node *message) {
    static const char *const calls[] = {"tools/call",          "resources/read",       "prompts/get",
                                        "completion/complete", "resources/subscribe",  "subscriptions/listen",
                                        "tasks/update"};
    slice method = json_string(json_get(message, "method"));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (slice_is(method, calls[i])) return true;
    return false;
}

static int calls_of(const json_doc *doc) {
    int calls = 0;
    if (doc->error) return 0;
    if (!json_is(doc->nodes, JSON_ARRAY)) return is_call(doc->nodes);
    for (const json_node *m = json_first(doc->nodes); m; m = json_after(doc->nodes, m)) calls += is_call(m);
    return calls;
}

bool endpoint_within_rate(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller, const json_doc *doc) {
    int64_t wait = 0;
    if (!caller->principal) return true;
    for (int left = calls_of(doc); left && !wait; left--)
        wait = guard_rate_take(e->config.rate, slice_of(caller->principal), clock_monotonic());
    if (!wait) return true;
    auth_refusal no = {.status = 429, .retry_after = (int)wait, .why = "too many calls; Retry-After says when the next one is let through"};
    endpoint_deny(e, http, &no);
    return false;
}
