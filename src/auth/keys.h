// Bearer keys of our own: made, listed and revoked by hatchway key, and checked at each request.
//
// A key is "hw_", 43 letters and digits drawn at random (256 bits), and 6 that follow from them, which tell a
// misspelt key from an unknown one and let scanners find keys in texts. It is shown once. What is stored is
// its SHA-256; no slow hash is needed, for there is nothing to guess. The first 12 hexadecimal digits of the
// hash are the id: whoever finds a key can tell which one it is, nobody can make a key of an id.
#ifndef HATCHWAY_AUTH_KEYS_H
#define HATCHWAY_AUTH_KEYS_H

#include "guard/gate.h"
#include "store/store.h"

#define AUTH_KEY_LENGTH 52
#define AUTH_KEY_ID 12
#define AUTH_KEY_DELAY INT64_C(10000) // microseconds
#define AUTH_KEY_NAME 64 // bytes of a name, at the most

typedef struct auth_keys auth_keys;

// Times are microseconds since 1970; 0: never.
typedef struct auth_key {
    char id[AUTH_KEY_ID + 1], name[AUTH_KEY_NAME + 1];
    guard_access scope;
    int64_t created, expires, revoked;
    int64_t used;   // lately: to a minute
} auth_key;

// NULL, and a sentence. The store must live longer.
auth_keys *auth_keys_open(store *s, buf *error);
void auth_keys_close(auth_keys *k); // NULL is allowed

// Makes a key. `text` gets the key, to be wiped after it was shown. False, and a sentence: the name is taken
// by a key that is not revoked, or is none.
bool auth_keys_create(auth_keys *k, slice name, guard_access scope, int64_t now, int64_t expires, buf *text,
                      buf *error);

// Every key, oldest first. False, and a sentence.
bool auth_keys_list(auth_keys *k, void (*each)(void *data, const auth_key *key), void *data, buf *error);
bool auth_keys_any(auth_keys *k, int64_t now); // is there one that is good then? 0: was there ever one?

// By id or name; `id` gets its id. False, and a sentence: there is none, or it was revoked before.
bool auth_keys_revoke(auth_keys *k, slice which, int64_t now, buf *id, buf *error);

typedef enum auth_key_state {
    AUTH_KEY_GOOD,
    AUTH_KEY_MISSPELT, // it cannot be a key
    AUTH_KEY_UNKNOWN,
    AUTH_KEY_EXPIRED,
    AUTH_KEY_REVOKED,
    AUTH_KEY_UNREADABLE, // the store does not answer; it was logged
} auth_key_state;

// Does it begin as our keys do?
bool auth_key_claims(slice token);

// What became of a key. The store is asked, which takes some 15 microseconds, unless the same key was good
// less than AUTH_KEY_DELAY ago: so long a key may live on after it was revoked.
auth_key_state auth_keys_check(auth_keys *k, slice token, int64_t now, auth_key *out);

// Is the key of that id good still? Asked while streams are open: a store that does not answer ends nothing.
bool auth_keys_hold(auth_keys *k, const char *id, int64_t now);

#endif
