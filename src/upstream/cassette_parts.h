// What the files of the cassette share. Only upstream/cassette*.c include this.
//
//   cassette.c        the set of files; which of the matching recordings answers
//   cassette_har.c    HAR text to recordings
//   cassette_match.c  is this recording of that request?
//   cassette_near.c   what to say when none is
#ifndef HATCHWAY_UPSTREAM_CASSETTE_PARTS_H
#define HATCHWAY_UPSTREAM_CASSETTE_PARTS_H

#include "base/json.h"
#include "upstream/cassette.h"

// A string of the file as it is written there; what it says is worked out when it is asked for
// (cassette_text).
typedef struct cassette_quoted {
    slice raw;
    bool escaped; // raw has JSON escapes
    bool base64;  // and then this
    char *text;   // worked out, owned
    size_t length;
} cassette_quoted;

// A query, sorted into what decides in which way.
typedef struct cassette_query {
    cassette_pair *pairs; // what must be equal: sorted, each once, without defaults
    size_t count;
    slice start_name;     // "since", "createdAfter", or empty
    int64_t start, end;   // microseconds
    bool has_end;
    slice limit;          // s is NULL if there is none
} cassette_query;

typedef struct recording {
    slice method, url;       // the whole of it
    slice origin, path;      // of the url: "http://host:port", and without the query
    cassette_query query;
    cassette_quoted body;    // of the request
    bool binary;             // its body is gRPC
    bool credential;
    int64_t began;
    int status;
    cassette_quoted content, content_type, retry_after;
    cassette_quoted grpc_status, grpc_message;
    int64_t rows;            // of the answer's list; see cassette_rows
    uint32_t stretch;        // writes of the file before this one
    uint32_t next;           // index of the next one with this method and path, or NO_RECORDING
    uint32_t served;         // repetitions, counted since
    uint32_t served_since;   // this many moves of the file
} recording;

#define NO_RECORDING UINT32_MAX
#define ROWS_UNKNOWN (-2)
#define ROWS_NONE (-1)

typedef struct cassette_file {
    char *name;          // as it was given
    cassette_quoted tenant; // log._tenant, which recordings of ours have: the paths need not name one
    buf text;
    recording *all;      // in the order of the recording
    uint32_t count, room;
    uint32_t *buckets;   // method and path → first recording; a power of two
    uint32_t bucket_count;
    void **kept;         // what must be freed with the file
    size_t kept_count;
    bool changing;
    uint32_t place;      // index after the write that was played last
    uint32_t stretch;    // where playback stands
    uint32_t moves;      // writes played
} cassette_file;

struct cassette {
    cassette_file *files;
    size_t count;
    char *tenant, *origin;
    int64_t clock;
};

// A request on its way through the files.
typedef struct cassette_asked {
    const cassette_request *request;
    cassette_query query;
    bool is_json; // the body is; then body is it
    json_doc body;
} cassette_asked;

// --- cassette_har.c ----------------------------------------------------------------------------------------
bool cassette_read(cassette_file *file, buf *error); // file->text to recordings
slice cassette_text(cassette_quoted *q);
uint32_t *cassette_bucket(const cassette_file *file, slice method, slice path);
bool cassette_is_get(slice method);

// --- cassette_match.c --------------------------------------------------------------------------------------
// Takes the array over and changes it.
void cassette_query_sort(cassette_query *q, cassette_pair *pairs, size_t count);
void cassette_ask(cassette_asked *asked, const cassette_request *request);
void cassette_ask_free(cassette_asked *asked);
bool cassette_matches(recording *r, const cassette_asked *asked); // in all but path, method, limit
int cassette_pair_order(const void *a, const void *b); // by name, then value; for qsort
bool cassette_query_equal(const cassette_query *a, const cassette_query *b); // in all but the limit
bool cassette_limit_equal(const cassette_query *a, const cassette_query *b);
bool cassette_body_equal(recording *r, const cassette_asked *asked);
// A whole list, which the limit of the request would give too.
bool cassette_is_whole(recording *r, const cassette_query *asked);

// --- cassette_near.c ---------------------------------------------------------------------------------------
void cassette_explain(const cassette *c, const cassette_asked *asked, buf *why);

#endif
