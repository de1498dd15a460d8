// An issuer of tokens: keys made for the test, their public halves as PEM and JWK, and tokens of any header and
// claims, the signature of which is right.
#ifndef HATCHWAY_TESTS_SIGNER_H
#define HATCHWAY_TESTS_SIGNER_H

#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static inline EVP_PKEY *signer_rsa(void) { return EVP_RSA_gen(2048); }
static inline EVP_PKEY *signer_ec(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *signer_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

// The public or private key as PEM; freed by the caller.
static inline char *signer_pem(EVP_PKEY *key, bool is_private) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;
    if (is_private) PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    else PEM_write_bio_PUBKEY(bio, key);
    long n = BIO_get_mem_data(bio, &data);
    text = base_copy(data, (size_t)n);
    BIO_free(bio);
    return text;
}

static inline void signer_put_number(buf *out, EVP_PKEY *key, const char *member, const char *parameter,
                                     int length) {
    BIGNUM *number = NULL;
    unsigned char bytes[1024];
    assert_true(EVP_PKEY_get_bn_param(key, parameter, &number));
    if (!length) length = BN_num_bytes(number);
    BN_bn2binpad(number, bytes, length);
    buf_printf(out, ",\"%s\":\"", member);
    put_base64url(out, (slice){(char *)bytes, (size_t)length});
    buf_char(out, '"');
    BN_free(number);
}

// {"kid":"…","kty":…} with more members if `more` is not empty: ",'alg':'RS256'".
static inline void signer_put_jwk(buf *out, EVP_PKEY *key, const char *kid, const char *more) {
    buf_printf(out, "{\"kid\":\"%s\"%s", kid, q(more));
    if (EVP_PKEY_is_a(key, "RSA")) {
        buf_text(out, ",\"kty\":\"RSA\"");
        signer_put_number(out, key, "n", OSSL_PKEY_PARAM_RSA_N, 0);
        signer_put_number(out, key, "e", OSSL_PKEY_PARAM_RSA_E, 0);
    } else if (EVP_PKEY_is_a(key, "EC")) {
        int length = EVP_PKEY_get_bits(key) / 8;
        buf_printf(out, ",\"kty\":\"EC\",\"crv\":\"P-%d\"", length * 8);
        signer_put_number(out, key, "x", OSSL_PKEY_PARAM_EC_PUB_X, length);
        signer_put_number(out, key, "y", OSSL_PKEY_PARAM_EC_PUB_Y, length);
    } else {
        unsigned char x[32];
        size_t n = sizeof x;
        EVP_PKEY_get_raw_public_key(key, x, &n);
        buf_text(out, ",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        put_base64url(out, (slice){(char *)x, n});
        buf_char(out, '"');
    }
    buf_char(out, '}');
}

// ECDSA gives DER; tokens have the two numbers side by side.
static inline size_t signer_side_by_side(unsigned char *signature, size_t n, int half) {
    const unsigned char *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)n);
    unsigned char out[256];
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half);
    ECDSA_SIG_free(pair);
    memcpy(signature, out, 2 * (size_t)half);
    return 2 * (size_t)half;
}

// Appends the signature of what the buffer holds. `bits` is of the digest, 0: none (EdDSA).
static inline void signer_sign(buf *token, EVP_PKEY *key, int bits, bool pss) {
    unsigned char signature[1024];
    size_t n = sizeof signature;
    const EVP_MD *digest = bits == 256   ? EVP_sha256()
                           : bits == 384 ? EVP_sha384()
                           : bits == 512 ? EVP_sha512()
                                         : NULL;
    EVP_PKEY_CTX *context;
    EVP_MD_CTX *sign = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(sign, &context, digest, NULL, key), 1);
    if (pss) EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
    if (pss) EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST);
    assert_int_equal(EVP_DigestSign(sign, signature, &n, (unsigned char *)token->s, token->n), 1);
    EVP_MD_CTX_free(sign);
    if (EVP_PKEY_is_a(key, "EC")) n = signer_side_by_side(signature, n, EVP_PKEY_get_bits(key) / 8);
    buf_char(token, '.');
    put_base64url(token, (slice){(char *)signature, n});
}

static inline void signer_sign_secret(buf *token, slice secret) {
    unsigned char code[32];
    HMAC(EVP_sha256(), secret.s, (int)secret.n, (unsigned char *)token->s, token->n, code, NULL);
    buf_char(token, '.');
    put_base64url(token, (slice){(char *)code, sizeof code});
}

static inline void signer_put_unsigned(buf *token, const char *header, const char *claims) {
    buf_clear(token);
    put_base64url(token, slice_of(header));
    buf_char(token, '.');
    put_base64url(token, slice_of(claims));
}

#endif
