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

// --- tables ------------------------------------------------------------------------------------------------

#define CELL 44    // characters that a cell shows
#define COLUMNS 64

typedef struct column {
    slice key;
    size_t width;  // characters; 0: no row has a value for it
} column;

// What a cell shows: a text as it is, of what has an id that, of anything else the JSON.
static slice shown(const json_node *value) {
    if (!value || json_is(value, JSON_NULL)) return SLICE("");
    if (json_is(json_get(value, "id"), JSON_STRING)) value = json_get(value, "id");
    return json_is(value, JSON_STRING) ? value->as.string : value->raw;
}

// One line of whole characters, and no more than fit. How many they are.
static size_t put_cell(buf *out, const json_node *value) {
    slice text = shown(value);
    size_t characters = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if ((c & 0xC0) != 0x80 && characters++ == CELL) {
            while (out->n && ((unsigned char)out->s[out->n - 1] & 0xC0) == 0x80) out->n--;
            if (out->n) out->n--; // the last one makes room
            buf_text(out, "…");
            return CELL;
        }
        buf_char(out, c < 0x20 || c == 0x7F ? ' ' : (char)c);
    }
    return characters;
}

static size_t width_of(const json_node *value) {
    buf cell = BUF(BUF_SMALL);
    size_t width = put_cell(&cell, value);
    buf_free(&cell);
    return width;
}

// The keys of all rows, in the order in which they come.
static size_t find_columns(const json_node *rows, column *columns) {
    size_t count = 0;
    for (const json_node *row = json_first(rows); row; row = json_after(rows, row)) {
        for (const json_node *m = json_first(row); m; m = json_after(row, m)) {
            size_t at = 0, width = width_of(m);
            while (at < count && !slice_equal(columns[at].key, m->key)) at++;
            if (at == COLUMNS) continue;
            if (at == count) columns[count++] = (column){.key = m->key};
            if (width && columns[at].width < m->key.n) columns[at].width = m->key.n;
            if (width > columns[at].width) columns[at].width = width;
        }
    }
    return count;
}

// A line of cells: of a row, or, without one, the heads. The last one is not filled up.
static void print_line(FILE *out, const column *columns, size_t count, const json_node *row) {
    buf line = BUF((size_t)1 << 20);
    for (size_t i = 0; i < count; i++) {
        if (!columns[i].width) continue;
        size_t width = columns[i].key.n;
        if (row) width = put_cell(&line, json_member(row, columns[i].key));
        else buf_slice(&line, columns[i].key);
        for (; width < columns[i].width + 2; width++) buf_char(&line, ' ');
    }
    while (line.n && line.s[line.n - 1] == ' ') line.n--;
    fprintf(out, "%s\n", buf_string(&line));
    buf_free(&line);
}

static bool is_table(const json_node *rows) {
    for (const json_node *row = json_first(rows); row; row = json_after(rows, row))
        if (!json_is(row, JSON_OBJECT)) return false;
    return json_is(rows, JSON_ARRAY) && rows->count;
}

void pretty_table(FILE *out, const json_node *answer) {
    const json_node *rows = json_get(answer, "rows");
    column columns[COLUMNS];
    if (!is_table(rows)) {
        pretty_print(out, answer->raw, true);
        return;
    }
    size_t count = find_columns(rows, columns);
    print_line(out, columns, count, NULL);
    for (const json_node *row = json_first(rows); row; row = json_after(rows, row))
        print_line(out, columns, count, row);
    bool first = true;
    for (const json_node *m = json_first(answer); m; m = json_after(answer, m)) {
        if (m == rows) continue;
        fprintf(out, "%s%.*s: %.*s\n", first ? "\n" : "", (int)m->key.n, m->key.s, (int)m->raw.n, m->raw.s);
        first = false;
    }
}
