// tools/call, resources/read, prompts/get: from what the client sent to the run, and from its end to the
// answer and the log line.
#include "mcp/internal.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX ((size_t)64 << 20)
#define IDS_MAX ((size_t)4096)
#define LOGGED_ARGUMENTS 4000          // bytes
#define PROGRESS_EVERY INT64_C(50000)  // microseconds

static const char *const kind_names[] = {"tool", "resource", "prompt"};

// --- the log line ------------------------------------------------------------------------------------------

static void count_call(const mcp_request *r, const char *error_kind) {
    const mcp_server *server = r->session->server;
    if (!server->called) return;
    mcp_called call = {.kind = kind_names[r->item->kind],
                       .name = r->item->name,
                       .outcome = error_kind ? error_kind : "ok",
                       .microseconds = clock_monotonic() - r->began,
                       .attempts = (int)r->call.attempts};
    server->called(server->called_data, &call);
}

// One line for each call. `error` is NULL when it went well.
static void log_call(const mcp_request *r, const char *error_kind, const char *error_code, size_t answer) {
    log_line line;
    count_call(r, error_kind);
    if (!log_begin(&line, error_kind ? LOG_WARNING : LOG_INFO, "call")) return;
    log_field(&line, kind_names[r->item->kind], r->uri ? r->uri : r->item->name);
    json_put_key(&line.json, "request");
    json_put_raw(&line.json, slice_of(r->id));
    if (r->stream->principal) log_field(&line, "principal", r->stream->principal);
    if (r->trace) log_field(&line, "trace_id", r->trace->trace), log_field(&line, "span_id", r->trace->span);
    json_put_key(&line.json, "ms");
    json_put_real(&line.json, (double)((clock_monotonic() - r->began) / 10) / 100);
    log_number(&line, "attempts", r->call.attempts);
    if (r->call.status) log_number(&line, "status", r->call.status);
    log_number(&line, "bytes", (int64_t)r->call.bytes);
    log_number(&line, "answer", (int64_t)answer);
    if (mcp_ask_rounds(r)) log_number(&line, "asked", mcp_ask_rounds(r));
    if (error_kind) log_field(&line, "error", error_kind);
    if (error_code) log_field(&line, "code", error_code);
    if (r->item->access > GUARD_READ) {
        log_field(&line, "access", guard_access_name(r->item->access));
        size_t n = r->arguments ? strlen(r->arguments) : 0;
        json_put_key(&line.json, "arguments");
        if (n && n <= LOGGED_ARGUMENTS) json_put_raw(&line.json, (slice){r->arguments, n});
        else json_put_string(&line.json, (slice){r->arguments, n < LOGGED_ARGUMENTS ? n : LOGGED_ARGUMENTS});
        log_field(&line, "ids", buf_string((buf *)&r->call.ids));
    }
    log_end(&line);
}

// --- what a run tells meanwhile ----------------------------------------------------------------------------

static void on_progress(void *data, double done, const double *total, slice message) {
    mcp_request *r = data;
    int64_t now = clock_monotonic();
    if (r->task) mcp_task_progress(r, done, total, message);
    if (r->task || !r->token || (r->told && now - r->told < PROGRESS_EVERY)) return;
    r->told = now;
    buf out = BUF(BUF_SMALL);
    rpc_begin_notification(&out, "notifications/progress");
    json_open(&out, '{');
    json_put_key(&out, "progressToken");
    json_put_raw(&out, slice_of(r->token));
    json_put_key(&out, "progress");
    json_put_real(&out, done);
    if (total) json_put_key(&out, "total"), json_put_real(&out, *total);
    if (message.s && r->revision >= MCP_2025_03_26)
        json_put_key(&out, "message"), json_put_string(&out, message);
    buf_text(&out, "}}");
    if (out.full) buf_free(&out);
    else mcp_send(r->stream, &out);
}

