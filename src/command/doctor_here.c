// What hatchway doctor sees on this machine.
#include "command/doctor.h"
#include "base/clock.h"
#include "base/when.h"
#include "command/profile.h"
#include "upstream/curl_api.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOON 14 // days before a token expires
#define DAY (86400 * WHEN_SECOND)

// --- configuration -----------------------------------------------------------------------------------------

static void look_at_configuration(doctor *d) {
    const char *name = "configuration", *profile = d->options->profile;
    char *file = command_profile_file();
    if (d->fault.n)
        doctor_mend(doctor_note(d, name, DOCTOR_BROKEN, "%s", buf_string(&d->fault)),
                    "Mend %s, or name another profile with --profile.",
                    file ? file : "the configuration file");
    else if (profile) doctor_note(d, name, DOCTOR_OK, "profile %s of %s", profile, file);
    else if (file && access(file, F_OK) == 0)
        doctor_note(d, name, DOCTOR_OK, "%s, no profile of it is used", file);
    else doctor_note(d, name, DOCTOR_OK, "no file (it would be %s)", file ? file : "in your home directory");
    free(file);
}

static void look_at_recordings(doctor *d) {
    const command_options *o = d->options;
    if (!o->replay_count) return;
    if (d->ready)
        doctor_note(d, "recording", DOCTOR_OK,
                    "%s%s stands in for Hatchet: what follows is what was recorded",
                    o->replay[o->replay_count - 1], o->replay_count > 1 ? " and others" : "");
    else if (!d->host.env.part)
        doctor_mend(doctor_note(d, "recording", DOCTOR_BROKEN, "%s", buf_string(&d->problem)),
                    "Name another file with --replay, or leave it out.");
}

// Is this the part of the environment that is wrong?
static bool failed(const doctor *d, const char *part) {
    return !d->ready && d->host.env.part && strcmp(d->host.env.part, part) == 0;
}

// Variables that are wrong and no part of the token or the address.
static void look_at_variables(doctor *d) {
    if (failed(d, "tenant") || failed(d, "namespace"))
        doctor_mend(doctor_note(d, "environment", DOCTOR_BROKEN, "%s", buf_string(&d->problem)),
                    "Set it right in the environment or in the profile, or leave it out.");
    for (const char *s = buf_string(&d->host.env.notes); *s;) {
        size_t n = strcspn(s, "\n");
        doctor_note(d, "environment", DOCTOR_WARNING, "%.*s", (int)n, s);
        s += n + (s[n] == '\n');
    }
}

// --- the token ---------------------------------------------------------------------------------------------

static void put_source(const doctor *d, buf *out) {
    const token_source *from = &d->host.env.token_from;
    if (from->file) buf_printf(out, "token_file %s", from->file);
    else if (from->command) buf_printf(out, "token_command %s", from->command[0]);
    else buf_text(out, "HATCHET_CLIENT_TOKEN");
}

static void look_at_expiry(doctor *d, const char *source) {
    const command_environment *env = &d->host.env;
    char when[WHEN_TEXT];
    int64_t left = env->expiry - clock_now();
    if (!env->expiry) {
        doctor_note(d, "token", DOCTOR_OK, "from %s, for tenant %s, without an end", source, env->tenant);
        return;
    }
    doctor_state state = left <= 0 ? DOCTOR_BROKEN : left < SOON * DAY ? DOCTOR_WARNING : DOCTOR_OK;
    long long days = left / DAY;
    when_format(env->expiry, when);
    doctor_finding *f =
        left <= 0 ? doctor_note(d, "token", state, "from %s, for tenant %s: it expired on %s", source,
                                env->tenant, when)
                  : doctor_note(d, "token", state, "from %s, for tenant %s, valid until %s (%lld day%s)",
                                source, env->tenant, when, days, days == 1 ? "" : "s");
    if (state != DOCTOR_OK)
        doctor_mend(f, "Make a new one in the dashboard (Settings, API Tokens)%s.",
                    left > 0 ? " before then" : ", and look at the clock of this machine");
}

