// Forms: which schemas are forms, how older clients get them, and what is taken from what was filled in.
#include "unit.h"

#include "guard/form.h"

static json_doc doc_of(const char *text) {
    json_doc doc;
    if (!json_parse(&doc, slice_of(q(text)), 0, 0)) fail_msg("%s: %s", text, doc.error);
    return doc;
}

// What is wrong with a form of these properties, "" if nothing.
static const char *problem_of(const char *schema) {
    static char out[1000];
    json_doc doc = doc_of(schema);
    buf problem = BUF(sizeof out - 1);
    bool ok = guard_form_check(doc.nodes, &problem);
    snprintf(out, sizeof out, "%s", buf_string(&problem));
    assert_int_equal(ok, !*out);
    buf_free(&problem);
    json_doc_free(&doc);
    return out;
}

static const char *field_problem(const char *field) {
    char schema[1000];
    snprintf(schema, sizeof schema, "{'type':'object','properties':{'f':%s}}", field);
    return problem_of(schema);
}

static void fields_of_all_kinds(void **state) {
    (void)state;
    static const char *const fields[] = {
        "{'type':'string','title':'T','description':'D','minLength':1,'maxLength':9,'default':'x'}",
        "{'type':'string','format':'email'}",
        "{'type':'string','format':'date-time'}",
        "{'type':'integer','minimum':1,'maximum':9,'default':5}",
        "{'type':'number','default':95.5}",
        "{'type':'boolean','default':true}",
        "{'type':'string','enum':['a','b'],'default':'a'}",
        "{'type':'string','enum':['a','b'],'enumNames':['A','B']}",
        "{'type':'string','oneOf':[{'const':'a','title':'A'}],'default':'a'}",
        "{'type':'array','items':{'type':'string','enum':['a','b']},'minItems':1,'maxItems':2,'default':['a']}",
        "{'type':'array','items':{'anyOf':[{'const':'a','title':'A'}]}}",
    };
    for (size_t i = 0; i < COUNT(fields); i++) assert_string_equal(field_problem(fields[i]), "");
}

static void what_is_no_field(void **state) {
    (void)state;
    assert_string_equal(field_problem("{'type':'object'}"), "the field \"f\" is no string, number, integer, boolean or choice");
    assert_string_equal(field_problem("{}"), "the field \"f\" is no string, number, integer, boolean or choice");
    assert_string_equal(field_problem("7"), "the field \"f\" is no string, number, integer, boolean or choice");
    assert_string_equal(field_problem("{'type':'boolean','minimum':1}"), "the field \"f\" has \"minimum\", which forms do not know");
    assert_string_equal(field_problem("{'type':'string','pattern':'x'}"), "the field \"f\" has \"pattern\", which forms do not know");
    assert_string_equal(field_problem("{'type':'string','format':'uuid'}"),
                        "the field \"f\" has a format that is none of email, uri, date, date-time");
    assert_string_equal(field_problem("{'type':'string','enum':[]}"), "the field \"f\" needs texts in enum");
    assert_string_equal(field_problem("{'type':'string','enum':['a',1]}"), "the field \"f\" needs texts in enum");
    assert_string_equal(field_problem("{'type':'string','enum':['a'],'enumNames':['A','B']}"),
                        "the field \"f\" needs as many texts in enumNames as in enum");
    assert_string_equal(field_problem("{'type':'string','enumNames':['A']}"),
                        "the field \"f\" needs as many texts in enumNames as in enum");
    assert_string_equal(field_problem("{'type':'string','enum':['a'],'oneOf':[{'const':'a','title':'A'}]}"),
                        "the field \"f\" has enum and oneOf: give one of them");
    assert_string_equal(field_problem("{'type':'string','oneOf':[{'const':'a'}]}"),
                        "the field \"f\" needs { const = \"…\", title = \"…\" } in oneOf");
    assert_string_equal(field_problem("{'type':'array','items':{'type':'string'}}"),
                        "the field \"f\" is a list, and a list is a choice: items = { type = \"string\", enum = … }, or "
                        "anyOf with { const, title }");
    assert_string_equal(field_problem("{'type':'integer','maximum':5,'default':6}"),
                        "the field \"f\" has a default that it would refuse");
    assert_string_equal(field_problem("{'type':'string','oneOf':[{'const':'a','title':'A'}],'default':'b'}"),
                        "the field \"f\" has a default that it would refuse");
}

