// What hatchway doctor sees on the way to Hatchet, and there.
#include "command/doctor.h"
#include "base/clock.h"
#include "base/when.h"
#include "command/address.h"
#include "command/loopback.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PATIENCE (15 * WHEN_SECOND) // for a request, unless --limit deadline is less
#define SKEW 60                     // seconds between two clocks, beyond which times are not what they say

// --- one request -------------------------------------------------------------------------------------------

typedef struct probe {
    doctor *d;
    guard_request request;
    bool done;
    const char *fault; // as of upstream_answer
    bool spoke_grpc;
    int status;
    int64_t date, at, lasted; // the clock there, and here, when it answered; microseconds
    buf body, detail;
    upstream_failure failure; // unless it succeeded
} probe;

static void answered(void *data, const upstream_answer *a) {
    probe *p = data;
    p->at = clock_now();
    p->fault = a->fault;
    p->status = a->status;
    p->spoke_grpc = a->grpc;
    p->date = a->date;
    buf_slice(&p->body, a->body);
    buf_text(&p->detail, a->detail ? a->detail : "");
    if (a->fault || a->status < 200 || a->status > 299)
        upstream_explain(p->d->host.upstream, &p->request, a, &p->failure);
    p->done = true;
}

static void ask(doctor *d, guard_request request, probe *p) {
    *p = (probe){.d = d, .request = request, .body = BUF((size_t)1 << 20), .detail = BUF(BUF_SMALL)};
    int64_t patience = d->options->deadline < PATIENCE ? d->options->deadline : PATIENCE;
    guard_call call = {.tool = "doctor", .access = GUARD_READ, .deadline = clock_now() + patience};
    upstream_spec spec = {.call = &call,
                          .method = request.method,
                          .path = request.path,
                          .body = request.body,
                          .push = request.push,
                          .done = answered,
                          .data = p};
    int64_t began = clock_monotonic();
    upstream_send(d->host.upstream, &spec);
    while (!p->done && uv_run(&d->host.loop, UV_RUN_ONCE)) {}
    p->lasted = clock_monotonic() - began;
}

static void forget(probe *p) {
    buf_free(&p->body);
    buf_free(&p->detail);
    upstream_failure_free(&p->failure);
}

static void note_failure(doctor *d, const char *name, doctor_state state, probe *p, const char *mend) {
    doctor_mend(doctor_note(d, name, state, "%s", buf_string(&p->failure.message)), "%s",
                mend ? mend : buf_string(&p->failure.hint));
}

// --- the way -----------------------------------------------------------------------------------------------

// The host whose name is looked up: the proxy's, if there is one. Empty: that of a proxy which is not known
// here.
static slice first_host(const upstream_config *config) {
    const char *url = config->proxy ? config->proxy : config->base, *start = strstr(url, "://");
    if (!start) return SLICE("");
    const char *user = strchr(start + 3, '@');
    slice host = address_host(user ? user + 1 : start + 3);
    return host.n > 2 && *host.s == '[' ? (slice){host.s + 1, host.n - 2} : host;
}

static void put_address(const struct addrinfo *a, char out[INET6_ADDRSTRLEN]) {
    const void *address = a->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)a->ai_addr)->sin6_addr
                                                   : (void *)&((struct sockaddr_in *)a->ai_addr)->sin_addr;
    if (!inet_ntop(a->ai_family, address, out, INET6_ADDRSTRLEN)) *out = '\0';
}

