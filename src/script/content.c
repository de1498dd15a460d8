// Content blocks: hatchway.content { … }, and the one block of a message of a prompt. docs/lua-api.md says what
// each field means; mcp/shape.c makes of them what the revision of the request knows.
//
// A block is checked when it is made and copied into the form of the protocol (mcp 2025-11-25, ContentBlock):
// the script's own table stays as it is, and what it does to that table later changes nothing.
#include "script/internal.h"
#include "guard/schema.h"

#include <stdio.h>
#include <string.h>

typedef struct block_kind {
    const char *name, *sent;       // for scripts, and in the protocol
    const char *needed[2];         // fields that are text
    const char *optional[3];
    const char *data;              // the field of base64, or NULL; `bytes` are encoded into it
    bool nested;                   // its own fields are those of a member `resource`
} block_kind;

static const block_kind kinds[] = {
    {"text", "text", {"text"}, {0}, NULL, false},
    {"image", "image", {"mimeType"}, {0}, "data", false},
    {"audio", "audio", {"mimeType"}, {0}, "data", false},
    {"link", "resource_link", {"uri", "name"}, {"title", "description", "mimeType"}, NULL, false},
    {"resource", "resource", {"uri"}, {"mimeType", "text"}, "blob", true},
};

// mcp 2025-11-25, Annotations
#define ANNOTATIONS                                                                                          \
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"                                   \
    "\"audience\":{\"type\":\"array\",\"items\":{\"enum\":[\"user\",\"assistant\"]}},"                       \
    "\"priority\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"                                        \
    "\"lastModified\":{\"type\":\"string\",\"format\":\"date-time\"}}}"

buf *content_annotations(lua_State *L, int index, const char *what) {
    return declare_json(L, index, ANNOTATIONS, what);
}

// What is checked is what is written: fields of the table itself.
static int raw_field(lua_State *L, int table, const char *key) {
    lua_pushstring(L, key);
    return lua_rawget(L, table);
}

// RFC 4648, section 4, with padding
static bool is_base64(slice s) {
    size_t n = s.n;
    for (int i = 0; i < 2 && n && s.s[n - 1] == '='; i++) n--;
    for (size_t i = 0; i < n; i++) {
        char c = s.s[i];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!digit && c != '+' && c != '/') return false;
    }
    return s.n % 4 == 0;
}

// One block that is being made: where its table and its copy are on the stack, and how messages begin.
typedef struct making {
    const block_kind *kind;
    int from, to;
    const char *where;
} making;

static void copy_text(lua_State *L, const making *m, const char *key, bool needed) {
    int type = raw_field(L, m->from, key);
    if (type == LUA_TNIL && !needed) {
        lua_pop(L, 1);
        return;
    }
    if (type != LUA_TSTRING) luaL_error(L, "%s (%s) needs %s = \"…\"", m->where, m->kind->name, key);
    lua_setfield(L, m->to, key);
}

// Base64 in the field of the kind, or `bytes`, which are encoded here. False: there is neither.
static bool copy_data(lua_State *L, const making *m) {
    if (raw_field(L, m->from, "bytes") == LUA_TSTRING) {
        buf *encoded = &pack_of(L)->scratch;
        slice bytes;
        bytes.s = lua_tolstring(L, -1, &bytes.n);
        buf_clear(encoded);
        buf_base64(encoded, bytes);
        if (encoded->full) luaL_error(L, "%s (%s) is too large", m->where, m->kind->name);
        lua_pushlstring(L, encoded->s, encoded->n);
        lua_setfield(L, m->to, m->kind->data);
        lua_pop(L, 1);
        return true;
    }
    lua_pop(L, 1);
    copy_text(L, m, m->kind->data, false);
    slice data;
    bool found = raw_field(L, m->to, m->kind->data) == LUA_TSTRING;
    if (found) {
        data.s = lua_tolstring(L, -1, &data.n);
        if (!is_base64(data))
            luaL_error(L, "%s (%s): %s is not base64; write bytes = for plain bytes", m->where, m->kind->name,
                       m->kind->data);
    }
    lua_pop(L, 1);
    return found;
}

