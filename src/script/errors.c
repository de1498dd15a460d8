// Errors of scripts: tables {code, message, kind, status, retryable, fault, hint} that print as their message.
#include "script/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR "hatchway.error"

static int error_tostring(lua_State *L) {
    lua_settop(L, 1);
    if (lua_istable(L, 1)) {
        lua_pushliteral(L, "message");
        lua_rawget(L, 1);
    }
    if (lua_type(L, -1) != LUA_TSTRING) lua_pushliteral(L, "error");
    return 1;
}

void error_open(lua_State *L) {
    luaL_newmetatable(L, ERROR);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    static const char *const fields[] = {"code", "message", "kind", "hint", "status", "retryable", "fault"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, fields[i]);
    }
    lua_pop(L, 1);
}

static void set_text(lua_State *L, const char *key, const char *text) {
    if (!text) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void error_push(lua_State *L, const script_error *error) {
    lua_createtable(L, 0, 6);
    set_text(L, "code", error->code);
    set_text(L, "message", error->message);
    set_text(L, "kind", error->kind);
    set_text(L, "hint", error->hint);
    if (error->status) {
        lua_pushinteger(L, error->status);
        lua_setfield(L, -2, "status");
    }
    lua_pushboolean(L, error->retryable);
    lua_setfield(L, -2, "retryable");
    luaL_setmetatable(L, ERROR);
}

void error_become_table(lua_State *L) {
    if (lua_istable(L, -1)) return;
    lua_createtable(L, 0, 4);
    set_text(L, "code", "script_error");
    set_text(L, "kind", "unknown");
    if (lua_type(L, -2) == LUA_TSTRING) lua_pushvalue(L, -2);
    else lua_pushfstring(L, "an error of type %s", luaL_typename(L, -2));
    lua_setfield(L, -2, "message");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "retryable");
    luaL_setmetatable(L, ERROR);
    lua_remove(L, -2);
}

#define ERROR_TEXT_MAX 16000

// A field of the table at index as a string of ours, or NULL. Numbers are not converted in place: lua_next
// may be at work.
static char *text_field(lua_State *L, int index, const char *key) {
    char *text = NULL;
    lua_pushstring(L, key);
    lua_rawget(L, index);
    if (lua_type(L, -1) == LUA_TSTRING) {
        size_t n;
        const char *s = lua_tolstring(L, -1, &n);
        text = base_copy(s, n < ERROR_TEXT_MAX ? n : ERROR_TEXT_MAX);
    }
    lua_pop(L, 1);
    return text;
}

// Called outside of protected mode too, where a memory error would end the process: so it asks Lua for
// nothing new. The names of the fields exist already, in every state: error_open anchors them.
void error_read(lua_State *L, int index, script_error *out) {
    index = lua_absindex(L, index);
    *out = (script_error){0};
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t n;
        const char *s = lua_tolstring(L, index, &n);
        out->message = base_copy(s, n < ERROR_TEXT_MAX ? n : ERROR_TEXT_MAX);
    } else if (lua_istable(L, index)) {
        out->code = text_field(L, index, "code");
        out->message = text_field(L, index, "message");
        out->kind = text_field(L, index, "kind");
        out->hint = text_field(L, index, "hint");
        lua_pushliteral(L, "status");
        lua_rawget(L, index);
        if (lua_isinteger(L, -1)) out->status = (int)lua_tointeger(L, -1);
        lua_pushliteral(L, "retryable");
        lua_rawget(L, index);
        out->retryable = lua_toboolean(L, -1);
        lua_pushliteral(L, "fault");
        lua_rawget(L, index);
        out->fault = lua_toboolean(L, -1);
        lua_pop(L, 3);
    }
    if (!out->code) out->code = base_string("script_error");
    if (!out->kind) out->kind = base_string("unknown");
    if (!out->message) {
        char text[80];
        snprintf(text, sizeof text, "the script raised a %s without a message", luaL_typename(L, index));
        out->message = base_string(text);
    }
}

void error_free(script_error *error) {
    free(error->code);
    free(error->message);
    free(error->kind);
    free(error->hint);
    *error = (script_error){0};
}

int error_raise(lua_State *L, const char *code, const char *kind, const char *hint, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    script_error error = {.code = (char *)code, .kind = (char *)kind, .hint = (char *)hint, .message = text};
    error_push(L, &error);
    return lua_error(L);
}
