// The one gRPC call that is made: /EventsService/Push, by which an event enters the tenant. Unary, over
// HTTP/2 (gRPC over HTTP2, grpc.io). The messages are those of events.proto.
//
// An answer is told like one of the REST API: a gRPC status becomes the HTTP status that means the same, and
// its message the body.
#ifndef HATCHWAY_UPSTREAM_GRPC_H
#define HATCHWAY_UPSTREAM_GRPC_H

#include "base/buf.h"

struct upstream_answer;

typedef struct grpc_event {
    const char *key;
    const char *payload;  // JSON
    const char *metadata; // JSON, NULL: none
    const char *scope;    // NULL: none
    int priority;         // 1 to 3, 0: none
} grpc_event;

// The message in its frame: a byte for "not compressed", four bytes of length, the bytes.
void grpc_put_event(buf *out, const grpc_event *event);

// The id of the event that an answer names, a UUID. False: it names none.
bool grpc_event_id(slice body, char id[37]);

// What the trailers of a call say.
typedef struct grpc_status {
    int code;      // -1: there was none
    slice message; // percent-encoded, as it was sent; may be empty
} grpc_status;

#define GRPC_NO_STATUS ((grpc_status){.code = -1, .message = {"", 0}})

int grpc_code(slice text); // of the trailer grpc-status; -1 if it is none

// Turns an answer of HTTP into that of the call. `message` holds the text of the status as long as the answer
// is used.
void grpc_settle(struct upstream_answer *answer, grpc_status status, buf *message);

#endif
