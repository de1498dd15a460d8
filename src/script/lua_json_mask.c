// Masks: which members of a text become Lua values. Contract in lua_json_mask.h.
#include "script/lua_json_mask.h"
#include "script/internal.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1000
#define SLOTS 64

typedef struct mask_member {
    slice name;
    int inner;
    int16_t next;              // of the same slot, or -1
} mask_member;

typedef struct mask_object {
    int first, count;          // of its members
    int16_t slots[SLOTS];      // of a hash: a member, or -1
} mask_object;

// Its user value is a list of what Lua needs: the names of all members, then the shapes of all objects.
struct lua_json_mask {
    int object_count, member_count;
    mask_object *objects;      // both lie behind this
    mask_member *members;
};

static unsigned slot_of(slice name) {
    if (!name.n) return 0;
    return ((unsigned)name.n * 5 + (unsigned char)name.s[0] * 3 + (unsigned char)name.s[name.n - 1]) % SLOTS;
}

int mask_find(const lua_json_mask *mask, int object, slice name) {
    int at = mask->objects[object].slots[slot_of(name)];
    while (at >= 0 && !slice_equal(mask->members[at].name, name)) at = mask->members[at].next;
    return at;
}

int mask_inner(const lua_json_mask *mask, int member) { return mask->members[member].inner; }

void mask_push_name(lua_State *L, int keep, int member) { lua_rawgeti(L, keep, member + 1); }

void mask_push_object(lua_State *L, const lua_json_mask *mask, int keep, int object) {
    lua_createtable(L, 0, mask->objects[object].count);
    lua_rawgeti(L, keep, mask->member_count + object + 1);
    lua_setmetatable(L, -2);
}

// --- compiling ---------------------------------------------------------------------------------------------
//
// Two tables stand on the stack meanwhile: `sources` is the list of the tables of the mask, each once, and at
// sources + 1 each of them tells its place there.

// The place of the table at the top, which is popped; it is added if it is new.
static int place_of(lua_State *L, int sources) {
    frozen_resolve(L, -1);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, sources + 1) == LUA_TNIL) {
        lua_Integer place = (lua_Integer)lua_rawlen(L, sources) + 1;
        lua_pushvalue(L, -2);
        lua_rawseti(L, sources, place);
        lua_pushvalue(L, -2);
        lua_pushinteger(L, place);
        lua_rawset(L, sources + 1);
        lua_pop(L, 2);
        return (int)place - 1;
    }
    int place = (int)lua_tointeger(L, -1) - 1;
    lua_pop(L, 2);
    return place;
}

// How many members the table at the top may have. The tables in it are added.
static int check_source(lua_State *L, int sources) {
    int table = lua_gettop(L), count = 0;
    lua_Unsigned listed = 0;
    for (lua_pushnil(L); lua_next(L, table); count++) {
        bool in_list = lua_isinteger(L, -2) && lua_type(L, -1) == LUA_TSTRING;
        bool named = lua_type(L, -2) == LUA_TSTRING && lua_istable(L, -1);
        if (!in_list && !named)
            luaL_error(L, "a mask lists names of members, and has tables with names: { \"id\", rows = { \"name\" } }");
        listed += in_list;
        if (named) place_of(L, sources);
        else lua_pop(L, 1);
    }
    if (listed != lua_rawlen(L, table)) luaL_error(L, "the list of a mask has holes");
    return count;
}

static int check_sources(lua_State *L, int sources) {
    int count = 0;
    for (lua_Unsigned i = 1; i <= lua_rawlen(L, sources); i++) {
        lua_rawgeti(L, sources, (lua_Integer)i);
        count += check_source(L, sources);
        lua_pop(L, 1);
        if (count > MEMBERS_MAX) luaL_error(L, "a mask has more than %d names", MEMBERS_MAX);
    }
    return count;
}

