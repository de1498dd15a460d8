// No pack is baked: for the program that bakes them, and for tests.
#include "script/baked.h"

#include <stddef.h>

const script_baked *script_baked_find(const char *pack) {
    (void)pack;
    return NULL;
}
