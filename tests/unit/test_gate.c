// The gate: which requests are sent at all, and by whom.
#include "unit.h"

#include "guard/gate.h"

#define T "55555555-2222-4333-8444-555555555555"

static guard_method method_of(slice name) {
    for (int m = GUARD_GET; m <= GUARD_DELETE; m++)
        if (slice_is(name, guard_method_name((guard_method)m))) return (guard_method)m;
    fail_msg("%.*s", (int)name.n, name.s);
    return GUARD_GET;
}

// "METHOD path [body]" with single quotes.
static guard_request request_of(const char *text) {
    const char *copy = q(text), *path = strchr(copy, ' ') + 1, *body = strchr(path, ' ');
    return (guard_request){
        .method = method_of((slice){copy, (size_t)(path - copy) - 1}),
        .path = {path, body ? (size_t)(body - path) : strlen(path)},
        .body = body ? slice_of(body + 1) : (slice){NULL, 0},
    };
}

static const char *needs(const char *text) {
    guard_request request = request_of(text);
    return guard_access_name(guard_request_access(&request));
}

// Passes the gate. NULL, or why not; the hint goes to *hint if it is wanted.
static const char *refused(guard_access access, const char *text, const char **hint) {
    static char out[1000], out_hint[1000];
    buf why = BUF(1000), how = BUF(1000);
    guard_call call = {.tool = "the_tool", .access = access};
    guard_request request = request_of(text);
    bool passed = guard_pass(&call, &request, &why, &how);
    snprintf(out, sizeof out, "%s", buf_string(&why));
    snprintf(out_hint, sizeof out_hint, "%s", buf_string(&how));
    assert_int_equal(passed, out[0] == '\0'); // whoever is refused is told why,
    assert_int_equal(passed, out_hint[0] == '\0'); // and what to do
    buf_free(&why);
    buf_free(&how);
    if (hint) *hint = out_hint;
    return passed ? NULL : out;
}

// The push of an event, or what is said to be one.
static const char *push_refused(guard_access access, guard_method method, const char *path) {
    static char out[1000];
    buf why = BUF(1000), how = BUF(1000);
    guard_call call = {.tool = "the_tool", .access = access};
    guard_request request = {.method = method, .path = slice_of(path), .push = true};
    bool passed = guard_pass(&call, &request, &why, &how);
    snprintf(out, sizeof out, "%s", buf_string(&why));
    buf_free(&why);
    buf_free(&how);
    return passed ? NULL : out;
}

// --- what a request needs -------------------------------------------------------------------------------

static void methods_tell_what_a_request_needs(void **state) {
    (void)state;
    assert_string_equal(needs("GET /api/v1/workers/1"), "read");
    assert_string_equal(needs("POST /api/v1/stable/tenants/" T "/workflow-runs/trigger {}"), "write");
    assert_string_equal(needs("PATCH /api/v1/workflows/1 {'isPaused':true}"), "write");
    assert_string_equal(needs("DELETE /api/v1/workflows/1"), "destroy");
}

static void a_push_is_a_write_and_the_only_call_by_grpc(void **state) {
    (void)state;
    assert_null(push_refused(GUARD_WRITE, GUARD_POST, "/EventsService/Push"));
    assert_null(push_refused(GUARD_DESTROY, GUARD_POST, "/EventsService/Push"));
    assert_string_equal(push_refused(GUARD_READ, GUARD_POST, "/EventsService/Push"),
                        "POST /EventsService/Push needs write access, and \"the_tool\" has read access");
    const char *other = "no other method of the gRPC services than /EventsService/Push is called";
    assert_string_equal(push_refused(GUARD_DESTROY, GUARD_POST, "/EventsService/BulkPush"), other);
    assert_string_equal(push_refused(GUARD_DESTROY, GUARD_POST, "/EventsService/Push/"), other);
    assert_string_equal(push_refused(GUARD_DESTROY, GUARD_GET, "/EventsService/Push"), other);
    assert_string_equal(push_refused(GUARD_DESTROY, GUARD_POST, "/api/v1/tenants/" T "/events"), other);
    assert_string_equal(refused(GUARD_DESTROY, "POST /EventsService/Push {}", NULL),
                        "the path \"/EventsService/Push\" is not a path of the API");
}

