// The reader of JSON: what it takes, what it refuses and where, and how it tells numbers apart.
#include "unit.h"

#include "base/json_scan.h"

// Reads to the end. NULL, or what is wrong and where.
static const char *complaint(slice text) {
    static char out[128];
    json_reader r;
    json_token token;
    json_start(&r, text);
    do token = json_next(&r);
    while (token != JSON_T_END && token != JSON_T_ERROR);
    if (token == JSON_T_END) return NULL;
    snprintf(out, sizeof out, "%zu: %s", json_offset(&r), r.error);
    return out;
}

// The tokens of a text, a letter each: n f t, i(nteger) r(eal) b(ig), s(tring) k(ey), [ ] { }, ! for an
// error.
static const char *tokens(const char *text) {
    static const char letters[] = {
        [JSON_T_ERROR] = '!',      [JSON_T_NULL] = 'n',  [JSON_T_FALSE] = 'f',     [JSON_T_TRUE] = 't',
        [JSON_T_INT] = 'i',        [JSON_T_REAL] = 'r',  [JSON_T_BIG] = 'b',       [JSON_T_STRING] = 's',
        [JSON_T_KEY] = 'k',        [JSON_T_ARRAY] = '[', [JSON_T_ARRAY_END] = ']', [JSON_T_OBJECT] = '{',
        [JSON_T_OBJECT_END] = '}',
    };
    static char out[256];
    char *to = out;
    json_reader r;
    json_token token;
    json_start(&r, slice_of(text));
    while ((token = json_next(&r)) != JSON_T_END) {
        *to++ = letters[token];
        if (token == JSON_T_ERROR) break;
    }
    *to = '\0';
    return out;
}

static void values_come_as_tokens(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"null", "n"},
        {"true", "t"},
        {"false", "f"},
        {"0", "i"},
        {"''", "s"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1,[2.5,'x'],{}]", "[i[rs]{}]"},
        {"{'a':{'b':[null]},'c':true}", "{k{k[n]}kt}"},
        {" \t\r\n[ 1 , 2 ] \n", "[ii]"},
        {"{'a':1", "{ki!"},
        {"[1}", "[i!"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(tokens(q(cases[i][0])), cases[i][1]);
}

static void the_grammar_is_kept_and_the_place_of_an_error_is_told(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "0: the text ends too early"},
        {"  ", "2: the text ends too early"},
        {"nul", "0: not a JSON value"},
        {"nulll", "4: text after the value"},
        {"True", "0: not a JSON value"},
        {"NaN", "0: not a JSON value"},
        {"-Infinity", "0: a number needs a digit here"},
        {"'a'", "0: not a JSON value"},
        {"1 2", "2: text after the value"},
        {"[1] x", "4: text after the value"},
        {"\xEF\xBB\xBF{}", "0: not a JSON value"},
        {"[", "1: the text ends too early"},
        {"[1", "2: the text ends too early"},
        {"[1,", "3: the text ends too early"},
        {"[1,]", "3: not a JSON value"},
        {"[,1]", "1: not a JSON value"},
        {"[1 2]", "3: a comma or a closing bracket must follow a value"},
        {"]", "0: not a JSON value"},
        {"[}", "1: not a JSON value"},
        {"[1}", "2: the wrong closing bracket"},
        {"{\"a\":1]", "6: the wrong closing bracket"},
        {"{1:2}", "1: a member needs a name in quotes"},
        {"{a:2}", "1: a member needs a name in quotes"},
        {"{\"a\"}", "4: a colon must follow the name of a member"},
        {"{\"a\" 1}", "5: a colon must follow the name of a member"},
        {"{\"a\":}", "5: not a JSON value"},
        {"{\"a\":1,}", "7: a member needs a name in quotes"},
        {"{,}", "1: a member needs a name in quotes"},
        {"[1,//\n2]", "3: not a JSON value"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = complaint(slice_of(cases[i][0]));
        assert_string_equal(got ? got : "nothing", cases[i][1]);
    }
}

