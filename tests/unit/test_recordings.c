// The real recordings in tests/cassettes: each plays itself.
#include "oracle.h"
#include "tape.h"

#include <dirent.h>

#include "upstream/cassette_parts.h"

// Every file in tests/cassettes.
static const struct {
    const char *name;
    bool changing;
    size_t exchanges;
} recordings[] = {
    {"overview", false, 161}, {"runs", false, 522},
    {"details", false, 1780}, {"large", false, 14},
    {"logs", false, 124},     {"events", false, 153},
    {"schedules", false, 78}, {"filters-webhooks", false, 87},
    {"empty", false, 46},     {"events-grpc", true, 38},
    {"trigger", true, 244},   {"control", true, 818},
    {"bulk", true, 134},      {"admin", true, 204},
    {"errors", true, 96},
};

#define RECORDINGS (sizeof recordings / sizeof *recordings)

static void path_of(const char *name, char *out, size_t room) {
    snprintf(out, room, SOURCE_DIR "/tests/cassettes/%s.har", name);
}

static void load_recording(const char *name) {
    char path[4096];
    buf error = BUF(TAPE_MAX);
    path_of(name, path, sizeof path);
    tape_teardown(NULL);
    tape = cassette_new();
    bool good = cassette_add(tape, path, &error);
    assert_string_equal(buf_string(&error), "");
    assert_true(good);
    buf_free(&error);
}

static void each_file_of_the_folder_is_tested_here(void **state) {
    (void)state;
    size_t files = 0;
    DIR *folder = opendir(SOURCE_DIR "/tests/cassettes");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const char *end = strstr(entry->d_name, ".har");
        if (!end) continue;
        bool known = false;
        slice name = {entry->d_name, (size_t)(end - entry->d_name)};
        for (size_t i = 0; i < RECORDINGS; i++) known |= slice_is(name, recordings[i].name);
        if (!known) fail_msg("add %s to the table above", entry->d_name);
        files++;
    }
    closedir(folder);
    assert_int_equal(files, RECORDINGS);
}

static void each_recording_is_still_or_changing_as_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < RECORDINGS; i++) {
        load_recording(recordings[i].name);
        if (tape->files[0].changing != recordings[i].changing) fail_msg("%s", recordings[i].name);
    }
}

static slice text_of(const json_t *object, const char *key) {
    const json_t *text = json_object_get(object, key);
    return text ? (slice){json_string_value(text), json_string_length(text)} : (slice){0};
}

// A text of the file, decoded if it is in base64.
static slice decoded(cassette_quoted *q, const json_t *object, const char *encoding) {
    *q = (cassette_quoted){.raw = text_of(object, "text"), .base64 = text_of(object, encoding).n > 0};
    return cassette_text(q);
}

static bool has_key(const json_t *request) {
    size_t i;
    const json_t *header;
    json_array_foreach(json_object_get(request, "headers"), i, header)
        if (slice_is(text_of(header, "name"), "X-Shop-Key")) return true;
    return false;
}

// Sends the request of an entry and expects the answer of that very entry.
static void play_entry(const char *name, size_t number, const json_t *entry) {
    const json_t *sent = json_object_get(entry, "request"), *got = json_object_get(entry, "response");
    const json_t *queries = json_object_get(sent, "queryString");
    cassette_quoted body, content;
    cassette_pair pairs[64];
    cassette_answer answer;
    buf why = BUF(TAPE_MAX);
    slice url = text_of(sent, "url");
    tape_cut(&url, "://");
    slice path = tape_cut(&url, "?"), host = tape_cut(&path, "/");
    cassette_request request = {
        .method = text_of(sent, "method"), .path = {host.s + host.n, path.n + 1}, .query = pairs,
        .query_count = json_array_size(queries), .has_credential = has_key(sent),
        .body = decoded(&body, json_object_get(sent, "postData"), "_encoding"),
    };
    for (size_t i = 0; i < request.query_count; i++)
        pairs[i] = (cassette_pair){text_of(json_array_get(queries, i), "name"),
                                   text_of(json_array_get(queries, i), "value")};
    if (!cassette_play(tape, &request, cassette_clock(tape), &answer, &why))
        fail_msg("%s[%zu]: %s", name, number, buf_string(&why));
    slice wanted = decoded(&content, json_object_get(got, "content"), "encoding");
    if (answer.status != json_integer_value(json_object_get(got, "status")) ||
        !slice_equal(answer.body, wanted))
        fail_msg("%s[%zu]: another recording answered", name, number);
    free(body.text);
    free(content.text);
    buf_free(&why);
}

