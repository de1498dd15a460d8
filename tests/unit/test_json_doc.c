// Documents of JSON nodes.
#include "unit.h"

#include "base/json.h"

static json_doc doc;

static const json_node *parse(const char *text) {
    json_doc_free(&doc);
    if (!json_parse(&doc, slice_of(text), 0, 0)) fail_msg("%s: %s at %zu", text, doc.error, doc.offset);
    return doc.nodes;
}

static int teardown(void **state) {
    (void)state;
    json_doc_free(&doc);
    return 0;
}

static void members_and_elements_are_reached(void **state) {
    (void)state;
    const json_node *root = parse(q("{'a':[1,[2,3],{'x':4}],'b':{'c':{'d':'deep'}},'e':null}"));
    assert_true(slice_is(json_string(json_path(root, "b.c.d")), "deep"));
    assert_null(json_path(root, "b.x.d"));
    assert_null(json_path(root, "a.c"));
    assert_ptr_equal(json_path(root, ""), root);
    assert_true(json_is(json_get(root, "e"), JSON_NULL));
    assert_null(json_get(root, "f"));
    const json_node *list = json_get(root, "a"), *first = json_first(list), *second = json_after(list, first),
                    *third = json_after(list, second);
    assert_int_equal(list->count, 3);
    assert_int_equal(first->as.integer, 1);
    assert_int_equal(second->count, 2);
    assert_int_equal(json_get(third, "x")->as.integer, 4);
    assert_null(json_after(list, third));
}

static void what_is_not_there_is_null_all_the_way(void **state) {
    (void)state;
    assert_null(json_get(NULL, "a"));
    assert_null(json_path(NULL, "a.b"));
    assert_null(json_first(NULL));
    assert_null(json_first(parse("[]")));
    assert_null(json_first(parse("{}")));
    assert_null(json_first(parse("12")));
    assert_false(json_is(NULL, JSON_NULL));
    assert_int_equal(json_string(NULL).n, 0);
    assert_int_equal(json_string(parse("1")).n, 0);
    assert_true(json_bool(NULL, true));
    assert_false(json_bool(parse("false"), true));
    assert_true(json_bool(parse("true"), false));
    assert_false(json_bool(parse("1"), false));
    double d;
    assert_false(json_number(NULL, &d));
    assert_false(json_number(parse(q("'1'")), &d));
}

static void numbers_of_every_kind_have_a_double(void **state) {
    (void)state;
    double d;
    assert_true(json_number(parse("-5"), &d) && d == -5);
    assert_true(json_number(parse("2.5e3"), &d) && d == 2500);
    assert_true(json_number(parse("18446744073709551616"), &d) && d == 18446744073709551616.0);
    assert_true(json_number(parse("-1e999"), &d) && d < -1e308);
}

static void types_have_the_names_of_json_schema(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"null", "null"}, {"true", "boolean"}, {"false", "boolean"}, {"1", "integer"}, {"1.5", "number"},
        {"1e999", "number"}, {"''", "string"}, {"[]", "array"}, {"{}", "object"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(json_type_name(parse(q(cases[i][0]))), cases[i][1]);
}

static void keys_and_strings_are_decoded_and_raw_text_is_not(void **state) {
    (void)state;
    const json_node *root = parse(" { \"\\u0061\\n\" : \"x\\ty\\u00e4\" , \"list\" : [ 1 , 2.50 ] } ");
    const json_node *text = json_get(root, "a\n");
    assert_true(slice_is(json_string(text), "x\ty\xC3\xA4"));
    assert_true(slice_is(text->raw, "\"x\\ty\\u00e4\""));
    assert_true(slice_is(json_get(root, "list")->raw, "[ 1 , 2.50 ]"));
    assert_true(slice_is(root->raw, "{ \"\\u0061\\n\" : \"x\\ty\\u00e4\" , \"list\" : [ 1 , 2.50 ] }"));
    assert_true(slice_equal(json_string(parse("\"a\\u0000b\"")), SLICE("a\0b")));
}

static void of_a_member_that_is_named_twice_the_last_one_counts(void **state) {
    (void)state;
    assert_int_equal(json_get(parse(q("{'a':1,'b':2,'a':3}")), "a")->as.integer, 3);
}

