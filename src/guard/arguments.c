// The arguments of a call. Contract in arguments.h.
#include "guard/arguments.h"
#include "base/when.h"
#include "guard/schema.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
    const json_node *schema;
    int64_t now;
    buf *checked;
    guard_cut *cut;
    buf *error;
    bool ok;
} work;

static void problem(work *w, slice name, const char *text) {
    buf_printf(w->error, "argument \"%.*s\" %s\n", (int)name.n, name.s, text);
    w->ok = false;
}

static void refuse_unknown(work *w, slice name) {
    const json_node *properties = json_get(w->schema, "properties");
    const char *names[256];
    size_t n = 0;
    for (const json_node *p = json_first(properties); p && n < 256; p = json_after(properties, p))
        names[n++] = base_copy(p->key.s, p->key.n);
    const char *near = guard_nearest(name, names, n);
    buf_printf(w->error, "there is no argument \"%.*s\"", (int)(name.n < 100 ? name.n : 100), name.s);
    if (near) {
        buf_printf(w->error, "; did you mean \"%s\"?\n", near);
    } else if (n == 0) {
        buf_text(w->error, "; there are none\n");
    } else {
        buf_text(w->error, "; there are");
        for (size_t i = 0; i < n; i++) buf_printf(w->error, "%s %s", i ? "," : "", names[i]);
        buf_char(w->error, '\n');
    }
    while (n) free((char *)names[--n]);
    w->ok = false;
}

// Does the declared type say that a string must be converted before it fits?
static bool wants_conversion(const json_node *schema, const json_node *value) {
    slice type = json_string(json_get(schema, "type"));
    return value->type == JSON_STRING && type.n && !slice_is(type, "string");
}

static void put_uuid(buf *out, slice text) {
    char lower[36];
    for (int i = 0; i < 36; i++) lower[i] = (char)tolower((unsigned char)text.s[i]);
    json_put_string(out, (slice){lower, 36});
}

static void put_value(work *w, slice name, const json_node *schema, const json_node *value);

static void put_array(work *w, slice name, const json_node *items, const json_node *value) {
    json_open(w->checked, '[');
    for (const json_node *e = json_first(value); e; e = json_after(value, e)) put_value(w, name, items, e);
    json_close(w->checked, ']');
}

// A member of an object: what of it is declared, and the rest as it is. Then the defaults of what is not
// there.
static void put_object(work *w, slice name, const json_node *schema, const json_node *value) {
    const json_node *properties = json_get(schema, "properties"),
                    *more = json_get(schema, "additionalProperties");
    json_open(w->checked, '{');
    for (const json_node *m = json_first(value); m; m = json_after(value, m)) {
        const json_node *of = json_member(properties, m->key);
        json_put_key_slice(w->checked, m->key);
        put_value(w, name, of ? of : more, m);
    }
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p)) {
        const json_node *given = json_get(p, "default");
        if (!given || json_member(value, p->key)) continue;
        json_put_key_slice(w->checked, p->key);
        put_value(w, name, p, given);
    }
    json_close(w->checked, '}');
}

static void put_limit(work *w, const json_node *cap, const json_node *value) {
    double d = 0;
    json_number(value, &d);
    int64_t asked = value->type == JSON_INT ? value->as.integer : d < 9e18 ? (int64_t)d : INT64_MAX;
    int64_t served = asked > cap->as.integer ? cap->as.integer : asked;
    if (served < asked) *w->cut = (guard_cut){asked, served};
    json_put_int(w->checked, served);
}

// Writes a value that has passed its schema.
static void put_value(work *w, slice name, const json_node *schema, const json_node *value) {
    const json_node *cap = json_get(schema, "x-cap");
    if (value->type == JSON_STRING && slice_is(json_string(json_get(schema, "format")), "uuid")) {
        put_uuid(w->checked, value->as.string);
    } else if (value->type == JSON_STRING && json_bool(json_get(schema, "x-time"), false)) {
        int64_t when;
        const char *error;
        char text[WHEN_TEXT];
        if (when_parse(value->as.string, w->now, &when, &error))
            json_put_text(w->checked, when_format(when, text));
        else problem(w, name, error);
    } else if (json_is(cap, JSON_INT) && json_number(value, &(double){0})) {
        put_limit(w, cap, value);
    } else if (value->type == JSON_BIG && (json_get(schema, "minimum") || json_get(schema, "maximum"))) {
        problem(w, name, "is too large"); // what has a bound is for counting, which no opaque number can do
    } else if (value->type == JSON_REAL && slice_is(json_string(json_get(schema, "type")), "integer")) {
        double d = value->as.real; // 10.0 is an integer to JSON Schema
        if (d > -9e15 && d < 9e15) json_put_int(w->checked, (int64_t)d);
        else problem(w, name, "is too large to be exact");
    } else if (value->type == JSON_ARRAY && json_is(json_get(schema, "items"), JSON_OBJECT)) {
        put_array(w, name, json_get(schema, "items"), value);
    } else if (value->type == JSON_OBJECT) {
        put_object(w, name, schema, value);
    } else {
        json_put_node(w->checked, value);
    }
}

