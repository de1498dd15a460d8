// The writers of JSON, and the compact copy.
#include "unit.h"

#include <float.h>
#include <math.h>

#include "base/json.h"

static void commas_come_by_themselves(void **state) {
    (void)state;
    buf b = BUF(1000);
    json_open(&b, '{');
    json_put_key(&b, "a");
    json_put_int(&b, INT64_MIN);
    json_put_key_slice(&b, SLICE("b\n"));
    json_open(&b, '[');
    json_put_null(&b);
    json_put_bool(&b, true);
    json_put_bool(&b, false);
    json_put_real(&b, 0.5);
    json_put_text(&b, "x");
    json_put_raw(&b, SLICE("{\"raw\":1}"));
    json_open(&b, '{');
    json_close(&b, '}');
    json_close(&b, ']');
    json_put_key(&b, "c");
    json_put_string(&b, (slice){NULL, 0});
    json_close(&b, '}');
    assert_buf(&b,
               "{\"a\":-9223372036854775808,\"b\\n\":[null,true,false,0.5,\"x\",{\"raw\":1},{}],\"c\":\"\"}");
    buf_free(&b);
}

static void strings_are_escaped_where_they_must_be(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
        {"\x01\x0B\x1F\x7F", "\"\\u0001\\u000b\\u001f\x7F\""},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
    };
    buf b = BUF(100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        json_put_text(&b, cases[i][0]);
        assert_buf(&b, cases[i][1]);
    }
    buf_clear(&b);
    json_put_string(&b, SLICE("a\0b"));
    assert_buf(&b, "\"a\\u0000b\"");
    buf_free(&b);
}

#define BAD "\xEF\xBF\xBD" // U+FFFD

// One byte after the other, without looking at several at once.
static void put_slowly(buf *b, slice text) {
    for (size_t i = 0, n; i < text.n; i += n ? n : 1) {
        unsigned char c = (unsigned char)text.s[i];
        n = c < 0x80 ? 0 : utf8_length(text.s + i, text.n - i);
        if (n) buf_add(b, text.s + i, n);
        else if (c >= 0x80) buf_text(b, BAD);
        else if (c == '"' || c == '\\') buf_printf(b, "\\%c", c);
        else if (c == '\n') buf_text(b, "\\n");
        else if (c < 0x20) buf_printf(b, "\\u%04x", c);
        else buf_char(b, (char)c);
    }
}

// Texts that are plain for a while, and then are not, of all lengths round the sizes of the pieces.
static void a_text_is_written_the_same_however_long_its_pieces_are(void **state) {
    (void)state;
    static const char others[] = "\"\\\n\x01\x1F\x7F\xC3\xA4\xFF ";
    for (uint32_t round = 0; round < 3000; round++) {
        size_t n = unit_random(700);
        uint32_t often = 1 + unit_random(round % 2 ? 4 : 200);
        char *text = malloc(n + 1);
        for (size_t i = 0; i < n; i++)
            text[i] = unit_random(often) ? 'x' : others[unit_random(sizeof others - 1)];
        buf fast = BUF(100000), slow = BUF(100000), tight = BUF(0);
        put_slowly(&slow, (slice){text, n});
        json_put_escaped(&fast, (slice){text, n});
        assert_string_equal(buf_string(&fast), buf_string(&slow));
        tight.max = slow.n; // a ceiling that is just reached is no reason to leave anything out
        json_put_escaped(&tight, (slice){text, n});
        assert_false(tight.full);
        assert_string_equal(buf_string(&tight), buf_string(&slow));
        buf_free(&tight);
        tight.max = slow.n ? slow.n - 1 : 0;
        json_put_escaped(&tight, (slice){text, n});
        assert_int_equal(tight.full, slow.n > 0);
        buf_free(&fast);
        buf_free(&slow);
        buf_free(&tight);
        free(text);
    }
}

static void bytes_that_are_no_utf8_become_a_replacement_character_each(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"a\xFF" "b", "\"a" BAD "b\""},
        {"\xC3", "\"" BAD "\""},
        {"\xE2\x82", "\"" BAD BAD "\""},
        {"\xE2\x82(", "\"" BAD BAD "(\""},
        {"\xC0\xAF", "\"" BAD BAD "\""},
        {"\xED\xA0\x80", "\"" BAD BAD BAD "\""},
        {"\xF4\x90\x80\x80\xC3\xA4", "\"" BAD BAD BAD BAD "\xC3\xA4\""},
    };
    buf b = BUF(100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        json_put_text(&b, cases[i][0]);
        assert_buf(&b, cases[i][1]);
    }
    buf_free(&b);
}

