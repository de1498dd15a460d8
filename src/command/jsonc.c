// Reading JSON with comments. Contract in jsonc.h; the editors are in jsonc_edit.c.
#include "command/jsonc.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    jsonc *doc;
    size_t at;
    int allowed, depth;
} reader;

static bool read_value(reader *r, uint32_t index);

static bool fail(reader *r, size_t offset, const char *error) {
    r->doc->error = error;
    r->doc->offset = offset;
    return false;
}

static bool is_at(const reader *r, const char *word) {
    size_t n = strlen(word);
    return r->doc->text.n - r->at >= n && memcmp(r->doc->text.s + r->at, word, n) == 0;
}

// The byte at the reader; 0 at the end (and for a NUL, which is nowhere allowed).
static char peek(const reader *r) { return r->at < r->doc->text.n ? r->doc->text.s[r->at] : '\0'; }

static bool skip_comment(reader *r) {
    slice text = r->doc->text;
    bool line = text.s[r->at + 1] == '/';
    if (!(r->allowed & JSONC_COMMENTS))
        return fail(r, r->at, "a comment, which this client does not allow here");
    const char *rest = text.s + r->at + 2;
    size_t n = text.n - r->at - 2;
    const char *end = line ? memchr(rest, '\n', n) : memmem(rest, n, "*/", 2);
    if (!end && !line) return fail(r, r->at, "a comment that does not end");
    r->at = end ? (size_t)(end - text.s) + (line ? 0 : 2) : text.n;
    return true;
}

static bool skip_blank(reader *r) {
    for (;;) {
        char c = peek(r);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') r->at++;
        else if (is_at(r, "//") || is_at(r, "/*")) {
            if (!skip_comment(r)) return false;
        } else return true;
    }
}

static uint32_t new_item(jsonc *doc) {
    if (doc->count == doc->room) {
        doc->room = doc->room ? doc->room * 2 : 64;
        doc->items = base_grow(doc->items, doc->room * sizeof *doc->items);
    }
    doc->items[doc->count] = (jsonc_item){.skip = 1, .comma = JSONC_NONE};
    return doc->count++;
}

static bool type_of(json_token token, json_type *type) {
    static const struct {
        json_token token;
        json_type type;
    } types[] = {{JSON_T_NULL, JSON_NULL},   {JSON_T_FALSE, JSON_FALSE}, {JSON_T_TRUE, JSON_TRUE},
                 {JSON_T_INT, JSON_INT},     {JSON_T_REAL, JSON_REAL},   {JSON_T_BIG, JSON_BIG},
                 {JSON_T_STRING, JSON_STRING}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].token == token) return *type = types[i].type, true;
    return false;
}

// Where the string or word that begins here ends; JSONC_NONE for a string without an end.
static size_t end_of_word(const reader *r) {
    static const char ends[] = " \t\r\n,:[]{}\"/";
    slice text = r->doc->text;
    size_t end = r->at;
    if (text.s[end] != '"') {
        while (end < text.n && !memchr(ends, text.s[end], sizeof ends - 1)) end++;
        return end;
    }
    for (end++; end < text.n && text.s[end] != '"' && text.s[end] != '\n'; end++)
        if (text.s[end] == '\\') end++;
    return end < text.n && text.s[end] == '"' ? end + 1 : JSONC_NONE;
}

static bool read_scalar(reader *r, json_type *type, size_t *start, size_t *end) {
    if (r->at >= r->doc->text.n) return fail(r, r->at, "a value is missing at the end of the file");
    json_reader j;
    *start = r->at;
    *end = end_of_word(r);
    if (*end == JSONC_NONE) return fail(r, r->at, "a string that does not end");
    if (*end == *start) return fail(r, r->at, "a value is missing here");
    json_start(&j, (slice){r->doc->text.s + *start, *end - *start});
    if (!type_of(json_next(&j), type) || json_next(&j) != JSON_T_END)
        return fail(r, *start, j.error ? j.error : "this is no JSON value");
    r->at = *end;
    return true;
}

static bool read_key(reader *r, uint32_t index) {
    json_type type;
    size_t start, end;
    if (peek(r) != '"') return fail(r, r->at, "the name of a member is missing here, in double quotes");
    if (!read_scalar(r, &type, &start, &end) || !skip_blank(r)) return false;
    r->doc->items[index].key = start;
    r->doc->items[index].key_end = end;
    if (peek(r) != ':') return fail(r, r->at, "a colon is missing here");
    r->at++;
    return skip_blank(r);
}

