// What a call asks the client: elicitation, sampling, roots.
//
// A round is what one hatchway.ask (or the host itself, confirm.c) asks at once: an object, key → { method,
// params }.
//
// Legacy: each question is a request of ours on the stream of the call; its id is unique in the process, and
// its answer is taken from the session that it was sent to alone. The call waits.
//
// Modern (mcp 2026-07-28, multi round-trip requests): the call ends with input_required and is made again
// with the answers. It runs from its start each time, so a round that was answered before is answered at
// once. What was answered travels with the client as requestState, sealed (seal.h): a list of rounds, each
// with a digest of its questions. An answer counts only for the questions that it was given to: when the
// script asks something else at that place now, it is asked again.
#include "mcp/internal.h"
#include "base/clock.h"
#include "guard/form.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 20                        // of one call
#define ANSWERS_MAX ((size_t)1 << 20)        // bytes of the answers of one round
#define STATE_MAX MCP_SEAL_TEXT_MAX
#define BINDING_MAX ((size_t)64 << 20)
#define DIGEST SHA256_DIGEST_STRING_LENGTH

typedef struct question {
    const json_node *request;  // its key is the question's
    int64_t id;                // of our request; 0: it is answered
} question;

typedef struct mcp_asking {
    // of modern calls
    const char *method;        // what the state belongs to
    char *name, *arguments;    // arguments: as they came, or NULL
    buf state;                 // that came, opened
    json_doc earlier;          // of it: [{ "of": digest, "answers": { … } }, …]
    char *responses;           // to the last of these rounds, that came with it
    json_doc given;
    buf rounds;                // of this run: the same form, without the last bracket
    buf ends;                  // ENDS: what is still asked
    int count;                 // rounds of this run
    // the open round
    char *text;
    json_doc doc;
    question *questions;
    size_t left;               // without an answer
    buf answers;               // without the last brace
    mcp_answered *answered;    // legacy: NULL when nothing is open
    clock_timer *timer;
} mcp_asking;

static mcp_asking *asking_of(mcp_request *r) {
    if (!r->asking) {
        r->asking = base_alloc(sizeof *r->asking);
        r->asking->state = r->asking->rounds = r->asking->ends = BUF(STATE_MAX);
    }
    return r->asking;
}

static void close_round(mcp_asking *a) {
    clock_cancel(a->timer);
    json_doc_free(&a->doc);
    free(a->questions);
    free(a->text);
    buf_free(&a->answers);
    a->timer = NULL;
    a->questions = NULL;
    a->text = NULL;
    a->answered = NULL;
}

void mcp_ask_free(mcp_request *r) {
    mcp_asking *a = r->asking;
    if (!a) return;
    close_round(a);
    json_doc_free(&a->earlier);
    json_doc_free(&a->given);
    buf_free(&a->state);
    buf_free(&a->rounds);
    buf_free(&a->ends);
    free(a->responses);
    free(a->name);
    free(a->arguments);
    free(a);
    r->asking = NULL;
}

int mcp_ask_rounds(const mcp_request *r) { return r->asking ? r->asking->count : 0; }
bool mcp_ask_waits(const mcp_request *r) { return r->asking && r->asking->answered; }

// --- what clients can do -----------------------------------------------------------------------------------

static const struct ability {
    const char *name, *part; // "sampling.tools" has the part "tools"
} abilities[] = {{"elicitation", NULL},     {"elicitation.url", "url"}, {"sampling", NULL},
                 {"sampling.tools", "tools"}, {"sampling.context", "context"}, {"roots", NULL}};

#define ABILITIES (sizeof abilities / sizeof *abilities)

unsigned mcp_abilities_read(const json_node *capabilities) {
    unsigned found = 0;
    for (size_t i = 0; i < ABILITIES; i++) {
        slice name = {abilities[i].name, strcspn(abilities[i].name, ".")};
        const json_node *whole = json_member(capabilities, name);
        bool has = json_is(whole, JSON_OBJECT);
        if (abilities[i].part) has = has && json_is(json_get(whole, abilities[i].part), JSON_OBJECT);
        found |= (unsigned)has << i;
    }
    // mcp 2025-11-25, elicitation: an empty object means forms; one that names modes has those
    const json_node *modes = json_get(capabilities, "elicitation");
    if (json_get(modes, "url") && !json_get(modes, "form")) found &= ~1U;
    return found;
}