static void floats_are_short_and_stay_floats(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1e+15"},
        {123456789012345.0, "123456789012345.0"},
        {1e22, "1e+22"},
        {1e-7, "1e-07"},
        {1.0 / 3, "0.3333333333333333"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {5e-324, "4.94065645841247e-324"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    buf b = BUF(100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        json_put_real(&b, cases[i].value);
        assert_buf(&b, cases[i].text);
    }
    buf_free(&b);
}

static void what_is_written_reads_back_the_same(void **state) {
    (void)state;
    buf b = BUF(100);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)unit_random(UINT32_MAX) << 32 | unit_random(UINT32_MAX);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        buf_clear(&b);
        json_put_real(&b, value);
        json_reader r;
        json_start(&r, buf_view(&b));
        assert_int_equal(json_next(&r), JSON_T_REAL);
        assert_memory_equal(&r.real, &value, sizeof value);
        assert_int_equal(json_next(&r), JSON_T_END);
    }
    buf_free(&b);
}

static void a_compact_copy_has_no_blanks_and_no_needless_escapes(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {" { \"a\" : [ 1 , 2.50 , 1E5 ] ,\n\t\"b\" : { } , \"c\" : [ ] } ",
         "{\"a\":[1,2.50,1E5],\"b\":{},\"c\":[]}"},
        {"\"\\u0041\\/\\u000a\\ud83d\\ude00\\u0000\"", "\"A/\\n\xF0\x9F\x98\x80\\u0000\""},
        {"{\"\\u0061\":1,\"a\":2}", "{\"a\":1,\"a\":2}"}, // twins stay: whoever reads it decides
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"[-0, 1e999, null, true, false]", "[-0,1e999,null,true,false]"},
    };
    const char *error;
    size_t offset;
    buf b = BUF(1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        assert_true(json_compact(&b, slice_of(cases[i][0]), &error, &offset));
        assert_buf(&b, cases[i][1]);
        buf_clear(&b);
        buf_text(&b, cases[i][0]);
        assert_true(json_make_compact(&b, &error, &offset)); // in its place
        assert_buf(&b, cases[i][1]);
    }
    buf_free(&b);
}

static void a_long_string_with_escapes_is_copied_too(void **state) {
    (void)state;
    buf text = BUF(10000), b = BUF(10000), wanted = BUF(10000);
    const char *error;
    size_t offset;
    buf_char(&text, '"');
    buf_char(&wanted, '"');
    for (int i = 0; i < 1000; i++) {
        buf_text(&text, "\\u0061");
        buf_char(&wanted, 'a');
    }
    buf_char(&text, '"');
    buf_char(&wanted, '"');
    assert_true(json_compact(&b, buf_view(&text), &error, &offset));
    assert_buf(&b, buf_string(&wanted));
    buf_free(&text);
    buf_free(&wanted);
    buf_free(&b);
}

static void what_is_not_json_is_not_copied(void **state) {
    (void)state;
    const char *error;
    size_t offset;
    buf b = BUF(100);
    assert_false(json_compact(&b, SLICE("[1, oops]"), &error, &offset));
    assert_string_equal(error, "not a JSON value");
    assert_int_equal(offset, 4);
    assert_buf(&b, "");
    buf_text(&b, "[1, oops]");
    assert_false(json_make_compact(&b, &error, &offset));
    assert_buf(&b, "");
    buf_free(&b);
}

static void a_node_is_written_compactly_where_it_belongs(void **state) {
    (void)state;
    json_doc doc;
    buf b = BUF(100);
    assert_true(json_parse(&doc, SLICE("[ { \"a\" : \"\\u0041\" } , 2 ]"), 0, 0));
    json_open(&b, '[');
    json_put_int(&b, 1);
    json_put_node(&b, json_first(doc.nodes));
    json_put_node(&b, doc.nodes);
    json_close(&b, ']');
    assert_buf(&b, "[1,{\"a\":\"A\"},[{\"a\":\"A\"},2]]");
    json_doc_free(&doc);
    buf_free(&b);
}

static void a_buffer_that_is_too_small_is_full_and_nothing_else(void **state) {
    (void)state;
    const char *error;
    size_t offset;
    buf b = BUF(5);
    assert_true(json_compact(&b, SLICE("[1,2,3]"), &error, &offset));
    assert_true(b.full);
    buf_free(&b);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_come_by_themselves),
        cmocka_unit_test(strings_are_escaped_where_they_must_be),
        cmocka_unit_test(a_text_is_written_the_same_however_long_its_pieces_are),
        cmocka_unit_test(bytes_that_are_no_utf8_become_a_replacement_character_each),
        cmocka_unit_test(floats_are_short_and_stay_floats),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(a_compact_copy_has_no_blanks_and_no_needless_escapes),
        cmocka_unit_test(a_long_string_with_escapes_is_copied_too),
        cmocka_unit_test(what_is_not_json_is_not_copied),
        cmocka_unit_test(a_node_is_written_compactly_where_it_belongs),
        cmocka_unit_test(a_buffer_that_is_too_small_is_full_and_nothing_else),
    };
    return cmocka_run_group_tests_name("JSON writers", tests, NULL, NULL);
}
