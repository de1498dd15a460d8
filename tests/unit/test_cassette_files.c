// Cassettes as files: several together, what is read of a HAR, what is wrong with one, what to say of a miss.
#include "tape.h"

#include "base/when.h"

static slice bytes_of(const char *text) { return slice_of(text); }

// Adds a file of these bytes; the exact complaint, with FILE in place of its name.
static void assert_refused(slice bytes, const char *complaint) {
    buf error = BUF(TAPE_MAX);
    assert_false(tape_add_bytes(bytes, &error));
    const char *text = buf_string(&error), *name = strstr(text, "/tmp/hatchway-tape-");
    assert_non_null(name);
    size_t length = strlen("/tmp/hatchway-tape-XXXXXX");
    buf plain = BUF(TAPE_MAX);
    buf_add(&plain, text, (size_t)(name - text));
    buf_text(&plain, "FILE");
    buf_text(&plain, name + length);
    assert_string_equal(buf_string(&plain), complaint);
    buf_free(&plain);
    buf_free(&error);
}

// A HAR file with this one entry.
static slice har_of(buf *har, const char *entry) {
    char *json = tape_quotes(slice_of(entry));
    buf_clear(har);
    buf_printf(har, "{\"log\":{\"entries\":[%s]}}", json);
    free(json);
    return buf_view(har);
}

static void assert_ready(const char *tenant) {
    buf error = BUF(TAPE_MAX);
    bool good = cassette_ready(tape, tenant, &error);
    assert_string_equal(buf_string(&error), "");
    assert_true(good);
    buf_free(&error);
}

// --- several files --------------------------------------------------------------------------------------

static void the_last_file_that_has_an_answer_gives_it(void **state) {
    (void)state;
    tape_load("GET /a -> 200 'a of one'\n"
              "GET /b?limit=10 -> 200 'b of one'\n");
    tape_add("GET /a -> 200 'a of two'\n"
             "GET /b?limit=50 -> 200 {'rows':[]}\n");
    tape_answers("GET /a", "'a of two'");
    tape_answers("GET /b?limit=10", "{'rows':[]}"); // a whole list is an answer
    tape_lacks("GET /c");
}

static void each_changing_file_has_a_state_of_its_own(void **state) {
    (void)state;
    tape_load("GET /a -> 200 'a before'\n"
              "POST /x -> 200 'x of one'\n"
              "GET /a -> 200 'a after'\n");
    tape_add("GET /b -> 200 'b before'\n"
             "POST /x -> 200 'x of two'\n"
             "GET /b -> 200 'b after'\n");
    tape_answers("POST /x", "'x of two'");
    tape_answers("GET /b", "'b after'");
    tape_answers("GET /a", "'a before'");
}

static void the_clock_stands_at_the_last_beginning_of_all_files(void **state) {
    (void)state;
    char text[WHEN_TEXT];
    tape_load("GET /a -> 200 1\nGET /a -> 200 1\nGET /a -> 200 1\n");
    tape_add("GET /b -> 200 1\n");
    assert_string_equal(when_format(cassette_clock(tape), text), "2026-11-21T06:00:03Z");
}

static void a_clock_before_1970_is_one_too(void **state) {
    (void)state;
    char text[WHEN_TEXT];
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    assert_true(tape_add_bytes(har_of(&har, "{'startedDateTime':'1960-01-02T03:04:05Z',"
                                            "'request':{'method':'GET','url':'http://e/a'},"
                                            "'response':{'status':200}}"), &error));
    assert_string_equal(when_format(cassette_clock(tape), text), "1960-01-02T03:04:05Z");
    buf_free(&har);
    buf_free(&error);
}

static void the_tenant_is_the_first_one_in_the_file_named_last(void **state) {
    (void)state;
    tape_load("GET /api/v1/tenants/11111111-2222-4333-8444-555555555555/workflows -> 200 1\n");
    tape_add("GET /api/v1/tenants/short -> 200 1\n"
             "GET /api/v1/tenants/22222222-2222-4333-8444-555555555555 -> 200 1\n"
             "GET /api/v1/tenants/33333333-2222-4333-8444-555555555555 -> 200 1\n");
    assert_ready(NULL);
    assert_string_equal(cassette_tenant(tape), "22222222-2222-4333-8444-555555555555");
}

