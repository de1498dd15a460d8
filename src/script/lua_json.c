// JSON to Lua values and back. Contract in lua_json.h.
#include "script/internal.h"
#include "script/lua_json_mask.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


static const char array_key, shapes_key; // their addresses are keys of the registry

// --- null, arrays, big numbers -----------------------------------------------------------------------------

void lua_json_push_null(lua_State *L) { lua_pushlightuserdata(L, NULL); }

static void push_array_meta(lua_State *L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key); }

void lua_json_mark_array(lua_State *L, int index) {
    index = lua_absindex(L, index);
    push_array_meta(L);
    lua_setmetatable(L, index);
}

char lua_json_kind(lua_State *L, int index) {
    if (!lua_getmetatable(L, index)) return 0;
    push_array_meta(L);
    bool array = lua_rawequal(L, -1, -2);
    lua_pop(L, 1); // metatable
    if (array) {
        lua_pop(L, 1);
        return 'a';
    }
    lua_rawgetp(L, -1, &shapes_key); // marks a shape
    bool shape = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (shape) return 'o';
    lua_pop(L, 1);
    return 0;
}

bool lua_json_is_array(lua_State *L, int index) {
    lua_pushvalue(L, index);
    frozen_resolve(L, -1);
    char kind = lua_json_kind(L, -1);
    if (kind == 'o') lua_pop(L, 1);
    bool is = kind == 'a' || (kind == 0 && lua_rawlen(L, -1) > 0);
    lua_pop(L, 1);
    return is;
}

static void push_big(lua_State *L, slice text) {
    char *copy = lua_newuserdatauv(L, text.n + 1, 0);
    memcpy(copy, text.s, text.n);
    copy[text.n] = '\0';
    luaL_setmetatable(L, LUA_JSON_BIG);
}

static int big_tostring(lua_State *L) {
    lua_pushstring(L, luaL_checkudata(L, 1, LUA_JSON_BIG));
    return 1;
}

// --- shapes ------------------------------------------------------------------------------------------------

// Is the shape at the top the list of the n keys at stack index first, first + step, …?
static bool shape_matches(lua_State *L, int first, int step, int n) {
    if ((int)lua_rawlen(L, -1) != n) return false;
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        bool same = lua_rawequal(L, -1, first + step * i);
        lua_pop(L, 1);
        if (!same) return false;
    }
    return true;
}

void lua_json_become_shape(lua_State *L) {
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &shapes_key);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

// Pushes a fresh shape whose keys stand at first, first + step, …; a key that comes twice is taken once.
static void push_new_shape(lua_State *L, int first, int step, int n) {
    lua_createtable(L, n, 2);
    lua_createtable(L, 0, n); // seen
    int count = 0;
    for (int i = 0; i < n; i++) {
        lua_pushvalue(L, first + step * i);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL) {
            lua_pushvalue(L, -2);
            lua_rawseti(L, -5, ++count);
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 1);
            lua_rawset(L, -5);
        }
        lua_pop(L, 2);
    }
    lua_pop(L, 1); // seen
    lua_json_become_shape(L);
}

#define SHAPES_MAX 1000
#define SHAPE_BYTES_MAX 1000

static lua_Integer hash_keys(lua_State *L, int first, int step, int n, size_t *bytes) {
    uint64_t h = 14695981039346656037u;
    *bytes = 0;
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *key = lua_tolstring(L, first + step * i, &length);
        *bytes += length;
        for (size_t k = 0; k < length; k++) h = (h ^ (unsigned char)key[k]) * 1099511628211u;
        h = (h ^ 0xFF) * 1099511628211u;
    }
    return (lua_Integer)h;
}

static void new_shapes(lua_State *L) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shapes_key);
}

// Pushes the shape of n keys (those of push_new_shape), shared if it is known. The known ones are bounded, in
// number and in what their keys hold: when there are too many they are forgotten, and objects keep theirs.
static void push_shape(lua_State *L, int first, int step, int n) {
    size_t bytes;
    lua_Integer hash = hash_keys(L, first, step, n, &bytes);
    if (bytes > SHAPE_BYTES_MAX) {
        push_new_shape(L, first, step, n);
        return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shapes_key); // shapes
    lua_rawgeti(L, -1, hash); // shapes, shape?
    if (lua_istable(L, -1) && shape_matches(L, first, step, n)) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    push_new_shape(L, first, step, n); // shapes, shape
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, hash);
    lua_pushliteral(L, "count");
    lua_rawget(L, -3);
    lua_Integer count = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushliteral(L, "count");
    lua_pushinteger(L, count);
    lua_rawset(L, -4);
    lua_remove(L, -2);
    if (count == SHAPES_MAX) new_shapes(L);
}

// --- reading -----------------------------------------------------------------------------------------------

