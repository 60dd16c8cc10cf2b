/* SPDX-License-Identifier: MIT */
/* Free frames: alignment, address limits, joining of buddies, scrubbing; and the heap on top. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* FUZZ: 20000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <xen/heap.h>
#include <xen/page_alloc.h>

#define FRAMES 4096

static int start(void **state)
{
    (void)state;
    mock_machine_start(FRAMES);
    mock_idle();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mock_machine_stop();
    return 0;
}

static void blocks_are_aligned_and_zero(void **state)
{
    mfn_t m[8];

    (void)state;
    for (unsigned int order = 0; order < 8; order++) {
        m[order] = page_alloc(order, 0);
        assert_int_not_equal(m[order].n, MFN_NONE.n);
        assert_int_equal(m[order].n & (BIT(order) - 1), 0);
        for (unsigned long i = 0; i < (PAGE_SIZE << order) / 8; i++)
            assert_int_equal(mock_words(m[order])[i], 0);
    }
    for (unsigned int order = 0; order < 8; order++)
        page_free(m[order], order);
}

static void no_frame_is_given_twice(void **state)
{
    static mfn_t got[FRAMES];
    static u8 seen[FRAMES];
    unsigned long n = 0;

    (void)state;
    memset(seen, 0, sizeof(seen));
    while (n < FRAMES && (got[n] = page_alloc(0, 0)).n != MFN_NONE.n) {
        assert_int_equal(seen[got[n].n], 0);
        seen[got[n].n] = 1;
        n++;
    }
    assert_int_equal(n, FRAMES - 1);
    assert_int_equal(seen[0], 0);
    assert_int_equal(page_alloc_free_count(), 0);
    while (n > 0)
        page_free(got[--n], 0);
}

static void address_limits_are_kept(void **state)
{
    mfn_t m[256];
    unsigned int n = 0;

    (void)state;
    while (n < 256 && (m[n] = page_alloc(0, 20)).n != MFN_NONE.n) {
        assert_true(m[n].n < 256); /* 2^20 bytes */
        n++;
    }
    assert_int_equal(n, 255); /* frame 0 is never handed out */
    assert_int_equal(page_alloc(0, 12).n, MFN_NONE.n);
    assert_int_not_equal((m[255] = page_alloc(0, 0)).n, MFN_NONE.n);
    assert_true(m[255].n >= 256);
    for (unsigned int i = 0; i < 256; i++)
        page_free(m[i], 0);
}

static void low_memory_is_kept_for_those_who_need_it(void **state)
{
    mfn_t m = page_alloc(0, 0);

    (void)state;
    assert_true(m.n >= FRAMES / 2);
    page_free(m, 0);
}

static void freed_buddies_join_again(void **state)
{
    mfn_t big = page_alloc(10, 0), part;

    (void)state;
    assert_int_not_equal(big.n, MFN_NONE.n);
    for (unsigned int i = 0; i < 1024; i++)
        page_free(mfn_add(big, (i * 7) % 1024), 0);
    part = page_alloc(10, 0);
    assert_int_not_equal(part.n, MFN_NONE.n);
    page_free(part, 10);
}

/* A run needs neither begin nor end where a block does. */
static void frames_freed_together_join(void **state)
{
    unsigned long before = page_alloc_free_count();
    mfn_t big = page_alloc(10, 0), part;

    (void)state;
    page_free(big, 0);
    page_free_run(mfn_add(big, 1), 700);
    assert_int_equal(page_alloc_free_count(), before - 323);
    page_free_run(mfn_add(big, 701), 323);
    assert_int_equal(page_alloc_free_count(), before);
    part = page_alloc(10, 0);
    assert_int_not_equal(part.n, MFN_NONE.n);
    page_free(part, 10);
}

static bool all_are(mfn_t m, unsigned int order, u64 value)
{
    const u64 *w = mock_words(m);

    for (unsigned long i = 0; i < (PAGE_SIZE << order) / 8; i++)
        if (w[i] != value)
            return false;
    return true;
}

#define OLD_DATA 0xa5a5a5a5a5a5a5a5UL

static void idle_cpus_scrub_what_was_freed(void **state)
{
    mfn_t m = page_alloc(2, 0);

    (void)state;
    assert_false(page_scrub()); /* what nobody has used stays as it is */
    memset(mock_words(m), 0xa5, PAGE_SIZE << 2);
    page_free(m, 2);
    for (unsigned int dirty = 4; dirty; dirty--) {
        assert_int_equal(page_alloc_dirty_count(), dirty);
        assert_int_equal(page_alloc_free_count(), FRAMES - 1);
        assert_true(page_scrub());
    }
    assert_int_equal(page_alloc_dirty_count(), 0);
    assert_false(page_scrub());
    assert_true(all_are(m, 2, 0));
}

