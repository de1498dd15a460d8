// Host, Origin (RFC 6454), against pages that reach this machine through a browser.
#include "endpoint/internal.h"

#include <string.h>
#include <strings.h>

static bool same(slice a, const char *b) { return a.n == strlen(b) && strncasecmp(a.s, b, a.n) == 0; }

static bool listed(const char *const *list, slice text) {
    for (; list && *list; list++)
        if (same(text, *list)) return true;
    return false;
}

static slice without_port(slice host) {
    const char *end = host.n && *host.s == '[' ? memchr(host.s, ']', host.n) : memchr(host.s, ':', host.n);
    if (end) host.n = (size_t)(end - host.s) + (*host.s == '[');
    return host;
}

static bool is_this_machine(slice name) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]", NULL};
    return listed(names, name);
}

// Any port will do: a tunnel ends at another one.
bool endpoint_host_allowed(const endpoint_config *c, slice host) {
    bool checked = c->loopback || (c->hosts && *c->hosts);
    if (!checked || listed(c->hosts, host) || listed(c->hosts, without_port(host))) return true;
    return c->loopback && is_this_machine(without_port(host));
}

// A page that this server could have served itself is trusted only where Host is checked: else whoever owns a
// name can make it point here.
bool endpoint_origin_allowed(const endpoint_config *c, slice origin, slice host) {
    if (listed(c->origins, origin)) return true;
    if (!c->loopback && !(c->hosts && *c->hosts)) return false;
    size_t scheme = slice_starts(origin, "http://") ? 7 : slice_starts(origin, "https://") ? 8 : 0;
    slice rest = {origin.s + scheme, origin.n - scheme};
    return scheme && rest.n == host.n && strncasecmp(rest.s, host.s, rest.n) == 0;
}
