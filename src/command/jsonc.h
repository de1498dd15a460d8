// JSON that people keep by hand, edited in its text: what is not touched stays byte for byte, comments,
// order, line ends and indentation included. What is put in looks like what stands around it.
//
// jsonc_read checks the whole text and gives the place of each value. The editors write the whole new text;
// it has to be read again before the next edit, for the places of the old one no longer count.
#ifndef HATCHWAY_COMMAND_JSONC_H
#define HATCHWAY_COMMAND_JSONC_H

#include "base/json.h"

// What is allowed beyond RFC 8259. A byte order mark at the beginning always is.
enum { JSONC_COMMENTS = 1, JSONC_TRAILING_COMMAS = 2 };

#define JSONC_NONE SIZE_MAX

typedef struct jsonc_item {
    json_type type;
    uint32_t skip;        // items of this value, itself included: the next sibling is item + skip
    uint32_t count;       // of members or elements
    size_t key, key_end;  // the name with its quotes; equal for an element and the root
    size_t start, end;    // the value
    size_t comma;         // the one after it, or JSONC_NONE
} jsonc_item;

typedef struct jsonc {
    slice text;
    jsonc_item *items;    // items[0] is the root; NULL when there is nothing but blanks and comments
    uint32_t count, room;
    const char *error;    // after a failure: what is wrong
    size_t offset;        // and where
} jsonc;

// Reads text, which must outlive the document. False when it is not what is allowed. jsonc_free in either
// case.
bool jsonc_read(jsonc *doc, slice text, int allowed);
void jsonc_free(jsonc *doc);

size_t jsonc_line(slice text, size_t offset); // the number of the line, from 1

const jsonc_item *jsonc_first(const jsonc_item *container);
const jsonc_item *jsonc_after(const jsonc_item *container, const jsonc_item *item); // NULL after the last
// The last member of that name, NULL if there is none; *count, if given, is how many there are.
const jsonc_item *jsonc_member(const jsonc *doc, const jsonc_item *object, slice key, size_t *count);

// The value as JSON, without comments and trailing commas.
void jsonc_put_plain(const jsonc *doc, const jsonc_item *item, buf *out);

// --- editors. `value` is JSON; `out` is empty and has room.

void jsonc_begin(const jsonc *doc, buf *out); // for a document without a root: puts an empty object there
// Adds a member at the end of an object, or an element (key.s is NULL then) at the end of an array.
void jsonc_add(const jsonc *doc, const jsonc_item *container, slice key, slice value, buf *out);
void jsonc_replace(const jsonc *doc, const jsonc_item *item, slice value, buf *out);
void jsonc_remove(const jsonc *doc, const jsonc_item *container, const jsonc_item *item, buf *out);

#endif
