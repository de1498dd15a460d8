// The file and its statements. Contract in store.h.
#include "store/store.h"
#include "store/sqlite_api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store {
    sqlite_api api;
    sqlite3 *db;
    int result; // of what was called last
};

struct store_query {
    store *store;
    sqlite3_stmt *statement;
    int places; // values given so far
    int result;
};

// --- where it lies -----------------------------------------------------------------------------------------

// Makes the folder and those that it lies in; what is there already stays as it is.
static bool make_folder(const char *folder) {
    char *path = base_string(folder);
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
    free(path);
    return ok;
}

static bool check_folder(const char *folder, buf *error) {
    struct stat about;
    if (!make_folder(folder) || stat(folder, &about) != 0)
        return buf_printf(error, "the folder %s cannot be made: %s; --state names another one", folder,
                          strerror(errno)),
               false;
    if (!S_ISDIR(about.st_mode)) return buf_printf(error, "%s is no folder", folder), false;
    if (about.st_mode & 022)
        return buf_printf(error, "other users may write to the folder %s; run: chmod go-w %s", folder, folder),
               false;
    return true;
}

// SQLite would make the file with the rights that the umask leaves. Its companions (-wal, -shm) get the rights
// of the file.
static bool check_file(const char *path, buf *error) {
    struct stat about;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || fstat(file, &about) != 0) {
        buf_printf(error, "%s cannot be opened: %s", path, strerror(errno));
        if (file >= 0) close(file);
        return false;
    }
    close(file);
    if (about.st_mode & 077)
        return buf_printf(error, "other users may read %s; run: chmod 600 %s", path, path), false;
    return true;
}

// --- the file ----------------------------------------------------------------------------------------------

static bool configure(store *s) {
    s->api.extended_result_codes(s->db, 1);
    s->api.busy_timeout(s->db, STORE_PATIENCE);
    // With a write-ahead log NORMAL keeps the file whole; a loss of power may take the last moments.
    return store_do(s, "PRAGMA journal_mode=WAL") && store_do(s, "PRAGMA synchronous=NORMAL") &&
           store_do(s, "PRAGMA foreign_keys=ON") && store_do(s, "PRAGMA trusted_schema=OFF") &&
           store_do(s, "CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY, version INTEGER NOT NULL)");
}

store *store_open(const char *folder, buf *error) {
    store *s = base_alloc(sizeof *s);
    buf path = BUF(BUF_SMALL);
    buf_printf(&path, "%s/" STORE_FILE, folder);
    const char *missing = sqlite_api_open(&s->api);
    bool ok = false;
    if (missing) {
        buf_printf(error, "SQLite is not there (%s); install libsqlite3-0", missing);
    } else if (check_folder(folder, error) && check_file(buf_string(&path), error)) {
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
        s->result = s->api.open_v2(buf_string(&path), &s->db, flags, NULL);
        ok = s->result == SQLITE_OK && configure(s);
        if (!ok) buf_printf(error, "%s cannot be used: %s", buf_string(&path), store_problem(s));
    }
    if (!ok) {
        store_close(s);
        s = NULL;
    }
    buf_free(&path);
    return s;
}

void store_close(store *s) {
    if (!s) return;
    if (s->db) s->api.close(s->db);
    free(s);
}

bool store_do(store *s, const char *sql) {
    s->result = s->api.exec(s->db, sql, NULL, NULL, NULL);
    return s->result == SQLITE_OK;
}

bool store_is_busy(const store *s) {
    int kind = s->result & 0xFF;
    return kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
}

const char *store_problem(store *s) {
    if (store_is_busy(s)) return "another process is writing to it, and did not end in time";
    return s->db ? s->api.errmsg(s->db) : s->api.errstr(s->result);
}

int64_t store_changed(store *s) { return s->api.changes(s->db); }
int64_t store_row_id(store *s) { return s->api.last_insert_rowid(s->db); }

// --- its parts ---------------------------------------------------------------------------------------------

