// Any text as JSON with comments. What strict reading takes is what the JSON reader takes, and says the same.
// A member that is added is there, what stood around it stays byte for byte, and when it goes the old text is
// back; any item may be replaced or removed, and what is left says what it should.
#include "fuzz.h"

#include "base/json.h"
#include "command/jsonc.h"

#define ALL (JSONC_COMMENTS | JSONC_TRAILING_COMMAS)
#define NEW "{\"command\":\"x\",\"args\":[\"serve\",{}]}"

static void put_plain(slice text, buf *out) {
    jsonc doc;
    HOLDS(jsonc_read(&doc, text, ALL) && doc.count);
    buf_clear(out);
    jsonc_put_plain(&doc, doc.items, out);
    jsonc_free(&doc);
}

// The strict reader, but for a byte order mark.
static void compare_readers(slice text) {
    jsonc doc;
    json_doc strict;
    bool ok = jsonc_read(&doc, text, 0) && doc.count;
    slice rest = slice_starts(text, "\xEF\xBB\xBF") ? (slice){text.s + 3, text.n - 3} : text;
    HOLDS(json_parse(&strict, rest, 0, 0) == ok || (!rest.n && !ok));
    if (ok) {
        buf plain = BUF(FUZZ_MAX);
        json_doc again;
        jsonc_put_plain(&doc, doc.items, &plain);
        HOLDS(json_parse(&again, buf_view(&plain), 0, 0) && json_equal(again.nodes, strict.nodes));
        json_doc_free(&again);
        buf_free(&plain);
    }
    json_doc_free(&strict);
    jsonc_free(&doc);
}

// The text up to `from` and that after `to` are in the other text, at its ends.
static bool is_kept_around(slice text, size_t from, size_t to, slice other) {
    return other.n >= from + text.n - to && memcmp(text.s, other.s, from) == 0 &&
           memcmp(text.s + to, other.s + other.n - (text.n - to), text.n - to) == 0;
}

static const jsonc_item *last_of(const jsonc_item *container) {
    const jsonc_item *last = jsonc_first(container);
    for (const jsonc_item *m = last; m; m = jsonc_after(container, m)) last = m;
    return last;
}

// Only what says nothing is lost: blanks of an empty container.
static void add_and_remove(const jsonc *doc, uint32_t index) {
    const jsonc_item *container = &doc->items[index];
    buf added = BUF(FUZZ_MAX), back = BUF(FUZZ_MAX), plain = BUF(FUZZ_MAX), old = BUF(FUZZ_MAX);
    jsonc next;
    bool is_list = container->type == JSON_ARRAY;
    jsonc_add(doc, container, is_list ? (slice){0} : SLICE("a new one"), SLICE(NEW), &added);
    size_t from = container->count ? last_of(container)->end : container->start + 1;
    HOLDS(is_kept_around(doc->text, from, container->end - 1, buf_view(&added)));
    HOLDS(jsonc_read(&next, buf_view(&added), ALL) && next.items[index].count == container->count + 1);
    const jsonc_item *last = last_of(&next.items[index]);
    jsonc_put_plain(&next, last, &plain);
    HOLDS(slice_equal(buf_view(&plain), SLICE(NEW)));
    jsonc_remove(&next, &next.items[index], last, &back);
    if (container->count) HOLDS(slice_equal(buf_view(&back), doc->text));
    HOLDS(is_kept_around(doc->text, from, container->end - 1, buf_view(&back)));
    put_plain(buf_view(&back), &plain);
    jsonc_put_plain(doc, doc->items, &old);
    HOLDS(slice_equal(buf_view(&plain), buf_view(&old)));
    jsonc_free(&next);
    buf_free(&added);
    buf_free(&back);
    buf_free(&plain);
    buf_free(&old);
}

// What is left of a container without one of its items, as JSON.
static void put_without(const jsonc *doc, const jsonc_item *container, const jsonc_item *item, buf *out) {
    bool is_object = container->type == JSON_OBJECT, is_first = true;
    buf_char(out, is_object ? '{' : '[');
    for (const jsonc_item *m = jsonc_first(container); m; m = jsonc_after(container, m)) {
        if (m == item) continue;
        if (!is_first) buf_char(out, ',');
        is_first = false;
        if (is_object) {
            buf_add(out, doc->text.s + m->key, m->key_end - m->key);
            buf_char(out, ':');
        }
        jsonc_put_plain(doc, m, out);
    }
    buf_char(out, is_object ? '}' : ']');
}

