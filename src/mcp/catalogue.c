// What the pack offers, as the four lists of each revision show it, page by page.
#include "mcp/internal.h"
#include "guard/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX ((size_t)64 << 20)
#define LIST_TTL 60000 // milliseconds that a modern client may keep a list

// --- the catalogue -----------------------------------------------------------------------------------------

static bool is_own_word(slice word) { return slice_is(word, "x-time") || slice_is(word, "x-cap"); }

// Writes a schema without the host's own words. Properties keep their names, whatever these are.
static void put_shown(buf *out, const json_node *node, bool names_are_words) {
    if (json_is(node, JSON_ARRAY)) {
        json_open(out, '[');
        for (const json_node *e = json_first(node); e; e = json_after(node, e)) put_shown(out, e, true);
        json_close(out, ']');
    } else if (json_is(node, JSON_OBJECT)) {
        json_open(out, '{');
        for (const json_node *e = json_first(node); e; e = json_after(node, e)) {
            if (names_are_words && is_own_word(e->key)) continue;
            json_put_key_slice(out, e->key);
            put_shown(out, e, !(names_are_words && slice_is(e->key, "properties")));
        }
        json_close(out, '}');
    } else {
        json_put_node(out, node);
    }
}

char *mcp_shown_schema(const char *schema) {
    json_doc doc;
    buf out = BUF(LIST_MAX);
    if (schema && json_parse(&doc, slice_of(schema), 0, 0)) {
        put_shown(&out, doc.nodes, true);
        json_doc_free(&doc);
    }
    char *text = out.n ? base_copy(out.s, out.n) : NULL;
    buf_free(&out);
    return text;
}

// FNV-1a, 64 bits.
static uint64_t hash_text(uint64_t hash, const char *s) {
    for (; s && *s; s++) hash = (hash ^ (unsigned char)*s) * 1099511628211u;
    return (hash ^ 0xFF) * 1099511628211u;
}

#define HASH_START 14695981039346656037u

// A cursor of another catalogue is refused.
static void set_tag(mcp_catalogue *c) {
    uint64_t names = HASH_START;
    for (size_t i = 0; i < c->count; i++) names = hash_text(names, c->items[i].name);
    snprintf(c->tag, sizeof c->tag, "%08x", (unsigned)(names ^ names >> 32));
}

// Fills `shown`, at the first time.
static void hash_lists(mcp_catalogue *c) {
    if (c->shown[0]) return;
    for (int kind = 0; kind < 3; kind++) c->shown[kind] = HASH_START;
    for (size_t i = 0; i < c->count; i++) {
        const script_item *item = &c->items[i];
        char size[24];
        snprintf(size, sizeof size, "%lld", (long long)item->size);
        const char *const texts[] = {item->name,
                                     item->label,
                                     item->title,
                                     item->about,
                                     item->mime,
                                     item->ui,
                                     item->annotations,
                                     item->icons,
                                     size,
                                     c->input[i],
                                     c->output[i],
                                     item->idempotent ? "idempotent" : "",
                                     item->offer == SCRIPT_OFFERED ? "" : "off",
                                     guard_access_name(item->access)};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            c->shown[item->kind] = hash_text(c->shown[item->kind], texts[t]);
    }
}

// The place in the index where the item of that name is, or would be.
static uint32_t *place_of(const mcp_catalogue *c, script_kind kind, slice name) {
    uint64_t hash = HASH_START + (uint64_t)kind;
    for (size_t i = 0; i < name.n; i++) hash = (hash ^ (unsigned char)name.s[i]) * 1099511628211u;
    for (size_t at = (size_t)(hash ^ hash >> 32);; at++) {
        uint32_t *place = &c->index[at & (c->room - 1)];
        const script_item *item = *place ? &c->items[*place - 1] : NULL;
        if (!item || (item->kind == kind && slice_is(name, item->name))) return place;
    }
}

