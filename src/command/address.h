// Addresses that the environment and options name: whether a token may be sent there, where to listen.
#ifndef HATCHWAY_COMMAND_ADDRESS_H
#define HATCHWAY_COMMAND_ADDRESS_H

#include "command/options.h"

// This machine: localhost, ::1, or a whole IPv4 address 127.x.y.z (a name may begin like one).
bool address_is_loopback(slice host);

// May the token go there without TLS? This machine, and the hosts that --allow-http names.
bool address_may_be_plain(slice host, const command_options *options);

bool address_is_host(slice host);         // a name, an IPv4 address, or an IPv6 one in brackets
slice address_host(const char *text);     // of "host[:port][/path]"
bool address_is_port(const char *text);   // what follows the host: "", ":port", "/path" or ":port/path"

// Where to listen: "ADDRESS:PORT", "PORT", ":PORT" or "" (127.0.0.1:8765). False: it is none of these.
bool address_listen(const char *text, char *host, size_t room, int *port);

#endif
