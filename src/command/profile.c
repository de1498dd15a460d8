// Profiles. Contract in profile.h.
#include "command/profile.h"
#include "base/json.h"
#include "command/environment.h"
#include "command/layers.h"
#include "guard/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define FILE_MEMORY ((size_t)16 << 20)

// Keys of a profile that are said by variables otherwise.
static const struct variable {
    const char *key, *name;
} variables[] = {
    {"server_url", "HATCHET_CLIENT_SERVER_URL"},
    {"tenant_id", "HATCHET_CLIENT_TENANT_ID"},
    {"namespace", "HATCHET_CLIENT_NAMESPACE"},
    {"host_port", "HATCHET_CLIENT_HOST_PORT"},
    {"tls_strategy", "HATCHET_CLIENT_TLS_STRATEGY"},
    {"tls_root_ca_file", "HATCHET_CLIENT_TLS_ROOT_CA_FILE"},
    {"tls_cert_file", "HATCHET_CLIENT_TLS_CERT_FILE"},
    {"tls_key_file", "HATCHET_CLIENT_TLS_KEY_FILE"},
    {"tls_server_name", "HATCHET_CLIENT_TLS_SERVER_NAME"},
};

// Keys that are options.
static const char *const option_keys[] = {"access",     "overlay",     "toolsets", "tools",  "exclude_tools",
                                          "enable",     "hide_fields", "proxy",    "ca_file", "allow_http",
                                          "page_size",  "log_level",   "limit",    "confirm", "state_key"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

char *command_profile_file(void) { return command_config_path(SLICE("config.lua")); }

// --- reading -----------------------------------------------------------------------------------------------

static bool run_file(const char *file, buf *json, buf *error) {
    script_layer layer = {0};
    uv_loop_t loop;
    if (!script_source_file(file, "config.lua", &layer.source, error)) return false;
    uv_loop_init(&loop);
    script_host host = {
        .loop = &loop, .memory = FILE_MEMORY, .slice = 2000, .cpu = 1000000, .deadline = 1000000};
    bool ok = script_returned(&layer, &host, json, error);
    uv_run(&loop, UV_RUN_DEFAULT); // what is being closed comes to its end
    uv_loop_close(&loop);
    return ok;
}

static bool complain_of_name(const json_node *profiles, const char *name, const char *file) {
    const char **names = base_alloc(((profiles ? profiles->count : 0) + 1) * sizeof *names);
    size_t n = 0;
    for (const json_node *p = json_first(profiles); p; p = json_after(profiles, p))
        names[n++] = base_copy(p->key.s, p->key.n);
    const char *near = guard_nearest(slice_of(name), names, n);
    command_complain("%s has no profile \"%s\"%s%s%s", file, name, near ? "; did you mean " : "",
                     near ? near : "", near ? "?" : "");
    for (size_t i = 0; i < n; i++) free((void *)names[i]);
    free(names);
    return false;
}

// --- applying ----------------------------------------------------------------------------------------------

static bool wrong(const char *profile, slice key, const char *what) {
    command_complain("profile %s: %.*s %s", profile, (int)key.n, key.s, what);
    return false;
}

// "~/x" is in the home of whoever runs this.
static char *path_of(command_options *o, slice text) {
    const char *home = getenv("HOME");
    if (text.n < 2 || text.s[0] != '~' || text.s[1] != '/' || !home) return command_options_keep(o, text);
    buf path = BUF(BUF_SMALL);
    buf_printf(&path, "%s%.*s", home, (int)text.n - 1, text.s + 1);
    char *kept = command_options_keep(o, buf_view(&path));
    buf_free(&path);
    return kept;
}

static bool set_option(command_options *o, const char *profile, slice key, slice value) {
    buf name = BUF(BUF_SMALL);
    buf_printf(&name, "--%.*s", (int)key.n, key.s);
    for (size_t i = 2; i < name.n; i++)
        if (name.s[i] == '_') name.s[i] = '-';
    bool is_text = value.n && !memchr(value.s, '\0', value.n);
    char *text = is_text ? path_of(o, value) : NULL;
    bool ok = text && command_options_set(o, buf_string(&name), text);
    if (!ok)
        wrong(profile, key,
              text      ? "is wrong, as said above"
              : is_text ? "has too many values"
                        : "needs a value");
    buf_free(&name);
    return ok;
}

// A text, a number, a list of them, or, of `limit`, a table of names.
static bool take_option(command_options *o, const char *profile, slice key, const json_node *value) {
    if (json_is(value, JSON_STRING)) return set_option(o, profile, key, value->as.string);
    if (json_is(value, JSON_INT)) return set_option(o, profile, key, value->raw);
    bool table = json_is(value, JSON_OBJECT) && slice_is(key, "limit");
    if (!table && !json_is(value, JSON_ARRAY) && !(json_is(value, JSON_OBJECT) && !value->count))
        return wrong(profile, key, "must be a text or a list of texts");
    if (!value->count && (slice_is(key, "toolsets") || slice_is(key, "tools")))
        return wrong(profile, key, "names nothing; leave it out to offer all tools");
    for (const json_node *e = json_first(value); e; e = json_after(value, e)) {
        slice text = json_is(e, JSON_STRING) ? e->as.string : json_is(e, JSON_INT) ? e->raw : SLICE("");
        if (!text.n) return wrong(profile, key, "must hold texts or numbers");
        buf pair = BUF(BUF_SMALL);
        if (table) buf_slice(&pair, e->key), buf_char(&pair, '=');
        buf_slice(&pair, text);
        bool ok = set_option(o, profile, key, buf_view(&pair));
        buf_free(&pair);
        if (!ok) return false;
    }
    return true;
}

static bool take_command(command_options *o, const char *profile, slice key, const json_node *value) {
    size_t n = 0;
    if (!json_is(value, JSON_ARRAY) || !value->count || value->count > OPTIONS_HOSTS)
        return wrong(profile, key, "must be a list of words: { \"pass\", \"show\", \"hatchet\" }");
    for (const json_node *e = json_first(value); e; e = json_after(value, e)) {
        if (!json_is(e, JSON_STRING) || !e->as.string.n)
            return wrong(profile, key, "must be a list of texts");
        o->token_command[n++] = path_of(o, e->as.string);
    }
    return true;
}

static bool take_variable(const char *profile, slice key, const json_node *value, const char *name) {
    slice text = json_string(value);
    if (!text.n || memchr(text.s, '\0', text.n)) return wrong(profile, key, "must be a text");
    char *copy = base_copy(text.s, text.n);
    setenv(name, copy, 1);
    free(copy);
    return true;
}

static bool refuse_key(const char *profile, slice key) {
    const char *names[COUNT(variables) + COUNT(option_keys) + 2] = {"token_file", "token_command"};
    size_t n = 2;
    for (size_t i = 0; i < COUNT(variables); i++) names[n++] = variables[i].key;
    for (size_t i = 0; i < COUNT(option_keys); i++) names[n++] = option_keys[i];
    if (slice_is(key, "token"))
        return wrong(profile, key, "is not read: put the token into a file that only you can read "
                                   "(chmod 600) and name it in token_file");
    const char *near = guard_nearest(key, names, n);
    char what[200];
    snprintf(what, sizeof what, "is no setting of a profile%s%s%s", near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
    return wrong(profile, key, what);
}

static bool take_key(command_options *o, const char *profile, slice key, const json_node *value) {
    for (size_t i = 0; i < COUNT(variables); i++)
        if (slice_is(key, variables[i].key)) return take_variable(profile, key, value, variables[i].name);
    for (size_t i = 0; i < COUNT(option_keys); i++)
        if (slice_is(key, option_keys[i])) return take_option(o, profile, key, value);
    if (slice_is(key, "token_command")) return take_command(o, profile, key, value);
    if (!slice_is(key, "token_file")) return refuse_key(profile, key);
    if (!json_string(value).n) return wrong(profile, key, "must be the path of a file");
    o->token_file = path_of(o, json_string(value));
    return true;
}

static bool take_profile(command_options *o, const char *name, const json_node *profile) {
    bool ok = true;
    for (const json_node *e = json_first(profile); e && ok; e = json_after(profile, e))
        ok = take_key(o, name, e->key, e);
    if (ok && o->token_file && o->token_command[0])
        return command_complain("profile %s: token_file and token_command: give one of them", name), false;
    return ok;
}

static bool apply(command_options *o, const char *name, const json_node *config, const char *file) {
    const json_node *profiles = json_get(config, "profiles"), *otherwise = json_get(config, "default");
    bool no_profiles = profiles && !json_is(profiles, JSON_OBJECT);
    if (no_profiles || (otherwise && !json_is(otherwise, JSON_STRING)))
        return command_complain("%s: it returns { default = \"name\", profiles = { name = { … } } }", file),
               false;
    if (!name) {
        if (!otherwise || command_environment_names_token()) return true;
        name = command_options_keep(o, otherwise->as.string);
    }
    const json_node *profile = json_get(profiles, name);
    if (!profile) return complain_of_name(profiles, name, file);
    if (!json_is(profile, JSON_OBJECT) && !(json_is(profile, JSON_ARRAY) && !profile->count))
        return command_complain("%s: the profile %s is no table", file, name), false;
    o->profile = name;
    return take_profile(o, name, profile);
}

bool command_profile_apply(command_options *o, const char *name) {
    if (!name) name = getenv("HATCHWAY_PROFILE");
    if (name && !*name) return true;
    char *file = command_profile_file();
    if (!file || access(file, F_OK) != 0) {
        if (name)
            command_complain("there is no profile \"%s\": %s does not exist", name,
                             file ? file : "a configuration file");
        free(file);
        return !name;
    }
    buf json = BUF(FILE_MEMORY), error = BUF(BUF_SMALL);
    json_doc doc = {0};
    bool ok = run_file(file, &json, &error) && json_parse(&doc, buf_view(&json), 0, 0);
    if (ok) ok = apply(o, name, doc.nodes, file);
    else command_complain("%s cannot be read: %s", file, buf_string(&error));
    json_doc_free(&doc);
    buf_free(&json);
    buf_free(&error);
    free(file);
    return ok;
}

void command_profile_names(buf *names) {
    char *file = command_profile_file();
    buf json = BUF(FILE_MEMORY), error = BUF(BUF_SMALL);
    json_doc doc = {0};
    if (file && run_file(file, &json, &error) && json_parse(&doc, buf_view(&json), 0, 0)) {
        const json_node *profiles = json_get(doc.nodes, "profiles");
        for (const json_node *p = json_first(profiles); p; p = json_after(profiles, p)) {
            buf_slice(names, p->key);
            buf_char(names, '\0');
        }
    }
    json_doc_free(&doc);
    buf_free(&json);
    buf_free(&error);
    free(file);
}
