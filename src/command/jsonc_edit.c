// Editing JSON with comments in its text. Contract in jsonc.h.
#include "command/jsonc.h"

#include <string.h>

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; } // all but a line end
static bool is_blank(char c) { return is_space(c) || c == '\n'; }

// --- how the file is written -------------------------------------------------------------------------------

typedef struct style {
    slice newline, unit; // unit: of indentation
    bool spaced;         // blanks after colons and commas
} style;

static size_t begin_of(const jsonc_item *item) { return item->key < item->key_end ? item->key : item->start; }

// The blanks that the line of this place begins with.
static slice indent_at(slice text, size_t at) {
    size_t start = at, end;
    while (start && text.s[start - 1] != '\n') start--;
    for (end = start; end < at && is_space(text.s[end]);) end++;
    return (slice){text.s + start, end - start};
}

// Where the line end before this place begins, if only blanks stand between; JSONC_NONE otherwise.
static size_t line_end_before(slice text, size_t at) {
    while (at && is_space(text.s[at - 1])) at--;
    if (!at || text.s[at - 1] != '\n') return JSONC_NONE;
    return at > 1 && text.s[at - 2] == '\r' ? at - 2 : at - 1;
}

static bool has_own_line(slice text, const jsonc_item *item) {
    return line_end_before(text, begin_of(item)) != JSONC_NONE;
}

static slice unit_of(const jsonc *doc) {
    for (uint32_t i = 0; i < doc->count; i++) {
        const jsonc_item *container = &doc->items[i], *first = container + 1;
        if (!container->count || !has_own_line(doc->text, first)) continue;
        slice outer = indent_at(doc->text, container->start), inner = indent_at(doc->text, begin_of(first));
        if (inner.n > outer.n && memcmp(inner.s, outer.s, outer.n) == 0)
            return (slice){inner.s + outer.n, inner.n - outer.n};
    }
    return SLICE("  ");
}

// Is a blank after the first colon (of more than one line: of a line)?
static bool is_spaced(const jsonc *doc) {
    for (uint32_t i = 0; i < doc->count; i++) {
        const jsonc_item *m = &doc->items[i];
        if (m->key == m->key_end) continue;
        const char *colon = memchr(doc->text.s + m->key_end, ':', m->start - m->key_end);
        return !colon || is_blank(colon[1]);
    }
    return true;
}

static style style_of(const jsonc *doc) {
    const char *end = doc->text.n ? memchr(doc->text.s, '\n', doc->text.n) : NULL;
    bool crlf = end && end > doc->text.s && end[-1] == '\r';
    return (style){crlf ? SLICE("\r\n") : SLICE("\n"), unit_of(doc), is_spaced(doc)};
}

// A file that is all in one line gets no second one.
static bool is_one_line(const jsonc *doc) {
    const jsonc_item *root = &doc->items[0];
    return root->count && !memchr(doc->text.s + root->start, '\n', root->end - root->start);
}

// --- writing values ----------------------------------------------------------------------------------------

typedef struct writer {
    buf *out;
    style style;
    slice indent; // of the line that the value begins in
    bool lines;   // members on lines of their own
} writer;

static void put_line(const writer *w, int depth) {
    buf_slice(w->out, w->style.newline);
    buf_slice(w->out, w->indent);
    while (depth--) buf_slice(w->out, w->style.unit);
}

static void put_key(const writer *w, slice key) {
    json_put_quoted(w->out, key);
    buf_text(w->out, w->style.spaced || w->lines ? ": " : ":");
}

// Lists of what is no container stay in one line.
static bool is_broken_up(const writer *w, const json_node *value) {
    if (!w->lines || json_is(value, JSON_OBJECT)) return w->lines;
    for (const json_node *e = json_first(value); e; e = json_after(value, e))
        if (json_is(e, JSON_OBJECT) || json_is(e, JSON_ARRAY)) return true;
    return false;
}

static void put_value(const writer *w, const json_node *value, int depth) {
    bool is_object = json_is(value, JSON_OBJECT), broken = is_broken_up(w, value);
    if ((!is_object && !json_is(value, JSON_ARRAY)) || !value->count) {
        buf_slice(w->out, value->raw);
        return;
    }
    buf_char(w->out, is_object ? '{' : '[');
    for (const json_node *m = json_first(value); m; m = json_after(value, m)) {
        if (m != json_first(value)) buf_text(w->out, broken ? "," : w->style.spaced || w->lines ? ", " : ",");
        if (broken) put_line(w, depth + 1);
        if (is_object) put_key(w, m->key);
        put_value(w, m, depth + 1);
    }
    if (broken) put_line(w, depth);
    buf_char(w->out, is_object ? '}' : ']');
}

static void put_member(const writer *w, slice key, slice value, int depth) {
    json_doc doc;
    if (key.s) put_key(w, key);
    if (json_parse(&doc, value, 0, 0)) put_value(w, doc.nodes, depth);
    json_doc_free(&doc);
}

static void put_text(buf *out, const jsonc *doc, size_t from, size_t to) {
    buf_add(out, doc->text.s + from, to - from);
}

// --- the editors -------------------------------------------------------------------------------------------

// Goes over blanks and comments from a place, with `in_line` to the end of the line: the place after the last
// comment, or where it began. *open: that comment reaches to the end of its line.
static size_t after_comments(slice text, size_t at, bool in_line, bool *open) {
    size_t last = at;
    *open = false;
    while (at < text.n) {
        if (is_blank(text.s[at])) {
            if (in_line && text.s[at] == '\n') break;
            at++;
        } else if (text.s[at] == '/' && at + 1 < text.n) { // what was read has no other slash here
            bool line = text.s[at + 1] == '/';
            const char *rest = text.s + at + 2;
            size_t n = text.n - at - 2;
            const char *end = line ? memchr(rest, '\n', n) : memmem(rest, n, "*/", 2);
            at = end ? (size_t)(end - text.s) + (line ? 0 : 2) : text.n;
            while (line && end && text.s[at - 1] == '\r') at--;
            last = at;
            *open = line;
        } else {
            break;
        }
    }
    return last;
}

