// Calls that a person confirms before they run: the operator's policy (--confirm). It is below the scripts:
// whatever they ask or do not ask, the run does not start before.
#include "mcp/internal.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_SHOWN ((size_t)4000) // bytes
#define HINT                                                                                                 \
    "Use a client that can show forms (elicitation), or the operator can let such calls run without a "      \
    "question: hatchway serve --confirm never."

bool mcp_confirm_is_due(const mcp_request *r) {
    mcp_confirm_policy policy = r->session->server->config.confirm;
    guard_access access = r->item->access;
    return r->item->kind == SCRIPT_TOOL && access > GUARD_READ && !r->only_shows &&
           (policy == MCP_CONFIRM_WRITE || (policy == MCP_CONFIRM_DESTROY && access == GUARD_DESTROY));
}

// Each argument on its line, as JSON: what an argument holds cannot pass for a line of ours.
static void put_arguments(buf *message, slice arguments) {
    json_doc doc;
    if (json_parse(&doc, arguments, 0, 0)) {
        for (const json_node *a = json_first(doc.nodes); a; a = json_after(doc.nodes, a)) {
            buf_printf(message, "\n%.*s = ", (int)a->key.n, a->key.s);
            buf_slice(message, a->raw);
        }
        if (!doc.nodes->count) buf_text(message, "\n(no arguments)");
    }
    json_doc_free(&doc);
}

static void put_question(const mcp_request *r, buf *out) {
    buf message = BUF(BUF_SMALL), arguments = BUF((size_t)1 << 20);
    bool destroys = r->item->access == GUARD_DESTROY;
    put_arguments(&arguments, slice_of(r->arguments));
    buf_printf(&message, "Run \"%s\" (%s)? %s\n", r->item->name, r->item->title ? r->item->title : "",
               destroys ? "It may delete or stop what cannot be brought back." : "It changes something.");
    size_t shown = arguments.n < ARGUMENTS_SHOWN ? arguments.n : ARGUMENTS_SHOWN;
    buf_add(&message, arguments.s, shown);
    if (arguments.full || shown < arguments.n) buf_text(&message, "\n… (there is more than is shown here)");
    buf_text(out, "{\"hatchway.confirm\":{\"method\":\"elicitation/create\",\"params\":{\"message\":");
    json_put_string(out, buf_view(&message));
    buf_text(out, ",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"confirm\":{\"type\":\"boolean\","
                  "\"title\":\"Yes, run it\",\"default\":false}},\"required\":[\"confirm\"]}}}}");
    buf_free(&message);
    buf_free(&arguments);
}

static bool is_yes(slice answers) {
    json_doc doc;
    const json_node *answer = json_parse(&doc, answers, 0, 0) ? json_get(doc.nodes, "hatchway.confirm") : NULL;
    bool yes = json_bool(json_path(answer, "content.confirm"), false);
    json_doc_free(&doc);
    return yes;
}

static void decide(mcp_request *r, slice answers, const script_error *error) {
    buf message = BUF(BUF_SMALL);
    if (error)
        buf_printf(&message, "\"%s\" was not run: it needs to be confirmed by a person, and %s", r->item->name,
                   error->message);
    else if (!is_yes(answers))
        buf_printf(&message, "\"%s\" was not run: the person who was asked has not confirmed it",
                   r->item->name);
    if (!message.n) r->confirmed(r);
    else if (error) mcp_refuse_call(r, "unconfirmed", "unauthorized", buf_string(&message), HINT);
    else mcp_refuse_call(r, "declined", "unauthorized", buf_string(&message),
                         "Do not call it again unless you are told to.");
    buf_free(&message);
}

void mcp_confirm(mcp_request *r, void (*go_on)(mcp_request *request)) {
    buf question = BUF(BUF_SMALL), answers = BUF(BUF_SMALL);
    script_error error = {0};
    r->confirmed = go_on;
    put_question(r, &question);
    switch (mcp_ask(r, buf_view(&question), decide, &answers, &error)) {
    case SCRIPT_ASK_ANSWERED: decide(r, buf_view(&answers), NULL); break;
    case SCRIPT_ASK_REFUSED: decide(r, SLICE(""), &error); break;
    case SCRIPT_ASK_ENDS: mcp_answer_asked(r); break;
    case SCRIPT_ASK_WAITS: break;
    }
    script_result_free(&(script_result){.error = error});
    buf_free(&question);
    buf_free(&answers);
}
