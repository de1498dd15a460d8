// Editing TOML in its text. Contract in toml.h.
#include "command/toml.h"

#include <string.h>

static slice newline_of(slice text) {
    const char *end = text.n ? memchr(text.s, '\n', text.n) : NULL;
    return end && end > text.s && end[-1] == '\r' ? SLICE("\r\n") : SLICE("\n");
}

// Where the text begins: after a byte order mark.
static size_t first_of(slice text) { return slice_starts(text, "\xEF\xBB\xBF") ? 3 : 0; }

static size_t start_of_line(slice text, size_t at) {
    while (at > first_of(text) && text.s[at - 1] != '\n') at--;
    return at;
}

// After the line end of the line that this place is in.
static size_t end_of_line(slice text, size_t at) {
    const char *end = at < text.n ? memchr(text.s + at, '\n', text.n - at) : NULL;
    return end ? (size_t)(end - text.s) + 1 : text.n;
}

// Before the line end.
static size_t before_line_end(slice text, size_t at) {
    size_t end = end_of_line(text, at);
    if (end && end > at && text.s[end - 1] == '\n') end--;
    if (end && end > at && text.s[end - 1] == '\r') end--;
    return end;
}

static void put_text(buf *out, const toml *doc, size_t from, size_t to) {
    buf_add(out, doc->text.s + from, to - from);
}

// The last statement of a table; the header itself when it has none.
static const toml_item *last_of(const toml *doc, const toml_item *header) {
    const toml_item *last = header;
    for (const toml_item *i = header + 1; i < doc->items + doc->count && i->kind >= TOML_KEY; i++)
        if (i->kind == TOML_KEY) last = i;
    return last;
}

void toml_replace(const toml *doc, const toml_item *key, const char *value, buf *out) {
    put_text(out, doc, 0, key->value);
    buf_text(out, value);
    put_text(out, doc, key->end, doc->text.n);
}

void toml_add(const toml *doc, const toml_item *header, const char *key, const char *value, buf *out) {
    const toml_item *last = last_of(doc, header);
    size_t place = before_line_end(doc->text, last->end), line = start_of_line(doc->text, last->start);
    put_text(out, doc, 0, place);
    buf_slice(out, newline_of(doc->text));
    put_text(out, doc, line, last->start); // indented as its neighbour
    buf_printf(out, "%s = %s", key, value);
    put_text(out, doc, place, doc->text.n);
}

void toml_append(const toml *doc, const char *body, buf *out) {
    slice text = doc->text, newline = newline_of(text);
    bool is_empty = text.n == first_of(text);
    bool is_ended = is_empty || text.s[text.n - 1] == '\n';
    buf_slice(out, text);
    if (!is_ended) buf_slice(out, newline);
    if (!is_empty) buf_slice(out, newline);
    for (const char *s = body; *s; s++) {
        if (*s != '\n') buf_char(out, *s);
        else if (is_ended || s[1]) buf_slice(out, newline); // a file without a last line end stays so
    }
}

static bool is_blank_line(slice text, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (!strchr(" \t\r\n", text.s[i]) || !text.s[i]) return false;
    return from < to;
}

// A table goes with one of the blank lines around it; at the end of the file with the line end before it, if
// it has none itself.
static void remove_table(const toml *doc, const toml_item *header, buf *out) {
    slice text = doc->text;
    size_t from = start_of_line(text, header->start), to = end_of_line(text, last_of(doc, header)->end);
    size_t above = from == first_of(text) ? from : start_of_line(text, from - 1);
    bool is_ended = to > from && text.s[to - 1] == '\n';
    bool is_apart = to == text.n || is_blank_line(text, to, end_of_line(text, to));
    if (is_apart && is_blank_line(text, above, from)) from = above;
    else if (is_apart && above == from) to = end_of_line(text, to); // at the beginning of the file
    if (!is_ended && from > first_of(text)) from = before_line_end(text, start_of_line(text, from - 1));
    put_text(out, doc, 0, from);
    put_text(out, doc, to, text.n);
}

static void remove_inner(const toml *doc, const toml_item *item, buf *out) {
    const char *s = doc->text.s;
    size_t from = item->start, to = item->end, next = item->end;
    while (next < doc->text.n && (s[next] == ' ' || s[next] == '\t')) next++;
    if (s[next] == ',') {
        for (to = next + 1; s[to] == ' ' || s[to] == '\t';) to++;
    } else {
        while (from && (s[from - 1] == ' ' || s[from - 1] == '\t')) from--;
        if (from && s[from - 1] == ',') from--;
    }
    put_text(out, doc, 0, from);
    put_text(out, doc, to, doc->text.n);
}

void toml_remove(const toml *doc, const toml_item *item, buf *out) {
    if (item->kind == TOML_INNER) {
        remove_inner(doc, item, out);
    } else if (item->kind == TOML_KEY) {
        put_text(out, doc, 0, start_of_line(doc->text, item->start));
        put_text(out, doc, end_of_line(doc->text, item->end), doc->text.n);
    } else {
        remove_table(doc, item, out);
    }
}
