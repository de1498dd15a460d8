// The table `hatchway`: what scripts may ask of the host. docs/lua-api.md is the contract.
#include "script/internal.h"
#include "guard/schema.h"

#include <math.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

static int only_in_calls(lua_State *L, const char *name) {
    return run_of(L)->loading ? luaL_error(L, "%s: only in a call, not while files are read", name) : 0;
}

// hatchway.fail { code, message, hint, kind, status, retryable }
static int fail(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING) {
        script_error error = {
            .code = (char *)"failed", .kind = (char *)"unknown", .message = (char *)lua_tostring(L, 1)};
        error_push(L, &error);
        return lua_error(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    static const char *const fields[] = {"code", "message", "hint", "kind", "status", "retryable"};
    lua_createtable(L, 0, 6);
    for (int i = 0; i < 6; i++) {
        lua_getfield(L, 1, fields[i]);
        lua_setfield(L, 2, fields[i]);
    }
    lua_getfield(L, 2, "message");
    if (lua_type(L, -1) != LUA_TSTRING) return luaL_error(L, "hatchway.fail needs message = \"…\"");
    lua_getfield(L, 2, "code");
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pushliteral(L, "failed");
        lua_setfield(L, 2, "code");
    }
    lua_settop(L, 2);
    luaL_setmetatable(L, "hatchway.error");
    return lua_error(L);
}

// --- sleep -------------------------------------------------------------------------------------------------

static void woken(void *data) {
    script_thread *thread = data;
    thread->cancel = NULL;
    thread->op = NULL;
    run_resume(thread, 0);
}

static void cancel_sleep(script_thread *thread) { clock_cancel(thread->op); }

static int after_sleep(lua_State *L, int status, lua_KContext context) {
    (void)L, (void)status, (void)context;
    return 0;
}

static int sleep_for(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 1, "seconds between 0 and 3600");
    run_check_wait(L, "hatchway.sleep");
    clock_timer *timer = clock_after((int64_t)(seconds * 1000), CLOCK_SLEEP, woken, thread_of(L));
    return run_wait(L, cancel_sleep, timer, after_sleep);
}

// --- progress, log -----------------------------------------------------------------------------------------

#define TOLD_MAX ((size_t)1 << 20)   // bytes of one call
#define MESSAGE_MAX ((size_t)16 << 10)

// The message, cut to what may be sent; false when the call has sent as much as a client should have to hold.
// The queue of what a client has not read yet has no ceiling of its own.
static bool may_tell(script_run *run, slice *message) {
    if (message->n > MESSAGE_MAX) message->n = MESSAGE_MAX;
    if (run->told > TOLD_MAX) return false;
    run->told += message->n + 100;
    if (run->told > TOLD_MAX)
        log_message(LOG_WARNING, "script", "\"%s\" tells the client too much: the rest is left out",
                    run->call->tool);
    return run->told <= TOLD_MAX;
}

static int progress(lua_State *L) {
    script_run *run = run_of(L);
    double done = luaL_checknumber(L, 1), total = luaL_optnumber(L, 2, 0);
    size_t n = 0;
    const char *message = luaL_optlstring(L, 3, NULL, &n);
    only_in_calls(L, "hatchway.progress");
    luaL_argcheck(L, isfinite(done), 1, "a finite number");
    luaL_argcheck(L, isfinite(total), 2, "a finite number");
    if (run->progressed && !(done > run->progress)) return 0; // it must grow (MCP, progress)
    run->progressed = true;
    run->progress = done;
    slice text = {message, n};
    if (run->owner.progress && may_tell(run, &text))
        run->owner.progress(run->owner.data, done, lua_isnoneornil(L, 2) ? NULL : &total, text);
    return 0;
}

static int log_at(lua_State *L) {
    log_level level;
    size_t n;
    const char *name = luaL_checkstring(L, 1);
    const char *message = luaL_checklstring(L, 2, &n);
    if (!log_level_parse(slice_of(name), &level))
        return luaL_error(L,
                          "hatchway.log: the level is one of debug info notice warning error critical alert "
                          "emergency, got \"%s\"",
                          name);
    script_run *run = run_of(L);
    log_message(level, "script", "%s", message);
    slice text = {message, n};
    if (run->owner.log && may_tell(run, &text)) run->owner.log(run->owner.data, level, text);
    return 0;
}

