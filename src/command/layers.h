// Which folders a server is made of: the pack, the operator's own folder ($XDG_CONFIG_HOME/hatchway/<pack>),
// the overlays of --overlay.
#ifndef HATCHWAY_COMMAND_LAYERS_H
#define HATCHWAY_COMMAND_LAYERS_H

#include "command/options.h"
#include "script/script.h"

#define LAYERS_MAX (3 + OPTIONS_OVERLAYS) // the pack, the own folder, a spec

typedef struct command_layer {
    char *folder;             // NULL: built into the binary
    bool is_spec;             // `folder` is one file
    char
        *root; // first part of the names of its files: "hatchet", "overlay:mine"; no two layers have the same
    bool optional;            // need not exist
} command_layer;

typedef struct command_layers {
    command_layer layers[LAYERS_MAX];
    size_t count;
} command_layers;

// Finds the layers. False and a sentence when the pack or an overlay is not there.
bool command_layers_find(command_layers *layers, const command_options *options, const char *pack,
                         buf *error);

// Adds a layer of one file, a spec.
void command_layers_add_spec(command_layers *layers, const char *path);

// Appends text in which the name of a file at its start, as Lua shows it ("overlay:mine/tools/x.lua:3: …") or
// as script_changes does
// ("overlay:mine/tools/x.lua)"), is replaced by its path.
void command_layers_put_real(const command_layers *layers, const char *text, buf *out);

// Reads their files as they are now, for script_load_begin. NULL and a sentence on failure.
script_layer *command_layers_read(const command_layers *layers, size_t *count, buf *error);

// A hash of what stat says of all their files: it differs when something was saved. *empty: one of the files
// has no content.
uint64_t command_layers_signature(const command_layers *layers, bool *empty);

size_t command_layers_there(const command_layers *layers); // how many of them exist

void command_layers_free(command_layers *layers);

// A path in the folder of the operator's own files, to be freed. NULL when there is no home.
char *command_config_path(slice name);

// The folder of the operator's own overlay of a pack, whether it exists or not. NULL when there is no home.
char *command_layers_own_folder(const char *pack);

#endif
