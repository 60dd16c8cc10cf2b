/* SPDX-License-Identifier: MIT */
/* Frames: references, types that exclude each other, pins, owners, flushes before reuse. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/frame.h>
#include <asm/pt.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>

#define FRAMES 2048
#define RW (PTE_PRESENT | PTE_RW | PTE_USER)
#define RO (PTE_PRESENT | PTE_USER)

static struct domain *d, *other;

static int start(void **state)
{
    (void)state;
    mock_machine_start(FRAMES);
    d = mock_domain(1, false, 100, 2);
    other = mock_domain(2, false, 100, 1);
    mock_run(d->vcpu[0]);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_int_equal(frame_audit(), 0);
    mock_domain_kill(d);
    mock_domain_kill(other);
    mock_machine_stop();
    return 0;
}

static void strangers_and_holes_are_refused(void **state)
{
    mfn_t m = mock_frame(d, 0), xen = page_alloc(0, 0);

    (void)state;
    assert_int_equal(frame_get(m, other), -EINVAL);
    assert_int_equal(frame_get_type(m, other, FT_WRITABLE), -EINVAL);
    assert_int_equal(frame_get(xen, d), -EINVAL);
    assert_int_equal(frame_get(xen, NULL), -EINVAL);
    assert_int_equal(frame_get_type(xen, NULL, FT_WRITABLE), -EINVAL);
    assert_int_equal(frame_get(MFN(0), d), -EINVAL);
    assert_int_equal(frame_get(MFN(FRAMES), d), -EINVAL);
    assert_int_equal(frame_get(MFN_NONE, d), -EINVAL);
    assert_int_equal(frame_get(m, d), 0);
    frame_put(m);
    page_free(xen, 0);
}

static void types_exclude_each_other(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    for (enum frame_type a = FT_WRITABLE; a <= FT_SEGDESC; a++) {
        assert_int_equal(frame_get_type(m, d, a), 0);
        assert_int_equal(frame_type(m), a);
        for (enum frame_type b = FT_WRITABLE; b <= FT_SEGDESC; b++) {
            assert_int_equal(frame_get_type(m, d, b), a == b ? 0 : -EBUSY);
            if (a == b)
                frame_put_type(m);
        }
        frame_put_type(m);
        assert_int_equal(frame_type(m), FT_NONE);
        memset(mock_words(m), 0, PAGE_SIZE);
    }
}

static void held_type_is_got_without_validation(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    assert_int_equal(frame_get_type_held(m, d, FT_L1), -EBUSY);
    assert_int_equal(frame_get_type(m, d, FT_L1), 0);
    assert_int_equal(frame_get_type_held(m, d, FT_L1), 0);
    assert_int_equal(frame_get_type_held(m, d, FT_L2), -EBUSY);
    assert_int_equal(frame_get_type_held(m, other, FT_L1), -EINVAL);
    frame_put_type(m);
    frame_put_type(m);
}

static void descriptor_page_is_checked(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    mock_words(m)[511] = 0x0000800000000000; /* present, ring 0, system */
    assert_int_equal(frame_get_type(m, d, FT_SEGDESC), -EINVAL);
    assert_int_equal(frame_type(m), FT_NONE);
    mock_words(m)[511] = 0x0000f20000000000; /* present, ring 3, data */
    assert_int_equal(frame_get_type(m, d, FT_SEGDESC), 0);
    assert_int_equal(frame_get_type(m, d, FT_WRITABLE), -EBUSY);
    frame_put_type(m);
}

static void pin_holds_one_reference(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    assert_int_equal(frame_unpin(m, d), -EINVAL);
    assert_int_equal(frame_pin(m, d, FT_L1), 0);
    assert_int_equal(frame_pin(m, d, FT_L1), -EBUSY);
    assert_int_equal(frame_pin(m, d, FT_L2), -EBUSY);
    assert_int_equal(frame_pin(m, other, FT_L1), -EINVAL);
    assert_int_equal(frame_unpin(m, other), -EINVAL);
    assert_int_equal(frame_counts(m).types, 1);
    assert_int_equal(frame_unpin(m, d), 0);
    assert_int_equal(frame_unpin(m, d), -EINVAL);
    assert_int_equal(frame_counts(m).types, 0);
}

static void released_frame_stays_while_referenced(void **state)
{
    mfn_t m = mock_frame(d, 7);
    unsigned long before;

    (void)state;
    mock_words(m)[3] = 0x1234;
    assert_int_equal(frame_get(m, d), 0);
    before = page_alloc_free_count();
    assert_int_equal(frame_release(m, d), -EBUSY);
    assert_int_equal(frame_release(m, d), -EINVAL);
    assert_int_equal(frame_get(m, d), -EINVAL); /* no new reference */
    assert_int_equal(frame_get_type(m, d, FT_WRITABLE), -EINVAL);
    assert_int_equal(mock_words(m)[3], 0x1234);
    assert_int_equal(page_alloc_free_count(), before);
    frame_put(m);
    assert_int_equal(page_alloc_free_count(), before + 1);
    mock_idle();
    assert_int_equal(mock_words(m)[3], 0);
    assert_int_equal(m2p_get(m).n, M2P_NONE.n);
    assert_int_equal(d->tot_pages, 0);
}

