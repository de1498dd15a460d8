// Frozen tables: what calls share and none may change. Libraries, what a module returns, and the globals of a
// file.
//
// A frozen table is an empty table that reads through to the original, which nothing hands out. Freezing goes
// to the depth: tables in the table become frozen ones too. C that reads tables without metamethods asks
// frozen_original first.
#include "script/internal.h"

#include <string.h>

#define NESTING_MAX 100

static const char original_key, name_key; // in the metatable of a frozen table
static const char frozen_key;             // in the registry: original → frozen

bool frozen_original(lua_State *L, int index) {
    if (!lua_getmetatable(L, index)) return false;
    if (lua_rawgetp(L, -1, &original_key) == LUA_TTABLE) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 2);
    return false;
}

void frozen_resolve(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (frozen_original(L, index)) lua_replace(L, index);
}

void frozen_thaw(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (!frozen_original(L, index)) return;
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_replace(L, index);
    lua_pop(L, 1);
}

static int refuse_change(lua_State *L) {
    const char *field = luaL_tolstring(L, 2, NULL);
    lua_getmetatable(L, 1);
    lua_rawgetp(L, -1, &name_key);
    return luaL_error(L, "%s cannot be changed (field \"%s\")", lua_tostring(L, -1), field);
}

static int frozen_length(lua_State *L) {
    frozen_resolve(L, 1);
    lua_len(L, 1);
    return 1;
}

static int frozen_equal(lua_State *L) {
    frozen_resolve(L, 1);
    frozen_resolve(L, 2);
    lua_pushboolean(L, lua_rawequal(L, 1, 2));
    return 1;
}

// next, rawget and rawlen of scripts: Lua's own, and through frozen tables.
static int next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    frozen_resolve(L, 1);
    return lua_next(L, 1) ? 2 : (lua_pushnil(L), 1);
}

static int frozen_pairs(lua_State *L) {
    lua_settop(L, 1);
    lua_pushcfunction(L, next);
    lua_insert(L, 1);
    lua_pushnil(L);
    return 3;
}

static int rawget(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    frozen_resolve(L, 1);
    lua_rawget(L, 1);
    return 1;
}

static int rawlen(lua_State *L) {
    luaL_argexpected(L, lua_istable(L, 1) || lua_type(L, 1) == LUA_TSTRING, 1, "table or string");
    frozen_resolve(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
    return 1;
}

// What the original can do besides being read and written (to be called, added, …) its frozen form can too.
static void keep_metamethods(lua_State *L, int original, int meta) {
    static const char *const ours[] = {"__index", "__newindex",  "__len", "__pairs",
                                       "__eq",    "__metatable", "__gc",  "__mode"};
    if (!lua_getmetatable(L, original)) return;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *event = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        bool kept = strncmp(event, "__", 2) == 0;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) kept &= strcmp(event, ours[i]) != 0;
        if (!kept) continue;
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, meta);
    }
    lua_pop(L, 1);
}

// The frozen form of the table at index `original`, without looking inside. Its name is at the top. [-1, +1,
// m]
static void push_shell(lua_State *L, int original) {
    static const luaL_Reg events[] = {{"__newindex", refuse_change},
                                      {"__len", frozen_length},
                                      {"__pairs", frozen_pairs},
                                      {"__eq", frozen_equal},
                                      {NULL, NULL}};
    lua_newtable(L);
    lua_createtable(L, 0, 8); // name, shell, metatable
    luaL_setfuncs(L, events, 0);
    lua_pushvalue(L, original);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, original);
    lua_rawsetp(L, -2, &original_key);
    lua_pushvalue(L, -3);
    lua_rawsetp(L, -2, &name_key);
    keep_metamethods(L, original, lua_gettop(L));
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

static void freeze(lua_State *L, int done, int depth);

// Freezes the tables in the table at index `original`, whose name is at index `name`; without one its fields
// have names of their own.
static void freeze_fields(lua_State *L, int original, int name, int done, int depth) {
    if (depth == NESTING_MAX) luaL_error(L, "%s is nested too deeply", lua_tostring(L, name));
    luaL_checkstack(L, 16, "freezing");
    for (lua_pushnil(L); lua_next(L, original); lua_pop(L, 1)) {
        if (!lua_istable(L, -1)) continue;
        if (lua_rawlen(L, name) == 0)
            lua_pushfstring(L, "%s", lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "a global");
        else if (lua_type(L, -2) == LUA_TSTRING)
            lua_pushfstring(L, "%s.%s", lua_tostring(L, name), lua_tostring(L, -2));
        else lua_pushfstring(L, "%s[…]", lua_tostring(L, name));
        freeze(L, done, depth + 1);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, original); // key, frozen
    }
}

// The stack ends with a table and its name; replaces both by its frozen form. `done` is the index of the
// table original → frozen.
static void freeze(lua_State *L, int done, int depth) {
    int original = lua_gettop(L) - 1, name = original + 1;
    if (frozen_original(L, original)) {
        lua_settop(L, original); // is frozen
        return;
    }
    lua_pushvalue(L, original);
    if (lua_rawget(L, done) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushvalue(L, name);
        push_shell(L, original);
        lua_pushvalue(L, original);
        lua_pushvalue(L, -2);
        lua_rawset(L, done);
        freeze_fields(L, original, name, done, depth);
    }
    lua_replace(L, original);
    lua_settop(L, original);
}

void sandbox_push_frozen(lua_State *L, const char *name) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key);
    lua_insert(L, -2);
    lua_pushstring(L, name);
    freeze(L, lua_gettop(L) - 2, 0);
    lua_remove(L, -2);
}

void frozen_freeze_fields(lua_State *L) {
    int original = lua_gettop(L);
    lua_pushliteral(L, "");
    lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key);
    freeze_fields(L, original, original + 1, original + 2, 0);
    lua_settop(L, original);
}

// A frozen table may be a metatable: Lua gets the original, which alone it can read, and scripts see the
// frozen one.
static int get_metatable(lua_State *L) {
    luaL_checkany(L, 1);
    if (!lua_getmetatable(L, 1)) return lua_pushnil(L), 1;
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return 1;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key);
    lua_pushvalue(L, -2);
    if (lua_rawget(L, -2) == LUA_TNIL) lua_pop(L, 2);
    return 1;
}

void frozen_open(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"next", next}, {"rawget", rawget}, {"rawlen", rawlen}, {"getmetatable", get_metatable}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &frozen_key);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushcfunction(L, functions[i].func);
        sandbox_set_global(L, functions[i].name);
    }
}
