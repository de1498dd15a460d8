// Points in time as text. Contract in when.h.
#include "base/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE (60 * WHEN_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar: years begin in March, eras have 400
// years.
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (int)((5 * of_year + 2) / 153);
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int days_in(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

typedef struct scan {
    const char *s, *end;
} scan;

static bool take(scan *c, char wanted) {
    if (c->s == c->end || *c->s != wanted) return false;
    c->s++;
    return true;
}

// Exactly `digits` digits, at most `max` in value.
static bool number(scan *c, int digits, int max, int *out) {
    *out = 0;
    for (int i = 0; i < digits; i++, c->s++) {
        if (c->s == c->end || *c->s < '0' || *c->s > '9') return false;
        *out = *out * 10 + (*c->s - '0');
    }
    return *out <= max;
}

static bool fraction(scan *c, int64_t *micros) {
    int64_t unit = 100000;
    const char *first = c->s;
    for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++, unit /= 10) *micros += (*c->s - '0') * unit;
    return c->s > first;
}

static bool time_of_day(scan *c, int64_t *out) {
    int hour, minute, second = 0;
    int64_t micros = 0;
    if (!number(c, 2, 23, &hour) || !take(c, ':') || !number(c, 2, 59, &minute)) return false;
    if (take(c, ':')) {
        if (!number(c, 2, 60, &second)) return false;
        if ((take(c, '.') || take(c, ',')) && !fraction(c, &micros)) return false;
    }
    *out = hour * HOUR + minute * MINUTE + second * WHEN_SECOND + micros;
    return true;
}

static bool offset(scan *c, int64_t *out) {
    *out = 0;
    if (c->s == c->end || take(c, 'Z') || take(c, 'z')) return true;
    bool west = *c->s == '-';
    int hours, minutes = 0;
    if (!take(c, '+') && !take(c, '-')) return false;
    if (!number(c, 2, 23, &hours)) return false;
    bool colon = take(c, ':');
    if ((colon || c->s < c->end) && !number(c, 2, 59, &minutes)) return false;
    *out = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
    return true;
}

bool when_parse_iso(slice text, int64_t *out) {
    if (!text.n) return false;
    scan c = {text.s, text.s + text.n};
    int year, month, day;
    int64_t clock = 0, east = 0;
    if (!number(&c, 4, 9999, &year) || year == 0 || !take(&c, '-') || !number(&c, 2, 12, &month) ||
        month == 0)
        return false;
    if (!take(&c, '-') || !number(&c, 2, 31, &day) || day == 0 || day > days_in(year, month)) return false;
    if (c.s < c.end) {
        if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' ')) return false;
        if (!time_of_day(&c, &clock) || !offset(&c, &east)) return false;
    }
    if (c.s != c.end) return false;
    *out = days_of(year, month, day) * DAY + clock - east;
    return *out >= days_of(1, 1, 1) * DAY && *out < days_of(10000, 1, 1) * DAY;
}

static int64_t unit_of(slice name) {
    static const struct {
        const char *name;
        int64_t length;
    } units[] = {{"ms", 1000}, {"s", WHEN_SECOND}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY}, {"w", 7 * DAY}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is(name, units[i].name)) return units[i].length;
    return 0;
}

// A sum of lengths such as "1h30m" or "90m"; at most 200 years.
static bool length_of(scan *c, int64_t *out) {
    *out = 0;
    if (c->s == c->end) return false;
    while (c->s < c->end) {
        int64_t value = 0;
        const char *first = c->s;
        for (; c->s < c->end && *c->s >= '0' && *c->s <= '9' && value < 1000000000; c->s++)
            value = value * 10 + (*c->s - '0');
        if (c->s == first) return false;
        first = c->s;
        while (c->s < c->end && *c->s >= 'a' && *c->s <= 'z') c->s++;
        int64_t unit = unit_of((slice){first, (size_t)(c->s - first)});
        if (!unit || value > 200 * 366 * DAY / unit) return false;
        *out += value * unit;
        if (*out > 200 * 366 * DAY) return false;
    }
    return true;
}

