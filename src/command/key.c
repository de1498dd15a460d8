// hatchway key: the bearer keys of a server on the network.
#include "auth/keys.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/when.h"
#include "command/command.h"
#include "command/state.h"
#include "guard/schema.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: hatchway key create NAME [--scope LEVEL] [--expires TIME] [--state DIR]\n"
    "       hatchway key list [--json] [--state DIR]\n"
    "       hatchway key revoke NAME|ID [--state DIR]\n\n"
    "Makes, lists and revokes the keys with which clients come to a server on the network (serve --http). "
    "A client sends its key as\n"
    "Authorization: Bearer hw_…. A key is shown once, on stdout, when it is made: only its hash is kept. "
    "What "
    "it may do is its scope,\n"
    "within the --access of the server. Servers that run know a new key, and refuse a revoked one, at the "
    "next request.\n\n"
    "Exit codes: 0 done, 1 there is no such key, its name is taken, or the state cannot be used, 2 an "
    "argument "
    "is wrong.\n";

// --- create ------------------------------------------------------------------------------------------------

// A point in time, or how long from now on ("90d"). 0: for ever.
static bool read_expiry(const char *text, int64_t now, int64_t *out) {
    const char *problem = NULL;
    buf relative = BUF(BUF_SMALL);
    *out = 0;
    if (!text) return true;
    bool is_length = *text >= '0' && *text <= '9' && strpbrk(text, "smhdw") && !strpbrk(text, "-:Z");
    buf_printf(&relative, "%s%s", is_length ? "+" : "", text);
    bool ok = when_parse(slice_of(buf_string(&relative)), now, out, &problem);
    if (!ok) command_complain("--expires %s %s", text, problem);
    else if (*out <= now) command_complain("--expires %s is in the past", text);
    buf_free(&relative);
    return ok && *out > now;
}

// The key alone goes to stdout, so that a script can take it.
static void tell_key(const command_options *o, buf *key, int64_t expires) {
    char when[WHEN_TEXT];
    printf("%s\n", buf_string(key));
    fflush(stdout);
    fprintf(stderr,
            "This is the key \"%s\", scope %s, good until %s. Keep it now: it is not shown again.\n"
            "Clients send it as the header Authorization: Bearer KEY\n"
            "hatchway key revoke \"%s\" ends it.\n",
            o->words[1], guard_access_name(o->scope),
            expires ? when_format(expires / WHEN_SECOND * WHEN_SECOND, when) : "it is revoked", o->words[1]);
}

static int create(const command_options *o, auth_keys *keys, buf *error) {
    buf key = BUF(BUF_SMALL);
    int64_t now = clock_now(), expires;
    if (!read_expiry(o->expires, now, &expires)) return EXIT_USAGE;
    bool ok = auth_keys_create(keys, slice_of(o->words[1]), o->scope, now, expires, &key, error);
    if (ok) tell_key(o, &key, expires);
    buf_wipe(&key);
    return ok ? EXIT_OK : EXIT_FAILED;
}

// --- list --------------------------------------------------------------------------------------------------

typedef struct listing {
    bool json;
    int64_t now;
    size_t count;
    buf out;
} listing;

static const char *state_of(const listing *l, const auth_key *key) {
    if (key->revoked) return "revoked";
    return key->expires && l->now >= key->expires ? "expired" : "good";
}

// The day and the minute, or a hyphen.
static const char *minute(int64_t time, char out[WHEN_TEXT]) {
    if (!time) return "-";
    when_format(time, out);
    out[10] = ' ';
    out[16] = '\0';
    return out;
}

static void put_row(void *data, const auth_key *key) {
    listing *l = data;
    char texts[3][WHEN_TEXT];
    if (!l->count++)
        buf_printf(&l->out, "%-12s  %-20s %-8s %-8s %-17s %-17s %s\n", "ID", "NAME", "SCOPE", "STATE",
                   "CREATED", "EXPIRES", "LAST USED");
    buf_printf(&l->out, "%-12s  %-20s %-8s %-8s %-17s %-17s %s\n", key->id, key->name,
               guard_access_name(key->scope), state_of(l, key), minute(key->created, texts[0]),
               minute(key->expires, texts[1]), minute(key->used, texts[2]));
}

