// Times as text.
#include "unit.h"

#include "base/when.h"

// 2026-11-21T06:29:04.291Z
#define NOW INT64_C(1795242544291000)

// The time in our own form, or "no".
static const char *iso(const char *text) {
    static char out[WHEN_TEXT];
    int64_t time;
    return when_parse_iso(slice_of(text), &time) ? when_format(time, out) : "no";
}

static const char *any(const char *text) {
    static char out[WHEN_TEXT];
    int64_t time;
    const char *error = NULL;
    if (when_parse(slice_of(text), NOW, &time, &error)) return when_format(time, out);
    assert_non_null(error);
    return "no";
}

static void iso_8601_is_read_in_its_common_forms(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"2026-11-21", "2026-11-21T00:00:00Z"},
        {"2026-11-21T06:29", "2026-11-21T06:29:00Z"},
        {"2026-11-21T06:29:04", "2026-11-21T06:29:04Z"},
        {"2026-11-21T06:29:04Z", "2026-11-21T06:29:04Z"},
        {"2026-11-21t06:29:04z", "2026-11-21T06:29:04Z"},
        {"2026-11-21 06:29:04", "2026-11-21T06:29:04Z"},
        {"2026-11-21T06:29:04.291Z", "2026-11-21T06:29:04.291Z"},
        {"2026-11-21T06:29:04,5Z", "2026-11-21T06:29:04.5Z"},
        {"2026-11-21T06:29:04.123456789Z", "2026-11-21T06:29:04.123456Z"},
        {"2026-11-21T06:29:04.000001Z", "2026-11-21T06:29:04.000001Z"},
        {"2026-11-21T06:29:04+02:00", "2026-11-21T04:29:04Z"},
        {"2026-11-21T06:29:04+0530", "2026-11-21T00:59:04Z"},
        {"2026-11-21T06:29:04-08", "2026-11-21T14:29:04Z"},
        {"2026-11-21T06:29-00:00", "2026-11-21T06:29:00Z"},
        {"2026-11-21T23:59:60Z", "2026-11-22T00:00:00Z"},
        {"2026-11-21T00:30:00+01:00", "2026-11-20T23:30:00Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(iso(cases[i][0]), cases[i][1]);
}

static void nothing_else_is(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        " ",
        "2026",
        "2026-11",
        "2026-11-2",
        "26-11-21",
        "2026/11/21",
        "20261121",
        "2026-11-21T",
        "2026-11-21T06",
        "2026-11-21T6:29",
        "2026-11-21T06:29:4",
        "2026-11-21T06:29:04.",
        "2026-11-21T06:29:04.Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T06:60Z",
        "2026-11-21T06:29:61Z",
        "2026-11-21Z",
        "2026-11-21T06:29:04 Z",
        "2026-11-21T06:29:04+2",
        "2026-11-21T06:29:04+02:",
        "2026-11-21T06:29:04+02:0",
        "2026-11-21T06:29:04+24:00",
        "2026-11-21T06:29:04+02:60",
        "2026-11-21T06:29:04ZZ",
        "2026-11-21T06:29:04Z ",
        " 2026-11-21",
        "2026-11-21X06:29",
        "2026-00-21",
        "2026-13-21",
        "2026-11-00",
        "2026-11-31",
        "+2026-11-21",
        "-026-11-21",
        "2026-W47-6",
        "2026-325",
        "21 Nov 2026",
        "now",
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(iso(cases[i]), "no") != 0) fail_msg("\"%s\" is read as %s", cases[i], iso(cases[i]));
}

static void february_has_29_days_in_leap_years(void **state) {
    (void)state;
    assert_string_equal(iso("2024-02-29"), "2024-02-29T00:00:00Z");
    assert_string_equal(iso("2000-02-29"), "2000-02-29T00:00:00Z");
    assert_string_equal(iso("2023-02-29"), "no");
    assert_string_equal(iso("1900-02-29"), "no");
    assert_string_equal(iso("2024-02-30"), "no");
}

