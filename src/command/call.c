// hatchway call: one tool, its answer on stdout.
#include "base/log.h"
#include "command/author.h"
#include "command/command.h"
#include "command/loopback.h"
#include "command/params.h"
#include "command/pretty.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: hatchway call TOOL [name=value …] [options]\n\n"
    "Calls one tool and prints its result: indented on a terminal, as one line of JSON in a pipe. A value is "
    "text, or JSON where the\n"
    "argument is a number, a list or an object; a list of texts may be given by repeating its name; null "
    "leaves an argument out. --table prints the rows\n"
    "of a list as a table:\n\n"
    "    hatchway call list_runs statuses=FAILED statuses=CANCELLED since=24h\n"
    "    hatchway call trigger_workflow workflow_name=sync-crm input='{\"dry\":true}' --access write\n\n"
    "Exit codes: 0 the tool has answered, 1 it failed or the configuration is wrong, 2 an argument is "
    "wrong.\n";

#define ARGUMENTS_MAX ((size_t)64 << 20)

static int show(const json_node *result, bool as_table) {
    const json_node *content = json_get(result, "content"),
                    *structured = json_get(result, "structuredContent");
    bool failed = json_bool(json_get(result, "isError"), false);
    if (structured) {
        if (as_table) pretty_table(stdout, structured);
        else pretty_print(stdout, structured->raw, isatty(STDOUT_FILENO));
        return EXIT_OK;
    }
    for (const json_node *b = json_first(content); b; b = json_after(content, b)) {
        slice text = json_string(json_get(b, "text"));
        if (failed) command_complain("%.*s", (int)(text.n < 7000 ? text.n : 7000), text.s);
        else if (text.n) printf("%.*s\n", (int)text.n, text.s);
    }
    return failed ? EXIT_FAILED : EXIT_OK;
}

static int call(command_host *host, const command_options *o) {
    buf params = BUF(ARGUMENTS_MAX);
    int code = EXIT_USAGE;
    const script_item *tool = author_find(mcp_server_pack(host->server), &(script_kind){SCRIPT_TOOL}, o->words[0]);
    if (command_params(&params, tool, o->words[0], o->words + 1, o->word_count - 1)) {
        loopback client;
        const json_node *error;
        loopback_open(&client, host);
        const json_node *result = loopback_ask(&client, "tools/call", buf_view(&params), &error);
        if (result) code = show(result, o->table);
        else
            command_complain("%.*s", (int)json_string(json_get(error, "message")).n,
                             json_string(json_get(error, "message")).s);
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
    o.confirm = MCP_CONFIRM_NEVER; // who types the call has confirmed it
    if (helped) {
        code = EXIT_OK;
    } else if (!o.word_count) {
        command_complain("call needs the name of a tool; see hatchway tools");
    } else {
        code = command_host_open(&host, &o, o.pack ? o.pack : "hatchet", NEED_TENANT) ? call(&host, &o)
                                                                                      : EXIT_FAILED;
        command_host_close(&host);
    }
    command_options_free(&o);
    return code;
}