// Whoever sends what was sent, in that order, gets what was answered: windows, limits, stretches and
// repetitions of thousands of requests, read by another JSON reader.
static void each_recording_plays_itself(void **state) {
    (void)state;
    for (size_t i = 0; i < RECORDINGS; i++) {
        char path[4096];
        json_error_t error;
        load_recording(recordings[i].name);
        path_of(recordings[i].name, path, sizeof path);
        json_t *har = json_load_file(path, 0, &error);
        assert_non_null(har);
        size_t number;
        const json_t *entry, *entries = json_object_get(json_object_get(har, "log"), "entries");
        json_array_foreach(entries, number, entry) play_entry(recordings[i].name, number, entry);
        assert_int_equal(number, recordings[i].exchanges);
        json_decref(har);
    }
}

// How often the answer to a request says this.
static size_t count_in_answer(const char *request, const char *needle) {
    cassette_answer answer;
    buf why = BUF(TAPE_MAX);
    if (!tape_play(request, &answer, &why)) fail_msg("%s", buf_string(&why));
    size_t count = 0;
    slice rest = answer.body;
    while (rest.n) {
        tape_cut(&rest, needle);
        count += rest.n > 0;
    }
    buf_free(&why);
    return count;
}

#define T "/api/v1/stable/tenants/" TAPE_TENANT

static void a_day_and_two_minutes_before_the_clock_are_different_windows(void **state) {
    (void)state;
    load_recording("runs");
    const char *row = "\"workflowVersionId\"";
    size_t day =
        count_in_answer("GET " T "/workflow-runs?since=2026-11-20T06:29:10.722Z&only_tasks=false&limit=500&"
                        "statuses=FAILED",
                        row);
    size_t minutes =
        count_in_answer("GET " T "/workflow-runs?since=2026-11-21T06:27:10.722Z&only_tasks=false&limit=500&"
                        "statuses=FAILED",
                        row);
    assert_int_equal(day, 48);
    assert_int_equal(minutes, 0);
}

static void a_run_that_is_triggered_appears_after_a_moment(void **state) {
    (void)state;
    load_recording("trigger");
    cassette_answer answer;
    buf why = BUF(TAPE_MAX), statuses = BUF(TAPE_MAX);
    static const char run[] = "GET /api/v1/stable/workflow-runs/065df414-e0ea-4af6-aca0-1801b6c9e190/status";
    assert_true(tape_play(
        "POST " T "/workflow-runs/trigger {'input':null,'return_only_id':true,'workflowName':'sync-crm'}",
        &answer, &why));
    slice rest = answer.body;
    tape_cut(&rest, "065df414-e0ea-4af6-aca0-1801b6c9e190");
    assert_true(rest.n > 0);
    for (int i = 0; i < 4; i++) {
        assert_true(tape_play(run, &answer, &why));
        buf_printf(&statuses, "%d ", answer.status);
    }
    assert_string_equal(buf_string(&statuses), "404 404 200 200 ");
    buf_free(&statuses);
    buf_free(&why);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_of_the_folder_is_tested_here),
        cmocka_unit_test_teardown(each_recording_is_still_or_changing_as_it_should, tape_teardown),
        cmocka_unit_test_teardown(each_recording_plays_itself, tape_teardown),
        cmocka_unit_test_teardown(a_day_and_two_minutes_before_the_clock_are_different_windows,
                                  tape_teardown),
        cmocka_unit_test_teardown(a_run_that_is_triggered_appears_after_a_moment, tape_teardown),
    };
    return cmocka_run_group_tests_name("the real recordings", tests, NULL, NULL);
}