static void put_time(buf *out, const char *name, int64_t time) {
    char text[WHEN_TEXT];
    json_put_key(out, name);
    if (time) json_put_text(out, when_format(time / WHEN_SECOND * WHEN_SECOND, text));
    else json_put_null(out);
}

static void put_json(void *data, const auth_key *key) {
    listing *l = data;
    l->count++;
    json_open(&l->out, '{');
    json_put_key(&l->out, "id");
    json_put_text(&l->out, key->id);
    json_put_key(&l->out, "name");
    json_put_text(&l->out, key->name);
    json_put_key(&l->out, "scope");
    json_put_text(&l->out, guard_access_name(key->scope));
    json_put_key(&l->out, "state");
    json_put_text(&l->out, state_of(l, key));
    put_time(&l->out, "created", key->created);
    put_time(&l->out, "expires", key->expires);
    put_time(&l->out, "last_used", key->used);
    put_time(&l->out, "revoked", key->revoked);
    json_close(&l->out, '}');
}

static int list(const command_options *o, auth_keys *keys, buf *error) {
    listing l = {.json = o->json, .now = clock_now(), .out = BUF((size_t)64 << 20)};
    if (l.json) json_open(&l.out, '[');
    bool ok = auth_keys_list(keys, l.json ? put_json : put_row, &l, error);
    if (l.json) json_close(&l.out, ']');
    if (ok && !l.json && !l.count) printf("There are no keys. hatchway key create NAME makes one.\n");
    else if (ok) printf("%s%s", buf_string(&l.out), l.json ? "\n" : "");
    buf_free(&l.out);
    return ok ? EXIT_OK : EXIT_FAILED;
}

// --- revoke ------------------------------------------------------------------------------------------------

static int revoke(const command_options *o, auth_keys *keys, buf *error) {
    buf id = BUF(BUF_SMALL);
    bool ok = auth_keys_revoke(keys, slice_of(o->words[1]), clock_now(), &id, error);
    if (ok)
        printf("The key \"%s\" (%s) is revoked: no request is let through with it any more.\n", o->words[1],
               buf_string(&id));
    buf_free(&id);
    return ok ? EXIT_OK : EXIT_FAILED;
}

// --- which -------------------------------------------------------------------------------------------------

static const struct action {
    const char *name;
    int words; // with its own
    int (*run)(const command_options *o, auth_keys *keys, buf *error);
    const char *form;
} actions[] = {
    {"create", 2, create, "hatchway key create NAME [--scope LEVEL] [--expires TIME]"},
    {"list", 1, list, "hatchway key list [--json]"},
    {"revoke", 2, revoke, "hatchway key revoke NAME|ID"},
};

#define ACTIONS (sizeof actions / sizeof *actions)

static const struct action *find_action(const command_options *o) {
    const char *names[ACTIONS];
    for (size_t i = 0; i < ACTIONS; i++) {
        names[i] = actions[i].name;
        if (!o->word_count || strcmp(o->words[0], names[i]) != 0) continue;
        if (o->word_count == actions[i].words) return &actions[i];
        return command_complain("write: %s", actions[i].form), NULL;
    }
    const char *near = o->word_count ? guard_nearest(slice_of(o->words[0]), names, ACTIONS) : NULL;
    if (near) command_complain("there is no key %s; did you mean \"key %s\"?", o->words[0], near);
    else command_complain("write: hatchway key create NAME, key list or key revoke NAME; see --help");
    return NULL;
}

static int act(const command_options *o, const struct action *action) {
    buf error = BUF(BUF_SMALL);
    int code = EXIT_FAILED;
    store *s = command_state_open(o, &error);
    auth_keys *keys = s ? auth_keys_open(s, &error) : NULL;
    if (keys) code = action->run(o, keys, &error);
    if (error.n) command_complain("%s", buf_string(&error));
    auth_keys_close(keys);
    store_close(s);
    buf_free(&error);
    return code;
}

int command_key(int argc, char **argv) {
    command_options o;
    bool helped;
    int code = EXIT_USAGE;
    log_set_level(LOG_ERROR);
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    const struct action *action = helped ? NULL : find_action(&o);
    if (helped) code = EXIT_OK;
    else if (action) code = act(&o, action);
    command_options_free(&o);
    return code;
}
