// What a JSON Schema of arguments must keep to when a pack declares it, so that no client stumbles over it
// (mcp 2026-07-28, tools and transports).
#ifndef HATCHWAY_GUARD_DECLARED_H
#define HATCHWAY_GUARD_DECLARED_H

#include "base/json.h"

// False, and a sentence, unless
//   the root is an object schema, of the dialect 2020-12 if it names one;
//   each $ref points into the document, and to something (nothing is ever fetched);
//   each x-mcp-header is a token of 1 to 64 bytes that no other has in any case, on a string, an integer or a boolean that is
//   reached through `properties` alone.
bool guard_schema_declared(const json_node *schema, buf *error);

#endif
