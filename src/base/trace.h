// Trace context (W3C Trace Context, level 1): which trace a call belongs to, and the span that it is in it.
#ifndef HATCHWAY_BASE_TRACE_H
#define HATCHWAY_BASE_TRACE_H

#include "base/buf.h"

typedef struct trace_context {
    char trace[33];      // lower-case hex, as it came
    char span[17];       // of this call: a new one, the child of the one that came
    char flags[3];       // those that level 1 and 2 define
    char state[];        // tracestate as it came; "" if there is none
} trace_context;

// A child of what `parent` (a traceparent) names; to be freed with free(). NULL when it is malformed, as
// if it had not been there. A malformed state is left out.
trace_context *trace_child(slice parent, slice state);

// "00-TRACE-SPAN-FLAGS": the traceparent of what the call sends.
void trace_put_parent(buf *out, const trace_context *trace);

#endif
