// What the fuzz targets share. Each is one function over bytes that states what must hold for any of them.
#ifndef HATCHWAY_FUZZ_H
#define HATCHWAY_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define FUZZ_MAX ((size_t)1 << 20)

// What must hold. If it does not, libFuzzer keeps the input.
#define HOLDS(condition)                                                          \
    do {                                                                          \
        if (!(condition)) {                                                       \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            abort();                                                              \
        }                                                                         \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Cuts the bytes up to the next newline (or all) off the input.
static inline slice fuzz_line(slice *rest) {
    const char *end = rest->n ? memchr(rest->s, '\n', rest->n) : NULL;
    slice line = {rest->s, end ? (size_t)(end - rest->s) : rest->n};
    size_t used = line.n + (end != NULL);
    rest->s += used;
    rest->n -= used;
    return line;
}

#endif
