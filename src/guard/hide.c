// Hidden fields. Contract in hide.h.
#include "guard/hide.h"
#include "base/json.h"

#include <fnmatch.h>
#include <string.h>

#define NAME_MAX_BYTES 256 // longer names are compared by their beginning
#define NESTED 3           // texts in texts that are looked into

typedef struct hider {
    json_reader r;
    const char *const *patterns;
    buf *out;
    const char *copied; // what stands before it is in `out`
    int nested;
    bool changed;
} hider;

static bool is_payload(const char *name) {
    static const char *const names[] = {"input", "output", "payload", "data", "parents", "filterPayload",
                                        "filter_payload", "staticPayload", "additionalMetadata", "user_data",
                                        "userData", "overrides"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static bool is_hidden(const hider *h, const char *name) {
    for (const char *const *p = h->patterns; *p; p++)
        if (fnmatch(*p, name, FNM_CASEFOLD) == 0) return true;
    return false;
}

// Where the value of this token begins.
static const char *start_of(const json_reader *r, json_token token) {
    switch (token) {
    case JSON_T_STRING: return r->text.s - 1;
    case JSON_T_INT:
    case JSON_T_REAL:
    case JSON_T_BIG: return r->text.s;
    case JSON_T_FALSE: return r->at - 5;
    case JSON_T_NULL:
    case JSON_T_TRUE: return r->at - 4;
    default: return r->at - 1;
    }
}

// Puts a text in the place of the value that begins at `from` and has just been read.
static void replace(hider *h, const char *from, slice text) {
    buf string = BUF(6 * text.n + 3);
    json_put_string(&string, text); // by itself: what stands before it has its comma already
    buf_add(h->out, h->copied, (size_t)(from - h->copied));
    buf_slice(h->out, buf_view(&string));
    buf_free(&string);
    h->copied = h->r.at;
    h->changed = true;
}

static bool skip(json_reader *r, json_token token) {
    int outside = r->depth - (token == JSON_T_ARRAY || token == JSON_T_OBJECT);
    while (token != JSON_T_ERROR && r->depth > outside) token = json_next(r);
    return token != JSON_T_ERROR;
}

static bool hide_in(slice json, const char *const *patterns, buf *out, int nested, bool payload);

// A text of a payload that may be JSON itself: what an event's data is, and outputs in task events.
static void look_into(hider *h, const char *from, slice raw) {
    buf text = BUF(raw.n + 1), hidden = BUF(GUARD_HIDE_ROOM(raw.n));
    char *room = h->nested < NESTED ? buf_room(&text, raw.n) : NULL;
    if (room) text.n = json_unescape(raw, room);
    if (text.n && (*text.s == '{' || *text.s == '[') &&
        hide_in(buf_view(&text), h->patterns, &hidden, h->nested + 1, true))
        replace(h, from, hidden.full ? SLICE(GUARD_HIDDEN) : buf_view(&hidden));
    buf_free(&text);
    buf_free(&hidden);
}

static bool walk(hider *h, json_token token, bool payload);

static bool walk_object(hider *h, bool payload) {
    char name[NAME_MAX_BYTES + 1];
    for (;;) {
        json_token token = json_next(&h->r);
        if (token == JSON_T_OBJECT_END) return true;
        if (token != JSON_T_KEY) return false;
        slice raw = h->r.text;
        buf key = BUF(raw.n + 1);
        char *room = raw.n ? buf_room(&key, raw.n) : NULL;
        if (room) key.n = json_unescape(raw, room);
        size_t n = key.n < NAME_MAX_BYTES ? key.n : NAME_MAX_BYTES;
        if (n) memcpy(name, key.s, n);
        name[n] = '\0';
        buf_free(&key);
        token = json_next(&h->r);
        if (payload && is_hidden(h, name)) {
            const char *from = start_of(&h->r, token);
            if (!skip(&h->r, token)) return false;
            replace(h, from, SLICE(GUARD_HIDDEN));
        } else if (!walk(h, token, payload || is_payload(name))) {
            return false;
        }
    }
}

static bool walk(hider *h, json_token token, bool payload) {
    if (token == JSON_T_OBJECT) return walk_object(h, payload);
    if (token == JSON_T_STRING && payload && h->r.escaped) look_into(h, h->r.text.s - 1, h->r.text);
    if (token != JSON_T_ARRAY) return token != JSON_T_ERROR;
    while ((token = json_next(&h->r)) != JSON_T_ARRAY_END)
        if (!walk(h, token, payload)) return false;
    return true;
}

static bool hide_in(slice json, const char *const *patterns, buf *out, int nested, bool payload) {
    hider h = {.patterns = patterns, .out = out, .copied = json.s, .nested = nested};
    json_start(&h.r, json);
    bool good = walk(&h, json_next(&h.r), payload) && json_next(&h.r) == JSON_T_END;
    if (!good || !h.changed) return false;
    buf_add(out, h.copied, (size_t)(json.s + json.n - h.copied));
    return true;
}

bool guard_hide(slice json, const char *const *patterns, buf *out) {
    return hide_in(json, patterns, out, 0, false);
}
