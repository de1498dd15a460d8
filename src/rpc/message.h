// JSON-RPC 2.0 messages (https://www.jsonrpc.org/specification), as MCP narrows them: ids are strings or
// integers, params are objects.
//
// rpc: messages and transports. Called by mcp (messages) and command (transports); it calls base.
#ifndef HATCHWAY_RPC_MESSAGE_H
#define HATCHWAY_RPC_MESSAGE_H

#include "base/json.h"

enum {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
};

typedef enum rpc_kind { RPC_REQUEST, RPC_NOTIFICATION, RPC_RESPONSE, RPC_INVALID } rpc_kind;

// A view of a parsed message: nothing is owned.
typedef struct rpc_message {
    rpc_kind kind;
    slice id;                // as written ("1" and 1 differ); empty if there is none
    slice method;
    const json_node *params; // an object, or NULL
    int code;                // of RPC_INVALID: the error to answer with
    const char *problem;     // and a sentence
} rpc_message;

rpc_message rpc_read(const json_node *node);

// Writes {"jsonrpc":"2.0","id":…,"error":{…}}. Without an id: `"id":null` or no such member. data: JSON or
// empty.
void rpc_put_error(buf *out, slice id, bool null_id, int code, slice message, slice data);

// Begin {"jsonrpc":"2.0","id":…,"result": and {"jsonrpc":"2.0","method":…,"params": ; the caller adds the
// value and one '}'.
void rpc_begin_result(buf *out, slice id);
void rpc_begin_notification(buf *out, const char *method);

#endif
