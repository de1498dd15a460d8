// A connection: messages in, answers out, batches, cancellation, the end of input.
#include "mcp/internal.h"
#include "mcp/task.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define GRACE 2000                            // milliseconds that calls get at the end of input
#define MESSAGE_OUT_MAX                                                                                      \
    ((size_t)512 << 20) // an answer holds the text of a result, escaped, and the result itself

#define BULK ((size_t)256 << 10) // from that size on what an answer holds is written in pieces

// --- out ---------------------------------------------------------------------------------------------------

// What did not fit its buffer is no JSON: it is not sent.
static void send_on(mcp_stream *stream, buf *message, int status) {
    if (message->full) buf_free(message);
    else stream->send(stream, message, status);
}

void mcp_send(mcp_stream *stream, buf *message) { send_on(stream, message, 0); }

static void release(mcp_stream *stream) {
    if (!--stream->waiting && stream->end) stream->end(stream);
}

static void end_batch_part(mcp_batch *batch) {
    if (--batch->left) return;
    if (batch->answers.n) {
        buf_char(&batch->answers, ']');
        send_on(batch->stream, &batch->answers, 200);
    }
    buf_free(&batch->answers);
    free(batch);
}

static void add_to_batch(mcp_batch *batch, buf *answer) {
    buf_char(&batch->answers, batch->answers.n ? ',' : '[');
    buf_slice(&batch->answers, buf_view(answer));
    buf_free(answer);
}

static void check_ended(mcp_session *session) {
    if (!session->ended || session->requests) return;
    void (*done)(void *) = session->ended;
    session->ended = NULL;
    done(session->ended_data);
}

static void leave(mcp_request *r) {
    *r->place = r->next;
    if (r->next) r->next->place = r->place;
}

void mcp_drop(mcp_request *r) {
    mcp_session *session = r->session;
    mcp_stream *stream = r->stream;
    leave(r);
    if (r->is_listen) mcp_watch_end(session, r);
    if (r->batch) end_batch_part(r->batch);
    mcp_ask_free(r);
    mcp_client_free(&r->client);
    buf_free(&r->call.ids);
    free(r->id);
    free(r->token);
    free(r->trace);
    free(r->arguments);
    free(r->uri);
    free(r->tasks);
    free(r->typed);
    mcp_catalogue_release(r->catalogue);
    free(r);
    check_ended(session);
    release(stream);
}

static void deliver(mcp_request *r, buf *answer, int status) {
    if (r->batch) add_to_batch(r->batch, answer);
    else send_on(r->stream, answer, status);
    mcp_drop(r);
}

buf mcp_begin_as(const mcp_request *r, const char *type) {
    buf out = BUF(MESSAGE_OUT_MAX);
    rpc_begin_result(&out, slice_of(r->id));
    buf_char(&out, '{');
    if (mcp_is_modern(r->revision)) json_put_key(&out, "resultType"), json_put_text(&out, type);
    return out;
}

buf mcp_begin(const mcp_request *r) { return mcp_begin_as(r, "complete"); }

// Adds _meta, and closes the result and the message.
static void end_answer(const mcp_request *r, buf *answer, slice meta) {
    bool modern = mcp_is_modern(r->revision);
    if (modern || meta.n) {
        json_put_key(answer, "_meta");
        json_open(answer, '{');
        if (modern) {
            json_put_key(answer, MCP_META_SERVER);
            mcp_put_server_info(r->session->server, r->revision, answer);
        }
        if (meta.n && modern) buf_char(answer, ',');
        buf_slice(answer, meta);
        json_close(answer, '}');
    }
    buf_text(answer, "}}");
}

void mcp_answer(mcp_request *r, buf *answer, slice meta) {
    end_answer(r, answer, meta);
    if (!answer->full) {
        deliver(r, answer, 200);
        return;
    }
    buf_free(answer);
    mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""), "the answer is larger than %zu MB", MESSAGE_OUT_MAX >> 20);
}

rpc_bulk mcp_begin_bulk(const mcp_request *r) {
    return (rpc_bulk){.head = mcp_begin(r), .middle = BUF(MESSAGE_OUT_MAX), .tail = BUF(MESSAGE_OUT_MAX)};
}

buf *mcp_put_body(const mcp_request *r, rpc_bulk *m, buf *body) {
    if (body->n < BULK || r->batch || !r->stream->send_bulk) {
        json_put_string(&m->head, buf_view(body));
        return &m->head;
    }
    buf_char(&m->head, '"');
    m->body = *body;
    *body = BUF(0);
    buf_char(&m->middle, '"');
    return &m->middle;
}

buf *mcp_put_again(rpc_bulk *m, buf *out, slice body) {
    m->again = m->body.n && body.s == m->body.s;
    if (m->again) return &m->tail;
    json_put_raw(out, body);
    return out;
}

