// JSON for people.
#ifndef HATCHWAY_COMMAND_PRETTY_H
#define HATCHWAY_COMMAND_PRETTY_H

#include "base/json.h"

#include <stdio.h>

// Prints a JSON text and a newline: indented by two blanks a level, or as it is.
void pretty_print(FILE *out, slice json, bool indented);

// Prints the rows of an answer, aligned in columns, and below them what else there is. An answer without rows is
// indented JSON.
void pretty_table(FILE *out, const json_node *answer);

#endif
