// The server in the text of a client's file: put in, changed or taken out, and nothing else touched.
//
// An entry that starts a program is changed member by member, so that what somebody added to it stays; any
// other is replaced. A token is never written: where the client can name a variable, or ask, that is written
// in its place. One that somebody wrote there stays, unless a profile brings it.
#ifndef HATCHWAY_COMMAND_ENTRY_H
#define HATCHWAY_COMMAND_ENTRY_H

#include "command/client.h"

#define ENTRY_VARIABLE "HATCHET_CLIENT_TOKEN"

typedef enum entry_token {
    ENTRY_TOKEN_NONE,        // the server needs none
    ENTRY_TOKEN_ENVIRONMENT, // the client gives it
    ENTRY_TOKEN_PROFILE,     // a profile has it
} entry_token;

typedef struct entry {
    const char *name;    // A-Z a-z 0-9 _ -
    const char *command;
    const char *const *args;
    size_t arg_count;
    entry_token token;
} entry;

typedef struct entry_edit {
    buf text;          // of the file, before and after
    bool replaced;     // something that was there is gone or other now
    bool has_literal;  // a token stands in the file itself
    buf error;         // after a failure: "line 3: …"
} entry_edit;

// All are false when the file is not what it should be; edit->text is then not to be used.
bool entry_put(const client *c, const entry *e, entry_edit *edit);
bool entry_take(const client *c, const char *name, entry_edit *edit); // the text stays when there is none
bool entry_is_there(const client *c, const char *name, entry_edit *edit, bool *there);

// Of JSON and TOML, in entry_json.c and entry_toml.c.
bool entry_json_put(const client *c, const entry *e, entry_edit *edit);
bool entry_json_take(const client *c, const char *name, entry_edit *edit);
bool entry_json_is_there(const client *c, const char *name, entry_edit *edit, bool *there);
bool entry_toml_put(const client *c, const entry *e, entry_edit *edit);
bool entry_toml_take(const client *c, const char *name, entry_edit *edit);
bool entry_toml_is_there(const client *c, const char *name, entry_edit *edit, bool *there);

void entry_put_args(const entry *e, buf *out); // as a list, in JSON and TOML alike
void entry_swap(entry_edit *edit, buf *text);  // takes the new text, frees the old one

#endif
