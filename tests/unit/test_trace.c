// traceparent and tracestate: what is taken, what is as if it were not there, and what goes on.
#include "unit.h"

#include "base/trace.h"

#include <string.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

static trace_context *child(const char *parent, const char *state) {
    return trace_child(slice_of(parent), slice_of(state));
}

static void a_child_keeps_the_trace_and_has_a_span_of_its_own(void **state) {
    (void)state;
    trace_context *a = child("00-" TRACE "-" SPAN "-01", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    trace_context *b = child("00-" TRACE "-" SPAN "-01", NULL);
    assert_string_equal(a->trace, TRACE);
    assert_string_equal(a->flags, "01");
    assert_string_equal(a->state, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    assert_int_equal(strspn(a->span, "0123456789abcdef"), 16);
    assert_string_not_equal(a->span, SPAN);
    assert_string_not_equal(a->span, b->span);
    assert_string_equal(b->state, "");
    free(a);
    free(b);
}

static void what_is_sent_on_is_the_child(void **state) {
    (void)state;
    trace_context *a = child("00-" TRACE "-" SPAN "-00", NULL);
    strcpy(a->span, "1234567890abcdef");
    buf out = BUF(BUF_SMALL);
    trace_put_parent(&out, a);
    assert_string_equal(buf_string(&out), "00-" TRACE "-1234567890abcdef-00");
    buf_free(&out);
    free(a);
}

static void flags_that_nobody_has_defined_are_not_sent_on(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"ff", "03"}, {"a1", "01"}, {"02", "02"}, {"f0", "00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char parent[60];
        snprintf(parent, sizeof parent, "00-" TRACE "-" SPAN "-%s", cases[i][0]);
        trace_context *a = child(parent, NULL);
        assert_string_equal(a->flags, cases[i][1]);
        free(a);
    }
}

static void what_is_malformed_is_ignored(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "00",
        "00-" TRACE "-" SPAN,                                   // no flags
        "00-" TRACE "-" SPAN "-1",
        "00-" TRACE "-" SPAN "-01-",                            // more than the version has
        "00-" TRACE "-" SPAN "-01-x",
        "01-" TRACE "-" SPAN "-01",                             // another version
        "ff-" TRACE "-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",      // all zero
        "00-" TRACE "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",      // upper case
        "00-" TRACE "-00F067AA0BA902B7-01",
        "00-" TRACE "-" SPAN "-0A",
        "00-" TRACE "_" SPAN "-01",
        "00-" TRACE "-" SPAN "_01",
        "00_" TRACE "-" SPAN "-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-" SPAN "-01",      // no hex
        " 00-" TRACE "-" SPAN "-0",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (child(cases[i], "a=b")) fail_msg("taken: %s", cases[i]);
}

static void a_state_that_could_end_a_header_is_left_out(void **state) {
    (void)state;
    char long_state[514];
    memset(long_state, 'a', 513);
    long_state[513] = '\0';
    const char *const cases[][2] = {{"a=1\r\nAuthorization: x", ""}, {"a=\x7F", ""}, {"a=\xC3\xA4", ""},
                                    {long_state, ""}, {long_state + 1, long_state + 1}, {"a=1, b=2", "a=1, b=2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trace_context *a = child("00-" TRACE "-" SPAN "-01", cases[i][0]);
        assert_string_equal(a->state, cases[i][1]);
        free(a);
    }
    trace_context *zero = trace_child(SLICE("00-" TRACE "-" SPAN "-01"), SLICE("a=\0b"));
    assert_string_equal(zero->state, "");
    free(zero);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_keeps_the_trace_and_has_a_span_of_its_own),
        cmocka_unit_test(what_is_sent_on_is_the_child),
        cmocka_unit_test(flags_that_nobody_has_defined_are_not_sent_on),
        cmocka_unit_test(what_is_malformed_is_ignored),
        cmocka_unit_test(a_state_that_could_end_a_header_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
