// Tasks as rows. Contract in task.h.
#include "mcp/task.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const steps[] = {
    "CREATE TABLE tasks ("
    " id TEXT PRIMARY KEY, realm TEXT NOT NULL, principal TEXT NOT NULL, tool TEXT NOT NULL,"
    " arguments TEXT NOT NULL, writes INTEGER NOT NULL, abilities INTEGER NOT NULL, seconds INTEGER NOT NULL, status INTEGER NOT NULL,"
    " message TEXT, asked TEXT, saved TEXT, outcome TEXT,"
    " created INTEGER NOT NULL, updated INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " owner TEXT NOT NULL, lease INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX tasks_open ON tasks (lease) WHERE status < 2",
    NULL,
};

enum { ADD, CHANGE, FIND, TAKE, ORPHAN, RENEW, RELEASE, CANCEL, EXPIRE, QUERIES };

static const char *const sql[QUERIES] = {
    [ADD] = "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [CHANGE] = "UPDATE tasks SET status = ?, message = ?, asked = ?, saved = ?, outcome = ?, updated = ?"
               " WHERE id = ? AND owner = ? AND status < 2",
    [FIND] = "SELECT id, principal, tool, arguments, writes, abilities, seconds, status, message, asked, saved, outcome,"
             " created, updated, expires FROM tasks WHERE id = ? AND realm = ? AND principal = ? AND expires > ?",
    [TAKE] = "UPDATE tasks SET owner = ?, lease = ? WHERE id = ? AND status < 2 AND lease < ?",
    [ORPHAN] = "SELECT id, principal FROM tasks WHERE status < 2 AND lease < ? AND realm = ? AND expires > ?"
               " LIMIT 1",
    [RENEW] = "UPDATE tasks SET lease = ? WHERE id = ? AND owner = ? AND status < 2",
    [RELEASE] = "UPDATE tasks SET lease = 0 WHERE owner = ? AND status < 2",
    [CANCEL] = "UPDATE tasks SET status = 4, updated = ? WHERE id = ? AND status < 2",
    [EXPIRE] = "DELETE FROM tasks WHERE expires <= ?",
};

struct task_store {
    store *store;
    char *realm;
    char owner[TASK_ID + 1]; // this process
    store_query *queries[QUERIES];
};

const char *task_status_name(task_status status) {
    static const char *const names[] = {"working", "input_required", "completed", "failed", "cancelled"};
    return names[status];
}

void task_row_free(task_row *row) {
    char *const texts[] = {row->principal, row->tool, row->arguments, row->message,
                           row->asked, row->saved, row->outcome};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    *row = (task_row){0};
}

// The real clock: other processes see the rows too, whatever this one plays back.
int64_t task_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

task_store *task_store_open(store *s, const char *realm, buf *error) {
    if (!store_upgrade(s, "tasks", steps, error)) return NULL;
    task_store *t = base_alloc(sizeof *t);
    t->store = s;
    t->realm = base_string(realm);
    base_random_hex(t->owner, TASK_ID);
    for (int i = 0; i < QUERIES; i++) {
        t->queries[i] = store_prepare(s, sql[i], error);
        if (t->queries[i]) continue;
        task_store_close(t);
        return NULL;
    }
    return t;
}

static bool run(task_store *t, store_query *q) {
    if (store_run(q)) return true;
    log_message(LOG_WARNING, "tasks", "the store of tasks: %s", store_problem(t->store));
    return false;
}

void task_store_close(task_store *t) {
    if (t->queries[QUERIES - 1]) {
        store_put_text(t->queries[RELEASE], slice_of(t->owner));
        run(t, t->queries[RELEASE]);
    }
    for (int i = 0; i < QUERIES; i++) store_query_free(t->queries[i]);
    free(t->realm);
    free(t);
}

static void put_text(store_query *q, const char *text) {
    if (text) store_put_text(q, slice_of(text));
    else store_put_null(q);
}

