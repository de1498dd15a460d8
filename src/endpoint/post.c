// POST: which era a message is of, and the stream that its answer goes to (mcp 2026-07-28, versioning).
#include "endpoint/internal.h"
#include "rpc/message.h"

#include <string.h>

#define NODES_MAX 500000 // values of one message

static bool is_modern_version(slice header) {
    return header.n == strlen(MODERN) && memcmp(header.s, MODERN, header.n) >= 0 && *header.s == '2';
}

// The body decides. What says nothing of itself is modern if its header says so, or if nothing can be read of
// it.
static bool is_modern(const json_doc *doc, const rpc_http_exchange *http) {
    slice version, session;
    if (doc->error) return !rpc_http_header(http, "Mcp-Session-Id", &session);
    if (json_is(doc->nodes, JSON_ARRAY)) {
        for (const json_node *m = json_first(doc->nodes); m; m = json_after(doc->nodes, m))
            if (mcp_classify(m) == MCP_OPENS_MODERN) return true;
        return false;
    }
    if (mcp_classify(doc->nodes) == MCP_OPENS_MODERN) return true;
    return rpc_http_header(http, "MCP-Protocol-Version", &version) && is_modern_version(version);
}

static slice id_of(const json_doc *doc) {
    const json_node *id = doc->error ? NULL : json_get(doc->nodes, "id");
    bool readable = json_is(id, JSON_STRING) || json_is(id, JSON_INT);
    return readable ? id->raw : SLICE("");
}

// Each modern request says all about itself: it has a session of mcp to itself.
static void post_modern(endpoint *e, rpc_http_exchange *http, const json_doc *doc,
                        const endpoint_caller *caller) {
    if (!doc->error && rpc_read(doc->nodes).kind == RPC_RESPONSE) {
        endpoint_refuse(e, http, 400, SLICE(""), RPC_INVALID_REQUEST,
                        "nothing was asked that this would answer");
        return;
    }
    if (!endpoint_within_rate(e, http, caller, doc)) return;
    endpoint_stream *s = endpoint_stream_new(e, http, NULL, caller);
    s->own = mcp_session_new(e->config.server, &s->base);
    endpoint_stream_take(s, s->own, doc);
}

static void take(endpoint *e, rpc_http_exchange *http, const json_doc *doc, endpoint_session *session,
                 const endpoint_caller *caller) {
    endpoint_stream *s = endpoint_stream_new(e, http, session, caller);
    endpoint_stream_take(s, session->mcp, doc);
}

static void post_initialize(endpoint *e, rpc_http_exchange *http, const json_doc *doc,
                            const endpoint_caller *caller) {
    slice version;
    if (rpc_http_header(http, "MCP-Protocol-Version", &version) && !mcp_is_legacy_revision(version)) {
        endpoint_refuse(e, http, 400, id_of(doc), RPC_INVALID_REQUEST,
                        "MCP-Protocol-Version \"%.*s\" is not supported",
                        (int)(version.n < 100 ? version.n : 100), version.s);
        return;
    }
    endpoint_session *session = endpoint_session_new(e, caller->principal, caller->access);
    if (!session) {
        endpoint_refuse(e, http, 503, id_of(doc), RPC_INTERNAL_ERROR, "there are too many sessions");
        return;
    }
    take(e, http, doc, session, caller);
    if (!mcp_session_revision(session->mcp)) endpoint_session_free(session);
}

static void post_legacy(endpoint *e, rpc_http_exchange *http, const json_doc *doc,
                        const endpoint_caller *caller) {
    endpoint_session *session = endpoint_session_of(e, http, id_of(doc), caller);
    if (session && endpoint_within_rate(e, http, caller, doc)) take(e, http, doc, session, caller);
}

void endpoint_post(endpoint *e, rpc_http_exchange *http, const endpoint_caller *caller) {
    json_doc doc;
    slice session;
    json_parse(&doc, buf_view(&http->body), 0, NODES_MAX);
    bool opens = !doc.error && mcp_classify(doc.nodes) == MCP_OPENS_SESSION;
    if (is_modern(&doc, http)) post_modern(e, http, &doc, caller);
    else if (opens && !rpc_http_header(http, "Mcp-Session-Id", &session)) post_initialize(e, http, &doc, caller);
    else post_legacy(e, http, &doc, caller);
    json_doc_free(&doc);
}
