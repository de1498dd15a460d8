// What an answer that is no success means: a stable code, a sentence with the facts, and what to do next.
// Contract in upstream.h.
#include "upstream/upstream.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

#define EXCERPT 500 // characters of an error body that are shown

static const struct {
    int status;
    const char *code, *kind;
} by_status[] = {
    {400, "invalid", "validation_error"},  {422, "invalid", "validation_error"},
    {415, "invalid", "validation_error"},  {401, "unauthorized", "unauthorized"},
    {403, "unauthorized", "unauthorized"}, {404, "not_found", "not_found"},
    {409, "conflict", "conflict"},         {429, "rate_limited", "rate_limited"},
    {499, "server_error", "server_error"}, // the engine, or something before it, gave the call up
};

// The reason that the body gives: errors[].description, message or description; else the text itself.
// Scrubbed before it is cut, so that no cut can leave a piece of a secret that the scrubbing does not know.
static void put_reason(buf *out, slice body) {
    json_doc doc;
    buf reason = BUF((size_t)1 << 20);
    if (json_parse(&doc, body, 0, 100000)) {
        const json_node *errors = json_get(doc.nodes, "errors");
        for (const json_node *e = json_first(errors); e; e = json_after(errors, e)) {
            if (reason.n) buf_text(&reason, "; ");
            buf_slice(&reason, json_string(json_get(e, "description")));
        }
        if (!reason.n) buf_slice(&reason, json_string(json_get(doc.nodes, "message")));
        if (!reason.n) buf_slice(&reason, json_string(json_get(doc.nodes, "description")));
        json_doc_free(&doc);
    } else {
        buf_slice(&reason, (slice){body.s, body.n < 4 * EXCERPT ? body.n : 4 * EXCERPT});
    }
    secret_scrub(&reason);
    size_t n = reason.n < EXCERPT ? reason.n : EXCERPT;
    while (n < reason.n && n > 0 && ((unsigned char)reason.s[n] & 0xC0) == 0x80) n--;
    if (n) buf_text(out, ": ");
    for (size_t i = 0; i < n; i++) buf_char(out, (unsigned char)reason.s[i] < 0x20 ? ' ' : reason.s[i]);
    if (n < reason.n) buf_text(out, "…");
    buf_free(&reason);
}

static void put_attempts(buf *out, int attempts) {
    if (attempts > 1) buf_printf(out, " (after %d attempts)", attempts);
}

// --- answers with a status ---------------------------------------------------------------------------------

static void hint_unauthorized(const upstream *u, const upstream_answer *a, buf *hint) {
    const upstream_config *config = upstream_config_of(u);
    const char *place = config->token_place ? config->token_place : "set HATCHET_CLIENT_TOKEN";
    char text[WHEN_TEXT];
    if (memmem(a->body.s ? a->body.s : "", a->body.n, "null", 4) == a->body.s && a->body.n <= 6 &&
        a->body.n >= 4) {
        buf_text(hint, "Hatchet does not know this address: check HATCHET_CLIENT_SERVER_URL, or the engine "
                       "is too old for this call.");
        return;
    }
    if (config->token_expiry && config->token_expiry <= clock_now()) {
        buf_printf(hint,
                   "The token expired on %s: make a new one in the dashboard (Settings, API Tokens) and %s.",
                   when_format(config->token_expiry, text), place);
        return;
    }
    buf_text(hint, "The token was revoked, is from another instance, or the id belongs to another tenant.");
    if (config->token_expiry)
        buf_printf(hint, " It has not expired: it is valid until %s.",
                   when_format(config->token_expiry, text));
    buf_printf(hint, " Make a new one in the dashboard (Settings, API Tokens) and %s.", place);
}

// An engine that takes events answers a push with a status of gRPC.
static bool is_no_engine(const guard_request *request, const upstream_answer *a) {
    if (!request->push) return false;
    return a->grpc ? a->status == 501 : a->status < 500 && a->status != 429;
}

static void hint_status(const upstream *u, const guard_request *request, const upstream_answer *a,
                        buf *hint) {
    bool read = request->method == GUARD_GET;
    if (is_no_engine(request, a))
        buf_text(hint, "What answers there is no engine of Hatchet that takes events: check "
                       "HATCHET_CLIENT_HOST_PORT.");
    else if (a->status == 401 || a->status == 403) hint_unauthorized(u, a, hint);
    else if (a->status == 404 && !request->push)
        buf_text(hint, "Check the id: a run, a task and a workflow have ids of their own. List them to find "
                       "the right one.");
    else if (a->status == 429) buf_text(hint, "Wait a few seconds, then ask again.");
    else if (a->status == 500 && read)
        buf_text(hint, "This engine answers 500 to many plain mistakes: check the ids and values of the "
                       "arguments before you try again.");
    else if (a->status >= 499 && !read)
        buf_text(hint, "The change may have been made: look before you repeat it.");
    else if (a->status >= 499)
        buf_text(hint, "Hatchet or a proxy before it is busy or down: try again later.");
    else buf_text(hint, "Check the arguments.");
}

