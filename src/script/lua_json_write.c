// Lua values to JSON. Contract in lua_json.h.
//
// What is open stands in a list, not in the recursion of C, so that writing can pause anywhere. Tables are
// read without metamethods.
#include "script/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 20000 // of one table of a script: sorting them is one go

#define LAID_MAX 16     // members of a small object

// One table that is being written. On the stack: the table, its list of keys (or nil), the names that are not
// in it (or nil), and the members of a small object, key and value.
typedef struct open_table {
    bool object;
    int base;
    lua_Integer i, n;      // of the array, or of the list of keys
    size_t left;           // members that have not been written
    slice *names;          // in the order of the alphabet, in a userdata on the stack
    size_t name, name_count;
    const char *key;       // of the member that is being written
    bool laid;             // it is a small object: i and n are of
    uint8_t order[LAID_MAX]; // its members on the stack, as they are to be written
} open_table;

#define ROOM 4 // for what is open, at first

typedef struct writing {
    buf *out;
    int depth;
    unsigned steps;
    size_t seen;           // length of `out` at the last look at the budget
    lua_KFunction then;
    lua_KContext context;
    int at;                // stack index of this; what is open lies in `first`, or in the userdata above this
    int room;
    open_table *open, first[ROOM];
} writing;

static int refuse(lua_State *L, writing *w, const char *what) {
    buf path = BUF(4096);
    buf_char(&path, '$');
    for (int i = 0; i < w->depth; i++) {
        const open_table *o = &w->open[i];
        if (o->object && o->key) buf_printf(&path, ".%.60s", o->key);
        else if (!o->object) buf_printf(&path, "[%lld]", (long long)o->i);
    }
    lua_pushfstring(L, "cannot be written as JSON: %s at %s", what, buf_string(&path));
    buf_free(&path);
    buf_free(w->out); // it may be large, and be garbage for long
    return lua_error(L);
}

static size_t count_members(lua_State *L, int table) {
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        if (++n % 256 == 0) budget_look(L);
    return n;
}

static int by_text(const void *a, const void *b) {
    const slice *x = a, *y = b;
    int order = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

// The names that are not in the list of keys. They lie in a userdata on the stack, which keeps the strings
// too: while this pauses another function of the same call may change the table.
static void list_names(lua_State *L, writing *w, open_table *o) {
    if (o->left > NAMES_MAX) refuse(L, w, "a table with more than 20000 names");
    int known = o->base + 3;
    lua_newtable(L);
    for (lua_Integer i = 1; i <= o->n; i++) {
        lua_rawgeti(L, o->base + 1, i);
        lua_pushboolean(L, 1);
        lua_rawset(L, known);
    }
    o->names = lua_newuserdatauv(L, o->left * sizeof *o->names, 1);
    lua_createtable(L, (int)o->left, 0);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, known + 1, 1);
    lua_pushvalue(L, known + 1);
    lua_replace(L, o->base + 2);
    for (lua_pushnil(L); lua_next(L, o->base); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) refuse(L, w, "a table with both names and numbers");
        lua_pushvalue(L, -2);
        lua_rawget(L, known);
        if (lua_isnil(L, -1) && o->name_count < o->left) {
            slice *name = &o->names[o->name_count++];
            name->s = lua_tolstring(L, -3, &name->n);
            lua_pushvalue(L, -3);
            lua_rawseti(L, known + 2, (lua_Integer)o->name_count);
        }
        lua_pop(L, 1);
    }
    lua_settop(L, o->base + 2);
    qsort(o->names, o->name_count, sizeof *o->names, by_text);
}

// Orders n members that lie on the stack: those of the list of keys first, then by name.
static void order_members(lua_State *L, open_table *o, const slice *names, int n) {
    unsigned placed = 0;
    int count = 0;
    for (lua_Integer k = 1; k <= o->n && count < n; k++) {
        slice key;
        lua_rawgeti(L, o->base + 1, k);
        key.s = lua_tolstring(L, -1, &key.n);
        lua_pop(L, 1);
        for (int i = 0; i < n; i++) {
            if (names[i].s != key.s && !slice_equal(names[i], key)) continue;
            if (!(placed & 1u << i)) o->order[count++] = (uint8_t)i;
            placed |= 1u << i;
            break;
        }
    }
    for (int i = 0, listed = count; i < n; i++) {
        if (placed & 1u << i) continue;
        int at = count++;
        for (; at > listed && by_text(&names[i], &names[o->order[at - 1]]) < 0; at--)
            o->order[at] = o->order[at - 1];
        o->order[at] = (uint8_t)i;
    }
}

// Puts the members of an object on the stack if they are few. False, and the stack as it was: they are many, or
// a key is no name.
static bool lay_out(lua_State *L, open_table *o) {
    slice names[LAID_MAX];
    int n = 0;
    lua_pushnil(L);
    while (lua_next(L, o->base)) {
        if (n == LAID_MAX || lua_type(L, -2) != LUA_TSTRING) {
            lua_settop(L, o->base + 2);
            return false;
        }
        names[n].s = lua_tolstring(L, -2, &names[n].n);
        n++;
        lua_pushvalue(L, -2);
    }
    order_members(L, o, names, n);
    o->laid = true;
    o->left = (size_t)n;
    o->n = n;
    return true;
}

