// auth: who comes over the network, and what they may do at the most. Called by rpc (the HTTP transport) and
// command; it calls store, guard (the names of access) and base.
//   access.c     the header Authorization, and what is answered to who is not let in
//   keys.c       bearer keys of our own, in the store
//   jwt.c        access tokens of an issuer; key_set.c, issuer.c: its public keys; signature.c: libcrypto
//   token.c      what the token of Hatchet says about itself (it has nothing to do with the above)
//
// We are a resource server (RFC 6750, RFC 9728; mcp 2025-06-18 and later, authorization). Whoever issues
// tokens stands elsewhere. A token is taken from the header Authorization alone, at each request, and goes
// nowhere from here: upstream we use our own.
//
// Scopes are the names of access: read, write, destroy. Each includes those before it, and narrows what the
// operator allows (--access); it never widens it.
#ifndef HATCHWAY_AUTH_ACCESS_H
#define HATCHWAY_AUTH_ACCESS_H

#include "auth/issuer.h"
#include "auth/jwt.h"
#include "store/store.h"

// Strings and the store live longer than the access.
typedef struct auth_access_config {
    store *store;            // where keys are; NULL: no keys are taken
    const char *issuer;      // claim iss; NULL: no JWTs are taken, and the rest does not count
    const char *audience;    // the address of this server: "https://host[:port]/path", as clients name it
    auth_source source;
    const char *place;       // file or URL of the issuer's keys
    auth_fetcher fetcher;    // of AUTH_JWKS_URL
    bool allowed[AUTH_ALGORITHMS];
    const char *name;        // of the server, for people
    int64_t (*now)(void);    // microseconds since 1970; NULL: the system's clock
} auth_access_config;

typedef struct auth_access auth_access;

// NULL, and a sentence that says what is wrong with the configuration.
auth_access *auth_access_new(const auth_access_config *config, buf *error);
void auth_access_free(auth_access *a); // NULL is allowed

// Somebody who was let in. The strings live until the next auth_check: copy what you keep.
typedef struct auth_principal {
    const char *id;          // the same for the same somebody: "key:ID" or "iss|sub|client_id". Sessions, tasks
                             // and streams belong to it
    const char *name;        // for logs
    guard_access access;     // the most that the token grants
    int64_t expires;         // microseconds since 1970; 0: never. A stream that is open then is to be closed
} auth_principal;

// Somebody who was not. The strings live until the next auth_check or auth_require.
typedef struct auth_refusal {
    int status;              // 400, 401, 403 or 503
    const char *challenge;   // the value of WWW-Authenticate; NULL: none
    int retry_after;         // seconds, of 503; else 0
    const char *why;         // a sentence, for the log and the body: nothing of the token is in it
} auth_refusal;

// Who sent this request? `authorization` is the value of the header; s NULL: there is none. If there are
// several, join them with ", " (RFC 9110, section 5.3): that is refused like any other broken header.
// False: `no` says what to answer. Never waits; for a key and for a token that was seen before it takes
// microseconds.
bool auth_check(auth_access *a, slice authorization, auth_principal *out, auth_refusal *no);

// May they do what needs this access? False: 403 with all scopes that it needs. To be asked before a stream
// of events begins.
bool auth_require(auth_access *a, const auth_principal *who, guard_access needed, auth_refusal *no);

// Is that principal (an id) let in still? A token ends at `expires`; a key may be revoked before.
bool auth_holds(auth_access *a, const char *id);

// Protected resource metadata (RFC 9728), and where it is served: at this path, and at the same without the
// path of the server ("/.well-known/oauth-protected-resource"). NULL and false where no issuer is configured.
const char *auth_resource_metadata_path(const auth_access *a);
bool auth_put_resource_metadata(const auth_access *a, buf *json);

#endif