// mcp 2025-11-25, logging: what setLevel asked for. Modern clients hear only what the request asked for.
static void on_log(void *data, int level, slice message) {
    mcp_request *r = data;
    int least = mcp_is_modern(r->revision) ? r->log_level : (int)r->session->level;
    if (level < least || r->task) return;
    buf out = BUF((size_t)1 << 20);
    rpc_begin_notification(&out, "notifications/message");
    json_open(&out, '{');
    json_put_key(&out, "level");
    json_put_text(&out, log_level_name((log_level)level));
    json_put_key(&out, "logger");
    json_put_text(&out, r->catalogue->manifest->name);
    json_put_key(&out, "data");
    json_put_string(&out, message);
    buf_text(&out, "}}");
    if (out.full) buf_free(&out);
    else mcp_send(r->stream, &out);
}

static bool on_detach(void *data, int64_t seconds, buf *error) { return mcp_task_begin(data, seconds, error); }

static bool on_save(void *data, slice json, buf *error) { return mcp_task_save(data, json, error); }

static bool on_updated(void *data, slice uri) {
    const mcp_request *r = data;
    return mcp_tell_updated(r->session->server, uri);
}

static void on_changed(void *data, script_kind kind) {
    const mcp_request *r = data;
    bool changed[3] = {false};
    changed[kind] = true;
    mcp_tell_changed(r->session->server, changed);
}

// A call that takes long need not hold a connection (mcp 2025-11-25, transports, polling).
static void on_close_stream(void *data) {
    mcp_request *r = data;
    if (r->stream->pause) r->stream->pause(r->stream);
}

// --- the end -----------------------------------------------------------------------------------------------

static void put_error_data(buf *out, const char *uri, const script_error *error) {
    json_open(out, '{');
    if (uri) json_put_key(out, "uri"), json_put_text(out, uri);
    if (error) {
        json_put_key(out, "code");
        json_put_text(out, error->code);
        json_put_key(out, "kind");
        json_put_text(out, error->kind);
        if (error->status) json_put_key(out, "status"), json_put_int(out, error->status);
        if (error->hint) json_put_key(out, "hint"), json_put_text(out, error->hint);
    }
    json_close(out, '}');
}

void mcp_fail_not_found(mcp_request *r, const char *uri, const script_error *error, const char *message) {
    buf data = BUF(BUF_SMALL);
    put_error_data(&data, uri, error);
    int code = mcp_is_modern(r->revision) ? RPC_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND;
    mcp_fail(r, code, buf_view(&data), "resource not found: %.300s%s%.1000s", uri, message ? ": " : "",
             message ? message : "");
    buf_free(&data);
}

// Resources and prompts have no result for errors.
static void fail_with(mcp_request *r, const script_error *error) {
    if (r->uri && strcmp(error->kind, "not_found") == 0) {
        mcp_fail_not_found(r, r->uri, error, error->message);
        return;
    }
    buf data = BUF(BUF_SMALL);
    put_error_data(&data, r->uri, error);
    mcp_fail(r, RPC_INTERNAL_ERROR, buf_view(&data), "%.1500s", error->message);
    buf_free(&data);
}

// Of a task: it was stopped, or broke off by a mistake in its script. A failure that the tool tells of is a result
// of it (SEP-2663: completed); this is none.
static bool has_broken(const mcp_request *r, const script_result *result) {
    if (!r->task || result->outcome == SCRIPT_OK) return false;
    return result->outcome != SCRIPT_FAILED || strcmp(result->error.code, "script_error") == 0;
}

static void on_done(void *data, script_result *result) {
    mcp_request *r = data;
    r->run = NULL;
    if (result->outcome == SCRIPT_ASKED) {
        log_call(r, NULL, NULL, 0);
        mcp_answer_asked(r);
        return;
    }
    if (r->item->kind == SCRIPT_TOOL) mcp_settle_tool_result(r, result);
    bool ok = result->outcome == SCRIPT_OK;
    log_call(r, ok ? NULL : result->error.kind, ok ? NULL : result->error.code, result->body.n);
    if (r->item->kind == SCRIPT_TOOL) {
        if (ok) mcp_answer_tool(r, result);
        else if (has_broken(r, result)) fail_with(r, &result->error);
        else mcp_answer_tool_error(r, &result->error);
    } else if (!ok) {
        fail_with(r, &result->error);
    } else if (r->item->kind == SCRIPT_RESOURCE) {
        mcp_answer_resource(r, result);
    } else {
        mcp_answer_prompt(r, result);
    }
}

