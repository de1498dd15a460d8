// What the endpoint counts, as Prometheus reads it (text format 0.0.4). Nothing in it tells who called:
// labels are names of tools, resources and prompts, kinds of errors, statuses.
#ifndef HATCHWAY_ENDPOINT_METRICS_H
#define HATCHWAY_ENDPOINT_METRICS_H

#include "base/buf.h"
#include "mcp/mcp.h"

typedef struct endpoint_metrics endpoint_metrics;

// What is counted elsewhere, at the moment of asking.
typedef struct endpoint_gauges {
    const char *pack;
    size_t connections, streams, sessions;
} endpoint_gauges;

endpoint_metrics *endpoint_metrics_new(void);
void endpoint_metrics_free(endpoint_metrics *m);
void endpoint_metrics_request(endpoint_metrics *m, int status);
void endpoint_metrics_call(endpoint_metrics *m, const mcp_called *call);
void endpoint_metrics_put(const endpoint_metrics *m, const endpoint_gauges *gauges, buf *out);

#endif
