// Rows of tasks as two processes see them: leases, and who may write.
#include "unit.h"

#include "mcp/task.h"

static char folder[64];

typedef struct server {
    store *store;
    task_store *tasks;
} server;

static server open_server(void) {
    buf error = BUF(BUF_SMALL);
    server s = {.store = store_open(folder, &error)};
    assert_buf(&error, "");
    s.tasks = task_store_open(s.store, "realm", &error);
    assert_buf(&error, "");
    return s;
}

static void close_server(server *s) {
    task_store_close(s->tasks);
    store_close(s->store);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hatchway-tasks-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static task_row new_row(void) {
    int64_t now = task_clock();
    task_row row = {.principal = base_string("ann"), .tool = base_string("tool"), .arguments = base_string("{}"),
                    .created = now, .updated = now, .expires = now + INT64_C(3600000000)};
    task_make_id(row.id);
    return row;
}

static task_status status_in(server *s, const char *id) {
    task_row row;
    assert_true(task_store_find(s->tasks, slice_of(id), "ann", &row));
    task_status status = row.status;
    task_row_free(&row);
    return status;
}

static void a_live_owner_keeps_its_task(void **state) {
    (void)state;
    server a = open_server(), b = open_server();
    task_row row = new_row();
    assert_true(task_store_add(a.tasks, &row));
    assert_false(task_store_take(b.tasks, row.id));
    assert_int_equal(task_store_change(b.tasks, &row), TASK_LOST);
    assert_int_equal(task_store_renew(a.tasks, row.id), TASK_WRITTEN);
    task_row_free(&row);
    close_server(&a);
    close_server(&b);
}

static void one_that_was_suspended_has_lost_it(void **state) {
    (void)state;
    server a = open_server(), b = open_server();
    task_row row = new_row();
    assert_true(task_store_add(a.tasks, &row));
    assert_true(store_do(b.store, "UPDATE tasks SET lease = 1")); // what the time does
    assert_true(task_store_take(b.tasks, row.id));
    assert_int_equal(task_store_renew(a.tasks, row.id), TASK_LOST);
    row.status = TASK_COMPLETED;
    assert_int_equal(task_store_change(a.tasks, &row), TASK_LOST);
    assert_int_equal(status_in(&b, row.id), TASK_WORKING);
    assert_int_equal(task_store_change(b.tasks, &row), TASK_WRITTEN);
    assert_int_equal(status_in(&a, row.id), TASK_COMPLETED);
    task_row_free(&row);
    close_server(&a);
    close_server(&b);
}

static void a_task_ends_once(void **state) {
    (void)state;
    server a = open_server(), b = open_server();
    task_row row = new_row();
    assert_true(task_store_add(a.tasks, &row));
    assert_true(task_store_cancel(b.tasks, row.id));
    row.status = TASK_COMPLETED;
    assert_int_equal(task_store_change(a.tasks, &row), TASK_LOST);
    assert_int_equal(task_store_renew(a.tasks, row.id), TASK_LOST);
    assert_int_equal(status_in(&a, row.id), TASK_CANCELLED);
    task_row_free(&row);
    close_server(&a);
    close_server(&b);
}

static void what_cannot_be_written_is_not_lost(void **state) {
    (void)state;
    server a = open_server(), b = open_server();
    task_row row = new_row();
    assert_true(task_store_add(a.tasks, &row));
    store_set_patience(a.store, 0);
    assert_true(store_do(b.store, "BEGIN IMMEDIATE"));
    row.status = TASK_COMPLETED;
    assert_int_equal(task_store_change(a.tasks, &row), TASK_UNWRITTEN);
    assert_int_equal(task_store_renew(a.tasks, row.id), TASK_UNWRITTEN);
    assert_true(store_do(b.store, "COMMIT"));
    assert_int_equal(task_store_change(a.tasks, &row), TASK_WRITTEN);
    task_row_free(&row);
    close_server(&a);
    close_server(&b);
}

static void others_do_not_find_it(void **state) {
    (void)state;
    server a = open_server();
    task_row row = new_row(), found;
    assert_true(task_store_add(a.tasks, &row));
    assert_false(task_store_find(a.tasks, slice_of(row.id), "bob", &found));
    task_row_free(&row);
    close_server(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_live_owner_keeps_its_task, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(one_that_was_suspended_has_lost_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_task_ends_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_not_lost, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(others_do_not_find_it, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
