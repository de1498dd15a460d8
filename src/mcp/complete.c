// completion/complete: what an argument of a prompt or a variable of a resource template could be (mcp
// 2025-11-25, completion).
//
// The values of an enum and of a boolean are in the schema. Others come from the completer that the
// argument declares, which runs like a call that reads, but for a short time. What it returns is compared
// with what was typed here: first the values that begin with it, then those that hold it, each in the
// order in which the completer gave them. A completer that fails gives no values and a line of the log:
// nobody waits for a completion, and the next key asks again.
#include "mcp/internal.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 100     // of one answer: the specification's
#define LOOKED_AT 10000    // values of one completer
#define VALUE_MAX 1000     // bytes; longer ones are left out
#define RUNNING_MAX 16     // completers at once; what is asked beyond that gets no values

// --- comparing ---------------------------------------------------------------------------------------------

typedef struct match {
    const char *typed;
    int total, written;
} match;

// Writes the values that begin with what was typed, or those that only hold it. Letters of ASCII are the
// same in either case.
static void put_matches(match *m, const json_node *values, bool at_the_start, buf *out) {
    int looked = 0;
    for (const json_node *v = json_first(values); v && looked++ < LOOKED_AT; v = json_after(values, v)) {
        slice text = json_is(v, JSON_STRING) ? v->as.string : json_is(v, JSON_INT) ? v->raw : SLICE("");
        char value[VALUE_MAX + 1];
        if (!text.n || text.n > VALUE_MAX || memchr(text.s, '\0', text.n)) continue;
        memcpy(value, text.s, text.n);
        value[text.n] = '\0';
        const char *found = strcasestr(value, m->typed);
        if (!found || (found == value) != at_the_start) continue;
        m->total++;
        if (m->written == VALUES_MAX) continue;
        m->written++;
        json_put_string(out, text);
    }
}

// values: a JSON array; anything else is as empty as the table that a completer returned.
static void answer(mcp_request *r, const json_node *values) {
    match m = {.typed = r->typed};
    buf out = mcp_begin(r);
    if (!json_is(values, JSON_ARRAY)) values = NULL;
    json_put_key(&out, "completion");
    json_open(&out, '{');
    json_put_key(&out, "values");
    json_open(&out, '[');
    put_matches(&m, values, true, &out);
    put_matches(&m, values, false, &out);
    json_close(&out, ']');
    json_put_key(&out, "total");
    json_put_int(&out, m.total);
    json_put_key(&out, "hasMore");
    json_put_bool(&out, m.total > m.written);
    json_close(&out, '}');
    mcp_answer(r, &out, SLICE(""));
}

static void answer_with(mcp_request *r, slice values) {
    json_doc doc;
    bool ok = json_parse(&doc, values, 0, 0);
    answer(r, ok ? doc.nodes : NULL);
    json_doc_free(&doc);
}

// --- completers --------------------------------------------------------------------------------------------

static void log_failure(const mcp_request *r, const char *code, const char *message) {
    log_line line;
    if (!log_begin(&line, LOG_WARNING, "completion")) return;
    log_field(&line, r->item->kind == SCRIPT_PROMPT ? "prompt" : "resource", r->item->name);
    log_field(&line, "argument", r->arguments);
    log_field(&line, "code", code);
    log_field(&line, "message", message);
    log_end(&line);
}

static void on_done(void *data, script_result *result) {
    mcp_request *r = data;
    r->run = NULL;
    r->session->server->completing--;
    bool ok = result->outcome == SCRIPT_OK;
    if (!ok) log_failure(r, result->error.code, result->error.message);
    answer_with(r, ok ? buf_view(&result->body) : SLICE("[]"));
}

static void on_log(void *data, int level, slice message) { (void)data, (void)level, (void)message; }

