// JSON for people.
#ifndef HATCHWAY_COMMAND_PRETTY_H
#define HATCHWAY_COMMAND_PRETTY_H

#include "base/json.h"

#include <stdio.h>

// Prints a JSON text and a newline: indented by two blanks a level, or as it is.
void pretty_print(FILE *out, slice json, bool indented);

#endif