// Begins the table at the top, which stays there until it ends.
static void begin_table(lua_State *L, writing *w) {
    if (w->depth == JSON_DEPTH) refuse(L, w, "nested too deeply (or a cycle)");
    luaL_checkstack(L, 2 * LAID_MAX + 12, "JSON");
    int base = lua_gettop(L);
    frozen_resolve(L, base);
    char kind = lua_json_kind(L, base);
    lua_Integer length = (lua_Integer)lua_rawlen(L, base);
    bool object = kind == 'o' || (kind == 0 && length == 0);
    open_table o = {.object = object, .base = base, .n = length};
    if (object) {
        if (kind == 0) lua_pushnil(L);
        lua_pushnil(L);
        o.n = kind ? (lua_Integer)lua_rawlen(L, base + 1) : 0;
        if (!lay_out(L, &o)) o.left = count_members(L, base);
    } else if (kind == 0 && count_members(L, base) != (size_t)length) {
        refuse(L, w, "a table with both names and numbers, or with holes");
    }
    json_open(w->out, object ? '{' : '[');
    if (w->depth == w->room) {
        open_table *more = lua_newuserdatauv(L, 8 * (size_t)w->room * sizeof *more, 0);
        memcpy(more, w->open, (size_t)w->room * sizeof *more);
        lua_replace(L, w->at + 1);
        w->open = more;
        w->room *= 8;
    }
    w->open[w->depth++] = o;
}

// Writes the value at the top, which it pops, or begins it.
static void put_value(lua_State *L, writing *w) {
    size_t n;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TTABLE: begin_table(L, w); return;
    case LUA_TBOOLEAN: json_put_bool(w->out, lua_toboolean(L, -1)); break;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &n);
        json_put_string(w->out, (slice){text, n});
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1)) json_put_int(w->out, lua_tointeger(L, -1));
        else if (isfinite(lua_tonumber(L, -1))) json_put_real(w->out, lua_tonumber(L, -1));
        else refuse(L, w, "a number that is not finite");
        break;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, -1)) refuse(L, w, "an opaque value");
        json_put_null(w->out);
        break;
    case LUA_TUSERDATA:
        text = luaL_testudata(L, -1, LUA_JSON_BIG);
        if (!text) refuse(L, w, "an opaque value");
        else json_put_raw(w->out, slice_of(text));
        break;
    default: refuse(L, w, luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

static void put_element(lua_State *L, writing *w, open_table *o) {
    if (lua_rawgeti(L, o->base, ++o->i) == LUA_TNIL) {
        json_put_null(w->out);
        lua_pop(L, 1);
    } else {
        put_value(L, w);
    }
}

// The key is at the top; writes the member if the table has it. `name` is its text.
static void put_member(lua_State *L, writing *w, open_table *o, slice name) {
    if (lua_rawget(L, o->base) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    o->key = name.s;
    o->left--;
    json_put_key_slice(w->out, name);
    put_value(L, w);
}

static void put_laid_member(lua_State *L, writing *w, open_table *o) {
    int key = o->base + 3 + 2 * o->order[o->i++];
    slice name;
    name.s = lua_tolstring(L, key, &name.n);
    o->key = name.s;
    o->left--;
    json_put_key_slice(w->out, name);
    lua_pushvalue(L, key + 1);
    put_value(L, w);
}

static void end_table(lua_State *L, writing *w, const open_table *o) {
    json_close(w->out, o->object ? '}' : ']');
    w->depth--;
    lua_settop(L, o->base - 1);
}

// Writes one element or member of the table that was opened last, or ends it.
static void put_next(lua_State *L, writing *w) {
    open_table *o = &w->open[w->depth - 1];
    bool list = o->i < o->n;
    if (w->out->full || (o->object ? o->left == 0 : !list)) {
        end_table(L, w, o);
    } else if (!o->object) {
        put_element(L, w, o);
    } else if (o->laid) {
        put_laid_member(L, w, o);
    } else if (list) {
        slice name;
        lua_rawgeti(L, o->base + 1, ++o->i);
        name.s = lua_tolstring(L, -1, &name.n);
        put_member(L, w, o, name);
    } else {
        if (!o->names) list_names(L, w, o);
        if (o->name == o->name_count) {
            end_table(L, w, o);
            return;
        }
        slice name = o->names[o->name++];
        lua_pushlstring(L, name.s, name.n);
        put_member(L, w, o, name);
    }
}

// Writes on; false when it has paused.
static bool write_on(lua_State *L, writing *w) {
    while (w->depth) {
        if (++w->steps % 256 == 0 || w->out->n - w->seen > 65536) {
            w->seen = w->out->n;
            if (!w->then || !lua_isyieldable(L)) budget_look(L);
            else if (budget_is_due(L)) return false;
        }
        put_next(L, w);
    }
    return true;
}

static writing *begin(lua_State *L, int index, buf *out) {
    luaL_checkstack(L, 16, "JSON");
    index = lua_absindex(L, index);
    writing *w = lua_newuserdatauv(L, sizeof *w, 0);
    *w = (writing){.out = out, .at = lua_gettop(L), .room = ROOM, .open = w->first};
    lua_pushnil(L);
    lua_pushvalue(L, index);
    put_value(L, w);
    return w;
}

void lua_json_write(lua_State *L, int index, buf *out) {
    int top = lua_gettop(L);
    write_on(L, begin(L, index, out));
    lua_settop(L, top);
}

// `at` is the index of the writing, all above it is part of it.
static int continue_writing(lua_State *L, int status, lua_KContext at) {
    (void)status;
    writing *w = lua_touserdata(L, (int)at);
    if (!write_on(L, w)) return lua_yieldk(L, 0, at, continue_writing);
    lua_KFunction then = w->then;
    lua_KContext context = w->context;
    lua_settop(L, (int)at - 1);
    return then(L, LUA_OK, context);
}

int lua_json_write_sliced(lua_State *L, int index, buf *out, lua_KFunction then, lua_KContext context) {
    int at = lua_gettop(L) + 1;
    writing *w = begin(L, index, out);
    w->then = then;
    w->context = context;
    return continue_writing(L, LUA_OK, at);
}
