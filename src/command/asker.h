// Lets scripts ask the server that they are in, as a client would: for specs and the repl (script_host.ask).
#ifndef HATCHWAY_COMMAND_ASKER_H
#define HATCHWAY_COMMAND_ASKER_H

#include "command/host.h"

typedef struct asker {
    mcp_stream stream;        // first: what comes on it is cast back
    mcp_session *session;
    struct question *first;   // that wait for their answer
    int last_id;
} asker;

// Between command_host_prepare and command_host_load: what is read then can ask. After it: the session.
void asker_prepare(asker *asker, command_host *host);
void asker_open(asker *asker, command_host *host);
void asker_close(asker *asker); // before command_host_close; also when it was never opened

// Runs one thing in the sandbox to its end: a spec (item), or a text (item NULL). The result is copied;
// script_result_free. False: it waits for what never comes.
bool asker_run(command_host *host, const script_item *item, slice text, script_result *result);

#endif
