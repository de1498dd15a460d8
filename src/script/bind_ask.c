// hatchway.ask, elicit, sample, roots, confirm: a script asks the client, and through it a person or a model.
//
// While a question is written, in the scratch buffer of the pack, no code of the script runs: it could write
// another one.
//
// A question is an opaque value that holds its request as JSON, in the words of the latest revision. It is
// checked where it is made, so that the error names that line. What becomes of it is the owner's to say
// (script_owner.ask).
#include "script/internal.h"
#include "guard/form.h"

#include <stdlib.h>
#include <string.h>

#define QUESTION "hatchway.question"
#define QUESTIONS_MAX 20               // of one hatchway.ask
#define QUESTION_MAX ((size_t)256 << 10) // bytes
#define ANSWER "answer"                // the key of a question that is asked alone

enum { MANY, ONE, YES_OR_NO };         // what the script wants to have: the context of the continuations

// --- questions ---------------------------------------------------------------------------------------------

static buf *begin(lua_State *L, const char *method) {
    buf *out = &pack_of(L)->scratch;
    buf_clear(out);
    buf_printf(out, "{\"method\":\"%s\"", method);
    return out;
}

// Ends the request and pushes the question.
static int finish(lua_State *L, buf *out, const char *what) {
    json_close(out, '}');
    if (out->full || out->n > QUESTION_MAX) return luaL_error(L, "%s: the question is too large", what);
    lua_newuserdatauv(L, 0, 1);
    lua_pushlstring(L, out->s, out->n);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, QUESTION);
    return 1;
}

// Puts the value at the top under a key; pops it.
static void put(lua_State *L, buf *out, const char *key) {
    json_put_key(out, key);
    lua_json_write(L, -1, out);
    lua_pop(L, 1);
}

// member: ,"requestedSchema":…
static void check_form(lua_State *L, slice member, const char *what) {
    size_t before = sizeof ",\"requestedSchema\":" - 1;
    slice json = {member.s + before, member.n - before};
    json_doc doc;
    buf problem = BUF(BUF_SMALL);
    char text[300] = "";
    if (!json_parse(&doc, json, JSON_UNIQUE, 0)) buf_text(&problem, doc.error);
    else guard_form_check(doc.nodes, &problem);
    strncat(text, buf_string(&problem), sizeof text - 1);
    json_doc_free(&doc);
    buf_free(&problem);
    if (*text) luaL_error(L, "%s: %s", what, text);
}

// Pushes the form: of the types of `fields`, or `schema` as it is. What it calls may be the script's own.
static void push_form(lua_State *L, const char *what) {
    if (lua_getfield(L, 1, "fields") == LUA_TNIL) {
        lua_getfield(L, 1, "schema");
        return;
    }
    lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.types");
    lua_getfield(L, -1, "form_schema");
    lua_pushvalue(L, -3);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
}

// mcp 2025-11-25, elicitation: a page is https, but on this machine, and its address holds no credentials.
static void check_url(lua_State *L, const char *url, const char *what) {
    static const char *const begins[] = {"https://", "http://127.0.0.1", "http://localhost", "http://[::1]"};
    bool known = false;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        size_t n = strlen(begins[i]);
        if (strncmp(url, begins[i], n) == 0) known |= i == 0 || strchr(":/?#", url[n]); // the name ends there, or the text
    }
    const char *host = known ? strstr(url, "://") + 3 : url;
    size_t n = strcspn(host, "/?#");
    bool clean = n > 0 && !memchr(host, '@', n);
    for (const char *c = url; *c; c++) clean &= (unsigned char)*c > 0x20 && *c != 0x7F && *c != '\\';
    if (!known || !clean) luaL_error(L, "%s: url is an https address without blanks and credentials", what);
}

