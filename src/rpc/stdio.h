// The stdio transport (MCP 2025-11-25, transports): one message a line, UTF-8, on stdin and stdout. Nothing
// else is ever on stdout: file descriptor 1 is taken away when the transport opens, and what anybody else
// prints there goes to stderr.
//
// Lines that come in never wait for those that go out, until RPC_UNSENT bytes of answers wait for a client
// that does not read: then nothing more is read either.
#ifndef HATCHWAY_RPC_STDIO_H
#define HATCHWAY_RPC_STDIO_H

#include "rpc/bulk.h"

struct uv_loop_s;

typedef struct rpc_stdio rpc_stdio;

#define RPC_UNSENT ((size_t)64 << 20)

typedef struct rpc_stdio_owner {
    void *data;
    void (*line)(void *data, slice line);  // a line without its end ("\n" or "\r\n"); blank lines do not come
    void (*too_long)(void *data);          // a line above the ceiling was skipped
    void (*ended)(void *data);             // stdin is at its end
    void (*broken)(void *data);            // stdout is closed: nobody listens any more
} rpc_stdio_owner;

// Takes over stdin and stdout, which may be pipes, sockets, terminals or files. NULL and a sentence when that
// is impossible.
rpc_stdio *rpc_stdio_open(struct uv_loop_s *loop, const rpc_stdio_owner *owner, size_t line_max, buf *error);

// Sends a line: scrubs it of secrets, adds the end, frees the buffer.
void rpc_stdio_send(rpc_stdio *t, buf *line);
void rpc_stdio_send_bulk(rpc_stdio *t, rpc_bulk *line); // the same, of one without an end of line in it

// Stops reading, and calls done(data) once everything is sent (or nobody listens). May call it before it
// returns.
void rpc_stdio_finish(rpc_stdio *t, void (*done)(void *data), void *data);

void rpc_stdio_close(rpc_stdio *t); // frees it; the loop must run once more

#endif
