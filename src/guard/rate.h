// How many calls a principal may make: so many a minute, and so many at once.
//
// A bucket each (GCRA, ITU-T I.371): one number says when it will be full again. A full bucket is forgotten,
// for a new one is full too; so is, in a table that is crowded, the fullest of its neighbours. The memory is
// the same whatever comes.
#ifndef HATCHWAY_GUARD_RATE_H
#define HATCHWAY_GUARD_RATE_H

#include "base/base.h"

typedef struct guard_rate guard_rate;

guard_rate *guard_rate_new(int64_t per_minute, int64_t burst); // NULL if per_minute is 0: no limit
void guard_rate_free(guard_rate *r);                           // NULL is allowed

// Takes one call of whoever that is. 0: go on. Else the seconds after which the next one is let through
// (Retry-After), and nothing was taken. `now`: microseconds of a clock that never goes back
// (clock_monotonic). Without a limit (r NULL) it is always 0.
int64_t guard_rate_take(guard_rate *r, slice principal, int64_t now);

#endif
