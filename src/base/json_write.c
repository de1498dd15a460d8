// Writers of JSON. Contract in json.h.
#include "base/json_scan.h"

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

#define ESCAPE_MAX 6

static bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

static size_t escape(unsigned char c, char out[ESCAPE_MAX]) {
    static const char names[] = "btn\0fr", digits[] = "0123456789abcdef"; // names: 0x08 … 0x0D
    bool named = c >= 0x08 && c <= 0x0D && names[c - 0x08];
    out[0] = '\\';
    out[1] = c >= 0x20 ? (char)c : named ? names[c - 0x08] : 'u';
    if (out[1] != 'u') return 2;
    memcpy(out + 2, (char[]){'0', '0', digits[c >> 4], digits[c & 15]}, 4);
    return ESCAPE_MAX;
}

// Writes what begins at s, one character, as it stands in a string. Returns what follows.
static const char *put_character(const char *s, const char *end, char **to) {
    unsigned char c = (unsigned char)*s;
    size_t n = json_is_plain(*s) ? 1 : c >= 0x80 ? utf8_length(s, (size_t)(end - s)) : 0;
    if (n) {
        memcpy(*to, s, n);
        *to += n;
        return s + n;
    }
    if (c < 0x80) {
        *to += escape(c, *to);
    } else {
        memcpy(*to, "\xEF\xBF\xBD", 3); // U+FFFD for a byte that is no UTF-8
        *to += 3;
    }
    return s + 1;
}

#define PIECE 256 // bytes of text at a time: they may become six times as many
#define LONG 64   // plain bytes that are copied in one go

// Writes the next bytes of a string, PIECE or a few more. Returns what follows.
static const char *put_piece(buf *b, const char *s, const char *end) {
    const char *stop = end - s > PIECE ? s + PIECE : end;
    char piece[ESCAPE_MAX * (PIECE + 8)], *to = piece;
    while (s < stop) {
        int plain = 0;
        if (end - s >= 8) {
            memcpy(to, s, 8);
            plain = json_plain_of_eight(s);
            s += plain, to += plain;
        }
        if (plain == 8) continue;
        if (*s == '"') { // by far the most frequent, where the text is JSON itself
            *to++ = '\\';
            *to++ = *s++;
        } else {
            s = put_character(s, end, &to);
        }
    }
    buf_add(b, piece, (size_t)(to - piece));
    return s;
}

void json_put_escaped(buf *b, slice text) {
    const char *s = text.n ? text.s : "", *end = s + text.n;
    while (s < end) {
        const char *run = json_skip_plain(s, end);
        if (run < end && run - s < LONG) {
            s = put_piece(b, s, end);
        } else {
            buf_add(b, s, (size_t)(run - s));
            s = run;
        }
    }
}

void json_put_quoted(buf *b, slice text) {
    buf_char(b, '"');
    json_put_escaped(b, text);
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

// --- compact copies ----------------------------------------------------------------------------------------
// Nothing is ever longer than what it was read from, so the copy may take the place of the text.

// The escape that begins at s (it was checked), written anew.
static size_t rewrite_escape(const char *s, size_t n, char *out) {
    char plain[4];
    size_t length = json_unescape((slice){s, n}, plain);
    if (length == 1 && needs_escape((unsigned char)plain[0])) return escape((unsigned char)plain[0], out);
    memcpy(out, plain, length);
    return length;
}

static size_t escape_length(const char *s) {
    if (s[1] != 'u') return 2;
    bool is_half = (s[2] | 0x20) == 'd' && strchr("89abAB", s[3]);
    return is_half ? 12 : 6;
}

static char *copy_string(char *out, slice text) {
    const char *s = text.s, *end = s + text.n;
    *out++ = '"';
    while (s < end) {
        const char *stop = memchr(s, '\\', (size_t)(end - s));
        size_t n = (size_t)((stop ? stop : end) - s);
        memmove(out, s, n);
        out += n;
        s += n;
        if (!stop) break;
        n = escape_length(s);
        out += rewrite_escape(s, n, out);
        s += n;
    }
    *out++ = '"';
    return out;
}

static char *copy_plain(char *out, const char *s, size_t n) {
    memmove(out, s, n);
    return out + n;
}

// Writes the copy to `out`, which may be where the text is. NULL with error and offset if it is not JSON.
static char *compact(char *out, slice text, const char **error, size_t *offset) {
    json_reader r;
    json_start(&r, text);
    for (bool separated = true;;) {
        json_token token = json_next(&r);
        if (token == JSON_T_ERROR) {
            *error = r.error;
            *offset = json_offset(&r);
            return NULL;
        }
        if (token == JSON_T_END) return out;
        bool ends = token == JSON_T_ARRAY_END || token == JSON_T_OBJECT_END;
        if (!separated && !ends) *out++ = ',';
        separated = token == JSON_T_KEY || token == JSON_T_ARRAY || token == JSON_T_OBJECT;
        switch (token) {
        case JSON_T_NULL: out = copy_plain(out, "null", 4); break;
        case JSON_T_TRUE: out = copy_plain(out, "true", 4); break;
        case JSON_T_FALSE: out = copy_plain(out, "false", 5); break;
        case JSON_T_STRING: out = copy_string(out, r.text); break;
        case JSON_T_KEY:
            out = copy_string(out, r.text);
            *out++ = ':';
            break;
        case JSON_T_ARRAY: *out++ = '['; break;
        case JSON_T_OBJECT: *out++ = '{'; break;
        case JSON_T_ARRAY_END: *out++ = ']'; break;
        case JSON_T_OBJECT_END: *out++ = '}'; break;
        default: out = copy_plain(out, r.text.s, r.text.n); // a number
        }
    }
}

bool json_compact(buf *b, slice text, const char **error, size_t *offset) {
    char *out = buf_room(b, text.n);
    if (!out) return true; // full
    char *end = compact(out, text, error, offset);
    if (end) b->n += (size_t)(end - out);
    return end != NULL;
}

bool json_make_compact(buf *b, const char **error, size_t *offset) {
    char *end = compact(b->s, buf_view(b), error, offset);
    b->n = end ? (size_t)(end - b->s) : 0;
    return end != NULL;
}
