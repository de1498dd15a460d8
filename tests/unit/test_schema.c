// JSON Schema: what passes, and how problems are told.
#include "unit.h"

#include "guard/schema.h"

// The problems of a value against a schema, "" if there are none.
static const char *problems(const char *schema, const char *value) {
    static char out[8192];
    json_doc s, v;
    guard_problems found = {.text = BUF(sizeof out - 1)};
    if (!json_parse(&s, slice_of(q(schema)), 0, 0)) fail_msg("%s: %s", schema, s.error);
    if (!json_parse(&v, slice_of(q(value)), 0, 0)) fail_msg("%s: %s", value, v.error);
    bool ok = guard_schema_check(s.nodes, s.nodes, v.nodes, "$", &found);
    bool quiet = guard_schema_check(s.nodes, s.nodes, v.nodes, "$", NULL);
    snprintf(out, sizeof out, "%s", buf_string(&found.text));
    assert_int_equal(ok, found.count == 0);
    assert_int_equal(ok, quiet); // without problems wanted the verdict is the same
    buf_free(&found.text);
    json_doc_free(&s);
    json_doc_free(&v);
    return out;
}

#define PASSES(schema, value) assert_string_equal(problems(schema, value), "")
#define FAILS(schema, value, text) assert_string_equal(problems(schema, value), text "\n")

static void types(void **state) {
    (void)state;
    PASSES("{'type':'null'}", "null");
    PASSES("{'type':'boolean'}", "false");
    PASSES("{'type':'string'}", "''");
    PASSES("{'type':'array'}", "[]");
    PASSES("{'type':'object'}", "{}");
    PASSES("{'type':'number'}", "1");
    PASSES("{'type':'number'}", "1e999");
    PASSES("{'type':['string','null']}", "null");
    FAILS("{'type':'string'}", "1", "$: must be a string, got 1");
    FAILS("{'type':'object'}", "[]", "$: must be an object, got []");
    FAILS("{'type':'boolean'}", "'true'", "$: must be a boolean, got \"true\"");
    FAILS("{'type':['string','null']}", "{'a':1}",
          "$: must be one of the types [\"string\",\"null\"], got {\"a\":1}");
}

static void an_integer_is_a_number_without_a_fraction(void **state) {
    (void)state;
    PASSES("{'type':'integer'}", "10");
    PASSES("{'type':'integer'}", "10.0");
    PASSES("{'type':'integer'}", "1e3");
    PASSES("{'type':'integer'}", "123456789012345678901234567890");
    FAILS("{'type':'integer'}", "1.5", "$: must be an integer, got 1.5");
    FAILS("{'type':'integer'}", "1e999", "$: must be an integer, got 1e999");
    FAILS("{'type':'integer'}", "'10'", "$: must be an integer, got \"10\"");
}

static void enum_and_const(void **state) {
    (void)state;
    PASSES("{'enum':['a',1,null,[2]]}", "[2.0]");
    FAILS("{'enum':['FAILED','RUNNING']}", "'FAILD'",
          "$: \"FAILD\" is not one of [\"FAILED\",\"RUNNING\"]; did you mean \"FAILED\"?");
    FAILS("{'enum':['FAILED','RUNNING']}", "'failed'",
          "$: \"failed\" is not one of [\"FAILED\",\"RUNNING\"]; did you mean \"FAILED\"?");
    FAILS("{'enum':['a']}", "2", "$: 2 is not one of [\"a\"]");
    PASSES("{'const':{'a':1,'b':2}}", "{'b':2,'a':1}");
    FAILS("{'const':1}", "2", "$: must be 1, got 2");
}

