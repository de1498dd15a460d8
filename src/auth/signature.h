// Signatures of tokens (RFC 7515): the algorithms that we know, the public keys for them, and the check.
//
// libcrypto does the arithmetic. libjwt 1.10, which would be the obvious choice, is not asked: it refuses
// tokens of type at+jwt (RFC 9068), PS256 and EdDSA, lets the token choose the algorithm, and wants each key
// as PEM; with it there would be two ways to check a token in place of one. The unit tests let it sign, and
// hold our verdicts against its.
#ifndef HATCHWAY_AUTH_SIGNATURE_H
#define HATCHWAY_AUTH_SIGNATURE_H

#include "base/buf.h"

typedef enum auth_algorithm { // RFC 7518, section 3.1; RFC 8037, section 3.1
    AUTH_RS256, AUTH_RS384, AUTH_RS512,
    AUTH_PS256, AUTH_PS384, AUTH_PS512,
    AUTH_ES256, AUTH_ES384,
    AUTH_EDDSA,
    AUTH_HS256,
    AUTH_ALGORITHMS
} auth_algorithm;

const char *auth_algorithm_name(auth_algorithm algorithm);
bool auth_algorithm_parse(slice name, auth_algorithm *out); // as it is spelt, and "none" is none

// A key fits some algorithms and no others: an RSA key never becomes the secret of HS256.
typedef struct auth_verifier auth_verifier;

// Of a SubjectPublicKeyInfo in DER (RFC 5280, section 4.1): RSA of 2048 to 8192 bits, P-256, P-384, Ed25519.
// NULL, and a sentence to follow the name of the key.
auth_verifier *auth_verifier_of_der(slice der, buf *error);
auth_verifier *auth_verifier_of_secret(slice secret, buf *error); // HS256: of 32 bytes or more
void auth_verifier_free(auth_verifier *v); // NULL is allowed

bool auth_verifier_fits(const auth_verifier *v, auth_algorithm algorithm);

// Is it the signature of the text, by the holder of the key? False if the key does not fit the algorithm.
bool auth_verify(const auth_verifier *v, auth_algorithm algorithm, slice text, slice signature);

// SHA-256, by the processor's own instructions where it has them: several times as fast as libmd's.
#define AUTH_HASH 32
void auth_hash(slice text, uint8_t out[AUTH_HASH]);

// Opens libcrypto. False, and a sentence. The above may be called after that.
bool auth_signature_open(buf *error);

// DER, for who makes keys of numbers (ITU-T X.690): a tag, a length, a content.
void auth_put_der(buf *out, uint8_t tag, slice content);
void auth_put_der_key(buf *out, slice algorithm, slice bits); // a SubjectPublicKeyInfo

// AlgorithmIdentifiers.
extern const slice auth_der_rsa, auth_der_p256, auth_der_p384, auth_der_ed25519;

#endif
