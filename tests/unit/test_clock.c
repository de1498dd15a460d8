// Real and played time. A process that has begun to play does not go back, so the tests of real time come
// first.
#include "unit.h"

#include <uv.h>

#include "base/clock.h"

static uv_loop_t *loop;
static char fired[64]; // the names of the timers that have fired, in order

static void note(void *name) { strcat(fired, name); }

static clock_timer *after(int64_t milliseconds, enum clock_kind kind, const char *name) {
    return clock_after(milliseconds, kind, note, (char *)name);
}

static int setup(void **state) {
    (void)state;
    loop = uv_default_loop();
    clock_start(loop);
    return 0;
}

static int begin(void **state) {
    (void)state;
    fired[0] = '\0';
    return 0;
}

static int teardown(void **state) {
    (void)state;
    clock_stop();
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop);
}

static void real_time_is_the_time_of_the_system(void **state) {
    (void)state;
    assert_false(clock_is_played());
    int64_t before = (int64_t)time(NULL) * 1000000, now = clock_now(),
            later = (int64_t)time(NULL) * 1000000 + 999999;
    assert_in_range(now, before, later);
    int64_t first = clock_monotonic();
    assert_true(clock_monotonic() >= first);
}

static void real_timers_fire_in_order_and_once(void **state) {
    (void)state;
    after(20, CLOCK_SLEEP, "c");
    after(10, CLOCK_DEADLINE, "b");
    after(0, CLOCK_SLEEP, "a");
    assert_string_equal(fired, ""); // never before clock_after returns
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "abc");
}

static void a_cancelled_timer_does_not_fire(void **state) {
    (void)state;
    clock_timer *timer = after(1, CLOCK_SLEEP, "a");
    after(5, CLOCK_SLEEP, "b");
    clock_cancel(timer);
    clock_cancel(NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "b");
}

static void negative_times_are_now(void **state) {
    (void)state;
    after(-5, CLOCK_SLEEP, "a");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "a");
}

// --- played ---------------------------------------------------------------------------------------------

#define SECOND INT64_C(1000000)

static void played_time_begins_where_it_is_told(void **state) {
    (void)state;
    clock_play(100 * SECOND);
    assert_true(clock_is_played());
    assert_true(clock_now() == 100 * SECOND);
}

static void a_sleep_moves_the_clock_and_takes_no_time(void **state) {
    (void)state;
    clock_play(0);
    after(3600 * 1000, CLOCK_SLEEP, "a");
    assert_string_equal(fired, "");
    assert_true(clock_now() == 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "a");
    assert_true(clock_now() == 3600 * SECOND);
}

static void sleeps_end_in_the_order_of_their_times(void **state) {
    (void)state;
    clock_play(0);
    after(3000, CLOCK_SLEEP, "d");
    after(1000, CLOCK_SLEEP, "a");
    after(2000, CLOCK_SLEEP, "b");
    after(2000, CLOCK_SLEEP, "c"); // of equal ones the first that was set
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "abcd");
    assert_true(clock_now() == 3 * SECOND);
}

static void a_deadline_alone_makes_no_time_pass(void **state) {
    (void)state;
    clock_play(0);
    clock_timer *deadline = after(1000, CLOCK_DEADLINE, "x");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "");
    assert_true(clock_now() == 0);
    clock_cancel(deadline);
}

static void a_deadline_fires_when_a_sleep_crosses_it(void **state) {
    (void)state;
    clock_play(0);
    after(2000, CLOCK_SLEEP, "s");
    after(1500, CLOCK_DEADLINE, "d");
    clock_timer *later = after(2500, CLOCK_DEADLINE, "x");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "ds");
    assert_true(clock_now() == 2 * SECOND);
    clock_cancel(later);
}

static void a_deadline_is_before_a_sleep_to_the_same_time(void **state) {
    (void)state;
    clock_play(0);
    after(1000, CLOCK_SLEEP, "1");
    after(1000, CLOCK_SLEEP, "2");
    after(1000, CLOCK_DEADLINE, "a");
    after(1000, CLOCK_DEADLINE, "b");
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "ab12");
}

static void sleep_again(void *data) {
    note("s");
    if (--*(int *)data) clock_after(1000, CLOCK_SLEEP, sleep_again, data);
}

static void a_sleep_may_be_set_while_one_ends(void **state) {
    (void)state;
    int times = 3;
    clock_play(0);
    clock_after(1000, CLOCK_SLEEP, sleep_again, &times);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "sss");
    assert_true(clock_now() == 3 * SECOND);
}

static void cancel_it(void *timer) {
    note("c");
    clock_cancel(timer);
}

static void a_sleep_may_be_cancelled_while_another_ends(void **state) {
    (void)state;
    clock_play(0);
    clock_timer *second = after(2000, CLOCK_SLEEP, "x");
    clock_after(1000, CLOCK_SLEEP, cancel_it, second);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_string_equal(fired, "c");
    assert_true(clock_now() == SECOND);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(real_time_is_the_time_of_the_system, begin),
        cmocka_unit_test_setup(real_timers_fire_in_order_and_once, begin),
        cmocka_unit_test_setup(a_cancelled_timer_does_not_fire, begin),
        cmocka_unit_test_setup(negative_times_are_now, begin),
        cmocka_unit_test_setup(played_time_begins_where_it_is_told, begin),
        cmocka_unit_test_setup(a_sleep_moves_the_clock_and_takes_no_time, begin),
        cmocka_unit_test_setup(sleeps_end_in_the_order_of_their_times, begin),
        cmocka_unit_test_setup(a_deadline_alone_makes_no_time_pass, begin),
        cmocka_unit_test_setup(a_deadline_fires_when_a_sleep_crosses_it, begin),
        cmocka_unit_test_setup(a_deadline_is_before_a_sleep_to_the_same_time, begin),
        cmocka_unit_test_setup(a_sleep_may_be_set_while_one_ends, begin),
        cmocka_unit_test_setup(a_sleep_may_be_cancelled_while_another_ends, begin),
    };
    return cmocka_run_group_tests_name("the clock", tests, setup, teardown);
}
