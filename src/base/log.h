// The log: one JSON object a line on stderr, without secrets.
//
//     log_line line;
//     if (log_begin(&line, LOG_INFO, "call")) { json_put_key(&line.json, "tool"); …; log_end(&line); }
//
// Each line begins with time (UTC), level and event. While nobody reads stderr, lines are left out: the log
// never holds up the server.
#ifndef HATCHWAY_BASE_LOG_H
#define HATCHWAY_BASE_LOG_H

#include "base/json.h"

// The levels of RFC 5424 that MCP uses (mcp 2025-11-25, logging), in rising order.
typedef enum log_level {
    LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING,
    LOG_ERROR, LOG_CRITICAL, LOG_ALERT, LOG_EMERGENCY,
    LOG_LEVELS
} log_level;

const char *log_level_name(log_level level);
bool log_level_parse(slice name, log_level *out);

void log_set_level(log_level least); // lines below it are not written; LOG_INFO at the start

typedef struct log_line {
    buf json;
} log_line;

bool log_begin(log_line *line, log_level level, const char *event); // false: not wanted, nothing to end
void log_field(log_line *line, const char *key, const char *text);
void log_number(log_line *line, const char *key, int64_t value);
void log_end(log_line *line);

void log_message(log_level level, const char *event, const char *format, ...) BASE_PRINTF(3, 4);

#endif