static void numbers_follow_the_grammar(void **state) {
    (void)state;
    static const char *const good[][2] = {
        {"0", "i"},
        {"-1", "i"},
        {"9223372036854775807", "i"},
        {"-9223372036854775808", "i"},
        {"9223372036854775808", "b"},
        {"-9223372036854775809", "b"},
        {"18446744073709551616", "b"},
        {"123456789012345678901234567890", "b"},
        {"-0", "r"},
        {"0.5", "r"},
        {"1e2", "r"},
        {"1E+2", "r"},
        {"1.50e-2", "r"},
        {"1e308", "r"},
        {"1e309", "b"},
        {"-1e309", "b"},
        {"1e-400", "r"},
        {"0e0", "r"},
    };
    static const char *const bad[][2] = {
        {"-", "0: a number needs a digit here"},
        {"+1", "0: not a JSON value"},
        {".5", "0: not a JSON value"},
        {"01", "0: a number must not begin with 0"},
        {"-01", "0: a number must not begin with 0"},
        {"1.", "0: a number needs a digit after the point"},
        {"1.e1", "0: a number needs a digit after the point"},
        {"1e", "0: a number needs a digit in its exponent"},
        {"1e+", "0: a number needs a digit in its exponent"},
        {"0x10", "1: text after the value"},
        {"1_000", "1: text after the value"},
    };
    for (size_t i = 0; i < COUNT(good); i++) assert_string_equal(tokens(good[i][0]), good[i][1]);
    for (size_t i = 0; i < COUNT(bad); i++) assert_string_equal(complaint(slice_of(bad[i][0])), bad[i][1]);
}

static void numbers_keep_their_value_and_their_text(void **state) {
    (void)state;
    json_reader r;
    json_start(&r, SLICE("[-9223372036854775808, 0.1, 1e400]"));
    json_next(&r);
    assert_int_equal(json_next(&r), JSON_T_INT);
    assert_true(r.integer == INT64_MIN);
    assert_int_equal(json_next(&r), JSON_T_REAL);
    assert_true(r.real == 0.1);
    assert_int_equal(json_next(&r), JSON_T_BIG);
    assert_true(slice_is(r.text, "1e400"));
}

static void strings_follow_the_grammar(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"\"", "1: the text ends inside a string"},
        {"\"abc", "4: the text ends inside a string"},
        {"\"\\", "1: the text ends inside a string"},
        {"\"\\\"", "3: the text ends inside a string"},
        {"\"a\nb\"", "2: control character in a string; write it as an escape"},
        {"\"a\tb\"", "2: control character in a string; write it as an escape"},
        {"\"\\x41\"", "1: unknown escape in a string"},
        {"\"\\'\"", "1: unknown escape in a string"},
        {"\"\\u12\"", "1: \\u needs four hexadecimal digits"},
        {"\"\\u12G4\"", "1: \\u needs four hexadecimal digits"},
        {"\"\\uD83D\"", "7: half of a surrogate pair in a string"},
        {"\"\\uD83Dx\"", "7: half of a surrogate pair in a string"},
        {"\"\\uD83D\\n\"", "7: half of a surrogate pair in a string"},
        {"\"\\uD83D\\uD83D\"", "7: half of a surrogate pair in a string"},
        {"\"\\uDE00\"", "7: half of a surrogate pair in a string"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) assert_string_equal(complaint(slice_of(bad[i][0])), bad[i][1]);
    assert_string_equal(complaint(SLICE("\"a\0b\"")),
                        "2: control character in a string; write it as an escape");
    assert_null(complaint(SLICE("\"\x7F \\u0000 \\ud83d\\ude00 \\uFFFF\"")));
}

