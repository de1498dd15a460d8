// The push of an event by gRPC. Contract in grpc.h.
#include "upstream/grpc.h"
#include "upstream/upstream.h"

#include "events.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define FRAME 5 // bytes before a message
#define SPARE ((size_t)64 << 10) // bytes that reading a message may take beyond its own

void grpc_put_event(buf *out, const grpc_event *event) {
    Hatchet__PushEventRequest message = HATCHET__PUSH_EVENT_REQUEST__INIT;
    message.key = (char *)event->key;
    message.payload = (char *)event->payload;
    message.additional_metadata = (char *)event->metadata;
    message.has_priority = event->priority != 0;
    message.priority = event->priority;
    message.scope = (char *)event->scope;
    size_t n = hatchet__push_event_request__get_packed_size(&message);
    const char frame[FRAME] = {0, (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    char *room = buf_room(out, FRAME + n);
    if (!room) return;
    memcpy(room, frame, FRAME);
    hatchet__push_event_request__pack(&message, (uint8_t *)room + FRAME);
    out->n += FRAME + n;
}

// The message in its frame, if it is whole and not compressed.
static bool unframe(slice body, slice *message) {
    const unsigned char *s = (const unsigned char *)body.s;
    if (body.n < FRAME || s[0] != 0) return false;
    *message = (slice){body.s + FRAME, (size_t)s[1] << 24 | (size_t)s[2] << 16 | (size_t)s[3] << 8 | s[4]};
    return message->n == body.n - FRAME;
}

// Memory while it lasts: of many tiny fields a message would take fifty times its length, and long.
static void *take(void *left, size_t n) {
    if (n > *(size_t *)left) return NULL;
    *(size_t *)left -= n;
    return malloc(n);
}

static void give(void *left, void *memory) {
    (void)left;
    free(memory);
}

bool grpc_event_id(slice body, char id[37]) {
    slice message;
    if (!unframe(body, &message)) return false;
    size_t left = message.n + SPARE;
    ProtobufCAllocator allocator = {.alloc = take, .free = give, .allocator_data = &left};
    Hatchet__Event *event = hatchet__event__unpack(&allocator, message.n, (const uint8_t *)message.s);
    bool found = event && event->event_id && slice_is_uuid(slice_of(event->event_id));
    if (found) memcpy(id, event->event_id, 37);
    if (event) hatchet__event__free_unpacked(event, &allocator);
    return found;
}

// --- status ------------------------------------------------------------------------------------------------

// Codes of gRPC by number, and what they mean in HTTP (google.rpc.Code).
static const struct {
    const char *name;
    int status;
} codes[] = {
    {"OK", 200},                {"CANCELLED", 499},         {"UNKNOWN", 500},
    {"INVALID_ARGUMENT", 400},  {"DEADLINE_EXCEEDED", 504}, {"NOT_FOUND", 404},
    {"ALREADY_EXISTS", 409},    {"PERMISSION_DENIED", 403}, {"RESOURCE_EXHAUSTED", 429},
    {"FAILED_PRECONDITION", 400}, {"ABORTED", 409},         {"OUT_OF_RANGE", 400},
    {"UNIMPLEMENTED", 501},     {"INTERNAL", 500},          {"UNAVAILABLE", 503},
    {"DATA_LOSS", 500},         {"UNAUTHENTICATED", 401},
};

int grpc_code(slice text) {
    int code = 0;
    if (text.n == 0 || text.n > 2) return -1;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] < '0' || text.s[i] > '9') return -1;
        code = code * 10 + (text.s[i] - '0');
    }
    return code;
}

void grpc_settle(upstream_answer *a, grpc_status status, buf *message) {
    if (a->fault && status.code > 0) a->fault = NULL; // refused, whatever became of the rest
    if (a->fault) { // the HTTP status says nothing yet
        a->status = status.code == 0 ? 200 : 0;
        return;
    }
    if (status.code < 0) {
        if (a->status < 200 || a->status > 299) return; // something between us and the engine has answered
        a->status = 0;
        a->fault = "protocol";
        a->detail = "the answer has no gRPC status";
        return;
    }
    if (status.code == 0) return;
    size_t known = sizeof codes / sizeof *codes;
    size_t code = (size_t)status.code < known ? (size_t)status.code : 2;
    buf_percent_decoded(message, status.message);
    a->grpc = codes[code].name;
    a->status = codes[code].status;
    a->body = buf_view(message);
    // A message beyond the engine's size comes under the same code as a quota that is used up.
    if (a->status == 429 && memmem(message->s ? message->s : "", message->n, "larger than max", 15))
        a->status = 400;
}
