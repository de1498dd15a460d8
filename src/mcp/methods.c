// The methods of both eras, and those that are answered at once.
#include "mcp/internal.h"
#include "mcp/task.h"

#include <string.h>

#define DISCOVER_TTL 60000 // milliseconds
// SEP-1865: pages for results of tools. Legacy clients find them in tools/list alone.
#define MCP_APPS "\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"text/html;profile=mcp-app\"]}"

static void put_instructions(const mcp_request *r, buf *out) {
    const char *text = r->session->server->catalogue->manifest->instructions;
    if (!text) return;
    json_put_key(out, "instructions");
    json_put_text(out, text);
}

// A pack that is read again may get at any time what it does not have yet.
static bool is_served(const mcp_server *server, int kind) {
    return server->catalogue->has[kind] || server->config.reloads;
}

// Tasks outlive the tools that they are of.
static bool may_detach(const mcp_server *server) {
    return (server->catalogue->has_tasks || server->tasks) && server->config.tasks.open;
}

static void put_extensions(const mcp_server *server, buf *out) {
    bool tasks = may_detach(server);
    if (!server->catalogue->has_pages && !tasks) return;
    json_put_key(out, "extensions");
    json_open(out, '{');
    if (server->catalogue->has_pages) buf_text(out, MCP_APPS);
    if (tasks) json_put_key(out, MCP_TASKS_EXTENSION), json_put_raw(out, SLICE("{}"));
    json_close(out, '}');
}

static bool may_complete(const mcp_server *server) {
    return is_served(server, SCRIPT_RESOURCE) || is_served(server, SCRIPT_PROMPT);
}

static bool may_subscribe(const mcp_server *server) {
    return server->catalogue->has_watched || server->config.reloads;
}

// Only what is served is announced; what is not announced is not there (-32601).
static void put_capabilities(const mcp_request *r, buf *out) {
    static const char *const names[] = {"tools", "resources", "prompts"};
    const mcp_server *server = r->session->server;
    json_put_key(out, "capabilities");
    json_open(out, '{');
    for (int kind = 0; kind < 3; kind++) {
        if (!is_served(server, kind)) continue;
        json_put_key(out, names[kind]);
        json_open(out, '{');
        if (kind == SCRIPT_RESOURCE && may_subscribe(server))
            json_put_key(out, "subscribe"), json_put_bool(out, true);
        if (server->config.reloads) json_put_key(out, "listChanged"), json_put_bool(out, true);
        json_close(out, '}');
    }
    if (may_complete(server) && r->revision >= MCP_2025_03_26)
        json_put_key(out, "completions"), json_put_raw(out, SLICE("{}"));
    if (!mcp_is_modern(r->revision)) json_put_key(out, "logging"), json_put_raw(out, SLICE("{}"));
    else put_extensions(server, out);
    json_close(out, '}');
}

// mcp 2025-11-25, lifecycle: the version that the client asks for if we have it, else our latest of that era.
static void initialize(mcp_request *r, const json_node *params) {
    mcp_session *session = r->session;
    const json_node *version = json_get(params, "protocolVersion");
    if (session->initialized) {
        mcp_fail(r, RPC_INVALID_REQUEST, SLICE(""), "the session is initialized already");
        return;
    }
    if (!json_is(version, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "initialize needs \"protocolVersion\", a string");
        return;
    }
    if (!mcp_revision_parse(version->as.string, &session->revision) || mcp_is_modern(session->revision))
        session->revision = MCP_LATEST_LEGACY;
    session->initialized = true;
    r->revision = session->revision;
    mcp_client_read(&session->client, json_get(params, "clientInfo"), json_get(params, "capabilities"));
    buf out = mcp_begin(r);
    json_put_key(&out, "protocolVersion");
    json_put_text(&out, mcp_revision_name(session->revision));
    put_capabilities(r, &out);
    json_put_key(&out, "serverInfo");
    mcp_put_server_info(session->server, r->revision, &out);
    put_instructions(r, &out);
    log_line line;
    if (log_begin(&line, LOG_INFO, "client")) {
        log_field(&line, "name", session->client.name);
        log_field(&line, "version", session->client.version);
        log_field(&line, "protocol", mcp_revision_name(session->revision));
        log_end(&line);
    }
    mcp_answer(r, &out, SLICE(""));
}

