// Is this recording an answer to that request? The rules stand in cassette.h.
#include "upstream/cassette_parts.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

// --- the query ---------------------------------------------------------------------------------------------

static int compare(slice a, slice b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

int cassette_pair_order(const void *a, const void *b) {
    const cassette_pair *x = a, *y = b;
    int order = compare(x->name, y->name);
    return order ? order : compare(x->value, y->value);
}

static bool pair_is(const cassette_pair *p, const char *name, const char *value) {
    return slice_is(p->name, name) && slice_is(p->value, value);
}

// Takes the pair as a start or an end, if it is one.
static bool take_time(cassette_query *q, const cassette_pair *p) {
    int64_t time;
    bool start = slice_is(p->name, "since") || slice_is(p->name, "createdAfter");
    bool end = slice_is(p->name, "until") || slice_is(p->name, "finishedBefore");
    if ((!start && !end) || !when_parse_iso(p->value, &time)) return false;
    if (start) {
        q->start_name = p->name;
        q->start = time;
    } else {
        q->has_end = true;
        q->end = time;
    }
    return true;
}

static bool is_default(const cassette_pair *p, size_t metadata_pairs) {
    static const char *const defaults[][2] = {
        {"offset", "0"}, {"depth", "0"}, {"include_payloads", "false"}, {"order_by_direction", "ASC"},
        {"running_filter", "ALL"}, {"additional_metadata_operator", "OR"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (pair_is(p, defaults[i][0], defaults[i][1])) return true;
    return metadata_pairs < 2 && slice_is(p->name, "additional_metadata_operator");
}

void cassette_query_sort(cassette_query *q, cassette_pair *pairs, size_t count) {
    size_t kept = 0, different = 0, metadata = 0;
    *q = (cassette_query){.pairs = pairs};
    for (size_t i = 0; i < count; i++) {
        if (take_time(q, &pairs[i])) continue;
        if (!q->limit.s && slice_is(pairs[i].name, "limit")) q->limit = pairs[i].value;
        else pairs[kept++] = pairs[i];
    }
    if (kept) qsort(pairs, kept, sizeof *pairs, cassette_pair_order);
    for (size_t i = 0; i < kept; i++) {
        if (different && cassette_pair_order(&pairs[different - 1], &pairs[i]) == 0) continue;
        pairs[different++] = pairs[i];
        metadata += slice_is(pairs[i].name, "additional_metadata");
    }
    for (size_t i = 0; i < different; i++)
        if (!is_default(&pairs[i], metadata)) pairs[q->count++] = pairs[i];
}

bool cassette_query_equal(const cassette_query *a, const cassette_query *b) {
    if (a->count != b->count || !slice_equal(a->start_name, b->start_name)) return false;
    for (size_t i = 0; i < a->count; i++)
        if (cassette_pair_order(&a->pairs[i], &b->pairs[i]) != 0) return false;
    return true;
}

bool cassette_limit_equal(const cassette_query *a, const cassette_query *b) {
    return !a->limit.s == !b->limit.s && slice_equal(a->limit, b->limit);
}

// --- whole lists -------------------------------------------------------------------------------------------

// The elements of the array whose bracket has just been read; ROWS_NONE if it is broken.
static int64_t count_elements(json_reader *r) {
    for (int64_t n = 0;; n++) {
        json_token token = json_next(r);
        if (token == JSON_T_ARRAY_END) return n;
        if (!json_skip(r, token)) return ROWS_NONE;
    }
}

static int64_t count_rows(slice text) {
    json_reader r;
    json_start(&r, text);
    json_token token = json_next(&r);
    if (token == JSON_T_ARRAY) return count_elements(&r);
    if (token != JSON_T_OBJECT) return ROWS_NONE;
    while (json_next(&r) == JSON_T_KEY) {
        bool rows = slice_is(r.text, "rows");
        token = json_next(&r);
        if (rows && token == JSON_T_ARRAY) return count_elements(&r);
        if (!json_skip(&r, token)) return ROWS_NONE;
    }
    return ROWS_NONE;
}

// A limit as a number, or 0.
static int64_t limit_of(const cassette_query *q) {
    int64_t value = 0;
    for (size_t i = 0; i < q->limit.n; i++) {
        if (q->limit.s[i] < '0' || q->limit.s[i] > '9' || value > INT32_MAX) return 0;
        value = value * 10 + (q->limit.s[i] - '0');
    }
    return value;
}

bool cassette_is_whole(recording *r, const cassette_query *asked) {
    int64_t own = limit_of(&r->query), other = limit_of(asked);
    if (!own || !other) return false;
    if (r->rows == ROWS_UNKNOWN) r->rows = count_rows(cassette_text(&r->content));
    return r->rows >= 0 && r->rows < own && r->rows < other;
}

// --- the body ----------------------------------------------------------------------------------------------

// Absent, null, {} and [], and objects of nothing else.
static bool is_blank(const json_node *n) {
    if (!n || n->type == JSON_NULL) return true;
    if (n->type == JSON_ARRAY) return n->count == 0;
    if (n->type != JSON_OBJECT) return false;
    for (const json_node *m = json_first(n); m; m = json_after(n, m))
        if (!is_blank(m)) return false;
    return true;
}

static bool read_time(const json_node *n, int64_t *out) {
    return json_is(n, JSON_STRING) && when_parse_iso(n->as.string, out);
}

static bool is_time_or_absent(const json_node *n) {
    int64_t time;
    return !n || read_time(n, &time);
}

static bool is_id(const json_node *n) { return slice_is_uuid(json_string(n)); }

static bool all_ids(const json_node *array) {
    for (const json_node *e = json_first(array); e; e = json_after(array, e))
        if (!is_id(e)) return false;
    return true;
}

static int by_text(const void *a, const void *b) { return compare(*(const slice *)a, *(const slice *)b); }

// The ids of an array, sorted, each once.
static slice *id_set(const json_node *array, size_t *count) {
    slice *ids = base_alloc(array->count * sizeof *ids);
    size_t n = 0;
    for (const json_node *e = json_first(array); e; e = json_after(array, e)) ids[n++] = e->as.string;
    qsort(ids, n, sizeof *ids, by_text);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (*count == 0 || !slice_equal(ids[*count - 1], ids[i])) ids[(*count)++] = ids[i];
    return ids;
}

static bool same_ids(const json_node *a, const json_node *b) {
    size_t n, m;
    slice *x = id_set(a, &n), *y = id_set(b, &m);
    bool same = n == m;
    for (size_t i = 0; same && i < n; i++) same = slice_equal(x[i], y[i]);
    free(x);
    free(y);
    return same;
}

static bool same_value(const json_node *a, const json_node *b, bool in_filter);

// Members of both must be the same, members of one alone be blank. Each pair is compared once: twice a level
// would be without bound in deep bodies.
static bool same_members(const json_node *a, const json_node *b, bool in_filter) {
    for (const json_node *m = json_first(a); m; m = json_after(a, m)) {
        const json_node *other = json_member(b, m->key);
        if (in_filter && is_time_or_absent(m) && is_time_or_absent(other)) continue;
        if (!same_value(m, other, in_filter || slice_is(m->key, "filter"))) return false;
    }
    for (const json_node *m = json_first(b); m; m = json_after(b, m)) {
        bool alone = !json_member(a, m->key);
        if (alone && !is_blank(m) && !(in_filter && is_time_or_absent(m))) return false;
    }
    return true;
}

static bool same_elements(const json_node *a, const json_node *b, bool in_filter) {
    if (all_ids(a) && all_ids(b)) return same_ids(a, b);
    if (a->count != b->count) return false;
    const json_node *y = json_first(b);
    for (const json_node *x = json_first(a); x; x = json_after(a, x), y = json_after(b, y))
        if (!same_value(x, y, in_filter)) return false;
    return true;
}

static bool same_value(const json_node *a, const json_node *b, bool in_filter) {
    int64_t x, y;
    if (is_blank(a) || is_blank(b)) return is_blank(a) && is_blank(b);
    if (json_is(a, JSON_OBJECT) && json_is(b, JSON_OBJECT))
        return same_members(a, b, in_filter);
    if (json_is(a, JSON_ARRAY) && json_is(b, JSON_ARRAY)) return same_elements(a, b, in_filter);
    if (json_equal(a, b)) return true;
    return read_time(a, &x) && read_time(b, &y) && x == y;
}

// An object that names a member twice is taken as text: nobody can say what it means.
static bool parse_body(json_doc *doc, slice text) { return json_parse(doc, text, JSON_UNIQUE, 0); }

bool cassette_body_equal(recording *r, const cassette_asked *asked) {
    slice own = cassette_text(&r->body), other = asked->request->body;
    if (slice_equal(own, other)) return true;
    if (r->binary || (other.n && !asked->is_json)) return false;
    json_doc doc = {0};
    bool same = (own.n == 0 || parse_body(&doc, own)) && same_value(doc.nodes, asked->body.nodes, false);
    json_doc_free(&doc);
    return same;
}

// --- together ----------------------------------------------------------------------------------------------

void cassette_ask(cassette_asked *asked, const cassette_request *request) {
    *asked = (cassette_asked){.request = request};
    cassette_pair *pairs = base_alloc(request->query_count * sizeof *pairs);
    for (size_t i = 0; i < request->query_count; i++) {
        pairs[i] = request->query[i];
        if (!pairs[i].value.s) pairs[i].value = SLICE(""); // an empty limit is one all the same
    }
    cassette_query_sort(&asked->query, pairs, request->query_count);
    asked->is_json = request->body.n > 0 && parse_body(&asked->body, request->body);
}

void cassette_ask_free(cassette_asked *asked) {
    free(asked->query.pairs);
    json_doc_free(&asked->body);
}

bool cassette_matches(recording *r, const cassette_asked *asked) {
    if (r->credential && !asked->request->has_credential) return false;
    return cassette_query_equal(&r->query, &asked->query) && cassette_body_equal(r, asked);
}