static void a_configured_tenant_wins(void **state) {
    (void)state;
    tape_load("GET /api/v1/tenants/11111111-2222-4333-8444-555555555555/workflows -> 200 1\n");
    assert_ready(TAPE_TENANT);
    assert_string_equal(cassette_tenant(tape), TAPE_TENANT);
}

static void without_any_tenant_one_must_be_configured(void **state) {
    (void)state;
    buf error = BUF(TAPE_MAX);
    tape_load("GET /api/ready -> 200 \n");
    assert_false(cassette_ready(tape, NULL, &error));
    assert_non_null(strstr(buf_string(&error),
                           " names no tenant. Set HATCHET_CLIENT_TENANT_ID, or name last a "
                           "recording with one."));
    assert_ready(TAPE_TENANT);
    buf_free(&error);
}

static void without_any_file_there_is_nothing_to_play(void **state) {
    (void)state;
    buf error = BUF(TAPE_MAX);
    tape = cassette_new();
    assert_false(cassette_ready(tape, TAPE_TENANT, &error));
    assert_string_equal(buf_string(&error), "no recording is named. Name at least one HAR file.");
    buf_free(&error);
}

static void the_origin_is_that_of_the_file_named_last(void **state) {
    (void)state;
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    assert_true(tape_add_bytes(har_of(&har, "{'startedDateTime':'2026-11-21T06:00:00Z',"
                                            "'request':{'method':'GET','url':'https://hatchet.example?x=1'},"
                                            "'response':{'status':200}}"), &error));
    assert_ready(TAPE_TENANT);
    assert_string_equal(cassette_origin(tape), "https://hatchet.example");
    buf_free(&har);
    buf_free(&error);
}

// --- what is read ---------------------------------------------------------------------------------------

static void an_answer_has_status_type_retry_after_and_body(void **state) {
    (void)state;
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    cassette_answer answer;
    assert_true(tape_add_bytes(
        har_of(
            &har,
            "{'startedDateTime':'2026-11-21T06:00:00Z','cache':{},'time':1.5,"
            "'request':{'method':'GET','url':'http:\\/\\/e\\/a?x=\\u0031','headers':[],'postData':null},"
            "'response':{'status':429,'headers':[{'name':'RETRY-AFTER','value':'2'},"
            "{'name':'content-type','value':'text\\/plain'}],'content':{'size':9,'text':'slow\\n\\u00e4'}}}"),
        &error));
    assert_true(tape_play("GET /a?x=1", &answer, &error));
    assert_int_equal(answer.status, 429);
    assert_true(slice_is(answer.content_type, "text/plain"));
    assert_true(slice_is(answer.retry_after, "2"));
    assert_true(slice_is(answer.body, "slow\n\xC3\xA4"));
    buf_free(&har);
    buf_free(&error);
}

static void what_was_not_sent_is_empty(void **state) {
    (void)state;
    buf error = BUF(TAPE_MAX);
    cassette_answer answer;
    tape_load("DELETE /a -> 204 \n");
    assert_true(tape_play("DELETE /a", &answer, &error));
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body.n, 0);
    assert_int_equal(answer.content_type.n, 0);
    assert_int_equal(answer.retry_after.n, 0);
    buf_free(&error);
}

// The body of an answer in base64 with this text.
static bool base64_answer(const char *text, char *out) {
    char entry[512];
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    cassette_answer answer;
    snprintf(entry, sizeof entry,
             "{'startedDateTime':'2026-11-21T06:00:00Z','request':{'method':'GET','url':'http://e/a'},"
             "'response':{'status':200,'content':{'encoding':'base64','text':'%s'}}}", text);
    bool good = tape_add_bytes(har_of(&har, entry), &error);
    if (good) {
        assert_true(tape_play("GET /a", &answer, &error));
        memcpy(out, answer.body.s, answer.body.n);
        out[answer.body.n] = '\0';
    }
    buf_free(&har);
    buf_free(&error);
    return good;
}

