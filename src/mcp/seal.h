// Texts that the client keeps for us, and that nobody can read or change meanwhile: the state of a call that
// waits for answers (mcp 2026-07-28, requestState).
//
// XChaCha20-Poly1305 by libsodium: a key of 256 bits, a random nonce of 192, which is also the name of the
// text. It opens only together with the same `binding` (who, which call) and only within its life.
#ifndef HATCHWAY_MCP_SEAL_H
#define HATCHWAY_MCP_SEAL_H

#include "base/buf.h"

#define MCP_SEAL_TEXT_MAX ((size_t)256 << 10) // bytes of a text that is sealed
#define MCP_SEAL_NAME 24                      // bytes: the nonce

typedef struct mcp_seal mcp_seal;

typedef struct mcp_seal_id {  // of one sealed text
    uint8_t name[MCP_SEAL_NAME];
    int64_t expires;
} mcp_seal_id;

typedef enum mcp_sealed {
    MCP_SEAL_GOOD,
    MCP_SEAL_BROKEN,       // not ours, changed, or of another call
    MCP_SEAL_EXPIRED
} mcp_sealed;

// With a key of its own, which is made at the first use. Never NULL.
mcp_seal *mcp_seal_new(void);
// With the keys of a file, which several servers share: one a line, 64 hexadecimal digits. The first seals,
// all open. NULL and a sentence, which does not hold the keys.
mcp_seal *mcp_seal_read(const char *file, buf *error);
void mcp_seal_free(mcp_seal *seal); // NULL is allowed

// Writes base64url. False: the text is too large.
bool mcp_seal_close(mcp_seal *seal, slice binding, slice text, int64_t expires, buf *out);
// `text` and `id` are written only if it is good. Times are microseconds since 1970.
mcp_sealed mcp_seal_open(mcp_seal *seal, slice binding, slice sealed, int64_t now, buf *text, mcp_seal_id *id);

// Notes that a text was used, for as long as it lives. False: it was used before, or too many were used
// lately to remember one more.
bool mcp_seal_spend(mcp_seal *seal, const mcp_seal_id *id, int64_t now);

#endif
