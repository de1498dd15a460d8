// One message a line on stdin and stdout. Contract in stdio.h.
#include "rpc/stdio.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define PIECE ((size_t)64 << 10)
#define ENOUGH ((size_t)16 << 10) // answers to many lines: the client may have these while the others are made
#define KEEP_ROOM (4 * PIECE) // a buffer that has grown beyond this is given back when it is empty

// One direction: a stream, or a plain file.
typedef struct end {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
    } as;
    bool is_stream;
    int fd;
} end;

// A line that is written in pieces, and the lines that come after it.
typedef struct bulk_line {
    rpc_bulk line;
    buf after;
    struct bulk_line *next;
} bulk_line;

struct rpc_stdio {
    uv_loop_t *loop;
    rpc_stdio_owner owner;
    end in, out;
    uv_fs_t file_read;       // stdin is a file
    char piece[PIECE];
    buf line;                // an unfinished line
    bool skipping;           // the rest of a line above the ceiling
    bool reading, input_over;
    buf unsent;              // not yet given to the stream
    bulk_line *first, *last; // what comes after that
    buf sending;             // given to it
    uv_write_t write;
    bool writing, corked, broken;
    void (*finished)(void *data);
    void *finished_data;
    int users;               // open handles, a read of a file that is under way: the last one to end frees it
    bool closing;
};

static void start_reading(rpc_stdio *t);
static void stop_reading(rpc_stdio *t);
static void release(rpc_stdio *t);

static size_t bytes_unsent(const rpc_stdio *t) {
    size_t n = t->unsent.n;
    for (const bulk_line *b = t->first; b; b = b->next) n += rpc_bulk_left(&b->line) + b->after.n;
    return n;
}

// Reads on, unless there is a reason not to.
static void read_on(rpc_stdio *t) {
    if (!t->finished && !t->broken && bytes_unsent(t) < RPC_UNSENT) start_reading(t);
}

static void empty(buf *b) {
    if (b->room > KEEP_ROOM) buf_free(b);
    else buf_clear(b);
}

// --- out ---------------------------------------------------------------------------------------------------

static void check_finished(rpc_stdio *t) {
    if (!t->finished || t->writing || ((t->unsent.n || t->first) && !t->broken)) return;
    void (*done)(void *) = t->finished;
    t->finished = NULL;
    done(t->finished_data);
}

static void drop_first(rpc_stdio *t) {
    bulk_line *b = t->first;
    t->first = b->next;
    if (!t->first) t->last = NULL;
    rpc_bulk_free(&b->line);
    buf_free(&b->after);
    free(b);
}

static void drop_unsent(rpc_stdio *t) {
    buf_free(&t->unsent);
    while (t->first) drop_first(t);
}

static void fail_output(rpc_stdio *t) {
    if (t->broken) return;
    t->broken = true;
    drop_unsent(t);
    stop_reading(t);
    if (t->finished) check_finished(t);
    else t->owner.broken(t->owner.data);
}

static void write_file(rpc_stdio *t) {
    size_t done = 0;
    while (done < t->unsent.n) {
        ssize_t n = write(t->out.fd, t->unsent.s + done, t->unsent.n - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            fail_output(t);
            return;
        }
        done += (size_t)n;
    }
    empty(&t->unsent);
}

static void flush(rpc_stdio *t);

static void written(uv_write_t *request, int status) {
    rpc_stdio *t = request->data;
    t->writing = false;
    empty(&t->sending);
    if (t->closing) return;
    if (status < 0) {
        fail_output(t);
        return;
    }
    flush(t);
    read_on(t);
}

