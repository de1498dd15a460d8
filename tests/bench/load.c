// Starts a server on stdin and stdout, drives it, and prints what it saw as lines "name value".
//
//     load start -- COMMAND...          initialize, tools/list: start_ms, and the memory 200 ms later
//     load first LINE -- COMMAND...     the same, then one call: the memory 200 ms after the answer
//     load calls COUNT WINDOW LINE -- COMMAND...     COUNT calls, WINDOW in flight: per_second, cpu_us, p50_us…
//     load hold COUNT MS LINE -- COMMAND...          COUNT calls at once: the memory before, and MS later
//     load beside COUNT HEAVY LINE -- COMMAND...     COUNT calls one at a time while a HEAVY one is in flight
//     load http COUNT PORT PATH                      COUNT GETs one at a time on one connection of 127.0.0.1
//
// LINE is a request with %d for its id. The server is bound to the first processor that may be used, this program
// to the last. An answer that is an error ends the program with an error, unless LOAD_ERRORS is set: then they
// are counted.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int to_server, from_server, errors;
static pid_t server;
static char *in;
static size_t in_size, in_cap, in_at, in_seen; // in_seen: no line ends before

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    if (server > 0) kill(server, SIGKILL);
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

static void start_server(char **command) {
    int in_pipe[2], out_pipe[2];
    if (pipe2(in_pipe, O_CLOEXEC) || pipe2(out_pipe, O_CLOEXEC)) fail("no pipes");
    server = vfork();
    if (server == 0) {
        bind_to(0);
        dup2(in_pipe[0], 0);
        dup2(out_pipe[1], 1);
        execv(command[0], command);
        _exit(127);
    }
    close(in_pipe[0]);
    close(out_pipe[1]);
    to_server = in_pipe[1], from_server = out_pipe[0];
    bind_to(1);
}

static void stop_server(void) {
    close(to_server);
    for (int i = 0; i < 300; i++) {
        if (waitpid(server, NULL, WNOHANG) == server) return;
        usleep(10000);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static void send_all(const char *text, size_t size) {
    while (size) {
        ssize_t n = write(to_server, text, size);
        if (n <= 0) fail("the server has ended");
        text += n, size -= (size_t)n;
    }
}

// The id of the next line of the server that is no notification. When none is there yet: waits for it, or -1.
static long next_answer(int wait) {
    for (;;) {
        size_t from = in_seen > in_at ? in_seen : in_at;
        char *line = in + in_at, *stop = in_size > from ? memchr(in + from, '\n', in_size - from) : NULL;
        in_seen = in_size;
        if (stop) {
            size_t size = (size_t)(stop - line);
            in_at += size + 1;
            in_seen = in_at;
            char *id = memmem(line, size, "\"id\":", 5);
            if (!id || (memmem(line, size < 200 ? size : 200, "\"method\":", 9))) continue;
            if (memmem(line, size, "\"isError\":true", 14) ||
                memmem(line, size < 60 ? size : 60, "\"error\":", 8)) {
                errors++;
                if (!getenv("LOAD_ERRORS")) fail("an error: %.*s", size < 600 ? (int)size : 600, line);
            }
            return atol(id + 5);
        }
        if (!wait) return -1;
        if (in_at) memmove(in, line, in_size - in_at);
        in_size -= in_at, in_at = 0, in_seen = in_size;
        if (in_cap - in_size < 1 << 16) {
            in_cap = in_cap ? in_cap * 2 : 1 << 20;
            in = realloc(in, in_cap);
            if (!in) fail("no memory");
        }
        ssize_t n = read(from_server, in + in_size, in_cap - in_size);
        if (n <= 0) fail("the server has ended");
        in_size += (size_t)n;
    }
}

static size_t request(char *into, size_t size, const char *line, long id) {
    const char *at = strstr(line, "%d");
    if (!at) fail("no %%d in the line");
    return (size_t)snprintf(into, size, "%.*s%ld%s\n", (int)(at - line), line, id, at + 2);
}

static void call(const char *line, long id) {
    char text[8192];
    send_all(text, request(text, sizeof text, line, id));
}

// Milliseconds from the start of the process to its answer to tools/list.
static double begin(char **command) {
    static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                                "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},"
                                "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n"
                                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
                                "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n";
    double began = now_us();
    start_server(command);
    send_all(hello, sizeof hello - 1);
    while (next_answer(1) != 2) {
    }
    return (now_us() - began) / 1000;
}

static void tell_memory(const char *suffix) {
    char path[64], line[256];
    long private = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", server);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "Rss:", 4)) printf("rss_kb%s %ld\n", suffix, atol(line + 4));
        if (!strncmp(line, "Private_", 8)) private += atol(strchr(line, ':') + 1);
    }
    if (file) fclose(file);
    printf("private_kb%s %ld\n", suffix, private);
    snprintf(path, sizeof path, "/proc/%d/status", server);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "VmHWM:", 6)) printf("peak_kb%s %ld\n", suffix, atol(line + 6));
    }
    if (file) fclose(file);
}