// Every byte at every place of strings of every length up to 20, each in memory of just that size.
static void a_byte_that_is_not_plain_is_found_wherever_it_stands(void **state) {
    (void)state;
    for (size_t length = 1; length <= 20; length++) {
        char *text = malloc(length);
        for (size_t place = 0; place < length; place++) {
            for (int byte = 0; byte < 256; byte++) {
                memset(text, place % 2 ? '!' : 'x', length);
                text[place] = (char)byte;
                bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
                size_t found = (size_t)(json_skip_plain(text, text + length) - text);
                assert_int_equal(found, plain ? length : place);
            }
        }
        free(text);
    }
}

static void only_utf8_is_taken(void **state) {
    (void)state;
    static const char *const good[] = {"\xC2\x80",         "\xDF\xBF",        "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",     "\xEE\x80\x80",    "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {
        "\x80", "\xBF", "\xFE", "\xFF",                            // no first byte
        "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3(", "\xE2(\xAC",  // cut short
        "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", // longer than need be
        "\xED\xA0\x80", "\xED\xBF\xBF",                            // surrogates
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",                    // beyond U+10FFFF
    };
    char text[16];
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(text, sizeof text, "\"%s\"", good[i]);
        assert_null(complaint(slice_of(text)));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(text, sizeof text, "\"a%s\"", bad[i]);
        assert_string_equal(complaint(slice_of(text)), "2: the text is not UTF-8");
        snprintf(text, sizeof text, "{\"%s\":1}", bad[i]);
        assert_string_equal(complaint(slice_of(text)), "2: the text is not UTF-8");
    }
}

static void the_text_ends_where_the_slice_ends(void **state) {
    (void)state;
    static const char *const texts[] = {"null",         "true", "\"a\"",    "\"\\u0041\"",
                                        "\"\xC3\xA4\"", "[1]",  "{\"a\":1}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t n = 0; n < strlen(texts[i]); n++) {
            char *exact = base_alloc(n ? n : 1); // the sanitizer watches its end
            memcpy(exact, texts[i], n);
            assert_non_null(complaint((slice){exact, n}));
            free(exact);
        }
    }
}

static void nesting_has_a_ceiling(void **state) {
    (void)state;
    for (int depth = JSON_DEPTH; depth <= JSON_DEPTH + 1; depth++) {
        for (int objects = 0; objects < 2; objects++) {
            buf text = BUF(4096);
            for (int i = 0; i < depth; i++) buf_text(&text, objects ? "{\"a\":" : "[");
            buf_char(&text, '1');
            for (int i = 0; i < depth; i++) buf_char(&text, objects ? '}' : ']');
            const char *got = complaint(buf_view(&text));
            if (depth == JSON_DEPTH) assert_null(got);
            else assert_string_equal(got, objects ? "640: nested too deeply" : "128: nested too deeply");
            buf_free(&text);
        }
    }
}

static void escapes_stand_for_characters(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"\\\"\\\\\\/", "\"\\/"},
        {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
        {"a\\u0041\\u00e4\\u20AC", "aA\xC3\xA4\xE2\x82\xAC"},
        {"\\ud83d\\ude00!", "\xF0\x9F\x98\x80!"},
        {"\\uDBFF\\uDFFF", "\xF4\x8F\xBF\xBF"},
    };
    char out[64];
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = json_unescape(slice_of(cases[i][0]), out);
        assert_true(slice_is((slice){out, n}, cases[i][1]));
    }
    assert_int_equal(json_unescape(SLICE("\\u0000"), out), 1);
    assert_int_equal(out[0], 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_as_tokens),
        cmocka_unit_test(the_grammar_is_kept_and_the_place_of_an_error_is_told),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(numbers_keep_their_value_and_their_text),
        cmocka_unit_test(strings_follow_the_grammar),
        cmocka_unit_test(a_byte_that_is_not_plain_is_found_wherever_it_stands),
        cmocka_unit_test(only_utf8_is_taken),
        cmocka_unit_test(the_text_ends_where_the_slice_ends),
        cmocka_unit_test(nesting_has_a_ceiling),
        cmocka_unit_test(escapes_stand_for_characters),
    };
    return cmocka_run_group_tests_name("the JSON reader", tests, NULL, NULL);
}
