// Where the token of a profile comes from. Contract in token_source.h.
#include "command/token_source.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 10000 // ms

extern char **environ;

static void trim(buf *text) {
    size_t start = 0;
    while (text->n && strchr(" \t\r\n", text->s[text->n - 1])) text->n--;
    while (start < text->n && strchr(" \t\r\n", text->s[start])) start++;
    if (start) memmove(text->s, text->s + start, text->n -= start);
}

static bool settle(buf *token, const char *what, const char *name, buf *error) {
    trim(token);
    if (token->full) return buf_printf(error, "%s %s gives more than a token", what, name), false;
    if (!token->n) return buf_printf(error, "%s %s gives no token", what, name), false;
    return true;
}

// --- files -------------------------------------------------------------------------------------------------

static bool read_file(token_source *t, buf *token, buf *error) {
    char bytes[4096];
    ssize_t n;
    int fd = open(t->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &t->seen) != 0 || !S_ISREG(t->seen.st_mode)) {
        buf_printf(error, "token_file %s cannot be read: %s", t->file,
                   fd < 0 ? strerror(errno) : "it is no file");
        if (fd >= 0) close(fd);
        return false;
    }
    if (t->seen.st_mode & 077)
        log_message(LOG_WARNING, "token", "%s may be read by others than you: chmod 600 %s", t->file,
                    t->file);
    while (!token->full && (n = read(fd, bytes, sizeof bytes)) > 0) buf_add(token, bytes, (size_t)n);
    explicit_bzero(bytes, sizeof bytes);
    close(fd);
    return settle(token, "token_file", t->file, error);
}

bool token_source_changed(const token_source *t) {
    struct stat now;
    return t->file && stat(t->file, &now) == 0 &&
           (now.st_ino != t->seen.st_ino || now.st_size != t->seen.st_size ||
            now.st_mtim.tv_sec != t->seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != t->seen.st_mtim.tv_nsec);
}

// --- commands ----------------------------------------------------------------------------------------------

// Starts the command: its input is empty (ours is the client's), its output goes into the pipe.
static int start(const char *const *command, int out, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int failure = posix_spawnp(pid, command[0], &files, &attributes, (char *const *)command, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

// Reads to the end, or until it is more than a token, or its time is over.
static bool drain(int fd, buf *token, int64_t end) {
    char bytes[4096];
    while (!token->full) {
        int64_t left = end - clock_monotonic() / 1000;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left <= 0) return false;
        int count = poll(&ready, 1, (int)left);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n > 0) buf_add(token, bytes, (size_t)n);
        explicit_bzero(bytes, sizeof bytes);
        if (n <= 0) return n == 0;
    }
    return true;
}

// Waits for its end, which a command that has closed its output may be far from.
static bool await(pid_t pid, int *status, int64_t end) {
    for (;;) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) return true;
        if ((ended < 0 && errno != EINTR) || clock_monotonic() / 1000 >= end) return false;
        poll(NULL, 0, 10);
    }
}

static bool run_command(token_source *t, buf *token, buf *error) {
    const char *name = t->command[0];
    int pipe_ends[2], status = 0;
    pid_t pid;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return buf_printf(error, "token_command %s: %s", name, strerror(errno)), false;
    int failure = start(t->command, pipe_ends[1], &pid);
    close(pipe_ends[1]);
    int64_t end = clock_monotonic() / 1000 + PATIENCE;
    bool in_time = !failure && drain(pipe_ends[0], token, end);
    close(pipe_ends[0]);
    if (failure)
        return buf_printf(error, "token_command %s cannot be run: %s", name, strerror(failure)), false;
    bool ended = in_time && !token->full && await(pid, &status, end);
    if (!ended) kill(-pid, SIGKILL);
    while (!ended && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (token->full) return settle(token, "token_command", name, error);
    if (!ended)
        return buf_printf(error, "token_command %s did not end within %d s", name, PATIENCE / 1000), false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        buf_printf(error, "token_command %s failed (%s %d)", name, WIFEXITED(status) ? "exit code" : "signal",
                   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return false;
    }
    return settle(token, "token_command", name, error);
}

bool token_source_read(token_source *t, buf *token, buf *error) {
    return t->file ? read_file(t, token, error) : run_command(t, token, error);
}

// --- again -------------------------------------------------------------------------------------------------

typedef struct rerun {
    token_source *source;
    void (*done)(void *data);
    void *data;
} rerun;

static void work(uv_work_t *w) {
    rerun *again = w->data;
    token_source *t = again->source;
    run_command(t, &t->output, &t->error);
}

static void worked(uv_work_t *w, int status) {
    rerun *again = w->data;
    (void)status;
    again->source->running = false;
    again->done(again->data);
    free(again);
}

void token_source_rerun(token_source *t, uv_loop_t *loop, void (*done)(void *data), void *data) {
    if (t->running) return;
    rerun *again = base_alloc(sizeof *again);
    *again = (rerun){t, done, data};
    t->output = BUF(TOKEN_SOURCE_MAX);
    t->error = BUF(BUF_SMALL);
    t->running = true;
    t->work.data = again;
    uv_queue_work(loop, &t->work, work, worked);
}