static void bounds_of_numbers(void **state) {
    (void)state;
    PASSES("{'minimum':1,'maximum':5}", "1");
    PASSES("{'minimum':1,'maximum':5}", "5.0");
    PASSES("{'exclusiveMinimum':1,'exclusiveMaximum':5}", "1.5");
    PASSES("{'minimum':1}", "'0'"); // bounds are for numbers
    FAILS("{'minimum':1}", "0", "$: must be at least 1, got 0");
    FAILS("{'maximum':5}", "5.5", "$: must be at most 5, got 5.5");
    FAILS("{'exclusiveMinimum':1}", "1", "$: must be more than 1, got 1");
    FAILS("{'exclusiveMaximum':5}", "5", "$: must be less than 5, got 5");
    FAILS("{'minimum':0}", "-1e999", "$: must be at least 0, got -1e999");
    PASSES("{'multipleOf':0.1}", "0.3");
    PASSES("{'multipleOf':5}", "-10");
    FAILS("{'multipleOf':5}", "7", "$: must be a multiple of 5, got 7");
    PASSES("{'multipleOf':0}", "7"); // no step at all
}

static void lengths_are_counted_in_characters(void **state) {
    (void)state;
    PASSES("{'minLength':2,'maxLength':2}", "'\xC3\xA4\xF0\x9F\x98\x80'");
    FAILS("{'minLength':3}", "'ab'", "$: must have at least 3 characters, has 2");
    FAILS("{'maxLength':1}", "'ab'", "$: must have at most 1 characters, has 2");
}

static void formats(void **state) {
    (void)state;
    PASSES("{'format':'uuid'}", "'6C82295d-600e-48c4-9f0e-3a0c5a1d2b7e'");
    FAILS("{'format':'uuid'}", "'6c82295d600e48c49f0e3a0c5a1d2b7e'",
          "$: must be a UUID such as 6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e, got "
          "\"6c82295d600e48c49f0e3a0c5a1d2b7e\"");
    PASSES("{'format':'date-time'}", "'2026-11-21T06:29:04+02:00'");
    FAILS("{'format':'date-time'}", "'2026-11-21'",
          "$: must be a time such as 2026-11-21T06:29:04Z, got \"2026-11-21\"");
    PASSES("{'format':'date'}", "'2026-11-21'");
    FAILS("{'format':'date'}", "'2026-11-31'", "$: must be a date such as 2026-11-21, got \"2026-11-31\"");
    PASSES("{'format':'email'}", "'a@b'");
    FAILS("{'format':'email'}", "'@b'", "$: must be an e-mail address, got \"@b\"");
    PASSES("{'format':'uri'}", "'urn:x'");
    FAILS("{'format':'uri'}", "'//x'", "$: must be a URI, got \"//x\"");
    PASSES("{'format':'idn-hostname'}", "'anything'"); // not known: ignored
    PASSES("{'format':'uuid'}", "5");
}

static void arrays(void **state) {
    (void)state;
    PASSES("{'items':{'type':'integer'},'minItems':1,'maxItems':2}", "[1,2]");
    FAILS("{'minItems':1}", "[]", "$: must have at least 1 items, has 0");
    FAILS("{'maxItems':1}", "[1,2]", "$: must have at most 1 items, has 2");
    FAILS("{'items':{'type':'integer'}}", "[1,'2',3,null]",
          "$[1]: must be an integer, got \"2\"\n$[3]: must be an integer, got null");
    PASSES("{'prefixItems':[{'type':'integer'},{'type':'string'}],'items':{'type':'null'}}", "[1,'a',null]");
    FAILS("{'prefixItems':[{'type':'integer'},{'type':'string'}],'items':{'type':'null'}}", "['a','b',3]",
          "$[0]: must be an integer, got \"a\"\n$[2]: must be a null, got 3");
    PASSES("{'uniqueItems':true}", "[1,'1',[1],[2]]");
    FAILS("{'uniqueItems':true}", "[{'a':1},{'a':1.0}]", "$: has the same item twice: {\"a\":1}");
    PASSES("{'uniqueItems':false}", "[1,1]");
    FAILS("{'items':false}", "[1]", "$[0]: is not allowed");
}

static void twins_are_looked_for_among_a_thousand_items(void **state) {
    (void)state;
    buf list = BUF(10000);
    json_open(&list, '[');
    for (int i = 0; i < 1001; i++) json_put_int(&list, i);
    json_close(&list, ']');
    FAILS("{'uniqueItems':true}", buf_string(&list),
          "$: must have at most 1000 items to be checked for twins, has 1001");
    PASSES("{}", buf_string(&list));
    buf_free(&list);
}