static void build_index(mcp_catalogue *c) {
    for (c->room = 16; c->room < 2 * c->count;) c->room *= 2;
    c->index = base_alloc(c->room * sizeof *c->index);
    for (size_t i = 0; i < c->count; i++) {
        uint32_t *place = place_of(c, c->items[i].kind, slice_of(c->items[i].name));
        if (!*place) *place = (uint32_t)i + 1;
    }
}

mcp_catalogue *mcp_catalogue_new(script_pack *pack) {
    mcp_catalogue *c = base_alloc(sizeof *c);
    *c = (mcp_catalogue){
        .holders = 1, .pack = pack, .manifest = script_manifest_of(pack), .about = BUF((size_t)1 << 20)};
    c->items = script_items(pack, &c->count);
    c->input = base_alloc((c->count + 1) * sizeof *c->input);
    c->output = base_alloc((c->count + 1) * sizeof *c->output);
    for (size_t i = 0; i < c->count; i++) {
        const script_item *item = &c->items[i];
        c->input[i] = item->is_baked ? (char *)item->shown_input : mcp_shown_schema(item->input);
        c->output[i] = item->is_baked ? (char *)item->shown_output : mcp_shown_schema(item->output);
        c->has[c->items[i].kind] = true;
        c->has_tasks |= c->items[i].task != SCRIPT_TASK_NEVER;
        c->has_watched |= c->items[i].watch_every != 0;
        c->has_pages |= c->items[i].kind == SCRIPT_TOOL && c->items[i].ui;
    }
    set_tag(c);
    build_index(c);
    return c;
}

mcp_catalogue *mcp_catalogue_hold(mcp_catalogue *c) {
    c->holders++;
    return c;
}

void mcp_catalogue_release(mcp_catalogue *c) {
    if (!c || --c->holders) return;
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].is_baked) continue; // constants
        free(c->input[i]);
        free(c->output[i]);
    }
    free(c->input);
    free(c->output);
    free(c->index);
    buf_free(&c->about);
    script_unload(c->pack);
    free(c);
}

void mcp_server_count(mcp_server *server, void (*called)(void *data, const mcp_called *call), void *data) {
    server->called = called;
    server->called_data = data;
}

mcp_server *mcp_server_new(const mcp_config *config, script_pack *pack) {
    mcp_server *server = base_alloc(sizeof *server);
    *server = (mcp_server){.config = *config, .catalogue = mcp_catalogue_new(pack), .seal = config->seal};
    if (!server->seal) server->seal = mcp_seal_new();
    return server;
}

void mcp_server_free(mcp_server *server) {
    mcp_tasks_close(server);
    mcp_catalogue_release(server->catalogue);
    mcp_seal_free(server->seal);
    free(server);
}

script_pack *mcp_server_pack(mcp_server *server) { return server->catalogue->pack; }

void mcp_server_swap(mcp_server *server, script_pack *pack) {
    mcp_catalogue *old = server->catalogue;
    bool changed[3];
    server->catalogue = mcp_catalogue_new(pack);
    hash_lists(old);
    hash_lists(server->catalogue);
    for (int kind = 0; kind < 3; kind++) changed[kind] = old->shown[kind] != server->catalogue->shown[kind];
    mcp_catalogue_release(old);
    mcp_tell_changed(server, changed);
}

const script_item *mcp_find_item(const mcp_catalogue *c, script_kind kind, slice name) {
    uint32_t place = *place_of(c, kind, name);
    return place ? &c->items[place - 1] : NULL;
}

void mcp_put_nearest(const mcp_catalogue *c, script_kind kind, slice name, buf *out) {
    const char **names = base_alloc((c->count + 1) * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].kind == kind) names[n++] = c->items[i].name;
    const char *near = guard_nearest(name, names, n);
    if (near) buf_printf(out, "; did you mean \"%s\"?", near);
    free(names);
}

// --- one entry ---------------------------------------------------------------------------------------------

static void put_text(buf *out, const char *key, const char *text) {
    if (!text) return;
    json_put_key(out, key);
    json_put_text(out, text);
}

