// What an answer that is no success means to the person who asked.
#include "unit.h"

#include <uv.h>

#include "base/clock.h"
#include "base/secret.h"
#include "upstream/upstream.h"

// 2026-11-21T06:29:04Z, the clock of these tests
#define NOW (INT64_C(1795242544) * 1000000)

static cassette *tape;
static upstream *host;

static void begin(int64_t token_expiry) {
    upstream_config config = {
        .base = "https://hatchet.example",
        .grpc = {.base = "https://engine.example:7077"},
        .token_expiry = token_expiry,
        .body_max = 32000000,
        .cassette = tape,
    };
    if (host) upstream_free(host);
    host = upstream_new(uv_default_loop(), &config);
}

static int setup(void **state) {
    (void)state;
    secret_keep(SLICE("a-token-of-the-tenant-0123456789"));
    clock_play(NOW);
    tape = cassette_new();
    begin(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    upstream_free(host);
    cassette_free(tape);
    return 0;
}

// "code kind status retryable: message -> hint"
static const char *explained(guard_method method, upstream_answer answer) {
    static char out[4096];
    upstream_failure failure;
    if (!answer.attempts) answer.attempts = 1;
    upstream_explain(host, &(guard_request){.method = method, .path = SLICE("/api/v1/x")}, &answer, &failure);
    snprintf(out, sizeof out, "%s %s %d %s: %s -> %s", failure.code, failure.kind, failure.status,
             failure.retryable ? "again" : "no", buf_string(&failure.message), buf_string(&failure.hint));
    upstream_failure_free(&failure);
    return out;
}

static const char *status(guard_method method, int code, const char *body) {
    return explained(method, (upstream_answer){.status = code, .body = slice_of(body)});
}

static const char *fault(guard_method method, const char *name, const char *detail) {
    return explained(method, (upstream_answer){.fault = name, .detail = detail});
}

#define ERRORS(text) "{\"errors\":[{\"description\":\"" text "\"}]}"
#define ARGUMENTS "Check the arguments."
#define TRY_ID                                                                                               \
    "Check the id: a run, a task and a workflow have ids of their own. List them to find the right one."
#define LOOK "The change may have been made: look before you repeat it."

static void each_status_has_a_code_a_kind_and_a_hint(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {400, "invalid validation_error 400 no: Hatchet answered 400: why [GET /api/v1/x] -> " ARGUMENTS},
        {415, "invalid validation_error 415 no: Hatchet answered 415: why [GET /api/v1/x] -> " ARGUMENTS},
        {422, "invalid validation_error 422 no: Hatchet answered 422: why [GET /api/v1/x] -> " ARGUMENTS},
        {404, "not_found not_found 404 no: Hatchet answered 404: why [GET /api/v1/x] -> " TRY_ID},
        {409, "conflict conflict 409 no: Hatchet answered 409: why [GET /api/v1/x] -> " ARGUMENTS},
        {418, "http unknown 418 no: Hatchet answered 418: why [GET /api/v1/x] -> " ARGUMENTS},
        {429, "rate_limited rate_limited 429 again: Hatchet answered 429: why [GET /api/v1/x] -> Wait a few "
              "seconds, then ask again."},
        {500, "server_error server_error 500 no: Hatchet answered 500: why [GET /api/v1/x] -> This engine "
              "answers 500 to many plain "
              "mistakes: check the ids and values of the arguments before you try again."},
        {501, "server_error server_error 501 no: Hatchet answered 501: why [GET /api/v1/x] -> Hatchet or a "
              "proxy before it is busy or "
              "down: try again later."},
        {502, "server_error server_error 502 again: Hatchet answered 502: why [GET /api/v1/x] -> Hatchet or "
              "a proxy before it is busy or "
              "down: try again later."},
        {503, "server_error server_error 503 again: Hatchet answered 503: why [GET /api/v1/x] -> Hatchet or "
              "a proxy before it is busy or "
              "down: try again later."},
        {504, "server_error server_error 504 again: Hatchet answered 504: why [GET /api/v1/x] -> Hatchet or "
              "a proxy before it is busy or "
              "down: try again later."},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(status(GUARD_GET, cases[i].status, ERRORS("why")), cases[i].text);
}

static void after_a_write_that_may_have_arrived_one_looks_first(void **state) {
    (void)state;
    assert_string_equal(
        status(GUARD_POST, 500, ERRORS("why")),
        "server_error server_error 500 no: Hatchet answered 500: why [POST /api/v1/x] -> " LOOK);
    assert_string_equal(
        status(GUARD_DELETE, 503, ERRORS("why")),
        "server_error server_error 503 no: Hatchet answered 503: why [DELETE /api/v1/x] -> " LOOK);
    assert_string_equal(
        status(GUARD_PATCH, 400, ERRORS("why")),
        "invalid validation_error 400 no: Hatchet answered 400: why [PATCH /api/v1/x] -> " ARGUMENTS);
}

// --- refused tokens -------------------------------------------------------------------------------------

#define DASHBOARD "in the dashboard (Settings, API Tokens) and set HATCHET_CLIENT_TOKEN."

static void an_expired_token_is_named_with_its_date(void **state) {
    (void)state;
    begin(NOW - 1000000);
    assert_string_equal(
        status(GUARD_GET, 403, ERRORS("no")),
        "unauthorized unauthorized 403 no: Hatchet answered 403: no [GET /api/v1/x] -> The token expired on "
        "2026-11-21T06:29:03Z: make a new one " DASHBOARD);
}

static void a_token_that_has_not_expired_was_revoked_or_is_foreign(void **state) {
    (void)state;
    begin(NOW + 1000000);
    assert_string_equal(
        status(GUARD_GET, 401, ERRORS("no")),
        "unauthorized unauthorized 401 no: Hatchet answered 401: no [GET /api/v1/x] -> The token was "
        "revoked, is from "
        "another instance, or the id belongs to another tenant. It has not expired: it is valid until "
        "2026-11-21T06:29:05Z. Make a new one " DASHBOARD);
    begin(0);
    assert_string_equal(status(GUARD_GET, 403, ""),
                        "unauthorized unauthorized 403 no: Hatchet answered 403 [GET /api/v1/x] -> The token "
                        "was revoked, is from "
                        "another instance, or the id belongs to another tenant. Make a new one " DASHBOARD);
}

static void null_means_that_the_address_is_not_known(void **state) {
    (void)state;
    begin(NOW - 1000000);
    assert_string_equal(status(GUARD_GET, 403, "null\n"),
                        "unauthorized unauthorized 403 no: Hatchet answered 403 [GET /api/v1/x] -> Hatchet "
                        "does not know this address: "
                        "check HATCHET_CLIENT_SERVER_URL, or the engine is too old for this call.");
    begin(0);
}

// --- the reason in the body -----------------------------------------------------------------------------

static const char *reason(const char *body) {
    static char out[2048];
    const char *text = status(GUARD_GET, 409, body), *begin_of = strstr(text, "409 no: Hatchet answered 409"),
               *end = strstr(text, " [GET");
    begin_of += strlen("409 no: Hatchet answered 409");
    snprintf(out, sizeof out, "%.*s", (int)(end - begin_of), begin_of);
    return out;
}

static void the_body_gives_the_reason(void **state) {
    (void)state;
    assert_string_equal(
        reason("{\"errors\":[{\"description\":\"one\"},{\"code\":5,\"description\":\"two\"}]}"),
        ": one; two");
    assert_string_equal(reason("{\"message\":\"m\",\"description\":\"d\"}"), ": m");
    assert_string_equal(reason("{\"description\":\"d\"}"), ": d");
    assert_string_equal(reason("{\"errors\":null}"), "");
    assert_string_equal(reason("{\"errors\":[]}"), "");
    assert_string_equal(reason("[]"), "");
    assert_string_equal(reason(""), "");
    assert_string_equal(reason("<html>\n<b>Bad\tGateway</b>"), ": <html> <b>Bad Gateway</b>");
}

static void a_long_reason_is_cut_between_characters(void **state) {
    (void)state;
    char body[2000], wanted[1000] = ": ";
    memset(body, 'a', 499);
    strcpy(body + 499, "\xC3\xA4 and more");
    memset(wanted + 2, 'a', 499);
    strcpy(wanted + 501, "…");
    assert_string_equal(reason(body), wanted);
}

static void a_secret_in_it_is_masked_before_it_is_cut(void **state) {
    (void)state;
    char body[600];
    memset(body, 'a', 490); // the cut at 500 would leave ten characters of the secret
    strcpy(body + 490, "a-token-of-the-tenant-0123456789");
    char wanted[600];
    snprintf(wanted, sizeof wanted, ": %.490s***", body);
    assert_string_equal(reason(body), wanted);
}

// --- transport ------------------------------------------------------------------------------------------

static void each_fault_has_a_sentence_and_a_hint(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"refused", "refused unknown 0 again: Hatchet cannot be reached at https://hatchet.example: the "
                    "connection was refused: what curl says "
                    "[GET /api/v1/x] -> Is it running? Check HATCHET_CLIENT_SERVER_URL and the network."},
        {"unreachable", "unreachable unknown 0 again: Hatchet cannot be reached at https://hatchet.example: "
                        "what curl says [GET /api/v1/x] -> "
                        "Check HATCHET_CLIENT_SERVER_URL, the name look-up and the network."},
        {"timeout", "timeout unknown 0 again: Hatchet at https://hatchet.example did not answer in time: "
                    "what curl says [GET /api/v1/x] -> "
                    "It is slow or hangs: ask for less, or again later."},
        {"tls", "tls unknown 0 no: the TLS connection to https://hatchet.example failed: what curl says [GET "
                "/api/v1/x] -> "
                "If the server has a certificate of your own authority, name it with --ca-file."},
        {"truncated", "truncated unknown 0 again: the connection to https://hatchet.example broke before the "
                      "answer was complete: what curl "
                      "says [GET /api/v1/x] -> Try again; if it stays so, look at the proxy between."},
        {"too_large",
         "too_large unknown 0 no: the answer of https://hatchet.example is larger than the ceiling of "
         "32000000 bytes "
         "[GET /api/v1/x] -> Ask for less (limit, a narrower window), or raise --limit upstream_max=BYTES."},
        {"redirect", "redirect unknown 0 no: https://hatchet.example answered with a redirect, which is not "
                     "followed: the token goes to one "
                     "origin only: what curl says [GET /api/v1/x] -> Set HATCHET_CLIENT_SERVER_URL to the "
                     "address that Hatchet really has."},
        {"invalid_json",
         "invalid_json unknown 0 no: the answer of https://hatchet.example is not JSON: what curl says [GET "
         "/api/v1/x] -> "
         "Something else than Hatchet answers there: check HATCHET_CLIENT_SERVER_URL and proxies."},
        {"not_recorded", "not_recorded unknown 0 no: the recording has no such request: what curl says -> "
                         "Play another file with --replay, or ask for what was recorded."},
        {"no_library",
         "no_library unknown 0 no: libcurl could not be opened: what curl says [GET /api/v1/x] -> "
         "Install it: apt-get install libcurl4"},
        {"protocol", "protocol unknown 0 no: https://hatchet.example does not speak HTTP as it should: what "
                     "curl says [GET /api/v1/x] -> "
                     "Check HATCHET_CLIENT_SERVER_URL."},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(fault(GUARD_GET, cases[i][0], "what curl says"), cases[i][1]);
}

