// What the commands share that write files for authors: new, eject.
#ifndef HATCHWAY_COMMAND_AUTHOR_H
#define HATCHWAY_COMMAND_AUTHOR_H

#include "command/host.h"

// Puts the host together without a tenant. --into may name an overlay, or a pack of its own: *pack becomes
// what is to be read. False: a sentence was printed. command_host_close in either case.
bool author_open(command_host *host, command_options *options, const char **pack);

// Where they write: --into, else the own overlay folder of the pack. NULL when there is neither; a sentence
// was printed then.
char *author_folder(const command_options *options, const char *pack);

// Writes a file that does not exist yet, and the folders that it lies in. False: a sentence was printed.
bool author_write(const char *path, const char *text);

// Finds what is declared under a name; resources by their address or their name. `kind`: NULL for any.
const script_item *author_find(const script_pack *pack, const script_kind *kind, const char *name);

// The file that a declaration gets when it is alone: "tools/get_run.lua", "resources/run-status.lua". A pack
// chose the names, so what could lead elsewhere becomes a hyphen.
void author_put_file(const script_item *item, buf *out);

// The options that make a command read what was written: none, " --overlay DIR", " --pack DIR".
void author_put_options(const command_options *options, const char *pack, buf *out);

extern const char *const author_kinds[]; // "tool", "resource", "prompt", by script_kind
extern const char *const author_parts[]; // "tools", "resources", "prompts"

#endif