bool mcp_client_can(const mcp_client *client, const char *ability) {
    for (size_t i = 0; client->abilities && i < ABILITIES; i++)
        if (strcmp(abilities[i].name, ability) == 0) return client->abilities >> i & 1;
    return false;
}

void mcp_put_ability(const char *ability, buf *out) {
    const char *dot = strchr(ability, '.');
    if (dot) buf_printf(out, "{\"%.*s\":{\"%s\":{}}}", (int)(dot - ability), ability, dot + 1);
    else buf_printf(out, "{\"%s\":{}}", ability);
}

const mcp_client *mcp_client_of(const mcp_request *r) {
    return mcp_is_modern(r->revision) ? &r->client : &r->session->client;
}

static bool is_method(const json_node *request, const char *method) {
    return slice_is(json_string(json_get(request, "method")), method);
}

// The ability that a question needs and this client lacks, or NULL.
static const char *lacking(const mcp_request *r, const json_node *request) {
    const mcp_client *client = mcp_client_of(r);
    const json_node *params = json_get(request, "params"), *context = json_get(params, "includeContext");
    const char *needed[3] = {"roots"};
    if (is_method(request, "elicitation/create")) {
        bool page = json_get(params, "url");
        needed[0] = page ? "elicitation.url" : "elicitation";
        if (r->revision < (page ? MCP_2025_11_25 : MCP_2025_06_18)) return needed[0];
    } else if (is_method(request, "sampling/createMessage")) {
        size_t n = 0;
        needed[n++] = "sampling";
        if (json_get(params, "tools") || json_get(params, "toolChoice")) needed[n++] = "sampling.tools";
        if (context && !slice_is(json_string(context), "none") && r->revision >= MCP_2025_11_25)
            needed[n++] = "sampling.context";
    }
    for (size_t i = 0; i < 3 && needed[i]; i++)
        if (!mcp_client_can(client, needed[i])) return needed[i];
    return NULL;
}

static script_asked refuse(script_error *error, const char *code, const char *hint, const char *message) {
    *error = (script_error){.code = base_string(code),
                            .kind = base_string("unknown"),
                            .message = base_string(message),
                            .hint = hint ? base_string(hint) : NULL};
    return SCRIPT_ASK_REFUSED;
}

static script_asked refuse_lacking(const mcp_request *r, script_error *error, const char *ability) {
    char message[300];
    const char *name = mcp_client_of(r)->name;
    snprintf(message, sizeof message, "the client%s%.100s cannot be asked: it does not declare \"%s\"",
             name && *name ? " " : "", name && *name ? name : "", ability);
    return refuse(error, "unsupported", "Use a client that declares it, or go on without asking.", message);
}

// --- answers -----------------------------------------------------------------------------------------------

static bool wrong(buf *problem, const char *what) {
    buf_text(problem, what);
    return false;
}

static bool take_elicited(const json_node *request, const json_node *result, buf *out, buf *problem) {
    const json_node *schema = json_path(request, "params.requestedSchema");
    slice action = json_string(json_get(result, "action"));
    bool accepted = slice_is(action, "accept");
    if (!accepted && !slice_is(action, "decline") && !slice_is(action, "cancel"))
        return wrong(problem, "\"action\" is none of accept, decline, cancel");
    json_open(out, '{');
    json_put_key(out, "action");
    json_put_string(out, action);
    if (accepted && schema) {
        const json_node *content = json_get(result, "content");
        json_put_key(out, "content");
        if (!json_is(content, JSON_OBJECT)) return wrong(problem, "\"content\" must be an object");
        if (!guard_form_take(schema, content, out, problem)) return false;
    }
    json_close(out, '}');
    return true;
}

