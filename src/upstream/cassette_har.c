// HAR 1.2 text to recordings. One pass over the file; bodies are only stepped over, and decoded when they are
// asked for.
#include "upstream/cassette_parts.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A file on its way in.
typedef struct har {
    json_reader r;
    cassette_file *file;
    bool in_entry;      // then file->count is its number
    bool has_entries;
    const char *where;  // what is wrong: the member, NULL if the text is no JSON
    const char *what;
} har;

// An exchange while its members are read.
typedef struct draft {
    recording rec;
    cassette_quoted began, method, url, post_type;
    bool has_request, has_response;
} draft;

typedef struct header {
    cassette_quoted name, value;
} header;

typedef bool read_member(har *h, void *into, slice name, json_token token);
typedef bool read_element(har *h, void *into, json_token token);

static bool wrong(har *h, const char *where, const char *what) {
    h->where = where;
    h->what = what;
    return false;
}

static bool broken(har *h) { return wrong(h, NULL, h->r.error); }

static bool skip(har *h, json_token token) { return json_skip(&h->r, token) || broken(h); }

static bool read_object(har *h, json_token token, const char *where, read_member *member, void *into) {
    if (token != JSON_T_OBJECT) return wrong(h, where, "must be an object");
    for (;;) {
        token = json_next(&h->r);
        if (token == JSON_T_OBJECT_END) return true;
        slice name = h->r.text;
        if (token == JSON_T_KEY) token = json_next(&h->r);
        if (token == JSON_T_ERROR) return broken(h);
        if (token == JSON_T_NULL) continue; // as good as absent
        if (!member(h, into, name, token)) return false;
    }
}

static bool read_array(har *h, json_token token, const char *where, read_element *element, void *into) {
    if (token != JSON_T_ARRAY) return wrong(h, where, "must be an array");
    for (;;) {
        token = json_next(&h->r);
        if (token == JSON_T_ARRAY_END) return true;
        if (token == JSON_T_ERROR) return broken(h);
        if (!element(h, into, token)) return false;
    }
}

static bool read_text(har *h, json_token token, const char *where, cassette_quoted *out) {
    if (token != JSON_T_STRING) return wrong(h, where, "must be a string");
    out->raw = h->r.text;
    out->escaped = h->r.escaped;
    return true;
}