// Looks the name up as the system does. False: there is no address.
static bool look_up_name(doctor *d) {
    slice host = first_host(&d->host.config);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    char address[INET6_ADDRSTRLEN];
    const char *of = d->host.config.proxy ? "the proxy " : "";
    if (!host.n) {
        doctor_note(d, "name", DOCTOR_SKIPPED, "a proxy of the environment may look it up");
        return true;
    }
    char *name = base_copy(host.s, host.n);
    int failure = getaddrinfo(name, NULL, &hints, &list);
    if (failure) {
        doctor_mend(doctor_note(d, "name", DOCTOR_BROKEN, "there is no address for %s%s: %s", of, name,
                                gai_strerror(failure)),
                    "Look for a misspelt %s, and at the network: name server, VPN, /etc/resolv.conf.",
                    *of ? "--proxy" : "address");
    } else {
        put_address(list, address);
        if (strcmp(address, name) != 0) doctor_note(d, "name", DOCTOR_OK, "%s%s is %s", of, name, address);
        else doctor_note(d, "name", DOCTOR_OK, "%s%s is an address", of, name);
        freeaddrinfo(list);
    }
    free(name);
    return failure == 0;
}

#define AUTHORITY                                                                                            \
    "It is signed by an authority that this machine does not know: name its file with --ca-file "            \
    "(ca_file in a profile)."
#define OTHER_NAME "The certificate is for another name: use the address that it is for."
#define NO_TLS "This port does not speak TLS: check the port, or use http:// with --allow-http HOST."

// What mends a failed TLS handshake, by what the library says of it.
static const char *mend_of_tls(const char *detail) {
    static const struct {
        const char *says, *mend;
    } known[] = {
        {"self-signed", AUTHORITY},
        {"self signed", AUTHORITY},
        {"issuer", AUTHORITY},
        {"expired", "Have the certificate of the server renewed, and look at the clock of this machine."},
        {"not yet valid", "Look at the clock of this machine."},
        {"subject name", OTHER_NAME},
        {"does not match", OTHER_NAME},
        {"wrong version", NO_TLS},
        {"packet length", NO_TLS},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(detail, known[i].says)) return known[i].mend;
    return NULL;
}

static const char *mend_of_way(const doctor *d, const probe *p, const char *detail) {
    if (!p->fault) return NULL;
    if (strcmp(p->fault, "tls") == 0) return mend_of_tls(detail);
    if (strcasestr(detail, "proxy") || strstr(detail, "CONNECT tunnel"))
        return "The proxy refuses or is not there: check --proxy (proxy in a profile), and whether it lets "
               "this host through.";
    if (d->host.config.proxy && strcmp(p->fault, "refused") == 0)
        return "The way goes through a proxy: check --proxy (proxy in a profile), whether it runs and what "
               "it lets through.";
    if (strcmp(p->fault, "unreachable") == 0 || strcmp(p->fault, "timeout") == 0)
        return "Nothing answers there: check the port, firewalls between, and whether a VPN or --proxy is "
               "needed.";
    return NULL;
}

static bool is_version(slice body) {
    json_doc doc;
    bool ok = json_parse(&doc, body, 0, 10000) && json_string(json_get(doc.nodes, "version")).n;
    json_doc_free(&doc);
    return ok;
}

// Is there a Hatchet? Its version is told without a token.
static bool look_at_way(doctor *d, probe *p) {
    const char *name = "connection";
    bool played = d->host.cassette, tls = strncmp(d->host.config.base, "https:", 6) == 0;
    ask(d, (guard_request){.method = GUARD_GET, .path = SLICE("/api/v1/version")}, p);
    if (p->fault && strcmp(p->fault, "not_recorded") == 0) {
        doctor_note(d, name, DOCTOR_SKIPPED, "the recording does not tell the engine's version");
    } else if (p->fault || p->status >= 500) {
        note_failure(d, name, DOCTOR_BROKEN, p, mend_of_way(d, p, buf_string(&p->detail)));
        return false;
    } else if (p->status == 200 && !is_version(buf_view(&p->body))) {
        doctor_mend(
            doctor_note(d, name, DOCTOR_BROKEN, "what answers at %s is not Hatchet", d->host.config.base),
            "Check the address: that of the dashboard, with its port.");
        return false;
    } else {
        if (played) doctor_note(d, name, DOCTOR_OK, "played from the recording");
        else
            doctor_note(d, name, DOCTOR_OK, "Hatchet answers in %lld ms%s", (long long)(p->lasted / 1000),
                        tls ? ", over TLS" : ", without TLS");
    }
    return true;
}