// Over HTTP, a client of 2025-11-25 can come back for what it was not sent yet; elsewhere nothing happens.
static int close_stream(lua_State *L) {
    only_in_calls(L, "hatchway.close_stream");
    script_run *run = run_of(L);
    if (run->owner.close_stream) run->owner.close_stream(run->owner.data);
    return 0;
}

// hatchway.changed(what): tells clients that a list should be read again. Once a call is enough, for they read
// it when they have heard of it.
static int changed(lua_State *L) {
    static const char *const lists[] = {"tools", "resources", "prompts", NULL};
    script_kind kind = (script_kind)luaL_checkoption(L, 1, NULL, lists);
    script_run *run = run_of(L);
    only_in_calls(L, "hatchway.changed");
    if (run->owner.changed && !run->told_changed[kind]) run->owner.changed(run->owner.data, kind);
    run->told_changed[kind] = true;
    return 0;
}

// hatchway.updated(uri): a watched resource has changed.
static int updated(lua_State *L) {
    script_run *run = run_of(L);
    slice uri;
    uri.s = luaL_checklstring(L, 1, &uri.n);
    only_in_calls(L, "hatchway.updated");
    bool is_told = run->owner.updated && run->told <= TOLD_MAX && run->owner.updated(run->owner.data, uri);
    if (is_told) may_tell(run, &uri); // counts it
    return 0;
}

// --- check, client, server, nearest, hash ------------------------------------------------------------------

// Buffers and documents that an error must not leak.
typedef struct checking {
    buf schema, value;
    json_doc schema_doc, value_doc;
    guard_problems problems;
} checking;

static int free_checking(lua_State *L) {
    checking *c = lua_touserdata(L, 1);
    buf_free(&c->schema);
    buf_free(&c->value);
    json_doc_free(&c->schema_doc);
    json_doc_free(&c->value_doc);
    buf_free(&c->problems.text);
    return 0;
}

#define CHECK_MAX ((size_t)1 << 20)
#define CHECK_NODES 200000 // of each document: 64 bytes a node

static int check(lua_State *L) {
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    checking *c = lua_newuserdatauv(L, sizeof *c, 0);
    *c = (checking){.schema = BUF(CHECK_MAX), .value = BUF(CHECK_MAX), .problems = {.text = BUF(BUF_SMALL)}};
    luaL_setmetatable(L, "hatchway.checking");
    lua_json_write(L, 1, &c->schema);
    core_charge(L, c->schema.n); // if the next line raises
    lua_json_write(L, 2, &c->value);
    if (c->schema.full || c->value.full) return luaL_error(L, "hatchway.check: the value is too large");
    if (!json_parse(&c->schema_doc, buf_view(&c->schema), 0, CHECK_NODES) ||
        !json_parse(&c->value_doc, buf_view(&c->value), 0, CHECK_NODES))
        return luaL_error(L, "hatchway.check: %s",
                          c->schema_doc.error ? c->schema_doc.error : c->value_doc.error);
    bool ok =
        guard_schema_check(c->schema_doc.nodes, c->schema_doc.nodes, c->value_doc.nodes, "$", &c->problems);
    lua_pushboolean(L, ok);
    lua_newtable(L);
    const char *s = buf_string(&c->problems.text);
    for (lua_Integer i = 1; *s; i++) {
        size_t n = strcspn(s, "\n");
        lua_pushlstring(L, s, n);
        lua_rawseti(L, -2, i);
        s += n + (s[n] == '\n');
    }
    lua_pushcfunction(L, free_checking); // now: the collector does not know how large it is
    lua_pushvalue(L, 3);
    lua_call(L, 1, 0);
    return 2;
}

static void set_slice(lua_State *L, const char *key, slice text) {
    if (!text.n) return;
    lua_pushlstring(L, text.s, text.n);
    lua_setfield(L, -2, key);
}