static void years_1_to_9999_are_times(void **state) {
    (void)state;
    int64_t time;
    assert_string_equal(iso("0001-01-01"), "0001-01-01T00:00:00Z");
    assert_string_equal(iso("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(iso("0000-12-31"), "no");
    assert_string_equal(iso("0001-01-01T00:00:00+00:01"), "no");
    assert_string_equal(iso("9999-12-31T23:59:59-00:01"), "no");
    assert_string_equal(iso("9999-12-31T23:59:60Z"), "no");
    assert_true(when_parse_iso(SLICE("1970-01-01"), &time) && time == 0);
    assert_true(when_parse_iso(SLICE("1969-12-31T23:59:59.5Z"), &time) && time == -500000);
    assert_true(when_parse_iso(SLICE("2026-11-21T06:29:04.291Z"), &time) && time == NOW);
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static void months_follow_one_another_through_the_whole_calendar(void **state) {
    (void)state;
    char text[64], back[WHEN_TEXT];
    int64_t time, begin;
    assert_true(when_parse_iso(SLICE("0001-01-01"), &begin));
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", year, month);
            if (!when_parse_iso(slice_of(text), &time) || time != begin) fail_msg("%s", text);
            assert_string_equal(when_format(begin, back), text);
            begin += days_in(year, month) * INT64_C(86400) * WHEN_SECOND;
            snprintf(text, sizeof text, "%04d-%02d-%02dT23:59:59.999999Z", year, month, days_in(year, month));
            if (!when_parse_iso(slice_of(text), &time) || time != begin - 1) fail_msg("%s", text);
            assert_string_equal(when_format(begin - 1, back), text);
        }
}

static void times_relative_to_now(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"now", "2026-11-21T06:29:04.291Z"},
        {"24h", "2026-11-20T06:29:04.291Z"},
        {"-24h", "2026-11-20T06:29:04.291Z"},
        {"now-24h", "2026-11-20T06:29:04.291Z"},
        {"-2d", "2026-11-19T06:29:04.291Z"},
        {"now-90m", "2026-11-21T04:59:04.291Z"},
        {"1w", "2026-11-14T06:29:04.291Z"},
        {"30s", "2026-11-21T06:28:34.291Z"},
        {"291ms", "2026-11-21T06:29:04Z"},
        {"+1h", "2026-11-21T07:29:04.291Z"},
        {"now+1h", "2026-11-21T07:29:04.291Z"},
        {"1h30m", "2026-11-21T04:59:04.291Z"},
        {"0s", "2026-11-21T06:29:04.291Z"},
        {"  24h\t", "2026-11-20T06:29:04.291Z"},
        {"73200d", "1826-06-23T06:29:04.291Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(any(cases[i][0]), cases[i][1]);
}

static void seconds_since_1970(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"1795242544", "2026-11-21T06:29:04Z"},
        {"1795242544.5", "2026-11-21T06:29:04.5Z"},
        {"1795242544.1234567", "2026-11-21T06:29:04.123456Z"},
        {"100000000", "1973-03-03T09:46:40Z"},
        {"99999999999", "5138-11-16T09:46:39Z"},
        {"99999999", "no"}, // eight digits: more likely a date or a slip
        {"1795242544291", "no"}, // milliseconds
        {"1795242544.", "no"},
        {"-1795242544", "no"},
        {"1795242544,5", "no"},
        {"1.795e9", "no"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(any(cases[i][0]), cases[i][1]);
}

static void what_is_no_time_is_told_with_the_forms_that_are(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "  ",
        "yesterday",
        "h",
        "-",
        "+",
        "now-",
        "now+",
        "now1h",
        "now 1h",
        "24",
        "24 h",
        "24H",
        "1.5h",
        "1y",
        "5min",
        "2days",
        "--1h",
        "+-1h",
        "1h-",
        "24hh",
        "73201d",
        "1000000000000000000000s",
        "9999999999h",
        "tomorrow+1h",
        "2026-13-01",
        "1h\n",
    };
    int64_t time;
    const char *error;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (when_parse(slice_of(cases[i]), NOW, &time, &error)) fail_msg("\"%s\" is read", cases[i]);
        assert_string_equal(
            error,
            "is not a time: write 2026-11-21T06:29:04Z (any offset, or a date alone), 24h or -2d (ago), "
            "now-90m, or +1h (ahead)");
    }
}

static void relative_times_do_not_leave_the_calendar(void **state) {
    (void)state;
    int64_t time, first, last;
    const char *error;
    assert_true(when_parse_iso(SLICE("0001-01-01"), &first));
    assert_true(when_parse_iso(SLICE("9999-12-31T23:59:59.999999Z"), &last));
    assert_false(when_parse(SLICE("1ms"), first, &time, &error));
    assert_true(when_parse(SLICE("+1ms"), first, &time, &error));
    assert_false(when_parse(SLICE("+1ms"), last, &time, &error));
}

static void fractions_are_written_without_trailing_zeros(void **state) {
    (void)state;
    static const struct {
        int64_t time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},         {1, "1970-01-01T00:00:00.000001Z"},
        {100000, "1970-01-01T00:00:00.1Z"},  {120000, "1970-01-01T00:00:00.12Z"},
        {-1, "1969-12-31T23:59:59.999999Z"}, {NOW, "2026-11-21T06:29:04.291Z"},
    };
    char out[WHEN_TEXT];
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(when_format(cases[i].time, out), cases[i].text);
}

static void lengths_of_time(void **state) {
    (void)state;
    static const struct {
        int64_t length;
        const char *text;
    } cases[] = {
        {0, "0ms"},
        {999, "0ms"},
        {350000, "350ms"},
        {999999, "999ms"},
        {1000000, "1s"},
        {1050000, "1s"},
        {1500000, "1.5s"},
        {9999999, "9.9s"},
        {10500000, "10s"},
        {42000000, "42s"},
        {59999999, "59s"},
        {60000000, "1m 0s"},
        {61000000, "1m 1s"},
        {INT64_C(3599) * 1000000, "59m 59s"},
        {INT64_C(3900) * 1000000, "1h 5m"},
        {INT64_C(183600) * 1000000, "2d 3h"},
        {-350000, "-350ms"},
        {INT64_C(-3900) * 1000000, "-1h 5m"},
        {INT64_MAX, "106751991d 4h"},
        {INT64_MIN, "-106751991d 4h"},
    };
    char out[WHEN_TEXT];
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(when_duration(cases[i].length, out), cases[i].text);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_8601_is_read_in_its_common_forms),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(february_has_29_days_in_leap_years),
        cmocka_unit_test(years_1_to_9999_are_times),
        cmocka_unit_test(months_follow_one_another_through_the_whole_calendar),
        cmocka_unit_test(times_relative_to_now),
        cmocka_unit_test(seconds_since_1970),
        cmocka_unit_test(what_is_no_time_is_told_with_the_forms_that_are),
        cmocka_unit_test(relative_times_do_not_leave_the_calendar),
        cmocka_unit_test(fractions_are_written_without_trailing_zeros),
        cmocka_unit_test(lengths_of_time),
    };
    return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
