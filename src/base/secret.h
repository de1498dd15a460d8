// Secrets: kept in locked memory that is left out of core dumps, and scrubbed from whatever leaves the
// process.
//
// A secret is known in all its spellings: as it is, percent-encoded (only what must be, all but letters and
// digits, every byte), in base64 (both alphabets, all three alignments), in hexadecimal. Any run of
// SECRET_RUN or more characters of a spelling is masked, so a piece of a secret does not get out either. What
// a script or an upstream could hide behind JSON escapes is no longer hidden when text passes here: our
// writer spells strings out.
#ifndef HATCHWAY_BASE_SECRET_H
#define HATCHWAY_BASE_SECRET_H

#include "base/buf.h"

#define SECRET_RUN 16
#define SECRET_MASK "***"

// Takes a copy of the text into locked memory. The pointer lives until the process ends.
const char *secret_keep(slice text);

// Equal? It takes as long for any two of a length, wherever they differ.
bool secret_equal(slice a, slice b);

// Masks every secret in the buffer, in place. Returns how many runs were masked.
size_t secret_scrub(buf *b);

// Masks whatever has the form of a signed token (RFC 7515: three parts between dots, the first a JSON
// object), in place: for text that may hold a credential that was never ours. Returns how many.
size_t secret_mask_tokens(buf *b);

#endif