// Gives what is unsent to the stream: at once as much as it takes, the rest when it can.
static void flush_stream(rpc_stdio *t) {
    uv_buf_t all = uv_buf_init(t->unsent.s, (unsigned)(t->unsent.n < (1u << 30) ? t->unsent.n : (1u << 30)));
    int n = uv_try_write(&t->out.as.stream, &all, 1);
    if (n < 0 && n != UV_EAGAIN) {
        fail_output(t);
        return;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    if (sent == t->unsent.n) {
        empty(&t->unsent);
        return;
    }
    buf swap = t->sending;
    t->sending = t->unsent;
    t->unsent = swap;
    uv_buf_t rest = uv_buf_init(t->sending.s + sent, (unsigned)(t->sending.n - sent));
    t->write.data = t;
    t->writing = uv_write(&t->write, &t->out.as.stream, &rest, 1, written) == 0;
    if (!t->writing) fail_output(t);
}

// Is there something in `unsent`, or a piece to put there?
static bool refill(rpc_stdio *t) {
    if (t->unsent.n) return true;
    if (!t->first) return false;
    if (rpc_bulk_next(&t->first->line, &t->unsent)) return true;
    buf_char(&t->unsent, '\n');
    buf_slice(&t->unsent, buf_view(&t->first->after));
    drop_first(t);
    return true;
}

static void send_unsent(rpc_stdio *t) {
    if (!t->unsent.n || t->writing || t->broken) return;
    if (t->out.is_stream) flush_stream(t);
    else write_file(t);
}

static void flush(rpc_stdio *t) {
    while (!t->writing && !t->broken && refill(t)) send_unsent(t);
    check_finished(t);
}

static void sent(rpc_stdio *t) {
    if (!t->corked) flush(t);
    if (bytes_unsent(t) >= RPC_UNSENT) stop_reading(t);
}

void rpc_stdio_send(rpc_stdio *t, buf *line) {
    secret_scrub(line);
    if (!t->broken) {
        buf *out = t->last ? &t->last->after : &t->unsent;
        buf_slice(out, buf_view(line));
        buf_char(out, '\n');
    }
    buf_free(line);
    sent(t);
}

void rpc_stdio_send_bulk(rpc_stdio *t, rpc_bulk *line) {
    if (t->broken) {
        rpc_bulk_free(line);
        return;
    }
    rpc_bulk_scrub(line);
    bulk_line *b = base_alloc(sizeof *b);
    *b = (bulk_line){.line = *line, .after = BUF(SIZE_MAX / 2)};
    if (t->last) t->last->next = b;
    else t->first = b;
    t->last = b;
    sent(t);
}

void rpc_stdio_finish(rpc_stdio *t, void (*done)(void *data), void *data) {
    stop_reading(t);
    t->input_over = true;
    t->finished = done;
    t->finished_data = data;
    if (!t->corked) flush(t);
}

// --- in ----------------------------------------------------------------------------------------------------

static bool is_blank(slice s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] != ' ' && s.s[i] != '\t' && s.s[i] != '\r') return false;
    return true;
}

static void give_line(rpc_stdio *t, slice line) {
    if (line.n && line.s[line.n - 1] == '\r') line.n--;
    if (!is_blank(line)) t->owner.line(t->owner.data, line);
}

// Adds a piece of a line to what there is of it. A line above the ceiling is told once, and skipped to its
// end.
static void keep(rpc_stdio *t, const char *s, size_t n) {
    if (t->skipping) return;
    buf_add(&t->line, s, n);
    if (!t->line.full) return;
    t->skipping = true;
    buf_free(&t->line);
    t->owner.too_long(t->owner.data);
}

static void end_line(rpc_stdio *t, const char *s, size_t n) {
    if (!t->skipping && !t->line.n && n <= t->line.max) { // whole in this piece: not copied
        give_line(t, (slice){s, n});
        return;
    }
    keep(t, s, n);
    if (!t->skipping) give_line(t, buf_view(&t->line));
    t->skipping = false;
    empty(&t->line);
}

static void take(rpc_stdio *t, const char *s, size_t n) {
    t->corked = true;
    while (n && !t->finished) {
        const char *newline = memchr(s, '\n', n);
        if (!newline) {
            keep(t, s, n);
            break;
        }
        end_line(t, s, (size_t)(newline - s));
        if (t->unsent.n >= ENOUGH) send_unsent(t);
        n -= (size_t)(newline - s) + 1;
        s = newline + 1;
    }
    t->corked = false;
    flush(t);
    if (t->in.is_stream) read_on(t); // what waited for the end of the piece may have stopped it
}

static void input_ended(rpc_stdio *t) {
    if (t->input_over) return;
    stop_reading(t);
    t->input_over = true;
    if (t->line.n && !t->skipping) take(t, "\n", 1); // a last line without its end counts
    t->owner.ended(t->owner.data);
}