// What is told of a push.
static const char *push(upstream_answer answer) {
    static char out[4096];
    upstream_failure failure;
    answer.attempts = 1;
    guard_request asked = {.method = GUARD_POST, .path = SLICE(GUARD_PUSH), .push = true};
    upstream_explain(host, &asked, &answer, &failure);
    snprintf(out, sizeof out, "%s %d: %s -> %s", failure.code, failure.status, buf_string(&failure.message),
             buf_string(&failure.hint));
    upstream_failure_free(&failure);
    return out;
}

static void a_push_is_told_by_its_grpc_status_and_its_own_address(void **state) {
    (void)state;
    assert_string_equal(
        push((upstream_answer){.grpc = "INVALID_ARGUMENT", .status = 400, .body = SLICE("why")}),
        "invalid 400: Hatchet answered INVALID_ARGUMENT: why [POST /EventsService/Push] -> Check the "
        "arguments.");
    assert_string_equal(push((upstream_answer){.grpc = "UNIMPLEMENTED", .status = 501}),
                        "server_error 501: Hatchet answered UNIMPLEMENTED [POST /EventsService/Push] -> What "
                        "answers there is no engine of Hatchet that takes events: check "
                        "HATCHET_CLIENT_HOST_PORT.");
    assert_string_equal(push((upstream_answer){.fault = "refused", .detail = "curl"}),
                        "refused 0: Hatchet cannot be reached at https://engine.example:7077: the connection "
                        "was refused: curl [POST /EventsService/Push] -> Is it running? Check "
                        "HATCHET_CLIENT_HOST_PORT and the network.");
    assert_string_equal(push((upstream_answer){.fault = "protocol", .detail = "curl"}),
                        "protocol 0: https://engine.example:7077 does not speak HTTP as it should: curl "
                        "[POST /EventsService/Push] -> Check HATCHET_CLIENT_HOST_PORT. It names the gRPC "
                        "port of the engine, and HATCHET_CLIENT_TLS_STRATEGY says whether that speaks TLS. "
                        "The change may have been made: look before you repeat it.");
}

