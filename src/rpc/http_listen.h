// A listening socket.
#ifndef HATCHWAY_RPC_HTTP_LISTEN_H
#define HATCHWAY_RPC_HTTP_LISTEN_H

#include "base/buf.h"

// Listens on that address (a name, an IPv4 address, or an IPv6 one with or without brackets) and port (0: a
// free one); *port is the one that it is. The descriptor, or -1 and a sentence.
int http_listen(const char *host, int *port, buf *error);

#endif
