// The options that commands share. One table: reading, help and the nearest name for a misspelt one come from
// it.
#include "command/options.h"
#include "command/address.h"
#include "command/profile.h"
#include "base/log.h"
#include "base/secret.h"
#include "guard/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB ((int64_t)1 << 20)
#define RATE 60 // calls a minute, unless --rate says otherwise
#define RATE_MOST 1000000

static buf *heard; // NULL: complaints go to stderr

void command_complain(const char *format, ...) {
    buf line = BUF(BUF_SMALL);
    char text[8000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(&line, "hatchway: %s\n", text);
    secret_scrub(&line);
    if (heard) buf_printf(heard, "%s%.*s", heard->n ? " " : "", (int)line.n - 11, line.s + 10);
    else fwrite(line.s, 1, line.n, stderr);
    buf_free(&line);
}

void command_complain_to(buf *out) { heard = out; }

// --- limits ------------------------------------------------------------------------------------------------

enum measure { BYTES, COUNT, MILLISECONDS, SECONDS };

static const struct limit {
    const char *name;
    size_t field;          // of command_options, an int64_t
    enum measure unit;
    int64_t least, most, otherwise; // in the unit of the field
    const char *about;
} limits[] = {
#define FIELD(name) #name, offsetof(command_options, name)
    {FIELD(upstream_max), BYTES, 1024, 1024 * MB, 32 * MB, "one answer of Hatchet"},
    {FIELD(list_max), BYTES, 1024, 1024 * MB, 500000, "the result of a list"},
    {FIELD(message_max), BYTES, 1024, 256 * MB, 8 * MB, "one message of the client"},
    {FIELD(memory), BYTES, 4 * MB, 4096 * MB, 64 * MB, "all Lua memory of the pack"},
    {FIELD(call_requests), COUNT, 1, 10000, 16, "requests of one call at once"},
    {FIELD(process_requests), COUNT, 1, 100000, 100, "requests of the process at once"},
    {FIELD(cpu), MILLISECONDS, 1000, 60000000, 500000,
     "CPU time of a call, unless its tool declares another"},
    {FIELD(deadline), SECONDS, 10000, 300000000, 30000000,
     "wall time of a call, unless its tool declares another"},
    {FIELD(ask_wait), SECONDS, 100000, 86400000000, 600000000,
     "how long a question to the client waits for its answer"},
    {FIELD(head_max), BYTES, 2048, MB, 5120, "--http: the header of a request; each connection takes that much memory"},
    {FIELD(connections), COUNT, 1, 1000000, 10000, "--http: connections at once"},
    {FIELD(address_connections), COUNT, 1, 1000000, 1000, "--http: connections at once of one address"},
    {FIELD(sessions), COUNT, 1, 1000000, 10000, "--http: sessions at once; one principal has half of them at the most"},
    {FIELD(session_idle), SECONDS, 1000000, 1000000 * INT64_C(604800), 1000000 * INT64_C(1800),
     "--http: time after which an unused session ends"},
    {FIELD(keep_alive), SECONDS, 100000, 1000000 * INT64_C(3600), 15000000,
     "--http: silence after which a waiting answer becomes a stream, and a stream gets a comment"},
    {FIELD(patience), SECONDS, 1000000, 1000000 * INT64_C(3600), 60000000,
     "--http: time for a request to come whole, and for an idle connection"},
#undef FIELD
};

#define LIMITS (sizeof limits / sizeof *limits)

static int64_t *field_of(command_options *o, const struct limit *l) {
    return (int64_t *)((char *)o + l->field);
}

// "32MB", "500000", "500ms", "2.5s", "30". False when it is none of these.
static bool parse_limit(const char *text, enum measure unit, int64_t *out) {
    static const struct {
        enum measure unit;
        const char *suffix;
        double factor;
    } suffixes[] = {{BYTES, "", 1},
                    {BYTES, "B", 1},
                    {BYTES, "KB", 1024},
                    {BYTES, "MB", 1048576},
                    {BYTES, "GB", 1073741824},
                    {COUNT, "", 1},
                    {MILLISECONDS, "", 1000},
                    {MILLISECONDS, "ms", 1000},
                    {MILLISECONDS, "s", 1e6},
                    {SECONDS, "", 1e6},
                    {SECONDS, "s", 1e6},
                    {SECONDS, "ms", 1000}};
    char *end;
    if (*text < '0' || *text > '9') return false;
    double value = strtod(text, &end);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (suffixes[i].unit != unit || strcmp(end, suffixes[i].suffix) != 0 ||
            !(value * suffixes[i].factor < 1e15))
            continue;
        *out = (int64_t)(value * suffixes[i].factor);
        return true;
    }
    return false;
}

