// Recorded exchanges (HAR 1.2) that stand in for the network.
//
// Which exchange answers. Method and path are equal, byte for byte; then
//   query  as a set of decoded pairs, without the engine's defaults: offset=0, depth=0,
//          include_payloads=false, order_by_direction=ASC, running_filter=ALL,
//          additional_metadata_operator=OR (any operator with fewer than two metadata pairs);
//   times  whether there is a start (since, createdAfter) decides, its value and the end (until,
//          finishedBefore; absent: now) do not. A time that cannot be read is an ordinary pair;
//   limit  equal; or, where none is, any limit above the number of rows of a recorded list that has
//          fewer rows than its own limit: such a list is whole;
//   body   equal as JSON, where absent, null, {} and [] are the same, times are equal as instants, lists
//          of ids are sets, and times inside a "filter" do not decide. Bodies of gRPC, and what is not
//          JSON, are equal byte for byte;
//   key    a recording with a credential of its own (X-Shop-Key) answers only a request that has one.
// With several files the last one that has an answer gives it.
//
// State. A file is *changing* when a write in it took effect: its method is not GET, its answer is 2xx,
// and it is no CEL check (…/cel/debug, a read that the API spells as POST). Where every write was refused,
// or where there is none, the file is still.
//   still     of the recordings those of the nearest window count (start and end together, give or take a
//             second), then the limit is looked at; the first one answers, always;
//   changing  all methods but GET cut the recording into stretches; playback stands in the one after the
//             last write that it played, and each changing file stands for itself.
//             A read: the first recording of its stretch, the next at each repetition, the last one for
//             good; from a stretch without it: the latest one before, else the first one after. The limit
//             is looked at in each stretch by itself: a whole list of now is better than one of the right
//             limit from before.
//             A write: the first equal one after the place where playback stands, else the last one before.
//
// Nothing is made up: what is not recorded is refused.
#ifndef HATCHWAY_UPSTREAM_CASSETTE_H
#define HATCHWAY_UPSTREAM_CASSETTE_H

#include "base/buf.h"
#include "upstream/grpc.h"

#define CASSETTE_FILE_MAX ((size_t)256 << 20)

typedef struct cassette cassette; // a set of files that are played together

typedef struct cassette_pair {
    slice name, value;
} cassette_pair;

typedef struct cassette_request {
    slice method;
    slice path;                 // percent-encoded, as it would be sent, without the query
    const cassette_pair *query; // decoded
    size_t query_count;
    slice body;                 // as it would be sent; empty for none
    bool has_credential;        // one of its own, such as X-Shop-Key; Authorization is none
} cassette_request;

// The slices live as long as the cassette.
typedef struct cassette_answer {
    int status;
    slice body;
    slice content_type;
    slice retry_after; // empty if there is none
    grpc_status grpc;  // of a gRPC answer (response._trailers)
} cassette_answer;

cassette *cassette_new(void);
void cassette_free(cassette *c);

// Reads a file and adds it, as the last one. False: error says which file, what is wrong, where, and what to
// do.
bool cassette_add(cassette *c, const char *file, buf *error);

// To be called once, after the last file. `tenant` is the one that was configured, or NULL. False: error says
// what to do.
bool cassette_ready(cassette *c, const char *tenant, buf *error);

// After cassette_ready:
const char *cassette_tenant(const cassette *c); // the configured one, else that of the file named last:
                                                // log._tenant, or the first in a path
const char *cassette_origin(const cassette *c); // "http://host:port" of the file named last, for links
int64_t cassette_clock(const cassette *c);      // microseconds: when the last exchange of all files began

// Finds the answer and moves the state of the file that gave it. `now` is the clock of playback in
// microseconds. False: it is not recorded; `why` names the request and the recorded ones nearest to it.
bool cassette_play(cassette *c, const cassette_request *request, int64_t now, cassette_answer *out, buf *why);

#endif
