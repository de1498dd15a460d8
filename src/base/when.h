// Points in time as text: RFC 3339 and the forms people write.
// A time is a count of microseconds since 1970-01-01T00:00:00Z. Years 1 to 9999.
#ifndef HATCHWAY_BASE_WHEN_H
#define HATCHWAY_BASE_WHEN_H

#include "base/buf.h"

#define WHEN_SECOND INT64_C(1000000)
#define WHEN_TEXT 32 // room for when_format

// Reads YYYY-MM-DD[(T|t| )HH:MM[:SS[(.|,)digits]][Z|z|±HH:MM|±HHMM|±HH]]. No offset means UTC, no time
// midnight. Digits beyond the sixth are dropped, second 60 is the next minute. Nothing else is accepted. RFC
// 3339 section 5.6, with the looser forms of ISO 8601 that are common.
bool when_parse_iso(slice text, int64_t *out);

// The same, or relative to now: "24h", "-2d", "now-90m", "now" (the past), "+1h", "now+1h" (the future),
// units ms s m h d w, also several ("1h30m"), at most 200 years; or seconds since 1970 ("1795242544",
// "1795242544.5"; nine to eleven digits before the point). Blanks around it do not count. On failure *error
// is what is wrong, to follow the name of the value: "is not a time: …".
bool when_parse(slice text, int64_t now, int64_t *out, const char **error);

// YYYY-MM-DDTHH:MM:SS[.ffffff]Z, trailing zeros of the fraction cut. Returns out.
char *when_format(int64_t time, char out[WHEN_TEXT]);

// A length of time in microseconds as "350ms", "42s", "1h 5m", "2d 3h".
char *when_duration(int64_t length, char out[WHEN_TEXT]);

#endif
