// Any text as traceparent, and what follows a line break as tracestate: what is taken has the form that goes on, and a header of it
// has one line.
#include "fuzz.h"

#include "base/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice rest = {(const char *)data, size};
    slice parent = fuzz_line(&rest);
    trace_context *trace = trace_child(parent, rest);
    buf out = BUF(FUZZ_MAX);
    if (!trace) return 0;
    HOLDS(parent.n == 55 && memcmp(parent.s + 3, trace->trace, 32) == 0);
    trace_put_parent(&out, trace);
    trace_context *child = trace_child(buf_view(&out), slice_of(trace->state)); // taken again as it is
    HOLDS(child && strcmp(child->trace, trace->trace) == 0 && strcmp(child->flags, trace->flags) == 0);
    HOLDS(strcmp(child->state, trace->state) == 0);
    HOLDS(!strpbrk(trace->state, "\r\n"));
    buf_free(&out);
    free(child);
    free(trace);
    return 0;
}
