// Any method, access, path and body: what passes the gate is harmless in whatever way a server may read its
// path, and reads unless the call may do more. The first byte chooses method and access, a newline ends the
// path.
#include "fuzz.h"

#include "guard/gate.h"

static char decode(const char *s) {
    unsigned value = 0;
    HOLDS(sscanf(s + 1, "%2x", &value) == 1);
    return (char)value;
}

// A segment is neither empty nor a dot, stands for no separator, and is none of those that are kept out.
static void check_segment(slice raw, guard_method method) {
    static const char *const kept_out[] = {"api-tokens", "members", "invites",  "users",
                                           "slack",      "sns",     "monitoring", "alerting-email-groups"};
    char text[4096];
    size_t n = 0;
    for (size_t i = 0; i < raw.n && n < sizeof text; i++) {
        text[n++] = raw.s[i] == '%' ? decode(raw.s + i) : raw.s[i];
        if (raw.s[i] == '%') i += 2;
    }
    slice segment = {text, n};
    HOLDS(n > 0 && !slice_is(segment, ".") && !slice_is(segment, ".."));
    for (size_t i = 0; i < n; i++)
        HOLDS((unsigned char)text[i] >= 0x20 && text[i] != '/' && text[i] != '\\' && text[i] != 0x7F);
    for (size_t i = 0; i < sizeof kept_out / sizeof *kept_out; i++) HOLDS(!slice_is(segment, kept_out[i]));
    HOLDS(method == GUARD_GET || !slice_is(segment, "alerting"));
}

// /api/v1/stable/tenants/{one segment}END
static bool is_of_tenant(slice path, const char *end) {
    static const char start[] = "/api/v1/stable/tenants/";
    const size_t before = sizeof start - 1, after = strlen(end);
    if (!slice_starts(path, start) || path.n <= before + after) return false;
    slice id = {path.s + before, path.n - before - after};
    return memcmp(id.s + id.n, end, after) == 0 && !memchr(id.s, '/', id.n);
}

static void check_passed(const guard_call *call, const guard_request *request) {
    slice path = request->path;
    HOLDS(slice_starts(path, "/api/"));
    for (size_t i = 0, start = 1; i <= path.n; i++) {
        if (i > 0 && (i == path.n || path.s[i] == '/')) {
            check_segment((slice){path.s + start, i - start}, request->method);
            start = i + 1;
        }
    }
    bool post = request->method == GUARD_POST;
    if (call->access == GUARD_READ)
        HOLDS(request->method == GUARD_GET || (post && is_of_tenant(path, "/cel/debug")));
    if (call->access < GUARD_DESTROY)
        HOLDS(request->method != GUARD_DELETE && !(post && is_of_tenant(path, "/tasks/cancel")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    slice rest = {(const char *)data + 1, size - 1}, path = fuzz_line(&rest);
    guard_call call = {.tool = "tool", .access = (guard_access)(data[0] / 4 % 3)};
    guard_request request = {.method = (guard_method)(data[0] % 4), .path = path, .body = rest};
    buf why = BUF(FUZZ_MAX), hint = BUF(FUZZ_MAX);
    bool passed = guard_pass(&call, &request, &why, &hint);
    HOLDS(passed == (why.n == 0) && passed == (hint.n == 0));
    if (passed) check_passed(&call, &request);
    buf_free(&why);
    buf_free(&hint);
    return 0;
}