static size_t count_comments(slice text) {
    jsonc doc;
    size_t count = 0;
    HOLDS(jsonc_read(&doc, text, ALL));
    for (size_t i = 0; i + 1 < text.n; i++) {
        bool inside = false; // of a scalar or a name
        for (uint32_t k = 0; k < doc.count && !inside; k++) {
            const jsonc_item *m = &doc.items[k];
            inside = (i >= m->key && i < m->key_end) ||
                     (m->type < JSON_ARRAY && i >= m->start && i < m->end);
        }
        if (inside || text.s[i] != '/' || (text.s[i + 1] != '/' && text.s[i + 1] != '*')) continue;
        const char *rest = text.s + i + 2;
        size_t n = text.n - i - 2;
        const char *end = text.s[i + 1] == '/' ? memchr(rest, '\n', n) : memmem(rest, n, "*/", 2);
        i = end ? (size_t)(end - text.s) : text.n;
        count++;
    }
    jsonc_free(&doc);
    return count;
}

static void remove_each(const jsonc *doc, uint32_t index) {
    const jsonc_item *container = &doc->items[index];
    for (const jsonc_item *m = jsonc_first(container); m; m = jsonc_after(container, m)) {
        buf text = BUF(FUZZ_MAX), plain = BUF(FUZZ_MAX), wanted = BUF(FUZZ_MAX);
        jsonc next;
        jsonc_remove(doc, container, m, &text);
        HOLDS(is_kept_around(doc->text, container->start + 1, container->end - 1, buf_view(&text)));
        HOLDS(jsonc_read(&next, buf_view(&text), ALL));
        jsonc_put_plain(&next, &next.items[index], &plain);
        put_without(doc, container, m, &wanted);
        HOLDS(slice_equal(buf_view(&plain), buf_view(&wanted)));
        // Its own comments go with it, those around it stay.
        slice own = {doc->text.s + (m->key < m->key_end ? m->key : m->start), 0};
        own.n = doc->text.s + m->end - own.s;
        buf whole = BUF(FUZZ_MAX);
        if (m->key < m->key_end) buf_char(&whole, '{');
        buf_slice(&whole, own);
        if (m->key < m->key_end) buf_char(&whole, '}');
        size_t left = count_comments(buf_view(&text)), gone = count_comments(buf_view(&whole));
        HOLDS(left + gone == count_comments(doc->text));
        buf_free(&whole);
        jsonc_free(&next);
        buf_free(&text);
        buf_free(&plain);
        buf_free(&wanted);
    }
}

static void replace(const jsonc *doc, uint32_t index) {
    const jsonc_item *item = &doc->items[index];
    buf text = BUF(FUZZ_MAX), plain = BUF(FUZZ_MAX);
    jsonc next;
    jsonc_replace(doc, item, SLICE(NEW), &text);
    HOLDS(is_kept_around(doc->text, item->start, item->end, buf_view(&text)));
    HOLDS(jsonc_read(&next, buf_view(&text), ALL));
    jsonc_put_plain(&next, &next.items[index], &plain);
    HOLDS(slice_equal(buf_view(&plain), SLICE(NEW)));
    jsonc_free(&next);
    buf_free(&text);
    buf_free(&plain);
}

#define ITEMS 40 // are edited

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    jsonc doc;
    if (!size) return 0;
    compare_readers(text);
    bool ok = jsonc_read(&doc, text, ALL);
    HOLDS(ok || (doc.error && doc.offset <= size));
    if (ok && !doc.count) {
        buf begun = BUF(FUZZ_MAX), plain = BUF(FUZZ_MAX);
        jsonc_begin(&doc, &begun);
        HOLDS(is_kept_around(text, size, size, buf_view(&begun)));
        put_plain(buf_view(&begun), &plain);
        HOLDS(slice_is(buf_view(&plain), "{}"));
        buf_free(&begun);
        buf_free(&plain);
    }
    for (uint32_t i = 0; ok && i < doc.count && i < ITEMS; i++) {
        replace(&doc, i);
        if (doc.items[i].type < JSON_ARRAY) continue;
        add_and_remove(&doc, i);
        remove_each(&doc, i);
    }
    jsonc_free(&doc);
    return 0;
}
