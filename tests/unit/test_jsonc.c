// JSON with comments: what is read, what is refused and where, and what the editors do to a text.
#include "unit.h"

#include "command/jsonc.h"

#define ALL (JSONC_COMMENTS | JSONC_TRAILING_COMMAS)
#define MANY ((size_t)1 << 20)

// --- reading -----------------------------------------------------------------------------------------------

static void assert_plain(const char *text, int allowed, const char *plain) {
    jsonc doc;
    buf out = BUF(MANY);
    assert_true(jsonc_read(&doc, slice_of(text), allowed));
    if (doc.count) jsonc_put_plain(&doc, doc.items, &out);
    assert_buf(&out, plain);
    jsonc_free(&doc);
    buf_free(&out);
}

static void json_with_comments_is_read(void **state) {
    (void)state;
    assert_plain("", ALL, "");
    assert_plain(" // nothing\n/* at all */", ALL, "");
    assert_plain("{}", 0, "{}");
    assert_plain("\xEF\xBB\xBF{}", 0, "{}");
    assert_plain(" [1, -2.5e3, true ,null,\"a\\\"b\"] ", 0, "[1,-2.5e3,true,null,\"a\\\"b\"]");
    assert_plain(q("{ // c\n 'a' /* , */ : [1, 2, ], 'b//': {'c': '/* */',} ,}"), ALL,
                 q("{'a':[1,2],'b//':{'c':'/* */'}}"));
    assert_plain("[1]//", ALL, "[1]");
}

static void assert_refused(const char *text, int allowed, size_t offset, const char *error) {
    jsonc doc;
    assert_false(jsonc_read(&doc, slice_of(text), allowed));
    assert_string_equal(doc.error, error);
    assert_int_equal(doc.offset, offset);
    jsonc_free(&doc);
}

static void what_is_not_allowed_is_refused(void **state) {
    (void)state;
    assert_refused("{} // c", 0, 3, "a comment, which this client does not allow here");
    assert_refused("[1,]", JSONC_COMMENTS, 2,
                   "a comma after the last one, which this client does not allow here");
    assert_refused("{} {}", ALL, 3, "there is something after the end");
    assert_refused("{", ALL, 0, "an object that does not end");
    assert_refused("[1", ALL, 0, "a list that does not end");
    assert_refused("/* x", ALL, 0, "a comment that does not end");
    assert_refused("{\"a\" 1}", ALL, 5, "a colon is missing here");
    assert_refused("{a: 1}", ALL, 1, "the name of a member is missing here, in double quotes");
    assert_refused("{,}", ALL, 1, "the name of a member is missing here, in double quotes");
    assert_refused("{\"a\":}", ALL, 5, "a value is missing here");
    assert_refused("{\"a\":", ALL, 5, "a value is missing at the end of the file");
    assert_refused("[1 2]", ALL, 3, "a comma is missing before this");
    assert_refused("[,]", ALL, 1, "a value is missing here");
    assert_refused("[\"a\n\"]", ALL, 1, "a string that does not end");
    assert_refused("[\"a\\", ALL, 1, "a string that does not end");
    jsonc doc;
    assert_false(jsonc_read(&doc, SLICE("[tru]"), ALL));
    jsonc_free(&doc);
    assert_false(jsonc_read(&doc, SLICE("[01]"), ALL));
    jsonc_free(&doc);
    assert_false(jsonc_read(&doc, SLICE("[\"\xFF\"]"), ALL));
    jsonc_free(&doc);
}

static void nesting_has_a_ceiling(void **state) {
    (void)state;
    char text[2 * JSON_DEPTH + 3];
    jsonc doc;
    for (size_t depth = JSON_DEPTH; depth <= JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(jsonc_read(&doc, (slice){text, 2 * depth}, 0), depth == JSON_DEPTH);
        jsonc_free(&doc);
    }
}

static void members_are_found_by_what_their_names_say(void **state) {
    (void)state;
    jsonc doc;
    size_t count;
    slice text = slice_of(q("{'a': {'b': 1}, '\\u0062': 2, 'c': 3, 'c': 4}"));
    assert_true(jsonc_read(&doc, text, 0));
    const jsonc_item *b = jsonc_member(&doc, doc.items, SLICE("b"), &count);
    assert_true(text.s[b->start] == '2' && count == 1);
    assert_true(text.s[jsonc_member(&doc, doc.items, SLICE("c"), &count)->start] == '4' && count == 2);
    assert_null(jsonc_member(&doc, doc.items, SLICE("d"), &count));
    assert_int_equal(count, 0);
    jsonc_free(&doc);
}

static void lines_are_counted_from_one(void **state) {
    (void)state;
    assert_int_equal(jsonc_line(SLICE("a\nb\nc"), 0), 1);
    assert_int_equal(jsonc_line(SLICE("a\nb\nc"), 2), 2);
    assert_int_equal(jsonc_line(SLICE("a\nb\nc"), 9), 3);
}

