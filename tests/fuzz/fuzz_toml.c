// Any text as TOML. What is appended is there, all else stays byte for byte, and when it goes the old text is
// back; what may be removed or replaced goes alone.
#include "fuzz.h"

#include "command/toml.h"

static const char *const path[] = {"mcp_servers", "a new one"};

static bool is_kept_around(slice text, size_t from, size_t to, slice other) {
    return other.n >= from + text.n - to && memcmp(text.s, other.s, from) == 0 &&
           memcmp(text.s + to, other.s + other.n - (text.n - to), text.n - to) == 0;
}

static void append(const toml *doc) {
    buf text = BUF(FUZZ_MAX), back = BUF(FUZZ_MAX);
    toml next;
    toml_append(doc, "[mcp_servers.'a new one']\nx = 1\ny = 'z'\n", &text);
    HOLDS(is_kept_around(doc->text, doc->text.n, doc->text.n, buf_view(&text)));
    HOLDS(toml_read(&next, buf_view(&text)) && next.count == doc->count + 3);
    const toml_item *table = toml_find(&next, 1u << TOML_TABLE, path, 2);
    HOLDS(table);
    toml_remove(&next, &next.items[doc->count], &back);
    HOLDS(slice_equal(buf_view(&back), doc->text));
    toml_free(&next);
    buf_free(&text);
    buf_free(&back);
}

// The statements but one, in their order, with the same values.
static void check_rest(const toml *doc, uint32_t from, uint32_t to, const toml *next) {
    HOLDS(next->count == doc->count - (to - from));
    for (uint32_t i = 0, k = 0; i < doc->count; i++) {
        if (i >= from && i < to) continue;
        const toml_item *a = &doc->items[i], *b = &next->items[k++];
        HOLDS(a->kind == b->kind);
        if (a->kind == TOML_KEY) // of what stands in braces one part may have gone
            HOLDS(a->end - a->value == b->end - b->value || from < to);
    }
}

static void remove_one(const toml *doc, uint32_t index) {
    const toml_item *item = &doc->items[index];
    uint32_t end = index + 1; // of what goes with it
    while (end < doc->count && (doc->items[end].kind == TOML_INNER
                                    ? doc->items[end].start < item->end || item->kind <= TOML_LIST
                                    : doc->items[end].kind == TOML_KEY && item->kind <= TOML_LIST))
        end++;
    buf text = BUF(FUZZ_MAX);
    toml next;
    toml_remove(doc, item, &text);
    HOLDS(toml_read(&next, buf_view(&text)));
    check_rest(doc, index, end, &next);
    toml_free(&next);
    buf_free(&text);
}

static void set(const toml *doc, const toml_item *item) {
    buf text = BUF(FUZZ_MAX);
    toml next;
    if (item->kind >= TOML_KEY) {
        toml_replace(doc, item, "'new'", &text);
        HOLDS(is_kept_around(doc->text, item->value, item->end, buf_view(&text)));
    } else {
        toml_add(doc, item, "new", "['x']", &text);
        HOLDS(is_kept_around(doc->text, item->end, doc->text.n, buf_view(&text)));
    }
    HOLDS(toml_read(&next, buf_view(&text)));
    if (item->kind <= TOML_LIST) HOLDS(next.count == doc->count + 1);
    toml_free(&next);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    toml doc;
    slice text = {(const char *)data, size};
    if (!size) return 0;
    bool ok = toml_read(&doc, text);
    HOLDS(ok || (doc.error && doc.offset <= size));
    if (ok) append(&doc);
    for (uint32_t i = 0; ok && i < doc.count && i < 40; i++) {
        buf json = BUF(FUZZ_MAX);
        remove_one(&doc, i);
        set(&doc, &doc.items[i]);
        if (doc.items[i].kind >= TOML_KEY) toml_put_json(&doc, &doc.items[i], &json);
        buf_free(&json);
    }
    toml_free(&doc);
    return 0;
}
