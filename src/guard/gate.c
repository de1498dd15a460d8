// The gate that every upstream request passes. Contract in gate.h.
//
// Threat model: the script that asks is careless or hostile, the token behind the binding may do everything
// in its tenant. So what a request does is read off its method, path and body here, in C, from tables that
// nothing loaded at run time can extend.
#include "guard/gate.h"

#include <string.h>

const char *guard_access_name(guard_access access) {
    static const char *const names[] = {"read", "write", "destroy"};
    return names[access];
}

bool guard_access_parse(slice name, guard_access *out) {
    for (int i = GUARD_READ; i <= GUARD_DESTROY; i++)
        if (slice_is(name, guard_access_name((guard_access)i))) {
            *out = (guard_access)i;
            return true;
        }
    return false;
}

const char *guard_method_name(guard_method method) {
    static const char *const names[] = {"GET", "POST", "PATCH", "DELETE"};
    return names[method];
}

// Paths of the Hatchet API whose effect their method does not tell. `*` stands for one segment.
static const struct rule {
    const char *path;
    guard_access access;
} rules[] = {
    {"/api/v1/stable/tenants/*/cel/debug", GUARD_READ}, // evaluates an expression, changes nothing
    {"/api/v1/stable/tenants/*/tasks/cancel", GUARD_DESTROY},
    {"/api/v1/tenants/*/workflows/cancel", GUARD_DESTROY}, // this and the next three: older engines
    {"/api/v1/tenants/*/events/cancel", GUARD_DESTROY},
    {"/api/v1/tenants/*/step-runs/*/cancel", GUARD_DESTROY},
    {"/api/v1/tenants/*/workflow-runs/replay", GUARD_DESTROY},
    {"/api/v1/tenants/*/workflows/scheduled/bulk-delete", GUARD_DESTROY},
    {"/api/v1/tenants/*/workflows/scheduled/bulk-update", GUARD_DESTROY},
};

#define REPLAY "/api/v1/stable/tenants/*/tasks/replay" // one run: write; many, or by filter: destroy

// Segments below which credentials, members and settings of a tenant lie. No request goes there; but when
// the tenant sends alerts may be read.
static const struct kept {
    const char *name;
    bool may_be_read;
} kept_out[] = {{"api-tokens", false}, {"members", false},  {"invites", false},
                {"users", false},      {"slack", false},    {"sns", false},
                {"alerting", true},    {"monitoring", false}, {"alerting-email-groups", false}};

static bool matches(slice path, const char *pattern) {
    const char *s = path.s, *end = path.s + path.n;
    while (*pattern) {
        if (*pattern == '*') {
            const char *first = s;
            while (s < end && *s != '/') s++;
            if (s == first) return false;
            pattern++;
        } else {
            if (s == end || *s != *pattern) return false;
            s++;
            pattern++;
        }
    }
    return s == end;
}

// Does the body name exactly one id, and nothing else that selects?
static bool names_one(slice body) {
    json_doc doc;
    if (!json_parse(&doc, body, JSON_UNIQUE, 16)) return false; // one id takes three nodes
    const json_node *ids = json_get(doc.nodes, "externalIds");
    bool one = json_is(ids, JSON_ARRAY) && ids->count == 1 && doc.nodes->count == 1;
    json_doc_free(&doc);
    return one;
}

guard_access guard_request_access(const guard_request *request) {
    if (request->method == GUARD_GET) return GUARD_READ;
    if (request->method == GUARD_DELETE) return GUARD_DESTROY;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (request->method == GUARD_POST && matches(request->path, rules[i].path)) return rules[i].access;
    if (request->method == GUARD_POST && matches(request->path, REPLAY) && !names_one(request->body))
        return GUARD_DESTROY;
    return GUARD_WRITE;
}

