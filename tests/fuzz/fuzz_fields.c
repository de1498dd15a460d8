// What we read of header fields and of --http ourselves, one a line: a value of Mcp-Name, Last-Event-ID, Accept, an
// address. What is read is the same when it is written and read again.
#include "fuzz.h"

#include "command/address.h"
#include "endpoint/internal.h"
#include "mcp/internal.h"

static void check_value(slice text) {
    buf value = BUF(FUZZ_MAX), encoded = BUF(FUZZ_MAX), again = BUF(FUZZ_MAX);
    if (mcp_header_value(text, &value)) {
        HOLDS(slice_is_utf8(buf_view(&value)));
        buf_text(&encoded, "=?base64?");
        buf_base64(&encoded, buf_view(&value));
        buf_text(&encoded, "?=");
        HOLDS(mcp_header_value(buf_view(&encoded), &again) && slice_equal(buf_view(&again), buf_view(&value)));
    }
    buf_free(&value);
    buf_free(&encoded);
    buf_free(&again);
}

static void check_event(slice text) {
    uint32_t stream, event, stream_again, event_again;
    char written[32];
    if (!endpoint_event_parse(text, &stream, &event)) return;
    snprintf(written, sizeof written, "%u-%u", stream, event);
    HOLDS(endpoint_event_parse(slice_of(written), &stream_again, &event_again));
    HOLDS(stream == stream_again && event == event_again);
}

// What is not named is not accepted; what is named first, without a weight, is.
static void check_accept(slice text) {
    bool blank = true, star = false;
    for (size_t i = 0; i < text.n; i++) {
        blank &= text.s[i] == ' ' || text.s[i] == '\t';
        star |= text.s[i] == '*';
    }
    bool json = endpoint_accepts(text, "application/json");
    if (blank) HOLDS(json);
    else if (!star && !memchr(text.s, '/', text.n)) HOLDS(!json);
    buf named = BUF(FUZZ_MAX);
    buf_text(&named, "application/json, ");
    buf_slice(&named, text);
    HOLDS(endpoint_accepts(buf_view(&named), "application/json"));
    buf_free(&named);
}

static void check_address(slice text) {
    char *own = base_copy(text.s ? text.s : "", text.n), host[64], again[64];
    int port, port_again;
    if (address_listen(own, host, sizeof host, &port)) {
        buf written = BUF(FUZZ_MAX);
        buf_printf(&written, "%s:%d", host, port);
        HOLDS(*host && port >= 0 && port <= 65535);
        HOLDS(address_listen(buf_string(&written), again, sizeof again, &port_again));
        HOLDS(strcmp(host, again) == 0 && port == port_again);
        buf_free(&written);
    }
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice rest = {(const char *)data, size};
    check_value(fuzz_line(&rest));
    check_event(fuzz_line(&rest));
    check_accept(fuzz_line(&rest));
    check_address(fuzz_line(&rest));
    return 0;
}
