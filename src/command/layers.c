// Which folders a server is made of. Contract in layers.h.
#include "command/layers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

// The last part of a path.
static slice last_part(const char *folder) {
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/') n--;
    size_t start = n;
    while (start && folder[start - 1] != '/') start--;
    return (slice){folder + start, n - start};
}

static bool has_root(const command_layers *l, const char *root) {
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->layers[i].root, root) == 0) return true;
    return false;
}

// Is the folder a layer already, perhaps under another path?
static bool has_folder(const command_layers *l, const char *folder) {
    struct stat a, b;
    if (stat(folder, &b) != 0) return false;
    for (size_t i = 0; i < l->count; i++) {
        bool there = l->layers[i].folder && stat(l->layers[i].folder, &a) == 0;
        if (there && a.st_dev == b.st_dev && a.st_ino == b.st_ino) return true;
    }
    return false;
}

static command_layer *add(command_layers *l, const char *folder, const char *prefix, slice name,
                          bool optional) {
    buf root = BUF(BUF_SMALL);
    buf_text(&root, prefix);
    buf_slice(&root, name);
    size_t n = root.n;
    for (int k = 2; has_root(l, buf_string(&root)); k++) {
        root.n = n;
        buf_printf(&root, "-%d", k);
    }
    command_layer *layer = &l->layers[l->count++];
    *layer = (command_layer){.folder = folder ? base_string(folder) : NULL,
                             .root = base_string(buf_string(&root)),
                             .optional = optional};
    buf_free(&root);
    return layer;
}

void command_layers_add_spec(command_layers *l, const char *path) {
    add(l, path, "", SLICE("spec"), false)->is_spec = true;
}

// Lua shows at most 59 characters of a name: "..." and the end of a longer one.
#define NAME_SHOWN 59

static void put_shown(buf *out, const char *name) {
    size_t n = strlen(name);
    if (n <= NAME_SHOWN) buf_text(out, name);
    else buf_printf(out, "...%s", name + n - (NAME_SHOWN - 3));
}

static void put_path(const command_layer *layer, const char *name, buf *out) {
    if (!layer->folder) buf_text(out, name);
    else if (layer->is_spec) buf_text(out, layer->folder);
    else buf_printf(out, "%s%s", layer->folder, name + strlen(layer->root));
}

// Is the text about this file? Then the length of its name as the text shows it.
static size_t names_file(const char *text, const char *name) {
    buf shown = BUF(BUF_SMALL);
    put_shown(&shown, name);
    size_t n = shown.n;
    bool it_is = strncmp(text, buf_string(&shown), n) == 0 && text[n] == ':';
    buf_free(&shown);
    size_t whole = strlen(name);
    return it_is ? n : strncmp(text, name, whole) == 0 && text[whole] == ')' ? whole : 0;
}

void command_layers_put_real(const command_layers *l, const char *text, buf *out) {
    size_t count, n = 0;
    buf nothing = BUF(BUF_SMALL);
    script_layer *layers = command_layers_read(l, &count, &nothing);
    for (size_t i = 0, k = 0; layers && i < count && !n; i++, k++) {
        const script_source *source = &layers[i].source;
        while (strcmp(l->layers[k].root, layers[i].root) != 0) k++; // optional ones may not be there
        for (size_t f = 0; f < source->count && !n; f++) {
            n = l->layers[k].folder ? names_file(text, source->files[f].name) : 0;
            if (n) put_path(&l->layers[k], source->files[f].name, out);
        }
    }
    buf_text(out, text + n);
    for (size_t i = 0; layers && i < count; i++) script_layer_free(&layers[i]);
    free(layers);
    buf_free(&nothing);
}

char *command_config_path(slice name) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    buf path = BUF(BUF_SMALL);
    if (config && *config == '/') buf_printf(&path, "%s/hatchway/%.*s", config, (int)name.n, name.s);
    else if (home && *home == '/') buf_printf(&path, "%s/.config/hatchway/%.*s", home, (int)name.n, name.s);
    char *text = path.n ? base_string(buf_string(&path)) : NULL;
    buf_free(&path);
    return text;
}

char *command_layers_own_folder(const char *pack) {
    slice name = last_part(pack);
    char *real = slice_is(name, ".") || slice_is(name, "..") ? realpath(pack, NULL) : NULL;
    if (real) name = last_part(real);
    char *folder = command_config_path(name);
    free(real);
    return folder;
}

