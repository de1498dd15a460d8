// Any bytes as the answer to a push, and as its status: an id has 36 characters, and what is no success is told.
#include "fuzz.h"

#include "upstream/upstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    slice body = {(const char *)data + 2, size - 2};
    char id[37];
    if (grpc_event_id(body, id)) HOLDS(strlen(id) == 36);
    upstream_answer a = {.status = 100 + data[0] * 2, .body = body};
    buf text = BUF(FUZZ_MAX);
    grpc_status status = {.code = (int)data[1] - 1, .message = body};
    grpc_settle(&a, status, &text);
    HOLDS(text.n <= body.n);
    if (status.code > 0) HOLDS(a.grpc && (a.status < 200 || a.status > 299));
    if (status.code == 0) HOLDS(!a.grpc && !a.fault);
    if (status.code < 0 && a.status >= 200 && a.status <= 299) HOLDS(a.fault != NULL);
    HOLDS(grpc_code(body) < 100);
    buf_free(&text);
    return 0;
}
