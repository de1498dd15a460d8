// Forms. Contract in form.h.
#include "guard/form.h"
#include "guard/schema.h"

#include <ctype.h>
#include <string.h>

#define FIELDS_MAX 100 // of one form

// The words of each kind of field, besides type, title, description and default.
static const struct kind {
    const char *type;
    const char *words[6];
} kinds[] = {
    {"string", {"minLength", "maxLength", "format", "enum", "enumNames", "oneOf"}},
    {"number", {"minimum", "maximum"}},
    {"integer", {"minimum", "maximum"}},
    {"boolean", {0}},
    {"array", {"minItems", "maxItems", "items"}},
};

static const char *const common[] = {"type", "title", "description", "default"};

// What a name must not hold, read without case, blanks, `-` and `_`.
static const char *const secrets[] = {"password", "passwd",     "passphrase", "secret",     "token",
                                      "apikey",   "credential", "privatekey", "accesskey", "pincode"};

static bool wrong(buf *problem, slice field, const char *what) {
    if (field.n) buf_printf(problem, "the field \"%.*s\" ", (int)(field.n < 100 ? field.n : 100), field.s);
    buf_text(problem, what);
    return false;
}

static bool has_word(const char *const *words, size_t count, slice word) {
    for (size_t i = 0; i < count && words[i]; i++)
        if (slice_is(word, words[i])) return true;
    return false;
}

static bool is_secret(slice name) {
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < sizeof plain - 1; i++)
        if (isalnum((unsigned char)name.s[i])) plain[n++] = (char)tolower((unsigned char)name.s[i]);
    plain[n] = '\0';
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (strstr(plain, secrets[i])) return true;
    return false;
}

// A list of texts, not empty.
static bool is_texts(const json_node *list) {
    bool ok = json_is(list, JSON_ARRAY) && list->count;
    for (const json_node *e = ok ? json_first(list) : NULL; e; e = json_after(list, e))
        ok &= json_is(e, JSON_STRING);
    return ok;
}

// A list of { const, title }.
static bool is_titled(const json_node *list) {
    bool ok = json_is(list, JSON_ARRAY) && list->count;
    for (const json_node *e = ok ? json_first(list) : NULL; e; e = json_after(list, e))
        ok &= json_is(json_get(e, "const"), JSON_STRING) && json_is(json_get(e, "title"), JSON_STRING) &&
              e->count == 2;
    return ok;
}

static bool check_text(slice name, const json_node *field, buf *problem) {
    static const char *const formats[] = {"email", "uri", "date", "date-time"};
    const json_node *format = json_get(field, "format"), *choice = json_get(field, "enum"),
                    *names = json_get(field, "enumNames"), *titled = json_get(field, "oneOf");
    if (format && !has_word(formats, 4, json_string(format)))
        return wrong(problem, name, "has a format that is none of email, uri, date, date-time");
    if (choice && titled) return wrong(problem, name, "has enum and oneOf: give one of them");
    if (choice && !is_texts(choice)) return wrong(problem, name, "needs texts in enum");
    if (titled && !is_titled(titled))
        return wrong(problem, name, "needs { const = \"…\", title = \"…\" } in oneOf");
    if (names && (!choice || !is_texts(names) || names->count != choice->count))
        return wrong(problem, name, "needs as many texts in enumNames as in enum");
    return true;
}

static bool check_list(slice name, const json_node *field, buf *problem) {
    const json_node *items = json_get(field, "items"), *titled = json_get(items, "anyOf");
    bool plain = slice_is(json_string(json_get(items, "type")), "string") && is_texts(json_get(items, "enum"));
    if ((titled && is_titled(titled)) || (!titled && plain)) return true;
    return wrong(problem, name, "is a list, and a list is a choice: items = { type = \"string\", enum = … }, "
                                "or anyOf with { const, title }");
}

