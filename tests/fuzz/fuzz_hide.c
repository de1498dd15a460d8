// Any JSON: what comes out is JSON, has no value of a hidden name in a payload, and hides nothing more the second time.
#include "fuzz.h"

#include "base/json.h"
#include "guard/hide.h"

static const char *const patterns[] = {"p*", NULL};

static void check(const json_node *node, bool payload) {
    if (json_is(node, JSON_ARRAY) || json_is(node, JSON_OBJECT))
        for (const json_node *e = json_first(node); e; e = json_after(node, e)) {
            bool named = json_is(node, JSON_OBJECT) && e->key.n && (e->key.s[0] | 0x20) == 'p' && !memchr(e->key.s, 0, e->key.n);
            if (payload && named) HOLDS(slice_is(json_string(e), GUARD_HIDDEN));
            else check(e, payload || (json_is(node, JSON_OBJECT) && slice_is(e->key, "input")));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    buf out = BUF(FUZZ_MAX), again = BUF(FUZZ_MAX);
    json_doc doc;
    if (guard_hide(text, false, patterns, &out)) {
        HOLDS(json_parse(&doc, buf_view(&out), 0, 0));
        check(doc.nodes, false);
        json_doc_free(&doc);
        if (guard_hide(buf_view(&out), false, patterns, &again))
            HOLDS(slice_equal(buf_view(&out), buf_view(&again)) || again.n == out.n);
    }
    buf_free(&out);
    buf_free(&again);
    return 0;
}
