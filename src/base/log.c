// The log. Contract in log.h.
#include "base/log.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/when.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define PATIENCE 100 // milliseconds

static const char *const names[LOG_LEVELS] = {"debug", "info", "notice", "warning",
                                              "error", "critical", "alert", "emergency"};
static log_level least = LOG_INFO;

const char *log_level_name(log_level level) { return names[level]; }

bool log_level_parse(slice name, log_level *out) {
    for (int i = 0; i < LOG_LEVELS; i++)
        if (slice_is(name, names[i])) {
            *out = (log_level)i;
            return true;
        }
    return false;
}

void log_set_level(log_level level) { least = level; }

bool log_begin(log_line *line, log_level level, const char *event) {
    if (level < least) return false;
    char time[WHEN_TEXT];
    line->json = BUF(LINE_MAX_BYTES);
    json_open(&line->json, '{');
    log_field(line, "time", when_format(clock_now(), time));
    log_field(line, "level", names[level]);
    log_field(line, "event", event);
    return true;
}

void log_field(log_line *line, const char *key, const char *text) {
    json_put_key(&line->json, key);
    json_put_text(&line->json, text);
}

void log_number(log_line *line, const char *key, int64_t value) {
    json_put_key(&line->json, key);
    json_put_int(&line->json, value);
}

// A pipe that nobody reads must not hold up the server: once the log has waited PATIENCE in vain, lines are
// left out until there is room again. A pipe that is ready takes PIPE_BUF bytes without blocking.
static bool has_room(void) {
    static bool stuck;
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    stuck = poll(&log, 1, stuck ? 0 : PATIENCE) <= 0; // or a signal: then it was not ready either
    return !stuck;
}

static void write_all(const char *s, size_t n) {
    static bool cut; // a line has lost its end
    if (cut && has_room() && write(STDERR_FILENO, "\n", 1) == 1) cut = false;
    while (n && !cut) {
        ssize_t done = has_room() ? write(STDERR_FILENO, s, n < PIPE_BUF ? n : PIPE_BUF) : 0;
        cut = done <= 0;
        s += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

void log_end(log_line *line) {
    json_close(&line->json, '}');
    secret_scrub(&line->json);
    buf_char(&line->json, '\n');
    if (line->json.full) {
        static const char lost[] = "{\"level\":\"error\",\"event\":\"log\",\"message\":\"a log line was too "
                                   "long and is left out\"}\n";
        write_all(lost, sizeof lost - 1);
    } else {
        write_all(line->json.s, line->json.n);
    }
    buf_free(&line->json);
}

void log_message(log_level level, const char *event, const char *format, ...) {
    log_line line;
    if (!log_begin(&line, level, event)) return;
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_field(&line, "message", text);
    log_end(&line);
}