static void put_problems(work *w, slice name, const json_node *schema, const json_node *value) {
    guard_problems problems = {.text = BUF(BUF_SMALL)};
    buf path = BUF(1024);
    buf_printf(&path, "argument \"%.*s\"", (int)name.n, name.s);
    guard_schema_check(w->schema, schema, value, buf_string(&path), &problems);
    buf_slice(w->error, buf_view(&problems.text));
    w->ok = false;
    buf_free(&path);
    buf_free(&problems.text);
}

static bool fits(const work *w, const json_node *schema, const json_node *value) {
    guard_problems none = {.text = BUF(0)};
    bool ok = guard_schema_check(w->schema, schema, value, "", &none);
    buf_free(&none.text);
    return ok;
}

// Checks one argument and writes it.
static void take(work *w, slice name, const json_node *schema, const json_node *value) {
    json_doc converted = {0};
    if (wants_conversion(schema, value) && json_parse(&converted, value->as.string, 0, 0)) {
        if (fits(w, schema, converted.nodes) || converted.nodes->type != JSON_STRING) value = converted.nodes;
    }
    if (fits(w, schema, value)) {
        json_put_key_slice(w->checked, name);
        put_value(w, name, schema, value);
    } else {
        put_problems(w, name, schema, value);
    }
    json_doc_free(&converted);
}

static void take_property(work *w, const json_node *property, const json_node *arguments) {
    const json_node *value = json_member(arguments, property->key);
    bool required = guard_is_required(w->schema, property->key);
    if (json_is(value, JSON_NULL) && !required && json_get(property, "type")) value = NULL;
    if (!value) value = json_get(property, "default");
    if (value) {
        take(w, property->key, property, value);
    } else if (required) {
        slice about = json_string(json_get(property, "description"));
        buf_printf(w->error, "argument \"%.*s\" is missing%s%.*s\n", (int)property->key.n, property->key.s,
                   about.n ? ": " : "", (int)about.n, about.n ? about.s : "");
        w->ok = false;
    }
}

// Does the schema say more of the arguments than what each of them is? Those of t.raw may.
static bool says_more(const json_node *schema) {
    static const char *const plain[] = {"type", "properties", "required", "title", "description", "$schema", "$id",
                                        "$defs", "$comment"};
    bool more = !json_is(json_get(schema, "additionalProperties"), JSON_FALSE);
    for (const json_node *word = json_first(schema); word && !more; word = json_after(schema, word)) {
        more = !slice_is(word->key, "additionalProperties");
        for (size_t i = 0; more && i < sizeof plain / sizeof *plain; i++) more = !slice_is(word->key, plain[i]);
    }
    return more;
}

// The arguments as a whole.
static void check_whole(work *w) {
    json_doc doc;
    guard_problems problems = {.text = BUF(BUF_SMALL)};
    if (json_parse(&doc, buf_view(w->checked), 0, 0) &&
        !guard_schema_check(w->schema, w->schema, doc.nodes, "the arguments", &problems)) {
        buf_slice(w->error, buf_view(&problems.text));
        w->ok = false;
    }
    json_doc_free(&doc);
    buf_free(&problems.text);
}

bool guard_arguments(const json_node *schema, const json_node *arguments, int64_t now, buf *checked,
                     guard_cut *cut, buf *error) {
    work w = {.schema = schema, .now = now, .checked = checked, .cut = cut, .error = error, .ok = true};
    *cut = (guard_cut){0};
    const json_node *properties = json_get(schema, "properties");
    json_open(checked, '{');
    const json_node *others = json_get(schema, "additionalProperties");
    for (const json_node *a = json_first(arguments); a; a = json_after(arguments, a))
        if (!json_member(properties, a->key) && json_is(others, JSON_FALSE)) refuse_unknown(&w, a->key);
    for (const json_node *p = json_first(properties); p; p = json_after(properties, p))
        take_property(&w, p, arguments);
    for (const json_node *a = json_first(arguments); a; a = json_after(arguments, a))
        if (!json_member(properties, a->key) && !json_is(others, JSON_FALSE)) take(&w, a->key, others, a);
    json_close(checked, '}');
    if (w.ok && !checked->full && says_more(schema)) check_whole(&w);
    if (w.ok && checked->full) buf_text(error, "the arguments are too large\n");
    while (error->n && error->s[error->n - 1] == '\n') error->n--;
    return w.ok && !checked->full;
}