static void objects(void **state) {
    (void)state;
    PASSES("{'properties':{'a':{'type':'integer'}},'required':['a']}", "{'a':1,'b':'free'}");
    FAILS("{'required':['a','b']}", "{'b':1}", "$: needs \"a\"");
    FAILS("{'properties':{'a':{'type':'integer'}}}", "{'a':'x'}", "$.a: must be an integer, got \"x\"");
    FAILS("{'properties':{'limit':{}},'additionalProperties':false}", "{'limt':1}",
          "$: has no \"limt\"; did you mean \"limit\"?");
    FAILS("{'additionalProperties':false}", "{'a':1}", "$: has no \"a\"");
    PASSES("{'properties':{'a':{}},'additionalProperties':{'type':'string'}}", "{'a':1,'b':'x'}");
    FAILS("{'properties':{'a':{}},'additionalProperties':{'type':'string'}}", "{'a':1,'b':2}",
          "$.b: must be a string, got 2");
    FAILS("{'minProperties':1}", "{}", "$: must have at least 1 members, has 0");
    FAILS("{'properties':{'a':{'properties':{'b':{'items':{'type':'string'}}}}}}", "{'a':{'b':['x',[]]}}",
          "$.a.b[1]: must be a string, got []");
    PASSES("{'required':['a']}", "[]"); // words for objects are for objects
}

static void choices(void **state) {
    (void)state;
    PASSES("{'anyOf':[{'type':'string'},{'type':'null'}]}", "null");
    FAILS("{'anyOf':[{'type':'string'},{'type':'integer'}]}", "[]", "$: fits none of its 2 alternatives");
    // one alternative and null: it is the alternative that is told about
    FAILS("{'anyOf':[{'properties':{'a':{'type':'integer'}},'type':'object'},{'type':'null'}]}", "{'a':'x'}",
          "$.a: must be an integer, got \"x\"");
    PASSES("{'oneOf':[{'type':'integer'},{'minimum':5}]}", "3");
    FAILS("{'oneOf':[{'type':'integer'},{'minimum':5}]}", "7",
          "$: fits 2 of its 2 alternatives, must fit one");
    FAILS("{'oneOf':[{'type':'integer'}]}", "'x'", "$: fits 0 of its 1 alternatives, must fit one");
    PASSES("{'allOf':[{'minimum':1},{'maximum':3}]}", "2");
    FAILS("{'allOf':[{'minimum':1},{'maximum':3}]}", "4", "$: must be at most 3, got 4");
    PASSES("{'not':{'type':'string'}}", "1");
    FAILS("{'not':{'type':'string'}}", "'x'", "$: has a form that is excluded");
}

static void references_point_into_the_document(void **state) {
    (void)state;
    PASSES("{'$ref':'#/$defs/x','$defs':{'x':{'type':'integer'}}}", "1");
    FAILS("{'properties':{'a':{'$ref':'#/$defs/x'}},'$defs':{'x':{'type':'integer'}}}", "{'a':'1'}",
          "$.a: must be an integer, got \"1\"");
    FAILS("{'$ref':'#/$defs/a~1b~0c','$defs':{'a/b~c':{'const':1}}}", "2", "$: must be 1, got 2");
    FAILS("{'$ref':'#/$defs/y'}", "1", "$: its schema refers to \"#/$defs/y\", which is not there");
    FAILS("{'$ref':'http://x/y'}", "1", "$: its schema refers to \"http://x/y\", which is not there");
    PASSES("{'properties':{'child':{'$ref':'#'}},'type':'object'}", "{'child':{'child':{}}}");
    FAILS("{'properties':{'child':{'$ref':'#'}},'type':'object'}", "{'child':{'child':1}}",
          "$.child.child: must be an object, got 1");
    FAILS("{'$ref':'#/$defs/x','$defs':{'x':{}},'minimum':5}", "4",
          "$: must be at least 5, got 4"); // words beside it count
}

