// Secrets are masked in every spelling, and nothing else is.
#include "unit.h"

#include "base/secret.h"

#include <time.h>

// All that a process keeps is known to all its tests, so the secrets are kept once. KEY has bytes that must
// be percent-encoded.
#define TOKEN "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI3MDdkMDg1NSJ9.c2lnbmF0dXJl-_x"
#define KEY "pa ss/w\xC3\xB6rd+with=every?kind&of%byte"

static const char *const secrets[] = {TOKEN, KEY};
static const char *kept[COUNT(secrets)];

static int setup(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) kept[i] = secret_keep(slice_of(secrets[i]));
    return 0;
}

// The text after scrubbing.
static const char *scrubbed(slice text) {
    static char out[4096];
    buf b = BUF(sizeof out);
    buf_slice(&b, text);
    secret_scrub(&b);
    memcpy(out, buf_string(&b), b.n + 1);
    buf_free(&b);
    return out;
}

static void a_kept_secret_can_be_read(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        assert_string_equal(kept[i], secrets[i]);
        assert_ptr_not_equal(kept[i], secrets[i]);
    }
}

static void it_is_masked_where_it_stands(void **state) {
    (void)state;
    assert_string_equal(scrubbed(SLICE(TOKEN)), "***");
    assert_string_equal(scrubbed(SLICE("Bearer " TOKEN ".")), "Bearer ***.");
    assert_string_equal(scrubbed(SLICE("{\"a\":\"" TOKEN "\",\"b\":\"" KEY "\"}")),
                        "{\"a\":\"***\",\"b\":\"***\"}");
    assert_string_equal(scrubbed(SLICE(TOKEN TOKEN)), "***");
    assert_string_equal(scrubbed(SLICE(TOKEN " " TOKEN)), "*** ***");
}

static void scrubbing_tells_how_many_runs_it_masked(void **state) {
    (void)state;
    buf b = BUF(1000);
    buf_text(&b, "one " TOKEN " two " KEY " three");
    assert_int_equal(secret_scrub(&b), 2);
    assert_buf(&b, "one *** two *** three");
    assert_int_equal(secret_scrub(&b), 0);
    buf_free(&b);
}

// --- spellings ------------------------------------------------------------------------------------------

// Every piece of 16 characters of this spelling is masked, and so is the whole; one of 15 is not looked for.
static void assert_masked(slice spelling) {
    char text[64];
    for (size_t i = 0; i + SECRET_RUN <= spelling.n; i++) {
        snprintf(text, sizeof text, "<%.*s>", SECRET_RUN, spelling.s + i);
        if (strcmp(scrubbed(slice_of(text)), "<***>") != 0)
            fail_msg("%s of %.*s", text, (int)spelling.n, spelling.s);
    }
    assert_string_equal(scrubbed(spelling), "***");
}

static void as_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) assert_masked(slice_of(secrets[i]));
}

static void put_percent(buf *b, const char *s, const char *plain, const char *format) {
    for (; *s; s++) {
        if (strchr(plain, *s)) buf_char(b, *s);
        else buf_printf(b, format, (unsigned char)*s);
    }
}

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void percent_encoded(void **state) {
    (void)state;
    static const char *const plain[] = {ALPHANUMERIC "-._~", ALPHANUMERIC, ""}, *const formats[] = {"%%%02X",
                                                                                                    "%%%02x"};
    buf b = BUF(1000);
    for (size_t i = 0; i < COUNT(secrets); i++)
        for (size_t p = 0; p < COUNT(plain); p++)
            for (size_t f = 0; f < COUNT(formats); f++) {
                buf_clear(&b);
                put_percent(&b, secrets[i], plain[p], formats[f]);
                assert_masked(buf_view(&b));
            }
    buf_free(&b);
}

static void in_hexadecimal(void **state) {
    (void)state;
    buf b = BUF(1000);
    for (size_t i = 0; i < COUNT(secrets); i++)
        for (int upper = 0; upper < 2; upper++) {
            buf_clear(&b);
            put_percent(&b, secrets[i], "", upper ? "%02X" : "%02x");
            assert_masked(buf_view(&b));
        }
    buf_free(&b);
}

// RFC 4648, the plain way: six bits at a time.
static void put_base64(buf *b, slice bytes, const char *last_two) {
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < bytes.n; i += 3) {
        unsigned value = 0;
        for (size_t k = 0; k < 3; k++)
            value = value << 8 | (i + k < bytes.n ? (unsigned char)bytes.s[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            unsigned digit = value >> (18 - 6 * k) & 63;
            if (i + k > bytes.n) buf_char(b, '=');
            else buf_char(b, digit < 62 ? letters[digit] : last_two[digit - 62]);
        }
    }
}

