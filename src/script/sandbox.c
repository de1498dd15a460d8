// The sandbox: a Lua state that offers an allow list and nothing that can be changed for others. Threat model in script.h.
#include "script/internal.h"

#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char globals_key;

// All memory of the state comes from here. A request beyond the ceiling fails; Lua then collects once and tries again.
static void *allocate(void *data, void *p, size_t old, size_t size) {
    script_pack *pack = data;
    if (!p) old = 0; // Lua passes a type here
    if (size == 0) {
        free(p);
        pack->memory -= old;
        return NULL;
    }
    if (size > old && pack->memory + (size - old) > pack->host.memory) return NULL;
    void *q = realloc(p, size);
    if (!q) return NULL;
    pack->memory += size - old;
    return q;
}

// --- frozen tables --------------------------------------------------------------------------------------------------------------

static int refuse_change(lua_State *L) {
    return luaL_error(L, "%s cannot be changed (field \"%s\")", lua_tostring(L, lua_upvalueindex(1)), luaL_tolstring(L, 2, NULL));
}

static int refuse_name(lua_State *L) {
    const char *table = lua_tostring(L, lua_upvalueindex(1));
    return luaL_error(L, "%s.%s is not available in a pack", table, luaL_tolstring(L, 2, NULL));
}

static int frozen_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    return lua_next(L, 1) ? 2 : (lua_pushnil(L), 1);
}

// pairs() of a frozen table walks over a copy, so that the original is never handed out.
static int frozen_pairs(lua_State *L) {
    lua_pushcfunction(L, frozen_next);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1));) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_pushnil(L);
    return 3;
}

static int frozen_length(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

static void set_closure(lua_State *L, const char *event, const char *name, lua_CFunction function) {
    lua_pushstring(L, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, event);
}

void sandbox_push_frozen(lua_State *L, const char *name) {
    lua_newtable(L);
    lua_createtable(L, 0, 5); // original, proxy, metatable
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    set_closure(L, "__newindex", name, refuse_change);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, frozen_pairs, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, frozen_length, 1);
    lua_setfield(L, -2, "__len");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2); // original, proxy
    lua_remove(L, -2);
}

// A library: frozen, and a name that it lacks is an error that says so.
static void push_library(lua_State *L, const char *name) {
    lua_createtable(L, 0, 1);
    set_closure(L, "__index", name, refuse_name);
    lua_setmetatable(L, -2);
    sandbox_push_frozen(L, name);
}

// --- globals --------------------------------------------------------------------------------------------------------------------

static const char *const refused[] = {"io", "debug", "load", "loadstring", "loadfile", "dofile", "package", "coroutine", "rawset",
                                      "collectgarbage", "module", "setfenv", "getfenv"};

static int refuse_global(lua_State *L) {
    const char *name = luaL_tolstring(L, 2, NULL);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(name, refused[i]) == 0) return luaL_error(L, "'%s' is not available in a pack", name);
    return luaL_error(L, "there is no global '%s' (misspelt, or a missing 'local'?)", name);
}

static int refuse_assignment(lua_State *L) {
    return luaL_error(L, "a call cannot set the global '%s'; declare it with 'local'", luaL_tolstring(L, 2, NULL));
}

void sandbox_set_global(lua_State *L, const char *name) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key);
    lua_insert(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void sandbox_push_env(lua_State *L) {
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_newtable(L); // env, metatable, own globals of the file
    lua_createtable(L, 0, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &globals_key);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__index");
    lua_setfield(L, -2, "__newindex"); // while the file is read its globals are its own
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void sandbox_freeze_env(lua_State *L) {
    lua_getmetatable(L, -1);
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 2);
}

// --- functions that differ from Lua's ------------------------------------------------------------------------------------------

static int safe_setmetatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "'__gc' is not available in a pack");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int safe_print(lua_State *L) {
    int n = lua_gettop(L);
    luaL_Buffer b;
    lua_checkstack(L, n + 8);
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1) luaL_addchar(&b, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    log_message(LOG_INFO, "print", "%s", lua_tostring(L, -1));
    return 0;
}

