#include "auth/crypto_api.h"

#include <dlfcn.h>
#include <string.h>

#define ENTRY(name)                                                                                          \
    { #name, offsetof(crypto_api, name) }

static const struct {
    const char *symbol;
    size_t offset;
} entries[] = {
    ENTRY(d2i_PUBKEY),
    ENTRY(EVP_PKEY_free),
    ENTRY(EVP_MD_CTX_new),
    ENTRY(EVP_MD_CTX_free),
    ENTRY(EVP_sha256),
    ENTRY(EVP_sha384),
    ENTRY(EVP_sha512),
    ENTRY(EVP_DigestVerifyInit),
    ENTRY(EVP_DigestVerify),
    ENTRY(HMAC),
    ENTRY(EVP_PKEY_CTX_ctrl_str),
    ENTRY(ERR_clear_error),
    ENTRY(SHA256),
};

const char *crypto_api_open(crypto_api *api) {
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libcrypto.so.1.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    return NULL;
}
