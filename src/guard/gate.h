// guard: the checks that every call and every upstream request passes.
//
// Called by mcp (arguments, access of tools, sizes) and by script (requests). It calls base only. What it
// knows of a call comes from the declaration and the operator; nothing that a script says at run time changes
// it.
//   gate.c     may this request be sent at all, and by this call?
//   schema.c   JSON Schema
//   arguments.c  the arguments of a call against the declared schema
#ifndef HATCHWAY_GUARD_GATE_H
#define HATCHWAY_GUARD_GATE_H

#include "base/json.h"
#include "base/trace.h"

typedef enum guard_access { GUARD_READ, GUARD_WRITE, GUARD_DESTROY } guard_access;

const char *guard_access_name(guard_access access);
bool guard_access_parse(slice name, guard_access *out);

typedef enum guard_method { GUARD_GET, GUARD_POST, GUARD_PATCH, GUARD_DELETE } guard_method;

const char *guard_method_name(guard_method method);

// What the gate knows of one call, and what it and the upstream note down about it.
typedef struct guard_call {
    const char *tool;       // for messages
    guard_access access;    // the most that this call may do: of the tool, within the operator's
    bool idempotent;        // its writes may be sent again
    int64_t deadline;       // on the clock, microseconds; no request goes on beyond it
    const trace_context *trace; // that its requests belong to; NULL: none
    int requests;           // in flight or waiting
    // for the log
    int attempts;           // requests sent, retries included
    int status;             // of the last answer, 0 before the first
    size_t bytes;           // of all answers
    bool wrote;             // a write was sent
    char error_kind[24];    // of the last failed request
    buf ids;                // ids that writes named, for the log
} guard_call;

typedef struct guard_request {
    guard_method method;
    slice path;             // with its segments filled in and encoded, without query
    slice body;             // JSON or empty
    bool push;              // an event by gRPC: method POST, path GUARD_PUSH, and no other
} guard_request;

#define GUARD_PUSH "/EventsService/Push"

// The access that a request needs: GET is read, POST and PATCH are write, DELETE is destroy, but for the
// paths in the built-in tables.
guard_access guard_request_access(const guard_request *request);

// Passes a request, or refuses it with a sentence and a hint. Checks in fixed order: the path, what is kept
// out, the access.
bool guard_pass(const guard_call *call, const guard_request *request, buf *why, buf *hint);

#endif
