// Patterns: string.find, match, gmatch and gsub of the sandbox give what Lua's own give, results and errors. In the input: a byte that
// says which function and from where, then the pattern and the replacement, a line each, then the subject.
//
// Ours runs first, on a budget of steps: what takes longer is not asked of Lua's, which nothing would stop.
#include "fuzz.h"

#include "script/internal.h"

#include <lualib.h>

#define LOOKS_MAX 20 // of 4096 steps

static int looks;

void budget_look(lua_State *L) {
    if (++looks > LOOKS_MAX) luaL_error(L, "over budget");
}

bool budget_is_due(lua_State *L) {
    (void)L;
    return false;
}

static const char gmatch_all[] = "local text, pattern, init = ...\n"
                                 "local all = {}\n"
                                 "for a, b, c in string.gmatch(text, pattern, init) do\n"
                                 "  all[#all + 1] = tostring(a) .. '|' .. tostring(b) .. '|' .. tostring(c)\n"
                                 "end\n"
                                 "return table.concat(all, ';')";

static const char gsub_function[] = "local text, pattern = ...\n"
                                    "return string.gsub(text, pattern, function(...)\n"
                                    "  local a = ...\n"
                                    "  if a == 'a' then return nil end\n"
                                    "  return select('#', ...) .. tostring(a)\n"
                                    "end)";

static lua_State *new_state(bool ours) {
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_getglobal(L, "string");
    if (ours) pattern_open(L);
    lua_settop(L, 0);
    return L;
}

// Pushes the function that the byte names, and its arguments. Returns how many.
static int push_call(lua_State *L, unsigned char which, slice pattern, slice news, slice text) {
    static const char *const names[] = {"find", "match", "gsub"};
    int kind = which % 5, init = (which / 5) % 11 - 5;
    if (kind < 3) {
        lua_getglobal(L, "string");
        lua_getfield(L, -1, names[kind]);
        lua_remove(L, -2);
    } else {
        const char *chunk = kind == 3 ? gmatch_all : gsub_function;
        HOLDS(luaL_loadbuffer(L, chunk, strlen(chunk), "=chunk") == LUA_OK);
    }
    lua_pushlstring(L, text.s, text.n);
    lua_pushlstring(L, pattern.s, pattern.n);
    if (kind == 4) return 2;
    if (kind == 2) lua_pushlstring(L, news.s, news.n);
    else lua_pushinteger(L, init);
    return 3;
}

static bool is_over_budget(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    return message && strstr(message, "over budget");
}

static void compare(lua_State *a, lua_State *b) {
    HOLDS(lua_gettop(a) == lua_gettop(b));
    for (int i = 1; i <= lua_gettop(a); i++) {
        HOLDS(lua_type(a, i) == lua_type(b, i));
        size_t n, m;
        const char *s = luaL_tolstring(a, i, &n), *t = luaL_tolstring(b, i, &m);
        if (n != m || memcmp(s, t, n) != 0) fprintf(stderr, "ours: %s\nLua's: %s\n", s, t);
        HOLDS(n == m && memcmp(s, t, n) == 0);
        lua_pop(a, 1);
        lua_pop(b, 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lua_State *ours, *plain;
    if (size < 1 || size > 600) return 0;
    if (!ours) ours = new_state(true), plain = new_state(false);
    slice rest = {(const char *)data + 1, size - 1};
    slice pattern = fuzz_line(&rest), news = fuzz_line(&rest);
    looks = 0;
    int n = push_call(ours, data[0], pattern, news, rest);
    int status = lua_pcall(ours, n, LUA_MULTRET, 0);
    if (status == LUA_OK || !is_over_budget(ours)) {
        n = push_call(plain, data[0], pattern, news, rest);
        HOLDS(lua_pcall(plain, n, LUA_MULTRET, 0) == status);
        compare(ours, plain);
    }
    lua_settop(ours, 0);
    lua_settop(plain, 0);
    return 0;
}