static void put_about(const script_manifest *m, mcp_revision revision, buf *out) {
    json_open(out, '{');
    put_text(out, "name", m->name);
    if (revision >= MCP_2025_06_18) put_text(out, "title", m->title);
    put_text(out, "version", m->version ? m->version : HATCHWAY_VERSION);
    if (revision >= MCP_2025_11_25) put_text(out, "description", m->about);
    json_close(out, '}');
}

// Each modern answer carries it.
void mcp_put_server_info(const mcp_server *server, mcp_revision revision, buf *out) {
    mcp_catalogue *c = server->catalogue;
    if (!mcp_is_modern(revision)) {
        put_about(c->manifest, revision, out);
        return;
    }
    if (!c->about.n) put_about(c->manifest, revision, &c->about);
    json_put_raw(out, buf_view(&c->about));
}

static void put_json(buf *out, const char *key, const char *json) {
    if (!json) return;
    json_put_key(out, key);
    json_put_raw(out, slice_of(json));
}

static void put_hint(buf *out, const char *key, bool value) {
    json_put_key(out, key);
    json_put_bool(out, value);
}

// All four hints, for their defaults differ from what is careful (mcp 2025-11-25, ToolAnnotations). Titles of
// their own came with 2025-06-18; before, they were among the annotations.
static void put_annotations(buf *out, const script_item *item, mcp_revision revision) {
    bool reads = item->access == GUARD_READ;
    json_put_key(out, "annotations");
    json_open(out, '{');
    if (revision < MCP_2025_06_18) put_text(out, "title", item->title);
    put_hint(out, "readOnlyHint", reads);
    put_hint(out, "destructiveHint", !reads);
    put_hint(out, "idempotentHint", reads || item->idempotent);
    put_hint(out, "openWorldHint", true);
    json_close(out, '}');
}

// The page that shows the results of a tool (SEP-1865), in the form of the standard and in an older one that
// clients still read. A page that an overlay took away is not named.
static void put_page(const mcp_catalogue *c, const script_item *tool, buf *out) {
    if (!tool->ui || !mcp_find_item(c, SCRIPT_RESOURCE, slice_of(tool->ui))) return;
    buf_text(out, ",\"_meta\":{\"ui\":{\"resourceUri\":");
    json_put_text(out, tool->ui);
    buf_text(out, "},\"ui/resourceUri\":");
    json_put_text(out, tool->ui);
    buf_char(out, '}');
}

static void put_tool(const mcp_catalogue *c, size_t at, mcp_revision revision, buf *out) {
    const script_item *item = &c->items[at];
    json_open(out, '{');
    put_text(out, "name", item->name);
    if (revision >= MCP_2025_06_18) put_text(out, "title", item->title);
    put_text(out, "description", item->about);
    if (revision >= MCP_2025_11_25) put_json(out, "icons", item->icons);
    put_json(out, "inputSchema", c->input[at]);
    if (revision >= MCP_2025_06_18) put_json(out, "outputSchema", c->output[at]);
    if (revision >= MCP_2025_03_26) put_annotations(out, item, revision);
    if (revision >= MCP_2025_06_18) put_page(c, item, out);
    json_close(out, '}');
}

void mcp_put_page_meta(const script_item *resource, mcp_revision revision, buf *out) {
    if (!resource->ui || revision < MCP_2025_06_18) return;
    buf_printf(out, ",\"_meta\":{\"ui\":%s}", resource->ui);
}

static void put_resource(const mcp_catalogue *c, size_t at, mcp_revision revision, buf *out) {
    const script_item *item = &c->items[at];
    json_open(out, '{');
    put_text(out, item->is_template ? "uriTemplate" : "uri", item->name);
    put_text(out, "name", item->label);
    if (revision >= MCP_2025_06_18) put_text(out, "title", item->title);
    put_text(out, "description", item->about);
    put_text(out, "mimeType", item->mime);
    if (item->size && !item->is_template) json_put_key(out, "size"), json_put_int(out, item->size);
    put_json(out, "annotations", item->annotations);
    if (revision >= MCP_2025_11_25) put_json(out, "icons", item->icons);
    mcp_put_page_meta(item, revision, out);
    json_close(out, '}');
}

