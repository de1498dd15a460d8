// Fields of payloads that do not leave the host.
#include "unit.h"

#include "guard/hide.h"

static const char *const patterns[] = {"password", "card_*", "?in", NULL};

// The text after hiding, or "same". Single quotes stand for double ones.
static const char *hidden(const char *json) {
    static char out[4000];
    buf b = BUF(4000);
    bool changed = guard_hide(slice_of(q(json)), patterns, &b);
    snprintf(out, sizeof out, "%s", changed ? buf_string(&b) : "same");
    buf_free(&b);
    return out;
}

static void values_of_hidden_names_are_replaced_whole(void **state) {
    (void)state;
    assert_string_equal(hidden("{'input':{'user':'u','password':'x'}}"),
                        q("{'input':{'user':'u','password':'[hidden]'}}"));
    assert_string_equal(hidden("{'output': {'card_number' : 4111, 'card_holder':{'a':[1]}, 'n':1 } }"),
                        q("{'output': {'card_number' : '[hidden]', 'card_holder':'[hidden]', 'n':1 } }"));
    assert_string_equal(hidden("{'payload':{'pin':null,'p':true,'PIN':false}}"),
                        q("{'payload':{'pin':'[hidden]','p':true,'PIN':'[hidden]'}}"));
}

static void at_any_depth_and_in_lists(void **state) {
    (void)state;
    assert_string_equal(hidden("{'rows':[{'input':{'a':[{'b':{'password':'x'}}]}}]}"),
                        q("{'rows':[{'input':{'a':[{'b':{'password':'[hidden]'}}]}}]}"));
}

static void only_in_payloads(void **state) {
    (void)state;
    assert_string_equal(hidden("{'password':'x','metadata':{'password':'x'}}"), "same");
    assert_string_equal(hidden("{'additionalMetadata':{'password':'x'}}"),
                        q("{'additionalMetadata':{'password':'[hidden]'}}"));
    assert_string_equal(hidden("[1,'input',{'input':'password'}]"), "same");
}

static void in_texts_that_are_json(void **state) {
    (void)state;
    assert_string_equal(hidden("{'data':'{\\'password\\': \\'x\\', \\'n\\': 9007199254740993}'}"),
                        q("{'data':'{\\'password\\': \\'[hidden]\\', \\'n\\': 9007199254740993}'}"));
    assert_string_equal(hidden("{'data':'say \\'password\\''}"), "same");
    assert_string_equal(hidden("{'data':'{\\'password\\': broken'}"), "same");
}

static void names_are_compared_by_what_they_say(void **state) {
    (void)state;
    assert_string_equal(hidden("{'input':{'p\\u0061ssword':'x'}}"),
                        q("{'input':{'p\\u0061ssword':'[hidden]'}}"));
    assert_string_equal(hidden("{'input':{'my_password':'x','password2':'x'}}"), "same");
    assert_string_equal(hidden("{'input':{'':1}}"), "same");
}

static void what_is_no_json_stays(void **state) {
    (void)state;
    assert_string_equal(hidden("{'input':{'password':'x'}"), "same");
    assert_string_equal(hidden("text"), "same");
    assert_string_equal(hidden(""), "same");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_hidden_names_are_replaced_whole),
        cmocka_unit_test(at_any_depth_and_in_lists),
        cmocka_unit_test(only_in_payloads),
        cmocka_unit_test(in_texts_that_are_json),
        cmocka_unit_test(names_are_compared_by_what_they_say),
        cmocka_unit_test(what_is_no_json_stays),
    };
    return cmocka_run_group_tests_name("hidden fields", tests, NULL, NULL);
}
