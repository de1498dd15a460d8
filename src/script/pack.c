// Reading a pack: its manifest, its modules, its files in the order of their names, then the files of the
// overlays. Contract in script.h.
//
// A step reads one file, in a coroutine that is resumed slice by slice: require and the files themselves may
// yield anywhere.
#include "script/internal.h"
#include "script/baked.h"

#include <stdlib.h>
#include <string.h>

#define MODULES "hatchway.modules" // in the registry: name → what the module returned; false while it is read
#define SCHEMA_MAX ((size_t)4 << 20)
#define INSTRUCTIONS_MAX ((size_t)64 << 10)

// --- files -------------------------------------------------------------------------------------------------

// What the build compiled, if this Lua can read it. Only the build's own files have it: compiled code is not
// checked by Lua, and nothing else is ever loaded so.
static bool load_code(lua_State *L, const script_file *file) {
    if (!file->code) return false;
    if (luaL_loadbufferx(L, file->code, file->code_length, file->name, "b") == LUA_OK) return true;
    lua_pop(L, 1);
    return false;
}

// Prepares the run of a file in globals of its own. Leaves the name of the file that is being read, its own
// name, the globals, and the function to call; end_file takes over when it has returned.
static void begin_file(lua_State *L, const script_file *file) {
    script_pack *pack = pack_of(L);
    lua_pushlightuserdata(L, (void *)pack->file);
    lua_pushlightuserdata(L, (void *)file->name);
    sandbox_push_env(L);
    if (strstr(file->name, "/tests/")) bind_spec(L, true);
    lua_pushfstring(L, "@%s", file->name);
    if (!load_code(L, file) &&
        luaL_loadbufferx(L, file->text, file->length, lua_tostring(L, -1), "t") != LUA_OK) {
        if (strstr(lua_tostring(L, -1), ".lua:")) lua_error(L);
        luaL_error(L, "%s: %s", file->name, lua_tostring(L, -1)); // nested too deeply, or bytecode
    }
    lua_remove(L, -2);
    lua_pushvalue(L, -2);
    lua_setupvalue(L, -2, 1); // a file's only upvalue is its globals
    pack->file = file->name;
}

// The stack ends with: the file before, the file, the globals, what the file returned. Leaves that alone. A
// module that raised inside of pcall is still the one that is being read.
static void end_file(lua_State *L) {
    script_pack *pack = pack_of(L);
    const char *file = lua_touserdata(L, -3);
    if (pack->file != file) luaL_error(L, "%s: the module %s was not read to its end", file, pack->file);
    pack->file = lua_touserdata(L, -4);
    if (pack->unfinished)
        luaL_error(L,
                   "%s:%d: the declaration of \"%s\" was not completed: it has no table, or that was refused",
                   file, pack->unfinished_line, pack->unfinished);
    lua_insert(L, -4);
    sandbox_freeze_env(L);
    lua_pop(L, 2);
}

static int after_file(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    end_file(L);
    return 0;
}

static int run_file(lua_State *L) {
    begin_file(L, pack_of(L)->next_file);
    lua_callk(L, 0, 1, 0, after_file);
    return after_file(L, LUA_OK, 0);
}

// "hatchway.x" is of the standard library, "<pack>.x" of the pack, else of the first overlay that has it:
// nothing shadows the pack's own.
static const script_file *module_file(lua_State *L, script_pack *pack, const char *name) {
    const char *dot = strchr(name, '.');
    const script_file *file = NULL;
    if (!dot || !dot[1]) return NULL;
    slice first = {name, (size_t)(dot - name)};
    const char *rest = luaL_gsub(L, dot + 1, ".", "/");
    if (slice_is(first, "hatchway"))
        return script_source_find(&pack->built_in, lua_pushfstring(L, "hatchway/%s.lua", rest));
    if (!pack->manifest.name || !slice_is(first, pack->manifest.name)) return NULL;
    for (size_t i = 0; i < pack->layer_count && !file; i++)
        file = script_source_find(&pack->layers[i].source,
                                  lua_pushfstring(L, "%s/%s.lua", pack->layers[i].root, rest));
    return file;
}