#define NO_ENGINE " [POST /EventsService/Push] -> What answers there is no engine of Hatchet that takes " \
                  "events: check HATCHET_CLIENT_HOST_PORT."

static void a_push_that_no_engine_has_answered_is_told_so(void **state) {
    (void)state;
    assert_string_equal(push((upstream_answer){.status = 404}),
                        "not_found 404: Hatchet answered 404" NO_ENGINE);
    assert_string_equal(push((upstream_answer){.status = 401, .body = SLICE("null")}),
                        "unauthorized 401: Hatchet answered 401" NO_ENGINE);
    assert_null(strstr(push((upstream_answer){.status = 429}), "no engine"));
    assert_null(strstr(push((upstream_answer){.status = 502}), "no engine"));
    assert_null(strstr(push((upstream_answer){.grpc = "UNAUTHENTICATED", .status = 401}), "no engine"));
}

static void a_push_that_was_given_up_may_have_arrived(void **state) {
    (void)state;
    assert_string_equal(push((upstream_answer){.grpc = "CANCELLED", .status = 499}),
                        "server_error 499: Hatchet answered CANCELLED [POST /EventsService/Push] -> The "
                        "change may have been made: look before you repeat it.");
}

static void a_write_that_may_have_arrived_is_not_to_be_repeated_blindly(void **state) {
    (void)state;
    static const char *const arrived[] = {"timeout",  "truncated",    "too_large",
                                          "redirect", "invalid_json", "protocol"};
    static const char *const not_sent[] = {"refused", "unreachable", "not_recorded"};
    for (size_t i = 0; i < COUNT(arrived); i++) {
        const char *text = fault(GUARD_POST, arrived[i], NULL);
        if (!strstr(text, " 0 no: ") || !strstr(text, LOOK)) fail_msg("%s", text);
    }
    for (size_t i = 0; i < COUNT(not_sent); i++)
        assert_null(strstr(fault(GUARD_POST, not_sent[i], NULL), LOOK));
}