static void bodies_in_base64_are_decoded(void **state) {
    (void)state;
    static const char *const good[][2] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg", "foob"}, {"Zm9vYmE", "fooba"},
        {"Zm9vYmFy", "foobar"}, {"Pz8\\/Pj4+", "\?\?\?>>>"},
    };
    static const char *const bad[] = {"Z", "Zm9vY", "Zg=", "Z===", "Zm9v=", "Zm 9v", "Zm9_", "=", "Zg==Zg=="};
    char out[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(base64_answer(good[i][0], out));
        assert_string_equal(out, good[i][1]);
        tape_teardown(NULL);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(base64_answer(bad[i], out));
}

static void a_body_of_grpc_is_equal_byte_for_byte(void **state) {
    (void)state;
    buf har = BUF(TAPE_MAX), error = BUF(TAPE_MAX);
    cassette_answer answer;
    assert_true(tape_add_bytes(har_of(&har, "{'startedDateTime':'2026-11-21T06:00:00Z',"
        "'request':{'method':'POST','url':'http://e:7077/EventsService/Push',"
        "'postData':{'mimeType':'application/grpc','text':'AAAAAAIKAA==','_encoding':'base64'}},"
        "'response':{'status':200,'content':{'text':'AAAAAAA=','encoding':'base64'}}}"), &error));
    cassette_request push = {
        .method = SLICE("POST"), .path = SLICE("/EventsService/Push"), .body = SLICE("\0\0\0\0\2\12\0")};
    assert_true(cassette_play(tape, &push, 0, &answer, &error));
    assert_int_equal(answer.body.n, 5);
    push.body = SLICE("\0\0\0\0\2\12\1");
    assert_false(cassette_play(tape, &push, 0, &answer, &error));
    push.body = SLICE("");
    assert_false(cassette_play(tape, &push, 0, &answer, &error));
    assert_non_null(strstr(buf_string(&error), "POST /EventsService/Push with 7 bytes of gRPC ("));
    buf_free(&har);
    buf_free(&error);
}

static void a_byte_order_mark_is_allowed(void **state) {
    (void)state;
    buf error = BUF(TAPE_MAX);
    assert_true(tape_add_bytes(bytes_of("\xEF\xBB\xBF{\"log\":{\"version\":\"1.1\",\"entries\":[{"
                                        "\"startedDateTime\":\"2026-11-21T06:00:00+01:00\",\"request\":{"
                                        "\"method\":\"GET\",\"url\":\"http://e\"},"
                                        "\"response\":{\"status\":200}}]}}\n"),
                               &error));
    tape_answers("GET /", "");
    buf_free(&error);
}

// --- what is wrong --------------------------------------------------------------------------------------

#define AGAIN ". Record it again, or name another file (HAR 1.2)."

static void text_that_is_no_json_is_refused_with_its_place(void **state) {
    (void)state;
    assert_refused(
        bytes_of(""),
        "FILE is not a recording that can be played: the text ends too early, in line 1 at byte 0" AGAIN);
    assert_refused(
        bytes_of("{\n \"log\": {\n  \"entries\": [,]}}"),
        "FILE is not a recording that can be played: not a JSON value, in line 3 at byte 26" AGAIN);
    assert_refused(bytes_of("{\"log\":{\"entries\":[{\"request\":{\"url\":\"http"),
                   "FILE is not a recording that can be played: the text ends inside a string, in line 1 at "
                   "byte 42" AGAIN);
    assert_refused(
        bytes_of("{\"a\":[{\"b\":\"\xFF\"}]}"),
        "FILE is not a recording that can be played: the text is not UTF-8, in line 1 at byte 12" AGAIN);
    assert_refused(
        bytes_of("{\"log\":{\"entries\":[]}} x"),
        "FILE is not a recording that can be played: text after the value, in line 1 at byte 23" AGAIN);
}

