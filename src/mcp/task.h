// Tasks (SEP-2663, extension io.modelcontextprotocol/tasks): a call whose client does not wait. The script says
// from where on (hatchway.detach); the client asks for the outcome (tasks/get) or ends it (tasks/cancel).
//
// A task is a row of the store before its client hears of it, so that its outcome outlives the process. While
// it runs it is also an mcp_request of a session of its own, and belongs to one process, which says so with a
// lease. When that process has ended, the next one that is asked for the task takes it over: it runs the call
// again if it only reads, or if the script has said how far it had come (hatchway.save); else the task has
// failed, for what it had sent may have been done. A process that was suspended for longer than its lease, or whose
// task another one has cancelled, finds out when it renews its leases or writes the row, and ends the call.
//
// Not part of it: what the client may read of whom. A task is found by its id (128 random bits) together with
// the principal that began it and the pack and tenant that it is of.
#ifndef HATCHWAY_MCP_TASK_H
#define HATCHWAY_MCP_TASK_H

#include "mcp/mcp.h"
#include "store/store.h"

#define MCP_TASKS_EXTENSION "io.modelcontextprotocol/tasks"

enum { TASK_ID = 32 };

typedef enum task_status {
    TASK_WORKING,
    TASK_INPUT_REQUIRED,
    TASK_COMPLETED,
    TASK_FAILED,
    TASK_CANCELLED,
} task_status;

const char *task_status_name(task_status status);
static inline bool task_has_ended(task_status status) { return status >= TASK_COMPLETED; }

// A row. Texts are owned; times are microseconds since 1970, of the real clock.
typedef struct task_row {
    char id[TASK_ID + 1];
    char *principal, *tool;
    char *arguments;       // checked, JSON
    bool writes;           // the tool does more than read
    unsigned abilities;    // of its client: what it can be asked
    int64_t seconds;       // that it may take
    task_status status;
    char *message;         // statusMessage, or NULL
    char *asked;           // JSON: what the client has answered so far, or NULL
    char *saved;           // JSON that the script has kept, or NULL
    char *outcome;         // "result":… or "error":…, or NULL while it has not ended
    int64_t created, updated, expires;
} task_row;

void task_row_free(task_row *row); // its texts
int64_t task_clock(void);

// The rows of one pack and tenant ("realm"), as one process sees them.
typedef struct task_store task_store;

task_store *task_store_open(store *s, const char *realm, buf *error); // does not take over the store
void task_store_close(task_store *t);                                  // gives its leases back

bool task_store_add(task_store *t, const task_row *row);    // with a lease of this process

// A row is written by the process that has its lease, and not any more once the task has ended: whoever is told LOST
// must not go on with it.
typedef enum task_written { TASK_WRITTEN, TASK_UNWRITTEN, TASK_LOST } task_written;
task_written task_store_change(task_store *t, const task_row *row); // status, message, asked, saved, outcome
task_written task_store_renew(task_store *t, const char *id);       // its lease
// Fills *row; false: there is none.
bool task_store_find(task_store *t, slice id, const char *principal, task_row *row);
// Takes a task that has not ended from a process that has. False: it has an owner that lives.
bool task_store_take(task_store *t, const char *id);
// The id of a task that has not ended and whose process has; false: there is none.
bool task_store_orphan(task_store *t, char id[TASK_ID + 1], char **principal);
bool task_store_cancel(task_store *t, const char *id); // whichever process has it
void task_store_expire(task_store *t);                 // drops what has expired
// Does a write wait for another process (store_set_patience)? At first it does; it need not where it is tried again.
void task_store_set_patient(task_store *t, bool patient);

#define TASK_LEASE INT64_C(30000000) // microseconds

#endif
