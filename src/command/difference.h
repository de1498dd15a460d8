// What differs between two texts, by lines, in the form that people know: "-" what goes, "+" what comes, and
// three lines around it.
#ifndef HATCHWAY_COMMAND_DIFFERENCE_H
#define HATCHWAY_COMMAND_DIFFERENCE_H

#include "base/buf.h"

void difference_put(buf *out, slice before, slice after);

#endif
