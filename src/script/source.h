// Where the files of packs come from: built into the binary, or a folder. Either way they are a sorted list
// of names and texts.
#ifndef HATCHWAY_SCRIPT_SOURCE_H
#define HATCHWAY_SCRIPT_SOURCE_H

#include "base/buf.h"

typedef struct script_file {
    const char *name;     // "hatchet/tools/runs.lua", "hatchway/types.lua", "prompts/hatchet/debug_run.lua"
    const char *text;
    size_t length;
    const char *code;     // of built-in files: the same, compiled by the Lua of the build; else NULL
    size_t code_length;
} script_file;

typedef struct script_source {
    const script_file *files; // sorted by name
    size_t count;
    bool built_in;
    void *memory;             // what script_source_free gives back
} script_source;

#define SCRIPT_FILE_MAX ((size_t)1 << 20)
#define SCRIPT_FILES_MAX 10000

script_source script_source_built_in(void);

// Reads the .lua files of a folder (pack.lua, *.lua, tools/, prompts/, resources/) under the name `root`/… .
// False and a sentence on failure.
bool script_source_folder(const char *folder, const char *root, script_source *out, buf *error);

// One file, under this name.
bool script_source_file(const char *path, const char *name, script_source *out, buf *error);
void script_source_free(script_source *source);

const script_file *script_source_find(const script_source *source, const char *name);

// Of a built-in pack: is there lua/NAME/pack.lua?
bool script_is_built_in(const char *pack);

#endif