// Writes the result if it fits what was asked; false and why not.
static bool take_result(const json_node *request, const json_node *result, buf *out, buf *problem) {
    if (!json_is(result, JSON_OBJECT)) return wrong(problem, "the result must be an object");
    if (is_method(request, "elicitation/create")) return take_elicited(request, result, out, problem);
    const json_node *roots = json_get(result, "roots"), *content = json_get(result, "content");
    if (is_method(request, "roots/list")) {
        bool ok = json_is(roots, JSON_ARRAY);
        for (const json_node *e = ok ? json_first(roots) : NULL; e; e = json_after(roots, e))
            ok &= json_is(json_get(e, "uri"), JSON_STRING);
        if (!ok) return wrong(problem, "\"roots\" must be a list of objects with \"uri\"");
    } else if (!json_is(json_get(result, "role"), JSON_STRING) ||
               !(json_is(content, JSON_OBJECT) || json_is(content, JSON_ARRAY))) {
        return wrong(problem, "a message has \"role\" and \"content\"");
    }
    json_put_node(out, result);
    return true;
}

// Adds the answer to those of the round.
static bool take_answer(mcp_asking *a, question *q, const json_node *result, buf *problem) {
    buf answer = BUF(ANSWERS_MAX);
    bool ok = take_result(q->request, result, &answer, problem);
    if (ok) {
        json_put_key_slice(&a->answers, q->request->key);
        json_put_raw(&a->answers, buf_view(&answer));
        a->answers.full |= answer.full;
        q->id = 0;
        a->left--;
    }
    buf_free(&answer);
    return ok;
}

// Begins a round with copies of its questions. False: a question cannot be asked; error is filled.
static bool open_round(mcp_request *r, slice requests, script_error *error) {
    mcp_asking *a = asking_of(r);
    if (a->count == ROUNDS_MAX)
        return refuse(error, "script_error", "Authors: ask more at once.", "a call asks 20 times at most"),
               false;
    a->count++;
    a->text = base_copy(requests.s, requests.n);
    a->answers = BUF(ANSWERS_MAX);
    json_open(&a->answers, '{');
    if (!json_parse(&a->doc, slice_of(a->text), 0, 0)) {
        close_round(a);
        return refuse(error, "script_error", NULL, "the questions are not JSON"), false;
    }
    a->left = a->doc.nodes->count;
    a->questions = base_alloc((a->left + 1) * sizeof *a->questions);
    size_t n = 0;
    for (const json_node *q = json_first(a->doc.nodes); q; q = json_after(a->doc.nodes, q)) {
        const char *ability = lacking(r, q);
        a->questions[n++] = (question){.request = q, .id = -1};
        if (!ability) continue;
        refuse_lacking(r, error, ability);
        close_round(a);
        return false;
    }
    return true;
}

static size_t questions_of(const mcp_asking *a) { return a->doc.nodes->count; }

// --- legacy ------------------------------------------------------------------------------------------------

static void send_request(mcp_request *r, const question *q) {
    const json_node *params = json_get(q->request, "params"), *schema = json_get(params, "requestedSchema");
    slice method = json_string(json_get(q->request, "method"));
    buf out = BUF(ANSWERS_MAX);
    buf_printf(&out, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%.*s\",\"params\":{", (long long)q->id,
               (int)method.n, method.s);
    for (const json_node *p = json_first(params); p; p = json_after(params, p)) {
        json_put_key_slice(&out, p->key);
        if (p == schema && r->revision < MCP_2025_11_25) guard_form_put_older(schema, &out);
        else json_put_node(&out, p);
    }
    if (json_get(params, "url")) buf_printf(&out, ",\"elicitationId\":\"hatchway-%lld\"", (long long)q->id);
    buf_text(&out, "}}");
    mcp_send(r->stream, &out);
}

// The client need not go on with what has no answer yet.
void mcp_ask_cancel(mcp_request *r) {
    mcp_asking *a = r->asking;
    if (!mcp_ask_waits(r)) return;
    for (size_t i = 0; i < questions_of(a) && !r->task; i++) { // those of a task were never sent
        if (!a->questions[i].id) continue;
        buf out = BUF(BUF_SMALL);
        rpc_begin_notification(&out, "notifications/cancelled");
        buf_printf(&out, "{\"requestId\":%lld}}", (long long)a->questions[i].id);
        mcp_send(r->stream, &out);
    }
    close_round(a);
}

