// Access tokens that are JWTs (RFC 7519, RFC 9068): what is checked, and in which order.
//
//   1. the shape: three parts in base64url, at most AUTH_TOKEN_MAX bytes, nothing around them
//   2. the header: strict JSON, an algorithm that the operator allows, type JWT or at+jwt, nothing critical
//   3. the key: by kid, and only one that fits the algorithm
//   4. the signature; nothing of the claims is read before
//   5. the claims: strict JSON, iss, aud, exp, nbf, iat (clocks may be AUTH_SKEW seconds apart), sub or
//      client_id
//
// Threat model. Whoever reaches the port may send anything as a token; whoever has a token of the issuer for
// another server may send that. Reasons are fixed sentences: they go to the client, and hold nothing of the
// token. RFC 8725 has the attacks.
#ifndef HATCHWAY_AUTH_JWT_H
#define HATCHWAY_AUTH_JWT_H

#include "auth/key_set.h"
#include "guard/gate.h"

#define AUTH_TOKEN_MAX 8192
#define AUTH_SKEW 60 // seconds

typedef struct auth_jwt_rules {
    const char *issuer, *audience;
    bool allowed[AUTH_ALGORITHMS];
} auth_jwt_rules;

typedef struct auth_jwt {
    char *id;           // "iss|sub|client_id"; |, % and control bytes in a part are percent-encoded
    char *name;         // for logs: the client or the subject
    bool granted;       // it has one of our scopes
    guard_access scope; // the most that its scopes grant
    int64_t expires;    // seconds since 1970
} auth_jwt;

// NULL: it is good. Else what is wrong, for the client: "the token has expired". With keys NULL only the
// shape and the header are looked at. *no_key: no key is the one that it names; another set might have it.
// `now`: seconds since 1970. auth_jwt_free after success.
const char *auth_jwt_check(slice token, const auth_jwt_rules *rules, const auth_key_set *keys, int64_t now,
                           auth_jwt *out, bool *no_key);
void auth_jwt_free(auth_jwt *jwt);

// The parts of a token between dots. Returns how many there are; the first three are set.
size_t auth_jwt_split(slice token, slice parts[3]);

#endif
