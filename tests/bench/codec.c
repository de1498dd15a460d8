// Hatchway's own JSON parser alone: parses a file COUNT times and prints the microseconds of processor that one
// parse takes.
//
//     codec FILE COUNT      linked with build/libhost.a
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"

static double cpu_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 2;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size);
    if (!text || fread(text, 1, size, file) != size) return 1;
    fclose(file);
    int count = atoi(argv[2]);
    double began = cpu_us();
    for (int i = 0; i < count; i++) {
        json_doc doc = {0};
        if (!json_parse(&doc, (slice){text, size}, 0, UINT32_MAX)) return 1;
        json_doc_free(&doc);
    }
    printf("cpu_us %.3f\n", (cpu_us() - began) / count);
    return 0;
}
