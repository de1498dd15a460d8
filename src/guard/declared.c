// Declared schemas. Contract in declared.h.
#include "guard/declared.h"
#include "guard/schema.h"

#include <string.h>
#include <strings.h>

#define HEADERS_MAX 32
#define HEADER_NAME_MAX 64 // bytes
#define DIALECT "https://json-schema.org/draft/2020-12/schema"

typedef struct look {
    const json_node *root;
    slice headers[HEADERS_MAX];
    size_t header_count;
    buf *error;
} look;

static bool is_one_of(slice word, const char *const *words) {
    for (; *words; words++)
        if (slice_is(word, *words)) return true;
    return false;
}

static bool look_at_ref(look *l, const json_node *ref) {
    slice text = json_string(ref);
    if (!slice_starts(text, "#"))
        buf_printf(l->error, "$ref %.*s leads out of the schema; put what it means under $defs", (int)ref->raw.n,
                   ref->raw.s);
    else if (!guard_schema_resolve(l->root, text))
        buf_printf(l->error, "$ref %.*s leads nowhere", (int)ref->raw.n, ref->raw.s);
    return l->error->n == 0;
}

static bool look_at_header(look *l, const json_node *schema, const json_node *header, bool direct) {
    static const char *const types[] = {"string", "integer", "boolean", NULL};
    slice name = json_string(header);
    int n = (int)header->raw.n;
    const char *s = header->raw.s;
    if (!slice_is_token(name) || n > HEADER_NAME_MAX) buf_printf(l->error, "the header %.*s is not the name of one", n, s);
    else if (!is_one_of(json_string(json_get(schema, "type")), types))
        buf_printf(l->error, "the header %.*s is for a string, an integer or a boolean", n, s);
    else if (!direct) buf_printf(l->error, "the header %.*s is of an argument, not of what is inside a list or a choice", n, s);
    else if (l->header_count == HEADERS_MAX) buf_printf(l->error, "more than %d headers", HEADERS_MAX);
    for (size_t i = 0; i < l->header_count; i++)
        if (l->headers[i].n == name.n && strncasecmp(l->headers[i].s, name.s, name.n) == 0)
            buf_printf(l->error, "the header %.*s is there twice", n, s);
    if (l->error->n) return false;
    l->headers[l->header_count++] = name;
    return true;
}

static bool look_at(look *l, const json_node *schema, bool direct);

static bool look_at_each(look *l, const json_node *container, bool direct) {
    for (const json_node *e = json_first(container); e; e = json_after(container, e))
        if (!look_at(l, e, direct)) return false;
    return true;
}

// direct: reached through `properties` alone.
static bool look_at(look *l, const json_node *schema, bool direct) {
    static const char *const data[] = {"enum", "const", "default", "examples", NULL};
    static const char *const maps[] = {"$defs", "definitions", "patternProperties", "dependentSchemas", NULL};
    if (!json_is(schema, JSON_OBJECT)) return true;
    for (const json_node *m = json_first(schema); m; m = json_after(schema, m)) {
        bool ok = true;
        if (slice_is(m->key, "$ref") || slice_is(m->key, "$dynamicRef")) ok = look_at_ref(l, m);
        else if (slice_is(m->key, "x-mcp-header")) ok = look_at_header(l, schema, m, direct && schema != l->root);
        else if (slice_is(m->key, "properties")) ok = look_at_each(l, m, direct);
        else if (is_one_of(m->key, data)) continue;
        else if (is_one_of(m->key, maps) || json_is(m, JSON_ARRAY)) ok = look_at_each(l, m, false);
        else ok = look_at(l, m, false);
        if (!ok) return false;
    }
    return true;
}

bool guard_schema_declared(const json_node *schema, buf *error) {
    look l = {.root = schema, .error = error};
    const json_node *dialect = json_get(schema, "$schema");
    slice name = json_string(dialect);
    if (name.n && name.s[name.n - 1] == '#') name.n--;
    if (!json_is(schema, JSON_OBJECT) || !slice_is(json_string(json_get(schema, "type")), "object"))
        buf_text(error, "the schema of arguments has the type \"object\"");
    else if (dialect && !slice_is(name, DIALECT))
        buf_printf(error, "the dialect %.*s is not known here; write \"" DIALECT "\" or leave $schema out",
                   (int)dialect->raw.n, dialect->raw.s);
    return !error->n && look_at(&l, schema, true);
}