bool mcp_is_call(const mcp_request *r) { return r->run || mcp_ask_waits(r); }

void mcp_cancel_call(mcp_request *r, const char *why) {
    mcp_ask_cancel(r);
    if (r->run) script_cancel(r->run);
    r->run = NULL;
    if (r->typed) r->session->server->completing--;
    else log_call(r, "cancelled", why, 0);
    mcp_drop(r);
}

// --- the beginning -----------------------------------------------------------------------------------------

void mcp_begin_call(mcp_request *r) {
    r->began = clock_monotonic();
    r->catalogue = mcp_catalogue_hold(r->session->server->catalogue);
}

static void on_unask(void *data) { mcp_ask_cancel(data); }

static void on_answered(mcp_request *r, slice answers, const script_error *error) {
    script_answer(r->run, answers, error);
}

static script_asked on_ask(void *data, slice requests, buf *answers, script_error *error) {
    return mcp_ask(data, requests, on_answered, answers, error);
}

static void run(mcp_request *r) {
    const mcp_client *client = mcp_client_of(r);
    r->call = (guard_call){.tool = r->item->name,
                           .access = r->only_shows ? GUARD_READ : r->item->access,
                           .idempotent = r->item->idempotent,
                           .deadline = clock_now() + r->item->deadline,
                           .trace = r->trace,
                           .ids = BUF(IDS_MAX)};
    r->about = (script_client){.name = slice_of(client->name), .version = slice_of(client->version),
                               .protocol = mcp_revision_name(r->revision),
                               .sampling = mcp_client_can(client, "sampling"),
                               .elicitation = mcp_client_can(client, "elicitation"),
                               .roots = mcp_client_can(client, "roots"),
                               .elicitation_url = mcp_client_can(client, "elicitation.url"),
                               .sampling_tools = mcp_client_can(client, "sampling.tools")};
    script_owner owner = {.data = r, .done = on_done, .progress = on_progress, .log = on_log, .ask = on_ask,
                          .unask = on_unask, .changed = on_changed, .updated = on_updated,
                          .close_stream = on_close_stream, .detach = on_detach, .save = on_save,
                          .saved = mcp_task_saved(r), .client = &r->about};
    script_run *started = script_start(r->catalogue->pack, r->item, slice_of(r->arguments), &r->call, &owner);
    if (started) r->run = started; // else the answer is out, and r is gone
}

static bool only_shows(const mcp_request *r) {
    json_doc doc = {0};
    bool shows = r->item->preview && json_parse(&doc, slice_of(r->arguments), 0, 0) &&
                 json_bool(json_get(doc.nodes, r->item->preview), false);
    json_doc_free(&doc);
    return shows;
}

static void start(mcp_request *r, slice arguments) {
    r->arguments = base_copy(arguments.s, arguments.n);
    r->only_shows = only_shows(r);
    if (mcp_confirm_is_due(r)) mcp_confirm(r, run);
    else run(r);
}

// Checks arguments against the declaration. False, and sentences in `problems`.
static bool check(const script_item *item, const json_node *arguments, buf *checked, guard_cut *cut,
                  buf *problems) {
    bool ok = guard_arguments(script_input(item), arguments, clock_now(), checked, cut, problems);
    while (problems->n && problems->s[problems->n - 1] == '\n') problems->n--;
    return ok;
}

void mcp_refuse_call(mcp_request *r, const char *code, const char *kind, const char *message,
                     const char *hint) {
    script_error error = {.code = (char *)code, .kind = (char *)kind,
                          .message = (char *)message, .hint = (char *)hint};
    log_call(r, error.kind, error.code, 0);
    mcp_answer_tool_error(r, &error);
}

