// Any text through Lua and back: what is JSON comes back as the same value, its keys in their order, and what is not is refused, as by
// json_compact. Through a mask the same texts are refused, and the members that it names are the same.
#include "fuzz.h"

#include "script/lua_json.h"
#include "script/lua_json_mask.h"

#include <lauxlib.h>

static slice input;
static buf output, masked;

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

// Through { "a", b = { "a" } }.
static int masked_trip(lua_State *L) {
    const char *error;
    size_t offset;
    lua_pushstring(L, "a");
    lua_createtable(L, 1, 1);
    lua_createtable(L, 1, 0);
    for (int table = 2; table <= 3; table++) {
        lua_pushvalue(L, 1);
        lua_rawseti(L, table, 1);
    }
    lua_setfield(L, 2, "b");
    lua_json_push_mask(L, 2);
    if (!lua_json_push(L, input, 3, &error, &offset)) return 0;
    lua_json_write(L, -1, &masked);
    lua_pushboolean(L, 1);
    return 1;
}

static bool same_member(const json_node *whole, const json_node *part, const char *name) {
    const json_node *a = json_get(whole, name), *b = json_get(part, name);
    return a && b ? json_equal(a, b) : a == b;
}

static void compare_masked(slice before, slice after) {
    json_doc a, b;
    if (json_parse(&a, before, JSON_UNIQUE, 0) && json_is(a.nodes, JSON_OBJECT)) {
        HOLDS(json_parse(&b, after, 0, 0));
        const json_node *whole = json_get(a.nodes, "b"), *part = json_get(b.nodes, "b");
        HOLDS(same_member(a.nodes, b.nodes, "a") && !whole == !part);
        HOLDS(b.nodes->count <= 2 && (!json_is(whole, JSON_OBJECT) || same_member(whole, part, "a")));
        json_doc_free(&b);
    }
    json_doc_free(&a);
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
    masked = BUF(FUZZ_MAX);
    lua_pushcfunction(L, masked_trip);
    HOLDS(lua_pcall(L, 0, 1, 0) == LUA_OK);
    HOLDS(lua_toboolean(L, -1) == good);
    lua_settop(L, 0);
    if (good) compare(input, buf_view(&output));
    if (good) compare_masked(input, buf_view(&masked));
    buf_free(&masked);
    buf_free(&compact);
    buf_free(&output);
    return 0;
}