static void put_limit(buf *out, enum measure unit, int64_t value) {
    if (unit == BYTES && value % MB == 0) buf_printf(out, "%lldMB", (long long)(value / MB));
    else if (unit == MILLISECONDS) buf_printf(out, "%lldms", (long long)(value / 1000));
    else if (unit == SECONDS) buf_printf(out, "%gs", (double)value / 1e6);
    else buf_printf(out, "%lld", (long long)value);
}

static bool set_limit(command_options *o, const char *text) {
    const char *names[LIMITS];
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);
    for (size_t i = 0; i < LIMITS; i++) {
        names[i] = limits[i].name;
        if (!slice_is((slice){text, n}, limits[i].name)) continue;
        int64_t value;
        if (equals && parse_limit(equals + 1, limits[i].unit, &value) && value >= limits[i].least &&
            value <= limits[i].most) {
            *field_of(o, &limits[i]) = value;
            return true;
        }
        buf range = BUF(BUF_SMALL);
        put_limit(&range, limits[i].unit, limits[i].least);
        buf_text(&range, " to ");
        put_limit(&range, limits[i].unit, limits[i].most);
        command_complain("--limit %s: %s is %s", text, limits[i].name, buf_string(&range));
        buf_free(&range);
        return false;
    }
    const char *near = guard_nearest((slice){text, n}, names, LIMITS);
    command_complain("--limit %s: there is no such limit%s%s%s", text, near ? "; did you mean " : "",
                     near ? near : "", near ? "?" : "");
    return false;
}

// --- options -----------------------------------------------------------------------------------------------

static bool set_replay(command_options *o, const char *value) {
    if (o->replay_count == OPTIONS_REPLAYS)
        return command_complain("--replay: at most %d files", OPTIONS_REPLAYS), false;
    o->replay[o->replay_count++] = value;
    return true;
}

static bool set_access(command_options *o, const char *value) {
    guard_access access;
    if (!guard_access_parse(slice_of(value), &access))
        return command_complain("--access %s: it is read, write or destroy", value), false;
    if (!o->access_given || access < o->access) { // the lowest of all that are given
        o->access = access;
        o->access_by_profile = o->by_profile;
    }
    o->access_given = true;
    return true;
}

static bool set_confirm(command_options *o, const char *value) {
    static const char *const names[] = {
        [MCP_CONFIRM_NEVER] = "never", [MCP_CONFIRM_DESTROY] = "destroy", [MCP_CONFIRM_WRITE] = "write"};
    for (int i = MCP_CONFIRM_NEVER; i <= MCP_CONFIRM_WRITE; i++) {
        if (strcmp(value, names[i]) != 0) continue;
        if (i > (int)o->confirm) o->confirm = (mcp_confirm_policy)i; // the strictest of all that are given
        return true;
    }
    return command_complain("--confirm %s: it is destroy, write or never", value), false;
}

static bool set_state_key(command_options *o, const char *value) {
    o->state_key = value;
    return true;
}

