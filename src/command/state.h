// Where the host keeps what outlives it: --state, else $XDG_STATE_HOME/hatchway, else
// ~/.local/state/hatchway.
#ifndef HATCHWAY_COMMAND_STATE_H
#define HATCHWAY_COMMAND_STATE_H

#include "command/options.h"
#include "store/store.h"

// Opens the store, and makes it if there is none. NULL: `error` says why.
store *command_state_open(const command_options *options, buf *error);

// May there be one, whether or not it can be opened?
bool command_state_exists(const command_options *options);

#endif