static void give_piece(uv_handle_t *handle, size_t wanted, uv_buf_t *out) {
    (void)wanted;
    rpc_stdio *t = handle->data;
    *out = uv_buf_init(t->piece, PIECE);
}

static void stream_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece) {
    rpc_stdio *t = stream->data;
    if (n > 0) take(t, piece->base, (size_t)n);
    else if (n < 0) input_ended(t);
}

static void file_read(uv_fs_t *request) {
    rpc_stdio *t = request->data;
    ssize_t n = request->result;
    uv_fs_req_cleanup(request);
    t->reading = false;
    if (t->closing) {
        release(t);
        return;
    }
    t->users--;
    if (n <= 0) {
        input_ended(t);
        return;
    }
    take(t, t->piece, (size_t)n);
    read_on(t);
}

static void start_reading(rpc_stdio *t) {
    if (t->reading || t->input_over) return;
    t->reading = true;
    if (t->in.is_stream) {
        uv_read_start(&t->in.as.stream, give_piece, stream_read);
        return;
    }
    uv_buf_t piece = uv_buf_init(t->piece, PIECE);
    t->file_read.data = t;
    t->users++; // a worker thread writes into t
    uv_fs_read(t->loop, &t->file_read, t->in.fd, &piece, 1, -1, file_read);
}

static void stop_reading(rpc_stdio *t) {
    if (!t->in.is_stream || !t->reading) return; // a read of a file ends by itself
    uv_read_stop(&t->in.as.stream);
    t->reading = false;
}

// --- opening and closing -----------------------------------------------------------------------------------

static bool open_end(rpc_stdio *t, end *e, int fd, bool readable) {
    e->fd = fd;
    switch (uv_guess_handle(fd)) {
    case UV_NAMED_PIPE:
    case UV_TCP: // a socket will do as well
        if (uv_pipe_init(t->loop, &e->as.pipe, 0) < 0) return false;
        break;
    case UV_TTY:
        if (uv_tty_init(t->loop, &e->as.tty, fd, readable) < 0) return false;
        break;
    default:
        return fcntl(fd, F_GETFL) >= 0;
    }
    e->is_stream = true;
    e->as.handle.data = t;
    t->users++;
    return e->as.handle.type == UV_TTY || uv_pipe_open(&e->as.pipe, fd) == 0;
}

// A descriptor of our own for stdout; what others print to stdout goes to stderr from now on.
static int take_stdout(void) {
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0) dup2(STDERR_FILENO, STDOUT_FILENO);
    return fd;
}

rpc_stdio *rpc_stdio_open(uv_loop_t *loop, const rpc_stdio_owner *owner, size_t line_max, buf *error) {
    rpc_stdio *t = base_alloc(sizeof *t);
    t->loop = loop;
    t->owner = *owner;
    t->line = BUF(line_max);
    t->unsent = BUF(SIZE_MAX / 2);
    t->sending = BUF(SIZE_MAX / 2);
    int out = take_stdout();
    if (out < 0 || !open_end(t, &t->out, out, false)) {
        buf_text(error, "stdout is closed or cannot be written: the server talks to its client there");
    } else if (!open_end(t, &t->in, STDIN_FILENO, true)) {
        buf_text(error, "stdin is closed or cannot be read: the server listens to its client there");
    } else {
        start_reading(t);
        return t;
    }
    rpc_stdio_close(t);
    return NULL;
}

static void free_transport(rpc_stdio *t) {
    buf_free(&t->line);
    drop_unsent(t);
    buf_free(&t->sending);
    free(t);
}

static void release(rpc_stdio *t) {
    if (--t->users == 0) free_transport(t);
}

static void handle_closed(uv_handle_t *handle) { release(handle->data); }

void rpc_stdio_close(rpc_stdio *t) {
    t->closing = true;
    t->users++;
    if (t->in.is_stream) uv_close(&t->in.as.handle, handle_closed);
    if (t->out.is_stream) uv_close(&t->out.as.handle, handle_closed);
    release(t); // the last of them frees t, later
}