static void push_text(lua_State *L, const json_reader *r) {
    if (!r->escaped) {
        lua_pushlstring(L, r->text.s, r->text.n);
        return;
    }
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, r->text.n);
    luaL_pushresultsize(&b, json_unescape(r->text, to));
}

// One array or object that is being read. On the stack an array is its table; an object is three slots (the
// table once there is one, the list of its keys once it is large) and then up to BATCH members that wait, key
// and value. An object with a mask is its table.
typedef struct open_value {
    bool object;
    int mask;            // the object of the mask, of an array for its elements; or MASK_ALL
    int member;          // of the mask, that is being read
    int base;            // index of the table
    int waiting, listed; // members
    lua_Integer count;   // elements
} open_value;

#define ROOM 4 // for what is open, at first

// A text that is being read: a userdata, so that reading can pause anywhere and go on later.
typedef struct reading {
    json_reader r;
    int depth;
    unsigned steps;
    size_t seen;         // offset at the last look at the budget
    int at;              // stack index of this; what is open lies in `first`, or in the userdata above this
    int room;
    open_value *open, first[ROOM];
    const lua_json_mask *mask; // or NULL; what it keeps stands two slots above this
    int outside;         // the depth at which a value ends that the mask leaves out; -1: none is being read
    lua_KFunction then;
    lua_KContext context;
} reading;

// Members are gathered on the stack in batches; then the table is filled. Objects beyond BATCH members get
// their keys in a list of their own.
#define BATCH 64

// Moves the waiting members into the table, and their keys into the list if there is one.
static void set_members(lua_State *L, open_value *o) {
    int first = o->base + 2;
    bool listed = !lua_isnil(L, o->base + 1);
    for (int i = 0; i < o->waiting; i++) {
        if (listed) {
            lua_pushvalue(L, first + 2 * i);
            bool fresh = lua_rawget(L, o->base) == LUA_TNIL;
            lua_pop(L, 1);
            if (fresh) {
                lua_pushvalue(L, first + 2 * i);
                lua_rawseti(L, o->base + 1, ++o->listed);
            }
        }
        lua_pushvalue(L, first + 2 * i);
        lua_pushvalue(L, first + 2 * i + 1);
        lua_rawset(L, o->base);
    }
    lua_settop(L, o->base + 1);
    o->waiting = 0;
}

static void make_table(lua_State *L, open_value *o) {
    if (!lua_isnil(L, o->base)) return;
    lua_createtable(L, 0, o->waiting);
    lua_replace(L, o->base);
}

static void end_batch(lua_State *L, open_value *o) {
    make_table(L, o);
    if (lua_isnil(L, o->base + 1)) {
        lua_newtable(L);
        lua_replace(L, o->base + 1);
    }
    set_members(L, o);
}

// Leaves the finished table at the top.
static void end_object(lua_State *L, open_value *o) {
    make_table(L, o);
    if (lua_isnil(L, o->base + 1)) push_shape(L, o->base + 2, 2, o->waiting);
    else lua_pushvalue(L, o->base + 1);
    lua_setmetatable(L, o->base); // before the members: a list of keys has none of its own yet
    bool listed = !lua_isnil(L, o->base + 1);
    set_members(L, o);
    if (listed) lua_json_become_shape(L); // the list of keys, which is at the top
    lua_settop(L, o->base);
}

// Which part of the mask is for the value that begins now.
static int mask_of_value(const reading *b) {
    const open_value *o = b->depth ? &b->open[b->depth - 1] : NULL;
    if (!o) return b->mask ? 0 : MASK_ALL;
    return o->object && o->mask != MASK_ALL ? mask_inner(b->mask, o->member) : o->mask;
}

static void begin_value(lua_State *L, reading *b, bool object) {
    int mask = mask_of_value(b);
    bool batches = object && mask == MASK_ALL;
    luaL_checkstack(L, batches ? 2 * BATCH + 16 : 16, "JSON");
    if (batches) {
        lua_pushnil(L);
        lua_pushnil(L);
    } else if (object) {
        mask_push_object(L, b->mask, b->at + 2, mask);
    } else {
        lua_newtable(L);
        lua_json_mark_array(L, -1);
    }
    if (b->depth == b->room) {
        open_value *more = lua_newuserdatauv(L, 8 * (size_t)b->room * sizeof *more, 0);
        memcpy(more, b->open, (size_t)b->room * sizeof *more);
        lua_replace(L, b->at + 1);
        b->open = more;
        b->room *= 8;
    }
    b->open[b->depth++] = (open_value){.object = object, .mask = mask, .base = lua_gettop(L) - batches};
}

