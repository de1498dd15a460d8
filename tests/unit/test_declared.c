// Declared schemas: what a pack may say of its arguments.
#include "unit.h"

#include "guard/arguments.h"
#include "guard/declared.h"

// Why the schema is refused, "" if it is not.
static const char *refusal(const char *schema) {
    static char out[1000];
    json_doc doc;
    buf error = BUF(sizeof out - 1);
    if (!json_parse(&doc, slice_of(q(schema)), 0, 0)) fail_msg("%s: %s", schema, doc.error);
    bool ok = guard_schema_declared(doc.nodes, &error);
    assert_int_equal(ok, error.n == 0);
    snprintf(out, sizeof out, "%s", buf_string(&error));
    json_doc_free(&doc);
    buf_free(&error);
    return out;
}

#define TAKEN(schema) assert_string_equal(refusal(schema), "")
#define REFUSED(schema, text) assert_string_equal(refusal(schema), q(text))

static void the_root_is_an_object(void **state) {
    (void)state;
    TAKEN("{'type':'object'}");
    REFUSED("{}", "the schema of arguments has the type 'object'");
    REFUSED("{'type':'array'}", "the schema of arguments has the type 'object'");
    REFUSED("[]", "the schema of arguments has the type 'object'");
}

static void the_dialect_is_2020_12(void **state) {
    (void)state;
    TAKEN("{'$schema':'https://json-schema.org/draft/2020-12/schema','type':'object'}");
    TAKEN("{'$schema':'https://json-schema.org/draft/2020-12/schema#','type':'object'}");
    REFUSED("{'$schema':'http://json-schema.org/draft-07/schema#','type':'object'}",
            "the dialect 'http://json-schema.org/draft-07/schema#' is not known here; write "
            "'https://json-schema.org/draft/2020-12/schema' or leave $schema out");
    REFUSED("{'$schema':7,'type':'object'}",
            "the dialect 7 is not known here; write 'https://json-schema.org/draft/2020-12/schema' or leave $schema out");
}

static void references_stay_inside(void **state) {
    (void)state;
    TAKEN("{'type':'object','$defs':{'a':{'$anchor':'b'}},'properties':{'x':{'$ref':'#/$defs/a'},'y':{'$ref':'#b'}}}");
    TAKEN("{'type':'object','properties':{'x':{'$ref':'#'}}}");
    REFUSED("{'type':'object','allOf':[{'$ref':'https://example.com/a.json'}]}",
            "$ref 'https://example.com/a.json' leads out of the schema; put what it means under $defs");
    REFUSED("{'type':'object','properties':{'x':{'items':{'$ref':'#/$defs/a'}}}}", "$ref '#/$defs/a' leads nowhere");
    REFUSED("{'type':'object','$defs':{'c':{'$ref':'#no'}}}", "$ref '#no' leads nowhere");
    REFUSED("{'type':'object','not':{'$ref':5}}", "$ref 5 leads out of the schema; put what it means under $defs");
    // values and names are no schemas
    TAKEN("{'type':'object','default':{'$ref':'x'},'enum':[{'$ref':'x'}],'properties':{'$ref':{'type':'string'}}}");
}

static void headers_are_of_plain_arguments(void **state) {
    (void)state;
    TAKEN("{'type':'object','properties':{'a':{'type':'string','x-mcp-header':'A'},"
          "'b':{'type':'object','properties':{'c':{'type':'integer','x-mcp-header':'B-c'}}}}}");
#define ARGUMENT(fields) "{'type':'object','properties':{'a':{" fields "}}}"
    REFUSED(ARGUMENT("'type':'string','x-mcp-header':''"), "the header '' is not the name of one");
    REFUSED(ARGUMENT("'type':'string','x-mcp-header':'a b'"), "the header 'a b' is not the name of one");
    REFUSED(ARGUMENT("'type':'string','x-mcp-header':'ä'"), "the header 'ä' is not the name of one");
    REFUSED(ARGUMENT("'type':'string','x-mcp-header':1"), "the header 1 is not the name of one");
    REFUSED(ARGUMENT("'type':'number','x-mcp-header':'A'"), "the header 'A' is for a string, an integer or a boolean");
    REFUSED(ARGUMENT("'x-mcp-header':'A'"), "the header 'A' is for a string, an integer or a boolean");
    REFUSED(ARGUMENT("'type':'array','items':{'type':'string','x-mcp-header':'A'}"),
            "the header 'A' is of an argument, not of what is inside a list or a choice");
    REFUSED("{'type':'object','anyOf':[" ARGUMENT("'type':'string','x-mcp-header':'A'") "]}",
            "the header 'A' is of an argument, not of what is inside a list or a choice");
    REFUSED("{'type':'object','properties':{'a':{'type':'string','x-mcp-header':'A'},"
            "'b':{'type':'string','x-mcp-header':'a'}}}",
            "the header 'a' is there twice");
}

