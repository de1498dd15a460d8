// What Lua's API cannot do.
//
// Two holes of Lua's core are closed. Both let a few lines keep the process busy for minutes inside of one
// instruction of the virtual machine, where no hook is called and nothing can be paused or stopped.
//
//   Weak keys. The collector marks a table with weak keys again and again until nothing changes: a long chain
//   of keys and values takes time that grows with the square of its length. So no table has weak keys or
//   values, whatever its metatable says. Keys that collide. Where a number lies in a table is known
//   beforehand (numbers are hashed without a seed), and when a table grows each of its keys is looked for
//   among those in the same place: again the square. So a table does not grow when that would be long.
//
// And the collector rests longer between its cycles. Each walks over the whole pack, which does not change, and
// a small pack would be walked over again after a few hundred calls: that cost as much as the calls.
//
// The linker puts these functions before Lua's own (--wrap in CMakeLists.txt). They know of Lua's insides:
// the number of an event, and the layout of tables and their nodes, which is the same in all releases of 5.4.
// core_check makes sure of both at the start.
#include "script/internal.h"

#include <math.h>
#include <string.h>

_Static_assert(LUA_VERSION_NUM == 504, "the layout of tables is that of Lua 5.4");

typedef struct node {
    lua_Number value;
    uint8_t type, key_type;
    int next;
    union {
        lua_Integer integer;
        lua_Number number;
    } key;
} node;

typedef struct table {
    void *gc_next;
    uint8_t gc_type, gc_mark, flags, log_size;
    unsigned array_size;
    void *array;
    node *nodes;
} table;

enum { INTEGER = 0x03, FLOAT = 0x13, EVENT_MODE = 3 };

_Static_assert(CORE_LARGE == (1 << 12) * sizeof(node), "tables of fewer nodes cannot take long");
#define WORK_MAX 4000000    // comparisons of keys when a table grows: some 10 ms
#define PLACES (1 << 14)

static const table *growing; // a key is being added to it

// --- weak tables -------------------------------------------------------------------------------------------

const void *__real_luaT_gettm(void *events, int event, void *name);
const void *__wrap_luaT_gettm(void *events, int event, void *name);

const void *__wrap_luaT_gettm(void *events, int event, void *name) {
    return event == EVENT_MODE ? NULL : __real_luaT_gettm(events, event, name);
}

// --- collisions --------------------------------------------------------------------------------------------

void __real_luaH_finishset(lua_State *L, void *t, const void *key, const void *slot, void *value);
void __wrap_luaH_finishset(lua_State *L, void *t, const void *key, const void *slot, void *value);

void __wrap_luaH_finishset(lua_State *L, void *t, const void *key, const void *slot, void *value) {
    growing = t;
    __real_luaH_finishset(L, t, key, slot,
                          value); // an error leaves `growing` to the next one, which sets it first
    growing = NULL;
}

// The place of a key among so many nodes, as Lua computes it; -1 for keys that are no numbers.
static int64_t place_of(const node *n, uint64_t nodes) {
    uint64_t odd = (nodes - 1) | 1;
    if (n->key_type == INTEGER) return (int64_t)((uint64_t)n->key.integer % odd);
    if (n->key_type != FLOAT) return -1;
    int exponent;
    double scaled = frexp(n->key.number, &exponent) * -(double)INT32_MIN;
    if (!(fabs(scaled) < 9e18)) return 0;
    unsigned u = (unsigned)exponent + (unsigned)(lua_Integer)scaled;
    return (int64_t)((u <= INT32_MAX ? u : ~u) % odd);
}

// How many keys would be compared if the table got so many nodes. Counted in PLACES, which is exact enough.
static uint64_t work_of(const table *t, uint64_t nodes) {
    static uint32_t keys[PLACES];
    memset(keys, 0, sizeof keys);
    uint64_t work = 0;
    for (size_t i = 0; i < (size_t)1 << t->log_size; i++) {
        int64_t place = place_of(&t->nodes[i], nodes);
        if (place >= 0) work += keys[place % PLACES]++;
    }
    uint64_t all = (uint64_t)1 << t->log_size,
             even = all * all / PLACES; // what the counting adds when keys lie evenly
    return work > even ? work - even : 0;
}

bool core_may_grow(size_t size) {
    const table *t = growing;
    if (!t || size % sizeof(node)) return true;
    uint64_t nodes = size / sizeof(node);
    if (nodes & (nodes - 1)) return true;
    return work_of(t, nodes) <= WORK_MAX;
}

// --- the rest of the collector -----------------------------------------------------------------------------

#define REST ((size_t)4 << 20)
#define CYCLE_END (-(128 << 10)) // between its steps the debt is that of one: 8 KB, or more after a large table

static ptrdiff_t rest;
static bool charging; // lua_gc sets the debt

void __real_luaE_setdebt(void *global, ptrdiff_t debt);
void __wrap_luaE_setdebt(void *global, ptrdiff_t debt);

// At the end of a cycle Lua's debt is what may be allocated before the next one, below zero.
void __wrap_luaE_setdebt(void *global, ptrdiff_t debt) {
    __real_luaE_setdebt(global, debt < CYCLE_END && debt > -rest && !charging ? -rest : debt);
}

void core_rest(size_t memory) { rest = (ptrdiff_t)(memory / 16 < REST ? memory / 16 : REST); }

void core_charge(lua_State *L, size_t bytes) {
    charging = true;
    lua_gc(L, LUA_GCSTEP, (int)(bytes >> 10));
    charging = false;
}

// --- the check ---------------------------------------------------------------------------------------------

// Is what this file knows of Lua true for the Lua that it is linked with? Raises if not.
void core_check(lua_State *L) {
    lua_createtable(L, 0, 1);
    const table *t = lua_topointer(L, -1);
    lua_pushinteger(L, 4711);
    lua_rawsetp(L, -2, t); // no number: is passed over
    lua_pushboolean(L, 1);
    lua_rawseti(L, -2, 815);
    lua_pushnumber(L, 0.5);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    int found = 0;
    for (size_t i = 0; i < (size_t)1 << t->log_size; i++) {
        found += t->nodes[i].key_type == INTEGER && t->nodes[i].key.integer == 815;
        found += t->nodes[i].key_type == FLOAT && t->nodes[i].key.number == 0.5;
    }
    if (t->log_size != 2 || found != 2) luaL_error(L, "this Lua lays out its tables in another way");
    lua_createtable(L, 0, 1); // a weak table that must keep what it holds
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_rawseti(L, -2, 1);
    lua_gc(L, LUA_GCCOLLECT);
    if (lua_rawgeti(L, -1, 1) != LUA_TTABLE) luaL_error(L, "this Lua has weak tables");
    lua_pop(L, 2);
}
