// hatchway record: serve, with what goes to Hatchet and comes back written to a file (--record).
#include "command/command.h"
#include "command/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: hatchway record FILE [PACK] [options]\n\n"
                            "Serves like \"hatchway serve\", and writes all that Hatchet is asked and "
                            "answers to FILE, which must not exist yet. The file is\n"
                            "HAR 1.2 without credentials: --replay FILE plays it back, specs name it with "
                            "replay (hatchway test). It holds what the tenant\n"
                            "holds: inputs, outputs, logs. It is complete after each answer, however the "
                            "session ends. A single call is recorded by\n\n"
                            "    hatchway call list_runs --record runs.har\n\n"
                            "Exit codes: as of serve.\n";

int command_record(int argc, char **argv) {
    command_options o;
    bool helped;
    if (!command_options_read(&o, argc, argv, usage, &helped)) return EXIT_USAGE;
    char *file = o.word_count ? o.words[0] : NULL;
    command_options_free(&o);
    if (helped) return EXIT_OK;
    if (!file) return command_complain("record needs the name of a file to write"), EXIT_USAGE;
    char **words = base_alloc(((size_t)argc + 2) * sizeof *words);
    int count = 0;
    words[count++] = (char *)"--record";
    words[count++] = file;
    for (int i = 0; i < argc; i++)
        if (argv[i] != file) words[count++] = argv[i];
    int code = command_serve(count, words);
    free(words);
    return code;
}