// Nanoseconds that all threads of the server were on a processor.
static double server_cpu_us(void) {
    clockid_t clock;
    struct timespec at;
    if (clock_getcpuclockid(server, &clock) || clock_gettime(clock, &at)) return 0;
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell_latencies(double *us, long count) {
    qsort(us, (size_t)count, sizeof *us, by_value);
    printf("min_us %.2f\np50_us %.2f\np99_us %.2f\nmax_us %.2f\n", us[0], us[count / 2], us[count * 99 / 100],
           us[count - 1]);
}

static void calls(long count, long window, const char *line) {
    double *sent = malloc((size_t)count * sizeof *sent), *us = malloc((size_t)count * sizeof *us);
    char *batch = malloc((size_t)window * 8192);
    if (!sent || !us || !batch) fail("no memory");
    double began = now_us(), cpu = server_cpu_us();
    long next = 0, done = 0, want = window < count ? window : count;
    while (done < count) {
        size_t size = 0;
        double at = now_us();
        for (; next < want; next++) {
            sent[next] = at;
            size += request(batch + size, 8192, line, next + 1000000);
        }
        if (size) send_all(batch, size);
        for (long id = next_answer(1); id >= 0; id = next_answer(0)) {
            us[id - 1000000] = now_us() - sent[id - 1000000];
            done++;
        }
        want = done + window < count ? done + window : count;
    }
    printf("per_second %.1f\ncpu_us %.3f\n", (double)count / (now_us() - began) * 1e6,
           (server_cpu_us() - cpu) / (double)count);
    tell_latencies(us, count);
}

static void hold(long count, long ms, const char *line) {
    tell_memory("_before");
    for (long i = 0; i < count; i++) call(line, i + 1000000);
    usleep((unsigned)ms * 1000);
    tell_memory("");
    for (long i = 0; i < count; i++) next_answer(1);
}

static void beside(long count, const char *heavy, const char *line) {
    double *us = malloc((size_t)count * sizeof *us);
    if (!us) fail("no memory");
    long heavies = 0, heavy_answers = 0;
    for (long i = 0; i < count; i++) {
        if (heavies == heavy_answers) call(heavy, 500000000 + heavies++);
        double began = now_us();
        call(line, i + 1000000);
        for (long id; (id = next_answer(1)) != i + 1000000;) {
            if (id >= 500000000) heavy_answers++;
        }
        us[i] = now_us() - began;
    }
    printf("heavy %ld\n", heavy_answers);
    tell_latencies(us, count);
}

static void http(long count, int port, const char *path) {
    char text[1024], *answer = malloc(1 << 22);
    double *us = malloc((size_t)count * sizeof *us);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!answer || !us || connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("no connection to port %d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int size = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n", path);
    bind_to(1);
    for (long i = 0; i < count; i++) {
        double began = now_us();
        if (send(fd, text, (size_t)size, 0) != size) fail("the connection has ended");
        for (size_t got = 0, want = 1; got < want;) {
            ssize_t n = recv(fd, answer + got, (1 << 22) - got - 1, 0);
            if (n <= 0) fail("the connection has ended");
            got += (size_t)n;
            answer[got] = 0;
            char *body = strstr(answer, "\r\n\r\n"), *length = strstr(answer, "Content-Length: ");
            want = body && length ? (size_t)(body + 4 - answer) + (size_t)atol(length + 16) : got + 1;
        }
        us[i] = now_us() - began;
        if (strncmp(answer, "HTTP/1.1 200", 12)) fail("%.12s", answer);
    }
    tell_latencies(us, count);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "http") && argc == 5) {
        http(atol(argv[2]), atoi(argv[3]), argv[4]);
        return 0;
    }
    int at = 2;
    while (at < argc && strcmp(argv[at], "--")) at++;
    if (at + 1 >= argc) return 2;
    signal(SIGPIPE, SIG_IGN);
    double ms = begin(argv + at + 1);
    if (!strcmp(mode, "start") && at == 2) {
        printf("start_ms %.4f\n", ms);
        usleep(200000);
        tell_memory("");
    } else if (!strcmp(mode, "first") && at == 3) {
        double began = now_us();
        call(argv[2], 10);
        next_answer(1);
        printf("call_ms %.3f\n", (now_us() - began) / 1000);
        usleep(200000);
        tell_memory("");
    } else if (!strcmp(mode, "calls") && at == 5) {
        long warm = atol(argv[2]) / 10;
        for (long i = 0; i < warm; i++) {
            call(argv[4], 10 + i);
            next_answer(1);
        }
        calls(atol(argv[2]), atol(argv[3]), argv[4]);
    } else if (!strcmp(mode, "hold") && at == 5) {
        call(argv[4], 10);
        next_answer(1);
        hold(atol(argv[2]), atol(argv[3]), argv[4]);
    } else if (!strcmp(mode, "beside") && at == 5) {
        beside(atol(argv[2]), argv[3], argv[4]);
    } else {
        fail("wrong arguments");
    }
    printf("errors %d\n", errors);
    fflush(stdout);
    stop_server();
    return 0;
}
