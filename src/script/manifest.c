// The manifest: pack { }, of the pack itself and of overlays. docs/lua-api.md says what each field means.
#include "script/internal.h"

#include <string.h>

// The value at the top: a text, a function that gives it, or nil.
static int keep_instructions(lua_State *L) {
    int type = lua_type(L, -1);
    if (type != LUA_TNIL && type != LUA_TSTRING && type != LUA_TFUNCTION)
        return luaL_error(L, "pack: instructions is a string or a function(access), not a %s",
                          lua_typename(L, type));
    lua_setfield(L, LUA_REGISTRYINDEX, "hatchway.instructions");
    return 0;
}

// The manifest of an overlay, which it may lack: what it says replaces what the pack says.
static int change_manifest(lua_State *L, script_pack *pack) {
    static const declare_field fields[] = {{"name", LUA_TSTRING, false},
                                   {"title", LUA_TSTRING, false},
                                   {"about", LUA_TSTRING, false},
                                   {"version", LUA_TSTRING, false},
                                   {"instructions", DECLARE_ANY, false}};
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, "pack");
    lua_getfield(L, 1, "name");
    if (lua_isstring(L, -1) && strcmp(lua_tostring(L, -1), pack->manifest.name) != 0)
        return luaL_error(L, "pack: this overlay is for the pack \"%s\", and lies over \"%s\"",
                          lua_tostring(L, -1), pack->manifest.name);
    for (size_t i = 1; i < sizeof fields / sizeof *fields; i++) {
        if (lua_getfield(L, 1, fields[i].name) != LUA_TNIL)
            buf_printf(&pack->changes, "changes the %s of the pack (%s)\n", fields[i].name, pack->file);
        lua_pop(L, 1);
    }
    declare_replace_text(L, "title", &pack->manifest.title);
    declare_replace_text(L, "about", &pack->manifest.about);
    declare_replace_text(L, "version", &pack->manifest.version);
    if (lua_getfield(L, 1, "instructions") == LUA_TNIL) return 0;
    return keep_instructions(L);
}

static void take_needs(lua_State *L, script_pack *pack) {
    lua_getfield(L, 1, "needs");
    for (lua_Integer i = 1, n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (strcmp(name, "hatchet") != 0)
            luaL_error(L, "pack: there is no capability \"%s\"; there is \"hatchet\"", name);
        pack->needs_hatchet = true;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// small = { "tool", … }: what --toolsets small offers.
static void take_small(lua_State *L, script_pack *pack) {
    lua_getfield(L, 1, "small");
    for (lua_Integer i = 1, n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0; i <= n; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TSTRING) luaL_error(L, "pack: small is a list of names of tools");
        buf_add(&pack->small, lua_tostring(L, -1), lua_rawlen(L, -1) + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

int manifest_declare(lua_State *L) {
    static const declare_field fields[] = {{"name", LUA_TSTRING, true},    {"title", LUA_TSTRING, false},
                                   {"about", LUA_TSTRING, false},  {"version", LUA_TSTRING, false},
                                   {"needs", LUA_TTABLE, false},   {"instructions", DECLARE_ANY, false},
                                   {"prompts", LUA_TSTRING, false},
                                   {"small", LUA_TTABLE, false}};
    script_pack *pack = pack_of(L);
    if (!declare_is_reading(pack))
        return luaL_error(L, "pack: the manifest is read with the files, not made by a call");
    if (pack->layer > 0) return change_manifest(L, pack);
    if (pack->manifest.name) return luaL_error(L, "pack: the manifest is declared already");
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, "pack");
    lua_getfield(L, 1, "name");
    if (!declare_is_name(lua_tostring(L, -1)))
        return luaL_error(L, "pack: a name has 1 to %d of A-Z a-z 0-9 _ - .", DECLARE_NAME_MAX);
    pack->manifest.name = declare_text(L, "name");
    pack->manifest.title = declare_text(L, "title");
    pack->manifest.about = declare_text(L, "about");
    pack->manifest.version = declare_text(L, "version");
    pack->prompts = declare_text(L, "prompts");
    if (pack->prompts && !pack->layers[0].source.built_in)
        return luaL_error(
            L, "pack: \"prompts\" is for built-in packs; put prompts into the folder prompts/ of the pack");
    take_needs(L, pack);
    take_small(L, pack);
    lua_getfield(L, 1, "instructions");
    return keep_instructions(L);
}
