// Declarations: pack { }, tool "x" { }, resource "x" { }, prompt "x" { }. docs/lua-api.md says what each field means.
//
// Everything is checked here, while the file is read: what is wrong raises with file and line, and the pack is not loaded. An item is
// put into the pack's list before its fields are filled, so that script_unload frees it however this ends.
#include "script/internal.h"
#include "guard/schema.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64      // of a tool or prompt: clients refuse longer ones
#define DEADLINE_MAX 300       // seconds
#define CPU_MAX 60000          // milliseconds

static script_pack *pack_of(lua_State *L) {
    void *pack;
    lua_getallocf(L, &pack);
    return pack;
}

void declare_free_item(script_item *item) {
    char *const texts[] = {item->name, item->label, item->title, item->about, item->mime, item->domain, item->input, item->output};
    json_doc_free(&item->input_doc);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    for (size_t i = 0; i < item->link_count; i++) {
        free(item->links[i].kind);
        free(item->links[i].path);
    }
}

// --- fields ---------------------------------------------------------------------------------------------------------------------

#define ANY_TYPE (-2) // checked where it is used

typedef struct field {
    const char *name;
    int type;
    bool needed;
} field;

#define FIELDS_MAX 16

static void check_unknown(lua_State *L, const field *fields, size_t count, const char *what) {
    const char *names[FIELDS_MAX];
    for (size_t i = 0; i < count; i++) names[i] = fields[i].name;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        bool known = false;
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        for (size_t i = 0; name && i < count; i++) known |= strcmp(name, names[i]) == 0;
        if (known) continue;
        if (!name) luaL_error(L, "%s: a field without a name (%s)", what, luaL_tolstring(L, -2, NULL));
        const char *near = guard_nearest(slice_of(name), names, count);
        if (near) luaL_error(L, "%s: there is no field \"%s\"; did you mean \"%s\"?", what, name, near);
        luaL_error(L, "%s: there is no field \"%s\"", what, name);
    }
}

// The table of a declaration at index 1: only these fields, each of its type, the needed ones there.
static void check_fields(lua_State *L, const field *fields, size_t count, const char *what) {
    if (!lua_istable(L, 1)) luaL_error(L, "%s needs a table: %s { … }", what, what);
    check_unknown(L, fields, count, what);
    for (size_t i = 0; i < count; i++) {
        int type = lua_getfield(L, 1, fields[i].name);
        if (type == LUA_TNIL && fields[i].needed) luaL_error(L, "%s needs the field \"%s\"", what, fields[i].name);
        if (type != LUA_TNIL && fields[i].type != ANY_TYPE && type != fields[i].type)
            luaL_error(L, "%s: the field \"%s\" is a %s, not a %s", what, fields[i].name, lua_typename(L, type), lua_typename(L, fields[i].type));
        lua_pop(L, 1);
    }
}

// A copy of a text field, or NULL.
static char *text_field(lua_State *L, const char *name) {
    size_t n;
    lua_getfield(L, 1, name);
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    char *copy = s ? base_copy(s, n) : NULL;
    lua_pop(L, 1);
    return copy;
}

