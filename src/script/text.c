// string.rep, format, pack, packsize and unpack: Lua's own (reference manual, section 6.4), kept from running
// long.
//
// Strings have a ceiling (STRING_MAX), so most of what Lua does with one string is short. These are what is
// left: rep builds what is larger before it is refused, or copies nothing 2^60 times; a format may ask for a
// million numbers of 400 digits each, or for %q, which costs fifty times what a copy does; the formats of
// pack and unpack are programs.
#include "script/internal.h"

#include <string.h>

#define CONVERSIONS_MAX 2000             // of one format
#define QUOTED_MAX ((size_t)512 << 10)   // bytes that the %q of one format may quote
#define PACK_FORMAT_MAX ((size_t)64 << 10)

static int rep(lua_State *L) {
    size_t n, between;
    const char *s = luaL_checklstring(L, 1, &n), *separator = luaL_optlstring(L, 3, "", &between);
    lua_Integer times = luaL_checkinteger(L, 2);
    if (times <= 0 || n + between == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((lua_Unsigned)times > LUA_MAXINTEGER / (n + between))
        return luaL_error(L, "resulting string too large");
    size_t total = n + (n + between) * ((size_t)times - 1);
    if (total > STRING_MAX) { // the error that making the string would give
        budget_note_refusal(STOP_STRING);
        lua_pushliteral(L, "not enough memory");
        return lua_error(L);
    }
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, total + between);
    memcpy(out, s, n);
    memcpy(out + n, separator, between);
    size_t done = n + between;
    while (done < total) { // what is there already is copied behind itself
        size_t more = done < total + between - done ? done : total + between - done;
        memcpy(out + done, out, more);
        done += more;
    }
    luaL_pushresultsize(&b, total);
    return 1;
}

// Goes on as the original, which is the upvalue, in the place of ours: so its errors name the function and
// the line of the caller.
static int call_original(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

// The longest of the strings among the arguments.
static size_t longest(lua_State *L) {
    size_t most = 0;
    for (int i = 2, top = lua_gettop(L); i <= top; i++)
        if (lua_type(L, i) == LUA_TSTRING && lua_rawlen(L, i) > most) most = lua_rawlen(L, i);
    return most;
}

static int format(lua_State *L) {
    size_t n, conversions = 0, quoted = 0;
    const char *s = luaL_checklstring(L, 1, &n);
    for (size_t i = 0; i + 1 < n; i++) {
        if (s[i] != '%') continue;
        conversions += s[++i] != '%';
        quoted += s[i] == 'q';
    }
    luaL_argcheck(L, conversions <= CONVERSIONS_MAX, 1, "too many conversions");
    luaL_argcheck(L, quoted == 0 || longest(L) <= QUOTED_MAX / quoted, 1, "too much to quote with %q");
    return call_original(L);
}

// A format of pack: its length, and the sum of the sizes in it, are bounded.
static int packing(lua_State *L) {
    size_t n, sizes = 0, size = 0;
    const char *s = luaL_checklstring(L, 1, &n);
    luaL_argcheck(L, n <= PACK_FORMAT_MAX, 1, "format too long");
    for (size_t i = 0; i <= n; i++) {
        if (i < n && s[i] >= '0' && s[i] <= '9') {
            size = size > STRING_MAX ? size : size * 10 + (size_t)(s[i] - '0');
        } else {
            sizes += size;
            size = 0;
        }
    }
    luaL_argcheck(L, sizes <= STRING_MAX, 1, "sizes too large");
    return call_original(L);
}

// Puts ours into the library at the top, in the place of the originals.
void text_open(lua_State *L) {
    static const luaL_Reg around[] = {
        {"format", format}, {"pack", packing}, {"packsize", packing}, {"unpack", packing}};
    lua_pushcfunction(L, rep);
    lua_setfield(L, -2, "rep");
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        lua_getfield(L, -1, around[i].name);
        lua_pushcclosure(L, around[i].func, 1);
        lua_setfield(L, -2, around[i].name);
    }
}
