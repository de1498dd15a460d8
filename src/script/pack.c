// Reading a pack: its manifest, its modules, its files in the order of their names. Contract in script.h.
#include "script/internal.h"

#include <stdlib.h>
#include <string.h>

#define MODULES "hatchway.modules" // in the registry: name → what the module returned; false while it is read
#define SCHEMA_MAX ((size_t)4 << 20)
#define INSTRUCTIONS_MAX ((size_t)64 << 10)

static script_pack *pack_of(lua_State *L) {
    void *pack;
    lua_getallocf(L, &pack);
    return pack;
}

// --- files ------------------------------------------------------------------------------------------------------------------------

// Runs a file in globals of its own, which are frozen afterwards. Leaves what it returned. [-0, +1, e]
static void run_file(lua_State *L, const script_file *file) {
    script_pack *pack = pack_of(L);
    const char *before = pack->file;
    lua_pushfstring(L, "@%s", file->name);
    if (luaL_loadbufferx(L, file->text, file->length, lua_tostring(L, -1), "t") != LUA_OK) lua_error(L);
    lua_remove(L, -2);
    sandbox_push_env(L);
    lua_pushvalue(L, -1);
    lua_setupvalue(L, -3, 1); // a file's only upvalue is its globals
    lua_insert(L, -2);
    pack->file = file->name;
    lua_call(L, 0, 1);
    pack->file = before;
    if (pack->unfinished) luaL_error(L, "%s: the declaration of \"%s\" was not completed: it has no table, or that was refused", file->name, pack->unfinished);
    lua_insert(L, -2);
    sandbox_freeze_env(L);
}

// "hatchway.x" is of the standard library, "<pack>.x" of the pack. NULL when there is no such file.
static const script_file *module_file(lua_State *L, script_pack *pack, const char *name) {
    const char *dot = strchr(name, '.');
    if (!dot || !dot[1]) return NULL;
    slice first = {name, (size_t)(dot - name)};
    const char *rest = luaL_gsub(L, dot + 1, ".", "/");
    if (slice_is(first, "hatchway")) return script_source_find(&pack->built_in, lua_pushfstring(L, "hatchway/%s.lua", rest));
    if (pack->manifest.name && slice_is(first, pack->manifest.name))
        return script_source_find(pack->source, lua_pushfstring(L, "%s/%s.lua", pack->root, rest));
    return NULL;
}

static int require(lua_State *L) {
    script_pack *pack = pack_of(L);
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, MODULES);
    if (lua_getfield(L, 2, name) != LUA_TNIL) {
        if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) return luaL_error(L, "require \"%s\": the modules require each other in a circle", name);
        return 1;
    }
    lua_pop(L, 1);
    if (!pack->loading) return luaL_error(L, "require \"%s\": modules are read with the files, not by a call", name);
    const script_file *file = module_file(L, pack, name);
    if (!file) {
        const char *own = pack->manifest.name ? pack->manifest.name : "<pack>";
        return luaL_error(L, "require \"%s\": there is no such module; a module is hatchway.<name> or %s.<name>, the file <name>.lua of the pack",
                          name, own);
    }
    lua_settop(L, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, 2, name);
    run_file(L, file);
    if (lua_isnil(L, -1)) return luaL_error(L, "require \"%s\": %s returns nothing", name, file->name);
    if (lua_istable(L, -1)) sandbox_push_frozen(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

// Runs the files of a folder, in the order of their names.
static void run_folder(lua_State *L, const char *folder) {
    const script_source *source = pack_of(L)->source;
    size_t n = strlen(folder);
    for (size_t i = 0; i < source->count; i++) {
        const char *name = source->files[i].name;
        if (strncmp(name, folder, n) != 0 || name[n] != '/' || strchr(name + n + 1, '/')) continue;
        run_file(L, &source->files[i]);
        lua_pop(L, 1);
    }
}

static void take_instructions(lua_State *L, script_pack *pack) {
    if (lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.instructions") == LUA_TFUNCTION) {
        lua_pushstring(L, guard_access_name(pack->host.access));
        lua_call(L, 1, 1);
        if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "pack: instructions(access) returned a %s, not a string", luaL_typename(L, -1));
    }
    size_t n;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    if (text && n > INSTRUCTIONS_MAX) luaL_error(L, "pack: the instructions are longer than %d bytes", (int)INSTRUCTIONS_MAX);
    if (text) pack->manifest.instructions = base_copy(text, n);
    lua_pop(L, 1);
}

static void open_modules(lua_State *L) {
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, MODULES);
    lua_pushcfunction(L, require);
    sandbox_set_global(L, "require");
    lua_pushcfunction(L, require);
    lua_pushliteral(L, "hatchway.types");
    lua_call(L, 1, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "hatchway.types");
}

static int read_pack(lua_State *L) {
    script_pack *pack = pack_of(L);
    open_modules(L);
    const script_file *file = script_source_find(pack->source, lua_pushfstring(L, "%s/pack.lua", pack->root));
    if (!file) return luaL_error(L, "there is no pack.lua");
    run_file(L, file);
    if (!pack->manifest.name) return luaL_error(L, "%s does not declare the pack: pack { name = \"…\" }", file->name);
    if (pack->needs_hatchet) {
        if (!pack->host.upstream) return lua_pushstring(L, pack->host.no_upstream), lua_error(L);
        bind_hatchet(L);
        sandbox_push_frozen(L, "hatchet");
        sandbox_set_global(L, "hatchet");
    }
    run_folder(L, lua_pushfstring(L, "%s/tools", pack->root));
    run_folder(L, lua_pushfstring(L, "%s/resources", pack->root));
    run_folder(L, pack->prompts ? pack->prompts : lua_pushfstring(L, "%s/prompts", pack->root));
    take_instructions(L, pack);
    return 0;
}

// --- packs ------------------------------------------------------------------------------------------------------------------------

static void free_pack(script_pack *pack) {
    if (pack->L) lua_close(pack->L);
    for (size_t i = 0; i < pack->item_count; i++) declare_free_item(&pack->items[i]);
    free(pack->items);
    char *const texts[] = {pack->root, pack->prompts, pack->manifest.name, pack->manifest.title, pack->manifest.about,
                           pack->manifest.version, pack->manifest.instructions};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    buf_free(&pack->scratch);
    free(pack);
}

static void pulse_closed(uv_handle_t *handle) { free_pack(handle->data); }

script_pack *script_load(const script_source *source, const char *root, const script_host *host, buf *error) {
    script_pack *pack = base_alloc(sizeof *pack);
    *pack = (script_pack){.source = source, .built_in = script_source_built_in(), .root = base_string(root), .host = *host,
                          .loading = true, .scratch = BUF(SCHEMA_MAX)};
    budget_start(host);
    pack->L = sandbox_new(pack);
    if (!pack->L) buf_text(error, "no memory for a Lua state");
    if (!pack->L || !run_load(pack, read_pack, error)) {
        free_pack(pack);
        return NULL;
    }
    pack->loading = false;
    uv_idle_init(host->loop, &pack->pulse);
    pack->pulse.data = pack;
    return pack;
}

void script_unload(script_pack *pack) {
    while (pack->runs) script_cancel(pack->runs);
    uv_close((uv_handle_t *)&pack->pulse, pulse_closed);
}

const script_manifest *script_manifest_of(const script_pack *pack) { return &pack->manifest; }

const script_item *script_items(const script_pack *pack, size_t *count) {
    *count = pack->item_count;
    return pack->items;
}

size_t script_memory(const script_pack *pack) { return pack->memory; }
