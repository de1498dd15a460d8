// The server in a JSON file. Contract in entry.h.
#include "command/entry.h"
#include "command/jsonc.h"

#include <string.h>

#define TEXT_MAX ((size_t)64 << 20)

// --- the file, by paths ------------------------------------------------------------------------------------

static bool refuse(entry_edit *edit, slice text, size_t offset, const char *what, const char *why) {
    buf_printf(&edit->error, "line %zu: %s%s", jsonc_line(text, offset), what, why);
    return false;
}

static bool read_file(const client *c, entry_edit *edit, jsonc *doc) {
    return jsonc_read(doc, buf_view(&edit->text), c->allowed) ||
           refuse(edit, doc->text, doc->offset, doc->error, "");
}

static bool not_an_object(entry_edit *edit, const jsonc *doc, const jsonc_item *item) {
    buf what = BUF(BUF_SMALL);
    if (item->key < item->key_end) buf_add(&what, doc->text.s + item->key, item->key_end - item->key);
    else buf_text(&what, "the whole");
    refuse(edit, doc->text, item->start, buf_string(&what),
           item->type == JSON_ARRAY ? " is a list, not an object" : " is no object");
    buf_free(&what);
    return false;
}

// Walks down a path of members. *item is what is there, NULL when it is not; then *parent is the last object
// on the way and *depth how many names lead to it. False: the way is barred.
static bool walk(entry_edit *edit, const jsonc *doc, const char *const *path, size_t n,
                 const jsonc_item **parent, const jsonc_item **item, size_t *depth) {
    *parent = NULL;
    *item = doc->count ? doc->items : NULL;
    for (*depth = 0; *item && *depth < n; ++*depth) {
        size_t count;
        if ((*item)->type != JSON_OBJECT) return not_an_object(edit, doc, *item);
        *parent = *item;
        *item = jsonc_member(doc, *parent, slice_of(path[*depth]), &count);
        if (count > 1) {
            buf_printf(&edit->error, "line %zu: \"%s\" is there twice", jsonc_line(doc->text, (*item)->start),
                       path[*depth]);
            return false;
        }
        if (!*item) return true;
    }
    return true;
}

static bool is_same(const jsonc *doc, const jsonc_item *item, slice value) {
    buf plain = BUF(TEXT_MAX);
    json_doc a, b;
    jsonc_put_plain(doc, item, &plain);
    bool ok = json_parse(&a, buf_view(&plain), 0, 0);
    ok = json_parse(&b, value, 0, 0) && ok && json_equal(a.nodes, b.nodes);
    json_doc_free(&a);
    json_doc_free(&b);
    buf_free(&plain);
    return ok;
}

// The value inside the objects that are missing on its way.
static void put_wrapped(buf *out, const char *const *path, size_t n, slice value) {
    for (size_t i = 0; i < n; i++) {
        buf_char(out, '{');
        json_put_quoted(out, slice_of(path[i]));
        buf_char(out, ':');
    }
    buf_slice(out, value);
    while (n--) buf_char(out, '}');
}

static bool set(const client *c, entry_edit *edit, const char *const *path, size_t n, slice value) {
    jsonc doc;
    const jsonc_item *parent, *item;
    size_t depth;
    buf text = BUF(TEXT_MAX), wrapped = BUF(TEXT_MAX);
    bool ok = read_file(c, edit, &doc);
    if (ok && !doc.count) {
        jsonc_begin(&doc, &text);
        entry_swap(edit, &text);
        text = BUF(TEXT_MAX);
        jsonc_free(&doc);
        ok = read_file(c, edit, &doc);
    }
    ok = ok && walk(edit, &doc, path, n, &parent, &item, &depth);
    if (ok && !item) {
        put_wrapped(&wrapped, path + depth + 1, n - depth - 1, value);
        jsonc_add(&doc, parent, slice_of(path[depth]), buf_view(&wrapped), &text);
        entry_swap(edit, &text);
    } else if (ok && !is_same(&doc, item, value)) {
        jsonc_replace(&doc, item, value, &text);
        entry_swap(edit, &text);
        edit->replaced = true;
    }
    buf_free(&wrapped);
    jsonc_free(&doc);
    return ok;
}

static bool unset(const client *c, entry_edit *edit, const char *const *path, size_t n) {
    jsonc doc;
    const jsonc_item *parent, *item;
    size_t depth;
    bool ok = read_file(c, edit, &doc) && walk(edit, &doc, path, n, &parent, &item, &depth);
    if (ok && item) {
        buf text = BUF(TEXT_MAX);
        jsonc_remove(&doc, parent, item, &text);
        entry_swap(edit, &text);
        edit->replaced = true;
    }
    jsonc_free(&doc);
    return ok;
}

