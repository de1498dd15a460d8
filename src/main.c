// The command line: picks the command.
#include "base/base.h"
#include "command/command.h"
#include "command/options.h"
#include "guard/schema.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", "serve a pack to an MCP client on stdin and stdout", command_serve},
    {"call", "call one tool and print what it answers", command_call},
    {"tools", "list the tools of a pack and what they cost", command_tools},
    {"demo", "a short conversation with a tenant, and how to connect a client", command_demo},
    {"check", "what overlays add, replace, wrap and hide, and what is broken in them", command_check},
    {"new", "write a small tool, prompt, resource or pack to begin from", command_new},
    {"eject", "copy a tool, prompt or resource of the pack into your overlay", command_eject},
    {"prompt", "print the messages of a prompt", command_prompt},
    {"test", "run the specs of your tools against recordings", command_test},
    {"repl", "Lua line by line in the sandbox, against a tenant or a recording", command_repl},
    {"install", "write the server into the configuration of an MCP client", command_install},
    {"record", "serve, and write what Hatchet answers to a file for --replay", command_record},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static int help(void) {
    printf("hatchway %s: MCP servers written in Lua\n\nUsage: hatchway COMMAND [arguments] [options]\n\n",
           HATCHWAY_VERSION);
    for (size_t i = 0; i < COMMANDS; i++) printf("  %-8s %s\n", commands[i].name, commands[i].about);
    printf("\n  --version, --help\n");
    printf("\n\"hatchway COMMAND --help\" tells more. Without a command, hatchway serves the pack hatchet "
           "when its input is no terminal,\n"
           "so that {\"command\": \"hatchway\"} is a whole client configuration.\n");
    return EXIT_OK;
}

static int unknown(const char *name) {
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
    const char *near = guard_nearest(slice_of(name), names, COMMANDS);
    command_complain("there is no command \"%s\"%s%s%s; see hatchway --help", name,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) return isatty(STDIN_FILENO) ? help() : command_serve(0, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) return help();
    if (strcmp(name, "--version") == 0) return printf("hatchway %s\n", HATCHWAY_VERSION), EXIT_OK;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    if (name[0] == '-') return command_serve(argc - 1, argv + 1); // options alone: serve hatchet
    return unknown(name);
}
