// Blocks keep what is in them, whatever their sizes become; nothing is left at the end (the sanitizer looks).
#include "unit.h"

#include "base/slab.h"

#define BLOCKS 3000

static slab s;

static int end(void **state) {
    (void)state;
    slab_end(&s);
    return 0;
}

typedef struct block {
    unsigned char *p, fill;
    size_t n;
} block;

static bool is_whole(const block *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (b->p[i] != b->fill) return false;
    return true;
}

static void resize(block *b, size_t n) {
    size_t kept = b->n < n ? b->n : n;
    unsigned char *p = slab_resize(&s, b->p, b->n, n);
    assert_true(n ? p != NULL : p == NULL);
    b->p = p;
    b->n = n;
    assert_true(is_whole(b, kept));
    b->fill++;
    if (n) memset(p, b->fill, n);
}

static void blocks_keep_their_content_while_others_come_and_go(void **state) {
    (void)state;
    static block blocks[BLOCKS];
    uint32_t random = 1;
    for (int i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        block *b = &blocks[(random >> 8) % BLOCKS];
        random = random * 1664525 + 1013904223;
        size_t n = random >> 28 == 0 ? (random >> 8) % 5000 : (random >> 8) % 600;
        assert_true(is_whole(b, b->n));
        resize(b, n);
    }
    for (int i = 0; i < BLOCKS; i++) resize(&blocks[i], 0);
}

static void blocks_are_aligned_for_everything(void **state) {
    (void)state;
    for (size_t n = 1; n < 600; n++) {
        void *p = slab_resize(&s, NULL, 0, n);
        assert_int_equal((uintptr_t)p % SLAB_STEP, 0);
        slab_resize(&s, p, n, 0);
    }
}

static void a_block_whose_rounded_size_stays_the_same_stays_where_it_is(void **state) {
    (void)state;
    void *p = slab_resize(&s, NULL, 0, 17);
    assert_ptr_equal(slab_resize(&s, p, 17, 32), p);
    void *moved = slab_resize(&s, p, 32, 33);
    assert_ptr_not_equal(moved, p);
    slab_resize(&s, moved, 33, 0);
}

static void memory_that_is_free_serves_blocks_of_other_sizes(void **state) {
    (void)state;
    slab own = {0};
    void *first = slab_resize(&own, NULL, 0, 100);
    slab_resize(&own, first, 100, 0);
    void *second = slab_resize(&own, NULL, 0, 300);
    assert_ptr_equal(second, first);
    slab_resize(&own, second, 300, 0);
    slab_end(&own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_content_while_others_come_and_go),
        cmocka_unit_test(blocks_are_aligned_for_everything),
        cmocka_unit_test(a_block_whose_rounded_size_stays_the_same_stays_where_it_is),
        cmocka_unit_test(memory_that_is_free_serves_blocks_of_other_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
