// Arguments in headers. Contract in header.h.
#include "guard/header.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_MAX ((size_t)64 << 10)

bool guard_is_token(slice name) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (!c || !strchr(others, c))) return false;
    }
    return name.n > 0;
}

bool guard_each_header(const json_node *schema, const json_node *arguments,
                       bool (*each)(void *data, slice name, const json_node *value), void *data) {
    const json_node *properties = json_get(schema, "properties");
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        const json_node *name = json_get(p, "x-mcp-header"), *value = json_member(arguments, p->key);
        if (json_is(value, JSON_NULL)) value = NULL;
        if (name && !each(data, json_string(name), value)) return false;
        if (!guard_each_header(p, value, each, data)) return false;
    }
    return true;
}

static int digit_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// RFC 4648, section 4: padded, and the bits beyond the last byte are zero.
static bool decode_base64(slice s, buf *out) {
    size_t n = s.n;
    if (n % 4) return false;
    for (int i = 0; i < 2 && n && s.s[n - 1] == '='; i++) n--;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = digit_of(s.s[i]);
        if (digit < 0) return false;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        buf_char(out, (char)(bits >> have));
        bits &= (1u << have) - 1;
    }
    return bits == 0 && have < 6;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool guard_header_decode(slice header, buf *text) {
    while (header.n && is_blank(header.s[0])) header.s++, header.n--;
    while (header.n && is_blank(header.s[header.n - 1])) header.n--;
    bool encoded = header.n >= 11 && slice_starts(header, "=?base64?") &&
                   memcmp(header.s + header.n - 2, "?=", 2) == 0;
    if (encoded)
        return decode_base64((slice){header.s + 9, header.n - 11}, text) && !text->full &&
               slice_is_utf8(buf_view(text));
    for (size_t i = 0; i < header.n; i++)
        if (!is_blank(header.s[i]) && ((unsigned char)header.s[i] <= ' ' || (unsigned char)header.s[i] >= 0x7F))
            return false;
    buf_slice(text, header);
    return !text->full;
}

static bool same_number(slice text, const json_node *value) {
    json_doc doc;
    bool parsed = json_parse(&doc, text, 0, 1);
    double number;
    bool same = parsed && json_number(doc.nodes, &number) && json_equal(doc.nodes, value);
    json_doc_free(&doc);
    return same;
}

bool guard_header_fits(slice header, const json_node *value) {
    buf text = BUF(HEADER_MAX);
    double number;
    bool fits = value && guard_header_decode(header, &text);
    if (!fits) fits = false;
    else if (value->type == JSON_STRING) fits = slice_equal(buf_view(&text), value->as.string);
    else if (json_number(value, &number)) fits = same_number(buf_view(&text), value);
    else fits = slice_equal(buf_view(&text), value->raw) && (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE));
    buf_free(&text);
    return fits;
}