static int elicit(lua_State *L) {
    static const char what[] = "hatchway.elicit";
    static const declare_field fields[] = {{"message", LUA_TSTRING, true},
                                           {"fields", LUA_TTABLE, false},
                                           {"schema", LUA_TTABLE, false},
                                           {"url", LUA_TSTRING, false}};
    static const char *const ways[] = {"fields", "schema", "url"};
    int given = 0;
    declare_check_fields(L, fields, 4, what);
    lua_settop(L, 1);
    for (int i = 0; i < 3; i++) {
        given += lua_getfield(L, 1, ways[i]) != LUA_TNIL;
        lua_pop(L, 1);
    }
    if (given != 1) return luaL_error(L, "%s needs fields, schema or url: one of them", what);
    bool page = lua_getfield(L, 1, "url") != LUA_TNIL;
    if (page) check_url(L, lua_tostring(L, -1), what);
    else push_form(L, what);
    lua_getfield(L, 1, "message"); // url or form, message
    buf *out = begin(L, "elicitation/create");
    json_put_key(out, "params");
    json_open(out, '{');
    if (page) json_put_key(out, "mode"), json_put_text(out, "url");
    put(L, out, "message");
    size_t from = out->n;
    put(L, out, page ? "url" : "requestedSchema");
    if (!page && !out->full) check_form(L, (slice){out->s + from, out->n - from}, what);
    json_close(out, '}');
    return finish(L, out, what);
}

static void put_text_message(buf *out, const char *role, slice text) {
    json_open(out, '{');
    json_put_key(out, "role");
    json_put_text(out, role);
    json_put_key(out, "content");
    buf_text(out, "{\"type\":\"text\",\"text\":");
    json_put_string(out, text);
    buf_text(out, "}}");
}

static int raw_field(lua_State *L, const char *key) { // of the table at the top
    lua_pushstring(L, key);
    return lua_rawget(L, -2);
}

// { role =, text = } or { role =, content = } at the top; pops it.
static void put_message(lua_State *L, buf *out, const char *what) {
    if (!lua_istable(L, -1)) luaL_error(L, "%s: a message is { role =, text = }", what);
    frozen_resolve(L, -1);
    const char *role = raw_field(L, "role") == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0)
        luaL_error(L, "%s: a message needs role = \"user\" or \"assistant\"", what);
    lua_pop(L, 1); // the table keeps it
    if (raw_field(L, "text") == LUA_TSTRING) {
        size_t n;
        const char *text = lua_tolstring(L, -1, &n);
        put_text_message(out, role, (slice){text, n});
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    if (raw_field(L, "content") != LUA_TTABLE)
        luaL_error(L, "%s: a message needs text = \"…\", or content = a block or a list of blocks", what);
    json_open(out, '{');
    json_put_key(out, "role");
    json_put_text(out, role);
    put(L, out, "content");
    json_close(out, '}');
    lua_pop(L, 1);
}

static void put_messages(lua_State *L, buf *out, const char *what) {
    json_put_key(out, "messages");
    json_open(out, '[');
    if (lua_getfield(L, 1, "messages") == LUA_TSTRING) {
        size_t n;
        const char *text = lua_tolstring(L, -1, &n);
        put_text_message(out, "user", (slice){text, n});
    } else if (lua_istable(L, -1)) {
        frozen_resolve(L, -1);
        lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
        if (count < 1 || count > 1000) luaL_error(L, "%s: messages are 1 to 1000", what);
        for (lua_Integer i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, i);
            put_message(L, out, what);
        }
    } else {
        luaL_error(L, "%s: messages is a text, or a list of { role =, text = }", what);
    }
    lua_pop(L, 1);
    json_close(out, ']');
}

