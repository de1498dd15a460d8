// command: the roof. One file a command, and what commands share:
//   options.c      the options that serve, call, tools and demo have in common
//   environment.c  what the environment says: the token, the server, the tenant
//   host.c         puts the parts together: clock, recordings, upstream, pack, server
//   layers.c       the folders that a server is made of
//   loopback.c     a client inside the process, for the commands that ask the server themselves
//   asker.c        the same for scripts: specs and the repl
//   params.c       the words name=value of call and prompt
//   author.c       writing files for authors: new and eject
#ifndef HATCHWAY_COMMAND_OPTIONS_H
#define HATCHWAY_COMMAND_OPTIONS_H

#include "script/script.h"

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
    const char *pack;         // of commands whose first word is not the pack
    int64_t page_size;
    // --limit NAME=VALUE: bytes, counts, microseconds
    int64_t upstream_max, list_max, message_max, memory;
    int64_t call_requests, process_requests;
    int64_t cpu, deadline;
    bool markdown;            // of tools
    const char *into;         // of new and eject
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
void command_options_free(command_options *options);
char *command_options_keep(command_options *options, slice text); // a copy that lives as long as they do
// What the option of that name does ("--access"); what is wrong is printed. False also for a name that there
// is not.
bool command_options_set(command_options *options, const char *name, const char *value);
script_selection command_options_selection(const command_options *options); // points into them

// Prints "hatchway: …" to stderr, without secrets.
void command_complain(const char *format, ...) BASE_PRINTF(1, 2);

#endif
