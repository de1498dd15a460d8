// Putting the parts together. Contract in host.h.
#include "command/host.h"
#include "command/state.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/when.h"
#include "mcp/seal.h"

#include <stdlib.h>
#include <string.h>

#define SLICE_LENGTH 2000 // microseconds of CPU time before other calls get their turn
#define NO_TENANT "00000000-0000-0000-0000-000000000000"

#define NO_TOKEN                                                                                             \
    "HATCHET_CLIENT_TOKEN is not set. Make an API token in the dashboard of Hatchet (Settings, API Tokens) " \
    "and set the variable; "                                                                                 \
    "or play a recording: --replay FILE"

static bool open_cassettes(command_host *h, const command_options *o, buf *error) {
    h->cassette = cassette_new();
    for (size_t i = 0; i < o->replay_count; i++)
        if (!cassette_add(h->cassette, o->replay[i], error)) return false;
    if (!cassette_ready(h->cassette, h->env.tenant, error)) return false;
    clock_play(cassette_clock(h->cassette));
    return true;
}

// NEED_TENANT only: where nothing is asked there is nothing to record.
static bool open_recorder(command_host *h, const command_options *o, buf *error) {
    if (!o->record || h->need != NEED_TENANT || !h->env.token) return true;
    h->recorder = recorder_new(o->record, h->env.tenant ? h->env.tenant : NO_TENANT, error);
    return h->recorder != NULL;
}

// --- another token -----------------------------------------------------------------------------------------

#define RENEW_BEFORE (60 * WHEN_SECOND) // a command's token, before it expires

// Takes another token over, if it is one for the same tenant.
static void take_token(command_host *h, slice text, const char *error) {
    auth_token claims = {0};
    buf why = BUF(BUF_SMALL);
    if (error) {
        log_message(LOG_ERROR, "token", "the token stays as it was: %s", error);
    } else if (!auth_token_read(text, &claims, &why)) {
        log_message(LOG_ERROR, "token", "the token stays as it was, for the new one is none: %s",
                    buf_string(&why));
    } else if (strcmp(claims.tenant, h->env.token_tenant) != 0) {
        log_message(LOG_ERROR, "token",
                    "the token stays as it was, for the new one is of another tenant: restart");
    } else {
        h->env.token = secret_keep(text);
        h->env.expiry = claims.expiry;
        upstream_set_token(h->upstream, h->env.token, h->env.expiry);
        log_message(LOG_INFO, "token", "another token is used from now on");
    }
    auth_token_free(&claims);
    buf_free(&why);
}

static void command_ended(void *data) {
    command_host *h = data;
    token_source *t = &h->env.token_from;
    if (h->upstream) take_token(h, buf_view(&t->output), t->error.n ? buf_string(&t->error) : NULL);
    buf_wipe(&t->output);
    buf_free(&t->error);
}

// Before each request: the file may be another one, the token of a command about to expire.
static void look_for_token(void *data) {
    command_host *h = data;
    token_source *t = &h->env.token_from;
    if (t->command && h->env.expiry && clock_now() > h->env.expiry - RENEW_BEFORE &&
        clock_now() > h->token_asked + RENEW_BEFORE) {
        h->token_asked = clock_now();
        token_source_rerun(t, &h->loop, command_ended, h);
    }
    if (!token_source_changed(t)) return;
    buf text = BUF(TOKEN_SOURCE_MAX), error = BUF(BUF_SMALL);
    bool ok = token_source_read(t, &text, &error);
    take_token(h, buf_view(&text), ok ? NULL : buf_string(&error));
    buf_wipe(&text);
    buf_free(&error);
}

