// The reader of JSON: bytes to tokens. Contract in json.h.
#include "base/json_scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { VALUE, VALUE_OR_END, KEY_OR_END, KEY, COMMA_OR_END, DONE };
enum { IN_ARRAY, IN_OBJECT };

void json_start(json_reader *r, slice text) {
    r->start = r->at = text.n ? text.s : "";
    r->end = r->start + text.n;
    r->error = NULL;
    r->depth = 0;
    r->expect = VALUE;
}

bool json_skip(json_reader *r, json_token token) {
    int outside = r->depth - (token == JSON_T_ARRAY || token == JSON_T_OBJECT);
    while (token != JSON_T_ERROR && r->depth > outside) token = json_next(r);
    return token != JSON_T_ERROR;
}

size_t json_offset(const json_reader *r) { return (size_t)(r->at - r->start); }

static json_token fail(json_reader *r, const char *error) {
    r->error = error;
    return JSON_T_ERROR;
}

static void skip_blanks(json_reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}

// What a finished value allows next.
static void value_done(json_reader *r) { r->expect = r->depth ? COMMA_OR_END : DONE; }

// The four hexadecimal digits at s, or -1.
static int32_t hex4(const char *s, const char *end) {
    if (end - s < 4) return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(s[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

// Checks the escape at r->at (a backslash) and steps over it.
static const char *skip_escape(json_reader *r) {
    if (r->end - r->at < 2) return "the text ends inside a string";
    char c = r->at[1];
    if (c != 'u') {
        bool known =
            c == '"' || c == '\\' || c == '/' || c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f';
        if (!known) return "unknown escape in a string";
        r->at += 2;
        return NULL;
    }
    int32_t unit = hex4(r->at + 2, r->end);
    if (unit < 0) return "\\u needs four hexadecimal digits";
    r->at += 6;
    if (unit < 0xD800 || unit > 0xDFFF) return NULL;
    int32_t low = unit < 0xDC00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u'
                      ? hex4(r->at + 2, r->end)
                      : -1;
    if (low < 0xDC00 || low > 0xDFFF) return "half of a surrogate pair in a string";
    r->at += 6;
    return NULL;
}

#ifdef __SSE2__ // every x86-64
static const char *skip_sixteens(const char *s, const char *end) {
    const __m128i blank = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    for (; end - s >= 16; s += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)s);
        __m128i low = _mm_cmplt_epi8(x, blank); // and what is not ASCII: it is negative
        __m128i names = _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash));
        unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, names));
        if (found) return s + __builtin_ctz(found);
    }
    return s;
}
#else
static const char *skip_sixteens(const char *s, const char *end) { return (void)end, s; }
#endif

const char *json_skip_plain(const char *s, const char *end) {
    s = skip_sixteens(s, end);
    for (int plain = 8; plain == 8 && end - s >= 8; s += plain) plain = json_plain_of_eight(s);
    while (s < end && json_is_plain(*s)) s++;
    return s;
}

// Reads a string whose opening quote is at r->at. Sets text and escaped.
static bool read_string(json_reader *r) {
    const char *begin = ++r->at;
    r->escaped = false;
    while ((r->at = json_skip_plain(r->at, r->end)) < r->end) {
        unsigned char c = (unsigned char)*r->at;
        if (c == '"') {
            r->text = (slice){begin, (size_t)(r->at - begin)};
            r->at++;
            return true;
        }
        if (c == '\\') {
            r->escaped = true;
            r->error = skip_escape(r);
            if (r->error) return false;
        } else if (c < 0x20) {
            r->error = "control character in a string; write it as an escape";
            return false;
        } else {
            size_t n = utf8_length(r->at, (size_t)(r->end - r->at));
            if (!n) {
                r->error = "the text is not UTF-8";
                return false;
            }
            r->at += n;
        }
    }
    r->error = "the text ends inside a string";
    return false;
}

static bool digit(const char *s, const char *end) { return s < end && *s >= '0' && *s <= '9'; }

// The double of a number's text; false when it has none (out of range).
static bool to_double(slice text, double *out) {
    char local[64];
    char *copy = text.n < sizeof local ? local : base_alloc(text.n + 1);
    memcpy(copy, text.s, text.n);
    copy[text.n] = '\0';
    *out = strtod(copy, NULL);
    if (copy != local) free(copy);
    return isfinite(*out);
}

