// Contract in metrics.h.
#include "endpoint/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERIES 4096 // of calls: a table of a power of two, which is filled to three quarters
#define STATUSES 600

static const double bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

#define BOUNDS (sizeof bounds / sizeof *bounds)

typedef struct series {
    const char *kind;     // "tool" …, which live as long as the process
    char *name;           // owned; NULL: the place is free
    const char *outcome;  // one of those of outcome_of
    uint64_t count;
} series;

struct endpoint_metrics {
    series calls[SERIES];
    size_t series_count;
    uint64_t left_out;           // calls that found no room in the table
    uint64_t within[BOUNDS + 1]; // calls that took as long as that bound, and longer than the one before
    double seconds;
    uint64_t upstream;
    uint64_t statuses[STATUSES];
    time_t began;
};

endpoint_metrics *endpoint_metrics_new(void) {
    endpoint_metrics *m = base_alloc(sizeof *m);
    m->began = time(NULL);
    return m;
}

void endpoint_metrics_free(endpoint_metrics *m) {
    for (size_t i = 0; i < SERIES; i++) free(m->calls[i].name);
    free(m);
}

void endpoint_metrics_request(endpoint_metrics *m, int status) {
    if (status > 0 && status < STATUSES) m->statuses[status]++;
}

static void put_value(buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\\' || *text == '"') buf_char(out, '\\');
        buf_char(out, *text == '\n' ? ' ' : *text);
    }
}

static uint32_t add_hash(uint32_t hash, const char *text) {
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static bool is_of(const series *s, const mcp_called *call) {
    return strcmp(s->name, call->name) == 0 && strcmp(s->kind, call->kind) == 0 &&
           strcmp(s->outcome, call->outcome) == 0;
}

static series *series_of(endpoint_metrics *m, const mcp_called *call) {
    uint32_t hash = add_hash(add_hash(add_hash(2166136261u, call->kind), call->name), call->outcome);
    for (uint32_t at = hash;; at++) {
        series *s = &m->calls[at % SERIES];
        if (s->name && is_of(s, call)) return s;
        if (s->name) continue;
        if (m->series_count == SERIES / 4 * 3) return NULL;
        m->series_count++;
        *s = (series){.kind = call->kind, .name = base_string(call->name), .outcome = call->outcome};
        return s;
    }
}

// A script may call the kind of its error anything, and put a piece of an argument into it.
static const char *outcome_of(const mcp_called *call) {
    static const char *const known[] = {"ok",           "validation_error", "unauthorized", "not_found", "conflict",
                                        "rate_limited", "server_error",     "cancelled",    "unsupported"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(call->outcome, known[i]) == 0) return known[i];
    return "unknown";
}

void endpoint_metrics_call(endpoint_metrics *m, const mcp_called *call) {
    mcp_called counted = *call;
    counted.outcome = outcome_of(call);
    series *s = series_of(m, &counted);
    if (s) s->count++;
    else m->left_out++;
    double seconds = (double)call->microseconds / 1e6;
    size_t at = 0;
    while (at < BOUNDS && seconds > bounds[at]) at++;
    m->within[at]++;
    m->seconds += seconds;
    m->upstream += (uint64_t)call->attempts;
}

// --- as text -----------------------------------------------------------------------------------------------

static void put_head(buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(buf *out, const char *name, const char *type, const char *help, double value) {
    put_head(out, name, type, help);
    buf_printf(out, "%s %.17g\n", name, value);
}

static void put_calls(const endpoint_metrics *m, buf *out) {
    put_head(out, "hatchway_calls_total", "counter", "Calls, by what was called and how it ended.");
    for (const series *s = m->calls; s < m->calls + SERIES; s++) {
        if (!s->name) continue;
        buf_printf(out, "hatchway_calls_total{kind=\"%s\",name=\"", s->kind);
        put_value(out, s->name);
        buf_printf(out, "\",outcome=\"%s\"} %llu\n", s->outcome, (unsigned long long)s->count);
    }
    if (m->left_out)
        buf_printf(out, "hatchway_calls_total{kind=\"\",name=\"\",outcome=\"\"} %llu\n",
                   (unsigned long long)m->left_out);
}

static void put_times(const endpoint_metrics *m, buf *out) {
    uint64_t sum = 0;
    put_head(out, "hatchway_call_seconds", "histogram", "How long calls took.");
    for (size_t i = 0; i < BOUNDS; i++)
        buf_printf(out, "hatchway_call_seconds_bucket{le=\"%g\"} %llu\n", bounds[i],
                   (unsigned long long)(sum += m->within[i]));
    sum += m->within[BOUNDS];
    buf_printf(out,
               "hatchway_call_seconds_bucket{le=\"+Inf\"} %llu\nhatchway_call_seconds_sum "
               "%.6f\nhatchway_call_seconds_count %llu\n",
               (unsigned long long)sum, m->seconds, (unsigned long long)sum);
}

static double resident(void) {
    unsigned long long all = 0, here = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%llu %llu", &all, &here) != 2) here = 0;
    if (file) fclose(file);
    return (double)here * (double)sysconf(_SC_PAGESIZE);
}

void endpoint_metrics_put(const endpoint_metrics *m, const endpoint_gauges *gauges, buf *out) {
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    put_head(out, "hatchway_build_info", "gauge", "The version, and the pack that is served.");
    buf_text(out, "hatchway_build_info{version=\"" HATCHWAY_VERSION "\",pack=\"");
    put_value(out, gauges->pack);
    buf_text(out, "\"} 1\n");
    put_calls(m, out);
    put_times(m, out);
    put_one(out, "hatchway_upstream_requests_total", "counter", "Requests to Hatchet, repeated ones too.",
            (double)m->upstream);
    put_head(out, "hatchway_http_requests_total", "counter", "Requests, by the status of the answer.");
    for (int i = 0; i < STATUSES; i++)
        if (m->statuses[i])
            buf_printf(out, "hatchway_http_requests_total{status=\"%d\"} %llu\n", i,
                       (unsigned long long)m->statuses[i]);
    put_one(out, "hatchway_http_connections", "gauge", "Open connections.", (double)gauges->connections);
    put_one(out, "hatchway_http_streams", "gauge", "Requests and subscriptions that wait for more.",
            (double)gauges->streams);
    put_one(out, "hatchway_sessions", "gauge", "Sessions of the revisions before 2026-07-28.",
            (double)gauges->sessions);
    put_one(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident());
    put_one(out, "process_cpu_seconds_total", "counter", "Processor time.",
            (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    put_one(out, "process_start_time_seconds", "gauge", "When the server began, in seconds since 1970.",
            (double)m->began);
}
