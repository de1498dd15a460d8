// The server in a client's file. Contract in entry.h.
#include "command/entry.h"
#include "base/json.h"

void entry_put_args(const entry *e, buf *out) {
    buf_char(out, '[');
    for (size_t i = 0; i < e->arg_count; i++) {
        if (i) buf_text(out, ", ");
        json_put_quoted(out, slice_of(e->args[i]));
    }
    buf_char(out, ']');
}

void entry_swap(entry_edit *edit, buf *text) {
    buf_free(&edit->text);
    edit->text = *text;
}

bool entry_put(const client *c, const entry *e, entry_edit *edit) {
    return c->is_toml ? entry_toml_put(c, e, edit) : entry_json_put(c, e, edit);
}

bool entry_take(const client *c, const char *name, entry_edit *edit) {
    return c->is_toml ? entry_toml_take(c, name, edit) : entry_json_take(c, name, edit);
}

bool entry_is_there(const client *c, const char *name, entry_edit *edit, bool *there) {
    return c->is_toml ? entry_toml_is_there(c, name, edit, there) : entry_json_is_there(c, name, edit, there);
}
