// The arguments of a call: from what the client sent to what the script gets.
#ifndef HATCHWAY_GUARD_ARGUMENTS_H
#define HATCHWAY_GUARD_ARGUMENTS_H

#include "base/json.h"

// A limit that the host cut (types: t.limit).
typedef struct guard_cut {
    int64_t asked, served; // served is 0 when nothing was cut
} guard_cut;

// Checks `arguments` (an object, or NULL for none) against the declared schema and writes them to `checked`,
// a JSON object:
//   a string that is exactly the JSON of the declared type is converted; nothing else is;
//   null for an argument that need not be there is the same as leaving it out;
//   defaults are filled in; UUIDs become lower case, times UTC ("x-time"), limits are cut ("x-cap");
//   an argument that is not declared is refused, with the nearest name, where additionalProperties is false;
//   then what the schema says of the whole is checked: choices, conditions, what needs what (schema.h).
// False and one sentence a problem, each on its line, in `error`.
bool guard_arguments(const json_node *schema, const json_node *arguments, int64_t now, buf *checked,
                     guard_cut *cut, buf *error);

#endif
