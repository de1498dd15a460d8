// Changing a file in its place. Contract in rewrite.h.
#include "command/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BACKUPS 100 // of one second

static bool fail(rewrite *r, const char *what, const char *path) {
    buf_printf(&r->error, "%s %s: %s", what, path, strerror(errno));
    return false;
}

static bool read_all(rewrite *r, int fd) {
    for (;;) {
        char *room = buf_room(&r->text, 65536);
        ssize_t n = room ? read(fd, room, 65536) : 0;
        if (!room) return buf_printf(&r->error, "%s is too large", r->path), false;
        if (n < 0) return fail(r, "cannot read", r->path);
        if (n == 0) return true;
        r->text.n += (size_t)n;
    }
}

bool rewrite_open(rewrite *r, const char *path) {
    struct stat link;
    *r = (rewrite){.text = BUF(REWRITE_MAX), .error = BUF(BUF_SMALL)};
    r->path = realpath(path, NULL);
    if (!r->path && errno != ENOENT) return fail(r, "cannot read", path);
    if (!r->path && lstat(path, &link) == 0)
        return buf_printf(&r->error, "%s is a symbolic link to nothing", path), false;
    if (!r->path) {
        r->path = base_string(path);
        return true;
    }
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(r, "cannot read", r->path);
    bool ok = fstat(fd, &r->info) == 0 || fail(r, "cannot read", r->path);
    if (ok && !S_ISREG(r->info.st_mode)) ok = (buf_printf(&r->error, "%s is no file", r->path), false);
    ok = ok && read_all(r, fd);
    r->exists = ok;
    close(fd);
    return ok;
}

static bool write_all(int fd, slice text) {
    while (text.n) {
        ssize_t n = write(fd, text.s, text.n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.s += n;
        text.n -= (size_t)n;
    }
    return fsync(fd) == 0;
}

// The owner stays if that may be: it is another one when root writes for somebody.
static bool write_like(const rewrite *r, int fd, slice text) {
    if (r->exists && (fchown(fd, r->info.st_uid, r->info.st_gid) != 0 && errno != EPERM)) return false;
    if (r->exists && fchmod(fd, r->info.st_mode & 07777) != 0) return false;
    return write_all(fd, text);
}

bool rewrite_backup(rewrite *r, char **name) {
    char date[32];
    time_t now = time(NULL);
    struct tm day;
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &day));
    for (int i = 1; i <= BACKUPS; i++) {
        buf path = BUF(BUF_SMALL);
        buf_printf(&path, "%s.bak-%s", r->path, date);
        if (i > 1) buf_printf(&path, "-%d", i);
        int fd = open(buf_string(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        bool taken = fd < 0 && errno == EEXIST, ok = fd >= 0 && write_like(r, fd, buf_view(&r->text));
        if (!ok && !taken) fail(r, "cannot write", buf_string(&path));
        if (fd >= 0) close(fd);
        if (fd >= 0 && !ok) unlink(buf_string(&path));
        *name = ok ? base_string(buf_string(&path)) : NULL;
        buf_free(&path);
        if (!taken) return ok;
    }
    return buf_printf(&r->error, "%s has too many backups of this second", r->path), false;
}

static bool make_folders(rewrite *r) {
    char *part = base_string(r->path);
    bool ok = true;
    for (char *s = part + 1; ok && (s = strchr(s, '/')); s++) {
        *s = '\0';
        ok = mkdir(part, 0700) == 0 || errno == EEXIST || fail(r, "cannot make the folder", part);
        *s = '/';
    }
    free(part);
    return ok;
}

static bool is_as_read(const rewrite *r) {
    struct stat now;
    if (stat(r->path, &now) != 0) return !r->exists && errno == ENOENT;
    return r->exists && now.st_ino == r->info.st_ino && now.st_size == r->info.st_size &&
           now.st_mtim.tv_sec == r->info.st_mtim.tv_sec && now.st_mtim.tv_nsec == r->info.st_mtim.tv_nsec;
}

bool rewrite_save(rewrite *r, slice text) {
    if (!make_folders(r)) return false;
    buf temporary = BUF(BUF_SMALL);
    buf_printf(&temporary, "%s.hatchway-XXXXXX", r->path);
    char *name = base_string(buf_string(&temporary));
    buf_free(&temporary);
    int fd = mkostemp(name, O_CLOEXEC); // mode 0600
    bool ok = fd >= 0 && write_like(r, fd, text);
    if (!ok) fail(r, "cannot write", fd >= 0 ? name : r->path);
    if (fd >= 0) close(fd);
    if (ok && !is_as_read(r)) {
        buf_printf(&r->error, "%s was changed by somebody else just now; try again", r->path);
        ok = false;
    }
    if (ok && rename(name, r->path) != 0) ok = fail(r, "cannot write", r->path);
    if (fd >= 0 && !ok) unlink(name);
    free(name);
    return ok;
}

void rewrite_close(rewrite *r) {
    free(r->path);
    buf_free(&r->text);
    buf_free(&r->error);
    *r = (rewrite){0};
}
