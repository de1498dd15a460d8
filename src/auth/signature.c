// Signatures and the keys for them. Contract in signature.h.
#include "auth/signature.h"
#include "auth/crypto_api.h"
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

enum kind { RSA, P256, P384, ED25519, SECRET };
enum digest { NONE, SHA_256, SHA_384, SHA_512 };

static const struct {
    const char *name;
    enum kind kind;
    enum digest digest;
    bool pss;
} algorithms[AUTH_ALGORITHMS] = {
    [AUTH_RS256] = {"RS256", RSA, SHA_256},       [AUTH_RS384] = {"RS384", RSA, SHA_384},
    [AUTH_RS512] = {"RS512", RSA, SHA_512},       [AUTH_PS256] = {"PS256", RSA, SHA_256, true},
    [AUTH_PS384] = {"PS384", RSA, SHA_384, true}, [AUTH_PS512] = {"PS512", RSA, SHA_512, true},
    [AUTH_ES256] = {"ES256", P256, SHA_256},      [AUTH_ES384] = {"ES384", P384, SHA_384},
    [AUTH_EDDSA] = {"EdDSA", ED25519, NONE},      [AUTH_HS256] = {"HS256", SECRET, SHA_256},
};

struct auth_verifier {
    enum kind kind;
    EVP_PKEY *key;      // NULL of a secret
    const char *secret; // in locked memory
    size_t length;
};

static crypto_api crypto;
static bool is_open;

bool auth_signature_open(buf *error) {
    if (is_open) return true;
    const char *missing = crypto_api_open(&crypto);
    if (missing) buf_printf(error, "OpenSSL's libcrypto is not there (%s); install libssl3", missing);
    return is_open = !missing;
}

const char *auth_algorithm_name(auth_algorithm a) { return algorithms[a].name; }

bool auth_algorithm_parse(slice name, auth_algorithm *out) {
    for (int a = 0; a < AUTH_ALGORITHMS; a++) {
        if (!slice_is(name, algorithms[a].name)) continue;
        *out = (auth_algorithm)a;
        return true;
    }
    return false;
}

// --- DER ---------------------------------------------------------------------------------------------------

#define IDENTIFIER(name, ...)                                                                                \
    static const char name##_bytes[] = {__VA_ARGS__};                                                        \
    const slice auth_der_##name = {name##_bytes, sizeof name##_bytes}

IDENTIFIER(rsa, 0x30, 0x0D, 0x06, 0x09, 0x2A, (char)0x86, 0x48, (char)0x86, (char)0xF7, 0x0D, 0x01, 0x01,
           0x01, 0x05, 0x00);
IDENTIFIER(p256, 0x30, 0x13, 0x06, 0x07, 0x2A, (char)0x86, 0x48, (char)0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
           0x2A, (char)0x86, 0x48, (char)0xCE, 0x3D, 0x03, 0x01, 0x07);
IDENTIFIER(p384, 0x30, 0x10, 0x06, 0x07, 0x2A, (char)0x86, 0x48, (char)0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05,
           0x2B, (char)0x81, 0x04, 0x00, 0x22);
IDENTIFIER(ed25519, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70);

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_SEQUENCE = 0x30 };

void auth_put_der(buf *out, uint8_t tag, slice content) {
    buf_char(out, (char)tag);
    if (content.n >= 0x100) buf_char(out, (char)0x82), buf_char(out, (char)(content.n >> 8));
    else if (content.n >= 0x80) buf_char(out, (char)0x81);
    buf_char(out, (char)(content.n & 0xFF));
    buf_slice(out, content);
}

void auth_put_der_key(buf *out, slice algorithm, slice bits) {
    buf string = BUF(BUF_SMALL), whole = BUF(BUF_SMALL);
    buf_char(&string, 0); // unused bits of the last byte
    buf_slice(&string, bits);
    buf_slice(&whole, algorithm);
    auth_put_der(&whole, DER_BITS, buf_view(&string));
    auth_put_der(out, DER_SEQUENCE, buf_view(&whole));
    buf_free(&string);
    buf_free(&whole);
}

// Takes one value off. False: it is none of this tag, or its length is not there.
static bool take_der(slice *rest, uint8_t tag, slice *content) {
    const unsigned char *s = (const unsigned char *)rest->s;
    size_t at = 2, length;
    if (rest->n < 2 || s[0] != tag) return false;
    length = s[1];
    if (length >= 0x80) {
        size_t more = length & 0x7F;
        if (more < 1 || more > 2 || rest->n < 2 + more) return false;
        for (length = 0; more; more--) length = length << 8 | s[at++];
    }
    if (length > rest->n - at) return false;
    *content = (slice){rest->s + at, length};
    *rest = (slice){rest->s + at + length, rest->n - at - length};
    return true;
}

static slice without_zeros(slice number) {
    while (number.n && !*number.s) number.s++, number.n--;
    return number;
}

static bool check_rsa(slice bits, buf *error) {
    slice pair, modulus, exponent;
    if (!take_der(&bits, DER_SEQUENCE, &pair) || !take_der(&pair, DER_INTEGER, &modulus) ||
        !take_der(&pair, DER_INTEGER, &exponent))
        return buf_text(error, "is no RSA key"), false;
    modulus = without_zeros(modulus);
    if (modulus.n < 256 || modulus.n > 1024)
        return buf_printf(error, "is an RSA key of %zu bits; 2048 to 8192 are taken", modulus.n * 8), false;
    if (without_zeros(exponent).n > 8) return buf_text(error, "has an exponent that nobody uses"), false;
    return true;
}