static int sample(lua_State *L) {
    static const char what[] = "hatchway.sample";
    static const declare_field fields[] = {
        {"messages", DECLARE_ANY, true},          {"max_tokens", LUA_TNUMBER, true},
        {"system_prompt", LUA_TSTRING, false},    {"temperature", LUA_TNUMBER, false},
        {"stop_sequences", LUA_TTABLE, false},    {"model_preferences", LUA_TTABLE, false},
        {"include_context", LUA_TSTRING, false},  {"metadata", LUA_TTABLE, false},
        {"tools", LUA_TTABLE, false},             {"tool_choice", LUA_TTABLE, false}};
    static const char *const written[] = {NULL,           "maxTokens",        "systemPrompt",   "temperature",
                                          "stopSequences", "modelPreferences", "includeContext", "metadata",
                                          "tools",        "toolChoice"};
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, what);
    lua_settop(L, 1);
    lua_getfield(L, 1, "max_tokens");
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1)
        return luaL_error(L, "%s: max_tokens is an integer from 1 on", what);
    lua_pop(L, 1);
    buf *out = begin(L, "sampling/createMessage");
    json_put_key(out, "params");
    json_open(out, '{');
    put_messages(L, out, what);
    for (size_t i = 1; i < sizeof fields / sizeof *fields; i++) {
        if (lua_getfield(L, 1, fields[i].name) != LUA_TNIL) put(L, out, written[i]);
        else lua_pop(L, 1);
    }
    json_close(out, '}');
    return finish(L, out, what);
}

static int roots(lua_State *L) { return finish(L, begin(L, "roots/list"), "hatchway.roots"); }

// --- asking ------------------------------------------------------------------------------------------------

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Writes the question at the top; pops it.
static void put_question(lua_State *L, buf *out, const char *key) {
    size_t n;
    if (!luaL_testudata(L, -1, QUESTION))
        luaL_error(L,
                   "hatchway.ask: \"%s\" is no question: use hatchway.elicit, hatchway.sample or "
                   "hatchway.roots",
                   key);
    lua_getiuservalue(L, -1, 1);
    const char *json = lua_tolstring(L, -1, &n);
    json_put_key(out, key);
    json_put_raw(out, (slice){json, n});
    lua_pop(L, 2);
}

// The questions of the table at 1, in the order of their keys: the same ones are written the same way.
static void put_questions(lua_State *L, buf *out) {
    const char *keys[QUESTIONS_MAX];
    size_t count = 0;
    frozen_resolve(L, 1);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !declare_is_name(lua_tostring(L, -2)))
            luaL_error(L, "hatchway.ask: a key is a text of letters, digits, `_`, `-` and `.`, 64 at most");
        if (count == QUESTIONS_MAX) luaL_error(L, "hatchway.ask: at most %d questions at once", QUESTIONS_MAX);
        keys[count++] = lua_tostring(L, -2); // the table keeps it
    }
    if (!count) luaL_error(L, "hatchway.ask: there is no question");
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, keys[i]);
        lua_rawget(L, 1);
        put_question(L, out, keys[i]);
    }
}