static void what_is_no_form(void **state) {
    (void)state;
    assert_string_equal(problem_of("{'type':'object','properties':{}}"), "");
    assert_string_equal(problem_of("{'$schema':'x','type':'object','properties':{'a':{'type':'string'}},'required':['a']}"), "");
    assert_string_equal(problem_of("[]"), "a form is an object with properties");
    assert_string_equal(problem_of("{'type':'string'}"), "a form is an object with properties");
    assert_string_equal(problem_of("{'type':'object'}"), "a form is an object with properties");
    assert_string_equal(problem_of("{'type':'object','properties':{},'additionalProperties':false}"),
                        "a form has type, properties and required, and no \"additionalProperties\"");
    assert_string_equal(problem_of("{'type':'object','properties':{},'required':['a']}"),
                        "required names a field that is not there");
    assert_string_equal(problem_of("{'type':'object','properties':{},'required':7}"), "required is a list of names");
}

static void no_form_asks_for_a_secret(void **state) {
    (void)state;
    static const char *const names[] = {"password", "Pass-Phrase", "API_KEY", "apiKey", "client secret", "HATCHET_CLIENT_TOKEN"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char schema[200], expected[200];
        snprintf(schema, sizeof schema, "{'type':'object','properties':{'%s':{'type':'string'}}}", names[i]);
        snprintf(expected, sizeof expected, "the field \"%s\" asks for a secret, which no form may do", names[i]);
        assert_string_equal(problem_of(schema), expected);
    }
    assert_string_equal(problem_of("{'type':'object','properties':{'key':{'type':'string'},'passenger':{'type':'string'}}}"), "");
}

// The form as clients of 2025-06-18 get it; NULL if they cannot show it.
static const char *older(const char *field) {
    static char out[1000];
    char schema[1000];
    snprintf(schema, sizeof schema, "{'type':'object','properties':{'f':%s},'required':['f']}", field);
    json_doc doc = doc_of(schema);
    buf text = BUF(sizeof out - 1);
    bool ok = guard_form_put_older(doc.nodes, &text);
    snprintf(out, sizeof out, "%s", buf_string(&text));
    buf_free(&text);
    json_doc_free(&doc);
    return ok ? out : NULL;
}

static void for_older_clients(void **state) {
    (void)state;
    assert_string_equal(older("{'type':'string','title':'T','oneOf':[{'const':'a','title':'A'},{'const':'b','title':'B'}]}"),
                        q("{'type':'object','properties':{'f':{'type':'string','title':'T','enum':['a','b'],"
                          "'enumNames':['A','B']}},'required':['f']}"));
    assert_string_equal(older("{'type':'integer','minimum':1}"),
                        q("{'type':'object','properties':{'f':{'type':'integer','minimum':1}},'required':['f']}"));
    assert_null(older("{'type':'array','items':{'type':'string','enum':['a']}}"));
}

// What is taken of the content, or what is wrong with it.
static const char *taken(const char *content) {
    static char out[1000];
    json_doc schema = doc_of("{'type':'object','properties':{'a':{'type':'integer','minimum':1},'b':{'type':'string',"
                             "'enum':['x','y']},'c':{'type':'boolean'}},'required':['a']}");
    json_doc doc = doc_of(content);
    buf text = BUF(BUF_SMALL), problem = BUF(BUF_SMALL);
    bool ok = guard_form_take(schema.nodes, doc.nodes, &text, &problem);
    snprintf(out, sizeof out, "%s", ok ? buf_string(&text) : buf_string(&problem));
    buf_free(&text);
    buf_free(&problem);
    json_doc_free(&doc);
    json_doc_free(&schema);
    return out;
}

static void what_was_filled_in(void **state) {
    (void)state;
    assert_string_equal(taken("{'c':false,'more':{'x':1},'a':7}"), q("{'a':7,'c':false}"));
    assert_string_equal(taken("{'b':'y','a':1}"), q("{'a':1,'b':'y'}"));
    assert_string_equal(taken("{'b':'z','a':0}"), "content.b: \"z\" is not one of [\"x\",\"y\"]; did you mean \"x\"?\n"
                                                  "content.a: must be at least 1, got 0");
    assert_string_equal(taken("{}"), "content: needs \"a\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_all_kinds),   cmocka_unit_test(what_is_no_field),
        cmocka_unit_test(what_is_no_form),       cmocka_unit_test(no_form_asks_for_a_secret),
        cmocka_unit_test(for_older_clients),     cmocka_unit_test(what_was_filled_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