// An escape that stands for what only an escape can say. One for a letter, a digit or `-._~` could hide a
// name from the checks below; one for a slash, a backslash or a control character is read as such by some
// servers.
static bool clean_escape(const char *s, size_t n) {
    int c = percent_escape((slice){s, n});
    bool unreserved = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
                      c == '.' || c == '_' || c == '~';
    return c >= 0x20 && c != 0x7F && c != '/' && c != '\\' && !unreserved;
}

// Only clean paths below /api/: no empty, `.` or `..` segment, no byte that a server might read differently
// than we do.
static bool clean_path(slice path, buf *why, buf *hint) {
    bool ok = slice_starts(path, "/api/");
    for (size_t i = 0; ok && i < path.n; i++) {
        unsigned char c = (unsigned char)path.s[i];
        if (c <= 0x20 || c >= 0x7F || c == '\\' || c == '?' || c == '#') ok = false;
        if (c == '%' && !clean_escape(path.s + i, path.n - i)) ok = false;
        if (c == '/') {
            size_t rest = path.n - i - 1;
            const char *next = path.s + i + 1;
            size_t n = 0;
            while (n < rest && next[n] != '/') n++;
            if (n == 0 || (n == 1 && next[0] == '.') || (n == 2 && next[0] == '.' && next[1] == '.'))
                ok = false;
        }
    }
    if (ok) return true;
    buf_printf(why, "the path \"%.*s\" is not a path of the API", (int)(path.n > 200 ? 200 : path.n), path.s);
    buf_text(hint, "Write a template that begins with /api/ and fill its names from params, such as "
                   "\"/api/v1/workers/{id}\".");
    return false;
}

static bool refuse_kept_out(const char *name, buf *why, buf *hint) {
    buf_printf(why, "requests below \"%s\" are not sent: credentials, members and settings of a tenant are "
                    "out of bounds", name);
    buf_text(hint, "Use the dashboard for this.");
    return false;
}

static bool not_kept_out(const guard_request *request, buf *why, buf *hint) {
    slice path = request->path;
    bool tenant = matches(path, "/api/v1/tenants") || matches(path, "/api/v1/tenants/*");
    if (tenant && request->method != GUARD_GET) return refuse_kept_out("tenants", why, hint);
    for (size_t i = 0; i < path.n; i++) {
        if (path.s[i] != '/') continue;
        for (size_t k = 0; k < sizeof kept_out / sizeof *kept_out; k++) {
            const char *name = kept_out[k].name;
            size_t n = strlen(name);
            bool same = path.n - i - 1 >= n && memcmp(path.s + i + 1, name, n) == 0;
            if (!same || (i + 1 + n < path.n && path.s[i + 1 + n] != '/')) continue;
            if (kept_out[k].may_be_read && request->method == GUARD_GET) continue;
            return refuse_kept_out(name, why, hint);
        }
    }
    return true;
}

static bool access_allows(const guard_call *call, const guard_request *request, buf *why, buf *hint) {
    guard_access needs = guard_request_access(request);
    if (needs <= call->access) return true;
    buf_printf(why, "%s %.*s needs %s access, and \"%s\" has %s access", guard_method_name(request->method),
               (int)request->path.n, request->path.s, guard_access_name(needs), call->tool,
               guard_access_name(call->access));
    buf_printf(hint, "Declare access = \"%s\" in the tool, and start the server with --access %s.",
               guard_access_name(needs), guard_access_name(needs));
    return false;
}

// The gRPC service has more methods than the one that is let through.
static bool is_push(const guard_request *request, buf *why, buf *hint) {
    if (request->method == GUARD_POST && slice_is(request->path, GUARD_PUSH)) return true;
    buf_text(why, "no other method of the gRPC services than " GUARD_PUSH " is called");
    buf_text(hint, "Use hatchet.push.");
    return false;
}

bool guard_pass(const guard_call *call, const guard_request *request, buf *why, buf *hint) {
    if (request->push) return is_push(request, why, hint) && access_allows(call, request, why, hint);
    return clean_path(request->path, why, hint) && not_kept_out(request, why, hint) &&
           access_allows(call, request, why, hint);
}
