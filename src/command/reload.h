// Reading the pack and its overlays again when a file of them is saved.
#ifndef HATCHWAY_COMMAND_RELOAD_H
#define HATCHWAY_COMMAND_RELOAD_H

#include "command/host.h"

typedef struct command_reload command_reload;

// Watches the folders of the host's layers. A new set is built beside the old one, a slice at a time, and
// takes its place when it is whole; a broken one is told (log, clients) and dropped. NULL when nothing can
// change: all is built in.
command_reload *command_reload_start(command_host *host);
void command_reload_stop(command_reload *reload); // NULL is allowed

#endif