static void note_round(mcp_asking *a, slice answers);

// Ends the open round. The call goes on, or is over, when this returns.
static void answer_round(mcp_request *r, script_error *error) {
    mcp_asking *a = r->asking;
    mcp_answered *answered = a->answered;
    buf answers = a->answers;
    a->answers = BUF(0);
    json_close(&answers, '}');
    if (r->task && !error) note_round(a, buf_view(&answers));
    if (!error) close_round(a);
    else mcp_ask_cancel(r);
    if (!r->task || mcp_task_asks(r, false)) answered(r, buf_view(&answers), error);
    buf_free(&answers);
}

static void fail_round(mcp_request *r, const char *code, const char *hint, const char *message) {
    script_error error;
    refuse(&error, code, hint, message);
    answer_round(r, &error);
    script_result_free(&(script_result){.error = error});
}

static void nobody_answers(void *data) {
    mcp_request *r = data;
    char message[200];
    r->asking->timer = NULL;
    snprintf(message, sizeof message, "the client has not answered within %g s",
             (double)r->session->server->config.ask_wait / 1e6);
    fail_round(r, "no_answer", "Call again when somebody can answer.", message);
}

static script_asked ask_legacy(mcp_request *r, mcp_answered *answered, script_error *error) {
    static int64_t last_id;
    mcp_asking *a = r->asking;
    for (size_t i = 0; i < questions_of(a); i++) {
        const json_node *schema = json_path(a->questions[i].request, "params.requestedSchema");
        buf nothing = BUF(ANSWERS_MAX);
        bool fits = !schema || r->revision >= MCP_2025_11_25 || guard_form_put_older(schema, &nothing);
        buf_free(&nothing);
        if (fits) continue;
        close_round(a);
        return refuse(error, "unsupported", "Authors: ask for one of several where the client is older.",
                      "clients of protocol version 2025-06-18 cannot show a choice of several");
    }
    a->answered = answered;
    a->timer = clock_after(r->session->server->config.ask_wait / 1000, CLOCK_DEADLINE, nobody_answers, r);
    for (size_t i = 0; i < questions_of(a); i++) {
        a->questions[i].id = ++last_id;
        send_request(r, &a->questions[i]);
    }
    return SCRIPT_ASK_WAITS;
}

static question *find_question(mcp_session *session, int64_t id, mcp_request **of) {
    for (mcp_request *r = session->requests; r; r = r->next) {
        if (!mcp_ask_waits(r)) continue;
        for (size_t i = 0; i < questions_of(r->asking); i++) {
            *of = r;
            if (r->asking->questions[i].id == id) return &r->asking->questions[i];
        }
    }
    return NULL;
}

// A response to a request of ours; what answers none is passed over: it may be late.
void mcp_take_response(mcp_session *session, const json_node *message) {
    const json_node *id = json_get(message, "id"), *error = json_get(message, "error");
    mcp_request *r = NULL;
    bool ours = json_is(id, JSON_INT) && id->as.integer > 0;
    question *q = ours ? find_question(session, id->as.integer, &r) : NULL;
    char text[1200];
    if (!q) return;
    slice key = q->request->key;
    if (error) {
        slice said = json_string(json_get(error, "message"));
        q->id = 0; // it needs no cancelling
        snprintf(text, sizeof text, "the client refused \"%.*s\": %.*s", (int)key.n, key.s,
                 (int)(said.n < 1000 ? said.n : 1000), said.n ? said.s : "");
        fail_round(r, "client_error", NULL, text);
        return;
    }
    buf problem = BUF(BUF_SMALL);
    bool ok = take_answer(r->asking, q, json_get(message, "result"), &problem);
    snprintf(text, sizeof text, "the answer to \"%.*s\" does not fit: %.1000s", (int)key.n, key.s,
             buf_string(&problem));
    buf_free(&problem);
    if (!ok) q->id = 0, fail_round(r, "invalid_answer", "Ask again.", text);
    else if (r->asking->answers.full) fail_round(r, "too_large", NULL, "the answers are larger than 1 MB");
    else if (!r->asking->left) answer_round(r, NULL);
}

