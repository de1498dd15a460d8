// The command line: picks the command.
#include "base/base.h"
#include "command/command.h"
#include "command/options.h"
#include "guard/schema.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int help(void) {
    printf("hatchway %s: MCP servers written in Lua\n\nUsage: hatchway COMMAND [arguments] [options]\n\n",
           HATCHWAY_VERSION);
    for (size_t i = 0; i < command_count; i++)
        if (command_table[i].about) printf("  %-10s %s\n", command_table[i].name, command_table[i].about);
    printf("\n  --version, --help\n");
    printf("\n\"hatchway COMMAND --help\" tells more. Without a command, hatchway serves the pack hatchet "
           "when its input is no terminal,\n"
           "so that {\"command\": \"hatchway\"} is a whole client configuration.\n\n"
           "Exit codes: 0 done, 1 failed, 2 an argument is wrong.\n");
    return EXIT_OK;
}

static int unknown(const char *name) {
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < command_count && count < sizeof names / sizeof *names; i++)
        if (command_table[i].about) names[count++] = command_table[i].name;
    const char *near = guard_nearest(slice_of(name), names, count);
    command_complain("there is no command \"%s\"%s%s%s; see hatchway --help", name,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) return isatty(STDIN_FILENO) ? help() : command_serve(0, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) return help();
    if (strcmp(name, "--version") == 0) return printf("hatchway %s\n", HATCHWAY_VERSION), EXIT_OK;
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(name, command_table[i].name) == 0) return command_table[i].run(argc - 2, argv + 2);
    if (name[0] == '-') return command_serve(argc - 1, argv + 1); // options alone: serve hatchet
    return unknown(name);
}
