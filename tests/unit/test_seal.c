// Sealed texts: what opens them, and what does not.
#include "unit.h"

#include "mcp/seal.h"

#include <unistd.h>

#define CALL SLICE("[\"ann\",\"tools/call\",\"t\",\"digest\"]")
#define TEXT SLICE("[{\"of\":\"x\",\"answers\":{}}]")
#define NOW 1000000
#define END 2000000

static const char *const results[] = {"good", "broken", "expired"};

// Opens it: "good" and what is in it, "broken" or "expired".
static const char *opened(mcp_seal *seal, slice binding, slice sealed, int64_t now) {
    static char out[500];
    buf text = BUF(BUF_SMALL);
    mcp_seal_id id = {0};
    mcp_sealed is = mcp_seal_open(seal, binding, sealed, now, &text, &id);
    snprintf(out, sizeof out, "%s%s%s", results[is], text.n ? " " : "", buf_string(&text));
    assert_int_equal(is == MCP_SEAL_GOOD, id.expires != 0); // nothing is told of what is not good
    buf_free(&text);
    return out;
}

static buf sealed_by(mcp_seal *seal) {
    buf out = BUF(BUF_SMALL);
    assert_true(mcp_seal_close(seal, CALL, TEXT, END, &out));
    return out;
}

static void opens_as_it_was_closed(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    buf s = sealed_by(seal), again = sealed_by(seal);
    assert_string_equal(opened(seal, CALL, buf_view(&s), NOW), "good [{\"of\":\"x\",\"answers\":{}}]");
    assert_false(slice_equal(buf_view(&s), buf_view(&again))); // no two are the same
    assert_null(strstr(buf_string(&s), "answers"));
    buf_free(&s);
    buf_free(&again);
    mcp_seal_free(seal);
}

static void an_empty_text(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    buf s = BUF(BUF_SMALL);
    assert_true(mcp_seal_close(seal, SLICE(""), SLICE(""), END, &s));
    assert_string_equal(opened(seal, SLICE(""), buf_view(&s), NOW), "good");
    buf_free(&s);
    mcp_seal_free(seal);
}

static void no_byte_of_it_may_change(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    buf s = sealed_by(seal);
    for (size_t i = 0; i < s.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            s.s[i] ^= (char)(1 << bit);
            assert_string_equal(opened(seal, CALL, buf_view(&s), NOW), "broken");
            s.s[i] ^= (char)(1 << bit);
        }
        assert_string_equal(opened(seal, CALL, (slice){s.s, i}, NOW), "broken");
    }
    buf_text(&s, "A");
    assert_string_equal(opened(seal, CALL, buf_view(&s), NOW), "broken");
    buf_free(&s);
    mcp_seal_free(seal);
}

static void it_has_an_end(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    buf s = sealed_by(seal);
    assert_string_equal(opened(seal, CALL, buf_view(&s), END - 1), "good [{\"of\":\"x\",\"answers\":{}}]");
    assert_string_equal(opened(seal, CALL, buf_view(&s), END), "expired");
    buf_free(&s);
    mcp_seal_free(seal);
}

static void it_is_of_one_call_and_one_server(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new(), *other = mcp_seal_new();
    buf s = sealed_by(seal);
    assert_string_equal(opened(seal, SLICE("[\"bob\",\"tools/call\",\"t\",\"digest\"]"), buf_view(&s), NOW), "broken");
    assert_string_equal(opened(seal, SLICE("[\"ann\",\"tools/call\",\"t\",\"another\"]"), buf_view(&s), NOW), "broken");
    assert_string_equal(opened(seal, SLICE("[\"ann\",\"tools/call\",\"u\",\"digest\"]"), buf_view(&s), NOW), "broken");
    assert_string_equal(opened(seal, SLICE(""), buf_view(&s), NOW), "broken");
    assert_string_equal(opened(other, CALL, buf_view(&s), NOW), "broken");
    buf_free(&s);
    mcp_seal_free(seal);
    mcp_seal_free(other);
}

