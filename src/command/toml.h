// TOML that people keep by hand, edited in its text: as jsonc.h, for what a configuration file of Codex has.
//
// toml_read finds the statements of a file: the headers of tables, and keys with the places of their values.
// It refuses what has no such form, and leaves the rest of the grammar to the client that owns the file.
#ifndef HATCHWAY_COMMAND_TOML_H
#define HATCHWAY_COMMAND_TOML_H

#include "base/buf.h"

#define TOML_DEPTH 64 // the deepest nesting of values that is read

typedef enum toml_kind {
    TOML_TABLE, // [path]
    TOML_LIST,  // [[path]]
    TOML_KEY,   // key = value
    TOML_INNER, // the same, in braces
} toml_kind;

typedef struct toml_item {
    toml_kind kind;
    char *path;          // the whole of it, decoded: each part ended by a NUL byte
    size_t path_n;
    size_t start, end;   // of the statement; without blanks, comment and line end after it
    size_t value;        // of a key: where its value begins; it reaches to `end`
} toml_item;

#define TOML_ROOT UINT32_MAX

typedef struct toml {
    slice text;
    toml_item *items;    // in the order of the text
    uint32_t count, room;
    const char *error;   // after a failure: what is wrong
    size_t offset;       // and where
} toml;

// Reads text, which must outlive the document. toml_free in either case.
bool toml_read(toml *doc, slice text);
void toml_free(toml *doc);

// Is this the path of the item? With `below`: or does its path begin so?
bool toml_is(const toml_item *item, const char *const *path, size_t parts, bool below);
// The first item of that path, of one of these kinds (1 << TOML_KEY | …). NULL: there is none.
const toml_item *toml_find(const toml *doc, unsigned kinds, const char *const *path, size_t parts);

// Writes a value that is a string, or a list of strings, as JSON. False for all others.
bool toml_put_json(const toml *doc, const toml_item *key, buf *out);

// --- editors: each writes the whole new text to `out`, which is empty and has room.

void toml_replace(const toml *doc, const toml_item *key, const char *value, buf *out);
// Adds "key = value" under a header, after what it has.
void toml_add(const toml *doc, const toml_item *header, const char *key, const char *value, buf *out);
// Adds a table at the end of the file; `body` is its lines, header included, each ended by "\n".
void toml_append(const toml *doc, const char *body, buf *out);
// Removes a statement: a key with its line, a header with all keys under it, an inner key with its comma.
void toml_remove(const toml *doc, const toml_item *item, buf *out);

#endif
