#include "upstream/curl_api.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

// Takes the read-only segments of an object out of the memory of the process. To open a library reads its tables of
// symbols and relocations once: 5 MB in all. What is needed again is mapped again, from the page cache.
static int unmap_read_only(struct dl_phdr_info *object, size_t size, void *data) {
    (void)size, (void)data;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t from = object->dlpi_addr + segment->p_vaddr, to = from + segment->p_memsz;
        from -= from % page;
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

const char *curl_api_open(curl_api *api) {
    void *library = open_library();
    if (!library) return "neither libcurl.so.4 nor libcurl-gnutls.so.4 can be loaded";
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    if (api->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return "curl_global_init failed";
    dl_iterate_phdr(unmap_read_only, NULL);
    return NULL;
}