// --- modern: the state -------------------------------------------------------------------------------------

static int by_key(const void *a, const void *b) {
    slice x = (*(const json_node *const *)a)->key, y = (*(const json_node *const *)b)->key;
    int order = memcmp(x.s, y.s, x.n < y.n ? x.n : y.n);
    return order ? order : x.n < y.n ? -1 : x.n > y.n;
}

// Writes a value so that the order of members and blanks do not matter.
static void put_sorted(buf *out, const json_node *node) {
    if (!node || (node->type != JSON_OBJECT && node->type != JSON_ARRAY)) {
        if (node) json_put_node(out, node);
        return;
    }
    bool object = node->type == JSON_OBJECT;
    const json_node **members = base_alloc((node->count + 1) * sizeof *members);
    size_t n = 0;
    for (const json_node *e = json_first(node); e; e = json_after(node, e)) members[n++] = e;
    if (object) qsort(members, n, sizeof *members, by_key);
    json_open(out, object ? '{' : '[');
    for (size_t i = 0; i < n; i++) {
        if (object) json_put_key_slice(out, members[i]->key);
        if (!object && i) buf_char(out, ',');
        put_sorted(out, members[i]);
    }
    json_close(out, object ? '}' : ']');
    free(members);
}

static void digest(const json_node *node, char out[DIGEST]) {
    buf text = BUF((size_t)64 << 20);
    put_sorted(&text, node);
    SHA256Data((const uint8_t *)text.s, text.n, out);
    buf_free(&text);
}

// Writes what a state belongs to: who, which call, and of which pack and tenant, for servers may share their keys.
static void put_binding(const mcp_request *r, buf *out) {
    const mcp_asking *a = r->asking;
    char of[DIGEST];
    json_doc arguments = {0};
    if (a->arguments) json_parse(&arguments, slice_of(a->arguments), 0, 0);
    digest(arguments.nodes, of);
    json_doc_free(&arguments);
    json_open(out, '[');
    json_put_string(out, slice_of(r->session->server->config.tasks.realm));
    json_put_string(out, slice_of(r->stream->principal));
    json_put_text(out, a->method);
    json_put_text(out, a->name);
    json_put_text(out, of);
    json_close(out, ']');
}

static bool refuse_state(mcp_request *r, mcp_sealed is) {
    mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"requestState\" %s; send the request again without it",
             is == MCP_SEAL_EXPIRED ? "has expired" : "is not one that this server gave for this request");
    return false;
}

// A state of a call that may change something opens once.
static bool open_state(mcp_request *r, slice sealed) {
    mcp_asking *a = r->asking;
    mcp_seal *seal = r->session->server->seal;
    mcp_seal_id id;
    buf binding = BUF(BINDING_MAX);
    put_binding(r, &binding);
    mcp_sealed is = mcp_seal_open(seal, buf_view(&binding), sealed, clock_now(), &a->state, &id);
    buf_free(&binding);
    if (is != MCP_SEAL_GOOD) return refuse_state(r, is);
    if (r->item->access > GUARD_READ && !mcp_seal_spend(seal, &id, clock_now())) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                 "\"requestState\" was used already; look what has been done, then send the request without "
                 "it");
        return false;
    }
    if (json_parse(&a->earlier, buf_view(&a->state), 0, 0)) return true;
    return refuse_state(r, MCP_SEAL_BROKEN);
}