static void a_text_that_is_too_large_is_not_closed(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    char *large = calloc(1, MCP_SEAL_TEXT_MAX + 1);
    buf s = BUF(4 * MCP_SEAL_TEXT_MAX);
    assert_false(mcp_seal_close(seal, CALL, (slice){large, MCP_SEAL_TEXT_MAX + 1}, END, &s));
    assert_int_equal(s.n, 0);
    assert_true(mcp_seal_close(seal, CALL, (slice){large, MCP_SEAL_TEXT_MAX}, END, &s));
    buf_free(&s);
    free(large);
    mcp_seal_free(seal);
}

static mcp_seal_id id_of(uint8_t number, int64_t expires) { return (mcp_seal_id){.name = {number}, .expires = expires}; }

static void it_is_spent_once_in_its_life(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    mcp_seal_id a = id_of(1, END), b = id_of(2, END);
    assert_true(mcp_seal_spend(seal, &a, NOW));
    assert_true(mcp_seal_spend(seal, &b, NOW));
    assert_false(mcp_seal_spend(seal, &a, NOW));
    assert_false(mcp_seal_spend(seal, &b, END - 1));
    mcp_seal_free(seal);
}

static void what_is_remembered_has_a_ceiling_and_an_end(void **state) {
    (void)state;
    mcp_seal *seal = mcp_seal_new();
    mcp_seal_id id = id_of(0, END);
    int taken = 0;
    for (int i = 0; i < 5000; i++) {
        memcpy(id.name, &i, sizeof i);
        taken += mcp_seal_spend(seal, &id, NOW);
    }
    assert_int_equal(taken, 4096); // the rest is refused rather than one that was spent forgotten
    memset(id.name, 0xFF, sizeof id.name);
    id.expires = 2 * END;
    assert_true(mcp_seal_spend(seal, &id, END));
    mcp_seal_free(seal);
}

// A server whose keys are the lines of this text.
static mcp_seal *with_keys(const char *text, const char *problem) {
    char name[] = "/tmp/hatchway-seal-XXXXXX";
    int file = mkstemp(name);
    buf error = BUF(BUF_SMALL);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    mcp_seal *seal = mcp_seal_read(name, &error);
    unlink(name);
    assert_buf(&error, problem);
    buf_free(&error);
    return seal;
}

#define A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define B "FFEEDDCCBBAA99887766554433221100ffeeddccbbaa99887766554433221100\r\n"

static void keys_of_a_file(void **state) {
    (void)state;
    mcp_seal *old = with_keys(A, ""), *both = with_keys("# rotated\n\n" B A, ""), *new = with_keys(B, "");
    buf by_old = sealed_by(old), by_both = sealed_by(both);
    assert_string_equal(opened(both, CALL, buf_view(&by_old), NOW), "good [{\"of\":\"x\",\"answers\":{}}]");
    assert_string_equal(opened(new, CALL, buf_view(&by_both), NOW), "good [{\"of\":\"x\",\"answers\":{}}]");
    assert_string_equal(opened(old, CALL, buf_view(&by_both), NOW), "broken");
    buf_free(&by_old);
    buf_free(&by_both);
    mcp_seal_free(old);
    mcp_seal_free(both);
    mcp_seal_free(new);
}

static void files_that_hold_no_keys(void **state) {
    (void)state;
    assert_null(with_keys("", "there is no key in it (openssl rand -hex 32)"));
    assert_null(with_keys(A "00\n", "line 2: a key is 64 hexadecimal digits (openssl rand -hex 32)"));
    assert_null(with_keys("zz" A, "line 1: a key is 64 hexadecimal digits (openssl rand -hex 32)"));
    assert_null(with_keys(A A A A A A A A A, "line 9: more than 8 keys"));
    buf error = BUF(BUF_SMALL);
    assert_null(mcp_seal_read("/nowhere", &error));
    assert_buf(&error, "cannot be read");
    buf_free(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_as_it_was_closed),
        cmocka_unit_test(an_empty_text),
        cmocka_unit_test(no_byte_of_it_may_change),
        cmocka_unit_test(it_has_an_end),
        cmocka_unit_test(it_is_of_one_call_and_one_server),
        cmocka_unit_test(a_text_that_is_too_large_is_not_closed),
        cmocka_unit_test(it_is_spent_once_in_its_life),
        cmocka_unit_test(what_is_remembered_has_a_ceiling_and_an_end),
        cmocka_unit_test(keys_of_a_file),
        cmocka_unit_test(files_that_hold_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
