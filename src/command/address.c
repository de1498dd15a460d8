// Where the token may go. Contract in address.h.
#include "command/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool address_is_host(slice host) {
    if (!host.n) return false;
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.s[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\"<>\\^`{|}%", c)) return false;
    }
    return true;
}

bool address_is_port(const char *s) {
    char *end;
    if (*s != ':') return *s == '\0' || *s == '/';
    long port = strtol(s + 1, &end, 10);
    return s[1] >= '0' && s[1] <= '9' && port >= 1 && port <= 65535 && (*end == '\0' || *end == '/');
}