bool mcp_ask_begin(mcp_request *r, const char *method, slice name, const json_node *params) {
    const json_node *state = json_get(params, "requestState"), *responses = json_get(params, "inputResponses");
    if (!mcp_is_modern(r->revision)) return true;
    if (state && !json_is(state, JSON_STRING))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"requestState\" must be a string"), false;
    if (responses && !json_is(responses, JSON_OBJECT))
        return mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""), "\"inputResponses\" must be an object"), false;
    mcp_asking *a = asking_of(r);
    const json_node *arguments = json_get(params, "arguments");
    a->method = method;
    a->name = base_copy(name.s, name.n);
    if (arguments) a->arguments = base_copy(arguments->raw.s, arguments->raw.n);
    if (state && !open_state(r, state->as.string)) return false;
    // Answers to the first questions say all that there is to know: a read goes on with them without a state.
    if (!state && r->item->access > GUARD_READ) return true;
    if (responses) {
        a->responses = base_copy(responses->raw.s, responses->raw.n);
        json_parse(&a->given, slice_of(a->responses), 0, 0);
    }
    return true;
}

// --- modern: a round ---------------------------------------------------------------------------------------

static const json_node *round_at(const mcp_asking *a, int number, bool *last) {
    const json_node *rounds = a->earlier.nodes, *round = json_first(rounds);
    while (round && --number) round = json_after(rounds, round);
    *last = round && !json_after(rounds, round);
    return round;
}

// Takes what was answered before, and what comes now.
static void take_earlier(mcp_asking *a, const char *of) {
    bool last = false;
    const json_node *round = a->earlier.nodes ? round_at(a, a->count, &last) : NULL;
    bool first = a->count == 1 && !a->earlier.nodes;
    if (!round && !first) return;
    bool same = first || slice_is(json_string(json_get(round, "of")), of);
    const json_node *before = json_get(round, "answers"), *now = same && (first || last) ? a->given.nodes : NULL;
    for (size_t i = 0; same && i < questions_of(a); i++) {
        question *q = &a->questions[i];
        const json_node *answer = json_member(before, q->request->key);
        if (!answer) answer = json_member(now, q->request->key);
        buf problem = BUF(BUF_SMALL);
        if (answer) take_answer(a, q, answer, &problem); // one that does not fit is asked for again
        buf_free(&problem);
    }
    if (!same) json_doc_free(&a->earlier); // nor does what came later count
}

static void note_round(mcp_asking *a, slice answers) {
    char of[DIGEST];
    digest(a->doc.nodes, of);
    buf_char(&a->rounds, a->rounds.n ? ',' : '[');
    buf_printf(&a->rounds, "{\"of\":\"%s\",\"answers\":", of);
    buf_slice(&a->rounds, answers);
    buf_char(&a->rounds, '}');
}

static script_asked ask_modern(mcp_request *r, buf *answers, script_error *error) {
    mcp_asking *a = r->asking;
    char of[DIGEST];
    digest(a->doc.nodes, of);
    take_earlier(a, of);
    json_close(&a->answers, '}');
    note_round(a, buf_view(&a->answers));
    bool full = a->answers.full || a->rounds.full;
    if (!full && !a->left) buf_slice(answers, buf_view(&a->answers));
    for (size_t i = 0; i < questions_of(a); i++) {
        if (!a->questions[i].id) continue;
        buf_char(&a->ends, a->ends.n ? ',' : '{');
        json_put_quoted(&a->ends, a->questions[i].request->key);
        buf_char(&a->ends, ':');
        json_put_node(&a->ends, a->questions[i].request);
    }
    bool ends = a->left;
    close_round(a);
    if (full) return refuse(error, "too_large", "Authors: ask for less.", "the answers are larger than 256 KB");
    return ends ? SCRIPT_ASK_ENDS : SCRIPT_ASK_ANSWERED;
}

// --- tasks (SEP-2663) --------------------------------------------------------------------------------------

// A task waits like a legacy call; its questions are shown with it, and tasks/update brings the answers. What was
// answered is kept for the case that another process runs the call again.
static script_asked ask_task(mcp_request *r, mcp_answered *answered, buf *answers) {
    mcp_asking *a = r->asking;
    char of[DIGEST];
    digest(a->doc.nodes, of);
    take_earlier(a, of);
    if (!a->left) {
        json_close(&a->answers, '}');
        note_round(a, buf_view(&a->answers));
        buf_slice(answers, buf_view(&a->answers));
        close_round(a);
        return SCRIPT_ASK_ANSWERED;
    }
    a->answered = answered;
    a->timer = clock_after(r->session->server->config.ask_wait / 1000, CLOCK_DEADLINE, nobody_answers, r);
    mcp_task_asks(r, true);
    return SCRIPT_ASK_WAITS;
}

