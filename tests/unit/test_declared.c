// Declared schemas: what a pack may say of its arguments, and the arguments that are repeated in headers.
#include "unit.h"

#include "guard/arguments.h"
#include "guard/declared.h"
#include "guard/header.h"

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

// --- headers -----------------------------------------------------------------------------------------------

static bool note(void *data, slice name, const json_node *value) {
    slice raw = value ? value->raw : SLICE("nothing");
    buf_printf(data, "%.*s=%.*s ", (int)name.n, name.s, (int)raw.n, raw.s);
    return !slice_is(name, "Last");
}

static const char *headers(const char *schema, const char *arguments) {
    static char out[1000];
    json_doc s, a;
    buf found = BUF(sizeof out - 1);
    assert_true(json_parse(&s, slice_of(q(schema)), 0, 0) & json_parse(&a, slice_of(q(arguments)), 0, 0));
    bool all = guard_each_header(s.nodes, a.nodes, note, &found);
    snprintf(out, sizeof out, "%s%s", buf_string(&found), all ? "all" : "ended");
    json_doc_free(&s);
    json_doc_free(&a);
    buf_free(&found);
    return out;
}

static void each_header_comes_with_its_value(void **state) {
    (void)state;
    const char *schema = "{'properties':{'a':{'x-mcp-header':'A'},'b':{},'c':{'properties':{'d':{'x-mcp-header':'D'}}}}}";
    assert_string_equal(headers(schema, "{'a':1,'b':2,'c':{'d':true}}"), "A=1 D=true all");
    assert_string_equal(headers(schema, "{'a':null,'c':5}"), "A=nothing D=nothing all");
    assert_string_equal(headers("{'properties':{'l':{'x-mcp-header':'Last'},'a':{'x-mcp-header':'A'}}}", "{}"),
                        "Last=nothing ended");
    assert_string_equal(headers("{}", "{'a':1}"), "all");
}

static bool fits(const char *header, const char *value) {
    json_doc doc;
    assert_true(json_parse(&doc, slice_of(q(value)), 0, 0));
    bool ok = guard_header_fits(slice_of(header), doc.nodes);
    json_doc_free(&doc);
    return ok;
}

static void a_header_says_what_the_argument_is(void **state) {
    (void)state;
    assert_true(fits("us-west1", "'us-west1'"));
    assert_true(fits(" \t us west \t", "'us west'"));
    assert_true(fits("", "''"));
    assert_false(fits("US-west1", "'us-west1'"));
    assert_false(fits("us-west1", "' us-west1'"));
    assert_false(fits("caf\xC3\xA9", "'café'")); // not ASCII: it must be encoded
    assert_true(fits("42", "42"));
    assert_true(fits("42.0", "42"));
    assert_true(fits("42", "42.0"));
    assert_true(fits("4.2e1", "42"));
    assert_false(fits("43", "42"));
    assert_false(fits("42x", "42"));
    assert_false(fits("", "42"));
    assert_false(fits("'42'", "42"));
    assert_true(fits("9007199254740993", "9007199254740993"));
    assert_false(fits("9007199254740992", "9007199254740993"));
    assert_true(fits("true", "true"));
    assert_false(fits("True", "true"));
    assert_false(fits("false", "true"));
    assert_false(fits("null", "null"));
    assert_false(fits("[]", "[]"));
    assert_false(guard_header_fits(SLICE("x"), NULL));
}

static void what_is_not_ascii_comes_in_base64(void **state) {
    (void)state;
    assert_true(fits("=?base64?Y2Fmw6k=?=", "'café'"));
    assert_true(fits("=?base64?IGE=?=", "' a'"));
    assert_true(fits("=?base64??=", "''"));
    assert_true(fits("=?base64?NDI=?=", "42"));
    assert_false(fits("=?base64?Y2Fmw6k?=", "'café'"));  // no padding
    assert_false(fits("=?base64?Y2Fmw6l=?=", "'café'"));  // bits beyond the last byte
    assert_false(fits("=?base64?Y2Fm w6k=?=", "'café'"));
    assert_false(fits("=?base64?_-8=?=", "'x'"));
    assert_false(fits("=?base64?/w==?=", "'x'"));         // no UTF-8
    assert_false(fits("=?base64?Y===?=", "'a'"));
    // without one of the marks it stands for itself
    assert_true(fits("=?base64?Y2Fmw6k=", "'=?base64?Y2Fmw6k='"));
    assert_true(fits("=?BASE64?YQ==?=", "'=?BASE64?YQ==?='"));
    assert_true(fits("=?base64?=", "'=?base64?='"));
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
        cmocka_unit_test(each_header_comes_with_its_value),
        cmocka_unit_test(a_header_says_what_the_argument_is),
        cmocka_unit_test(what_is_not_ascii_comes_in_base64),
        cmocka_unit_test(a_schema_may_leave_arguments_open),
        cmocka_unit_test(choices_and_conditions_are_of_the_whole),
    };
    return cmocka_run_group_tests_name("declared schemas", tests, NULL, NULL);
}
