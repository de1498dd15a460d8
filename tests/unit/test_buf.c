// Buffers that are born with their ceiling.
#include "unit.h"

static void writes_stand_one_after_the_other(void **state) {
    (void)state;
    buf b = BUF(100);
    buf_text(&b, "one");
    buf_char(&b, ' ');
    buf_slice(&b, SLICE("two"));
    buf_add(&b, " three and more", 6);
    buf_printf(&b, " %d %s", 4, "five");
    assert_buf(&b, "one two three 4 five");
    assert_int_equal(buf_view(&b).n, 20);
    assert_false(b.full);
    buf_free(&b);
}

static void bytes_of_every_value_are_kept(void **state) {
    (void)state;
    buf b = BUF(3);
    buf_add(&b, "\0\xFF\0", 3);
    assert_memory_equal(buf_view(&b).s, "\0\xFF\0", 3);
    buf_free(&b);
}

static void an_empty_buffer_is_an_empty_string(void **state) {
    (void)state;
    buf b = BUF(10);
    assert_buf(&b, "");
    buf_text(&b, "");
    buf_add(&b, NULL, 0);
    assert_null(b.s);
    assert_int_equal(buf_view(&b).n, 0);
}

static void base64_is_read_strictly(void **state) {
    static const struct {
        const char *text, *value; // NULL: it is none
    } cases[] = {
        {"", ""},         {"ZWNobw==", "echo"}, {"Zm9v", "foo"},    {"Zm9vYg==", "foob"}, {"Zm9vYmE=", "fooba"},
        {"/+8=", "\xFF\xEF"}, {"Z", NULL},   {"Zm9vYg", NULL},   {"Zm9vYg=", NULL},    {"Zm9vYh==", NULL},
        {"Zm9=v", NULL},  {"====", NULL},       {"Zm 9", NULL},     {"Zm-_", NULL},       {"Zg==Zg==", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf b = BUF(100);
        assert_int_equal(buf_base64_decoded(&b, slice_of(cases[i].text)), cases[i].value != NULL);
        if (cases[i].value) assert_buf(&b, cases[i].value);
        buf_free(&b);
    }
}

static void what_reaches_the_ceiling_fits(void **state) {
    (void)state;
    buf b = BUF(6);
    buf_text(&b, "abc");
    buf_text(&b, "def");
    assert_false(b.full);
    assert_buf(&b, "abcdef");
    buf_free(&b);
}

// One row, one way to write four bytes where three fit.
static void add_four(buf *b) { buf_add(b, "wxyz", 4); }
static void print_four(buf *b) { buf_printf(b, "%04d", 7); }
static void room_for_four(buf *b) { assert_null(buf_room(b, 4)); }

static void a_write_that_would_pass_it_is_dropped_whole_and_so_are_all_that_follow(void **state) {
    (void)state;
    void (*const writers[])(buf *) = {add_four, print_four, room_for_four};
    for (size_t i = 0; i < COUNT(writers); i++) {
        buf b = BUF(6);
        buf_text(&b, "abc");
        writers[i](&b);
        assert_true(b.full);
        buf_char(&b, 'd');
        assert_null(buf_room(&b, 1));
        assert_buf(&b, "abc");
        buf_free(&b);
    }
}

static void an_absurd_length_is_too_much_and_no_overflow(void **state) {
    (void)state;
    buf b = BUF(100);
    buf_text(&b, "abc");
    assert_null(buf_room(&b, SIZE_MAX));
    assert_true(b.full);
    buf_free(&b);
}

static void nothing_fits_under_a_ceiling_of_nothing(void **state) {
    (void)state;
    buf b = BUF(0);
    buf_char(&b, 'a');
    assert_true(b.full);
    assert_buf(&b, "");
}

static void room_is_filled_by_the_caller(void **state) {
    (void)state;
    buf b = BUF(1000);
    buf_text(&b, "abc");
    char *room = buf_room(&b, 500);
    memset(room, 'x', 500);
    b.n += 2; // of which it uses two
    buf_char(&b, '!');
    assert_buf(&b, "abcxx!");
    buf_free(&b);
}

static void clear_begins_again_and_forgets_the_overflow(void **state) {
    (void)state;
    buf b = BUF(3);
    buf_text(&b, "abcd");
    buf_clear(&b);
    buf_text(&b, "abc");
    assert_false(b.full);
    assert_buf(&b, "abc");
    buf_free(&b);
}

static void a_freed_buffer_can_be_used_again_under_its_old_ceiling(void **state) {
    (void)state;
    buf b = BUF(3);
    buf_text(&b, "abc");
    buf_free(&b);
    assert_buf(&b, "");
    buf_text(&b, "abcd");
    assert_true(b.full);
    buf_free(&b);
}

static void slices_are_compared_by_their_bytes(void **state) {
    (void)state;
    slice none = {NULL, 0};
    assert_true(slice_equal(none, SLICE("")));
    assert_true(slice_is(none, ""));
    assert_true(slice_is(slice_of(NULL), ""));
    assert_true(slice_is((slice){"abcdef", 3}, "abc"));
    assert_false(slice_is((slice){"abcdef", 3}, "abcdef"));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_true(slice_starts(SLICE("now-1h"), "now"));
    assert_true(slice_starts(none, ""));
    assert_false(slice_starts(SLICE("no"), "now"));
}

// "=TEXT", or "refused".
static const char *from_base64url(const char *text) {
    static char out[100];
    buf b = BUF(20);
    bool ok = buf_base64url_decoded(&b, slice_of(text));
    snprintf(out, sizeof out, "%s%s", ok ? "=" : "refused", ok ? buf_string(&b) : "");
    buf_free(&b);
    return out;
}

static void base64url_has_one_spelling_of_each_text(void **state) {
    (void)state;
    assert_string_equal(from_base64url(""), "=");
    assert_string_equal(from_base64url("aGk"), "=hi");
    assert_string_equal(from_base64url("aGkh"), "=hi!");
    assert_string_equal(from_base64url("aA"), "=h");
    assert_string_equal(from_base64url("fn5-Pz8_"), "=~~~???");
    static const char *const none[] = {"a", "aGkhI", "aB", "aGl", "aA==", "aGk=", "fn5+", "Pz8/", "aG k", "aGk\n"};
    for (size_t i = 0; i < COUNT(none); i++) assert_string_equal(from_base64url(none[i]), "refused");
    assert_string_equal(from_base64url("aGVsbG8sIGhlbGxvLCBoZWxsbyE"), "=hello, hello, hello!");
    assert_string_equal(from_base64url("aGVsbG8sIGhlbGxvLCBoZWxsbyEh"), "refused"); // 21 bytes for a buffer of 20
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_stand_one_after_the_other),
        cmocka_unit_test(bytes_of_every_value_are_kept),
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(base64_is_read_strictly),
        cmocka_unit_test(what_reaches_the_ceiling_fits),
        cmocka_unit_test(a_write_that_would_pass_it_is_dropped_whole_and_so_are_all_that_follow),
        cmocka_unit_test(an_absurd_length_is_too_much_and_no_overflow),
        cmocka_unit_test(nothing_fits_under_a_ceiling_of_nothing),
        cmocka_unit_test(room_is_filled_by_the_caller),
        cmocka_unit_test(clear_begins_again_and_forgets_the_overflow),
        cmocka_unit_test(a_freed_buffer_can_be_used_again_under_its_old_ceiling),
        cmocka_unit_test(slices_are_compared_by_their_bytes),
        cmocka_unit_test(base64url_has_one_spelling_of_each_text),
    };
    return cmocka_run_group_tests_name("buffers", tests, NULL, NULL);
}