static bool set_plain_host(command_options *o, const char *value) {
    if (o->plain_host_count == OPTIONS_HOSTS)
        return command_complain("--allow-http: at most %d hosts", OPTIONS_HOSTS), false;
    if (strpbrk(value, "/@?# "))
        return command_complain("--allow-http %s: give the host alone, as in --allow-http hatchet", value),
               false;
    o->plain_hosts[o->plain_host_count++] = value;
    return true;
}

static bool set_proxy(command_options *o, const char *value) {
    bool known = strcmp(value, "env") == 0 || strstr(value, "://");
    if (!known)
        return command_complain("--proxy %s: give a URL such as http://proxy:3128, or env", value), false;
    o->proxy = value;
    return true;
}

static bool set_ca_file(command_options *o, const char *value) {
    FILE *file = fopen(value, "r");
    if (!file) return command_complain("--ca-file %s: the file cannot be read", value), false;
    fclose(file);
    o->ca_file = value;
    return true;
}

static bool set_log_level(command_options *o, const char *value) {
    log_level level;
    (void)o;
    if (!log_level_parse(slice_of(value), &level))
        return command_complain(
                   "--log-level %s: one of debug info notice warning error critical alert emergency", value),
               false;
    log_set_level(level);
    return true;
}

static bool set_http(command_options *o, const char *value) {
    o->http = true;
    if (address_listen(value ? value : "", o->http_host, sizeof o->http_host, &o->http_port)) return true;
    return command_complain("--http %s: give ADDRESS:PORT, as in 127.0.0.1:8765, [::1]:8765 or 8765", value), false;
}

static bool is_http_value(const char *word) {
    char host[256];
    int port;
    return address_listen(word, host, sizeof host, &port);
}

static bool set_tls_cert(command_options *o, const char *value) {
    o->tls_cert = value;
    return true;
}

static bool set_tls_key(command_options *o, const char *value) {
    o->tls_key = value;
    return true;
}

static bool add_host(const char **list, size_t *count, const char *option, const char *value) {
    if (*count == OPTIONS_HOSTS) return command_complain("%s: at most %d", option, OPTIONS_HOSTS), false;
    list[(*count)++] = value;
    return true;
}

static bool set_origin(command_options *o, const char *value) {
    const char *host = strstr(value, "://");
    if (!host || !host[3] || strpbrk(host + 3, "/?#@ "))
        return command_complain("--allow-origin %s: it is written as in https://app.example.com, without a path", value),
               false;
    return add_host(o->origins, &o->origin_count, "--allow-origin", value);
}

static bool set_host(command_options *o, const char *value) {
    if (strpbrk(value, "/?#@ "))
        return command_complain("--allow-host %s: give the host alone, as in mcp.example.com", value), false;
    return add_host(o->hosts, &o->host_count, "--allow-host", value);
}

static bool set_insecure(command_options *o, const char *value) {
    (void)value;
    return o->insecure = true;
}

static bool set_metrics(command_options *o, const char *value) {
    (void)value;
    return o->metrics = true;
}

static bool set_page_size(command_options *o, const char *value) {
    char *end;
    o->page_size = strtol(value, &end, 10);
    if (*end || o->page_size < 1 || o->page_size > 10000)
        return command_complain("--page-size %s: 1 to 10000", value), false;
    return true;
}

static bool set_overlay(command_options *o, const char *value) {
    if (o->overlay_count == OPTIONS_OVERLAYS)
        return command_complain("--overlay: at most %d folders", OPTIONS_OVERLAYS), false;
    o->overlays[o->overlay_count++] = value;
    return true;
}

char *command_options_keep(command_options *o, slice text) {
    if (o->text_count == OPTIONS_NAMES) return NULL;
    return o->texts[o->text_count++] = base_copy(text.s, text.n);
}