// The key of a question is used once in the life of a task, although a script may use it in each round. Keys of
// scripts hold no colon.
static void put_task_key(const mcp_asking *a, slice key, buf *out) {
    buf_slice(out, key);
    if (a->count > 1) buf_printf(out, ":%d", a->count);
}

void mcp_ask_put_open(const mcp_request *r, buf *out) {
    const mcp_asking *a = r->asking;
    json_open(out, '{');
    for (size_t i = 0; i < questions_of(a); i++) {
        buf key = BUF(BUF_SMALL);
        if (!a->questions[i].id) continue;
        put_task_key(a, a->questions[i].request->key, &key);
        json_put_key_slice(out, buf_view(&key));
        json_put_node(out, a->questions[i].request);
        buf_free(&key);
    }
    json_close(out, '}');
}

// An answer that does not fit leaves its question open.
void mcp_ask_take(mcp_request *r, const json_node *responses) {
    mcp_asking *a = r->asking;
    if (!mcp_ask_waits(r)) return;
    for (size_t i = 0; i < questions_of(a); i++) {
        buf key = BUF(BUF_SMALL), problem = BUF(BUF_SMALL);
        put_task_key(a, a->questions[i].request->key, &key);
        const json_node *answer = json_member(responses, buf_view(&key));
        if (answer && a->questions[i].id) take_answer(a, &a->questions[i], answer, &problem);
        buf_free(&key);
        buf_free(&problem);
    }
    if (a->answers.full) fail_round(r, "too_large", NULL, "the answers are larger than 1 MB");
    else if (!a->left) answer_round(r, NULL);
}

char *mcp_ask_rounds_text(const mcp_request *r) {
    const mcp_asking *a = r->asking;
    if (!a || !a->rounds.n || a->rounds.full) return NULL;
    buf text = BUF(a->rounds.n + 1);
    buf_slice(&text, buf_view(&a->rounds));
    buf_char(&text, ']');
    char *copy = base_copy(text.s, text.n);
    buf_free(&text);
    return copy;
}

void mcp_ask_restore(mcp_request *r, slice rounds) {
    mcp_asking *a = asking_of(r);
    buf_slice(&a->state, rounds);
    json_parse(&a->earlier, buf_view(&a->state), 0, 0);
}

script_asked mcp_ask(mcp_request *r, slice requests, mcp_answered *answered, buf *answers, script_error *error) {
    if (!open_round(r, requests, error)) return SCRIPT_ASK_REFUSED;
    if (r->task) return ask_task(r, answered, answers);
    return mcp_is_modern(r->revision) ? ask_modern(r, answers, error) : ask_legacy(r, answered, error);
}

void mcp_answer_asked(mcp_request *r) {
    mcp_asking *a = r->asking;
    const mcp_server *server = r->session->server;
    buf out = mcp_begin_as(r, "input_required");
    buf sealed = BUF(2 * STATE_MAX), binding = BUF(BINDING_MAX);
    put_binding(r, &binding);
    buf_char(&a->rounds, ']');
    buf_char(&a->ends, '}');
    bool ok = !binding.full && mcp_seal_close(server->seal, buf_view(&binding), buf_view(&a->rounds),
                                              clock_now() + server->config.ask_wait, &sealed);
    buf_free(&binding);
    json_put_key(&out, "inputRequests");
    json_put_raw(&out, buf_view(&a->ends));
    json_put_key(&out, "requestState");
    json_put_string(&out, buf_view(&sealed));
    buf_free(&sealed);
    if (ok && !a->ends.full && !a->rounds.full) {
        mcp_answer(r, &out, SLICE(""));
        return;
    }
    buf_free(&out);
    mcp_fail(r, RPC_INTERNAL_ERROR, SLICE(""), "the questions cannot be sent");
}
