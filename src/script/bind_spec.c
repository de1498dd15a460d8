// What specs and the repl have besides the libraries: ask, a request to the server that the pack is in, as a
// client would send it; and for specs it and replay. lua/hatchway/test.lua makes of them what authors see.
#include "script/internal.h"

#include <stdlib.h>
#include <string.h>

#define QUESTION "hatchway.question"
#define QUESTION_MAX ((size_t)64 << 20)
#define ANSWER_MAX ((size_t)1 << 30)

// --- ask ---------------------------------------------------------------------------------------------------

// Held by two: whoever answers, and the script (a userdata that holds the pointer). The last one frees it.
typedef struct question {
    script_thread *thread;   // that waits, or NULL
    bool answered, forgotten;
    buf answer;
} question;

static void free_question(question *q) {
    buf_free(&q->answer);
    free(q);
}

static void answered(void *to, slice message) {
    question *q = to;
    q->answered = true;
    if (q->forgotten) {
        free_question(q);
        return;
    }
    buf_slice(&q->answer, message);
    if (!q->thread) return;
    script_thread *thread = q->thread;
    q->thread = NULL;
    thread->cancel = NULL;
    thread->op = NULL;
    run_make_ready(thread);
}

static void cancel_question(script_thread *thread) { ((question *)thread->op)->thread = NULL; }

static int forget_question(lua_State *L) {
    question **held = lua_touserdata(L, 1), *q = *held;
    *held = NULL;
    if (!q) return 0;
    if (q->answered) free_question(q);
    else q->forgotten = true;
    return 0;
}

static int after_ask(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    question **held = luaL_checkudata(L, 1, QUESTION);
    const char *error;
    size_t offset;
    if (!lua_json_push(L, buf_view(&(*held)->answer), 0, &error, &offset))
        return luaL_error(L, "the answer is no JSON: %s", error);
    lua_pushcfunction(L, forget_question);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 1;
}

// ask(method, params) → the answer of the server, a table with result or error.
static int ask(lua_State *L) {
    script_run *run = run_of(L);
    const script_host *host = &run->pack->host;
    const char *method = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    if (run->loading) return luaL_error(L, "only in it(…) and before_each(…), not while the file is read");
    run_check_wait(L, "a request to the server");
    buf params = BUF(QUESTION_MAX);
    question *q = base_alloc(sizeof *q);
    q->answer = BUF(ANSWER_MAX);
    question **held = lua_newuserdatauv(L, sizeof *held, 0);
    *held = q;
    q->answered = true; // until it is sent, the userdata is its only holder
    luaL_setmetatable(L, QUESTION);
    lua_json_write(L, 2, &q->answer);
    buf_slice(&params, buf_view(&q->answer));
    buf_clear(&q->answer);
    lua_replace(L, 1);
    lua_settop(L, 1);
    q->answered = false;
    host->ask(host->asker, method, buf_view(&params), answered, q);
    buf_free(&params);
    if (q->answered) return after_ask(L, LUA_OK, 0);
    q->thread = thread_of(L);
    return run_wait(L, cancel_question, q, after_ask);
}

// --- it, replay --------------------------------------------------------------------------------------------

static int declare_spec(lua_State *L) {
    script_pack *pack = pack_of(L);
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (!pack->loading)
        return luaL_error(L, "it \"%s\": specs are read with the files, not made by one", name);
    lua_settop(L, 2);
    pack->specs = base_grow(pack->specs, (pack->spec_count + 1) * sizeof *pack->specs);
    pack->specs[pack->spec_count++] = (script_item){.name = base_string(name),
                                                    .cpu = pack->host.cpu,
                                                    .deadline = pack->host.deadline,
                                                    .access = pack->host.access,
                                                    .file = pack->file,
                                                    .layer = pack->layer,
                                                    .run = luaL_ref(L, LUA_REGISTRYINDEX),
                                                    .types = LUA_NOREF};
    return 0;
}

static int declare_replay(lua_State *L) {
    size_t n;
    const char *file = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n && strlen(file) == n, 1, "the name of a file");
    if (!pack_of(L)->loading)
        return luaL_error(L, "replay: recordings are named by the file, not by one of its specs");
    buf_add(&pack_of(L)->replays, file, n + 1);
    return 0;
}

// --- the globals -------------------------------------------------------------------------------------------

static void make_functions(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"ask", ask}, {"it", declare_spec}, {"replay", declare_replay}, {NULL, NULL}};
    if (luaL_newmetatable(L, QUESTION)) {
        lua_pushcfunction(L, forget_question);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.test");
    luaL_newlib(L, functions);
    lua_call(L, 1, 1);
}

void bind_spec(lua_State *L, bool spec) {
    static const char *const names[] = {"call", "read",        "ask",    "describe",
                                        "it",   "before_each", "assert", "replay"};
    if (!pack_of(L)->host.ask) return;
    make_functions(L);
    for (size_t i = 0; i < (spec ? sizeof names / sizeof *names : 3); i++) {
        lua_getfield(L, -1, names[i]);
        lua_setfield(L, -3, names[i]);
    }
    lua_pop(L, 1);
}
