// Clients of an HTTP server on 127.0.0.1; prints what it saw as lines "name value".
//
//     requests calls COUNT CONNECTIONS PORT PID FILE [OPENING]    COUNT requests, one at a time on each connection:
//                                                                 per_second, cpu_us (of the process PID), p50_us…
//     requests streams COUNT PORT PID FILE [OPENING]              COUNT connections with one request each, whose answers go on:
//                                                                 the memory of PID before, and 500 ms after all have begun
//     requests start PORT FILE -- COMMAND...                      start_ms: from the start of the process to its first answer
//
// A file is a whole request as it is sent. OPENING is sent before it, on each connection, and the value of
// Mcp-Session-Id in its answer stands for the word SESSION in FILE. This program is bound to the last processor that may
// be used, a COMMAND to the first. Answers have a Content-Length, but streams do not; all must be 200, and no error.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (1 << 18)

typedef struct client {
    int fd;
    char *request;
    size_t size, got;
    double sent;
    char answer[];
} client;

static pid_t server, started; // that is measured; that this program has started
static char *opening, *asked;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("requests: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    if (started > 0) kill(started, SIGKILL);
    exit(1);
}

static double now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static void bind_to(int is_last) {
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all)) return;
    int which = -1;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all) && (is_last || which < 0)) which = i;
    }
    CPU_ZERO(&one);
    CPU_SET(which, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static char *text_of(const char *path) {
    FILE *file = fopen(path, "r");
    char *text = calloc(1, ANSWER_MAX);
    if (!file || !text || !fread(text, 1, ANSWER_MAX - 1, file)) fail("%s cannot be read", path);
    fclose(file);
    return text;
}

// Microseconds that all threads of the server were on a processor.
static double server_cpu_us(void) {
    clockid_t clock;
    struct timespec at;
    if (clock_getcpuclockid(server, &clock) || clock_gettime(clock, &at)) fail("there is no process %d", (int)server);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static long memory_kb(void) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", server);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "Rss:", 4)) kb = atol(line + 4);
    if (file) fclose(file);
    return kb;
}

static int connected(int port, int may_fail) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }
    if (!may_fail) fail("no connection to port %d: %s", port, strerror(errno));
    close(fd);
    return -1;
}

static void send_all(client *c, const char *text, size_t size) {
    c->got = 0;
    c->sent = now_us();
    if (send(c->fd, text, size, MSG_NOSIGNAL) != (ssize_t)size) fail("the connection has ended");
}

static void take_piece(client *c) {
    ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_MAX - 1 - c->got, 0);
    if (n <= 0) fail("the connection has ended after \"%.*s\"", (int)c->got, c->answer);
    c->got += (size_t)n;
    c->answer[c->got] = 0;
}

// Is the answer whole? Of a stream: is its first event there?
static int is_whole(const client *c, int is_stream) {
    const char *body = memmem(c->answer, c->got, "\r\n\r\n", 4);
    if (!body) return 0;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) || strstr(body, "\"isError\":true") || strstr(body, "\"id\":1,\"error\":"))
        fail("%s", c->answer);
    if (is_stream) return strstr(body, "data:") != NULL;
    const char *length = strcasestr(c->answer, "Content-Length: ");
    if (!length) fail("no Content-Length: %s", c->answer);
    return c->got >= (size_t)(body + 4 - c->answer) + (size_t)atol(length + 16);
}

static void await(client *c, int is_stream) {
    do take_piece(c);
    while (!is_whole(c, is_stream));
}

static void put_session(client *c) {
    char *word = strstr(c->request, "SESSION"), *id = strstr(c->answer, "Mcp-Session-Id: ");
    if (!word || !id) return;
    char *rest = strdup(word + 7);
    size_t size = strcspn(id += 16, "\r");
    memcpy(word, id, size);
    strcpy(word + size, rest);
    free(rest);
}

static client *begin(int port) {
    client *c = calloc(1, sizeof *c + ANSWER_MAX);
    if (!c) fail("no memory");
    c->fd = connected(port, 0);
    c->request = calloc(1, strlen(asked) + 200);
    strcpy(c->request, asked);
    if (opening) {
        send_all(c, opening, strlen(opening));
        await(c, 0);
        put_session(c);
    }
    c->size = strlen(c->request);
    return c;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void calls(long count, int connections, int port) {
    double *us = malloc((size_t)count * sizeof *us);
    int epoll = epoll_create1(0);
    long sent = 0, done = 0, warm = count / 10;
    double began = now_us(), cpu = server_cpu_us();
    for (int i = 0; i < connections; i++, sent++) {
        client *c = begin(port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
        send_all(c, c->request, c->size);
    }
    while (done < count + warm) {
        struct epoll_event ready[64];
        int n = epoll_wait(epoll, ready, 64, 0); // asleep, it would have to be woken by the server, on its time
        for (int i = 0; i < n; i++) {
            client *c = ready[i].data.ptr;
            take_piece(c);
            if (!is_whole(c, 0)) continue;
            if (done >= warm && done < count + warm) us[done - warm] = now_us() - c->sent;
            if (++done == warm) began = now_us(), cpu = server_cpu_us();
            if (sent++ < count + warm) send_all(c, c->request, c->size);
        }
    }
    printf("per_second %.1f\ncpu_us %.3f\n", (double)count / (now_us() - began) * 1e6,
           (server_cpu_us() - cpu) / (double)count);
    qsort(us, (size_t)count, sizeof *us, by_value);
    printf("p50_us %.2f\np99_us %.2f\n", us[count / 2], us[count * 99 / 100]);
}

static void streams(long count, int port) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    long before = memory_kb();
    for (long i = 0; i < count; i++) {
        client *c = begin(port);
        send_all(c, c->request, c->size);
        await(c, 1);
        free(c->request);
        free(c); // the connection stays
    }
    usleep(500000);
    long after = memory_kb();
    printf("before_kb %ld\nrss_kb %ld\nstream_bytes %.0f\n", before, after,
           (double)(after - before) * 1024 / (double)count);
}

static void start(int port, char **command) {
    client *c = calloc(1, sizeof *c + ANSWER_MAX);
    double began = now_us();
    started = vfork();
    if (started == 0) {
        bind_to(0);
        execv(command[0], command);
        _exit(127);
    }
    bind_to(1);
    while ((c->fd = connected(port, 1)) < 0) {
        if (now_us() - began > 2e7 || waitpid(started, NULL, WNOHANG) == started) fail("the server does not start");
        usleep(50);
    }
    send_all(c, asked, strlen(asked));
    await(c, 0);
    printf("start_ms %.3f\n", (now_us() - began) / 1000);
    kill(started, SIGKILL);
    waitpid(started, NULL, 0);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "calls") && (argc == 7 || argc == 8)) {
        bind_to(1);
        server = atoi(argv[5]);
        asked = text_of(argv[6]);
        opening = argc == 8 ? text_of(argv[7]) : NULL;
        calls(atol(argv[2]), atoi(argv[3]), atoi(argv[4]));
    } else if (!strcmp(mode, "streams") && (argc == 6 || argc == 7)) {
        bind_to(1);
        server = atoi(argv[4]);
        asked = text_of(argv[5]);
        opening = argc == 7 ? text_of(argv[6]) : NULL;
        streams(atol(argv[2]), atoi(argv[3]));
    } else if (!strcmp(mode, "start") && argc > 5 && !strcmp(argv[4], "--")) {
        asked = text_of(argv[3]);
        start(atoi(argv[2]), argv + 5);
    } else {
        fail("wrong arguments");
    }
    return 0;
}