static void json_that_is_no_har_is_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "it must be an object"},
        {"{}", "log.entries is missing"},
        {"{'log':null}", "log.entries is missing"},
        {"{'log':[]}", "log must be an object"},
        {"{'log':{'version':'1.2'}}", "log.entries is missing"},
        {"{'log':{'version':'2.0','entries':[]}}", "log.version must be \"1.2\"; other formats are not read"},
        {"{'log':{'version':1.2,'entries':[]}}", "log.version must be \"1.2\"; other formats are not read"},
        {"{'log':{'entries':{}}}", "log.entries must be an array"},
        {"{'log':{'entries':[]}}", "log.entries is empty: nothing was recorded"},
        {"{'log':{'entries':[],'entries':[]}}", "log.entries is there twice"},
        {"{'log':{'entries':[1]}}", "log.entries[0] must be an object"},
    };
    char complaint[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *json = tape_quotes(slice_of(cases[i][0]));
        snprintf(complaint, sizeof complaint, "FILE is not a recording that can be played: %s" AGAIN,
                 cases[i][1]);
        assert_refused(bytes_of(json), complaint);
        free(json);
    }
}

static void an_exchange_that_is_not_whole_is_refused(void **state) {
    (void)state;
#define TIME "'startedDateTime':'2026-11-21T06:00:00Z'"
#define REQUEST "'request':{'method':'GET','url':'http://e/a'}"
#define RESPONSE "'response':{'status':200}"
    static const char *const cases[][2] = {
        {"{}", "request is missing"},
        {"{'request':null}", "request is missing"},
        {"{'request':{}}", "request.method is missing"},
        {"{'request':{'method':'GET'}}", "request.url is missing"},
        {"{'request':{'method':1}}", "request.method must be a string"},
        {"{'request':'GET'}", "request must be an object"},
        {"{" TIME "," REQUEST "}", "response is missing"},
        {"{" TIME "," REQUEST ",'response':{}}", "response.status is missing"},
        {"{" TIME "," REQUEST ",'response':{'status':0}}",
         "response.status must be an HTTP status (100 to 599)"},
        {"{" TIME "," REQUEST ",'response':{'status':'200'}}",
         "response.status must be an HTTP status (100 to 599)"},
        {"{" REQUEST "," RESPONSE "}", "startedDateTime must be a time like 2026-11-21T06:29:04.291Z"},
        {"{'startedDateTime':'now'," REQUEST "," RESPONSE "}",
         "startedDateTime must be a time like 2026-11-21T06:29:04.291Z"},
        {"{" TIME ",'request':{'method':'GET','url':'/a'}," RESPONSE "}",
         "request.url must be a whole http or https address"},
        {"{" TIME ",'request':{'method':'GET','url':'http:///a'}," RESPONSE "}",
         "request.url must be a whole http or https address"},
        {"{" TIME ",'request':{'method':'GET','url':'ftp://e/a'}," RESPONSE "}",
         "request.url must be a whole http or https address"},
        {"{" TIME ",'request':{'method':'GET','url':'http://e/a','headers':{}}," RESPONSE "}",
         "request.headers must be an array"},
        {"{" TIME ",'request':{'method':'GET','url':'http://e/a','headers':['x']}," RESPONSE "}",
         "request.headers[] must be an object"},
        {"{" TIME "," REQUEST ",'response':{'status':200,'content':{'text':1}}}",
         "response.content.text must be a string"},
        {"{" TIME "," REQUEST ",'response':{'status':200,'content':{'text':'%','encoding':'base64'}}}",
         "response.content.text is not base64"},
        {"{" TIME "," REQUEST ",'response':{'status':200,'content':{'text':'','encoding':'gzip'}}}",
         "response.content.encoding must be base64 or absent"},
        {"{" TIME ",'request':{'method':'POST','url':'http://e/"
                  "a','postData':{'text':'%','_encoding':'base64'}}," RESPONSE "}",
         "request.postData.text is not base64"},
    };
    char complaint[256];
    buf har = BUF(TAPE_MAX), entries = BUF(TAPE_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&entries);
        buf_printf(&entries, "{" TIME "," REQUEST "," RESPONSE "},%s", cases[i][0]);
        snprintf(complaint, sizeof complaint,
                 "FILE is not a recording that can be played: log.entries[1].%s" AGAIN, cases[i][1]);
        assert_refused(har_of(&har, buf_string(&entries)), complaint);
    }
    buf_free(&har);
    buf_free(&entries);
}