static void look_at_clock(doctor *d, const probe *p) {
    if (d->host.cassette) {
        doctor_note(d, "clock", DOCTOR_SKIPPED, "that of the recording");
        return;
    }
    if (!p->date) {
        doctor_note(d, "clock", DOCTOR_SKIPPED, "the answer has no date to compare with");
        return;
    }
    long long apart = (p->at - p->date) / WHEN_SECOND; // a date says whole seconds, and was on its way
    char length[WHEN_TEXT];
    when_duration((apart < 0 ? -apart : apart) * WHEN_SECOND, length);
    if (apart >= -SKEW && apart <= SKEW) {
        doctor_note(d, "clock", DOCTOR_OK, "as the server's, within %d s", SKEW);
        return;
    }
    doctor_mend(doctor_note(d, "clock", DOCTOR_BROKEN,
                            "this machine is %s %s the server: tokens look expired too "
                            "early or too late, and windows of time miss runs",
                            length, apart < 0 ? "behind" : "ahead of"),
                "Set the clock of the machine that is wrong: timedatectl set-ntp true");
}

// --- the tenant and its engine -----------------------------------------------------------------------------

static void look_at_engine(doctor *d, const json_node *result) {
    slice version = json_string(json_path(result, "engine.version"));
    const json_node *old = json_path(result, "engine.tooOldFor");
    buf cannot = BUF(BUF_SMALL);
    for (const json_node *e = json_first(old); e; e = json_after(old, e))
        buf_printf(&cannot, "%s%.*s", cannot.n ? "; " : "", (int)json_string(e).n, json_string(e).s);
    if (!version.n) doctor_note(d, "engine", DOCTOR_WARNING, "it does not tell its version");
    else if (cannot.n)
        doctor_mend(doctor_note(d, "engine", DOCTOR_WARNING, "%.*s is too old for some tools: %s",
                                (int)version.n, version.s, buf_string(&cannot)),
                    "Update the engine, or leave those tools out with --exclude-tools.");
    else if (old)
        doctor_note(d, "engine", DOCTOR_OK, "%.*s, new enough for all tools", (int)version.n, version.s);
    else
        doctor_note(d, "engine", DOCTOR_OK, "%.*s, built from source: that does not tell what it can do",
                    (int)version.n, version.s);
    buf_free(&cannot);
}

static void look_at_observability(doctor *d, const json_node *result) {
    const json_node *abilities = json_get(result, "abilities");
    if (!abilities)
        doctor_note(d, "observability", DOCTOR_WARNING, "the engine does not tell whether it is on");
    else if (json_bool(json_get(abilities, "observabilityEnabled"), false))
        doctor_note(d, "observability", DOCTOR_OK, "on: traces of runs are recorded");
    else
        doctor_mend(doctor_note(d, "observability", DOCTOR_WARNING, "off: get_trace has nothing to show"),
                    "Turn it on in the configuration of the engine, if traces are wanted.");
}

// The first block of text of an answer: a sentence, and what to do in the next line.
static void note_refusal(doctor *d, slice text) {
    size_t n = 0;
    while (n < text.n && text.s[n] != '\n') n++;
    doctor_finding *f = doctor_note(d, "tenant", DOCTOR_BROKEN, "%.*s", (int)n, text.s);
    if (n < text.n) doctor_mend(f, "%.*s", (int)(text.n - n - 1), text.s + n + 1);
}

static void note_answer(doctor *d, const json_node *result) {
    const json_node *content = json_get(result, "content"), *found = json_get(result, "structuredContent");
    slice name = json_string(json_path(found, "tenant.name")),
          id = json_string(json_path(found, "tenant.id"));
    if (found) {
        doctor_note(d, "tenant", DOCTOR_OK, "%.*s (%.*s)%s", (int)name.n, name.s, (int)id.n, id.s,
                    d->host.cassette ? "" : ": the token is accepted");
        look_at_engine(d, found);
        look_at_observability(d, found);
    } else {
        note_refusal(d, json_string(json_get(json_first(content), "text")));
    }
}

