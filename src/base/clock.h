// The clock of the host, and timers on it.
//
// Two kinds of time. Real: the clock is the system's, timers are libuv's. Played (a recording stands in for
// the network): the clock stands where the recording ended and moves only by what the program itself sleeps;
// a sleep then takes no time at all. Deadlines are passive: in played time they never make time pass, but
// fire when a sleep crosses them.
#ifndef HATCHWAY_BASE_CLOCK_H
#define HATCHWAY_BASE_CLOCK_H

#include "base/base.h"

struct uv_loop_s;

typedef struct clock_timer clock_timer;

void clock_start(struct uv_loop_s *loop);   // real time
void clock_stop(void);                      // closes what clock_start has opened; the loop must run once more
void clock_play(int64_t microseconds);      // from now on played time, beginning there
bool clock_is_played(void);
int64_t clock_now(void);                    // microseconds since 1970
int64_t clock_monotonic(void);              // microseconds, real, for measuring only

enum clock_kind { CLOCK_SLEEP, CLOCK_DEADLINE };

// Calls done(data) once, never before it returns, after that many milliseconds. The timer frees itself then;
// clock_cancel before that frees it at once.
clock_timer *clock_after(int64_t milliseconds, enum clock_kind kind, void (*done)(void *data), void *data);
void clock_cancel(clock_timer *timer);      // NULL is allowed

#endif
