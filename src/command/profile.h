// Profiles: what belongs together for one tenant, in one file: $XDG_CONFIG_HOME/hatchway/config.lua, or
// ~/.config/hatchway/config.lua. The file is Lua in a sandbox and returns a table:
//
//     return {
//       default = "prod",
//       profiles = {
//         prod = {
//           token_file = "~/.secrets/hatchet-prod", access = "read", toolsets = { "runs", "events" },
//         },
//         staging = { token_command = { "pass", "show", "hatchet/staging" }, access = "write" },
//       },
//     }
//
// The keys of a profile are the options of the command line with underscores (a list repeats the option,
// `limit` is a table), token_file and token_command, and what the environment says otherwise: server_url,
// tenant_id, namespace, host_port, tls_strategy, tls_root_ca_file, tls_cert_file, tls_key_file,
// tls_server_name. A profile that is used wins over the environment; options of the command line win over it
// or add to it, and of several levels of access the lowest counts.
#ifndef HATCHWAY_COMMAND_PROFILE_H
#define HATCHWAY_COMMAND_PROFILE_H

#include "command/options.h"

// Applies a profile to options that have their defaults: the one of this name (NULL: $HATCHWAY_PROFILE, else
// the default of the file unless HATCHET_CLIENT_TOKEN is set; "": none). False: what is wrong was printed.
bool command_profile_apply(command_options *options, const char *name);

// The names of the profiles, each with a zero byte after it; none if the file cannot be read.
void command_profile_names(buf *names);

char *command_profile_file(void); // the path of the file, to be freed; NULL without a home

#endif