bool command_layers_find(command_layers *l, const command_options *o, const char *pack, buf *error) {
    *l = (command_layers){0};
    if (script_is_built_in(pack)) add(l, NULL, "", slice_of(pack), false);
    else if (is_folder(pack)) add(l, pack, "", last_part(pack), false);
    else
        return buf_printf(error,
                          "there is no pack \"%s\": it is the name of a built-in pack (hatchet) or a folder "
                          "with a pack.lua",
                          pack),
               false;
    if (o->bare) return true;
    char *own = command_layers_own_folder(pack);
    if (own && !has_folder(l, own)) add(l, own, "overlay:", last_part(own), true);
    free(own);
    for (size_t i = 0; i < o->overlay_count; i++) {
        if (!is_folder(o->overlays[i]))
            return buf_printf(error, "--overlay %s: there is no such folder", o->overlays[i]), false;
        if (!has_folder(l, o->overlays[i]))
            add(l, o->overlays[i], "overlay:", last_part(o->overlays[i]), false);
    }
    return true;
}

static bool read_layer(const command_layer *from, script_source *source, buf *error) {
    if (!from->is_spec) return script_source_folder(from->folder, from->root, source, error);
    buf name = BUF(BUF_SMALL);
    slice last = last_part(from->folder);
    buf_printf(&name, "%s/tests/%.*s", from->root, (int)last.n, last.s);
    bool ok = script_source_file(from->folder, buf_string(&name), source, error);
    buf_free(&name);
    return ok;
}

script_layer *command_layers_read(const command_layers *l, size_t *count, buf *error) {
    script_layer *layers = base_alloc(LAYERS_MAX * sizeof *layers);
    *count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const command_layer *from = &l->layers[i];
        script_source source = script_source_built_in();
        if (from->optional && !is_folder(from->folder)) continue;
        if (from->folder && !read_layer(from, &source, error)) {
            while (*count) script_layer_free(&layers[--*count]);
            free(layers);
            return NULL;
        }
        layers[(*count)++] = (script_layer){source, base_string(from->root)};
    }
    return layers;
}

size_t command_layers_there(const command_layers *l) {
    size_t there = 0;
    for (size_t i = 0; i < l->count; i++) there += !l->layers[i].optional || is_folder(l->layers[i].folder);
    return there;
}

// --- the signature -----------------------------------------------------------------------------------------

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    for (const unsigned char *b = bytes; n--; b++) hash = (hash ^ *b) * 1099511628211u;
    return hash;
}

static uint64_t sign_file(const char *path, const char *name, bool *empty) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    if (info.st_size == 0) *empty = true;
    uint64_t hash = mix(14695981039346656037u, name, strlen(name));
    hash = mix(hash, &info.st_ino, sizeof info.st_ino);
    hash = mix(hash, &info.st_size, sizeof info.st_size);
    hash = mix(hash, &info.st_mtim, sizeof info.st_mtim);
    return mix(hash, &info.st_ctim, sizeof info.st_ctim); // it may have become readable
}

// The sum does not depend on the order in which the folder lists its files.
static uint64_t sign_folder(const char *folder, bool *empty) {
    DIR *dir = opendir(folder);
    uint64_t sum = 0;
    if (!dir) return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[4096];
        size_t n = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || n < 5 || strcmp(entry->d_name + n - 4, ".lua") != 0) continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < sizeof path)
            sum += sign_file(path, entry->d_name, empty);
    }
    closedir(dir);
    return sum;
}

uint64_t command_layers_signature(const command_layers *l, bool *empty) {
    static const char *const parts[] = {"", "/tools", "/resources", "/prompts"};
    uint64_t hash = 0;
    *empty = false;
    for (size_t i = 0; i < l->count; i++) {
        for (size_t k = 0; l->layers[i].folder && k < sizeof parts / sizeof *parts; k++) {
            char path[4096];
            snprintf(path, sizeof path, "%s%s", l->layers[i].folder, parts[k]);
            hash = hash * 31 + sign_folder(path, empty);
        }
    }
    return hash;
}

void command_layers_free(command_layers *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->layers[i].folder);
        free(l->layers[i].root);
    }
}