// require's stack: name, modules, then what end_file expects.
static int after_require(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    const char *name = lua_tostring(L, 1);
    end_file(L);
    if (lua_isnil(L, -1)) return luaL_error(L, "require \"%s\": the module returns nothing", name);
    if (lua_istable(L, -1)) sandbox_push_frozen(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

static int require(lua_State *L) {
    script_pack *pack = pack_of(L);
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, MODULES);
    if (lua_getfield(L, 2, name) != LUA_TNIL) {
        if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
            return luaL_error(L, "require \"%s\": the modules require each other in a circle", name);
        return 1;
    }
    if (!pack->loading)
        return luaL_error(L, "require \"%s\": modules are read with the files, not by a call", name);
    const script_file *file = module_file(L, pack, name);
    if (!file) {
        const char *own = pack->manifest.name ? pack->manifest.name : "<pack>";
        return luaL_error(L,
                          "require \"%s\": there is no such module; a module is hatchway.<name> or "
                          "%s.<name>, the file <name>.lua of the pack",
                          name, own);
    }
    lua_settop(L, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, 2, name);
    begin_file(L, file);
    lua_callk(L, 0, 1, 0, after_require);
    return after_require(L, LUA_OK, 0);
}

// --- the other steps ---------------------------------------------------------------------------------------

static int open_modules(lua_State *L) {
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, MODULES);
    lua_pushcfunction(L, require);
    sandbox_set_global(L, "require");
    static const char *const own[] = {"hatchway.types", "hatchway.wrap", "hatchway.test"};
    size_t count =
        sizeof own / sizeof *own - (pack_of(L)->host.ask ? 0 : 1); // the last one is for specs and the repl
    for (size_t i = 0; i < count; i++) {
        lua_pushcfunction(L, require);
        lua_pushstring(L, own[i]);
        lua_call(L, 1, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, own[i]);
    }
    return 0;
}

static int open_capabilities(lua_State *L) {
    script_pack *pack = pack_of(L);
    if (!pack->manifest.name)
        return luaL_error(L, "%s/pack.lua does not declare the pack: pack { name = \"…\" }",
                          pack->layers[0].root);
    if (!pack->needs_hatchet) return 0;
    if (!pack->host.upstream) return lua_pushstring(L, pack->host.no_upstream), lua_error(L);
    bind_hatchet(L);
    sandbox_push_frozen(L, "hatchet");
    sandbox_set_global(L, "hatchet");
    return 0;
}

static void keep_instructions(lua_State *L, script_pack *pack) {
    size_t n;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    if (text && n > INSTRUCTIONS_MAX)
        luaL_error(L, "pack: the instructions are longer than %d bytes", (int)INSTRUCTIONS_MAX);
    if (text) pack->manifest.instructions = base_copy(text, n);
}

static int after_instructions(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    if (lua_type(L, -1) != LUA_TSTRING)
        return luaL_error(L, "pack: instructions(access) returned a %s, not a string", luaL_typename(L, -1));
    keep_instructions(L, pack_of(L));
    return 0;
}

static int take_instructions(lua_State *L) {
    script_pack *pack = pack_of(L);
    if (lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.instructions") == LUA_TFUNCTION) {
        lua_pushstring(L, guard_access_name(pack->host.access));
        lua_callk(L, 1, 1, 0, after_instructions);
        return after_instructions(L, LUA_OK, 0);
    }
    keep_instructions(L, pack);
    return 0;
}

// --- loading -----------------------------------------------------------------------------------------------

typedef struct load_file {
    size_t layer;
    const script_file *file;
} load_file;

struct script_loading {
    script_pack *pack;
    enum { OPEN_MODULES, MANIFEST, CAPABILITIES, FILES, INSTRUCTIONS, LOADED, FAILED } step;
    bool goes_on;            // past files that are broken
    size_t changes;          // length of pack->changes before the file that is being read
    load_file *files;        // that declare, in order
    size_t file_count, file_room, at;
    script_run *run;         // of the step that has begun
    buf error;
};