static int safe_rep(lua_State *L) {
    size_t n, between;
    luaL_checklstring(L, 1, &n);
    luaL_optlstring(L, 3, "", &between);
    if (n + between == 0) { // Lua would copy nothing 2^60 times
        lua_pushliteral(L, "");
        return 1;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

#define MOVE_MAX 1000000

static int safe_move(lua_State *L) {
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    if (last >= first && (uint64_t)last - (uint64_t)first >= MOVE_MAX) return luaL_error(L, "table.move: more than %d elements", MOVE_MAX);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int os_time(lua_State *L) {
    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, clock_now() / 1000000);
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    static const char *const names[] = {"year", "month", "day", "hour", "min", "sec"};
    lua_Integer v[6] = {0, 0, 0, 12, 0, 0};
    for (int i = 0; i < 6; i++) {
        lua_getfield(L, 1, names[i]);
        if (lua_isinteger(L, -1)) v[i] = lua_tointeger(L, -1);
        else if (i < 3) return luaL_error(L, "os.time: field '%s' missing", names[i]);
        luaL_argcheck(L, v[i] > -100000000 && v[i] < 100000000, 1, "field out of range");
        lua_pop(L, 1);
    }
    struct tm t = {.tm_year = (int)v[0] - 1900, .tm_mon = (int)v[1] - 1, .tm_mday = (int)v[2],
                   .tm_hour = (int)v[3], .tm_min = (int)v[4], .tm_sec = (int)v[5]};
    lua_pushinteger(L, timegm(&t));
    return 1;
}

// os.date in UTC, "*t" included.
static int os_date(lua_State *L) {
    const char *format = luaL_optstring(L, 1, "%Y-%m-%dT%H:%M:%SZ");
    time_t when = lua_isnoneornil(L, 2) ? (time_t)(clock_now() / 1000000) : (time_t)luaL_checkinteger(L, 2);
    struct tm t;
    if (!gmtime_r(&when, &t)) return luaL_error(L, "os.date: the time is out of range");
    if (*format == '!') format++;
    if (strncmp(format, "*t", 2) == 0) {
        const struct { const char *name; int value; } fields[] = {
            {"year", t.tm_year + 1900}, {"month", t.tm_mon + 1}, {"day", t.tm_mday}, {"hour", t.tm_hour},
            {"min", t.tm_min}, {"sec", t.tm_sec}, {"wday", t.tm_wday + 1}, {"yday", t.tm_yday + 1}};
        lua_createtable(L, 0, 9);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            lua_pushinteger(L, fields[i].value);
            lua_setfield(L, -2, fields[i].name);
        }
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "isdst");
        return 1;
    }
    char text[512];
    luaL_argcheck(L, strlen(format) < 200, 1, "the format is too long");
    size_t n = strftime(text, sizeof text, format, &t);
    lua_pushlstring(L, text, n);
    return 1;
}

// --- opening --------------------------------------------------------------------------------------------------------------------

// Replaces a function of the library at the top by ours, which gets the original as its upvalue.
static void wrap(lua_State *L, const char *name, lua_CFunction ours) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, ours, 1);
    lua_setfield(L, -2, name);
}

static void drop(lua_State *L, const char *name) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
}

static void open_string(lua_State *L) {
    luaL_requiref(L, "string", luaopen_string, 0);
    drop(L, "dump");
    wrap(L, "rep", safe_rep);
    pattern_open(L);
    lua_pushliteral(L, ""); // the methods of strings: this very table, which nothing hands out
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    push_library(L, "string");
    sandbox_set_global(L, "string");
}

static void open_libraries(lua_State *L) {
    open_string(L);
    luaL_requiref(L, "table", luaopen_table, 0);
    wrap(L, "move", safe_move);
    sort_open(L);
    push_library(L, "table");
    sandbox_set_global(L, "table");
    luaL_requiref(L, "math", luaopen_math, 0);
    push_library(L, "math");
    sandbox_set_global(L, "math");
    luaL_requiref(L, "utf8", luaopen_utf8, 0);
    push_library(L, "utf8");
    sandbox_set_global(L, "utf8");
    static const luaL_Reg os[] = {{"time", os_time}, {"date", os_date}, {NULL, NULL}};
    luaL_newlib(L, os);
    push_library(L, "os");
    sandbox_set_global(L, "os");
}

static void open_base(lua_State *L) {
    static const char *const kept[] = {"assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget",
                                       "rawlen", "select", "tonumber", "tostring", "type", "_VERSION"};
    luaL_requiref(L, "_G", luaopen_base, 0);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -1, kept[i]);
        sandbox_set_global(L, kept[i]);
    }
    lua_pop(L, 1);
    static const luaL_Reg ours[] = {{"setmetatable", safe_setmetatable}, {"print", safe_print},
                                    {"pcall", protect_pcall}, {"xpcall", protect_xpcall}};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        lua_pushcfunction(L, ours[i].func);
        sandbox_set_global(L, ours[i].name);
    }
}

static int open_all(lua_State *L) {
    lua_newtable(L); // the globals of all files
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, refuse_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &globals_key);
    lua_json_open(L);
    error_open(L);
    open_base(L);
    open_libraries(L);
    lua_json_push_library(L);
    push_library(L, "json");
    sandbox_set_global(L, "json");
    bind_hatchway(L);
    bind_time(L);
    push_library(L, "hatchway.time");
    lua_setfield(L, -2, "time");
    push_library(L, "hatchway");
    sandbox_set_global(L, "hatchway");
    declare_open(L);
    return 0;
}

lua_State *sandbox_new(script_pack *pack) {
    lua_State *L = lua_newstate(allocate, pack);
    if (!L) return NULL;
    *(void **)lua_getextraspace(L) = NULL;
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) return L;
    lua_close(L);
    return NULL;
}
