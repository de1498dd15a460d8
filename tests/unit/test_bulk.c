// Messages in pieces: what the pieces are together, whatever their sizes.
#include "unit.h"

#include "base/secret.h"
#include "rpc/bulk.h"

// All pieces of a message around this body.
static buf written(const char *body, size_t n, bool again) {
    buf all = BUF((size_t)16 << 20);
    rpc_bulk b = {.head = BUF(100), .body = BUF((size_t)4 << 20), .middle = BUF(100), .again = again, .tail = BUF(100)};
    buf_text(&b.head, "{\"text\":\"");
    buf_add(&b.body, body, n);
    buf_text(&b.middle, again ? "\",\"value\":" : "\"}");
    buf_text(&b.tail, again ? "}" : "");
    rpc_bulk_scrub(&b);
    for (size_t before = 0; rpc_bulk_next(&b, &all); before = all.n) assert_true(all.n - before < 12 * RPC_PIECE);
    assert_int_equal(rpc_bulk_left(&b), 0);
    return all;
}

static void the_body_stands_there_as_text_and_as_it_is(void **state) {
    (void)state;
    buf all = written("[\"a\"]", 5, true);
    assert_buf(&all, "{\"text\":\"[\\\"a\\\"]\",\"value\":[\"a\"]}");
    buf_free(&all);
}

static void or_only_as_text(void **state) {
    (void)state;
    buf all = written("a\nb", 3, false);
    assert_buf(&all, "{\"text\":\"a\\nb\"}");
    buf_free(&all);
}

// Pieces end at other bytes of a character each time.
static void no_character_is_cut(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        buf body = BUF((size_t)4 << 20);
        json_doc doc;
        buf_add(&body, "\"abcd", shift + 1);
        while (body.n < 3 * RPC_PIECE) buf_text(&body, "\xF0\x9F\x98\x80");
        buf_char(&body, '"');
        buf all = written(body.s, body.n, true);
        assert_true(json_parse(&doc, buf_view(&all), 0, 0));
        assert_true(slice_equal(json_string(json_get(doc.nodes, "text")), buf_view(&body)));
        assert_true(slice_equal(json_get(doc.nodes, "value")->raw, buf_view(&body)));
        json_doc_free(&doc);
        buf_free(&all);
        buf_free(&body);
    }
}

static void what_is_no_utf8_is_replaced_byte_by_byte(void **state) {
    (void)state;
    size_t n = RPC_PIECE + 100;
    char *body = base_alloc(n);
    memset(body, 0x80, n);
    buf all = written(body, n, false);
    assert_int_equal(all.n, sizeof "{\"text\":\"\"}" - 1 + 3 * n);
    buf_free(&all);
    free(body);
}

static void a_secret_is_masked_in_both_places(void **state) {
    (void)state;
    secret_keep(SLICE("a-secret-of-this-test"));
    buf all = written("[\"a-secret-of-this-test\"]", 25, true);
    assert_buf(&all, "{\"text\":\"[\\\"***\\\"]\",\"value\":[\"***\"]}");
    buf_free(&all);
}

static void what_is_not_written_is_freed_too(void **state) {
    (void)state;
    rpc_bulk b = {.body = BUF(100)};
    buf_text(&b.body, "{}");
    assert_int_equal(rpc_bulk_left(&b), 2);
    rpc_bulk_free(&b);
    assert_int_equal(rpc_bulk_left(&b), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_stands_there_as_text_and_as_it_is),
        cmocka_unit_test(or_only_as_text),
        cmocka_unit_test(no_character_is_cut),
        cmocka_unit_test(what_is_no_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(a_secret_is_masked_in_both_places),
        cmocka_unit_test(what_is_not_written_is_freed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
