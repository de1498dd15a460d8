// An HTTP/1.1 server on the loop (RFC 9110, 9112; server-sent events of the HTML standard, section 9.2):
// requests in, answers and streams out. It knows nothing of MCP. Parsing and TLS are libmicrohttpd's.
//
// Threat model. Whoever can reach the port is hostile until the owner has looked at the head of the request.
//   - memory: the head has a ceiling (431), the body one (413, before it is read if its length is declared),
//   what
//     is unsent on a stream one (the connection is closed), connections have a number, in all and an address
//   - time: the head and the body of a request must come within `patience`, however they trickle (on a connection
//     that is used again, each of the two); an idle connection and a reader that takes nothing are closed after the
//     same time
//   - a client that leaves while its answer is being made is noticed at once: the exchange is over
//   - what is sent is scrubbed of secrets, as on every transport
// What a header says is the owner's to judge. Whoever shuts down its sending side (half-close) is taken to
// have left unless the answer is ready by then.
#ifndef HATCHWAY_RPC_HTTP_H
#define HATCHWAY_RPC_HTTP_H

#include "base/buf.h"

struct uv_loop_s;

typedef struct rpc_http rpc_http;

// One request and its answer. It lives until `over`.
typedef struct rpc_http_exchange {
    void *data; // the owner's
    const char *method;
    const char *path; // without the query, percent-escapes decoded
    buf body;         // in `request` alone: it is freed when that returns
} rpc_http_exchange;

typedef struct rpc_http_field {
    const char *name, *value;
} rpc_http_field;

typedef struct rpc_http_owner {
    void *data;
    // The head is here. What is answered now is answered without reading the body, and `request` does not
    // come.
    void (*head)(void *data, rpc_http_exchange *exchange);
    // The whole request is here. It is answered now or later.
    void (*request)(void *data, rpc_http_exchange *exchange);
    // The answer is sent, or the client has left: the exchange is gone when this returns. It comes too when
    // `head` did not.
    void (*over)(void *data, rpc_http_exchange *exchange);
} rpc_http_owner;

typedef struct rpc_http_config {
    const char *host;              // a name, an IPv4 address, or an IPv6 one with or without brackets
    int port;                      // 0: a free one
    const char *certificate, *key; // PEM texts; NULL: no TLS
    size_t body_max;
    size_t head_max; // what each connection holds for the head of a request, and what is written at once
    unsigned connections, connections_of_address; // the most at once
    unsigned patience;                            // seconds
} rpc_http_config;

#define RPC_HTTP_UNSENT ((size_t)4 << 20) // bytes that may wait on a stream when more is written

// NULL and a sentence when it cannot listen.
rpc_http *rpc_http_open(struct uv_loop_s *loop, const rpc_http_owner *owner, const rpc_http_config *config,
                        buf *error);
int rpc_http_port(const rpc_http *http);
size_t rpc_http_connections(const rpc_http *http);

// How many fields of that name (in any case) the head has; *value is the first, without blanks around it, and
// lives as long as the exchange.
int rpc_http_header(const rpc_http_exchange *exchange, const char *name, slice *value);
// Calls take() for each field. The slices live as long as the exchange.
void rpc_http_headers(const rpc_http_exchange *exchange, void (*take)(void *data, slice name, slice value),
                      void *data);

// The one answer to a request. Takes the body and frees it; NULL: there is none.
void rpc_http_answer(rpc_http_exchange *exchange, int status, const rpc_http_field *fields, size_t count,
                     buf *body);

// Or a stream: its head (200), pieces, its end.
void rpc_http_stream(rpc_http_exchange *exchange, const rpc_http_field *fields, size_t count);
// Takes the piece and frees it. Too much is unsent: the connection is closed, and `over` comes.
void rpc_http_write(rpc_http_exchange *exchange, buf *piece);
void rpc_http_end(rpc_http_exchange *exchange);

// Accepts nothing more, and closes each connection when it has no request; then done(data), perhaps before it
// returns.
void rpc_http_drain(rpc_http *http, void (*done)(void *data), void *data);
// Closes all connections (`over` comes for each exchange) and frees it; the loop must run once more.
void rpc_http_close(rpc_http *http);

#endif
