// JSON (RFC 8259): one reader, three things built on it, and writers.
//
// The reader is strict: UTF-8 is checked (no overlong forms, no surrogates), numbers follow the grammar, lone
// surrogate escapes, raw control bytes, trailing text and a byte order mark are errors, and nesting has a
// ceiling. On top of it stand
//   json_parse     a document of nodes, for what C itself looks at (messages, schemas, recordings);
//   json_compact   a checked copy without blanks, in which every string is written anew (so that no escape
//                  can hide text);
//   lua_json_push  Lua values (script/lua_json.h).
// Numbers keep what they are: integers of 64 bits, floats, and as text what is neither exactly.
#ifndef HATCHWAY_BASE_JSON_H
#define HATCHWAY_BASE_JSON_H

#include "base/buf.h"

#define JSON_DEPTH 128 // the deepest nesting that is read or written

typedef enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INT,    // fits int64
    JSON_REAL,   // has a fraction or an exponent, and fits a double
    JSON_BIG,    // an integer beyond int64, or a number beyond double: only its text is exact
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} json_type;

// --- the reader --------------------------------------------------------------------------------------------

typedef enum json_token {
    JSON_T_ERROR,
    JSON_T_END,          // after the value
    JSON_T_NULL,
    JSON_T_FALSE,
    JSON_T_TRUE,
    JSON_T_INT,
    JSON_T_REAL,
    JSON_T_BIG,
    JSON_T_STRING,
    JSON_T_KEY,          // a string that names a member; its value follows
    JSON_T_ARRAY,        // [
    JSON_T_ARRAY_END,
    JSON_T_OBJECT,       // {
    JSON_T_OBJECT_END,
} json_token;

typedef struct json_reader {
    const char *at, *end, *start;
    slice text;          // raw text of the token: numbers; strings without their quotes, escapes as written
    bool escaped;        // the string has escapes
    int64_t integer;     // of JSON_T_INT
    double real;         // of JSON_T_REAL
    const char *error;   // a sentence, after JSON_T_ERROR
    int depth;
    uint8_t expect;
    uint8_t stack[JSON_DEPTH];
} json_reader;

void json_start(json_reader *r, slice text);
json_token json_next(json_reader *r);
size_t json_offset(const json_reader *r); // bytes read so far: where an error is

// Steps over the rest of the value that begins with the token. False: it is broken.
bool json_skip(json_reader *r, json_token token);

// Writes the characters that a string token stands for. `out` must have room for text.n bytes (it never
// grows). Returns the length.
size_t json_unescape(slice text, char *out);

// --- the document ------------------------------------------------------------------------------------------

typedef struct json_node {
    uint8_t type;        // json_type
    uint32_t skip;       // nodes of this value, itself included: the next sibling is node + skip
    uint32_t count;      // elements of an array, members of an object
    slice raw;           // the value as written, blanks inside included
    slice key;           // decoded, if it is a member
    union {
        slice string;    // decoded
        int64_t integer;
        double real;
    } as;
} json_node;

typedef struct json_doc {
    json_node *nodes;    // nodes[0] is the value
    uint32_t count, room;
    char *strings;       // decoded strings that differ from their text
    const char *error;   // after a failure: a sentence
    size_t offset;       // and where
} json_doc;

enum { JSON_UNIQUE = 1 }; // refuse objects that name a member twice (otherwise the last one counts)

// Parses text, which must outlive the document. `max_nodes` bounds the memory (64 bytes each); 0 means no
// bound but the text. False on failure; the document is then empty and says why. json_doc_free in either
// case.
bool json_parse(json_doc *doc, slice text, int flags, uint32_t max_nodes);
void json_doc_free(json_doc *doc);

// All take NULL for "not there" and give NULL back.
const json_node *json_member(const json_node *object, slice key);
static inline const json_node *json_get(const json_node *object, const char *key) {
    return json_member(object, slice_of(key));
}
const json_node *json_path(const json_node *node, const char *dotted); // "run.metadata.id"
const json_node *json_first(const json_node *container);
const json_node *json_after(const json_node *container, const json_node *element); // NULL after the last

static inline bool json_is(const json_node *node, json_type type) { return node && node->type == type; }
slice json_string(const json_node *node); // empty unless it is a string
bool json_bool(const json_node *node, bool otherwise);
bool json_number(const json_node *node, double *out); // INT, REAL or BIG, as nearly as a double can say it
// "null", "boolean", "integer", "number", "string", "array", "object"
const char *json_type_name(const json_node *node);

// Equal as JSON: objects as sets of members, numbers by value.
bool json_equal(const json_node *a, const json_node *b);

// --- writers -----------------------------------------------------------------------------------------------
// They put a comma before a value or key when one is needed (unless the buffer is empty or ends in one of
// { [ : ,).

void json_put_raw(buf *b, slice json); // text that is JSON already
void json_put_string(buf *b, slice text); // invalid UTF-8 becomes U+FFFD
void json_put_text(buf *b, const char *text);
void json_put_quoted(buf *b, slice text); // json_put_string without a comma before it
void json_put_escaped(buf *b, slice text); // and without quotation marks
void json_put_int(buf *b, int64_t value);
void json_put_real(buf *b, double value); // the shortest text that reads back the same; not finite: null
void json_put_bool(buf *b, bool value);
void json_put_null(buf *b);
void json_put_key(buf *b, const char *key);
void json_put_key_slice(buf *b, slice key);
void json_open(buf *b, char bracket);  // '{' or '['
void json_close(buf *b, char bracket); // '}' or ']'
void json_put_node(buf *b, const json_node *node); // compact

// Adds text to b, checked and compact; b needs room for the text as it is. False with error and offset if it is
// not JSON: nothing was added.
bool json_compact(buf *b, slice text, const char **error, size_t *offset);
// The same with the whole of b, in its place. False: b is empty.
bool json_make_compact(buf *b, const char **error, size_t *offset);

#endif
