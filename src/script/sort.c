// table.sort on a budget: other calls run while it compares, and a comparison function that never ends is
// stopped like any other code.
//
// A merge sort from the bottom up, one comparison at a time, so that it can stop anywhere and go on later. It
// never needs more than n log2 n comparisons, whatever the comparison function says; elements that are equal
// keep their order.
#include "script/internal.h"

enum { SORT_TABLE = 1, SORT_LESS, SORT_STATE, SORT_FROM, SORT_TO };

typedef struct sort_state {
    lua_Integer n;
    lua_Integer width;              // of sorted runs
    lua_Integer start;              // of the pair of runs that is being merged, from 1
    lua_Integer left, right, out;   // next of the left run, of the right one, of the result
    unsigned compared;
} sort_state;

static lua_Integer least(lua_Integer a, lua_Integer b) { return a < b ? a : b; }

static void begin_pair(sort_state *s, lua_Integer start) {
    s->start = s->left = s->out = start;
    s->right = least(start + s->width, s->n + 1);
}

// Moves one element from the left or the right run to the result.
static void take(lua_State *L, sort_state *s, bool right) {
    lua_rawgeti(L, SORT_FROM, right ? s->right++ : s->left++);
    lua_rawseti(L, SORT_TO, s->out++);
}

static int sort_continue(lua_State *L, int status, lua_KContext context);

// Is the next of the right run less than the next of the left one? With a function it may yield:
// sort_continue goes on then.
static bool right_is_less(lua_State *L, const sort_state *s) {
    bool less;
    bool function = !lua_isnil(L, SORT_LESS);
    if (function) lua_pushvalue(L, SORT_LESS);
    lua_rawgeti(L, SORT_FROM, s->right);
    lua_rawgeti(L, SORT_FROM, s->left);
    if (function) {
        lua_callk(L, 2, 1, 1, sort_continue);
        less = lua_toboolean(L, -1);
        lua_pop(L, 1);
    } else {
        less = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
    }
    return less;
}

// Writes the sorted elements back.
static int finish(lua_State *L, const sort_state *s) {
    for (lua_Integer i = 1; i <= s->n; i++) {
        lua_rawgeti(L, SORT_FROM, i);
        lua_seti(L, SORT_TABLE, i);
        if (i % 256 == 0) budget_look(L);
    }
    return 0;
}

static int sort_run(lua_State *L, sort_state *s) {
    while (s->width < s->n) {
        lua_Integer middle = least(s->start + s->width, s->n + 1),
                    end = least(s->start + 2 * s->width, s->n + 1);
        while (s->out < end) {
            if (s->left == middle || s->right == end) {
                take(L, s, s->left == middle);
                continue;
            }
            if (budget_is_due(L)) return lua_yieldk(L, 0, 0, sort_continue);
            if (++s->compared % 64 == 0) budget_look(L);
            take(L, s, right_is_less(L, s));
        }
        if (end <= s->n) {
            begin_pair(s, end);
        } else { // all pairs of this width: the result is what is merged next
            lua_insert(L, SORT_FROM);
            s->width *= 2;
            begin_pair(s, 1);
        }
    }
    return finish(L, s);
}

// After a pause (context 0), or with the answer of the comparison function at the top (1).
static int sort_continue(lua_State *L, int status, lua_KContext context) {
    (void)status;
    sort_state *s = lua_touserdata(L, SORT_STATE);
    bool less = context == 1 && lua_toboolean(L, -1);
    lua_settop(L, SORT_TO);
    if (context == 1) take(L, s, less);
    return sort_run(L, s);
}

static int sort(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    sort_state *s = lua_newuserdatauv(L, sizeof *s, 0);
    *s = (sort_state){.n = luaL_len(L, 1), .width = 1};
    luaL_argcheck(L, s->n < 100000000, 1, "array too big");
    lua_newtable(L);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= s->n; i++) {
        if (i % 4096 == 0) budget_look(L); // __len may promise more than there is
        lua_geti(L, SORT_TABLE, i);
        lua_rawseti(L, SORT_FROM, i);
        if (i % 256 == 0) budget_look(L);
    }
    begin_pair(s, 1);
    return sort_run(L, s);
}

// Puts table.sort into the library at the top.
void sort_open(lua_State *L) {
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
}
