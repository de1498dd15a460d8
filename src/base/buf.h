// A growing buffer that is born with its ceiling.
//
// The first write that would pass the ceiling (or for which memory is missing) sets `full` and is dropped
// whole; so is all that follows. Writers need not check each step: one look at `full` at the end tells.
#ifndef HATCHWAY_BASE_BUF_H
#define HATCHWAY_BASE_BUF_H

#include "base/base.h"

typedef struct buf {
    char *s;       // not terminated; NULL while empty
    size_t n;      // bytes used
    size_t room;   // bytes allocated
    size_t max;    // the ceiling
    bool full;     // something did not fit
} buf;

#define BUF(ceiling) ((buf){.max = (ceiling)})
#define BUF_SMALL ((size_t)64 << 10)

void buf_add(buf *b, const void *bytes, size_t n);
void buf_text(buf *b, const char *s);
void buf_slice(buf *b, slice s);
void buf_char(buf *b, char c);
void buf_base64(buf *b, slice bytes); // RFC 4648, section 4, with padding
bool buf_base64_decoded(buf *b, slice text); // of it, strictly: false if it is none, or padding is missing
void buf_percent_decoded(buf *b, slice text); // an escape that is none stands for itself
void buf_printf(buf *b, const char *format, ...) BASE_PRINTF(2, 3);

// Room for n more bytes, to be filled by the caller, who then adds n to b->n. NULL (and full) when it does
// not fit.
char *buf_room(buf *b, size_t n);

// The content as a terminated string that lives until the next write; "" while empty.
const char *buf_string(buf *b);
slice buf_view(const buf *b);

void buf_clear(buf *b);  // keeps the memory and the ceiling
void buf_free(buf *b);   // gives the memory back; the buffer can be used again
void buf_wipe(buf *b);   // the same, of a secret: its bytes are overwritten
#endif