// --- editing -----------------------------------------------------------------------------------------------

// Adds a member to the object at a path of one name ("" for the root), and takes it out again: then all is as
// it was.
static void assert_added(const char *before, const char *to, const char *value, const char *after) {
    jsonc doc;
    buf out = BUF(MANY), back = BUF(MANY);
    assert_true(jsonc_read(&doc, slice_of(before), ALL));
    const jsonc_item *object = *to ? jsonc_member(&doc, doc.items, slice_of(to), NULL) : doc.items;
    jsonc_add(&doc, object, object->type == JSON_ARRAY ? (slice){0} : SLICE("x"), slice_of(value), &out);
    assert_buf(&out, after);
    jsonc_free(&doc);
    assert_true(jsonc_read(&doc, buf_view(&out), ALL));
    object = *to ? jsonc_member(&doc, doc.items, slice_of(to), NULL) : doc.items;
    const jsonc_item *last = jsonc_first(object);
    for (const jsonc_item *m = last; m; m = jsonc_after(object, m)) last = m;
    jsonc_remove(&doc, object, last, &back);
    assert_buf(&back, before);
    jsonc_free(&doc);
    buf_free(&out);
    buf_free(&back);
}

static void a_member_is_written_as_its_neighbours(void **state) {
    (void)state;
    assert_added("{}", "", "1", "{\n  \"x\": 1\n}");
    assert_added(q("{\n  'a': 1\n}\n"), "", "2", q("{\n  'a': 1,\n  'x': 2\n}\n"));
    assert_added(q("{\n\t'a': {\n\t\t'b': 1\n\t}\n}"), "a", "{\"c\":[1,\"d\"],\"e\":{}}",
                 q("{\n\t'a': {\n\t\t'b': 1,\n\t\t'x': {\n"
                   "\t\t\t'c': [1, 'd'],\n\t\t\t'e': {}\n\t\t}\n\t}\n}"));
    assert_added(q("{\r\n    'a': {}\r\n}\r\n"), "a", "1",
                 q("{\r\n    'a': {\r\n        'x': 1\r\n    }\r\n}\r\n"));
    assert_added(q("{'a':1}"), "", "{\"b\":2,\"c\":[1,2]}", q("{'a':1,'x':{'b':2,'c':[1,2]}}"));
    assert_added(q("{ 'a': 1 }"), "", "[{\"b\":2}]", q("{ 'a': 1, 'x': [{'b': 2}] }"));
    assert_added(q("{\n  'a': {'b': 1}\n}"), "a", "{\"c\":2}", q("{\n  'a': {'b': 1, 'x': {'c': 2}}\n}"));
    assert_added(q("{\n  'a': 1 }"), "", "2", q("{\n  'a': 1,\n  'x': 2 }"));
}

static void comments_and_trailing_commas_stay_where_they_are(void **state) {
    (void)state;
    assert_added(q("{\n  'a': 1 // one\n}"), "", "2", q("{\n  'a': 1, // one\n  'x': 2\n}"));
    assert_added(q("{\n  'a': 1, // one\n}"), "", "2", q("{\n  'a': 1, // one\n  'x': 2,\n}"));
    assert_added(q("{\n  'a': 1 /* one\n  two */\n  // three\n}"), "", "2",
                 q("{\n  'a': 1, /* one\n  two */\n  'x': 2\n  // three\n}"));
    assert_added(q("{\n  'a': 1 // one\r\n}"), "", "2", q("{\n  'a': 1, // one\n  'x': 2\r\n}"));
    assert_added(q("{'a': 1 /* one */}"), "", "2", q("{'a': 1, /* one */ 'x': 2}"));
    assert_added(q("{'a': 1 // one\n}"), "", "2", q("{'a': 1, // one\n'x': 2\n}"));
    assert_added(q("{'a': 1,}"), "", "2", q("{'a': 1, 'x': 2,}"));
    assert_added(q("{\n  'a': 1 // one\r\r\n}"), "", "2", q("{\n  'a': 1, // one\n  'x': 2\r\r\n}"));
    assert_added(q("{\n  // nothing yet\n}"), "", "2", q("{\n  // nothing yet\n  'x': 2\n}"));
    assert_added(q("{ /* nothing */ }"), "", "2", q("{ /* nothing */\n  'x': 2 }"));
}

static void elements_are_added_to_lists(void **state) {
    (void)state;
    assert_added(q("{\n  'a': [\n    1\n  ]\n}"), "a", "{\"b\":2}",
                 q("{\n  'a': [\n    1,\n    {\n      'b': 2\n    }\n  ]\n}"));
    assert_added(q("{\n  'a': [1, 2]\n}"), "a", "{\"b\":2}", q("{\n  'a': [1, 2, {'b': 2}]\n}"));
    assert_added(q("{\n  'a': []\n}"), "a", "3", q("{\n  'a': [\n    3\n  ]\n}"));
}