static void add_file(script_loading *l, size_t layer, const script_file *file) {
    if (l->file_count == l->file_room) {
        l->file_room = l->file_room ? 2 * l->file_room : 64;
        l->files = base_grow(l->files, l->file_room * sizeof *l->files);
    }
    l->files[l->file_count++] = (load_file){layer, file};
}

// Adds the files of a folder, in the order of their names.
static void add_folder(script_loading *l, size_t layer, const char *folder) {
    const script_source *source = &l->pack->layers[layer].source;
    size_t n = strlen(folder);
    for (size_t i = 0; i < source->count; i++) {
        const char *name = source->files[i].name;
        if (strncmp(name, folder, n) == 0 && name[n] == '/' && !strchr(name + n + 1, '/'))
            add_file(l, layer, &source->files[i]);
    }
}

static void add_layer(script_loading *l, size_t layer) {
    static const char *const folders[] = {"tools", "resources", "prompts", "tests"};
    script_pack *pack = l->pack;
    buf name = BUF(BUF_SMALL);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        bool elsewhere = layer == 0 && i == 2 && pack->prompts;
        if (i == 3 && !pack->host.ask) break;
        buf_clear(&name);
        if (elsewhere) buf_text(&name, pack->prompts);
        else buf_printf(&name, "%s/%s", pack->layers[layer].root, folders[i]);
        add_folder(l, layer, buf_string(&name));
    }
    buf_free(&name);
}

static const script_file *manifest_of(const script_layer *layer) {
    buf name = BUF(BUF_SMALL);
    buf_printf(&name, "%s/pack.lua", layer->root);
    const script_file *file = script_source_find(&layer->source, buf_string(&name));
    buf_free(&name);
    return file;
}

// Which files are to be read is known once the manifest has been.
static void list_files(script_loading *l) {
    add_layer(l, 0);
    for (size_t i = 1; i < l->pack->layer_count; i++) {
        const script_file *manifest = manifest_of(&l->pack->layers[i]);
        if (manifest) add_file(l, i, manifest);
        add_layer(l, i);
    }
}

static script_run *begin_step(script_loading *l) {
    script_pack *pack = l->pack;
    switch (l->step) {
    case OPEN_MODULES: return run_load_begin(pack, open_modules, "hatchway");
    case CAPABILITIES: return run_load_begin(pack, open_capabilities, pack->layers[0].root);
    case INSTRUCTIONS: return run_load_begin(pack, take_instructions, "instructions");
    case MANIFEST:
        pack->next_file = manifest_of(&pack->layers[0]);
        break;
    default:
        l->changes = pack->changes.n;
        pack->toolset[0] = '\0';
        pack->layer = l->files[l->at].layer;
        pack->next_file = l->files[l->at].file;
    }
    if (pack->next_file) return run_load_begin(pack, run_file, pack->next_file->name);
    buf_printf(&l->error, "there is no pack.lua in \"%s\"", pack->layers[0].root);
    return NULL;
}

static void next_step(script_loading *l) {
    if (l->step == FILES && l->at + 1 < l->file_count) {
        l->at++;
        return;
    }
    l->step++;
    if (l->step != FILES) return;
    list_files(l);
    if (!l->file_count) l->step++;
}

// A module that was not read to its end is read again by the next file that requires it.
static int forget_unfinished(lua_State *L) {
    lua_getfield(L, LUA_REGISTRYINDEX, MODULES);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_toboolean(L, -1)) continue;
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, 1);
    }
    return 0;
}

static void pass_over(script_loading *l) {
    script_pack *pack = l->pack;
    pack->changes.n = l->changes;
    pack->unfinished = NULL;
    pack->completing = false;
    pack->file = NULL;
    lua_pushcfunction(pack->L, forget_unfinished);
    if (lua_pcall(pack->L, 0, 0, 0) != LUA_OK) lua_pop(pack->L, 1);
    next_step(l);
}