static void a_file_that_cannot_be_read_says_why(void **state) {
    (void)state;
    buf error = BUF(TAPE_MAX);
    tape = cassette_new();
    assert_false(cassette_add(tape, "/tmp/hatchway-no-such.har", &error));
    assert_string_equal(buf_string(&error),
                        "cannot read the recording /tmp/hatchway-no-such.har: No such file or directory. "
                        "Check the path and its permissions.");
    buf_clear(&error);
    assert_false(cassette_add(tape, "/tmp", &error));
    assert_string_equal(
        buf_string(&error),
        "cannot read the recording /tmp: Is a directory. Check the path and its permissions.");
    buf_free(&error);
}

static void a_file_above_256_mb_is_refused_unread(void **state) {
    (void)state;
    char name[] = "/tmp/hatchway-tape-XXXXXX", complaint[128];
    buf error = BUF(TAPE_MAX);
    int fd = mkstemp(name);
    assert_int_equal(ftruncate(fd, (off_t)CASSETTE_FILE_MAX + 1), 0);
    tape = cassette_new();
    assert_false(cassette_add(tape, name, &error));
    snprintf(complaint, sizeof complaint,
             "%s is larger than 256 MB, the most that is played back. Split the recording.", name);
    assert_string_equal(buf_string(&error), complaint);
    close(fd);
    unlink(name);
    buf_free(&error);
}

// --- what is not recorded -------------------------------------------------------------------------------

// The explanation, without the names of the files.
static void assert_explained(const char *request, const char *wanted) {
    cassette_answer answer;
    buf why = BUF(TAPE_MAX), plain = BUF(TAPE_MAX);
    assert_false(tape_play(request, &answer, &why));
    char *quoted = tape_quotes(slice_of(wanted));
    slice rest = buf_view(&why);
    while (rest.n) {
        buf_slice(&plain, tape_cut(&rest, " (hatchway-tape-"));
        tape_cut(&rest, ")");
    }
    assert_string_equal(buf_string(&plain), quoted);
    free(quoted);
    buf_free(&plain);
    buf_free(&why);
}

static void a_miss_names_the_request_and_the_three_nearest(void **state) {
    (void)state;
    tape_load(
        "GET /api/v1/workers -> 200 []\n"
        "GET /api/v1/runs?limit=50&since=2026-11-20T06%3A00%3A00Z -> 200 1\n"
        "GET /api/v1/runs?limit=50&since=2026-11-21T06%3A00%3A00Z -> 200 1\n" // the same but for the time
        "GET /api/v1/runs?limit=50&statuses=FAILED&since=2026-11-20T06%3A00%3A00Z -> 200 1\n"
        "GET /api/v1/runs/1 -> 200 1\n"
        "POST /api/v1/runs {'a':1} -> 400 1\n");
    assert_explained("GET /api/v1/runs?since=2026-11-20T06:00:00Z&limit=50&statuses=QUEUED",
                     "GET /api/v1/runs?since=2026-11-20T06:00:00Z&limit=50&statuses=QUEUED is not recorded. "
                     "The nearest that is:\n"
                     "  GET /api/v1/runs?limit=50&since=2026-11-20T06:00:00Z\n"
                     "  GET /api/v1/runs?limit=50&statuses=FAILED&since=2026-11-20T06:00:00Z\n"
                     "  GET /api/v1/workers");
    assert_explained("POST /api/v1/runs {'a':2}",
                     "POST /api/v1/runs with {'a':2} is not recorded. The nearest that is:\n"
                     "  POST /api/v1/runs with {'a':1}\n"
                     "  GET /api/v1/runs?limit=50&since=2026-11-20T06:00:00Z\n"
                     "  GET /api/v1/runs?limit=50&statuses=FAILED&since=2026-11-20T06:00:00Z");
}

