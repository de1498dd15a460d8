// The server in a TOML file. Contract in entry.h.
#include "base/json.h"
#include "command/entry.h"
#include "command/jsonc.h"
#include "command/toml.h"

#include <string.h>

#define TEXT_MAX ((size_t)64 << 20)

enum { ANY_KEY = 1u << TOML_KEY | 1u << TOML_INNER, ANY_TABLE = 1u << TOML_TABLE };

static bool refuse(entry_edit *edit, const toml *doc, size_t offset, const char *why) {
    buf_printf(&edit->error, "line %zu: %s", jsonc_line(doc->text, offset), why);
    return false;
}

// Reads the file; refuses one whose servers are written in a form that cannot be added to.
static bool read_file(const client *c, const char *name, entry_edit *edit, toml *doc) {
    const char *path[] = {c->section, name};
    if (!toml_read(doc, buf_view(&edit->text))) return refuse(edit, doc, doc->offset, doc->error);
    const toml_item *table = NULL;
    for (const toml_item *i = doc->items; i < doc->items + doc->count; i++) {
        bool is_servers = toml_is(i, path, 1, false), is_server = toml_is(i, path, 2, false);
        if (is_servers && (i->kind == TOML_LIST || i->kind == TOML_KEY))
            return refuse(edit, doc, i->start, "mcp_servers is not written as tables ([mcp_servers.NAME])");
        if (is_server && i->kind == TOML_LIST)
            return refuse(edit, doc, i->start, "this server is a list of tables");
        if (is_server && i->kind == TOML_TABLE && table)
            return refuse(edit, doc, i->start, "this table is there twice");
        if (is_server && i->kind == TOML_TABLE) table = i;
    }
    return true;
}

// What is written about the server: its table, its sub-tables, its keys. NULL: nothing.
static const toml_item *find_server(const client *c, const char *name, const toml *doc) {
    const char *path[] = {c->section, name};
    for (uint32_t i = 0; i < doc->count; i++)
        if (toml_is(&doc->items[i], path, 2, true)) return &doc->items[i];
    return NULL;
}

static void put_table(const client *c, const entry *e, buf *out) {
    buf command = BUF(BUF_SMALL);
    json_put_text(&command, e->command);
    buf_printf(out, "[%s.%s]\ncommand = %s\nargs = ", c->section, e->name, buf_string(&command));
    entry_put_args(e, out);
    buf_char(out, '\n');
    if (e->token == ENTRY_TOKEN_ENVIRONMENT) buf_text(out, "env_vars = [\"" ENTRY_VARIABLE "\"]\n");
    buf_free(&command);
}

static bool append(const client *c, const entry *e, entry_edit *edit) {
    toml doc;
    buf body = BUF(TEXT_MAX), text = BUF(TEXT_MAX);
    bool ok = read_file(c, e->name, edit, &doc);
    if (ok) {
        put_table(c, e, &body);
        toml_append(&doc, buf_string(&body), &text);
        entry_swap(edit, &text);
    }
    buf_free(&body);
    toml_free(&doc);
    return ok;
}

static bool is_same(const toml *doc, const toml_item *key, const char *json) {
    buf plain = BUF(TEXT_MAX);
    json_doc a, b;
    bool ok = toml_put_json(doc, key, &plain) && json_parse(&a, buf_view(&plain), 0, 0);
    if (ok) {
        ok = json_parse(&b, slice_of(json), 0, 0) && json_equal(a.nodes, b.nodes);
        json_doc_free(&a);
        json_doc_free(&b);
    }
    buf_free(&plain);
    return ok;
}

// Gives a key of the server's table its value: `value` is JSON that is TOML too.
static bool set(const client *c, const entry *e, entry_edit *edit, const char *key, const char *value) {
    const char *path[] = {c->section, e->name, key};
    toml doc;
    buf text = BUF(TEXT_MAX);
    bool ok = read_file(c, e->name, edit, &doc);
    const toml_item *item = ok ? toml_find(&doc, ANY_KEY, path, 3) : NULL;
    if (item && !is_same(&doc, item, value)) {
        toml_replace(&doc, item, value, &text);
        edit->replaced = true;
    } else if (ok && !item) {
        toml_add(&doc, toml_find(&doc, ANY_TABLE, path, 2), key, value, &text);
    }
    if (text.n) entry_swap(edit, &text);
    toml_free(&doc);
    return ok;
}

static bool take_item(entry_edit *edit, const toml *doc, const toml_item *item) {
    buf text = BUF(TEXT_MAX);
    toml_remove(doc, item, &text);
    entry_swap(edit, &text);
    return edit->replaced = true;
}

// How many keys stand directly under a path.
static size_t count_below(const toml *doc, const char *const *path, size_t n) {
    size_t count = 0;
    for (uint32_t i = 0; i < doc->count; i++)
        count += doc->items[i].kind >= TOML_KEY && toml_is(&doc->items[i], path, n, true) &&
                 !toml_is(&doc->items[i], path, n, false);
    return count;
}

