// A line of schema and arguments below it: whatever passes becomes a JSON object, whatever does not is told,
// and a verdict does not depend on whether anybody wants to hear the problems.
#include "fuzz.h"

#include "guard/arguments.h"
#include "guard/schema.h"

#define NOW (INT64_C(1795242544) * 1000000)

static void check_schema(const json_node *schema, const json_node *value) {
    guard_problems problems = {.text = BUF(FUZZ_MAX)};
    bool ok = guard_schema_check(schema, schema, value, "$", &problems);
    HOLDS(ok == guard_schema_check(schema, schema, value, "$", NULL));
    HOLDS(ok == (problems.count == 0) && ok == (problems.text.n == 0));
    buf_free(&problems.text);
}

static void check_arguments(const json_node *schema, const json_node *arguments) {
    buf checked = BUF(FUZZ_MAX), error = BUF(FUZZ_MAX);
    guard_cut cut;
    json_doc doc;
    bool ok = guard_arguments(schema, arguments, NOW, &checked, &cut, &error);
    HOLDS(ok == (error.n == 0));
    HOLDS(cut.served == 0 || cut.served < cut.asked);
    if (ok) HOLDS(json_parse(&doc, buf_view(&checked), 0, 0) && json_is(doc.nodes, JSON_OBJECT));
    if (ok) json_doc_free(&doc);
    buf_free(&checked);
    buf_free(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    slice text = {(const char *)data, size}, line = fuzz_line(&text);
    json_doc schema, value = {0};
    if (json_parse(&schema, line, 0, 0) && json_parse(&value, text, 0, 0)) {
        check_schema(schema.nodes, value.nodes);
        if (json_is(value.nodes, JSON_OBJECT)) check_arguments(schema.nodes, value.nodes);
    }
    json_doc_free(&schema);
    json_doc_free(&value);
    return 0;
}
