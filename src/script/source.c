// The files of packs: those that the build put into the binary, and folders. Contract in source.h.
#include "script/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const script_file script_built_in_files[]; // made by the build (cmake/embed.lua), sorted
extern const size_t script_built_in_count;

script_source script_source_built_in(void) {
    return (script_source){.files = script_built_in_files, .count = script_built_in_count, .built_in = true};
}

const script_file *script_source_find(const script_source *source, const char *name) {
    size_t low = 0, high = source->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, source->files[middle].name);
        if (order == 0) return &source->files[middle];
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

bool script_is_built_in(const char *pack) {
    script_source source = script_source_built_in();
    char name[256];
    int n = snprintf(name, sizeof name, "%s/pack.lua", pack);
    return n > 0 && (size_t)n < sizeof name && script_source_find(&source, name) != NULL;
}

// --- folders -----------------------------------------------------------------------------------------------

// What a folder is read into. `files` and all names and texts are ours.
typedef struct reading {
    script_file *files;
    size_t count, room;
    buf *error;
} reading;

// A pipe without a writer would be waited for.
static FILE *open_text(const char *path, buf *error) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_file = fd >= 0 && fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
    FILE *file = is_file ? fdopen(fd, "rb") : NULL;
    if (!file)
        buf_printf(error, "cannot read %s: %s", path, fd < 0 ? strerror(errno) : "it is no file");
    if (!file && fd >= 0) close(fd);
    return file;
}

static bool read_text(const char *path, char **text, size_t *length, buf *error) {
    FILE *file = open_text(path, error);
    if (!file) return false;
    buf content = BUF(SCRIPT_FILE_MAX);
    char piece[8192];
    size_t n;
    while (!content.full && (n = fread(piece, 1, sizeof piece, file)) > 0) buf_add(&content, piece, n);
    int fault = ferror(file) ? errno : 0;
    fclose(file);
    if (fault) buf_printf(error, "cannot read %s: %s", path, strerror(fault));
    else if (content.full)
        buf_printf(error, "%s is larger than %zu bytes, the most for one file", path, SCRIPT_FILE_MAX);
    else *text = base_copy(content.s ? content.s : "", content.n), *length = content.n;
    bool ok = !fault && !content.full;
    buf_free(&content);
    return ok;
}

static bool add_file(reading *r, const char *path, const char *name) {
    char *text = NULL;
    size_t length = 0;
    if (r->count == SCRIPT_FILES_MAX)
        return buf_printf(r->error, "more than %d files", SCRIPT_FILES_MAX), false;
    if (!read_text(path, &text, &length, r->error)) return false;
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 16;
        r->files = base_grow(r->files, r->room * sizeof *r->files);
    }
    r->files[r->count++] = (script_file){base_string(name), text, length};
    return true;
}

static bool is_lua(const char *name) {
    size_t n = strlen(name);
    return n > 4 && name[0] != '.' && strcmp(name + n - 4, ".lua") == 0;
}

// Adds the .lua files that lie directly in a folder. A folder that is not there has none.
static bool read_folder(reading *r, const char *folder, const char *name, bool must_exist) {
    DIR *dir = opendir(folder);
    if (!dir && errno == ENOENT && !must_exist) return true;
    if (!dir) return buf_printf(r->error, "cannot read the folder %s: %s", folder, strerror(errno)), false;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        char path[4096], own[1024];
        if (!is_lua(entry->d_name)) continue;
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name),
            m = snprintf(own, sizeof own, "%s/%s", name, entry->d_name);
        struct stat info;
        if (n < 0 || m < 0 || (size_t)n >= sizeof path || (size_t)m >= sizeof own) {
            buf_printf(r->error, "the name %s/%s is too long", folder, entry->d_name);
            ok = false;
        } else if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            ok = add_file(r, path, own);
        }
    }
    closedir(dir);
    return ok;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const script_file *)a)->name, ((const script_file *)b)->name);
}

bool script_source_folder(const char *folder, const char *root, script_source *out, buf *error) {
    static const char *const parts[] = {"", "/tools", "/resources", "/prompts"};
    reading r = {.error = error};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++) {
        char path[4096], name[512];
        int n = snprintf(path, sizeof path, "%s%s", folder, parts[i]),
            m = snprintf(name, sizeof name, "%s%s", root, parts[i]);
        ok = n > 0 && m > 0 && (size_t)n < sizeof path && (size_t)m < sizeof name;
        if (ok) ok = read_folder(&r, path, name, i == 0);
        else buf_printf(error, "the name of the folder %s is too long", folder);
    }
    if (r.count) qsort(r.files, r.count, sizeof *r.files, by_name);
    *out = (script_source){.files = r.files, .count = r.count, .memory = r.files};
    if (!ok) script_source_free(out);
    return ok;
}

bool script_source_file(const char *path, const char *name, script_source *out, buf *error) {
    reading r = {.error = error};
    bool ok = add_file(&r, path, name);
    *out = (script_source){.files = r.files, .count = r.count, .memory = r.files};
    return ok;
}

void script_source_free(script_source *source) {
    script_file *files = source->memory;
    for (size_t i = 0; files && i < source->count; i++) {
        free((char *)files[i].name);
        free((char *)files[i].text);
    }
    free(files);
    *source = (script_source){0};
}
