// A client inside the process: commands ask the server through its front door, as any client would.
#ifndef HATCHWAY_COMMAND_LOOPBACK_H
#define HATCHWAY_COMMAND_LOOPBACK_H

#include "command/host.h"

typedef struct loopback {
    mcp_stream stream;       // first: what comes on it is cast back
    command_host *host;
    mcp_session *session;
    int last_id;
    buf text;                // the last answer
    json_doc doc;            // of it
    bool answered;
} loopback;

// Opens a session and initializes it.
void loopback_open(loopback *l, command_host *host);

// Sends a request (params: a JSON object) and runs the loop until its answer is there. Returns the result, or
// NULL and *error; both live until the next request.
const json_node *loopback_ask(loopback *l, const char *method, slice params, const json_node **error);
void loopback_close(loopback *l);

#endif