// Looks a path up: its value as JSON, empty when it is not there.
static bool get(const client *c, entry_edit *edit, const char *const *path, size_t n, buf *value) {
    jsonc doc;
    const jsonc_item *parent, *item;
    size_t depth;
    bool ok = read_file(c, edit, &doc) && walk(edit, &doc, path, n, &parent, &item, &depth);
    if (ok && item) jsonc_put_plain(&doc, item, value);
    jsonc_free(&doc);
    return ok;
}

// --- what VS Code asks for ---------------------------------------------------------------------------------

static void put_input(buf *out, const char *name) {
    buf_printf(out,
               "{\"type\":\"promptString\",\"id\":\"%s-token\",\"description\":\"Hatchet API token\","
               "\"password\":true}",
               name);
}

static void put_input_reference(buf *out, const char *name) { buf_printf(out, "${input:%s-token}", name); }

static bool has_id(const jsonc *doc, const jsonc_item *input, const char *name) {
    buf id = BUF(BUF_SMALL);
    buf_printf(&id, "\"%s-token\"", name);
    const jsonc_item *m = input->type == JSON_OBJECT ? jsonc_member(doc, input, SLICE("id"), NULL) : NULL;
    bool same = m && is_same(doc, m, buf_view(&id));
    buf_free(&id);
    return same;
}

// Finds the list of inputs and ours in it. False: it is no list.
static bool find_input(entry_edit *edit, const jsonc *doc, const char *name, const jsonc_item **inputs,
                       const jsonc_item **input) {
    static const char *const path[] = {"inputs"};
    const jsonc_item *parent;
    size_t depth;
    *input = NULL;
    if (!walk(edit, doc, path, 1, &parent, inputs, &depth)) return false;
    if (!*inputs) return true;
    if ((*inputs)->type != JSON_ARRAY)
        return refuse(edit, doc->text, (*inputs)->start, "\"inputs\" is no list", "");
    for (const jsonc_item *i = jsonc_first(*inputs); i; i = jsonc_after(*inputs, i))
        if (has_id(doc, i, name)) *input = i;
    return true;
}

static bool add_input(const client *c, entry_edit *edit, const char *name) {
    static const char *const path[] = {"inputs"};
    jsonc doc;
    const jsonc_item *inputs = NULL, *input = NULL;
    buf value = BUF(BUF_SMALL), text = BUF(TEXT_MAX);
    bool ok = read_file(c, edit, &doc) && find_input(edit, &doc, name, &inputs, &input);
    if (ok && !inputs) {
        buf_char(&value, '[');
        put_input(&value, name);
        buf_char(&value, ']');
        ok = set(c, edit, path, 1, buf_view(&value));
    } else if (ok && !input) {
        put_input(&value, name);
        jsonc_add(&doc, inputs, (slice){0}, buf_view(&value), &text);
        entry_swap(edit, &text);
    }
    buf_free(&value);
    jsonc_free(&doc);
    return ok;
}

// Takes our input away, as we wrote it, when nothing names it any more.
static bool take_input(const client *c, entry_edit *edit, const char *name) {
    jsonc doc;
    const jsonc_item *inputs, *input;
    buf value = BUF(BUF_SMALL), reference = BUF(BUF_SMALL);
    put_input_reference(&reference, name);
    put_input(&value, name);
    bool named = memmem(edit->text.s, edit->text.n, reference.s, reference.n) != NULL;
    bool ok = read_file(c, edit, &doc) && find_input(edit, &doc, name, &inputs, &input);
    if (ok && input && !named && is_same(&doc, input, buf_view(&value))) {
        buf text = BUF(TEXT_MAX);
        jsonc_remove(&doc, inputs, input, &text);
        entry_swap(edit, &text);
    }
    buf_free(&value);
    buf_free(&reference);
    jsonc_free(&doc);
    return ok;
}

// --- the entry ---------------------------------------------------------------------------------------------

// How the token is named in `env`; empty when the client cannot.
static void put_reference(const client *c, const entry *e, buf *out) {
    if (e->token != ENTRY_TOKEN_ENVIRONMENT) return;
    if (c->asks) put_input_reference(out, e->name);
    else if (c->reference) buf_text(out, c->reference);
}