static bool bool_field(lua_State *L, const char *name) {
    lua_getfield(L, 1, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

// A field of a positive number up to `max`, or `otherwise`, in microseconds; `unit` is how many microseconds one is.
static int64_t time_field(lua_State *L, const char *name, double max, int64_t unit, int64_t otherwise, const char *what) {
    if (lua_getfield(L, 1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return otherwise;
    }
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!(value > 0 && value <= max)) luaL_error(L, "%s: \"%s\" is above 0 and at most %f", what, name, max);
    return (int64_t)(value * (double)unit);
}

// Calls types.<function> with the field, and returns the JSON of what it gives, or NULL for nil.
static char *schema_field(lua_State *L, const char *name, const char *function, const char *what) {
    script_pack *pack = pack_of(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.types");
    lua_getfield(L, -1, function);
    lua_getfield(L, 1, name);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
    char *text = NULL;
    if (!lua_isnil(L, -1)) {
        buf_clear(&pack->scratch);
        lua_json_write(L, -1, &pack->scratch);
        if (pack->scratch.full) luaL_error(L, "%s: the schema is too large", what);
        text = base_copy(pack->scratch.s, pack->scratch.n);
    }
    lua_pop(L, 2);
    return text;
}

static bool is_name(const char *s) {
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", s[i])) return false;
    return n > 0 && n <= NAME_MAX_BYTES;
}

// --- items ----------------------------------------------------------------------------------------------------------------------

// "hatchet/tools/runs.lua" → "runs"
static char *domain_of(const char *file) {
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    const char *end = strrchr(base, '.');
    return base_copy(base, end ? (size_t)(end - base) : strlen(base));
}

static script_item *new_item(lua_State *L, script_kind kind, const char *name) {
    script_pack *pack = pack_of(L);
    for (size_t i = 0; i < pack->item_count; i++)
        if (pack->items[i].kind == kind && strcmp(pack->items[i].name, name) == 0)
            luaL_error(L, "\"%s\" is declared already, in %s.lua", name, pack->items[i].domain);
    if (pack->item_count == pack->item_room) {
        pack->item_room = pack->item_room ? 2 * pack->item_room : 32;
        pack->items = base_grow(pack->items, pack->item_room * sizeof *pack->items);
    }
    script_item *item = &pack->items[pack->item_count++];
    *item = (script_item){.kind = kind, .name = base_string(name), .domain = domain_of(pack->file), .run = LUA_NOREF};
    return item;
}

// What all three kinds have: title, about, input, run.
static void take_common(lua_State *L, script_item *item, const char *what) {
    script_pack *pack = pack_of(L);
    item->title = text_field(L, "title");
    item->about = text_field(L, "about");
    item->deadline = pack->host.deadline;
    item->cpu = pack->host.cpu;
    item->input = schema_field(L, "input", "input_schema", what);
    if (!json_parse(&item->input_doc, slice_of(item->input), 0, 0)) luaL_error(L, "%s: input: %s", what, item->input_doc.error);
    lua_getfield(L, 1, "run");
    item->run = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void add_link(lua_State *L, script_item *item, const char *kind, const char *what) {
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s: link: a path such as \"run.metadata.id\", or a list of them", what);
    if (item->link_count == SCRIPT_LINKS) luaL_error(L, "%s: link: more than %d paths", what, SCRIPT_LINKS);
    item->links[item->link_count++] = (script_link){base_string(kind), base_string(lua_tostring(L, -1))};
}

// link = { run = "path" } or { run = { "path", "other.path" } }
static void take_links(lua_State *L, script_item *item, const char *what) {
    static const char *const kinds[] = {"run", "workflow", "worker"};
    if (lua_getfield(L, 1, "link") == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *kind = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        bool known = false;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) known |= strcmp(kind, kinds[i]) == 0;
        if (!known) luaL_error(L, "%s: link: the kind is run, workflow or worker, not \"%s\"", what, kind);
        if (!lua_istable(L, -1)) {
            add_link(L, item, kind, what);
            continue;
        }
        for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, -1); i <= n; i++) {
            lua_rawgeti(L, -1, i);
            add_link(L, item, kind, what);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static const char *name_of(lua_State *L, const char *kind) {
    return lua_pushfstring(L, "%s \"%s\"", kind, lua_tostring(L, lua_upvalueindex(1)));
}

static int finish_tool(lua_State *L) {
    static const field fields[] = {
        {"title", LUA_TSTRING, true}, {"about", LUA_TSTRING, true}, {"access", LUA_TSTRING, true}, {"input", LUA_TTABLE, false},
        {"output", LUA_TTABLE, false}, {"run", LUA_TFUNCTION, true}, {"list", LUA_TBOOLEAN, false}, {"idempotent", LUA_TBOOLEAN, false},
        {"untrusted", LUA_TBOOLEAN, false}, {"link", LUA_TTABLE, false}, {"deadline", LUA_TNUMBER, false}, {"cpu", LUA_TNUMBER, false}};
    const char *what = name_of(L, "tool");
    check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_TOOL, lua_tostring(L, lua_upvalueindex(1)));
    lua_getfield(L, 1, "access");
    if (!guard_access_parse(slice_of(lua_tostring(L, -1)), &item->access))
        return luaL_error(L, "%s: access is \"read\", \"write\" or \"destroy\", not \"%s\"", what, lua_tostring(L, -1));
    take_common(L, item, what);
    item->output = schema_field(L, "output", "output_schema", what);
    item->list = bool_field(L, "list");
    item->idempotent = bool_field(L, "idempotent");
    item->untrusted = bool_field(L, "untrusted");
    item->deadline = time_field(L, "deadline", DEADLINE_MAX, 1000000, item->deadline, what);
    item->cpu = time_field(L, "cpu", CPU_MAX, 1000, item->cpu, what);
    take_links(L, item, what);
    pack_of(L)->unfinished = NULL;
    return 0;
}

// Each variable of a template is an argument, and each argument a variable.
static void check_template(lua_State *L, script_item *item, const char *what) {
    const json_node *properties = json_get(item->input_doc.nodes, "properties");
    size_t variables = 0;
    for (const char *s = item->name; (s = strchr(s, '{')); s++) {
        const char *end = strchr(s, '}');
        if (!end || end == s + 1) luaL_error(L, "%s: a variable is written {name}", what);
        if (!json_member(properties, (slice){s + 1, (size_t)(end - s - 1)}))
            luaL_error(L, "%s: input lacks the variable %s", what, lua_pushlstring(L, s + 1, (size_t)(end - s - 1)));
        variables++;
    }
    if (variables != (properties ? properties->count : 0)) luaL_error(L, "%s: input names what the address does not have", what);
    item->is_template = variables > 0;
}

static int finish_resource(lua_State *L) {
    static const field fields[] = {{"name", LUA_TSTRING, true}, {"title", LUA_TSTRING, false}, {"about", LUA_TSTRING, true},
                                   {"mime", LUA_TSTRING, false}, {"input", LUA_TTABLE, false}, {"run", LUA_TFUNCTION, true}};
    const char *what = name_of(L, "resource");
    check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_RESOURCE, lua_tostring(L, lua_upvalueindex(1)));
    take_common(L, item, what);
    item->label = text_field(L, "name");
    item->mime = text_field(L, "mime");
    check_template(L, item, what);
    pack_of(L)->unfinished = NULL;
    return 0;
}

static int finish_prompt(lua_State *L) {
    static const field fields[] = {{"title", LUA_TSTRING, false}, {"about", LUA_TSTRING, true}, {"input", LUA_TTABLE, false},
                                   {"run", LUA_TFUNCTION, true}};
    const char *what = name_of(L, "prompt");
    check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_PROMPT, lua_tostring(L, lua_upvalueindex(1)));
    take_common(L, item, what);
    pack_of(L)->unfinished = NULL;
    return 0;
}

