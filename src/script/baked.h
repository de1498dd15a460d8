// Built-in packs as the build left them: what they declare, without Lua. A server that only lists needs no more;
// the files are read when the first call comes (pack.c, pack_wake).
//
// The table is written by src/bake.c, which reads the packs as any server would.
#ifndef HATCHWAY_SCRIPT_BAKED_H
#define HATCHWAY_SCRIPT_BAKED_H

#include "script/script.h"

// Texts are constants. Items have what the files said; `deadline` and `cpu` are -1 where they said nothing, and
// what depends on the operator (`offer`) or on Lua (`run`, `types`) is not there.
typedef struct script_baked {
    script_manifest manifest;        // `instructions` is not there:
    const char *instructions[3];     // they go by the access; NULL: none
    bool needs_hatchet;
    const char *small;               // names, each with a zero byte at its end
    size_t small_length;
    const script_item *items;
    size_t count;
} script_baked;

const script_baked *script_baked_find(const char *pack); // NULL: it was not baked

#endif