static void open_upstream(command_host *h, const command_options *o) {
    bool played = o->replay_count > 0; // else an empty cassette may stand in for the network
    const char *base = played ? cassette_origin(h->cassette) : h->env.base ? h->env.base : "";
    const char *tenant = played ? cassette_tenant(h->cassette) : h->env.tenant ? h->env.tenant : NO_TENANT;
    h->config = (upstream_config){
        .base = base,
        .token = h->cassette ? NULL : h->env.token,
        .token_expiry = h->cassette ? 0 : h->env.expiry,
        .tenant = tenant,
        .namespace = h->env.name_prefix,
        .source = h->cassette ? "replay" : h->env.source,
        .proxy = h->env.is_local ? NULL : o->proxy, // a proxy on the way to this machine would read the token
        .ca_file = o->ca_file,
        .grpc = h->env.events.grpc,
        .hidden = o->hidden.of,
        .body_max = (size_t)o->upstream_max,
        .call_requests = (int)o->call_requests,
        .process_requests = (int)o->process_requests,
        .cassette = h->cassette,
        .recorder = h->recorder,
    };
    if (!h->cassette && (h->env.token_from.file || h->env.token_from.command)) {
        h->config.token_place = h->env.token_from.file ? "put it into the profile's token_file"
                                                       : "let the profile's token_command print it";
        h->config.look = look_for_token;
        h->config.look_data = h;
    }
    h->upstream = upstream_new(&h->loop, &h->config);
    buf dashboard = BUF(BUF_SMALL);
    buf_printf(&dashboard, "%s/tenants/%s", base, tenant);
    h->dashboard = base_string(buf_string(&dashboard));
    buf_free(&dashboard);
}

// Reads the pack and its overlays to the end.
static script_pack *read_pack(command_host *h, buf *error) {
    size_t count;
    bool empty;
    h->signature = command_layers_signature(&h->layers, &empty);
    script_layer *layers = command_layers_read(&h->layers, &count, error);
    if (!layers) return NULL;
    script_loading *loading = script_load_begin(layers, count, &h->limits);
    while (script_load_step(loading)) {}
    return script_load_end(loading, error);
}

static script_pack *open_pack(command_host *h, const command_options *o, const char *pack, const char *spec,
                              buf *error) {
    buf why = BUF(BUF_SMALL);
    script_pack *read = NULL;
    if (command_layers_find(&h->layers, o, pack, error)) {
        if (spec) command_layers_add_spec(&h->layers, spec);
        read = read_pack(h, &why);
        if (!read && strcmp(buf_string(&why), NO_TOKEN) == 0) buf_text(error, NO_TOKEN);
        else if (!read && spec) command_layers_put_real(&h->layers, buf_string(&why), error);
        else if (!read) buf_printf(error, "the pack \"%s\" cannot be read: %s", pack, buf_string(&why));
    }
    buf_free(&why);
    return read;
}

bool command_host_prepare(command_host *h, const command_options *o, command_need need) {
    buf error = BUF(BUF_SMALL);
    *h = (command_host){.need = need, .profile = o->profile, .options = o};
    uv_loop_init(&h->loop);
    clock_start(&h->loop);
    bool offline = need == NEED_CATALOGUE || o->replay_count > 0;
    bool ok = command_environment_read(&h->env, o, offline, &error) &&
              (!o->replay_count || open_cassettes(h, o, &error));
    if (ok && need == NEED_CATALOGUE && !h->cassette) h->cassette = cassette_new(); // an empty one
    ok = ok && open_recorder(h, o, &error);
    if (ok && (offline || h->env.token)) open_upstream(h, o);
    h->limits = (script_host){.loop = &h->loop,
                              .upstream = h->upstream,
                              .no_upstream = NO_TOKEN,
                              .access = h->env.access,
                              .selection = command_options_selection(o),
                              .memory = (size_t)o->memory,
                              .slice = SLICE_LENGTH,
                              .cpu = o->cpu,
                              .deadline = o->deadline,
                              .answer_max = (size_t)o->upstream_max};
    if (!ok) command_complain("%s", buf_string(&error));
    buf_free(&error);
    return ok;
}

store *command_host_state(command_host *h, buf *error) {
    if (!h->state) h->state = command_state_open(h->options, error);
    return h->state;
}

static store *open_state(void *data, buf *error) { return command_host_state(data, error); }

// Tasks of other packs, tenants and recordings are not ours.
static void name_realm(command_host *h, const char *pack) {
    buf text = BUF(BUF_SMALL);
    buf_printf(&text, "%s %s%s", pack, h->config.tenant ? h->config.tenant : "-", h->cassette ? " replay" : "");
    h->realm = base_string(buf_string(&text));
    buf_free(&text);
}

// The keys that the operator has named; otherwise the server makes one.
static bool open_seal(const command_options *o, mcp_seal **seal, buf *error) {
    buf why = BUF(BUF_SMALL);
    if (o->state_key) *seal = mcp_seal_read(o->state_key, &why);
    if (why.n) buf_printf(error, "--state-key %s: %s", o->state_key, buf_string(&why));
    buf_free(&why);
    return !o->state_key || *seal;
}

