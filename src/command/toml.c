// Reading TOML. Contract in toml.h; the editors are in toml_edit.c.
#include "command/toml.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    toml *doc;
    size_t at;
    uint32_t table;
    int depth;
} reader;

static bool read_value(reader *r, const buf *path);

static bool fail(reader *r, size_t offset, const char *error) {
    r->doc->error = error;
    r->doc->offset = offset;
    return false;
}

static bool at_end(const reader *r) { return r->at >= r->doc->text.n; }
static char peek(const reader *r) { return at_end(r) ? '\0' : r->doc->text.s[r->at]; }

static bool is_at(const reader *r, const char *word) {
    size_t n = strlen(word);
    return r->doc->text.n - r->at >= n && memcmp(r->doc->text.s + r->at, word, n) == 0;
}

static void skip_spaces(reader *r) {
    while (peek(r) == ' ' || peek(r) == '\t') r->at++;
}

static bool is_line_end(const reader *r) { return is_at(r, "\n") || is_at(r, "\r\n"); }

// Blanks, line ends and comments. A carriage return alone ends no line.
static void skip_blank(reader *r) {
    for (;;) {
        skip_spaces(r);
        if (peek(r) == '#')
            while (!at_end(r) && !is_line_end(r) && peek(r) != '\r') r->at++;
        if (!is_line_end(r)) return;
        r->at += peek(r) == '\r' ? 2 : 1;
    }
}

// What may follow a statement in its line.
static bool end_line(reader *r) {
    skip_spaces(r);
    if (at_end(r) || is_line_end(r) || peek(r) == '#') return true;
    return fail(r, r->at, "there is more in this line than one statement");
}

static uint32_t new_item(reader *r, toml_kind kind, size_t start, const buf *path) {
    toml *doc = r->doc;
    if (doc->count == doc->room) {
        doc->room = doc->room ? doc->room * 2 : 64;
        doc->items = base_grow(doc->items, doc->room * sizeof *doc->items);
    }
    doc->items[doc->count] = (toml_item){.kind = kind,
                                         .path = base_copy(path->s, path->n),
                                         .path_n = path->n,
                                         .start = start};
    return doc->count++;
}

// --- strings -----------------------------------------------------------------------------------------------

// Moves over a string of one of the four forms; *inner is what stands between its quotes.
static bool read_string(reader *r, slice *inner, bool *literal) {
    slice text = r->doc->text;
    size_t start = r->at;
    char quote = peek(r);
    char three[4] = {quote, quote, quote, 0};
    bool is_long = is_at(r, three);
    size_t n = is_long ? 3 : 1;
    *literal = quote == '\'';
    for (r->at += n; !at_end(r) && (is_long ? !is_at(r, three) : peek(r) != quote); r->at++) {
        if (!is_long && peek(r) == '\n') return fail(r, start, "a string that does not end in its line");
        if (!*literal && peek(r) == '\\') r->at++;
    }
    if (at_end(r)) return fail(r, start, "a string that does not end");
    // Quotes before the last three belong to the string.
    while (is_long && r->at + 3 < text.n && text.s[r->at + 3] == quote) r->at++;
    *inner = (slice){text.s + start + n, r->at - start - n};
    r->at += n;
    return true;
}

// Adds what a string stands for. False when it has an escape that JSON does not know.
static bool decode(slice inner, bool literal, buf *out) {
    if (literal || !memchr(inner.s, '\\', inner.n)) {
        buf_slice(out, inner);
        return true;
    }
    buf quoted = BUF(inner.n + 2);
    json_doc doc;
    buf_printf(&quoted, "\"%.*s\"", (int)inner.n, inner.s);
    bool ok = json_parse(&doc, buf_view(&quoted), 0, 0) && json_is(doc.nodes, JSON_STRING);
    if (ok) buf_slice(out, doc.nodes->as.string);
    json_doc_free(&doc);
    buf_free(&quoted);
    return ok;
}

// --- keys --------------------------------------------------------------------------------------------------

static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool read_part(reader *r, buf *path) {
    size_t start = r->at, before = path->n;
    slice inner;
    bool literal;
    if (peek(r) == '"' || peek(r) == '\'') {
        if (!read_string(r, &inner, &literal)) return false;
        bool ok = decode(inner, literal, path);
        if (!ok || (path->n > before && memchr(path->s + before, '\0', path->n - before)))
            return fail(r, start, "a key that cannot be read");
    } else {
        while (is_bare(peek(r))) r->at++;
        if (r->at == start) return fail(r, start, "a key is missing here");
        buf_add(path, r->doc->text.s + start, r->at - start);
    }
    buf_char(path, '\0');
    return true;
}

// Reads "a.b.c" and adds its parts to the path.
static bool read_path(reader *r, buf *path) {
    for (;;) {
        if (!read_part(r, path)) return false;
        skip_spaces(r);
        if (peek(r) != '.') return true;
        r->at++;
        skip_spaces(r);
    }
}

