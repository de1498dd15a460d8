// Declarations: tool "x" { }, resource "x" { }, prompt "x" { }, and what overlays do: hide.tool
// "x", wrap.tool "x" { }. docs/lua-api.md says what each field means.
//
// Everything is checked here, while the file is read: what is wrong raises with file and line, and the pack
// is not loaded. An item is put into the pack's list before its fields are filled, so that script_unload
// frees it however this ends.
#include "script/internal.h"
#include "guard/declared.h"
#include "guard/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MAX 300       // seconds
#define CPU_MAX 60000          // milliseconds
#define WATCH_MIN 2            // seconds
#define WATCH_MAX 3600         // seconds

void declare_free_item(script_item *item) {
    if (item->is_baked) {
        json_doc_free(&item->input_doc);
        return;
    }
    char *const texts[] = {item->name, item->label, item->toolset, item->title, item->about,
                           item->mime, item->ui, item->annotations, item->icons, item->input, item->output,
                           item->preview};
    json_doc_free(&item->input_doc);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    for (size_t i = 0; i < item->link_count; i++) {
        free(item->links[i].kind);
        free(item->links[i].path);
    }
}

// --- fields ------------------------------------------------------------------------------------------------

static void check_unknown(lua_State *L, const declare_field *fields, size_t count, const char *what) {
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

void declare_check_fields(lua_State *L, const declare_field *fields, size_t count, const char *what) {
    if (!lua_istable(L, 1)) luaL_error(L, "%s needs a table: %s { … }", what, what);
    check_unknown(L, fields, count, what);
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        int type = lua_getfield(L, 1, fields[i].name);
        if (type == LUA_TNIL && fields[i].needed)
            luaL_error(L, "%s needs the field \"%s\"", what, fields[i].name);
        if (type != LUA_TNIL && fields[i].type != DECLARE_ANY && type != fields[i].type)
            luaL_error(L, "%s: the field \"%s\" is a %s, not a %s", what, fields[i].name,
                       lua_typename(L, type), lua_typename(L, fields[i].type));
        lua_setfield(L, -2, fields[i].name);
    }
    lua_replace(L, 1);
}

