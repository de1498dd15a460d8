// The commands, in the order in which help tells them. Contract in command.h.
#include "command/command.h"

#include <stddef.h>

const command_entry command_table[] = {
    {"serve", "serve a pack to an MCP client on stdin and stdout", command_serve},
    {"call", "call one tool and print what it answers", command_call},
    {"tools", "list the tools of a pack and what they cost", command_tools},
    {"install", "write the server into the configuration of an MCP client", command_install},
    {"doctor", "look at the configuration, the way to Hatchet, the token and the engine", command_doctor},
    {"demo", "a short conversation with a tenant, and how to connect a client", command_demo},
    {"check", "what overlays add, replace, wrap and hide, and what is broken in them", command_check},
    {"new", "write a small tool, prompt, resource or pack to begin from", command_new},
    {"eject", "copy a tool, prompt or resource of the pack into your overlay", command_eject},
    {"prompt", "print the messages of a prompt", command_prompt},
    {"test", "run the specs of your tools against recordings", command_test},
    {"repl", "Lua line by line in the sandbox, against a tenant or a recording", command_repl},
    {"record", "serve, and write what Hatchet answers to a file for --replay", command_record},
    {"key", "make, list and revoke the keys of a server on the network", command_key},
    {"completion", "print the completion of bash, zsh or fish", command_completion},
    {"__complete", NULL, command_complete},
    {"__man", NULL, command_man},
};

const size_t command_count = sizeof command_table / sizeof *command_table;