static int after_read(lua_State *L, int status, lua_KContext wanted) {
    (void)status;
    if (!lua_isnil(L, -1)) return luaL_error(L, "hatchway.ask: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    if (wanted == MANY) return 1;
    lua_getfield(L, -1, ANSWER);
    if (wanted == ONE) return 1;
    bool yes = lua_getfield(L, -1, "content") == LUA_TTABLE && lua_getfield(L, -1, "confirm") == LUA_TBOOLEAN &&
               lua_toboolean(L, -1);
    lua_pushboolean(L, yes);
    return 1;
}

// Keeps the text for the rest of the run: it is read in slices.
static int read_answers(lua_State *L, buf *answers, lua_KContext wanted) {
    script_run *run = run_of(L);
    size_t all = answers->n; // all that the call keeps has one ceiling
    for (const forwarded *a = run->answers; a; a = a->next) all += a->body.n;
    if (all > run->pack->host.answer_max) {
        buf_free(answers);
        return luaL_error(L, "hatchway.ask: the answers are larger than %d MB",
                          (int)(run->pack->host.answer_max >> 20));
    }
    forwarded *kept = base_alloc(sizeof *kept);
    *kept = (forwarded){.body = *answers, .next = run->answers};
    run->answers = kept;
    *answers = BUF(0);
    return lua_json_read(L, buf_view(&kept->body), 0, after_read, wanted);
}

static int fail(lua_State *L, const script_error *error) {
    error_push(L, error);
    return lua_error(L);
}

// What script_answer brings. It is there while the continuation begins.
typedef struct said {
    slice answers;
    const script_error *error;
} said;

static int after_wait(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    const said *s = thread_of(L)->op;
    lua_KContext wanted = lua_tointeger(L, -1);
    thread_of(L)->op = NULL;
    if (s->error) return fail(L, s->error);
    buf answers = BUF(s->answers.n);
    buf_slice(&answers, s->answers);
    return read_answers(L, &answers, wanted);
}

static void give_up(script_thread *thread) {
    script_run *run = thread->run;
    run->asker = NULL;
    run_start_clock(run);
    run->owner.unask(run->owner.data);
}

void script_answer(script_run *run, slice answers, const script_error *error) {
    script_thread *thread = run->asker;
    said s = {answers, error};
    run->asker = NULL;
    run_start_clock(run);
    thread->cancel = NULL;
    thread->op = &s;
    run_resume(thread, 0);
}

static void check_may_ask(lua_State *L, const script_run *run) {
    if (!run->owner.ask)
        error_raise(L, "unsupported", "unknown", "It can be asked in a call of a client.",
                    "hatchway.ask: there is no client to ask");
    if (run->call->wrote)
        error_raise(L, "asked_after_write", "unknown",
                    "Authors: ask first, then write. The call is run again from its start with the answers.",
                    "hatchway.ask: a request that is no GET was sent in this call already");
    if (run->asker)
        error_raise(L, "script_error", "unknown", "Authors: put all questions into one hatchway.ask.",
                    "hatchway.ask: another one of this call waits for its answers");
}

// Asks what scratch holds.
static int ask_for(lua_State *L, lua_KContext wanted) {
    script_run *run = run_of(L);
    buf *requests = &run->pack->scratch, answers = BUF(run->pack->host.answer_max);
    script_error error = {0};
    if (requests->full) return luaL_error(L, "hatchway.ask: the questions are too large");
    switch (run->owner.ask(run->owner.data, buf_view(requests), &answers, &error)) {
    case SCRIPT_ASK_ANSWERED: return read_answers(L, &answers, wanted);
    case SCRIPT_ASK_WAITS:
        run->asker = thread_of(L);
        run_stop_clock(run);
        lua_pushinteger(L, wanted);
        return run_wait(L, give_up, run, after_wait);
    case SCRIPT_ASK_ENDS: run->stop = STOP_ASKED; break;
    case SCRIPT_ASK_REFUSED: error_push(L, &error); error_free(&error);
    }
    budget_look(L); // raises when the run ends here
    return lua_error(L);
}

static int ask(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    run_check_wait(L, "hatchway.ask");
    check_may_ask(L, run_of(L));
    bool one = luaL_testudata(L, 1, QUESTION);
    if (!one) luaL_checktype(L, 1, LUA_TTABLE);
    buf *out = &pack_of(L)->scratch;
    buf_clear(out);
    json_open(out, '{');
    if (one) put_question(L, out, ANSWER), lua_settop(L, 0);
    else put_questions(L, out);
    json_close(out, '}');
    return ask_for(L, one ? ONE : MANY);
}

// hatchway.confirm "Delete x?"
static int confirm(lua_State *L) {
    size_t n;
    const char *message = luaL_checklstring(L, 1, &n);
    run_check_wait(L, "hatchway.confirm");
    check_may_ask(L, run_of(L));
    buf *out = &pack_of(L)->scratch;
    buf_clear(out);
    buf_text(out, "{\"" ANSWER "\":{\"method\":\"elicitation/create\",\"params\":{\"message\":");
    json_put_string(out, (slice){message, n});
    buf_text(out, ",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"confirm\":{\"type\":\"boolean\","
                  "\"title\":\"Yes\",\"default\":false}},\"required\":[\"confirm\"]}}}}");
    return ask_for(L, YES_OR_NO);
}

void bind_ask(lua_State *L) {
    static const luaL_Reg functions[] = {{"ask", ask},     {"elicit", elicit},   {"sample", sample},
                                         {"roots", roots}, {"confirm", confirm}, {NULL, NULL}};
    sandbox_meta(L, QUESTION, NULL, NULL);
    luaL_setfuncs(L, functions, 0);
}