bool script_load_step(script_loading *l) {
    if (l->step >= LOADED) return false;
    if (!l->run) l->run = begin_step(l);
    if (!l->run) {
        l->step = FAILED;
        return false;
    }
    if (run_load_step(l->run)) return true;
    bool ok = run_load_end(l->run, &l->error);
    l->run = NULL;
    if (!ok) buf_char(&l->error, '\0');
    if (ok) next_step(l);
    else if (l->goes_on && l->step == FILES) pass_over(l);
    else l->step = FAILED;
    return true;
}

static void free_manifest(script_manifest *m) {
    char *const texts[] = {m->name, m->title, m->about, m->version, m->instructions};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
}

// --- baked packs -------------------------------------------------------------------------------------------

static const script_baked *baked_for(const script_layer *layers, size_t count, const script_host *host) {
    bool plain = count == 1 && layers[0].source.built_in && !host->ask;
    return plain ? script_baked_find(layers[0].root) : NULL;
}

// Fills the pack from what the build left: all but Lua.
static void take_baked(script_pack *pack, const script_baked *baked) {
    const script_host *host = &pack->host;
    const char *instructions = baked->instructions[host->access];
    pack->manifest = (script_manifest){.name = base_string(baked->manifest.name),
                                       .title = baked->manifest.title ? base_string(baked->manifest.title) : NULL,
                                       .about = baked->manifest.about ? base_string(baked->manifest.about) : NULL,
                                       .version = baked->manifest.version ? base_string(baked->manifest.version) : NULL,
                                       .instructions = instructions ? base_string(instructions) : NULL};
    pack->needs_hatchet = baked->needs_hatchet;
    buf_add(&pack->small, baked->small, baked->small_length);
    pack->item_count = pack->item_room = baked->count;
    pack->items = base_alloc(baked->count * sizeof *pack->items);
    memcpy(pack->items, baked->items, baked->count * sizeof *pack->items);
    for (size_t i = 0; i < baked->count; i++) {
        script_item *item = &pack->items[i];
        if (item->deadline < 0) item->deadline = host->deadline;
        if (item->cpu < 0) item->cpu = host->cpu;
        if (item->kind == SCRIPT_TOOL) item->offer = select_offer(pack, item);
    }
}

// The functions of the items as they were read now; the items stay where they are, for calls point to them.
static bool take_functions(script_pack *pack, script_item *items, size_t count) {
    bool same = pack->item_count == count;
    for (size_t i = 0; i < count && same; i++) {
        same = strcmp(items[i].name, pack->items[i].name) == 0;
        items[i].run = pack->items[i].run;
        items[i].types = pack->items[i].types;
        items[i].watch = pack->items[i].watch;
    }
    for (size_t i = 0; i < pack->item_count; i++) declare_free_item(&pack->items[i]);
    free(pack->items);
    pack->items = items;
    pack->item_count = pack->item_room = count;
    return same;
}

// What reading the files has left is no reason to rest.
static void end_loading(script_pack *pack) {
    pack->loading = false;
    core_rest(pack->host.memory);
}

bool pack_wake(script_pack *pack, buf *error) {
    if (pack->L) return true;
    script_item *items = pack->items;
    size_t count = pack->item_count;
    script_manifest manifest = pack->manifest;
    script_loading l = {.pack = pack, .error = BUF(BUF_SMALL)};
    pack->items = NULL;
    pack->item_count = pack->item_room = 0;
    pack->manifest = (script_manifest){0};
    pack->needs_hatchet = false;
    buf_clear(&pack->small);
    pack->loading = true;
    pack->L = sandbox_new(pack);
    while (pack->L && script_load_step(&l)) {}
    if (l.run) run_load_end(l.run, &l.error);
    end_loading(pack);
    free(l.files);
    free_manifest(&pack->manifest);
    pack->manifest = manifest;
    bool ok = take_functions(pack, items, count) && l.step == LOADED;
    if (!ok) buf_printf(error, "the built-in pack cannot be read: %s", buf_string(&l.error));
    buf_free(&l.error);
    return ok;
}

