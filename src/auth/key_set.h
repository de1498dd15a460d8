// The public keys of an issuer: a PEM file with one, or a JWK set (RFC 7517).
#ifndef HATCHWAY_AUTH_KEY_SET_H
#define HATCHWAY_AUTH_KEY_SET_H

#include "auth/signature.h"

#define AUTH_SET_MAX ((size_t)256 << 10) // bytes of a file or an answer
#define AUTH_SET_KEYS 64

typedef struct auth_key_set auth_key_set;

// NULL, and a sentence.
auth_key_set *auth_key_set_of_pem(slice text, buf *error);    // "PUBLIC KEY"
auth_key_set *auth_key_set_of_jwks(slice json, buf *error);   // keys for other uses are passed over
auth_key_set *auth_key_set_of_secret(slice text, buf *error); // one line break at the end does not count
void auth_key_set_free(auth_key_set *set);

// The key that a token means: by its kid where the set has names, else the only one that fits the algorithm.
// NULL: none, or more than one.
const auth_verifier *auth_key_set_find(const auth_key_set *set, slice kid, auth_algorithm algorithm);

#endif
