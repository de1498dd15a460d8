// Access over the network as the options say: keys in the store, tokens of an issuer.
#ifndef HATCHWAY_COMMAND_ACCESS_H
#define HATCHWAY_COMMAND_ACCESS_H

#include "auth/access.h"
#include "command/options.h"
#include "upstream/upstream.h"

typedef struct command_access {
    auth_access *auth;    // NULL: neither is a key made nor an issuer named, so nobody is asked who they are
    // of the requests for the issuer's keys
    curl_client *client;
    upstream_config client_config;
} command_access;

// `s` may be NULL: then no keys are taken. It, the options and `name` (the server's, for people) live longer.
// False: `error` says what is wrong. command_access_close in either case, before the loop is closed; the loop
// must turn once more after it. Where auth is NULL, a key that is made later counts after a restart only.
bool command_access_open(command_access *a, const command_options *options, struct uv_loop_s *loop, store *s,
                         const char *name, buf *error);
void command_access_close(command_access *a);

#endif
