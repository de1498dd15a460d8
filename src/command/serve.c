// hatchway serve: the server on stdin and stdout. For --http see serve_http.c.
#include "base/log.h"
#include "command/command.h"
#include "command/reload.h"
#include "command/serve_http.h"
#include "rpc/stdio.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static const char usage[] =
    "Usage: hatchway serve [PACK] [options]\n\n"
    "Serves a pack to an MCP client on stdin and stdout, or with --http to any number of them on "
    "http://ADDRESS:PORT/mcp. PACK is a built-in pack or a folder with a pack.lua; hatchet if none is named.\n"
    "stdout carries the protocol and nothing else, stderr one JSON line a call.\n\n"
    "Exit codes: 0 the client has ended the session, 1 the configuration is wrong, 2 an argument is wrong.\n";

typedef struct service {
    mcp_stream stream;     // first: what is sent on it is cast back
    command_host host;
    mcp_session *session;
    rpc_stdio *transport;
    uv_signal_t signals[2];
    uv_timer_t patience;
    bool ending;
} service;

static void on_send(mcp_stream *stream, buf *message, int status) {
    (void)status;
    rpc_stdio_send(((service *)stream)->transport, message);
}

static void on_send_bulk(mcp_stream *stream, rpc_bulk *message, int status) {
    (void)status;
    rpc_stdio_send_bulk(((service *)stream)->transport, message);
}

static void on_line(void *data, slice line) {
    service *s = data;
    mcp_session_receive(s->session, &s->stream, line);
}

static void on_too_long(void *data) { mcp_session_too_long(((service *)data)->session); }

static void all_sent(void *data) { uv_stop(&((service *)data)->host.loop); }

#define PATIENCE 5000 // milliseconds that a client gets to read what is unsent at the end

static void out_of_patience(uv_timer_t *timer) {
    log_message(LOG_WARNING, "end", "the client did not read its last answers within %d s", PATIENCE / 1000);
    all_sent(timer->data);
}

static void session_ended(void *data) {
    service *s = data;
    uv_timer_start(&s->patience, out_of_patience, PATIENCE, 0);
    rpc_stdio_finish(s->transport, all_sent, s);
}

static void end(service *s, const char *why) {
    if (s->ending) return;
    s->ending = true;
    log_message(LOG_INFO, "end", "%s", why);
    mcp_session_end(s->session, session_ended, s);
}

static void on_input_end(void *data) { end(data, "the client closed the connection"); }

static void end_broken(uv_timer_t *timer) { end(timer->data, "the client reads no more"); }

// Nobody reads answers any more: reads end at once, writes that were sent are waited for. Not here: it comes
// from inside of a message that is being sent.
static void on_broken(void *data) {
    service *s = data;
    if (!s->ending) uv_timer_start(&s->patience, end_broken, 0, 0);
}

// The first signal ends the session as its client could; a second one ends it now.
static void on_signal(uv_signal_t *handle, int number) {
    service *s = handle->data;
    const char *name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    if (!s->ending) {
        end(s, name);
        return;
    }
    mcp_session_abort(s->session);
    uv_stop(&s->host.loop); // even if the client does not take what is unsent
}

static void watch_signals(service *s) {
    uv_timer_init(&s->host.loop, &s->patience);
    s->patience.data = s;
    static const int numbers[] = {SIGTERM, SIGINT};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&s->host.loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
}

static int run(service *s, const command_options *o) {
    rpc_stdio_owner owner = {s, on_line, on_too_long, on_input_end, on_broken};
    buf error = BUF(BUF_SMALL);
    s->stream = (mcp_stream){.send = on_send, .send_bulk = on_send_bulk, .access = s->host.limits.access};
    s->session = mcp_session_new(s->host.server, &s->stream);
    s->transport = rpc_stdio_open(&s->host.loop, &owner, (size_t)o->message_max, &error);
    if (s->transport) {
        watch_signals(s);
        command_host_announce(&s->host);
        command_reload *reload = command_reload_start(&s->host);
        uv_run(&s->host.loop, UV_RUN_DEFAULT);
        command_reload_stop(reload);
        for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&s->signals[i], NULL);
        uv_close((uv_handle_t *)&s->patience, NULL);
        rpc_stdio_close(s->transport);
    } else {
        command_complain("%s", buf_string(&error));
    }
    mcp_session_free(s->session);
    buf_free(&error);
    return s->transport ? EXIT_OK : EXIT_FAILED;
}

int command_serve(int argc, char **argv) {
    command_options o;
    service s = {0};
    bool helped;
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) {
        code = EXIT_OK;
    } else if (o.word_count > 1) {
        command_complain("serve takes one pack, and got \"%s\" too", o.words[1]);
    } else {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none); // a core file would hold the token
        const char *pack = o.word_count ? o.words[0] : o.pack ? o.pack : "hatchet";
        bool opened = command_host_open(&s.host, &o, pack, NEED_TENANT);
        code = !opened ? EXIT_FAILED : o.http ? command_serve_http(&s.host, &o) : run(&s, &o);
        command_host_close(&s.host);
    }
    command_options_free(&o);
    return code;
}
