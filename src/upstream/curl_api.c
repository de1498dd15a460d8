#include "upstream/curl_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define ENTRY(name) {"curl_" #name, offsetof(curl_api, name)}

static const struct {
    const char *symbol;
    size_t offset;
} entries[] = {
    ENTRY(global_init),    ENTRY(version),          ENTRY(easy_init),        ENTRY(easy_setopt),         ENTRY(easy_getinfo),
    ENTRY(easy_reset),     ENTRY(easy_cleanup),     ENTRY(easy_strerror),       ENTRY(multi_init),
    ENTRY(multi_setopt),   ENTRY(multi_add_handle), ENTRY(multi_remove_handle), ENTRY(multi_socket_action),
    ENTRY(multi_assign),   ENTRY(multi_info_read),  ENTRY(multi_cleanup),       ENTRY(slist_append),
    ENTRY(slist_free_all),
};

const char *curl_api_open(curl_api *api) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    return api->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? NULL : "curl_global_init failed";
}