// Pushes the value that begins with the token, or begins it. False for an error.
static bool push_value(lua_State *L, reading *b, json_token token) {
    switch (token) {
    case JSON_T_NULL: lua_json_push_null(L); return true;
    case JSON_T_TRUE:
    case JSON_T_FALSE: lua_pushboolean(L, token == JSON_T_TRUE); return true;
    case JSON_T_INT: lua_pushinteger(L, b->r.integer); return true;
    case JSON_T_REAL: lua_pushnumber(L, b->r.real); return true;
    case JSON_T_BIG: push_big(L, b->r.text); return true;
    case JSON_T_STRING: push_text(L, &b->r); return true;
    case JSON_T_ARRAY:
    case JSON_T_OBJECT: begin_value(L, b, token == JSON_T_OBJECT); return true;
    default: return false;
    }
}

// A value is complete, at the top: it goes into what is open. False when nothing is: it is the value of the
// text.
static bool take_value(lua_State *L, reading *b) {
    if (b->depth == 0) return false;
    open_value *o = &b->open[b->depth - 1];
    if (!o->object) lua_rawseti(L, o->base, ++o->count);
    else if (o->mask == MASK_ALL) o->waiting++;
    else lua_rawset(L, o->base);
    return true;
}

static bool is_container(json_token token) { return token == JSON_T_ARRAY || token == JSON_T_OBJECT; }

// Pushes the name of the member that has been read, which is in the mask; false: it is not, and its value is left
// out.
static bool push_wanted(lua_State *L, reading *b, open_value *o) {
    if (b->r.escaped) {
        slice name;
        push_text(L, &b->r);
        name.s = lua_tolstring(L, -1, &name.n);
        o->member = mask_find(b->mask, o->mask, name);
        lua_pop(L, 1);
    } else {
        o->member = mask_find(b->mask, o->mask, b->r.text);
    }
    if (o->member >= 0) mask_push_name(L, b->at + 2, o->member);
    return o->member >= 0;
}

typedef enum progress { DONE, PAUSED, WRONG } progress;

// Reads on, for the value or for the rest of what is open. One turn is one element or member.
static progress read_on(lua_State *L, reading *b) {
    for (;;) {
        if (++b->steps % 256 == 0 || json_offset(&b->r) - b->seen > 65536) {
            b->seen = json_offset(&b->r);
            if (!b->then || !lua_isyieldable(L)) budget_look(L);
            else if (budget_is_due(L)) return PAUSED;
        }
        int depth = b->depth;
        open_value *o = depth ? &b->open[depth - 1] : NULL;
        json_token token = json_next(&b->r);
        if (b->outside >= 0) {
            if (token == JSON_T_ERROR) return WRONG;
            if (b->r.depth == b->outside) b->outside = -1;
            continue;
        }
        if (o && token == (o->object ? JSON_T_OBJECT_END : JSON_T_ARRAY_END)) {
            if (o->object && o->mask == MASK_ALL) end_object(L, o);
            depth = --b->depth;
        } else {
            if (o && o->object) {
                if (token == JSON_T_ERROR) return WRONG;
                if (o->mask != MASK_ALL && !push_wanted(L, b, o)) {
                    token = json_next(&b->r);
                    if (token == JSON_T_ERROR) return WRONG;
                    if (is_container(token)) b->outside = b->r.depth - 1;
                    continue;
                }
                if (o->waiting == BATCH) end_batch(L, o);
                if (o->mask == MASK_ALL) push_text(L, &b->r);
                token = json_next(&b->r);
            }
            if (!push_value(L, b, token)) return WRONG;
        }
        if (b->depth == depth && !take_value(L, b)) return json_next(&b->r) == JSON_T_END ? DONE : WRONG;
    }
}

// On the stack: this, what is open (nil while `first` has room), what the mask keeps (or nil).
static reading *new_reading(lua_State *L, slice text, int mask) {
    luaL_checkstack(L, 8, "JSON");
    reading *b = lua_newuserdatauv(L, sizeof *b, 0);
    *b = (reading){.at = lua_gettop(L), .room = ROOM, .open = b->first, .outside = -1};
    lua_pushnil(L);
    if (mask) b->mask = lua_touserdata(L, mask);
    if (mask) lua_getiuservalue(L, mask, 1);
    else lua_pushnil(L);
    json_start(&b->r, text);
    return b;
}

bool lua_json_push(lua_State *L, slice text, int mask, const char **error, size_t *offset) {
    int top = lua_gettop(L);
    reading *b = new_reading(L, text, mask);
    if (read_on(L, b) == DONE) {
        lua_replace(L, top + 1);
        lua_settop(L, top + 1);
        return true;
    }
    *error = b->r.error ? b->r.error : "not a JSON value";
    *offset = json_offset(&b->r);
    lua_settop(L, top);
    return false;
}