// Adds the names of a list with commas.
static bool add_names(command_options *o, options_names *names, const char *option, const char *value) {
    char *rest = command_options_keep(o, slice_of(value)), *name;
    if (!rest) return command_complain("%s: too many lists", option), false;
    while ((name = strsep(&rest, ","))) {
        size_t n = strlen(name += strspn(name, " "));
        while (n && name[n - 1] == ' ') name[--n] = '\0';
        if (!n) return command_complain("%s %s: names with commas between them", option, value), false;
        if (names->count == OPTIONS_NAMES)
            return command_complain("%s: at most %d names", option, OPTIONS_NAMES), false;
        names->of[names->count++] = name;
    }
    return true;
}

static bool set_enable(command_options *o, const char *value) {
    return add_names(o, &o->enabled, "--enable", value);
}

static bool set_toolsets(command_options *o, const char *value) {
    return add_names(o, &o->toolsets, "--toolsets", value);
}

static bool set_tools(command_options *o, const char *value) {
    return add_names(o, &o->tools, "--tools", value);
}

static bool set_excluded(command_options *o, const char *value) {
    return add_names(o, &o->excluded, "--exclude-tools", value);
}

static bool set_hidden(command_options *o, const char *value) {
    return add_names(o, &o->hidden, "--hide-fields", value);
}

static bool set_profile(command_options *o, const char *value) {
    o->profile = value; // applied before all other options, wherever it stands
    return true;
}

script_selection command_options_selection(const command_options *o) {
    return (script_selection){.enabled = o->enabled.of,
                              .toolsets = o->toolsets.count ? o->toolsets.of : NULL,
                              .tools = o->tools.count ? o->tools.of : NULL,
                              .excluded = o->excluded.of,
                              .all = o->all_enabled};
}

static bool set_pack(command_options *o, const char *value) {
    o->pack = value;
    return true;
}

static bool set_record(command_options *o, const char *value) {
    o->record = value;
    return true;
}

static bool set_state(command_options *o, const char *value) {
    o->state = value;
    return true;
}

static bool set_scope(command_options *o, const char *value) {
    if (guard_access_parse(slice_of(value), &o->scope)) return true;
    command_complain("--scope %s: it is read, write or destroy", value);
    return false;
}

static bool set_expires(command_options *o, const char *value) {
    o->expires = value;
    return true;
}

static bool set_jwt_issuer(command_options *o, const char *value) {
    o->jwt_issuer = value;
    return true;
}

static bool set_jwt_audience(command_options *o, const char *value) {
    o->jwt_audience = value;
    return true;
}

static bool set_jwt_key(command_options *o, const char *value) {
    o->jwt_key = value;
    return true;
}

static bool set_jwt_jwks(command_options *o, const char *value) {
    o->jwt_jwks = value;
    return true;
}

static bool set_jwt_algorithms(command_options *o, const char *value) {
    return add_names(o, &o->jwt_algorithms, "--jwt-algorithms", value);
}

static bool set_rate(command_options *o, const char *value) {
    char *end = (char *)value, *colon = strchr(value, ':');
    if (*value >= '0' && *value <= '9') o->rate = o->rate_burst = strtoll(value, &end, 10);
    if (end != value && end == colon && colon[1] >= '0' && colon[1] <= '9')
        o->rate_burst = strtoll(colon + 1, &end, 10);
    bool ok = end != value && !*end && o->rate <= RATE_MOST && o->rate_burst <= RATE_MOST &&
              (o->rate_burst > 0) == (o->rate > 0);
    if (!ok)
        command_complain("--rate %s: calls a minute, and how many at once if that is another number, as in "
                         "60 or 60:20 (at most %d); 0 for no limit",
                         value, RATE_MOST);
    return ok;
}

static bool set_into(command_options *o, const char *value) {
    o->into = value;
    return true;
}

static bool set_markdown(command_options *o, const char *value) {
    (void)value;
    return o->markdown = true;
}

static bool set_json(command_options *o, const char *value) {
    (void)value;
    return o->json = true;
}

static bool set_table(command_options *o, const char *value) {
    (void)value;
    return o->table = true;
}

