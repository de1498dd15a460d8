// What the environment says about the tenant. Contract in environment.h.
#include "command/environment.h"
#include "command/address.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 65536

// A client that fills in variables and lacks one hands the reference over as it is written in its file.
static bool is_reference(const char *value, const char *name) {
    static const char *const forms[] = {"${%s}", "${env:%s}", "$%s"};
    char text[200];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(text, sizeof text, forms[i], name);
        if (strcmp(value, text) == 0) return true;
    }
    return false;
}

char *command_variable(const char *name, buf *notes) {
    const char *s = getenv(name);
    if (!s) return NULL;
    size_t n = strlen(s), start = 0;
    while (start < n && strchr(" \t\r\n", s[start])) start++;
    while (n > start && strchr(" \t\r\n", s[n - 1])) n--;
    if (n == start) return NULL;
    if (is_reference(s, name)) {
        buf_printf(notes, "%s is \"%s\": the client has no such variable to fill in; it is taken for unset\n",
                   name, s);
        return NULL;
    }
    if (n - start != strlen(s))
        buf_printf(notes, "%s: blanks or a newline around the value were left out\n", name);
    return base_copy(s + start, n - start);
}

// Takes the token out of the environment: its bytes there are overwritten, so that neither /proc nor a child
// shows it. A profile that has a token of its own wins.
static bool take_token(command_environment *env, const command_options *o, bool offline, buf *error) {
    char *value = command_variable("HATCHET_CLIENT_TOKEN", &env->notes);
    char *place = getenv("HATCHET_CLIENT_TOKEN");
    bool ok = true;
    if (place) explicit_bzero(place, strlen(place));
    unsetenv("HATCHET_CLIENT_TOKEN");
    env->token_from =
        (token_source){.file = o->token_file, .command = o->token_command[0] ? o->token_command : NULL};
    if (env->token_from.file || env->token_from.command) {
        buf text = BUF(TOKEN_SOURCE_MAX);
        ok = offline || token_source_read(&env->token_from, &text, error);
        if (ok && text.n) env->token = secret_keep(buf_view(&text));
        buf_wipe(&text);
    } else if (value) {
        env->token = secret_keep(slice_of(value));
    }
    if (value) explicit_bzero(value, strlen(value));
    free(value);
    return ok;
}

bool command_environment_has_token(const command_options *o) {
    return o->token_file || o->token_command[0] || command_environment_names_token();
}

bool command_environment_names_token(void) {
    const char *token = getenv("HATCHET_CLIENT_TOKEN");
    return token && token[strspn(token, " \t\r\n")] && !is_reference(token, "HATCHET_CLIENT_TOKEN");
}

