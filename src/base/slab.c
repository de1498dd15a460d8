// Small blocks in chunks. Contract in slab.h.
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)16 << 10) // and its alignment: the chunk of a block is found by its address
#define SPARES_MAX 16            // 256 KB

typedef struct block {
    struct block *next;
} block;

struct slab_chunk {
    slab_chunk *next, **place; // among the chunks with room; place is NULL while it is full
    block *free;               // blocks that were used before
    char *fresh;               // from here to the end no block was used yet
    uint32_t used, size;
};

#define FIRST ((sizeof(slab_chunk) + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP)

static size_t class_of(size_t size) { return (size - 1) / SLAB_STEP; }

static slab_chunk *chunk_of(void *p) { return (slab_chunk *)((uintptr_t)p & ~(uintptr_t)(CHUNK - 1)); }

static char *end_of(slab_chunk *c) { return (char *)c + CHUNK; }

static void link_first(slab_chunk **list, slab_chunk *c) {
    c->place = list;
    c->next = *list;
    if (c->next) c->next->place = &c->next;
    *list = c;
}

static void unlink_chunk(slab_chunk *c) {
    *c->place = c->next;
    if (c->next) c->next->place = c->place;
    c->place = NULL;
}

static slab_chunk *new_chunk(slab *s, size_t class) {
    slab_chunk *c = s->spare;
    if (c) {
        s->spare = c->next;
        s->spares--;
    } else {
        c = aligned_alloc(CHUNK, CHUNK);
    }
    if (!c) return NULL;
    *c = (slab_chunk){.fresh = (char *)c + FIRST, .size = (uint32_t)((class + 1) * SLAB_STEP)};
    link_first(&s->open[class], c);
    return c;
}

static void *take(slab *s, size_t size) {
    size_t class = class_of(size);
    slab_chunk *c = s->open[class];
    if (!c) c = new_chunk(s, class);
    if (!c) return NULL;
    void *p = c->free;
    if (p) {
        c->free = c->free->next;
    } else {
        p = c->fresh;
        c->fresh += c->size;
    }
    c->used++;
    if (!c->free && c->fresh + c->size > end_of(c)) unlink_chunk(c);
    return p;
}

static void give_back(slab *s, void *p) {
    slab_chunk *c = chunk_of(p);
    block *b = p;
    b->next = c->free;
    c->free = b;
    if (!c->place) link_first(&s->open[class_of(c->size)], c);
    if (--c->used) return;
    unlink_chunk(c);
    if (s->spares == SPARES_MAX) {
        free(c);
        return;
    }
    c->next = s->spare;
    s->spare = c;
    s->spares++;
}

static bool is_small(size_t size) { return size <= SLAB_BLOCK_MAX; }

void *slab_resize(slab *s, void *p, size_t old, size_t size) {
    if (!p) old = 0;
    if (size == 0) {
        if (!p) return NULL;
        if (is_small(old)) give_back(s, p);
        else free(p);
        return NULL;
    }
    if (!p) return is_small(size) ? take(s, size) : malloc(size);
    if (!is_small(old) && !is_small(size)) return realloc(p, size);
    if (is_small(old) && is_small(size) && class_of(old) == class_of(size)) return p;
    void *q = is_small(size) ? take(s, size) : malloc(size);
    if (!q) return NULL;
    memcpy(q, p, old < size ? old : size);
    slab_resize(s, p, old, 0);
    return q;
}

void slab_end(slab *s) {
    while (s->spare) {
        slab_chunk *c = s->spare;
        s->spare = c->next;
        free(c);
    }
    s->spares = 0;
}
