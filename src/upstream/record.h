// Writes exchanges with Hatchet to a file that cassette.h plays back (HAR 1.2).
//
// What is written: method, address and body; status and body; the time. No headers, so no credential and no
// cookie; what is a secret of the process is masked wherever it stands. The tenant is named in the file
// (log._tenant). Of a request that was tried several times only the last attempt is written, for that is what
// the caller got. What has no answer is not written.
//
// The file is whole JSON after each exchange: a recording that is broken off keeps all that came before. One
// without an exchange is removed at the end.
#ifndef HATCHWAY_UPSTREAM_RECORD_H
#define HATCHWAY_UPSTREAM_RECORD_H

#include "base/buf.h"
#include "upstream/grpc.h"

typedef struct recorder recorder;

typedef struct recorded {
    int64_t began;        // microseconds since 1970
    int64_t lasted;       // microseconds
    const char *method;
    const char *base;     // address of the server, of which the origin is written
    slice path, query;    // encoded, as they were sent; without the prefix of the server's address
    slice body;           // empty: none
    int status;
    slice answer;
    const grpc_status *grpc; // of a gRPC call, whose bodies are written in base64; else NULL
} recorded;

// Makes the file, which must not exist yet. NULL and a sentence.
recorder *recorder_new(const char *file, const char *tenant, buf *error);
void recorder_add(recorder *r, const recorded *exchange); // logs a failure to write, once
void recorder_free(recorder *r);                          // NULL is allowed

#endif
