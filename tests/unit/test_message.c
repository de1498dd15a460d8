// JSON-RPC messages: what kind each is, and how answers begin.
#include "unit.h"

#include "rpc/message.h"

// "kind id method params", "-" for what is not there; of an invalid one "code id: problem".
static const char *read_message(const char *text) {
    static char out[256];
    static const char *const kinds[] = {"request", "notification", "response"};
    json_doc doc;
    if (!json_parse(&doc, slice_of(q(text)), 0, 0)) fail_msg("%s: %s", text, doc.error);
    rpc_message m = rpc_read(doc.nodes);
    slice id = m.id.n ? m.id : SLICE("-"), method = m.method.n ? m.method : SLICE("-"),
          params = m.params ? m.params->raw : SLICE("-");
    if (m.kind == RPC_INVALID) snprintf(out, sizeof out, "%d %.*s: %s", m.code, (int)id.n, id.s, m.problem);
    else
        snprintf(out, sizeof out, "%s %.*s %.*s %.*s", kinds[m.kind], (int)id.n, id.s, (int)method.n,
                 method.s, (int)params.n, params.s);
    json_doc_free(&doc);
    return out;
}

#define READS(text, wanted) assert_string_equal(read_message(text), q(wanted))

static void the_three_kinds(void **state) {
    (void)state;
    READS("{'jsonrpc':'2.0','id':1,'method':'tools/list','params':{'a':1}}", "request 1 tools/list {'a':1}");
    READS("{'jsonrpc':'2.0','id':1,'method':'ping'}", "request 1 ping -");
    READS("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{}}",
          "notification - notifications/cancelled {}");
    READS("{'jsonrpc':'2.0','id':'a','result':{}}", "response 'a' - -");
    READS("{'jsonrpc':'2.0','id':7,'error':{'code':1,'message':''}}", "response 7 - -");
}

static void ids_are_kept_as_they_are_written(void **state) {
    (void)state;
    READS("{'jsonrpc':'2.0','id':'1','method':'ping'}", "request '1' ping -");
    READS("{'jsonrpc':'2.0','id':'','method':'ping'}", "request '' ping -");
    READS("{'jsonrpc':'2.0','id':-3,'method':'ping'}", "request -3 ping -");
    READS("{'jsonrpc':'2.0','id':123456789012345678901234567890,'method':'ping'}",
          "request 123456789012345678901234567890 ping -");
}

static void what_is_no_message(void **state) {
    (void)state;
    READS("[]", "-32600 -: a message is an object");
    READS("'ping'", "-32600 -: a message is an object");
    READS("{'id':1,'method':'ping'}", "-32600 1: 'jsonrpc' must be '2.0'");
    READS("{'jsonrpc':2.0,'id':1,'method':'ping'}", "-32600 1: 'jsonrpc' must be '2.0'");
    READS("{'jsonrpc':'2.0','id':1}", "-32600 1: 'method' must be a string");
    READS("{'jsonrpc':'2.0','id':1,'method':null}", "-32600 1: 'method' must be a string");
    READS("{'jsonrpc':'2.0','id':1,'method':5}", "-32600 1: 'method' must be a string");
    READS("{'jsonrpc':'2.0','id':null,'method':'ping'}", "-32600 -: 'id' is a string or an integer");
    READS("{'jsonrpc':'2.0','id':1.5,'method':'ping'}", "-32600 -: 'id' is a string or an integer");
    READS("{'jsonrpc':'2.0','id':1e999,'method':'ping'}", "-32600 -: 'id' is a string or an integer");
    READS("{'jsonrpc':'2.0','id':{},'method':'ping'}", "-32600 -: 'id' is a string or an integer");
    READS("{'jsonrpc':'2.0','id':1,'method':'ping','params':[1]}", "-32602 1: 'params' must be an object");
    READS("{'jsonrpc':'2.0','id':1,'method':'ping','params':null}", "-32602 1: 'params' must be an object");
}

static void errors(void **state) {
    (void)state;
    buf b = BUF(1000);
    rpc_put_error(&b, SLICE("\"a\""), true, RPC_INVALID_PARAMS, SLICE("no \"x\""), SLICE("{\"y\":1}"));
    assert_buf(&b, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32602,\"message\":\"no "
                   "\\\"x\\\"\",\"data\":{\"y\":1}}}");
    buf_clear(&b);
    rpc_put_error(&b, (slice){NULL, 0}, true, RPC_PARSE_ERROR, SLICE("m"), (slice){NULL, 0});
    assert_buf(&b, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"m\"}}");
    buf_clear(&b);
    rpc_put_error(&b, (slice){NULL, 0}, false, RPC_PARSE_ERROR, SLICE("m"), (slice){NULL, 0});
    assert_buf(&b, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"m\"}}");
    buf_free(&b);
}

static void the_beginnings_of_results_and_notifications(void **state) {
    (void)state;
    buf b = BUF(1000);
    rpc_begin_result(&b, SLICE("7"));
    json_open(&b, '{');
    json_close(&b, '}');
    buf_char(&b, '}');
    assert_buf(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");
    buf_clear(&b);
    rpc_begin_notification(&b, "notifications/progress");
    json_open(&b, '{');
    json_close(&b, '}');
    buf_char(&b, '}');
    assert_buf(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}");
    buf_free(&b);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_kinds),
        cmocka_unit_test(ids_are_kept_as_they_are_written),
        cmocka_unit_test(what_is_no_message),
        cmocka_unit_test(errors),
        cmocka_unit_test(the_beginnings_of_results_and_notifications),
    };
    return cmocka_run_group_tests_name("JSON-RPC messages", tests, NULL, NULL);
}