void mcp_answer_bulk(mcp_request *r, rpc_bulk *m) {
    if (!m->body.n) {
        mcp_answer(r, &m->head, SLICE(""));
        return;
    }
    if (m->again && mcp_is_modern(r->revision)) buf_char(&m->tail, ','); // what it follows is elsewhere
    end_answer(r, m->again ? &m->tail : &m->middle, SLICE(""));
    r->stream->send_bulk(r->stream, m, 200);
    mcp_drop(r);
}

// mcp 2026-07-28, transports: what HTTP says of an error. What the method itself finds wrong is told in band, and
// so is everything of the older revisions.
static int status_of(const mcp_request *r, int code) {
    if (!mcp_is_modern(r->revision)) return 200;
    if (code == RPC_METHOD_NOT_FOUND) return 404;
    bool is_of_transport = code == MCP_HEADER_MISMATCH || code == MCP_MISSING_CAPABILITY ||
                           code == MCP_UNSUPPORTED_VERSION;
    return is_of_transport || !r->opened ? 400 : 200;
}

void mcp_fail(mcp_request *r, int code, slice data, const char *format, ...) {
    char text[2000];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if ((size_t)n >= sizeof text) n = sizeof text - 1;
    buf out = BUF(MESSAGE_OUT_MAX);
    rpc_put_error(&out, slice_of(r->id), false, code, (slice){text, (size_t)n}, data);
    deliver(r, &out, status_of(r, code));
}

// An error that answers no request: nobody knows its id. Revisions from 2025-11-25 on leave the id out;
// before, it was null.
static void refuse_message(mcp_session *session, mcp_stream *stream, slice id, int code, const char *message) {
    bool null_id = session->initialized && session->revision < MCP_2025_11_25;
    buf out = BUF(MESSAGE_OUT_MAX); // it echoes the id
    rpc_put_error(&out, id, null_id, code, slice_of(message), SLICE(""));
    send_on(stream, &out, 400);
}

void mcp_session_too_long(mcp_session *session) {
    char text[160];
    snprintf(text, sizeof text, "the message is longer than %zu bytes (--limit message_max=…)",
             session->server->config.message_max);
    refuse_message(session, session->general, SLICE(""), RPC_INVALID_REQUEST, text);
}

// --- in ----------------------------------------------------------------------------------------------------

static mcp_request *find_request(mcp_session *session, slice id) {
    for (mcp_request *r = session->requests; r; r = r->next)
        if (slice_is(id, r->id)) return r;
    return NULL;
}

static void join(mcp_request *r, mcp_session *session, mcp_stream *stream) {
    r->session = session;
    r->stream = stream;
    stream->waiting++;
    r->place = &session->requests;
    r->next = session->requests;
    if (r->next) r->next->place = &r->next;
    session->requests = r;
}

mcp_request *mcp_request_new(mcp_session *session, mcp_stream *stream, slice id) {
    mcp_request *r = base_alloc(sizeof *r);
    join(r, session, stream);
    r->id = base_copy(id.s, id.n);
    r->revision = session->revision;
    r->log_level = LOG_LEVELS;
    return r;
}

void mcp_go_on(mcp_request *r, buf *answer, mcp_session *session, mcp_stream *stream) {
    mcp_session *left = r->session;
    mcp_stream *told = r->stream;
    end_answer(r, answer, SLICE(""));
    leave(r);
    join(r, session, stream);
    send_on(told, answer, 200);
    check_ended(left);
    release(told);
}

static bool is_modern(const json_node *params) {
    return json_get(json_get(params, "_meta"), MCP_META_VERSION) != NULL;
}

static void refuse_version(mcp_request *r, slice asked) {
    buf data = BUF(MESSAGE_OUT_MAX); // it echoes what was asked for
    buf_printf(&data, "{\"supported\":[\"%s\"],\"requested\":", mcp_revision_name(MCP_2026_07_28));
    json_put_string(&data, asked);
    buf_char(&data, '}');
    mcp_fail(r, MCP_UNSUPPORTED_VERSION, buf_view(&data), "unsupported protocol version \"%.*s\"",
             (int)(asked.n < 100 ? asked.n : 100), asked.s);
    buf_free(&data);
}