static void the_oracle_of_base64_is_right(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    buf b = BUF(100);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        put_base64(&b, slice_of(cases[i][0]), "+/");
        assert_buf(&b, cases[i][1]);
    }
    buf_free(&b);
}

// In base64 the secret begins and ends in the middle of characters, which others have a part in: those may
// stay.
static void in_base64_at_each_alignment(void **state) {
    (void)state;
    static const char *const before[] = {"", "x", "xy"}, *const after[] = {"", "x", "xy"},
                             *const alphabets[] = {"+/", "-_"};
    buf plain = BUF(1000), b = BUF(1000);
    for (size_t i = 0; i < COUNT(secrets); i++)
        for (size_t p = 0; p < 3; p++)
            for (size_t a = 0; a < 3; a++)
                for (size_t l = 0; l < 2; l++) {
                    buf_clear(&plain);
                    buf_clear(&b);
                    buf_printf(&plain, "%s%s%s", before[p], secrets[i], after[a]);
                    put_base64(&b, buf_view(&plain), alphabets[l]);
                    size_t first = (p * 8 + 5) / 6, last = (p + strlen(secrets[i])) * 8 / 6;
                    assert_masked((slice){b.s + first, last - first});
                    size_t left = strlen(scrubbed(buf_view(&b)));
                    if (left > 3 + first + b.n - last)
                        fail_msg("%s is left of %s", scrubbed(buf_view(&b)), buf_string(&b));
                }
    buf_free(&plain);
    buf_free(&b);
}

static void basic_authorization_is_masked_to_its_last_character(void **state) {
    (void)state;
    buf plain = BUF(1000), b = BUF(1000);
    buf_text(&plain, "users:" TOKEN);
    put_base64(&b, buf_view(&plain), "+/");
    assert_string_equal(scrubbed(buf_view(&b)), "dXNlcnM6***==");
    buf_free(&plain);
    buf_free(&b);
}

// --- what is left alone ---------------------------------------------------------------------------------

static void pieces_of_15_characters_are_left(void **state) {
    (void)state;
    char text[32];
    for (size_t i = 0; i + 15 <= strlen(TOKEN); i++) {
        snprintf(text, sizeof text, "<%.15s>", TOKEN + i);
        assert_string_equal(scrubbed(slice_of(text)), text);
    }
}

static void a_piece_is_masked_and_its_neighbours_are_left(void **state) {
    (void)state;
    assert_string_equal(scrubbed(SLICE("eyJhbGciOiJFUzI1 and NiJ9.eyJzdWIiO")), "*** and NiJ9.eyJzdWIiO");
    assert_string_equal(scrubbed(SLICE("xeyJhbGciOiJFUzI1x")), "x***x");
    for (int n = SECRET_RUN; n < (int)strlen(TOKEN); n++) { // of every length, at the beginning
        char text[100];
        snprintf(text, sizeof text, "%.*s~", n, TOKEN);
        assert_string_equal(scrubbed(slice_of(text)), "***~");
    }
    assert_string_equal(scrubbed(SLICE("eyJhbGciOiJFUzI"
                                       "!"
                                       "1NiJ9.eyJzdWIiO")),
                        "eyJhbGciOiJFUzI!1NiJ9.eyJzdWIiO");
}

static void other_text_is_left_as_it_is(void **state) {
    (void)state;
    static const char letters[] = ALPHANUMERIC "-_.%{}\":, \n";
    char text[1001];
    for (int i = 0; i < 1000; i++) {
        size_t n = unit_random(1000);
        for (size_t k = 0; k < n; k++) text[k] = letters[unit_random(sizeof letters - 1)];
        text[n] = '\0';
        assert_string_equal(scrubbed(slice_of(text)), text);
    }
    assert_string_equal(scrubbed(SLICE("")), "");
    assert_string_equal(scrubbed(SLICE("6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e")),
                        "6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e");
}

