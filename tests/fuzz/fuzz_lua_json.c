// Any text through Lua and back: what is JSON comes back as the same value, its keys in their order, and what is not is refused, as by
// json_compact.
#include "fuzz.h"

#include "script/lua_json.h"

#include <lauxlib.h>

static slice input;
static buf output;

static int round_trip(lua_State *L) {
    const char *error;
    size_t offset;
    if (!lua_json_push(L, input, 0, &error, &offset)) {
        HOLDS(error != NULL && offset <= input.n);
        return 0;
    }
    lua_json_write(L, -1, &output);
    lua_pushboolean(L, 1);
    return 1;
}

static bool same_order(const json_node *a, const json_node *b) {
    const json_node *x = json_first(a), *y = json_first(b);
    for (; x && y; x = json_after(a, x), y = json_after(b, y))
        if ((json_is(a, JSON_OBJECT) && !slice_equal(x->key, y->key)) || !same_order(x, y)) return false;
    return x == y;
}

// Numbers may be spelt otherwise; objects that name a member twice keep the last one, and are left out.
static void compare(slice before, slice after) {
    json_doc a, b;
    if (json_parse(&a, before, JSON_UNIQUE, 0)) {
        HOLDS(json_parse(&b, after, 0, 0));
        HOLDS(json_equal(a.nodes, b.nodes) && same_order(a.nodes, b.nodes));
        json_doc_free(&b);
    }
    json_doc_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lua_State *L;
    buf compact = BUF(FUZZ_MAX);
    const char *error;
    size_t offset;
    if (!L) {
        L = luaL_newstate();
        lua_json_open(L);
    }
    input = (slice){(const char *)data, size};
    output = BUF(FUZZ_MAX);
    bool good = json_compact(&compact, input, &error, &offset);
    lua_pushcfunction(L, round_trip);
    HOLDS(lua_pcall(L, 0, 1, 0) == LUA_OK);
    HOLDS(lua_toboolean(L, -1) == good);
    lua_settop(L, 0);
    if (good) compare(input, buf_view(&output));
    buf_free(&compact);
    buf_free(&output);
    return 0;
}