// Reads what a modern request says about itself (mcp 2026-07-28, _meta of requests). False: it was refused.
static bool read_envelope(mcp_request *r, const json_node *meta) {
    const json_node *version = json_get(meta, MCP_META_VERSION),
                    *capabilities = json_get(meta, MCP_META_CAPABILITIES);
    const json_node *client = json_get(meta, MCP_META_CLIENT), *level = json_get(meta, MCP_META_LOG_LEVEL);
    log_level least;
    r->revision = MCP_2026_07_28;
    if (!json_is(version, JSON_STRING))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "_meta \"%s\" must be a string", MCP_META_VERSION),
               false;
    if (!json_is(capabilities, JSON_OBJECT))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "_meta \"%s\" must be an object",
                        MCP_META_CAPABILITIES),
               false;
    if (client && !json_is(client, JSON_OBJECT))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "_meta \"%s\" must be an object", MCP_META_CLIENT),
               false;
    if (level && !log_level_parse(json_string(level), &least))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                        "_meta \"%s\" must be a level from debug to emergency", MCP_META_LOG_LEVEL),
               false;
    if (!slice_is(version->as.string, mcp_revision_name(MCP_2026_07_28)))
        return refuse_version(r, version->as.string), false;
    if (level) r->log_level = least;
    mcp_client_read(&r->client, client, capabilities);
    return true;
}

static bool read_token(mcp_request *r, const json_node *meta) {
    const json_node *token = json_get(meta, "progressToken");
    if (!token) return true;
    if (!json_is(token, JSON_STRING) && !json_is(token, JSON_INT))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                        "_meta \"progressToken\" must be a string or an integer"),
               false;
    r->token = base_copy(token->raw.s, token->raw.n);
    return true;
}

// Both eras, and only what _meta says: a header of HTTP is of the connection, which a proxy may share out.
static void read_trace(mcp_request *r, const json_node *meta) {
    slice parent = json_string(json_get(meta, "traceparent")), state = json_string(json_get(meta, "tracestate"));
    r->trace = trace_child(parent, state);
}

static void take_request(mcp_session *session, mcp_stream *stream, const rpc_message *m, mcp_batch *batch) {
    const json_node *meta = json_get(m->params, "_meta");
    bool used = find_request(session, m->id) != NULL;
    mcp_request *r = mcp_request_new(session, stream, m->id);
    r->batch = batch;
    if (batch) batch->left++;
    if (used) {
        mcp_fail(r, RPC_INVALID_REQUEST, SLICE(""),
                 "the id %.100s is in use by a request that has no answer yet", r->id);
        return;
    }
    if (meta && !json_is(meta, JSON_OBJECT)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"_meta\" must be an object");
        return;
    }
    if (!mcp_check_version_header(r, m->method, meta)) return;
    if (is_modern(m->params) && !read_envelope(r, meta)) return;
    if (!read_token(r, meta)) return;
    if (mcp_is_modern(r->revision) && !mcp_check_headers(r, m->method, m->params)) return;
    read_trace(r, meta);
    r->opened = true;
    if (batch && slice_is(m->method, "initialize"))
        mcp_fail(r, RPC_INVALID_REQUEST, SLICE(""), "initialize cannot be part of a batch");
    else mcp_dispatch(r, m->method, m->params);
}

static void take_notification(mcp_session *session, const rpc_message *m) {
    if (!slice_is(m->method, "notifications/cancelled")) return; // others need no action
    const json_node *id = json_get(m->params, "requestId");
    mcp_request *r = id ? find_request(session, id->raw) : NULL;
    if (r && mcp_is_call(r)) mcp_cancel_call(r, "cancelled");
    else if (r && r->is_listen) mcp_drop(r);
}

static void take_message(mcp_session *session, mcp_stream *stream, const json_node *node, mcp_batch *batch) {
    rpc_message m = rpc_read(node);
    if (m.kind == RPC_REQUEST) {
        take_request(session, stream, &m, batch);
    } else if (m.kind == RPC_NOTIFICATION) {
        take_notification(session, &m);
    } else if (m.kind == RPC_INVALID && batch) {
        buf answer = BUF(MESSAGE_OUT_MAX);
        rpc_put_error(&answer, m.id, true, m.code, slice_of(m.problem), SLICE(""));
        add_to_batch(batch, &answer);
    } else if (m.kind == RPC_INVALID) {
        refuse_message(session, stream, m.id, m.code, m.problem);
    } else {
        mcp_take_response(session, node);
    }
}

// Batches are of 2025-03-26 alone.
static void take_batch(mcp_session *session, mcp_stream *stream, const json_node *array) {
    bool modern = false;
    for (const json_node *e = json_first(array); e; e = json_after(array, e))
        modern |= is_modern(json_get(e, "params"));
    if (!session->initialized || session->revision != MCP_2025_03_26 || modern) {
        refuse_message(session, stream, SLICE(""), RPC_INVALID_REQUEST,
                       "batches are of protocol version 2025-03-26 only; send one message at a time");
        return;
    }
    if (array->count == 0) {
        refuse_message(session, stream, SLICE(""), RPC_INVALID_REQUEST, "the batch is empty");
        return;
    }
    mcp_batch *batch = base_alloc(sizeof *batch);
    *batch = (mcp_batch){.stream = stream, .left = 1, .answers = BUF(MESSAGE_OUT_MAX)};
    for (const json_node *e = json_first(array); e; e = json_after(array, e))
        take_message(session, stream, e, batch);
    end_batch_part(batch);
}

