// Everything that serves one pack, put together: the clock, recordings, the upstream, the pack, the MCP server.
#ifndef HATCHWAY_COMMAND_HOST_H
#define HATCHWAY_COMMAND_HOST_H

#include "command/environment.h"
#include "mcp/mcp.h"
#include "upstream/upstream.h"

#include <uv.h>

typedef struct command_host {
    uv_loop_t loop;
    command_environment env;
    cassette *cassette;
    upstream_config config;
    upstream *upstream;       // NULL: there is no token and no recording
    script_source source;
    script_pack *pack;
    mcp_server *server;
    char *dashboard;
} command_host;

// How much of it is needed.
typedef enum command_need {
    NEED_TENANT,              // a token, or recordings
    NEED_CATALOGUE,           // what the pack offers; nothing will be asked of the tenant
} command_need;

// Puts it together. False: one line on stderr says what is wrong. command_host_close in either case.
bool command_host_open(command_host *host, const command_options *options, const char *pack, command_need need);
void command_host_close(command_host *host);

// Logs the line that a server starts with, and warnings: an expired token, values that were mended.
void command_host_announce(command_host *host);

#endif
