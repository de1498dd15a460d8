// JSON to Lua values and back. Contract in lua_json.h.
#include "script/lua_json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIG "json.number"            // userdata: the text of a number that Lua cannot hold

static const char array_key, shapes_key; // their addresses are keys of the registry

// --- null, arrays, big numbers --------------------------------------------------------------------------------------------------

void lua_json_push_null(lua_State *L) { lua_pushlightuserdata(L, NULL); }

static void push_array_meta(lua_State *L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key); }

void lua_json_mark_array(lua_State *L, int index) {
    index = lua_absindex(L, index);
    push_array_meta(L);
    lua_setmetatable(L, index);
}

// The kind of a table's metatable: 'a' array, 'o' object with a shape (left on the stack), 0 none of ours.
static char meta_kind(lua_State *L, int index) {
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
    char kind = meta_kind(L, index);
    if (kind == 'o') lua_pop(L, 1);
    return kind == 'a' || (kind == 0 && lua_rawlen(L, index) > 0);
}

static void push_big(lua_State *L, slice text) {
    char *copy = lua_newuserdatauv(L, text.n + 1, 0);
    memcpy(copy, text.s, text.n);
    copy[text.n] = '\0';
    luaL_setmetatable(L, BIG);
}

static int big_tostring(lua_State *L) {
    lua_pushstring(L, luaL_checkudata(L, 1, BIG));
    return 1;
}

// --- shapes ---------------------------------------------------------------------------------------------------------------------

// Is the shape at the top the list of the n keys that begin at stack index `first` (two slots a member: key, value)?
static bool shape_matches(lua_State *L, int first, int n) {
    if ((int)lua_rawlen(L, -1) != n) return false;
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        bool same = lua_rawequal(L, -1, first + 2 * i);
        lua_pop(L, 1);
        if (!same) return false;
    }
    return true;
}

// Makes the list of keys at the top a shape. [-0, +0, m]
static void become_shape(lua_State *L) {
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
    become_shape(L);
}

static lua_Integer hash_keys(lua_State *L, int first, int step, int n) {
    uint64_t h = 14695981039346656037u;
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *key = lua_tolstring(L, first + step * i, &length);
        for (size_t k = 0; k < length; k++) h = (h ^ (unsigned char)key[k]) * 1099511628211u;
        h = (h ^ 0xFF) * 1099511628211u;
    }
    return (lua_Integer)h;
}

// Pushes the shape of n keys, shared if it is known.
static void push_shape(lua_State *L, int first, int step, int n) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shapes_key); // shapes
    lua_Integer hash = hash_keys(L, first, step, n);
    lua_rawgeti(L, -1, hash); // shapes, shape?
    if (lua_istable(L, -1) && step == 2 && shape_matches(L, first, n)) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    push_new_shape(L, first, step, n); // shapes, shape
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, hash);
    lua_remove(L, -2);
}

// --- reading --------------------------------------------------------------------------------------------------------------------

static void push_text(lua_State *L, const json_reader *r) {
    if (!r->escaped) {
        lua_pushlstring(L, r->text.s, r->text.n);
        return;
    }
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, r->text.n);
    luaL_pushresultsize(&b, json_unescape(r->text, to));
}

static bool push_value(lua_State *L, json_reader *r, json_token token);

// Members are gathered on the stack in batches; then the table is filled. Objects beyond BATCH members get their keys in a list of their own.
#define BATCH 64

// Moves the n gathered members into the table at base+1, and their keys into the list at base+2 if there is one, which then has
// the returned number of keys.
static int set_members(lua_State *L, int base, int n, int total) {
    int first = base + 3;
    bool listed = !lua_isnil(L, base + 2);
    for (int i = 0; i < n; i++) {
        if (listed) {
            lua_pushvalue(L, first + 2 * i);
            bool fresh = lua_rawget(L, base + 1) == LUA_TNIL;
            lua_pop(L, 1);
            if (fresh) {
                lua_pushvalue(L, first + 2 * i);
                lua_rawseti(L, base + 2, ++total);
            }
        }
        lua_pushvalue(L, first + 2 * i);
        lua_pushvalue(L, first + 2 * i + 1);
        lua_rawset(L, base + 1);
    }
    lua_settop(L, base + 2);
    return total;
}