static void a_secret_is_found_anywhere_in_a_long_text(void **state) {
    (void)state;
    buf b = BUF(10000);
    for (size_t before = 0; before < 40; before++)
        for (size_t after = 0; after < 40; after++) {
            buf_clear(&b);
            buf_printf(&b, "%.*s" TOKEN "%.*s", (int)before, "........................................",
                       (int)after, ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,");
            assert_int_equal(secret_scrub(&b), 1);
            assert_int_equal(b.n, before + 3 + after);
            assert_memory_equal(b.s + before, "***", 3);
        }
    buf_free(&b);
}

static void an_empty_secret_is_none(void **state) {
    (void)state;
    assert_string_equal(secret_keep((slice){NULL, 0}), "");
    assert_string_equal(secret_keep(SLICE("short")), "short");
    assert_string_equal(scrubbed(SLICE("short and sweet, and some more text")),
                        "short and sweet, and some more text");
}

// --- tokens that were never ours ------------------------------------------------------------------------

static void assert_tokens(const char *text, const char *expected, size_t count) {
    buf b = BUF(1000);
    buf_text(&b, text);
    assert_int_equal(secret_mask_tokens(&b), count);
    assert_buf(&b, expected);
    buf_free(&b);
}

static void what_looks_like_a_token_is_masked(void **state) {
    (void)state;
    assert_tokens("", "", 0);
    assert_tokens("{'t':'eyJh.eyJz-_.c2ln'}", "{'t':'***'}", 1);
    assert_tokens("eyJh.b.c eyJh.b.c", "*** ***", 2);
    assert_tokens("eyJ.b.c", "***", 1);
    assert_tokens("xeyJh.b.c.d", "x***.d", 1);
}

// A server that says so over and over must not hold up the others.
static void what_only_begins_like_a_token_is_passed_quickly(void **state) {
    (void)state;
    buf b = BUF((size_t)3 << 20);
    while (b.n < (size_t)2 << 20) buf_text(&b, "eyJeyJeyJ.eyJeyJ..");
    size_t n = b.n;
    clock_t began = clock();
    assert_int_equal(secret_mask_tokens(&b), 0);
    assert_true(clock() - began < 2 * CLOCKS_PER_SEC);
    assert_int_equal(b.n, n);
    b.n = 0;
    while (b.n < (size_t)1 << 20) buf_text(&b, "eyJ");
    began = clock();
    assert_int_equal(secret_mask_tokens(&b), 0);
    assert_true(clock() - began < 2 * CLOCKS_PER_SEC);
    buf_free(&b);
}

static void what_lacks_a_part_is_none(void **state) {
    (void)state;
    static const char *const texts[] = {"eyJh",    "eyJh.",     "eyJh.b",   "eyJh.b.",
                                        "eyJh..c", "eyJh.b. c", "ayJh.b.c", "v0.104.7"};
    for (size_t i = 0; i < COUNT(texts); i++) assert_tokens(texts[i], texts[i], 0);
}

static void texts_are_equal_whole_or_not(void **state) {
    (void)state;
    assert_true(secret_equal(SLICE("abc"), SLICE("abc")));
    assert_true(secret_equal(SLICE(""), SLICE("")));
    assert_false(secret_equal(SLICE("abc"), SLICE("abd")));
    assert_false(secret_equal(SLICE("abc"), SLICE("xbc")));
    assert_false(secret_equal(SLICE("abc"), SLICE("ab")));
    assert_false(secret_equal(SLICE(""), SLICE("a")));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_secret_can_be_read),
        cmocka_unit_test(it_is_masked_where_it_stands),
        cmocka_unit_test(scrubbing_tells_how_many_runs_it_masked),
        cmocka_unit_test(as_it_is),
        cmocka_unit_test(percent_encoded),
        cmocka_unit_test(in_hexadecimal),
        cmocka_unit_test(the_oracle_of_base64_is_right),
        cmocka_unit_test(in_base64_at_each_alignment),
        cmocka_unit_test(basic_authorization_is_masked_to_its_last_character),
        cmocka_unit_test(pieces_of_15_characters_are_left),
        cmocka_unit_test(a_piece_is_masked_and_its_neighbours_are_left),
        cmocka_unit_test(other_text_is_left_as_it_is),
        cmocka_unit_test(a_secret_is_found_anywhere_in_a_long_text),
        cmocka_unit_test(an_empty_secret_is_none),
        cmocka_unit_test(what_looks_like_a_token_is_masked),
        cmocka_unit_test(what_lacks_a_part_is_none),
        cmocka_unit_test(what_only_begins_like_a_token_is_passed_quickly),
        cmocka_unit_test(texts_are_equal_whole_or_not),
    };
    return cmocka_run_group_tests_name("secrets", tests, setup, NULL);
}