char *declare_text(lua_State *L, const char *name) {
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

// A field of a positive number up to `max`, or `otherwise`, in microseconds; `unit` is how many microseconds
// one is.
static int64_t time_field(lua_State *L, const char *name, double max, int64_t unit, int64_t otherwise,
                          const char *what) {
    if (lua_getfield(L, 1, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return otherwise;
    }
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!(value > 0 && value <= max)) luaL_error(L, "%s: \"%s\" is above 0 and at most %f", what, name, max);
    return (int64_t)(value * (double)unit);
}

// Calls types.<function> with the value at the top, which it pops, and returns the JSON of what it gives, or
// NULL for nil.
static char *schema_of(lua_State *L, const char *function, const char *what) {
    script_pack *pack = pack_of(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.types");
    lua_getfield(L, -1, function);
    lua_pushvalue(L, -3);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
    char *text = NULL;
    if (!lua_isnil(L, -1)) {
        buf_clear(&pack->scratch);
        lua_json_write(L, -1, &pack->scratch);
        if (pack->scratch.full) luaL_error(L, "%s: the schema is too large", what);
        text = base_copy(pack->scratch.s, pack->scratch.n);
    }
    lua_pop(L, 3);
    return text;
}

buf *declare_json(lua_State *L, int index, const char *schema, const char *what) {
    buf *text = &pack_of(L)->scratch;
    json_doc rule, value;
    guard_problems problems = {.text = BUF(BUF_SMALL)};
    char problem[400] = "";
    buf_clear(text);
    lua_json_write(L, index, text);
    if (text->full) luaL_error(L, "%s: too large", what);
    bool parsed = json_parse(&rule, slice_of(schema), 0, 0) & json_parse(&value, buf_view(text), 0, 0);
    if (!parsed || !guard_schema_check(rule.nodes, rule.nodes, value.nodes, "", &problems))
        snprintf(problem, sizeof problem, "%.*s", (int)strcspn(buf_string(&problems.text), "\n"),
                 buf_string(&problems.text));
    json_doc_free(&rule);
    json_doc_free(&value);
    buf_free(&problems.text);
    if (*problem) luaL_error(L, "%s%s", what, problem);
    return text;
}

bool declare_is_name(const char *s) {
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", s[i])) return false;
    return n > 0 && n <= DECLARE_NAME_MAX;
}

// --- items -------------------------------------------------------------------------------------------------

static const char *base_name(const char *file) {
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

static const char *const kind_names[] = {"tool", "resource", "prompt"};

static script_item *find_item(script_pack *pack, script_kind kind, const char *name) {
    for (size_t i = 0; i < pack->item_count; i++)
        if (pack->items[i].kind == kind && strcmp(pack->items[i].name, name) == 0) return &pack->items[i];
    return NULL;
}

static void note_change(script_pack *pack, const char *what, script_kind kind, const char *name) {
    if (pack->layer == 0) return;
    buf_printf(&pack->changes, "%s %s %s (%s)\n", what, kind_names[kind], name, pack->file);
}

static void release(lua_State *L, script_item *item) {
    luaL_unref(L, LUA_REGISTRYINDEX, item->run);
    luaL_unref(L, LUA_REGISTRYINDEX, item->types);
    luaL_unref(L, LUA_REGISTRYINDEX, item->watch);
    declare_free_item(item);
}

// The place of a new item: its own, or in a later layer that of the old item whose name it has, which is
// released.
static script_item *place_for(lua_State *L, script_item *old, script_kind kind, const char *name) {
    script_pack *pack = pack_of(L);
    note_change(pack, old ? "replaces" : "adds", kind, name);
    if (old) {
        release(L, old);
        return old;
    }
    if (pack->item_count == pack->item_room) {
        pack->item_room = pack->item_room ? 2 * pack->item_room : 32;
        pack->items = base_grow(pack->items, pack->item_room * sizeof *pack->items);
    }
    return &pack->items[pack->item_count++];
}

static script_item *new_item(lua_State *L, script_kind kind, const char *name) {
    script_pack *pack = pack_of(L);
    script_item *old = find_item(pack, kind, name);
    if (old && old->layer == pack->layer)
        luaL_error(L, "%s \"%s\" is declared already, in %s", kind_names[kind], name, base_name(old->file));
    char *toolset = kind == SCRIPT_TOOL ? select_toolset(pack, old) : NULL;
    script_item *item = place_for(L, old, kind, name);
    *item = (script_item){.kind = kind,
                          .name = base_string(name),
                          .toolset = toolset,
                          .file = pack->file,
                          .run = LUA_NOREF,
                          .types = LUA_NOREF,
                          .watch = LUA_NOREF,
                          .layer = pack->layer};
    return item;
}

// Defaults are arguments too: one that its own schema refuses would make each call fail that leaves it out.
static void check_defaults(lua_State *L, const script_item *item, const char *what) {
    const json_node *root = item->input_doc.nodes, *properties = json_get(root, "properties");
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        const json_node *value = json_get(p, "default");
        guard_problems problems = {.text = BUF(BUF_SMALL)};
        if (!value || guard_schema_check(root, p, value, "the default", &problems)) continue;
        char text[500];
        snprintf(text, sizeof text, "input.%.*s: %.*s", (int)p->key.n, p->key.s,
                 (int)strcspn(buf_string(&problems.text), "\n"), buf_string(&problems.text));
        buf_free(&problems.text);
        luaL_error(L, "%s: %s", what, text);
    }
}

static void check_schema(lua_State *L, const script_item *item, const char *what) {
    buf error = BUF(BUF_SMALL);
    char text[500] = "";
    if (!guard_schema_declared(item->input_doc.nodes, &error))
        snprintf(text, sizeof text, "%s", buf_string(&error));
    buf_free(&error);
    if (*text) luaL_error(L, "%s: input: %s", what, text);
}

// Makes the schema of the arguments from the table of types at the top (or nil); pops it.
static void take_input(lua_State *L, script_item *item, const char *what) {
    json_doc_free(&item->input_doc);
    free(item->input);
    luaL_unref(L, LUA_REGISTRYINDEX, item->types);
    item->input_doc = (json_doc){0};
    item->input = NULL;
    lua_pushvalue(L, -1);
    item->types = luaL_ref(L, LUA_REGISTRYINDEX);
    item->input = schema_of(L, "input_schema", what);
    if (!json_parse(&item->input_doc, slice_of(item->input), 0, 0))
        luaL_error(L, "%s: input: %s", what, item->input_doc.error);
    check_schema(L, item, what);
    check_defaults(L, item, what);
}

// mcp 2025-11-25, Icon
#define ICONS                                                                                                \
    "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"src\"],\"additionalProperties\":false,"    \
    "\"properties\":{\"src\":{\"type\":\"string\",\"format\":\"uri\"},\"mimeType\":{\"type\":\"string\"},"         \
    "\"sizes\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"theme\":{\"enum\":[\"light\",\"dark\"]}}}}"

static void take_icons(lua_State *L, script_item *item, const char *what) {
    if (lua_getfield(L, 1, "icons") != LUA_TNIL) {
        const char *field = lua_pushfstring(L, "%s: icons", what);
        const buf *text = declare_json(L, -2, ICONS, field);
        item->icons = base_copy(text->s, text->n);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// What all three kinds have: title, about, icons, input, run.
static void take_common(lua_State *L, script_item *item, const char *what) {
    script_pack *pack = pack_of(L);
    item->title = declare_text(L, "title");
    item->about = declare_text(L, "about");
    take_icons(L, item, what);
    item->deadline = pack->host.deadline;
    item->cpu = pack->host.cpu;
    lua_getfield(L, 1, "input");
    take_input(L, item, what);
    lua_getfield(L, 1, "run");
    item->run = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void add_link(lua_State *L, script_item *item, const char *kind, const char *what) {
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: link: a path such as \"run.metadata.id\", or a list of them", what);
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

// Raises unless the declaration whose table comes now is the one that was begun: it is completed once, while
// files are read. Until end_declaration nothing else may be declared, wrapped or hidden: a metamethod of the
// table could move the items under our hands.
static void check_begun(lua_State *L, const char *what) {
    script_pack *pack = pack_of(L);
    if (!declare_is_reading(pack))
        luaL_error(L, "%s: declarations are read with the files, not made by a call", what);
    if (!pack->unfinished || pack->completing ||
        strcmp(pack->unfinished, lua_tostring(L, lua_upvalueindex(1))) != 0)
        luaL_error(L, "%s: this declaration is completed already", what);
    pack->completing = true;
}

static int end_declaration(lua_State *L) {
    script_pack *pack = pack_of(L);
    pack->completing = false;
    pack->unfinished = NULL;
    return 0;
}

static const char *name_of(lua_State *L, const char *kind) {
    return lua_pushfstring(L, "%s \"%s\"", kind, lua_tostring(L, lua_upvalueindex(1)));
}

// Is it the address of a page for clients with MCP Apps?
static bool is_page(const char *address) { return strncmp(address, "ui://", 5) == 0 && address[5]; }

static void take_preview(lua_State *L, script_item *item, const char *what) {
    item->preview = declare_text(L, "preview");
    if (!item->preview) return;
    const json_node *properties = json_get(item->input_doc.nodes, "properties");
    const json_node *argument = json_get(properties, item->preview);
    if (!slice_is(json_string(json_get(argument, "type")), "boolean"))
        luaL_error(L, "%s: preview names a boolean argument, and \"%s\" is none", what, item->preview);
}

static void take_task(lua_State *L, script_item *item, const char *what) {
    lua_getfield(L, 1, "task");
    const char *word = lua_tostring(L, -1);
    if (word && strcmp(word, "optional") == 0) item->task = SCRIPT_TASK_OPTIONAL;
    else if (word && strcmp(word, "required") == 0) item->task = SCRIPT_TASK_ALWAYS;
    else if (word) luaL_error(L, "%s: task is \"optional\" or \"required\", not \"%s\"", what, word);
    lua_pop(L, 1);
}

// enabled = false: it is off, unless the operator has named it.
static void take_enabled(lua_State *L, script_item *item) {
    item->is_optional = lua_getfield(L, 1, "enabled") == LUA_TBOOLEAN && !lua_toboolean(L, -1);
    lua_pop(L, 1);
    item->offer = select_offer(pack_of(L), item);
}

// requires = { "sampling" }: what a client must be able to do.
static void take_requires(lua_State *L, script_item *item, const char *what) {
    static const char *const names[] = {"sampling", "elicitation", "roots"};
    lua_getfield(L, 1, "requires");
    for (lua_Integer i = 1, n = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        unsigned bit = 0;
        for (unsigned k = 0; k < 3; k++) bit |= strcmp(name, names[k]) == 0 ? 1u << k : 0;
        if (!bit) luaL_error(L, "%s: requires names sampling, elicitation and roots, not \"%s\"", what, name);
        item->requires |= bit;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int finish_tool(lua_State *L) {
    static const declare_field fields[] = {{"title", LUA_TSTRING, true},       {"about", LUA_TSTRING, true},
                                   {"access", LUA_TSTRING, true},      {"input", LUA_TTABLE, false},
                                   {"output", LUA_TTABLE, false},      {"run", LUA_TFUNCTION, true},
                                   {"list", LUA_TBOOLEAN, false},      {"idempotent", LUA_TBOOLEAN, false},
                                   {"untrusted", LUA_TBOOLEAN, false}, {"link", LUA_TTABLE, false},
                                   {"deadline", LUA_TNUMBER, false},   {"cpu", LUA_TNUMBER, false},
                                   {"enabled", LUA_TBOOLEAN, false},   {"passes_on", LUA_TBOOLEAN, false},
                                   {"task", LUA_TSTRING, false},       {"preview", LUA_TSTRING, false},
                                   {"ui", LUA_TSTRING, false},
                                   {"icons", LUA_TTABLE, false},       {"requires", LUA_TTABLE, false}};
    const char *what = name_of(L, "tool");
    check_begun(L, what);
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_TOOL, lua_tostring(L, lua_upvalueindex(1)));
    lua_getfield(L, 1, "access");
    if (!guard_access_parse(slice_of(lua_tostring(L, -1)), &item->access))
        return luaL_error(L, "%s: access is \"read\", \"write\" or \"destroy\", not \"%s\"", what,
                          lua_tostring(L, -1));
    take_common(L, item, what);
    lua_getfield(L, 1, "output");
    item->output = schema_of(L, "output_schema", what);
    item->list = bool_field(L, "list");
    item->idempotent = bool_field(L, "idempotent");
    item->untrusted = bool_field(L, "untrusted");
    item->passes_on = bool_field(L, "passes_on");
    take_requires(L, item, what);
    take_enabled(L, item);
    take_task(L, item, what);
    take_preview(L, item, what);
    item->deadline = time_field(L, "deadline", DEADLINE_MAX, 1000000, item->deadline, what);
    item->cpu = time_field(L, "cpu", CPU_MAX, 1000, item->cpu, what);
    take_links(L, item, what);
    item->ui = declare_text(L, "ui");
    if (item->ui && !is_page(item->ui))
        return luaL_error(L, "%s: ui is the address of a resource, such as \"ui://pack/page\"", what);
    return end_declaration(L);
}

// Each variable of a template is an argument, and each argument a variable.
static void check_template(lua_State *L, script_item *item, const char *what) {
    const json_node *properties = json_get(item->input_doc.nodes, "properties");
    size_t variables = 0;
    for (const char *s = item->name; (s = strchr(s, '{')); s++) {
        const char *end = strchr(s, '}');
        if (!end || end == s + 1) luaL_error(L, "%s: a variable is written {name}", what);
        if (!json_member(properties, (slice){s + 1, (size_t)(end - s - 1)}))
            luaL_error(L, "%s: input lacks the variable %s", what,
                       lua_pushlstring(L, s + 1, (size_t)(end - s - 1)));
        variables++;
    }
    if (variables != (properties ? properties->count : 0))
        luaL_error(L, "%s: input names what the address does not have", what);
    item->is_template = variables > 0;
}

// What a host is told of a page (SEP-1865, UIResourceMeta): sent as it is.
static void take_page(lua_State *L, script_item *item, const char *what) {
    static const char *const known[] = {"csp", "permissions", "domain", "prefersBorder"};
    buf *text = &pack_of(L)->scratch;
    if (lua_getfield(L, 1, "ui") == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    if (!is_page(item->name)) luaL_error(L, "%s: ui is for resources whose address begins with ui://", what);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) found |= strcmp(key, known[i]) == 0;
        if (!found)
            luaL_error(L, "%s: ui has csp, permissions, domain and prefersBorder, not \"%s\"", what, key);
    }
    buf_clear(text);
    lua_json_write(L, -1, text);
    if (text->full) luaL_error(L, "%s: ui is too large", what);
    item->ui = base_copy(text->s, text->n);
    lua_pop(L, 1);
}

static void take_facts(lua_State *L, script_item *item, const char *what) {
    lua_getfield(L, 1, "size");
    if (!lua_isnil(L, -1) && !(lua_isinteger(L, -1) && lua_tointeger(L, -1) > 0))
        luaL_error(L, "%s: size is a number of bytes above 0", what);
    item->size = lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (lua_getfield(L, 1, "annotations") != LUA_TNIL) {
        const char *field = lua_pushfstring(L, "%s: annotations", what);
        const buf *text = content_annotations(L, -2, field);
        item->annotations = base_copy(text->s, text->n);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

// watch = true: scripts say when it has changed. watch = { every = seconds, run = function }: the host looks.
static void take_watch(lua_State *L, script_item *item, const char *what) {
    int type = lua_getfield(L, 1, "watch");
    if (type == LUA_TBOOLEAN && lua_toboolean(L, -1)) item->watch_every = SCRIPT_WATCH_TOLD;
    else if (type == LUA_TTABLE) {
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
            if (strcmp(key, "every") != 0 && strcmp(key, "run") != 0)
                luaL_error(L, "%s: watch has every and run, not \"%s\"", what, key);
        }
        lua_getfield(L, -1, "every");
        double every = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (!(every >= WATCH_MIN && every <= WATCH_MAX))
            luaL_error(L, "%s: watch.every is a number of seconds, %d to %d", what, WATCH_MIN, WATCH_MAX);
        item->watch_every = (int64_t)(every * 1e6);
        if (lua_getfield(L, -2, "run") == LUA_TFUNCTION) item->watch = luaL_ref(L, LUA_REGISTRYINDEX);
        else if (lua_isnil(L, -1)) lua_pop(L, 1);
        else luaL_error(L, "%s: watch.run is a function, not a %s", what, luaL_typename(L, -1));
        lua_pop(L, 1);
    } else if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        luaL_error(L, "%s: watch is true or { every = seconds, run = function }", what);
    lua_pop(L, 1);
}

static int finish_resource(lua_State *L) {
    static const declare_field fields[] = {{"name", LUA_TSTRING, true},  {"title", LUA_TSTRING, false},
                                   {"about", LUA_TSTRING, true}, {"mime", LUA_TSTRING, false},
                                   {"input", LUA_TTABLE, false}, {"run", LUA_TFUNCTION, true},
                                   {"ui", LUA_TTABLE, false},    {"icons", LUA_TTABLE, false},
                                   {"size", LUA_TNUMBER, false}, {"annotations", LUA_TTABLE, false},
                                   {"watch", DECLARE_ANY, false}};
    const char *what = name_of(L, "resource");
    check_begun(L, what);
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_RESOURCE, lua_tostring(L, lua_upvalueindex(1)));
    take_common(L, item, what);
    item->label = declare_text(L, "name");
    item->mime = declare_text(L, "mime");
    take_facts(L, item, what);
    take_page(L, item, what);
    take_watch(L, item, what);
    check_template(L, item, what);
    return end_declaration(L);
}

static int finish_prompt(lua_State *L) {
    static const declare_field fields[] = {{"title", LUA_TSTRING, false},
                                   {"about", LUA_TSTRING, true},
                                   {"icons", LUA_TTABLE, false},
                                   {"input", LUA_TTABLE, false},
                                   {"run", LUA_TFUNCTION, true}};
    const char *what = name_of(L, "prompt");
    check_begun(L, what);
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = new_item(L, SCRIPT_PROMPT, lua_tostring(L, lua_upvalueindex(1)));
    take_common(L, item, what);
    return end_declaration(L);
}

// --- overlays: hide and wrap -------------------------------------------------------------------------------

// The item that an overlay names, or an error with the nearest name.
static script_item *need_item(lua_State *L, script_kind kind, const char *verb) {
    script_pack *pack = pack_of(L);
    const char *name = luaL_checkstring(L, 1), *names[1000];
    if (pack->unfinished) luaL_error(L, "the declaration of \"%s\" was not completed", pack->unfinished);
    if (!declare_is_reading(pack) || pack->layer == 0)
        luaL_error(L, "%s.%s is for overlays: a pack leaves out what it does not want", verb,
                   kind_names[kind]);
    script_item *item = find_item(pack, kind, name);
    if (item) return item;
    size_t n = 0;
    for (size_t i = 0; i < pack->item_count && n < 1000; i++)
        if (pack->items[i].kind == kind) names[n++] = pack->items[i].name;
    const char *near = guard_nearest(slice_of(name), names, n);
    if (near)
        luaL_error(L, "%s.%s \"%s\": there is none of that name; did you mean \"%s\"?", verb,
                   kind_names[kind], name, near);
    luaL_error(L, "%s.%s \"%s\": there is none of that name", verb, kind_names[kind], name);
    return NULL;
}

static int hide(lua_State *L, script_kind kind) {
    script_pack *pack = pack_of(L);
    script_item *item = need_item(L, kind, "hide");
    note_change(pack, "hides", kind, item->name);
    release(L, item);
    size_t after = pack->item_count - (size_t)(item - pack->items) - 1;
    memmove(item, item + 1, after * sizeof *item);
    pack->item_count--;
    return 0;
}

static int hide_tool(lua_State *L) { return hide(L, SCRIPT_TOOL); }
static int hide_resource(lua_State *L) { return hide(L, SCRIPT_RESOURCE); }
static int hide_prompt(lua_State *L) { return hide(L, SCRIPT_PROMPT); }

void declare_replace_text(lua_State *L, const char *field_name, char **text) {
    char *news = declare_text(L, field_name);
    if (!news) return;
    free(*text);
    *text = news;
}

// Calls wrap.<function> with what is above `from` on the stack; leaves its result.
static void call_wrap(lua_State *L, const char *function, int arguments, const char *what) {
    lua_getfield(L, LUA_REGISTRYINDEX, "hatchway.wrap");
    lua_getfield(L, -1, function);
    lua_remove(L, -2);
    lua_insert(L, -1 - arguments);
    if (lua_pcall(L, arguments, 1, 0) != LUA_OK) luaL_error(L, "%s: %s", what, lua_tostring(L, -1));
}

static int finish_wrap(lua_State *L) {
    static const declare_field fields[] = {{"title", LUA_TSTRING, false},       {"about", LUA_TSTRING, false},
                                   {"input", LUA_TTABLE, false},        {"defaults", LUA_TTABLE, false},
                                   {"arguments", LUA_TFUNCTION, false}, {"result", LUA_TFUNCTION, false},
                                   {"deadline", LUA_TNUMBER, false},    {"cpu", LUA_TNUMBER, false}};
    script_pack *pack = pack_of(L);
    const char *what = name_of(L, "wrap.tool");
    check_begun(L, what);
    declare_check_fields(L, fields, sizeof fields / sizeof *fields, what);
    script_item *item = find_item(pack, SCRIPT_TOOL, lua_tostring(L, lua_upvalueindex(1)));
    if (!item) return luaL_error(L, "%s: the tool is gone", what);
    note_change(pack, "wraps", SCRIPT_TOOL, item->name);
    declare_replace_text(L, "title", &item->title);
    declare_replace_text(L, "about", &item->about);
    item->deadline = time_field(L, "deadline", DEADLINE_MAX, 1000000, item->deadline, what);
    item->cpu = time_field(L, "cpu", CPU_MAX, 1000, item->cpu, what);
    lua_rawgeti(L, LUA_REGISTRYINDEX, item->types);
    lua_getfield(L, 1, "defaults");
    lua_getfield(L, 1, "input");
    call_wrap(L, "input", 3, what);
    take_input(L, item, what);
    lua_rawgeti(L, LUA_REGISTRYINDEX, item->run);
    lua_getfield(L, 1, "arguments");
    lua_getfield(L, 1, "result");
    call_wrap(L, "run", 3, what);
    luaL_unref(L, LUA_REGISTRYINDEX, item->run);
    item->run = luaL_ref(L, LUA_REGISTRYINDEX);
    return end_declaration(L);
}

// --- what files call ---------------------------------------------------------------------------------------

// tool "x" gives the function that takes the table. A file that ends in between is told so.
static int begin(lua_State *L, const char *kind, lua_CFunction finish) {
    script_pack *pack = pack_of(L);
    if (!declare_is_reading(pack))
        return luaL_error(L, "%s: declarations are read with the files, not made by a call", kind);
    if (pack->unfinished)
        return luaL_error(L, "the declaration of \"%s\" was not completed: write %s \"%s\" { … }",
                          pack->unfinished, kind, pack->unfinished);
    if (lua_type(L, 1) != LUA_TSTRING) return luaL_error(L, "%s needs a name: %s \"name\" { … }", kind, kind);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "hatchway.unfinished"); // keeps the string
    pack->unfinished = lua_tostring(L, 1);
    lua_Debug caller;
    bool known = lua_getstack(L, 1, &caller) && lua_getinfo(L, "l", &caller);
    pack->unfinished_line = known ? caller.currentline : 0;
    lua_pushcclosure(L, finish, 1);
    return 1;
}

static void need_name(lua_State *L, const char *kind) {
    if (lua_type(L, 1) == LUA_TSTRING && !declare_is_name(lua_tostring(L, 1)))
        luaL_error(L, "%s \"%s\": a name has 1 to %d of A-Z a-z 0-9 _ - .", kind, lua_tostring(L, 1),
                   DECLARE_NAME_MAX);
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
    const char *address = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    if (address && !strstr(address, "://"))
        return luaL_error(L, "resource \"%s\": the address needs a scheme, such as hatchet://runs", address);
    for (const char *s = address; s && *s; s++)
        if ((unsigned char)*s <= ' ')
            return luaL_error(L, "resource: an address has no spaces, line breaks or control characters");
    return begin(L, "resource", finish_resource);
}

static int wrap_tool(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING) need_item(L, SCRIPT_TOOL, "wrap");
    return begin(L, "wrap.tool", finish_wrap);
}

void declare_open(lua_State *L) {
    static const luaL_Reg functions[] = {{"pack", manifest_declare},
                                         {"toolset", select_declare},
                                         {"tool", declare_tool},
                                         {"resource", declare_resource},
                                         {"prompt", declare_prompt}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushcfunction(L, functions[i].func);
        sandbox_set_global(L, functions[i].name);
    }
    static const luaL_Reg hides[] = {
        {"tool", hide_tool}, {"resource", hide_resource}, {"prompt", hide_prompt}, {NULL, NULL}};
    static const luaL_Reg wraps[] = {{"tool", wrap_tool}, {NULL, NULL}};
    luaL_newlib(L, hides);
    sandbox_push_frozen(L, "hide");
    sandbox_set_global(L, "hide");
    luaL_newlib(L, wraps);
    sandbox_push_frozen(L, "wrap");
    sandbox_set_global(L, "wrap");
}