static bool version_of(store *s, const char *part, int64_t *version, buf *error) {
    store_query *q = store_prepare(s, "SELECT version FROM parts WHERE name = ?", error);
    if (!q) return false;
    store_put_text(q, slice_of(part));
    *version = store_next(q) ? store_int(q, 0) : 0;
    bool ok = !store_failed(q);
    store_query_free(q);
    return ok;
}

static bool set_version(store *s, const char *part, int64_t version, buf *error) {
    store_query *q = store_prepare(s, "REPLACE INTO parts (name, version) VALUES (?, ?)", error);
    if (!q) return false;
    store_put_text(q, slice_of(part));
    store_put_int(q, version);
    bool ok = store_run(q);
    store_query_free(q);
    return ok;
}

static bool upgrade(store *s, const char *part, const char *const *steps, buf *error) {
    int64_t version, newest = 0;
    while (steps[newest]) newest++;
    if (!version_of(s, part, &version, error)) return false;
    if (version > newest)
        return buf_printf(error, "its %s are of a newer Hatchway (form %lld, this one knows %lld)", part,
                          (long long)version, (long long)newest),
               false;
    if (version == newest) return true;
    for (; version < newest; version++)
        if (!store_do(s, steps[version])) return false;
    return set_version(s, part, newest, error);
}

bool store_upgrade(store *s, const char *part, const char *const *steps, buf *error) {
    size_t before = error->n;
    bool begun = store_do(s, "BEGIN IMMEDIATE"); // of several processes that start at once one upgrades
    bool ok = begun && upgrade(s, part, steps, error) && store_do(s, "COMMIT");
    if (!ok && error->n == before)
        buf_printf(error, "the tables of %s cannot be made: %s", part, store_problem(s));
    if (begun && !ok) store_do(s, "ROLLBACK");
    return ok;
}

// --- statements --------------------------------------------------------------------------------------------

store_query *store_prepare(store *s, const char *sql, buf *error) {
    sqlite3_stmt *statement;
    s->result = s->api.prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (s->result != SQLITE_OK) return buf_printf(error, "%s (in: %s)", store_problem(s), sql), NULL;
    store_query *q = base_alloc(sizeof *q);
    *q = (store_query){.store = s, .statement = statement};
    return q;
}

void store_query_free(store_query *q) {
    if (!q) return;
    q->store->api.finalize(q->statement);
    free(q);
}

void store_put_int(store_query *q, int64_t value) {
    q->store->api.bind_int64(q->statement, ++q->places, value);
}

void store_put_text(store_query *q, slice text) {
    q->store->api.bind_text(q->statement, ++q->places, text.s ? text.s : "", (int)text.n, SQLITE_TRANSIENT);
}

void store_put_bytes(store_query *q, slice bytes) {
    q->store->api.bind_blob(q->statement, ++q->places, bytes.s ? bytes.s : "", (int)bytes.n, SQLITE_TRANSIENT);
}

void store_put_null(store_query *q) { q->store->api.bind_null(q->statement, ++q->places); }

void store_stop(store_query *q) {
    q->store->api.reset(q->statement);
    q->store->api.clear_bindings(q->statement);
    q->places = 0;
}

bool store_next(store_query *q) {
    q->store->result = q->result = q->store->api.step(q->statement);
    if (q->result == SQLITE_ROW) return true;
    store_stop(q); // ends the read transaction too
    return false;
}

bool store_failed(const store_query *q) { return q->result != SQLITE_ROW && q->result != SQLITE_DONE; }

bool store_run(store_query *q) {
    while (store_next(q)) {}
    return !store_failed(q);
}

int64_t store_int(store_query *q, int column) { return q->store->api.column_int64(q->statement, column); }

static slice column(store_query *q, int at, const void *s) {
    return s ? (slice){s, (size_t)q->store->api.column_bytes(q->statement, at)} : SLICE("");
}

slice store_text(store_query *q, int at) {
    return column(q, at, q->store->api.column_text(q->statement, at));
}

slice store_bytes(store_query *q, int at) {
    return column(q, at, q->store->api.column_blob(q->statement, at));
}

bool store_is_null(store_query *q, int at) {
    return q->store->api.column_type(q->statement, at) == SQLITE_NULL;
}
