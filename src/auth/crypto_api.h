// libcrypto (OpenSSL 3 or 1.1), opened at run time by a server that checks signatures. libcurl brings it
// along in most cases. These functions are the same in both versions; their types are opaque, so no header is
// needed.
#ifndef HATCHWAY_AUTH_CRYPTO_API_H
#define HATCHWAY_AUTH_CRYPTO_API_H

#include <stddef.h>

typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;

typedef struct crypto_api {
    EVP_PKEY *(*d2i_PUBKEY)(EVP_PKEY **, const unsigned char **, long);
    void (*EVP_PKEY_free)(EVP_PKEY *);
    EVP_MD_CTX *(*EVP_MD_CTX_new)(void);
    void (*EVP_MD_CTX_free)(EVP_MD_CTX *);
    const EVP_MD *(*EVP_sha256)(void);
    const EVP_MD *(*EVP_sha384)(void);
    const EVP_MD *(*EVP_sha512)(void);
    int (*EVP_DigestVerifyInit)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, void *, EVP_PKEY *);
    int (*EVP_DigestVerify)(EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
    int (*EVP_PKEY_CTX_ctrl_str)(EVP_PKEY_CTX *, const char *, const char *);
    unsigned char *(*HMAC)(const EVP_MD *, const void *, int, const unsigned char *, size_t, unsigned char *,
                           unsigned *);
    unsigned char *(*SHA256)(const unsigned char *, size_t, unsigned char *);
    void (*ERR_clear_error)(void);
} crypto_api;

// Opens the library, once. NULL on success, else what dlopen says.
const char *crypto_api_open(crypto_api *api);

#endif