static void a_miss_for_want_of_a_key_says_so(void **state) {
    (void)state;
    tape_load("POST /hooks/shop -> 200 1\n");
    assert_explained("POST /hooks/shop", "POST /hooks/shop is not recorded. The nearest that is:\n"
                                         "  POST /hooks/shop with a key of its own");
}

static void a_long_body_is_cut_between_characters(void **state) {
    (void)state;
    char request[400] = "POST /x ";
    for (int i = 0; i < 100; i++) strcat(request, i ? "\xC3\xA4" : "a"); // the 160th byte is half a character
    cassette_answer answer;
    buf why = BUF(TAPE_MAX);
    tape_load("POST /x 0 -> 200 1\n");
    assert_false(tape_play(request, &answer, &why));
    assert_non_null(strstr(buf_string(&why), "\xC3\xA4… is not recorded."));
    buf quoted = BUF(TAPE_MAX);
    json_put_string(&quoted, buf_view(&why)); // writes U+FFFD for what is no UTF-8
    assert_null(strstr(buf_string(&quoted), "\xEF\xBF\xBD"));
    buf_free(&quoted);
    buf_free(&why);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_last_file_that_has_an_answer_gives_it, tape_teardown),
        cmocka_unit_test_teardown(each_changing_file_has_a_state_of_its_own, tape_teardown),
        cmocka_unit_test_teardown(the_clock_stands_at_the_last_beginning_of_all_files, tape_teardown),
        cmocka_unit_test_teardown(a_clock_before_1970_is_one_too, tape_teardown),
        cmocka_unit_test_teardown(the_tenant_is_the_first_one_in_the_file_named_last, tape_teardown),
        cmocka_unit_test_teardown(a_configured_tenant_wins, tape_teardown),
        cmocka_unit_test_teardown(without_any_tenant_one_must_be_configured, tape_teardown),
        cmocka_unit_test_teardown(without_any_file_there_is_nothing_to_play, tape_teardown),
        cmocka_unit_test_teardown(the_origin_is_that_of_the_file_named_last, tape_teardown),
        cmocka_unit_test_teardown(an_answer_has_status_type_retry_after_and_body, tape_teardown),
        cmocka_unit_test_teardown(what_was_not_sent_is_empty, tape_teardown),
        cmocka_unit_test_teardown(bodies_in_base64_are_decoded, tape_teardown),
        cmocka_unit_test_teardown(a_body_of_grpc_is_equal_byte_for_byte, tape_teardown),
        cmocka_unit_test_teardown(a_byte_order_mark_is_allowed, tape_teardown),
        cmocka_unit_test_teardown(text_that_is_no_json_is_refused_with_its_place, tape_teardown),
        cmocka_unit_test_teardown(json_that_is_no_har_is_refused, tape_teardown),
        cmocka_unit_test_teardown(an_exchange_that_is_not_whole_is_refused, tape_teardown),
        cmocka_unit_test_teardown(a_file_that_cannot_be_read_says_why, tape_teardown),
        cmocka_unit_test_teardown(a_file_above_256_mb_is_refused_unread, tape_teardown),
        cmocka_unit_test_teardown(a_miss_names_the_request_and_the_three_nearest, tape_teardown),
        cmocka_unit_test_teardown(a_miss_for_want_of_a_key_says_so, tape_teardown),
        cmocka_unit_test_teardown(a_long_body_is_cut_between_characters, tape_teardown),
    };
    return cmocka_run_group_tests_name("cassettes as files", tests, NULL, NULL);
}
