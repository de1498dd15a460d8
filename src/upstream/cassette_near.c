// What to say when nothing that is recorded answers a request: the request, and the recorded ones nearest to
// it.
#include "upstream/cassette_parts.h"

#include <string.h>

#define NEAR_MAX 3
#define BODY_SHOWN 160

// How much each difference counts.
enum { A_PAIR = 1, A_BODY = 1, A_SEGMENT = 4, A_METHOD = 8 };

typedef struct near {
    recording *of;
    const char *file;
    unsigned far;
} near;

static slice next_segment(slice *path) {
    slice segment = *path;
    const char *slash = path->n > 1 ? memchr(path->s + 1, '/', path->n - 1) : NULL;
    if (slash) segment.n = (size_t)(slash - path->s);
    path->s += segment.n;
    path->n -= segment.n;
    return segment;
}

static unsigned path_distance(slice a, slice b) {
    unsigned far = 0;
    while (a.n || b.n) far += slice_equal(next_segment(&a), next_segment(&b)) ? 0 : A_SEGMENT;
    return far;
}

// The pairs that only one of them has: both are sorted.
static unsigned query_distance(const cassette_query *a, const cassette_query *b) {
    size_t i = 0, j = 0;
    unsigned far = !slice_equal(a->start_name, b->start_name) + !cassette_limit_equal(a, b);
    while (i < a->count || j < b->count) {
        int order = i == a->count ? 1 : j == b->count ? -1 : cassette_pair_order(&a->pairs[i], &b->pairs[j]);
        far += order ? A_PAIR : 0;
        i += order <= 0;
        j += order >= 0;
    }
    return far;
}

static unsigned distance(recording *r, const cassette_asked *asked) {
    unsigned far = path_distance(r->path, asked->request->path) + query_distance(&r->query, &asked->query);
    if (!slice_equal(r->method, asked->request->method)) return far + A_METHOD;
    return far + (cassette_body_equal(r, asked) ? 0 : A_BODY);
}

static bool looks_like(recording *a, recording *b) {
    return slice_equal(a->method, b->method) && slice_equal(a->path, b->path) &&
           slice_equal(a->body.raw, b->body.raw) && query_distance(&a->query, &b->query) == 0;
}

// Puts a recording into the list, which is in rising order, if it belongs there and nothing that looks the
// same stands there.
static void offer(near *list, size_t *count, near it) {
    if (*count == NEAR_MAX && it.far >= list[NEAR_MAX - 1].far) return;
    for (size_t i = 0; i < *count; i++)
        if (looks_like(list[i].of, it.of)) return;
    size_t at = *count < NEAR_MAX ? (*count)++ : NEAR_MAX - 1;
    for (; at > 0 && list[at - 1].far > it.far; at--) list[at] = list[at - 1];
    list[at] = it;
}

static void put_body(buf *b, slice text, bool binary) {
    if (!text.n) return;
    if (binary || memchr(text.s, '\0', text.n)) { // the frame of a gRPC message begins with one
        buf_printf(b, " with %zu bytes of gRPC", text.n);
        return;
    }
    size_t n = text.n < BODY_SHOWN ? text.n : BODY_SHOWN;
    while (n < text.n && n > 0 && ((unsigned char)text.s[n] & 0xC0) == 0x80) n--; // between characters
    buf_printf(b, " with %.*s%s", (int)n, text.s, n < text.n ? "…" : "");
}

static void put_asked(buf *b, const cassette_request *request) {
    buf_slice(b, request->method);
    buf_char(b, ' ');
    buf_slice(b, request->path);
    for (size_t i = 0; i < request->query_count; i++) {
        buf_char(b, i ? '&' : '?');
        buf_slice(b, request->query[i].name);
        buf_char(b, '=');
        buf_slice(b, request->query[i].value);
    }
    put_body(b, request->body, false);
}

static void put_near(buf *b, const near *it) {
    recording *r = it->of;
    buf_text(b, "\n  ");
    buf_slice(b, r->method);
    buf_char(b, ' ');
    for (const char *s = r->url.s + r->origin.n, *end = r->url.s + r->url.n; s < end; s++) {
        bool colon = end - s > 2 && s[0] == '%' && s[1] == '3' && (s[2] == 'A' || s[2] == 'a'); // as in times
        buf_char(b, colon ? ':' : *s);
        if (colon) s += 2;
    }
    put_body(b, cassette_text(&r->body), r->binary);
    if (r->credential) buf_text(b, " with a key of its own");
    buf_printf(b, " (%s)", it->file);
}

void cassette_explain(const cassette *c, const cassette_asked *asked, buf *why) {
    near list[NEAR_MAX];
    size_t count = 0;
    for (size_t i = c->count; i-- > 0;) {
        const cassette_file *file = &c->files[i];
        const char *slash = strrchr(file->name, '/'), *name = slash ? slash + 1 : file->name;
        for (uint32_t k = 0; k < file->count; k++)
            offer(list, &count, (near){&file->all[k], name, distance(&file->all[k], asked)});
    }
    put_asked(why, asked->request);
    buf_text(why,
             count ? " is not recorded. The nearest that is:" : " is not recorded: no recording is played.");
    for (size_t i = 0; i < count; i++) put_near(why, &list[i]);
}
