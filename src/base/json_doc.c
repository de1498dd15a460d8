// Documents of nodes, for what C itself looks at. Contract in json.h.
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void json_doc_free(json_doc *doc) {
    free(doc->nodes);
    free(doc->strings);
    doc->nodes = NULL;
    doc->strings = NULL;
    doc->count = doc->room = 0;
}

// The parser's state: open containers, and where decoded strings go.
typedef struct parser {
    json_doc *doc;
    json_reader reader;
    size_t text_length;
    size_t strings_used;
    uint32_t max_nodes;
    int flags;
    slice key;
    uint32_t open[JSON_DEPTH];
} parser;

static bool fail(parser *p, const char *error) {
    p->doc->error = error;
    p->doc->offset = json_offset(&p->reader);
    return false;
}

static slice decoded(parser *p) {
    json_reader *r = &p->reader;
    if (!r->escaped) return r->text;
    if (!p->doc->strings)
        p->doc->strings = base_alloc(p->text_length); // decoded text is never longer than its source
    char *to = p->doc->strings + p->strings_used;
    size_t n = json_unescape(r->text, to);
    p->strings_used += n;
    return (slice){to, n};
}

static json_node *add_node(parser *p, json_type type, const char *begin) {
    json_doc *doc = p->doc;
    if (doc->count == doc->room) {
        doc->room = doc->room ? doc->room * 2 : 16;
        doc->nodes = base_grow(doc->nodes, doc->room * sizeof *doc->nodes);
    }
    if (p->reader.depth - (type == JSON_ARRAY || type == JSON_OBJECT) > 0)
        doc->nodes[p->open[p->reader.depth - 1 - (type == JSON_ARRAY || type == JSON_OBJECT)]].count++;
    json_node *node = &doc->nodes[doc->count++];
    *node = (json_node){.type = (uint8_t)type, .skip = 1, .key = p->key};
    node->raw = (slice){begin, (size_t)(p->reader.at - begin)};
    p->key = (slice){NULL, 0};
    return node;
}

