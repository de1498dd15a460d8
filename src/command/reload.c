// Reading files again when they are saved. Contract in reload.h.
//
// Two things tell of a change. inotify, at once: each folder, its parts, and the folder that it lies in (a
// symlink may be exchanged there). And a look at the files each second, for what inotify does not see (other
// file systems, folders that come later). What counts is the signature of the files, however it came about:
// editors rename, truncate and write in steps.
#include "command/reload.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLE 15        // milliseconds of quiet after an event before the files are read
#define LOOK 1000        // milliseconds between two looks without an event
#define SECOND_LOOK 300  // milliseconds that a broken or empty file has to become whole
#define WATCHES_MAX (LAYERS_MAX * 5)

typedef struct watch {
    uv_fs_event_t event;
    char *path;
    dev_t device;             // of what is being watched there; both 0 while there is nothing
    ino_t inode;
} watch;

struct command_reload {
    command_host *host;
    watch watches[WATCHES_MAX];
    size_t watch_count;
    uv_timer_t settle, look;
    uv_idle_t work;
    script_loading *loading;
    uint64_t served;          // signature of the files that are served
    uint64_t reading;         // of those that are being read
    uint64_t refused;         // of those that were found broken
    uint64_t
        patient_until; // uv_now: until then what is broken or empty may still become whole; 0: nothing is
    int open_handles;
};

static void check(command_reload *r);

static void settled(uv_timer_t *timer) { check(timer->data); }

static void look_again(command_reload *r, uint64_t milliseconds) {
    uv_timer_start(&r->settle, settled, milliseconds, 0);
}

static void something_happened(uv_fs_event_t *event, const char *name, int events, int status) {
    (void)name, (void)events, (void)status;
    look_again(event->data, SETTLE);
}

static void looked(uv_timer_t *timer) {
    command_reload *r = timer->data;
    if (!uv_is_active((uv_handle_t *)&r->settle)) check(r);
}

// --- watching ----------------------------------------------------------------------------------------------

static void add_watches(command_reload *r, const char *folder) {
    static const char *const parts[] = {"", "/tools", "/resources", "/prompts", "/.."};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        watch *w = &r->watches[r->watch_count++];
        buf path = BUF(BUF_SMALL);
        buf_printf(&path, "%s%s", folder, parts[i]);
        w->path = base_string(buf_string(&path));
        buf_free(&path);
        uv_fs_event_init(&r->host->loop, &w->event);
        w->event.data = r;
        r->open_handles++;
    }
}

// Folders come, go, or are exchanged under the same name: each watch is set on what is there now. Setting one
// takes the kernel a third of a millisecond, so this is done only where something else is there.
static void set_watches(command_reload *r) {
    for (size_t i = 0; i < r->watch_count; i++) {
        watch *w = &r->watches[i];
        struct stat info = {0};
        if (stat(w->path, &info) != 0) info.st_ino = 0, info.st_dev = 0;
        if (info.st_ino == w->inode && info.st_dev == w->device) continue;
        uv_fs_event_stop(&w->event);
        if (info.st_ino) uv_fs_event_start(&w->event, something_happened, w->path, 0);
        w->inode = info.st_ino;
        w->device = info.st_dev;
    }
}

// --- reading -----------------------------------------------------------------------------------------------

static void tell_broken(command_reload *r, const char *reason) {
    buf text = BUF(BUF_SMALL);
    r->refused = r->reading;
    buf_printf(&text, "%s. What was served before goes on.", reason);
    log_message(LOG_ERROR, "reload", "%s", buf_string(&text));
    mcp_server_log(r->host->server, LOG_ERROR, buf_view(&text));
    buf_free(&text);
}

// Files that are broken or empty may be half written: the same files get some time before that is taken as
// meant.
static bool may_become_whole(command_reload *r) {
    uint64_t now = uv_now(&r->host->loop);
    if (!r->patient_until) r->patient_until = now + SECOND_LOOK;
    if (now >= r->patient_until) return false;
    look_again(r, r->patient_until - now);
    return true;
}

static void refuse(command_reload *r, const char *reason) {
    if (!may_become_whole(r)) tell_broken(r, reason);
}

static void serve(command_reload *r, script_pack *pack) {
    r->served = r->reading;
    r->patient_until = 0;
    mcp_server_swap(r->host->server, pack);
    log_message(LOG_INFO, "reload", "%s",
                *script_changes(pack) ? script_changes(pack) : "no overlay changes anything");
}

static void work_on(uv_idle_t *idle) {
    command_reload *r = idle->data;
    if (script_load_step(r->loading)) return;
    buf error = BUF(BUF_SMALL);
    uv_idle_stop(&r->work);
    script_pack *pack = script_load_end(r->loading, &error);
    r->loading = NULL;
    if (pack) serve(r, pack);
    else refuse(r, buf_string(&error));
    buf_free(&error);
}

static void begin(command_reload *r) {
    size_t count;
    buf error = BUF(BUF_SMALL);
    script_layer *layers = command_layers_read(&r->host->layers, &count, &error);
    if (layers) {
        r->loading = script_load_begin(layers, count, &r->host->limits);
        uv_idle_start(&r->work, work_on);
    } else {
        refuse(r, buf_string(&error));
    }
    buf_free(&error);
}

// Reads the files if they are not those that are served or were refused.
static void check(command_reload *r) {
    bool empty;
    uint64_t signature = command_layers_signature(&r->host->layers, &empty);
    set_watches(r);
    if (signature == r->served || signature == r->refused) return;
    if (r->loading && signature == r->reading) return;
    if (r->loading) { // they have changed while they were read
        buf nothing = BUF(BUF_SMALL);
        uv_idle_stop(&r->work);
        script_load_end(r->loading, &nothing);
        r->loading = NULL;
        buf_free(&nothing);
    }
    if (signature != r->reading) r->patient_until = 0;
    r->reading = signature;
    if (!empty || !may_become_whole(r)) begin(r);
}

// --- beginning and end -------------------------------------------------------------------------------------

command_reload *command_reload_start(command_host *h) {
    bool any = false;
    for (size_t i = 0; i < h->layers.count; i++) any |= h->layers.layers[i].folder != NULL;
    if (!any) return NULL;
    command_reload *r = base_alloc(sizeof *r);
    r->host = h;
    r->served = h->signature;
    uv_timer_init(&h->loop, &r->settle);
    uv_timer_init(&h->loop, &r->look);
    uv_idle_init(&h->loop, &r->work);
    r->settle.data = r->look.data = r->work.data = r;
    r->open_handles = 3;
    for (size_t i = 0; i < h->layers.count; i++)
        if (h->layers.layers[i].folder) add_watches(r, h->layers.layers[i].folder);
    set_watches(r);
    uv_timer_start(&r->look, looked, LOOK, LOOK);
    look_again(r, SETTLE); // what was saved while the pack was read
    return r;
}

static void closed(uv_handle_t *handle) {
    command_reload *r = handle->data;
    if (--r->open_handles) return;
    for (size_t i = 0; i < r->watch_count; i++) free(r->watches[i].path);
    free(r);
}

void command_reload_stop(command_reload *r) {
    if (!r) return;
    if (r->loading) {
        buf nothing = BUF(BUF_SMALL);
        script_load_end(r->loading, &nothing);
        buf_free(&nothing);
    }
    for (size_t i = 0; i < r->watch_count; i++) uv_close((uv_handle_t *)&r->watches[i].event, closed);
    uv_close((uv_handle_t *)&r->settle, closed);
    uv_close((uv_handle_t *)&r->look, closed);
    uv_close((uv_handle_t *)&r->work, closed);
}
