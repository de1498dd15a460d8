// Where events are pushed to. Contract in event_address.h.
#include "command/event_address.h"
#include "command/address.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROBLEM_MAX ((size_t)256 << 10) // a sentence with the longest value that a variable can have

static void problem(event_address *a, const char *format, const char *value) {
    if (!a->problem.n) buf_printf(&a->problem, format, value);
}

// The strategy: 't'ls, 'm'tls or 'n'one.
static char read_strategy(event_address *a, buf *notes) {
    char *value = command_variable("HATCHET_CLIENT_TLS_STRATEGY", notes), strategy = 't';
    if (value && strcasecmp(value, "none") == 0) strategy = 'n';
    else if (value && strcasecmp(value, "mtls") == 0) strategy = 'm';
    else if (value && strcasecmp(value, "tls") != 0)
        problem(a, "HATCHET_CLIENT_TLS_STRATEGY is \"%s\": it is tls, mtls or none", value);
    free(value);
    return strategy;
}

static void read_files(event_address *a, const command_options *o, char strategy, buf *notes) {
    a->ca_file = command_variable("HATCHET_CLIENT_TLS_ROOT_CA_FILE", notes);
    if (!a->ca_file && o->ca_file) a->ca_file = base_string(o->ca_file);
    if (strategy != 'm') return;
    a->cert_file = command_variable("HATCHET_CLIENT_TLS_CERT_FILE", notes);
    a->key_file = command_variable("HATCHET_CLIENT_TLS_KEY_FILE", notes);
    if (!a->cert_file || !a->key_file)
        problem(a, "HATCHET_CLIENT_TLS_STRATEGY is mtls: set HATCHET_CLIENT_TLS_CERT_FILE and %s to the "
                   "files of the client's certificate",
                "HATCHET_CLIENT_TLS_KEY_FILE");
}

static void put_base(event_address *a, const char *address, char strategy, buf *notes) {
    char *name = strategy == 'n' ? NULL : command_variable("HATCHET_CLIENT_TLS_SERVER_NAME", notes);
    const char *port = strrchr(address, ':');
    buf base = BUF(BUF_SMALL), way = BUF(BUF_SMALL);
    buf_printf(&base, "%s://%s%s", strategy == 'n' ? "http" : "https", name ? name : address,
               name ? port : "");
    a->base = base_string(buf_string(&base));
    if (name) {
        buf_printf(&way, "%s%s:%s", name, port, address);
        a->connect_to = base_string(buf_string(&way));
    }
    if (name && !address_is_host(slice_of(name)))
        problem(a, "HATCHET_CLIENT_TLS_SERVER_NAME is \"%s\", which is no host name", name);
    buf_free(&base);
    buf_free(&way);
    free(name);
}

static void read_address(event_address *a, const command_options *o, const char *claim, char strategy,
                         buf *notes) {
    char *own = command_variable("HATCHET_CLIENT_HOST_PORT", notes);
    const char *address = own ? own : claim;
    slice host = address_host(address ? address : "");
    if (!address) {
        problem(a, "the token names no address for events: set %s to host:port of the engine's gRPC service",
                "HATCHET_CLIENT_HOST_PORT");
    } else if (!address_is_host(host) || host.s[host.n] != ':' || strchr(address, '/') ||
               !address_is_port(host.s + host.n)) {
        problem(a, own ? "HATCHET_CLIENT_HOST_PORT is \"%s\": it is host:port, as in engine.example.com:7077"
                       : "the address for events in the token is \"%s\", which is not host:port: set "
                         "HATCHET_CLIENT_HOST_PORT",
                address);
    } else {
        a->grpc.proxy = address_is_loopback(host) ? NULL : o->proxy;
        put_base(a, address, strategy, notes);
        if (strategy == 'n' && !address_may_be_plain(host, o))
            problem(a, "HATCHET_CLIENT_TLS_STRATEGY is none, and the token is not sent without TLS beyond "
                       "this machine: use tls, or allow it with --allow-http and the host of %s",
                    address);
    }
    free(own);
}

void command_event_address_read(event_address *a, const command_options *o, const char *claim, buf *notes) {
    *a = (event_address){.problem = BUF(PROBLEM_MAX)};
    char strategy = read_strategy(a, notes);
    read_files(a, o, strategy, notes);
    read_address(a, o, claim, strategy, notes);
    a->grpc.ca_file = a->ca_file;
    a->grpc.cert_file = a->cert_file;
    a->grpc.key_file = a->key_file;
    a->grpc.connect_to = a->connect_to;
    if (a->problem.n) a->grpc.problem = buf_string(&a->problem);
    else a->grpc.base = a->base;
}

void command_event_address_free(event_address *a) {
    free(a->base);
    free(a->connect_to);
    free(a->ca_file);
    free(a->cert_file);
    free(a->key_file);
    buf_free(&a->problem);
}
