#include "rpc/http_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define ENTRY(name)                                                                                          \
    { "MHD_" #name, offsetof(http_api, name) }

static const struct {
    const char *symbol;
    size_t offset;
} entries[] = {
    ENTRY(start_daemon),
    ENTRY(stop_daemon),
    ENTRY(quiesce_daemon),
    ENTRY(run),
    ENTRY(get_timeout),
    ENTRY(get_daemon_info),
    ENTRY(get_connection_info),
    ENTRY(suspend_connection),
    ENTRY(resume_connection),
    ENTRY(get_connection_values_n),
    ENTRY(create_response_from_buffer),
    ENTRY(create_response_from_callback),
    ENTRY(add_response_header),
    ENTRY(queue_response),
    ENTRY(destroy_response),
};

const char *http_api_open(http_api *api) {
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    return NULL;
}