// --- what files call --------------------------------------------------------------------------------------------------------------

// tool "x" gives the function that takes the table. A file that ends in between is told so.
static int begin(lua_State *L, const char *kind, lua_CFunction finish) {
    script_pack *pack = pack_of(L);
    if (!pack->loading) return luaL_error(L, "%s: declarations are read with the files, not made by a call", kind);
    if (pack->unfinished) return luaL_error(L, "the declaration of \"%s\" was not completed: write %s \"%s\" { … }", pack->unfinished, kind, pack->unfinished);
    if (lua_type(L, 1) != LUA_TSTRING) return luaL_error(L, "%s needs a name: %s \"name\" { … }", kind, kind);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "hatchway.unfinished"); // keeps the string
    pack->unfinished = lua_tostring(L, 1);
    lua_pushcclosure(L, finish, 1);
    return 1;
}

static void need_name(lua_State *L, const char *kind) {
    if (lua_type(L, 1) == LUA_TSTRING && !is_name(lua_tostring(L, 1)))
        luaL_error(L, "%s \"%s\": a name has 1 to %d of A-Z a-z 0-9 _ - .", kind, lua_tostring(L, 1), NAME_MAX_BYTES);
}

static int declare_tool(lua_State *L) {
    need_name(L, "tool");
    return begin(L, "tool", finish_tool);
}

static int declare_prompt(lua_State *L) {
    need_name(L, "prompt");
    return begin(L, "prompt", finish_prompt);
}

static int declare_resource(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING && !strstr(lua_tostring(L, 1), "://"))
        return luaL_error(L, "resource \"%s\": the address needs a scheme, such as hatchet://runs", lua_tostring(L, 1));
    return begin(L, "resource", finish_resource);
}

static void take_needs(lua_State *L, script_pack *pack) {
    lua_getfield(L, 1, "needs");
    for (lua_Integer i = 1, n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (strcmp(name, "hatchet") != 0) luaL_error(L, "pack: there is no capability \"%s\"; there is \"hatchet\"", name);
        pack->needs_hatchet = true;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int declare_pack(lua_State *L) {
    static const field fields[] = {{"name", LUA_TSTRING, true}, {"title", LUA_TSTRING, false}, {"about", LUA_TSTRING, false},
                                   {"version", LUA_TSTRING, false}, {"needs", LUA_TTABLE, false}, {"instructions", ANY_TYPE, false},
                                   {"prompts", LUA_TSTRING, false}};
    script_pack *pack = pack_of(L);
    if (!pack->loading) return luaL_error(L, "pack: the manifest is read with the files, not made by a call");
    if (pack->manifest.name) return luaL_error(L, "pack: the manifest is declared already");
    check_fields(L, fields, sizeof fields / sizeof *fields, "pack");
    lua_getfield(L, 1, "name");
    if (!is_name(lua_tostring(L, -1))) return luaL_error(L, "pack: a name has 1 to %d of A-Z a-z 0-9 _ - .", NAME_MAX_BYTES);
    pack->manifest.name = text_field(L, "name");
    pack->manifest.title = text_field(L, "title");
    pack->manifest.about = text_field(L, "about");
    pack->manifest.version = text_field(L, "version");
    pack->prompts = text_field(L, "prompts");
    if (pack->prompts && !pack->source->built_in)
        return luaL_error(L, "pack: \"prompts\" is for built-in packs; put prompts into the folder prompts/ of the pack");
    take_needs(L, pack);
    int type = lua_getfield(L, 1, "instructions");
    if (type != LUA_TNIL && type != LUA_TSTRING && type != LUA_TFUNCTION)
        return luaL_error(L, "pack: instructions is a string or a function(access), not a %s", lua_typename(L, type));
    lua_setfield(L, LUA_REGISTRYINDEX, "hatchway.instructions");
    return 0;
}

void declare_open(lua_State *L) {
    static const luaL_Reg functions[] = {{"pack", declare_pack}, {"tool", declare_tool}, {"resource", declare_resource},
                                         {"prompt", declare_prompt}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushcfunction(L, functions[i].func);
        sandbox_set_global(L, functions[i].name);
    }
}
