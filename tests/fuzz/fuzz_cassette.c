// Any file: it is refused with a sentence, or each of its recordings answers the request that it was made of,
// and a request that was not recorded is told with the nearest.
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/when.h"
#include "upstream/cassette_parts.h"

#define PLAYED 40 // recordings of a file that are played

static bool load(cassette *tape, const uint8_t *data, size_t size, buf *error) {
    char path[64];
    int fd = memfd_create("tape", 0);
    HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bool good = cassette_add(tape, path, error);
    close(fd);
    return good;
}

// The request that a recording was made of, with its times written anew.
static void play_own(cassette *tape, recording *r) {
    char start[WHEN_TEXT], end[WHEN_TEXT];
    cassette_pair *pairs = base_alloc((r->query.count + 3) * sizeof *pairs);
    cassette_request request = {
        .method = r->method,
        .path = r->path,
        .query = pairs,
        .body = cassette_text(&r->body),
        .has_credential = true,
    };
    if (r->query.limit.s) pairs[request.query_count++] = (cassette_pair){SLICE("limit"), r->query.limit};
    if (r->query.start_name.n)
        pairs[request.query_count++] =
            (cassette_pair){r->query.start_name, slice_of(when_format(r->query.start, start))};
    if (r->query.has_end)
        pairs[request.query_count++] =
            (cassette_pair){SLICE("until"), slice_of(when_format(r->query.end, end))};
    for (size_t i = 0; i < r->query.count; i++) pairs[request.query_count++] = r->query.pairs[i];
    cassette_answer answer;
    buf why = BUF(FUZZ_MAX);
    HOLDS(cassette_play(tape, &request, cassette_clock(tape), &answer, &why));
    HOLDS(answer.status >= 100 && answer.status <= 599 && why.n == 0);
    request.path = SLICE("/not/recorded\n");
    HOLDS(!cassette_play(tape, &request, cassette_clock(tape), &answer, &why) && (why.n > 0 || why.full));
    buf_free(&why);
    free(pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    cassette *tape = cassette_new();
    buf error = BUF(FUZZ_MAX);
    bool good = load(tape, data, size, &error);
    HOLDS(good == (error.n == 0));
    if (good) {
        HOLDS(cassette_ready(tape, "55555555-2222-4333-8444-555555555555", &error));
        cassette_file *file = &tape->files[0];
        for (uint32_t i = 0; i < file->count && i < PLAYED; i++) play_own(tape, &file->all[i]);
    }
    cassette_free(tape);
    buf_free(&error);
    return 0;
}