// Asks get_tenant of the pack itself, whatever overlays and the selection of tools say.
static void look_at_tenant(doctor *d) {
    command_host *h = &d->host;
    command_options bare = *d->options;
    buf error = BUF(BUF_SMALL);
    bare.bare = true;
    h->limits.selection = (script_selection){.all = true};
    command_complain_to(&error);
    bool ok = command_host_load(h, &bare, "hatchet", NULL);
    command_complain_to(NULL);
    if (ok) {
        loopback client;
        const json_node *refused;
        loopback_open(&client, h);
        const json_node *result = loopback_ask(&client, "tools/call",
                                               SLICE("{\"name\":\"get_tenant\",\"arguments\":{}}"), &refused);
        if (result) note_answer(d, result);
        else note_refusal(d, json_string(json_get(refused, "message")));
        loopback_close(&client);
    } else {
        doctor_note(d, "tenant", DOCTOR_BROKEN, "%s", buf_string(&error));
    }
    buf_free(&error);
}

// --- events ------------------------------------------------------------------------------------------------

// A service that a gRPC server may have: whatever status it says to that, it is one.
#define HEALTH "/grpc.health.v1.Health/Check"
#define EMPTY_MESSAGE "\0\0\0\0\0" // not compressed, no bytes

static void look_at_events(doctor *d) {
    const upstream_grpc *grpc = &d->host.env.events.grpc;
    const char *name = "events";
    if (d->host.cassette) {
        doctor_note(d, name, DOCTOR_SKIPPED, "the gRPC address is not asked in playback");
        return;
    }
    if (!grpc->base) {
        doctor_mend(
            doctor_note(d, name, DOCTOR_WARNING, "no event can be pushed: %s", grpc->problem),
            "Set it right in the environment or the profile (host_port, tls_strategy), if events are to be "
            "pushed.");
        return;
    }
    probe p;
    guard_request request = {GUARD_POST, SLICE(HEALTH), SLICE(EMPTY_MESSAGE), .push = true};
    ask(d, request, &p);
    bool busy = p.spoke_grpc && p.status == 503;
    if (!p.fault && (p.spoke_grpc || p.status == 200) && !busy)
        doctor_note(d, name, DOCTOR_OK, "gRPC answers at %s in %lld ms; nothing was pushed", grpc->base,
                    (long long)(p.lasted / 1000));
    else
        note_failure(d, name, DOCTOR_WARNING, &p,
                     p.fault && strcmp(p.fault, "tls") == 0 ? mend_of_tls(buf_string(&p.detail)) : NULL);
    forget(&p);
}

// --- all of it ---------------------------------------------------------------------------------------------

static void skip(doctor *d, const char *const *names, const char *why) {
    for (; *names; names++) doctor_note(d, *names, DOCTOR_SKIPPED, "not looked at: %s", why);
}

void doctor_look_there(doctor *d) {
    static const char *const all[] = {"name",   "connection",    "clock",  "tenant",
                                      "engine", "observability", "events", NULL},
                             *const beyond_name[] = {"connection", "clock",         "tenant",
                                                     "engine",     "observability", NULL},
                             *const beyond_way[] = {"clock", "tenant", "engine", "observability", NULL};
    if (!d->ready || !d->host.upstream) {
        skip(d, all, "what is broken above comes first");
        return;
    }
    if (!d->host.cassette && !look_up_name(d)) {
        skip(d, beyond_name, "the name has no address");
    } else {
        probe p;
        if (look_at_way(d, &p)) {
            look_at_clock(d, &p);
            look_at_tenant(d);
        } else {
            skip(d, beyond_way, "there is no answer");
        }
        forget(&p);
    }
    look_at_events(d);
}
