// The clock and its timers. Contract in clock.h.
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>
#include <uv.h>

struct clock_timer {
    uv_timer_t real;       // real time only
    clock_timer *next;     // played time only: the list, in order of `due`
    int64_t due;
    enum clock_kind kind;
    void (*done)(void *data);
    void *data;
};

static uv_loop_t *loop;
static bool played;
static int64_t played_now;
static clock_timer *waiting;   // played timers, earliest first
static uv_idle_t pulse;        // runs once a turn of the loop while a sleep waits
static bool pulsing;

void clock_start(uv_loop_t *on) {
    loop = on;
    played = pulsing = false;
    uv_idle_init(loop, &pulse);
}

void clock_stop(void) { uv_close((uv_handle_t *)&pulse, NULL); }

void clock_play(int64_t microseconds) {
    played = true;
    played_now = microseconds;
}

bool clock_is_played(void) { return played; }

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now(void) { return played ? played_now : read_clock(CLOCK_REALTIME); }

int64_t clock_monotonic(void) { return read_clock(CLOCK_MONOTONIC); }

static void freed(uv_handle_t *handle) { free(handle->data); }

static void real_fired(uv_timer_t *handle) {
    clock_timer *t = handle->data;
    void (*done)(void *) = t->done;
    void *data = t->data;
    uv_close((uv_handle_t *)handle, freed);
    done(data);
}

static bool any_sleep(void) {
    for (clock_timer *t = waiting; t; t = t->next)
        if (t->kind == CLOCK_SLEEP) return true;
    return false;
}

// Lets the earliest timer fire, and time jump to it, as long as somebody sleeps.
static void beat(uv_idle_t *handle) {
    (void)handle;
    if (any_sleep()) {
        clock_timer *t = waiting;
        waiting = t->next;
        if (t->due > played_now) played_now = t->due;
        void (*done)(void *) = t->done;
        void *data = t->data;
        free(t);
        done(data);
    }
    if (any_sleep()) return;
    uv_idle_stop(&pulse);
    pulsing = false;
}

// In order of time; of two that are due at the same time a deadline is first, then the older one.
static bool comes_before(const clock_timer *old, const clock_timer *new) {
    if (old->due != new->due) return old->due < new->due;
    return old->kind == CLOCK_DEADLINE || new->kind == CLOCK_SLEEP;
}

static void play_timer(clock_timer *t, int64_t milliseconds) {
    t->due = played_now + milliseconds * 1000;
    clock_timer **place = &waiting;
    while (*place && comes_before(*place, t)) place = &(*place)->next;
    t->next = *place;
    *place = t;
    if (t->kind == CLOCK_SLEEP && !pulsing) {
        uv_idle_start(&pulse, beat);
        pulsing = true;
    }
}

clock_timer *clock_after(int64_t milliseconds, enum clock_kind kind, void (*done)(void *data), void *data) {
    clock_timer *t = base_alloc(sizeof *t);
    t->kind = kind;
    t->done = done;
    t->data = data;
    if (played) {
        play_timer(t, milliseconds);
    } else {
        uv_timer_init(loop, &t->real);
        t->real.data = t;
        uv_timer_start(&t->real, real_fired, milliseconds > 0 ? (uint64_t)milliseconds : 0, 0);
    }
    return t;
}

void clock_cancel(clock_timer *timer) {
    if (!timer) return;
    if (!played) {
        uv_close((uv_handle_t *)&timer->real, freed);
        return;
    }
    clock_timer **place = &waiting;
    while (*place && *place != timer) place = &(*place)->next;
    if (*place) *place = timer->next;
    free(timer);
}
