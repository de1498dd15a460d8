// JSON Schema. Contract in schema.h.
#include "guard/schema.h"
#include "base/when.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REF_DEPTH 64
#define UNIQUE_MAX 1000
#define STEPS 200000 // values checked against schemas: alternatives of alternatives must not run away

typedef struct check {
    const json_node *root;
    guard_problems *problems; // NULL: only the verdict is wanted
    buf path;
    int depth;
    long *steps;              // left
} check;

static bool valid(check *c, const json_node *schema, const json_node *value);

static bool problem(check *c, const char *format, ...) BASE_PRINTF(2, 3);

static bool problem(check *c, const char *format, ...) {
    guard_problems *p = c->problems;
    if (!p || ++p->count > GUARD_PROBLEMS) return false;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(&p->text, "%s: %s\n", buf_string(&c->path), text);
    return false;
}

// A value as it is shown in a problem: compact, and cut.
static const char *shown(const json_node *value, char out[64]) {
    size_t n = value->raw.n < 56 ? value->raw.n : 56;
    // not inside a character
    while (n < value->raw.n && n > 0 && ((unsigned char)value->raw.s[n] & 0xC0) == 0x80) n--;
    snprintf(out, 64, "%.*s%s", (int)n, value->raw.s, n < value->raw.n ? "…" : "");
    return out;
}

static bool is_integer(const json_node *v) {
    double d;
    if (v->type == JSON_INT) return true;
    if (v->type == JSON_BIG)
        return !memchr(v->raw.s, '.', v->raw.n) && !memchr(v->raw.s, 'e', v->raw.n) &&
               !memchr(v->raw.s, 'E', v->raw.n);
    return v->type == JSON_REAL && json_number(v, &d) && d == floor(d);
}

static bool has_type(const json_node *v, slice type) {
    if (slice_is(type, "integer")) return is_integer(v);
    if (slice_is(type, "number")) return v->type == JSON_INT || v->type == JSON_REAL || v->type == JSON_BIG;
    return slice_is(type, json_type_name(v));
}

static const char *article(slice type) { return type.n && strchr("aeiou", type.s[0]) ? "an" : "a"; }

static bool check_type(check *c, const json_node *type, const json_node *v) {
    char text[64];
    if (json_is(type, JSON_STRING)) {
        slice name = type->as.string;
        if (has_type(v, name)) return true;
        return problem(c, "must be %s %.*s, got %s", article(name), (int)name.n, name.s, shown(v, text));
    }
    if (!json_is(type, JSON_ARRAY)) return true;
    for (const json_node *t = json_first(type); t; t = json_after(type, t))
        if (has_type(v, json_string(t))) return true;
    return problem(c, "must be one of the types %.*s, got %s", (int)type->raw.n, type->raw.s, shown(v, text));
}

static int distance(slice a, slice b) {
    int row[65];
    if (a.n > 64 || b.n > 64) return 100;
    for (size_t j = 0; j <= b.n; j++) row[j] = (int)j;
    for (size_t i = 1; i <= a.n; i++) {
        int before = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            int above = row[j];
            int change = before + (tolower((unsigned char)a.s[i - 1]) != tolower((unsigned char)b.s[j - 1]));
            int add = row[j - 1] + 1, drop = above + 1;
            row[j] = change < add ? (change < drop ? change : drop) : (add < drop ? add : drop);
            before = above;
        }
    }
    return row[b.n];
}

// Does one of them begin with the other?
static bool share_beginning(slice a, slice b) {
    size_t n = a.n < b.n ? a.n : b.n;
    return n >= 3 && memcmp(a.s, b.s, n) == 0;
}

