// Memory for many small blocks that come and go: blocks of one size lie side by side in a chunk, and a chunk
// in which nothing is left is given back. Whoever frees a block says how large it was, as Lua does.
#ifndef HATCHWAY_BASE_SLAB_H
#define HATCHWAY_BASE_SLAB_H

#include "base/base.h"

#define SLAB_BLOCK_MAX ((size_t)512) // what is larger comes from malloc
#define SLAB_STEP ((size_t)16)       // sizes are rounded up to a multiple of this

typedef struct slab_chunk slab_chunk;

// Zeroed: empty.
typedef struct slab {
    slab_chunk *open[SLAB_BLOCK_MAX / SLAB_STEP]; // per size: the chunks with room
    slab_chunk *spare;                            // empty ones, of no size yet
    size_t spares;
} slab;

// realloc of a block that has `old` bytes (NULL: none). `size` 0 frees it. NULL when there is no memory: the
// block is then as it was.
void *slab_resize(slab *s, void *p, size_t old, size_t size);

void slab_end(slab *s); // every block is free: gives back what was spare

#endif
