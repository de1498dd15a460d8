// Arguments that clients repeat in HTTP headers (mcp 2026-07-28, transports, "x-mcp-header"): Mcp-Param-<name>.
// A proxy may have acted on the header, so a header that says something else than the body is refused.
#ifndef HATCHWAY_GUARD_HEADER_H
#define HATCHWAY_GUARD_HEADER_H

#include "base/json.h"

// Calls each(data, name, value) for each property of the schema that is repeated in a header: name is what
// follows "Mcp-Param-", value is what the arguments (NULL: none) have there, NULL if they have nothing or null.
// Ends with false when each() gives false.
bool guard_each_header(const json_node *schema, const json_node *arguments,
                       bool (*each)(void *data, slice name, const json_node *value), void *data);

// The text that a header stands for: itself without blanks around, or what =?base64?…?= encodes (strict, with
// padding, of UTF-8). False: it is none.
bool guard_header_decode(slice header, buf *text);

// Does the header say what the argument (a string, an integer or a boolean) is? Integers are compared as
// numbers: 42.0 is 42.
bool guard_header_fits(slice header, const json_node *value);

// May a name stand after "Mcp-Param-"? A token of RFC 9110, section 5.6.2
bool guard_is_token(slice name);

#endif
