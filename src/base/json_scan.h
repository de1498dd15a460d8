// The bytes of strings that stand for themselves, looked for many at a time. For the reader and the writers.
//
// Plain is what is neither a quote, a backslash, a control character, nor outside ASCII.
#ifndef HATCHWAY_BASE_JSON_SCAN_H
#define HATCHWAY_BASE_JSON_SCAN_H

#include "base/json.h"

#include <string.h>

static inline bool json_is_plain(char c) {
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

// How many of the eight bytes at s are plain before the first that is not. A byte less than n borrows from its high bit
// when n is taken from it, and so is flagged; one that is flagged wrongly, because the borrow went on to it,
// stands behind one that is flagged rightly.
static inline int json_plain_of_eight(const char *s) {
    const uint64_t each = UINT64_MAX / 255;
    uint64_t x;
    memcpy(&x, s, sizeof x);
    uint64_t low = (x ^ each * 2) - each * 0x21; // control characters and the quote: 0x22 ^ 2 = 0x20
    uint64_t backslash = (x ^ each * '\\') - each;
    uint64_t found = (low | backslash | x) & each * 0x80;
    return !found ? 8 : __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_ctzll(found) / 8 : 0;
}

// The first byte from s on that is not plain.
const char *json_skip_plain(const char *s, const char *end);

#endif
