#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow_more(buf *b, size_t n) {
    if (b->full) return false;
    if (n > b->max || b->n > b->max - n) {
        b->full = true;
        return false;
    }
    size_t want = b->n + n + 1;
    if (want <= b->room) return true;
    size_t room = b->room ? b->room : 256;
    while (room < want) room *= 2;
    char *s = realloc(b->s, room);
    if (!s) {
        b->full = true;
        return false;
    }
    b->s = s;
    b->room = room;
    return true;
}

// Makes room for n more bytes and one for a terminator.
static inline bool grow(buf *b, size_t n) {
    bool fits = !b->full && n < b->room - b->n && b->n + n <= b->max;
    return fits || grow_more(b, n);
}

char *buf_room(buf *b, size_t n) { return grow(b, n) ? b->s + b->n : NULL; }

void buf_add(buf *b, const void *bytes, size_t n) {
    if (n == 0 || !grow(b, n)) return;
    memcpy(b->s + b->n, bytes, n);
    b->n += n;
}

void buf_text(buf *b, const char *s) { buf_add(b, s, strlen(s)); }

void buf_slice(buf *b, slice s) { buf_add(b, s.s, s.n); }

void buf_char(buf *b, char c) {
    if (grow(b, 1)) b->s[b->n++] = c;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void buf_base64(buf *b, slice bytes) {
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) bits = bits << 8 | (k < left ? (unsigned char)bytes.s[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buf_char(b, k <= left ? base64_digits[bits >> (18 - 6 * k) & 63] : '=');
    }
}

static int base64_value(char c) {
    const char *at = c ? strchr(base64_digits, c) : NULL;
    return at ? (int)(at - base64_digits) : -1;
}

static bool add_decoded(buf *b, slice digits, int (*value_of)(char)) {
    uint32_t bits = 0;
    int have = 0; // of the bits, so many are not written yet
    if (digits.n % 4 == 1) return false;
    for (size_t i = 0; i < digits.n; i++) {
        int value = value_of(digits.s[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        buf_char(b, (char)(bits >> have & 0xFF));
    }
    return !(bits & ((1u << have) - 1)) && !b->full; // what is left over is zero
}

bool buf_base64_decoded(buf *b, slice text) {
    if (text.n % 4) return false;
    for (int i = 0; i < 2 && text.n && text.s[text.n - 1] == '='; i++) text.n--;
    return add_decoded(b, text, base64_value);
}

bool buf_base64url_decoded(buf *b, slice text) { return add_decoded(b, text, base64url_digit); }

void buf_percent_decoded(buf *b, slice text) {
    for (size_t i = 0; i < text.n; i++) {
        int escaped = percent_escape((slice){text.s + i, text.n - i});
        buf_char(b, escaped >= 0 ? (char)escaped : text.s[i]);
        if (escaped >= 0) i += 2;
    }
}

void buf_printf(buf *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    size_t room = b->full ? 0 : b->room - b->n;
    int n = vsnprintf(room ? b->s + b->n : NULL, room, format, args);
    va_end(args);
    if (n <= 0 || !grow(b, (size_t)n)) return;
    if ((size_t)n >= room) { // it was cut off
        va_start(args, format);
        vsnprintf(b->s + b->n, (size_t)n + 1, format, args);
        va_end(args);
    }
    b->n += (size_t)n;
}

const char *buf_string(buf *b) {
    if (!b->s) return "";
    b->s[b->n] = '\0'; // grow() always keeps one byte for it
    return b->s;
}

slice buf_view(const buf *b) { return (slice){b->s, b->n}; }

void buf_clear(buf *b) {
    b->n = 0;
    b->full = false;
}

void buf_free(buf *b) {
    free(b->s);
    *b = BUF(b->max);
}

void buf_wipe(buf *b) {
    if (b->s) explicit_bzero(b->s, b->room);
    buf_free(b);
}