// A tool that the selection leaves out, and what the operator starts the server with to have it: the access
// it needs as well.
static void refuse_off(mcp_request *r) {
    static const char *const why[] = {
        [SCRIPT_OFF] = "\"%s\" is off on this server",
        [SCRIPT_UNSELECTED] = "\"%s\" is not among the toolsets of this server",
        [SCRIPT_EXCLUDED] = "\"%s\" is excluded on this server",
    };
    static const char *const how[] = {
        [SCRIPT_OFF] = "The operator can turn it on: hatchway serve --enable %s%s.",
        [SCRIPT_UNSELECTED] = "The operator can add it: hatchway serve --tools %s%s.",
        [SCRIPT_EXCLUDED] = "The operator excludes %s with --exclude-tools, or in the profile.%s",
    };
    char message[300], hint[400], access[100] = "";
    script_offer offer = r->item->offer;
    if (r->item->access > r->stream->access && offer != SCRIPT_EXCLUDED)
        snprintf(access, sizeof access, " --access %s", guard_access_name(r->item->access));
    snprintf(message, sizeof message, why[offer], r->item->name);
    snprintf(hint, sizeof hint, how[offer], r->item->name, access);
    mcp_refuse_call(r, "off", "unauthorized", message, hint);
}

static void refuse_access(mcp_request *r) {
    if (!r->batch && r->stream->forbid && r->stream->forbid(r->stream, r->item->access)) {
        log_call(r, "unauthorized", "insufficient_scope", 0);
        mcp_drop(r);
        return;
    }
    char message[400], hint[300];
    const char *needs = guard_access_name(r->item->access),
               *has = guard_access_name(r->stream->access);
    snprintf(message, sizeof message, "\"%s\" needs access \"%s\"; this server runs with access \"%s\"",
             r->item->name, needs, has);
    snprintf(hint, sizeof hint,
             "The operator can allow it: hatchway serve --access %s, or HATCHET_MCP_READ_ONLY=false for all "
             "access.",
             needs);
    mcp_refuse_call(r, "access", "unauthorized", message, hint);
}

static unsigned abilities_of(const mcp_request *r) {
    const mcp_client *client = mcp_client_of(r);
    return (mcp_client_can(client, "sampling") ? SCRIPT_SAMPLING : 0) |
           (mcp_client_can(client, "elicitation") ? SCRIPT_ELICITATION : 0) |
           (mcp_client_can(client, "roots") ? SCRIPT_ROOTS : 0);
}

// A tool that the client cannot serve (mcp 2026-07-28: an error that names what it lacks; before, a result).
static void refuse_client(mcp_request *r, unsigned lacks) {
    static const char *const names[] = {"sampling", "elicitation", "roots"};
    buf data = BUF(BUF_SMALL), list = BUF(BUF_SMALL);
    buf_text(&data, "{\"requiredCapabilities\":{");
    for (int i = 0; i < 3; i++) {
        if (!(lacks >> i & 1)) continue;
        json_put_key(&data, names[i]);
        buf_text(&data, "{}");
        buf_printf(&list, "%s%s", list.n ? ", " : "", names[i]);
    }
    buf_text(&data, "}}");
    char message[300];
    snprintf(message, sizeof message, "\"%s\" needs a client that offers: %s", r->item->name, buf_string(&list));
    if (mcp_is_modern(r->revision)) {
        log_call(r, "unsupported", "missing_capability", 0);
        mcp_fail(r, MCP_MISSING_CAPABILITY, buf_view(&data), "%s", message);
    } else {
        mcp_refuse_call(r, "missing_capability", "validation_error", message, "Use a client that offers it.");
    }
    buf_free(&data);
    buf_free(&list);
}