static void run_completer(mcp_request *r, slice question) {
    mcp_server *server = r->session->server;
    if (server->completing == RUNNING_MAX) {
        log_failure(r, "busy", "too many completions at once");
        answer_with(r, SLICE("[]"));
        return;
    }
    const mcp_client *client = mcp_is_modern(r->revision) ? &r->client : &r->session->client;
    r->call = (guard_call){.tool = r->item->name,
                           .access = GUARD_READ,
                           .idempotent = true,
                           .deadline = clock_now() + SCRIPT_COMPLETE_DEADLINE,
                           .trace = r->trace};
    r->about = (script_client){.name = slice_of(client->name), .version = slice_of(client->version),
                               .protocol = mcp_revision_name(r->revision)};
    script_owner owner = {.data = r, .done = on_done, .log = on_log, .client = &r->about};
    server->completing++;
    script_run *run = script_complete(r->catalogue->pack, r->item, question, &r->call, &owner);
    if (run) r->run = run; // else the answer is out, and r is gone
}

static void ask_completer(mcp_request *r, slice typed, const json_node *arguments) {
    buf question = BUF(r->session->server->config.message_max * 6 + BUF_SMALL);
    json_open(&question, '{');
    json_put_key(&question, "argument");
    json_put_text(&question, r->arguments);
    json_put_key(&question, "value");
    json_put_string(&question, typed);
    json_put_key(&question, "arguments");
    if (arguments) json_put_node(&question, arguments);
    else json_put_raw(&question, SLICE("{}"));
    json_close(&question, '}');
    run_completer(r, buf_view(&question));
    buf_free(&question);
}

// --- the request -------------------------------------------------------------------------------------------

// The prompt or the resource template that is meant. NULL: the request was refused and is gone; so below.
static const script_item *find(mcp_request *r, const json_node *ref) {
    slice type = json_string(json_get(ref, "type"));
    bool is_prompt = slice_is(type, "ref/prompt");
    if (!is_prompt && !slice_is(type, "ref/resource")) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                 "completion/complete needs \"ref\" with the type \"ref/prompt\" or \"ref/resource\"");
        return NULL;
    }
    const json_node *name = json_get(ref, is_prompt ? "name" : "uri");
    script_kind kind = is_prompt ? SCRIPT_PROMPT : SCRIPT_RESOURCE;
    const script_item *item = mcp_find_item(r->catalogue, kind, json_string(name));
    if (!item) mcp_refuse_unknown(r, kind, json_string(name));
    return item;
}

// The schema of the argument that is asked about. NULL: it was refused.
static const json_node *find_argument(mcp_request *r, const json_node *argument) {
    const json_node *name = json_get(argument, "name"), *value = json_get(argument, "value");
    if (!json_is(name, JSON_STRING) || !json_is(value, JSON_STRING)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                 "completion/complete needs \"argument\" with \"name\" and \"value\", strings");
        return NULL;
    }
    const json_node *schema = json_member(json_get(script_input(r->item), "properties"), name->as.string);
    if (!schema)
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"%s\" has no argument \"%.*s\"", r->item->name,
                 (int)(name->as.string.n < 100 ? name->as.string.n : 100), name->as.string.s);
    return schema;
}

// What the client has filled in already. False: it was refused.
static bool read_context(mcp_request *r, const json_node *context, const json_node **arguments) {
    *arguments = json_get(context, "arguments");
    bool ok = !context || json_is(context, JSON_OBJECT);
    if (*arguments) ok &= json_is(*arguments, JSON_OBJECT);
    for (const json_node *a = ok ? json_first(*arguments) : NULL; a; a = json_after(*arguments, a))
        ok &= json_is(a, JSON_STRING);
    if (!ok) mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"context.arguments\" is an object of strings");
    return ok;
}

void mcp_complete(mcp_request *r, const json_node *params) {
    const json_node *argument = json_get(params, "argument"), *schema, *arguments;
    mcp_begin_call(r);
    const script_item *item = find(r, json_get(params, "ref"));
    if (!item) return; // and r is gone
    r->item = item;
    if (!(schema = find_argument(r, argument))) return;
    if (!read_context(r, json_get(params, "context"), &arguments)) return;
    slice name = json_string(json_get(argument, "name")), typed = json_string(json_get(argument, "value"));
    r->arguments = base_copy(name.s, name.n);
    r->typed = base_copy(typed.s, typed.n);
    bool is_boolean = slice_is(json_string(json_get(schema, "type")), "boolean");
    if (json_get(schema, "x-complete")) ask_completer(r, typed, arguments);
    else if (is_boolean) answer_with(r, SLICE("[\"true\",\"false\"]"));
    else answer(r, json_get(schema, "enum"));
}
