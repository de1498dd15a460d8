// The commands. Each takes the words after its name and returns the exit code (options.h).
#ifndef HATCHWAY_COMMAND_H
#define HATCHWAY_COMMAND_H

#include <stddef.h>

typedef struct command_entry {
    const char *name, *about; // about: NULL for what only scripts of ours call
    int (*run)(int argc, char **argv);
} command_entry;

extern const command_entry command_table[];
extern const size_t command_count;

int command_serve(int argc, char **argv);
int command_call(int argc, char **argv);
int command_tools(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_check(int argc, char **argv);
int command_new(int argc, char **argv);
int command_eject(int argc, char **argv);
int command_prompt(int argc, char **argv);
int command_test(int argc, char **argv);
int command_install(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_key(int argc, char **argv);
int command_completion(int argc, char **argv);
int command_complete(int argc, char **argv); // __complete: what the scripts of completion ask
int command_man(int argc, char **argv);      // __man: makes docs/hatchway.1
int command_record(int argc, char **argv);
int command_repl(int argc, char **argv);

#endif
