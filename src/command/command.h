// The commands. Each takes the words after its name and returns the exit code (options.h).
#ifndef HATCHWAY_COMMAND_H
#define HATCHWAY_COMMAND_H

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
int command_record(int argc, char **argv);
int command_repl(int argc, char **argv);

#endif
