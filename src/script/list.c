// table.concat, insert, move, remove and unpack: Lua's own (reference manual, section 6.6) on a budget.
//
// They go on for as long as the length of a table or a range says, which a script may set to 2^60, and what
// is read and written may be a metamethod in C, where no hook is called. So they look at the budget every few
// elements. Results and error messages are Lua's.
#include "script/internal.h"

#include <limits.h>

#define BETWEEN_LOOKS 256

static void look(lua_State *L, lua_Unsigned n) {
    if (n % BETWEEN_LOOKS == BETWEEN_LOOKS - 1) budget_look(L);
}

// t[to] = source[from], for the tables at these indices.
static void copy(lua_State *L, int source, lua_Integer from, int target, lua_Integer to) {
    lua_geti(L, source, from);
    lua_seti(L, target, to);
    look(L, (lua_Unsigned)to);
}

static lua_Integer length(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_len(L, 1);
}

static void add_element(lua_State *L, luaL_Buffer *b, lua_Integer i) {
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1),
                   (LUAI_UACINT)i);
    luaL_addvalue(b);
    look(L, (lua_Unsigned)i);
}

static int concat(lua_State *L) {
    size_t n;
    lua_Integer last = length(L);
    const char *separator = luaL_optlstring(L, 2, "", &n);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    last = luaL_optinteger(L, 4, last);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (; i < last; i++) {
        add_element(L, &b, i);
        luaL_addlstring(&b, separator, n);
    }
    if (i == last) add_element(L, &b, i);
    luaL_pushresult(&b);
    return 1;
}

static int insert(lua_State *L) {
    lua_Integer end = (lua_Integer)((lua_Unsigned)length(L) + 1), at = end;
    int arguments = lua_gettop(L);
    if (arguments != 2 && arguments != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
    if (arguments == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)at - 1u < (lua_Unsigned)end, 2, "position out of bounds");
        for (lua_Integer i = end; i > at; i--) copy(L, 1, i - 1, 1, i);
    }
    lua_seti(L, 1, at);
    return 0;
}

static int remove_at(lua_State *L) {
    lua_Integer size = length(L), at = luaL_optinteger(L, 2, size);
    if (at != size)
        luaL_argcheck(L, (lua_Unsigned)at - 1u <= (lua_Unsigned)size, 1,
                      "position out of bounds"); // 1, as Lua says
    lua_geti(L, 1, at);
    for (; at < size; at++) copy(L, 1, at + 1, 1, at);
    lua_pushnil(L);
    lua_seti(L, 1, at);
    return 1;
}

static int move(lua_State *L) {
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, target, LUA_TTABLE);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
        lua_Integer n = last - first + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
        bool forward = to > last || to <= first || (target != 1 && !lua_compare(L, 1, target, LUA_OPEQ));
        for (lua_Integer i = 0; i < n; i++) {
            lua_Integer k = forward ? i : n - 1 - i;
            copy(L, 1, first + k, target, to + k);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

static int unpack(lua_State *L) {
    lua_Integer i = luaL_optinteger(L, 2, 1),
                last = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    if (i > last) return 0;
    lua_Unsigned n = (lua_Unsigned)last - (lua_Unsigned)i;
    if (n >= INT_MAX || !lua_checkstack(L, (int)++n)) return luaL_error(L, "too many results to unpack");
    for (; i < last; i++) {
        lua_geti(L, 1, i);
        look(L, (lua_Unsigned)i);
    }
    lua_geti(L, 1, last);
    return (int)n;
}

// Puts the functions into the library at the top.
void list_open(lua_State *L) {
    static const luaL_Reg functions[] = {{"concat", concat},    {"insert", insert}, {"move", move},
                                         {"remove", remove_at}, {"unpack", unpack}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