static bool read_key(reader *r, toml_kind kind, const buf *outer) {
    size_t start = r->at;
    buf path = BUF(BUF_SMALL);
    buf_slice(&path, buf_view(outer));
    bool ok = read_path(r, &path);
    if (ok && peek(r) != '=') ok = fail(r, r->at, "an = is missing after this key");
    if (ok) {
        uint32_t index = new_item(r, kind, start, &path);
        r->at++;
        skip_spaces(r);
        r->doc->items[index].value = r->at;
        ok = read_value(r, &path);
        r->doc->items[index].end = r->at;
    }
    buf_free(&path);
    return ok;
}

// --- values ------------------------------------------------------------------------------------------------

static bool read_container(reader *r, const buf *path) {
    size_t start = r->at;
    bool is_table = peek(r) == '{';
    char close = is_table ? '}' : ']';
    if (++r->depth > TOML_DEPTH) return fail(r, start, "nested too deeply");
    for (r->at++;;) {
        skip_blank(r);
        if (at_end(r))
            return fail(r, start, is_table ? "a table that does not end" : "a list that does not end");
        if (peek(r) == close) break;
        if (!(is_table ? read_key(r, TOML_INNER, path) : read_value(r, path))) return false;
        skip_blank(r);
        if (peek(r) == ',') r->at++;
        else if (peek(r) != close && !at_end(r)) return fail(r, r->at, "a comma is missing before this");
    }
    r->at++;
    r->depth--;
    return true;
}

static bool read_value(reader *r, const buf *path) {
    static const char ends[] = ",]}#\r\n\"'[{=";
    slice inner;
    bool literal;
    if (peek(r) == '"' || peek(r) == '\'') return read_string(r, &inner, &literal);
    if (peek(r) == '[' || peek(r) == '{') return read_container(r, path);
    size_t start = r->at;
    while (!at_end(r) && !memchr(ends, peek(r), sizeof ends - 1)) r->at++;
    while (r->at > start && (r->doc->text.s[r->at - 1] == ' ' || r->doc->text.s[r->at - 1] == '\t')) r->at--;
    return r->at > start || fail(r, start, "a value is missing here");
}

static bool read_header(reader *r) {
    size_t start = r->at;
    bool is_list = is_at(r, "[["), ok;
    buf path = BUF(BUF_SMALL);
    r->at += is_list ? 2 : 1;
    skip_spaces(r);
    ok = read_path(r, &path);
    if (ok && !is_at(r, is_list ? "]]" : "]")) ok = fail(r, start, "a header that does not end");
    if (ok) {
        r->at += is_list ? 2 : 1;
        r->table = new_item(r, is_list ? TOML_LIST : TOML_TABLE, start, &path);
        r->doc->items[r->table].end = r->at;
    }
    buf_free(&path);
    return ok;
}

static bool read_statement(reader *r) {
    buf outer = BUF(BUF_SMALL);
    if (peek(r) == '[') return read_header(r) && end_line(r);
    if (r->table != TOML_ROOT) {
        const toml_item *table = &r->doc->items[r->table];
        buf_add(&outer, table->path, table->path_n);
    }
    bool ok = read_key(r, TOML_KEY, &outer) && end_line(r);
    buf_free(&outer);
    return ok;
}

bool toml_read(toml *doc, slice text) {
    *doc = (toml){.text = text};
    reader r = {doc, slice_starts(text, "\xEF\xBB\xBF") ? 3 : 0, TOML_ROOT, 0};
    for (skip_blank(&r); !at_end(&r); skip_blank(&r))
        if (!read_statement(&r)) return false;
    return true;
}

void toml_free(toml *doc) {
    for (uint32_t i = 0; i < doc->count; i++) free(doc->items[i].path);
    free(doc->items);
    *doc = (toml){0};
}

bool toml_is(const toml_item *item, const char *const *path, size_t parts, bool below) {
    const char *at = item->path, *end = item->path + item->path_n;
    for (size_t i = 0; i < parts; i++) {
        if (at == end || strcmp(at, path[i]) != 0) return false;
        at += strlen(at) + 1;
    }
    return below || at == end;
}

const toml_item *toml_find(const toml *doc, unsigned kinds, const char *const *path, size_t parts) {
    for (uint32_t i = 0; i < doc->count; i++)
        if ((kinds & 1u << doc->items[i].kind) && toml_is(&doc->items[i], path, parts, false))
            return &doc->items[i];
    return NULL;
}

static bool put_string(reader *r, buf *out) {
    slice inner;
    bool literal;
    buf text = BUF(out->max);
    if (peek(r) != '"' && peek(r) != '\'') return false;
    bool ok = !is_at(r, "\"\"\"") && !is_at(r, "'''") && read_string(r, &inner, &literal) &&
              decode(inner, literal, &text);
    if (ok) json_put_string(out, buf_view(&text));
    buf_free(&text);
    return ok;
}

bool toml_put_json(const toml *doc, const toml_item *key, buf *out) {
    toml part = {.text = {doc->text.s, key->end}};
    reader r = {&part, key->value, TOML_ROOT, 0};
    if (peek(&r) != '[') return put_string(&r, out);
    buf_char(out, '[');
    for (r.at++, skip_blank(&r); peek(&r) != ']'; skip_blank(&r)) {
        if (!put_string(&r, out)) return false;
        skip_blank(&r);
        if (peek(&r) == ',') r.at++;
    }
    buf_char(out, ']');
    return true;
}