static void look_at_token(doctor *d) {
    const command_environment *env = &d->host.env;
    const token_source *from = &env->token_from;
    if (d->options->replay_count) {
        doctor_note(d, "token", DOCTOR_SKIPPED, "none is needed to play a recording");
        return;
    }
    if (failed(d, "token")) {
        doctor_mend(doctor_note(d, "token", DOCTOR_BROKEN, "%s", buf_string(&d->problem)),
                    env->token ? "A token is three parts with dots between, on one line, and nothing else."
                               : "Mend token_file or token_command of the profile.");
    } else if (!env->token) {
        doctor_mend(
            doctor_note(d, "token", DOCTOR_BROKEN,
                        "there is none: HATCHET_CLIENT_TOKEN is not set, and no profile names one"),
            "Make an API token in the dashboard of Hatchet (Settings, API Tokens), and set the variable, or "
            "put it into a file (chmod 600) that a profile names as token_file.");
    } else if (d->ready) {
        buf source = BUF(BUF_SMALL);
        put_source(d, &source);
        look_at_expiry(d, buf_string(&source));
        buf_free(&source);
    } else {
        doctor_note(d, "token", DOCTOR_SKIPPED, "there is one; it is looked at when the rest is right");
    }
    if (from->file && from->seen.st_mode & 077)
        doctor_mend(doctor_note(d, "token file", DOCTOR_WARNING,
                                "%s may be read by others than you (mode %03o)", from->file,
                                (unsigned)(from->seen.st_mode & 0777)),
                    "chmod 600 %s", from->file);
}

// --- the address, the access -------------------------------------------------------------------------------

// Without the user and password that may stand in it.
static void put_proxy(const char *proxy, buf *out) {
    if (!proxy) return;
    const char *start = strstr(proxy, "://"), *user = strrchr(proxy, '@');
    if (!start) buf_text(out, ", through a proxy of the environment if it names one");
    else
        buf_printf(out, ", through the proxy %.*s%s", (int)(start + 3 - proxy), proxy,
                   user ? user + 1 : start + 3);
}

static void look_at_server(doctor *d) {
    const command_environment *env = &d->host.env;
    if (failed(d, "server")) {
        doctor_mend(doctor_note(d, "server", DOCTOR_BROKEN, "%s", buf_string(&d->problem)),
                    "The address is that of the dashboard, as in https://cloud.onhatchet.run.");
        return;
    }
    if (!env->base) return;
    bool by_token = strcmp(env->source, "token") == 0;
    const char *from = by_token            ? "the token"
                       : d->url_by_profile ? "the profile"
                                           : "HATCHET_CLIENT_SERVER_URL";
    buf proxy = BUF(BUF_SMALL);
    put_proxy(d->host.config.proxy, &proxy);
    doctor_note(d, "server", DOCTOR_OK, "%s, from %s%s", env->base, from, buf_string(&proxy));
    buf_free(&proxy);
}

static void look_at_access(doctor *d) {
    const command_options *o = d->options;
    const command_environment *env = &d->host.env;
    if (failed(d, "access")) {
        doctor_mend(doctor_note(d, "access", DOCTOR_BROKEN, "%s", buf_string(&d->problem)),
                    "Set it right, or leave it out: --access says the same.");
        return;
    }
    if (failed(d, "tenant") || failed(d, "namespace") || (failed(d, "token") && !env->token))
        return; // it was not read
    bool by_option = o->access_given && env->access == o->access;
    const char *from = by_option                ? o->access_by_profile ? "the profile" : "--access"
                       : d->has_access_variable ? "HATCHET_MCP_READ_ONLY"
                                                : "the default";
    doctor_note(d, "access", DOCTOR_OK,
                "%s (from %s): this level alone holds tools back, for an API token may do everything in its "
                "tenant",
                guard_access_name(env->access), from);
}

// --- libcurl -----------------------------------------------------------------------------------------------

// So many characters are its first words.
static int words_length(const char *text, int words) {
    size_t n = strcspn(text, " ");
    for (int i = 1; i < words && text[n]; i++) n += 1 + strcspn(text + n + 1, " ");
    return (int)n;
}

static void look_at_libcurl(doctor *d) {
    curl_api api;
    const char *broken = curl_api_open(&api);
    if (broken)
        doctor_mend(doctor_note(d, "libcurl", DOCTOR_BROKEN, "it cannot be opened: %s", broken),
                    "Install it: apt-get install libcurl4");
    else doctor_note(d, "libcurl", DOCTOR_OK, "%.*s", words_length(api.version(), 2), api.version());
}

