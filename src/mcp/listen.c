// subscriptions/listen (mcp 2026-07-28, subscriptions) for list_changed and watched resources, and list_changed
// to legacy clients.
//
// A listen is a request that stays open: first its acknowledgement, then notifications that carry its id, and
// its result when the server ends. The client ends it by notifications/cancelled.
#include "mcp/internal.h"

#define MCP_META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
#define LISTENS_MAX 100 // open at once

static const char *const filters[] = {"toolsListChanged", "resourcesListChanged", "promptsListChanged"};
#define RESOURCES "resourceSubscriptions"
static const char *const changed_methods[] = {"notifications/tools/list_changed",
                                              "notifications/resources/list_changed",
                                              "notifications/prompts/list_changed"};

void mcp_put_subscription(const mcp_request *r, buf *out) {
    json_put_key(out, "_meta");
    buf_text(out, "{\"" MCP_META_SUBSCRIPTION "\":");
    buf_text(out, r->id);
    buf_char(out, '}');
}

// uris: what it subscribes to, as a JSON array, or empty.
static void acknowledge(const mcp_request *r, slice uris) {
    buf out = BUF(BUF_SMALL + uris.n);
    rpc_begin_notification(&out, "notifications/subscriptions/acknowledged");
    json_open(&out, '{');
    json_put_key(&out, "notifications");
    json_open(&out, '{');
    for (int kind = 0; kind < 3; kind++)
        if (r->listens[kind]) json_put_key(&out, filters[kind]), json_put_bool(&out, true);
    if (uris.n) json_put_key(&out, RESOURCES), json_put_raw(&out, uris);
    json_close(&out, '}');
    mcp_put_subscription(r, &out);
    buf_text(&out, "}}");
    mcp_send(r->stream, &out);
}

static int open_listens(const mcp_session *session) {
    int count = 0;
    for (const mcp_request *r = session->requests; r; r = r->next) count += r->is_listen;
    return count;
}

static bool is_list_of_strings(const json_node *node) {
    if (!json_is(node, JSON_ARRAY)) return false;
    for (const json_node *e = json_first(node); e; e = json_after(node, e))
        if (!json_is(e, JSON_STRING)) return false;
    return true;
}

// Subscribes to what can be watched, and writes these addresses.
static void watch_all(mcp_request *r, const json_node *uris, buf *honoured) {
    json_open(honoured, '[');
    for (const json_node *e = json_first(uris); e; e = json_after(uris, e))
        if (mcp_watch_for(r, e->as.string)) json_put_string(honoured, e->as.string);
    json_close(honoured, ']');
}

void mcp_listen(mcp_request *r, const json_node *params) {
    const json_node *wanted = json_get(params, "notifications"), *uris = json_get(wanted, RESOURCES);
    if (!json_is(wanted, JSON_OBJECT)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "subscriptions/listen needs \"notifications\", an object");
        return;
    }
    for (int kind = 0; kind < 3; kind++) {
        const json_node *filter = json_get(wanted, filters[kind]);
        if (filter && !json_is(filter, JSON_TRUE) && !json_is(filter, JSON_FALSE)) {
            mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"%s\" must be a boolean", filters[kind]);
            return;
        }
        r->listens[kind] = json_bool(filter, false) && r->session->server->config.reloads;
    }
    if (uris && !is_list_of_strings(uris)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"" RESOURCES "\" must be a list of strings");
        return;
    }
    if (open_listens(r->session) == LISTENS_MAX) {
        mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""), "%d subscriptions are open, which is the most",
                 LISTENS_MAX);
        return;
    }
    buf honoured = BUF(r->session->server->config.message_max * 6); // as they came, escaped anew
    r->is_listen = true;
    if (uris && r->session->server->catalogue->has_watched) watch_all(r, uris, &honoured);
    acknowledge(r, buf_view(&honoured));
    buf_free(&honoured);
}

void mcp_end_listen(mcp_request *r) {
    buf meta = BUF(BUF_SMALL);
    buf_printf(&meta, "\"" MCP_META_SUBSCRIPTION "\":%s", r->id);
    buf out = mcp_begin(r);
    mcp_answer(r, &out, buf_view(&meta));
    buf_free(&meta);
}

static void tell_session(mcp_session *session, int kind) {
    if (session->initialized) {
        buf out = BUF(BUF_SMALL);
        rpc_begin_notification(&out, changed_methods[kind]);
        buf_text(&out, "{}}");
        mcp_send(session->general, &out);
    }
    for (const mcp_request *r = session->requests; r; r = r->next) {
        if (!r->is_listen || !r->listens[kind]) continue;
        buf out = BUF(BUF_SMALL);
        rpc_begin_notification(&out, changed_methods[kind]);
        json_open(&out, '{');
        mcp_put_subscription(r, &out);
        buf_text(&out, "}}");
        mcp_send(r->stream, &out);
    }
}

void mcp_tell_changed(mcp_server *server, const bool changed[3]) {
    for (mcp_session *session = server->sessions; session; session = session->next)
        for (int kind = 0; kind < 3; kind++)
            if (changed[kind]) tell_session(session, kind);
}

void mcp_server_log(mcp_server *server, int level, slice text) {
    for (mcp_session *session = server->sessions; session; session = session->next) {
        if (!session->initialized || level < (int)session->level) continue;
        buf out = BUF(BUF_SMALL);
        rpc_begin_notification(&out, "notifications/message");
        json_open(&out, '{');
        json_put_key(&out, "level");
        json_put_text(&out, log_level_name((log_level)level));
        json_put_key(&out, "logger");
        json_put_text(&out, server->catalogue->manifest->name);
        json_put_key(&out, "data");
        json_put_string(&out, text);
        buf_text(&out, "}}");
        mcp_send(session->general, &out);
    }
}