static void twins_can_be_refused(void **state) {
    (void)state;
    assert_false(json_parse(&doc, slice_of(q("[{'a':1,'\\u0061':2}]")), JSON_UNIQUE, 0));
    assert_string_equal(doc.error, "an object names the same member twice");
    assert_null(doc.nodes);
    assert_true(json_parse(&doc, slice_of(q("{'a':{'a':1},'b':{'a':2}}")), JSON_UNIQUE, 0));
}

static void what_is_wrong_is_told_with_its_place(void **state) {
    (void)state;
    assert_false(json_parse(&doc, SLICE("[1, 2"), 0, 0));
    assert_string_equal(doc.error, "the text ends too early");
    assert_int_equal(doc.offset, 5);
    assert_int_equal(doc.count, 0);
    assert_false(json_parse(&doc, SLICE(""), 0, 0));
    assert_string_equal(doc.error, "the text is empty");
    assert_false(json_parse(&doc, (slice){NULL, 0}, 0, 0));
}

static void the_number_of_nodes_can_be_bounded(void **state) {
    (void)state;
    assert_true(json_parse(&doc, SLICE("[1,2,3]"), 0, 4));
    json_doc_free(&doc);
    assert_false(json_parse(&doc, SLICE("[1,2,3,4]"), 0, 4));
    assert_string_equal(doc.error, "too many values");
}

static void values_are_compared_as_json(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1.0", true},
        {"1", "1e0", true},
        {"1", "2", false},
        {"1", "'1'", false},
        {"0", "false", false},
        {"0", "-0", true},
        {"null", "null", true},
        {"null", "false", false},
        {"true", "true", true},
        {"true", "false", false},
        {"9007199254740993", "9007199254740992", false},
        {"9007199254740993", "9007199254740993", true},
        {"100000000000000000000000", "100000000000000000000000", true},
        {"100000000000000000000000", "100000000000000000000001", false},
        {"1e999", "1e999", true},
        {"1e999", "2e999", false},
        {"'\\u0041'", "'A'", true},
        {"'a'", "'A'", false},
        {"[1,2]", "[1, 2.0]", true},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,1]", false},
        {"[]", "{}", false},
        {"[]", "[]", true},
        {"{'a':1,'b':2}", "{'b':2,'a':1}", true},
        {"{'a':1}", "{'a':2}", false},
        {"{'a':1}", "{'b':1}", false},
        {"{'a':1}", "{'a':1,'b':2}", false},
        {"{'a':null}", "{}", false},
        {"{'a':[{'b':1}]}", "{'a':[{'b':1}]}", true},
        {"{'a':1,'a':2}", "{'a':2}", true},
        {"{'a':1,'a':1}", "{'a':1,'b':1}", false},
        {"{'a':2,'a':1}", "{'a':2}", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_doc a, b;
        assert_true(json_parse(&a, slice_of(q(cases[i].a)), 0, 0));
        assert_true(json_parse(&b, slice_of(q(cases[i].b)), 0, 0));
        if (json_equal(a.nodes, b.nodes) != cases[i].equal) fail_msg("%s, %s", cases[i].a, cases[i].b);
        if (json_equal(b.nodes, a.nodes) != cases[i].equal) fail_msg("%s, %s", cases[i].b, cases[i].a);
        json_doc_free(&a);
        json_doc_free(&b);
    }
    assert_true(json_equal(NULL, NULL));
    assert_false(json_equal(NULL, parse("null")));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(members_and_elements_are_reached, teardown),
        cmocka_unit_test_teardown(what_is_not_there_is_null_all_the_way, teardown),
        cmocka_unit_test_teardown(numbers_of_every_kind_have_a_double, teardown),
        cmocka_unit_test_teardown(types_have_the_names_of_json_schema, teardown),
        cmocka_unit_test_teardown(keys_and_strings_are_decoded_and_raw_text_is_not, teardown),
        cmocka_unit_test_teardown(of_a_member_that_is_named_twice_the_last_one_counts, teardown),
        cmocka_unit_test_teardown(twins_can_be_refused, teardown),
        cmocka_unit_test_teardown(what_is_wrong_is_told_with_its_place, teardown),
        cmocka_unit_test_teardown(the_number_of_nodes_can_be_bounded, teardown),
        cmocka_unit_test_teardown(values_are_compared_as_json, teardown),
    };
    return cmocka_run_group_tests_name("JSON documents", tests, NULL, NULL);
}