static void schemas_that_run_in_circles_end(void **state) {
    (void)state;
    FAILS("{'$ref':'#'}", "1", "$: is too involved to be checked");
    const char *bomb = problems("{'anyOf':[{'$ref':'#'},{'$ref':'#'},{'$ref':'#'}]}", "1");
    assert_non_null(strstr(bomb, "$: "));
}

static void unknown_words_and_broken_ones_are_ignored(void **state) {
    (void)state;
    PASSES("{'pattern':'^a','x-time':true,'examples':[1]}", "'b'");
    PASSES("{'minimum':'x','enum':{},'type':5,'required':'a','items':3,'properties':[],'anyOf':{}}",
           "{'a':1}");
    PASSES("true", "1");
    FAILS("false", "1", "$: is not allowed");
    PASSES("[]", "1");
}

static void long_values_are_cut_between_characters(void **state) {
    (void)state;
    FAILS("{'type':'integer'}", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
          "$: must be an integer, got \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…");
    FAILS("{'type':'integer'}", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA4z'",
          "$: must be an integer, got \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…");
}

static void no_more_than_twenty_problems_are_told(void **state) {
    (void)state;
    const char *text =
        problems("{'items':{'type':'null'}}", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22]");
    size_t lines = 0;
    for (; *text; text++) lines += *text == '\n';
    assert_int_equal(lines, GUARD_PROBLEMS);
}

static void the_nearest_name(void **state) {
    (void)state;
    static const char *const names[] = {"workflow_id", "workflow_run_id", "limit", "since", "status"};
    static const char *const cases[][2] = {
        {"limt", "limit"},
        {"LIMIT", "limit"},
        {"workflowid", "workflow_id"},
        {"workflow_runid", "workflow_run_id"},
        {"workflow", "workflow_id"},
        {"statuses", "status"},
        {"sinse", "since"},
        {"zzz", NULL},
        {"", NULL},
        {"x", NULL},
        {"limitations_of_it", "limit"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *near = guard_nearest(slice_of(cases[i][0]), names, COUNT(names));
        if (cases[i][1] == NULL) assert_null(near);
        else assert_string_equal(near ? near : "none", cases[i][1]);
    }
    assert_null(guard_nearest(SLICE("a"), NULL, 0));
}

static void uuids(void **state) {
    (void)state;
    assert_true(slice_is_uuid(SLICE("6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e")));
    assert_true(slice_is_uuid(SLICE("6C82295D-600E-48C4-9F0E-3A0C5A1D2B7E")));
    assert_false(slice_is_uuid(SLICE("6c82295d-600e-48c4-9f0e-3a0c5a1d2b7")));
    assert_false(slice_is_uuid(SLICE("6c82295d-600e-48c4-9f0e-3a0c5a1d2b7e0")));
    assert_false(slice_is_uuid(SLICE("6c82295d-600e-48c4-9f0e-3a0c5a1d2b7g")));
    assert_false(slice_is_uuid(SLICE("6c82295d0600e-48c4-9f0e-3a0c5a1d2b7e")));
    assert_false(slice_is_uuid(SLICE("")));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(an_integer_is_a_number_without_a_fraction),
        cmocka_unit_test(enum_and_const),
        cmocka_unit_test(bounds_of_numbers),
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(formats),
        cmocka_unit_test(arrays),
        cmocka_unit_test(twins_are_looked_for_among_a_thousand_items),
        cmocka_unit_test(objects),
        cmocka_unit_test(choices),
        cmocka_unit_test(references_point_into_the_document),
        cmocka_unit_test(schemas_that_run_in_circles_end),
        cmocka_unit_test(unknown_words_and_broken_ones_are_ignored),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(no_more_than_twenty_problems_are_told),
        cmocka_unit_test(the_nearest_name),
        cmocka_unit_test(uuids),
    };
    return cmocka_run_group_tests_name("JSON Schema", tests, NULL, NULL);
}
