// Putting the parts together. Contract in host.h.
#include "command/host.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SLICE_LENGTH 2000 // microseconds of CPU time before other calls get their turn
#define NO_TENANT "00000000-0000-0000-0000-000000000000"

#define NO_TOKEN \
    "HATCHET_CLIENT_TOKEN is not set. Make an API token in the dashboard of Hatchet (Settings, API Tokens) and set the variable; " \
    "or play a recording: --replay FILE"

static bool open_cassettes(command_host *h, const command_options *o, buf *error) {
    h->cassette = cassette_new();
    for (size_t i = 0; i < o->replay_count; i++)
        if (!cassette_add(h->cassette, o->replay[i], error)) return false;
    if (!cassette_ready(h->cassette, h->env.tenant, error)) return false;
    clock_play(cassette_clock(h->cassette));
    return true;
}

static void open_upstream(command_host *h, const command_options *o) {
    const char *base = h->cassette ? cassette_origin(h->cassette) : h->env.base ? h->env.base : "";
    const char *tenant = h->cassette ? cassette_tenant(h->cassette) : h->env.tenant ? h->env.tenant : NO_TENANT;
    h->config = (upstream_config){
        .base = base,
        .token = h->cassette ? NULL : h->env.token,
        .token_expiry = h->cassette ? 0 : h->env.expiry,
        .tenant = tenant,
        .namespace = h->env.name_prefix,
        .source = h->cassette ? "replay" : h->env.source,
        .proxy = h->env.is_local ? NULL : o->proxy, // a proxy on the way to this machine would read the token
        .ca_file = o->ca_file,
        .body_max = (size_t)o->upstream_max,
        .call_requests = (int)o->call_requests,
        .process_requests = (int)o->process_requests,
        .cassette = h->cassette,
    };
    h->upstream = upstream_new(&h->loop, &h->config);
    buf dashboard = BUF(BUF_SMALL);
    buf_printf(&dashboard, "%s/tenants/%s", base, tenant);
    h->dashboard = base_string(buf_string(&dashboard));
    buf_free(&dashboard);
}

// The name under which a folder's files are known: its last part.
static char *folder_name(const char *folder) {
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/') n--;
    size_t start = n;
    while (start && folder[start - 1] != '/') start--;
    return base_copy(folder + start, n - start);
}

static bool open_source(command_host *h, const char *pack, char **root, buf *error) {
    struct stat info;
    if (script_is_built_in(pack)) {
        h->source = script_source_built_in();
        *root = base_string(pack);
        return true;
    }
    if (stat(pack, &info) != 0 || !S_ISDIR(info.st_mode))
        return buf_printf(error, "there is no pack \"%s\": it is the name of a built-in pack (hatchet) or a folder with a pack.lua", pack), false;
    *root = folder_name(pack);
    return script_source_folder(pack, *root, &h->source, error);
}

static bool open_pack(command_host *h, const command_options *o, const char *pack, buf *error) {
    char *root = NULL;
    buf why = BUF(BUF_SMALL);
    script_host limits = {.loop = &h->loop, .upstream = h->upstream, .no_upstream = NO_TOKEN, .access = h->env.access,
                          .memory = (size_t)o->memory, .slice = SLICE_LENGTH, .cpu = o->cpu, .deadline = o->deadline,
                          .answer_max = (size_t)o->upstream_max};
    if (open_source(h, pack, &root, error)) {
        h->pack = script_load(&h->source, root, &limits, &why);
        if (!h->pack && strcmp(buf_string(&why), NO_TOKEN) == 0) buf_text(error, NO_TOKEN);
        else if (!h->pack) buf_printf(error, "the pack \"%s\" cannot be read: %s", pack, buf_string(&why));
    }
    free(root);
    buf_free(&why);
    return h->pack != NULL;
}

bool command_host_open(command_host *h, const command_options *o, const char *pack, command_need need) {
    buf error = BUF(BUF_SMALL);
    *h = (command_host){0};
    uv_loop_init(&h->loop);
    clock_start(&h->loop);
    bool offline = need == NEED_CATALOGUE || o->replay_count > 0;
    bool ok = command_environment_read(&h->env, o, offline, &error) && (!o->replay_count || open_cassettes(h, o, &error));
    if (ok && (offline || h->env.token)) open_upstream(h, o);
    ok = ok && open_pack(h, o, pack, &error);
    if (ok) {
        mcp_config config = {.loop = &h->loop, .pack = h->pack, .access = h->env.access, .page_size = (size_t)o->page_size,
                             .list_max = (size_t)o->list_max, .message_max = (size_t)o->message_max, .dashboard = h->dashboard};
        h->server = mcp_server_new(&config);
    } else {
        command_complain("%s", buf_string(&error));
    }
    buf_free(&error);
    return ok;
}

void command_host_close(command_host *h) {
    if (h->server) mcp_server_free(h->server);
    if (h->pack) script_unload(h->pack);
    if (h->upstream) upstream_free(h->upstream);
    clock_stop();
    uv_run(&h->loop, UV_RUN_DEFAULT); // what is being closed comes to its end
    script_source_free(&h->source);
    if (h->cassette) cassette_free(h->cassette);
    command_environment_free(&h->env);
    free(h->dashboard);
    uv_loop_close(&h->loop);
}

// --- the start line ---------------------------------------------------------------------------------------------------------------

static void log_start(command_host *h) {
    size_t count, tools = 0;
    const script_item *items = script_items(h->pack, &count);
    for (size_t i = 0; i < count; i++) tools += items[i].kind == SCRIPT_TOOL && items[i].access <= h->env.access;
    log_line line;
    if (!log_begin(&line, LOG_INFO, "start")) return;
    log_field(&line, "version", HATCHWAY_VERSION);
    log_field(&line, "pack", script_manifest_of(h->pack)->name);
    log_field(&line, "access", guard_access_name(h->env.access));
    log_number(&line, "tools", (int64_t)tools);
    if (h->upstream) {
        log_field(&line, "server", h->config.source);
        log_field(&line, "tenant", h->config.tenant);
    }
    log_end(&line);
}

static void log_notes(command_host *h) {
    for (const char *s = buf_string(&h->env.notes); *s;) {
        size_t n = strcspn(s, "\n");
        log_message(LOG_WARNING, "environment", "%.*s", (int)n, s);
        s += n + (s[n] == '\n');
    }
}

void command_host_announce(command_host *h) {
    char when[WHEN_TEXT];
    log_start(h);
    log_notes(h);
    if (!h->cassette && h->env.expiry && h->env.expiry <= clock_now())
        log_message(LOG_ERROR, "token", "HATCHET_CLIENT_TOKEN expired on %s: Hatchet will refuse every request. "
                    "Make a new token in the dashboard (Settings, API Tokens)", when_format(h->env.expiry, when));
}
