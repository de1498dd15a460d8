// Fields of payloads that the operator does not want to leave the host: what tenants put into inputs,
// outputs, payloads and metadata under certain names.
#ifndef HATCHWAY_GUARD_HIDE_H
#define HATCHWAY_GUARD_HIDE_H

#include "base/buf.h"

#define GUARD_HIDDEN "[hidden]"
#define GUARD_HIDE_ROOM(n) (12 * (n) + 4096)

// Writes an answer of the API to `out` with the values of hidden fields replaced by "[hidden]": members below
// input, output, payload, data, parents, filterPayload, staticPayload, additionalMetadata, spanAttributes and
// their like, or anywhere if the whole answer is a `payload`, whose name matches one of the patterns (* and
// ?, in any case; the list ends with NULL), at any depth, and in texts that are JSON themselves. A text that
// is JSON up to a point, such as one that was cut, is hidden whole if it has a hidden field until there. False, and nothing is written that counts, when nothing was hidden, or
// when the text is no JSON. After true the caller looks whether `out` is full; GUARD_HIDE_ROOM(json.n) is
// enough.
bool guard_hide(slice json, bool payload, const char *const *patterns, buf *out);

#endif
