// Where the keys of the issuer are from, and when they are read again.
//
//   a file   looked at once a second when tokens come, and read again when it has changed; a broken file
//            changes nothing, and is logged
//   an URL   fetched at the start, every hour, and when a token names a key that is not there, but not more
//            than once a minute; until it has come there are no keys. A failed fetch changes nothing, and is
//            logged
//
// Nothing here waits. The one who fetches is given from outside (command/access.c): auth knows no network.
#ifndef HATCHWAY_AUTH_ISSUER_H
#define HATCHWAY_AUTH_ISSUER_H

#include "auth/key_set.h"

typedef enum auth_source { AUTH_PEM_FILE, AUTH_SECRET_FILE, AUTH_JWKS_FILE, AUTH_JWKS_URL } auth_source;

// Fetches a URL of at most AUTH_SET_MAX bytes: calls `done` once, not before it returns, with the body, or
// with s NULL and why not. The handle is for `stop`, until done was called.
typedef struct auth_fetcher {
    void *(*start)(void *data, const char *url, void (*done)(void *for_whom, slice body, const char *problem),
                   void *for_whom);
    void (*stop)(void *handle);
    void *data;
} auth_fetcher;

typedef struct auth_issuer auth_issuer;

// NULL, and a sentence: the file cannot be read or holds no key. A URL is asked later. `place` and the
// fetcher's data live longer.
auth_issuer *auth_issuer_new(auth_source source, const char *place, const auth_fetcher *fetcher, int64_t now,
                             buf *error);
void auth_issuer_free(auth_issuer *i); // NULL is allowed

// The keys as they are now; NULL while there are none. `generation` changes whenever they do. Times are
// microseconds on one clock.
const auth_key_set *auth_issuer_keys(auth_issuer *i, int64_t now, unsigned *generation);

// A token named a key that is not there: asks again, if that is due. True: an answer is on its way.
bool auth_issuer_ask_again(auth_issuer *i, int64_t now);

#endif
