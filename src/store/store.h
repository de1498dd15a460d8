// store: what outlives the process, in one SQLite file. Called by auth (keys), mcp (tasks) and command; it
// calls base only.
//
//     store *s = store_open(folder, &error);
//     static const char *const steps[] = {"CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", NULL};
//     store_upgrade(s, "notes", steps, &error);
//
//     store_query *add = store_prepare(s, "INSERT INTO notes (text) VALUES (?)", &error);
//     store_put_text(add, SLICE("hello"));
//     bool ok = store_run(add);            // else store_problem(s)
//     store_query *all = store_prepare(s, "SELECT id, text FROM notes WHERE id > ?", &error);
//     for (store_put_int(all, 0); store_next(all);) { store_int(all, 0); store_text(all, 1); }
//     store_query_free(add); store_query_free(all); store_close(s);
//
// Several processes may use the file at once (a write-ahead log). Readers never wait; a writer waits for
// another one STORE_PATIENCE milliseconds at most, so keep transactions to a few statements.
//
// Threat model. The folder is the operator's: what is in the file is trusted as much as the configuration is.
// Other users of the machine must not read it (file 0600, folder 0700) nor write where it lies: both are
// checked. Values are bound, never written into SQL.
#ifndef HATCHWAY_STORE_H
#define HATCHWAY_STORE_H

#include "base/buf.h"

#define STORE_FILE "hatchway.db"
#define STORE_PATIENCE 1000

typedef struct store store;
typedef struct store_query store_query;

// Opens FOLDER/hatchway.db, and makes folder and file if there are none. NULL, and a sentence that says what
// is wrong and what to do.
store *store_open(const char *folder, buf *error);
void store_close(store *s); // after its queries are freed; NULL is allowed

// Brings the tables of one part ("keys", "tasks") to the newest form. steps[i] is SQL that leads from version
// i to i + 1; it is run once for a file, whole or not at all. NULL-ended; never change a step that was
// released, add one. False, and a sentence: also when the file is from a newer Hatchway that knows more steps.
bool store_upgrade(store *s, const char *part, const char *const *steps, buf *error);

// SQL without values and results: "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK". False: see store_problem.
bool store_do(store *s, const char *sql);
const char *store_problem(store *s); // of what failed last: a sentence, until the next call
bool store_is_busy(const store *s);  // it failed because another process was writing: may be tried again
int64_t store_changed(store *s);     // rows that the last INSERT, UPDATE or DELETE touched
int64_t store_row_id(store *s);      // of the last INSERT

// A statement, made once and used any number of times. NULL: the SQL is wrong or its table missing.
store_query *store_prepare(store *s, const char *sql, buf *error);
void store_query_free(store_query *q); // NULL is allowed

// Values for the question marks, from left to right; copied.
void store_put_int(store_query *q, int64_t value);
void store_put_text(store_query *q, slice text);
void store_put_bytes(store_query *q, slice bytes);
void store_put_null(store_query *q);

// Is there another row? After false the query can be given values and used again. False is also a failure:
// store_failed tells the two apart.
bool store_next(store_query *q);
bool store_failed(const store_query *q);
void store_stop(store_query *q); // wants no more rows
bool store_run(store_query *q);  // for what gives no rows: true when it is done

// Columns of the row, from 0. Texts live until the next store_next or store_stop; NULL gives 0 or an empty
// slice.
int64_t store_int(store_query *q, int column);
slice store_text(store_query *q, int column);
slice store_bytes(store_query *q, int column);
bool store_is_null(store_query *q, int column);

#endif
