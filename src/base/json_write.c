// Writers of JSON. Contract in json.h.
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void separate(buf *b) {
    if (b->n == 0) return;
    char last = b->s[b->n - 1];
    if (last != '{' && last != '[' && last != ':' && last != ',') buf_char(b, ',');
}

void json_put_raw(buf *b, slice json) {
    separate(b);
    buf_slice(b, json);
}

static bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

// Copies the bytes that stand for themselves, up to the first that does not, and perhaps 8 bytes more. Returns
// how many. Eight at a time: one that does not has its top bit set after the subtraction.
static size_t copy_plain(char *to, const unsigned char *s, const unsigned char *end) {
    const uint64_t ones = UINT64_MAX / 255, tops = ones << 7;
    size_t n = 0;
    for (uint64_t w; (size_t)(end - s) >= n + sizeof w; n += sizeof w) {
        memcpy(&w, s + n, sizeof w);
        memcpy(to + n, &w, sizeof w);
        uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
        uint64_t found = (w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops;
        if (found) return n + (size_t)__builtin_ctzll(found) / 8; // the first byte is the lowest one
    }
    for (; s + n < end && is_plain(s[n]); n++) to[n] = (char)s[n];
    return n;
}

static size_t put_escape(char *to, unsigned char c) {
    static const char names[] = "btn\0fr", digits[] = "0123456789abcdef"; // 0x08 … 0x0D
    char name = c >= 0x08 && c <= 0x0D ? names[c - 0x08] : c < 0x20 ? '\0' : (char)c;
    to[0] = '\\';
    to[1] = name ? name : 'u';
    if (name) return 2;
    to[2] = to[3] = '0';
    to[4] = digits[c >> 4];
    to[5] = digits[c & 15];
    return 6;
}

// Writes the character at s, which does not stand for itself, and moves s behind it. Returns the length.
static size_t put_character(char *to, const unsigned char **s, const unsigned char *end) {
    const unsigned char *at = *s;
    size_t n = *at < 0x80 ? 0 : utf8_length((const char *)at, (size_t)(end - at));
    *s += n ? n : 1;
    if (n) {
        memcpy(to, at, n);
        return n;
    }
    if (*at < 0x80) return put_escape(to, *at);
    memcpy(to, "\xEF\xBF\xBD", 3); // U+FFFD for a byte that is no UTF-8
    return 3;
}

#define PIECE 512 // bytes of text at a time: they may become six times as many

void json_put_quoted(buf *b, slice text) {
    const unsigned char *s = (const unsigned char *)(text.n ? text.s : ""), *end = s + text.n;
    char piece[6 * PIECE + 16], *to = piece;
    *to++ = '"';
    while (s < end) {
        const unsigned char *stop = end - s > PIECE ? s + PIECE : end;
        while (s < stop) {
            size_t n = copy_plain(to, s, stop);
            s += n;
            to += n;
            if (s < stop) to += put_character(to, &s, end);
        }
        if (s == end) break;
        buf_add(b, piece, (size_t)(to - piece));
        to = piece;
    }
    *to++ = '"';
    buf_add(b, piece, (size_t)(to - piece));
}

void json_put_string(buf *b, slice text) {
    separate(b);
    json_put_quoted(b, text);
}

void json_put_text(buf *b, const char *text) { json_put_string(b, slice_of(text)); }

void json_put_int(buf *b, int64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0) digits[--at] = '-';
    separate(b);
    buf_add(b, digits + at, sizeof digits - at);
}

void json_put_real(buf *b, double value) {
    separate(b);
    if (!isfinite(value)) {
        buf_text(b, "null");
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    buf_text(b, text);
    if (!strpbrk(text, ".e")) buf_text(b, ".0"); // stays a float when it is read again
}

void json_put_bool(buf *b, bool value) {
    separate(b);
    buf_text(b, value ? "true" : "false");
}

void json_put_null(buf *b) {
    separate(b);
    buf_text(b, "null");
}

void json_put_key_slice(buf *b, slice key) {
    json_put_string(b, key);
    buf_char(b, ':');
}

void json_put_key(buf *b, const char *key) { json_put_key_slice(b, slice_of(key)); }

void json_open(buf *b, char bracket) {
    separate(b);
    buf_char(b, bracket);
}

void json_close(buf *b, char bracket) { buf_char(b, bracket); }

void json_put_node(buf *b, const json_node *node) {
    const char *error;
    size_t offset;
    separate(b);
    json_compact(b, node->raw, &error, &offset); // it was checked when it was parsed
}

// A string token, written anew.
static void put_token_string(buf *b, const json_reader *r) {
    if (!r->escaped) {
        separate(b);
        buf_char(b, '"');
        buf_slice(b, r->text);
        buf_char(b, '"');
        return;
    }
    char local[512];
    char *text = r->text.n <= sizeof local ? local : base_alloc(r->text.n);
    json_put_string(b, (slice){text, json_unescape(r->text, text)});
    if (text != local) free(text);
}

bool json_compact(buf *b, slice text, const char **error, size_t *offset) {
    json_reader r;
    json_start(&r, text);
    for (;;) {
        switch (json_next(&r)) {
        case JSON_T_ERROR:
            *error = r.error;
            *offset = json_offset(&r);
            return false;
        case JSON_T_END: return true;
        case JSON_T_NULL: json_put_null(b); break;
        case JSON_T_TRUE: json_put_bool(b, true); break;
        case JSON_T_FALSE: json_put_bool(b, false); break;
        case JSON_T_INT:
        case JSON_T_REAL:
        case JSON_T_BIG: json_put_raw(b, r.text); break;
        case JSON_T_STRING: put_token_string(b, &r); break;
        case JSON_T_KEY:
            put_token_string(b, &r);
            buf_char(b, ':');
            break;
        case JSON_T_ARRAY: json_open(b, '['); break;
        case JSON_T_OBJECT: json_open(b, '{'); break;
        case JSON_T_ARRAY_END: json_close(b, ']'); break;
        case JSON_T_OBJECT_END: json_close(b, '}'); break;
        }
    }
}