static bool read_container(reader *r, uint32_t index) {
    jsonc *doc = r->doc;
    size_t start = r->at, comma = JSONC_NONE;
    bool is_object = peek(r) == '{';
    char close = is_object ? '}' : ']';
    uint32_t count = 0;
    if (++r->depth > JSON_DEPTH) return fail(r, r->at, "nested too deeply");
    for (r->at++;; count++) {
        if (!skip_blank(r)) return false;
        if (r->at >= doc->text.n)
            return fail(r, start, is_object ? "an object that does not end" : "a list that does not end");
        if (peek(r) == close) break;
        if (count && comma == JSONC_NONE) return fail(r, r->at, "a comma is missing before this");
        uint32_t child = new_item(doc);
        if (is_object && !read_key(r, child)) return false;
        if (!read_value(r, child) || !skip_blank(r)) return false;
        comma = peek(r) == ',' ? r->at++ : JSONC_NONE;
        doc->items[child].comma = comma;
    }
    if (comma != JSONC_NONE && !(r->allowed & JSONC_TRAILING_COMMAS))
        return fail(r, comma, "a comma after the last one, which this client does not allow here");
    r->at++;
    r->depth--;
    jsonc_item *item = &doc->items[index];
    item->type = is_object ? JSON_OBJECT : JSON_ARRAY;
    item->count = count;
    item->skip = doc->count - index;
    item->start = start;
    item->end = r->at;
    return true;
}

static bool read_value(reader *r, uint32_t index) {
    json_type type;
    size_t start, end;
    if (peek(r) == '{' || peek(r) == '[') return read_container(r, index);
    if (!read_scalar(r, &type, &start, &end)) return false;
    jsonc_item *item = &r->doc->items[index];
    item->type = type;
    item->start = start;
    item->end = end;
    return true;
}

bool jsonc_read(jsonc *doc, slice text, int allowed) {
    *doc = (jsonc){.text = text};
    reader r = {doc, slice_starts(text, "\xEF\xBB\xBF") ? 3 : 0, allowed, 0};
    if (!skip_blank(&r)) return false;
    if (r.at == text.n) return true;
    if (!read_value(&r, new_item(doc)) || !skip_blank(&r)) return false;
    return r.at == text.n || fail(&r, r.at, "there is something after the end");
}

void jsonc_free(jsonc *doc) {
    free(doc->items);
    *doc = (jsonc){0};
}

size_t jsonc_line(slice text, size_t offset) {
    size_t line = 1;
    for (size_t i = 0; i < offset && i < text.n; i++) line += text.s[i] == '\n';
    return line;
}

const jsonc_item *jsonc_first(const jsonc_item *container) { return container->count ? container + 1 : NULL; }

const jsonc_item *jsonc_after(const jsonc_item *container, const jsonc_item *item) {
    const jsonc_item *next = item + item->skip;
    return next < container + container->skip ? next : NULL;
}

static bool is_key(const jsonc *doc, const jsonc_item *item, slice key) {
    slice text = {doc->text.s + item->key + 1, item->key_end - item->key - 2};
    if (!text.n || !memchr(text.s, '\\', text.n)) return slice_equal(text, key);
    char *plain = base_alloc(text.n);
    bool same = slice_equal((slice){plain, json_unescape(text, plain)}, key);
    free(plain);
    return same;
}

const jsonc_item *jsonc_member(const jsonc *doc, const jsonc_item *object, slice key, size_t *count) {
    const jsonc_item *found = NULL;
    size_t n = 0;
    for (const jsonc_item *m = jsonc_first(object); m; m = jsonc_after(object, m)) {
        if (!is_key(doc, m, key)) continue;
        found = m;
        n++;
    }
    if (count) *count = n;
    return found;
}

void jsonc_put_plain(const jsonc *doc, const jsonc_item *item, buf *out) {
    bool is_object = item->type == JSON_OBJECT;
    if (!is_object && item->type != JSON_ARRAY) {
        buf_add(out, doc->text.s + item->start, item->end - item->start);
        return;
    }
    buf_char(out, is_object ? '{' : '[');
    for (const jsonc_item *m = jsonc_first(item); m; m = jsonc_after(item, m)) {
        if (m != item + 1) buf_char(out, ',');
        if (is_object) {
            buf_add(out, doc->text.s + m->key, m->key_end - m->key);
            buf_char(out, ':');
        }
        jsonc_put_plain(doc, m, out);
    }
    buf_char(out, is_object ? '}' : ']');
}