static void some_paths_tell_more_than_their_method(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"POST /api/v1/stable/tenants/" T "/cel/debug {}", "read"},
        {"POST /api/v1/stable/tenants/" T "/tasks/cancel {'externalIds':['a']}", "destroy"},
        {"POST /api/v1/tenants/" T "/workflows/cancel {}", "destroy"},
        {"POST /api/v1/tenants/" T "/events/cancel {}", "destroy"},
        {"POST /api/v1/tenants/" T "/step-runs/1/cancel", "destroy"},
        {"POST /api/v1/tenants/" T "/workflow-runs/replay {}", "destroy"},
        {"POST /api/v1/tenants/" T "/workflows/scheduled/bulk-delete {}", "destroy"},
        {"POST /api/v1/tenants/" T "/workflows/scheduled/bulk-update {}", "destroy"},
        {"POST /api/v1/tenants/" T "/events/replay {}", "write"},
        {"POST /api/v1/stable/tasks/1/restore", "write"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(needs(cases[i][0]), cases[i][1]);
}

static void only_that_method_and_that_very_path(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"PATCH /api/v1/stable/tenants/" T "/cel/debug {}", "write"},
        {"DELETE /api/v1/stable/tenants/" T "/cel/debug", "destroy"},
        {"POST /api/v1/stable/tenants/" T "/cel/debug/more {}", "write"},
        {"POST /api/v1/stable/tenants/" T "/x/cel/debug {}", "write"},
        {"POST /api/v1/stable/tenants/" T "/cel/debug2 {}", "write"},
        {"POST /api/v1/stable/tenants/" T "/cel/Debug {}", "write"},
        {"POST /api/v1/stable/tenants//cel/debug {}", "write"},
        {"POST /x/api/v1/stable/tenants/" T "/cel/debug {}", "write"},
        {"POST /api/v1/stable/tenants/cel/debug {}", "write"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(needs(cases[i][0]), cases[i][1]);
}

static void replaying_one_run_is_a_write_and_anything_else_that_replays_destroys(void **state) {
    (void)state;
#define REPLAY "POST /api/v1/stable/tenants/" T "/tasks/replay "
    assert_string_equal(needs(REPLAY "{'externalIds':['a']}"), "write");
    static const char *const bulk[] = {
        REPLAY "{'externalIds':['a','b']}",
        REPLAY "{'externalIds':[]}",
        REPLAY "{'filter':{'since':'2026-11-21T00:00:00Z'}}",
        REPLAY "{'externalIds':['a'],'filter':{}}",
        REPLAY "{'externalIds':['a'],'externalIds':['b','c']}",
        REPLAY "{'externalIds':'a'}",
        REPLAY "{}",
        REPLAY "[]",
        REPLAY "not json",
        REPLAY "{'externalIds':['a']",
        "POST /api/v1/stable/tenants/" T "/tasks/replay",
    };
    for (size_t i = 0; i < COUNT(bulk); i++) assert_string_equal(needs(bulk[i]), "destroy");
}

// --- access ---------------------------------------------------------------------------------------------

static void a_call_sends_what_its_access_allows(void **state) {
    (void)state;
    static const struct {
        const char *request;
        guard_access needs;
    } cases[] = {
        {"GET /api/v1/workers/1", GUARD_READ},
        {"POST /api/v1/stable/tenants/" T "/cel/debug {}", GUARD_READ},
        {"POST /api/v1/stable/tenants/" T "/workflow-runs/trigger {}", GUARD_WRITE},
        {"PATCH /api/v1/workflows/1 {}", GUARD_WRITE},
        {"DELETE /api/v1/workflows/1", GUARD_DESTROY},
        {"POST /api/v1/stable/tenants/" T "/tasks/cancel {}", GUARD_DESTROY},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int access = GUARD_READ; access <= GUARD_DESTROY; access++) {
            const char *why = refused((guard_access)access, cases[i].request, NULL);
            if (!why != (access >= (int)cases[i].needs))
                fail_msg("%s with %s", cases[i].request, guard_access_name((guard_access)access));
        }
}

static void a_refusal_names_the_request_and_both_accesses(void **state) {
    (void)state;
    const char *hint;
    assert_string_equal(refused(GUARD_READ, "DELETE /api/v1/workflows/1", &hint),
                        "DELETE /api/v1/workflows/1 needs destroy access, and \"the_tool\" has read access");
    assert_string_equal(
        hint, "Declare access = \"destroy\" in the tool, and start the server with --access destroy.");
}

// --- paths ----------------------------------------------------------------------------------------------