static void discover(mcp_request *r, const json_node *params) {
    (void)params;
    buf out = mcp_begin(r);
    json_put_key(&out, "supportedVersions");
    json_open(&out, '[');
    json_put_text(&out, mcp_revision_name(MCP_2026_07_28));
    json_close(&out, ']');
    put_capabilities(r, &out);
    put_instructions(r, &out);
    buf_printf(&out, ",\"ttlMs\":%d,\"cacheScope\":\"private\"", DISCOVER_TTL);
    mcp_answer(r, &out, SLICE(""));
}

static void ping(mcp_request *r, const json_node *params) {
    (void)params;
    buf out = mcp_begin(r);
    mcp_answer(r, &out, SLICE(""));
}

static void set_level(mcp_request *r, const json_node *params) {
    log_level level;
    if (!log_level_parse(json_string(json_get(params, "level")), &level)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                 "\"level\" is one of debug info notice warning error critical alert emergency");
        return;
    }
    r->session->level = level;
    buf out = mcp_begin(r);
    mcp_answer(r, &out, SLICE(""));
}

enum { LEGACY = 1, MODERN = 2, BOTH = 3 };

// What must be served for a method to be there: any of these.
enum {
    TOOLS = 1 << SCRIPT_TOOL,
    RESOURCES = 1 << SCRIPT_RESOURCE,
    PROMPTS = 1 << SCRIPT_PROMPT,
    WATCHED = 8,
    TASKS = 16,
    ALWAYS = 32
};

static bool is_there(const mcp_server *server, int needs) {
    for (int kind = 0; kind < 3; kind++)
        if (needs & 1 << kind && is_served(server, kind)) return true;
    return needs & ALWAYS || (needs & WATCHED && may_subscribe(server)) || (needs & TASKS && may_detach(server));
}

static const struct {
    const char *name;
    int eras;
    int needs;
    void (*handle)(mcp_request *, const json_node *params);
} methods[] = {
    {"initialize", LEGACY, ALWAYS, initialize},
    {"ping", LEGACY, ALWAYS, ping},
    {"logging/setLevel", LEGACY, ALWAYS, set_level},
    {"server/discover", MODERN, ALWAYS, discover},
    {"tools/list", BOTH, TOOLS, mcp_list_tools},
    {"tools/call", BOTH, TOOLS, mcp_call_tool},
    {"resources/list", BOTH, RESOURCES, mcp_list_resources},
    {"resources/templates/list", BOTH, RESOURCES, mcp_list_templates},
    {"resources/read", BOTH, RESOURCES, mcp_read_resource},
    {"resources/subscribe", LEGACY, WATCHED, mcp_subscribe},
    {"resources/unsubscribe", LEGACY, WATCHED, mcp_unsubscribe},
    {"tasks/get", MODERN, TASKS, mcp_get_task},
    {"tasks/update", MODERN, TASKS, mcp_update_task},
    {"tasks/cancel", MODERN, TASKS, mcp_cancel_task},
    {"subscriptions/listen", MODERN, ALWAYS, mcp_listen},
    {"prompts/list", BOTH, PROMPTS, mcp_list_prompts},
    {"prompts/get", BOTH, PROMPTS, mcp_get_prompt},
    {"completion/complete", BOTH, RESOURCES | PROMPTS, mcp_complete},
};

void mcp_dispatch(mcp_request *r, slice method, const json_node *params) {
    int era = mcp_is_modern(r->revision) ? MODERN : LEGACY;
    const mcp_server *server = r->session->server;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!slice_is(method, methods[i].name) || !(methods[i].eras & era)) continue;
        if (!is_there(server, methods[i].needs)) break;
        methods[i].handle(r, params);
        return;
    }
    mcp_fail(r, RPC_METHOD_NOT_FOUND, SLICE(""), "there is no method \"%.*s\" in protocol version %s",
             (int)(method.n < 100 ? method.n : 100), method.s, mcp_revision_name(r->revision));
}
