// Any text: what is read as a time lies in the calendar and is the same when it is written and read again.
#include "fuzz.h"

#include "base/when.h"

#define FIRST (INT64_C(-62135596800) * WHEN_SECOND) // of year 1
#define LAST (INT64_C(253402300800) * WHEN_SECOND - 1) // of year 9999

static void check(int64_t time) {
    char text[WHEN_TEXT];
    int64_t again;
    HOLDS(time >= FIRST && time <= LAST);
    when_format(time, text);
    HOLDS(when_parse_iso(slice_of(text), &again) && again == time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size};
    int64_t time, now = 0;
    const char *error = NULL;
    char out[WHEN_TEXT];
    if (size >= sizeof now) memcpy(&now, data, sizeof now);
    when_format(now, out);
    HOLDS(strlen(out) < WHEN_TEXT);
    when_duration(now, out);
    HOLDS(strlen(out) < WHEN_TEXT);
    now = INT64_C(1795242544291000);
    bool iso = when_parse_iso(text, &time);
    if (iso) check(time);
    if (when_parse(text, now, &time, &error)) check(time);
    else HOLDS(error && !iso);
    return 0;
}