/* What a caller of frame_reclaim() does with it. */
static void give_back(struct frame *f)
{
    bool last = --d->tot_pages == 0;

    list_del(&f->link);
    page_free_run(frame_mfn(f), 1);
    if (last)
        domain_put(d);
}

/* As death takes them: what only the owner refers to, and that only once. */
static void only_an_unused_frame_is_reclaimed(void **state)
{
    mfn_t m = mock_frame(d, 7);
    struct frame *f = frame_of(m);

    (void)state;
    assert_int_equal(frame_get(m, d), 0);
    assert_false(frame_reclaim(f));
    frame_put(m);
    assert_int_equal(frame_pin(m, d, FT_L1), 0);
    assert_false(frame_reclaim(f));
    assert_int_equal(frame_unpin(m, d), 0);
    assert_true(frame_reclaim(f));
    assert_int_equal(m2p_get(m).n, M2P_NONE.n);
    assert_int_equal(frame_get(m, d), -EINVAL);
    assert_false(frame_reclaim(f));
    give_back(f);
}

static void release_unpins(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    assert_int_equal(frame_pin(m, d, FT_L1), 0);
    assert_int_equal(frame_release(m, other), -EINVAL);
    assert_int_equal(frame_release(m, d), 0);
    assert_int_equal(d->tot_pages, 0);
}

static void only_an_unused_frame_is_seized(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    assert_int_equal(frame_get(m, d), 0);
    assert_int_equal(frame_seize(m, d), -EBUSY);
    frame_put(m);
    assert_int_equal(frame_seize(m, other), -EINVAL);
    assert_int_equal(frame_seize(m, d), 0);
    assert_int_equal(frame_get(m, d), -EINVAL);
    frame_unseize(m);
    assert_int_equal(frame_get(m, d), 0);
    frame_put(m);
}

static void shared_frame_is_writable_or_not_as_said(void **state)
{
    mfn_t rw = page_alloc(0, 0), ro = page_alloc(0, 0), all = page_alloc(0, 0);

    (void)state;
    frame_share(rw, d, true);
    frame_share(ro, d, false);
    frame_share(all, NULL, false);
    assert_int_equal(frame_get_type(rw, d, FT_WRITABLE), 0);
    assert_int_equal(frame_get_type(rw, d, FT_L1), -EINVAL);
    assert_int_equal(frame_get_type(ro, d, FT_WRITABLE), -EINVAL);
    assert_int_equal(frame_get(ro, other), -EINVAL);
    assert_int_equal(frame_get(all, NULL), 0);
    assert_int_equal(frame_get(all, d), -EINVAL);
    assert_int_equal(frame_release(rw, d), -EINVAL); /* it is Xen's */
    assert_int_equal(frame_seize(ro, d), -EINVAL);
    frame_unshare(rw, d);
    assert_int_equal(frame_get(rw, d), -EINVAL);
    frame_put_type(rw); /* the last user frees it */
    frame_unshare(ro, d);
    frame_unshare(all, NULL);
    frame_put(all);
}

/* A frame of @space mapped writable at address 0x5000, and the mapping in this CPU's cache. */
static mfn_t cached_writable(struct mock_space *s)
{
    mfn_t m = mock_frame(d, 0);

    mock_space(d, s);
    mock_words(s->table[1])[5] = pte_make(m, RW);
    assert_int_equal(vcpu_new_guest_table(d->vcpu[0], s->table[4]), 0);
    assert_true(mock_touch(0x5000, true));
    return m;
}

static void stale_writer_is_flushed_before_a_table_is_made(void **state)
{
    struct mock_space s;
    mfn_t m = cached_writable(&s);

    (void)state;
    assert_int_equal(frame_get_type(m, d, FT_L1), -EBUSY);
    assert_int_equal(pt_write(d, s.table[1], 1, 5, pte_make(m, RO), PT_SET, NULL, d), 0);
    assert_true(mock_touch(0x5000, true)); /* the CPU still can */
    assert_int_equal(frame_pin(m, d, FT_L1), 0);
    assert_int_equal(mock_stale(), 0);
    assert_false(mock_touch(0x5000, true));
}