static lua_json_mask *new_mask(lua_State *L, int objects, int members) {
    lua_json_mask *mask = lua_newuserdatauv(
        L, sizeof *mask + (size_t)objects * sizeof(mask_object) + (size_t)members * sizeof(mask_member), 1);
    mask->object_count = objects;
    mask->member_count = 0;
    mask->members = (mask_member *)(mask + 1);
    mask->objects = (mask_object *)(mask->members + members);
    return mask;
}

static int by_name(const void *a, const void *b) {
    const mask_member *x = a, *y = b;
    int order = memcmp(x->name.s, y->name.s, x->name.n < y->name.n ? x->name.n : y->name.n);
    return order ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

// Appends the string at the top, unless the object has it. It is popped: the source keeps it.
static void add_member(lua_State *L, lua_json_mask *mask, mask_object *object) {
    slice name;
    name.s = lua_tolstring(L, -1, &name.n);
    lua_pop(L, 1);
    if (mask_find(mask, (int)(object - mask->objects), name) >= 0) return;
    mask->members[mask->member_count++] = (mask_member){.name = name, .inner = MASK_ALL};
    object->count++;
}

static void add_to_slots(lua_json_mask *mask, mask_object *object, int from) {
    for (int i = from; i < object->first + object->count; i++) {
        int16_t *slot = &object->slots[slot_of(mask->members[i].name)];
        mask->members[i].next = *slot;
        *slot = (int16_t)i;
    }
}

// Makes an object from the table at the top.
static void make_object(lua_State *L, lua_json_mask *mask, mask_object *object) {
    int table = lua_gettop(L);
    *object = (mask_object){.first = mask->member_count};
    memset(object->slots, -1, sizeof object->slots);
    for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, table); i <= n; i++) {
        int from = mask->member_count;
        lua_rawgeti(L, table, i);
        add_member(L, mask, object);
        add_to_slots(mask, object, from);
    }
    int listed = mask->member_count;
    for (lua_pushnil(L); lua_next(L, table);) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) continue;
        lua_pushvalue(L, -1);
        add_member(L, mask, object);
    }
    qsort(mask->members + listed, (size_t)(mask->member_count - listed), sizeof *mask->members, by_name);
    add_to_slots(mask, object, listed);
}

// Fills the list that the mask keeps, and says which member holds which object. The table that the object was made
// from is at the top, the list below it.
static void link_object(lua_State *L, lua_json_mask *mask, int number, int sources) {
    const mask_object *object = &mask->objects[number];
    int table = lua_gettop(L), keep = table - 1;
    lua_createtable(L, object->count, 2); // the shape
    for (int i = object->first; i < object->first + object->count; i++) {
        mask_member *member = &mask->members[i];
        lua_pushlstring(L, member->name.s, member->name.n);
        lua_pushvalue(L, -1);
        lua_rawseti(L, keep, i + 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, table + 1, i - object->first + 1);
        if (lua_rawget(L, table) == LUA_TTABLE) member->inner = place_of(L, sources);
        else lua_pop(L, 1);
    }
    lua_json_become_shape(L);
    lua_rawseti(L, keep, mask->member_count + number + 1);
}

void lua_json_push_mask(lua_State *L, int index) {
    luaL_checkstack(L, 20, "mask");
    lua_pushvalue(L, index);
    lua_newtable(L);
    lua_newtable(L);
    int sources = lua_gettop(L) - 1;
    lua_pushvalue(L, sources - 1);
    place_of(L, sources);
    int members = check_sources(L, sources);
    lua_json_mask *mask = new_mask(L, (int)lua_rawlen(L, sources), members);
    for (int i = 0; i < mask->object_count; i++) {
        lua_rawgeti(L, sources, i + 1);
        make_object(L, mask, &mask->objects[i]);
        lua_pop(L, 1);
    }
    lua_createtable(L, mask->member_count + mask->object_count, 0);
    for (int i = 0; i < mask->object_count; i++) {
        lua_rawgeti(L, sources, i + 1);
        link_object(L, mask, i, sources);
        lua_pop(L, 1);
    }
    lua_setiuservalue(L, -2, 1);
    lua_replace(L, sources - 1);
    lua_settop(L, sources - 1);
}
