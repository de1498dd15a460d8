#include "command/state.h"

#include <stdlib.h>

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
