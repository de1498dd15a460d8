// Arguments of a call: from what the client sent to what the script gets.
#include "unit.h"

#include "guard/arguments.h"

// 2026-11-21T06:29:04.291Z
#define NOW INT64_C(1795242544291000)

static guard_cut cut;

// What the script gets, or the problems. The property "id" is required.
static const char *got(const char *properties, const char *arguments) {
    static char out[4096];
    json_doc schema, given = {0};
    buf text = BUF(8192), checked = BUF(8192), error = BUF(8192);
    buf_printf(&text, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{%s}",
               q(properties));
    if (strstr(properties, "'id'")) buf_text(&text, ",\"required\":[\"id\"]");
    buf_char(&text, '}');
    assert_true(json_parse(&schema, buf_view(&text), 0, 0));
    if (arguments) assert_true(json_parse(&given, slice_of(q(arguments)), 0, 0));
    bool ok = guard_arguments(schema.nodes, given.nodes, NOW, &checked, &cut, &error);
    assert_int_equal(ok, error.n == 0);
    snprintf(out, sizeof out, "%s", ok ? buf_string(&checked) : buf_string(&error));
    json_doc_free(&schema);
    json_doc_free(&given);
    buf_free(&text);
    buf_free(&checked);
    buf_free(&error);
    return out;
}

#define GETS(properties, arguments, wanted) assert_string_equal(got(properties, arguments), q(wanted))

static void values_of_the_declared_type_are_passed_on(void **state) {
    (void)state;
    GETS("'a':{'type':'string'},'b':{'type':'integer'},'c':{'type':'boolean'},'d':{'type':'number'},'e':{}",
         "{'e':{'x':[1,null]},'d':2.50,'c':true,'b':-7,'a':'x\\u0041'}",
         "{'a':'xA','b':-7,'c':true,'d':2.50,'e':{'x':[1,null]}}");
    GETS("'a':{'type':'integer'}", "{'a':10.0}", "{'a':10}");
    GETS("'a':{'type':'integer'}", "{'a':123456789012345678901234567890}",
         "{'a':123456789012345678901234567890}");
    GETS("'a':{'type':'number'}", "{'a':10.0}", "{'a':10.0}");
}

static void no_arguments_are_an_empty_object(void **state) {
    (void)state;
    GETS("", NULL, "{}");
    GETS("", "{}", "{}");
    GETS("'a':{'type':'string'}", NULL, "{}");
}

static void a_string_that_is_exactly_the_json_of_the_type_is_converted(void **state) {
    (void)state;
    GETS("'a':{'type':'integer'}", "{'a':'10'}", "{'a':10}");
    GETS("'a':{'type':'number'}", "{'a':'-1.5e3'}", "{'a':-1.5e3}");
    GETS("'a':{'type':'boolean'}", "{'a':'true'}", "{'a':true}");
    assert_string_equal(got("'a':{'type':'array','items':{'type':'string'}}", "{'a':'[\\u0022x\\u0022]'}"),
                        "{\"a\":[\"x\"]}");
    assert_string_equal(got("'a':{'type':'object'}", "{'a':'{\\u0022x\\u0022: 1}'}"), "{\"a\":{\"x\":1}}");
}

static void nothing_else_is_converted(void **state) {
    (void)state;
    GETS("'a':{'type':'integer'}", "{'a':'ten'}", "argument 'a': must be an integer, got 'ten'");
    GETS("'a':{'type':'integer'}", "{'a':'010'}", "argument 'a': must be an integer, got '010'");
    GETS("'a':{'type':'integer'}", "{'a':'+10'}", "argument 'a': must be an integer, got '+10'");
    GETS("'a':{'type':'integer'}", "{'a':''}", "argument 'a': must be an integer, got ''");
    GETS("'a':{'type':'boolean'}", "{'a':'True'}", "argument 'a': must be a boolean, got 'True'");
    GETS("'a':{'type':'boolean'}", "{'a':1}", "argument 'a': must be a boolean, got 1");
    GETS("'a':{'type':'string'}", "{'a':10}", "argument 'a': must be a string, got 10");
    GETS("'a':{'type':'string'}", "{'a':'10'}", "{'a':'10'}");
    GETS("'a':{}", "{'a':'10'}", "{'a':'10'}"); // any JSON: it is a string already
    GETS("'a':{'type':'array'}", "{'a':'x'}", "argument 'a': must be an array, got 'x'");
}

static void what_is_converted_is_checked(void **state) {
    (void)state;
    GETS("'a':{'type':'integer','minimum':1}", "{'a':'0'}", "argument 'a': must be at least 1, got 0");
    GETS("'a':{'type':'integer'}", "{'a':'1.5'}", "argument 'a': must be an integer, got 1.5");
    GETS("'a':{'type':'integer'}", "{'a':'null'}", "argument 'a': must be an integer, got null");
}