bool task_store_add(task_store *t, const task_row *row) {
    store_query *q = t->queries[ADD];
    const char *const texts[] = {row->id, t->realm, row->principal, row->tool, row->arguments};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) put_text(q, texts[i]);
    store_put_int(q, row->writes);
    store_put_int(q, row->abilities);
    store_put_int(q, row->seconds);
    store_put_int(q, row->status);
    put_text(q, row->message);
    put_text(q, row->asked);
    put_text(q, row->saved);
    put_text(q, row->outcome);
    store_put_int(q, row->created);
    store_put_int(q, row->updated);
    store_put_int(q, row->expires);
    put_text(q, t->owner);
    store_put_int(q, task_clock() + TASK_LEASE);
    return run(t, q);
}

static task_written write_own(task_store *t, store_query *q, const char *id) {
    put_text(q, id);
    put_text(q, t->owner);
    if (!run(t, q)) return TASK_UNWRITTEN;
    return store_changed(t->store) ? TASK_WRITTEN : TASK_LOST;
}

task_written task_store_change(task_store *t, const task_row *row) {
    store_query *q = t->queries[CHANGE];
    store_put_int(q, row->status);
    put_text(q, row->message);
    put_text(q, row->asked);
    put_text(q, row->saved);
    put_text(q, row->outcome);
    store_put_int(q, row->updated);
    return write_own(t, q, row->id);
}

task_written task_store_renew(task_store *t, const char *id) {
    store_put_int(t->queries[RENEW], task_clock() + TASK_LEASE);
    return write_own(t, t->queries[RENEW], id);
}

bool task_store_cancel(task_store *t, const char *id) {
    store_put_int(t->queries[CANCEL], task_clock());
    put_text(t->queries[CANCEL], id);
    return run(t, t->queries[CANCEL]);
}

static char *copy_column(store_query *q, int column) {
    slice text = store_text(q, column);
    return store_is_null(q, column) ? NULL : base_copy(text.s, text.n);
}

static void read_row(store_query *q, task_row *row) {
    slice id = store_text(q, 0);
    *row = (task_row){.principal = copy_column(q, 1),
                      .tool = copy_column(q, 2),
                      .arguments = copy_column(q, 3),
                      .writes = store_int(q, 4),
                      .abilities = (unsigned)store_int(q, 5),
                      .seconds = store_int(q, 6),
                      .status = (task_status)store_int(q, 7),
                      .message = copy_column(q, 8),
                      .asked = copy_column(q, 9),
                      .saved = copy_column(q, 10),
                      .outcome = copy_column(q, 11),
                      .created = store_int(q, 12),
                      .updated = store_int(q, 13),
                      .expires = store_int(q, 14)};
    memcpy(row->id, id.s, id.n < TASK_ID ? id.n : TASK_ID);
}

bool task_store_find(task_store *t, slice id, const char *principal, task_row *row) {
    store_query *q = t->queries[FIND];
    store_put_text(q, id);
    put_text(q, t->realm);
    put_text(q, principal);
    store_put_int(q, task_clock());
    bool found = store_next(q);
    if (found) read_row(q, row);
    store_stop(q);
    return found;
}

bool task_store_take(task_store *t, const char *id) {
    store_query *q = t->queries[TAKE];
    int64_t now = task_clock();
    put_text(q, t->owner);
    store_put_int(q, now + TASK_LEASE);
    put_text(q, id);
    store_put_int(q, now);
    return run(t, q) && store_changed(t->store) == 1;
}

bool task_store_orphan(task_store *t, char id[TASK_ID + 1], char **principal) {
    store_query *q = t->queries[ORPHAN];
    int64_t now = task_clock();
    store_put_int(q, now);
    put_text(q, t->realm);
    store_put_int(q, now);
    bool found = store_next(q);
    if (found) {
        slice text = store_text(q, 0);
        size_t n = text.n < TASK_ID ? text.n : TASK_ID;
        memcpy(id, text.s, n);
        id[n] = '\0';
        *principal = copy_column(q, 1);
    }
    store_stop(q);
    return found;
}

void task_store_set_patient(task_store *t, bool patient) {
    store_set_patience(t->store, patient ? STORE_PATIENCE : 0);
}

void task_store_expire(task_store *t) {
    store_put_int(t->queries[EXPIRE], task_clock());
    run(t, t->queries[EXPIRE]);
}