bool command_host_load(command_host *h, const command_options *o, const char *pack, const char *spec) {
    buf error = BUF(BUF_SMALL);
    script_pack *read = open_pack(h, o, pack, spec, &error);
    mcp_seal *seal = NULL;
    bool fits = read && script_selection_fits(read, &error) && open_seal(o, &seal, &error);
    if (read && !fits) {
        script_unload(read);
        read = NULL;
    }
    if (read) {
        mcp_config config = {.loop = &h->loop,
                             .reloads = h->need == NEED_TENANT,
                             .page_size = (size_t)o->page_size,
                             .list_max = (size_t)o->list_max,
                             .message_max = (size_t)o->message_max,
                             .confirm = o->confirm,
                             .ask_wait = o->ask_wait,
                             .seal = seal,
                             .dashboard = h->dashboard};
        name_realm(h, script_manifest_of(read)->name);
        config.tasks = (mcp_task_config){
            .open = open_state, .data = h, .realm = h->realm, .access = h->env.access, .adopts = o->http};
        h->server = mcp_server_new(&config, read);
    } else {
        command_complain("%s", buf_string(&error));
    }
    buf_free(&error);
    return read != NULL;
}

bool command_host_open(command_host *h, const command_options *o, const char *pack, command_need need) {
    return command_host_prepare(h, o, need) && command_host_load(h, o, pack, NULL);
}

// The name that a pack declares; NULL if it cannot be read.
static char *name_of_pack(command_host *h, const char *pack) {
    buf nothing = BUF(BUF_SMALL);
    script_layer layer = {script_source_built_in(), NULL};
    bool ok = script_is_built_in(pack) || script_source_folder(pack, "pack", &layer.source, &nothing);
    layer.root = base_string(script_is_built_in(pack) ? pack : "pack");
    char *name = ok ? script_declared_name(&layer, &h->limits) : NULL;
    if (!ok) script_layer_free(&layer);
    buf_free(&nothing);
    return name;
}

const char *command_host_subject(command_host *h, command_options *o, const char *folder, const char *pack) {
    char *own = name_of_pack(h, folder), *base = name_of_pack(h, pack);
    bool is_pack = own && base && strcmp(own, base) != 0;
    if (!is_pack && o->overlay_count < OPTIONS_OVERLAYS) o->overlays[o->overlay_count++] = folder;
    free(own);
    free(base);
    return is_pack ? folder : pack;
}

const script_item *command_host_items(command_host *h, size_t *count) {
    return script_items(mcp_server_pack(h->server), count);
}

size_t command_host_tools(command_host *h) {
    size_t count, tools = 0;
    const script_item *items = command_host_items(h, &count);
    for (size_t i = 0; i < count; i++)
        tools += items[i].kind == SCRIPT_TOOL && script_is_offered(&items[i], h->env.access);
    return tools;
}

void command_host_close(command_host *h) {
    if (h->server) mcp_server_free(h->server);
    store_close(h->state);
    free(h->realm);
    if (h->upstream) upstream_free(h->upstream);
    h->upstream = NULL;
    recorder_free(h->recorder);
    clock_stop();
    uv_run(&h->loop, UV_RUN_DEFAULT); // what is being closed comes to its end
    command_layers_free(&h->layers);
    if (h->cassette) cassette_free(h->cassette);
    command_environment_free(&h->env);
    free(h->dashboard);
    uv_loop_close(&h->loop);
}

// --- the start line ----------------------------------------------------------------------------------------

static void log_start(command_host *h) {
    log_line line;
    if (!log_begin(&line, LOG_INFO, "start")) return;
    log_field(&line, "version", HATCHWAY_VERSION);
    log_field(&line, "pack", script_manifest_of(mcp_server_pack(h->server))->name);
    if (h->profile) log_field(&line, "profile", h->profile);
    log_field(&line, "access", guard_access_name(h->env.access));
    log_number(&line, "tools", (int64_t)command_host_tools(h));
    size_t overlays = command_layers_there(&h->layers) - 1;
    if (overlays) log_number(&line, "overlays", (int64_t)overlays);
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
        log_message(LOG_ERROR, "token",
                    "HATCHET_CLIENT_TOKEN expired on %s: Hatchet will refuse every request. "
                    "Make a new token in the dashboard (Settings, API Tokens)",
                    when_format(h->env.expiry, when));
}
