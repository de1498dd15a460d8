// Any text: the reader, the document and the compact copy agree on what is JSON, jansson agrees with them,
// and what they write says the same as what they read.
#include "../unit/oracle.h"
#include "fuzz.h"

#include "base/json.h"

static bool reads(slice text, size_t *offset, bool *too_deep) {
    json_reader r;
    json_token token;
    json_start(&r, text);
    do {
        token = json_next(&r);
        HOLDS(json_offset(&r) <= text.n && r.depth >= 0 && r.depth <= JSON_DEPTH);
    } while (token != JSON_T_END && token != JSON_T_ERROR);
    HOLDS(token == JSON_T_END || r.error);
    *offset = json_offset(&r);
    *too_deep = token == JSON_T_ERROR && strcmp(r.error, "nested too deeply") == 0;
    return token == JSON_T_END;
}

// jansson has limits of its own: a NUL ends the text, keys have none, numbers fit its types.
static void ask_jansson(slice text, bool good) {
    json_error_t error;
    if (memchr(text.s, '\0', text.n)) return;
    json_t *theirs = json_loadb(text.s, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    enum json_error_code code = theirs ? json_error_unknown : json_error_code(&error);
    if (code != json_error_numeric_overflow && code != json_error_null_byte_in_key)
        HOLDS(good == (theirs != NULL));
    json_decref(theirs);
}

static void check_in_place(slice text, slice compact) {
    buf place = BUF(FUZZ_MAX);
    const char *error;
    size_t offset;
    buf_slice(&place, text);
    HOLDS(json_make_compact(&place, &error, &offset) && slice_equal(compact, buf_view(&place)));
    buf_free(&place);
}

static void check_copies(const json_doc *doc, slice compact) {
    buf again = BUF(FUZZ_MAX), node = BUF(FUZZ_MAX);
    const char *error;
    size_t offset;
    json_doc copy;
    HOLDS(json_compact(&again, compact, &error, &offset) && slice_equal(compact, buf_view(&again)));
    json_put_node(&node, doc->nodes);
    HOLDS(slice_equal(compact, buf_view(&node)));
    HOLDS(json_parse(&copy, compact, 0, 0) && copy.count == doc->count);
    HOLDS(json_equal(doc->nodes, copy.nodes));
    HOLDS(json_equal(copy.nodes, doc->nodes));
    json_doc_free(&copy);
    buf_free(&again);
    buf_free(&node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    buf compact = BUF(FUZZ_MAX);
    const char *error;
    size_t at, offset;
    bool too_deep;
    json_doc doc, unique;
    if (!size) return 0;
    bool good = reads(text, &at, &too_deep);
    HOLDS(json_parse(&doc, text, 0, 0) == good);
    HOLDS(json_compact(&compact, text, &error, &offset) == good);
    HOLDS(good || (doc.offset == at && offset == at));
    if (json_parse(&unique, text, JSON_UNIQUE, 0)) HOLDS(good);
    if (good) check_copies(&doc, buf_view(&compact)), check_in_place(text, buf_view(&compact));
    if (!too_deep) ask_jansson(text, good);
    json_doc_free(&doc);
    json_doc_free(&unique);
    buf_free(&compact);
    return 0;
}