static void clean_frames_are_taken_first(void **state)
{
    mfn_t clean = page_alloc(0, 0), dirty = page_alloc(0, 0), m;
    enum page_state is;

    (void)state;
    page_free(clean, 0);
    page_scrub();
    page_free(dirty, 0);
    m = page_alloc_uncleared(0, 0, &is);
    assert_int_equal(is, PAGE_CLEAN);
    assert_int_equal(m.n, clean.n);
    m = page_alloc_uncleared(0, 0, &is);
    assert_int_equal(is, PAGE_DIRTY);
    assert_int_equal(m.n, dirty.n);
    m = page_alloc_uncleared(0, 0, &is);
    assert_int_equal(is, PAGE_UNUSED);
    page_free(clean, 0);
    page_free(dirty, 0);
    page_free(m, 0);
}

/* Whatever the order of things, nobody gets what another left, and no frame goes astray. */
static void nobody_gets_old_data(void **state)
{
    enum { HELD = 96, ROUNDS = 20000 };
    struct {
        mfn_t m;
        unsigned int order;
    } held[HELD];
    unsigned int n = 0, frames = 0;

    (void)state;
    mock_seed = mock_seed_or(13);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        unsigned int order = mock_below(mock_below(4) ? 3 : 8), what = mock_below(5);

        if (what == 0) {
            page_scrub();
        } else if (what <= 2 && n < HELD) {
            mfn_t m = page_alloc(order, mock_below(4) ? 0 : 21 + mock_below(3));

            if (mfn_eq(m, MFN_NONE))
                continue;
            assert_true(all_are(m, order, 0));
            memset(mock_words(m), 0xa5, PAGE_SIZE << order);
            held[n].m = m;
            held[n++].order = order;
            frames += BIT(order);
        } else if (what > 2 && n) {
            unsigned int which = mock_below(n);

            assert_true(all_are(held[which].m, held[which].order, OLD_DATA));
            page_free(held[which].m, held[which].order);
            frames -= BIT(held[which].order);
            held[which] = held[--n];
        }
        assert_int_equal(page_alloc_free_count(), FRAMES - 1 - frames);
        assert_true(page_alloc_dirty_count() <= page_alloc_free_count());
    }
    while (n--)
        page_free(held[n].m, held[n].order);
    mock_idle();
    for (unsigned long m = 1; m < FRAMES; m++)
        assert_int_not_equal(*mock_words(MFN(m)), OLD_DATA);
}

static void too_large_orders_are_refused(void **state)
{
    (void)state;
    assert_int_equal(page_alloc(MAX_ORDER + 1, 0).n, MFN_NONE.n);
    assert_int_equal(page_alloc(~0U, 0).n, MFN_NONE.n);
    assert_int_equal(page_alloc(12, 0).n, MFN_NONE.n); /* as large as the machine */
    assert_null(heap_alloc(~0UL));
    assert_null(heap_alloc(FRAMES * PAGE_SIZE));
}

static void random_sizes_do_not_overlap(void **state)
{
    enum { SLOTS = 64, ROUNDS = 20000 };
    struct {
        u8 *p;
        size_t size;
        u8 mark;
    } slot[SLOTS] = {0};

    (void)state;
    mock_seed = mock_seed_or(11);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        unsigned int s = mock_below(SLOTS);

        if (slot[s].p) {
            for (size_t j = 0; j < slot[s].size; j++)
                assert_int_equal(slot[s].p[j], slot[s].mark);
            heap_free(slot[s].p);
            slot[s].p = NULL;
            continue;
        }
        slot[s].size = mock_below(mock_below(8) ? 600 : 20000);
        slot[s].mark = i;
        slot[s].p = heap_alloc(slot[s].size);
        assert_non_null(slot[s].p);
        for (size_t j = 0; j < slot[s].size; j++)
            assert_int_equal(slot[s].p[j], 0);
        memset(slot[s].p, slot[s].mark, slot[s].size);
    }
    for (unsigned int s = 0; s < SLOTS; s++)
        heap_free(slot[s].p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { /* the first two while there is memory nobody has used */
        cmocka_unit_test_setup_teardown(clean_frames_are_taken_first, start, stop),
        cmocka_unit_test_setup_teardown(idle_cpus_scrub_what_was_freed, start, stop),
        cmocka_unit_test_setup_teardown(blocks_are_aligned_and_zero, start, stop),
        cmocka_unit_test_setup_teardown(no_frame_is_given_twice, start, stop),
        cmocka_unit_test_setup_teardown(address_limits_are_kept, start, stop),
        cmocka_unit_test_setup_teardown(low_memory_is_kept_for_those_who_need_it, start, stop),
        cmocka_unit_test_setup_teardown(freed_buddies_join_again, start, stop),
        cmocka_unit_test_setup_teardown(frames_freed_together_join, start, stop),
        cmocka_unit_test_setup_teardown(nobody_gets_old_data, start, stop),
        cmocka_unit_test_setup_teardown(too_large_orders_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(random_sizes_do_not_overlap, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
