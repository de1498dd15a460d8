// A client inside the process. Contract in loopback.h.
#include "command/loopback.h"
#include "base/secret.h"

#define ANSWER_MAX ((size_t)1 << 30)

// Takes the answer; notifications are not of interest here.
static void receive(mcp_stream *stream, buf *message, int status) {
    (void)status;
    loopback *l = (loopback *)stream;
    secret_scrub(message);
    json_doc doc;
    bool answer = json_parse(&doc, buf_view(message), 0, 0) && json_get(doc.nodes, "id");
    if (!answer || l->answered) {
        json_doc_free(&doc);
        buf_free(message);
        return;
    }
    buf_free(&l->text);
    json_doc_free(&l->doc);
    l->text = *message; // the document points into it
    l->doc = doc;
    l->answered = true;
}

const json_node *loopback_ask(loopback *l, const char *method, slice params, const json_node **error) {
    buf message = BUF(ANSWER_MAX);
    buf_printf(&message, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":", ++l->last_id,
               method);
    buf_slice(&message, params);
    buf_char(&message, '}');
    l->answered = false;
    mcp_session_receive(l->session, &l->stream, buf_view(&message));
    buf_free(&message);
    while (!l->answered && uv_run(&l->host->loop, UV_RUN_ONCE)) {}
    *error = json_get(l->doc.nodes, "error");
    return json_get(l->doc.nodes, "result");
}

void loopback_open(loopback *l, command_host *host) {
    const json_node *error;
    *l = (loopback){.stream = {.send = receive, .access = host->limits.access},
                    .host = host, .text = BUF(ANSWER_MAX)};
    l->session = mcp_session_new(host->server, &l->stream);
    loopback_ask(l, "initialize",
                 SLICE("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                       "\"clientInfo\":{\"name\":\"hatchway\",\"version\":\"" HATCHWAY_VERSION "\"}}"),
                 &error);
}

void loopback_close(loopback *l) {
    mcp_session_free(l->session);
    json_doc_free(&l->doc);
    buf_free(&l->text);
}
