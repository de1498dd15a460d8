// The log: one JSON object a line on stderr.
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#define TIME "\"time\":\"2026-11-21T06:29:04.291Z\""

static int stderr_before, captured;

static int setup(void **state) {
    (void)state;
    clock_play(INT64_C(1795242544291000));
    return 0;
}

// stderr goes to a file while a test runs.
static int begin(void **state) {
    (void)state;
    char name[] = "/tmp/hatchway-log-XXXXXX";
    captured = mkstemp(name);
    unlink(name);
    stderr_before = dup(STDERR_FILENO);
    return dup2(captured, STDERR_FILENO) < 0;
}

static int end(void **state) {
    (void)state;
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    close(captured);
    log_set_level(LOG_INFO);
    return 0;
}

// What was written since the last look.
static const char *written(void) {
    static char text[2 << 20];
    ssize_t n = pread(captured, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(ftruncate(captured, 0), 0);
    lseek(captured, 0, SEEK_SET);
    return text;
}

static void a_line_begins_with_time_level_and_event(void **state) {
    (void)state;
    log_line line;
    assert_true(log_begin(&line, LOG_NOTICE, "call"));
    log_field(&line, "tool", "get_\"run\"");
    log_number(&line, "status", 200);
    json_put_key(&line.json, "ids");
    json_put_raw(&line.json, SLICE("[1,2]"));
    log_end(&line);
    assert_string_equal(written(), "{" TIME ",\"level\":\"notice\",\"event\":\"call\",\"tool\":\"get_"
                                            "\\\"run\\\"\",\"status\":200,\"ids\":[1,2]}\n");
}

static void a_message_is_formatted(void **state) {
    (void)state;
    log_message(LOG_WARNING, "start", "%d of %s\n", 3, "four");
    assert_string_equal(
        written(), "{" TIME ",\"level\":\"warning\",\"event\":\"start\",\"message\":\"3 of four\\n\"}\n");
}

static void a_long_message_is_cut(void **state) {
    (void)state;
    char long_text[9000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    log_message(LOG_INFO, "e", "%s", long_text);
    const char *line = written();
    assert_int_equal(strlen(line),
                     strlen("{" TIME ",\"level\":\"info\",\"event\":\"e\",\"message\":\"\"}\n") + 4095);
}

static void levels_below_the_wanted_one_are_not_written(void **state) {
    (void)state;
    log_line line;
    log_message(LOG_DEBUG, "e", "x");
    assert_string_equal(written(), ""); // info at the start
    log_set_level(LOG_ERROR);
    assert_false(log_begin(&line, LOG_WARNING, "e"));
    log_message(LOG_WARNING, "e", "x");
    assert_string_equal(written(), "");
    log_message(LOG_ERROR, "e", "x");
    assert_string_not_equal(written(), "");
    log_set_level(LOG_DEBUG);
    log_message(LOG_DEBUG, "e", "x");
    assert_string_not_equal(written(), "");
}

static void levels_have_names(void **state) {
    (void)state;
    static const char *const names[] = {"debug", "info",     "notice", "warning",
                                        "error", "critical", "alert",  "emergency"};
    log_level level;
    for (int i = 0; i < LOG_LEVELS; i++) {
        assert_string_equal(log_level_name((log_level)i), names[i]);
        assert_true(log_level_parse(slice_of(names[i]), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse(SLICE("warn"), &level));
    assert_false(log_level_parse(SLICE("INFO"), &level));
    assert_false(log_level_parse(SLICE(""), &level));
}

static void secrets_are_masked_however_they_come_in(void **state) {
    (void)state;
    secret_keep(SLICE("a-token-of-the-tenant-0123456789"));
    log_message(LOG_INFO, "e", "x a-token-of-the-tenant-0123456789 y");
    assert_string_equal(written(), "{" TIME ",\"level\":\"info\",\"event\":\"e\",\"message\":\"x *** y\"}\n");
}

static void a_line_above_the_ceiling_is_left_out_and_that_is_told(void **state) {
    (void)state;
    char *huge = base_alloc((1 << 20) + 1);
    memset(huge, 'x', 1 << 20);
    log_line line;
    assert_true(log_begin(&line, LOG_INFO, "e"));
    log_field(&line, "text", huge);
    log_end(&line);
    assert_string_equal(
        written(),
        "{\"level\":\"error\",\"event\":\"log\",\"message\":\"a log line was too long and is left out\"}\n");
    free(huge);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_begins_with_time_level_and_event, begin, end),
        cmocka_unit_test_setup_teardown(a_message_is_formatted, begin, end),
        cmocka_unit_test_setup_teardown(a_long_message_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(levels_below_the_wanted_one_are_not_written, begin, end),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test_setup_teardown(secrets_are_masked_however_they_come_in, begin, end),
        cmocka_unit_test_setup_teardown(a_line_above_the_ceiling_is_left_out_and_that_is_told, begin, end),
    };
    return cmocka_run_group_tests_name("the log", tests, setup, NULL);
}
