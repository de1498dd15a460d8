// The claims of our own token for Hatchet. (Who comes to us over the network: access.h.)
//
// A Hatchet API token is a JWT (RFC 7519). Its signature cannot be checked by a client: Hatchet checks it at
// each request. We read what the token says about itself, so that a mistake is told at the start and not by a
// 403.
#ifndef HATCHWAY_AUTH_TOKEN_H
#define HATCHWAY_AUTH_TOKEN_H

#include "base/buf.h"

typedef struct auth_token {
    char *tenant;      // claim "sub", a UUID
    char *server_url;  // claim "server_url", NULL if there is none
    char *grpc_address; // claim "grpc_broadcast_address", "host:port"; NULL if there is none
    int64_t expiry;    // claim "exp", microseconds since 1970; 0 if there is none
} auth_token;

// Reads the claims. False, and a sentence that says what is wrong without a piece of the token.
bool auth_token_read(slice token, auth_token *out, buf *why);
void auth_token_free(auth_token *token);

#endif