// --- overlays ----------------------------------------------------------------------------------------------

static void note_overlays(doctor *d, const command_layers *l) {
    buf folders = BUF(BUF_SMALL);
    for (size_t i = 1; i < l->count; i++)
        if (!l->layers[i].optional || access(l->layers[i].folder, F_OK) == 0)
            buf_printf(&folders, "%s%s", folders.n ? ", " : "", l->layers[i].folder);
    doctor_note(d, "overlays", DOCTOR_OK, "%s", folders.n ? buf_string(&folders) : "none");
    buf_free(&folders);
}

// Notes each fault once. How many there are.
static size_t note_faults(doctor *d, const command_layers *l, slice errors) {
    size_t count = 0;
    for (const char *s = errors.s, *end = errors.s + errors.n; s < end; s += strlen(s) + 1) {
        bool said = false;
        for (const char *e = errors.s; e < s && !said; e += strlen(e) + 1) said = strcmp(e, s) == 0;
        if (said) continue;
        buf text = BUF(BUF_SMALL);
        command_layers_put_real(l, s, &text);
        doctor_mend(doctor_note(d, "overlays", DOCTOR_BROKEN, "%s", buf_string(&text)),
                    "Mend the file; hatchway check tells more. A server does not start with this.");
        buf_free(&text);
        count++;
    }
    return count;
}

static bool look_at_layers(doctor *d, command_layers *l, const char *pack) {
    buf error = BUF(BUF_SMALL), errors = BUF((size_t)1 << 20), changes = BUF((size_t)1 << 20);
    size_t count, faults = 1;
    script_layer *layers = NULL;
    if (command_layers_find(l, d->options, pack, &error)) layers = command_layers_read(l, &count, &error);
    if (layers) {
        script_check(layers, count, &d->host.limits, &errors, &changes);
        faults = note_faults(d, l, buf_view(&errors));
        if (!faults) note_overlays(d, l);
    } else {
        doctor_mend(doctor_note(d, "overlays", DOCTOR_BROKEN, "%s", buf_string(&error)),
                    "Set --overlay or --pack right, here or in the profile.");
    }
    buf_free(&error);
    buf_free(&errors);
    buf_free(&changes);
    return faults == 0;
}

// Does the selection of tools fit what there is?
static void look_at_tools(doctor *d, const char *pack) {
    command_host *h = &d->host;
    buf error = BUF(BUF_SMALL);
    command_complain_to(&error);
    bool ok = command_host_load(h, d->options, pack, NULL);
    command_complain_to(NULL);
    if (ok) {
        doctor_note(d, "tools", DOCTOR_OK, "%zu are offered with access %s", command_host_tools(h),
                    guard_access_name(h->env.access));
        mcp_server_free(h->server);
        h->server = NULL;
    } else {
        doctor_mend(doctor_note(d, "tools", DOCTOR_BROKEN, "%s", buf_string(&error)),
                    "hatchway tools lists those that there are.");
    }
    command_layers_free(&h->layers);
    h->layers = (command_layers){0};
    buf_free(&error);
}

// Reads the pack as a server would. It must see an upstream, which is never asked here.
static void look_at_pack(doctor *d) {
    command_host *h = &d->host;
    const char *pack = d->options->pack ? d->options->pack : "hatchet";
    cassette *nothing = cassette_new();
    upstream_config config = {.base = "",
                              .tenant = "",
                              .namespace = "",
                              .source = "replay",
                              .process_requests = 1,
                              .call_requests = 1,
                              .cassette = nothing};
    upstream *stand_in = upstream_new(&h->loop, &config), *own = h->limits.upstream;
    h->limits.upstream = stand_in;
    command_layers layers;
    if (look_at_layers(d, &layers, pack)) look_at_tools(d, pack);
    command_layers_free(&layers);
    h->limits.upstream = own;
    upstream_free(stand_in);
    cassette_free(nothing);
}

void doctor_look_here(doctor *d) {
    look_at_configuration(d);
    look_at_recordings(d);
    look_at_variables(d);
    look_at_token(d);
    look_at_server(d);
    look_at_access(d);
    look_at_libcurl(d);
    look_at_pack(d);
}
