// Everything that serves one pack, put together: the clock, recordings, the upstream, the pack, the MCP
// server.
#ifndef HATCHWAY_COMMAND_HOST_H
#define HATCHWAY_COMMAND_HOST_H

#include "command/environment.h"
#include "command/layers.h"
#include "mcp/mcp.h"
#include "store/store.h"
#include "upstream/upstream.h"

#include <uv.h>

// How much of it is needed.
typedef enum command_need {
    NEED_TENANT,              // a token, or recordings
    NEED_CATALOGUE,           // what the pack offers; without recordings no request is answered
} command_need;

typedef struct command_host {
    uv_loop_t loop;
    command_environment env;
    cassette *cassette;
    upstream_config config;
    recorder *recorder;       // NULL unless --record
    upstream *upstream;       // NULL: there is no token and no recording
    command_layers layers;
    uint64_t signature;       // of their files, before they were read
    script_host limits;       // what packs are made with
    command_need need;
    mcp_server *server;
    const command_options *options;
    store *state;             // NULL before it is needed
    char *realm;              // of tasks
    char *dashboard;
    const char *profile;      // its name, or NULL
    int64_t token_asked;      // when the command was last run
} command_host;

// Puts it together. False: one line on stderr says what is wrong. command_host_close in either case.
bool command_host_open(command_host *host, const command_options *options, const char *pack,
                       command_need need);

// The two halves of command_host_open: all but the pack and the server (what scripts may do is in
// host->limits then), and those two. `spec`: the file of a spec that is read with the pack, or NULL.
bool command_host_prepare(command_host *host, const command_options *options, command_need need);
bool command_host_load(command_host *host, const command_options *options, const char *pack,
                       const char *spec);

// What a folder is that a command is to look at: a pack of its own (its pack.lua declares another name than
// `pack` has), which is what is read then; or one more overlay of `pack`, which is put into the options.
// Returns the pack to read.
const char *command_host_subject(command_host *host, command_options *options, const char *folder,
                                 const char *pack);
void command_host_close(command_host *host);

// What outlives the host, opened when it is first asked for. NULL: `error` says why.
store *command_host_state(command_host *host, buf *error);

// The declarations that are served now.
const script_item *command_host_items(command_host *host, size_t *count);
size_t command_host_tools(command_host *host); // how many tools are offered

// Logs the line that a server starts with, and warnings: an expired token, values that were mended.
void command_host_announce(command_host *host);

#endif