static const struct option {
    const char *name, *value;  // value: what it takes, or NULL for nothing
    bool (*set)(command_options *, const char *value);
    const char *about;
    bool (*is_value)(const char *word); // it may stand without one: is the next word its value?
} options[] = {
    {"--replay", "FILE", set_replay,
     "answer from a recording (HAR) in place of the network; may be repeated; needs no token"},
    {"--record", "FILE", set_record,
     "write what Hatchet is asked and answers to a new file, which --replay plays back"},
    {"--overlay", "DIR", set_overlay, "a folder of Lua laid over the pack; may be repeated, the later wins"},
    {"--access", "LEVEL", set_access, "the most that any tool may do: read (the default), write or destroy"},
    {"--confirm", "LEVEL", set_confirm,
     "what a person is asked about before it runs: destroy, write (both), or never (the default)"},
    {"--state-key", "FILE", set_state_key,
     "keys of what clients keep for calls that ask, shared by several servers: 64 hexadecimal digits a line"},
    {"--toolsets", "NAMES", set_toolsets,
     "offer these groups of tools only, with commas between; small: a short list; all (the default)"},
    {"--tools", "NAMES", set_tools, "offer these tools, beside the toolsets that are named"},
    {"--exclude-tools", "NAMES", set_excluded, "never offer these tools"},
    {"--enable", "NAMES", set_enable, "tools that are off unless they are enabled by name"},
    {"--hide-fields", "PATTERNS", set_hidden,
     "fields of payloads whose values nobody sees, with commas between: password,card_*"},
    {"--profile", "NAME", set_profile, "a profile of the configuration file: token, access, tools and more"},
    {"--pack", "PACK", set_pack,
     "the pack that commands use which do not name it: a built-in one, or a folder (hatchet)"},
    {"--proxy", "URL|env", set_proxy, "a proxy; env: HTTPS_PROXY and NO_PROXY count"},
    {"--ca-file", "FILE", set_ca_file, "certificate authorities to trust in place of the system's"},
    {"--allow-http", "HOST", set_plain_host,
     "allow plain http to this host beyond loopback; may be repeated"},
    {"--limit", "NAME=VALUE", set_limit, "change a ceiling; may be repeated; see below"},
    {"--page-size", "N", set_page_size, "entries of one page of tools/list and the like (1000)"},
    {"--log-level", "LEVEL", set_log_level, "the least level that is logged to stderr (info)"},
    {"--http", "[ADDRESS:PORT]", set_http, "serve: HTTP in place of stdio (127.0.0.1:8765; port 0: a free one)",
     is_http_value},
    {"--tls-cert", "FILE", set_tls_cert, "serve --http: the certificate, with its chain (PEM)"},
    {"--tls-key", "FILE", set_tls_key, "serve --http: its private key (PEM)"},
    {"--allow-origin", "ORIGIN", set_origin,
     "serve --http: pages from there may call, as in https://app.example.com; may be repeated"},
    {"--allow-host", "HOST", set_host,
     "serve --http: a name that a proxy in front is called by; keys or tokens are needed then; may be repeated"},
    {"--metrics", NULL, set_metrics, "serve --http: /metrics for Prometheus beyond this machine too"},
    {"--insecure", NULL, set_insecure, "serve --http: listen beyond this machine without asking who calls"},
    {"--into", "DIR", set_into, "new, eject: the folder to write into"},
    {"--markdown", NULL, set_markdown, "tools: print the reference as Markdown"},
    {"--table", NULL, set_table, "call: print the rows of a list as a table"},
    {"--json", NULL, set_json, "doctor, key list: print JSON"},
    {"--scope", "LEVEL", set_scope, "key create: the most that the key may do: read (the default), write or destroy"},
    {"--expires", "TIME", set_expires, "key create: until when it is good: 90d, 2027-01-31; for ever if it is left out"},
    {"--state", "DIR", set_state, "the folder of keys and other state (~/.local/state/hatchway)"},
    {"--jwt-issuer", "URL", set_jwt_issuer,
     "over HTTP: accept the access tokens of this issuer, by its name in the claim iss"},
    {"--jwt-audience", "URL", set_jwt_audience,
     "the address of this server, which tokens must name in the claim aud"},
    {"--jwt-key", "FILE", set_jwt_key, "the issuer's public key (PEM), or the secret that it shares (HS256)"},
    {"--jwt-jwks", "FILE|URL", set_jwt_jwks, "the issuer's public keys (a JWK set), in place of --jwt-key"},
    {"--jwt-algorithms", "LIST", set_jwt_algorithms,
     "how tokens may be signed, with commas between (RS256,ES256)"},
    {"--rate", "CALLS[:BURST]", set_rate,
     "over HTTP: calls a minute that one principal may make, and at once (60); 0: no limit"},
};