void mcp_refuse_unknown(mcp_request *r, script_kind kind, slice name) {
    buf near = BUF(BUF_SMALL);
    mcp_put_nearest(r->catalogue, kind, name, &near);
    mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "unknown %s \"%.*s\"%s", kind_names[kind],
             (int)(name.n < 100 ? name.n : 100), name.s, buf_string(&near));
    buf_free(&near);
}

// A tool that no client should wait for (SEP-2663).
static void refuse_waiting(mcp_request *r) {
    char message[200];
    snprintf(message, sizeof message, "\"%s\" takes too long to be waited for, and needs a client with tasks",
             r->item->name);
    if (mcp_is_modern(r->revision)) mcp_refuse_without_tasks(r);
    else mcp_refuse_call(r, "task_required", "validation_error", message,
                         "Use a client with the extension io.modelcontextprotocol/tasks.");
}

static void check_and_start(mcp_request *r, const json_node *arguments);

// A tool that passes calls on: from here on the call is one of the tool that its arguments name, with that
// tool's checks, limits and shape. Only reads are reached.
static void pass_on(mcp_request *r, slice checked) {
    json_doc doc = {0};
    const json_node *arguments = json_parse(&doc, checked, 0, 0) ? doc.nodes : NULL;
    slice name = json_string(json_get(arguments, "name"));
    const script_item *item = mcp_find_item(r->catalogue, SCRIPT_TOOL, name);
    buf message = BUF(BUF_SMALL);
    if (item && script_is_reachable(item)) {
        r->item = item;
        check_and_start(r, json_get(arguments, "arguments"));
    } else if (item) {
        buf_printf(&message,
                   "\"%s\" cannot be called this way: it is no read, or the operator has left it out",
                   item->name);
        mcp_refuse_call(r, "unreachable", "validation_error", buf_string(&message),
                    "Call it by its own name, if it is listed.");
    } else {
        buf_printf(&message, "there is no tool \"%.*s\"", (int)(name.n < 100 ? name.n : 100), name.s);
        mcp_put_nearest(r->catalogue, SCRIPT_TOOL, name, &message);
        mcp_refuse_call(r, "invalid_arguments", "validation_error", buf_string(&message),
                        "Search for one first.");
    }
    buf_free(&message);
    json_doc_free(&doc);
}

static void check_and_start(mcp_request *r, const json_node *arguments) {
    unsigned lacks = r->item->requires & ~abilities_of(r);
    if (lacks) {
        refuse_client(r, lacks);
        return;
    }
    buf checked = BUF(ARGUMENTS_MAX), problems = BUF(BUF_SMALL);
    if (r->item->task == SCRIPT_TASK_ALWAYS && !mcp_task_is_possible(r))
        refuse_waiting(r);
    else if (!check(r->item, arguments, &checked, &r->cut, &problems))
        mcp_refuse_call(r, "invalid_arguments", "validation_error", buf_string(&problems), NULL);
    else if (r->item->passes_on) pass_on(r, buf_view(&checked));
    else start(r, buf_view(&checked));
    buf_free(&checked);
    buf_free(&problems);
}

void mcp_call_again(mcp_request *r, const script_item *item, slice arguments) {
    mcp_begin_call(r);
    r->opened = true;
    r->item = item;
    start(r, arguments);
}

void mcp_call_tool(mcp_request *r, const json_node *params) {
    const json_node *name = json_get(params, "name"), *arguments = json_get(params, "arguments");
    mcp_begin_call(r);
    if (!json_is(name, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "tools/call needs \"name\", a string");
        return;
    }
    r->item = mcp_find_item(r->catalogue, SCRIPT_TOOL, name->as.string);
    if (!r->item) {
        mcp_refuse_unknown(r, SCRIPT_TOOL, name->as.string);
    } else if (arguments && !json_is(arguments, JSON_OBJECT)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"arguments\" must be an object");
    } else if (r->item->offer != SCRIPT_OFFERED) {
        refuse_off(r);
    } else if (r->item->access > r->stream->access) {
        refuse_access(r);
    } else if (mcp_ask_begin(r, "tools/call", name->as.string, params)) {
        check_and_start(r, arguments);
    }
}

