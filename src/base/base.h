// base: buffers, JSON, time, logging, secrets, trace context. The ground floor: it knows nothing above itself,
// everything may call it.
//
// Memory that cannot be had for small things ends the process with one line (base_alloc): a server that
// cannot get a few hundred bytes cannot tell anybody so. What comes from outside goes into a `buf`, which is
// born with its ceiling and never grows past it.
#ifndef HATCHWAY_BASE_H
#define HATCHWAY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HATCHWAY_VERSION "0.1.0"

#if defined(__GNUC__)
#define BASE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define BASE_PRINTF(f, a)
#endif

// A piece of somebody else's text: not terminated, not owned.
typedef struct slice {
    const char *s;
    size_t n;
} slice;

#define SLICE(literal) ((slice){(literal), sizeof(literal) - 1})

// Of a terminated string; NULL gives an empty slice.
static inline slice slice_of(const char *s) { return (slice){s, s ? strlen(s) : 0}; }

static inline bool slice_equal(slice a, slice b) { return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0); }

static inline bool slice_is(slice a, const char *b) { return slice_equal(a, slice_of(b)); }

bool slice_starts(slice a, const char *prefix);

int hex_digit(char c);       // 0 to 15, or -1
int percent_escape(slice s); // the byte that s begins with, escaped as %XX (RFC 3986, section 2.1), or -1
bool slice_is_uuid(slice s); // 36 characters, of either case (RFC 9562, section 4)
int base64url_digit(char c); // 0 to 63, or -1
bool slice_is_base64url(slice s); // only its digits, without padding (RFC 4648, section 5)
bool slice_is_utf8(slice s);
size_t utf8_length(const char *s, size_t n); // of the character that begins there (RFC 3629); 0: none does

// So many hexadecimal digits (an even number, 64 at most) that nobody can guess, and a zero byte. Ends the process
// if the system has none.
void base_random_hex(char *out, size_t digits);

// Zeroed memory, a copy of n bytes (terminated), a copy of a string. Never NULL. Freed with free().
void *base_alloc(size_t size);
char *base_copy(const char *s, size_t n);
char *base_string(const char *s);
void *base_grow(void *p, size_t size);

#endif
