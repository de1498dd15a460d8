// Trace context. Contract in trace.h.
#include "base/trace.h"

#include <string.h>

#define STATE_MAX 512 // what everybody must pass on, and more than that nobody need

// The version is 00, and a text of that version has exactly this length.
#define PARENT "00-tttttttttttttttttttttttttttttttt-ssssssssssssssss-ff"

static bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// All zero means that there is none.
static bool is_id(slice id) {
    bool is_zero = true;
    for (size_t i = 0; i < id.n; i++) {
        if (!is_lower_hex(id.s[i])) return false;
        is_zero &= id.s[i] == '0';
    }
    return !is_zero;
}

// Visible characters, blanks and tabs: nothing that could end a header.
static bool is_state(slice state) {
    if (state.n == 0 || state.n > STATE_MAX) return false;
    for (size_t i = 0; i < state.n; i++)
        if (!((state.s[i] >= ' ' && state.s[i] <= '~') || state.s[i] == '\t')) return false;
    return true;
}

static bool is_parent(slice p) {
    return p.n == sizeof PARENT - 1 && slice_starts(p, "00-") && p.s[35] == '-' && p.s[52] == '-' &&
           is_id((slice){p.s + 3, 32}) && is_id((slice){p.s + 36, 16}) && is_lower_hex(p.s[53]) &&
           is_lower_hex(p.s[54]);
}

static void make_span(char span[17]) {
    base_random_hex(span, 16);
    if (!is_id((slice){span, 16})) span[15] = '1';
}

trace_context *trace_child(slice parent, slice state) {
    if (!is_parent(parent)) return NULL;
    if (!is_state(state)) state.n = 0;
    trace_context *trace = base_alloc(sizeof *trace + state.n + 1);
    memcpy(trace->trace, parent.s + 3, 32);
    make_span(trace->span);
    trace->flags[0] = '0';
    trace->flags[1] = (char)('0' + (hex_digit(parent.s[54]) & 3)); // sampled, random; others are not known
    if (state.n) memcpy(trace->state, state.s, state.n);
    return trace;
}

void trace_put_parent(buf *out, const trace_context *trace) {
    buf_printf(out, "00-%s-%s-%s", trace->trace, trace->span, trace->flags);
}
