// Fields of payloads that do not leave the host.
#include "unit.h"

#include "guard/hide.h"

static const char *const patterns[] = {"password", "card_*", "?in", NULL};

// The text after hiding, or "same". Single quotes stand for double ones.
static const char *hidden_in(const char *json, bool payload) {
    static char out[4000];
    buf b = BUF(4000);
    bool changed = guard_hide(slice_of(q(json)), payload, patterns, &b);
    snprintf(out, sizeof out, "%s", changed ? buf_string(&b) : "same");
    buf_free(&b);
    return out;
}

static const char *hidden(const char *json) { return hidden_in(json, false); }

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
    assert_string_equal(hidden("{'password':'x','status':{'password':'x'}}"), "same");
    assert_string_equal(hidden("{'additionalMetadata':{'password':'x'}}"),
                        q("{'additionalMetadata':{'password':'[hidden]'}}"));
    assert_string_equal(hidden("[1,'input',{'input':'password'}]"), "same");
}

static void in_texts_that_are_json(void **state) {
    (void)state;
    assert_string_equal(hidden("{'data':'{\\'password\\': \\'x\\', \\'n\\': 9007199254740993}'}"),
                        q("{'data':'{\\'password\\': \\'[hidden]\\', \\'n\\': 9007199254740993}'}"));
    assert_string_equal(hidden("{'data':'say \\'password\\''}"), "same");
    assert_string_equal(hidden("{'data':' \\n{\\'password\\':1}'}"),
                        q("{'data':' \\n{\\'password\\':\\'[hidden]\\'}'}"));
    assert_string_equal(hidden("{'data':'\\'{\\\\\\'password\\\\\\':1}\\''}"),
                        q("{'data':'\\'{\\\\\\'password\\\\\\':\\\\\\'[hidden]\\\\\\'}\\''}"));
}

static void texts_that_were_cut_are_hidden_whole(void **state) {
    (void)state;
    assert_string_equal(hidden("{'data':'{\\'password\\': \\'secr'}"), q("{'data':'[hidden]'}"));
    assert_string_equal(hidden("{'data':'{\\'password\\': 1, \\'n\\':'}"), q("{'data':'[hidden]'}"));
    assert_string_equal(hidden("{'data':'{\\'name\\': broken'}"), "same");
}

static void in_traces(void **state) {
    (void)state;
    assert_string_equal(
        hidden("{'rows':[{'spanAttributes':{'pin':'1','hatchet.payload':'{\\'input\\': {\\'password\\': "
               "\\'x\\'}}'}}]}"),
        q("{'rows':[{'spanAttributes':{'pin':'[hidden]','hatchet.payload':'{\\'input\\': {\\'password\\': "
          "\\'[hidden]\\'}}'}}]}"));
}

static void in_metadata_that_is_not_the_api_s(void **state) {
    (void)state;
    assert_string_equal(hidden("{'rows':[{'metadata':{'pin':1,'id':2}}]}"),
                        q("{'rows':[{'metadata':{'pin':'[hidden]','id':2}}]}"));
    assert_string_equal(hidden("{'metadata':{'pin':1,'createdAt':'x'}}"), "same");
}

static void anywhere_in_an_answer_that_is_a_payload(void **state) {
    (void)state;
    assert_string_equal(hidden_in("{'password':'x','n':1}", true), q("{'password':'[hidden]','n':1}"));
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
        cmocka_unit_test(texts_that_were_cut_are_hidden_whole),
        cmocka_unit_test(in_traces),
        cmocka_unit_test(in_metadata_that_is_not_the_api_s),
        cmocka_unit_test(anywhere_in_an_answer_that_is_a_payload),
        cmocka_unit_test(names_are_compared_by_what_they_say),
        cmocka_unit_test(what_is_no_json_stays),
    };
    return cmocka_run_group_tests_name("hidden fields", tests, NULL, NULL);
}