static void set_bool(lua_State *L, const char *key, bool value) {
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static int client(lua_State *L) {
    only_in_calls(L, "hatchway.client");
    const script_client *c = run_of(L)->owner.client;
    lua_createtable(L, 0, 8);
    if (!c) return 1;
    set_slice(L, "name", c->name);
    set_slice(L, "version", c->version);
    set_slice(L, "protocol", slice_of(c->protocol));
    set_bool(L, "sampling", c->sampling);
    set_bool(L, "elicitation", c->elicitation);
    set_bool(L, "roots", c->roots);
    set_bool(L, "elicitation_url", c->elicitation_url);
    set_bool(L, "sampling_tools", c->sampling_tools);
    return 1;
}

static int server(lua_State *L) {
    script_pack *pack = run_of(L)->pack;
    lua_Integer counts[3] = {0, 0, 0};
    for (size_t i = 0; i < pack->item_count; i++)
        if (pack->items[i].kind == SCRIPT_TOOL && pack->items[i].offer == SCRIPT_OFFERED)
            counts[pack->items[i].access]++;
    lua_createtable(L, 0, 4);
    set_slice(L, "version", SLICE(HATCHWAY_VERSION));
    set_slice(L, "access", slice_of(guard_access_name(pack->host.access)));
    set_bool(L, "replay", clock_is_played());
    lua_createtable(L, 0, 3);
    for (int i = GUARD_READ; i <= GUARD_DESTROY; i++) {
        lua_pushinteger(L, counts[i]);
        lua_setfield(L, -2, guard_access_name((guard_access)i));
    }
    lua_setfield(L, -2, "tools");
    return 1;
}

// hatchway.tools(): what a call can reach, listed or not.
static int tools(lua_State *L) {
    script_pack *pack = run_of(L)->pack;
    lua_newtable(L);
    for (size_t i = 0, n = 0; i < pack->item_count; i++) {
        const script_item *item = &pack->items[i];
        bool listed = script_is_offered(item, pack->host.access);
        if (item->kind != SCRIPT_TOOL || (!listed && !script_is_reachable(item))) continue;
        lua_createtable(L, 0, 7);
        set_slice(L, "name", slice_of(item->name));
        set_slice(L, "title", slice_of(item->title));
        set_slice(L, "about", slice_of(item->about));
        set_slice(L, "access", slice_of(guard_access_name(item->access)));
        set_slice(L, "toolset", slice_of(item->toolset));
        set_slice(L, "input", slice_of(item->input));
        set_bool(L, "listed", listed);
        lua_rawseti(L, -2, (lua_Integer)++n);
    }
    return 1;
}

// hatchway.value(answer): the Lua value of what hatchet.forward returned; anything else as it is.
static int after_value(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "hatchway.value: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return 1;
}

static int value_of(lua_State *L) {
    luaL_checkany(L, 1);
    forwarded **answer = luaL_testudata(L, 1, "hatchet.answer");
    lua_settop(L, 1);
    if (answer && !run_owns_answer(run_of(L), *answer))
        return luaL_error(L, "hatchway.value: an answer of another call");
    return answer ? lua_json_read(L, buf_view(&(*answer)->body), 0, after_value, 0) : 1;
}

static int nearest(lua_State *L) {
    size_t n;
    const char *word = luaL_checklstring(L, 1, &n);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    frozen_resolve(L, 2);
    size_t count = lua_rawlen(L, 2);
    luaL_argcheck(L, count <= 10000, 2, "more than 10000 names");
    const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
            return luaL_error(L, "hatchway.nearest takes a list of strings");
        names[i] = lua_tostring(L, -1); // the list keeps it
        lua_pop(L, 1);
    }
    lua_pushstring(L, guard_nearest((slice){word, n}, names, count));
    return 1;
}

#define HASH_MAX ((size_t)1 << 20) // some milliseconds, in which nobody else is served

// hatchway.hash(text): SHA-256 (FIPS 180-4) in lower-case hexadecimal.
static int hash(lua_State *L) {
    size_t n;
    const char *text = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n <= HASH_MAX, 1, "more than 1 MB");
    char hex[SHA256_DIGEST_STRING_LENGTH];
    lua_pushstring(L, SHA256Data((const uint8_t *)text, n, hex));
    return 1;
}

void bind_hatchway(lua_State *L) {
    static const luaL_Reg functions[] = {{"all", bind_all},    {"try", bind_try},      {"fail", fail},
                                         {"sleep", sleep_for}, {"progress", progress}, {"log", log_at},
                                         {"updated", updated}, {"content", bind_content}, {"check", check},
                                         {"client", client},   {"close_stream", close_stream},
                                         {"server", server},   {"nearest", nearest},   {"value", value_of},
                                         {"hash", hash},       {"tools", tools},
                                         {"changed", changed},
                                         {NULL, NULL}};
    sandbox_meta(L, "hatchway.content", NULL, NULL);
    sandbox_meta(L, "hatchway.checking", "__gc", free_checking);
    luaL_newlib(L, functions);
    bind_task(L);
    bind_ask(L);
}
