// So many calls a minute, so many at once.
#include "unit.h"

#include "guard/rate.h"

#define S INT64_C(1000000)

static int64_t take(guard_rate *r, const char *who, int64_t now) {
    return guard_rate_take(r, slice_of(who), now);
}

static void calls_come_back_one_by_one(void **state) {
    (void)state;
    guard_rate *r = guard_rate_new(60, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(take(r, "key:a", 1000 * S), 0);
    assert_int_equal(take(r, "key:a", 1000 * S), 1);
    assert_int_equal(take(r, "key:a", 1000 * S + S / 2), 1); // a refused call costs nothing
    assert_int_equal(take(r, "key:a", 1001 * S), 0);
    assert_int_equal(take(r, "key:a", 1001 * S), 1);
    for (int i = 0; i < 3; i++) assert_int_equal(take(r, "key:a", 1060 * S), 0); // never more than three
    assert_int_equal(take(r, "key:a", 1060 * S), 1);
    guard_rate_free(r);
}

static void waiting_is_told_in_whole_seconds(void **state) {
    (void)state;
    guard_rate *r = guard_rate_new(2, 1);
    assert_int_equal(take(r, "key:a", 0), 0);
    assert_int_equal(take(r, "key:a", 0), 30);
    assert_int_equal(take(r, "key:a", 29 * S + 1), 1);
    assert_int_equal(take(r, "key:a", 30 * S), 0);
    guard_rate_free(r);
}

static void nobody_pays_for_another(void **state) {
    (void)state;
    guard_rate *r = guard_rate_new(60, 1);
    assert_int_equal(take(r, "key:a", 5 * S), 0);
    assert_int_equal(take(r, "key:b", 5 * S), 0);
    assert_int_equal(take(r, "key:a", 5 * S), 1);
    guard_rate_free(r);
}

static void zero_is_no_limit(void **state) {
    (void)state;
    guard_rate *r = guard_rate_new(0, 0);
    assert_null(r);
    for (int i = 0; i < 1000; i++) assert_int_equal(take(r, "key:a", 0), 0);
    guard_rate_free(r);
}

// Of a hundred thousand that come at once the table forgets most, and lets them call again. One that has just
// used all of its calls is among the last to be forgotten.
static void the_busiest_are_remembered(void **state) {
    (void)state;
    char who[32];
    guard_rate *r = guard_rate_new(60, 10);
    for (int i = 0; i < 10; i++) assert_int_equal(take(r, "busy", 0), 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(who, sizeof who, "key:%d", i);
        assert_int_equal(take(r, who, 0), 0);
    }
    assert_int_equal(take(r, "busy", 0), 1);
    guard_rate_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_back_one_by_one), cmocka_unit_test(waiting_is_told_in_whole_seconds),
        cmocka_unit_test(nobody_pays_for_another),    cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(the_busiest_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
