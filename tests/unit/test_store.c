// The file that outlives the process: where it lies, its parts, statements, two processes at once.
#include "unit.h"

#include "store/store.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hatchway-store-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char *path(const char *name) {
    static char text[160];
    snprintf(text, sizeof text, "%s%s", folder, name);
    return text;
}

static store *open_store(void) {
    buf error = BUF(BUF_SMALL);
    store *s = store_open(folder, &error);
    assert_buf(&error, "");
    assert_non_null(s);
    return s;
}

static const char *open_error(const char *name) {
    static char text[400];
    buf error = BUF(BUF_SMALL);
    assert_null(store_open(path(name), &error));
    snprintf(text, sizeof text, "%s", buf_string(&error));
    buf_free(&error);
    return text;
}

static unsigned mode_of(const char *name) {
    struct stat about;
    assert_int_equal(stat(path(name), &about), 0);
    return about.st_mode & 0777;
}

static const char *const notes[] = {"CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, raw BLOB)", NULL};
static const char *const more_notes[] = {
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, raw BLOB)",
    "ALTER TABLE notes ADD COLUMN seen INTEGER; UPDATE notes SET seen = 7", NULL};

static void upgrade(store *s, const char *const *steps, const char *expected) {
    buf error = BUF(BUF_SMALL);
    assert_int_equal(store_upgrade(s, "notes", steps, &error), !*expected);
    assert_buf(&error, expected);
    buf_free(&error);
}

static store_query *prepare(store *s, const char *sql) {
    buf error = BUF(BUF_SMALL);
    store_query *made = store_prepare(s, sql, &error);
    assert_buf(&error, "");
    return made;
}

static void others_can_neither_read_nor_write(void **state) {
    (void)state;
    buf error = BUF(BUF_SMALL);
    store *s = store_open(path("/a/b"), &error);
    assert_non_null(s);
    assert_int_equal(mode_of("/a"), 0700);
    assert_int_equal(mode_of("/a/b"), 0700);
    assert_int_equal(mode_of("/a/b/hatchway.db"), 0600);
    assert_int_equal(mode_of("/a/b/hatchway.db-wal"), 0600);
    store_close(s);

    char expected[300];
    chmod(path("/a/b/hatchway.db"), 0640);
    snprintf(expected, sizeof expected,
             "other users may read %s/a/b/hatchway.db; run: chmod 600 %s/a/b/hatchway.db", folder, folder);
    assert_string_equal(open_error("/a/b"), expected);
    chmod(path("/a/b"), 0770);
    snprintf(expected, sizeof expected, "other users may write to the folder %s/a/b; run: chmod go-w %s/a/b",
             folder, folder);
    assert_string_equal(open_error("/a/b"), expected);
}

static void what_is_no_folder_or_no_database_is_told(void **state) {
    (void)state;
    char expected[300];
    mkdir(path("/c"), 0700);
    FILE *file = fopen(path("/c/hatchway.db"), "w");
    fputs("This is a text and no database, whatever its name says.", file);
    fclose(file);
    chmod(path("/c/hatchway.db"), 0600);
    snprintf(expected, sizeof expected, "%s/c/hatchway.db cannot be used: file is not a database", folder);
    assert_string_equal(open_error("/c"), expected);
    snprintf(expected, sizeof expected,
             "the folder %s/c/hatchway.db/d cannot be made: Not a directory; --state names another one", folder);
    assert_string_equal(open_error("/c/hatchway.db/d"), expected);
    snprintf(expected, sizeof expected, "%s/c/hatchway.db is no folder", folder);
    assert_string_equal(open_error("/c/hatchway.db"), expected);
}

static void values_come_back_as_they_went_in(void **state) {
    (void)state;
    store *s = open_store();
    upgrade(s, notes, "");
    store_query *add = prepare(s, "INSERT INTO notes (text, raw) VALUES (?, ?)");
    store_put_text(add, SLICE("it's"));
    store_put_bytes(add, SLICE("a\0b"));
    assert_true(store_run(add));
    assert_int_equal(store_row_id(s), 1);
    store_put_text(add, SLICE(""));
    store_put_null(add);
    assert_true(store_run(add));
    assert_int_equal(store_changed(s), 1);

    store_query *all = prepare(s, "SELECT id, text, raw FROM notes WHERE id >= ? ORDER BY id");
    store_put_int(all, 1);
    assert_true(store_next(all));
    assert_int_equal(store_int(all, 0), 1);
    assert_true(slice_is(store_text(all, 1), "it's"));
    assert_true(slice_equal(store_bytes(all, 2), SLICE("a\0b")));
    assert_true(store_next(all));
    assert_false(store_is_null(all, 1));
    assert_true(store_is_null(all, 2));
    assert_int_equal(store_text(all, 2).n, 0);
    assert_false(store_next(all));
    assert_false(store_failed(all));

    store_put_int(all, 2); // once more, with another value
    assert_true(store_next(all));
    assert_int_equal(store_int(all, 0), 2);
    store_stop(all);

    buf error = BUF(BUF_SMALL);
    assert_null(store_prepare(s, "SELECT absent FROM notes", &error));
    assert_buf(&error, "no such column: absent (in: SELECT absent FROM notes)");
    buf_free(&error);
    store_query_free(add);
    store_query_free(all);
    store_close(s);
}

static int64_t seen_first(store *s) {
    store_query *one = prepare(s, "SELECT seen FROM notes WHERE id = 1");
    int64_t seen = store_next(one) ? store_int(one, 0) : -1;
    store_query_free(one);
    return seen;
}

static void parts_grow_step_by_step(void **state) {
    (void)state;
    static const char *const broken[] = {notes[0], "CREATE TABLE half (id INTEGER); CREATE TABLE", NULL};
    store *s = open_store(); // with what the test before has left
    upgrade(s, broken, "the tables of notes cannot be made: incomplete input");
    upgrade(s, more_notes, "");
    assert_int_equal(seen_first(s), 7);
    upgrade(s, more_notes, ""); // done already: nothing is run twice
    upgrade(s, notes, "its notes are of a newer Hatchway (form 2, this one knows 1)");
    assert_true(store_do(s, "CREATE TABLE half (id INTEGER)")); // nothing of the broken step was kept
    store_close(s);
}

static void two_write_at_once_and_one_is_told(void **state) {
    (void)state;
    store *first = open_store(), *second = open_store();
    assert_true(store_do(first, "BEGIN IMMEDIATE"));
    store_query *read = prepare(second, "SELECT count(*) FROM notes");
    assert_true(store_next(read)); // readers do not wait
    store_stop(read);
    store_query_free(read);
    assert_false(store_do(second, "DELETE FROM notes"));
    assert_true(store_is_busy(second));
    assert_string_equal(store_problem(second), "another process is writing to it, and did not end in time");
    assert_true(store_do(first, "COMMIT"));
    assert_true(store_do(second, "DELETE FROM notes"));
    assert_false(store_is_busy(second));
    store_close(first);
    store_close(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_can_neither_read_nor_write),
        cmocka_unit_test(what_is_no_folder_or_no_database_is_told),
        cmocka_unit_test(values_come_back_as_they_went_in),
        cmocka_unit_test(parts_grow_step_by_step),
        cmocka_unit_test(two_write_at_once_and_one_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