static void put_prompt(const mcp_catalogue *c, size_t at, mcp_revision revision, buf *out) {
    const script_item *item = &c->items[at];
    const json_node *schema = script_input(item), *properties = json_get(schema, "properties");
    json_open(out, '{');
    put_text(out, "name", item->name);
    if (revision >= MCP_2025_06_18) put_text(out, "title", item->title);
    put_text(out, "description", item->about);
    if (revision >= MCP_2025_11_25) put_json(out, "icons", item->icons);
    json_put_key(out, "arguments");
    json_open(out, '[');
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        json_open(out, '{');
        json_put_key(out, "name");
        json_put_string(out, p->key);
        const json_node *about = json_get(p, "description");
        if (about) json_put_key(out, "description"), json_put_string(out, json_string(about));
        json_put_key(out, "required");
        json_put_bool(out, guard_is_required(schema, p->key));
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}

// --- lists and cursors -------------------------------------------------------------------------------------

typedef struct listing {
    const char *key;         // of the result
    script_kind kind;
    bool templates;          // of resources
    void (*put)(const mcp_catalogue *c, size_t at, mcp_revision revision, buf *out);
} listing;

// A cursor is "<list>-<catalogue>-<items before it>": it holds in any process that serves the same catalogue.
static bool read_cursor(const mcp_catalogue *c, const listing *list, const json_node *cursor, size_t *start) {
    char prefix[64];
    slice text = json_string(cursor);
    *start = 0;
    if (!cursor) return true;
    snprintf(prefix, sizeof prefix, "%s-%s-", list->key, c->tag);
    size_t n = strlen(prefix);
    if (!json_is(cursor, JSON_STRING) || !slice_starts(text, prefix) || text.n == n || text.n > n + 9)
        return false;
    for (size_t i = n; i < text.n; i++) {
        if (text.s[i] < '0' || text.s[i] > '9') return false;
        *start = *start * 10 + (size_t)(text.s[i] - '0');
    }
    return true;
}

static void list_page(mcp_request *r, const json_node *params, const listing *list) {
    const mcp_server *server = r->session->server;
    const mcp_catalogue *c = server->catalogue;
    size_t start, seen = 0, shown_items = 0;
    if (!read_cursor(c, list, json_get(params, "cursor"), &start)) {
        mcp_fail(r, RPC_INVALID_PARAMS, SLICE(""),
                 "the cursor is not one of this list; begin again without a cursor");
        return;
    }
    bool more = false;
    buf out = mcp_begin(r);
    json_put_key(&out, list->key);
    json_open(&out, '[');
    for (size_t i = 0; i < c->count && !more; i++) {
        const script_item *item = &c->items[i];
        bool other_half = item->kind == SCRIPT_RESOURCE && item->is_template != list->templates;
        if (item->kind != list->kind || other_half || !script_is_offered(item, r->stream->access)) continue;
        if (seen++ < start) continue;
        more = shown_items++ == server->config.page_size;
        if (!more) list->put(c, i, r->revision, &out);
    }
    json_close(&out, ']');
    if (more) {
        json_put_key(&out, "nextCursor");
        buf_printf(&out, "\"%s-%s-%zu\"", list->key, c->tag, start + server->config.page_size);
    }
    if (mcp_is_modern(r->revision)) buf_printf(&out, ",\"ttlMs\":%d,\"cacheScope\":\"private\"", LIST_TTL);
    mcp_answer(r, &out, SLICE(""));
}

void mcp_list_tools(mcp_request *r, const json_node *params) {
    list_page(r, params, &(listing){"tools", SCRIPT_TOOL, false, put_tool});
}

void mcp_list_resources(mcp_request *r, const json_node *params) {
    list_page(r, params, &(listing){"resources", SCRIPT_RESOURCE, false, put_resource});
}

void mcp_list_templates(mcp_request *r, const json_node *params) {
    list_page(r, params, &(listing){"resourceTemplates", SCRIPT_RESOURCE, true, put_resource});
}

void mcp_list_prompts(mcp_request *r, const json_node *params) {
    list_page(r, params, &(listing){"prompts", SCRIPT_PROMPT, false, put_prompt});
}
