// hatchway repl: Lua, line by line, in the sandbox of a pack, against a tenant or a recording.
#include "base/log.h"
#include "base/secret.h"
#include "command/asker.h"
#include "command/command.h"
#include "command/pretty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: hatchway repl [options]\n\n"
    "Reads Lua from its input, runs it in the sandbox of the pack, and prints the values of expressions as "
    "JSON:\n\n"
    "    hatchet.get(\"/api/v1/tenants/{tenant}/worker\").rows[1].name\n"
    "    w = call(\"list_workers\")          -- globals are kept, locals are of their line\n"
    "    read \"hatchet://workers\"          ask(\"debug_run\", { workflow_run_id = \"…\" })\n\n"
    "Each input runs on the budgets of a call, with the access that --access allows. What is not complete "
    "goes on in the next line.\n"
    "A pipe is read in the same way, without prompts.\n\n"
    "Exit codes: 0 the input has ended, 1 an input of a pipe has failed or the configuration is wrong, 2 an "
    "argument is wrong.\n";

#define INPUT_MAX ((size_t)1 << 20)

typedef struct console {
    command_host host;
    asker asker;
    bool terminal;
    bool failed;              // an input has
} console;

static void print_values(slice values) {
    json_doc doc;
    if (json_parse(&doc, values, 0, 0)) {
        for (const json_node *v = json_first(doc.nodes); v; v = json_after(doc.nodes, v)) {
            const json_node *value = json_get(v, "value");
            slice text = json_string(json_get(v, "text"));
            if (value) pretty_print(stdout, value->raw, true);
            else printf("%.*s\n", (int)text.n, text.n ? text.s : "");
        }
    }
    json_doc_free(&doc);
}

static void print_error(console *c, const script_error *error) {
    buf text = BUF(BUF_SMALL);
    command_layers_put_real(&c->host.layers, error->message, &text);
    command_complain("%s%s%s", buf_string(&text), error->hint && *error->hint ? "\n" : "",
                     error->hint ? error->hint : "");
    buf_free(&text);
}

// Runs the input. False: it is not complete. `last`: nothing will follow that could complete it.
static bool run(console *c, slice input, bool last) {
    script_result result;
    if (!asker_run(&c->host, NULL, input, &result)) {
        command_complain("it waits for something that never comes");
        c->failed = true;
    } else if (result.outcome == SCRIPT_OK) {
        secret_scrub(&result.body);
        print_values(buf_view(&result.body));
    } else if (!last && strcmp(result.error.code, "incomplete") == 0) {
        script_result_free(&result);
        return false;
    } else {
        print_error(c, &result.error);
        c->failed = true;
    }
    fflush(stdout);
    script_result_free(&result);
    return true;
}

static void prompt(const console *c, bool more) {
    if (!c->terminal) return;
    fputs(more ? ">> " : "> ", stdout);
    fflush(stdout);
}

static bool is_blank(slice s) {
    for (size_t i = 0; i < s.n; i++)
        if (!strchr(" \t\r\n", s.s[i])) return false;
    return true;
}

static void converse(console *c) {
    buf input = BUF(INPUT_MAX);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; prompt(c, input.n > 0), (n = getline(&line, &room, stdin)) > 0;) {
        buf_add(&input, line, (size_t)n);
        if (input.full) command_complain("the input is longer than %d bytes", (int)INPUT_MAX);
        c->failed |= input.full;
        bool done = input.full || is_blank(buf_view(&input)) || run(c, buf_view(&input), false);
        if (done) buf_free(&input);
    }
    if (!is_blank(buf_view(&input))) run(c, buf_view(&input), true);
    if (c->terminal) putchar('\n');
    buf_free(&input);
    free(line);
}

static const char *where_of(const command_host *h) {
    return h->cassette ? "a recording" : h->upstream ? h->config.base : "no tenant";
}

static int repl(const command_options *o) {
    console c = {.terminal = isatty(STDIN_FILENO)};
    bool ok = command_host_prepare(&c.host, o, NEED_TENANT);
    asker_prepare(&c.asker, &c.host);
    ok = ok && command_host_load(&c.host, o, o->pack ? o->pack : "hatchet", NULL);
    if (ok) {
        const script_manifest *pack = script_manifest_of(mcp_server_pack(c.host.server));
        asker_open(&c.asker, &c.host);
        if (c.terminal)
            printf("%s, %s, access %s. Ctrl-D ends it.\n", pack->name, where_of(&c.host),
                   guard_access_name(c.host.env.access));
        converse(&c);
    }
    asker_close(&c.asker);
    command_host_close(&c.host);
    return !ok || (c.failed && !c.terminal) ? EXIT_FAILED : EXIT_OK;
}

int command_repl(int argc, char **argv) {
    command_options o;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) code = EXIT_OK;
    else if (o.word_count)
        command_complain("repl takes no arguments, and got \"%s\"; it reads Lua from its input", o.words[0]);
    else code = repl(&o);
    command_options_free(&o);
    return code;
}