// --- strings -----------------------------------------------------------------------------------------------

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// In place. False if it is no base64 (RFC 4648, section 4; the padding may be missing).
static bool base64_decode(char *s, size_t *n) {
    size_t length = *n, used = 0;
    uint32_t bits = 0;
    for (int pad = 0; pad < 2 && *n % 4 == 0 && length > 0 && s[length - 1] == '='; pad++) length--;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(s[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 > 0) s[used++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    *n = used;
    return length % 4 != 1;
}

// False if it is not what it says it is.
static bool work_out(cassette_quoted *q) {
    if (q->text || !(q->escaped || q->base64)) return true;
    q->text = base_copy(q->raw.s, q->raw.n);
    q->length = q->escaped ? json_unescape(q->raw, q->text) : q->raw.n;
    return !q->base64 || base64_decode(q->text, &q->length);
}

slice cassette_text(cassette_quoted *q) {
    work_out(q);
    return q->text ? (slice){q->text, q->length} : q->raw;
}

static void *keep(cassette_file *file, void *block) {
    size_t n = file->kept_count++;
    if ((n & (n - 1)) == 0) file->kept = base_grow(file->kept, (n ? n * 2 : 1) * sizeof *file->kept);
    return file->kept[n] = block;
}

// A string that is always needed.
static slice kept_text(cassette_file *file, cassette_quoted *q) {
    slice text = cassette_text(q);
    if (q->text) keep(file, q->text);
    return text;
}

// --- addresses ---------------------------------------------------------------------------------------------

static size_t length_to(slice s, const char *stops) {
    size_t n = 0, count = strlen(stops);
    while (n < s.n && !memchr(stops, s.s[n], count)) n++;
    return n;
}

static slice cut(slice *s, size_t n) {
    slice piece = {s->s, n};
    s->s += n;
    s->n -= n;
    return piece;
}

// Decodes into *to and moves it on. A percent sign without two digits stands for itself.
static slice form_decode(slice s, char **to) {
    slice out = {*to, 0};
    for (size_t i = 0; i < s.n; i++) {
        int escaped = percent_escape((slice){s.s + i, s.n - i});
        *(*to)++ = escaped >= 0 ? (char)escaped : s.s[i] == '+' ? ' ' : s.s[i];
        if (escaped >= 0) i += 2;
        out.n++;
    }
    return out;
}

static void read_query(cassette_file *file, slice text, cassette_query *query) {
    size_t most = 1, count = 0;
    for (size_t i = 0; i < text.n; i++) most += text.s[i] == '&';
    cassette_pair *pairs = keep(file, base_alloc(most * sizeof *pairs + text.n));
    char *to = (char *)(pairs + most);
    while (text.n) {
        slice piece = cut(&text, length_to(text, "&"));
        cut(&text, text.n > 0);
        if (!piece.n) continue;
        slice name = cut(&piece, length_to(piece, "="));
        cut(&piece, piece.n > 0);
        pairs[count].name = form_decode(name, &to);
        pairs[count++].value = form_decode(piece, &to);
    }
    cassette_query_sort(query, pairs, count);
}

// Splits the address of a recording. False if it is none.
static bool read_url(cassette_file *file, recording *rec) {
    slice rest = rec->url;
    rest.n = length_to(rest, "#");
    size_t scheme = slice_starts(rest, "http://") ? 7 : slice_starts(rest, "https://") ? 8 : 0;
    if (!scheme) return false;
    cut(&rest, scheme);
    size_t host = cut(&rest, length_to(rest, "/?")).n;
    if (!host) return false;
    rec->origin = (slice){rec->url.s, scheme + host};
    rec->path = cut(&rest, length_to(rest, "?"));
    if (!rec->path.n) rec->path = SLICE("/");
    cut(&rest, rest.n > 0);
    read_query(file, rest, &rec->query);
    return true;
}

// --- members -----------------------------------------------------------------------------------------------

static bool header_member(har *h, void *into, slice name, json_token token) {
    header *it = into;
    if (slice_is(name, "name")) return read_text(h, token, "headers[].name", &it->name);
    if (slice_is(name, "value")) return read_text(h, token, "headers[].value", &it->value);
    return skip(h, token);
}

static bool is_header(const header *it, const char *name) {
    return it->name.raw.n == strlen(name) && strncasecmp(it->name.raw.s, name, it->name.raw.n) == 0;
}

// X-Shop-Key, X-Api-Token, X-Hub-Signature-256, …: a key that the request carries beside the token of the
// tenant.
static bool is_credential(const header *it) {
    static const char *const words[] = {"-key", "-token", "-secret", "-signature"};
    slice name = it->name.raw;
    if (name.n < 2 || strncasecmp(name.s, "x-", 2) != 0) return false;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        size_t n = strlen(words[w]);
        for (size_t i = 0; i + n <= name.n; i++)
            if (strncasecmp(name.s + i, words[w], n) == 0) return true;
    }
    return false;
}

static bool request_header(har *h, void *into, json_token token) {
    header it = {0};
    if (!read_object(h, token, "request.headers[]", header_member, &it)) return false;
    if (is_credential(&it)) ((draft *)into)->rec.credential = true;
    return true;
}

static bool response_header(har *h, void *into, json_token token) {
    draft *d = into;
    header it = {0};
    if (!read_object(h, token, "response.headers[]", header_member, &it)) return false;
    if (is_header(&it, "content-type")) d->rec.content_type = it.value;
    if (is_header(&it, "retry-after")) d->rec.retry_after = it.value;
    return true;
}

static bool response_trailer(har *h, void *into, json_token token) {
    draft *d = into;
    header it = {0};
    if (!read_object(h, token, "response._trailers[]", header_member, &it)) return false;
    if (is_header(&it, "grpc-status")) d->rec.grpc_status = it.value;
    if (is_header(&it, "grpc-message")) d->rec.grpc_message = it.value;
    return true;
}

static bool read_encoding(har *h, json_token token, const char *where, cassette_quoted *out) {
    cassette_quoted name = {0};
    if (!read_text(h, token, where, &name)) return false;
    out->base64 = slice_is(name.raw, "base64");
    return out->base64 || name.raw.n == 0 || wrong(h, where, "must be base64 or absent");
}

static bool post_member(har *h, void *into, slice name, json_token token) {
    draft *d = into;
    if (slice_is(name, "mimeType")) return read_text(h, token, "request.postData.mimeType", &d->post_type);
    if (slice_is(name, "text")) return read_text(h, token, "request.postData.text", &d->rec.body);
    if (slice_is(name, "_encoding") || slice_is(name, "encoding"))
        return read_encoding(h, token, "request.postData._encoding", &d->rec.body);
    return skip(h, token);
}

static bool request_member(har *h, void *into, slice name, json_token token) {
    draft *d = into;
    if (slice_is(name, "method")) return read_text(h, token, "request.method", &d->method);
    if (slice_is(name, "url")) return read_text(h, token, "request.url", &d->url);
    if (slice_is(name, "headers")) return read_array(h, token, "request.headers", request_header, d);
    if (slice_is(name, "postData")) return read_object(h, token, "request.postData", post_member, d);
    return skip(h, token);
}

static bool content_member(har *h, void *into, slice name, json_token token) {
    draft *d = into;
    if (slice_is(name, "text")) return read_text(h, token, "response.content.text", &d->rec.content);
    if (slice_is(name, "encoding"))
        return read_encoding(h, token, "response.content.encoding", &d->rec.content);
    return skip(h, token);
}

static bool response_member(har *h, void *into, slice name, json_token token) {
    draft *d = into;
    if (slice_is(name, "status")) {
        if (token != JSON_T_INT || h->r.integer < 100 || h->r.integer > 599)
            return wrong(h, "response.status", "must be an HTTP status (100 to 599)");
        d->rec.status = (int)h->r.integer;
        return true;
    }
    if (slice_is(name, "headers")) return read_array(h, token, "response.headers", response_header, d);
    if (slice_is(name, "_trailers"))
        return read_array(h, token, "response._trailers", response_trailer, d);
    if (slice_is(name, "content")) return read_object(h, token, "response.content", content_member, d);
    return skip(h, token);
}

static bool entry_member(har *h, void *into, slice name, json_token token) {
    draft *d = into;
    if (slice_is(name, "startedDateTime")) return read_text(h, token, "startedDateTime", &d->began);
    if (slice_is(name, "request")) {
        d->has_request = true;
        return read_object(h, token, "request", request_member, d);
    }
    if (slice_is(name, "response")) {
        d->has_response = true;
        return read_object(h, token, "response", response_member, d);
    }
    return skip(h, token);
}

// --- entries -----------------------------------------------------------------------------------------------

static bool check_draft(har *h, draft *d) {
    if (!d->has_request) return wrong(h, "request", "is missing");
    if (!d->method.raw.n) return wrong(h, "request.method", "is missing");
    if (!d->url.raw.n) return wrong(h, "request.url", "is missing");
    if (!d->has_response) return wrong(h, "response", "is missing");
    if (!d->rec.status) return wrong(h, "response.status", "is missing");
    if (!when_parse_iso(d->began.raw, &d->rec.began))
        return wrong(h, "startedDateTime", "must be a time like 2026-11-21T06:29:04.291Z");
    if (d->rec.body.base64 && !work_out(&d->rec.body))
        return wrong(h, "request.postData.text", "is not base64");
    if (d->rec.content.base64 && !work_out(&d->rec.content))
        return wrong(h, "response.content.text", "is not base64");
    return true;
}

static void add(cassette_file *file, const recording *rec) {
    if (file->count == file->room) {
        file->room = file->room ? file->room * 2 : 64;
        file->all = base_grow(file->all, file->room * sizeof *file->all);
    }
    file->all[file->count++] = *rec;
}

static bool read_entry(har *h, void *into, json_token token) {
    draft d = {.rec.rows = ROWS_UNKNOWN};
    (void)into;
    h->in_entry = true;
    bool good = read_object(h, token, "", entry_member, &d) && check_draft(h, &d);
    if (good) {
        d.rec.method = kept_text(h->file, &d.method);
        d.rec.url = kept_text(h->file, &d.url);
        d.rec.binary = slice_starts(kept_text(h->file, &d.post_type), "application/grpc");
        good = read_url(h->file, &d.rec) || wrong(h, "request.url", "must be a whole http or https address");
    }
    if (!good) {
        free(d.rec.body.text);
        free(d.rec.content.text);
        return false;
    }
    add(h->file, &d.rec);
    h->in_entry = false;
    return true;
}

static bool log_member(har *h, void *into, slice name, json_token token) {
    if (slice_is(name, "version")) {
        if (token == JSON_T_STRING && slice_starts(h->r.text, "1.")) return true;
        return wrong(h, "log.version", "must be \"1.2\"; other formats are not read");
    }
    if (slice_is(name, "_tenant")) return read_text(h, token, "log._tenant", &h->file->tenant);
    if (!slice_is(name, "entries")) return skip(h, token);
    if (h->has_entries) return wrong(h, "log.entries", "is there twice");
    h->has_entries = true;
    return read_array(h, token, "log.entries", read_entry, into);
}

static bool top_member(har *h, void *into, slice name, json_token token) {
    return slice_is(name, "log") ? read_object(h, token, "log", log_member, into) : skip(h, token);
}

static bool read_har(har *h) {
    if (!read_object(h, json_next(&h->r), "", top_member, NULL)) return h->r.error ? broken(h) : false;
    if (json_next(&h->r) != JSON_T_END) return broken(h);
    if (!h->has_entries) return wrong(h, "log.entries", "is missing");
    return h->file->count > 0 || wrong(h, "log.entries", "is empty: nothing was recorded");
}

// --- the whole file ----------------------------------------------------------------------------------------

bool cassette_is_get(slice method) { return slice_is(method, "GET"); }

uint32_t *cassette_bucket(const cassette_file *file, slice method, slice path) {
    const uint64_t prime = UINT64_C(1099511628211);
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (size_t i = 0; i < method.n; i++) hash = (hash ^ (unsigned char)method.s[i]) * prime;
    for (size_t i = 0; i < path.n; i++) hash = (hash ^ (unsigned char)path.s[i]) * prime;
    return &file->buckets[(hash ^ hash >> 32) & (file->bucket_count - 1)];
}

static void build_index(cassette_file *file) {
    for (file->bucket_count = 16; file->bucket_count < file->count;) file->bucket_count *= 2;
    file->buckets = base_alloc(file->bucket_count * sizeof *file->buckets);
    for (uint32_t i = 0; i < file->bucket_count; i++) file->buckets[i] = NO_RECORDING;
    for (uint32_t i = file->count; i-- > 0;) { // backwards, so that the chains run forwards
        uint32_t *head = cassette_bucket(file, file->all[i].method, file->all[i].path);
        file->all[i].next = *head;
        *head = i;
    }
}

static bool took_effect(const recording *rec) {
    slice check = SLICE("/cel/debug"), path = rec->path;
    bool is_check = path.n >= check.n && memcmp(path.s + path.n - check.n, check.s, check.n) == 0;
    return !cassette_is_get(rec->method) && rec->status / 100 == 2 && !is_check;
}

static void mark_stretches(cassette_file *file) {
    uint32_t stretch = 0;
    for (uint32_t i = 0; i < file->count; i++) {
        file->all[i].stretch = stretch;
        stretch += !cassette_is_get(file->all[i].method);
        if (took_effect(&file->all[i])) file->changing = true;
    }
}

static void put_error(const har *h, buf *error) {
    buf_printf(error, "%s is not a recording that can be played: ", h->file->name);
    if (!h->where) {
        size_t line = 1;
        for (const char *s = h->r.start; s < h->r.at; s++) line += *s == '\n';
        buf_printf(error, "%s, in line %zu at byte %zu", h->what, line, json_offset(&h->r));
    } else if (h->in_entry) {
        buf_printf(error, "log.entries[%u]%s%s %s", h->file->count, *h->where ? "." : "", h->where, h->what);
    } else {
        buf_printf(error, "%s %s", *h->where ? h->where : "it", h->what);
    }
    buf_text(error, ". Record it again, or name another file (HAR 1.2).");
}

bool cassette_read(cassette_file *file, buf *error) {
    har h = {.file = file};
    slice text = file->text.n ? buf_view(&file->text) : SLICE("");
    if (slice_starts(text, "\xEF\xBB\xBF")) cut(&text, 3); // HAR allows a byte order mark
    json_start(&h.r, text);
    if (!read_har(&h)) {
        put_error(&h, error);
        return false;
    }
    build_index(file);
    mark_stretches(file);
    return true;
}