static void stale_writer_on_another_cpu_is_flushed(void **state)
{
    struct mock_space s;
    mfn_t m = cached_writable(&s);

    (void)state;
    mock_cpu_set(1);
    mock_run(d->vcpu[1]);
    assert_int_equal(vcpu_new_guest_table(d->vcpu[1], s.table[4]), 0);
    assert_true(mock_touch(0x5000, true));
    mock_cpu_set(0);
    assert_int_equal(pt_write(d, s.table[1], 1, 5, 0, PT_SET, NULL, d), 0);
    frame_flush_local(d); /* not enough: the other CPU has it too */
    assert_int_equal(frame_pin(m, d, FT_L2), 0);
    assert_int_equal(mock_stale(), 0);
}

static void freed_frame_is_out_of_reach(void **state)
{
    struct mock_space s;
    mfn_t m = cached_writable(&s);

    (void)state;
    assert_int_equal(pt_write(d, s.table[1], 1, 5, 0, PT_SET, NULL, d), 0);
    assert_int_equal(frame_release(m, d), 0);
    assert_int_equal(mock_stale(), 0);
}

static void reclaimed_frame_is_out_of_reach(void **state)
{
    struct mock_space s;
    mfn_t m = cached_writable(&s);

    (void)state;
    assert_false(frame_reclaim(frame_of(m)));
    assert_int_equal(pt_write(d, s.table[1], 1, 5, 0, PT_SET, NULL, d), 0);
    assert_true(frame_reclaim(frame_of(m)));
    assert_int_equal(mock_stale(), 0);
    give_back(frame_of(m));
    assert_int_equal(mock_stale(), 0);
}

static void needless_flushes_are_skipped(void **state)
{
    struct mock_space s;
    mfn_t m[8];
    unsigned long before;

    (void)state;
    cached_writable(&s);
    for (unsigned int i = 0; i < 8; i++) {
        m[i] = mock_frame(d, 0);
        assert_int_equal(pt_write(d, s.table[1], 1, 10 + i, pte_make(m[i], RW), PT_SET, NULL, d),
                         0);
    }
    for (unsigned int i = 0; i < 8; i++)
        assert_int_equal(pt_write(d, s.table[1], 1, 10 + i, 0, PT_SET, NULL, d), 0);
    before = mock_flush_count;
    for (unsigned int i = 0; i < 8; i++)
        assert_int_equal(frame_pin(m[i], d, FT_L1), 0);
    assert_int_equal(mock_flush_count - before, 1); /* one serves them all */
    frame_flush_domain(d);
    before = mock_flush_count;
    for (unsigned int i = 0; i < 8; i++)
        assert_int_equal(frame_release(m[i], d), 0);
    assert_int_equal(mock_flush_count, before);
}

static void next_owner_starts_without_a_type(void **state)
{
    mfn_t m = mock_frame(d, 0), again[4];

    (void)state;
    assert_int_equal(frame_pin(m, d, FT_L4), 0);
    assert_int_equal(mock_words(m)[L4_SLOT_FIRST] & PTE_PRESENT, PTE_PRESENT);
    assert_int_equal(frame_release(m, d), 0);
    for (unsigned int i = 0; i < 4; i++) {
        again[i] = mock_frame(other, 0);
        assert_int_equal(frame_get_type_held(again[i], other, FT_L4), -EBUSY);
        assert_int_equal(frame_get_type(again[i], other, FT_WRITABLE), 0);
        assert_int_equal(mock_words(again[i])[L4_SLOT_FIRST], 0);
        frame_put_type(again[i]);
    }
    assert_true(mfn_eq(again[0], m)); /* or the test shows nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strangers_and_holes_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(types_exclude_each_other, start, stop),
        cmocka_unit_test_setup_teardown(held_type_is_got_without_validation, start, stop),
        cmocka_unit_test_setup_teardown(descriptor_page_is_checked, start, stop),
        cmocka_unit_test_setup_teardown(pin_holds_one_reference, start, stop),
        cmocka_unit_test_setup_teardown(released_frame_stays_while_referenced, start, stop),
        cmocka_unit_test_setup_teardown(only_an_unused_frame_is_reclaimed, start, stop),
        cmocka_unit_test_setup_teardown(release_unpins, start, stop),
        cmocka_unit_test_setup_teardown(only_an_unused_frame_is_seized, start, stop),
        cmocka_unit_test_setup_teardown(shared_frame_is_writable_or_not_as_said, start, stop),
        cmocka_unit_test_setup_teardown(stale_writer_is_flushed_before_a_table_is_made, start,
                                        stop),
        cmocka_unit_test_setup_teardown(stale_writer_on_another_cpu_is_flushed, start, stop),
        cmocka_unit_test_setup_teardown(freed_frame_is_out_of_reach, start, stop),
        cmocka_unit_test_setup_teardown(reclaimed_frame_is_out_of_reach, start, stop),
        cmocka_unit_test_setup_teardown(needless_flushes_are_skipped, start, stop),
        cmocka_unit_test_setup_teardown(next_owner_starts_without_a_type, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