// --- the arguments as a whole ------------------------------------------------------------------------------

static const char *got(const char *schema, const char *arguments) {
    static char out[2000];
    json_doc s, a;
    guard_cut cut;
    buf checked = BUF(2000), error = BUF(2000);
    assert_true(json_parse(&s, slice_of(q(schema)), 0, 0) & json_parse(&a, slice_of(q(arguments)), 0, 0));
    bool ok = guard_arguments(s.nodes, a.nodes, 0, &checked, &cut, &error);
    snprintf(out, sizeof out, "%s", ok ? buf_string(&checked) : buf_string(&error));
    json_doc_free(&s);
    json_doc_free(&a);
    buf_free(&checked);
    buf_free(&error);
    return out;
}

#define GETS(schema, arguments, wanted) assert_string_equal(got(schema, arguments), q(wanted))

static void a_schema_may_leave_arguments_open(void **state) {
    (void)state;
    GETS("{'properties':{'a':{'type':'integer'}}}", "{'b':[1],'a':'2'}", "{'a':2,'b':[1]}");
    GETS("{'additionalProperties':{'type':'integer'}}", "{'b':'1'}", "{'b':1}");
    GETS("{'additionalProperties':{'type':'integer'}}", "{'b':'x'}", "argument 'b': must be an integer, got 'x'");
    GETS("{'required':['a']}", "{}", "the arguments: needs 'a'");
}

static void choices_and_conditions_are_of_the_whole(void **state) {
    (void)state;
#define CONTACT                                                                                              \
    "{'properties':{'how':{'enum':['phone','email']},'phone':{'$ref':'#t'},'email':{}},"                     \
    "'$defs':{'text':{'$anchor':'t','type':'string'}},"                                                      \
    "'allOf':[{'anyOf':[{'required':['phone']},{'required':['email']}]}],"                                   \
    "'if':{'properties':{'how':{'const':'phone'}}},'then':{'required':['phone']},'else':{'required':['email']},"  \
    "'dependentRequired':{'email':['how']},'additionalProperties':false}"
    GETS(CONTACT, "{'how':'phone','phone':'1'}", "{'how':'phone','phone':'1'}");
    GETS(CONTACT, "{'how':'email','email':'a'}", "{'how':'email','email':'a'}");
    GETS(CONTACT, "{'how':'email','phone':'1'}", "the arguments: needs 'email'");
    GETS(CONTACT, "{'email':'a','phone':'1'}", "the arguments: needs 'how' beside 'email'");
    GETS(CONTACT, "{'phone':1}", "argument 'phone': must be a string, got 1");
    GETS(CONTACT, "{'fax':'1'}", "there is no argument 'fax'; there are how, phone, email");
    assert_non_null(strstr(got(CONTACT, "{}"), "the arguments: fits none of its 2 alternatives"));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_an_object),
        cmocka_unit_test(the_dialect_is_2020_12),
        cmocka_unit_test(references_stay_inside),
        cmocka_unit_test(headers_are_of_plain_arguments),
        cmocka_unit_test(a_schema_may_leave_arguments_open),
        cmocka_unit_test(choices_and_conditions_are_of_the_whole),
    };
    return cmocka_run_group_tests_name("declared schemas", tests, NULL, NULL);
}
