// What the unit tests share: cmocka with the headers that it wants before itself, JSON that is easy to read
// in C, and the comparison of buffers.
#ifndef HATCHWAY_TESTS_UNIT_H
#define HATCHWAY_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// The content of a buffer is this text.
#define assert_buf(buffer, text) assert_string_equal(buf_string(buffer), text)

// The text with double quotes for single ones. Eight of them live at a time.
static inline const char *q(const char *text) {
    static char pool[8][8192];
    static unsigned turn;
    char *copy = pool[turn++ % 8];
    assert_true(strlen(text) < sizeof pool[0]);
    strcpy(copy, text);
    for (char *s = copy; *s; s++)
        if (*s == '\'') *s = '"';
    return copy;
}

// base64url without padding.
static inline void put_base64url(buf *b, slice bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t bit = 0; bit < bytes.n * 8; bit += 6) {
        size_t i = bit / 8;
        unsigned pair =
            (unsigned)(unsigned char)bytes.s[i] << 8 | (i + 1 < bytes.n ? (unsigned char)bytes.s[i + 1] : 0);
        buf_char(b, letters[pair >> (10 - bit % 8) & 63]);
    }
}

// Numbers that look random and are the same in each run (xorshift, Marsaglia 2003).
static inline uint32_t unit_random(uint32_t below) {
    static uint64_t state = UINT64_C(88172645463325252);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

#endif
