// JSON for people. Contract in pretty.h.
#include "command/pretty.h"

static void new_line(FILE *out, int depth) {
    fputc('\n', out);
    for (int i = 0; i < depth; i++) fputs("  ", out);
}

static void print_node(FILE *out, const json_node *node, int depth) {
    bool object = json_is(node, JSON_OBJECT);
    if ((!object && !json_is(node, JSON_ARRAY)) || !node->count) {
        fwrite(node->raw.s, 1, node->raw.n, out);
        return;
    }
    fputc(object ? '{' : '[', out);
    for (const json_node *e = json_first(node); e; e = json_after(node, e)) {
        if (e != json_first(node)) fputc(',', out);
        new_line(out, depth + 1);
        if (object) {
            buf key = BUF(BUF_SMALL);
            json_put_string(&key, e->key);
            fwrite(key.s, 1, key.n, out);
            fputs(": ", out);
            buf_free(&key);
        }
        print_node(out, e, depth + 1);
    }
    new_line(out, depth);
    fputc(object ? '}' : ']', out);
}

void pretty_print(FILE *out, slice json, bool indented) {
    json_doc doc;
    if (indented && json_parse(&doc, json, 0, 0)) {
        print_node(out, doc.nodes, 0);
        json_doc_free(&doc);
    } else {
        fwrite(json.s, 1, json.n, out);
    }
    fputc('\n', out);
}
