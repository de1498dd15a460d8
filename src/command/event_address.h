// Where events are pushed to (gRPC), as the SDKs of Hatchet read it from the environment:
//
//   HATCHET_CLIENT_HOST_PORT          host:port; unset: the claim grpc_broadcast_address of the token
//   HATCHET_CLIENT_TLS_STRATEGY       tls (the default), mtls, or none
//   HATCHET_CLIENT_TLS_ROOT_CA_FILE   PEM; unset: --ca-file, or the system's
//   HATCHET_CLIENT_TLS_CERT_FILE,
//   HATCHET_CLIENT_TLS_KEY_FILE       PEM, the key without a pass phrase; needed by mtls
//   HATCHET_CLIENT_TLS_SERVER_NAME    the name in the certificate, if it is another one than the host
//
// A fault here is no fault of the start: most who run this server never push an event. It is told by the
// push.
#ifndef HATCHWAY_COMMAND_EVENT_ADDRESS_H
#define HATCHWAY_COMMAND_EVENT_ADDRESS_H

#include "command/options.h"
#include "upstream/upstream.h"

typedef struct event_address {
    upstream_grpc grpc; // its strings are the ones below
    char *base, *connect_to, *ca_file, *cert_file, *key_file;
    buf problem;
} event_address;

// The value of a variable without the blanks around it, to be freed; NULL when it is unset or blank. That
// blanks were left out is noted.
char *command_variable(const char *name, buf *notes);

void command_event_address_read(event_address *out, const command_options *options, const char *claim,
                                buf *notes);
void command_event_address_free(event_address *address);

#endif