#define OPTIONS (sizeof options / sizeof *options)

static const struct {
    const char *name, *about;
} variables[] = {
    {"HATCHET_CLIENT_TOKEN", "the API token"},
    {"HATCHET_CLIENT_SERVER_URL", "the address of Hatchet, in place of the one in the token"},
    {"HATCHET_CLIENT_TENANT_ID", "the tenant, in place of the one in the token"},
    {"HATCHET_CLIENT_NAMESPACE", "a prefix of workflow names"},
    {"HATCHET_CLIENT_HOST_PORT", "where events are pushed to (gRPC), in place of the address in the token"},
    {"HATCHET_CLIENT_TLS_*",
     "for that: STRATEGY (tls, mtls, none), ROOT_CA_FILE, CERT_FILE, KEY_FILE, SERVER_NAME"},
    {"HATCHET_MCP_READ_ONLY", "true (the default): only reads; false: everything"},
    {"HATCHWAY_PROFILE", "the profile, unless --profile names one"},
    {"XDG_CONFIG_HOME", "where the folder hatchway with config.lua and overlays is (~/.config)"},
    {"XDG_STATE_HOME", "where the folder hatchway with keys and other state is (~/.local/state)"},
};

#define VARIABLES (sizeof variables / sizeof *variables)

bool command_options_describe(command_topic topic, size_t at, command_described *out) {
    if (topic == TOPIC_OPTIONS && at < OPTIONS) {
        const struct option *o = &options[at];
        *out = (command_described){.name = o->name, .value = o->value, .about = o->about};
    } else if (topic == TOPIC_LIMITS && at < LIMITS) {
        buf value = BUF(BUF_SMALL);
        *out = (command_described){.name = limits[at].name, .about = limits[at].about};
        put_limit(&value, limits[at].unit, limits[at].otherwise);
        snprintf(out->room, sizeof out->room, "%s", buf_string(&value));
        out->value = out->room;
        buf_free(&value);
    } else if (topic == TOPIC_VARIABLES && at < VARIABLES) {
        *out = (command_described){.name = variables[at].name, .about = variables[at].about};
    } else {
        return false;
    }
    return true;
}

static void print_topic(command_topic topic, const char *heading, const char *between, int width) {
    command_described d;
    printf("%s\n", heading);
    for (size_t i = 0; command_options_describe(topic, i, &d); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", d.name, between, d.value ? d.value : "");
        printf("  %-*s %s\n", width, name, d.about);
    }
}

static void print_help(const char *usage) {
    printf("%s\n", usage);
    print_topic(TOPIC_OPTIONS, "Options:", " ", 22);
    print_topic(TOPIC_LIMITS, "\nLimits, with their defaults (--limit list_max=2MB):", "=", 22);
    print_topic(TOPIC_VARIABLES, "\nEnvironment (blank counts as unset; a .env file is never read):", "", 26);
}

static const struct option *find_option(slice name) {
    for (size_t i = 0; i < OPTIONS; i++)
        if (slice_is(name, options[i].name)) return &options[i];
    return NULL;
}

