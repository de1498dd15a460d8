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

static void put_escape(buf *b, unsigned char c) {
    static const char names[] = "btn\0fr"; // 0x08 … 0x0D
    if (c == '"' || c == '\\') buf_add(b, (char[]){'\\', (char)c}, 2);
    else if (c >= 0x08 && c <= 0x0D && names[c - 0x08]) buf_add(b, (char[]){'\\', names[c - 0x08]}, 2);
    else buf_printf(b, "\\u%04x", c);
}

void json_put_quoted(buf *b, slice text) {
    const char *s = text.n ? text.s : "", *end = s + text.n, *run = s;
    buf_char(b, '"');
    while ((s = json_skip_plain(s, end)) < end) {
        unsigned char c = (unsigned char)*s;
        size_t n = c < 0x80 ? 0 : utf8_length(s, (size_t)(end - s));
        if (n) {
            s += n;
            continue;
        }
        buf_add(b, run, (size_t)(s - run));
        if (c < 0x80) put_escape(b, c);
        else buf_text(b, "\xEF\xBF\xBD"); // U+FFFD for a byte that is no UTF-8
        run = ++s;
    }
    buf_add(b, run, (size_t)(s - run));
    buf_char(b, '"');
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
