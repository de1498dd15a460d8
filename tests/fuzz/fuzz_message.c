// Any message: what is a request can be answered under its id, what is none is told.
#include "fuzz.h"

#include "rpc/message.h"

static void check_answer(const rpc_message *m) {
    buf out = BUF(FUZZ_MAX);
    json_doc doc, id;
    rpc_put_error(&out, m->id, true, RPC_INTERNAL_ERROR, m->method, (slice){NULL, 0});
    HOLDS(json_parse(&doc, buf_view(&out), 0, 0));
    HOLDS(json_path(doc.nodes, "error.message") && json_get(doc.nodes, "id"));
    if (m->id.n) {
        HOLDS(json_parse(&id, m->id, 0, 0) && json_equal(id.nodes, json_get(doc.nodes, "id")));
        json_doc_free(&id);
    }
    json_doc_free(&doc);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_doc doc;
    if (json_parse(&doc, (slice){(const char *)data, size}, 0, 0)) {
        rpc_message m = rpc_read(doc.nodes);
        HOLDS((m.kind == RPC_INVALID) == (m.problem != NULL) && (m.kind == RPC_INVALID) == (m.code != 0));
        HOLDS(m.kind != RPC_REQUEST || m.id.n > 0);
        HOLDS(m.kind != RPC_NOTIFICATION || m.id.n == 0);
        HOLDS(!m.params || json_is(m.params, JSON_OBJECT));
        check_answer(&m);
    }
    json_doc_free(&doc);
    return 0;
}
