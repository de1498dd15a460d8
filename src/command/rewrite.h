// Changing a file that belongs to somebody else: read whole, written to a temporary file beside it, which
// then takes its place at once. Symbolic links are followed, the mode stays.
#ifndef HATCHWAY_COMMAND_REWRITE_H
#define HATCHWAY_COMMAND_REWRITE_H

#include "base/buf.h"

#include <sys/stat.h>

#define REWRITE_MAX ((size_t)64 << 20) // bytes of a file

typedef struct rewrite {
    char *path;        // of the file itself, links followed
    bool exists;
    struct stat info;  // of what was read
    buf text;
    buf error;         // a sentence, after a failure
} rewrite;

// Reads the file; one that does not exist is empty. rewrite_close in either case.
bool rewrite_open(rewrite *r, const char *path);

// Keeps a copy beside the file, FILE.bak-<date>: *name, to be freed.
bool rewrite_backup(rewrite *r, char **name);

// Writes the text, unless the file has changed since it was read. New files get mode 0600, their folders
// 0700.
bool rewrite_save(rewrite *r, slice text);

void rewrite_close(rewrite *r);

#endif
