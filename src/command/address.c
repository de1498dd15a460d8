// Where the token may go. Contract in address.h.
#include "command/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 255 // RFC 1035, section 2.3.4

bool address_is_loopback(slice host) {
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if ((host.n == 9 && strncasecmp(host.s, "localhost", 9) == 0) || slice_is(host, "[::1]")) return true;
    if (host.n >= sizeof text) return false;
    memcpy(text, host.s, host.n);
    text[host.n] = '\0';
    return inet_pton(AF_INET, text, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

bool address_may_be_plain(slice host, const command_options *o) {
    for (size_t i = 0; i < o->plain_host_count; i++)
        if (host.n == strlen(o->plain_hosts[i]) && strncasecmp(host.s, o->plain_hosts[i], host.n) == 0)
            return true;
    return address_is_loopback(host);
}

slice address_host(const char *s) {
    size_t n = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":/");
    return (slice){s, n < strlen(s) ? n : strlen(s)};
}

static bool is_ipv6(slice host) { // in brackets
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.n < 2 || host.n - 2 >= sizeof text || host.s[host.n - 1] != ']') return false;
    memcpy(text, host.s + 1, host.n - 2);
    text[host.n - 2] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool address_is_host(slice host) {
    if (host.n && *host.s == '[') return is_ipv6(host);
    for (size_t i = 0; i < host.n; i++) {
        char c = host.s[i];
        bool alphanumeric = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!alphanumeric && c != '-' && c != '.' && c != '_') return false;
    }
    return host.n && host.n <= HOST_MAX;
}

bool address_is_port(const char *s) {
    char *end;
    if (*s != ':') return *s == '\0' || *s == '/';
    long port = strtol(s + 1, &end, 10);
    return s[1] >= '0' && s[1] <= '9' && port >= 1 && port <= 65535 && (*end == '\0' || *end == '/');
}

bool address_listen(const char *text, char *host, size_t room, int *port) {
    const char *colon = *text == '[' ? strstr(text, "]:") : strrchr(text, ':');
    slice name = SLICE("127.0.0.1");
    if (colon) colon += *colon == ']';
    if (colon && colon > text) name = (slice){text, (size_t)(colon - text)};
    const char *digits = colon ? colon + 1 : *text ? text : "8765";
    char *end;
    long number = strtol(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || number > 65535) return false;
    if (!address_is_host(name) || name.n >= room) return false;
    memcpy(host, name.s, name.n);
    host[name.n] = '\0';
    *port = (int)number;
    return true;
}
