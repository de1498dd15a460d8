// TOML: the statements of a file, what is refused and where, and what the editors do to a text.
#include "unit.h"

#include "command/toml.h"

#define MANY ((size_t)1 << 20)

// All items as "kind path = value" lines, parts of a path with slashes after them.
static void assert_read(const char *text, const char *expected) {
    static const char kinds[] = {'t', 'l', 'k', 'i'};
    toml doc;
    buf out = BUF(MANY);
    assert_true(toml_read(&doc, slice_of(text)));
    for (uint32_t i = 0; i < doc.count; i++) {
        const toml_item *item = &doc.items[i];
        buf_printf(&out, "%c ", kinds[item->kind]);
        for (size_t k = 0; k < item->path_n; k++) buf_char(&out, item->path[k] ? item->path[k] : '/');
        if (item->kind >= TOML_KEY)
            buf_printf(&out, " = %.*s", (int)(item->end - item->value), text + item->value);
        buf_char(&out, '\n');
    }
    assert_buf(&out, expected);
    toml_free(&doc);
    buf_free(&out);
}

static void statements_are_found(void **state) {
    (void)state;
    assert_read("", "");
    assert_read("# nothing\n\n", "");
    assert_read("a = 1 # one\nb.\"c d\" . 'e' = 'x' \n", "k a/ = 1\nk b/c d/e/ = 'x'\n");
    assert_read("[a.b]\nc = 1\n[[d]]\ne = 2\n[ f . \"g\\\"\" ] # x\nh=3",
                "t a/b/\nk a/b/c/ = 1\nl d/\nk d/e/ = 2\nt f/g\"/\nk f/g\"/h/ = 3\n");
    assert_read("d = 1979-05-27 07:32:00Z\r\ne = -1.5\r\n", "k d/ = 1979-05-27 07:32:00Z\nk e/ = -1.5\n");
    assert_read("a = { b = 1, c.d = [ 2, { e = 3 } ] }",
                "k a/ = { b = 1, c.d = [ 2, { e = 3 } ] }\ni a/b/ = 1\ni a/c/d/ = [ 2, { e = 3 } ]\n"
                "i a/c/d/e/ = 3\n");
}

static void what_looks_like_a_header_in_a_value_is_none(void **state) {
    (void)state;
    assert_read("a = \"\"\"\n[b]\n\\\"\"\" \"\"\"\"\nc = 1",
                "k a/ = \"\"\"\n[b]\n\\\"\"\" \"\"\"\"\nk c/ = 1\n");
    assert_read("a = '''\n[b]\\''''\nc = 1", "k a/ = '''\n[b]\\''''\nk c/ = 1\n");
    assert_read("a = [ # [x]\n 1,\n [\n 2 ] , ]\n", "k a/ = [ # [x]\n 1,\n [\n 2 ] , ]\n");
}

static void assert_refused(const char *text, size_t offset, const char *error) {
    toml doc;
    assert_false(toml_read(&doc, slice_of(text)));
    assert_string_equal(doc.error, error);
    assert_int_equal(doc.offset, offset);
    toml_free(&doc);
}

static void broken_files_are_refused(void **state) {
    (void)state;
    assert_refused("a", 1, "an = is missing after this key");
    assert_refused("a = ", 4, "a value is missing here");
    assert_refused("a = 1\n= 2", 6, "a key is missing here");
    assert_refused("a = 1 [b]", 6, "there is more in this line than one statement");
    assert_refused("[a] b = 1", 4, "there is more in this line than one statement");
    assert_refused("[a", 0, "a header that does not end");
    assert_refused("[[a]", 0, "a header that does not end");
    assert_refused("a = \"x\n\"", 4, "a string that does not end in its line");
    assert_refused("a = \"\"\"x\n\"", 4, "a string that does not end");
    assert_refused("a = \"\\", 4, "a string that does not end");
    assert_refused("a = [1, 2", 4, "a list that does not end");
    assert_refused("a = [1 \"x\"]", 7, "a comma is missing before this");
    assert_refused("a = { b = 1", 4, "a table that does not end");
    assert_refused("{\"mcpServers\": {}}", 0, "a key is missing here");
    assert_refused("\"\\x\" = 1", 0, "a key that cannot be read");
    assert_refused("\"\\u0000\" = 1", 0, "a key that cannot be read");
    char deep[TOML_DEPTH + 6] = "a = ";
    memset(deep + 4, '[', TOML_DEPTH + 1);
    assert_refused(deep, TOML_DEPTH + 4, "nested too deeply");
}

