// The sandbox: a Lua state that offers an allow list and nothing that can be changed for others. Threat model
// in script.h.
#include "script/internal.h"

#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char globals_key;

// The sanitizers see single blocks only if these come from malloc.
static void *resize(script_pack *pack, void *p, size_t old, size_t size) {
#ifdef __SANITIZE_ADDRESS__
    (void)pack, (void)old;
    if (size) return realloc(p, size);
    free(p);
    return NULL;
#else
    return slab_resize(&pack->slab, p, old, size);
#endif
}

// All memory of the state comes from here. A request beyond the ceiling fails; Lua then collects once and
// tries again, and that only helps if a sixteenth is free now: a script that lives at its ceiling would have
// everything collected for each value that it makes.
static void *allocate(void *data, void *p, size_t old, size_t size) {
    script_pack *pack = data;
    stop_reason refused = RUN_ON;
    bool is_string = !p && old == LUA_TSTRING; // for new blocks Lua passes their type
    if (!p) old = 0;
    size_t ceiling = pack->host.memory - (pack->pressed ? pack->host.memory / 16 : 0);
    if (size == 0) {
        resize(pack, p, old, 0);
        pack->memory -= old;
        return NULL;
    }
    if (is_string && size > STRING_MAX + 64) refused = STOP_STRING;
    else if (size > old && pack->memory + (size - old) > ceiling) refused = STOP_MEMORY;
    else if (!p && size >= CORE_LARGE && !core_may_grow(size)) refused = STOP_KEYS;
    bool again = refused == STOP_MEMORY && pack->pressed;
    if (size > old) pack->pressed = refused == STOP_MEMORY && !pack->pressed;
    if (refused != RUN_ON) {
        budget_note_refusal(refused);
        if (again) budget_end_of_memory();
        return NULL;
    }
    void *q = resize(pack, p, old, size);
    if (!q) return NULL;
    pack->memory += size - old;
    return q;
}

// --- libraries ---------------------------------------------------------------------------------------------

static int refuse_name(lua_State *L) {
    const char *table = lua_tostring(L, lua_upvalueindex(1));
    return luaL_error(L, "%s.%s is not available in a pack", table, luaL_tolstring(L, 2, NULL));
}

// A library: frozen, and a name that it lacks is an error that says so.
static void push_library(lua_State *L, const char *name) {
    lua_createtable(L, 0, 1);
    lua_pushstring(L, name);
    lua_pushcclosure(L, refuse_name, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    sandbox_push_frozen(L, name);
}

// --- globals -----------------------------------------------------------------------------------------------

static const char *const refused[] = {"io",     "debug",   "load",      "loadstring", "loadfile",
                                      "dofile", "package", "coroutine", "rawset",     "collectgarbage",
                                      "module", "setfenv", "getfenv"};

static int refuse_global(lua_State *L) {
    const char *name = luaL_tolstring(L, 2, NULL);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(name, refused[i]) == 0) return luaL_error(L, "'%s' is not available in a pack", name);
    return luaL_error(L, "there is no global '%s' (misspelt, or a missing 'local'?)", name);
}

static int refuse_assignment(lua_State *L) {
    return luaL_error(L, "a call cannot set the global '%s'; declare it with 'local'",
                      luaL_tolstring(L, 2, NULL));
}

void sandbox_set_global(lua_State *L, const char *name) {
    lua_pushvalue(L, -1);
    lua_setglobal(L, name); // where no script comes, but Lua looks for the names of functions in its messages
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
    lua_getfield(L, -1, "__index"); // its own globals
    frozen_freeze_fields(L);
    lua_pop(L, 1);
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 2);
}

// --- functions that differ from Lua's ----------------------------------------------------------------------

static int safe_setmetatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) frozen_resolve(L, 2);
    static const char *const never[] = {"__gc", "__mode"}; // set later they have no effect
    for (size_t i = 0; type == LUA_TTABLE && i < sizeof never / sizeof *never; i++) {
        lua_pushstring(L, never[i]);
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "'%s' is not available in a pack", never[i]);
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

// --- opening -----------------------------------------------------------------------------------------------

static void drop(lua_State *L, const char *name) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
}

static void open_string(lua_State *L) {
    luaL_requiref(L, "string", luaopen_string, 0);
    drop(L, "dump");
    text_open(L);
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
    list_open(L);
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
    static const char *const kept[] = {"assert", "error", "ipairs", "pairs", "rawequal", "select",
                                       "tonumber", "tostring", "type", "_VERSION"};
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
    core_check(L);
    open_base(L);
    frozen_open(L);
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

void sandbox_meta(lua_State *L, const char *name, const char *event, lua_CFunction function) {
    luaL_newmetatable(L, name);
    if (event) {
        lua_pushcfunction(L, function);
        lua_setfield(L, -2, event);
    }
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

lua_State *sandbox_new(script_pack *pack) {
    core_rest(0);
    lua_State *L = lua_newstate(allocate, pack);
    if (!L) return NULL;
    *(void **)lua_getextraspace(L) = NULL;
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) return L;
    lua_close(L);
    return NULL;
}