static void check_names(lua_State *L, const making *m) {
    const char *names[12] = {"type", "annotations"};
    size_t n = 2;
    for (int i = 0; i < 2 && m->kind->needed[i]; i++) names[n++] = m->kind->needed[i];
    for (int i = 0; i < 3 && m->kind->optional[i]; i++) names[n++] = m->kind->optional[i];
    if (m->kind->data) names[n++] = "bytes", names[n++] = m->kind->data;
    for (lua_pushnil(L); lua_next(L, m->from); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        bool known = false;
        for (size_t i = 0; i < n; i++) known |= strcmp(name, names[i]) == 0;
        if (known) continue;
        const char *near = guard_nearest(slice_of(name), names, n);
        if (near)
            luaL_error(L, "%s (%s) has no field \"%s\"; did you mean \"%s\"?", m->where, m->kind->name, name, near);
        luaL_error(L, "%s (%s) has no field \"%s\"", m->where, m->kind->name, name);
    }
}

static void copy_annotations(lua_State *L, const making *m, int into) {
    const char *error;
    size_t offset;
    if (raw_field(L, m->from, "annotations") != LUA_TNIL) {
        const char *what = lua_pushfstring(L, "%s (%s): annotations", m->where, m->kind->name);
        buf *text = content_annotations(L, -2, what);
        lua_json_push(L, buf_view(text), 0, &error, &offset); // it was written here: it is JSON
        lua_setfield(L, into, "annotations");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static const block_kind *kind_of(lua_State *L, const char *where) {
    lua_pushliteral(L, "type");
    lua_rawget(L, -2);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) != 0) continue;
        lua_pop(L, 1);
        return &kinds[i];
    }
    luaL_error(L, "%s has the type \"%s\"; it is text, image, audio, link or resource", where, name);
    return NULL;
}

void content_block(lua_State *L, const char *where) {
    if (!lua_istable(L, -1)) luaL_error(L, "%s is no table", where);
    luaL_checkstack(L, 12, "too many blocks");
    frozen_resolve(L, -1);
    const block_kind *kind = kind_of(L, where);
    // what a resource gives has its address if it names none
    bool own_address = run_of(L)->item->kind != SCRIPT_RESOURCE;
    if (!own_address && strcmp(kind->name, "link") == 0)
        luaL_error(L, "%s is a link: a resource gives text, images, sounds and resources", where);
    lua_newtable(L);
    making m = {kind, lua_gettop(L) - 1, lua_gettop(L), where};
    check_names(L, &m);
    for (int i = 0; i < 2 && kind->needed[i]; i++) copy_text(L, &m, kind->needed[i], own_address || !kind->nested);
    for (int i = 0; i < 3 && kind->optional[i]; i++) copy_text(L, &m, kind->optional[i], false);
    bool has_data = kind->data && copy_data(L, &m);
    if (kind->nested) {
        bool has_text = raw_field(L, m.to, "text") != LUA_TNIL;
        lua_pop(L, 1);
        if (has_text == has_data)
            luaL_error(L, "%s (%s) has one of text, bytes and blob", where, kind->name);
        lua_createtable(L, 0, 3);
        lua_insert(L, -2);
        lua_setfield(L, -2, "resource");
    } else if (kind->data && !has_data) {
        luaL_error(L, "%s (%s) needs %s = \"…\" or bytes = \"…\"", where, kind->name, kind->data);
    }
    lua_pushstring(L, kind->sent);
    lua_setfield(L, m.to, "type");
    copy_annotations(L, &m, m.to);
    lua_remove(L, m.from);
}

int bind_content(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    frozen_resolve(L, 1);
    lua_newuserdatauv(L, 0, 2);
    lua_newtable(L);
    lua_json_mark_array(L, -1);
    for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, 1); i <= n; i++) {
        char where[60];
        snprintf(where, sizeof where, "hatchway.content: block %lld", (long long)i);
        lua_rawgeti(L, 1, i);
        content_block(L, where);
        lua_rawseti(L, 3, i);
    }
    lua_setiuservalue(L, 2, 1);
    lua_getfield(L, 1, "structured");
    lua_setiuservalue(L, 2, 2);
    luaL_setmetatable(L, "hatchway.content");
    return 1;
}