// Checks the address and cuts its trailing slashes.
static bool check_url(command_environment *env, const command_options *o, buf *error) {
    char *url = env->base;
    const char *where = strcmp(env->source, "token") == 0 ? "the address in the token (claim server_url)"
                                                          : "HATCHET_CLIENT_SERVER_URL";
    size_t n = strlen(url);
    while (n && url[n - 1] == '/') n--;
    if (url[n]) {
        buf_printf(&env->notes, "%s: the slash at its end was left out\n", where);
        url[n] = '\0';
    }
    bool plain = strncasecmp(url, "http://", 7) == 0;
    if (!plain && strncasecmp(url, "https://", 8) != 0)
        return buf_printf(
                   error,
                   "%s is \"%s\", which is no http(s) address; it looks like https://cloud.onhatchet.run",
                   where, url),
               false;
    slice host = address_host(strstr(url, "://") + 3);
    if (strpbrk(url, "@?#") || !address_is_host(host) || !address_is_port(host.s + host.n))
        return buf_printf(error,
                          "%s is \"%s\": an address is https://host[:port], without user, query or fragment",
                          where, url),
               false;
    env->is_local = address_is_loopback(host);
    for (char *c = url; c < host.s; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    if (plain && !address_may_be_plain(host, o))
        return buf_printf(error,
                          "%s is \"%s\": the token is not sent without TLS beyond this machine; use https, "
                          "or allow it with --allow-http %.*s",
                          where, url, (int)host.n, host.s),
               false;
    return true;
}

static bool read_token(command_environment *env, const command_options *o, buf *error) {
    auth_token claims;
    buf why = BUF(BUF_SMALL);
    env->part = "token";
    char *url = command_variable("HATCHET_CLIENT_SERVER_URL", &env->notes);
    bool ok = auth_token_read(slice_of(env->token), &claims, &why);
    if (!ok) {
        buf_printf(error,
                   "%s is no Hatchet API token: %s. Copy it whole from the dashboard (Settings, API Tokens)",
                   env->token_from.file ? env->token_from.file
                   : env->token_from.command ? "what token_command gives" : "HATCHET_CLIENT_TOKEN",
                   buf_string(&why));
    } else {
        env->part = "server";
        env->expiry = claims.expiry;
        env->token_tenant = base_string(claims.tenant);
        env->source = url ? "override" : "token";
        env->base = base_string(url ? url : claims.server_url ? claims.server_url : "");
        if (!env->tenant) env->tenant = base_string(claims.tenant);
        else if (strcmp(env->tenant, claims.tenant) != 0)
            buf_printf(&env->notes,
                       "HATCHET_CLIENT_TENANT_ID is %s, the token is for %s: Hatchet may refuse it\n",
                       env->tenant, claims.tenant);
        ok = *env->base != '\0';
        if (!ok)
            buf_text(error, "the token names no server: set HATCHET_CLIENT_SERVER_URL, as in "
                            "https://cloud.onhatchet.run");
        ok = ok && check_url(env, o, error);
        if (ok) command_event_address_read(&env->events, o, claims.grpc_address, &env->notes);
    }
    auth_token_free(&claims);
    buf_free(&why);
    free(url);
    return ok;
}

static bool read_tenant(command_environment *env, buf *error) {
    env->part = "tenant";
    env->tenant = command_variable("HATCHET_CLIENT_TENANT_ID", &env->notes);
    if (!env->tenant) return true;
    if (!slice_is_uuid(slice_of(env->tenant)))
        return buf_printf(
                   error,
                   "HATCHET_CLIENT_TENANT_ID is \"%s\": it must be a UUID (dashboard, Settings), or unset",
                   env->tenant),
               false;
    for (char *c = env->tenant; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return true;
}

// The prefix as the SDKs of Hatchet make it: lower case, with an underscore at its end.
static bool read_namespace(command_environment *env, buf *error) {
    env->part = "namespace";
    char *name = command_variable("HATCHET_CLIENT_NAMESPACE", &env->notes);
    buf prefix = BUF(VALUE_MAX);
    for (const char *c = name; c && *c; c++) {
        if ((unsigned char)*c < 0x20) {
            buf_printf(error, "HATCHET_CLIENT_NAMESPACE has control characters");
            free(name);
            buf_free(&prefix);
            return false;
        }
        buf_char(&prefix, *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c);
    }
    if (prefix.n && prefix.s[prefix.n - 1] != '_') buf_char(&prefix, '_');
    env->name_prefix = base_string(buf_string(&prefix));
    buf_free(&prefix);
    free(name);
    return true;
}

static bool read_access(command_environment *env, const command_options *o, buf *error) {
    static const char *const on[] = {"true", "1", "yes", "on"}, *const off[] = {"false", "0", "no", "off"};
    env->part = "access";
    char *value = command_variable("HATCHET_MCP_READ_ONLY", &env->notes);
    bool is_on = false, is_off = false;
    for (int i = 0; value && i < 4; i++) {
        is_on |= strcasecmp(value, on[i]) == 0;
        is_off |= strcasecmp(value, off[i]) == 0;
    }
    bool ok = !value || is_on || is_off;
    if (!ok)
        buf_printf(error, "HATCHET_MCP_READ_ONLY is \"%s\": it is true, 1, yes, on or false, 0, no, off",
                   value);
    guard_access by_variable = is_off ? GUARD_DESTROY : GUARD_READ;
    if (!value) env->access = o->access_given ? o->access : GUARD_READ;
    else env->access = o->access_given && o->access < by_variable ? o->access : by_variable;
    if (value && o->access_given && o->access > env->access)
        buf_printf(&env->notes, "HATCHET_MCP_READ_ONLY=%s lowers --access %s to %s\n", value,
                   guard_access_name(o->access), guard_access_name(env->access));
    free(value);
    return ok;
}

bool command_environment_read(command_environment *env, const command_options *o, bool offline, buf *error) {
    *env = (command_environment){.notes = BUF(BUF_SMALL), .source = "token", .part = "token"};
    if (!take_token(env, o, offline, error)) return false;
    if (!read_tenant(env, error) || !read_namespace(env, error) || !read_access(env, o, error)) return false;
    if (!offline && env->token && !read_token(env, o, error)) return false;
    env->part = NULL;
    return true;
}

void command_environment_free(command_environment *env) {
    free(env->base);
    free(env->tenant);
    free(env->token_tenant);
    free(env->name_prefix);
    command_event_address_free(&env->events);
    buf_free(&env->notes);
}