static void a_document_of_nothing_begins_with_an_object(void **state) {
    static const char *const texts[][2] = {{"", "{}\n"},
                                           {"\n", "\n{}\n"},
                                           {"// mine", "// mine\n{}\n"},
                                           {"// a\r\n", "// a\r\n{}\r\n"},
                                           {"\xEF\xBB\xBF", "\xEF\xBB\xBF{}\n"}};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        jsonc doc;
        buf out = BUF(MANY);
        assert_true(jsonc_read(&doc, slice_of(texts[i][0]), ALL));
        jsonc_begin(&doc, &out);
        assert_buf(&out, texts[i][1]);
        jsonc_free(&doc);
        buf_free(&out);
    }
}

static void assert_removed(const char *before, const char *name, const char *after) {
    jsonc doc;
    buf out = BUF(MANY);
    assert_true(jsonc_read(&doc, slice_of(before), ALL));
    jsonc_remove(&doc, doc.items, jsonc_member(&doc, doc.items, slice_of(name), NULL), &out);
    assert_buf(&out, after);
    jsonc_free(&doc);
    buf_free(&out);
}

static void a_member_goes_and_its_comments_stay(void **state) {
    (void)state;
    assert_removed(q("{\n  'a': 1,\n  'b': 2,\n  'c': 3\n}"), "a", q("{\n  'b': 2,\n  'c': 3\n}"));
    assert_removed(q("{\n  'a': 1,\n  'b': 2,\n  'c': 3\n}"), "b", q("{\n  'a': 1,\n  'c': 3\n}"));
    assert_removed(q("{\n  'a': 1,\n\n  // two\n  'b': 2\n}"), "b", q("{\n  'a': 1\n\n  // two\n}"));
    assert_removed(q("{\n  'a': 1,\n  'b': 2, // two\n  'c': 3\n}"), "b",
                   q("{\n  'a': 1,\n  // two\n  'c': 3\n}"));
    assert_removed(q("{\n  'a': 1, // one\n  'b': 2, 'c': 3\n}"), "b", q("{\n  'a': 1, // one\n  'c': 3\n}"));
    assert_removed(q("{\n  'a': 1 // one\n  , 'b': 2 }"), "b", q("{\n  'a': 1 // one\n   }"));
    assert_removed(q("{\n  'a': 1, // one\n  'b': 2 }"), "b", q("{\n  'a': 1 // one\n  }"));
    assert_removed(q("{'a': 1, 'b': 2, 'c': 3}"), "a", q("{'b': 2, 'c': 3}"));
    assert_removed(q("{'a': 1, 'b': 2, 'c': 3}"), "b", q("{'a': 1, 'c': 3}"));
    assert_removed(q("{'a': 1, 'b': 2, 'c': 3}"), "c", q("{'a': 1, 'b': 2}"));
    assert_removed(q("{\n  'a': 1 /* one */,\n  'b': 2\n}"), "a", q("{ /* one */\n  'b': 2\n}"));
    assert_removed(q("{\n\n  'a': 1,\n\n}"), "a", "{}");
}

static void a_value_is_replaced_in_its_place(void **state) {
    jsonc doc;
    buf out = BUF(MANY);
    (void)state;
    assert_true(jsonc_read(&doc, slice_of(q("{\n   'a': /* old */ [1,\n 2] , // c\n   'b': 1\n}")), ALL));
    jsonc_replace(&doc, doc.items + 1, SLICE("{\"c\":[1,2]}"), &out);
    assert_buf(&out, q("{\n   'a': /* old */ {\n      'c': [1, 2]\n   } , // c\n   'b': 1\n}"));
    jsonc_free(&doc);
    buf_clear(&out);
    assert_true(jsonc_read(&doc, slice_of(q("{'a':[],'b':1}")), ALL));
    jsonc_replace(&doc, doc.items + 1, SLICE("{\"c\":[1,2]}"), &out);
    assert_buf(&out, q("{'a':{'c':[1,2]},'b':1}"));
    jsonc_free(&doc);
    buf_free(&out);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_with_comments_is_read),
        cmocka_unit_test(what_is_not_allowed_is_refused),
        cmocka_unit_test(nesting_has_a_ceiling),
        cmocka_unit_test(members_are_found_by_what_their_names_say),
        cmocka_unit_test(lines_are_counted_from_one),
        cmocka_unit_test(a_member_is_written_as_its_neighbours),
        cmocka_unit_test(comments_and_trailing_commas_stay_where_they_are),
        cmocka_unit_test(elements_are_added_to_lists),
        cmocka_unit_test(a_document_of_nothing_begins_with_an_object),
        cmocka_unit_test(a_member_goes_and_its_comments_stay),
        cmocka_unit_test(a_value_is_replaced_in_its_place),
    };
    return cmocka_run_group_tests_name("JSON with comments", tests, NULL, NULL);
}
