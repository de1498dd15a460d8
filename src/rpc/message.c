// Reading and writing JSON-RPC messages. Contract in message.h.
#include "rpc/message.h"

static rpc_message invalid(rpc_message m, int code, const char *problem) {
    m.kind = RPC_INVALID;
    m.code = code;
    m.problem = problem;
    return m;
}

static bool is_id(const json_node *id) {
    if (json_is(id, JSON_STRING) || json_is(id, JSON_INT)) return true;
    if (!json_is(id, JSON_BIG)) return false;
    for (size_t i = 0; i < id->raw.n; i++)
        if (id->raw.s[i] == '.' || id->raw.s[i] == 'e' || id->raw.s[i] == 'E') return false;
    return true;
}

rpc_message rpc_read(const json_node *node) {
    rpc_message m = {0};
    if (!json_is(node, JSON_OBJECT)) return invalid(m, RPC_INVALID_REQUEST, "a message is an object");
    const json_node *id = json_get(node, "id"), *method = json_get(node, "method"),
                    *params = json_get(node, "params");
    if (id && !is_id(id)) return invalid(m, RPC_INVALID_REQUEST, "\"id\" is a string or an integer");
    if (id) m.id = id->raw;
    if (!slice_is(json_string(json_get(node, "jsonrpc")), "2.0"))
        return invalid(m, RPC_INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"");
    if (!method && (json_get(node, "result") || json_get(node, "error"))) {
        m.kind = RPC_RESPONSE;
        return m;
    }
    if (!json_is(method, JSON_STRING)) return invalid(m, RPC_INVALID_REQUEST, "\"method\" must be a string");
    m.method = method->as.string;
    m.kind = id ? RPC_REQUEST : RPC_NOTIFICATION;
    if (params && !json_is(params, JSON_OBJECT))
        return invalid(m, RPC_INVALID_PARAMS, "\"params\" must be an object");
    m.params = params;
    return m;
}

void rpc_put_error(buf *out, slice id, bool null_id, int code, slice message, slice data) {
    buf_text(out, "{\"jsonrpc\":\"2.0\"");
    if (id.n || null_id) {
        buf_text(out, ",\"id\":");
        buf_slice(out, id.n ? id : SLICE("null"));
    }
    buf_printf(out, ",\"error\":{\"code\":%d,\"message\":", code);
    json_put_string(out, message);
    if (data.n) {
        json_put_key(out, "data");
        json_put_raw(out, data);
    }
    buf_text(out, "}}");
}

void rpc_begin_result(buf *out, slice id) {
    buf_text(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_slice(out, id);
    buf_text(out, ",\"result\":");
}

void rpc_begin_notification(buf *out, const char *method) {
    buf_printf(out, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":", method);
}