const char *guard_nearest(slice word, const char *const *names, size_t count) {
    const char *best = NULL;
    const int near = word.n < 6 ? 2 : (int)(word.n / 3 + 1);
    int least = near + 1;
    for (size_t i = 0; i < count; i++) {
        slice name = slice_of(names[i]);
        int d = distance(word, name);
        if (d > near && share_beginning(word, name)) d = near;
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

static bool check_enum(check *c, const json_node *values, const json_node *v) {
    const char *names[64];
    char *owned[64];
    size_t n = 0;
    *c->steps -= values->count / 8;
    for (const json_node *e = json_first(values); e; e = json_after(values, e)) {
        if (json_equal(e, v)) {
            while (n) free(owned[--n]);
            return true;
        }
        if (e->type == JSON_STRING && n < 64) {
            owned[n] = base_copy(e->as.string.s, e->as.string.n);
            names[n] = owned[n];
            n++;
        }
    }
    char text[64];
    const char *near = v->type == JSON_STRING ? guard_nearest(v->as.string, names, n) : NULL;
    if (near)
        problem(c, "%s is not one of %.*s; did you mean \"%s\"?", shown(v, text), (int)values->raw.n,
                values->raw.s, near);
    else problem(c, "%s is not one of %.*s", shown(v, text), (int)values->raw.n, values->raw.s);
    while (n) free(owned[--n]);
    return false;
}

static bool check_number(check *c, const json_node *s, const json_node *v) {
    static const struct {
        const char *word, *sign;
    } bounds[] = {{"minimum", "at least"},
                  {"maximum", "at most"},
                  {"exclusiveMinimum", "more than"},
                  {"exclusiveMaximum", "less than"}};
    double x, bound;
    bool ok = true;
    json_number(v, &x);
    for (int i = 0; i < 4; i++) {
        const json_node *b = json_get(s, bounds[i].word);
        if (!json_number(b, &bound)) continue;
        bool fits = i == 0 ? x >= bound : i == 1 ? x <= bound : i == 2 ? x > bound : x < bound;
        if (!fits)
            ok = problem(c, "must be %s %.*s, got %.*s", bounds[i].sign, (int)b->raw.n, b->raw.s,
                         (int)v->raw.n, v->raw.s);
    }
    const json_node *step = json_get(s, "multipleOf");
    if (json_number(step, &bound) && bound > 0 && fabs(remainder(x, bound)) > bound * 1e-9)
        ok = problem(c, "must be a multiple of %.*s, got %.*s", (int)step->raw.n, step->raw.s, (int)v->raw.n,
                     v->raw.s);
    return ok;
}

static bool check_format(check *c, slice format, const json_node *v) {
    slice text = v->as.string;
    char show[64];
    int64_t when;
    if (slice_is(format, "uuid") && !slice_is_uuid(text))
        return problem(c, "must be a UUID such as 6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e, got %s",
                       shown(v, show));
    if (slice_is(format, "date-time") && (text.n < 11 || !when_parse_iso(text, &when)))
        return problem(c, "must be a time such as 2026-11-21T06:29:04Z, got %s", shown(v, show));
    if (slice_is(format, "date") && (text.n != 10 || !when_parse_iso(text, &when)))
        return problem(c, "must be a date such as 2026-11-21, got %s", shown(v, show));
    const char *at = memchr(text.s, '@', text.n);
    if (slice_is(format, "email") && (!at || at == text.s || at == text.s + text.n - 1))
        return problem(c, "must be an e-mail address, got %s", shown(v, show));
    if (slice_is(format, "uri") &&
        (text.n < 3 || !isalpha((unsigned char)text.s[0]) || !memchr(text.s, ':', text.n)))
        return problem(c, "must be a URI, got %s", shown(v, show));
    return true;
}

static size_t characters(slice text) {
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) n += ((unsigned char)text.s[i] & 0xC0) != 0x80;
    return n;
}

static bool bound_count(check *c, const json_node *s, const char *least, const char *most, size_t n,
                        const char *what) {
    double bound;
    if (json_number(json_get(s, least), &bound) && (double)n < bound)
        return problem(c, "must have at least %.0f %s, has %zu", bound, what, n);
    if (json_number(json_get(s, most), &bound) && (double)n > bound)
        return problem(c, "must have at most %.0f %s, has %zu", bound, what, n);
    return true;
}

// Checks an element or member, with its place in the path.
static bool inside(check *c, const json_node *schema, const json_node *value, const char *format, int n,
                   const char *name, long index) {
    size_t mark = c->path.n;
    if (name) buf_printf(&c->path, format, n, name);
    else buf_printf(&c->path, "[%ld]", index);
    bool ok = valid(c, schema, value);
    c->path.n = mark;
    c->path.full = false;
    return ok;
}

// Compares each with each, so there is a bound.
static bool check_unique(check *c, const json_node *v) {
    char text[64];
    if (v->count > UNIQUE_MAX)
        return problem(c, "must have at most %d items to be checked for twins, has %u", UNIQUE_MAX, v->count);
    for (const json_node *a = json_first(v); a; a = json_after(v, a))
        for (const json_node *b = json_after(v, a); b; b = json_after(v, b))
            if (json_equal(a, b)) return problem(c, "has the same item twice: %s", shown(a, text));
    return true;
}

static bool check_array(check *c, const json_node *s, const json_node *v) {
    bool ok = bound_count(c, s, "minItems", "maxItems", v->count, "items");
    const json_node *items = json_get(s, "items"), *prefix = json_get(s, "prefixItems");
    const json_node *of = json_first(prefix);
    long i = 0;
    for (const json_node *e = json_first(v); e; e = json_after(v, e), i++) {
        if (of) {
            ok &= inside(c, of, e, NULL, 0, NULL, i);
            of = json_after(prefix, of);
        } else if (items) {
            ok &= inside(c, items, e, NULL, 0, NULL, i);
        }
    }
    if (json_bool(json_get(s, "uniqueItems"), false)) ok &= check_unique(c, v);
    return ok;
}

static bool unknown_member(check *c, const json_node *properties, slice key) {
    const char *names[128];
    size_t n = 0;
    for (const json_node *p = json_first(properties); p && n < 128; p = json_after(properties, p))
        names[n++] = base_copy(p->key.s, p->key.n);
    const char *near = guard_nearest(key, names, n);
    if (near) problem(c, "has no \"%.*s\"; did you mean \"%s\"?", (int)key.n, key.s, near);
    else problem(c, "has no \"%.*s\"", (int)key.n, key.s);
    while (n) free((char *)names[--n]);
    return false;
}

static bool check_object(check *c, const json_node *s, const json_node *v) {
    bool ok = bound_count(c, s, "minProperties", "maxProperties", v->count, "members");
    const json_node *properties = json_get(s, "properties"), *more = json_get(s, "additionalProperties"),
                    *required = json_get(s, "required");
    for (const json_node *r = json_first(required); r; r = json_after(required, r))
        if (!json_member(v, json_string(r)))
            ok = problem(c, "needs \"%.*s\"", (int)json_string(r).n, json_string(r).s);
    const json_node *dependent = json_get(s, "dependentRequired");
    for (const json_node *d = json_first(dependent); d; d = json_after(dependent, d))
        for (const json_node *r = json_member(v, d->key) ? json_first(d) : NULL; r; r = json_after(d, r))
            if (!json_member(v, json_string(r)))
                ok = problem(c, "needs \"%.*s\" beside \"%.*s\"", (int)json_string(r).n, json_string(r).s,
                             (int)d->key.n, d->key.s);
    for (const json_node *m = json_first(v); m; m = json_after(v, m)) {
        const json_node *of = json_member(properties, m->key);
        if (!of && json_is(more, JSON_FALSE)) ok = unknown_member(c, properties, m->key);
        else if (!of) of = more;
        if (!of) continue;
        char *name = base_copy(m->key.s, m->key.n);
        ok &= inside(c, of, m, ".%.*s", 60, name, 0);
        free(name);
    }
    return ok;
}

static const json_node *find_anchor(const json_node *root, slice name) {
    for (const json_node *n = root; n < root + root->skip; n++)
        if (slice_equal(json_string(json_get(n, "$anchor")), name)) return n;
    return NULL;
}

// A path is a JSON pointer (RFC 6901), with the escapes ~0 and ~1.
const json_node *guard_schema_resolve(const json_node *root, slice ref) {
    if (ref.n == 0 || ref.s[0] != '#') return NULL;
    if (ref.n > 1 && ref.s[1] != '/') return find_anchor(root, (slice){ref.s + 1, ref.n - 1});
    const json_node *at = root;
    const char *s = ref.s + 1, *end = ref.s + ref.n;
    while (at && s < end) {
        if (*s++ != '/') return NULL;
        buf key = BUF(1024);
        for (; s < end && *s != '/'; s++) {
            bool escape = *s == '~' && s + 1 < end && (s[1] == '0' || s[1] == '1');
            buf_char(&key, escape ? (s[1] == '0' ? '~' : '/') : *s);
            s += escape;
        }
        at = json_member(at, buf_view(&key));
        buf_free(&key);
    }
    return at;
}

static bool silently(check *c, const json_node *schema, const json_node *value) {
    check quiet = *c;
    quiet.problems = NULL;
    bool ok = valid(&quiet, schema, value);
    c->path = quiet.path;
    return ok;
}

static bool check_choices(check *c, const json_node *s, const json_node *v) {
    const json_node *any = json_get(s, "anyOf"), *one = json_get(s, "oneOf"), *all = json_get(s, "allOf"),
                    *no = json_get(s, "not");
    const json_node *last = NULL;
    int hits = 0, alternatives = 0;
    bool ok = true;
    for (const json_node *e = json_first(all); e; e = json_after(all, e)) ok &= valid(c, e, v);
    for (const json_node *e = json_first(any); e; e = json_after(any, e)) {
        hits += silently(c, e, v);
        // the alternative that is told about: the only one, or the only one but null
        if (!slice_is(json_string(json_get(e, "type")), "null")) last = e, alternatives++;
    }
    if (json_is(any, JSON_ARRAY) && any->count && hits == 0) {
        if (alternatives == 1 && c->problems) return valid(c, last, v);
        ok = problem(c, "fits none of its %u alternatives", any->count);
    }
    hits = 0;
    for (const json_node *e = json_first(one); e; e = json_after(one, e)) hits += silently(c, e, v);
    if (json_is(one, JSON_ARRAY) && one->count && hits != 1)
        ok = problem(c, "fits %d of its %u alternatives, must fit one", hits, one->count);
    if (no && silently(c, no, v)) ok = problem(c, "has a form that is excluded");
    const json_node *condition = json_get(s, "if");
    if (condition) {
        const json_node *then = json_get(s, silently(c, condition, v) ? "then" : "else");
        if (then) ok &= valid(c, then, v);
    }
    return ok;
}

static bool valid_words(check *c, const json_node *s, const json_node *v) {
    char text[64];
    const json_node *word;
    bool ok = true;
    if ((word = json_get(s, "type")) && !check_type(c, word, v)) return false;
    if ((word = json_get(s, "enum")) && json_is(word, JSON_ARRAY) && !check_enum(c, word, v)) ok = false;
    if ((word = json_get(s, "const")) && !json_equal(word, v))
        ok = problem(c, "must be %.*s, got %s", (int)word->raw.n, word->raw.s, shown(v, text));
    if (v->type == JSON_INT || v->type == JSON_REAL || v->type == JSON_BIG) ok &= check_number(c, s, v);
    if (v->type == JSON_STRING) {
        ok &= bound_count(c, s, "minLength", "maxLength", characters(v->as.string), "characters");
        ok &= check_format(c, json_string(json_get(s, "format")), v);
    }
    if (v->type == JSON_ARRAY) ok &= check_array(c, s, v);
    if (v->type == JSON_OBJECT) ok &= check_object(c, s, v);
    return ok & check_choices(c, s, v);
}

static bool valid(check *c, const json_node *schema, const json_node *value) {
    if (json_is(schema, JSON_FALSE)) return problem(c, "is not allowed");
    if (!json_is(schema, JSON_OBJECT)) return true;
    if (--*c->steps < 0 || ++c->depth > REF_DEPTH) {
        if (*c->steps >= 0) c->depth--;
        return problem(c, "is too involved to be checked");
    }
    bool ok = true;
    const json_node *ref = json_get(schema, "$ref");
    if (ref) {
        *c->steps -= slice_starts(json_string(ref), "#/") ? 0 : c->root->skip / 8; // an anchor is looked for
        const json_node *target = guard_schema_resolve(c->root, json_string(ref));
        ok = target
                 ? valid(c, target, value)
                 : problem(c, "its schema refers to %.*s, which is not there", (int)ref->raw.n, ref->raw.s);
    }
    ok &= valid_words(c, schema, value);
    c->depth--;
    return ok;
}

bool guard_schema_check(const json_node *root, const json_node *schema, const json_node *value,
                        const char *path, guard_problems *problems) {
    long steps = STEPS;
    check c = {.root = root, .problems = problems, .path = BUF(4096), .steps = &steps};
    buf_text(&c.path, path);
    bool ok = valid(&c, schema, value);
    buf_free(&c.path);
    return ok;
}

bool guard_is_required(const json_node *schema, slice property) {
    const json_node *required = json_get(schema, "required");
    for (const json_node *r = json_first(required); r; r = json_after(required, r))
        if (slice_equal(json_string(r), property)) return true;
    return false;
}