static void clean_paths_pass(void **state) {
    (void)state;
    static const char *const paths[] = {
        "GET /api/v1/meta",
        "GET /api/v1/tenants/" T "/workflows",
        "GET /api/v1/workflows/a%20b%3Fc%23d%25",
        "GET /api/v1/x/%C3%A4",
        "GET /api/v1/x/...",
        "GET /api/v1/x/.a",
        "GET /api/v1/x/a..b",
        "GET /api/v1/x/a:b@c;d,e=f&g+h!i*j'k(l)$~_-",
    };
    for (size_t i = 0; i < COUNT(paths); i++) assert_null(refused(GUARD_READ, paths[i], NULL));
}

static void tricks_with_paths_do_not(void **state) {
    (void)state;
    static const char *const paths[] = {
        "GET ",
        "GET /",
        "GET /api",
        "GET /api/",
        "GET api/v1/x",
        "GET //api/v1/x",
        "GET /API/v1/x",
        "GET /v1/x",
        "GET http://evil/api/v1/x",
        "GET /api//x",
        "GET /api/v1/x/",
        "GET /api/v1//x",
        "GET /api/./x",
        "GET /api/v1/.",
        "GET /api/../x",
        "GET /api/v1/..",
        "GET /api/v1/../x",
        "GET /api/v1/x?a=1",
        "GET /api/v1/x#a",
        "GET /api/v1/x\\y",
        "GET /api/v1/\x01",
        "GET /api/v1/\x1F",
        "GET /api/v1/\x7F",
        "GET /api/v1/\xC3\xA4",
        "GET /api/v1/x\n",
        "GET /api/v1/x\r\nHost:evil",
        "GET /api/v1/x\t",
        "GET /api/v1/%2e%2e/x",
        "GET /api/v1/%2E",
        "GET /api/v1/a%2Fb",
        "GET /api/v1/a%2fb",
        "GET /api/v1/a%5cb",
        "GET /api/v1/a%00b",
        "GET /api/v1/a%0d%0ab",
        "GET /api/v1/a%1F",
        "GET /api/v1/a%7F",
        "GET /api/v1/%61pi-tokens",
        "GET /api/v1/api%2Dtokens",
        "GET /api/v1/%7E",
        "GET /api/v1/%",
        "GET /api/v1/%2",
        "GET /api/v1/%zz",
        "GET /api/v1/%2/",
        "GET /api/v1/%%20",
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        const char *why = refused(GUARD_DESTROY, paths[i], NULL);
        if (!why || !strstr(why, "is not a path of the API"))
            fail_msg("%s: %s", paths[i], why ? why : "passes");
    }
    buf why = BUF(1000), hint = BUF(1000);
    guard_call call = {.tool = "x", .access = GUARD_DESTROY};
    assert_false(guard_pass(&call, &(guard_request){.path = SLICE("/api/v1/a\0b")}, &why, &hint));
    assert_false(guard_pass(&call, &(guard_request){.path = SLICE("/api/v1/a b")}, &why, &hint));
    buf_free(&why);
    buf_free(&hint);
}

static void a_refused_path_is_named_and_a_long_one_cut(void **state) {
    (void)state;
    const char *hint;
    assert_string_equal(refused(GUARD_READ, "GET /api/../x", &hint),
                        "the path \"/api/../x\" is not a path of the API");
    assert_string_equal(hint, "Write a template that begins with /api/ and fill its names from params, such "
                              "as \"/api/v1/workers/{id}\".");
    char text[600] = "GET /api/v1/";
    memset(text + strlen(text), 'x', 500);
    text[511] = '?';
    assert_int_equal(strlen(refused(GUARD_READ, text, NULL)),
                     strlen("the path \"\" is not a path of the API") + 200);
}

// --- kept out -------------------------------------------------------------------------------------------