static bool push_object(lua_State *L, json_reader *r) {
    luaL_checkstack(L, 2 * BATCH + 16, "JSON");
    int base = lua_gettop(L);
    int n = 0, total = 0;
    lua_pushnil(L); // base+1: the table, once there is one
    lua_pushnil(L); // base+2: the list of all keys, for a large object
    int first = base + 3;
    for (;;) {
        json_token token = json_next(r);
        if (token == JSON_T_ERROR) return false;
        if (token == JSON_T_OBJECT_END || n == BATCH) {
            if (lua_isnil(L, base + 1)) {
                lua_createtable(L, 0, n);
                lua_replace(L, base + 1);
            }
            if (token != JSON_T_OBJECT_END && lua_isnil(L, base + 2)) {
                lua_newtable(L);
                lua_replace(L, base + 2);
            }
            if (lua_isnil(L, base + 2)) {
                push_shape(L, first, 2, n);
                lua_setmetatable(L, base + 1);
            }
            total = set_members(L, base, n, total);
            n = 0;
            if (token == JSON_T_OBJECT_END) break;
        }
        push_text(L, r);
        if (!push_value(L, r, json_next(r))) return false;
        n++;
    }
    if (lua_isnil(L, base + 2)) {
        lua_settop(L, base + 1);
        return true;
    }
    become_shape(L);
    lua_setmetatable(L, base + 1); // the list of keys is a shape of its own
    return true;
}

static bool push_array(lua_State *L, json_reader *r) {
    luaL_checkstack(L, 8, "JSON");
    lua_newtable(L);
    push_array_meta(L);
    lua_setmetatable(L, -2);
    for (lua_Integer i = 1;; i++) {
        json_token token = json_next(r);
        if (token == JSON_T_ARRAY_END) return true;
        if (!push_value(L, r, token)) return false;
        lua_rawseti(L, -2, i);
    }
}

static bool push_value(lua_State *L, json_reader *r, json_token token) {
    switch (token) {
    case JSON_T_NULL: lua_json_push_null(L); return true;
    case JSON_T_TRUE:
    case JSON_T_FALSE: lua_pushboolean(L, token == JSON_T_TRUE); return true;
    case JSON_T_INT: lua_pushinteger(L, r->integer); return true;
    case JSON_T_REAL: lua_pushnumber(L, r->real); return true;
    case JSON_T_BIG: push_big(L, r->text); return true;
    case JSON_T_STRING: push_text(L, r); return true;
    case JSON_T_ARRAY: return push_array(L, r);
    case JSON_T_OBJECT: return push_object(L, r);
    default: return false;
    }
}

bool lua_json_push(lua_State *L, slice text, const char **error, size_t *offset) {
    int top = lua_gettop(L);
    json_reader r;
    json_start(&r, text);
    if (push_value(L, &r, json_next(&r)) && json_next(&r) == JSON_T_END) return true;
    lua_settop(L, top);
    *error = r.error ? r.error : "not a JSON value";
    *offset = json_offset(&r);
    return false;
}

// --- writing --------------------------------------------------------------------------------------------------------------------

typedef struct writer {
    buf *out;
    int depth;
    const char *key[JSON_DEPTH];  // the path, for the message; NULL: an index
    lua_Integer index[JSON_DEPTH];
} writer;

static int refuse(lua_State *L, writer *w, const char *what) {
    buf path = BUF(4096);
    buf_char(&path, '$');
    for (int i = 0; i < w->depth; i++) {
        if (w->key[i]) buf_printf(&path, ".%.60s", w->key[i]);
        else buf_printf(&path, "[%lld]", (long long)w->index[i]);
    }
    lua_pushfstring(L, "cannot be written as JSON: %s at %s", what, buf_string(&path));
    buf_free(&path);
    return lua_error(L);
}