static bool refuse_option(slice name) {
    const char *names[OPTIONS];
    for (size_t i = 0; i < OPTIONS; i++) names[i] = options[i].name;
    const char *near = guard_nearest(name, names, OPTIONS);
    command_complain("there is no option %.*s%s%s; see --help", (int)name.n, name.s,
                     near ? "; did you mean " : "", near ? near : "");
    return false;
}

// Reads one option at argv[*at] ("--name value" or "--name=value"), and moves *at to its last word.
static bool read_option(command_options *o, int argc, char **argv, int *at) {
    const char *word = argv[*at], *equals = strchr(word, '=');
    slice name = {word, equals ? (size_t)(equals - word) : strlen(word)};
    const struct option *option = find_option(name);
    if (!option) return refuse_option(name);
    if (!option->value)
        return equals ? (command_complain("%s takes no value", option->name), false) : option->set(o, NULL);
    bool alone = !equals && option->is_value && (*at + 1 == argc || !option->is_value(argv[*at + 1]));
    if (alone) return option->set(o, NULL);
    const char *value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    if (!value || !*value)
        return command_complain("%s needs a value: %s %s", option->name, option->name, option->value), false;
    return option->set(o, value);
}

bool command_options_set(command_options *o, const char *name, const char *value) {
    const struct option *option = find_option(slice_of(name));
    return option && option->value && option->set(o, value);
}

// The value of the last --profile, looked for before the options are read.
static const char *profile_named(int argc, char **argv) {
    const char *name = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--profile") == 0 && i + 1 < argc) name = argv[i + 1];
        if (strncmp(argv[i], "--profile=", 10) == 0) name = argv[i] + 10;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return "";
    }
    return name;
}

static const char **usage_wanted; // where the usage goes in place of help on stdout; or NULL

static void tell_usage(const char *usage) {
    if (usage_wanted) *usage_wanted = usage;
    else print_help(usage);
}

const char *command_options_usage(int (*run)(int argc, char **argv)) {
    char help[] = "--help", *words[] = {help, NULL};
    const char *usage = NULL;
    usage_wanted = &usage;
    run(1, words);
    usage_wanted = NULL;
    return usage;
}

static bool read_words(command_options *o, int argc, char **argv, const char *usage, bool *helped) {
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            tell_usage(usage);
            return *helped = true;
        }
        if (argv[i][0] != '-' || !argv[i][1]) o->words[o->word_count++] = argv[i];
        else if (!read_option(o, argc, argv, &i)) return false;
    }
    if (o->record && o->replay_count)
        return command_complain("--record and --replay: what is played back is a recording already"), false;
    return true;
}

static bool read_profile(command_options *o, int argc, char **argv) {
    o->by_profile = true;
    bool ok = command_profile_apply(o, profile_named(argc, argv));
    o->by_profile = false;
    return ok;
}

bool command_options_read_past(command_options *o, int argc, char **argv, const char *usage, bool *helped,
                               buf *fault) {
    *helped = false;
    *o = (command_options){.page_size = 1000,
                           .rate = RATE,
                           .rate_burst = RATE,
                           .words = base_alloc(((size_t)argc + 1) * sizeof *o->words)};
    for (size_t i = 0; i < LIMITS; i++) *field_of(o, &limits[i]) = limits[i].otherwise;
    buf *before = heard;
    if (fault) heard = fault;
    bool ok = read_profile(o, argc, argv) || fault;
    heard = before;
    ok = ok && read_words(o, argc, argv, usage, helped);
    if (!ok) command_options_free(o);
    return ok;
}

bool command_options_read(command_options *o, int argc, char **argv, const char *usage, bool *helped) {
    return command_options_read_past(o, argc, argv, usage, helped, NULL);
}

void command_options_free(command_options *o) {
    for (size_t i = 0; i < o->text_count; i++) free(o->texts[i]);
    free(o->words);
}