void jsonc_begin(const jsonc *doc, buf *out) {
    slice newline = style_of(doc).newline;
    buf_slice(out, doc->text);
    if (out->n && out->s[out->n - 1] != '\n' && !slice_is(doc->text, "\xEF\xBB\xBF")) buf_slice(out, newline);
    buf_text(out, "{}");
    buf_slice(out, newline);
}

static void add_first(const jsonc *doc, const jsonc_item *container, slice key, slice value, writer *w) {
    bool open;
    size_t inner = container->start + 1, last = container->end - 1;
    size_t place = after_comments(doc->text, inner, false, &open);
    w->lines = !is_one_line(doc) || open;
    w->indent = indent_at(doc->text, container->start);
    put_text(w->out, doc, 0, place);
    if (w->lines) put_line(w, 1);
    else if (place > inner) buf_char(w->out, ' ');
    put_member(w, key, value, 1);
    if (place > inner) { // after the comments, what follows them stays
        put_text(w->out, doc, place, doc->text.n);
        return;
    }
    if (w->lines) put_line(w, 0);
    put_text(w->out, doc, last, doc->text.n);
}

void jsonc_add(const jsonc *doc, const jsonc_item *container, slice key, slice value, buf *out) {
    writer w = {out, style_of(doc), {0}, false};
    if (!container->count) {
        add_first(doc, container, key, value, &w);
        return;
    }
    const jsonc_item *last = jsonc_first(container);
    for (const jsonc_item *m = last; m; m = jsonc_after(container, m)) last = m;
    bool open, has_comma = last->comma != JSONC_NONE;
    size_t place = after_comments(doc->text, has_comma ? last->comma + 1 : last->end, true, &open);
    w.lines = has_own_line(doc->text, last) || open;
    w.indent = indent_at(doc->text, begin_of(last));
    put_text(out, doc, 0, last->end);
    if (!has_comma) buf_char(out, ',');
    put_text(out, doc, last->end, place);
    if (w.lines) put_line(&w, 0);
    else if (w.style.spaced) buf_char(out, ' ');
    put_member(&w, key, value, 0);
    if (has_comma) buf_char(out, ',');
    put_text(out, doc, place, doc->text.n);
}

void jsonc_replace(const jsonc *doc, const jsonc_item *item, slice value, buf *out) {
    bool lines = item == doc->items ? !is_one_line(doc) : has_own_line(doc->text, item);
    writer w = {out, style_of(doc), indent_at(doc->text, begin_of(item)), lines};
    put_text(out, doc, 0, item->start);
    put_member(&w, (slice){0}, value, 0);
    put_text(out, doc, item->end, doc->text.n);
}

static size_t skip_spaces(slice text, size_t at) {
    while (at < text.n && is_space(text.s[at])) at++;
    return at;
}

static bool is_all_blank(slice text, size_t from, size_t to) {
    while (from < to && is_blank(text.s[from])) from++;
    return from >= to;
}

// Does a comment reach to the line end that begins here? `from` is no comment.
static bool ends_in_comment(slice text, size_t from, size_t line_end) {
    bool open;
    return after_comments(text, from, false, &open) == line_end && open;
}

// What goes with an item, blanks before and after it included, so that nothing around it changes its meaning:
// *from to its value's end, and to *to when nothing but blanks lies between that and its comma.
static void stretch(const jsonc *doc, const jsonc_item *container, const jsonc_item *previous,
                    const jsonc_item *item, size_t *from, size_t *to) {
    slice text = doc->text;
    size_t begin = begin_of(item), end = item->comma != JSONC_NONE ? item->comma + 1 : item->end;
    size_t line_end = line_end_before(text, begin), next = skip_spaces(text, end);
    bool at_end = next < text.n && text.s[next] == '\n';
    *from = begin;
    *to = end;
    if (line_end != JSONC_NONE) {
        size_t before = previous ? (previous->comma != JSONC_NONE ? previous->comma + 1 : previous->end)
                                 : container->start + 1;
        bool is_last = next == container->end - 1 && !ends_in_comment(text, before, line_end);
        if (at_end || is_last) *from = line_end;
        else *to = next;
    } else if (!previous) {
        if (!at_end) *to = next;
    } else {
        while (is_space(text.s[*from - 1])) --*from;
    }
}

void jsonc_remove(const jsonc *doc, const jsonc_item *container, const jsonc_item *item, buf *out) {
    slice text = doc->text;
    const jsonc_item *previous = NULL;
    for (const jsonc_item *m = jsonc_first(container); m != item; m = jsonc_after(container, m)) previous = m;
    bool has_comma = item->comma != JSONC_NONE;
    size_t from, to, end = has_comma ? item->comma + 1 : item->end, last = container->end - 1;
    stretch(doc, container, previous, item, &from, &to);
    if (container->count == 1 && is_all_blank(text, container->start + 1, begin_of(item)) &&
        is_all_blank(text, item->end, has_comma ? item->comma : item->end) && is_all_blank(text, end, last)) {
        from = container->start + 1;
        to = last;
    }
    if (previous && !has_comma) { // it is the last one no more
        put_text(out, doc, 0, previous->comma);
        put_text(out, doc, previous->comma + 1, from);
    } else {
        put_text(out, doc, 0, from);
    }
    if (has_comma && !is_all_blank(text, item->end, item->comma)) put_text(out, doc, item->end, item->comma);
    put_text(out, doc, to, text.n);
}
