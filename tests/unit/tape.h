// Small recordings for the tests of upstream/cassette, written one exchange a line:
//
//     METHOD address [body] -> status [answer]
//
// A single quote stands for a double one. The first exchange begins at 06:00:01 on 2026-11-21, each further
// one a second later, so the clock of playback stands at as many seconds as there are lines.
//
//     tape_load("GET /runs?limit=10 -> 200 {'rows':[]}\n");
//     tape_answers("GET /runs?limit=50", "{'rows':[]}");
//     tape_lacks("GET /runs");
//
// An address that begins with /hooks/ is recorded with a credential of its own.
#ifndef HATCHWAY_TESTS_TAPE_H
#define HATCHWAY_TESTS_TAPE_H

#include <unistd.h>

#include "unit.h"

#include "base/json.h"
#include "upstream/cassette.h"

#define TAPE_TENANT "55555555-2222-4333-8444-555555555555"
#define TAPE_MAX ((size_t)1 << 20)

static cassette *tape;
static bool tape_has_credential; // of the requests that follow
static int64_t tape_slept;       // microseconds that passed in playback

// Cuts the text up to the mark off *rest; all of it if there is no mark.
static inline slice tape_cut(slice *rest, const char *mark) {
    size_t n = strlen(mark);
    for (size_t i = 0; i + n <= rest->n; i++) {
        if (memcmp(rest->s + i, mark, n) != 0) continue;
        slice head = {rest->s, i};
        *rest = (slice){rest->s + i + n, rest->n - i - n};
        return head;
    }
    slice all = *rest;
    *rest = (slice){all.s + all.n, 0};
    return all;
}

// A copy with the quotes put right, to be freed.
static inline char *tape_quotes(slice text) {
    char *copy = base_copy(text.s, text.n);
    for (char *s = copy; *s; s++)
        if (*s == '\'') *s = '"';
    return copy;
}

static inline void tape_put_text(buf *har, const char *key, slice text) {
    char *copy = tape_quotes(text);
    json_put_key(har, key);
    json_put_text(har, copy);
    free(copy);
}

static inline void tape_put_header(buf *har, const char *name, const char *value) {
    json_open(har, '{');
    tape_put_text(har, "name", slice_of(name));
    tape_put_text(har, "value", slice_of(value));
    json_close(har, '}');
}

static inline void tape_put_exchange(buf *har, slice line, int second) {
    slice request = tape_cut(&line, " -> "), method = tape_cut(&request, " "),
          address = tape_cut(&request, " ");
    slice status = tape_cut(&line, " ");
    char url[512], began[32];
    snprintf(url, sizeof url, "http://engine.test:8080%.*s", (int)address.n, address.s);
    snprintf(began, sizeof began, "2026-11-21T06:%02d:%02dZ", second / 60, second % 60);
    json_open(har, '{');
    tape_put_text(har, "startedDateTime", slice_of(began));
    json_put_key(har, "request");
    json_open(har, '{');
    tape_put_text(har, "method", method);
    tape_put_text(har, "url", slice_of(url));
    json_put_key(har, "headers");
    json_open(har, '[');
    tape_put_header(har, "Authorization", "Bearer TOKEN");
    if (slice_starts(address, "/hooks/")) tape_put_header(har, "X-Shop-Key", "WEBHOOK_KEY");
    json_close(har, ']');
    if (request.n) {
        json_put_key(har, "postData");
        json_open(har, '{');
        tape_put_text(har, "mimeType", SLICE("application/json"));
        tape_put_text(har, "text", request);
        json_close(har, '}');
    }
    json_close(har, '}');
    json_put_key(har, "response");
    json_open(har, '{');
    json_put_key(har, "status");
    json_put_raw(har, status);
    json_put_key(har, "content");
    json_open(har, '{');
    tape_put_text(har, "text", line);
    json_close(har, '}');
    json_close(har, '}');
    json_close(har, '}');
}

// Writes bytes to a file of their own and adds it to the tape. The file is gone afterwards.
static inline bool tape_add_bytes(slice bytes, buf *error) {
    char name[] = "/tmp/hatchway-tape-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.s, bytes.n), (ssize_t)bytes.n);
    close(fd);
    if (!tape) tape = cassette_new();
    bool good = cassette_add(tape, name, error);
    unlink(name);
    return good;
}

// Adds a file of these exchanges.
static inline void tape_add(const char *lines) {
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    slice rest = slice_of(lines);
    int second = 0;
    buf_text(&har, "{\"log\":{\"version\":\"1.2\",\"entries\":[");
    while (rest.n) tape_put_exchange(&har, tape_cut(&rest, "\n"), ++second);
    buf_text(&har, "]}}");
    bool good = tape_add_bytes(buf_view(&har), &error);
    assert_string_equal(buf_string(&error), "");
    assert_true(good);
    buf_free(&har);
    buf_free(&error);
}

static inline int tape_teardown(void **state) {
    (void)state;
    cassette_free(tape);
    tape = NULL;
    tape_has_credential = false;
    tape_slept = 0;
    return 0;
}

// Puts the tape of before away and takes this one.
static inline void tape_load(const char *lines) {
    tape_teardown(NULL);
    tape_add(lines);
}

// Decodes "+" and "%20" in place.
static inline slice tape_decode(slice text) {
    char *s = (char *)text.s, *to = s, *end = s + text.n;
    unsigned code;
    for (; s < end; s++) {
        if (*s == '%' && end - s > 2 && sscanf(s + 1, "%2x", &code) == 1) {
            *to++ = (char)code;
            s += 2;
        } else {
            *to++ = *s == '+' ? ' ' : *s;
        }
    }
    return (slice){text.s, (size_t)(to - text.s)};
}

// Plays "METHOD address [body]".
static inline bool tape_play(const char *text, cassette_answer *answer, buf *why) {
    char *copy = tape_quotes(slice_of(text));
    slice rest = slice_of(copy), method = tape_cut(&rest, " "), query = tape_cut(&rest, " ");
    cassette_pair pairs[64];
    cassette_request request = {
        .method = method, .query = pairs, .body = rest, .has_credential = tape_has_credential};
    request.path = tape_cut(&query, "?");
    while (query.n) {
        slice value = tape_cut(&query, "&"), name = tape_cut(&value, "=");
        pairs[request.query_count++] = (cassette_pair){tape_decode(name), tape_decode(value)};
    }
    bool found = cassette_play(tape, &request, cassette_clock(tape) + tape_slept, answer, why);
    free(copy);
    return found;
}

#define tape_answers(request, body) tape_answers_(request, body, __FILE__, __LINE__)
#define tape_lacks(request) tape_lacks_(request, __FILE__, __LINE__)

static inline void tape_answers_(const char *request, const char *body, const char *file, int line) {
    cassette_answer answer = {0};
    buf why = BUF(TAPE_MAX);
    char *wanted = tape_quotes(slice_of(body));
    if (!tape_play(request, &answer, &why)) {
        print_error("%s\n", buf_string(&why));
        _fail(file, line);
    }
    char *got = base_copy(answer.body.s, answer.body.n);
    _assert_string_equal(got, wanted, file, line);
    free(got);
    free(wanted);
    buf_free(&why);
}

static inline void tape_lacks_(const char *request, const char *file, int line) {
    cassette_answer answer = {0};
    buf why = BUF(TAPE_MAX);
    if (tape_play(request, &answer, &why)) {
        print_error("%s is answered by %.*s\n", request, (int)answer.body.n, answer.body.s);
        _fail(file, line);
    }
    if (why.n == 0) _fail(file, line);
    buf_free(&why);
}

#endif
