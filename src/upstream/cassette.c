// The set of files, and which of the recordings that match a request answers it. The rules stand in
// cassette.h.
#include "upstream/cassette_parts.h"
#include "base/when.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

cassette *cassette_new(void) { return base_alloc(sizeof(cassette)); }

static void free_file(cassette_file *file) {
    for (uint32_t i = 0; i < file->count; i++) {
        recording *r = &file->all[i];
        free(r->body.text);
        free(r->content.text);
        free(r->content_type.text);
        free(r->retry_after.text);
        free(r->grpc_status.text);
        free(r->grpc_message.text);
    }
    for (size_t i = 0; i < file->kept_count; i++) free(file->kept[i]);
    free(file->kept);
    free(file->tenant.text);
    free(file->all);
    free(file->buckets);
    free(file->name);
    buf_free(&file->text);
}

void cassette_free(cassette *c) {
    if (!c) return;
    for (size_t i = 0; i < c->count; i++) free_file(&c->files[i]);
    free(c->files);
    free(c->tenant);
    free(c->origin);
    free(c);
}

// --- adding files ------------------------------------------------------------------------------------------

// The whole file; read, not mapped, so that nobody can change it while it is played. False: errno, or
// text->full.
static bool read_all(int fd, buf *text) {
    struct stat about;
    if (fstat(fd, &about) != 0) return false;
    text->full = about.st_size > (off_t)CASSETTE_FILE_MAX;
    if (!text->full && about.st_size > 0) buf_room(text, (size_t)about.st_size);
    while (!text->full) {
        char *room = buf_room(text, BUF_SMALL);
        ssize_t n = room ? read(fd, room, BUF_SMALL) : 0;
        if (n < 0) return false;
        if (n == 0) break;
        text->n += (size_t)n;
        text->full = text->n > CASSETTE_FILE_MAX;
    }
    return !text->full;
}

