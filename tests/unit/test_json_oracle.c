// Our JSON against jansson's on texts that are generated, and on the same texts with a few bytes changed.
#include "oracle.h"
#include "unit.h"

#include "base/json.h"

#define TEXTS 20000

static void put_string(buf *b) {
    static const char *const pieces[] = {
        "a",    "key",  "\\n", "\\u00e4", "\xC3\xA4", "\\ud83d\\ude00", "\xF0\x9F\x98\x80",
        "\\\"", "\\\\", "\\/", " ",       "\x7F",     "\\u0001",        "x",
        "1"};
    buf_char(b, '"');
    for (uint32_t n = unit_random(4); n > 0; n--) buf_text(b, pieces[unit_random(COUNT(pieces))]);
    buf_char(b, '"');
}

static void put_number(buf *b) {
    static const char *const exponents[] = {"e5", "E-3", "e+10", "e-300", ""};
    if (unit_random(2)) buf_char(b, '-');
    buf_printf(b, "%u", unit_random(4) ? unit_random(1000) : unit_random(UINT32_MAX));
    if (unit_random(3) == 0) buf_printf(b, ".%u", unit_random(100000));
    if (unit_random(3) == 0) buf_text(b, exponents[unit_random(COUNT(exponents))]);
}

static void put_blank(buf *b) {
    if (unit_random(4) == 0) buf_char(b, " \n\t\r"[unit_random(4)]);
}

static void put_value(buf *b, int depth) {
    uint32_t kind = unit_random(depth > 6 ? 5 : 9);
    put_blank(b);
    if (kind == 0) buf_text(b, "null");
    else if (kind == 1) buf_text(b, unit_random(2) ? "true" : "false");
    else if (kind == 2) put_number(b);
    else if (kind < 5) put_string(b);
    else {
        bool object = kind > 6;
        buf_char(b, object ? '{' : '[');
        for (uint32_t i = 0, n = unit_random(5); i < n; i++) {
            if (i) buf_char(b, ',');
            put_blank(b);
            if (object) put_string(b);
            if (object) buf_char(b, ':');
            put_value(b, depth + 1);
        }
        put_blank(b);
        buf_char(b, object ? '}' : ']');
    }
    put_blank(b);
}

static bool same(const json_node *ours, const json_t *theirs);

static bool same_object(const json_node *ours, const json_t *theirs) {
    size_t different = 0;
    for (const json_node *m = json_first(ours); m; m = json_after(ours, m)) {
        char *key = base_copy(m->key.s, m->key.n);
        if (json_member(ours, m->key) == m) { // the last of its name
            different++;
            if (!same(m, json_object_get(theirs, key))) different = SIZE_MAX / 2;
        }
        free(key);
    }
    return different == json_object_size(theirs);
}

static bool same_array(const json_node *ours, const json_t *theirs) {
    size_t i = 0;
    if (ours->count != json_array_size(theirs)) return false;
    for (const json_node *e = json_first(ours); e; e = json_after(ours, e))
        if (!same(e, json_array_get(theirs, i++))) return false;
    return true;
}

static bool same(const json_node *ours, const json_t *theirs) {
    if (!theirs) return false;
    switch (json_typeof(theirs)) {
    case JANSSON_NULL: return json_is(ours, JSON_NULL);
    case JANSSON_TRUE: return json_is(ours, JSON_TRUE);
    case JANSSON_FALSE: return json_is(ours, JSON_FALSE);
    case JANSSON_INTEGER: // -0 is an integer to jansson
        if (json_is(ours, JSON_REAL)) return ours->as.real == 0 && json_integer_value(theirs) == 0;
        return json_is(ours, JSON_INT) && ours->as.integer == json_integer_value(theirs);
    case JANSSON_REAL: return json_is(ours, JSON_REAL) && ours->as.real == json_real_value(theirs);
    case JANSSON_STRING:
        return json_is(ours, JSON_STRING) &&
               slice_equal(ours->as.string, (slice){json_string_value(theirs), json_string_length(theirs)});
    case JANSSON_ARRAY: return json_is(ours, JSON_ARRAY) && same_array(ours, theirs);
    case JANSSON_OBJECT: return json_is(ours, JSON_OBJECT) && same_object(ours, theirs);
    }
    return false;
}

// What jansson refuses and JSON allows: numbers beyond its types, NUL in a key.
static bool is_its_own_limit(const json_error_t *error) {
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_byte_in_key;
}

static void compare(slice text) {
    json_error_t error;
    json_doc ours;
    json_t *theirs = json_loadb(text.s, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    bool good = json_parse(&ours, text, 0, 0);
    if (!theirs && is_its_own_limit(&error)) {
        json_doc_free(&ours);
        return;
    }
    if (good != (theirs != NULL))
        fail_msg("%.*s\nours: %s, theirs: %s", (int)text.n, text.s, good ? "good" : ours.error,
                 theirs ? "good" : error.text);
    if (good && !same(ours.nodes, theirs)) fail_msg("read differently: %.*s", (int)text.n, text.s);
    json_doc_free(&ours);
    json_decref(theirs);
}

static void generated_texts_are_read_the_same(void **state) {
    (void)state;
    buf text = BUF(1 << 20);
    for (int i = 0; i < TEXTS; i++) {
        buf_clear(&text);
        put_value(&text, 0);
        compare(buf_view(&text));
    }
    buf_free(&text);
}

static void broken_texts_are_refused_the_same(void **state) {
    (void)state;
    static const char bytes[] =
        "[]{},:\"\\/ue0123456789.-+ntf \t\n\x01\x80\xC3\xED\xF0"; // no NUL: to jansson it ends the text
    buf text = BUF(1 << 20);
    for (int i = 0; i < TEXTS; i++) {
        buf_clear(&text);
        put_value(&text, 0);
        for (uint32_t n = unit_random(3) + 1; n > 0; n--)
            text.s[unit_random((uint32_t)text.n)] = bytes[unit_random(sizeof bytes - 1)];
        if (unit_random(4) == 0) text.n = unit_random((uint32_t)text.n);
        compare(buf_view(&text));
    }
    buf_free(&text);
}

static void compact_texts_mean_the_same_and_are_compact_already(void **state) {
    (void)state;
    buf text = BUF(1 << 20), once = BUF(1 << 20), twice = BUF(1 << 20);
    const char *error;
    size_t offset;
    for (int i = 0; i < TEXTS; i++) {
        json_doc before, after;
        buf_clear(&text);
        buf_clear(&once);
        buf_clear(&twice);
        put_value(&text, 0);
        assert_true(json_compact(&once, buf_view(&text), &error, &offset));
        assert_true(json_compact(&twice, buf_view(&once), &error, &offset));
        assert_true(slice_equal(buf_view(&once), buf_view(&twice)));
        assert_true(json_parse(&before, buf_view(&text), 0, 0));
        assert_true(json_parse(&after, buf_view(&once), 0, 0));
        assert_true(json_equal(before.nodes, after.nodes));
        json_doc_free(&before);
        json_doc_free(&after);
    }
    buf_free(&text);
    buf_free(&once);
    buf_free(&twice);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_texts_are_read_the_same),
        cmocka_unit_test(broken_texts_are_refused_the_same),
        cmocka_unit_test(compact_texts_mean_the_same_and_are_compact_already),
    };
    return cmocka_run_group_tests_name("our JSON and jansson's", tests, NULL, NULL);
}
