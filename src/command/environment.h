// What the environment says about the tenant.
#ifndef HATCHWAY_COMMAND_ENVIRONMENT_H
#define HATCHWAY_COMMAND_ENVIRONMENT_H

#include "command/event_address.h"
#include "command/token_source.h"

typedef struct command_environment {
    const char *token;      // in locked memory; NULL if there is none
    int64_t expiry;         // of the token, microseconds; 0 if it does not say
    char *token_tenant;     // what the token itself says; NULL if it was not looked at
    token_source token_from; // of a profile: file or command, or neither
    char *base;             // "https://host[:port][/prefix]"; NULL without a token
    bool is_local;          // `base` is this machine
    const char *source;     // "token" or "override": where `base` is from
    char *tenant;           // lower case; NULL if neither the token nor the variable names it
    char *name_prefix;      // of workflow names: "" or ends in "_"
    guard_access access;    // the lowest of --access and HATCHET_MCP_READ_ONLY; read if none is given
    event_address events;   // where events are pushed to
    const char *part;       // that is wrong: "token", "tenant", "namespace", "access", "server"; NULL: none
    buf notes;              // what was mended on the way, a sentence a line
} command_environment;

// Reads the variables and takes the token out of the environment. `offline`: the token and the address are
// not looked at (a recording stands in for the network). False, and one sentence that says what is wrong and
// how to mend it.
bool command_environment_read(command_environment *env, const command_options *options, bool offline,
                              buf *error);
void command_environment_free(command_environment *env);

// Is there a token, in the variable or by a profile?
bool command_environment_has_token(const command_options *options);

// Is there one in the environment itself, neither blank nor a reference that a client did not fill in?
bool command_environment_names_token(void);

#endif