static void null_is_absent_where_it_may_be(void **state) {
    (void)state;
    GETS("'a':{'type':'string'}", "{'a':null}", "{}");
    GETS("'a':{'type':'integer','default':5}", "{'a':null}", "{'a':5}");
    GETS("'a':{}", "{'a':null}", "{'a':null}"); // any JSON: null is a value
    GETS("'id':{'type':'string','description':'The run.'}", "{'id':null}",
         "argument 'id': must be a string, got null");
}

static void defaults_are_filled_in_and_finished_like_arguments(void **state) {
    (void)state;
    GETS("'a':{'type':'integer','default':5},'b':{'type':'string'},'c':{'type':'boolean','default':false}",
         "{}", "{'a':5,'c':false}");
    GETS("'a':{'type':'integer','default':5}", "{'a':6}", "{'a':6}");
    GETS("'since':{'type':'string','x-time':true,'default':'24h'}", NULL,
         "{'since':'2026-11-20T06:29:04.291Z'}");
}

static void what_is_required_must_be_there(void **state) {
    (void)state;
    GETS("'id':{'type':'string','description':'The run.'}", "{}", "argument 'id' is missing: The run.");
    GETS("'id':{'type':'string','description':'The run.'}", NULL, "argument 'id' is missing: The run.");
}

static void an_unknown_argument_is_refused_with_the_nearest_name(void **state) {
    (void)state;
    GETS("'limit':{'type':'integer'},'since':{'type':'string'}", "{'limt':1}",
         "there is no argument 'limt'; did you mean 'limit'?");
    GETS("'limit':{'type':'integer'},'since':{'type':'string'}", "{'zzz':1}",
         "there is no argument 'zzz'; there are limit, since");
    GETS("", "{'a':1}", "there is no argument 'a'; there are none");
}

static void each_problem_is_a_sentence_on_its_line(void **state) {
    (void)state;
    GETS("'id':{'type':'string','description':'The "
         "run.'},'limit':{'type':'integer','minimum':1},'on':{'type':'boolean'}",
         "{'limit':0,'onn':true,'on':'maybe'}",
         "there is no argument 'onn'; did you mean 'on'?\n"
         "argument 'id' is missing: The run.\n"
         "argument 'limit': must be at least 1, got 0\n"
         "argument 'on': must be a boolean, got 'maybe'");
}

static void problems_inside_a_value_have_its_path(void **state) {
    (void)state;
    GETS("'a':{'type':'array','items':{'type':'object','properties':{'b':{'type':'integer'}}}}",
         "{'a':[{'b':1},{'b':'x'}]}", "argument 'a'[1].b: must be an integer, got 'x'");
}

#define UUID "'type':'string','format':'uuid'"
#define TIME "'type':'string','x-time':true"

static void uuids_become_lower_case(void **state) {
    (void)state;
    GETS("'a':{" UUID "}", "{'a':'6C82295D-600E-48C4-9F0E-3A0C5A1D2B7E'}",
         "{'a':'6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e'}");
    GETS("'a':{" UUID "}", "{'a':'my-run'}",
         "argument 'a': must be a UUID such as 6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e, got 'my-run'");
}

static void times_become_utc(void **state) {
    (void)state;
    GETS("'a':{" TIME "}", "{'a':'2026-11-21T06:29:04+02:00'}", "{'a':'2026-11-21T04:29:04Z'}");
    GETS("'a':{" TIME "}", "{'a':'24h'}", "{'a':'2026-11-20T06:29:04.291Z'}");
    GETS("'a':{" TIME "}", "{'a':'1795242544'}", "{'a':'2026-11-21T06:29:04Z'}");
    GETS("'a':{" TIME "}", "{'a':'yesterday'}",
         "argument 'a' is not a time: write 2026-11-21T06:29:04Z (any offset, or a date alone), "
         "24h or -2d (ago), now-90m, or +1h (ahead)");
}

#define LIMIT "'limit':{'type':'integer','minimum':1,'x-cap':100,'default':20}"

static void a_limit_is_cut_at_its_cap(void **state) {
    (void)state;
    GETS(LIMIT, "{'limit':100}", "{'limit':100}");
    assert_int_equal(cut.served, 0);
    GETS(LIMIT, "{'limit':101}", "{'limit':100}");
    assert_int_equal(cut.asked, 101);
    assert_int_equal(cut.served, 100);
    GETS(LIMIT, "{'limit':'5000'}", "{'limit':100}");
    assert_int_equal(cut.asked, 5000);
    GETS(LIMIT, "{}", "{'limit':20}");
    assert_int_equal(cut.served, 0); // of this call
    GETS(LIMIT, "{'limit':0}", "argument 'limit': must be at least 1, got 0");
}

