// The words name=value of a command as the params of a request. Contract in params.h.
#include "command/params.h"

#include <string.h>

static const json_node *property_of(const script_item *tool, slice name) {
    return tool ? json_member(json_get(script_input(tool), "properties"), name) : NULL;
}

// Is the argument a list in the tool's schema? Then several values of one name make one.
static bool is_list(const script_item *tool, slice name) {
    return slice_is(json_string(json_get(property_of(tool, name), "type")), "array");
}

// May the argument be the text "null"? Any other that is declared has no such value: null leaves it out.
static bool takes_any_text(const json_node *property) {
    slice type = json_string(json_get(property, "type"));
    return !type.n || (slice_is(type, "string") && !json_get(property, "enum") && !json_get(property, "format") &&
                       !json_get(property, "x-time"));
}

static slice name_of(const char *word) { return (slice){word, strcspn(word, "=")}; }

static bool is_json(const char *text, char bracket) {
    json_doc doc;
    bool ok = *text == bracket && json_parse(&doc, slice_of(text), 0, 0);
    if (*text == bracket) json_doc_free(&doc);
    return ok;
}

// One argument from all words of its name, the first of which is words[at].
static void put_argument(buf *out, const script_item *tool, char **words, int count, int at) {
    slice name = name_of(words[at]);
    const char *value = words[at] + name.n + 1;
    json_put_key_slice(out, name);
    if (strcmp(value, "null") == 0 && !takes_any_text(property_of(tool, name))) {
        json_put_null(out);
        return;
    }
    if (!is_list(tool, name) || is_json(value, '[')) {
        json_put_text(out, value); // the gate converts the text where it is JSON of the declared type
        return;
    }
    json_open(out, '[');
    for (int i = at; i < count; i++)
        if (slice_equal(name_of(words[i]), name)) json_put_text(out, words[i] + name.n + 1);
    json_close(out, ']');
}

static bool is_first_of_name(char **words, int at) {
    for (int i = 0; i < at; i++)
        if (slice_equal(name_of(words[i]), name_of(words[at]))) return false;
    return true;
}

bool command_params(buf *out, const script_item *tool, const char *name, char **words, int count) {
    json_open(out, '{');
    json_put_key(out, "name");
    json_put_text(out, name);
    json_put_key(out, "arguments");
    json_open(out, '{');
    for (int i = 0; i < count; i++) {
        if (!strchr(words[i], '='))
            return command_complain("\"%s\" is no argument: write name=value", words[i]), false;
        if (is_first_of_name(words, i)) put_argument(out, tool, words, count, i);
        else if (!is_list(tool, name_of(words[i])))
            return command_complain("the argument \"%.*s\" is given twice", (int)name_of(words[i]).n,
                                    words[i]),
                   false;
    }
    json_close(out, '}');
    json_close(out, '}');
    return true;
}