static void strings_and_lists_of_them_are_values(void **state) {
    static const char *const values[][2] = {{"\"a\\tb\"", "\"a\\tb\""},
                                            {"'a\\tb'", "\"a\\\\tb\""},
                                            {"[]", "[]"},
                                            {"[ 'a', # one\n \"b\", ]", "[\"a\",\"b\"]"},
                                            {"1", NULL},
                                            {"[1]", NULL},
                                            {"\"\"\"a\"\"\"", NULL},
                                            {"{ a = 1 }", NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        toml doc;
        buf text = BUF(MANY), out = BUF(MANY);
        buf_printf(&text, "a = %s\n", values[i][0]);
        assert_true(toml_read(&doc, buf_view(&text)));
        assert_int_equal(toml_put_json(&doc, doc.items, &out), values[i][1] != NULL);
        if (values[i][1]) assert_buf(&out, values[i][1]);
        toml_free(&doc);
        buf_free(&text);
        buf_free(&out);
    }
}

// Appends a table and takes it out again: then all is as it was.
static void assert_appended(const char *before, const char *after) {
    static const char *const path[] = {"t"};
    toml doc;
    buf out = BUF(MANY), back = BUF(MANY);
    assert_true(toml_read(&doc, slice_of(before)));
    toml_append(&doc, "[t]\nx = 1\n", &out);
    assert_buf(&out, after);
    toml_free(&doc);
    assert_true(toml_read(&doc, buf_view(&out)));
    toml_remove(&doc, toml_find(&doc, 1u << TOML_TABLE, path, 1), &back);
    assert_buf(&back, before);
    toml_free(&doc);
    buf_free(&out);
    buf_free(&back);
}

static void a_table_comes_to_the_end_and_goes(void **state) {
    (void)state;
    assert_appended("", "[t]\nx = 1\n");
    assert_appended("a = 1\n", "a = 1\n\n[t]\nx = 1\n");
    assert_appended("a = 1", "a = 1\n\n[t]\nx = 1");
    assert_appended("a = 1\r\n", "a = 1\r\n\r\n[t]\r\nx = 1\r\n");
    assert_appended("# c\n\n", "# c\n\n\n[t]\nx = 1\n");
}

static void assert_removed(const char *before, const char *part, const char *more, const char *after) {
    const char *path[] = {part, more};
    toml doc;
    buf out = BUF(MANY);
    assert_true(toml_read(&doc, slice_of(before)));
    toml_remove(&doc, toml_find(&doc, ~0u, path, more ? 2 : 1), &out);
    assert_buf(&out, after);
    toml_free(&doc);
    buf_free(&out);
}

static void statements_go_alone(void **state) {
    (void)state;
    assert_removed("[a]\nx = 1\n\n[t]\nx = 1 # c\n\n# of b\n[b]\n", "t", NULL, "[a]\nx = 1\n\n# of b\n[b]\n");
    assert_removed("[t]\nx = 1\n[b]\n", "t", NULL, "[b]\n");
    assert_removed("[t]\nx = 1\n\n[b]\n", "t", NULL, "[b]\n");
    assert_removed("[t]\nx = 1\n  y = 2 # c\nz = 3\n", "t", "y", "[t]\nx = 1\nz = 3\n");
    assert_removed("t = { x = 1, y = 2 }\n", "t", "x", "t = { y = 2 }\n");
    assert_removed("t = { x = 1, y = 2 }\n", "t", "y", "t = { x = 1 }\n");
    assert_removed("t = {y = 2}", "t", "y", "t = {}");
}

static void keys_are_set(void **state) {
    static const char *const table[] = {"t"}, *const key[] = {"t", "x"};
    toml doc;
    buf out = BUF(MANY);
    (void)state;
    assert_true(toml_read(&doc, SLICE("[t]\r\n  x = [\r\n 1 ] # one\r\n\r\n[u]\r\n")));
    toml_add(&doc, toml_find(&doc, 1u << TOML_TABLE, table, 1), "y", "2", &out);
    assert_buf(&out, "[t]\r\n  x = [\r\n 1 ] # one\r\n  y = 2\r\n\r\n[u]\r\n");
    buf_clear(&out);
    toml_replace(&doc, toml_find(&doc, 1u << TOML_KEY, key, 2), "\"z\"", &out);
    assert_buf(&out, "[t]\r\n  x = \"z\" # one\r\n\r\n[u]\r\n");
    toml_free(&doc);
    buf_clear(&out);
    assert_true(toml_read(&doc, SLICE("[t]")));
    toml_add(&doc, doc.items, "y", "2", &out);
    assert_buf(&out, "[t]\ny = 2");
    toml_free(&doc);
    buf_free(&out);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_found),
        cmocka_unit_test(what_looks_like_a_header_in_a_value_is_none),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(strings_and_lists_of_them_are_values),
        cmocka_unit_test(a_table_comes_to_the_end_and_goes),
        cmocka_unit_test(statements_go_alone),
        cmocka_unit_test(keys_are_set),
    };
    return cmocka_run_group_tests_name("TOML", tests, NULL, NULL);
}
