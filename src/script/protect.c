// pcall, xpcall and hatchway.try: like Lua's own, but for the end of a call, which nobody catches.
#include "script/internal.h"

// The run is over, or has just run into its ceiling: the error goes on.
static bool is_stop(lua_State *L, int status) {
    script_run *run = run_of(L);
    if (status == LUA_ERRMEM) budget_memory_error(run);
    return run->stop != RUN_ON;
}

// Lua allows some 200 calls of C in each other; but a call that has been paused goes on without its C stack,
// and would nest them without end. An error that leaves n of them takes n² steps, in C.
#define NESTING_MAX 190

static void enter(lua_State *L) {
    if (thread_of(L)->protected == NESTING_MAX) luaL_error(L, "C stack overflow");
    thread_of(L)->protected++;
}

static void leave(lua_State *L) { thread_of(L)->protected--; }

static bool failed(int status) { return status != LUA_OK && status != LUA_YIELD; }

static int after_pcall(lua_State *L, int status, lua_KContext context) {
    (void)context;
    leave(L);
    if (!failed(status)) return lua_gettop(L); // true, results
    if (is_stop(L, status)) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

int protect_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    enter(L);
    lua_pushboolean(L, 1);
    lua_insert(L, 1); // true, f, arguments
    return after_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, after_pcall), 0);
}

static int after_handler(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    return lua_gettop(L) - 1; // handler, false, its results
}

static int after_xpcall(lua_State *L, int status, lua_KContext context) {
    (void)context;
    leave(L);
    if (!failed(status)) return lua_gettop(L) - 1; // handler, true, results
    if (is_stop(L, status)) return lua_error(L);
    lua_pushvalue(L, 1);
    lua_insert(L, 3); // handler, true, handler, error
    lua_pushboolean(L, 0);
    lua_replace(L, 2);
    lua_callk(L, 1, LUA_MULTRET, 0, after_handler);
    return after_handler(L, LUA_OK, 0);
}

// The handler runs after the stack has been unwound, as an ordinary function: inside Lua's own handler there
// would be no slice.
int protect_xpcall(lua_State *L) {
    luaL_checktype(L, 2, LUA_TFUNCTION);
    enter(L);
    lua_pushvalue(L, 2);
    lua_insert(L, 1);       // handler, f, handler, arguments
    lua_pushvalue(L, 2);
    lua_replace(L, 3);
    lua_pushboolean(L, 1);
    lua_replace(L, 2);      // handler, true, f, arguments
    return after_xpcall(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 0, 0, after_xpcall), 0);
}

static int after_try(lua_State *L, int status, lua_KContext context) {
    (void)context;
    leave(L);
    if (!failed(status)) return lua_gettop(L);
    if (is_stop(L, status)) return lua_error(L);
    lua_pushnil(L);
    lua_insert(L, -2);
    error_become_table(L);
    return 2;
}

int bind_try(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    enter(L);
    return after_try(L, lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, after_try), 0);
}
