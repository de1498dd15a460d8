#include "rpc/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

static int listen_on(const struct addrinfo *where) {
    int on = 1, fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int port_of(int fd) {
    struct sockaddr_storage bound = {0};
    socklen_t n = sizeof bound;
    getsockname(fd, (struct sockaddr *)&bound, &n);
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
}

int http_listen(const char *host, int *port, buf *error) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char service[8], *name = *host == '[' ? base_copy(host + 1, strcspn(host + 1, "]")) : base_string(host);
    snprintf(service, sizeof service, "%d", *port);
    int why = getaddrinfo(name, service, &hints, &found), fd = -1;
    if (why) buf_printf(error, "%s: %s", host, gai_strerror(why));
    for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) fd = listen_on(a);
    if (fd >= 0) *port = port_of(fd);
    else if (!why) buf_printf(error, "cannot listen on %s:%d: %s", host, *port, strerror(errno));
    if (found) freeaddrinfo(found);
    free(name);
    return fd;
}
