// hatchway prompt: what a prompt says, on stdout.
#include "base/log.h"
#include "command/command.h"
#include "command/loopback.h"
#include "command/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: hatchway prompt NAME [name=value …] [options]\n\n"
    "Prints the messages of a prompt, each after a line with its role:\n\n"
    "    hatchway prompt debug_run workflow_run_id=c1775e53-a0be-46dd-bf1c-03ac2d40f924\n\n"
    "A prompt that asks Hatchet needs a token or a recording, as a call does; others need neither.\n\n"
    "Exit codes: 0 it is printed, 1 the prompt failed, is not there or refuses its arguments, 2 an argument "
    "is wrong.\n";

static void print_messages(const json_node *messages) {
    for (const json_node *m = json_first(messages); m; m = json_after(messages, m)) {
        slice role = json_string(json_get(m, "role")), text = json_string(json_path(m, "content.text"));
        bool ended = text.n && text.s[text.n - 1] == '\n';
        printf("%s[%.*s]\n%.*s%s", m == json_first(messages) ? "" : "\n", (int)role.n, role.s, (int)text.n,
               text.n ? text.s : "", ended ? "" : "\n");
    }
}

static int show(command_host *host, const command_options *o) {
    buf params = BUF((size_t)1 << 20);
    int code = EXIT_USAGE;
    if (command_params(&params, NULL, o->words[0], o->words + 1, o->word_count - 1)) {
        loopback client;
        const json_node *error;
        loopback_open(&client, host);
        const json_node *result = loopback_ask(&client, "prompts/get", buf_view(&params), &error);
        slice message = json_string(json_get(error, "message")),
              hint = json_string(json_path(error, "data.hint"));
        if (result) print_messages(json_get(result, "messages"));
        else
            command_complain("%.*s%s%.*s", (int)message.n, message.s, hint.n ? "\n" : "", (int)hint.n,
                             hint.n ? hint.s : "");
        code = result ? EXIT_OK : EXIT_FAILED;
        loopback_close(&client);
    }
    buf_free(&params);
    return code;
}

int command_prompt(int argc, char **argv) {
    command_options o;
    command_host host;
    bool helped;
    log_set_level(LOG_ERROR);
    int code = EXIT_USAGE;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return code;
    if (helped) {
        code = EXIT_OK;
    } else if (!o.word_count) {
        command_complain("prompt needs the name of a prompt; hatchway tools --markdown lists them");
    } else {
        command_need need =
            o.replay_count || command_environment_has_token(&o) ? NEED_TENANT : NEED_CATALOGUE;
        code =
            command_host_open(&host, &o, o.pack ? o.pack : "hatchet", need) ? show(&host, &o) : EXIT_FAILED;
        command_host_close(&host);
    }
    command_options_free(&o);
    return code;
}