static int by_key(const void *a, const void *b) {
    const slice *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = n ? memcmp(x->s, y->s, n) : 0;
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static bool has_twin(const json_node *object) {
    if (object->count < 2) return false;
    slice *keys = base_alloc(object->count * sizeof *keys);
    size_t n = 0;
    for (const json_node *m = json_first(object); m; m = json_after(object, m)) keys[n++] = m->key;
    qsort(keys, n, sizeof *keys, by_key);
    bool twin = false;
    for (size_t i = 1; i < n && !twin; i++) twin = slice_equal(keys[i - 1], keys[i]);
    free(keys);
    return twin;
}

static bool close_node(parser *p) {
    json_node *node = &p->doc->nodes[p->open[p->reader.depth]];
    node->skip = p->doc->count - p->open[p->reader.depth];
    node->raw.n = (size_t)(p->reader.at - node->raw.s);
    if ((p->flags & JSON_UNIQUE) && node->type == JSON_OBJECT && has_twin(node))
        return fail(p, "an object names the same member twice");
    return true;
}

// Takes one token in. False when the document is at its end or broken.
static bool take(parser *p, json_token token) {
    json_reader *r = &p->reader;
    switch (token) {
    case JSON_T_ERROR: return fail(p, r->error);
    case JSON_T_END: return false;
    case JSON_T_KEY: p->key = decoded(p); return true;
    case JSON_T_NULL: add_node(p, JSON_NULL, r->at - 4); return true;
    case JSON_T_TRUE: add_node(p, JSON_TRUE, r->at - 4); return true;
    case JSON_T_FALSE: add_node(p, JSON_FALSE, r->at - 5); return true;
    case JSON_T_INT: add_node(p, JSON_INT, r->text.s)->as.integer = r->integer; return true;
    case JSON_T_REAL: add_node(p, JSON_REAL, r->text.s)->as.real = r->real; return true;
    case JSON_T_BIG: add_node(p, JSON_BIG, r->text.s); return true;
    case JSON_T_STRING: {
        slice text = decoded(p);
        add_node(p, JSON_STRING, r->text.s - 1)->as.string = text;
        return true;
    }
    case JSON_T_ARRAY:
    case JSON_T_OBJECT:
        add_node(p, token == JSON_T_ARRAY ? JSON_ARRAY : JSON_OBJECT, r->at - 1);
        p->open[r->depth - 1] = p->doc->count - 1;
        return true;
    case JSON_T_ARRAY_END:
    case JSON_T_OBJECT_END: return close_node(p);
    }
    return false;
}

bool json_parse(json_doc *doc, slice text, int flags, uint32_t max_nodes) {
    *doc = (json_doc){0};
    parser p = {
        .doc = doc, .text_length = text.n, .flags = flags, .max_nodes = max_nodes ? max_nodes : UINT32_MAX};
    if (text.n >= UINT32_MAX) doc->error = "the text is too long";
    if (text.n == 0) doc->error = "the text is empty";
    if (doc->error) return false;
    json_start(&p.reader, text);
    while (take(&p, json_next(&p.reader)))
        if (doc->count > p.max_nodes && !fail(&p, "too many values")) break;
    if (!doc->error) return true;
    json_doc_free(doc);
    return false;
}

const json_node *json_first(const json_node *container) {
    bool any = container && (container->type == JSON_ARRAY || container->type == JSON_OBJECT) &&
               container->count > 0;
    return any ? container + 1 : NULL;
}

const json_node *json_after(const json_node *container, const json_node *element) {
    const json_node *next = element + element->skip;
    return next < container + container->skip ? next : NULL;
}

const json_node *json_member(const json_node *object, slice key) {
    const json_node *found = NULL;
    if (!json_is(object, JSON_OBJECT)) return NULL;
    for (const json_node *m = object + 1, *end = object + object->skip; m < end; m += m->skip)
        if (slice_equal(m->key, key)) found = m; // the last one counts
    return found;
}

const json_node *json_path(const json_node *node, const char *dotted) {
    while (node && *dotted) {
        size_t n = strcspn(dotted, ".");
        node = json_member(node, (slice){dotted, n});
        dotted += n + (dotted[n] == '.');
    }
    return node;
}

slice json_string(const json_node *node) {
    return json_is(node, JSON_STRING) ? node->as.string : (slice){"", 0};
}

bool json_bool(const json_node *node, bool otherwise) {
    if (json_is(node, JSON_TRUE)) return true;
    return json_is(node, JSON_FALSE) ? false : otherwise;
}

bool json_number(const json_node *node, double *out) {
    if (json_is(node, JSON_INT)) *out = (double)node->as.integer;
    else if (json_is(node, JSON_REAL)) *out = node->as.real;
    else if (json_is(node, JSON_BIG)) {
        char *copy = base_copy(node->raw.s, node->raw.n);
        *out = strtod(copy, NULL);
        free(copy);
    } else return false;
    return true;
}

const char *json_type_name(const json_node *node) {
    switch (node->type) {
    case JSON_NULL: return "null";
    case JSON_FALSE:
    case JSON_TRUE: return "boolean";
    case JSON_INT: return "integer";
    case JSON_REAL:
    case JSON_BIG: return "number";
    case JSON_STRING: return "string";
    case JSON_ARRAY: return "array";
    default: return "object";
    }
}

static bool is_number(const json_node *n) {
    return n->type == JSON_INT || n->type == JSON_REAL || n->type == JSON_BIG;
}

static bool equal_numbers(const json_node *a, const json_node *b) {
    if (a->type == JSON_INT && b->type == JSON_INT) return a->as.integer == b->as.integer;
    if (a->type == JSON_BIG && b->type == JSON_BIG && slice_equal(a->raw, b->raw)) return true;
    double x = 0, y = 0;
    return json_number(a, &x) && json_number(b, &y) && x == y &&
           !(a->type == JSON_BIG && b->type == JSON_BIG);
}

// As sets: a member that is named twice counts once, with its last value.
static bool equal_objects(const json_node *a, const json_node *b) {
    for (const json_node *m = json_first(a); m; m = json_after(a, m))
        if (!json_equal(json_member(a, m->key), json_member(b, m->key))) return false;
    for (const json_node *m = json_first(b); m; m = json_after(b, m))
        if (!json_member(a, m->key)) return false;
    return true;
}

static bool equal_arrays(const json_node *a, const json_node *b) {
    const json_node *y = json_first(b);
    for (const json_node *x = json_first(a); x; x = json_after(a, x), y = json_after(b, y))
        if (!json_equal(x, y)) return false;
    return true;
}

bool json_equal(const json_node *a, const json_node *b) {
    if (!a || !b) return a == b;
    if (is_number(a) && is_number(b)) return equal_numbers(a, b);
    if (a->type != b->type) return false;
    if (a->type == JSON_STRING) return slice_equal(a->as.string, b->as.string);
    if (a->type == JSON_ARRAY) return a->count == b->count && equal_arrays(a, b);
    return a->type != JSON_OBJECT || equal_objects(a, b);
}