static void put_entry(const client *c, const entry *e, buf *out) {
    buf reference = BUF(BUF_SMALL), args = BUF(TEXT_MAX);
    put_reference(c, e, &reference);
    entry_put_args(e, &args);
    json_open(out, '{');
    if (c->type) {
        json_put_key(out, "type");
        json_put_text(out, c->type);
    }
    json_put_key(out, "command");
    json_put_text(out, e->command);
    json_put_key(out, "args");
    json_put_raw(out, buf_view(&args));
    if (reference.n) {
        json_put_key(out, "env");
        json_open(out, '{');
        json_put_key(out, ENTRY_VARIABLE);
        json_put_text(out, buf_string(&reference));
        json_close(out, '}');
    }
    json_close(out, '}');
    buf_free(&reference);
    buf_free(&args);
}

// Does it start a program, so that it is ours to change member by member?
static bool is_kept(slice text) {
    json_doc doc;
    bool kept = json_parse(&doc, text, 0, 0) && json_is(json_get(doc.nodes, "command"), JSON_STRING) &&
                !json_get(doc.nodes, "url") && !json_get(doc.nodes, "httpUrl");
    json_doc_free(&doc);
    return kept;
}

static bool set_text(const client *c, entry_edit *edit, const char *const *path, size_t n, const char *text) {
    buf value = BUF(BUF_SMALL);
    json_put_text(&value, text);
    bool ok = set(c, edit, path, n, buf_view(&value));
    buf_free(&value);
    return ok;
}

static bool set_token(const client *c, const entry *e, entry_edit *edit) {
    const char *path[] = {c->section, e->name, "env", ENTRY_VARIABLE};
    buf value = BUF(TEXT_MAX), reference = BUF(BUF_SMALL);
    bool ok = get(c, edit, path, 4, &value);
    put_reference(c, e, &reference);
    if (ok && e->token == ENTRY_TOKEN_PROFILE && value.n) {
        ok = unset(c, edit, path, 4);
        buf_clear(&value);
        ok = ok && get(c, edit, path, 3, &value);
        if (ok && slice_is(buf_view(&value), "{}")) ok = unset(c, edit, path, 3);
    } else if (ok && value.n) {
        edit->has_literal = !memchr(value.s, '$', value.n);
    } else if (ok && reference.n) {
        ok = set_text(c, edit, path, 4, buf_string(&reference));
    }
    buf_free(&value);
    buf_free(&reference);
    return ok;
}

// Changes the members that are ours; "type" may be left out.
static bool change(const client *c, const entry *e, entry_edit *edit) {
    const char *type[] = {c->section, e->name, "type"}, *command[] = {c->section, e->name, "command"},
               *args[] = {c->section, e->name, "args"};
    buf list = BUF(TEXT_MAX), there = BUF(TEXT_MAX);
    entry_put_args(e, &list);
    bool ok = get(c, edit, type, 3, &there) &&
              (!there.n || !c->type || set_text(c, edit, type, 3, c->type)) &&
              set_text(c, edit, command, 3, e->command) && set(c, edit, args, 3, buf_view(&list)) &&
              set_token(c, e, edit);
    buf_free(&list);
    buf_free(&there);
    return ok;
}

bool entry_json_put(const client *c, const entry *e, entry_edit *edit) {
    const char *path[] = {c->section, e->name};
    buf there = BUF(TEXT_MAX), value = BUF(TEXT_MAX);
    bool ok = get(c, edit, path, 2, &there), asks = c->asks && e->token == ENTRY_TOKEN_ENVIRONMENT;
    if (ok && is_kept(buf_view(&there))) {
        ok = change(c, e, edit);
    } else if (ok) {
        put_entry(c, e, &value);
        if (asks) ok = add_input(c, edit, e->name); // before the servers, where it begins the file
        ok = ok && set(c, edit, path, 2, buf_view(&value));
    }
    if (ok && asks && !edit->has_literal) ok = add_input(c, edit, e->name);
    if (ok && c->asks && !asks) ok = take_input(c, edit, e->name);
    buf_free(&there);
    buf_free(&value);
    return ok;
}

bool entry_json_take(const client *c, const char *name, entry_edit *edit) {
    const char *path[] = {c->section, name};
    bool there;
    if (!entry_json_is_there(c, name, edit, &there)) return false;
    return !there || (unset(c, edit, path, 2) && (!c->asks || take_input(c, edit, name)));
}

bool entry_json_is_there(const client *c, const char *name, entry_edit *edit, bool *there) {
    const char *path[] = {c->section, name};
    buf value = BUF(TEXT_MAX);
    bool ok = get(c, edit, path, 2, &value);
    *there = value.n > 0;
    buf_free(&value);
    return ok;
}
