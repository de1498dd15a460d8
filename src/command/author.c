// Writing files for authors. Contract in author.h.
#include "command/author.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const author_kinds[] = {"tool", "resource", "prompt"};
const char *const author_parts[] = {"tools", "resources", "prompts"};

char *author_folder(const command_options *o, const char *pack) {
    char *folder = o->into ? base_string(o->into) : command_layers_own_folder(pack);
    if (!folder) command_complain("there is no home directory to write into: name a folder, --into DIR");
    size_t n = folder ? strlen(folder) : 0;
    while (n > 1 && folder[n - 1] == '/') folder[--n] = '\0';
    return folder;
}

static bool make_folders(const char *path) {
    char *part = base_string(path);
    bool ok = true;
    for (char *s = part + 1; ok && (s = strchr(s, '/')); s++) {
        *s = '\0';
        ok = mkdir(part, 0777) == 0 || errno == EEXIST;
        *s = '/';
    }
    free(part);
    return ok;
}

bool author_write(const char *path, const char *text) {
    int fd = make_folders(path) ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    if (fd < 0 && errno == EEXIST)
        return command_complain("%s exists already; nothing was written", path), false;
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;
    if (!ok) command_complain("cannot write %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    if (fd >= 0 && !ok) unlink(path); // a part of it would be served
    return ok;
}

const script_item *author_find(const script_pack *pack, const script_kind *kind, const char *name) {
    size_t count;
    const script_item *items = script_items(pack, &count);
    for (size_t i = 0; i < count; i++) {
        bool named =
            strcmp(items[i].name, name) == 0 || (items[i].label && strcmp(items[i].label, name) == 0);
        if (named && (!kind || items[i].kind == *kind)) return &items[i];
    }
    return NULL;
}

void author_put_file(const script_item *item, buf *out) {
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *name = item->label ? item->label : item->name;
    buf_printf(out, "%s/", author_parts[item->kind]);
    for (const char *s = name; *s; s++) buf_char(out, strchr(safe, *s) && (s > name || *s != '.') ? *s : '-');
    buf_text(out, ".lua");
}

bool author_open(command_host *h, command_options *o, const char **pack) {
    struct stat info;
    *pack = o->pack ? o->pack : "hatchet";
    if (!command_host_prepare(h, o, NEED_CATALOGUE)) return false;
    if (o->into && stat(o->into, &info) == 0 && S_ISDIR(info.st_mode))
        *pack = command_host_subject(h, o, o->into, *pack);
    return command_host_load(h, o, *pack, NULL);
}

void author_put_options(const command_options *o, const char *pack, buf *out) {
    bool is_pack = o->into && strcmp(o->into, pack) == 0;
    if (is_pack || o->pack) buf_printf(out, " --pack %s", pack);
    if (o->into && !is_pack) buf_printf(out, " --overlay %s", o->into);
}