script_loading *script_load_begin(script_layer *layers, size_t count, const script_host *host) {
    script_loading *l = base_alloc(sizeof *l);
    const script_baked *baked = baked_for(layers, count, host);
    script_pack *pack = base_alloc(sizeof *pack);
    *pack = (script_pack){.layers = layers,
                          .layer_count = count,
                          .built_in = script_source_built_in(),
                          .host = *host,
                          .loading = true,
                          .scratch = BUF(SCHEMA_MAX),
                          .changes = BUF(SCHEMA_MAX),
                          .small = BUF(BUF_SMALL),
                          .replays = BUF(BUF_SMALL)};
    *l = (script_loading){.pack = pack, .error = BUF(BUF_SMALL)};
    uv_idle_init(host->loop, &pack->pulse);
    pack->pulse.data = pack;
    budget_start(host);
    if (baked && baked->needs_hatchet && !host->upstream) {
        buf_text(&l->error, host->no_upstream);
        l->step = FAILED;
        return l;
    }
    if (baked) {
        take_baked(pack, baked);
        l->step = LOADED;
        return l;
    }
    pack->L = sandbox_new(pack);
    if (pack->L) return l;
    buf_text(&l->error, "no memory for a Lua state");
    l->step = FAILED;
    return l;
}

script_pack *script_load_end(script_loading *l, buf *error) {
    script_pack *pack = l->pack;
    bool ok = l->step == LOADED;
    if (l->run) run_load_end(l->run, &l->error);
    end_loading(pack);
    buf_text(error, buf_string(&l->error)); // up to the zero byte at its end
    buf_free(&l->error);
    free(l->files);
    free(l);
    if (ok) return pack;
    script_unload(pack);
    return NULL;
}

// --- looking at layers -------------------------------------------------------------------------------------

void script_check(script_layer *layers, size_t count, const script_host *host, buf *errors, buf *changes) {
    script_loading *l = script_load_begin(layers, count, host);
    buf nothing = BUF(BUF_SMALL);
    l->goes_on = true;
    while (script_load_step(l)) {}
    if (l->error.n && l->error.s[l->error.n - 1] != '\0') buf_char(&l->error, '\0');
    buf_slice(errors, buf_view(&l->error));
    buf_slice(changes, buf_view(&l->pack->changes));
    script_pack *pack = script_load_end(l, &nothing);
    if (pack) script_unload(pack);
    buf_free(&nothing);
}

char *script_declared_name(script_layer *layer, const script_host *host) {
    script_layer *layers = base_alloc(sizeof *layers);
    buf nothing = BUF(BUF_SMALL);
    *layers = *layer;
    script_loading *l = script_load_begin(layers, 1, host);
    while (l->step <= MANIFEST && script_load_step(l)) {}
    char *name = l->pack->manifest.name ? base_string(l->pack->manifest.name) : NULL;
    script_pack *pack = script_load_end(l, &nothing);
    if (pack) script_unload(pack);
    buf_free(&nothing);
    return name;
}

// --- settings ----------------------------------------------------------------------------------------------

static int after_settings(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    script_pack *pack = pack_of(L);
    const char *file = pack->file;
    end_file(L);
    if (!lua_istable(L, -1))
        return luaL_error(L, "%s: it returns a %s, not a table", file, luaL_typename(L, -1));
    buf_clear(&pack->scratch);
    lua_json_write(L, lua_gettop(L), &pack->scratch);
    return 0;
}

static int run_settings(lua_State *L) {
    begin_file(L, pack_of(L)->next_file);
    lua_callk(L, 0, 1, 0, after_settings);
    return after_settings(L, LUA_OK, 0);
}