static bool relative(slice text, int64_t now, int64_t *out) {
    scan c = {text.s, text.s + text.n};
    bool named = slice_starts(text, "now");
    if (named) c.s += 3;
    if (named && c.s == c.end) {
        *out = now;
        return true;
    }
    bool future = take(&c, '+');
    if (!future && !take(&c, '-') && named) return false;
    int64_t length;
    if (!length_of(&c, &length)) return false;
    *out = future ? now + length : now - length;
    return true;
}

static bool epoch(slice text, int64_t *out) {
    scan c = {text.s, text.s + text.n};
    int64_t seconds = 0, micros = 0;
    int digits = 0;
    for (; c.s < c.end && *c.s >= '0' && *c.s <= '9' && digits < 12; c.s++, digits++)
        seconds = seconds * 10 + (*c.s - '0');
    if (digits < 9 || digits > 11 || (take(&c, '.') && !fraction(&c, &micros)) || c.s != c.end) return false;
    *out = seconds * WHEN_SECOND + micros;
    return true;
}

bool when_parse(slice text, int64_t now, int64_t *out, const char **error) {
    while (text.n && (text.s[0] == ' ' || text.s[0] == '\t')) text.s++, text.n--;
    while (text.n && (text.s[text.n - 1] == ' ' || text.s[text.n - 1] == '\t')) text.n--;
    if (text.n && (epoch(text, out) || when_parse_iso(text, out) || relative(text, now, out))) {
        if (*out >= days_of(1, 1, 1) * DAY && *out < days_of(10000, 1, 1) * DAY) return true;
    }
    *error = "is not a time: write 2026-11-21T06:29:04Z (any offset, or a date alone), 24h or -2d (ago), "
             "now-90m, or +1h (ahead)";
    return false;
}

char *when_format(int64_t time, char out[WHEN_TEXT]) {
    int64_t days = time / DAY, rest = time % DAY;
    if (rest < 0) rest += DAY, days--;
    int year, month, day;
    date_of(days, &year, &month, &day);
    int n = snprintf(out, WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", year % 10000, month, day,
                     (int)(rest / HOUR), (int)(rest / MINUTE % 60), (int)(rest / WHEN_SECOND % 60));
    if (rest % WHEN_SECOND) {
        n += snprintf(out + n, WHEN_TEXT - (size_t)n, ".%06d", (int)(rest % WHEN_SECOND));
        while (out[n - 1] == '0') n--;
    }
    out[n] = 'Z';
    out[n + 1] = '\0';
    return out;
}

char *when_duration(int64_t length, char out[WHEN_TEXT]) {
    uint64_t u = length < 0 ? 0 - (uint64_t)length : (uint64_t)length;
    const char *sign = length < 0 ? "-" : "";
    if (u < (uint64_t)WHEN_SECOND) snprintf(out, WHEN_TEXT, "%s%" PRIu64 "ms", sign, u / 1000);
    else if (u < (uint64_t)MINUTE && u % WHEN_SECOND >= 100000 && u < 10 * (uint64_t)WHEN_SECOND)
        snprintf(out, WHEN_TEXT, "%s%" PRIu64 ".%" PRIu64 "s", sign, u / WHEN_SECOND,
                 u % WHEN_SECOND / 100000);
    else if (u < (uint64_t)MINUTE) snprintf(out, WHEN_TEXT, "%s%" PRIu64 "s", sign, u / WHEN_SECOND);
    else if (u < (uint64_t)HOUR)
        snprintf(out, WHEN_TEXT, "%s%" PRIu64 "m %" PRIu64 "s", sign, u / MINUTE, u / WHEN_SECOND % 60);
    else if (u < (uint64_t)DAY)
        snprintf(out, WHEN_TEXT, "%s%" PRIu64 "h %" PRIu64 "m", sign, u / HOUR, u / MINUTE % 60);
    else snprintf(out, WHEN_TEXT, "%s%" PRIu64 "d %" PRIu64 "h", sign, u / DAY, u / HOUR % 24);
    return out;
}
