// Hidden fields. Contract in hide.h.
#include "guard/hide.h"
#include "base/json.h"

#include <fnmatch.h>
#include <string.h>

#define NESTED 3 // texts in texts that are looked into; what is deeper is hidden whole

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
                                        "userData", "overrides", "result",
                                        // of traces, where SDKs put payloads as texts
                                        "spanAttributes", "resourceAttributes"};
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
    buf_add(h->out, h->copied, (size_t)(from - h->copied));
    json_put_quoted(h->out, text); // what stands before it has its comma already
    h->copied = h->r.at;
    h->changed = true;
}

typedef enum outcome {
    SAME,
    CHANGED,
    BROKEN, // it is no JSON to its end, and had hidden fields until there: a text that was cut
} outcome;

static outcome hide_in(slice json, const char *const *patterns, buf *out, int nested, bool payload);

static bool may_be_json(const buf *text) {
    size_t at = 0;
    while (at < text->n && strchr(" \t\r\n", text->s[at]) && text->s[at]) at++;
    return at < text->n && (text->s[at] == '{' || text->s[at] == '[' || text->s[at] == '"');
}

// A text of a payload that may be JSON itself: what an event's data is, and outputs in task events.
static void look_into(hider *h, const char *from, slice raw) {
    buf text = BUF(raw.n + 1), hidden = BUF(GUARD_HIDE_ROOM(raw.n));
    char *room = buf_room(&text, raw.n);
    if (room) text.n = json_unescape(raw, room);
    outcome found = SAME;
    if (may_be_json(&text))
        found = h->nested == NESTED
                    ? BROKEN
                    : hide_in(buf_view(&text), h->patterns, &hidden, h->nested + 1, true);
    if (found == BROKEN || hidden.full) replace(h, from, SLICE(GUARD_HIDDEN));
    else if (found == CHANGED) replace(h, from, buf_view(&hidden));
    buf_free(&text);
    buf_free(&hidden);
}

// Metadata of the API (ids and times), which must stay, and not what a worker gave to a line of its log.
static bool is_of_the_api(json_reader r) {
    int outside = r.depth - 1;
    for (json_token token = json_next(&r); token != JSON_T_ERROR && r.depth > outside; token = json_next(&r))
        if (token == JSON_T_KEY && r.depth == outside + 1 && slice_is(r.text, "createdAt")) return true;
    return false;
}

static bool is_payload_here(const hider *h, const char *name, json_token token) {
    if (is_payload(name)) return true;
    return strcmp(name, "metadata") == 0 && token == JSON_T_OBJECT && !is_of_the_api(h->r);
}

static bool walk(hider *h, json_token token, bool payload);

static bool walk_object(hider *h, bool payload) {
    for (;;) {
        json_token token = json_next(&h->r);
        if (token == JSON_T_OBJECT_END) return true;
        if (token != JSON_T_KEY) return false;
        slice raw = h->r.text;
        buf key = BUF(raw.n + 1);
        char *room = raw.n ? buf_room(&key, raw.n) : NULL;
        if (room) key.n = json_unescape(raw, room);
        token = json_next(&h->r);
        bool hide = payload && is_hidden(h, buf_string(&key));
        bool inside = payload || is_payload_here(h, buf_string(&key), token);
        buf_free(&key);
        h->changed |= hide;
        const char *from = start_of(&h->r, token);
        if (hide ? !json_skip(&h->r, token) : !walk(h, token, inside)) return false;
        if (hide) replace(h, from, SLICE(GUARD_HIDDEN));
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

static outcome hide_in(slice json, const char *const *patterns, buf *out, int nested, bool payload) {
    hider h = {.patterns = patterns, .out = out, .copied = json.s, .nested = nested};
    json_start(&h.r, json);
    bool good = walk(&h, json_next(&h.r), payload) && json_next(&h.r) == JSON_T_END;
    if (!h.changed) return SAME;
    if (good) buf_add(out, h.copied, (size_t)(json.s + json.n - h.copied));
    return good ? CHANGED : BROKEN;
}

bool guard_hide(slice json, bool payload, const char *const *patterns, buf *out) {
    return hide_in(json, patterns, out, 0, payload) == CHANGED;
}
