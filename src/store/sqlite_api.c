#include "store/sqlite_api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define ENTRY(name) {"sqlite3_" #name, offsetof(sqlite_api, name)}

static const struct {
    const char *symbol;
    size_t offset;
} entries[] = {
    ENTRY(open_v2),      ENTRY(close),       ENTRY(busy_timeout), ENTRY(extended_result_codes),
    ENTRY(exec),         ENTRY(errmsg),      ENTRY(errstr),       ENTRY(changes),
    ENTRY(last_insert_rowid), ENTRY(prepare_v3), ENTRY(finalize), ENTRY(step),
    ENTRY(reset),        ENTRY(clear_bindings), ENTRY(bind_int64), ENTRY(bind_text),
    ENTRY(bind_blob),    ENTRY(bind_null),   ENTRY(column_int64), ENTRY(column_blob),
    ENTRY(column_text),  ENTRY(column_bytes), ENTRY(column_type),
};

const char *sqlite_api_open(sqlite_api *api) {
    void *library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *symbol = dlsym(library, entries[i].symbol);
        if (!symbol) return dlerror();
        memcpy((char *)api + entries[i].offset, &symbol, sizeof symbol);
    }
    return NULL;
}