static bool check_field(const json_node *root, const json_node *field, buf *problem) {
    slice name = field->key, type = json_string(json_get(field, "type"));
    const struct kind *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_is(type, kinds[i].type)) kind = &kinds[i];
    if (is_secret(name)) return wrong(problem, name, "asks for a secret, which no form may do");
    if (!kind) return wrong(problem, name, "is no string, number, integer, boolean or choice");
    for (const json_node *w = json_first(field); w; w = json_after(field, w)) {
        if (has_word(common, 4, w->key) || has_word(kind->words, 6, w->key)) continue;
        buf_printf(problem, "the field \"%.*s\" has \"%.*s\", which forms do not know", (int)name.n, name.s,
                   (int)w->key.n, w->key.s);
        return false;
    }
    if (slice_is(type, "string") && !check_text(name, field, problem)) return false;
    if (slice_is(type, "array") && !check_list(name, field, problem)) return false;
    const json_node *value = json_get(field, "default");
    guard_problems problems = {.text = BUF(BUF_SMALL)};
    bool ok = !value || guard_schema_check(root, field, value, "", &problems);
    buf_free(&problems.text);
    return ok || wrong(problem, name, "has a default that it would refuse");
}

bool guard_form_check(const json_node *schema, buf *problem) {
    static const char *const words[] = {"type", "properties", "required", "$schema"};
    const json_node *fields = json_get(schema, "properties"), *required = json_get(schema, "required");
    if (!slice_is(json_string(json_get(schema, "type")), "object") || !json_is(fields, JSON_OBJECT))
        return wrong(problem, SLICE(""), "a form is an object with properties");
    for (const json_node *w = json_first(schema); w; w = json_after(schema, w))
        if (!has_word(words, 4, w->key)) {
            buf_printf(problem, "a form has type, properties and required, and no \"%.*s\"", (int)w->key.n,
                       w->key.s);
            return false;
        }
    if (fields->count > FIELDS_MAX) return wrong(problem, SLICE(""), "a form has at most 100 fields");
    for (const json_node *f = json_first(fields); f; f = json_after(fields, f))
        if (!check_field(schema, f, problem)) return false;
    if (required && !json_is(required, JSON_ARRAY))
        return wrong(problem, SLICE(""), "required is a list of names");
    for (const json_node *e = json_first(required); e; e = json_after(required, e))
        if (!json_member(fields, json_string(e)))
            return wrong(problem, SLICE(""), "required names a field that is not there");
    return true;
}

// --- clients of 2025-06-18 ---------------------------------------------------------------------------------

static void put_each(buf *out, const char *key, const json_node *list, const char *member) {
    json_put_key(out, key);
    json_open(out, '[');
    for (const json_node *e = json_first(list); e; e = json_after(list, e))
        json_put_node(out, json_get(e, member));
    json_close(out, ']');
}

static void put_older_field(const json_node *field, buf *out) {
    json_open(out, '{');
    for (const json_node *w = json_first(field); w; w = json_after(field, w)) {
        if (slice_is(w->key, "oneOf")) {
            put_each(out, "enum", w, "const");
            put_each(out, "enumNames", w, "title");
        } else {
            json_put_key_slice(out, w->key);
            json_put_node(out, w);
        }
    }
    json_close(out, '}');
}

bool guard_form_put_older(const json_node *schema, buf *out) {
    const json_node *fields = json_get(schema, "properties"), *required = json_get(schema, "required");
    bool ok = true;
    json_open(out, '{');
    json_put_key(out, "type");
    json_put_text(out, "object");
    json_put_key(out, "properties");
    json_open(out, '{');
    for (const json_node *f = json_first(fields); f; f = json_after(fields, f)) {
        ok &= !slice_is(json_string(json_get(f, "type")), "array");
        json_put_key_slice(out, f->key);
        put_older_field(f, out);
    }
    json_close(out, '}');
    if (required) json_put_key(out, "required"), json_put_node(out, required);
    json_close(out, '}');
    return ok;
}

// --- what comes back ---------------------------------------------------------------------------------------

bool guard_form_take(const json_node *schema, const json_node *content, buf *out, buf *problem) {
    const json_node *fields = json_get(schema, "properties");
    guard_problems problems = {.text = BUF(BUF_SMALL)};
    bool ok = guard_schema_check(schema, schema, content, "content", &problems);
    size_t n = problems.text.n;
    buf_add(problem, problems.text.s, n && problems.text.s[n - 1] == '\n' ? n - 1 : n);
    buf_free(&problems.text);
    if (!ok) return false;
    json_open(out, '{');
    for (const json_node *f = json_first(fields); f; f = json_after(fields, f)) {
        const json_node *value = json_member(content, f->key);
        if (!value) continue;
        json_put_key_slice(out, f->key);
        json_put_node(out, value);
    }
    json_close(out, '}');
    return true;
}