// A profile has the token: the variable goes, and what is empty without it.
static bool take_variable(const client *c, const entry *e, entry_edit *edit) {
    const char *variable[] = {c->section, e->name, "env", ENTRY_VARIABLE},
               *passed[] = {c->section, e->name, "env_vars"};
    toml doc;
    bool ok = read_file(c, e->name, edit, &doc);
    const toml_item *item = ok ? toml_find(&doc, ANY_KEY, variable, 4) : NULL;
    if (item && count_below(&doc, variable, 3) == 1) {
        const toml_item *env = toml_find(&doc, 1u << TOML_KEY | ANY_TABLE, variable, 3);
        if (env) item = env;
    }
    if (item) take_item(edit, &doc, item);
    toml_free(&doc);
    if (!ok) return false;
    ok = read_file(c, e->name, edit, &doc);
    item = ok ? toml_find(&doc, ANY_KEY, passed, 3) : NULL;
    if (item && is_same(&doc, item, "[\"" ENTRY_VARIABLE "\"]")) take_item(edit, &doc, item);
    toml_free(&doc);
    return ok;
}

// Adds the variable to those that are passed on, unless the file gives it a value or it is there.
static bool pass_variable(const client *c, const entry *e, entry_edit *edit) {
    const char *variable[] = {c->section, e->name, "env", ENTRY_VARIABLE},
               *passed[] = {c->section, e->name, "env_vars"};
    toml doc;
    bool ok = read_file(c, e->name, edit, &doc);
    const toml_item *item = ok ? toml_find(&doc, ANY_KEY, variable, 4) : NULL;
    edit->has_literal = item != NULL;
    const toml_item *list = ok && !item ? toml_find(&doc, ANY_KEY, passed, 3) : NULL;
    slice value = list ? (slice){doc.text.s + list->value, list->end - list->value} : (slice){0};
    if (!ok || item) {
        toml_free(&doc);
        return ok;
    }
    if (!list || value.s[0] != '[' || is_same(&doc, list, "[]")) {
        toml_free(&doc);
        return set(c, e, edit, "env_vars", "[\"" ENTRY_VARIABLE "\"]");
    }
    if (!memmem(value.s, value.n, "\"" ENTRY_VARIABLE "\"", sizeof ENTRY_VARIABLE + 1)) {
        buf longer = BUF(TEXT_MAX), text = BUF(TEXT_MAX);
        buf_text(&longer, "[\"" ENTRY_VARIABLE "\", ");
        buf_add(&longer, value.s + 1, value.n - 1);
        toml_replace(&doc, list, buf_string(&longer), &text);
        entry_swap(edit, &text);
        edit->replaced = true;
        buf_free(&longer);
    }
    toml_free(&doc);
    return true;
}

static bool change(const client *c, const entry *e, entry_edit *edit) {
    buf command = BUF(BUF_SMALL), args = BUF(TEXT_MAX);
    json_put_text(&command, e->command);
    entry_put_args(e, &args);
    bool ok = set(c, e, edit, "command", buf_string(&command)) && set(c, e, edit, "args", buf_string(&args));
    if (ok && e->token == ENTRY_TOKEN_PROFILE) ok = take_variable(c, e, edit);
    if (ok && e->token == ENTRY_TOKEN_ENVIRONMENT) ok = pass_variable(c, e, edit);
    buf_free(&command);
    buf_free(&args);
    return ok;
}

bool entry_toml_put(const client *c, const entry *e, entry_edit *edit) {
    const char *path[] = {c->section, e->name}, *url[] = {c->section, e->name, "url"};
    toml doc;
    bool ok = read_file(c, e->name, edit, &doc);
    const toml_item *server = ok ? find_server(c, e->name, &doc) : NULL;
    bool has_table = ok && toml_find(&doc, ANY_TABLE, path, 2) != NULL;
    bool is_whole = ok && toml_find(&doc, 1u << TOML_KEY, path, 2) != NULL; // name = { … }
    bool is_other = ok && toml_find(&doc, ANY_KEY, url, 3) != NULL;
    if (server && !has_table && !is_whole)
        ok = refuse(edit, &doc, server->start, "this server has no table of its own ([mcp_servers.NAME])");
    toml_free(&doc);
    if (!ok) return false;
    if (has_table && !is_other) return change(c, e, edit);
    return (!server || entry_toml_take(c, e->name, edit)) && append(c, e, edit);
}

bool entry_toml_take(const client *c, const char *name, entry_edit *edit) {
    for (;;) {
        toml doc;
        if (!read_file(c, name, edit, &doc)) return toml_free(&doc), false;
        const toml_item *item = find_server(c, name, &doc);
        if (item) take_item(edit, &doc, item);
        toml_free(&doc);
        if (!item) return true;
    }
}

bool entry_toml_is_there(const client *c, const char *name, entry_edit *edit, bool *there) {
    toml doc;
    bool ok = read_file(c, name, edit, &doc);
    *there = ok && find_server(c, name, &doc);
    toml_free(&doc);
    return ok;
}