mcp_opening mcp_classify(const json_node *message) {
    if (is_modern(json_get(message, "params"))) return MCP_OPENS_MODERN;
    bool opens = slice_is(json_string(json_get(message, "method")), "initialize");
    return opens ? MCP_OPENS_SESSION : MCP_OPENS_NOTHING;
}

// What could not be parsed is refused here too.
void mcp_session_take(mcp_session *session, mcp_stream *stream, const json_doc *doc) {
    stream->waiting++; // until all of it is read
    if (doc->error) {
        char text[200];
        snprintf(text, sizeof text, "the message is not JSON: %s (at byte %zu)", doc->error, doc->offset);
        refuse_message(session, stream, SLICE(""), RPC_PARSE_ERROR, text);
    } else if (json_is(doc->nodes, JSON_ARRAY)) {
        take_batch(session, stream, doc->nodes);
    } else {
        take_message(session, stream, doc->nodes, NULL);
    }
    release(stream);
}

void mcp_session_receive(mcp_session *session, mcp_stream *stream, slice message) {
    json_doc doc;
    json_parse(&doc, message, 0, 0);
    mcp_session_take(session, stream, &doc);
    json_doc_free(&doc);
}

// --- clients -----------------------------------------------------------------------------------------------

static char *own(slice s) { return base_copy(s.s ? s.s : "", s.n < 200 ? s.n : 200); }

void mcp_client_read(mcp_client *client, const json_node *info, const json_node *capabilities) {
    mcp_client_free(client);
    *client = (mcp_client){.name = own(json_string(json_get(info, "name"))),
                           .version = own(json_string(json_get(info, "version"))),
                           .tasks = json_get(json_get(capabilities, "extensions"), MCP_TASKS_EXTENSION),
                           .abilities = mcp_abilities_read(capabilities)};
}

void mcp_client_free(mcp_client *client) {
    free(client->name);
    free(client->version);
    *client = (mcp_client){0};
}

// --- beginning and end -------------------------------------------------------------------------------------

mcp_session *mcp_session_new(mcp_server *server, mcp_stream *general) {
    mcp_session *session = base_alloc(sizeof *session);
    *session = (mcp_session){.server = server,
                             .general = general,
                             .revision = MCP_LATEST_LEGACY,
                             .level = LOG_INFO,
                             .next = server->sessions,
                             .place = &server->sessions};
    if (session->next) session->next->place = &session->next;
    server->sessions = session;
    return session;
}

const char *mcp_session_revision(const mcp_session *session) {
    return session->initialized ? mcp_revision_name(session->revision) : NULL;
}

static void free_timer(uv_handle_t *timer) { free(timer); }

static void stop_grace(mcp_session *session) {
    if (session->grace) uv_close((uv_handle_t *)session->grace, free_timer);
    session->grace = NULL;
}

// Ends the calls that may be ended: all, or those that have sent no write.
static void end_calls(mcp_session *session, bool all) {
    for (mcp_request *r = session->requests, *next; r; r = next) {
        next = r->next;
        if (mcp_is_call(r) && (all || !r->call.wrote)) mcp_cancel_call(r, "the input ended");
        else if (r->is_listen) mcp_drop(r);
    }
}

void mcp_session_cancel(mcp_session *session, mcp_stream *stream) {
    for (mcp_request *r = session->requests, *next; r; r = next) {
        next = r->next;
        if (r->stream != stream) continue;
        if (mcp_is_call(r)) mcp_cancel_call(r, "the client is gone");
        else mcp_drop(r);
    }
}

static void grace_over(uv_timer_t *timer) {
    mcp_session *session = timer->data;
    stop_grace(session);
    end_calls(session, false);
}

void mcp_session_end(mcp_session *session, void (*done)(void *data), void *data) {
    for (mcp_request *r = session->requests, *next; r; r = next) {
        next = r->next;
        if (r->is_listen) mcp_end_listen(r);
    }
    session->ended = done;
    session->ended_data = data;
    session->grace = base_alloc(sizeof *session->grace);
    uv_timer_init(session->server->config.loop, session->grace);
    session->grace->data = session;
    uv_timer_start(session->grace, grace_over, GRACE, 0);
    check_ended(session);
}

void mcp_session_abort(mcp_session *session) { end_calls(session, true); }

void mcp_session_free(mcp_session *session) {
    session->ended = NULL;
    stop_grace(session);
    end_calls(session, true);
    mcp_watch_end(session, NULL);
    *session->place = session->next;
    if (session->next) session->next->place = session->place;
    mcp_client_free(&session->client);
    free(session);
}
