// JSON Schema (2020-12), the words that tools and workflows use:
//   type enum const
//   properties required additionalProperties minProperties maxProperties
//   items prefixItems minItems maxItems uniqueItems
//   minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength
//   format(uuid, date-time, date, email, uri)
//   anyOf oneOf allOf not if then else dependentRequired $ref (into the same document: a path, or an $anchor)
// Words outside this list are ignored, as the specification has it for what an implementation does not know.
// `pattern` is among them: an ECMA regular expression has no bound on its cost.
#ifndef HATCHWAY_GUARD_SCHEMA_H
#define HATCHWAY_GUARD_SCHEMA_H

#include "base/json.h"

#define GUARD_PROBLEMS 20 // no more are told

typedef struct guard_problems {
    buf text;      // sentences, each ended by a newline: "$.path: what is wrong"
    int count;
} guard_problems;

// Checks a value. `root` is the document that $ref points into; `path` begins the paths of the problems ("$",
// or an argument's name).
bool guard_schema_check(const json_node *root, const json_node *schema, const json_node *value,
                        const char *path, guard_problems *problems);

// What a $ref ("#/$defs/x", "#anchor") leads to in the document; NULL: nothing.
const json_node *guard_schema_resolve(const json_node *root, slice ref);

bool guard_is_required(const json_node *schema, slice property);

// The entry of `names` that is spelt most like `word`, or NULL when none is near.
const char *guard_nearest(slice word, const char *const *names, size_t count);

#endif