// `at` is the index of the reading, all above it is part of it.
static int continue_reading(lua_State *L, int status, lua_KContext at) {
    (void)status;
    reading *b = lua_touserdata(L, (int)at);
    progress p = read_on(L, b);
    if (p == PAUSED) return lua_yieldk(L, 0, at, continue_reading);
    lua_pushnil(L);
    if (p == WRONG)
        lua_pushfstring(L, "%s (at byte %I)", b->r.error ? b->r.error : "not a JSON value",
                        (LUAI_UACINT)json_offset(&b->r));
    lua_KFunction then = b->then;
    lua_KContext context = b->context;
    lua_copy(L, -2, (int)at);
    lua_copy(L, -1, (int)at + 1);
    lua_settop(L, (int)at + 1);
    return then(L, LUA_OK, context);
}

int lua_json_read(lua_State *L, slice text, int mask, lua_KFunction then, lua_KContext context) {
    reading *b = new_reading(L, text, mask);
    b->then = then;
    b->context = context;
    return continue_reading(L, LUA_OK, b->at);
}

// --- the library `json` ------------------------------------------------------------------------------------

static int json_array(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    frozen_thaw(L, 1);
    lua_json_mark_array(L, 1);
    return 1;
}

// Pushes the keys in the list at index 1, returns how many.
static int push_keys(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    frozen_resolve(L, 1);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, n <= 1000, 1, "more than 1000 keys");
    luaL_checkstack(L, (int)n + 8, "json");
    for (lua_Integer i = 1; i <= n; i++)
        if (lua_rawgeti(L, 1, i) != LUA_TSTRING) luaL_argerror(L, 1, "keys are strings");
    return (int)n;
}

static int json_object(lua_State *L) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    frozen_thaw(L, 2);
    int n = push_keys(L);
    push_shape(L, 3, 1, n);
    lua_setmetatable(L, 2);
    lua_settop(L, 2);
    return 1;
}

static int json_pick(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    frozen_resolve(L, 1);
    lua_insert(L, 1); // keys, object
    int n = push_keys(L);
    lua_createtable(L, 0, n);
    int result = lua_gettop(L);
    for (int i = 0; i < n; i++) {
        lua_pushvalue(L, 3 + i);
        lua_pushvalue(L, -1);
        lua_rawget(L, 2);
        lua_rawset(L, result);
    }
    push_shape(L, 3, 1, n);
    lua_setmetatable(L, result);
    return 1;
}

static int after_decode(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (!lua_isnil(L, -1)) return luaL_error(L, "json.decode: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return 1;
}

static int json_decode(lua_State *L) {
    size_t n;
    const char *s = luaL_checklstring(L, 1, &n);
    lua_settop(L, 1);
    return lua_json_read(L, (slice){s, n}, 0, after_decode, 0);
}

static int after_encode(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    buf *out = lua_touserdata(L, 2);
    if (out->full) {
        buf_free(out);
        return luaL_error(L, "json.encode: the text is too long");
    }
    lua_pushlstring(L, out->s, out->n);
    buf_free(out);
    return 1;
}

static int json_encode(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    buf *out = lua_newuserdatauv(L, sizeof *out, 0);
    *out = BUF(STRING_MAX);
    luaL_setmetatable(L, "json.buffer"); // freed by the collector if the call ends meanwhile
    return lua_json_write_sliced(L, 1, out, after_encode, 0);
}

static int free_buffer(lua_State *L) {
    buf_free(lua_touserdata(L, 1));
    return 0;
}

static int json_type_of(lua_State *L) {
    luaL_checkany(L, 1);
    const char *name = NULL;
    switch (lua_type(L, 1)) {
    case LUA_TBOOLEAN: name = "boolean"; break;
    case LUA_TSTRING: name = "string"; break;
    case LUA_TNUMBER: name = lua_isinteger(L, 1) ? "integer" : "number"; break;
    case LUA_TLIGHTUSERDATA: name = lua_touserdata(L, 1) ? NULL : "null"; break;
    case LUA_TUSERDATA: name = luaL_testudata(L, 1, LUA_JSON_BIG) ? "number" : NULL; break;
    case LUA_TTABLE: name = lua_json_is_array(L, 1) ? "array" : "object"; break;
    default: break;
    }
    lua_pushstring(L, name); // nil if NULL
    return 1;
}

void lua_json_push_library(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"array", json_array},   {"object", json_object}, {"pick", json_pick}, {"encode", json_encode},
        {"decode", json_decode}, {"type", json_type_of},  {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_json_push_null(L);
    lua_setfield(L, -2, "null");
}

void lua_json_open(lua_State *L) {
    lua_createtable(L, 0, 1); // the metatable of arrays
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    new_shapes(L);
    sandbox_meta(L, LUA_JSON_BIG, "__tostring", big_tostring);
    sandbox_meta(L, "json.buffer", "__gc", free_buffer);
}
