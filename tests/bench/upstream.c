// An HTTP/1.1 upstream that costs as little as one can: one thread, epoll, keep-alive, bodies that are read
// once.
//
//     upstream DELAY [PREFIX FILE]...      milliseconds before each answer; the first prefix of the path that
//                                          fits answers
//
// Prints its port (of 127.0.0.1), and ends when its input does.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 8192, ROUTES = 32 };

typedef struct {
    const char *prefix, *body;
    size_t size;
} route;

typedef struct {
    char in[4096], head[512];
    size_t in_size, head_size, head_at, body_size, body_at;
    const char *body;
    bool is_blocked; // the kernel takes no more for now
    long long due; // when the answer may go out; 0: none is waiting
} connection;

static route routes[ROUTES];
static int route_count, events, queue[CONNECTIONS], queue_from, queue_to;
static connection *connections[CONNECTIONS];
static long long delay;

static long long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000LL + at.tv_nsec / 1000000;
}

static void add_route(const char *prefix, const char *path) {
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about) || route_count == ROUTES) {
        perror(path);
        exit(2);
    }
    void *body = about.st_size ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0) : "";
    if (body == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    close(file);
    routes[route_count++] = (route){prefix, body, (size_t)about.st_size};
}

static void drop(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static void watch(int operation, int fd, unsigned what) {
    struct epoll_event event = {.events = what, .data.fd = fd};
    epoll_ctl(events, operation, fd, &event);
}

// Sends what is left of the answer, as far as the kernel takes it. The connection may be gone afterwards.
static void send_rest(int fd) {
    connection *c = connections[fd];
    while (c->head_at < c->head_size || c->body_at < c->body_size) {
        bool is_head = c->head_at < c->head_size;
        const char *from = is_head ? c->head + c->head_at : c->body + c->body_at;
        size_t size = is_head ? c->head_size - c->head_at : c->body_size - c->body_at;
        ssize_t n = send(fd, from, size, MSG_NOSIGNAL | (is_head && c->body_size ? MSG_MORE : 0));
        if (n < 0 && errno != EAGAIN) {
            drop(fd);
            return;
        }
        if (n < 0) {
            if (!c->is_blocked) watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
            c->is_blocked = true;
            return;
        }
        *(is_head ? &c->head_at : &c->body_at) += (size_t)n;
    }
    if (c->is_blocked) watch(EPOLL_CTL_MOD, fd, EPOLLIN);
    c->is_blocked = false;
}

static void prepare(connection *c) {
    const char *status = "404 Not Found";
    char *path = strchr(c->in, ' ');
    c->body = "", c->body_size = 0;
    for (int i = 0; path && i < route_count; i++) {
        if (strncmp(path + 1, routes[i].prefix, strlen(routes[i].prefix))) continue;
        c->body = routes[i].body, c->body_size = routes[i].size, status = "200 OK";
        break;
    }
    if (status[0] == '4') fprintf(stderr, "upstream: no answer for %.*s\n", (int)strcspn(c->in, "\r\n"), c->in);
    c->head_at = c->body_at = 0;
    c->head_size = (size_t)snprintf(
        c->head, sizeof c->head,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, c->body_size);
}

static void on_input(int fd) {
    connection *c = connections[fd];
    ssize_t n = recv(fd, c->in + c->in_size, sizeof c->in - 1 - c->in_size, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) drop(fd);
        return;
    }
    c->in_size += (size_t)n;
    c->in[c->in_size] = 0;
    if (!strstr(c->in, "\r\n\r\n"))
        return; // no request that is sent here has a body, and none is sent before the last is answered
    prepare(c);
    c->in_size = 0;
    if (!delay) {
        send_rest(fd);
        return;
    }
    c->due = now() + delay;
    queue[queue_to++ % CONNECTIONS] = fd;
}

static void send_due(void) {
    for (; queue_from < queue_to; queue_from++) {
        int fd = queue[queue_from % CONNECTIONS];
        if (!connections[fd] || !connections[fd]->due) continue;
        if (connections[fd]->due > now()) return;
        connections[fd]->due = 0;
        send_rest(fd);
    }
}

static void take_connections(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        connections[fd < CONNECTIONS ? fd : 0] = fd < CONNECTIONS ? calloc(1, sizeof(connection)) : NULL;
        if (fd >= CONNECTIONS || !connections[fd]) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

int main(int argc, char **argv) {
    if (argc < 2 || argc % 2) return 2;
    delay = atoll(argv[1]);
    for (int i = 2; i < argc; i += 2) add_route(argv[i], argv[i + 1]);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) {
        perror("upstream");
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    events = epoll_create1(EPOLL_CLOEXEC);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    watch(EPOLL_CTL_ADD, 0, EPOLLIN);
    for (;;) {
        struct epoll_event ready[256];
        int n = epoll_wait(events, ready, 256, queue_from < queue_to ? 1 : -1);
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == 0) return 0;
            if (fd == listener)
                take_connections(listener);
            else if (connections[fd] && (ready[i].events & EPOLLOUT))
                send_rest(fd);
            if (fd != listener && connections[fd] && (ready[i].events & (EPOLLIN | EPOLLHUP))) on_input(fd);
        }
        send_due();
    }
}