static bool read_file(cassette_file *file, buf *error) {
    file->text = BUF(CASSETTE_FILE_MAX + BUF_SMALL);
    errno = 0;
    int fd = open(file->name, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read_all(fd, &file->text);
    if (!good && file->text.full)
        buf_printf(error, "%s is larger than %zu MB, the most that is played back. Split the recording.",
                   file->name, CASSETTE_FILE_MAX >> 20);
    else if (!good)
        buf_printf(error, "cannot read the recording %s: %s. Check the path and its permissions.",
                   file->name, strerror(errno));
    if (fd >= 0) close(fd);
    return good;
}

bool cassette_add(cassette *c, const char *file, buf *error) {
    cassette_file it = {.name = base_string(file)};
    if (!read_file(&it, error) || !cassette_read(&it, error)) {
        free_file(&it);
        return false;
    }
    c->files = base_grow(c->files, (c->count + 1) * sizeof *c->files);
    c->files[c->count++] = it;
    for (uint32_t i = 0; i < it.count; i++)
        if (it.all[i].began > c->clock || (c->count == 1 && i == 0)) c->clock = it.all[i].began;
    return true;
}

// The tenant that a path names (…/tenants/{id}…); empty if it names none.
static slice tenant_in(slice path) {
    static const char mark[] = "/tenants/";
    const size_t before = sizeof mark - 1, length = 36;
    for (size_t i = 0; i + before + length <= path.n; i++) {
        if (memcmp(path.s + i, mark, before) != 0) continue;
        slice id = {path.s + i + before, length};
        bool ends = i + before + length == path.n || id.s[length] == '/';
        if (ends && !memchr(id.s, '/', length)) return id;
    }
    return (slice){0};
}

bool cassette_ready(cassette *c, const char *tenant, buf *error) {
    if (!c->count) {
        buf_text(error, "no recording is named. Name at least one HAR file.");
        return false;
    }
    cassette_file *last = &c->files[c->count - 1];
    slice found = slice_of(tenant), origin = {0};
    if (!found.n) found = cassette_text(&last->tenant);
    for (uint32_t i = 0; i < last->count; i++) {
        const recording *r = &last->all[i];
        if (!found.n) found = tenant_in(r->path);
        if (!origin.n && !r->binary) origin = r->origin;
    }
    if (!found.n) {
        buf_printf(error,
                   "%s names no tenant. Set HATCHET_CLIENT_TENANT_ID, or name last a recording with one.",
                   last->name);
        return false;
    }
    c->tenant = base_copy(found.s, found.n);
    c->origin = base_copy(origin.s, origin.n);
    return true;
}

const char *cassette_tenant(const cassette *c) { return c->tenant; }
const char *cassette_origin(const cassette *c) { return c->origin; }
int64_t cassette_clock(const cassette *c) { return c->clock; }

// --- playing -----------------------------------------------------------------------------------------------

// The recordings of one file that match a request, in the order of the recording.
typedef struct hits {
    recording **of;
    size_t count;
} hits;

static void collect(cassette_file *file, const cassette_asked *asked, hits *h) {
    slice method = asked->request->method, path = asked->request->path;
    size_t room = 0;
    for (uint32_t i = *cassette_bucket(file, method, path); i != NO_RECORDING; i = file->all[i].next) {
        recording *r = &file->all[i];
        if (!slice_equal(r->path, path) || !slice_equal(r->method, method)) continue;
        if (!cassette_matches(r, asked)) continue;
        if (h->count == room) h->of = base_grow(h->of, (room = room ? room * 2 : 8) * sizeof *h->of);
        h->of[h->count++] = r;
    }
}

static uint64_t apart(int64_t a, int64_t b) {
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

// How far the window of a recording is from that of the request. A missing end is the clock of playback.
static uint64_t distance(const recording *r, const cassette_query *asked, int64_t now) {
    uint64_t start = asked->start_name.n ? apart(r->query.start, asked->start) : 0;
    return start + apart(r->query.has_end ? r->query.end : now, asked->has_end ? asked->end : now);
}

static void keep_nearest_window(hits *h, const cassette_query *asked, int64_t now) {
    uint64_t nearest = UINT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        uint64_t far = distance(h->of[i], asked, now);
        if (far < nearest) nearest = far;
    }
    for (size_t i = 0; i < h->count; i++)
        if (distance(h->of[i], asked, now) - nearest <= (uint64_t)WHEN_SECOND) h->of[kept++] = h->of[i];
    h->count = kept;
}

// The stretch where playback stands if it is among the hits, else the latest one before it, else the first
// one after it.
static uint32_t keep_stretch(hits *h, uint32_t stretch) {
    uint32_t chosen = h->of[0]->stretch;
    size_t kept = 0;
    for (size_t i = 0; i < h->count && h->of[i]->stretch <= stretch; i++) chosen = h->of[i]->stretch;
    for (size_t i = 0; i < h->count; i++)
        if (h->of[i]->stretch == chosen) h->of[kept++] = h->of[i];
    h->count = kept;
    return chosen;
}

static void keep_limit(hits *h, const cassette_query *asked) {
    size_t kept = 0;
    bool exact = false;
    for (size_t i = 0; i < h->count; i++) exact |= cassette_limit_equal(&h->of[i]->query, asked);
    for (size_t i = 0; i < h->count; i++) {
        recording *r = h->of[i];
        if (exact ? cassette_limit_equal(&r->query, asked) : cassette_is_whole(r, asked)) h->of[kept++] = r;
    }
    h->count = kept;
}

// Drops what the limit rules out, looking at each stretch by itself.
static void keep_limit_by_stretch(hits *h, const cassette_query *asked) {
    size_t kept = 0;
    for (size_t i = 0, end; i < h->count; i = end) {
        for (end = i; end < h->count && h->of[end]->stretch == h->of[i]->stretch;) end++;
        hits part = {h->of + i, end - i};
        keep_limit(&part, asked);
        memmove(h->of + kept, part.of, part.count * sizeof *h->of);
        kept += part.count;
    }
    h->count = kept;
}

// In the stretch where playback stands the first one answers, then the next at each repetition, the last one
// for good. Repetitions are counted at the first one: requests that differ in times, or in the limit of a
// whole list, are the same request here.
static recording *pick_read(cassette_file *file, hits *h) {
    uint32_t chosen = keep_stretch(h, file->stretch);
    if (chosen < file->stretch) return h->of[h->count - 1];
    recording *first = h->of[0];
    if (chosen > file->stretch) return first;
    if (first->served_since != file->moves) first->served = 0;
    first->served_since = file->moves;
    recording *r = h->of[first->served];
    if (first->served + 1 < h->count) first->served++;
    return r;
}

// The first one after the place where playback stands, else the last one before it; playback then stands
// behind it.
static recording *pick_write(cassette_file *file, hits *h) {
    recording *r = h->of[h->count - 1];
    for (size_t i = h->count; i-- > 0 && h->of[i] >= file->all + file->place;) r = h->of[i];
    file->place = (uint32_t)(r - file->all) + 1;
    file->stretch = r->stretch + 1;
    file->moves++;
    return r;
}

static recording *play_file(cassette_file *file, const cassette_asked *asked, int64_t now) {
    hits h = {0};
    recording *answer = NULL;
    collect(file, asked, &h);
    if (!file->changing) {
        keep_nearest_window(&h, &asked->query, now);
        keep_limit(&h, &asked->query);
        if (h.count) answer = h.of[0];
    } else {
        keep_limit_by_stretch(&h, &asked->query);
        bool read = cassette_is_get(asked->request->method);
        if (h.count) answer = read ? pick_read(file, &h) : pick_write(file, &h);
    }
    free(h.of);
    return answer;
}

bool cassette_play(cassette *c, const cassette_request *request, int64_t now, cassette_answer *out,
                   buf *why) {
    cassette_asked asked;
    recording *answer = NULL;
    cassette_ask(&asked, request);
    for (size_t i = c->count; i-- > 0 && !answer;) answer = play_file(&c->files[i], &asked, now);
    if (answer) {
        out->status = answer->status;
        out->body = cassette_text(&answer->content);
        out->content_type = cassette_text(&answer->content_type);
        out->retry_after = cassette_text(&answer->retry_after);
        out->grpc.code = grpc_code(cassette_text(&answer->grpc_status));
        out->grpc.message = cassette_text(&answer->grpc_message);
    } else {
        cassette_explain(c, &asked, why);
    }
    cassette_ask_free(&asked);
    return answer != NULL;
}
