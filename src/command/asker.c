// Scripts that ask their own server. Contract in asker.h.
#include "command/asker.h"
#include "base/clock.h"
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX ((size_t)64 << 20)

typedef struct question {
    int id;
    void (*answered)(void *to, slice message);
    void *to;
    struct question *next;
} question;

// Takes the answer to its question. Notifications are not of interest here.
static void receive(mcp_stream *stream, buf *message, int status) {
    (void)status;
    asker *a = (asker *)stream;
    json_doc doc;
    secret_scrub(message);
    const json_node *id = json_parse(&doc, buf_view(message), 0, 0) ? json_get(doc.nodes, "id") : NULL;
    for (question **place = &a->first; json_is(id, JSON_INT) && *place; place = &(*place)->next) {
        question *q = *place;
        if (q->id != id->as.integer) continue;
        *place = q->next;
        q->answered(q->to, buf_view(message));
        free(q);
        break;
    }
    json_doc_free(&doc);
    buf_free(message);
}

static void ask(void *data, const char *method, slice params, void (*answered)(void *to, slice message),
                void *to) {
    asker *a = data;
    buf message = BUF(MESSAGE_MAX);
    question *q = base_alloc(sizeof *q);
    *q = (question){.id = ++a->last_id, .answered = answered, .to = to, .next = a->first};
    a->first = q;
    buf_printf(&message, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":", q->id, method);
    buf_slice(&message, params);
    buf_char(&message, '}');
    mcp_session_receive(a->session, &a->stream, buf_view(&message));
    buf_free(&message);
}

static void ignore(void *to, slice message) { (void)to, (void)message; }

void asker_prepare(asker *a, command_host *h) {
    *a = (asker){0};
    h->limits.ask = ask;
    h->limits.asker = a;
}

void asker_open(asker *a, command_host *h) {
    a->stream = (mcp_stream){.send = receive, .access = h->limits.access};
    a->session = mcp_session_new(h->server, &a->stream);
    ask(a, "initialize",
        SLICE("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
              "\"clientInfo\":{\"name\":\"hatchway\",\"version\":\"" HATCHWAY_VERSION "\"}}"),
        ignore, NULL);
}

void asker_close(asker *a) {
    if (a->session) mcp_session_free(a->session);
    while (a->first) {
        question *q = a->first;
        a->first = q->next;
        q->answered(q->to, SLICE("null")); // nobody waits any more
        free(q);
    }
    *a = (asker){0};
}

// --- runs --------------------------------------------------------------------------------------------------

typedef struct ended_run {
    script_result result;
    bool done;
} ended_run;

static void on_done(void *data, script_result *result) {
    ended_run *e = data;
    e->result = *result; // moved
    e->done = true;
    *result = (script_result){0};
}

static void on_progress(void *data, double done, const double *total, slice message) {
    (void)data, (void)done, (void)total, (void)message;
}
static void on_log(void *data, int level, slice message) { (void)data, (void)level, (void)message; }

bool asker_run(command_host *h, const script_item *item, slice text, script_result *result) {
    script_pack *pack = mcp_server_pack(h->server);
    script_client client = {
        .name = SLICE("hatchway"), .version = SLICE(HATCHWAY_VERSION), .protocol = "2025-11-25"};
    guard_call call = {.tool = item ? item->name : "repl", .access = h->limits.access, .ids = BUF(BUF_SMALL),
                       .deadline = clock_now() + (item ? item->deadline : h->limits.deadline)};
    ended_run e = {0};
    script_owner owner = {
        .data = &e, .done = on_done, .progress = on_progress, .log = on_log, .client = &client};
    script_run *run =
        item ? script_start(pack, item, SLICE("{}"), &call, &owner) : script_eval(pack, text, &call, &owner);
    while (!e.done && uv_run(&h->loop, UV_RUN_ONCE)) {}
    if (!e.done && run) script_cancel(run);
    buf_free(&call.ids);
    *result = e.result;
    return e.done;
}
