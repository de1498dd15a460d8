// A message around a large text that is held once: it stands in the message as the characters of a string, and
// perhaps once more as it is, if it is JSON. So the message is written in pieces.
#ifndef HATCHWAY_RPC_BULK_H
#define HATCHWAY_RPC_BULK_H

#include "base/json.h"

typedef struct rpc_bulk {
    buf head;      // up to the opening quotation mark of the string
    buf body;
    buf middle;    // from the closing quotation mark on
    bool again;    // the body follows as it is
    buf tail;
    int part;      // that is being written
    size_t at;     // and from where
} rpc_bulk;

// Adds the next piece to `out`, some RPC_PIECE bytes. False: there is none any more, all is freed.
#define RPC_PIECE ((size_t)64 << 10)
bool rpc_bulk_next(rpc_bulk *b, buf *out);

size_t rpc_bulk_left(const rpc_bulk *b); // bytes that are held
void rpc_bulk_scrub(rpc_bulk *b);        // of secrets, before anything is written
void rpc_bulk_free(rpc_bulk *b);

#endif