static void explain_status(const upstream *u, const guard_request *request, const upstream_answer *a,
                           upstream_failure *out) {
    bool read = request->method == GUARD_GET;
    out->code = a->status >= 500 ? "server_error" : "http";
    out->kind = a->status >= 500 ? "server_error" : "unknown";
    for (size_t i = 0; i < sizeof by_status / sizeof *by_status; i++)
        if (by_status[i].status == a->status) {
            out->code = by_status[i].code;
            out->kind = by_status[i].kind;
        }
    out->retryable = a->status == 429 || (a->status >= 502 && a->status <= 504 && read);
    if (a->grpc) buf_printf(&out->message, "Hatchet answered %s", a->grpc);
    else buf_printf(&out->message, "Hatchet answered %d", a->status);
    put_attempts(&out->message, a->attempts);
    put_reason(&out->message, a->body);
    hint_status(u, request, a, &out->hint);
}

// --- faults ------------------------------------------------------------------------------------------------

static const struct fault {
    const char *name, *message, *hint; // %s: in the message the origin, in the hint the variable of it
    bool retryable;
    bool sent;                  // the request may have arrived
} faults[] = {
    {"refused", "Hatchet cannot be reached at %s: the connection was refused",
     "Is it running? Check %s and the network.", true, false},
    {"unreachable", "Hatchet cannot be reached at %s",
     "Check %s, the name look-up and the network.", true, false},
    {"timeout", "Hatchet at %s did not answer in time", "It is slow or hangs: ask for less, or again later.",
     true, true},
    {"tls", "the TLS connection to %s failed",
     "If the server has a certificate of your own authority, name it with --ca-file.", false, false},
    {"truncated", "the connection to %s broke before the answer was complete",
     "Try again; if it stays so, look at the proxy between.", true, true},
    {"too_large", "the answer of %s is larger than the ceiling",
     "Ask for less (limit, a narrower window), or raise --limit upstream_max=BYTES.", false, true},
    {"redirect", "%s answered with a redirect, which is not followed: the token goes to one origin only",
     "Set %s to the address that Hatchet really has.", false, true},
    {"invalid_json", "the answer of %s is not JSON",
     "Something else than Hatchet answers there: check %s and proxies.", false, true},
    {"not_recorded", "the recording has no such request",
     "Play another file with --replay, or ask for what was recorded.", false, false},
    {"no_library", "libcurl could not be opened", "Install it: apt-get install libcurl4", false, false},
    {"protocol", "%s does not speak HTTP as it should",
     "Check %s.", false, true},
};

// The text with its %s filled.
static void put_filled(buf *out, const char *text, const char *value) {
    const char *mark = strstr(text, "%s");
    if (mark) buf_printf(out, "%.*s%s%s", (int)(mark - text), text, value, mark + 2);
    else buf_text(out, text);
}

static void explain_fault(const upstream *u, const guard_request *request, const upstream_answer *a,
                          upstream_failure *out) {
    const upstream_config *config = upstream_config_of(u);
    bool read = request->method == GUARD_GET, by_grpc = request->push && config->grpc.base;
    const struct fault *fault = &faults[sizeof faults / sizeof *faults - 1];
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, a->fault) == 0) fault = &faults[i];
    out->code = fault->name;
    out->kind = "unknown";
    out->retryable = fault->retryable && read;
    put_filled(&out->message, fault->message, by_grpc ? config->grpc.base : config->base);
    bool too_large = strcmp(fault->name, "too_large") == 0;
    if (too_large) buf_printf(&out->message, " of %zu bytes", config->body_max);
    put_attempts(&out->message, a->attempts);
    if (!too_large && a->detail && *a->detail) buf_printf(&out->message, ": %s", a->detail);
    put_filled(&out->hint, fault->hint, by_grpc ? "HATCHET_CLIENT_HOST_PORT" : "HATCHET_CLIENT_SERVER_URL");
    if (by_grpc && (strcmp(fault->name, "protocol") == 0 || strcmp(fault->name, "tls") == 0))
        buf_text(&out->hint, " It names the gRPC port of the engine, and HATCHET_CLIENT_TLS_STRATEGY says "
                             "whether that speaks TLS.");
    if (!read && fault->sent)
        buf_text(&out->hint, " The change may have been made: look before you repeat it.");
}

void upstream_explain(const upstream *u, const guard_request *request, const upstream_answer *answer,
                      upstream_failure *out) {
    slice path = request->path;
    *out = (upstream_failure){.message = BUF(BUF_SMALL), .hint = BUF(BUF_SMALL), .status = answer->status};
    if (answer->fault) explain_fault(u, request, answer, out);
    else explain_status(u, request, answer, out);
    if (!answer->fault || strcmp(answer->fault, "not_recorded") != 0)
        buf_printf(&out->message, " [%s %.*s]", guard_method_name(request->method),
                   (int)(path.n < 300 ? path.n : 300), path.s);
}

void upstream_failure_free(upstream_failure *failure) {
    buf_free(&failure->message);
    buf_free(&failure->hint);
}