static void a_limit_is_cut_however_it_is_written(void **state) {
    (void)state;
    GETS(LIMIT, "{'limit':500.0}", "{'limit':100}");
    assert_int_equal(cut.asked, 500);
    GETS(LIMIT, "{'limit':1e6}", "{'limit':100}");
    assert_int_equal(cut.asked, 1000000);
    GETS(LIMIT, "{'limit':50.0}", "{'limit':50}");
    GETS(LIMIT, "{'limit':1e300}", "{'limit':100}");
    assert_true(cut.asked == INT64_MAX);
    GETS(LIMIT, "{'limit':123456789012345678901234567890}", "{'limit':100}");
    assert_true(cut.asked == INT64_MAX);
}

static void lists_and_objects_are_finished_inside(void **state) {
    (void)state;
    GETS("'ids':{'type':'array','items':{" UUID "}}", "{'ids':['6C82295D-600E-48C4-9F0E-3A0C5A1D2B7E']}",
         "{'ids':['6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e']}");
    GETS("'at':{'type':'array','items':{" TIME "}}", "{'at':['24h','2026-11-21']}",
         "{'at':['2026-11-20T06:29:04.291Z','2026-11-21T00:00:00Z']}");
    GETS("'filter':{'type':'object','properties':{'since':{" TIME "},'n':{'type':'integer','default':3}}}",
         "{'filter':{'other':[ 1 ],'since':'24h'}}",
         "{'filter':{'other':[1],'since':'2026-11-20T06:29:04.291Z','n':3}}");
    GETS("'by':{'type':'object','additionalProperties':{" TIME "}}", "{'by':{'x':'24h'}}",
         "{'by':{'x':'2026-11-20T06:29:04.291Z'}}");
}

static void numbers_that_no_script_can_count_with_are_refused_where_there_is_a_bound(void **state) {
    (void)state;
    GETS("'a':{'type':'integer','minimum':0}", "{'a':99999999999999999999}", "argument 'a' is too large");
    GETS("'a':{'type':'number','maximum':1}", "{'a':-1e999}", "argument 'a' is too large");
    GETS("'a':{'type':'integer','minimum':1,'x-cap':100}", "{'a':99999999999999999999}", "{'a':100}");
}

static void integers_written_as_floats_are_exact_or_refused(void **state) {
    (void)state;
    GETS("'a':{'type':'integer'}", "{'a':1e15}", "{'a':1000000000000000}");
    GETS("'a':{'type':'integer'}", "{'a':1e16}", "argument 'a' is too large to be exact");
}

static void arguments_that_do_not_fit_are_refused_with_a_sentence(void **state) {
    (void)state;
    json_doc schema, given;
    buf checked = BUF(10), error = BUF(1000);
    assert_true(json_parse(&schema, slice_of(q("{'properties':{'a':{'type':'string'}}}")), 0, 0));
    assert_true(json_parse(&given, slice_of(q("{'a':'longer than ten bytes'}")), 0, 0));
    assert_false(guard_arguments(schema.nodes, given.nodes, NOW, &checked, &cut, &error));
    assert_buf(&error, "the arguments are too large");
    json_doc_free(&schema);
    json_doc_free(&given);
    buf_free(&checked);
    buf_free(&error);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_the_declared_type_are_passed_on),
        cmocka_unit_test(no_arguments_are_an_empty_object),
        cmocka_unit_test(a_string_that_is_exactly_the_json_of_the_type_is_converted),
        cmocka_unit_test(nothing_else_is_converted),
        cmocka_unit_test(what_is_converted_is_checked),
        cmocka_unit_test(null_is_absent_where_it_may_be),
        cmocka_unit_test(defaults_are_filled_in_and_finished_like_arguments),
        cmocka_unit_test(what_is_required_must_be_there),
        cmocka_unit_test(an_unknown_argument_is_refused_with_the_nearest_name),
        cmocka_unit_test(each_problem_is_a_sentence_on_its_line),
        cmocka_unit_test(problems_inside_a_value_have_its_path),
        cmocka_unit_test(uuids_become_lower_case),
        cmocka_unit_test(times_become_utc),
        cmocka_unit_test(a_limit_is_cut_at_its_cap),
        cmocka_unit_test(a_limit_is_cut_however_it_is_written),
        cmocka_unit_test(lists_and_objects_are_finished_inside),
        cmocka_unit_test(numbers_that_no_script_can_count_with_are_refused_where_there_is_a_bound),
        cmocka_unit_test(integers_written_as_floats_are_exact_or_refused),
        cmocka_unit_test(arguments_that_do_not_fit_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
