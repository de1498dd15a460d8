// Changing files in their place, and what differs between two texts.
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "command/difference.h"
#include "command/rewrite.h"

static char folder[64], file[96];

static int setup(void **state) {
    (void)state;
    strcpy(folder, "/tmp/hatchway-unit-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(file, sizeof file, "%s/f", folder);
    return 0;
}

static int teardown(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void write_file(const char *text) {
    FILE *f = fopen(file, "w");
    fputs(text, f);
    fclose(f);
}

static void assert_file(const char *path, const char *text) {
    rewrite r;
    assert_true(rewrite_open(&r, path));
    assert_buf(&r.text, text);
    rewrite_close(&r);
}

static void a_file_is_made_and_changed(void **state) {
    rewrite r;
    (void)state;
    assert_true(rewrite_open(&r, file));
    assert_false(r.exists);
    assert_true(rewrite_save(&r, SLICE("one")));
    rewrite_close(&r);
    assert_file(file, "one");
    assert_true(rewrite_open(&r, file));
    assert_true(r.exists);
    assert_int_equal(r.info.st_mode & 0777, 0600);
    assert_true(rewrite_save(&r, SLICE("two")));
    rewrite_close(&r);
    assert_file(file, "two");
}

static void each_backup_has_a_name_of_its_own(void **state) {
    rewrite r;
    char *first, *second;
    (void)state;
    write_file("old");
    assert_true(rewrite_open(&r, file));
    assert_true(rewrite_backup(&r, &first));
    assert_true(rewrite_backup(&r, &second));
    assert_string_not_equal(first, second);
    assert_file(first, "old");
    assert_file(second, "old");
    rewrite_close(&r);
    free(first);
    free(second);
}

static void what_somebody_else_writes_meanwhile_stays(void **state) {
    rewrite r;
    (void)state;
    write_file("old");
    assert_true(rewrite_open(&r, file));
    write_file("newer");
    assert_false(rewrite_save(&r, SLICE("mine")));
    assert_non_null(strstr(buf_string(&r.error), "was changed by somebody else just now; try again"));
    rewrite_close(&r);
    assert_file(file, "newer");
    unlink(file);
    assert_true(rewrite_open(&r, file));
    write_file("there now");
    assert_false(rewrite_save(&r, SLICE("mine")));
    rewrite_close(&r);
    assert_file(file, "there now");
}

// --- differences -------------------------------------------------------------------------------------------

static void assert_difference(const char *before, const char *after, const char *expected) {
    buf out = BUF((size_t)1 << 20);
    difference_put(&out, slice_of(before), slice_of(after));
    assert_buf(&out, expected);
    buf_free(&out);
}

static void differences_are_shown_by_lines(void **state) {
    (void)state;
    assert_difference("a\n", "a\n", "");
    assert_difference("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_difference("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
    assert_difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
                      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
    assert_difference("a\r\nb\r\n", "a\r\nc\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    assert_difference("a", "a\nb", "@@ -1,1 +1,2 @@\n-a\n\\ no line end here\n+a\n+b\n\\ no line end here\n");
}

static void what_lies_apart_is_shown_apart(void **state) {
    (void)state;
    assert_difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n1\n2\n3\n4\n5\n6\n7\n8\n",
                      "@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n@@ -6,4 +7,3 @@\n 6\n 7\n 8\n-9\n");
    assert_difference("1\n2\n3\n4\n5\n6\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
                      "@@ -1,6 +1,8 @@\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n+y\n");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_made_and_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(each_backup_has_a_name_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(what_somebody_else_writes_meanwhile_stays, setup, teardown),
        cmocka_unit_test(differences_are_shown_by_lines),
        cmocka_unit_test(what_lies_apart_is_shown_apart),
    };
    return cmocka_run_group_tests_name("changing files", tests, NULL, NULL);
}
