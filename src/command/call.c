// hatchway call: one tool, its answer on stdout.
#include "base/log.h"
#include "command/command.h"
#include "command/loopback.h"
#include "command/pretty.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: hatchway call TOOL [name=value …] [options]\n\n"
    "Calls one tool and prints its result: indented on a terminal, as one line of JSON in a pipe. A value is text, or JSON where the\n"
    "argument is a number, a list or an object; a list of texts may be given by repeating its name:\n\n"
    "    hatchway call list_runs statuses=FAILED statuses=CANCELLED since=24h\n"
    "    hatchway call trigger_workflow workflow_name=sync-crm input='{\"dry\":true}' --access write\n\n"
    "Exit codes: 0 the tool has answered, 1 it failed or the configuration is wrong, 2 an argument is wrong.\n";

#define ARGUMENTS_MAX ((size_t)64 << 20)

// Is the argument a list in the tool's schema? Then several values of one name make one.
static bool is_list(const script_item *tool, slice name) {
    const json_node *property = tool ? json_member(json_get(tool->input_doc.nodes, "properties"), name) : NULL;
    return slice_is(json_string(json_get(property, "type")), "array");
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

// The params of tools/call. False: a word is no name=value.
static bool make_params(buf *out, const script_item *tool, const char *name, char **words, int count) {
    json_open(out, '{');
    json_put_key(out, "name");
    json_put_text(out, name);
    json_put_key(out, "arguments");
    json_open(out, '{');
    for (int i = 0; i < count; i++) {
        if (!strchr(words[i], '=')) return command_complain("\"%s\" is no argument: write name=value", words[i]), false;
        if (is_first_of_name(words, i)) put_argument(out, tool, words, count, i);
        else if (!is_list(tool, name_of(words[i])))
            return command_complain("the argument \"%.*s\" is given twice", (int)name_of(words[i]).n, words[i]), false;
    }
    json_close(out, '}');
    json_close(out, '}');
    return true;
}

static int show(const json_node *result) {
    const json_node *content = json_get(result, "content"), *structured = json_get(result, "structuredContent");
    bool failed = json_bool(json_get(result, "isError"), false);
    if (structured) {
        pretty_print(stdout, structured->raw, isatty(STDOUT_FILENO));
        return EXIT_OK;
    }
    for (const json_node *b = json_first(content); b; b = json_after(content, b)) {
        slice text = json_string(json_get(b, "text"));
        if (failed) command_complain("%.*s", (int)(text.n < 7000 ? text.n : 7000), text.s);
        else if (text.n) printf("%.*s\n", (int)text.n, text.s);
    }
    return failed ? EXIT_FAILED : EXIT_OK;
}

static const script_item *find_tool(command_host *host, const char *name) {
    size_t count;
    const script_item *items = script_items(host->pack, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i].kind == SCRIPT_TOOL && strcmp(items[i].name, name) == 0) return &items[i];
    return NULL;
}

static int call(command_host *host, const command_options *o) {
    buf params = BUF(ARGUMENTS_MAX);
    int code = EXIT_USAGE;
    if (make_params(&params, find_tool(host, o->words[0]), o->words[0], o->words + 1, o->word_count - 1)) {
        loopback client;
        const json_node *error;
        loopback_open(&client, host);
        const json_node *result = loopback_ask(&client, "tools/call", buf_view(&params), &error);
        if (result) code = show(result);
        else command_complain("%.*s", (int)json_string(json_get(error, "message")).n, json_string(json_get(error, "message")).s);
        loopback_close(&client);
    }
    buf_free(&params);
    return code;
}

int command_call(int argc, char **argv) {
    command_options o;
    command_host host;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) {
        code = EXIT_OK;
    } else if (!o.word_count) {
        command_complain("call needs the name of a tool; see hatchway tools");
    } else {
        code = command_host_open(&host, &o, o.pack ? o.pack : "hatchet", NEED_TENANT) ? call(&host, &o) : EXIT_FAILED;
        command_host_close(&host);
    }
    command_options_free(&o);
    return code;
}
