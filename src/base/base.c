#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

bool slice_starts(slice a, const char *prefix) {
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.s, prefix, n) == 0);
}

static void *need(void *p) {
    if (!p) {
        fputs("hatchway: out of memory\n", stderr);
        abort();
    }
    return p;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int percent_escape(slice s) {
    if (s.n < 3 || s.s[0] != '%' || hex_digit(s.s[1]) < 0 || hex_digit(s.s[2]) < 0) return -1;
    return hex_digit(s.s[1]) << 4 | hex_digit(s.s[2]);
}

bool slice_is_uuid(slice s) {
    if (s.n != 36) return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.s[i] != '-' : hex_digit(s.s[i]) < 0) return false;
    }
    return true;
}

int base64url_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool slice_is_base64url(slice s) {
    for (size_t i = 0; i < s.n; i++)
        if (base64url_digit(s.s[i]) < 0) return false;
    return true;
}

size_t utf8_length(const char *text, size_t n) {
    const unsigned char *s = (const unsigned char *)text;
    if (n && s[0] < 0x80) return 1;
    if (n < 2 || (s[1] & 0xC0) != 0x80) return 0;
    if (s[0] >= 0xC2 && s[0] <= 0xDF) return 2;
    if (n < 3 || (s[2] & 0xC0) != 0x80) return 0;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF4 && s[1] > 0x8F);
    if (overlong || beyond) return 0;
    if ((s[0] & 0xF0) == 0xE0) return 3;
    if (n < 4 || (s[3] & 0xC0) != 0x80) return 0;
    return s[0] >= 0xF0 && s[0] <= 0xF4 ? 4 : 0;
}

bool slice_is_utf8(slice s) {
    for (size_t i = 0, n; i < s.n; i += n)
        if (!(n = utf8_length(s.s + i, s.n - i))) return false;
    return true;
}

#define SMALL 1024 // malloc has blocks of this size at hand, and calloc of glibc does not look there

void *base_alloc(size_t size) {
    if (size > SMALL) return need(calloc(1, size));
    return memset(need(malloc(size ? size : 1)), 0, size);
}

void *base_grow(void *p, size_t size) { return need(realloc(p, size ? size : 1)); }

char *base_copy(const char *s, size_t n) {
    char *copy = base_alloc(n + 1);
    if (n) memcpy(copy, s, n);
    return copy;
}

char *base_string(const char *s) { return base_copy(s, strlen(s)); }

void base_random_hex(char *out, size_t digits) {
    unsigned char bytes[32];
    if (uv_random(NULL, NULL, bytes, digits / 2, 0, NULL) != 0) {
        fputs("hatchway: the system gives no random numbers\n", stderr);
        abort();
    }
    for (size_t i = 0; i < digits; i++) out[i] = "0123456789abcdef"[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    out[digits] = '\0';
}