static void credentials_members_and_settings_are_out_of_bounds(void **state) {
    (void)state;
    static const char *const requests[] = {
        "GET /api/v1/tenants/" T "/api-tokens",
        "POST /api/v1/tenants/" T "/api-tokens {}",
        "POST /api/v1/api-tokens/1",
        "GET /api/v1/tenants/" T "/members",
        "PATCH /api/v1/tenants/" T "/members/1 {}",
        "DELETE /api/v1/tenants/" T "/members/1",
        "GET /api/v1/tenants/" T "/invites",
        "POST /api/v1/users/invites/accept {}",
        "GET /api/v1/users/current",
        "POST /api/v1/users/login {}",
        "GET /api/v1/tenants/" T "/slack",
        "DELETE /api/v1/slack/1",
        "GET /api/v1/tenants/" T "/sns",
        "POST /api/v1/sns/" T "/event {}",
        "PATCH /api/v1/tenants/" T "/alerting/settings {}",
        "POST /api/v1/tenants/" T "/alerting {}",
        "DELETE /api/v1/tenants/" T "/alerting/settings",
        "GET /api/v1/tenants/" T "/alerting/members",
        "POST /api/v1/tenants/" T "/slack {}",
        "POST /api/v1/tenants/" T "/invites {}",
        "POST /api/v1/tenants/" T "/alerting-email-groups {}",
        "GET /api/v1/tenants/" T "/alerting-email-groups",
        "PATCH /api/v1/alerting-email-groups/1 {}",
        "POST /api/v1/monitoring/" T "/probe",
        "PATCH /api/v1/tenants/" T " {}",
        "POST /api/v1/tenants {}",
        "DELETE /api/v1/tenants/" T,
    };
    for (size_t i = 0; i < COUNT(requests); i++) {
        const char *hint, *why = refused(GUARD_DESTROY, requests[i], &hint);
        if (!why || !strstr(why, "are out of bounds")) fail_msg("%s: %s", requests[i], why ? why : "passes");
        assert_string_equal(hint, "Use the dashboard for this.");
    }
    assert_string_equal(refused(GUARD_READ, "GET /api/v1/users/current", NULL),
                        "requests below \"users\" are not sent: credentials, members and settings of a "
                        "tenant are out of bounds");
}

static void when_alerts_are_sent_may_be_read(void **state) {
    (void)state;
    assert_null(refused(GUARD_READ, "GET /api/v1/tenants/" T "/alerting/settings", NULL));
}

static void names_that_only_look_like_it_are_not(void **state) {
    (void)state;
    static const char *const requests[] = {
        "GET /api/v1/tenants/" T,      "GET /api/v1/workflows/users-2",   "GET /api/v1/workflows/my-users",
        "GET /api/v1/workflows/Users", "GET /api/v1/workflows/alertings",
    };
    for (size_t i = 0; i < COUNT(requests); i++) assert_null(refused(GUARD_READ, requests[i], NULL));
}

static void the_checks_come_in_a_fixed_order(void **state) {
    (void)state;
    assert_non_null(strstr(refused(GUARD_READ, "DELETE /api/v1/users//1", NULL), "is not a path of the API"));
    assert_non_null(strstr(refused(GUARD_READ, "DELETE /api/v1/users/1", NULL), "are out of bounds"));
    assert_non_null(strstr(refused(GUARD_READ, "DELETE /api/v1/x/1", NULL), "needs destroy access"));
}

static void access_and_methods_have_names(void **state) {
    (void)state;
    guard_access access;
    assert_true(guard_access_parse(SLICE("write"), &access) && access == GUARD_WRITE);
    assert_true(guard_access_parse(SLICE("destroy"), &access) && access == GUARD_DESTROY);
    assert_true(guard_access_parse(SLICE("read"), &access) && access == GUARD_READ);
    assert_false(guard_access_parse(SLICE("Read"), &access));
    assert_false(guard_access_parse(SLICE("rea"), &access));
    assert_false(guard_access_parse(SLICE(""), &access));
    assert_string_equal(guard_method_name(GUARD_PATCH), "PATCH");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_tell_what_a_request_needs),
        cmocka_unit_test(a_push_is_a_write_and_the_only_call_by_grpc),
        cmocka_unit_test(some_paths_tell_more_than_their_method),
        cmocka_unit_test(only_that_method_and_that_very_path),
        cmocka_unit_test(replaying_one_run_is_a_write_and_anything_else_that_replays_destroys),
        cmocka_unit_test(a_call_sends_what_its_access_allows),
        cmocka_unit_test(a_refusal_names_the_request_and_both_accesses),
        cmocka_unit_test(clean_paths_pass),
        cmocka_unit_test(tricks_with_paths_do_not),
        cmocka_unit_test(a_refused_path_is_named_and_a_long_one_cut),
        cmocka_unit_test(credentials_members_and_settings_are_out_of_bounds),
        cmocka_unit_test(when_alerts_are_sent_may_be_read),
        cmocka_unit_test(names_that_only_look_like_it_are_not),
        cmocka_unit_test(the_checks_come_in_a_fixed_order),
        cmocka_unit_test(access_and_methods_have_names),
    };
    return cmocka_run_group_tests_name("the gate", tests, NULL, NULL);
}