bool script_returned(script_layer *layer, const script_host *host, buf *json, buf *error) {
    script_layer *layers = base_alloc(sizeof *layers);
    *layers = *layer;
    script_loading *l = script_load_begin(layers, 1, host);
    script_pack *pack = l->pack;
    bool ok = pack->L != NULL;
    if (ok) {
        pack->next_file = &layers->source.files[0];
        script_run *run = run_load_begin(pack, run_settings, pack->next_file->name);
        while (run_load_step(run)) {}
        ok = run_load_end(run, &l->error);
    }
    if (ok) buf_slice(json, buf_view(&pack->scratch));
    buf_text(error, buf_string(&l->error));
    buf_clear(&l->error);
    l->step = FAILED; // there is no pack
    script_load_end(l, &l->error);
    return ok;
}

// --- packs -------------------------------------------------------------------------------------------------

void script_layer_free(script_layer *layer) {
    script_source_free(&layer->source);
    free(layer->root);
}

static void free_pack(uv_handle_t *pulse) {
    script_pack *pack = pulse->data;
    if (pack->L) lua_close(pack->L);
    slab_end(&pack->slab);
    run_free_idle_threads(pack);
    for (size_t i = 0; i < pack->item_count; i++) declare_free_item(&pack->items[i]);
    for (size_t i = 0; i < pack->layer_count; i++) script_layer_free(&pack->layers[i]);
    for (size_t i = 0; i < pack->spec_count; i++) declare_free_item(&pack->specs[i]);
    free(pack->items);
    free(pack->specs);
    free(pack->layers);
    free(pack->prompts);
    free_manifest(&pack->manifest);
    buf_free(&pack->scratch);
    buf_free(&pack->changes);
    buf_free(&pack->small);
    buf_free(&pack->replays);
    free(pack);
}

#define STEP_SIZE 8      // of the collector, a power of two: 0.3 ms at most
#define LAST_CYCLES 2    // the first may have marked what is garbage now

// Everything in the state of a pack becomes garbage.
static int forget_everything(lua_State *L) {
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    for (lua_pushnil(L); lua_next(L, LUA_REGISTRYINDEX); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) <= LUA_RIDX_LAST) continue;
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, LUA_REGISTRYINDEX);
    }
    lua_gc(L, LUA_GCINC, 0, 0, STEP_SIZE);
    return 0;
}

// Closing a state frees all of it in one go, a millisecond in which others wait. So most of it is collected before, a
// piece at each turn of the loop.
static void collect_piece(uv_idle_t *pulse) {
    script_pack *pack = pulse->data;
    pack->last_cycles += lua_gc(pack->L, LUA_GCSTEP, 0);
    if (pack->last_cycles == LAST_CYCLES) uv_close((uv_handle_t *)pulse, free_pack);
}

void script_unload(script_pack *pack) {
    while (pack->runs) script_cancel(pack->runs);
    uv_idle_stop(&pack->pulse);
    if (pack->L) lua_pushcfunction(pack->L, forget_everything);
    if (pack->L && lua_pcall(pack->L, 0, 0, 0) == LUA_OK) uv_idle_start(&pack->pulse, collect_piece);
    else uv_close((uv_handle_t *)&pack->pulse, free_pack);
}

const char *script_small(const script_pack *pack, size_t *length) {
    *length = pack->small.n;
    return pack->small.s;
}

bool script_needs_hatchet(const script_pack *pack) { return pack->needs_hatchet; }

const json_node *script_input(const script_item *item) {
    script_item *own = (script_item *)item; // of a baked item it is read when it is asked for
    if (!own->input_doc.nodes && own->input) json_parse(&own->input_doc, slice_of(own->input), 0, 0);
    return own->input_doc.nodes;
}

const script_manifest *script_manifest_of(const script_pack *pack) { return &pack->manifest; }

const script_item *script_items(const script_pack *pack, size_t *count) {
    *count = pack->item_count;
    return pack->items;
}

const script_item *script_specs(const script_pack *pack, size_t *count) {
    *count = pack->spec_count;
    return pack->specs;
}

slice script_replays(const script_pack *pack) { return buf_view(&pack->replays); }

const script_file *script_file_of(const script_pack *pack, const script_item *item) {
    return script_source_find(&pack->layers[item->layer].source, item->file);
}

const char *script_changes(const script_pack *pack) { return buf_string((buf *)&pack->changes); }