// The int64 of an integer's text; false when it has none.
static bool to_integer(slice text, int64_t *out) {
    bool negative = text.s[0] == '-';
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
    for (size_t i = negative; i < text.n; i++) {
        unsigned d = (unsigned)(text.s[i] - '0');
        if (value > (limit - d) / 10) return false;
        value = value * 10 + d;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static json_token read_number(json_reader *r) {
    const char *s = r->at, *end = r->end;
    bool integer = true;
    if (*s == '-') s++;
    if (!digit(s, end)) return fail(r, "a number needs a digit here");
    if (*s == '0') s++;
    else while (digit(s, end)) s++;
    if (digit(s, end)) return fail(r, "a number must not begin with 0");
    if (s < end && *s == '.') {
        integer = false;
        if (!digit(++s, end)) return fail(r, "a number needs a digit after the point");
        while (digit(s, end)) s++;
    }
    if (s < end && (*s == 'e' || *s == 'E')) {
        integer = false;
        if (++s < end && (*s == '+' || *s == '-')) s++;
        if (!digit(s, end)) return fail(r, "a number needs a digit in its exponent");
        while (digit(s, end)) s++;
    }
    r->text = (slice){r->at, (size_t)(s - r->at)};
    r->at = s;
    value_done(r);
    if (integer && slice_is(r->text, "-0")) integer = false; // an int64 would lose the sign
    if (integer) return to_integer(r->text, &r->integer) ? JSON_T_INT : JSON_T_BIG;
    return to_double(r->text, &r->real) ? JSON_T_REAL : JSON_T_BIG;
}

static json_token read_word(json_reader *r, const char *word, json_token token) {
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return fail(r, "not a JSON value");
    r->at += n;
    value_done(r);
    return token;
}

static json_token open_container(json_reader *r, uint8_t kind) {
    if (r->depth == JSON_DEPTH) return fail(r, "nested too deeply");
    r->stack[r->depth++] = kind;
    r->at++;
    r->expect = kind == IN_ARRAY ? VALUE_OR_END : KEY_OR_END;
    return kind == IN_ARRAY ? JSON_T_ARRAY : JSON_T_OBJECT;
}

static json_token close_container(json_reader *r, uint8_t kind) {
    if (r->stack[r->depth - 1] != kind) return fail(r, "the wrong closing bracket");
    r->depth--;
    r->at++;
    value_done(r);
    return kind == IN_ARRAY ? JSON_T_ARRAY_END : JSON_T_OBJECT_END;
}

static json_token read_key(json_reader *r) {
    if (*r->at != '"') return fail(r, "a member needs a name in quotes");
    if (!read_string(r)) return JSON_T_ERROR;
    skip_blanks(r);
    if (r->at == r->end || *r->at != ':') return fail(r, "a colon must follow the name of a member");
    r->at++;
    r->expect = VALUE;
    return JSON_T_KEY;
}

static json_token read_value(json_reader *r) {
    switch (*r->at) {
    case '{': return open_container(r, IN_OBJECT);
    case '[': return open_container(r, IN_ARRAY);
    case '"':
        if (!read_string(r)) return JSON_T_ERROR;
        value_done(r);
        return JSON_T_STRING;
    case 't': return read_word(r, "true", JSON_T_TRUE);
    case 'f': return read_word(r, "false", JSON_T_FALSE);
    case 'n': return read_word(r, "null", JSON_T_NULL);
    default:
        if (*r->at == '-' || digit(r->at, r->end)) return read_number(r);
        return fail(r, "not a JSON value");
    }
}

json_token json_next(json_reader *r) {
    skip_blanks(r);
    if (r->expect == DONE) return r->at == r->end ? JSON_T_END : fail(r, "text after the value");
    if (r->at == r->end) return fail(r, "the text ends too early");
    char c = *r->at;
    if (r->expect == COMMA_OR_END) {
        if (c == ']') return close_container(r, IN_ARRAY);
        if (c == '}') return close_container(r, IN_OBJECT);
        if (c != ',') return fail(r, "a comma or a closing bracket must follow a value");
        r->at++;
        r->expect = r->stack[r->depth - 1] == IN_OBJECT ? KEY : VALUE;
        skip_blanks(r);
        if (r->at == r->end) return fail(r, "the text ends too early");
        c = *r->at;
    }
    if (r->expect == VALUE_OR_END && c == ']') return close_container(r, IN_ARRAY);
    if (r->expect == KEY_OR_END && c == '}') return close_container(r, IN_OBJECT);
    if (r->expect == KEY || r->expect == KEY_OR_END) return read_key(r);
    return read_value(r);
}

static size_t put_utf8(uint32_t point, char *out) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

static char plain_escape(char c) {
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c; // " \ /
    }
}

size_t json_unescape(slice text, char *out) {
    const char *s = text.s, *end = text.s + text.n;
    char *to = out;
    while (s < end) {
        if (*s != '\\') {
            const char *stop = memchr(s, '\\', (size_t)(end - s));
            size_t n = (size_t)((stop ? stop : end) - s);
            memcpy(to, s, n);
            to += n;
            s += n;
        } else if (s[1] != 'u') {
            *to++ = plain_escape(s[1]);
            s += 2;
        } else {
            uint32_t point = (uint32_t)hex4(s + 2, end);
            s += 6;
            if (point >= 0xD800 && point <= 0xDBFF) {
                point = 0x10000 + ((point - 0xD800) << 10) + ((uint32_t)hex4(s + 2, end) - 0xDC00);
                s += 6;
            }
            to += put_utf8(point, to);
        }
    }
    return (size_t)(to - out);
}
