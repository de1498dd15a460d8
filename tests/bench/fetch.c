// libcurl alone: GETs over the multi socket interface and epoll, the bodies thrown away.
//
//     fetch URL COUNT WINDOW [HOLD [CAFILE]]      COUNT transfers, WINDOW at once
//
// Prints lines "name value": per_second, cpu_us (of one transfer), and with HOLD rss_kb: the memory HOLD ms after
// the start, or at the end if that is earlier.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int events, started, finished, count;
static long timeout_ms = -1;
static const char *url, *ca_file;
static CURLM *multi;

static double seconds(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static size_t on_body(char *data, size_t size, size_t n, void *user) {
    (void)data, (void)user;
    return size * n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
    (void)easy, (void)user;
    struct epoll_event event = {
        .events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0), .data.fd = fd};
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(events, EPOLL_CTL_DEL, fd, NULL);
    else
        epoll_ctl(events, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, what == CURL_POLL_REMOVE ? NULL : &events);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *user) {
    (void)m, (void)user;
    timeout_ms = ms;
    return 0;
}

static void add(CURL *easy) {
    started++;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    if (ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_multi_add_handle(multi, easy);
}

static void take_finished(void) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        CURL *easy = message->easy_handle;
        if (message->data.result != CURLE_OK) {
            fprintf(stderr, "fetch: %s\n", curl_easy_strerror(message->data.result));
            exit(1);
        }
        finished++;
        curl_multi_remove_handle(multi, easy);
        if (started < count) add(easy);
    }
}

static void tell_memory(void) {
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "Rss:", 4)) printf("rss_kb %ld\n", atol(line + 4));
    }
    if (file) fclose(file);
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    url = argv[1], count = atoi(argv[2]);
    int window = atoi(argv[3]), running;
    double hold = argc > 4 ? atof(argv[4]) / 1000 : 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    events = epoll_create1(EPOLL_CLOEXEC);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)window);
    ca_file = argc > 5 ? argv[5] : NULL;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < window && started < count; i++) add(curl_easy_init());
    while (finished < count) {
        struct epoll_event ready[64];
        int wait = timeout_ms < 0 || timeout_ms > 100 ? 100 : (int)timeout_ms;
        int n = wait == 0 ? 0 : epoll_wait(events, ready, 64, wait);
        if (n <= 0) {
            timeout_ms = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for (int i = 0; i < n; i++) {
            int mask = (ready[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                       (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            curl_multi_socket_action(multi, ready[i].data.fd, mask, &running);
        }
        take_finished();
        if (hold > 0 && seconds(CLOCK_MONOTONIC) - wall > hold) {
            tell_memory();
            hold = 0;
        }
    }
    if (hold > 0) tell_memory();
    printf("per_second %.1f\n", count / (seconds(CLOCK_MONOTONIC) - wall));
    printf("cpu_us %.3f\n", (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / count);
    return 0;
}