static void write_value(lua_State *L, int index, writer *w);

static void descend(lua_State *L, writer *w) {
    if (w->depth == JSON_DEPTH) refuse(L, w, "nested too deeply (or a cycle)");
    luaL_checkstack(L, 12, "JSON");
    w->depth++;
}

static void write_array(lua_State *L, int index, writer *w, lua_Integer n) {
    descend(L, w);
    json_open(w->out, '[');
    for (lua_Integer i = 1; i <= n && !w->out->full; i++) {
        w->key[w->depth - 1] = NULL;
        w->index[w->depth - 1] = i;
        lua_rawgeti(L, index, i);
        if (lua_isnil(L, -1)) json_put_null(w->out);
        else write_value(L, lua_gettop(L), w);
        lua_pop(L, 1);
    }
    json_close(w->out, ']');
    w->depth--;
}

// Writes the member whose key (a string) is at the top, if the table has it. Pops the key. Returns whether it was there.
static bool write_member(lua_State *L, int table, writer *w) {
    size_t n;
    const char *key = lua_tolstring(L, -1, &n);
    lua_pushvalue(L, -1);
    lua_rawget(L, table); // key, value
    bool there = !lua_isnil(L, -1);
    if (there) {
        w->key[w->depth - 1] = key;
        json_put_key_slice(w->out, (slice){key, n});
        write_value(L, lua_gettop(L), w);
    }
    lua_pop(L, 2);
    return there;
}

static int by_text(const void *a, const void *b) {
    const slice *x = a, *y = b;
    int order = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

// Writes the members that are not in the shape (index of a shape or 0), in the order of the alphabet.
// The names live in a userdata, which an error leaves to the collector; the strings are anchored by the table itself.
static void write_others(lua_State *L, int table, int shape, writer *w, size_t total) {
    int top = lua_gettop(L);
    lua_newtable(L); // known: the names in the shape
    for (lua_Integer i = 1, n = shape ? (lua_Integer)lua_rawlen(L, shape) : 0; i <= n; i++) {
        lua_rawgeti(L, shape, i);
        lua_pushboolean(L, 1);
        lua_rawset(L, top + 1);
    }
    slice *names = lua_newuserdatauv(L, total * sizeof *names, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) refuse(L, w, "a table with both names and numbers");
        lua_pushvalue(L, -2);
        lua_rawget(L, top + 1);
        if (!lua_toboolean(L, -1)) {
            names[n].s = lua_tolstring(L, -3, &names[n].n);
            n++;
        }
        lua_pop(L, 1);
    }
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++) {
        lua_pushlstring(L, names[i].s, names[i].n);
        write_member(L, table, w);
    }
    lua_settop(L, top);
}

static void write_object(lua_State *L, int table, int shape, writer *w) {
    descend(L, w);
    size_t total = 0, written = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) total++;
    json_open(w->out, '{');
    for (lua_Integer i = 1, n = shape ? (lua_Integer)lua_rawlen(L, shape) : 0; i <= n && written < total && !w->out->full; i++) {
        lua_rawgeti(L, shape, i);
        written += write_member(L, table, w);
    }
    if (written < total && !w->out->full) write_others(L, table, shape, w, total);
    json_close(w->out, '}');
    w->depth--;
}

// A plain table: a sequence is an array, else an object. Sequences have no holes and no names.
static void write_table(lua_State *L, int index, writer *w) {
    char kind = meta_kind(L, index);
    if (kind == 'a') {
        write_array(L, index, w, (lua_Integer)lua_rawlen(L, index));
    } else if (kind == 'o') {
        write_object(L, index, lua_gettop(L), w);
        lua_pop(L, 1); // shape
    } else {
        lua_Integer n = (lua_Integer)lua_rawlen(L, index);
        if (n == 0) {
            write_object(L, index, 0, w);
            return;
        }
        size_t total = 0;
        for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) total++;
        if (total != (size_t)n) refuse(L, w, "a table with both names and numbers, or with holes");
        write_array(L, index, w, n);
    }
}

