// hatchway serve --http.
#ifndef HATCHWAY_COMMAND_SERVE_HTTP_H
#define HATCHWAY_COMMAND_SERVE_HTTP_H

#include "command/host.h"

// Serves until a signal comes. Returns the exit code.
int command_serve_http(command_host *host, const command_options *options);

#endif
