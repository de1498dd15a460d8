// Where the token of a profile comes from: a file, which is read again when it changes, or a command, which
// is run again when its token is about to expire. Neither the file nor the command is ever named to a client.
#ifndef HATCHWAY_COMMAND_TOKEN_SOURCE_H
#define HATCHWAY_COMMAND_TOKEN_SOURCE_H

#include "base/buf.h"

#include <sys/stat.h>
#include <uv.h>

typedef struct token_source {
    const char *file;            // or
    const char *const *command;  // NULL-ended
    struct stat seen;            // of the file when it was read
    uv_work_t work;              // the command, on a thread of its own
    bool running;
    buf output, error;           // of the command
} token_source;

#define TOKEN_SOURCE_MAX ((size_t)64 << 10)

// Reads it now; waits for a command for ten seconds at most. The text without blanks around it, which the
// caller overwrites; false and a sentence.
bool token_source_read(token_source *source, buf *token, buf *error);

// Has the file changed since it was read? Costs one stat.
bool token_source_changed(const token_source *source);

// Runs the command without holding up the loop; done(data) on the loop when `output` or `error` has what it
// gave.
void token_source_rerun(token_source *source, uv_loop_t *loop, void (*done)(void *data), void *data);

#endif
