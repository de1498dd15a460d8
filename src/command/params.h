// The words name=value of a command as the params of a request.
#ifndef HATCHWAY_COMMAND_PARAMS_H
#define HATCHWAY_COMMAND_PARAMS_H

#include "command/options.h"
#include "script/script.h"

// Writes {"name": …, "arguments": {…}}. All values are texts, but null is null where not any text may be;
// where `tool` declares a list, several words of one name make one. `tool` may be NULL. False: a sentence was printed, a word is no name=value or is given
// twice.
bool command_params(buf *out, const script_item *tool, const char *name, char **words, int count);

#endif