void mcp_get_prompt(mcp_request *r, const json_node *params) {
    const json_node *name = json_get(params, "name"), *arguments = json_get(params, "arguments");
    slice text = json_string(name);
    mcp_begin_call(r);
    r->item = mcp_find_item(r->catalogue, SCRIPT_PROMPT, text);
    if (!json_is(name, JSON_STRING) || !r->item) {
        mcp_refuse_unknown(r, SCRIPT_PROMPT, text);
        return;
    }
    bool strings = !arguments || json_is(arguments, JSON_OBJECT);
    for (const json_node *a = strings ? json_first(arguments) : NULL; a; a = json_after(arguments, a))
        strings &= json_is(a, JSON_STRING);
    if (!strings) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"arguments\" of a prompt is an object of strings");
        return;
    }
    if (!mcp_ask_begin(r, "prompts/get", text, params)) return;
    buf checked = BUF(ARGUMENTS_MAX), problems = BUF(BUF_SMALL);
    if (check(r->item, arguments, &checked, &r->cut, &problems)) start(r, buf_view(&checked));
    else mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "%s", buf_string(&problems));
    buf_free(&checked);
    buf_free(&problems);
}

// --- resources ---------------------------------------------------------------------------------------------

// Writes a segment of a URI with its percent-escapes decoded, as a JSON string.
static void put_decoded(buf *out, slice segment) {
    buf text = BUF(BUF_SMALL);
    buf_percent_decoded(&text, segment);
    json_put_string(out, buf_view(&text));
    buf_free(&text);
}

// Does a URI match a template (RFC 6570, level 1)? Its variables are written as an object.
static bool match(const char *template, slice uri, buf *variables) {
    const char *s = uri.s, *end = uri.s + uri.n;
    buf_clear(variables);
    json_open(variables, '{');
    while (*template) {
        if (*template != '{') {
            if (s == end || *s++ != *template++) return false;
            continue;
        }
        const char *close = strchr(template, '}'), *from = s;
        while (s < end && *s != '/' && *s != '?' && *s != '#') s++;
        if (s == from) return false;
        json_put_key_slice(variables, (slice){template + 1, (size_t)(close - template - 1)});
        put_decoded(variables, (slice){from, (size_t)(s - from)});
        template = close + 1;
    }
    json_close(variables, '}');
    return s == end && !variables->full;
}

static const script_item *match_resource(const mcp_catalogue *c, slice uri, buf *variables) {
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].kind == SCRIPT_RESOURCE && match(c->items[i].name, uri, variables))
            return &c->items[i];
    return NULL;
}

const script_item *mcp_find_resource(const mcp_catalogue *c, slice uri, buf *arguments, buf *problems) {
    buf variables = BUF(BUF_SMALL);
    json_doc doc = {0};
    guard_cut cut = {0}; // an address has no limit to be told of
    const script_item *item = match_resource(c, uri, &variables);
    if (item && !json_parse(&doc, buf_view(&variables), 0, 0)) item = NULL;
    if (item && !check(item, doc.nodes, arguments, &cut, problems)) item = NULL;
    json_doc_free(&doc);
    buf_free(&variables);
    return item;
}

void mcp_read_resource(mcp_request *r, const json_node *params) {
    const json_node *uri = json_get(params, "uri");
    mcp_begin_call(r);
    if (!json_is(uri, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "resources/read needs \"uri\", a string");
        return;
    }
    buf checked = BUF(ARGUMENTS_MAX), problems = BUF(BUF_SMALL);
    r->uri = base_copy(uri->as.string.s, uri->as.string.n);
    r->item = mcp_find_resource(r->catalogue, uri->as.string, &checked, &problems);
    if (!r->item) mcp_fail_not_found(r, r->uri, NULL, problems.n ? buf_string(&problems) : NULL);
    else if (mcp_ask_begin(r, "resources/read", uri->as.string, params)) start(r, buf_view(&checked));
    buf_free(&checked);
    buf_free(&problems);
}
