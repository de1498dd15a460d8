// command: the roof. One file a command, and what commands share:
//   options.c      the options that serve, call, tools and demo have in common
//   environment.c  what the environment says: the token, the server, the tenant
//   state.c        the folder that outlives the process
//   access.c       who comes over the network: keys, tokens of an issuer
//   host.c         puts the parts together: clock, recordings, upstream, pack, server
//   layers.c       the folders that a server is made of
//   loopback.c     a client inside the process, for the commands that ask the server themselves
//   asker.c        the same for scripts: specs and the repl
//   params.c       the words name=value of call and prompt
//   author.c       writing files for authors: new and eject
#ifndef HATCHWAY_COMMAND_OPTIONS_H
#define HATCHWAY_COMMAND_OPTIONS_H

#include "mcp/mcp.h"

// Exit codes of all commands.
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define OPTIONS_REPLAYS 16
#define OPTIONS_HOSTS 8
#define OPTIONS_OVERLAYS 16
#define OPTIONS_NAMES 256

// Names, ended by NULL; may be given in several options, each with commas between them.
typedef struct options_names {
    const char *of[OPTIONS_NAMES + 1];
    size_t count;
} options_names;

typedef struct command_options {
    const char *replay[OPTIONS_REPLAYS];
    size_t replay_count;
    bool access_given;
    guard_access access;
    bool by_profile;          // what is set now is set by the profile
    bool access_by_profile;   // `access` is
    mcp_confirm_policy confirm;
    const char *state_key;    // a file, or NULL
    const char *proxy, *ca_file;
    const char *plain_hosts[OPTIONS_HOSTS]; // plain http is allowed to these
    size_t plain_host_count;
    const char *overlays[OPTIONS_OVERLAYS];
    size_t overlay_count;
    options_names enabled;    // tools that are declared off, and are on here
    options_names toolsets, tools, excluded;
    options_names hidden;     // patterns of payload fields
    const char *profile;      // by name; NULL: see profile.h
    const char *token_file;   // of the profile
    const char *token_command[OPTIONS_HOSTS + 1]; // of the profile, NULL-ended
    bool all_enabled;         // of test: no tool is off
    bool bare;                // of doctor: the pack without overlays
    const char *pack;         // of commands whose first word is not the pack
    int64_t page_size;
    // --limit NAME=VALUE: bytes, counts, microseconds
    int64_t upstream_max, list_max, message_max, memory;
    int64_t call_requests, process_requests;
    int64_t cpu, deadline, ask_wait;
    // of serve
    bool http;                // in place of stdio
    char http_host[256];
    int http_port;            // 0: a free one
    const char *tls_cert, *tls_key;
    const char *origins[OPTIONS_HOSTS + 1], *hosts[OPTIONS_HOSTS + 1]; // NULL-ended
    size_t origin_count, host_count;
    bool insecure, metrics;
    int64_t head_max, connections, address_connections, sessions, session_idle, keep_alive, patience;
    bool markdown;            // of tools
    bool json;                // of doctor and key
    bool table;               // of call
    const char *into;         // of new and eject
    const char *state;        // the folder; NULL: see state.h
    guard_access scope;       // of a new key
    const char *expires;      // of a new key: a time, or NULL
    const char *jwt_issuer, *jwt_audience, *jwt_key, *jwt_jwks;
    options_names jwt_algorithms;
    int64_t rate, rate_burst; // calls of a principal: a minute, at once; 0: as many as it likes
    const char *record;       // the file that exchanges are written to
    char *texts[OPTIONS_NAMES]; // copies that the above point into
    size_t text_count;
    // what is no option, in order
    char **words;
    int word_count;
} command_options;

// Reads the arguments of a command (after its name). False: a sentence was printed to stderr, the exit code
// is EXIT_USAGE. `usage` is shown for --help; *helped is set then. After true: command_options_free.
bool command_options_read(command_options *options, int argc, char **argv, const char *usage, bool *helped);
// The same, but what is wrong with the configuration file is written to `fault`, and the rest is read.
bool command_options_read_past(command_options *options, int argc, char **argv, const char *usage, bool *helped,
                               buf *fault);
void command_options_free(command_options *options);
char *command_options_keep(command_options *options, slice text); // a copy that lives as long as they do
// What the option of that name does ("--access"); what is wrong is printed. False also for a name that there
// is not.
bool command_options_set(command_options *options, const char *name, const char *value);
script_selection command_options_selection(const command_options *options); // points into them

// Prints "hatchway: …" to stderr, without secrets.
void command_complain(const char *format, ...) BASE_PRINTF(1, 2);
// From now on complaints are appended to `out`, with a blank between them, in place of stderr; NULL: no more.
void command_complain_to(buf *out);

// What there is to set, for help, the man page and completion.
typedef enum command_topic { TOPIC_OPTIONS, TOPIC_LIMITS, TOPIC_VARIABLES } command_topic;
typedef struct command_described {
    const char *name, *value, *about; // value: what an option takes (NULL: nothing), the default of a limit
    char room[32];                    // that value may lie in
} command_described;
bool command_options_describe(command_topic topic, size_t at, command_described *out); // false: there are no more

// The text that a command shows for --help, above its options; NULL: it has none.
const char *command_options_usage(int (*run)(int argc, char **argv));

#endif