static void write_value(lua_State *L, int index, writer *w) {
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN: json_put_bool(w->out, lua_toboolean(L, index)); return;
    case LUA_TSTRING: {
        size_t n;
        const char *s = lua_tolstring(L, index, &n);
        json_put_string(w->out, (slice){s, n});
        return;
    }
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) json_put_int(w->out, lua_tointeger(L, index));
        else if (isfinite(lua_tonumber(L, index))) json_put_real(w->out, lua_tonumber(L, index));
        else refuse(L, w, "a number that is not finite");
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) {
            json_put_null(w->out);
            return;
        }
        break;
    case LUA_TUSERDATA: {
        const char *text = luaL_testudata(L, index, BIG);
        if (text) {
            json_put_raw(w->out, slice_of(text));
            return;
        }
        break;
    }
    case LUA_TTABLE: write_table(L, index, w); return;
    default: break;
    }
    refuse(L, w, lua_type(L, index) == LUA_TUSERDATA ? "an opaque value" : luaL_typename(L, index));
}

void lua_json_write(lua_State *L, int index, buf *out) {
    writer w = {.out = out};
    write_value(L, lua_absindex(L, index), &w);
}

// --- the library `json` ---------------------------------------------------------------------------------------------------------

static int json_array(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_json_mark_array(L, 1);
    lua_settop(L, 1);
    return 1;
}

// Pushes the keys in the list at index 1, returns how many.
static int push_keys(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
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
    int n = push_keys(L);
    push_new_shape(L, 3, 1, n);
    lua_setmetatable(L, 2);
    lua_settop(L, 2);
    return 1;
}

static int json_pick(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
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
    push_new_shape(L, 3, 1, n);
    lua_setmetatable(L, result);
    return 1;
}

static int json_decode(lua_State *L) {
    size_t n, offset;
    const char *s = luaL_checklstring(L, 1, &n), *error;
    if (!lua_json_push(L, (slice){s, n}, &error, &offset)) return luaL_error(L, "json.decode: %s (at byte %d)", error, (int)offset);
    return 1;
}

static int json_encode(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    buf *out = lua_newuserdatauv(L, sizeof *out, 0);
    *out = BUF((size_t)64 << 20);
    luaL_setmetatable(L, "json.buffer"); // freed by the collector if writing raises
    lua_json_write(L, 1, out);
    if (out->full) {
        buf_free(out);
        return luaL_error(L, "json.encode: the text is too long");
    }
    lua_pushlstring(L, out->s, out->n);
    buf_free(out);
    return 1;
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
    case LUA_TUSERDATA: name = luaL_testudata(L, 1, BIG) ? "number" : NULL; break;
    case LUA_TTABLE: name = lua_json_is_array(L, 1) ? "array" : "object"; break;
    default: break;
    }
    lua_pushstring(L, name); // nil if NULL
    return 1;
}

void lua_json_push_library(lua_State *L) {
    static const luaL_Reg functions[] = {{"array", json_array}, {"object", json_object}, {"pick", json_pick},
                                         {"encode", json_encode}, {"decode", json_decode}, {"type", json_type_of},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_json_push_null(L);
    lua_setfield(L, -2, "null");
}

static void new_meta(lua_State *L, const char *name, const char *event, lua_CFunction function) {
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, event);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void lua_json_open(lua_State *L) {
    lua_createtable(L, 0, 1); // the metatable of arrays
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_newtable(L); // shapes, kept only while an object has them
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shapes_key);
    new_meta(L, BIG, "__tostring", big_tostring);
    new_meta(L, "json.buffer", "__gc", free_buffer);
}
