#include "upstream/curl_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define ENTRY(name) {"curl_" #name, offsetof(curl_api, name)}

static const struct {
    const char *symbol;
    size_t offset;
} entries[] = {
    ENTRY(global_init),     ENTRY(version),          ENTRY(easy_init),           ENTRY(easy_setopt),
    ENTRY(easy_getinfo),    ENTRY(easy_cleanup),     ENTRY(easy_strerror),       ENTRY(multi_init),
    ENTRY(multi_setopt),    ENTRY(multi_add_handle), ENTRY(multi_remove_handle), ENTRY(multi_socket_action),
    ENTRY(multi_info_read), ENTRY(multi_cleanup),    ENTRY(slist_append),        ENTRY(slist_free_all),
};

// Systems that have only the variant with GnuTLS (Debian's git brings it) call it by its own name.
static void *open_library(void) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

const char *curl_api_open(curl_api *api) {
    void *library = open_library();
    if (!library) return "neither libcurl.so.4 nor libcurl-gnutls.so.4 can be loaded";
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    return api->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "curl_global_init failed";
}