static void attempts_are_told_when_there_were_several(void **state) {
    (void)state;
    assert_string_equal(
        explained(GUARD_GET, (upstream_answer){.status = 503, .attempts = 4}),
        "server_error server_error 503 again: Hatchet answered 503 (after 4 attempts) [GET /api/v1/x] -> "
        "Hatchet or a proxy before it is busy or down: try again later.");
    assert_string_equal(explained(GUARD_GET, (upstream_answer){.fault = "timeout", .attempts = 2}),
                        "timeout unknown 0 again: Hatchet at https://hatchet.example did not answer in time "
                        "(after 2 attempts) "
                        "[GET /api/v1/x] -> It is slow or hangs: ask for less, or again later.");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_a_code_a_kind_and_a_hint),
        cmocka_unit_test(after_a_write_that_may_have_arrived_one_looks_first),
        cmocka_unit_test(an_expired_token_is_named_with_its_date),
        cmocka_unit_test(a_token_that_has_not_expired_was_revoked_or_is_foreign),
        cmocka_unit_test(null_means_that_the_address_is_not_known),
        cmocka_unit_test(the_body_gives_the_reason),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(a_secret_in_it_is_masked_before_it_is_cut),
        cmocka_unit_test(each_fault_has_a_sentence_and_a_hint),
        cmocka_unit_test(a_push_is_told_by_its_grpc_status_and_its_own_address),
        cmocka_unit_test(a_push_that_no_engine_has_answered_is_told_so),
        cmocka_unit_test(a_push_that_was_given_up_may_have_arrived),
        cmocka_unit_test(a_write_that_may_have_arrived_is_not_to_be_repeated_blindly),
        cmocka_unit_test(attempts_are_told_when_there_were_several),
    };
    return cmocka_run_group_tests_name("failures", tests, setup, teardown);
}
