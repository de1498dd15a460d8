// The field Accept (RFC 9110, section 12.5.1): of what is read, only whether a type is wanted at all.
#include "endpoint/internal.h"

#include <string.h>
#include <strings.h>

static slice trim(slice s) {
    while (s.n && (*s.s == ' ' || *s.s == '\t')) s = (slice){s.s + 1, s.n - 1};
    while (s.n && (s.s[s.n - 1] == ' ' || s.s[s.n - 1] == '\t')) s.n--;
    return s;
}

slice endpoint_cut(slice *rest, char at) {
    const char *end = rest->n ? memchr(rest->s, at, rest->n) : NULL;
    slice piece = {rest->s, end ? (size_t)(end - rest->s) : rest->n};
    size_t used = piece.n + (end != NULL);
    *rest = (slice){rest->s + used, rest->n - used};
    return trim(piece);
}

// How closely the range names the type: 3 itself, 2 "type/*", 1 "*/*", 0 not at all.
static int closeness(slice range, slice type) {
    size_t slash = (size_t)((const char *)memchr(type.s, '/', type.n) - type.s) + 1;
    if (range.n == type.n && strncasecmp(range.s, type.s, type.n) == 0) return 3;
    if (range.n == slash + 1 && range.s[slash] == '*' && strncasecmp(range.s, type.s, slash) == 0) return 2;
    return slice_is(range, "*/*");
}

static bool is_zero(slice weight) { // "0", "0.", "0.000"
    if (!weight.n || *weight.s != '0') return false;
    for (size_t i = 1; i < weight.n; i++)
        if (weight.s[i] != '0' && weight.s[i] != '.') return false;
    return true;
}

bool endpoint_accepts(slice accept, const char *type) {
    int closest = 0;
    bool wanted = !trim(accept).n; // no field: anything
    while (accept.n) {
        slice rest = endpoint_cut(&accept, ','), range = endpoint_cut(&rest, ';');
        int close = closeness(range, slice_of(type));
        bool refused = false;
        while (rest.n) {
            slice parameter = endpoint_cut(&rest, ';'), name = endpoint_cut(&parameter, '=');
            if (slice_is(name, "q") || slice_is(name, "Q")) refused = is_zero(trim(parameter));
        }
        if (close <= closest) continue;
        closest = close;
        wanted = !refused;
    }
    return wanted;
}
