#include "command/state.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bool put_folder(const command_options *o, buf *out) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (o->state) buf_text(out, o->state);
    else if (state && *state == '/') buf_printf(out, "%s/hatchway", state); // relative ones do not count
    else if (home && *home == '/') buf_printf(out, "%s/.local/state/hatchway", home);
    return out->n > 0;
}

store *command_state_open(const command_options *o, buf *error) {
    buf folder = BUF(BUF_SMALL);
    store *s = NULL;
    if (put_folder(o, &folder)) s = store_open(buf_string(&folder), error);
    else buf_text(error, "there is no home folder to keep state in; name a folder with --state");
    buf_free(&folder);
    return s;
}

bool command_state_exists(const command_options *o) {
    buf path = BUF(BUF_SMALL);
    bool named = put_folder(o, &path);
    buf_text(&path, "/" STORE_FILE);
    bool is_there = named && (access(buf_string(&path), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
    buf_free(&path);
    return is_there;
}