// What the key is, by the identifier of its algorithm.
static bool kind_of(slice der, enum kind *out, buf *error) {
    static const struct {
        const slice *identifier;
        enum kind kind;
    } known[] = {
        {&auth_der_rsa, RSA}, {&auth_der_p256, P256}, {&auth_der_p384, P384}, {&auth_der_ed25519, ED25519}};
    slice whole, bits;
    if (!take_der(&der, DER_SEQUENCE, &whole) || der.n) return buf_text(error, "is no public key"), false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        slice identifier = *known[i].identifier, rest = whole;
        if (rest.n < identifier.n || memcmp(rest.s, identifier.s, identifier.n) != 0) continue;
        rest.s += identifier.n;
        rest.n -= identifier.n;
        if (!take_der(&rest, DER_BITS, &bits) || !bits.n || *bits.s || rest.n)
            return buf_text(error, "is no public key"), false;
        *out = known[i].kind;
        return known[i].kind != RSA || check_rsa((slice){bits.s + 1, bits.n - 1}, error);
    }
    return buf_text(error, "is of a kind that is not taken: RSA, P-256, P-384 and Ed25519 are"), false;
}

// --- keys --------------------------------------------------------------------------------------------------

auth_verifier *auth_verifier_of_der(slice der, buf *error) {
    enum kind kind;
    if (!kind_of(der, &kind, error)) return NULL;
    const unsigned char *at = (const unsigned char *)der.s;
    EVP_PKEY *key = crypto.d2i_PUBKEY(NULL, &at, (long)der.n);
    crypto.ERR_clear_error(); // libcurl looks into the same queue
    if (!key) return buf_text(error, "is no key that libcrypto takes"), NULL;
    auth_verifier *v = base_alloc(sizeof *v);
    *v = (auth_verifier){.kind = kind, .key = key};
    return v;
}

auth_verifier *auth_verifier_of_secret(slice secret, buf *error) {
    if (secret.n < 32)
        return buf_printf(error, "is a secret of %zu bytes; HS256 needs 32 or more", secret.n), NULL;
    auth_verifier *v = base_alloc(sizeof *v);
    *v = (auth_verifier){.kind = SECRET, .secret = secret_keep(secret), .length = secret.n};
    return v;
}

void auth_verifier_free(auth_verifier *v) {
    if (!v) return;
    if (v->key) crypto.EVP_PKEY_free(v->key);
    free(v);
}

bool auth_verifier_fits(const auth_verifier *v, auth_algorithm algorithm) {
    return v->kind == algorithms[algorithm].kind;
}

// --- the check ---------------------------------------------------------------------------------------------

static const EVP_MD *digest_of(auth_algorithm a) {
    switch (algorithms[a].digest) {
    case SHA_256: return crypto.EVP_sha256();
    case SHA_384: return crypto.EVP_sha384();
    case SHA_512: return crypto.EVP_sha512();
    default: return NULL;
    }
}

// A positive INTEGER: no zeros before it but the one that keeps it positive.
static void put_integer(buf *out, slice number) {
    char padded[64];
    number = without_zeros(number);
    bool zero = !number.n || (*number.s & 0x80);
    padded[0] = 0;
    memcpy(padded + zero, number.s, number.n);
    auth_put_der(out, DER_INTEGER, (slice){padded, number.n + zero});
}

// JWS writes the two numbers of an ECDSA signature side by side (RFC 7518, section 3.4); libcrypto wants DER.
static bool put_ecdsa(buf *out, enum kind kind, slice signature) {
    size_t half = kind == P256 ? 32 : 48;
    buf pair = BUF(256);
    if (signature.n != 2 * half) return false;
    put_integer(&pair, (slice){signature.s, half});
    put_integer(&pair, (slice){signature.s + half, half});
    auth_put_der(out, DER_SEQUENCE, buf_view(&pair));
    buf_free(&pair);
    return true;
}

static bool verify_public(const auth_verifier *v, auth_algorithm a, slice text, slice signature) {
    EVP_PKEY_CTX *context;
    EVP_MD_CTX *digest = crypto.EVP_MD_CTX_new();
    bool ok = digest && crypto.EVP_DigestVerifyInit(digest, &context, digest_of(a), NULL, v->key) == 1;
    if (ok && algorithms[a].pss)
        ok = crypto.EVP_PKEY_CTX_ctrl_str(context, "rsa_padding_mode", "pss") == 1 &&
             crypto.EVP_PKEY_CTX_ctrl_str(context, "rsa_pss_saltlen", "digest") == 1;
    ok = ok && crypto.EVP_DigestVerify(digest, (const unsigned char *)signature.s, signature.n,
                                       (const unsigned char *)text.s, text.n) == 1;
    crypto.EVP_MD_CTX_free(digest);
    crypto.ERR_clear_error();
    return ok;
}

static bool verify_secret(const auth_verifier *v, slice text, slice signature) {
    unsigned char code[64];
    unsigned length = 0;
    crypto.HMAC(crypto.EVP_sha256(), v->secret, (int)v->length, (const unsigned char *)text.s, text.n, code,
                &length);
    return secret_equal((slice){(const char *)code, length}, signature);
}

bool auth_verify(const auth_verifier *v, auth_algorithm a, slice text, slice signature) {
    if (!auth_verifier_fits(v, a)) return false;
    if (v->kind == SECRET) return verify_secret(v, text, signature);
    if (v->kind != P256 && v->kind != P384) return verify_public(v, a, text, signature);
    buf der = BUF(256);
    bool ok = put_ecdsa(&der, v->kind, signature) && verify_public(v, a, text, buf_view(&der));
    buf_free(&der);
    return ok;
}

void auth_hash(slice text, uint8_t out[AUTH_HASH]) {
    crypto.SHA256((const unsigned char *)text.s, text.n, out);
}
